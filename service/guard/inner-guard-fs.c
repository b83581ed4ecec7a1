/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-guard-fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

static gboolean
is_link (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 && S_ISLNK (st.st_mode);
}

/* SECURITY: one system call decides, so nothing can be swapped between a check and its use: no link on the way or at
 * the end, nothing outside of @root, no wait for a FIFO or device. There is no weaker way: a kernel without
 * openat2() gives ENOSYS (attacks 35, 45 and 46; tests/unit/test-guards.c). */
int
inner_guard_open (int root, const char *path, int flags)
{
  struct open_how how = {
    .flags = flags | O_CLOEXEC | O_NOFOLLOW,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  int fd;

  /* openat2() refuses flags that O_PATH has no use for. */
  if ((flags & O_PATH) == 0)
    how.flags |= O_NONBLOCK | O_NOCTTY;
  /* EAGAIN: somebody renames near the way, and the kernel cannot tell where it led. */
  for (guint i = 0; i < 16; i++)
    {
      fd = syscall (SYS_openat2, root, path[0] != '\0' ? path : ".", &how, sizeof how);
      if (fd >= 0 || errno != EAGAIN)
        break;
    }
  /* With O_PATH the kernel takes a link at the end for what was meant. */
  if (fd >= 0 && (flags & (O_PATH | O_DIRECTORY)) == O_PATH && is_link (fd))
    {
      inner_guard_close (&fd);
      errno = ELOOP;
    }

  return fd;
}

int
inner_guard_open_parent (int root, const char *path, const char **name)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (path, slash - path) : g_strdup ("");

  *name = slash != NULL ? slash + 1 : path;
  return inner_guard_open (root, parent, O_PATH | O_DIRECTORY);
}

char *
inner_guard_read_fd (int fd, gsize max, gsize *size)
{
  struct stat st;
  g_autofree char *data = NULL;
  gsize length = 0;

  if (fstat (fd, &st) < 0)
    return NULL;
  if (!S_ISREG (st.st_mode) || st.st_size > (gint64) max)
    {
      errno = S_ISREG (st.st_mode) ? EFBIG : EINVAL;
      return NULL;
    }

  /* It may grow or shrink while it is read; its change time will tell. */
  data = g_malloc (st.st_size + 1);
  while (length < (gsize) st.st_size)
    {
      gssize n = read (fd, data + length, st.st_size - length);

      if (n < 0 && errno != EINTR)
        return NULL;
      if (n == 0)
        break;
      length += MAX (n, 0);
    }
  data[length] = '\0';
  *size = length;
  return g_steal_pointer (&data);
}

char *
inner_guard_read (int root, const char *path, gsize max, gsize *size)
{
  inner_guard_autofd fd = inner_guard_open (root, path, O_RDONLY);

  return fd >= 0 ? inner_guard_read_fd (fd, max, size) : NULL;
}

char *
inner_guard_read_link (int directory, const char *name)
{
  char target[4096];
  gssize n = readlinkat (directory, name, target, sizeof target);

  return n >= 0 ? g_strndup (target, n) : NULL;
}

gboolean
inner_guard_make_directories (int root, const char *path, mode_t mode)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  inner_guard_autofd fd = inner_guard_open (root, "", O_PATH | O_DIRECTORY);

  for (char **part = parts; *part != NULL && fd >= 0; part++)
    {
      int next;

      if ((*part)[0] == '\0')
        continue;
      if (mkdirat (fd, *part, mode) < 0 && errno != EEXIST)
        return FALSE;
      next = inner_guard_open (fd, *part, O_PATH | O_DIRECTORY);
      inner_guard_close (&fd);
      fd = next;
    }

  return fd >= 0;
}

static gboolean
write_all (int fd, const char *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);

      if (n < 0 && errno != EINTR)
        return FALSE;
      data += MAX (n, 0);
      size -= MAX (n, 0);
    }

  return TRUE;
}

/* setuid and setgid bits are never given back: who wants them sets them by hand. */
gboolean
inner_guard_write (
    int directory, const char *name, const char *stamp, gconstpointer data, gsize size, mode_t mode)
{
  g_autofree char *temporary = g_strdup_printf (".inner-guard-%s", stamp);
  inner_guard_autofd fd = -1;
  int error;

  unlinkat (directory, temporary, 0);
  fd = openat (directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return FALSE;
  if (write_all (fd, data, size) && fchmod (fd, mode & 01777) == 0 &&
      renameat (directory, temporary, directory, name) == 0)
    return TRUE;

  error = errno;
  unlinkat (directory, temporary, 0);
  errno = error;
  return FALSE;
}

gboolean
inner_guard_list (int fd, InnerGuardEntry each, gpointer data)
{
  DIR *stream = fd >= 0 ? fdopendir (fd) : NULL;
  const struct dirent *entry;
  gboolean more = TRUE;
  int error = errno;

  if (stream == NULL)
    {
      inner_guard_close (&fd);
      errno = error;
      return FALSE;
    }
  while (more && (errno = 0, entry = readdir (stream)) != NULL)
    if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
      more = each (dirfd (stream), entry->d_name, entry->d_type, data);
  error = more ? errno : 0;
  closedir (stream);
  errno = error;
  return error == 0;
}

typedef struct
{
  int target;
  gsize *max;
  guint *entries;
  guint depth;
} Copy;

static gboolean
copy_entry (int directory, const char *name, guint8 type, gpointer data)
{
  const Copy *copy = data;

  inner_guard_copy (directory, name, copy->target, name, copy->max, copy->entries, copy->depth);
  return *copy->entries > 0;
}

static void
copy_file (int fd, int target, const char *target_name, gsize *max)
{
  inner_guard_autofd copy =
      openat (target, target_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  char buffer[32 * 1024];
  gssize n;

  while (copy >= 0 && *max > 0 && (n = read (fd, buffer, MIN (sizeof buffer, *max))) > 0)
    {
      *max -= n;
      if (!write_all (copy, buffer, n))
        break;
    }
}

void
inner_guard_copy (int directory,
                  const char *name,
                  int target,
                  const char *target_name,
                  gsize *max,
                  guint *entries,
                  guint depth)
{
  g_autofree char *link = inner_guard_read_link (directory, name);
  inner_guard_autofd fd = link == NULL ? inner_guard_open (directory, name, O_RDONLY) : -1;
  struct stat st;

  if (*entries == 0 || depth == 0)
    return;
  (*entries)--;
  if (link != NULL)
    {
      g_autofree char *text = g_strdup_printf ("a link to %s\n", link);

      inner_guard_write (target, target_name, "copy", text, strlen (text), 0600);
    }
  else if (fd >= 0 && fstat (fd, &st) == 0 && S_ISREG (st.st_mode))
    copy_file (fd, target, target_name, max);
  else if (fd >= 0 && S_ISDIR (st.st_mode) && mkdirat (target, target_name, 0700) == 0)
    {
      inner_guard_autofd below = inner_guard_open (target, target_name, O_PATH | O_DIRECTORY);
      Copy copy = { below, max, entries, depth - 1 };

      inner_guard_list (fd, copy_entry, &copy);
      fd = -1;
    }
}

typedef struct
{
  guint *entries;
  guint depth;
  gboolean removed;
} Removal;

static gboolean
remove_entry (int directory, const char *name, guint8 type, gpointer data)
{
  Removal *removal = data;

  removal->removed = inner_guard_remove (directory, name, removal->entries, removal->depth);
  return removal->removed;
}

gboolean
inner_guard_remove (int directory, const char *name, guint *entries, guint depth)
{
  Removal removal = { entries, depth - 1, TRUE };

  if (*entries == 0 || depth == 0)
    return FALSE;
  (*entries)--;
  if (unlinkat (directory, name, 0) == 0)
    return TRUE;
  if (errno != EISDIR && errno != EPERM)
    return errno == ENOENT;

  return inner_guard_list (inner_guard_open (directory, name, O_RDONLY | O_DIRECTORY), remove_entry,
                           &removal) &&
         removal.removed && unlinkat (directory, name, AT_REMOVEDIR) == 0;
}

gint64
inner_guard_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME_COARSE, &now);
  return inner_guard_time (&now);
}
