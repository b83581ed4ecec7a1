/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "inner-aliases.h"
#include "inner-arguments.h"
#include "inner-config.h"
#include "inner-output.h"

#define ALIASES "aliases."

char *
inner_config_path (gboolean local)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *at = g_strdup (here);

  if (!local)
    return g_build_filename (g_get_user_config_dir (), "inner", "config.toml", NULL);

  for (;;)
    {
      g_autofree char *path = g_build_filename (at, ".inner", "config.toml", NULL);
      char *parent;

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&path);
      parent = g_path_get_dirname (at);
      g_free (at);
      at = parent;
      if (g_str_equal (at, "/"))
        return g_build_filename (here, ".inner", "config.toml", NULL);
    }
}

static gboolean
is_of_project (GVariant *layer)
{
  return g_str_equal (inner_text_of (layer, "scope"), "project");
}

/* Whether the value @key comes from the file of a project. */
static gboolean
comes_from_project (GVariant *configuration, const char *key)
{
  g_autoptr (GVariant) origins =
      g_variant_lookup_value (configuration, "origins", G_VARIANT_TYPE ("a{s(suu)}"));
  g_autoptr (GVariant) layers =
      g_variant_lookup_value (configuration, "layers", G_VARIANT_TYPE ("aa{sv}"));
  const char *path = "";

  g_variant_lookup (origins, key, "(&suu)", &path, NULL, NULL);
  for (gsize i = 0; i < g_variant_n_children (layers); i++)
    {
      g_autoptr (GVariant) layer = g_variant_get_child_value (layers, i);

      if (is_of_project (layer) && g_str_equal (inner_text_of (layer, "path"), path))
        return TRUE;
    }

  return FALSE;
}

/* Gives the entries of the dictionary @name that projects set; "aliases." or "" stands before their keys in
 * the origins. */
static GVariant *
project_entries (GVariant *configuration, const char *name, const char *prefix)
{
  g_autoptr (GVariant) all = g_variant_lookup_value (configuration, name, NULL);
  GVariantBuilder some;

  g_variant_builder_init (&some, g_variant_get_type (all));
  for (gsize i = 0; i < g_variant_n_children (all); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (all, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autofree char *dotted = g_strconcat (prefix, g_variant_get_string (key, NULL), NULL);

      if (comes_from_project (configuration, dotted))
        g_variant_builder_add_value (&some, entry);
    }

  return g_variant_builder_end (&some);
}

static GVariant *
project_layers (GVariant *configuration)
{
  g_autoptr (GVariant) layers =
      g_variant_lookup_value (configuration, "layers", G_VARIANT_TYPE ("aa{sv}"));
  GVariantBuilder some;

  g_variant_builder_init (&some, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (layers); i++)
    {
      g_autoptr (GVariant) layer = g_variant_get_child_value (layers, i);

      if (is_of_project (layer))
        g_variant_builder_add_value (&some, layer);
    }

  return g_variant_builder_end (&some);
}

/* Gives what of @configuration the files of projects say; floating. */
static GVariant *
only_projects (GVariant *configuration)
{
  g_autoptr (GVariant) warnings = g_variant_lookup_value (configuration, "warnings", NULL);
  GVariantBuilder some;

  g_variant_builder_init (&some, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&some, "{sv}", key, value)
  ADD ("values", project_entries (configuration, "values", ""));
  ADD ("origins", project_entries (configuration, "origins", ""));
  ADD ("aliases", project_entries (configuration, "aliases", ALIASES));
  ADD ("layers", project_layers (configuration));
  ADD ("warnings", warnings);
#undef ADD
  return g_variant_builder_end (&some);
}

static char *
origin_of (GVariant *configuration, const char *key)
{
  g_autoptr (GVariant) origins =
      g_variant_lookup_value (configuration, "origins", G_VARIANT_TYPE ("a{s(suu)}"));
  const char *path = "";
  guint32 line = 0;

  g_variant_lookup (origins, key, "(&suu)", &path, &line, NULL);
  if (line > 0)
    return g_strdup_printf ("%s:%u", path, line);
  return g_strdup (g_str_equal (path, "auto") ? _ ("(auto-detected)") : _ ("(default)"));
}

static void
print_values (GVariant *configuration)
{
  const char *const titles[] = { _ ("KEY"), _ ("VALUE"), _ ("FROM"), NULL };
  g_autoptr (GVariant) values =
      g_variant_lookup_value (configuration, "values", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) aliases =
      g_variant_lookup_value (configuration, "aliases", G_VARIANT_TYPE ("a{ss}"));
  g_autoptr (GPtrArray) rows = inner_rows_new ();
  GVariantIter iter;
  const char *key;
  const char *text;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;

      inner_rows_take (rows, g_strdup (key), inner_value_to_line (owned),
                       origin_of (configuration, key), NULL);
    }
  g_variant_iter_init (&iter, aliases);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &text))
    {
      char *dotted = g_strconcat (ALIASES, key, NULL);

      inner_rows_take (rows, dotted, g_strdup (text), origin_of (configuration, dotted), NULL);
    }
  inner_print_table (titles, rows);
}

static const char *
state_of (GVariant *layer)
{
  if (!inner_flag_of (layer, "exists"))
    return _ ("missing");
  return inner_flag_of (layer, "trusted") ? _ ("in force") : _ ("not approved");
}

static void
print_layers (GVariant *configuration)
{
  const char *const titles[] = { _ ("LAYER"), _ ("STATE"), _ ("FILE"), NULL };
  g_autoptr (GVariant) layers =
      g_variant_lookup_value (configuration, "layers", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GPtrArray) rows = inner_rows_new ();

  for (gsize i = 0; i < g_variant_n_children (layers); i++)
    {
      g_autoptr (GVariant) layer = g_variant_get_child_value (layers, i);

      inner_rows_take (rows, g_strdup (inner_text_of (layer, "scope")), g_strdup (state_of (layer)),
                       g_strdup (inner_text_of (layer, "path")), NULL);
    }
  putchar ('\n');
  inner_print_table (titles, rows);
}

static int
show (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  gboolean everywhere = FALSE;
  gboolean local = FALSE;
  const GOptionEntry entries[] = {
    { "global", 0, 0, G_OPTION_ARG_NONE, &everywhere, N_ ("Only the files of system and user"),
      NULL },
    { "local", 0, 0, G_OPTION_ARG_NONE, &local, N_ ("Only the files of projects"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) configuration = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Shows the configuration as it holds here, and which file says what."),
                    &error))
    return inner_fail (error);
  if (everywhere && local)
    return inner_fail_usage (_ ("Only one of --global and --local can be given"));
  all = inner_get_configuration (global, everywhere, &error);
  if (all == NULL)
    return inner_fail (error);

  configuration = local ? g_variant_ref_sink (only_projects (all)) : g_variant_ref (all);
  if (json)
    {
      inner_print_json (configuration);
      return 0;
    }
  print_values (configuration);
  print_layers (configuration);
  inner_print_warnings (configuration);
  return 0;
}

static int
path (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  gboolean local = FALSE;
  const GOptionEntry entries[] = {
    { "local", 0, 0, G_OPTION_ARG_NONE, &local, N_ ("The file of the project"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;
  g_autoptr (GVariant) value = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Prints where the configuration is kept, whether the file exists or not."),
                    &error))
    return inner_fail (error);
  file = inner_config_path (local);
  if (!json)
    {
      puts (file);
      return 0;
    }

  if (!inner_check_utf8 (file, &error))
    return inner_fail (error);
  value = g_variant_ref_sink (g_variant_new_parsed ("{'path': <%s>}", file));
  inner_print_json (value);
  return 0;
}

static const InnerVerb verbs[] = {
  { "show", N_ ("Show what holds here, and where it comes from"), show },
  { "edit", N_ ("Open your own file, or that of the project, in the editor"),
    inner_verb_config_edit },
  { "path", N_ ("Print where your own file is, or that of the project"), path },
  { NULL, NULL, NULL },
};

int
inner_verb_config (InnerGlobal *global, int argc, char **argv)
{
  return inner_verb_dispatch (verbs, "innerctl config", global, argc, argv);
}
