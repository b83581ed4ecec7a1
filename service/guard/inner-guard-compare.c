/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "inner-guard-fs.h"
#include "inner-guard-private.h"
#include "inner-guarded.h"
#include "inner-wire.h"

#define COMPARE_US (10 * G_USEC_PER_SEC)

typedef struct
{
  InnerGuard *guard;
  const InnerGuardRoot *root;
  const InnerGuardPlace *place;
  GHashTable *places;  /* every place's path */
  GHashTable *handled; /* directories that were told of with all that is in them */
} Comparison;

static gboolean
is_handled (const Comparison *comparison, const char *path)
{
  if (g_hash_table_size (comparison->handled) == 0)
    return FALSE;
  for (const char *slash = strchr (path, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *directory = g_strndup (path, slash - path);

      if (g_hash_table_contains (comparison->handled, directory))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_same (const InnerGuardNode *before, const InnerGuardNode *now, guint32 kind)
{
  if ((before->mode & S_IFMT) != (now->mode & S_IFMT))
    return FALSE;
  /* What is in it has places of its own, and its bits say nothing. */
  if (kind == INNER_GUARDED_GIT_POINTER && S_ISDIR (now->mode))
    return TRUE;
  if (before->mode != now->mode && !S_ISLNK (now->mode))
    return FALSE;
  if (!S_ISREG (now->mode))
    return g_bytes_equal (before->data, now->data);
  if (before->size != now->size || before->whole != now->whole ||
      !g_bytes_equal (before->data, now->data))
    return FALSE;
  return before->whole || g_bytes_get_size (before->data) > 0 ||
         (before->inode == now->inode && before->changed == now->changed);
}

static char *
active_settings (const InnerGuardNode *node)
{
  gsize size;
  const char *text;

  if (node == NULL)
    return g_strdup ("");
  if (!S_ISREG (node->mode) || !node->whole)
    return NULL;
  text = g_bytes_get_data (node->data, &size);
  return inner_git_config_active (text != NULL ? text : "", size);
}

/* SECURITY: git settings that run nothing are left as they are: a person who pushes a branch on the host while a
 * sandbox runs must not lose it. Everything else counts, also what git could not read (attack 55;
 * tests/unit/test-guards.c). */
static gboolean
is_harmless_config (const InnerGuardNode *before, const InnerGuardNode *now)
{
  g_autofree char *active_before = active_settings (before);
  g_autofree char *active_now = now != NULL ? active_settings (now) : NULL;

  return active_before != NULL && active_now != NULL && g_str_equal (active_before, active_now) &&
         (before == NULL || (before->mode & 07000) == (now->mode & 07000));
}

static gboolean
is_harmless (const Comparison *comparison, const InnerGuardNode *before, const InnerGuardNode *now)
{
  switch (comparison->place->kind)
    {
    case INNER_GUARDED_GIT_CONFIG:
      return is_harmless_config (before, now);
    case INNER_GUARDED_GIT_HOOKS:
      /* The samples of a new repository, which git never runs. */
      return before == NULL && (S_ISDIR (now->mode) ||
                                (S_ISREG (now->mode) && g_str_has_suffix (now->path, ".sample")));
    case INNER_GUARDED_GIT_POINTER:
      return before == NULL && S_ISDIR (now->mode);
    default:
      return FALSE;
    }
}

static void
tell (Comparison *comparison,
      const char *path,
      const char *change,
      const char *action,
      const char *kept)
{
  inner_guard_tell (comparison->guard, comparison->root, path, comparison->place->kind, change,
                    action, kept);
}

/* Whether it belongs into a repository that is no longer there: half of one would only do harm. */
static gboolean
has_lost_its_repository (const Comparison *comparison, const char *path)
{
  const char *at = strstr (path, ".git/");
  g_autofree char *directory = NULL;
  inner_guard_autofd fd = -1;

  if (comparison->place->kind > INNER_GUARDED_GIT_STATE || at == NULL ||
      (at != path && at[-1] != '/'))
    return FALSE;
  directory = g_strndup (path, at - path + strlen (".git"));
  fd = inner_guard_open (comparison->root->fd, directory, O_PATH | O_DIRECTORY);
  return fd < 0;
}

static gboolean
set_mode (int directory, const char *name, mode_t mode)
{
  inner_guard_autofd fd = inner_guard_open (directory, name, O_PATH);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  struct stat st;

  return fd >= 0 && fstat (fd, &st) == 0 && (S_ISREG (st.st_mode) || S_ISDIR (st.st_mode)) &&
         chmod (path, mode & 07777) == 0;
}

static gboolean
put_back (const Comparison *comparison, const InnerGuardNode *node)
{
  const InnerGuardRoot *root = comparison->root;
  const char *name = NULL;
  inner_guard_autofd directory = inner_guard_open_parent (root->fd, node->path, &name);
  gsize size;
  const char *data = g_bytes_get_data (node->data, &size);

  if (directory < 0 && errno == ENOENT)
    {
      g_autofree char *parent = g_path_get_dirname (node->path);

      inner_guard_make_directories (root->fd, parent, 0755);
      directory = inner_guard_open_parent (root->fd, node->path, &name);
    }
  if (directory < 0)
    return FALSE;
  if (S_ISDIR (node->mode))
    return (mkdirat (directory, name, 0700) == 0 || errno == EEXIST) &&
           set_mode (directory, name, node->mode);
  if (S_ISREG (node->mode) && node->whole)
    return inner_guard_write (directory, name, comparison->guard->id, data, size, node->mode);
  if (S_ISLNK (node->mode) && node->whole)
    {
      g_autofree char *target = g_strndup (data, size);

      return symlinkat (target, directory, name) == 0;
    }

  return FALSE;
}

static gboolean
revert (Comparison *comparison,
        const InnerGuardNode *before,
        const InnerGuardNode *now,
        char **kept)
{
  const char *path = before != NULL ? before->path : now->path;
  const char *name;
  inner_guard_autofd directory = inner_guard_open_parent (comparison->root->fd, path, &name);

  if (now != NULL && before != NULL && S_ISDIR (now->mode) && S_ISDIR (before->mode))
    return directory >= 0 && set_mode (directory, name, before->mode);
  /* Too large to be put back: it is told, and stays, rather than to leave the person with nothing. */
  if (before != NULL && S_ISREG (before->mode) && !before->whole)
    return FALSE;
  if (now != NULL)
    {
      if (directory < 0)
        return FALSE;
      *kept = inner_guard_move_away (comparison->guard, directory, name);
      if (*kept == NULL)
        return FALSE;
    }
  if (before == NULL)
    return TRUE;
  return !has_lost_its_repository (comparison, path) &&
         !(comparison->place->kind == INNER_GUARDED_GIT_POINTER && S_ISDIR (before->mode)) &&
         put_back (comparison, before);
}

/* SECURITY: where not all was noted, what was not noted may be the person's own; only what was written since is
 * taken for the sandbox's (attack 46; tests/unit/test-guards.c). */
static gboolean
may_have_been_there (const Comparison *comparison, const InnerGuardNode *now)
{
  return comparison->place->incomplete &&
         (S_ISDIR (now->mode) || now->changed < comparison->place->noted_at);
}

static void
judge (Comparison *comparison, const InnerGuardNode *before, const InnerGuardNode *now)
{
  const char *path = before != NULL ? before->path : now->path;
  const char *change = before == NULL ? "appeared" : now == NULL ? "removed" : "changed";
  gboolean report =
      !comparison->guard->revert || inner_guarded_kind_info (comparison->place->kind)->report_only;
  g_autofree char *kept = NULL;
  gboolean done;

  /* It has a place of its own, or goes with the directory that it is in. */
  if ((g_hash_table_contains (comparison->places, path) &&
       !g_str_equal (path, comparison->place->path)) ||
      (before == NULL && is_handled (comparison, path)))
    return;
  if ((before != NULL && now != NULL && is_same (before, now, comparison->place->kind)) ||
      (before == NULL && may_have_been_there (comparison, now)) ||
      (now != NULL && is_harmless (comparison, before, now)))
    return;

  done = !report && revert (comparison, before, now, &kept);
  tell (comparison, path, change, report ? "reported" : done ? "reverted" : "failed", kept);
  if (now != NULL && S_ISDIR (now->mode) && (before == NULL || !S_ISDIR (before->mode)))
    g_hash_table_add (comparison->handled, g_strdup (path));
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GHashTable *
index_nodes (const InnerGuardPlace *place, GHashTable *paths)
{
  GHashTable *index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < place->nodes->len; i++)
    {
      InnerGuardNode *node = place->nodes->pdata[i];

      g_hash_table_insert (index, node->path, node);
      g_hash_table_add (paths, node->path);
    }

  return index;
}

/* Directories come before what is in them. */
static void
compare_nodes (Comparison *comparison, const InnerGuardPlace *now)
{
  g_autoptr (GHashTable) all = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) before_index = index_nodes (comparison->place, all);
  g_autoptr (GHashTable) now_index = index_nodes (now, all);
  g_autofree const char **paths = (const char **) g_hash_table_get_keys_as_array (all, NULL);
  guint n = g_hash_table_size (all);

  qsort (paths, n, sizeof *paths, compare_paths);
  for (guint i = 0; i < n; i++)
    {
      const InnerGuardNode *node = g_hash_table_lookup (now_index, paths[i]);

      if (node != NULL || !now->incomplete)
        judge (comparison, g_hash_table_lookup (before_index, paths[i]), node);
    }
}

/* SECURITY: a place that was small, and holds now more than can be looked at, is moved away as a whole: what cannot
 * be judged does not stay (attack 46; tests/unit/test-guards.c). */
static void
replace_place (Comparison *comparison, const InnerGuardPlace *now)
{
  const InnerGuardPlace *before = comparison->place;
  const char *name;
  inner_guard_autofd directory =
      inner_guard_open_parent (comparison->root->fd, before->path, &name);
  g_autofree char *kept = NULL;
  gboolean done = FALSE;

  if (directory >= 0 && comparison->guard->revert &&
      !inner_guarded_kind_info (before->kind)->report_only)
    {
      kept = inner_guard_move_away (comparison->guard, directory, name);
      done = kept != NULL;
      for (guint i = 0; done && i < before->nodes->len; i++)
        done = put_back (comparison, before->nodes->pdata[i]);
    }
  tell (comparison, before->path, before->nodes->len == 0 ? "appeared" : "changed",
        done ? "reverted" : "reported", kept);
}

static void
compare_place (Comparison *comparison, InnerGuardLook *look)
{
  const InnerGuardPlace *before = comparison->place;
  InnerGuardPlace *now = inner_guard_place_new (before->path, before->kind);
  guint n = comparison->guard->findings->len;

  look->before = before;
  inner_guard_look_at (look, now);
  if (now->incomplete && !before->incomplete)
    replace_place (comparison, now);
  else
    {
      if (now->incomplete)
        inner_guard_tell (comparison->guard, comparison->root, before->path, INNER_GUARDED_LIMIT,
                          "unknown", "reported", NULL);
      compare_nodes (comparison, now);
    }
  g_hash_table_remove_all (comparison->handled);
  inner_guard_place_free (now);
  /* Directories may be elsewhere now. */
  if (comparison->guard->findings->len != n)
    g_hash_table_remove_all (look->parents);
}

/* What a writer that was killed left half done. */
static void
remove_temporary (const InnerGuard *guard, const InnerGuardRoot *root)
{
  g_autofree char *name = g_strdup_printf (".inner-guard-%s", guard->id);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < root->places->len; i++)
    {
      const InnerGuardPlace *place = root->places->pdata[i];

      for (guint j = 0; j < place->nodes->len; j++)
        {
          const InnerGuardNode *node = place->nodes->pdata[j];
          g_autofree char *parent = g_path_get_dirname (node->path);
          inner_guard_autofd fd = -1;

          if (g_hash_table_contains (seen, parent))
            continue;
          fd = inner_guard_open (root->fd, g_str_equal (parent, ".") ? "" : parent,
                                 O_PATH | O_DIRECTORY);
          if (fd >= 0)
            unlinkat (fd, name, 0);
          g_hash_table_add (seen, g_steal_pointer (&parent));
        }
    }
}

static void
compare_root (InnerGuard *guard, const InnerGuardRoot *root)
{
  g_autoptr (GHashTable) places = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) handled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Comparison comparison = { guard, root, NULL, places, handled };
  InnerGuardLook look;

  if (root->fd < 0)
    {
      inner_guard_tell (guard, root, "", INNER_GUARDED_LIMIT, "unknown", "failed", NULL);
      return;
    }
  for (guint i = 0; i < root->places->len; i++)
    g_hash_table_add (places, ((InnerGuardPlace *) root->places->pdata[i])->path);
  inner_guard_look_begin (&look, root->fd, g_get_monotonic_time () + COMPARE_US);
  for (guint i = 0; i < root->places->len; i++)
    {
      comparison.place = root->places->pdata[i];
      compare_place (&comparison, &look);
    }
  inner_guard_look_end (&look);
}

/* One after the other, so that two sandboxes that end together do not both put a path back; without the lock all
 * the same, because what waits would stay planted. */
void
inner_guard_compare (InnerGuard *guard, int directory)
{
  inner_guard_autofd lock = inner_guard_lock (directory, TRUE);

  if (lock < 0)
    g_debug ("the lock of the notes is not free");
  for (guint i = 0; i < guard->roots->len; i++)
    {
      const InnerGuardRoot *root = guard->roots->pdata[i];

      if (root->fd >= 0 && guard->loaded)
        remove_temporary (guard, root);
      compare_root (guard, root);
    }
  unlinkat (directory, INNER_FILE_GUARD, 0);
}
