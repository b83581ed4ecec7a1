/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

G_BEGIN_DECLS

/*
 * Reading and writing in a tree that somebody else changes at the same time, and who means harm. Every path is
 * relative to a directory descriptor; no link is followed on the way or at its end, none leads out, and nothing
 * waits (a FIFO, a device). libglib only.
 */

static inline void
inner_guard_close (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

#define inner_guard_autofd __attribute__ ((cleanup (inner_guard_close))) int

/* Opens @path below @root ("" = @root itself). O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK and O_NOCTTY are added. -1 with
 * errno: ELOOP for a link anywhere, EXDEV for what leads out, ENOSYS where the kernel cannot promise. */
int       inner_guard_open       (int root, const char *path, int flags);

/* Opens the directory that @path stands in, O_PATH; *@name is the last component, in @path. -1 with errno. */
int       inner_guard_open_parent (int root, const char *path, const char **name);

/* Gives what @fd holds, at most @max bytes; %NULL with errno for an error, EFBIG for more. A zero follows. */
char     *inner_guard_read_fd    (int fd, gsize max, gsize *size);

/* The same for the regular file @path below @root. */
char     *inner_guard_read       (int root, const char *path, gsize max, gsize *size);

/* Gives the text of the link @name in @directory, or %NULL with errno. */
char     *inner_guard_read_link  (int directory, const char *name);

/* Makes the directory @path below @root and those above it that are missing; existing ones stay. */
gboolean  inner_guard_make_directories (int root, const char *path, mode_t mode);

/* Writes a new file @name in @directory, and puts it in place at once, over a file that is there. @stamp is part
 * of the temporary name, so that who comes after a crash removes it. FALSE with errno. */
gboolean  inner_guard_write      (int           directory,
                                  const char   *name,
                                  const char   *stamp,
                                  gconstpointer data,
                                  gsize         size,
                                  mode_t        mode);

/* Copies @name in @directory as @target_name into @target: regular files whole up to @max bytes (*@max counts down),
 * links as a text file that says where they lead, directories with what they hold. What cannot be copied is left
 * out; @entries counts down too. */
void      inner_guard_copy       (int           directory,
                                  const char   *name,
                                  int           target,
                                  const char   *target_name,
                                  gsize        *max,
                                  guint        *entries,
                                  guint         depth);

/* Removes @name in @directory with all it holds; FALSE if more than @entries, or deeper than @depth. */
gboolean  inner_guard_remove     (int directory, const char *name, guint *entries, guint depth);

/* Removes @name in @directory with all it holds, however much that is; a sandbox may have made it. FALSE if something is
 * left. */
gboolean  inner_guard_remove_all (int directory, const char *name);

/* Time as change times of files count it, in ns: never later than the stamp of a file that changes from now on. */
gint64    inner_guard_now        (void);

static inline gint64
inner_guard_time (const struct timespec *time)
{
  return time->tv_sec * G_GINT64_CONSTANT (1000000000) + time->tv_nsec;
}

/* Walks a directory: calls @each with every name but "." and "..", and the type that the file system tells (DT_*).
 * Ends when @each gives FALSE. Gives FALSE with errno if the directory cannot be read. @fd is consumed. */
typedef gboolean (*InnerGuardEntry) (int directory, const char *name, guint8 type, gpointer data);
gboolean  inner_guard_list       (int fd, InnerGuardEntry each, gpointer data);

G_END_DECLS
