/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"

static const struct
{
  const char *end;
  InnerNotation notation;
} ends[] = {
  { ".toml", INNER_NOTATION_TOML },
  { ".xml", INNER_NOTATION_XML },
};

/* What a file can be that is not a profile. */
static const struct
{
  mode_t type;
  const char *sentence;
} unfit[] = {
  { S_IFLNK, N_ ("This is a symbolic link; put the file itself here, or extend it by its path") },
  { S_IFDIR, N_ ("This is a directory; give the path of a profile in it") },
  { S_IFIFO, N_ ("This is a named pipe; a profile must be a regular file") },
  { S_IFSOCK, N_ ("This is a socket; a profile must be a regular file") },
  { S_IFCHR, N_ ("This is a device; a profile must be a regular file") },
  { S_IFBLK, N_ ("This is a device; a profile must be a regular file") },
};

gboolean
inner_notation_of_file (const char *path, InnerNotation *notation)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_has_suffix (path, ends[i].end))
      {
        *notation = ends[i].notation;
        return TRUE;
      }

  return FALSE;
}

char *
inner_profile_name_of_file (const char *path)
{
  char *name = g_path_get_basename (path);
  char *dot = strrchr (name, '.');

  if (dot != NULL && dot != name)
    *dot = '\0';
  return name;
}

char *
inner_profile_file_canonical (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  char *resolved = realpath (directory, NULL);
  char *canonical = g_build_filename (resolved != NULL ? resolved : directory, base, NULL);

  free (resolved);
  /* The root is its own last part. */
  if (g_str_equal (canonical, "//"))
    canonical[1] = '\0';
  return canonical;
}

gboolean
inner_file_is_ours (const struct stat *st)
{
  return (st->st_uid == 0 || st->st_uid == geteuid ()) && (st->st_mode & S_IWOTH) == 0;
}

static void
fail (const char *path, const char *sentence, GError **error)
{
  inner_problem_to_error (path, (InnerPosition){ 1, 1 }, sentence, error);
}

static void
fail_errno (const char *path, int code, GError **error)
{
  g_autofree char *sentence = g_strdup_printf (
      _ ("This cannot be read: %s; make it readable or remove it"), g_strerror (code));

  fail (path, sentence, error);
}

static gboolean
check_fit (const char *path, const struct stat *st, GError **error)
{
  g_autofree char *sentence = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (unfit); i++)
    if ((st->st_mode & S_IFMT) == unfit[i].type)
      {
        fail (path, _ (unfit[i].sentence), error);
        return FALSE;
      }
  if (st->st_size <= INNER_DOCUMENT_MAX_BYTES)
    return TRUE;

  sentence = g_strdup_printf (_ ("The document is larger than %d KiB; a profile is much shorter"),
                              INNER_DOCUMENT_MAX_BYTES / 1024);
  fail (path, sentence, error);
  return FALSE;
}

/* SECURITY: a link in a project may lead to a directory of any name. What cannot be said over D-Bus would end
 * the service, and what can move the cursor is not what it seems; neither is read (attacks 35 and 46;
 * tests/unit/test-profile-hostile.c, tests/bus/test_profile_input.py). */
static gboolean
check_path (const char *path, GError **error)
{
  gboolean good = g_utf8_validate (path, -1, NULL);

  for (const char *p = path; good && *p != '\0'; p = g_utf8_next_char (p))
    good = !g_unichar_iscntrl (g_utf8_get_char (p));
  if (!good)
    fail (path,
          _ ("A directory on the way here has a name that is not UTF-8 or has control characters; "
             "rename it"),
          error);
  return good;
}

/* SECURITY: a project directory may hold anything under the name of a profile: a link to a secret,
 * a pipe that never answers, a device (attacks 35 and 46). It is looked at before it is opened,
 * opened without following and without waiting, and looked at again
 * (tests/unit/test-profile-hostile.c). */
static int
open_regular (const char *path, struct stat *st, GError **error)
{
  inner_autofd fd = -1;

  if (!check_path (path, error))
    return -1;
  if (lstat (path, st) < 0)
    {
      fail_errno (path, errno, error);
      return -1;
    }
  if (!check_fit (path, st, error))
    return -1;

  fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 || fstat (fd, st) < 0)
    {
      fail_errno (path, errno, error);
      return -1;
    }
  if (!check_fit (path, st, error))
    return -1;

  return inner_steal_fd (&fd);
}

GBytes *
inner_profile_file_read (const char *path, struct stat *st, GError **error)
{
  inner_autofd fd = open_regular (path, st, error);
  g_autoptr (GBytes) bytes = NULL;

  if (fd < 0)
    return NULL;

  bytes = inner_fds_read (fd, INNER_DOCUMENT_MAX_BYTES, path, NULL);
  if (bytes == NULL)
    fail (path, _ ("This cannot be read to its end; try again"), error);
  return g_steal_pointer (&bytes);
}
