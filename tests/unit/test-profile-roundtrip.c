/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What a reader reads from the text of a writer is the profile again: random profiles made from the
 * table of keys. The seed is fixed and printed; INNER_TEST_SEED sets another. */

#include "test-profile-common.h"

#define ROUNDS 400
#define SEED 20250

static GRand *dice;

/* Pieces of texts that a notation could get wrong. */
static const char *const pieces[] = {
  "a",      "B",      "0",     " ",        "  ", "\t",      "\n",  "\r",    "\r\n",
  "\"",     "\"\"\"", "'",     "'''",      "\\", "\\n",     "&",   "&amp;", "<",
  ">",      "]]>",    "<!--",  "#",        "=",  ".",       ",",   "[",     "]",
  "{",      "}",      "$HOME", "${UID}",   "~/", "ä",       "€",   "😀",     "\u00a0",
  "\u2028", "\u200b", "\x7f",  "\xc2\x85", "%",  "@github", "*.x",
};

static char *
random_text (void)
{
  GString *text = g_string_new (NULL);

  for (gint32 n = g_rand_int_range (dice, 0, 6); n > 0; n--)
    g_string_append (text, pieces[g_rand_int_range (dice, 0, G_N_ELEMENTS (pieces))]);
  return g_string_free (text, FALSE);
}

static const char *
random_choice (const InnerKeyInfo *info)
{
  return info->choices[g_rand_int_range (dice, 0, g_strv_length ((char **) info->choices))];
}

static GVariant *
random_string (const InnerKeyInfo *info)
{
  return info->choices != NULL ? g_variant_new_string (random_choice (info))
                               : g_variant_new_take_string (random_text ());
}

static GVariant *
random_items (const InnerKeyInfo *info, const char *type)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (type));

  for (gint32 i = g_rand_int_range (dice, 0, 5); i > 0; i--)
    {
      g_autofree char *random = random_text ();
      g_autofree char *unique = g_strdup_printf ("%s%d", random, i);
      g_autofree char *text = random_text ();

      if (info->type == INNER_VALUE_LIST)
        g_variant_builder_add (&builder, "s", text);
      else if (info->type == INNER_VALUE_MAP)
        g_variant_builder_add (&builder, "{ss}", unique, text);
      else
        g_variant_builder_add (&builder, "(sss)", unique, text, random_choice (info));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
random_value (const InnerKeyInfo *info)
{
  switch (info->type)
    {
    case INNER_VALUE_STRING:
      return random_string (info);
    case INNER_VALUE_BOOL:
      return g_variant_new_boolean (g_rand_boolean (dice));
    case INNER_VALUE_INTEGER:
      return g_variant_new_int64 (g_rand_boolean (dice) ? g_rand_int_range (dice, 0, 99)
                                                        : G_MAXINT64);
    case INNER_VALUE_LIST:
      return random_items (info, "as");
    case INNER_VALUE_MAP:
      return random_items (info, "a{ss}");
    case INNER_VALUE_MOUNTS:
    case INNER_VALUE_CHECKS:
    default:
      return random_items (info, "a(sss)");
    }
}

static InnerProfile *
random_profile (void)
{
  InnerProfile *profile = inner_profile_new ();

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (g_rand_boolean (dice))
      inner_profile_set (profile, key, random_value (inner_key_info (key)), NULL, 0, 0);
  inner_profile_normalise (profile);
  return profile;
}

static void
assert_round_trip (InnerProfile *profile, const char *format)
{
  InnerNotation notation = g_str_equal (format, "xml") ? INNER_NOTATION_XML : INNER_NOTATION_TOML;
  g_autofree char *text = inner_profile_write (profile, format);
  g_autofree char *again = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerProfile) read = parse (text, notation, &error);

  if (read == NULL)
    g_error ("%s\n%s", error->message, text);
  assert_same_values (profile, read);
  again = inner_profile_write (read, format);
  g_assert_cmpstr (again, ==, text);
}

static void
test_random_profiles (void)
{
  for (int round = 0; round < ROUNDS; round++)
    {
      g_autoptr (InnerProfile) profile = random_profile ();

      assert_round_trip (profile, "toml");
      assert_round_trip (profile, "xml");
    }
}

/* Each key by itself, with a value and, where it can be, empty. */
static void
test_single_keys (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    for (int round = 0; round < 8; round++)
      {
        g_autoptr (InnerProfile) profile = inner_profile_new ();

        inner_profile_set (profile, key, random_value (inner_key_info (key)), NULL, 0, 0);
        inner_profile_normalise (profile);
        assert_round_trip (profile, "toml");
        assert_round_trip (profile, "xml");
      }
}

static void
test_empty (void)
{
  g_autoptr (InnerProfile) profile = inner_profile_new ();

  assert_round_trip (profile, "toml");
  assert_round_trip (profile, "xml");
}

/* From one notation to the other and back. */
static void
test_convert (void)
{
  g_autofree char *path = source_file ("tests/unit/profile/everything.toml");
  g_autofree char *text = NULL;
  g_autofree char *as_xml = NULL;
  g_autofree char *as_toml = NULL;
  g_autoptr (InnerProfile) first = NULL;
  g_autoptr (InnerProfile) second = NULL;
  g_autoptr (InnerProfile) third = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  first = toml (text);
  as_xml = inner_profile_write (first, "xml");
  second = xml (as_xml);
  as_toml = inner_profile_write (second, "toml");
  third = toml (as_toml);

  assert_same_values (first, second);
  assert_same_values (first, third);
}

int
main (int argc, char **argv)
{
  const char *seed = g_getenv ("INNER_TEST_SEED");
  int result;

  g_test_init (&argc, &argv, NULL);
  dice = g_rand_new_with_seed (seed != NULL ? strtoul (seed, NULL, 10) : SEED);
  g_test_message ("seed: %s", seed != NULL ? seed : G_STRINGIFY (SEED));

  g_test_add_func ("/profile/roundtrip/random", test_random_profiles);
  g_test_add_func ("/profile/roundtrip/single-keys", test_single_keys);
  g_test_add_func ("/profile/roundtrip/empty", test_empty);
  g_test_add_func ("/profile/roundtrip/convert", test_convert);

  result = g_test_run ();
  g_rand_free (dice);
  return result;
}
