/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <signal.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-error.h"
#include "inner-sandboxes.h"

/* The parts of innerctl that only turn words into values. */

static void
assert_mount (const char *text, const char *default_mode, const char *expected)
{
  g_autofree char *source = NULL;
  g_autofree char *destination = NULL;
  g_autofree char *joined = NULL;
  g_autoptr (GError) error = NULL;
  const char *mode;

  if (!inner_parse_mount (text, default_mode, &source, &destination, &mode, &error))
    {
      g_assert_null (expected);
      g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
      return;
    }
  joined = g_strjoin ("|", source, destination, mode, NULL);
  g_assert_cmpstr (joined, ==, expected);
}

static void
test_mounts (void)
{
  g_autofree char *home = g_strdup_printf ("%s/data|/data|ro", g_get_home_dir ());

  assert_mount ("/a:/b", "ro", "/a|/b|ro");
  assert_mount ("/a:/b", "rw", "/a|/b|rw");
  assert_mount ("/a/../c//d/:/b/", "ro", "/c/d|/b|ro");
  assert_mount ("/a:/b:rw", "ro", "/a|/b|rw");
  assert_mount ("/a:/b:safe-rw", "ro", "/a|/b|copy");
  assert_mount ("/a:/b:readonly", "rw", "/a|/b|ro");
  assert_mount ("~/data:/data", "ro", home);
  assert_mount ("/a", "ro", NULL);
  assert_mount ("/a:", "ro", NULL);
  assert_mount (":/b", "ro", NULL);
  assert_mount ("", "ro", NULL);
  assert_mount ("/a:b", "ro", NULL);
  assert_mount ("/a:/b:exec", "ro", NULL);
  assert_mount ("/a:/b:ro:x", "ro", NULL);
}

static void
test_signals (void)
{
  static const struct
  {
    const char *text;
    int number;
  } cases[] = {
    { "TERM", SIGTERM }, { "SIGTERM", SIGTERM },
    { "term", SIGTERM }, { "15", 15 },
    { "0", 0 },          { "65", 0 },
    { "-9", 0 },         { "", 0 },
    { "KILLER", 0 },     { "9x", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (inner_parse_signal (cases[i].text, NULL), ==, cases[i].number);
}

static void
test_numbers (void)
{
  static const char *const bad[] = { "", "0", "-1", "1.5", "1e3", " 1", "1 ", "0x10", "11", "one" };
  guint64 value;

  g_assert_true (inner_parse_number ("10", 1, 10, "--timeout", &value, NULL));
  g_assert_cmpuint (value, ==, 10);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (inner_parse_number (bad[i], 1, 10, "--timeout", &value, NULL));
}

static void
test_words_behind_the_dashes (void)
{
  char *argv[] = {
    (char *) "run", (char *) "-q", (char *) "--", (char *) "--", (char *) "-x", NULL
  };
  int argc = 5;
  char **rest = inner_split_words (&argc, argv);

  g_assert_cmpint (argc, ==, 2);
  g_assert_null (argv[2]);
  g_assert_cmpstr (rest[0], ==, "--");
  g_assert_cmpstr (rest[1], ==, "-x");
  g_assert_null (rest[2]);
}

static void
test_global_options (void)
{
  char *argv[] = { (char *) "innerctl", (char *) "-v", (char *) "run",   (char *) "--no-bus",
                   (char *) "-v",       (char *) "--", (char *) "--bus", NULL };
  InnerGlobal global = { 0 };
  int argc = inner_global_take (&global, 7, argv);

  g_assert_cmpint (global.mode, ==, INNER_CONNECT_PRIVATE);
  g_assert_true (global.verbose);
  g_assert_cmpint (argc, ==, 5);
  g_assert_cmpstr (argv[1], ==, "run");
  g_assert_cmpstr (argv[2], ==, "-v");
  g_assert_cmpstr (argv[4], ==, "--bus");
}

static void
add_sandbox (GPtrArray *list, const char *id, const char *name, const char *state)
{
  InnerSandbox *sandbox = g_new0 (InnerSandbox, 1);

  sandbox->properties = g_variant_ref_sink (
      g_variant_new_parsed ("{'Id': <%s>, 'Name': <%s>, 'State': <%s>}", id, name, state));
  g_ptr_array_add (list, sandbox);
}

static void
test_finding (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_sandbox_free);
  g_autoptr (GError) error = NULL;

  add_sandbox (list, "abc000000000", "abc000000000", "running");
  add_sandbox (list, "abd000000000", "build", "exited");
  add_sandbox (list, "ff0000000000", "build", "running");
  add_sandbox (list, "ee0000000000", "done", "exited");
  add_sandbox (list, "ed0000000000", "done", "exited");

  g_assert_cmpint (inner_sandboxes_find (list, "abc000000000", NULL), ==, 0);
  g_assert_cmpint (inner_sandboxes_find (list, "build", NULL), ==, 2);
  g_assert_cmpint (inner_sandboxes_find (list, "done", NULL), ==, 4);
  g_assert_cmpint (inner_sandboxes_find (list, "abd", NULL), ==, 1);
  g_assert_cmpint (inner_sandboxes_find (list, "f", NULL), ==, 2);
  g_assert_cmpint (inner_sandboxes_find (list, "", NULL), ==, -1);
  g_assert_cmpint (inner_sandboxes_find (list, "zz", NULL), ==, -1);
  g_assert_cmpint (inner_sandboxes_find (list, "ab", &error), ==, -1);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/client/mounts", test_mounts);
  g_test_add_func ("/client/signals", test_signals);
  g_test_add_func ("/client/numbers", test_numbers);
  g_test_add_func ("/client/dashes", test_words_behind_the_dashes);
  g_test_add_func ("/client/global-options", test_global_options);
  g_test_add_func ("/client/finding", test_finding);
  return g_test_run ();
}
