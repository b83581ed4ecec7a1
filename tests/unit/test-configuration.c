/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Which files make up the configuration, and what they say. */

#include "test-configuration-common.h"

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
  const char *low = "default_profile = 'low'\n[aliases]\nkept = 'run -n'\nother = 'run -n'\n";
  const char *high = "default_profile = 'high'\n[aliases]\nother = 'run'\n";
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
  G_GNUC_UNUSED g_autofree char *path =
      add_project_file (fixture, "inner.toml", "log_dir = 'x'\n", FALSE);
  g_autoptr (InnerConfiguration) configuration =
      inner_configuration_read (&fixture->places, NULL, NULL);

  g_assert_nonnull (configuration);
  g_assert_cmpuint (configuration->layers->len, ==, 2);
  assert_warnings (configuration, 0, "");
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
    { "unset-variables", test_unset_variables },
    { "default-profile-of-the-user", test_default_profile_of_the_user },
    { "broken", test_broken },
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
