/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-git-facts.h"
#include "inner-git-settings.h"

/* Which git settings go in, and whether git reads what we write: asked of git itself. */

#define GIT "/usr/bin/git"

static void
assert_kept (const char *key, const char *value, gboolean expected)
{
  if (inner_git_setting_is_kept (key, value) != expected)
    g_error ("%s = %s is %s", key, value, expected ? "left out" : "kept");
}

/* Settings from which git or a program around it runs something, looks elsewhere or has a secret. */
static void
test_nothing_that_runs_or_tells (void)
{
  static const char *const keys[] = { "alias.x.command",
                                      "browser.w3m.cmd",
                                      "browser.w3m.path",
                                      "commit.gpgsign",
                                      "commit.template",
                                      "core.alternaterefscommand",
                                      "core.askpass",
                                      "core.attributesfile",
                                      "core.editor",
                                      "core.excludesfile",
                                      "core.fsmonitor",
                                      "core.gitproxy",
                                      "core.hookspath",
                                      "core.notesref",
                                      "core.pager",
                                      "core.sshcommand",
                                      "core.worktree",
                                      "credential.helper",
                                      "credential.https://example.com.helper",
                                      "credential.username",
                                      "diff.external",
                                      "diff.image.command",
                                      "diff.image.textconv",
                                      "diff.guitool",
                                      "diff.tool",
                                      "difftool.x.cmd",
                                      "difftool.x.path",
                                      "filter.lfs.clean",
                                      "filter.lfs.process",
                                      "filter.lfs.required",
                                      "filter.lfs.smudge",
                                      "github.oauth-token",
                                      "github.user",
                                      "gpg.program",
                                      "gpg.ssh.defaultkeycommand",
                                      "gpg.x509.program",
                                      "gui.tool.cmd",
                                      "guitool.x.cmd",
                                      "http.cookiefile",
                                      "http.extraheader",
                                      "http.https://example.com.extraheader",
                                      "http.proxy",
                                      "http.sslkey",
                                      "imap.pass",
                                      "imap.tunnel",
                                      "include.path",
                                      "includeif.gitdir:~/x/.path",
                                      "init.templatedir",
                                      "instaweb.httpd",
                                      "interactive.difffilter",
                                      "lfs.customtransfer.x.path",
                                      "man.x.cmd",
                                      "man.x.path",
                                      "merge.mine.driver",
                                      "merge.tool",
                                      "mergetool.x.cmd",
                                      "mergetool.x.path",
                                      "pager.log",
                                      "protocol.ext.allow",
                                      "receive.procreceiverefs",
                                      "remote.origin.receivepack",
                                      "remote.origin.uploadpack",
                                      "remote.origin.url",
                                      "remote.origin.vcs",
                                      "sendemail.smtppass",
                                      "sendemail.smtpserver",
                                      "sequence.editor",
                                      "sendemail.tocmd",
                                      "submodule.x.update",
                                      "svn-remote.x.url",
                                      "tar.x.command",
                                      "trailer.x.cmd",
                                      "trailer.x.command",
                                      "uploadpack.packobjectshook",
                                      "url.https://user:token@example.com/.insteadof",
                                      "user.signingkey",
                                      "web.browser" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    assert_kept (keys[i], "evil", FALSE);
  assert_kept ("alias.x", "!sh -c evil", FALSE);
  assert_kept ("alias.x", "  !evil", FALSE);
  assert_kept ("alias.x", "-c core.pager=evil log", FALSE);
  assert_kept ("alias.x", "--exec-path=/evil log", FALSE);
  assert_kept ("alias.x", NULL, FALSE);
  assert_kept ("nodot", "x", FALSE);
  assert_kept ("user.name", "\xff", FALSE);
}

static void
test_what_is_kept (void)
{
  static const char *const keys[] = { "user.name",           "user.email",  "init.defaultbranch",
                                      "core.autocrlf",       "pull.rebase", "color.diff.meta",
                                      "merge.conflictstyle", "alias.co",    "safe.directory",
                                      "advice.detachedhead" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    assert_kept (keys[i], "value", TRUE);
  assert_kept ("commit.verbose", NULL, TRUE);
}

static void
test_names (void)
{
  static const struct
  {
    const char *name;
    const char *key;
    gboolean matches;
  } cases[] = {
    { "credential", "credential.helper", TRUE },
    { "Credential", "credential.https://x.y.helper", TRUE },
    { "credential.helper", "credential.helper", TRUE },
    { "credential.Helper", "credential.https://x.y.helper", TRUE },
    { "credential.https://x.y", "credential.https://x.y.helper", TRUE },
    { "credential.https://x.y.helper", "credential.https://x.y.helper", TRUE },
    { "core.hooksPath", "core.hookspath", TRUE },
    { "core.hooksPath", "core.pager", FALSE },
    { "cred", "credential.helper", FALSE },
    { "credential.username", "credential.helper", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (inner_git_name_matches (cases[i].name, cases[i].key), ==, cases[i].matches);
}

/* A home directory, and git's own list of a file in it */

typedef struct
{
  char *home;
  InnerHost *host;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->home = g_dir_make_tmp ("inner-git-XXXXXX", NULL);
  fixture->host = inner_host_new_empty ();
  fixture->host->home = g_strdup (fixture->home);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture->home);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  inner_host_free (fixture->host);
  g_free (fixture->home);
}

static char *
put (Fixture *fixture, const char *name, const char *text)
{
  char *path = g_build_filename (fixture->home, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
read_files (Fixture *fixture, const char *git, const char *first, const char *second)
{
  const char *const paths[] = { first, second, NULL };

  g_clear_pointer (&fixture->host->git_settings, g_ptr_array_unref);
  g_clear_pointer (&fixture->host->git_problem, g_free);
  inner_host_read_git (fixture->host, git, paths);
}

static char *
list (Fixture *fixture)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < fixture->host->git_settings->len; i++)
    {
      const InnerGitValue *one = fixture->host->git_settings->pdata[i];

      g_string_append_printf (text, "%s=%s;", one->key, one->value != NULL ? one->value : "(none)");
    }
  return g_string_free (text, FALSE);
}

static gboolean
has_git (void)
{
  if (g_file_test (GIT, G_FILE_TEST_IS_EXECUTABLE))
    return TRUE;
  g_test_skip ("git is not installed");
  return FALSE;
}

static char *
random_text (gsize max)
{
  static const char *const pieces[] = { "a",  "Z",    " ",   "\t",   "\n",   "\r",  "\r\n", "\"",
                                        "\\", "'",    "#",   ";",    "=",    "[",   "]",    "ä",
                                        "\b", "$(x)", "\\n", "\\\"", "\x01", "\x7f" };
  GString *text = g_string_new (NULL);
  gsize n = g_test_rand_int_range (0, max);

  for (gsize i = 0; i < n; i++)
    g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
  return g_string_free (text, FALSE);
}

static GPtrArray *
random_values (void)
{
  GPtrArray *values = inner_git_values_new ();

  for (int i = 0; i < 60; i++)
    {
      g_autofree char *value = random_text (12);
      g_autofree char *subsection = random_text (6);
      g_autofree char *key = NULL;

      g_strdelimit (subsection, "\n", '_');
      key = g_test_rand_bit ()
                ? g_strdup_printf ("s%d.k%d", g_test_rand_int_range (0, 3), i % 7)
                : g_strdup_printf ("s%d.%s.k%d", g_test_rand_int_range (0, 3), subsection, i % 7);
      inner_git_values_add (values, key, g_test_rand_int_range (0, 10) == 0 ? NULL : value);
    }
  return values;
}

/* Whatever is written, git reads the same settings in the same order: a carriage return, quotation marks,
 * subsections, keys with several values and with none. */
static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  for (int round = 0; round < 40 && has_git (); round++)
    {
      g_autoptr (GPtrArray) values = random_values ();
      g_autofree char *text = inner_git_values_write (values);
      g_autofree char *path = put (fixture, "config", text);
      const char *arguments[] = { GIT, "config", "--list", "-z", "--file", path, NULL };
      g_autoptr (GSubprocess) git =
          g_subprocess_newv (arguments, G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
      g_autoptr (GBytes) output = NULL;
      g_autoptr (GByteArray) expected = g_byte_array_new ();

      g_assert_true (g_subprocess_communicate (git, NULL, NULL, &output, NULL, NULL));
      g_assert_true (g_subprocess_get_successful (git));
      for (guint i = 0; i < values->len; i++)
        {
          const InnerGitValue *one = values->pdata[i];

          g_byte_array_append (expected, (const guint8 *) one->key, strlen (one->key));
          if (one->value != NULL)
            {
              g_byte_array_append (expected, (const guint8 *) "\n", 1);
              g_byte_array_append (expected, (const guint8 *) one->value, strlen (one->value));
            }
          g_byte_array_append (expected, (const guint8 *) "", 1);
        }
      g_assert_cmpmem (g_bytes_get_data (output, NULL), g_bytes_get_size (output), expected->data,
                       expected->len);
    }
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = put (fixture, "one", "[user]\n\tname = A\n[core]\n\tpager = evil\n");
  g_autofree char *second =
      put (fixture, "two",
           "[user]\n\temail = a@b.c\n[commit]\n\tverbose\n[user]\n\tname = B \\\"x\\\"\n");
  g_autofree char *found = NULL;

  if (!has_git ())
    return;
  read_files (fixture, GIT, first, second);
  found = list (fixture);
  g_assert_cmpstr (found, ==,
                   "user.name=A;user.email=a@b.c;commit.verbose=(none);user.name=B \"x\";");
  g_assert_null (fixture->host->git_problem);
}

static void
test_includes (Fixture *fixture, gconstpointer data)
{
  G_GNUC_UNUSED g_autofree char *included =
      put (fixture, "more", "[user]\n\tname = Included\n[core]\n\tsshCommand = evil\n");
  G_GNUC_UNUSED g_autofree char *conditional = put (fixture, "work", "[user]\n\tname = Work\n");
  g_autofree char *path =
      put (fixture, "config",
           "[include]\n\tpath = more\n[include]\n\tpath = ~/more\n[include]\n\tpath = missing\n"
           "[includeIf \"gitdir:/\"]\n\tpath = work\n");
  g_autofree char *found = NULL;
  g_autofree char *changed = NULL;

  if (!has_git ())
    return;
  read_files (fixture, GIT, path, NULL);
  found = list (fixture);
  g_assert_cmpstr (found, ==, "user.name=Included;user.name=Included;");

  /* What is included may change while the file that includes it does not. */
  g_free (put (fixture, "more", "[user]\n\tname = Changed\n"));
  read_files (fixture, GIT, path, NULL);
  changed = list (fixture);
  g_assert_cmpstr (changed, ==, "user.name=Changed;user.name=Changed;");
}

static void
test_changed_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = put (fixture, "config", "[user]\n\tname = A\n");

  for (int i = 0; i < 3 && has_git (); i++)
    {
      g_autofree char *text = g_strdup_printf ("[user]\n\tname = %d\n", i);
      g_autofree char *expected = g_strdup_printf ("user.name=%d;", i);
      g_autofree char *found = NULL;

      g_free (put (fixture, "config", text));
      for (int again = 0; again < 2; again++)
        {
          g_free (found);
          read_files (fixture, GIT, path, NULL);
          found = list (fixture);
          g_assert_cmpstr (found, ==, expected);
        }
    }
}

/* Nothing that cannot be read ends or delays anything: no git, a mistake, a FIFO in place of the file or of what it
 * includes. */
static void
test_problems (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fifo = g_build_filename (fixture->home, "fifo", NULL);
  g_autofree char *includes = put (fixture, "includes", "[include]\n\tpath = fifo\n");
  g_autofree char *bad = put (fixture, "bad", "[user\n");
  g_autofree char *good = put (fixture, "good", "[user]\n\tname = A\n");
  const char *const broken[] = { bad, fifo, includes };
  gint64 begin = g_get_monotonic_time ();

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  read_files (fixture, NULL, good, NULL);
  g_assert_cmpuint (fixture->host->git_settings->len, ==, 0);
  g_assert_nonnull (strstr (fixture->host->git_problem, "no git"));
  read_files (fixture, NULL, "/nonexistent/x", NULL);
  g_assert_null (fixture->host->git_problem);

  for (gsize i = 0; i < G_N_ELEMENTS (broken) && has_git (); i++)
    {
      g_autofree char *found = NULL;

      read_files (fixture, GIT, broken[i], good);
      found = list (fixture);
      g_assert_cmpstr (found, ==, "user.name=A;");
      g_assert_nonnull (strstr (fixture->host->git_problem, broken[i]));
    }
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 8 * G_USEC_PER_SEC);
}

/* Attack 30: what git reads depends on the file alone. */
static void
test_environment_has_no_say (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = put (fixture, "config", "[user]\n\tname = A\n");
  g_autofree char *other = put (fixture, "other", "[user]\n\tname = Evil\n");
  g_autofree char *found = NULL;

  if (!has_git ())
    return;
  g_setenv ("GIT_CONFIG_COUNT", "1", TRUE);
  g_setenv ("GIT_CONFIG_KEY_0", "user.name", TRUE);
  g_setenv ("GIT_CONFIG_VALUE_0", "Evil", TRUE);
  g_setenv ("GIT_CONFIG", other, TRUE);
  g_setenv ("GIT_TRACE", other, TRUE);
  read_files (fixture, GIT, path, NULL);
  found = list (fixture);
  g_assert_cmpstr (found, ==, "user.name=A;");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define TEST(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  g_test_add_func ("/git-settings/nothing-that-runs-or-tells", test_nothing_that_runs_or_tells);
  g_test_add_func ("/git-settings/what-is-kept", test_what_is_kept);
  g_test_add_func ("/git-settings/names", test_names);
  TEST ("/git-settings/round-trip", test_round_trip);
  TEST ("/git-settings/files", test_files);
  TEST ("/git-settings/includes", test_includes);
  TEST ("/git-settings/changed-file", test_changed_file);
  TEST ("/git-settings/problems", test_problems);
  TEST ("/git-settings/environment", test_environment_has_no_say);
#undef TEST
  return g_test_run ();
}
