/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the tests of the configuration share. Each makes a small file system below one directory:
 *
 *     system/config.toml             the system's
 *     home/.config/inner/config.toml the user's
 *     home/work/project              a project, which is where most tests stand
 */

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-configuration.h"
#include "inner-error.h"

#define GIB (G_GUINT64_CONSTANT (1024) * 1024 * 1024)

typedef struct
{
  char *top;
  char *home;
  char *project;
  char *system_file;
  char *user_file;
  InnerTrust *trust;
  GHashTable *environment;
  InnerConfigurationPlaces places;
} Fixture;

static inline void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *top = g_dir_make_tmp ("inner-configuration-XXXXXX", NULL);
  g_autofree char *store = NULL;

  fixture->top = realpath (top, NULL);
  store = g_build_filename (fixture->top, "trust", NULL);
  fixture->home = g_build_filename (fixture->top, "home", NULL);
  fixture->project = g_build_filename (fixture->home, "work", "project", NULL);
  fixture->system_file = g_build_filename (fixture->top, "system", "config.toml", NULL);
  fixture->user_file = g_build_filename (fixture->home, ".config", "inner", "config.toml", NULL);
  g_mkdir_with_parents (fixture->project, 0700);
  fixture->trust = inner_trust_new (store);
  fixture->environment = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (fixture->environment, g_strdup ("HOME"), g_strdup (fixture->home));
  fixture->places = (InnerConfigurationPlaces){
    .system_file = fixture->system_file,
    .user_file = fixture->user_file,
    .trust = fixture->trust,
    .home = fixture->home,
    .uid = 1234,
    .environment = fixture->environment,
    .memory = 4 * GIB,
    .processors = 6,
  };
}

static inline void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *const command[] = { "rm", "-rf", "--", fixture->top, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  inner_trust_free (fixture->trust);
  g_hash_table_unref (fixture->environment);
  free (fixture->top);
  g_free (fixture->home);
  g_free (fixture->project);
  g_free (fixture->system_file);
  g_free (fixture->user_file);
}

static inline void
write_file (const char *path, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (directory, 0700);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static inline void
approve (Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autoptr (GError) error = NULL;

  inner_trust_approve (fixture->trust, path, digest, &error);
  g_assert_no_error (error);
}

/* A file of the project, approved or not. (transfer full) */
static inline char *
add_project_file (Fixture *fixture, const char *name, const char *text, gboolean approved)
{
  char *path = g_build_filename (fixture->project, name, NULL);

  write_file (path, text);
  if (approved)
    approve (fixture, path, text);
  return path;
}

static inline InnerConfiguration *
read_here (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  InnerConfiguration *configuration =
      inner_configuration_read (&fixture->places, fixture->project, &error);

  g_assert_no_error (error);
  return configuration;
}

static inline void
assert_value (const InnerConfiguration *configuration,
              InnerSetting setting,
              const char *text,
              const char *path,
              guint line)
{
  const InnerConfigurationValue *value = &configuration->values[setting];

  g_assert_cmpstr (value->text, ==, text);
  g_assert_cmpstr (value->path, ==, path);
  g_assert_cmpuint (value->line, ==, line);
}

static inline const InnerAlias *
find_alias (const InnerConfiguration *configuration, const char *name)
{
  for (guint i = 0; i < configuration->aliases->len; i++)
    {
      const InnerAlias *alias = configuration->aliases->pdata[i];

      if (g_str_equal (alias->name, name))
        return alias;
    }

  return NULL;
}

static inline void
assert_warnings (const InnerConfiguration *configuration, guint n, const char *word)
{
  guint with_word = 0;

  for (guint i = 0; i < configuration->warnings->len; i++)
    {
      g_test_message ("%s", (char *) configuration->warnings->pdata[i]);
      with_word += strstr (configuration->warnings->pdata[i], word) != NULL;
    }
  g_assert_cmpuint (configuration->warnings->len, ==, n);
  g_assert_cmpuint (with_word, ==, n);
}

/* The configuration must be refused, with a message that begins with the place and holds @word. */
static inline void
assert_broken (Fixture *fixture, const char *path, const char *place, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConfiguration) configuration =
      inner_configuration_read (&fixture->places, fixture->project, &error);
  g_autofree char *begin = g_strconcat (path, place, NULL);

  g_assert_null (configuration);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, begin));
  g_assert_nonnull (strstr (error->message, word));
}
