/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-runtime-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-wire.h"

#define MAX_ATTEMPTS 100

static gboolean
fail (GError **error, const char *path, const char *reason)
{
  g_set_error (
      error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
      _ ("Cannot use the run-time directory “%s”: %s; set XDG_RUNTIME_DIR to a directory of "
         "your own with mode 0700"),
      path, reason);
  return FALSE;
}

/* SECURITY: in /tmp anybody may have made the name before us; a link, a foreign owner or an open mode
 * would let them talk to our supervisors (attacks 52 and 70; tests/unit/test-prepare.c). */
static gboolean
check_private (const char *path, GError **error)
{
  struct stat st;

  if (lstat (path, &st) < 0)
    return fail (error, path, g_strerror (errno));
  if (!S_ISDIR (st.st_mode))
    return fail (error, path, _ ("it is not a directory"));
  if (st.st_uid != getuid ())
    return fail (error, path, _ ("it belongs to somebody else"));
  if ((st.st_mode & 0077) != 0)
    return fail (error, path, _ ("others may enter it"));

  return TRUE;
}

/* SECURITY: root comes here with the environment of somebody else (“sudo -E”). Who owns the directory above could put another
 * one in the place of ours at any time, so only what belongs to this user counts (attacks 52 and 70;
 * tests/attack/test_070_root.py). */
static gboolean
is_own_directory (const char *path)
{
  struct stat st;

  return stat (path, &st) < 0 || (S_ISDIR (st.st_mode) && st.st_uid == getuid ());
}

char *
inner_runtime_dir_get (GError **error)
{
  const char *given = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *usual = g_strdup_printf ("/run/user/%u", getuid ());
  g_autofree char *path = NULL;
  struct stat st;

  if (given != NULL && given[0] == '/' && is_own_directory (given))
    path = g_build_filename (given, "inner", NULL);
  else if (lstat (usual, &st) == 0 && S_ISDIR (st.st_mode) && st.st_uid == getuid ())
    path = g_build_filename (usual, "inner", NULL);
  else
    path = g_strdup_printf ("/tmp/inner-%u", getuid ());

  if (mkdir (path, 0700) < 0 && errno != EEXIST)
    {
      fail (error, path, g_strerror (errno));
      return NULL;
    }
  return check_private (path, error) ? g_steal_pointer (&path) : NULL;
}

static char *
random_id (void)
{
  guint8 bytes[6];

  while (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    ;
  return g_strdup_printf ("%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                          bytes[4], bytes[5]);
}

/* Gives a new directory's descriptor with its lock, -1 with errno, and ESTALE for "again". A service that
 * looks around may see the directory before it is locked, take it for a dead one and remove it. */
static int
make_locked (const char *path)
{
  inner_autofd fd = -1;
  struct stat st;

  if (mkdir (path, 0700) < 0)
    return -1;
  fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || flock (fd, LOCK_EX) < 0 || fstat (fd, &st) < 0 || st.st_nlink == 0)
    {
      if (fd >= 0 || errno == ENOENT)
        errno = ESTALE;
      return -1;
    }

  return inner_steal_fd (&fd);
}

int
inner_runtime_dir_add (const char *runtime_dir, const char *wanted, char **id, GError **error)
{
  g_autofree char *path = NULL;

  for (guint attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
    {
      g_autofree char *name = wanted != NULL ? g_strdup (wanted) : random_id ();
      int fd;

      g_free (path);
      path = g_build_filename (runtime_dir, name, NULL);
      fd = make_locked (path);
      if (fd >= 0)
        {
          *id = g_steal_pointer (&name);
          return fd;
        }
      if (errno != ESTALE && (errno != EEXIST || wanted != NULL))
        break;
    }

  fail (error, path, g_strerror (errno));
  return -1;
}

int
inner_runtime_dir_open (const char *runtime_dir, const char *id, gboolean *in_use)
{
  g_autofree char *path = g_build_filename (runtime_dir, id, NULL);
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  *in_use = fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) < 0;
  return fd;
}

void
inner_runtime_dir_remove (const char *runtime_dir, const char *id)
{
  g_autofree char *path = g_build_filename (runtime_dir, id, NULL);
  inner_autofd directory = open (path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (directory >= 0)
    inner_wire_remove_files (directory);
  rmdir (path);
}
