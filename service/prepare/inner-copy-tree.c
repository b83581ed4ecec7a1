/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-copy-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-options.h"

#define MAX_DEPTH 128
#define MAX_NOTES 20
#define PIECE (16u * 1024 * 1024)
#define BUFFER (256 * 1024)
/* So much stays free where the copy goes: a twentieth, but never more than needed. */
#define KEPT_FREE_PART 20
#define KEPT_FREE_MAX (G_GUINT64_CONSTANT (1) << 30)
#define ENTRIES_BETWEEN_LOOKS 256

typedef struct
{
  const char *const *left_out;
  GCancellable *gone;
  GPtrArray *notes;
  guint notes_left;
  int target; /* for questions about its file system */
  dev_t device;
  InnerCopyBounds left;
  InnerCopyBounds bounds;
  gint64 deadline;
  guint depth;
  gboolean shares; /* the file system can share blocks, as far as we know */
} Copying;

typedef DIR Directory;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Directory, closedir)

static gboolean
fail_with_errno (GError **error, const char *path)
{
  int saved = errno;
  g_autofree char *shown = inner_escape_for_display (path[0] != '\0' ? path : ".");

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "“%s”: %s", shown,
               g_strerror (saved));
  return FALSE;
}

static gboolean
fail_limit (GError **error, const char *sentence)
{
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED, sentence);
  return FALSE;
}

static void
note (Copying *self, const char *path, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (path);

  if (self->notes_left == 0)
    return;
  if (--self->notes_left == 0)
    g_ptr_array_add (self->notes, g_strdup (_ ("more was not copied")));
  else
    g_ptr_array_add (self->notes, g_strdup_printf (_ ("“%s” is not copied: %s"), shown, reason));
}

/* SECURITY: the copy is made on the host, where no limit of the sandbox holds (attacks 46 and 101;
 * tests/unit/test-copy.c). */
static gboolean
check_bounds (Copying *self, GError **error)
{
  struct statvfs fs;

  if (g_cancellable_set_error_if_cancelled (self->gone, error))
    return FALSE;
  if (g_get_monotonic_time () >= self->deadline)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                   _ ("copying takes more than %u seconds; name a smaller directory"),
                   self->bounds.seconds);
      return FALSE;
    }
  if (fstatvfs (self->target, &fs) == 0)
    {
      guint64 kept = MIN ((guint64) fs.f_blocks * fs.f_frsize / KEPT_FREE_PART, KEPT_FREE_MAX);

      if ((guint64) fs.f_bavail * fs.f_frsize < kept)
        return fail_limit (error, _ ("there is not enough room on the disk for the copy"));
    }
  return TRUE;
}

static gboolean
count_entry (Copying *self, GError **error)
{
  if (self->left.entries == 0)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                   _ ("it has more than %u files; name a smaller directory"), self->bounds.entries);
      return FALSE;
    }
  self->left.entries--;
  return self->left.entries % ENTRIES_BETWEEN_LOOKS != 0 || check_bounds (self, error);
}

static gboolean
count_bytes (Copying *self, guint64 bytes, GError **error)
{
  if (bytes > self->left.bytes)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                   _ ("it is larger than %" PRIu64 " MiB; name a smaller directory"),
                   self->bounds.bytes >> 20);
      return FALSE;
    }
  self->left.bytes -= bytes;
  return bytes < PIECE || check_bounds (self, error);
}

static gssize
copy_by_hand (int source, int target)
{
  g_autofree char *buffer = g_malloc (BUFFER);
  gssize size = read (source, buffer, BUFFER);
  gssize done = 0;

  while (size > 0 && done < size)
    {
      gssize n = write (target, buffer + done, size - done);

      if (n < 0)
        return -1;
      done += n;
    }

  return size;
}

static gssize
copy_piece (int source, int target, gboolean *by_hand)
{
  gssize size = *by_hand ? -1 : copy_file_range (source, NULL, target, NULL, PIECE, 0);

  if (size >= 0 || (!*by_hand && errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
                    errno != EOPNOTSUPP && errno != EPERM))
    return size;
  *by_hand = TRUE;
  return copy_by_hand (source, target);
}

static gboolean
copy_content (Copying *self, int source, int target, const char *path, GError **error)
{
  gboolean by_hand = FALSE;
  gssize size;

  if (self->shares && ioctl (target, FICLONE, source) == 0)
    return TRUE;
  self->shares = FALSE;
  while ((size = copy_piece (source, target, &by_hand)) != 0)
    {
      if (size < 0 && errno != EINTR)
        return fail_with_errno (error, path);
      if (!count_bytes (self, MAX (size, 0), error))
        return FALSE;
    }

  return TRUE;
}

static void
keep_times (int target, const struct stat *st)
{
  struct timespec times[] = { st->st_atim, st->st_mtim };

  futimens (target, times);
}

/* SECURITY: whatever a name stood for when it was listed, only what a regular file is now is read; nothing follows a link
 * or waits for the other end of a FIFO (attacks 33, 35 and 46; tests/unit/test-copy.c). Permission bits only: no
 * set-user-ID in a copy (attack 10). */
static gboolean
copy_file (
    Copying *self, int parent, const char *name, int target, const char *path, GError **error)
{
  inner_autofd fd =
      openat (parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  inner_autofd made = -1;
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) || st.st_dev != self->device)
    {
      note (self, path, fd < 0 ? g_strerror (errno) : _ ("it changed meanwhile"));
      return TRUE;
    }
  made = openat (target, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (made < 0)
    return fail_with_errno (error, path);
  if (!copy_content (self, fd, made, path, error))
    return FALSE;
  if (fchmod (made, st.st_mode & 0777) < 0)
    return fail_with_errno (error, path);
  keep_times (made, &st);
  return TRUE;
}

static gboolean
copy_link (
    Copying *self, int parent, const char *name, int target, const char *path, GError **error)
{
  char text[PATH_MAX];
  gssize length = readlinkat (parent, name, text, sizeof text - 1);

  if (length <= 0)
    return TRUE; /* it went away */
  text[length] = '\0';
  return symlinkat (text, target, name) == 0 || fail_with_errno (error, path);
}

static gboolean copy_entries (Copying *self, int fd, int target, const char *path, GError **error);

static gboolean
copy_directory (
    Copying *self, int parent, const char *name, int target, const char *path, GError **error)
{
  inner_autofd fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  inner_autofd made = -1;
  gboolean copied;
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0 || st.st_dev != self->device)
    {
      note (self, path, fd < 0 ? g_strerror (errno) : _ ("it stands on another file system"));
      return TRUE;
    }
  if (mkdirat (target, name, 0700) < 0)
    return fail_with_errno (error, path);
  made = openat (target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (made < 0)
    return fail_with_errno (error, path);
  if (++self->depth > MAX_DEPTH)
    return fail_limit (error, _ ("it is nested too deeply"));
  copied = copy_entries (self, fd, made, path, error);
  self->depth--;
  if (copied && fchmod (made, st.st_mode & 0777) < 0)
    return fail_with_errno (error, path);
  keep_times (made, &st);
  return copied;
}

static gboolean
copy_entry (
    Copying *self, int parent, const char *name, int target, const char *path, GError **error)
{
  struct stat st;

  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  if (!count_entry (self, error))
    return FALSE;
  switch (st.st_mode & S_IFMT)
    {
    case S_IFREG:
      return copy_file (self, parent, name, target, path, error);
    case S_IFDIR:
      return copy_directory (self, parent, name, target, path, error);
    case S_IFLNK:
      return copy_link (self, parent, name, target, path, error);
    default:
      note (self, path, _ ("it is no file, directory or link"));
      return TRUE;
    }
}

/* @path is the directory's below the source, "" for that itself. */
static gboolean
copy_entries (Copying *self, int fd, int target, const char *path, GError **error)
{
  inner_autofd copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  g_autoptr (Directory) directory = copy >= 0 ? fdopendir (copy) : NULL;
  const struct dirent *entry;

  if (directory == NULL)
    return fail_with_errno (error, path);
  inner_steal_fd (&copy);
  while ((entry = readdir (directory)) != NULL)
    {
      g_autofree char *below = NULL;

      if (g_str_equal (entry->d_name, ".") || g_str_equal (entry->d_name, ".."))
        continue;
      below =
          path[0] != '\0' ? g_strconcat (path, "/", entry->d_name, NULL) : g_strdup (entry->d_name);
      /* SECURITY: what no sandbox may see is in no copy either (attack 54; test_copy_without_secrets). */
      if (g_strv_contains (self->left_out, below))
        continue;
      if (!copy_entry (self, fd, entry->d_name, target, below, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
copy_root_file (Copying *self, int source, int target, const char *name, GError **error)
{
  g_autofree char *proc = g_strdup_printf ("/proc/self/fd/%d", source);
  inner_autofd fd = open (proc, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  inner_autofd made =
      openat (target, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  struct stat st;

  if (fd < 0 || made < 0 || fstat (fd, &st) < 0)
    return fail_with_errno (error, name);
  if (!copy_content (self, fd, made, name, error))
    return FALSE;
  keep_times (made, &st);
  return fchmod (made, (st.st_mode & 0777) | 0600) == 0 || fail_with_errno (error, name);
}

static gboolean
copy_root_directory (Copying *self, int source, int target, const char *name, GError **error)
{
  inner_autofd fd = openat (source, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  inner_autofd made = -1;

  if (fd < 0 || mkdirat (target, name, 0700) < 0)
    return fail_with_errno (error, "");
  made = openat (target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (made < 0)
    return fail_with_errno (error, "");
  return copy_entries (self, fd, made, "", error);
}

gboolean
inner_copy_tree (int source,
                 int target,
                 const char *name,
                 const char *const *left_out,
                 const InnerCopyBounds *bounds,
                 GCancellable *gone,
                 GPtrArray *notes,
                 GError **error)
{
  static const InnerCopyBounds usual = { INNER_COPY_MAX_SECONDS, INNER_COPY_MAX_ENTRIES,
                                         INNER_COPY_MAX_BYTES };
  static const char *const none[] = { NULL };
  const InnerCopyBounds *used = bounds != NULL ? bounds : &usual;
  Copying self = { .left_out = left_out != NULL ? left_out : none,
                   .gone = gone,
                   .notes = notes,
                   .notes_left = MAX_NOTES,
                   .target = target,
                   .left = *used,
                   .bounds = *used,
                   .deadline = g_get_monotonic_time () + used->seconds * G_USEC_PER_SEC,
                   .shares = TRUE };
  struct stat st;

  if (fstat (source, &st) < 0)
    return fail_with_errno (error, name);
  self.device = st.st_dev;
  if (!check_bounds (&self, error))
    return FALSE;
  return S_ISDIR (st.st_mode) ? copy_root_directory (&self, source, target, name, error)
                              : copy_root_file (&self, source, target, name, error);
}
