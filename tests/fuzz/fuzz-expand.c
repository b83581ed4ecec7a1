/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The input is lines NAME=VALUE, which are the environment, then a line "%%", then a text. The
 * names home, workdir and workspaces_path are not of the environment: they are facts, unknown when
 * they are not there.
 */

#include "fuzz-common.h"

#include "inner-expand.h"

#define MARK "%%\n"
#define UID 1234
#define POISON "\x01"

/* A value grows to this, and once by a whole variable. */
#define LONGEST (1024 * 1024)

static GHashTable *
read_environment (char **lines)
{
  GHashTable *environment = g_hash_table_new (g_str_hash, g_str_equal);

  for (; *lines != NULL; lines++)
    {
      char *equals = strchr (*lines, '=');

      if (equals == NULL)
        continue;
      *equals = '\0';
      g_hash_table_insert (environment, *lines, equals + 1);
    }

  return environment;
}

static char *
expand (const char *text, const InnerExpansion *facts)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expanded = inner_expand (text, facts, &error);
  g_autofree char *again = inner_expand (text, facts, NULL);

  g_assert_true ((expanded == NULL) == (error != NULL));
  g_assert_cmpstr (expanded, ==, again);
  if (error != NULL)
    {
      g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
      check_sentence (error->message);
    }
  return g_steal_pointer (&expanded);
}

/* Without variables and "~" nothing is changed. */
static void
check_plain (const char *text, const InnerExpansion *facts)
{
  g_autofree char *escaped = g_strconcat ("/", text, NULL);
  g_autofree char *expanded = NULL;

  for (char *p = escaped; (p = strchr (p, '$')) != NULL;)
    *p = '_';
  expanded = expand (escaped, facts);
  g_assert_cmpstr (expanded, ==, escaped);
}

/* What stands on both sides of a slash has nothing to do with each other; so no value of a variable is
 * ever looked through for variables, and none reaches beyond its place. */
static void
check_parts (const char *text, const InnerExpansion *facts)
{
  const char *slash = strchr (text, '/');
  g_autofree char *first = slash != NULL ? g_strndup (text, slash - text) : NULL;
  g_autofree char *left = first != NULL ? expand (first, facts) : NULL;
  g_autofree char *right = left != NULL ? expand (slash, facts) : NULL;
  g_autofree char *both = expand (text, facts);
  g_autofree char *joined = right != NULL ? g_strconcat (left, right, NULL) : NULL;

  if (joined != NULL && strlen (joined) <= LONGEST)
    g_assert_cmpstr (both, ==, joined);
}

/* Of a document that is not the user's own nothing names a variable of the caller, but for two. */
static void
check_known (const char *text, const InnerExpansion *facts)
{
  g_autofree char *removed = NULL;
  g_autofree char *known = inner_expand_known (text, &removed);
  g_autoptr (GHashTable) poisoned = g_hash_table_new (g_str_hash, g_str_equal);
  InnerExpansion poison = { "/home", UID, poisoned, "/workdir", "/workspaces" };
  g_autofree char *expanded = NULL;
  GHashTableIter iter;
  gpointer name;

  g_assert_true (removed != NULL || g_str_equal (known, text));
  g_hash_table_iter_init (&iter, facts->environment);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_str_equal (name, "HOME") && !g_str_equal (name, "USER"))
      g_hash_table_insert (poisoned, name, (gpointer) POISON);
  expanded = strchr (text, POISON[0]) == NULL ? expand (known, &poison) : NULL;
  g_assert_true (expanded == NULL || strchr (expanded, POISON[0]) == NULL);
}

static void
check_facts (const char *expanded, const char *text, const InnerExpansion *facts)
{
  if (g_str_equal (text, "$UID") || g_str_equal (text, "${UID}"))
    g_assert_cmpstr (expanded, ==, G_STRINGIFY (UID));
  if (g_str_equal (text, "~"))
    g_assert_cmpstr (expanded, ==, facts->home);
  if (g_str_equal (text, "${workdir}"))
    g_assert_cmpstr (expanded, ==, facts->workdir);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *input = g_strndup ((const char *) data, size);
  char *mark = strstr (input, MARK);
  const char *text = mark != NULL ? mark + strlen (MARK) : input;
  g_autofree char *head = g_strndup (input, mark != NULL ? mark - input : 0);
  g_auto (GStrv) lines = g_strsplit (head, "\n", -1);
  g_autoptr (GHashTable) environment = read_environment (lines);
  InnerExpansion facts = {
    .home = g_hash_table_lookup (environment, "home"),
    .uid = UID,
    .environment = environment,
    .workdir = g_hash_table_lookup (environment, "workdir"),
    .workspaces_path = g_hash_table_lookup (environment, "workspaces_path"),
  };
  g_autofree char *expanded = expand (text, &facts);

  if (expanded != NULL)
    {
      g_assert_cmpuint (strlen (expanded), <=, LONGEST + size);
      check_facts (expanded, text, &facts);
    }
  check_plain (text, &facts);
  check_parts (text, &facts);
  check_known (text, &facts);
  return 0;
}
