/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of profiles share. */

#include <string.h>

#include "inner-error.h"
#include "inner-profile-private.h"
#include "inner-profile-reader.h"
#include "inner-profile-registry.h"

/* A document that is refused, the place that is named, and a part of the sentence. */
typedef struct
{
  const char *name;
  const char *text;
  const char *beginning;
  const char *part;
} Refusal;

/* A document, and what is read for a key; "-" is absent. */
typedef struct
{
  const char *text;
  InnerKey key;
  const char *expected;
} Reading;

/* A file of the source tree. (transfer full) */
static inline char *
source_file (const char *path)
{
  const char *source = g_getenv ("INNER_TEST_SOURCE");

  g_assert_nonnull (source);
  return g_build_filename (source, path, NULL);
}

static inline InnerProfile *
parse_length (const char *text,
              gsize length,
              InnerNotation notation,
              GPtrArray **problems,
              GError **error)
{
  g_autofree char *schema = source_file ("data/inner-profile.rng");

  return inner_profile_parse (text, length, notation, "test", NULL, schema, problems, error);
}

static inline InnerProfile *
parse (const char *text, InnerNotation notation, GError **error)
{
  return parse_length (text, strlen (text), notation, NULL, error);
}

/* The profile of a document that must be right. */
static inline InnerProfile *
must_parse (const char *text, InnerNotation notation)
{
  g_autoptr (GError) error = NULL;
  InnerProfile *profile = parse (text, notation, &error);

  g_assert_no_error (error);
  g_assert_nonnull (profile);
  return profile;
}

static inline InnerProfile *
toml (const char *text)
{
  return must_parse (text, INNER_NOTATION_TOML);
}

static inline InnerProfile *
xml (const char *text)
{
  return must_parse (text, INNER_NOTATION_XML);
}

/* A document that must be refused, with a message that begins with @beginning ("test:LINE:COLUMN:")
 * and has @part in it. */
static inline void
must_refuse (
    const char *text, gssize length, InnerNotation notation, const char *beginning, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerProfile) profile =
      parse_length (text, length < 0 ? strlen (text) : (gsize) length, notation, NULL, &error);

  g_assert_null (profile);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  if (!g_str_has_prefix (error->message, beginning) || strstr (error->message, part) == NULL)
    g_error ("“%s” neither begins with “%s” nor holds “%s”", error->message, beginning, part);
}

/* The value of @key as text, "-" when it is absent. (transfer full) */
static inline char *
print_value (InnerProfile *profile, InnerKey key)
{
  GVariant *value = inner_profile_peek (profile, key);

  return value != NULL ? g_variant_print (value, FALSE) : g_strdup ("-");
}

static inline void
assert_value (InnerProfile *profile, InnerKey key, const char *expected)
{
  g_autofree char *printed = print_value (profile, key);

  g_assert_cmpstr (printed, ==, expected);
}

/* Whether both profiles have the same values for all keys. */
static inline void
assert_same_values (InnerProfile *a, InnerProfile *b)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      GVariant *in_a = inner_profile_peek (a, key);
      GVariant *in_b = inner_profile_peek (b, key);
      g_autofree char *shown_a = NULL;
      g_autofree char *shown_b = NULL;

      if (in_a == in_b || (in_a != NULL && in_b != NULL && g_variant_equal (in_a, in_b)))
        continue;
      shown_a = print_value (a, key);
      shown_b = print_value (b, key);
      g_error ("%s differs: %s and %s", inner_key_info (key)->name, shown_a, shown_b);
    }
}

static inline void
assert_readings (const Reading *readings, gsize n, InnerNotation notation)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (InnerProfile) profile = must_parse (readings[i].text, notation);

      g_test_message ("%s", readings[i].text);
      assert_value (profile, readings[i].key, readings[i].expected);
    }
}

/* Adds a test for each of @refusals, named after it; @run gets it. */
static inline void
add_refusals (const char *prefix, const Refusal *refusals, gsize n, GTestDataFunc run)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path = g_strconcat (prefix, refusals[i].name, NULL);

      g_test_add_data_func (path, &refusals[i], run);
    }
}

/* Asserts that all of @text's mistakes are told about at once: the lines of the problems, ended by 0, and
 * the key of the second. */
static inline void
assert_problems (const char *text, InnerNotation notation, const guint *lines, const char *second_key)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerProfile) profile =
      parse_length (text, strlen (text), notation, &problems, &error);
  guint n = 0;

  g_assert_null (profile);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  for (; lines[n] != 0; n++)
    {
      g_assert_cmpuint (problems->len, >, n);
      g_assert_cmpuint (((InnerProblem *) problems->pdata[n])->at.line, ==, lines[n]);
    }
  g_assert_cmpuint (problems->len, ==, n);
  g_assert_cmpstr (((InnerProblem *) problems->pdata[1])->key, ==, second_key);
}

/* Asserts that @profile is itself again after it was written and read in one notation, then in the other,
 * then in the first: values, and what is not there. */
static inline void
assert_conversion (InnerProfile *profile)
{
  static const char *const formats[] = { "toml", "xml" };

  for (guint first = 0; first < 2; first++)
    {
      g_autofree char *text = inner_profile_write (profile, formats[first]);
      g_autoptr (InnerProfile) read = must_parse (text, (InnerNotation) first);
      g_autofree char *other = inner_profile_write (read, formats[!first]);
      g_autoptr (InnerProfile) converted = must_parse (other, (InnerNotation) !first);
      g_autofree char *again = inner_profile_write (converted, formats[first]);

      assert_same_values (profile, read);
      assert_same_values (profile, converted);
      g_assert_cmpstr (again, ==, text);
    }
}
