/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-guard-facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>

#include "inner-fds.h"
#include "inner-guard-fs.h"
#include "inner-guard.h"
#include "inner-options.h"
#include "inner-sensitive.h"

/*
 * SECURITY: everything in a workspace may have been written by an earlier sandbox, so nothing here follows a link,
 * waits, or goes on without a bound (attacks 35, 46 and 55; tests/unit/test-guards.c).
 */
#define MAX_CONFIG (1024u * 1024)
#define MAX_POINTER 4096
#define MAX_ENTRIES 1024 /* of the root that are looked at for repositories */
#define MAX_PROBES 256
#define MAX_GIT_DIRS 64
#define MAX_TARGETS 64
#define MAX_MODULE_DEPTH 8
#define MAX_INCLUDES 5
#define MAX_LINKS 16

static void
thing_free (InnerGuardThing *thing)
{
  inner_clear_fd (&thing->fd);
  g_free (thing->path);
  g_free (thing);
}

static void
target_free (InnerGuardTarget *target)
{
  g_free (target->path);
  g_free (target);
}

void
inner_guard_facts_free (InnerGuardFacts *facts)
{
  inner_clear_fd (&facts->fd);
  g_free (facts->root);
  g_free (facts->needed_by);
  g_ptr_array_unref (facts->projects);
  g_ptr_array_unref (facts->git_dirs);
  g_ptr_array_unref (facts->things);
  g_ptr_array_unref (facts->targets);
  g_ptr_array_unref (facts->problems);
  g_free (facts);
}

InnerGuardFacts *
inner_guard_facts_add (InnerHost *host, const char *root, int fd)
{
  InnerGuardFacts *facts = g_new0 (InnerGuardFacts, 1);

  facts->root = g_strdup (root);
  facts->fd = fd;
  facts->projects = g_ptr_array_new_with_free_func (g_free);
  facts->git_dirs = g_ptr_array_new_with_free_func (g_free);
  facts->things = g_ptr_array_new_with_free_func ((GDestroyNotify) thing_free);
  facts->targets = g_ptr_array_new_with_free_func ((GDestroyNotify) target_free);
  facts->problems = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (host->guards, facts);
  return facts;
}

const InnerGuardFacts *
inner_guard_facts_find (const InnerHost *host, const char *root)
{
  for (guint i = 0; i < host->guards->len; i++)
    {
      const InnerGuardFacts *facts = host->guards->pdata[i];

      if (g_str_equal (facts->root, root))
        return facts;
    }

  return NULL;
}

void
inner_guard_facts_add_thing (InnerGuardFacts *facts, const char *path, gboolean git_dir, int fd)
{
  InnerGuardThing *thing = g_new0 (InnerGuardThing, 1);

  thing->path = g_strdup (path);
  thing->git_dir = git_dir;
  thing->fd = fd;
  g_ptr_array_add (facts->things, thing);
}

static void
add_problem (InnerGuardFacts *facts, const char *path, const char *sentence)
{
  g_autofree char *full = g_build_filename (facts->root, path, NULL);
  g_autofree char *shown = inner_escape_for_display (full);

  g_ptr_array_add (facts->problems, g_strdup_printf ("“%s”: %s", shown, sentence));
}

gboolean
inner_guard_facts_add_target (InnerGuardFacts *facts, const char *path, InnerGuardedKind kind)
{
  InnerGuardTarget *target;

  for (guint i = 0; i < facts->targets->len; i++)
    if (g_str_equal (((InnerGuardTarget *) facts->targets->pdata[i])->path, path))
      return FALSE;
  if (facts->targets->len >= MAX_TARGETS)
    {
      add_problem (facts, path, _ ("git settings name more files than are guarded"));
      return FALSE;
    }
  target = g_new0 (InnerGuardTarget, 1);
  target->path = g_strdup (path);
  target->kind = kind;
  g_ptr_array_add (facts->targets, target);
  return TRUE;
}

static char *
join (const char *path, const char *name)
{
  return path[0] != '\0' ? g_strconcat (path, "/", name, NULL) : g_strdup (name);
}

static gboolean
has (GPtrArray *texts, const char *text)
{
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

typedef struct
{
  InnerHost *host;
  InnerGuardFacts *facts;
  const char *project; /* below the root: what a relative core.hooksPath is relative to */
  const char *base;    /* on the host: what a relative include is relative to */
  guint depth;
} Settings;

static void read_settings (const Settings *settings, const char *text, gsize size);

static char *
find_full (const Settings *settings, const char *text, const char *base)
{
  if (g_str_has_prefix (text, "~/"))
    return g_canonicalize_filename (text + 2, settings->host->home);
  return g_canonicalize_filename (text, base);
}

/* Gives the path below the root of what @text names, or %NULL if it is elsewhere. */
static char *
find_below (const Settings *settings, const char *text, const char *base)
{
  const char *root = settings->facts->root;
  g_autofree char *full = find_full (settings, text, base);

  if (!inner_path_is_within (full, root) || g_str_equal (full, root))
    return NULL;
  return g_strdup (full + strlen (root) + (g_str_equal (root, "/") ? 0 : 1));
}

/* What git settings name inside of the tree is as good as the settings themselves. */
static gboolean
add_named (InnerGuardFacts *facts, const char *path, InnerGuardedKind kind)
{
  int fd;

  if (!inner_guard_facts_add_target (facts, path, kind))
    return FALSE;
  fd = inner_guard_open (facts->fd, path, O_PATH);
  if (fd >= 0)
    inner_guard_facts_add_thing (facts, path, FALSE, fd);
  return fd >= 0;
}

/* One link on the way of @path, which is below the root: gives the path with what it leads to in its place, or %NULL
 * if there is none, or it leads elsewhere. */
static char *
follow_link (const Settings *settings, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autofree char *done = g_strdup ("");

  for (char **part = parts; *part != NULL; part++)
    {
      g_autofree char *here = join (done, *part);
      const char *name;
      inner_autofd directory = inner_guard_open_parent (settings->facts->fd, here, &name);
      g_autofree char *target = directory >= 0 ? inner_guard_read_link (directory, name) : NULL;

      if (target != NULL)
        {
          g_autofree char *base = g_build_filename (settings->facts->root, done, NULL);
          g_autofree char *rest = g_strjoinv ("/", part + 1);
          g_autofree char *whole = g_build_filename (target, rest, NULL);

          return find_below (settings, whole, base);
        }
      g_free (done);
      done = g_steal_pointer (&here);
    }

  return NULL;
}

/* SECURITY: a name that leads over links to another place of the tree is as good as that place: all on the way are
 * guarded (attack 55; test_hooks_and_includes_behind_links). Gives the last one, or %NULL if it is not there. */
static char *
add_named_and_links (const Settings *settings, const char *path, InnerGuardedKind kind)
{
  g_autofree char *at = g_strdup (path);

  for (guint i = 0; i < MAX_LINKS && at != NULL; i++)
    {
      gboolean there = add_named (settings->facts, at, kind);
      char *next = follow_link (settings, at);

      if (next == NULL)
        return there ? g_steal_pointer (&at) : NULL;
      g_free (at);
      at = next;
    }

  return NULL;
}

static void
include (const Settings *settings, const char *path)
{
  g_autofree char *full = g_build_filename (settings->facts->root, path, NULL);
  g_autofree char *base = g_path_get_dirname (full);
  gsize size;
  g_autofree char *text = inner_guard_read (settings->facts->fd, path, MAX_CONFIG, &size);
  Settings below = *settings;

  below.base = base;
  below.depth++;
  if (text != NULL && below.depth < MAX_INCLUDES)
    read_settings (&below, text, size);
}

static char *
read_settings_file (const char *path, gsize *size)
{
  inner_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

  return fd >= 0 ? inner_guard_read_fd (fd, MAX_CONFIG, size) : NULL;
}

/* What stands elsewhere is nothing to guard, but may name places in the tree. */
static void
include_from_elsewhere (const Settings *settings, const char *value)
{
  g_autofree char *full = find_full (settings, value, settings->base);
  g_autofree char *base = g_path_get_dirname (full);
  Settings below = *settings;
  gsize size;
  g_autofree char *text = NULL;

  below.base = base;
  below.depth++;
  if (below.depth < MAX_INCLUDES && (text = read_settings_file (full, &size)) != NULL)
    read_settings (&below, text, size);
}

/* A condition of an include may become true later, so it counts all the same. */
static void
on_setting (
    const char *section, const char *subsection, const char *key, const char *value, gpointer data)
{
  const Settings *settings = data;
  gboolean is_include = g_str_equal (key, "path") &&
                        (g_str_equal (section, "include") || g_str_equal (section, "includeif"));
  gboolean is_hooks = g_str_equal (section, "core") && g_str_equal (key, "hookspath");
  g_autofree char *project = NULL;
  g_autofree char *path = NULL;
  g_autofree char *last = NULL;

  if (value == NULL || value[0] == '\0' || !(is_include || is_hooks))
    return;
  project = g_build_filename (settings->facts->root, settings->project, NULL);
  path = find_below (settings, value, is_hooks ? project : settings->base);
  if (path == NULL)
    {
      if (is_include)
        include_from_elsewhere (settings, value);
      return;
    }
  last = add_named_and_links (settings, path,
                              is_hooks ? INNER_GUARDED_GIT_HOOKS : INNER_GUARDED_GIT_CONFIG);
  if (last != NULL && is_include)
    include (settings, last);
}

static void
read_settings (const Settings *settings, const char *text, gsize size)
{
  inner_git_config_parse (text, size, on_setting, (gpointer) settings);
}

/* The person's own settings may name hooks in each project. */
static void
read_own_settings (InnerHost *host, InnerGuardFacts *facts, const char *project)
{
  g_autofree char *home = g_build_filename (host->home, ".gitconfig", NULL);
  g_autofree char *config = g_build_filename (g_get_user_config_dir (), "git", "config", NULL);
  const char *const files[] = { "/etc/gitconfig", config, home };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *base = g_path_get_dirname (files[i]);
      gsize size;
      g_autofree char *text = read_settings_file (files[i], &size);
      Settings settings = { host, facts, project, base, 0 };

      if (text != NULL)
        read_settings (&settings, text, size);
    }
}

static gboolean
is_git_dir (int root, const char *path)
{
  inner_autofd fd = inner_guard_open (root, path, O_PATH | O_DIRECTORY);
  struct stat st;

  return fd >= 0 && fstatat (fd, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         (fstatat (fd, "objects", &st, AT_SYMLINK_NOFOLLOW) == 0 ||
          fstatat (fd, "commondir", &st, AT_SYMLINK_NOFOLLOW) == 0);
}

typedef struct
{
  InnerHost *host;
  InnerGuardFacts *facts;
  const char *path;
  const char *project;
  guint depth;
  guint entries;
  guint probes;
} Listing;

static void
look_at_git_dir (InnerHost *host, InnerGuardFacts *facts, const char *path, const char *project);

static void list_modules (Listing *listing);

/* The name of a submodule may have slashes. */
static gboolean
on_module (int directory, const char *name, guint8 type, gpointer data)
{
  Listing *listing = data;
  g_autofree char *path = join (listing->path, name);
  Listing below = *listing;

  if (listing->entries++ >= MAX_ENTRIES || listing->facts->git_dirs->len >= MAX_GIT_DIRS)
    return FALSE;
  below.path = path;
  below.depth++;
  if (type != DT_DIR && type != DT_UNKNOWN)
    return TRUE;
  if (is_git_dir (listing->facts->fd, path))
    look_at_git_dir (listing->host, listing->facts, path, listing->project);
  else if (below.depth < MAX_MODULE_DEPTH)
    list_modules (&below);
  return TRUE;
}

static void
list_modules (Listing *listing)
{
  inner_guard_list (inner_guard_open (listing->facts->fd, listing->path, O_RDONLY | O_DIRECTORY),
                    on_module, listing);
}

/* Submodules and linked worktrees have git directories in the git directory. */
static void
look_at_inner_git_dirs (InnerHost *host,
                        InnerGuardFacts *facts,
                        const char *path,
                        const char *project)
{
  static const char *const names[] = { "modules", "worktrees" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *directory = join (path, names[i]);
      Listing listing = { host, facts, directory, project, 0, 0, 0 };

      list_modules (&listing);
    }
}

/* “hooks” may be a link into the tree: what it leads to is guarded as if settings named it. */
static void
look_at_link (InnerHost *host, InnerGuardFacts *facts, const char *path, const char *file)
{
  const char *name;
  inner_autofd directory = inner_guard_open_parent (facts->fd, file, &name);
  g_autofree char *target = directory >= 0 ? inner_guard_read_link (directory, name) : NULL;
  g_autofree char *base = g_build_filename (facts->root, path, NULL);
  Settings settings = { host, facts, "", base, 0 };
  g_autofree char *below = target != NULL ? find_below (&settings, target, base) : NULL;
  g_autofree char *last = NULL;

  add_problem (facts, file, _ ("it is a link, so it is only compared after the run"));
  if (below != NULL)
    last = add_named_and_links (&settings, below,
                                g_str_equal (name, "hooks") ? INNER_GUARDED_GIT_HOOKS
                                                            : INNER_GUARDED_GIT_CONFIG);
  /* A link is followed by git, settings behind it count as well. */
  if (last != NULL && g_str_equal (name, "config"))
    include (&settings, last);
}

/* “git submodule update” writes the settings of a submodule each time, with what stands there already; read-only,
 * they would break it. They are noted and compared. */
static gboolean
is_of_submodule (const char *path)
{
  return g_str_has_prefix (path, ".git/modules/") || g_str_has_prefix (path, "modules/") ||
         strstr (path, "/.git/modules/") != NULL;
}

static void
look_at_git_files (InnerHost *host, InnerGuardFacts *facts, const char *path)
{
  static const char *const names[] = { "config", "hooks", "config.worktree", "commondir",
                                       "gitdir" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = join (path, names[i]);
      int fd = -1;

      if (g_str_equal (names[i], "config") && is_of_submodule (path))
        continue;
      fd = inner_guard_open (facts->fd, file, O_PATH);
      if (fd >= 0)
        inner_guard_facts_add_thing (facts, file, FALSE, fd);
      else if (errno == ELOOP)
        look_at_link (host, facts, path, file);
    }
}

static void
look_at_git_dir (InnerHost *host, InnerGuardFacts *facts, const char *path, const char *project)
{
  g_autofree char *config = join (path, "config");
  g_autofree char *base = g_build_filename (facts->root, path, NULL);
  g_autofree char *text = NULL;
  Settings settings = { host, facts, project, base, 0 };
  gsize size;

  if (has (facts->git_dirs, path))
    return;
  if (facts->git_dirs->len >= MAX_GIT_DIRS)
    {
      add_problem (facts, path, _ ("there are more repositories than are guarded one by one"));
      return;
    }
  g_ptr_array_add (facts->git_dirs, g_strdup (path));
  /* A root is a mount already, and cannot be renamed. */
  if (path[0] != '\0')
    {
      int fd = inner_guard_open (facts->fd, path, O_PATH | O_DIRECTORY);

      if (fd >= 0)
        inner_guard_facts_add_thing (facts, path, TRUE, fd);
    }
  look_at_git_files (host, facts, path);
  text = inner_guard_read (facts->fd, config, MAX_CONFIG, &size);
  if (text != NULL)
    read_settings (&settings, text, size);
  look_at_inner_git_dirs (host, facts, path, project);
}

static char *
read_line (int root, const char *path)
{
  gsize size;
  char *text = inner_guard_read (root, path, MAX_POINTER, &size);

  return text != NULL ? g_strchomp (text) : NULL;
}

/* A submodule's own settings say where its files are. */
static void
find_worktree (
    const char *section, const char *subsection, const char *key, const char *value, gpointer data)
{
  char **worktree = data;

  if (g_str_equal (section, "core") && g_str_equal (key, "worktree") && value != NULL)
    {
      g_free (*worktree);
      *worktree = g_strdup (value);
    }
}

static gboolean
is_worktree_of_settings (int git_dir, const char *path, const char *project)
{
  gsize size;
  g_autofree char *text = inner_guard_read (git_dir, "config", MAX_CONFIG, &size);
  g_autofree char *worktree = NULL;
  g_autofree char *full = NULL;

  if (text == NULL || !inner_git_config_parse (text, size, find_worktree, &worktree) ||
      worktree == NULL)
    return FALSE;
  full = g_canonicalize_filename (worktree, path);
  return g_str_equal (full, project);
}

/* SECURITY: a file in the workspace must not decide what of the host becomes writable. The repository must say by
 * itself, from outside, that this is a worktree or submodule of its own (attacks 55 and 63;
 * test_git_file_that_points_to_a_strange_repository). Gives the directory to share, or %NULL. */
static char *
find_shared (int git_dir, const char *path, const char *project)
{
  g_autofree char *back = read_line (git_dir, "gitdir");
  g_autofree char *common = read_line (git_dir, "commondir");
  g_autofree char *pointer = g_build_filename (project, ".git", NULL);
  g_autofree char *back_path = NULL;
  g_autofree char *shared = NULL;
  g_autofree char *worktrees = NULL;
  g_autofree char *parent = g_path_get_dirname (path);

  if (back == NULL || common == NULL)
    return is_worktree_of_settings (git_dir, path, project) ? g_strdup (path) : NULL;
  back_path = g_canonicalize_filename (back, path);
  shared = g_canonicalize_filename (common, path);
  worktrees = g_build_filename (shared, "worktrees", NULL);
  return g_str_equal (back_path, pointer) && g_str_equal (parent, worktrees)
             ? g_steal_pointer (&shared)
             : NULL;
}

static void
look_outside (InnerHost *host,
              InnerGuardFacts *facts,
              const char *project,
              const char *pointer,
              const char *path)
{
  g_autofree char *full = g_build_filename (facts->root, project, NULL);
  g_autofree char *project_path = g_canonicalize_filename (full, "/");
  inner_autofd top = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  inner_autofd git_dir = inner_guard_open (top, path + 1, O_PATH | O_DIRECTORY);
  g_autofree char *shared = git_dir >= 0 ? find_shared (git_dir, path, project_path) : NULL;
  inner_autofd fd = shared != NULL ? inner_guard_open (top, shared + 1, O_PATH | O_DIRECTORY) : -1;
  InnerGuardFacts *outside;

  if (fd < 0 || !is_git_dir (fd, ""))
    {
      add_problem (
          facts, pointer,
          _ ("it names a repository that does not know this place, so git does not work inside"));
      return;
    }
  if (inner_guard_facts_find (host, shared) != NULL)
    return;
  outside = inner_guard_facts_add (host, shared, inner_steal_fd (&fd));
  outside->needed_by = g_strdup (facts->root);
  look_at_git_dir (host, outside, "", "");
}

/* “gitdir: PATH” */
static void
look_at_pointer (InnerHost *host, InnerGuardFacts *facts, const char *pointer, const char *project)
{
  g_autofree char *text = read_line (facts->fd, pointer);
  g_autofree char *base = g_build_filename (facts->root, project, NULL);
  g_autofree char *path = NULL;

  if (text == NULL || !g_str_has_prefix (text, "gitdir: "))
    return;
  path = g_canonicalize_filename (text + strlen ("gitdir: "), base);
  if (!inner_path_is_within (path, facts->root))
    look_outside (host, facts, project, pointer, path);
  else if (!g_str_equal (path, facts->root) &&
           is_git_dir (facts->fd, path + strlen (facts->root) + 1))
    look_at_git_dir (host, facts, path + strlen (facts->root) + 1, project);
}

/* “.git” may be a link to a repository in the tree. */
static void
look_at_linked_git_dir (InnerHost *host,
                        InnerGuardFacts *facts,
                        const char *path,
                        const char *project)
{
  Settings settings = { host, facts, project, facts->root, 0 };
  g_autofree char *at = g_strdup (path);

  add_problem (facts, path, _ ("it is a link, so it is only compared after the run"));
  for (guint i = 0; i < MAX_LINKS && at != NULL; i++)
    {
      char *next = follow_link (&settings, at);

      if (next == NULL && is_git_dir (facts->fd, at))
        look_at_git_dir (host, facts, at, project);
      g_free (at);
      at = next;
    }
}

static void
look_at_git (InnerHost *host, InnerGuardFacts *facts, const char *project)
{
  g_autofree char *path = join (project, ".git");
  inner_autofd fd = inner_guard_open (facts->fd, path, O_PATH);
  struct stat st;

  read_own_settings (host, facts, project);
  if (fd < 0 && errno == ELOOP)
    look_at_linked_git_dir (host, facts, path, project);
  if (fd >= 0 && fstat (fd, &st) == 0 && S_ISREG (st.st_mode))
    {
      inner_guard_facts_add_thing (facts, path, FALSE, inner_steal_fd (&fd));
      look_at_pointer (host, facts, path, project);
      return;
    }
  if (fd >= 0)
    {
      look_at_git_dir (host, facts, path, project);
      return;
    }
  if (is_git_dir (facts->fd, project))
    {
      look_at_git_dir (host, facts, project, project);
      return;
    }
  /* What is not there yet has its places too. Three names in a directory make it a repository for git; one of
   * them has no other use. */
  g_ptr_array_add (facts->git_dirs, g_strdup (path));
  inner_guard_facts_add_target (facts, "HEAD", INNER_GUARDED_GIT_POINTER);
}

static gboolean
on_child (int directory, const char *name, guint8 type, gpointer data)
{
  Listing *listing = data;
  g_autofree char *git = NULL;
  inner_autofd fd = -1;

  if (listing->entries++ >= MAX_ENTRIES)
    return FALSE;
  if ((type != DT_DIR && type != DT_UNKNOWN) || g_str_equal (name, ".git"))
    return TRUE;
  if (listing->probes++ >= MAX_PROBES || listing->facts->git_dirs->len >= MAX_GIT_DIRS)
    return FALSE;
  git = join (name, ".git");
  fd = inner_guard_open (directory, git, O_PATH);
  if (fd < 0 && errno != ELOOP)
    return TRUE;
  g_ptr_array_add (listing->facts->projects, g_strdup (name));
  look_at_git (listing->host, listing->facts, name);
  return TRUE;
}

void
inner_host_look_at_guards (InnerHost *host, const char *root, int fd)
{
  InnerGuardFacts *facts;
  Listing listing;
  struct stat st;
  int own;

  if (inner_guard_facts_find (host, root) != NULL || fstat (fd, &st) < 0 || !S_ISDIR (st.st_mode))
    return;
  own = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (own < 0)
    return;
  facts = inner_guard_facts_add (host, root, own);
  g_ptr_array_add (facts->projects, g_strdup (""));
  look_at_git (host, facts, "");
  inner_guard_facts_add_home_links (facts, host->home);
  listing = (Listing){ .host = host, .facts = facts };
  inner_guard_list (inner_guard_open (facts->fd, "", O_RDONLY | O_DIRECTORY), on_child, &listing);
}
