/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What files of projects may not do, and files that were made to do harm. */

#include <sys/socket.h>
#include <sys/un.h>

#include "test-configuration-common.h"

#define EIGHT_MIB (8 * 1024 * 1024)

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
      G_GNUC_UNUSED g_autofree char *path = add_project_file (fixture, "inner.toml", text, TRUE);
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
  G_GNUC_UNUSED g_autofree char *path =
      add_project_file (fixture, "inner\u202e.toml", "default_profile = \"x\"\n", FALSE);
  G_GNUC_UNUSED g_autofree char *real =
      add_project_file (fixture, "inner.toml",
                        "default_profile = \"a\u202eb\"\n[aliases]\n\"\u202e\" = 'ps'\n", TRUE);
  g_autoptr (InnerConfiguration) configuration = read_here (fixture);
  const InnerConfigurationLayer *layer = configuration->layers->pdata[2];

  g_assert_cmpuint (g_strv_length (layer->asks), ==, 2);
  for (char **sentence = layer->asks; *sentence != NULL; sentence++)
    g_assert_null (strstr (*sentence, "\u202e"));
}

/* Attacks 65 and 109: what an approved page of settings may call by a word. */
static void
test_project_aliases_only_run (Fixture *fixture, gconstpointer data)
{
  static const char *const refused[] = { "profile install https://x.example/a --sha256 0",
                                         "profile trust x",
                                         "init",
                                         "runs x",
                                         "'run' -p x",
                                         "run -p https://x.example/a --allow-remote",
                                         "run --trust-remote",
                                         "run --trust'-'remote",
                                         "run --allow\\\\-remote" };
  g_autoptr (GString) text = g_string_new ("[aliases]\ngood = 'run -p x'\nshort = 'run'\n");
  g_autoptr (InnerConfiguration) configuration = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    g_string_append_printf (text, "bad%zu = \"%s\"\n", i, refused[i]);
  write_file (fixture->user_file, "[aliases]\nmine = 'profile list'\n");
  g_free (add_project_file (fixture, "inner.toml", text->str, TRUE));
  configuration = read_here (fixture);
  g_assert_cmpuint (configuration->aliases->len, ==, 3);
  assert_warnings (configuration, G_N_ELEMENTS (refused), "does not count");
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*function) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "unapproved", test_unapproved },
    { "approval-ends", test_approval_ends },
    { "project-narrows-limits", test_project_narrows_limits },
    { "project-limits-are-clamped", test_project_limits_are_clamped },
    { "project-limits-by-amount", test_project_limits_are_compared_by_amount },
    { "project-has-no-log-directory", test_project_has_no_log_directory },
    { "project-names-profiles-only", test_project_names_profiles_only },
    { "project-workspaces", test_project_workspaces },
    { "project-aliases-only-run", test_project_aliases_only_run },
    { "broken-project", test_broken_project },
    { "hostile-files", test_hostile_files },
    { "others-may-not-write", test_others_may_not_write },
    { "sentences-are-escaped", test_sentences_are_escaped },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/configuration-untrusted/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].function, tear_down);
    }
  return g_test_run ();
}
