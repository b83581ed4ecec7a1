/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-edit.h"

#include "inner-consent.h"
#include "inner-draft.h"
#include "inner-editor.h"
#include "inner-error.h"
#include "inner-message.h"

static gboolean
is_file (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0 && S_ISREG (st.st_mode);
}

/* Keeps what the person wrote, under a name that they find again or else where the editor left it. @bytes is
 * NULL when it could not be read, because it is too large for instance. */
static void
keep_aside (const InnerEditing *editing, InnerDraft *copy, GBytes *bytes)
{
  g_autoptr (InnerDraft) draft =
      bytes != NULL ? inner_draft_new_as (editing->aside, editing->copies, bytes, NULL) : NULL;
  g_autofree char *kept = NULL;

  if (draft != NULL && inner_draft_install (draft, editing->aside, 0600, TRUE, NULL))
    kept = g_strdup (editing->aside);
  else if (is_file (copy->path))
    kept = g_steal_pointer (&copy->path);
  if (kept != NULL)
    inner_say (_ ("what you wrote is kept in “%s”; “%s” stays as it was"), kept, editing->path);
}

static gboolean
is_as_it_was (const InnerEditing *editing, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) now = inner_read_document (editing->path, FALSE, NULL, &reason);

  if (editing->original == NULL ? g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)
                                : now != NULL && g_bytes_equal (now, editing->original))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
               _ ("“%s” was changed by somebody else meanwhile; compare the two and edit it again"),
               editing->path);
  return FALSE;
}

/* What is checked and installed is a file of our own: the editor may still have its copy open. */
static gboolean
install (const InnerEditing *editing, GBytes *bytes, GError **error)
{
  g_autoptr (InnerDraft) checked =
      inner_draft_new_as (editing->path, editing->copies, bytes, error);

  return checked != NULL && editing->check (checked->path, editing->data, error) &&
         is_as_it_was (editing, error) &&
         inner_draft_install (checked, editing->path, editing->mode, editing->original != NULL,
                              error);
}

static gboolean
wants_another_try (const GError *error)
{
  return g_error_matches (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID) && inner_can_ask () &&
         inner_ask (_ ("Edit it again?"), TRUE);
}

/* One turn in the editor. Gives what is in the copy then, %NULL when that cannot be told. */
static GBytes *
edit_once (const InnerDraft *copy, GError **error)
{
  gboolean done = inner_edit_file (copy->path, error);

  return inner_read_document (copy->path, FALSE, NULL, done ? error : NULL);
}

InnerEdit
inner_edit (const InnerEditing *editing, GError **error)
{
  GBytes *before = editing->original != NULL ? editing->original : editing->text;
  g_autoptr (InnerDraft) copy = inner_draft_new_as (editing->path, editing->copies, before, error);

  while (copy != NULL)
    {
      g_autoptr (GError) reason = NULL;
      g_autoptr (GBytes) bytes = edit_once (copy, &reason);
      gboolean changed = bytes == NULL || !g_bytes_equal (bytes, before);

      if (reason == NULL && !changed)
        {
          inner_say (_ ("nothing changed"));
          return INNER_EDIT_UNCHANGED;
        }
      if (reason == NULL && install (editing, bytes, &reason))
        return INNER_EDIT_INSTALLED;
      if (wants_another_try (reason))
        continue;

      if (changed)
        keep_aside (editing, copy, bytes);
      g_propagate_error (error, g_steal_pointer (&reason));
      break;
    }

  return INNER_EDIT_FAILED;
}
