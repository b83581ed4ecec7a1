/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-amendment.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "inner-error.h"
#include "inner-options.h"
#include "inner-profile-file.h"
#include "inner-profile-list-edit.h"

struct _InnerAmendment
{
  char *path;
  GBytes *original; /* NULL: there is no such file yet */
  char *text;       /* NULL: it says so already */
  mode_t mode;
};

void
inner_amendment_free (InnerAmendment *amendment)
{
  g_clear_pointer (&amendment->original, g_bytes_unref);
  g_free (amendment->path);
  g_free (amendment->text);
  g_free (amendment);
}

static gboolean
has_host (InnerProfile *profile, const char *host)
{
  return g_strv_contains (inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_ALLOW), host);
}

/* SECURITY: only what is the user's own by its place is written to. What a project brings stays as it was approved
 * (attacks 64 and 109; tests/unit/test-profile-list-edit.c, test_profile_of_a_project_is_not_changed). */
static gboolean
check_scope (const InnerProfileEntry *entry, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (entry->path);

  if (!entry->foreign && entry->scope != INNER_SCOPE_PATH && entry->scope != INNER_SCOPE_PROJECT)
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_UNTRUSTED,
               _ ("“%s” is not changed, because it is no profile of your own; allow the host for "
                  "the session, or add it to the file and approve that again"),
               shown);
  return FALSE;
}

static gboolean
change_own (InnerAmendment *amendment,
            const InnerProfileEntry *entry,
            const char *host,
            GError **error)
{
  InnerNotation notation;
  struct stat st;
  gconstpointer data;
  gsize size;

  amendment->path = g_strdup (entry->path);
  amendment->original = inner_profile_file_read (entry->path, &st, error);
  if (amendment->original == NULL || !inner_notation_of_file (entry->path, &notation))
    return FALSE;
  amendment->mode = st.st_mode & 0777;
  if (has_host (entry->own, host))
    return TRUE;
  data = g_bytes_get_data (amendment->original, &size);
  amendment->text = inner_profile_add_to_list (data, size, notation, entry->path,
                                               INNER_KEY_SANDBOX_NETWORK_ALLOW, host, error);
  return amendment->text != NULL;
}

/* The document of the user's own that has the name of @entry. It may be there although the sandbox was not started from
 * it: it was made by an answer before. */
static InnerProfileEntry *
find_own (InnerProfileRegistry *registry, const InnerProfileEntry *entry, GError **error)
{
  g_autofree char *name = inner_profile_name_of_file (entry->path);
  g_autoptr (GError) reason = NULL;
  g_autoptr (InnerProfileEntry) own = inner_profile_registry_find (registry, name, NULL, &reason);

  if (own == NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  return g_steal_pointer (&own);
}

/* A profile that says nothing but what it extends and the host. The path of that is no name, because the name will be
 * its own. */
static void
make_own (InnerAmendment *amendment,
          InnerProfileRegistry *registry,
          const InnerProfileEntry *entry,
          const char *host)
{
  g_autoptr (InnerProfile) profile = inner_profile_new ();
  g_autofree char *name = inner_profile_name_of_file (entry->path);
  g_autofree char *file = g_strconcat (name, ".toml", NULL);
  const char *bases[] = { entry->path, NULL };
  const char *hosts[] = { host, NULL };

  inner_profile_set (profile, INNER_KEY_EXTENDS, g_variant_new_strv (bases, -1), NULL, 0, 0);
  inner_profile_set (profile, INNER_KEY_SANDBOX_NETWORK_ALLOW, g_variant_new_strv (hosts, -1), NULL,
                     0, 0);
  amendment->path =
      g_build_filename (inner_profile_registry_get_user_directory (registry), file, NULL);
  amendment->text = inner_profile_write (profile, "toml");
  amendment->mode = 0600;
}

static gboolean
think (InnerAmendment *amendment,
       InnerProfileRegistry *registry,
       const InnerProfileEntry *entry,
       const char *host,
       GError **error)
{
  g_autoptr (InnerProfileEntry) own = NULL;

  if (!check_scope (entry, error))
    return FALSE;
  if (entry->scope == INNER_SCOPE_USER)
    return change_own (amendment, entry, host, error);
  own = find_own (registry, entry, error);
  if (own == NULL)
    return FALSE;
  if (own->scope == INNER_SCOPE_USER)
    return check_scope (own, error) && change_own (amendment, own, host, error);
  make_own (amendment, registry, entry, host);
  return TRUE;
}

InnerAmendment *
inner_amendment_new (InnerProfileRegistry *registry,
                     const char *path,
                     const char *host,
                     GError **error)
{
  g_autoptr (InnerAmendment) amendment = g_new0 (InnerAmendment, 1);
  g_autoptr (InnerProfileEntry) entry = inner_profile_registry_find (registry, path, NULL, error);

  return entry != NULL && think (amendment, registry, entry, host, error)
             ? g_steal_pointer (&amendment)
             : NULL;
}

static gboolean
is_as_it_was (const InnerAmendment *amendment, GError **error)
{
  struct stat st;
  g_autoptr (GBytes) now = NULL;
  g_autofree char *shown = NULL;

  if (amendment->original == NULL && g_lstat (amendment->path, &st) < 0 && errno == ENOENT)
    return TRUE;
  if (amendment->original != NULL)
    now = inner_profile_file_read (amendment->path, &st, NULL);
  if (now != NULL && g_bytes_equal (now, amendment->original))
    return TRUE;
  shown = inner_escape_for_display (amendment->path);
  g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
               _ ("“%s” was changed by somebody else meanwhile; try again"), shown);
  return FALSE;
}

gboolean
inner_amendment_apply (InnerAmendment *amendment, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (amendment->path);

  if (amendment->text == NULL)
    return TRUE;
  if (!is_as_it_was (amendment, error))
    return FALSE;
  if (g_mkdir_with_parents (directory, 0700) < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", directory,
                   g_strerror (errno));
      return FALSE;
    }
  return g_file_set_contents_full (amendment->path, amendment->text, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   (int) amendment->mode, error);
}
