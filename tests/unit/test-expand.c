/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-expand.h"

#include "test-profile-common.h"

static const struct
{
  const char *text;
  const char *expected;
} cases[] = {
  { "", "" },
  { "plain", "plain" },
  { "~", "/home/u" },
  { "~/x", "/home/u/x" },
  { "~other/x", "~other/x" },
  { "/x/~", "/x/~" },
  { "a~/x", "a~/x" },
  { "$HOME/x", "/env/home/x" },
  { "${HOME}x", "/env/homex" },
  { "$HOMEx", "" },
  { "$A$B", "1" },
  { "${NOT_SET}", "" },
  { "$NOT_SET", "" },
  { "/run/user/$UID", "/run/user/1234" },
  { "/run/user/${UID}/bus", "/run/user/1234/bus" },
  { "${workdir}/src", "/work/src" },
  { "$workdir", "/work" },
  { "${workspaces_path}/lib", "/spaces/lib" },
  { "$", "$" },
  { "a$ b", "a$ b" },
  { "$$A", "$1" },
  { "$1", "$1" },
  { "100$", "100$" },
  { "$A.x", "1.x" },
  { "$TRICK", "$A${" }, /* what a variable holds is not expanded again */
  { "ä$Aö", "ä1ö" },
};

static GHashTable *
make_environment (void)
{
  GHashTable *environment = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (environment, (char *) "HOME", (char *) "/env/home");
  g_hash_table_insert (environment, (char *) "A", (char *) "1");
  g_hash_table_insert (environment, (char *) "UID", (char *) "forged");
  g_hash_table_insert (environment, (char *) "workdir", (char *) "forged");
  g_hash_table_insert (environment, (char *) "TRICK", (char *) "$A${");
  return environment;
}

static void
test_cases (void)
{
  g_autoptr (GHashTable) environment = make_environment ();
  InnerExpansion facts = { "/home/u", 1234, environment, "/work", "/spaces" };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *expanded = inner_expand (cases[i].text, &facts, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (expanded, ==, cases[i].expected);
    }
}

static void
refuse (const char *text, const InnerExpansion *facts, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expanded = inner_expand (text, facts, &error);

  g_assert_null (expanded);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_refusals (void)
{
  InnerExpansion nothing = { NULL, 0, NULL, NULL, NULL };

  refuse ("${", &nothing, "“${”");
  refuse ("x${A", &nothing, "“${A”");
  refuse ("${}", &nothing, "“${}”");
  refuse ("${A-b}", &nothing, "end the name with “}”");
  refuse ("${\x1b[2J", &nothing, "“${\\x1b[2J”");
  refuse ("~", &nothing, "home directory");
  refuse ("${workdir}", &nothing, "${workdir}");
  refuse ("${workspaces_path}/x", &nothing, "workspaces_path");
}

static void
test_no_environment (void)
{
  InnerExpansion nothing = { NULL, 0, NULL, NULL, NULL };
  g_autofree char *expanded = inner_expand ("a$PATH", &nothing, NULL);

  g_assert_cmpstr (expanded, ==, "a");
}

/* A large variable that is named often does not fill the memory. */
static void
test_growth (void)
{
  g_autoptr (GHashTable) environment = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *large = g_strnfill (100 * 1024, 'x');
  InnerExpansion facts = { NULL, 0, environment, NULL, NULL };
  g_autoptr (GString) text = g_string_new (NULL);

  g_hash_table_insert (environment, (char *) "L", large);
  for (int i = 0; i < 100000; i++)
    g_string_append (text, "$L");
  refuse (text->str, &facts, "grows beyond");
}

/* What is left of a document that is not the user's own, before it is expanded; nothing of @text names a
 * variable of the caller then. */
static const struct
{
  const char *text;
  const char *left;
  const char *removed;
} knowns[] = {
  { "plain", "plain", NULL },
  { "~/x/$HOME/${USER}/$UID", "~/x/$HOME/${USER}/$UID", NULL },
  { "${workdir}/${workspaces_path}", "${workdir}/${workspaces_path}", NULL },
  { "a$TOKEN.b", "a.b", "$TOKEN" },
  { "${A}x$B", "x", "${A}" },
  { "$", "$", NULL },
  { "100$ ${", "100$ ${", NULL },
  { "$HOMEX", "", "$HOMEX" },
  /* References that come together when what is between them is taken out. */
  { "$${X}TOKEN", "", "${X}" },
  { "$$X/TOKEN", "$/TOKEN", "$X" },
  { "${TO${X}KEN}", "", "${X}" },
  { "${${X}TOKEN}", "", "${X}" },
  { "$HOME${X}_TOKEN", "", "${X}" },
  { "$USER${X}2", "", "${X}" },
  { "$TOK${X}EN", "EN", "$TOK" },
  { "$$${X}${X}TOKEN", "", "${X}" },
  { "$${X}$${Y}${X}TOKEN", "", "${X}" },
  { "${HO${X}ME}", "${HOME}", "${X}" },
};

static void
test_known (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (knowns); i++)
    {
      g_autofree char *removed = NULL;
      g_autofree char *left = inner_expand_known (knowns[i].text, &removed);

      g_test_message ("%s", knowns[i].text);
      g_assert_cmpstr (left, ==, knowns[i].left);
      g_assert_cmpstr (removed, ==, knowns[i].removed);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/expand/cases", test_cases);
  g_test_add_func ("/expand/refusals", test_refusals);
  g_test_add_func ("/expand/no-environment", test_no_environment);
  g_test_add_func ("/expand/growth", test_growth);
  g_test_add_func ("/expand/known", test_known);

  return g_test_run ();
}
