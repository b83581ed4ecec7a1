/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-edit.h"

#include "inner-arguments.h"
#include "inner-draft.h"
#include "inner-output.h"
#include "inner-profiles.h"

/* Whose document is checked. */
typedef struct
{
  InnerConnection *connection;
  const char *name;
} Profile;

static gboolean
check (const char *path, gpointer data, GError **error)
{
  const Profile *profile = data;

  return inner_profile_check (profile->connection, path, profile->name, NULL, error);
}

InnerEdit
inner_profile_edit (InnerConnection *connection, const char *name, const char *path, GError **error)
{
  Profile profile = { connection, name };
  g_autofree char *directory = g_path_get_dirname (path);
  /* No list of profiles shows it. */
  g_autofree char *aside =
      g_strdup_printf ("%s/.%s.invalid.%s", directory, name, inner_format_of_file (path));
  struct stat st;
  g_autoptr (GBytes) original = inner_read_document (path, FALSE, &st, error);
  InnerEditing editing = { .path = path,
                           .original = original,
                           .copies = INNER_DRAFT,
                           .aside = aside,
                           .check = check,
                           .data = &profile };

  if (original == NULL)
    return INNER_EDIT_FAILED;
  editing.mode = st.st_mode & 0777;
  return inner_edit (&editing, error);
}

/* Why a profile that is not the person's own is not edited in its place, and what to do. */
static const struct
{
  const char *scope;
  const char *reason;
} others[] = {
  { "builtin", N_ ("it belongs to Inner itself; make a profile of your own of it with “innerctl "
                   "profile clone”, and edit that") },
  { "system",
    N_ ("it belongs to the administrator; make a profile of your own of it with “innerctl "
        "profile clone”, and edit that") },
  { "project", N_ ("it belongs to the project; edit the file itself, then approve it again with "
                   "“innerctl profile trust”") },
};

static void
refuse_other (const char *name, GVariant *profile, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_equal (inner_text_of (profile, "scope"), others[i].scope))
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("“%s” (%s) is not edited here: %s"), name, inner_text_of (profile, "path"),
                   _ (others[i].reason));
}

/* Gives the path of the person's own profile @name. The list has it even when it cannot be used, which is
 * when it most needs an edit. */
static char *
find_own (InnerConnection *connection, const char *name, GError **error)
{
  g_autoptr (GVariant) profiles = inner_profiles_list (connection, error);
  g_autoptr (GVariant) other = NULL;

  if (profiles == NULL)
    return NULL;
  for (gsize i = 0; i < g_variant_n_children (profiles); i++)
    {
      g_autoptr (GVariant) profile = g_variant_get_child_value (profiles, i);

      if (!g_str_equal (inner_text_of (profile, "name"), name))
        continue;
      if (g_str_equal (inner_text_of (profile, "scope"), "user"))
        return g_strdup (inner_text_of (profile, "path"));
      if (other == NULL)
        other = g_steal_pointer (&profile);
    }

  if (other != NULL)
    refuse_other (name, other, error);
  else
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND,
                 _ ("There is no profile “%s”; make it with “innerctl profile new”"), name);
  return NULL;
}

static void
print_result (gboolean json, const char *name, const char *path, InnerEdit result)
{
  g_autoptr (GVariant) value = NULL;

  if (!json)
    {
      if (result == INNER_EDIT_INSTALLED)
        inner_print_profile (FALSE, name, path);
      return;
    }
  value = g_variant_ref_sink (g_variant_new_parsed ("{'name': <%s>, 'path': <%s>, 'changed': <%b>}",
                                                    name, path,
                                                    (gboolean) (result == INNER_EDIT_INSTALLED)));
  inner_print_json (value);
}

int
inner_verb_profile_edit (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autofree char *path = NULL;
  InnerEdit result = INNER_EDIT_FAILED;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("NAME"),
                    _ ("Opens a profile of your own in the editor ($VISUAL or $EDITOR). What you "
                       "write counts once it is valid."),
                    &error))
    return inner_fail (error);
  if (argc != 2)
    return inner_fail_usage (_ ("Name the profile to edit"));

  if (inner_check_utf8 (argv[1], &error))
    connection = inner_global_connect (global, &error);
  if (connection != NULL)
    path = find_own (connection, argv[1], &error);
  if (path != NULL)
    result = inner_profile_edit (connection, argv[1], path, &error);
  if (result == INNER_EDIT_FAILED)
    return inner_fail (error);

  print_result (json, argv[1], path, result);
  return 0;
}
