/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-client.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-profiles.h"
#include "inner-remote.h"

/* An error in a profile, as for compilers; what the service cannot be asked has the other codes. */
#define EXIT_INVALID 1

typedef struct
{
  InnerConnection *connection;
  GHashTable *told; /* lines: a base that several profiles extend is told about once */
  GVariantBuilder results;
  gboolean json;
  int exit_code;
} Validation;

/* "path:line:column: error: message", as compilers say it; @name where no document can be named. */
static char *
issue_to_line (GVariant *issue, const char *name)
{
  const char *path = inner_text_of (issue, "path");
  const char *kind =
      g_str_equal (inner_text_of (issue, "severity"), "error") ? _ ("error") : _ ("warning");
  g_autofree char *line = NULL;
  guint32 number = 0;
  guint32 column = 0;

  g_variant_lookup (issue, "line", "u", &number);
  g_variant_lookup (issue, "column", "u", &column);
  path = path[0] != '\0' ? path : name;
  if (number > 0)
    line = g_strdup_printf ("%s:%u:%u: %s: %s", path, number, column, kind,
                            inner_text_of (issue, "message"));
  else
    line = g_strdup_printf ("%s: %s: %s", path, kind, inner_text_of (issue, "message"));
  return inner_escape_for_display (line);
}

static void
tell (Validation *validation, const char *name, GVariant *issues)
{
  for (gsize i = 0; i < g_variant_n_children (issues); i++)
    {
      g_autoptr (GVariant) issue = g_variant_get_child_value (issues, i);
      g_autofree char *line = issue_to_line (issue, name);

      if (g_str_equal (inner_text_of (issue, "severity"), "error"))
        validation->exit_code = MAX (validation->exit_code, EXIT_INVALID);
      if (!validation->json && !g_hash_table_contains (validation->told, line))
        puts (line);
      g_hash_table_add (validation->told, g_steal_pointer (&line));
    }
  g_variant_builder_add_parsed (&validation->results, "{'profile': <%s>, 'issues': <%@aa{sv}>}",
                                name, issues);
}

/* @word is what the service takes. One that cannot be asked about does not keep the others from being told. */
static void
validate (Validation *validation, const char *name, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) issues = inner_profile_validate (validation->connection, word, &error);

  if (issues != NULL)
    tell (validation, name, issues);
  else
    validation->exit_code = inner_fail (error);
}

static void
validate_word (Validation *validation, const char *word)
{
  g_auto (InnerRemote) remote = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *located = inner_profile_locate (word, &remote, &error);

  if (located != NULL)
    validate (validation, word, located);
  else
    validation->exit_code = inner_fail (error);
}

/* By path, so that those behind another of the same name are looked at too. */
static void
validate_all (Validation *validation)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) profiles = inner_profiles_list (validation->connection, &error);

  if (profiles == NULL)
    validation->exit_code = inner_fail (error);
  for (gsize i = 0; profiles != NULL && i < g_variant_n_children (profiles); i++)
    {
      g_autoptr (GVariant) profile = g_variant_get_child_value (profiles, i);

      validate (validation, inner_text_of (profile, "name"), inner_text_of (profile, "path"));
    }
}

int
inner_verb_profile_validate (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  gboolean all = FALSE;
  const GOptionEntry entries[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &all, N_ ("All there are, also those behind others"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) results = NULL;
  Validation validation = { .told = told };

  if (!inner_parse (
          global, &argc, &argv, entries, -1, _ ("[NAME|FILE…]"),
          _ ("Tells what is wrong with profiles, by default with the one that is used when "
             "none is named. The exit code is 1 if one has an error, and 0 if there are "
             "warnings only."),
          &error))
    return inner_fail (error);
  if (all && argc > 1)
    return inner_fail_usage (_ ("name profiles or use “--all”, not both"));
  validation.connection = connection = inner_global_connect (global, &error);
  if (connection == NULL)
    return inner_fail (error);

  validation.json = json;
  g_variant_builder_init (&validation.results, G_VARIANT_TYPE ("aa{sv}"));
  if (all)
    validate_all (&validation);
  else if (argc < 2)
    validate (&validation, "", "");
  for (int i = 1; i < argc; i++)
    validate_word (&validation, argv[i]);

  results = g_variant_ref_sink (g_variant_builder_end (&validation.results));
  if (json)
    inner_print_json (results);
  return validation.exit_code;
}
