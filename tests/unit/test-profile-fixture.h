/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of the registry share: directories of their own to put profiles into. */

#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test-profile-common.h"

/* A home, a project in it, and the three directories with profiles. */
typedef struct
{
  char *root;
  char *project;
  InnerProfileRegistry *registry;
} Fixture;

static inline char *
place (Fixture *fixture, const char *path)
{
  return g_build_filename (fixture->root, path, NULL);
}

static inline void
put (Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *file = place (fixture, path);
  g_autofree char *directory = g_path_get_dirname (file);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

static inline void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *temporary = g_dir_make_tmp ("inner-registry-XXXXXX", NULL);
  g_autofree char *schema = source_file ("data/inner-profile.rng");
  g_autofree char *user = NULL;
  g_autofree char *system = NULL;
  g_autofree char *builtin = NULL;
  g_autofree char *home = NULL;

  fixture->root = realpath (temporary, NULL);
  user = place (fixture, "home/.config/inner/profiles");
  system = place (fixture, "etc/inner/profiles");
  builtin = place (fixture, "share/inner/profiles");
  home = place (fixture, "home");
  fixture->project = place (fixture, "home/work/project/src");
  g_assert_cmpint (g_mkdir_with_parents (fixture->project, 0755), ==, 0);
  fixture->registry = inner_profile_registry_new (user, system, builtin, schema, home, NULL);
}

static inline void
remove_tree (const char *path)
{
  const char *argv[] = { "rm", "-rf", path, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
}

static inline void
tear_down (Fixture *fixture, gconstpointer data)
{
  inner_profile_registry_free (fixture->registry);
  remove_tree (fixture->root);
  free (fixture->root);
  g_free (fixture->project);
}

static inline InnerProfileEntry *
find (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  InnerProfileEntry *entry =
      inner_profile_registry_find (fixture->registry, name, fixture->project, &error);

  g_assert_no_error (error);
  g_assert_nonnull (entry);
  return entry;
}

static inline void
refuse (Fixture *fixture, const char *name, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (inner_profile_registry_find (fixture->registry, name, fixture->project, &error));
  g_assert_error (error, INNER_ERROR, code);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” does not hold “%s”", error->message, part);
}

static inline void
assert_description (InnerProfileEntry *entry, const char *expected)
{
  g_assert_cmpstr (inner_profile_get_string (entry->effective, INNER_KEY_DESCRIPTION, NULL), ==,
                   expected);
}
