/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "inner-guard-fs.h"
#include "inner-guard-private.h"

/* Where the sandbox's versions of guarded files are kept: $XDG_STATE_HOME/inner/runs/ID/guard, for the person
 * alone. */

#define MAX_KEPT 500
#define MAX_COPY (64u * 1024 * 1024)
#define MAX_COPIED 4096
#define MAX_REMOVED 20000
#define MAX_REMOVE_DEPTH 200

static int
open_kept (InnerGuard *guard)
{
  g_autofree char *below = g_strdup_printf ("runs/%s/guard", guard->id);
  inner_guard_autofd state = -1;
  struct stat st;

  if (guard->kept >= 0)
    return guard->kept;
  if (g_mkdir_with_parents (guard->state, 0700) < 0)
    return -1;
  state = open (guard->state, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (state < 0 || fstat (state, &st) < 0 || st.st_uid != getuid ())
    return -1;
  if (inner_guard_make_directories (state, below, 0700))
    guard->kept = inner_guard_open (state, below, O_PATH | O_DIRECTORY);
  return guard->kept;
}

/* A name that says what it was and is harmless to print. */
static char *
make_name (InnerGuard *guard, const char *name)
{
  g_autofree char *safe = g_strndup (name, 100);

  g_strcanon (safe, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", '_');
  return g_strdup_printf ("%03u-%s", guard->n_kept, safe);
}

static char *
kept_path (const InnerGuard *guard, const char *name)
{
  return g_build_filename (guard->state, "runs", guard->id, "guard", name, NULL);
}

/* A directory without write permission cannot move to another one. */
static gboolean
make_movable (int directory, const char *name)
{
  inner_guard_autofd fd = inner_guard_open (directory, name, O_PATH | O_DIRECTORY);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);

  return fd >= 0 && chmod (path, 0700) == 0;
}

static gboolean
move (int directory, const char *name, int target, const char *target_name)
{
  for (guint i = 0; i < 2; i++)
    {
      if (syscall (SYS_renameat2, directory, name, target, target_name, 1 /* RENAME_NOREPLACE */) ==
              0 ||
          ((errno == EINVAL || errno == ENOSYS) &&
           renameat (directory, name, target, target_name) == 0))
        return TRUE;
      if (errno != EACCES || !make_movable (directory, name))
        return FALSE;
    }

  return FALSE;
}

/* SECURITY: what is kept must run nothing by being there: no bit makes it a program (attack 12;
 * tests/unit/test-guards.c). */
static void
disarm (int kept, const char *name)
{
  inner_guard_autofd fd = inner_guard_open (kept, name, O_PATH);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  struct stat st;

  if (fd >= 0 && fstat (fd, &st) == 0 && !S_ISLNK (st.st_mode) &&
      chmod (path, S_ISDIR (st.st_mode) ? 0700 : 0600) < 0)
    g_debug ("%s keeps its mode: %s", name, g_strerror (errno));
}

/* On another file system: a copy, bounded. What is too large to be removed gets a name that nothing runs. */
static gboolean
copy_and_remove (
    int directory, const char *name, int kept, const char *kept_name, const char *aside)
{
  gsize max = MAX_COPY;
  guint copied = MAX_COPIED;
  guint removed = MAX_REMOVED;

  inner_guard_copy (directory, name, kept, kept_name, &max, &copied, 32);
  if (inner_guard_remove (directory, name, &removed, MAX_REMOVE_DEPTH))
    return TRUE;
  return move (directory, name, directory, aside);
}

char *
inner_guard_move_away (InnerGuard *guard, int directory, const char *name)
{
  int kept = open_kept (guard);
  g_autofree char *kept_name = NULL;
  g_autofree char *aside = NULL;

  do
    {
      g_free (kept_name);
      kept_name = make_name (guard, name);
      guard->n_kept++;
    }
  while (kept >= 0 && faccessat (kept, kept_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
  aside = g_strdup_printf (".inner-guard-%s-%u", guard->id, guard->n_kept);

  if (kept < 0 || guard->n_kept > MAX_KEPT)
    return move (directory, name, directory, aside) ? g_steal_pointer (&aside) : NULL;
  if (!move (directory, name, kept, kept_name) &&
      (errno != EXDEV || !copy_and_remove (directory, name, kept, kept_name, aside)))
    return NULL;
  disarm (kept, kept_name);
  return kept_path (guard, kept_name);
}
