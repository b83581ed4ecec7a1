/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "inner-guard-fs.h"
#include "inner-guard-private.h"
#include "inner-wire.h"

#define NODES_TYPE "a(sutxtbay)"
#define PLACES_TYPE "a(subx" NODES_TYPE ")"
#define ROOTS_TYPE "a(stt" PLACES_TYPE ")"
#define NOTES_TYPE "(ssbxa{sv}" ROOTS_TYPE ")"
#define MAX_NOTES (256u * 1024 * 1024)
#define LOCK "guard-lock"
#define LOCK_PATIENCE_US (5 * G_USEC_PER_SEC)

int
inner_guard_lock (int directory, gboolean exclusive)
{
  gint64 end = g_get_monotonic_time () + LOCK_PATIENCE_US;
  /* In the directory that holds those of all sandboxes. */
  inner_guard_autofd above = openat (directory, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int fd = openat (above, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

  while (fd >= 0 && flock (fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0)
    {
      if (errno != EINTR && (errno != EWOULDBLOCK || g_get_monotonic_time () > end))
        {
          inner_guard_close (&fd);
          break;
        }
      g_usleep (200);
    }

  return fd;
}

static GVariant *
nodes_to_variant (const GPtrArray *nodes)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (NODES_TYPE));
  for (guint i = 0; i < nodes->len; i++)
    {
      const InnerGuardNode *node = nodes->pdata[i];

      g_variant_builder_add (
          &builder, "(sutxtb@ay)", node->path, node->mode, node->size, node->changed, node->inode,
          node->whole, g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, node->data, TRUE));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
places_to_variant (const GPtrArray *places)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (PLACES_TYPE));
  for (guint i = 0; i < places->len; i++)
    {
      const InnerGuardPlace *place = places->pdata[i];

      g_variant_builder_add (&builder, "(subx@" NODES_TYPE ")", place->path, place->kind,
                             place->incomplete, place->noted_at, nodes_to_variant (place->nodes));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
to_variant (const InnerGuard *guard)
{
  GVariantBuilder roots;

  g_variant_builder_init (&roots, G_VARIANT_TYPE (ROOTS_TYPE));
  for (guint i = 0; i < guard->roots->len; i++)
    {
      const InnerGuardRoot *root = guard->roots->pdata[i];

      g_variant_builder_add (&roots, "(stt@" PLACES_TYPE ")", root->path, root->device, root->inode,
                             places_to_variant (root->places));
    }

  return g_variant_ref_sink (g_variant_new ("(ssbx@a{sv}@" ROOTS_TYPE ")", guard->id, guard->state,
                                            guard->revert, guard->noted_at, guard->properties,
                                            g_variant_builder_end (&roots)));
}

gboolean
inner_guard_save (const InnerGuard *guard, int directory)
{
  g_autoptr (GVariant) notes = to_variant (guard);
  const char *data = g_variant_get_data (notes);
  gsize left = g_variant_get_size (notes);
  inner_guard_autofd fd = -1;

  unlinkat (directory, INNER_FILE_GUARD_NEW, 0);
  fd = openat (directory, INNER_FILE_GUARD_NEW,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  while (fd >= 0 && left > 0)
    {
      gssize n = write (fd, data, left);

      if (n < 0 && errno != EINTR)
        return FALSE;
      data += MAX (n, 0);
      left -= MAX (n, 0);
    }

  return fd >= 0 && renameat (directory, INNER_FILE_GUARD_NEW, directory, INNER_FILE_GUARD) == 0;
}

static GVariant *
read_notes (int directory)
{
  gsize size;
  char *data = inner_guard_read (directory, INNER_FILE_GUARD, MAX_NOTES, &size);
  g_autoptr (GVariant) notes = NULL;

  if (data == NULL)
    return NULL;
  notes = g_variant_ref_sink (
      g_variant_new_from_data (G_VARIANT_TYPE (NOTES_TYPE), data, size, FALSE, g_free, data));
  return g_variant_is_normal_form (notes) ? g_steal_pointer (&notes) : NULL;
}

/* @path of a node is below a directory of the host; ours may be another one. */
static void
fill_in (InnerGuardPlace *place, GVariant *nodes, gsize cut, const char *prefix)
{
  GVariantIter iter;
  const char *path;
  GVariant *bytes;
  InnerGuardNode node = { 0 };

  g_variant_iter_init (&iter, nodes);
  while (g_variant_iter_next (&iter, "(&sutxtb@ay)", &path, &node.mode, &node.size, &node.changed,
                              &node.inode, &node.whole, &bytes))
    {
      InnerGuardNode *copy = g_memdup2 (&node, sizeof node);

      copy->path = g_strconcat (prefix, path + MIN (cut, strlen (path)), NULL);
      copy->data = g_variant_get_data_as_bytes (bytes);
      g_variant_unref (bytes);
      g_ptr_array_add (place->nodes, copy);
    }
}

static InnerGuardRoot *
root_from_variant (const char *path, guint64 device, guint64 inode, GVariant *places)
{
  InnerGuardRoot *root = g_new0 (InnerGuardRoot, 1);
  GVariantIter iter;
  const char *place_path;
  guint32 kind;
  gboolean incomplete;
  gint64 noted_at;
  GVariant *nodes;

  root->path = g_strdup (path);
  root->device = device;
  root->inode = inode;
  root->places = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_guard_place_free);
  g_variant_iter_init (&iter, places);
  while (g_variant_iter_next (&iter, "(&subx@" NODES_TYPE ")", &place_path, &kind, &incomplete,
                              &noted_at, &nodes))
    {
      InnerGuardPlace *place = inner_guard_place_new (place_path, kind);

      place->incomplete = incomplete;
      place->noted_at = noted_at;
      fill_in (place, nodes, 0, "");
      g_variant_unref (nodes);
      g_ptr_array_add (root->places, place);
    }

  return root;
}

/* SECURITY: what stands at the path now may be another directory, or a link to one; only the one that was noted is
 * written to (attack 45; tests/unit/test-guards.c). */
static int
open_root (const InnerGuardRoot *root)
{
  inner_guard_autofd top = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  inner_guard_autofd fd = inner_guard_open (top, root->path + 1, O_PATH | O_DIRECTORY);
  struct stat st;
  int found = fd;

  if (fd < 0 || fstat (fd, &st) < 0 || st.st_dev != root->device || st.st_ino != root->inode)
    return -1;
  fd = -1;
  return found;
}

InnerGuard *
inner_guard_load (int directory)
{
  g_autoptr (GVariant) notes = read_notes (directory);
  g_autoptr (GVariant) roots = NULL;
  InnerGuard *guard;
  GVariantIter iter;
  const char *path;
  guint64 device;
  guint64 inode;
  GVariant *places;

  if (notes == NULL)
    return NULL;
  guard = g_new0 (InnerGuard, 1);
  guard->kept = -1;
  guard->loaded = TRUE;
  guard->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  guard->roots = g_ptr_array_new ();
  g_variant_get (notes, "(ssbx@a{sv}@" ROOTS_TYPE ")", &guard->id, &guard->state, &guard->revert,
                 &guard->noted_at, &guard->properties, &roots);
  g_variant_iter_init (&iter, roots);
  while (g_variant_iter_next (&iter, "(&stt@" PLACES_TYPE ")", &path, &device, &inode, &places))
    {
      InnerGuardRoot *root = root_from_variant (path, device, inode, places);

      root->fd = root->path[0] == '/' ? open_root (root) : -1;
      g_variant_unref (places);
      g_ptr_array_add (guard->roots, root);
    }

  return guard;
}

typedef struct
{
  InnerGuard *guard;
  int ours; /* our own run-time directory */
  ino_t inode;
} Inheritance;

/* The part of @path below @directory; %NULL if it is not. */
static const char *
below (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  return strncmp (path, directory, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static void
take_over (InnerGuardPlace *place, GVariant *theirs, const char *prefix, gsize cut)
{
  g_autoptr (GVariant) nodes = g_variant_get_child_value (theirs, 4);

  g_ptr_array_set_size (place->nodes, 0);
  g_variant_get_child (theirs, 2, "b", &place->incomplete);
  g_variant_get_child (theirs, 3, "x", &place->noted_at);
  place->inherited = TRUE;
  fill_in (place, nodes, cut, prefix);
}

static GHashTable *
index_places (const InnerGuardRoot *root)
{
  GHashTable *index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < root->places->len; i++)
    {
      InnerGuardPlace *place = root->places->pdata[i];

      if (!place->inherited)
        g_hash_table_insert (index, place->path, place);
    }

  return index;
}

static void
inherit_root (InnerGuardRoot *root, const char *their_path, GVariant *places)
{
  g_autoptr (GHashTable) index = index_places (root);
  gboolean same = g_str_equal (root->path, their_path);
  const char *deeper = same ? "" : below (their_path, root->path);
  const char *higher = same ? "" : below (root->path, their_path);
  g_autofree char *prefix = NULL;
  gsize cut = 0;

  if (g_hash_table_size (index) == 0 || (deeper == NULL && higher == NULL))
    return;
  prefix = deeper != NULL && deeper[0] != '\0' ? g_strconcat (deeper, "/", NULL) : g_strdup ("");
  if (higher != NULL && higher[0] != '\0')
    cut = strlen (higher) + 1;
  for (gsize i = 0; i < g_variant_n_children (places); i++)
    {
      g_autoptr (GVariant) theirs = g_variant_get_child_value (places, i);
      g_autofree char *path = NULL;
      const char *their_place;
      InnerGuardPlace *place;

      g_variant_get_child (theirs, 0, "&s", &their_place);
      if (cut > 0 && below (their_place, higher) == NULL)
        continue;
      path = g_strconcat (prefix, their_place + cut, NULL);
      place = g_hash_table_lookup (index, path);
      if (place != NULL)
        take_over (place, theirs, prefix, cut);
    }
}

static void
inherit_notes (InnerGuard *guard, GVariant *notes)
{
  g_autoptr (GVariant) roots = g_variant_get_child_value (notes, 5);

  for (gsize i = 0; i < g_variant_n_children (roots); i++)
    {
      g_autoptr (GVariant) theirs = g_variant_get_child_value (roots, i);
      g_autoptr (GVariant) places = g_variant_get_child_value (theirs, 3);
      const char *path;

      g_variant_get_child (theirs, 0, "&s", &path);
      for (guint j = 0; j < guard->roots->len; j++)
        inherit_root (guard->roots->pdata[j], path, places);
    }
}

static gboolean
is_all_inherited (const InnerGuard *guard)
{
  for (guint i = 0; i < guard->roots->len; i++)
    {
      const InnerGuardRoot *root = guard->roots->pdata[i];

      for (guint j = 0; j < root->places->len; j++)
        if (!((InnerGuardPlace *) root->places->pdata[j])->inherited)
          return FALSE;
    }

  return TRUE;
}

static gboolean
inherit_from (int directory, const char *name, guint8 type, gpointer data)
{
  Inheritance *inheritance = data;
  inner_guard_autofd other = -1;
  g_autoptr (GVariant) notes = NULL;
  struct stat st;

  if (type != DT_DIR && type != DT_UNKNOWN)
    return TRUE;
  other = inner_guard_open (directory, name, O_PATH | O_DIRECTORY);
  if (other < 0 || fstat (other, &st) < 0 || st.st_ino == inheritance->inode)
    return TRUE;
  notes = read_notes (other);
  if (notes != NULL)
    inherit_notes (inheritance->guard, notes);
  return !is_all_inherited (inheritance->guard);
}

/* SECURITY: what another sandbox planted, which is still to be put back, must not be noted as the person's own
 * (attack 37; test_two_sandboxes_in_one_workspace). */
void
inner_guard_inherit (InnerGuard *guard, int directory)
{
  inner_guard_autofd above = openat (directory, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
  Inheritance inheritance = { guard, directory, 0 };
  struct stat st;

  if (above < 0 || fstat (directory, &st) < 0)
    return;
  inheritance.inode = st.st_ino;
  inner_guard_list (inner_guard_open (above, "", O_RDONLY | O_DIRECTORY), inherit_from,
                    &inheritance);
}
