/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-hide-facts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-guard-fs.h"

/* More than this, and somebody plays with the mount table. */
#define MAX_ALIASES 2000

/* One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
typedef struct
{
  char *device;
  char *root;
  char *place;
} MountLine;

void
inner_hidden_fact_free (InnerHiddenFact *fact)
{
  g_free (fact->path);
  g_free (fact);
}

static void
listed_free (InnerListed *listed)
{
  g_free (listed->name);
  g_free (listed->link_target);
  inner_clear_fd (&listed->fd);
  g_free (listed);
}

InnerHiddenFact *
inner_host_add_hidden (InnerHost *host,
                       const InnerSensitive *thing,
                       const char *path,
                       InnerFileType type)
{
  InnerHiddenFact *fact = g_new0 (InnerHiddenFact, 1);

  fact->thing = thing;
  fact->path = g_strdup (path);
  fact->type = type;
  g_ptr_array_add (host->hidden, fact);
  return fact;
}

GPtrArray *
inner_host_add_listing (InnerHost *host, const char *directory)
{
  GPtrArray *listing = g_ptr_array_new_with_free_func ((GDestroyNotify) listed_free);

  g_hash_table_replace (host->listings, g_strdup (directory), listing);
  return listing;
}

void
inner_listing_add (GPtrArray *listing,
                   const char *name,
                   InnerFileType type,
                   const char *link_target)
{
  InnerListed *listed = g_new0 (InnerListed, 1);

  listed->name = g_strdup (name);
  listed->link_target = g_strdup (link_target);
  listed->type = type;
  listed->fd = -1;
  g_ptr_array_add (listing, listed);
}

const GPtrArray *
inner_host_listing (const InnerHost *host, const char *directory)
{
  return g_hash_table_lookup (host->listings, directory);
}

/* Notes what is at @path itself; FALSE if nothing is. */
static gboolean
look (InnerHiddenFact *fact)
{
  struct stat st;

  fact->type = INNER_FILE_MISSING;
  if (lstat (fact->path, &st) < 0)
    return FALSE;
  fact->type = inner_file_type_of_mode (st.st_mode);
  fact->device = st.st_dev;
  fact->inode = st.st_ino;
  fact->links = st.st_nlink;
  return TRUE;
}

static void
add_name (InnerHost *host, const InnerSensitive *thing, const char *path, gboolean named)
{
  InnerHiddenFact *fact;
  g_autofree char *target = NULL;

  for (guint i = 0; !named && i < host->hidden->len; i++)
    if (g_str_equal (((InnerHiddenFact *) host->hidden->pdata[i])->path, path))
      return;
  fact = inner_host_add_hidden (host, thing, path, INNER_FILE_MISSING);
  fact->named = named;
  if (!look (fact) || fact->type != INNER_FILE_SYMLINK)
    return;
  /* People keep their dot files elsewhere and link to them: the object is there. */
  target = realpath (path, NULL);
  if (target != NULL)
    add_name (host, thing, target, FALSE);
}

/* "\040" and the like stand for the bytes that would break the line. */
static char *
unescape (const char *text)
{
  return g_strcompress (text);
}

static void
mount_line_clear (MountLine *line)
{
  g_free (line->device);
  g_free (line->root);
  g_free (line->place);
}

static GArray *
read_mounts (void)
{
  GArray *lines = g_array_new (FALSE, FALSE, sizeof (MountLine));
  g_autofree char *text = NULL;
  g_auto (GStrv) rows = NULL;

  g_array_set_clear_func (lines, (GDestroyNotify) mount_line_clear);
  if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
    return lines;
  rows = g_strsplit (text, "\n", -1);
  for (char **row = rows; *row != NULL; row++)
    {
      g_auto (GStrv) words = g_strsplit (*row, " ", 6);
      MountLine line;

      if (g_strv_length (words) < 6)
        continue;
      line.device = g_strdup (words[2]);
      line.root = unescape (words[3]);
      line.place = unescape (words[4]);
      g_array_append_val (lines, line);
    }

  return lines;
}

static const char *
rest_below (const char *path, const char *directory)
{
  return path + (g_str_equal (directory, "/") ? 0 : strlen (directory));
}

/* SECURITY: a bind mount shows the same object under another name, and hiding one name would hide nothing (attacks
 * 40 and 54; test_bind_mount_of_a_secret). */
static void
find_aliases (GPtrArray *aliases, const GArray *mounts, const char *path)
{
  const MountLine *own = NULL;
  g_autofree char *internal = NULL;

  for (guint i = 0; i < mounts->len; i++)
    {
      const MountLine *line = &g_array_index (mounts, MountLine, i);

      if (inner_path_is_within (path, line->place) &&
          (own == NULL || strlen (line->place) >= strlen (own->place)))
        own = line;
    }
  if (own == NULL)
    return;
  internal = g_build_filename (own->root, rest_below (path, own->place), NULL);

  for (guint i = 0; i < mounts->len && aliases->len < MAX_ALIASES; i++)
    {
      const MountLine *line = &g_array_index (mounts, MountLine, i);
      char *alias;

      if (line == own || !g_str_equal (line->device, own->device) ||
          !inner_path_is_within (internal, line->root))
        continue;
      alias = g_build_filename (line->place, rest_below (internal, line->root), NULL);
      if (!g_str_equal (alias, path))
        g_ptr_array_add (aliases, alias);
      else
        g_free (alias);
    }
}

/* What the mounts of this machine were at the last plan, and where they show again what was asked for then. Plans are
 * made in one thread. */
typedef struct
{
  int fd; /* tells of changes (proc_pid_mountinfo(5)) */
  GArray *mounts;
  GHashTable *aliases; /* path -> GPtrArray of paths */
} Mounts;

/* A list that could not be read is empty, and read anew. A kernel that always says that the file can be written does not
 * know about changes. */
static gboolean
is_unchanged (const Mounts *self)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = POLLPRI | POLLERR | POLLOUT };

  return self->mounts != NULL && self->mounts->len > 0 && self->fd >= 0 &&
         poll (&poll_fd, 1, 0) >= 0 &&
         (poll_fd.revents & (POLLPRI | POLLERR | POLLOUT | POLLNVAL)) == 0;
}

/* Asked before it is read: what changes in between is told the next time. */
static Mounts *
look_at_mounts (void)
{
  static Mounts self = { .fd = -1 };

  if (is_unchanged (&self))
    return &self;
  if (self.fd < 0)
    self.fd = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  g_clear_pointer (&self.mounts, g_array_unref);
  g_clear_pointer (&self.aliases, g_hash_table_unref);
  self.mounts = read_mounts ();
  self.aliases =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  return &self;
}

static void
add_aliases (InnerHost *host, Mounts *mounts, const InnerSensitive *thing, const char *path)
{
  GPtrArray *aliases = g_hash_table_lookup (mounts->aliases, path);

  if (aliases == NULL)
    {
      /* Where links lead may change forever. */
      if (g_hash_table_size (mounts->aliases) > MAX_ALIASES)
        g_hash_table_remove_all (mounts->aliases);
      aliases = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_replace (mounts->aliases, g_strdup (path), aliases);
      find_aliases (aliases, mounts->mounts, path);
    }
  for (guint i = 0; i < aliases->len && host->hidden->len < MAX_ALIASES; i++)
    add_name (host, thing, aliases->pdata[i], FALSE);
}

/* Whether no sandbox may write in @directory, because it holds what the host acts on: then nobody but the person
 * changes the names in it. */
static gboolean
is_kept_from_sandboxes (const InnerHost *host, const char *directory)
{
  return !inner_sensitive_check_mount (directory, TRUE, host->home, host->runtime_dir, NULL);
}

typedef struct
{
  GPtrArray *listing;
  gboolean by_path;
} Listing;

static gboolean
list_one (int directory, const char *name, guint8 type, gpointer data)
{
  Listing *self = data;
  InnerListed *listed;
  struct stat st;
  inner_autofd fd = openat (directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || fstat (fd, &st) < 0)
    return TRUE;
  inner_listing_add (self->listing, name, inner_file_type_of_mode (st.st_mode), NULL);
  listed = self->listing->pdata[self->listing->len - 1];
  if (listed->type == INNER_FILE_SYMLINK)
    {
      listed->link_target = inner_guard_read_link (directory, name);
      if (listed->link_target == NULL)
        listed->type = INNER_FILE_MISSING;
    }
  else if (!self->by_path)
    listed->fd = inner_steal_fd (&fd);
  return TRUE;
}

static int
compare_listed (gconstpointer a, gconstpointer b)
{
  const InnerListed *const *one = a;
  const InnerListed *const *two = b;

  return strcmp ((*one)->name, (*two)->name);
}

/* The directory @path, and those in it that hold something hidden too. */
static void
list (InnerHost *host, const char *path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  Listing self = { .by_path = is_kept_from_sandboxes (host, path) };

  if (fd < 0)
    return;
  self.listing = inner_host_add_listing (host, path);
  if (!inner_guard_list (fd, list_one, &self))
    {
      g_hash_table_remove (host->listings, path);
      return;
    }
  g_ptr_array_sort (self.listing, compare_listed);
  for (guint i = 0; i < self.listing->len; i++)
    {
      const InnerListed *listed = self.listing->pdata[i];
      g_autofree char *below = g_build_filename (path, listed->name, NULL);

      if (listed->type == INNER_FILE_DIRECTORY && inner_holds_hidden (host, below) &&
          inner_host_listing (host, below) == NULL)
        list (host, below);
    }
}

gboolean
inner_holds_hidden (const InnerHost *host, const char *path)
{
  for (guint i = 0; i < host->hidden->len; i++)
    {
      const InnerHiddenFact *fact = host->hidden->pdata[i];

      if (fact->named && inner_path_is_within (fact->path, path) &&
          !g_str_equal (fact->path, path) &&
          inner_sensitive_is_in_home (fact->thing, fact->path, host->home))
        return TRUE;
    }

  return FALSE;
}

void
inner_host_look_at_hidden (InnerHost *host)
{
  Mounts *mounts = look_at_mounts ();
  GHashTableIter iter;
  gpointer fact;
  guint named;

  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    {
      const char *path = inner_sensitive_path (thing, host->home, host->runtime_dir);

      if (path != NULL)
        add_name (host, thing, path, TRUE);
    }
  named = host->hidden->len;
  for (guint i = 0; i < named; i++)
    {
      const InnerHiddenFact *name = host->hidden->pdata[i];

      add_aliases (host, mounts, name->thing, name->path);
    }

  g_hash_table_iter_init (&iter, host->paths);
  while (g_hash_table_iter_next (&iter, NULL, &fact))
    {
      const InnerPathFact *path = fact;

      if (path->type == INNER_FILE_DIRECTORY &&
          inner_path_is_within (path->canonical, host->home) &&
          inner_holds_hidden (host, path->canonical) &&
          inner_host_listing (host, path->canonical) == NULL)
        list (host, path->canonical);
    }
}
