/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-output.h"
#include "inner-profiles.h"

enum
{
  NAME,
  SCOPE,
  PATH,
  DESCRIPTION,
  BROKEN,
  N_TEXTS
};

enum
{
  DEFAULT,
  SHADOWED,
  EXPERIMENTAL,
  TRUSTED,
  N_FLAGS
};

/* What the list shows of one profile; the texts belong to the answer of the service. */
typedef struct
{
  const char *texts[N_TEXTS];
  gboolean flags[N_FLAGS];
} Listed;

static void
take_entry (Listed *listed, GVariant *key, GVariant *value)
{
  static const char *const texts[] = { "name", "scope", "path", "description", "error" };
  static const char *const flags[] = { "default", "shadowed", "experimental", "trusted" };
  const char *name = g_variant_get_string (key, NULL);

  for (gsize i = 0; i < N_TEXTS; i++)
    if (g_str_equal (name, texts[i]) && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
      listed->texts[i] = g_variant_get_string (value, NULL);
  for (gsize i = 0; i < N_FLAGS; i++)
    if (g_str_equal (name, flags[i]) && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
      listed->flags[i] = g_variant_get_boolean (value);
}

/* In one go: with a thousand profiles, looking each key up anew costs more than all else. */
static Listed
read_listed (GVariant *profile)
{
  Listed listed = { .texts = { "", "", "", "", "" } };

  for (gsize i = 0; i < g_variant_n_children (profile); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (profile, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) boxed = g_variant_get_child_value (entry, 1);
      g_autoptr (GVariant) value = g_variant_get_variant (boxed);

      take_entry (&listed, key, value);
    }
  return listed;
}

/* What a person should know before using it, in one cell. */
static char *
remarks (const Listed *profile)
{
  const struct
  {
    gboolean applies;
    const char *word;
  } words[] = {
    { profile->flags[DEFAULT], _ ("default") },
    { profile->flags[SHADOWED], _ ("shadowed") },
    { profile->flags[EXPERIMENTAL], _ ("experimental") },
    { !profile->flags[TRUSTED], _ ("not trusted") },
    { profile->texts[BROKEN][0] != '\0', _ ("broken") },
  };
  GString *cell = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (words[i].applies)
      g_string_append_printf (cell, "%s%s", cell->len > 0 ? ", " : "", words[i].word);
  return g_string_free (cell, FALSE);
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
      const Listed profile = read_listed (child);
      const char *about = wide                               ? profile.texts[PATH]
                          : profile.texts[BROKEN][0] != '\0' ? profile.texts[BROKEN]
                                                             : profile.texts[DESCRIPTION];

      inner_rows_take (rows, g_strdup (profile.texts[NAME]), g_strdup (profile.texts[SCOPE]),
                       remarks (&profile), g_strdup (about), NULL);
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
