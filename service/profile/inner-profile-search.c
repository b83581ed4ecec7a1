/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-options.h"
#include "inner-profile-file.h"

/* Where a project keeps its profiles, best first. */
static const char *const project_places[] = { ".inner/profiles", ".config/inner/profiles" };

static const InnerScope fixed_scopes[INNER_N_FIXED_DIRECTORIES] = {
  INNER_SCOPE_USER,
  INNER_SCOPE_SYSTEM,
  INNER_SCOPE_BUILTIN,
};

/* Best first. */
static const char *const file_ends[] = { ".toml", ".xml" };

static void
search_free (InnerSearch *search)
{
  g_free (search->path);
  g_free (search);
}

static const InnerSearch *
find_directory (GPtrArray *directories, const char *path)
{
  for (guint i = 0; i < directories->len; i++)
    if (g_str_equal (((InnerSearch *) directories->pdata[i])->path, path))
      return directories->pdata[i];

  return NULL;
}

/* Gives the canonical form of @path, or %NULL when nothing is there. SECURITY: a directory of the
 * user that cannot be looked at stays on the path, so that a profile in it is an error and not
 * replaced by a weaker one of the same name (attack 106; tests/unit/test-profile-registry.c). */
static char *
canonical_directory (const char *path, InnerScope scope)
{
  char *resolved = realpath (path, NULL);
  char *canonical = g_strdup (resolved);

  free (resolved);
  if (canonical == NULL && scope != INNER_SCOPE_PROJECT && errno != ENOENT && errno != ENOTDIR)
    canonical = g_canonicalize_filename (path, "/");
  return canonical;
}

/* Adds @path unless nothing is there or one of @known has it. */
static void
add_directory (GPtrArray *directories, GPtrArray *known, const char *path, InnerScope scope)
{
  g_autofree char *canonical = canonical_directory (path, scope);
  InnerSearch *search;
  struct stat st;

  if (canonical == NULL || find_directory (known, canonical) != NULL)
    return;

  search = g_new0 (InnerSearch, 1);
  search->ours = stat (canonical, &st) == 0 && inner_file_is_ours (&st);
  search->path = g_steal_pointer (&canonical);
  search->scope = scope;
  g_ptr_array_add (directories, search);
}

/* The walk may pass the home directory, where .config/inner/profiles is the user's own: that one
 * is in @fixed and keeps its trust. */
static void
add_projects (GPtrArray *directories, GPtrArray *fixed, const char *directory)
{
  g_autofree char *at = g_canonicalize_filename (directory, "/");

  for (;;)
    {
      char *parent;

      for (gsize i = 0; i < G_N_ELEMENTS (project_places); i++)
        {
          g_autofree char *path = g_build_filename (at, project_places[i], NULL);

          add_directory (directories, fixed, path, INNER_SCOPE_PROJECT);
        }
      if (g_str_equal (at, "/"))
        return;
      parent = g_path_get_dirname (at);
      g_free (at);
      at = parent;
    }
}

GPtrArray *
inner_search_path (const char *const *fixed, const char *directory)
{
  g_autoptr (GPtrArray) trusted = g_ptr_array_new_with_free_func ((GDestroyNotify) search_free);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) search_free);

  for (gsize i = 0; i < INNER_N_FIXED_DIRECTORIES; i++)
    if (fixed[i] != NULL)
      add_directory (trusted, trusted, fixed[i], fixed_scopes[i]);

  if (directory != NULL)
    add_projects (all, trusted, directory);
  g_ptr_array_extend_and_steal (all, g_steal_pointer (&trusted));

  return g_steal_pointer (&all);
}

/* SECURITY: only a file that is certainly not there lets the search go on: one that cannot be
 * looked at must not be replaced by a weaker one of the same name (attack 106;
 * tests/unit/test-profile-registry.c). */
char *
inner_search_lookup (const InnerSearch *directory, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (file_ends); i++)
    {
      g_autofree char *path = g_strconcat (directory->path, "/", name, file_ends[i], NULL);
      struct stat st;

      if (lstat (path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
        return g_steal_pointer (&path);
    }

  return NULL;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
inner_search_list (const InnerSearch *directory)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (directory->path, 0, NULL);
  const char *file;

  while (dir != NULL && paths->len < INNER_SEARCH_MAX_FILES &&
         (file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *name = inner_profile_name_of_file (file);
      InnerNotation notation;

      if (inner_notation_of_file (file, &notation) && inner_profile_name_is_valid (name))
        g_ptr_array_add (paths, g_build_filename (directory->path, file, NULL));
    }

  g_ptr_array_sort (paths, compare_paths);
  return g_steal_pointer (&paths);
}
