/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-output.h"

static void
add_directory (GVariantBuilder *options)
{
  g_autofree char *directory = g_get_current_dir ();

  if (g_utf8_validate (directory, -1, NULL))
    g_variant_builder_add (options, "{sv}", INNER_OPTION_DIRECTORY,
                           g_variant_new_string (directory));
}

static const char *
text_of (GVariant *dict, const char *key)
{
  const char *text = "";

  g_variant_lookup (dict, key, "&s", &text);
  return text;
}

static gboolean
flag_of (GVariant *dict, const char *key)
{
  gboolean flag = FALSE;

  g_variant_lookup (dict, key, "b", &flag);
  return flag;
}

/* What a person should know before using it, in one cell. */
static char *
remarks (GVariant *profile)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  if (flag_of (profile, "default"))
    g_ptr_array_add (words, (gpointer) _ ("default"));
  if (flag_of (profile, "shadowed"))
    g_ptr_array_add (words, (gpointer) _ ("shadowed"));
  if (flag_of (profile, "experimental"))
    g_ptr_array_add (words, (gpointer) _ ("experimental"));
  if (!flag_of (profile, "trusted"))
    g_ptr_array_add (words, (gpointer) _ ("not trusted"));
  if (text_of (profile, "error")[0] != '\0')
    g_ptr_array_add (words, (gpointer) _ ("broken"));
  g_ptr_array_add (words, NULL);
  return g_strjoinv (", ", (char **) words->pdata);
}

static void
print_profiles (GVariant *profiles, gboolean wide)
{
  const char *const titles[] = { _ ("NAME"), _ ("SCOPE"), _ ("REMARKS"),
                                 wide ? _ ("FILE") : _ ("DESCRIPTION"), NULL };
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (gsize i = 0; i < g_variant_n_children (profiles); i++)
    {
      g_autoptr (GVariant) profile = g_variant_get_child_value (profiles, i);
      const char *error = text_of (profile, "error");
      char **cells = g_new0 (char *, 5);

      cells[0] = g_strdup (text_of (profile, "name"));
      cells[1] = g_strdup (text_of (profile, "scope"));
      cells[2] = remarks (profile);
      cells[3] = g_strdup (wide               ? text_of (profile, "path")
                           : error[0] != '\0' ? error
                                              : text_of (profile, "description"));
      g_ptr_array_add (rows, cells);
    }
  inner_print_table (titles, rows);
}

static int
list (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  gboolean wide = FALSE;
  const GOptionEntry entries[] = {
    { "wide", 'w', 0, G_OPTION_ARG_NONE, &wide, N_ ("Show the files"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) profiles = NULL;

  if (!inner_parse (&argc, &argv, entries, NULL, _ ("Lists the profiles."), &error))
    return inner_fail (error);
  if (argc > 1)
    return inner_fail_usage (_ ("“%s” is one word too many"), argv[1]);
  add_directory (&options);
  connection = inner_connect (global->mode, global->verbose, &error);
  if (connection != NULL)
    reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "ListProfiles",
                        g_variant_new ("(@a{sv})", g_variant_builder_end (&options)), "(aa{sv})",
                        NULL, &error);
  if (reply == NULL)
    return inner_fail (error);

  profiles = g_variant_get_child_value (reply, 0);
  if (json)
    inner_print_json (profiles);
  else
    print_profiles (profiles, wide);
  return 0;
}

static void
print_origins (GVariant *description)
{
  const char *const titles[] = { _ ("KEY"), _ ("VALUE"), _ ("FROM"), NULL };
  g_autoptr (GVariant) values =
      g_variant_lookup_value (description, "values", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) origins =
      g_variant_lookup_value (description, "origins", G_VARIANT_TYPE ("a{s(suu)}"));
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;
      char **cells = g_new0 (char *, 4);
      const char *path = "";
      guint32 line = 0;

      g_variant_lookup (origins, key, "(&suu)", &path, &line, NULL);
      cells[0] = g_strdup (key);
      cells[1] = g_variant_print (owned, FALSE);
      cells[2] = line > 0 ? g_strdup_printf ("%s:%u", path, line) : g_strdup (path);
      g_ptr_array_add (rows, cells);
    }
  inner_print_table (titles, rows);
}

static int
show (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  gboolean resolved = FALSE;
  gboolean explain = FALSE;
  g_autofree char *format = NULL;
  const GOptionEntry entries[] = {
    { "resolved", 0, 0, G_OPTION_ARG_NONE, &resolved, N_ ("With what it extends"), NULL },
    { "explain", 0, 0, G_OPTION_ARG_NONE, &explain, N_ ("Where each value comes from"), NULL },
    { "format", 0, 0, G_OPTION_ARG_FILENAME, &format, N_ ("toml (default) or xml"), N_ ("FORMAT") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) description = NULL;

  if (!inner_parse (&argc, &argv, entries, _ ("[NAME]"), _ ("Shows a profile."), &error))
    return inner_fail (error);
  if (argc > 2)
    return inner_fail_usage (_ ("“%s” is one word too many"), argv[2]);
  name = argc == 2 && strchr (argv[1], '/') != NULL ? inner_parse_path (argv[1], &error)
                                                    : g_strdup (argc == 2 ? argv[1] : "");
  if (name == NULL || !inner_check_utf8 (name, &error) ||
      (format != NULL && !inner_check_utf8 (format, &error)))
    return inner_fail (error);
  add_directory (&options);
  if (format != NULL)
    g_variant_builder_add (&options, "{sv}", "format", g_variant_new_string (format));
  connection = inner_connect (global->mode, global->verbose, &error);
  if (connection != NULL)
    reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "DescribeProfile",
                        g_variant_new ("(s@a{sv})", name, g_variant_builder_end (&options)),
                        "(a{sv})", NULL, &error);
  if (reply == NULL)
    return inner_fail (error);

  description = g_variant_get_child_value (reply, 0);
  if (json)
    inner_print_json (description);
  else if (explain)
    print_origins (description);
  else
    fputs (text_of (description, resolved ? "effective" : "document"), stdout);
  return 0;
}

static const InnerVerb verbs[] = {
  { "list", N_ ("List the profiles"), list },
  { "show", N_ ("Show one, as it is or with where each value comes from"), show },
  { NULL, NULL, NULL },
};

int
inner_verb_profile (InnerGlobal *global, int argc, char **argv)
{
  return inner_verb_dispatch (verbs, "innerctl profile", global, argc, argv);
}
