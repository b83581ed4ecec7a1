/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What a reader reads from the text of a writer is the profile again: random profiles made from the
 * table of keys. The seed is fixed and printed; INNER_TEST_SEED sets another. */

#include "test-profile-common.h"

#define ROUNDS 10000
#define SEED 20250

static GRand *dice;

/* Pieces of texts that a notation could get wrong. */
static const char *const pieces[] = {
  "a",         "B",      "0",     " ",        "  ",     "\t",      "\n",         "\r",    "\r\n",
  "\"",        "\"\"\"", "'",     "'''",      "\\",     "\\n",     "&",          "&amp;", "<",
  ">",         "]]>",    "<!--",  "#",        "=",      ".",       ",",          "[",     "]",
  "{",         "}",      "$HOME", "${UID}",   "~/",     "ä",       "€",          "😀",     "\u00a0",
  "\u2028",    "\u200b", "\x7f",  "\xc2\x85", "%",      "@github", "*.x",        "&#13;", "&#x0;",
  "<![CDATA[", "\n\n",   "\t\t",  "\u202e",   "\ufeff", "\ufffd",  "\U0010ffff",
};

/* How often a key was there, was not there, and was there but empty; which pieces and words were used. */
static guint present[INNER_N_KEYS];
static guint absent[INNER_N_KEYS];
static guint empty[INNER_N_KEYS];
static guint used[G_N_ELEMENTS (pieces)];
static GHashTable *words;

static char *
random_text (void)
{
  GString *text = g_string_new (NULL);

  for (gint32 n = g_rand_int_range (dice, 0, 6); n > 0; n--)
    {
      gint32 piece = g_rand_int_range (dice, 0, G_N_ELEMENTS (pieces));

      used[piece]++;
      g_string_append (text, pieces[piece]);
    }
  return g_string_free (text, FALSE);
}

static const char *
random_choice (const InnerKeyInfo *info)
{
  guint n = g_strv_length ((char **) info->choices);
  const char *word = info->choices[g_rand_int_range (dice, 0, n)];

  g_hash_table_add (words, (gpointer) word);
  return word;
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

static gboolean
is_empty (GVariant *value)
{
  return g_variant_is_container (value) ? g_variant_n_children (value) == 0
                                        : g_variant_get_size (value) == 1;
}

static InnerProfile *
random_profile (void)
{
  InnerProfile *profile = inner_profile_new ();

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      GVariant *value = g_rand_boolean (dice) ? random_value (inner_key_info (key)) : NULL;

      present[key] += value != NULL;
      absent[key] += value == NULL;
      if (value == NULL)
        continue;
      empty[key] += is_empty (value);
      inner_profile_set (profile, key, value, NULL, 0, 0);
    }
  inner_profile_normalise (profile);
  return profile;
}

static void
test_random_profiles (void)
{
  for (int round = 0; round < ROUNDS; round++)
    {
      g_autoptr (InnerProfile) profile = random_profile ();

      assert_conversion (profile);
    }
}

/* The random profiles have had all there is: each key with a value, without one and empty, each piece of
 * a text, each word of a choice. */
static void
test_nothing_is_left_out (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyInfo *info = inner_key_info (key);
      gboolean can_be_empty = info->type != INNER_VALUE_BOOL && info->type != INNER_VALUE_INTEGER &&
                              (info->type != INNER_VALUE_STRING || info->choices == NULL);

      g_assert_cmpuint (present[key], >, 100);
      g_assert_cmpuint (absent[key], >, 100);
      g_assert_true (!can_be_empty || empty[key] > 100);
      for (gsize i = 0; info->choices != NULL && info->choices[i] != NULL; i++)
        g_assert_true (g_hash_table_contains (words, info->choices[i]));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    g_assert_cmpuint (used[i], >, 100);
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
        assert_conversion (profile);
      }
}

static void
test_empty (void)
{
  g_autoptr (InnerProfile) profile = inner_profile_new ();

  assert_conversion (profile);
}

/* Every key at once, in a document that a person wrote. */
static void
test_convert (void)
{
  g_autofree char *path = source_file ("tests/unit/profile/everything.toml");
  g_autofree char *text = NULL;
  g_autoptr (InnerProfile) profile = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  profile = toml (text);
  assert_conversion (profile);
}

int
main (int argc, char **argv)
{
  const char *seed = g_getenv ("INNER_TEST_SEED");
  int result;

  g_test_init (&argc, &argv, NULL);
  words = g_hash_table_new (g_str_hash, g_str_equal);
  dice = g_rand_new_with_seed (seed != NULL ? strtoul (seed, NULL, 10) : SEED);
  g_test_message ("seed: %s", seed != NULL ? seed : G_STRINGIFY (SEED));

  g_test_add_func ("/profile/roundtrip/random", test_random_profiles);
  g_test_add_func ("/profile/roundtrip/nothing-is-left-out", test_nothing_is_left_out);
  g_test_add_func ("/profile/roundtrip/single-keys", test_single_keys);
  g_test_add_func ("/profile/roundtrip/empty", test_empty);
  g_test_add_func ("/profile/roundtrip/convert", test_convert);

  result = g_test_run ();
  g_rand_free (dice);
  g_hash_table_unref (words);
  return result;
}
