/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-output.h"
#include "inner-profiles.h"

/* As inner_flag_of() and inner_text_of(), of a dictionary that was read once (see print_profiles()). */
static gboolean
flag_of (GVariantDict *dict, const char *key)
{
  gboolean flag = FALSE;

  g_variant_dict_lookup (dict, key, "b", &flag);
  return flag;
}

static const char *
text_of (GVariantDict *dict, const char *key)
{
  const char *text = "";

  g_variant_dict_lookup (dict, key, "&s", &text);
  return text;
}

/* What a person should know before using it, in one cell. */
static char *
remarks (GVariantDict *profile)
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
  g_autoptr (GPtrArray) rows = inner_rows_new ();

  for (gsize i = 0; i < g_variant_n_children (profiles); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (profiles, i);
      /* Read once: with a thousand profiles, looking each key up anew costs more than all else. */
      g_autoptr (GVariantDict) profile = g_variant_dict_new (child);
      const char *error = text_of (profile, "error");
      const char *about = wide               ? text_of (profile, "path")
                          : error[0] != '\0' ? error
                                             : text_of (profile, "description");

      inner_rows_take (rows, g_strdup (text_of (profile, "name")),
                       g_strdup (text_of (profile, "scope")), remarks (profile), g_strdup (about),
                       NULL);
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
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) profiles = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL, _ ("Lists the profiles."), &error))
    return inner_fail (error);
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    profiles = inner_profiles_list (connection, &error);
  if (profiles == NULL)
    return inner_fail (error);

  if (json)
    inner_print_json (profiles);
  else
    print_profiles (profiles, wide);
  return 0;
}

static const InnerVerb verbs[] = {
  { "list", N_ ("List the profiles"), list },
  { "show", N_ ("Show one, as it is or with where each value comes from"),
    inner_verb_profile_show },
  { "validate", N_ ("Tell what is wrong with some, or with all"), inner_verb_profile_validate },
  { "new", N_ ("Write a new one to begin with"), inner_verb_profile_new },
  { "edit", N_ ("Open one of your own in the editor"), inner_verb_profile_edit },
  { "clone", N_ ("Make one of your own of another one"), inner_verb_profile_clone },
  { "install", N_ ("Make one of your own of a file or an address"), inner_verb_profile_install },
  { "convert", N_ ("Print one in the other notation"), inner_verb_profile_convert },
  { "trust", N_ ("Approve one of a project, as it is now"), inner_verb_profile_trust },
  { NULL, NULL, NULL },
};

int
inner_verb_profile (InnerGlobal *global, int argc, char **argv)
{
  return inner_verb_dispatch (verbs, "innerctl profile", global, argc, argv);
}
