/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What innerctl makes of keys and of what a terminal shows. */

#include <glib.h>
#include <string.h>

#include "inner-modes.h"
#include "inner-terminal-keys.h"

static char *
leave_after (const char *shown)
{
  InnerModes modes;
  char text[INNER_MODES_MAX_TEXT];

  inner_modes_init (&modes);
  inner_modes_feed (&modes, shown, strlen (shown));
  inner_modes_leave (&modes, text);
  return g_strdup (text);
}

static void
test_modes (void)
{
  static const struct
  {
    const char *shown;
    const char *leave;
  } rows[] = {
    { "plain text\r\n\ttabs \033[1;31mred\033[0m", "" },
    { "\033[?1049h\033[?25l", "\033[?25h\033[?1049l\033[0m" },
    { "\033[?1049h\033[?25l\033[?25h\033[?1049l", "" },
    { "\033[?1000;1006;2004h", "\033[?2004l\033[?1006l\033[?1000l\033[0m" },
    { "\033[>1u\033[>5u", "\033[<2u\033[0m" },
    { "\033[>1u\033[<u", "" },
    { "\033[>4;2m\033=\033[4 q", "\033[>4m\033>\033[0 q\033[0m" },
    { "\033[2;5r", "\033[r\033[0m" },
    { "\033[2;5r\033[r", "" },
    { "\033(0", "\033(B\033[0m" },
    /* What stands in a text for the terminal is no command. */
    { "\033]0;\033[?1049h\007", "\033[?1049l\033[0m" },
    { "\033]0;title [?1049h \007", "" },
    { "\033P[?1049h\033\\", "" },
    { "\033[?25l\033c", "" },
    /* Cut off, cancelled, absurd. */
    { "\033[?1049\030h", "" },
    { "\033[?99999999999999999999h", "" },
    { "\033[?1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;1049h",
      "\033[?9l\033[?7h\033[?6l\033[?5l\033[?1l\033[0m" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *leave = leave_after (rows[i].shown);

      /* Setting 7 is the usual state. */
      if (i + 1 == G_N_ELEMENTS (rows))
        g_assert_null (strstr (leave, "1049"));
      else
        g_assert_cmpstr (leave, ==, rows[i].leave);
    }
}

static void
test_modes_split (void)
{
  static const char shown[] = "a\033[?1049h\033[?2004hb\033[2;9r";

  for (gsize cut = 0; cut < sizeof shown; cut++)
    {
      InnerModes whole;
      InnerModes parts;

      inner_modes_init (&whole);
      inner_modes_init (&parts);
      inner_modes_feed (&whole, shown, sizeof shown);
      inner_modes_feed (&parts, shown, cut);
      inner_modes_feed (&parts, shown + cut, sizeof shown - cut);
      g_assert_cmpmem (&whole, sizeof whole, &parts, sizeof parts);
    }
}

static void
test_modes_alternate (void)
{
  static const char shown[] = "one\033[?1049htwo";
  InnerModes modes;

  inner_modes_init (&modes);
  g_assert_true (inner_modes_is_plain (&modes));
  g_assert_cmpuint (inner_modes_feed_to_alternate (&modes, shown, strlen (shown)), ==,
                    strlen ("one\033[?1049h"));
  g_assert_true (inner_modes_is_alternate (&modes));
  g_assert_false (inner_modes_is_plain (&modes));
  g_assert_cmpuint (inner_modes_feed_to_alternate (&modes, "two", 3), ==, 3);
  inner_modes_feed (&modes, "\033[?1049", 7);
  g_assert_false (inner_modes_is_plain (&modes));
  inner_modes_feed (&modes, "l", 1);
  g_assert_true (inner_modes_is_plain (&modes));
}

/* Whatever is shown, putting the terminal back is short, is made of our own words, and does put it back. */
static void
test_modes_hostile (void)
{
  static const char letters[] = "\033\033[[[?>=<;0123456789hlumrqpc()!\" \007\\]PX_^\030\xff\n";

  for (guint round = 0; round < 20000; round++)
    {
      char shown[64];
      char text[INNER_MODES_MAX_TEXT];
      InnerModes modes;
      gsize length;

      inner_modes_init (&modes);
      for (gsize i = 0; i < sizeof shown; i++)
        shown[i] = letters[g_test_rand_int_range (0, sizeof letters)];
      inner_modes_feed (&modes, shown, sizeof shown);
      length = inner_modes_enter (&modes, text);
      g_assert_cmpuint (length, <, sizeof text);
      length = inner_modes_leave (&modes, text);
      g_assert_cmpuint (length, <, sizeof text);
      g_assert_cmpuint (strspn (text, "\033[?>=<;0123456789hlumrq B("), ==, length);
      inner_modes_feed (&modes, "\030\033\\", 3);
      inner_modes_feed (&modes, text, length);
      g_assert_cmpuint (inner_modes_leave (&modes, text), ==, 0);
    }
}

/* TRUE when the person leaves; *@passed is what the program gets. */
static gboolean
press (const char *first, const char *second, char **passed)
{
  InnerTerminalKeys keys = { 0 };
  g_autoptr (GByteArray) typed = g_byte_array_new ();
  gboolean leaves = inner_terminal_keys_take (&keys, first, strlen (first), typed);

  if (!leaves && second != NULL)
    leaves = inner_terminal_keys_take (&keys, second, strlen (second), typed);
  else if (!leaves && inner_terminal_keys_wait (&keys))
    {
      inner_terminal_keys_time_out (&keys);
      inner_terminal_keys_take (&keys, "", 0, typed);
    }
  *passed = typed->len > 0 ? g_strndup ((const char *) typed->data, typed->len) : g_strdup ("");
  return leaves;
}

static void
test_keys (void)
{
  static const struct
  {
    const char *first;
    const char *second; /* a key that comes later; NULL: none does */
    const char *passed;
    gboolean leaves;
  } rows[] = {
    { "abc\033[A", NULL, "abc\033[A", FALSE },
    { "ab\x1d"
      "d",
      NULL, "ab", TRUE },
    { "\x1d", "d", "", TRUE },
    { "\x1d", NULL, "\x1d", FALSE },
    { "\x1d", "x", "\x1dx", FALSE },
    { "\x1d\x1d", "d",
      "\x1d"
      "d",
      FALSE },
    { "\033[93;5u", "d", "", TRUE },
    { "\033[93;5u", "\033[100u", "", TRUE },
    { "\033[27;5;93~", "d", "", TRUE },
    { "\033[93;5u", "x", "\033[93;5ux", FALSE },
    { "\033[93;5u\033[93;5:3u", "d", "", TRUE },
    { "d", "\x1d", "d", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *passed = NULL;

      g_assert_cmpint (press (rows[i].first, rows[i].second, &passed), ==, rows[i].leaves);
      g_assert_cmpstr (passed, ==, rows[i].passed);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/terminal/modes", test_modes);
  g_test_add_func ("/terminal/modes-split", test_modes_split);
  g_test_add_func ("/terminal/modes-alternate", test_modes_alternate);
  g_test_add_func ("/terminal/modes-hostile", test_modes_hostile);
  g_test_add_func ("/terminal/keys", test_keys);
  return g_test_run ();
}
