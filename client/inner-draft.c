/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-draft.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-names.h"

const char *
inner_format_of_file (const char *path)
{
  if (g_str_has_suffix (path, ".toml"))
    return "toml";
  return g_str_has_suffix (path, ".xml") ? "xml" : NULL;
}

static void
fail_to_write (const char *path, int code, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
               _ ("Cannot write “%s”: %s; choose another place, or make it writable"), path,
               g_strerror (code));
}

static gboolean
write_bytes (int fd, GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  while (length > 0)
    {
      gssize n = write (fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      data += n;
      length -= n;
    }

  return fsync (fd) == 0;
}

InnerDraft *
inner_draft_new_as (const char *target, const char *name, GBytes *bytes, GError **error)
{
  g_autoptr (InnerDraft) draft = g_new0 (InnerDraft, 1);
  g_autofree char *directory = g_path_get_dirname (target);
  const char *format = inner_format_of_file (target);
  g_autofree char *end = format != NULL ? g_strconcat (".", format, NULL) : g_strdup ("");
  g_autofree char *path = g_strconcat (directory, "/", name, "-XXXXXX", end, NULL);

  draft->fd = mkostemps (path, strlen (end), O_CLOEXEC);
  if (draft->fd < 0)
    {
      fail_to_write (directory, errno, error);
      return NULL;
    }
  draft->path = g_steal_pointer (&path);
  if (!write_bytes (draft->fd, bytes))
    {
      fail_to_write (draft->path, errno, error);
      return NULL;
    }

  return g_steal_pointer (&draft);
}

InnerDraft *
inner_draft_new (const char *target, GBytes *bytes, GError **error)
{
  return inner_draft_new_as (target, INNER_DRAFT, bytes, error);
}

void
inner_draft_free (InnerDraft *draft)
{
  if (draft->path != NULL)
    unlink (draft->path);
  inner_clear_fd (&draft->fd);
  g_free (draft->path);
  g_free (draft);
}

/* link() where the file system does not know the flag: it does not replace anything either. */
gboolean
inner_rename_to_free (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  return (errno == EINVAL || errno == ENOSYS) && link (from, to) == 0 && unlink (from) == 0;
}

/* Not over a device, a pipe or a link: rename() would put our file in their place. */
static gboolean
replace (const char *from, const char *to)
{
  struct stat st;

  if (lstat (to, &st) == 0 && !S_ISREG (st.st_mode))
    {
      errno = EEXIST;
      return FALSE;
    }
  return rename (from, to) == 0;
}

/* The new name is on disk too. It is there already if this fails, so nothing is told. */
static void
sync_directory_of (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  inner_autofd fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0)
    fsync (fd);
}

/* SECURITY: in a project, an agent may put a link in the place of the draft while the service looks at it.
 * The permissions are given to what was written, not to what has its name, and what has its name is
 * installed only if it is that (attack 46; tests/unit/test-draft.c). */
static gboolean
finish (const InnerDraft *draft, mode_t mode)
{
  struct stat ours;
  struct stat there;

  if (fchmod (draft->fd, mode) < 0 || fstat (draft->fd, &ours) < 0 ||
      lstat (draft->path, &there) < 0)
    return FALSE;
  errno = ESTALE;
  return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

gboolean
inner_draft_install (
    InnerDraft *draft, const char *target, mode_t mode, gboolean force, GError **error)
{
  if (finish (draft, mode) &&
      (force ? replace (draft->path, target) : inner_rename_to_free (draft->path, target)))
    {
      g_clear_pointer (&draft->path, g_free);
      sync_directory_of (target);
      return TRUE;
    }

  if (errno == EEXIST)
    g_set_error (error, INNER_ERROR, INNER_ERROR_NAME_IN_USE,
                 _ ("“%s” exists already and stays as it is; choose another name, or remove it "
                    "first"),
                 target);
  else
    fail_to_write (target, errno, error);
  return FALSE;
}

GBytes *
inner_read_document (const char *path, gboolean follow, struct stat *st, GError **error)
{
  inner_autofd fd =
      open (path, O_RDONLY | (follow ? 0 : O_NOFOLLOW) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  g_autoptr (GBytes) bytes = NULL;
  struct stat own;

  if (st == NULL)
    st = &own;
  if (fd < 0 && errno == ELOOP)
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” is a symbolic link; name the file itself, or put it there"), path);
  else if (fd < 0 || fstat (fd, st) < 0)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
                 _ ("Cannot read “%s”: %s; correct its path or its permissions"), path,
                 g_strerror (errno));
  else if (!S_ISREG (st->st_mode))
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” is no regular file; name a document"), path);
  else if (st->st_size > INNER_DOCUMENT_MAX_BYTES)
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” is larger than %d KiB; a profile is much shorter"), path,
                 INNER_DOCUMENT_MAX_BYTES / 1024);
  else if ((bytes = inner_fds_read (fd, INNER_DOCUMENT_MAX_BYTES, path, NULL)) == NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
                 _ ("“%s” cannot be read to its end; try again"), path);

  return g_steal_pointer (&bytes);
}
