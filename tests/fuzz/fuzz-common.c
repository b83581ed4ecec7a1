/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fuzz-common.h"

#include <signal.h>
#include <stdlib.h>

/* libFuzzer writes the input down when a program aborts; g_error() ends it with another signal. */
static void
on_trap (int number)
{
  abort ();
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  signal (SIGTRAP, on_trap);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  g_setenv ("INNER_TEST_SOURCE", INNER_FUZZ_SOURCE, FALSE);
  return 0;
}

const char *
fuzz_schema (void)
{
  static char *schema = NULL;

  if (schema == NULL)
    schema = source_file ("data/inner-profile.rng");
  return schema;
}

void
check_sentence (const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_cmpstr (text, !=, "");
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
}

/* Every place stands in the document: its line is there, and the column at most behind its end. */
static void
check_place (InnerPosition at, const char *text, gsize length)
{
  const char *end = text + length;
  const char *line = text;
  gsize n = 1;

  g_assert_cmpuint (at.line, >=, 1);
  g_assert_cmpuint (at.column, >=, 1);
  for (guint i = 1; i < at.line; i++)
    {
      line = memchr (line, '\n', end - line);
      g_assert_nonnull (line);
      line++;
    }
  for (; line < end && *line != '\n'; line++)
    n++;
  g_assert_cmpuint (at.column, <=, n);
}

void
check_problems (GPtrArray *problems, const char *text, gsize length)
{
  g_assert_cmpuint (problems->len, <=, INNER_DOCUMENT_MAX_PROBLEMS);
  for (guint i = 0; i < problems->len; i++)
    {
      const InnerProblem *problem = problems->pdata[i];

      check_sentence (problem->message);
      check_place (problem->at, text, length);
    }
}

InnerProfile *
check_parse (const char *text, gsize length, InnerNotation notation, const char *schema_path)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerProfile) profile =
      inner_profile_parse (text, length, notation, "fuzz", NULL, schema_path, &problems, &error);

  g_assert_true ((profile == NULL) == (error != NULL));
  g_assert_true ((profile == NULL) == (problems->len > 0));
  check_problems (problems, text, length);
  if (error != NULL)
    {
      g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
      g_assert_true (g_str_has_prefix (error->message, "fuzz:"));
      check_sentence (error->message);
    }

  return g_steal_pointer (&profile);
}

static void
check_word (InnerKey key, const char *word)
{
  const InnerKeyInfo *info = inner_key_info (key);

  if (info->choices != NULL && !g_strv_contains (info->choices, word))
    g_error ("%s is “%s”", info->name, word);
}

/* What the readers promise to those who use a profile. */
static void
check_value (InnerProfile *profile, InnerKey key)
{
  GVariant *value = inner_profile_peek (profile, key);
  GVariantIter iter;
  const char *word;
  InnerOrigin at;

  if (value == NULL)
    return;

  g_assert_true (g_variant_is_normal_form (value));
  g_assert_true (inner_profile_get_origin (profile, key, &at));
  if (inner_key_info (key)->type == INNER_VALUE_STRING)
    check_word (key, g_variant_get_string (value, NULL));
  else if (inner_key_info (key)->type == INNER_VALUE_INTEGER)
    g_assert_cmpint (g_variant_get_int64 (value), >=, 0);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sss)")))
    {
      g_variant_iter_init (&iter, value);
      while (g_variant_iter_next (&iter, "(&s&s&s)", NULL, NULL, &word))
        check_word (key, word);
    }
  if (!g_variant_is_container (value))
    return;
  g_assert_cmpuint (g_variant_n_children (value), <=, 2 * INNER_DOCUMENT_MAX_ITEMS);
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_assert_true (inner_profile_get_item_origin (profile, key, i, &at));
      g_assert_cmpstr (at.path, ==, "fuzz");
      g_assert_cmpuint (at.line, >=, 1);
    }
}

/* The two network keys never disagree. */
static void
check_network (InnerProfile *profile)
{
  const char *mode = inner_profile_get_string (profile, INNER_KEY_SANDBOX_NETWORK_MODE, NULL);

  g_assert_cmpint (mode != NULL, ==, inner_profile_has (profile, INNER_KEY_SANDBOX_NETWORK));
  if (mode != NULL)
    g_assert_cmpint (inner_profile_get_bool (profile, INNER_KEY_SANDBOX_NETWORK, FALSE), ==,
                     !g_str_equal (mode, "off"));
}

static void
check_written (InnerProfile *profile, const char *format, InnerNotation notation)
{
  g_autofree char *text = inner_profile_write (profile, format);
  g_autofree char *again = NULL;
  g_autoptr (InnerProfile) read = NULL;

  /* A document that was just short enough may become too long for the other notation. */
  if (strlen (text) > INNER_DOCUMENT_MAX_BYTES)
    return;

  read = check_parse (text, strlen (text), notation, fuzz_schema ());
  if (read == NULL)
    g_error ("this cannot be read again:\n%s", text);
  assert_same_values (profile, read);
  again = inner_profile_write (read, format);
  g_assert_cmpstr (again, ==, text);
}

void
check_profile (InnerProfile *profile)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    check_value (profile, key);
  check_network (profile);
  check_written (profile, "toml", INNER_NOTATION_TOML);
  check_written (profile, "xml", INNER_NOTATION_XML);
}
