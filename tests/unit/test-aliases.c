/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-aliases.h"

static const struct
{
  const char *text;
  const char *words[6];
} good[] = {
  { "run -p x", { "run", "-p", "x" } },
  { "  run\t -p\nx  ", { "run", "-p", "x" } },
  { "run --arg 'two words'", { "run", "--arg", "two words" } },
  { "run --arg \"two words\"", { "run", "--arg", "two words" } },
  { "run --arg two\\ words", { "run", "--arg", "two words" } },
  { "run --arg ''", { "run", "--arg", "" } },
  { "run \"\" ''", { "run", "", "" } },
  { "run a'b 'c\"d \"e", { "run", "ab cd e" } },
  { "run 'it is \"so\"'", { "run", "it is \"so\"" } },
  { "run \"it's\"", { "run", "it's" } },
  { "run 'a\\b'", { "run", "a\\b" } },
  { "run \"a\\b\\\"c\\\\\"", { "run", "a\\b\"c\\" } },
  { "run a\\\\b \\'c\\\"", { "run", "a\\b", "'c\"" } },
  { "run #5 a#b", { "run", "#5", "a#b" } },
  { "run $HOME `id` $(id) *", { "run", "$HOME", "`id`", "$(id)", "*" } },
  { "run ö 'ß ü'", { "run", "ö", "ß ü" } },
  { "", { NULL } },
};

static const char *const bad[] = { "run 'x",      "run \"x", "run \"x'", "run 'x\\''",
                                   "run \"x\\\"", "run x\\", "run \"\\" };

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) words = inner_alias_split (good[i].text, &error);

      g_test_message ("%s", good[i].text);
      g_assert_no_error (error);
      g_assert_cmpstrv (words, (char **) good[i].words);
    }
}

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", bad[i]);
      g_assert_null (inner_alias_split (bad[i], &error));
      g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/aliases/good", test_good);
  g_test_add_func ("/aliases/bad", test_bad);
  return g_test_run ();
}
