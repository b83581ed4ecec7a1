/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "inner-guard-fs.h"
#include "inner-guard-private.h"
#include "inner-guarded.h"

#define MAX_DIGESTED (16u * 1024 * 1024)
#define MAX_PLACE_BYTES (24u * 1024 * 1024)
#define MAX_PLACE_NODES 2048
#define MAX_DEPTH 12
/* Change times of a file that changes twice within one tick of the kernel's clock are equal. */
#define TICK_NS (100 * G_GINT64_CONSTANT (1000000))

static void
node_free (InnerGuardNode *node)
{
  g_free (node->path);
  g_bytes_unref (node->data);
  g_free (node);
}

InnerGuardPlace *
inner_guard_place_new (const char *path, guint32 kind)
{
  InnerGuardPlace *place = g_new0 (InnerGuardPlace, 1);

  place->path = g_strdup (path);
  place->kind = kind;
  place->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) node_free);
  return place;
}

void
inner_guard_place_free (InnerGuardPlace *place)
{
  g_free (place->path);
  g_ptr_array_unref (place->nodes);
  g_free (place);
}

static void
close_parent (gpointer value)
{
  int fd = GPOINTER_TO_INT (value) - 1;

  if (fd >= 0)
    close (fd);
}

void
inner_guard_look_begin (InnerGuardLook *look, int root, gint64 deadline)
{
  *look = (InnerGuardLook){ .root = root, .deadline = deadline };
  look->parents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, close_parent);
}

void
inner_guard_look_end (InnerGuardLook *look)
{
  g_clear_pointer (&look->parents, g_hash_table_unref);
}

/* Many guarded paths stand in one directory, and most of these directories are not there. -1 with errno. */
static int
get_parent (InnerGuardLook *look, const char *path, const char **name)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (path, slash - path) : g_strdup ("");
  gpointer known;
  int value;

  *name = slash != NULL ? slash + 1 : path;
  if (g_hash_table_lookup_extended (look->parents, parent, NULL, &known))
    value = GPOINTER_TO_INT (known);
  else
    {
      int fd = inner_guard_open (look->root, parent, O_PATH | O_DIRECTORY);

      value = fd >= 0 ? fd + 1 : -errno;
      g_hash_table_insert (look->parents, g_steal_pointer (&parent), GINT_TO_POINTER (value));
    }
  if (value > 0)
    return value - 1;
  errno = -value;
  return -1;
}

/* A directory that nobody changed lists its files in the same order again. */
static const InnerGuardNode *
find_before (InnerGuardLook *look, const char *path)
{
  guint n = look->before != NULL ? look->before->nodes->len : 0;

  for (guint i = 0; i < n; i++)
    {
      guint at = (look->cursor + i) % n;
      const InnerGuardNode *node = look->before->nodes->pdata[at];

      if (!g_str_equal (node->path, path))
        continue;
      look->cursor = at + 1;
      return node;
    }

  return NULL;
}

/* SECURITY: nobody inside can set a change time. One that is older than the notes and still the same means that
 * nobody wrote the file since (attack 55; test_change_in_the_same_instant). */
static gboolean
did_not_change (const InnerGuardLook *look, const InnerGuardNode *before, const InnerGuardNode *now)
{
  return before != NULL && before->inode == now->inode && before->size == now->size &&
         before->mode == now->mode && before->changed == now->changed &&
         now->changed < look->before->noted_at - TICK_NS;
}

static GBytes *
digest (InnerGuardLook *look, int fd, gsize size)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guchar buffer[32 * 1024];
  gsize length = 0;
  gssize n;

  if (size > MAX_DIGESTED || size > look->bytes)
    return NULL;
  while ((n = read (fd, buffer, sizeof buffer)) > 0 && (length += n) <= size)
    g_checksum_update (checksum, buffer, n);
  look->bytes -= size;
  return n == 0 && length == size ? g_bytes_new (g_checksum_get_string (checksum), 64) : NULL;
}

static void
read_file (InnerGuardLook *look, int directory, const char *name, InnerGuardNode *node)
{
  inner_guard_autofd fd = inner_guard_open (directory, name, O_RDONLY);
  gsize size;
  char *data;

  if (fd < 0)
    return;
  if (node->size > INNER_GUARD_MAX_CONTENT)
    {
      node->data = digest (look, fd, node->size);
      return;
    }
  if (node->size > look->bytes)
    return;
  data = inner_guard_read_fd (fd, INNER_GUARD_MAX_CONTENT, &size);
  if (data == NULL)
    return;
  look->bytes -= MIN (size, look->bytes);
  node->data = g_bytes_new_take (data, size);
  node->whole = TRUE;
}

static void
read_content (InnerGuardLook *look, int directory, const char *name, InnerGuardNode *node)
{
  const InnerGuardNode *before = find_before (look, node->path);

  if (S_ISREG (node->mode) && did_not_change (look, before, node))
    {
      node->data = g_bytes_ref (before->data);
      node->whole = before->whole;
    }
  else if (S_ISREG (node->mode))
    read_file (look, directory, name, node);
  else if (S_ISLNK (node->mode))
    {
      char *target = inner_guard_read_link (directory, name);

      node->whole = target != NULL;
      node->data = target != NULL ? g_bytes_new_take (target, strlen (target)) : NULL;
    }
  else
    node->whole = TRUE;
  if (node->data == NULL)
    node->data = g_bytes_new_static ("", 0);
}

typedef struct
{
  InnerGuardLook *look;
  InnerGuardPlace *place;
  const char *path;
  guint depth;
} Tree;

static void look_at_node (Tree *tree, int directory, const char *name, const char *path);

static gboolean
look_at_entry (int directory, const char *name, guint8 type, gpointer data)
{
  Tree *tree = data;
  g_autofree char *path = g_strconcat (tree->path, "/", name, NULL);
  Tree below = { tree->look, tree->place, path, tree->depth + 1 };

  look_at_node (&below, directory, name, path);
  return !tree->place->incomplete;
}

static void
look_into (Tree *tree, int directory, const char *name)
{
  int fd;

  if (tree->depth >= MAX_DEPTH)
    {
      tree->place->incomplete = TRUE;
      return;
    }
  fd = inner_guard_open (directory, name, O_RDONLY | O_DIRECTORY);
  if (!inner_guard_list (fd, look_at_entry, tree) && errno != ENOENT)
    tree->place->incomplete = TRUE;
}

static void
look_at_node (Tree *tree, int directory, const char *name, const char *path)
{
  InnerGuardLook *look = tree->look;
  InnerGuardNode *node;
  struct stat st;

  if (fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    {
      if (errno != ENOENT)
        tree->place->incomplete = TRUE;
      return;
    }
  if (look->nodes == 0 || g_get_monotonic_time () > look->deadline)
    {
      tree->place->incomplete = TRUE;
      return;
    }

  look->nodes--;
  node = g_new0 (InnerGuardNode, 1);
  *node = (InnerGuardNode){ .path = g_strdup (path),
                            .mode = st.st_mode,
                            .size = S_ISDIR (st.st_mode) ? 0 : st.st_size,
                            .changed = inner_guard_time (&st.st_ctim),
                            .inode = st.st_ino };
  read_content (look, directory, name, node);
  g_ptr_array_add (tree->place->nodes, node);
  /* What is in “.git” has places of its own. */
  if (S_ISDIR (st.st_mode) && tree->place->kind != INNER_GUARDED_GIT_POINTER)
    look_into (tree, directory, name);
}

/* Something on the way is no directory: a link that leads away from here is as good as the thing itself. */
static void
look_at_obstacle (Tree *tree)
{
  const char *path = tree->place->path;

  for (const char *slash = strchr (path, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *part = g_strndup (path, slash - path);
      const char *name;
      struct stat st;
      int directory = get_parent (tree->look, part, &name);

      if (directory < 0 || fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
      if (S_ISDIR (st.st_mode))
        continue;
      look_at_node (tree, directory, name, part);
      return;
    }
}

void
inner_guard_look_at (InnerGuardLook *look, InnerGuardPlace *place)
{
  Tree tree = { look, place, place->path, 0 };
  const char *name;
  int directory = get_parent (look, place->path, &name);

  place->noted_at = inner_guard_now ();
  look->bytes = MAX_PLACE_BYTES;
  look->nodes = MAX_PLACE_NODES;
  look->cursor = 0;
  if (directory >= 0)
    look_at_node (&tree, directory, name, place->path);
  else if (errno == ELOOP || errno == ENOTDIR)
    look_at_obstacle (&tree);
  else if (errno != ENOENT)
    place->incomplete = TRUE;
}
