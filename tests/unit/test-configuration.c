/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-configuration.h"
#include "inner-error.h"

/*
 * Each test makes a small file system below one directory:
 *
 *     system/config.toml             the system's
 *     home/.config/inner/config.toml the user's
 *     home/work/project              a project, which is where most tests stand
 */

#define GIB (G_GUINT64_CONSTANT (1024) * 1024 * 1024)
#define EIGHT_MIB (8 * 1024 * 1024)

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

static void
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

static void
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

static void
write_file (const char *path, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (directory, 0700);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
approve (Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autoptr (GError) error = NULL;

  inner_trust_approve (fixture->trust, path, digest, &error);
  g_assert_no_error (error);
}

/* A file of the project, approved or not. (transfer full) */
static char *
add_project_file (Fixture *fixture, const char *name, const char *text, gboolean approved)
{
  char *path = g_build_filename (fixture->project, name, NULL);

  write_file (path, text);
  if (approved)
    approve (fixture, path, text);
  return path;
}

static InnerConfiguration *
read_here (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  InnerConfiguration *configuration =
      inner_configuration_read (&fixture->places, fixture->project, &error);

  g_assert_no_error (error);
  return configuration;
}

static void
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

static const InnerAlias *
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

static void
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
static void
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

static void
test_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerConfiguration) configuration = read_here (fixture);

  assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, "shell", INNER_ORIGIN_DEFAULT, 0);
  assert_value (configuration, INNER_SETTING_LOG_DIR, NULL, NULL, 0);
  assert_value (configuration, INNER_SETTING_WORKSPACES_PATH, NULL, NULL, 0);
  assert_value (configuration, INNER_SETTING_MEMORY, "2048M", INNER_ORIGIN_AUTO, 0);
  assert_value (configuration, INNER_SETTING_CPU, "300%", INNER_ORIGIN_AUTO, 0);
  assert_value (configuration, INNER_SETTING_PIDS, "512", INNER_ORIGIN_AUTO, 0);
  g_assert_cmpuint (configuration->aliases->len, ==, 0);
  assert_warnings (configuration, 0, "");
  g_assert_cmpuint (configuration->layers->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      const InnerConfigurationLayer *layer = configuration->layers->pdata[i];

      g_assert_cmpstr (layer->path, ==, i == 0 ? fixture->system_file : fixture->user_file);
      g_assert_cmpint (layer->scope, ==, i == 0 ? INNER_SCOPE_SYSTEM : INNER_SCOPE_USER);
      g_assert_false (layer->exists);
      g_assert_true (layer->trusted);
    }
}

static void
test_automatic_limits (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    guint64 memory;
    guint processors;
    const char *memory_text;
    const char *cpu_text;
  } cases[] = {
    { 0, 1, "2048M", "100%" },           { GIB / 2, 2, "512M", "100%" },
    { 3 * GIB, 3, "1536M", "150%" },     { 16 * GIB, 8, "8192M", "400%" },
    { 64 * GIB, 128, "8192M", "6400%" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (InnerConfiguration) configuration = NULL;

      fixture->places.memory = cases[i].memory;
      fixture->places.processors = cases[i].processors;
      configuration = read_here (fixture);
      assert_value (configuration, INNER_SETTING_MEMORY, cases[i].memory_text, "auto", 0);
      assert_value (configuration, INNER_SETTING_CPU, cases[i].cpu_text, "auto", 0);
    }
}

/* Later wins, per key; what a later file does not set falls through. */
static void
test_system_and_user (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerConfiguration) configuration = NULL;
  g_autofree char *logs = g_build_filename (fixture->home, "logs", NULL);

  write_file (fixture->system_file, "default_profile = 'first'\nlog_dir = '/var/log/inner'\n"
                                    "[aliases]\na = 'ps'\nb = 'ps --json'\n"
                                    "[default_limits]\nmemory = '1G'\ncpu = 1.5\npids = 100\n");
  write_file (fixture->user_file, "log_dir = '~/logs'\nworkspaces_path = '/w/${UID}'\n"
                                  "default_profile = ''\n"
                                  "[aliases]\nb = 'doctor'\nc = 'run -p x'\n"
                                  "[default_limits]\nmemory = '9G'\npids = 0\n");
  configuration = read_here (fixture);

  assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, "first", fixture->system_file, 1);
  assert_value (configuration, INNER_SETTING_LOG_DIR, logs, fixture->user_file, 1);
  assert_value (configuration, INNER_SETTING_WORKSPACES_PATH, "/w/1234", fixture->user_file, 2);
  assert_value (configuration, INNER_SETTING_MEMORY, "9G", fixture->user_file, 8);
  assert_value (configuration, INNER_SETTING_CPU, "1.5", fixture->system_file, 8);
  assert_value (configuration, INNER_SETTING_PIDS, "100", fixture->system_file, 9);
  g_assert_cmpuint (configuration->values[INNER_SETTING_CPU].column, ==, 7);
  g_assert_cmpuint (configuration->aliases->len, ==, 3);
  g_assert_cmpstr (find_alias (configuration, "a")->text, ==, "ps");
  g_assert_cmpstr (find_alias (configuration, "b")->text, ==, "doctor");
  g_assert_cmpstr (find_alias (configuration, "b")->path, ==, fixture->user_file);
  g_assert_cmpuint (find_alias (configuration, "b")->line, ==, 5);
  g_assert_cmpstr (find_alias (configuration, "c")->text, ==, "run -p x");
  assert_warnings (configuration, 0, "");
}

/* All eight files of a directory: each one alone, and then which of two wins. */
static void
test_project_files (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = {
    ".config/inner.toml",
    ".config/inner/config.toml",
    ".config/inner.local.toml",
    ".config/inner/config.local.toml",
    ".inner/config.toml",
    ".inner/config.local.toml",
    "inner.toml",
    "inner.local.toml",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (InnerConfiguration) configuration = NULL;
      g_autofree char *text = g_strdup_printf ("default_profile = 'p%zu'\n", i);
      g_autofree char *name = g_strdup_printf ("p%zu", i);
      g_autofree char *path = add_project_file (fixture, names[i], text, TRUE);

      configuration = read_here (fixture);
      assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, name, path, 1);
      g_assert_cmpuint (configuration->layers->len, ==, 2 + i + 1);
      g_assert_cmpstr (((InnerConfigurationLayer *) configuration->layers->pdata[2 + i])->path, ==,
                       path);
      assert_warnings (configuration, 0, "");
    }
}

/* The directory nearer to where one stands wins, whatever the name of its file. */
static void
test_walk (Fixture *fixture, gconstpointer data)
{
  const char *low = "default_profile = 'low'\n[aliases]\nkept = 'ps'\nother = 'ps'\n";
  const char *high = "default_profile = 'high'\n[aliases]\nother = 'doctor'\n";
  g_autofree char *far = g_build_filename (fixture->home, "work", "inner.local.toml", NULL);
  g_autofree char *near = add_project_file (fixture, ".config/inner.toml", high, TRUE);
  g_autofree char *below = g_build_filename (fixture->project, "src", "inner.toml", NULL);
  g_autoptr (InnerConfiguration) configuration = NULL;

  write_file (far, low);
  approve (fixture, far, low);
  write_file (below, "default_profile = 'below'\n");
  approve (fixture, below, "default_profile = 'below'\n");
  configuration = read_here (fixture);

  assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, "high", near, 1);
  g_assert_cmpstr (find_alias (configuration, "kept")->path, ==, far);
  g_assert_cmpstr (find_alias (configuration, "other")->path, ==, near);
  g_assert_cmpuint (configuration->layers->len, ==, 4);
}

/* On its way the walk passes $HOME, where .config/inner/config.toml is the user's own and not a
 * project's; the other names there are a project's. */
static void
test_walk_passes_home (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_build_filename (fixture->home, ".config", "inner.toml", NULL);
  g_autoptr (InnerConfiguration) configuration = NULL;

  write_file (fixture->user_file, "log_dir = '/logs'\n");
  write_file (other, "default_profile = 'evil'\n");
  configuration = read_here (fixture);

  g_assert_cmpuint (configuration->layers->len, ==, 3);
  assert_value (configuration, INNER_SETTING_LOG_DIR, "/logs", fixture->user_file, 1);
  assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, "shell", INNER_ORIGIN_DEFAULT, 0);
  assert_warnings (configuration, 1, "not approved");
}

/* Through a link on the way the same file is found only once, and is known by its real path. */
static void
test_walk_through_link (Fixture *fixture, gconstpointer data)
{
  const char *text = "default_profile = 'mine'\n";
  g_autofree char *path = add_project_file (fixture, ".inner/config.toml", text, TRUE);
  g_autofree char *link = g_build_filename (fixture->home, "link", NULL);
  g_autofree char *again = g_build_filename (fixture->project, ".config", NULL);
  g_autoptr (InnerConfiguration) configuration = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink (fixture->project, link), ==, 0);
  g_assert_cmpint (g_mkdir (again, 0700), ==, 0);
  g_free (again);
  again = g_build_filename (fixture->project, ".config", "inner", NULL);
  g_assert_cmpint (symlink ("../.inner", again), ==, 0);
  configuration = inner_configuration_read (&fixture->places, link, &error);

  g_assert_no_error (error);
  assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, "mine", path, 1);
  g_assert_cmpuint (configuration->layers->len, ==, 3);
}

static void
test_without_directory (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = add_project_file (fixture, "inner.toml", "log_dir = 'x'\n", FALSE);
  g_autoptr (InnerConfiguration) configuration =
      inner_configuration_read (&fixture->places, NULL, NULL);

  g_assert_nonnull (configuration);
  g_assert_cmpuint (configuration->layers->len, ==, 2);
  assert_warnings (configuration, 0, "");
}

static void
test_unapproved (Fixture *fixture, gconstpointer data)
{
  const char *text =
      "default_profile = 'evil'\nlog_dir = '/etc'\n[aliases]\nps = 'run'\nzz = 'ps'\n"
      "[default_limits]\npids = 1\n";
  g_autofree char *path = add_project_file (fixture, ".inner/config.toml", text, FALSE);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autofree char *advice = g_strdup_printf ("“innerctl profile trust %s”", path);
  g_autoptr (InnerConfiguration) configuration = read_here (fixture);
  const InnerConfigurationLayer *layer = configuration->layers->pdata[2];

  assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, "shell", INNER_ORIGIN_DEFAULT, 0);
  assert_value (configuration, INNER_SETTING_LOG_DIR, NULL, NULL, 0);
  assert_value (configuration, INNER_SETTING_PIDS, "512", INNER_ORIGIN_AUTO, 0);
  g_assert_cmpuint (configuration->aliases->len, ==, 0);
  assert_warnings (configuration, 1, advice);

  g_assert_true (layer->exists);
  g_assert_false (layer->trusted);
  g_assert_cmpstr (layer->digest, ==, digest);
  g_assert_cmpuint (g_strv_length (layer->asks), ==, 5);
  g_assert_nonnull (strstr (layer->asks[0], "“evil”"));
  g_assert_nonnull (strstr (layer->asks[3], "“innerctl run”"));
  g_assert_cmpstr (layer->aliases[1], ==, "zz");
}

/* Attacks 64 and 109: any other byte, any other place, and the approval is over. */
static void
test_approval_ends (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      add_project_file (fixture, ".inner/config.toml", "default_profile = 'mine'\n", TRUE);
  g_autofree char *copy =
      add_project_file (fixture, "inner.toml", "default_profile = 'mine'\n", FALSE);
  g_autoptr (InnerConfiguration) before = read_here (fixture);
  g_autoptr (InnerConfiguration) after = NULL;

  assert_value (before, INNER_SETTING_DEFAULT_PROFILE, "mine", path, 1);
  assert_warnings (before, 1, copy);
  write_file (path, "default_profile = 'mine' \n");
  after = read_here (fixture);
  assert_value (after, INNER_SETTING_DEFAULT_PROFILE, "shell", INNER_ORIGIN_DEFAULT, 0);
  assert_warnings (after, 2, "not approved");
}

static void
test_project_narrows_limits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerConfiguration) configuration = NULL;
  g_autofree char *path = NULL;

  write_file (fixture->user_file, "[default_limits]\nmemory = '1G'\n");
  path = add_project_file (fixture, "inner.toml",
                           "[default_limits]\nmemory = '512M'\ncpu = '1.0'\npids = 0\n", TRUE);
  configuration = read_here (fixture);
  assert_value (configuration, INNER_SETTING_MEMORY, "512M", path, 2);
  assert_value (configuration, INNER_SETTING_CPU, "1.0", path, 3);
  assert_value (configuration, INNER_SETTING_PIDS, "512", INNER_ORIGIN_AUTO, 0);
  assert_warnings (configuration, 0, "");
}

/* Above the user's own limits, and above the automatic ones where the user has none. */
static void
test_project_limits_are_clamped (Fixture *fixture, gconstpointer data)
{
  const char *modest = "[default_limits]\nmemory = '256M'\n";
  const char *greedy = "[default_limits]\nmemory = '1025M'\ncpu = '301%'\npids = 513\n";
  g_autofree char *above = g_build_filename (fixture->home, "work", "inner.toml", NULL);
  g_autofree char *path = add_project_file (fixture, "inner.toml", greedy, TRUE);
  g_autoptr (InnerConfiguration) configuration = NULL;

  write_file (fixture->user_file, "[default_limits]\nmemory = '1G'\n");
  write_file (above, modest);
  approve (fixture, above, modest);
  configuration = read_here (fixture);
  assert_value (configuration, INNER_SETTING_MEMORY, "1G", fixture->user_file, 2);
  assert_value (configuration, INNER_SETTING_CPU, "300%", INNER_ORIGIN_AUTO, 0);
  assert_value (configuration, INNER_SETTING_PIDS, "512", INNER_ORIGIN_AUTO, 0);
  assert_warnings (configuration, 3, "more than the user's own");
  assert_warnings (configuration, 3, path);
}

/* The same amount in other words is no more. */
static void
test_project_limits_are_compared_by_amount (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerConfiguration) configuration = NULL;
  g_autofree char *path = NULL;

  write_file (fixture->user_file, "[default_limits]\nmemory = '1G'\ncpu = '200%'\n");
  path = add_project_file (fixture, "inner.toml", "[default_limits]\nmemory = '1024M'\ncpu = 2.0\n",
                           TRUE);
  configuration = read_here (fixture);
  assert_value (configuration, INNER_SETTING_MEMORY, "1024M", path, 2);
  assert_value (configuration, INNER_SETTING_CPU, "2", path, 3);
  assert_warnings (configuration, 0, "");
}

static void
test_project_has_no_log_directory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerConfiguration) configuration = NULL;
  g_autofree char *path = NULL;

  write_file (fixture->user_file, "log_dir = '/logs'\n");
  path = add_project_file (fixture, "inner.toml", "log_dir = '/etc'\n", TRUE);
  configuration = read_here (fixture);
  assert_value (configuration, INNER_SETTING_LOG_DIR, "/logs", fixture->user_file, 1);
  assert_warnings (configuration, 1, "where logs go");
}

static void
test_project_names_profiles_only (Fixture *fixture, gconstpointer data)
{
  static const char *const words[] = {
    "/tmp/evil.toml", "~/evil.toml", "./evil", "../evil", "https://evil.example/p.toml", "a/b",
    ".hidden"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *text = g_strdup_printf ("default_profile = '%s'\n", words[i]);
      g_autofree char *path = add_project_file (fixture, "inner.toml", text, TRUE);
      g_autoptr (InnerConfiguration) configuration = read_here (fixture);

      assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, "shell", INNER_ORIGIN_DEFAULT, 0);
      assert_warnings (configuration, 1, "can only name a profile");
    }
}

static void
test_project_workspaces (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *name;
    const char *text;
    gboolean good;
  } cases[] = {
    { ".inner/config.toml", "~/work/project/workspaces", TRUE },
    { ".config/inner.toml", "~/work/project/workspaces", TRUE },
    { ".config/inner/config.toml", "$HOME/work/project/a/b", TRUE },
    { "inner.toml", "~/work/project", TRUE },
    { "inner.toml", "~/work/project/../project/x", TRUE },
    { "inner.toml", "~/work", FALSE },
    { "inner.toml", "~/work/projects", FALSE },
    { "inner.toml", "~/work/project/../other", FALSE },
    { "inner.toml", "/", FALSE },
    { "inner.toml", "~/work/project/link", FALSE },
    { "inner.toml", "~/work/project/link/below", FALSE },
    { "inner.toml", "~/work/project/dangling", FALSE },
    { "inner.toml", "~/work/project/dangling/below", FALSE },
    { "inner.toml", "workspaces", FALSE },
    { "inner.toml", "${HOME", FALSE },
    { "inner.toml", "$UNSET/workspaces", FALSE },
  };
  g_autofree char *link = g_build_filename (fixture->project, "link", NULL);
  g_autofree char *dangling = g_build_filename (fixture->project, "dangling", NULL);

  g_assert_cmpint (symlink (fixture->home, link), ==, 0);
  g_assert_cmpint (symlink ("/no/such/place", dangling), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("workspaces_path = '%s'\n", cases[i].text);
      g_autofree char *path = add_project_file (fixture, cases[i].name, text, TRUE);
      g_autoptr (InnerConfiguration) configuration = read_here (fixture);

      g_test_message ("%s in %s", cases[i].text, cases[i].name);
      g_assert_cmpstr (configuration->values[INNER_SETTING_WORKSPACES_PATH].path, ==,
                       cases[i].good ? path : NULL);
      assert_warnings (configuration, cases[i].good ? 0 : 1, "workspaces_path");
      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static void
test_unset_variables (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerConfiguration) configuration = NULL;

  write_file (fixture->user_file, "log_dir = '/logs/${WHOSE}/$UID'\n");
  configuration = read_here (fixture);
  assert_value (configuration, INNER_SETTING_LOG_DIR, "/logs/1234", fixture->user_file, 1);
  assert_warnings (configuration, 1, "“WHOSE” is not set");
}

static void
test_default_profile_of_the_user (Fixture *fixture, gconstpointer data)
{
  g_autofree char *expected = g_build_filename (fixture->home, "p.toml", NULL);
  g_autoptr (InnerConfiguration) configuration = NULL;

  write_file (fixture->user_file, "default_profile = '~/p.toml'\n");
  configuration = read_here (fixture);
  assert_value (configuration, INNER_SETTING_DEFAULT_PROFILE, expected, fixture->user_file, 1);
  write_file (fixture->user_file, "\n default_profile = 'https://a.example/p.toml'\n");
  assert_broken (fixture, fixture->user_file, ":2:20: ", "is an address");
  write_file (fixture->user_file, "default_profile = 'a/b'\n");
  assert_broken (fixture, fixture->user_file, ":1:19: ", "neither the name");
}

static const struct
{
  const char *text;
  const char *place;
  const char *word;
} broken[] = {
  { "default_profil = 'x'\n", ":1:1: ", "did you mean “default_profile”" },
  { "memory = '1G'\n", ":1:1: ", "did you mean “default_limits.memory”" },
  { "colour = 'x'\n", ":1:1: ", "a configuration has: default_profile" },
  { "[default_limits]\nmemroy = '1G'\n", ":2:1: ",
    "“default_limits.memroy” is not known here; did "
    "you mean “memory”" },
  { "[alises]\nx = 'ps'\n", ":1:2: ", "did you mean “aliases”" },
  { "[sandbox]\nnetwork = true\n", ":1:", "is not known here" },
  { "'default_limits.memory' = '1G'\n", ":1:1: ", "is not known here" },
  { "default_profile = 1\n", ":1:19: ", "must be a text here, not a whole number" },
  { "default_profile = ['a']\n", ":1:19: ", "must be a text here, not a list" },
  { "aliases = 'ps'\n", ":1:11: ", "must be a table here" },
  { "default_limits = 5\n", ":1:18: ", "must be a table" },
  { "[[aliases]]\nx = 'ps'\n", ":1:", "must be a table here" },
  { "[aliases]\nx = 1\n", ":2:5: ", "must be a text" },
  { "[aliases]\nx.y = 'ps'\n", ":2:1: ", "must be a text; put quotes" },
  { "[aliases]\n'-x' = 'ps'\n", ":2:1: ", "cannot be an alias" },
  { "[aliases]\n'two words' = 'ps'\n", ":2:1: ", "cannot be an alias" },
  { "[aliases]\n'' = 'ps'\n", ":2:1: ", "cannot be an alias" },
  { "[aliases]\nx = '  '\n", ":2:5: ", "stands for nothing" },
  { "[aliases]\nx = \"a\\u0007\"\n", ":2:5: ", "control character" },
  { "[default_limits]\nmemory = '1X'\n", ":2:10: ", "The limit “memory” cannot be “1X”" },
  { "[default_limits]\nmemory = 5\n", ":2:10: ", "must be a text here" },
  { "[default_limits]\ncpu = 'all'\n", ":2:7: ", "The limit “cpu” cannot be “all”" },
  { "[default_limits]\ncpu = -1\n", ":2:7: ", "The limit “cpu” cannot be “-1”" },
  { "[default_limits]\npids = -1\n", ":2:8: ", "must not be negative" },
  { "[default_limits]\npids = '5'\n", ":2:8: ", "must be a whole number" },
  { "log_dir = 'logs'\n", ":1:11: ", "is not an absolute path" },
  { "log_dir = '${HOME'\n", ":1:11: ", "end the name with “}”" },
  { "workspaces_path = '${workspaces_path}/x'\n", ":1:19: ", "stands for nothing here" },
  { "log_dir = '/a'\nlog_dir = '/b'\n", ":2:", "not valid TOML" },
  { "log_dir = \n", ":1:", "not valid TOML" },
};

/* A broken file that counts is an error, and one that does not is a warning. */
static void
test_broken (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_test_message ("%s", broken[i].text);
      write_file (fixture->user_file, broken[i].text);
      assert_broken (fixture, fixture->user_file, broken[i].place, broken[i].word);
    }
}

static void
test_broken_project (Fixture *fixture, gconstpointer data)
{
  const char *text = "\ncolour = 'x'\n";
  g_autofree char *path = add_project_file (fixture, "inner.toml", text, FALSE);
  g_autoptr (InnerConfiguration) configuration = read_here (fixture);

  assert_warnings (configuration, 1, "inner.toml:2:1: “colour” is not known");
  approve (fixture, path, text);
  assert_broken (fixture, path, ":2:1: ", "“colour” is not known");
}

static void
make_unreadable (const char *path, int kind)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *big = NULL;
  int fd;

  switch (kind)
    {
    case 0:
      g_assert_cmpint (mkfifo (path, 0600), ==, 0);
      break;
    case 1:
      g_assert_cmpint (symlink ("/etc/passwd", path), ==, 0);
      break;
    case 2:
      g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
      break;
    case 3:
      g_strlcpy (address.sun_path, path, sizeof address.sun_path);
      fd = socket (AF_UNIX, SOCK_STREAM, 0);
      g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
      close (fd);
      break;
    case 4:
      big = g_strnfill (EIGHT_MIB, '#');
      g_assert_true (g_file_set_contents (path, big, EIGHT_MIB, NULL));
      break;
    case 5:
      g_assert_true (g_file_set_contents (path, "log_dir = '/a\0b'\n", 17, NULL));
      break;
    case 6:
      g_assert_true (g_file_set_contents (path, "log_dir = '/a\xff'\n", -1, NULL));
      break;
    case 7:
      big = g_strnfill (1000 * 1000, '[');
      g_assert_true (g_file_set_contents (path, big, -1, NULL));
      break;
    default:
      g_assert_not_reached ();
    }
}

static const char *const unreadable[] = {
  "named pipe",  "symbolic link", "directory", "socket",
  "larger than", "NUL byte",      "not UTF-8", "nests more than",
};

/* What lies where a file of ours should lie must not hang or fool us: a warning where it is a project's,
 * an error where it is the user's own (attacks 35 and 46). */
static void
test_hostile_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->project, "inner.toml", NULL);
  g_autofree char *user_directory = g_path_get_dirname (fixture->user_file);

  g_mkdir_with_parents (user_directory, 0700);
  for (gsize i = 0; i < G_N_ELEMENTS (unreadable); i++)
    {
      g_autoptr (InnerConfiguration) configuration = NULL;

      make_unreadable (path, i);
      configuration = read_here (fixture);
      assert_warnings (configuration, 1, unreadable[i]);
      g_assert_cmpint (g_remove (path), ==, 0);

      make_unreadable (fixture->user_file, i);
      assert_broken (fixture, fixture->user_file, ":1:", unreadable[i]);
      g_assert_cmpint (g_remove (fixture->user_file), ==, 0);
    }
}

static void
test_others_may_not_write (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_path_get_dirname (fixture->user_file);

  write_file (fixture->user_file, "log_dir = '/logs'\n");
  g_assert_cmpint (g_chmod (fixture->user_file, 0666), ==, 0);
  assert_broken (fixture, fixture->user_file, ":1:1: ", "Other users can write");
  g_assert_cmpint (g_chmod (fixture->user_file, 0600), ==, 0);
  g_assert_cmpint (g_chmod (directory, 0777), ==, 0);
  assert_broken (fixture, fixture->user_file, ":1:1: ", "Other users can write");
}

/* What a file says is shown to people: no control characters, nothing that turns the line around. */
static void
test_sentences_are_escaped (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      add_project_file (fixture, "inner\u202e.toml", "default_profile = \"x\"\n", FALSE);
  g_autofree char *real =
      add_project_file (fixture, "inner.toml",
                        "default_profile = \"a\u202eb\"\n[aliases]\n\"\u202e\" = 'ps'\n", TRUE);
  g_autoptr (InnerConfiguration) configuration = read_here (fixture);
  const InnerConfigurationLayer *layer = configuration->layers->pdata[2];

  g_assert_cmpuint (g_strv_length (layer->asks), ==, 2);
  for (char **sentence = layer->asks; *sentence != NULL; sentence++)
    g_assert_null (strstr (*sentence, "\u202e"));
}

static void
test_check (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) good = NULL;
  g_autoptr (GPtrArray) unreadable_file = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autoptr (GPtrArray) problems = NULL;

      write_file (fixture->user_file, broken[i].text);
      problems = inner_configuration_check (&fixture->places, fixture->user_file, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (problems->len, >=, 1);
      g_assert_nonnull (strstr (((InnerProblem *) problems->pdata[0])->message, broken[i].word));
    }
  write_file (fixture->user_file, "log_dir = '~/x'\n");
  good = inner_configuration_check (&fixture->places, fixture->user_file, &error);
  g_assert_cmpuint (good->len, ==, 0);
  unreadable_file = inner_configuration_check (&fixture->places, fixture->home, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (unreadable_file->len, ==, 1);
  g_assert_true (g_str_has_prefix (((InnerProblem *) unreadable_file->pdata[0])->message,
                                   "This is a directory"));
  g_assert_null (inner_configuration_check (&fixture->places, "/no/such/config.toml", &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND);
}

/* A person who made three mistakes is told of three. */
static void
test_check_tells_all (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) problems = NULL;

  write_file (fixture->user_file, "colour = 1\nlog_dir = 2\n[default_limits]\npids = 'x'\n");
  problems = inner_configuration_check (&fixture->places, fixture->user_file, NULL);
  g_assert_cmpuint (problems->len, ==, 3);
  g_assert_cmpuint (((InnerProblem *) problems->pdata[2])->at.line, ==, 4);
}

static void
test_names_of_files (void)
{
  g_assert_true (inner_configuration_is_file ("/a/.config/inner/config.toml"));
  g_assert_true (inner_configuration_is_file ("/a/.inner/config.local.toml"));
  g_assert_true (inner_configuration_is_file ("/a/inner.toml"));
  g_assert_true (inner_configuration_is_file ("/a/inner.local.toml"));
  g_assert_true (inner_configuration_is_file ("/a/.inner-edit-config-X1.toml"));
  g_assert_false (inner_configuration_is_file ("config.toml"));
  g_assert_false (inner_configuration_is_file ("/a/profiles/config.toml"));
  g_assert_false (inner_configuration_is_file ("/a/profiles/.inner-edit-config-X1.toml"));
  g_assert_false (inner_configuration_is_file ("/a/shell.toml"));
  g_assert_false (inner_configuration_is_file ("/a/config.xml"));
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*function) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "nothing", test_nothing },
    { "automatic-limits", test_automatic_limits },
    { "system-and-user", test_system_and_user },
    { "project-files", test_project_files },
    { "walk", test_walk },
    { "walk-passes-home", test_walk_passes_home },
    { "walk-through-link", test_walk_through_link },
    { "without-directory", test_without_directory },
    { "unapproved", test_unapproved },
    { "approval-ends", test_approval_ends },
    { "project-narrows-limits", test_project_narrows_limits },
    { "project-limits-are-clamped", test_project_limits_are_clamped },
    { "project-limits-by-amount", test_project_limits_are_compared_by_amount },
    { "project-has-no-log-directory", test_project_has_no_log_directory },
    { "project-names-profiles-only", test_project_names_profiles_only },
    { "project-workspaces", test_project_workspaces },
    { "unset-variables", test_unset_variables },
    { "default-profile-of-the-user", test_default_profile_of_the_user },
    { "broken", test_broken },
    { "broken-project", test_broken_project },
    { "hostile-files", test_hostile_files },
    { "others-may-not-write", test_others_may_not_write },
    { "sentences-are-escaped", test_sentences_are_escaped },
    { "check", test_check },
    { "check-tells-all", test_check_tells_all },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/configuration/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].function, tear_down);
    }
  g_test_add_func ("/configuration/names-of-files", test_names_of_files);
  return g_test_run ();
}
