/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "inner-guard-fs.h"

/* What is removed is flattened: the directories of a directory move up beside it, under names of ours. So neither depth
 * nor names can be too long, whatever a sandbox made there. */
typedef struct
{
  int top;
  guint64 next; /* number for the next name */
  gboolean progress;
} Flattening;

static gboolean
flatten_entry (int directory, const char *name, guint8 type, gpointer data)
{
  Flattening *self = data;
  char fresh[32];

  if (unlinkat (directory, name, 0) == 0)
    {
      self->progress = TRUE;
      return TRUE;
    }
  if (errno != EISDIR && errno != EPERM)
    return TRUE;
  if (unlinkat (directory, name, AT_REMOVEDIR) == 0)
    {
      self->progress = TRUE;
      return TRUE;
    }
  /* To move a directory is to write into it, too. */
  fchmodat (directory, name, 0700, 0);
  do
    snprintf (fresh, sizeof fresh, ".inner-%" G_GUINT64_FORMAT, self->next++);
  while (renameat2 (directory, name, self->top, fresh, RENAME_NOREPLACE) < 0 && errno == EEXIST);
  self->progress = self->progress || faccessat (self->top, fresh, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  return TRUE;
}

static gboolean
empty_entry (int top, const char *name, guint8 type, gpointer data)
{
  Flattening *self = data;
  int fd;

  if (unlinkat (top, name, 0) == 0 || unlinkat (top, name, AT_REMOVEDIR) == 0)
    {
      self->progress = TRUE;
      return TRUE;
    }
  fd = inner_guard_open (top, name, O_PATH | O_DIRECTORY);
  if (fd < 0)
    return TRUE;
  inner_guard_close (&fd);
  fchmodat (top, name, 0700, 0);
  fd = inner_guard_open (top, name, O_RDONLY | O_DIRECTORY);
  if (fd >= 0)
    inner_guard_list (fd, flatten_entry, self);
  if (unlinkat (top, name, AT_REMOVEDIR) == 0)
    self->progress = TRUE;
  return TRUE;
}

gboolean
inner_guard_remove_all (int directory, const char *name)
{
  inner_guard_autofd top = -1;
  Flattening self = { .progress = TRUE };

  if (unlinkat (directory, name, 0) == 0 || errno == ENOENT)
    return TRUE;
  top = inner_guard_open (directory, name, O_RDONLY | O_DIRECTORY);
  if (top < 0)
    return FALSE;
  fchmod (top, 0700);
  self.top = top;
  while (self.progress)
    {
      int fd = inner_guard_open (top, "", O_RDONLY | O_DIRECTORY);

      self.progress = FALSE;
      if (fd < 0 || !inner_guard_list (fd, empty_entry, &self))
        break;
    }

  return unlinkat (directory, name, AT_REMOVEDIR) == 0;
}
