/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What extends what, from files to the effective profile (reference, section 1.5; design/profiles.md). */

#include <errno.h>
#include <sys/stat.h>

#include "test-profile-fixture.h"

#define USER "home/.config/inner/profiles/"
#define PROJECT "home/work/.inner/profiles/"

/* Files, and what the profile "x" then has for a key: as TOML and as XML. */
typedef struct
{
  const char *name;
  const char *files[12]; /* path, text, … */
  InnerKey key;
  const char *expected;
} Case;

static const Case cases[] = {
  { "later-wins",
    { USER "a.toml", "[sandbox]\nhome='host-ro'", USER "b.toml", "[sandbox]\nhome='isolated'",
      USER "x.toml", "extends=['a','b']" },
    INNER_KEY_SANDBOX_HOME,
    "'isolated'" },
  { "later-wins-other-order",
    { USER "a.toml", "[sandbox]\nhome='host-ro'", USER "b.toml", "[sandbox]\nhome='isolated'",
      USER "x.toml", "extends=['b','a']" },
    INNER_KEY_SANDBOX_HOME,
    "'host-ro'" },
  { "later-wins-xml",
    { USER "a.xml", "<profile><sandbox><home>host-ro</home></sandbox></profile>", USER "b.xml",
      "<profile><sandbox><home>isolated</home></sandbox></profile>", USER "x.xml",
      "<profile><extends><profile>a</profile><profile>b</profile></extends></profile>" },
    INNER_KEY_SANDBOX_HOME,
    "'isolated'" },
  { "later-is-silent",
    { USER "a.toml", "[sandbox]\nhome='host-ro'", USER "b.toml", "[sandbox]\nclipboard=true",
      USER "x.toml", "extends=['a','b']" },
    INNER_KEY_SANDBOX_HOME,
    "'host-ro'" },
  { "child-beats-all",
    { USER "a.toml", "[sandbox]\nhome='host-ro'", USER "b.toml", "[sandbox]\nhome='isolated'",
      USER "x.xml",
      "<profile><extends><profile>a</profile><profile>b</profile></extends>"
      "<sandbox><home>persistent</home></sandbox></profile>" },
    INNER_KEY_SANDBOX_HOME,
    "'persistent'" },
  { "union-in-order",
    { USER "a.toml", "[sandbox]\nallow=['1','2']", USER "b.xml",
      "<profile><sandbox><allow><privilege>3</privilege><privilege>1</privilege></allow></sandbox>"
      "</profile>",
      USER "x.toml", "extends=['a','b']\n[sandbox]\nallow=['4','3']" },
    INNER_KEY_SANDBOX_ALLOW,
    "['1', '2', '3', '4']" },
  { "path-child-first",
    { USER "a.toml", "[env]\npath_prepend=['/1']", USER "b.toml", "[env]\npath_prepend=['/2']",
      USER "x.toml", "extends=['a','b']\n[env]\npath_prepend=['/x']" },
    INNER_KEY_ENV_PATH_PREPEND,
    "['/x', '/2', '/1']" },
  { "chain-of-notations",
    { USER "a.xml", "<profile><env><set><variable name='A'>1</variable></set></env></profile>",
      USER "b.toml", "extends='a'\n[env.set]\nB='2'", USER "x.xml",
      "<profile><extends><profile>b</profile></extends><env><set><variable name='A'>3</variable>"
      "</set></env></profile>" },
    INNER_KEY_ENV_SET,
    "{'A': '3', 'B': '2'}" },
  /* Rule N along a chain: who speaks last decides, however it says it. */
  { "network-false-beats-mode",
    { USER "a.toml", "[sandbox]\nnetwork_mode='open'", USER "b.toml", "extends='a'", USER "x.toml",
      "extends='b'\n[sandbox]\nnetwork=false" },
    INNER_KEY_SANDBOX_NETWORK_MODE,
    "'off'" },
  { "network-false-of-a-base",
    { USER "a.toml", "[sandbox]\nnetwork_mode='open'", USER "b.toml",
      "extends='a'\n[sandbox]\nnetwork=false", USER "x.xml",
      "<profile><extends><profile>b</profile></extends></profile>" },
    INNER_KEY_SANDBOX_NETWORK_MODE,
    "'off'" },
  { "network-of-the-later-base",
    { USER "a.toml", "[sandbox]\nnetwork_mode='open'", USER "b.toml", "[sandbox]\nnetwork=false",
      USER "x.toml", "extends=['a','b']" },
    INNER_KEY_SANDBOX_NETWORK_MODE,
    "'off'" },
  { "network-mode-over-false",
    { USER "a.toml", "[sandbox]\nnetwork=false", USER "b.xml",
      "<profile><extends><profile>a</profile></extends><sandbox><network mode='allowlist'/>"
      "</sandbox></profile>",
      USER "x.toml", "extends='b'" },
    INNER_KEY_SANDBOX_NETWORK_MODE,
    "'allowlist'" },
  /* A diamond: what both sides inherit is there once; a side counts with all it inherits. */
  { "diamond-list",
    { USER "top.toml", "[sandbox]\nallow=['t']", USER "l.toml",
      "extends='top'\n[sandbox]\nallow=['l']", USER "r.toml",
      "extends='top'\n[sandbox]\nallow=['r']", USER "x.toml", "extends=['l','r']" },
    INNER_KEY_SANDBOX_ALLOW,
    "['t', 'l', 'r']" },
  { "diamond-scalar",
    { USER "top.toml", "[sandbox]\ngit_dir='ro'", USER "l.toml",
      "extends='top'\n[sandbox]\ngit_dir='rw'", USER "r.toml", "extends='top'", USER "x.toml",
      "extends=['l','r']" },
    INNER_KEY_SANDBOX_GIT_DIR,
    "'ro'" },
  { "same-base-twice",
    { USER "a.toml", "[[verify.custom.checks]]\nname='n'\ncmd='c'", USER "x.toml",
      "extends=['a','a','./a.toml']" },
    INNER_KEY_VERIFY_CUSTOM_CHECKS,
    "[('n', 'c', 'medium')]" },
  /* Names */
  { "name-of-the-stem",
    { USER "a.toml", "name='base'", USER "x.toml", "extends='a'" },
    INNER_KEY_NAME,
    "'x'" },
  { "name-of-the-stem-xml", { USER "x.xml", "<profile/>" }, INNER_KEY_NAME, "'x'" },
  { "name-of-the-document", { USER "x.toml", "name='y'" }, INNER_KEY_NAME, "'y'" },
  { "description-is-inherited",
    { USER "a.toml", "description='a'", USER "x.toml", "extends='a'" },
    INNER_KEY_DESCRIPTION,
    "'a'" },
  /* Paths */
  { "path-beside",
    { USER "d/a.toml", "description='a'", USER "x.toml", "extends='./d/a.toml'" },
    INNER_KEY_DESCRIPTION,
    "'a'" },
  { "path-of-the-home",
    { "home/a.toml", "description='a'", USER "x.toml", "extends='~/a.toml'" },
    INNER_KEY_DESCRIPTION,
    "'a'" },
  { "path-is-relative-to-the-document",
    { "home/work/a.toml", "description='a'", PROJECT "x.toml", "extends='../../a.toml'" },
    INNER_KEY_DESCRIPTION,
    "'a'" },
  { "extends-nothing",
    { USER "x.toml", "extends=''\ndescription='x'" },
    INNER_KEY_DESCRIPTION,
    "'x'" },
};

static void
put_files (Fixture *fixture, const char *const *files)
{
  for (gsize i = 0; files[i] != NULL; i += 2)
    put (fixture, files[i], files[i + 1]);
}

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *test = data;
  g_autoptr (InnerProfileEntry) entry = NULL;

  put_files (fixture, test->files);
  entry = find (fixture, "x");
  g_assert_cmpstr (entry->name, ==, "x");
  assert_value (entry->effective, test->key, test->expected);
}

/* Files, and how the profile "x" is then refused: "%s" is the top directory. */
typedef struct
{
  const char *name;
  const char *files[8];
  const char *message;
} Refused;

#define NOT_TO_EXTEND                                                                              \
  "to extend among those of the user, the system and Inner; give its path if it lies elsewhere"

static const Refused refused[] = {
  { "no-such-profile",
    { USER "x.toml", "description='a'\nextends='nothing'" },
    "%s/" USER "x.toml:2:9: There is no profile “nothing” " NOT_TO_EXTEND },
  { "no-such-profile-xml",
    { USER "x.xml", "<profile>\n <extends><profile>nothing</profile></extends>\n</profile>" },
    "%s/" USER "x.xml:2:2: There is no profile “nothing” " NOT_TO_EXTEND },
  { "no-such-file",
    { USER "x.toml", "extends='./nothing.toml'" },
    "%s/" USER "x.toml:1:9: There is no file “./nothing.toml” to extend; correct its path" },
  { "only-in-the-project",
    { PROJECT "base.toml", "", USER "x.toml", "extends='base'" },
    "%s/" USER "x.toml:1:9: There is no profile “base” " NOT_TO_EXTEND },
  { "project-in-the-project",
    { PROJECT "base.toml", "", PROJECT "x.toml", "extends='base'" },
    "%s/" PROJECT "x.toml:1:9: There is no profile “base” " NOT_TO_EXTEND },
  { "backslash",
    { USER "x.toml", "extends='a\\b'" },
    "%s/" USER "x.toml:1:9: There is no profile “a\\b” " NOT_TO_EXTEND },
  { "two-dots",
    { USER "x.toml", "extends='..'" },
    "%s/" USER "x.toml:1:9: There is no profile “..” " NOT_TO_EXTEND },
  { "two-dots-inside",
    { USER "x.toml", "extends='a..b'" },
    "%s/" USER "x.toml:1:9: There is no profile “a..b” " NOT_TO_EXTEND },
  { "hidden",
    { USER ".a.toml", "", USER "x.toml", "extends='.a'" },
    "%s/" USER "x.toml:1:9: There is no profile “.a” " NOT_TO_EXTEND },
  { "control",
    { USER "x.toml", "extends=\"a\\tb\\nc\"" },
    "%s/" USER "x.toml:1:9: There is no profile “a\\x09b\\x0ac” " NOT_TO_EXTEND },
  { "reversed-text",
    { USER "x.toml", "extends=\"a\\u202eb\"" },
    "%s/" USER "x.toml:1:9: There is no profile “a\\u202eb” " NOT_TO_EXTEND },
  { "empty-name-in-list",
    { USER "x.toml", "extends=['']" },
    "%s/" USER "x.toml:1:9: There is no profile “” " NOT_TO_EXTEND },
  { "not-by-the-name-in-the-document",
    { USER "a.toml", "name='qqq'", USER "x.toml", "extends='qqq'" },
    "%s/" USER "x.toml:1:9: There is no profile “qqq” " NOT_TO_EXTEND },
  { "file-of-a-name",
    { USER "other.toml", "", USER "x.toml", "extends='other.toml'" },
    "%s/" USER "x.toml:1:9: There is no profile “other.toml” " NOT_TO_EXTEND },
  { "url",
    { USER "x.toml", "extends='https://example.com/a.toml'" },
    "%s/" USER "x.toml:1:9: There is no file “https://example.com/a.toml” to extend; correct its "
    "path" },
  { "broken-base",
    { USER "a.toml", "\nhome=", USER "x.toml", "extends='a'" },
    "%s/" USER "a.toml:2:6: This is not valid TOML" },
  { "wrong-version",
    { USER "a.toml", "schema_version='2'", USER "x.toml", "extends='a'" },
    "%s/" USER "a.toml:1:16: “schema_version” cannot be “2”; it is one of: 1" },
  { "base-of-another-kind",
    { "home/a.json", "{}", USER "x.toml", "extends='~/a.json'" },
    "%s/home/a.json:1:1: The name of a profile's file ends in “.toml” or “.xml”" },
  { "base-is-a-directory",
    { USER "d.toml/a.toml", "", USER "x.toml", "extends='d'" },
    "%s/" USER "d.toml:1:1: This is a directory; give the path of a profile in it" },
  { "second-base-is-missing",
    { USER "a.toml", "", USER "x.toml", "extends=['a','./b.toml']" },
    "%s/" USER "x.toml:1:9: There is no file “./b.toml” to extend; correct its path" },
  { "itself-by-a-path",
    { USER "x.toml", "extends='./x.toml'" },
    "%s/" USER "x.toml:1:9: “%s/" USER
    "x.toml” extends this profile in its turn; remove one of the "
    "two “extends”" },
  { "itself-by-odd-paths",
    { USER "x.toml", "extends='.././/profiles/../profiles/./x.toml'" },
    "%s/" USER "x.toml:1:9: “%s/" USER
    "x.toml” extends this profile in its turn; remove one of the "
    "two “extends”" },
  { "cycle-of-notations",
    { USER "x.toml", "extends='y'", USER "y.xml",
      "<profile><extends><profile>x</profile></extends></profile>" },
    "%s/" USER "y.xml:1:10: “%s/" USER
    "x.toml” extends this profile in its turn; remove one of the "
    "two “extends”" },
  { "cycle-through-the-second",
    { USER "a.toml", "", USER "x.toml", "extends=['a','y']", USER "y.toml",
      "extends='~/.config/inner/profiles/x.toml'" },
    "%s/" USER "y.toml:1:9: “%s/" USER
    "x.toml” extends this profile in its turn; remove one of the "
    "two “extends”" },
};

/* Asserts that "x" is refused with a sentence that begins with @message. */
static void
assert_refused (Fixture *fixture, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) parts = g_strsplit (message, "%s", -1);
  g_autofree char *expected = g_strjoinv (fixture->root, parts);

  g_assert_null (inner_profile_registry_find (fixture->registry, "x", fixture->project, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  if (!g_str_has_prefix (error->message, expected))
    g_assert_cmpstr (error->message, ==, expected);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  const Refused *test = data;

  put_files (fixture, test->files);
  assert_refused (fixture, test->message);
}

/* A cycle that only shows when links in the path are followed, and one over another name of the same file. */
static void
test_cycles_through_links (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = place (fixture, "home/link");
  g_autofree char *target = place (fixture, USER);
  g_autofree char *original = place (fixture, USER "x.toml");
  g_autofree char *other = place (fixture, USER "other.toml");

  put (fixture, USER "x.toml", "extends='~/link/x.toml'");
  g_assert_cmpint (symlink (target, directory), ==, 0);
  assert_refused (fixture, "%s/" USER "x.toml:1:9: “%s/" USER "x.toml” extends this profile");

  put (fixture, USER "x.toml", "extends='./other.toml'");
  g_assert_cmpint (link (original, other), ==, 0);
  assert_refused (fixture,
                  "%s/" USER "other.toml:1:9: “%s/" USER "other.toml” extends this profile");

  /* The last part of a path is never followed, so it cannot lead back either. */
  g_assert_cmpint (unlink (other), ==, 0);
  g_assert_cmpint (symlink ("x.toml", other), ==, 0);
  assert_refused (fixture,
                  "%s/" USER "other.toml:1:1: This is a symbolic link; put the file itself "
                  "here, or extend it by its path");
}

static void
test_base_is_no_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *base = place (fixture, USER "a.toml");

  put (fixture, USER "x.toml", "extends='a'");
  g_assert_cmpint (mkfifo (base, 0600), ==, 0);
  assert_refused (fixture,
                  "%s/" USER "a.toml:1:1: This is a named pipe; a profile must be a regular file");

  put (fixture, USER "x.toml", "extends='/dev/zero'");
  assert_refused (fixture, "/dev/zero:1:1: The name of a profile's file ends in");
}

/* A base that others take away and put back while it is looked for, looked at and read: the profile with
 * it or a sentence, and never half of it. */
typedef struct
{
  const char *path;
  const char *aside;
  int stop;
} Race;

static gpointer
take_away_and_put_back (gpointer data)
{
  Race *race = data;

  while (!g_atomic_int_get (&race->stop))
    {
      g_assert_true (rename (race->path, race->aside) == 0 || errno == ENOENT);
      g_assert_true (rename (race->aside, race->path) == 0 || errno == ENOENT);
    }
  return NULL;
}

static void
test_base_vanishes_while_read (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = place (fixture, USER "a.toml");
  g_autofree char *aside = place (fixture, "home/aside");
  Race race = { path, aside, 0 };
  GThread *thread;

  put (fixture, USER "a.toml", "description='base'\n[sandbox]\nnetwork_mode='off'");
  put (fixture, USER "x.toml", "extends='./a.toml'");
  thread = g_thread_new ("race", take_away_and_put_back, &race);
  for (int i = 0; i < 2000; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerProfileEntry) entry =
          inner_profile_registry_find (fixture->registry, "x", fixture->project, &error);

      if (entry != NULL)
        {
          assert_value (entry->effective, INNER_KEY_DESCRIPTION, "'base'");
          assert_value (entry->effective, INNER_KEY_SANDBOX_NETWORK_MODE, "'off'");
          continue;
        }
      g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
      g_assert_true (strstr (error->message, "x.toml:1:9: There is no file “./a.toml” to extend") ||
                     strstr (error->message, "a.toml:1:1: This cannot be read"));
    }
  g_atomic_int_set (&race.stop, 1);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/profile/extends/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], set_up, test_case, tear_down);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *path = g_strconcat ("/profile/extends/refuse/", refused[i].name, NULL);

      g_test_add (path, Fixture, &refused[i], set_up, test_refused, tear_down);
    }
  g_test_add ("/profile/extends/refuse/cycles-through-links", Fixture, NULL, set_up,
              test_cycles_through_links, tear_down);
  g_test_add ("/profile/extends/refuse/base-is-no-file", Fixture, NULL, set_up,
              test_base_is_no_file, tear_down);
  g_test_add ("/profile/extends/base-vanishes-while-read", Fixture, NULL, set_up,
              test_base_vanishes_while_read, tear_down);

  return g_test_run ();
}
