/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of profiles share. */

#include <string.h>

#include "inner-error.h"
#include "inner-profile-private.h"
#include "inner-profile-reader.h"
#include "inner-profile-registry.h"

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
      g_autofree char *in_a = print_value (a, key);
      g_autofree char *in_b = print_value (b, key);

      if (!g_str_equal (in_a, in_b))
        g_error ("%s differs: %s and %s", inner_key_info (key)->name, in_a, in_b);
    }
}
