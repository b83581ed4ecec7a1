/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-edit.h"

#include "inner-arguments.h"
#include "inner-consent.h"
#include "inner-draft.h"
#include "inner-editor.h"
#include "inner-output.h"
#include "inner-profiles.h"

/* One profile that is edited. */
typedef struct
{
  InnerConnection *connection;
  const char *name;
  const char *path;
  GBytes *original;
  mode_t mode;
  InnerDraft *draft; /* what the editor opens */
} Editing;

static void
editing_clear (Editing *editing)
{
  g_clear_pointer (&editing->original, g_bytes_unref);
  g_clear_pointer (&editing->draft, inner_draft_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Editing, editing_clear)

/* Keeps what the person wrote where no list of profiles shows it. */
static void
keep_aside (const Editing *editing, GBytes *bytes)
{
  g_autofree char *directory = g_path_get_dirname (editing->path);
  g_autofree char *aside = g_strdup_printf ("%s/.%s.invalid.%s", directory, editing->name,
                                            inner_format_of_file (editing->path));
  g_autoptr (InnerDraft) draft = inner_draft_new (aside, bytes, NULL);

  if (draft != NULL && inner_draft_install (draft, aside, 0600, TRUE, NULL))
    inner_say (_ ("what you wrote is kept in “%s”; the profile stays as it was"), aside);
  else
    inner_say (_ ("what you wrote could not be kept in “%s”; the profile stays as it was"), aside);
}

static gboolean
is_unchanged_meanwhile (const Editing *editing, GError **error)
{
  g_autoptr (GBytes) now = inner_read_document (editing->path, FALSE, NULL, NULL);

  if (now != NULL && g_bytes_equal (now, editing->original))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
               _ ("“%s” was changed by somebody else meanwhile; compare the two and edit it again"),
               editing->path);
  return FALSE;
}

/* What is checked and installed is a file of our own: the editor may still have its copy open. */
static gboolean
install (const Editing *editing, GBytes *bytes, GError **error)
{
  g_autoptr (InnerDraft) checked = inner_draft_new (editing->path, bytes, error);

  return checked != NULL &&
         inner_profile_check (editing->connection, checked->path, editing->name, NULL, error) &&
         is_unchanged_meanwhile (editing, error) &&
         inner_draft_install (checked, editing->path, editing->mode, TRUE, error);
}

static gboolean
wants_another_try (const GError *error)
{
  return g_error_matches (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID) && inner_can_ask () &&
         inner_ask (_ ("Edit it again?"), TRUE);
}

/* One turn in the editor. Gives what is in the copy then, %NULL when that cannot be told. */
static GBytes *
edit_once (const Editing *editing, GError **error)
{
  gboolean done = inner_edit_file (editing->draft->path, error);

  return inner_read_document (editing->draft->path, FALSE, NULL, done ? error : NULL);
}

static InnerEdit
edit_until_valid (const Editing *editing, GError **error)
{
  for (;;)
    {
      g_autoptr (GError) reason = NULL;
      g_autoptr (GBytes) bytes = edit_once (editing, &reason);
      gboolean changed = bytes != NULL && !g_bytes_equal (bytes, editing->original);

      if (reason == NULL && !changed)
        return INNER_EDIT_UNCHANGED;
      if (reason == NULL && install (editing, bytes, &reason))
        return INNER_EDIT_INSTALLED;
      if (wants_another_try (reason))
        continue;

      if (changed)
        keep_aside (editing, bytes);
      g_propagate_error (error, g_steal_pointer (&reason));
      return INNER_EDIT_FAILED;
    }
}

InnerEdit
inner_profile_edit (InnerConnection *connection, const char *name, const char *path, GError **error)
{
  g_auto (Editing) editing = { .connection = connection, .name = name, .path = path };
  struct stat st;
  InnerEdit result;

  editing.original = inner_read_document (path, FALSE, &st, error);
  if (editing.original != NULL)
    editing.draft = inner_draft_new (path, editing.original, error);
  if (editing.draft == NULL)
    return INNER_EDIT_FAILED;

  editing.mode = st.st_mode & 0777;
  result = edit_until_valid (&editing, error);
  if (result == INNER_EDIT_UNCHANGED)
    inner_say (_ ("nothing changed"));
  return result;
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
