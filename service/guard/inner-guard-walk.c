/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "inner-guard-fs.h"
#include "inner-guard-private.h"
#include "inner-guarded.h"

/*
 * What was planted where nothing was noted: repositories at any depth, start files of subdirectories, setuid bits,
 * special files. Change times tell what is new; nobody inside can set them back.
 */

#define MAX_CONFIG (1024u * 1024)
#define LOOK_AT_CLOCK 64 /* entries between looks at the clock */

typedef struct
{
  guint root;
  char *path;
} Pending;

struct _InnerGuardWalk
{
  GArray *pending;  /* of Pending: directories to look into, the next one last */
  GArray *objects;  /* of Pending: those that come after all others, since there are many */
  GHashTable *told; /* paths */
};

/* One directory. */
typedef struct
{
  InnerGuard *guard;
  InnerGuardWalk *walk;
  InnerGuardRoot *root;
  guint root_number;
  const char *path;
  gint64 deadline;
  guint entries;
  gboolean late; /* the deadline came first */
  gboolean has_head;
  gboolean has_objects;
  gboolean has_commondir;
} Visit;

static void
clear_pending (gpointer data)
{
  g_free (((Pending *) data)->path);
}

void
inner_guard_walk_free (InnerGuardWalk *walk)
{
  g_array_unref (walk->pending);
  g_array_unref (walk->objects);
  g_hash_table_unref (walk->told);
  g_free (walk);
}

static char *
join (const char *path, const char *name)
{
  return path[0] != '\0' ? g_strconcat (path, "/", name, NULL) : g_strdup (name);
}

static void
push (GArray *where, guint root, char *path)
{
  Pending pending = { root, path };

  g_array_append_val (where, pending);
}

static void
tell (Visit *visit, const char *path, guint32 kind, const char *change, const char *action)
{
  if (g_hash_table_add (visit->walk->told, g_strdup_printf ("%u %s", visit->root_number, path)))
    inner_guard_tell (visit->guard, visit->root, path, kind, change, action, NULL);
}

static gboolean
is_new (const Visit *visit, const struct stat *st)
{
  return inner_guard_time (&st->st_ctim) >= visit->guard->noted_at;
}

/* A submodule's settings say where its files are. */
static gboolean
is_only_worktree (const char *active)
{
  static const char expected[] = "core\x1f\x1fworktree=..";

  return g_str_has_prefix (active, expected) && strchr (active, '\n')[1] == '\0';
}

/* What of a repository would run something, and whether it is new. */
typedef struct
{
  Visit *visit;
  int git;
  gboolean active;   /* something in it runs programs */
  gboolean taken;    /* what of that is new was told of */
  const char *hooks; /* the directory of them, from that of the visit on */
} Judgement;

/* What the sandbox wrote goes; what was there before, in a repository that may be the person's, is only told of. */
static void
take_away (Judgement *judgement, int directory, const char *name, const char *path)
{
  Visit *visit = judgement->visit;
  g_autofree char *full = join (visit->path, path);
  g_autofree char *kept = NULL;
  struct stat st;

  judgement->active = TRUE;
  if (fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_new (visit, &st))
    return;
  judgement->taken = TRUE;
  if (visit->guard->revert)
    kept = inner_guard_move_away (visit->guard, directory, name);
  inner_guard_tell (visit->guard, visit->root, full, INNER_GUARDED_REPOSITORY, "appeared",
                    kept != NULL           ? "reverted"
                    : visit->guard->revert ? "failed"
                                           : "reported",
                    kept);
}

static gboolean
judge_hook (int directory, const char *name, guint8 type, gpointer data)
{
  Judgement *judgement = data;
  g_autofree char *path = join (judgement->hooks, name);
  struct stat st;

  if (!g_str_has_suffix (name, ".sample") &&
      fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
      (S_ISLNK (st.st_mode) || (S_ISREG (st.st_mode) && (st.st_mode & 0111) != 0)))
    take_away (judgement, directory, name, path);
  return TRUE;
}

/* A file of settings in the tree that others include. */
static void
judge_included (Judgement *judgement, const char *path)
{
  const char *name;
  inner_guard_autofd directory = inner_guard_open_parent (judgement->visit->root->fd, path, &name);
  gsize size;
  g_autofree char *text =
      directory >= 0 ? inner_guard_read (directory, name, MAX_CONFIG, &size) : NULL;
  g_autofree char *active = text != NULL ? inner_git_config_active (text, size) : NULL;

  if (text != NULL && (active == NULL || active[0] != '\0'))
    take_away (judgement, directory, name, path);
}

/* SECURITY: settings of the person's own may name hooks and further settings in the tree, such as “.husky”; what the
 * sandbox wrote there is as good as settings (attack 56; test_what_settings_of_a_deep_repository_name). */
static void
judge_named (
    const char *section, const char *subsection, const char *key, const char *value, gpointer data)
{
  const Judgement *judgement = data;
  const InnerGuardRoot *root = judgement->visit->root;
  gboolean hooks = g_str_equal (section, "core") && g_str_equal (key, "hookspath");
  gboolean include = g_str_equal (key, "path") && g_str_has_prefix (section, "include");
  g_autofree char *git = g_build_filename (root->path, judgement->visit->path, NULL);
  g_autofree char *above = g_path_get_dirname (git);
  g_autofree char *full = NULL;
  Visit whole = *judgement->visit;
  Judgement named = { &whole, -1, FALSE, FALSE, NULL };

  if (value == NULL || value[0] == '\0' || (!hooks && !include))
    return;
  full = g_canonicalize_filename (value, hooks && g_str_has_suffix (git, "/.git") ? above : git);
  if (!g_str_has_prefix (full, root->path) || full[strlen (root->path)] != '/')
    return;
  whole.path = "";
  named.hooks = full + strlen (root->path) + 1;
  if (include)
    judge_included (&named, named.hooks);
  else
    {
      int fd = inner_guard_open (root->fd, named.hooks, O_RDONLY | O_DIRECTORY);

      if (fd >= 0)
        inner_guard_list (fd, judge_hook, &named);
    }
}

static void
judge_settings (Judgement *judgement, const char *name)
{
  gsize size;
  g_autofree char *text = inner_guard_read (judgement->git, name, MAX_CONFIG, &size);
  g_autofree char *active = NULL;

  if (text == NULL && errno == ENOENT)
    return;
  if (text != NULL)
    {
      active = inner_git_config_active (text, size);
      inner_git_config_parse (text, size, judge_named, judgement);
    }
  if (active == NULL || (active[0] != '\0' && !is_only_worktree (active)))
    take_away (judgement, judgement->git, name, name);
}

static void
judge_hooks (Judgement *judgement)
{
  int fd = inner_guard_open (judgement->git, "hooks", O_RDONLY | O_DIRECTORY);

  if (fd >= 0)
    inner_guard_list (fd, judge_hook, judgement);
  else if (errno != ENOENT)
    take_away (judgement, judgement->git, "hooks", "hooks");
}

static void
judge_common_directory (Judgement *judgement)
{
  gsize size;
  g_autofree char *text = inner_guard_read (judgement->git, "commondir", 4096, &size);

  if (text == NULL ? errno != ENOENT : !g_str_equal (g_strchomp (text), "../.."))
    take_away (judgement, judgement->git, "commondir", "commondir");
}

static gboolean
is_changed (const Visit *visit, int git)
{
  struct stat st;

  return (fstat (git, &st) == 0 && is_new (visit, &st)) ||
         (fstatat (git, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0 && is_new (visit, &st));
}

/* SECURITY: the repository that a person enters deep below their project runs its settings and hooks, and so does
 * one that “git status” above it finds as a submodule; depth hides nothing (attack 56;
 * tests/attack/test_056_nested_repository.py). */
static void
judge_repository (Visit *visit, const char *path)
{
  g_autofree char *config = join (path, "config");
  Visit here = *visit;
  inner_guard_autofd git = -1;
  Judgement judgement = { &here, -1, FALSE, FALSE, "hooks" };

  if (inner_guard_root_has (visit->root, config))
    return;
  here.path = path;
  git = inner_guard_open (visit->root->fd, path, O_PATH | O_DIRECTORY);
  if (git < 0)
    return;
  judgement.git = git;
  judge_settings (&judgement, "config");
  judge_settings (&judgement, "config.worktree");
  judge_hooks (&judgement);
  judge_common_directory (&judgement);
  if (judgement.active && !judgement.taken && is_changed (visit, git))
    tell (visit, path, INNER_GUARDED_REPOSITORY, "changed", "reported");
}

static gboolean
is_in_a_root (const InnerGuard *guard, const char *path)
{
  for (guint i = 0; i < guard->roots->len; i++)
    {
      const InnerGuardRoot *root = guard->roots->pdata[i];

      if (g_str_has_prefix (path, root->path) && path[strlen (root->path)] == '/')
        return TRUE;
    }

  return FALSE;
}

/* SECURITY: a repository elsewhere becomes writable for the next sandbox here if it knows this place, and another
 * sandbox may have told it. Inside, such a pointer is of no use; so only somebody outside makes it for a good reason
 * (attack 55; test_pointer_to_the_repository_of_another_project). */
static void
take_pointer_away (Visit *visit, int directory, const char *name, const char *path)
{
  g_autofree char *kept =
      visit->guard->revert ? inner_guard_move_away (visit->guard, directory, name) : NULL;

  inner_guard_tell (visit->guard, visit->root, path, INNER_GUARDED_GIT_POINTER, "appeared",
                    kept != NULL           ? "reverted"
                    : visit->guard->revert ? "failed"
                                           : "reported",
                    kept);
}

/* “gitdir: PATH” in a file called .git, which may name what looks like no repository where it stands. */
static void
judge_pointer (Visit *visit, int directory, const char *name, const char *path)
{
  gsize size;
  g_autofree char *text = inner_guard_read (visit->root->fd, path, 4096, &size);
  g_autofree char *full = NULL;
  g_autofree char *base = NULL;
  g_autofree char *target = NULL;

  if (inner_guard_root_has (visit->root, path))
    return;
  if (text != NULL && g_str_has_prefix (text, "gitdir: "))
    {
      base = g_path_get_dirname (path);
      full = g_build_filename (visit->root->path, base, NULL);
      target = g_canonicalize_filename (g_strchomp (text + strlen ("gitdir: ")), full);
      if (g_str_has_prefix (target, visit->root->path) &&
          (target + strlen (visit->root->path))[0] == '/')
        {
          judge_repository (visit, target + strlen (visit->root->path) + 1);
          return;
        }
      if (!is_in_a_root (visit->guard, target))
        {
          take_pointer_away (visit, directory, name, path);
          return;
        }
    }
  tell (visit, path, INNER_GUARDED_GIT_POINTER, "appeared", "reported");
}

static void
judge_mode (Visit *visit, int directory, const char *name, const char *path, const struct stat *st)
{
  inner_guard_autofd fd = -1;
  g_autofree char *proc = NULL;
  struct stat now;
  gboolean done;

  if (!S_ISREG (st->st_mode))
    {
      tell (visit, path, INNER_GUARDED_SPECIAL, "appeared", "reported");
      return;
    }
  /* SECURITY: others could become this user by it (attack 12; tests/attack/test_012_setuid.py). */
  fd = inner_guard_open (directory, name, O_PATH);
  proc = g_strdup_printf ("/proc/self/fd/%d", fd);
  done = visit->guard->revert && fd >= 0 && fstat (fd, &now) == 0 && S_ISREG (now.st_mode) &&
         chmod (proc, now.st_mode & 01777) == 0;
  tell (visit, path, INNER_GUARDED_PRIVILEGE, "changed",
        done                   ? "reverted"
        : visit->guard->revert ? "failed"
                               : "reported");
}

/* Whether @part, which ends somewhere in a path, is a row of the table there. */
static const InnerGuarded *
find_row (const char *part)
{
  for (const InnerGuarded *row = inner_guarded_paths; row->path != NULL; row++)
    {
      gsize part_length = strlen (part);
      gsize length = strlen (row->path);

      if (row->kind > INNER_GUARDED_GIT_STATE && part_length > length &&
          part[part_length - length - 1] == '/' &&
          g_str_equal (part + part_length - length, row->path))
        return row;
    }

  return NULL;
}

/* Start files and settings of subdirectories: honest work changes them too, so they are only told. Nobody stands in
 * “.git”, where a branch may have any name. */
static void
judge_name (Visit *visit, const char *path)
{
  const char *end = path;

  if (strstr (path, "node_modules/") != NULL || g_str_has_prefix (path, ".git/") ||
      strstr (path, "/.git/") != NULL)
    return;
  if (g_str_has_suffix (path, ".code-workspace") || g_str_has_suffix (path, ".sublime-project"))
    tell (visit, path, INNER_GUARDED_EDITOR, "appeared", "reported");
  do
    {
      const InnerGuarded *row;
      g_autofree char *part = NULL;

      end = strchr (end, '/');
      part = end != NULL ? g_strndup (path, end - path) : g_strdup (path);
      if (end != NULL)
        end++;
      if (inner_guard_root_has (visit->root, part))
        return;
      row = find_row (part);
      if (row == NULL)
        continue;
      if (!inner_guarded_kind_info (row->kind)->report_only)
        tell (visit, part, row->kind, "appeared", "reported");
      return;
    }
  while (end != NULL);
}

static void
judge_entry (Visit *visit, int directory, const char *name, char *path, const struct stat *st)
{
  if (!is_new (visit, st))
    return;
  if (g_str_equal (name, ".git") && !S_ISDIR (st->st_mode))
    judge_pointer (visit, directory, name, path);
  if ((S_ISREG (st->st_mode) && (st->st_mode & 06000) != 0) ||
      !(S_ISREG (st->st_mode) || S_ISDIR (st->st_mode) || S_ISLNK (st->st_mode)))
    judge_mode (visit, directory, name, path, st);
  if (!S_ISDIR (st->st_mode))
    judge_name (visit, path);
}

static gboolean
visit_entry (int directory, const char *name, guint8 type, gpointer data)
{
  Visit *visit = data;
  g_autofree char *path = join (visit->path, name);
  struct stat st;

  if (visit->entries++ % LOOK_AT_CLOCK == 0 && g_get_monotonic_time () > visit->deadline)
    {
      visit->late = TRUE;
      return FALSE;
    }
  visit->has_head |= g_str_equal (name, "HEAD");
  visit->has_objects |= g_str_equal (name, "objects");
  visit->has_commondir |= g_str_equal (name, "commondir");
  if (fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  judge_entry (visit, directory, name, path, &st);
  if (S_ISDIR (st.st_mode))
    push (g_str_equal (name, "objects") ? visit->walk->objects : visit->walk->pending,
          visit->root_number, g_steal_pointer (&path));

  return TRUE;
}

/* SECURITY: nothing is left out, whatever a directory looks like: two names make it a repository, and who has planted
 * something can make them beside it (attacks 12 and 56; test_nothing_hides_in_what_looks_like_a_repository). FALSE if
 * there was no time for it. */
static gboolean
visit_directory (InnerGuard *guard, const Pending *next, gint64 deadline)
{
  Visit visit = { guard,      guard->walk, guard->roots->pdata[next->root],
                  next->root, next->path,  deadline };
  guint n_pending = guard->walk->pending->len;
  guint n_objects = guard->walk->objects->len;
  int fd = inner_guard_open (visit.root->fd, next->path, O_RDONLY | O_DIRECTORY);

  if (!inner_guard_list (fd, visit_entry, &visit) && errno != ENOENT && errno != ENOTDIR &&
      errno != ELOOP)
    tell (&visit, next->path, INNER_GUARDED_LIMIT, "unknown", "reported");
  if (visit.late)
    {
      g_array_set_size (guard->walk->pending, n_pending);
      g_array_set_size (guard->walk->objects, n_objects);
      return FALSE;
    }
  if (visit.has_head && (visit.has_objects || visit.has_commondir))
    judge_repository (&visit, next->path);
  return TRUE;
}

static GArray *
directories_new (void)
{
  GArray *directories = g_array_new (FALSE, FALSE, sizeof (Pending));

  g_array_set_clear_func (directories, clear_pending);
  return directories;
}

static InnerGuardWalk *
walk_new (const InnerGuard *guard)
{
  InnerGuardWalk *walk = g_new0 (InnerGuardWalk, 1);

  walk->pending = directories_new ();
  walk->objects = directories_new ();
  walk->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < guard->roots->len; i++)
    if (((InnerGuardRoot *) guard->roots->pdata[i])->fd >= 0)
      push (walk->pending, i, g_strdup (""));
  return walk;
}

/* %NULL if nothing is left. */
static GArray *
find_next (const InnerGuardWalk *walk)
{
  if (walk->pending->len > 0)
    return walk->pending;
  return walk->objects->len > 0 ? walk->objects : NULL;
}

gboolean
inner_guard_walk (InnerGuard *guard, gint64 deadline)
{
  GArray *from;

  if (guard->walk == NULL)
    guard->walk = walk_new (guard);
  while ((from = find_next (guard->walk)) != NULL && g_get_monotonic_time () <= deadline)
    {
      Pending next = g_array_index (from, Pending, from->len - 1);

      next.path = g_strdup (next.path);
      g_array_set_size (from, from->len - 1);
      if (visit_directory (guard, &next, deadline))
        g_free (next.path);
      else
        g_array_append_val (from, next);
    }

  return from == NULL;
}
