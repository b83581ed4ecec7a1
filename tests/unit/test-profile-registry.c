/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "inner-options.h"
#include "inner-profile-search.h"
#include "test-profile-fixture.h"

/* Every place has a profile of one name; the best one is taken away, one after the other. */
static void
test_search_order (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *file;
    const char *scope;
    gboolean trusted;
  } places[] = {
    { "home/work/project/src/.inner/profiles/x.toml", "project", FALSE },
    { "home/work/project/src/.inner/profiles/x.xml", "project", FALSE },
    { "home/work/project/src/.config/inner/profiles/x.toml", "project", FALSE },
    { "home/work/.inner/profiles/x.toml", "project", FALSE },
    { "home/.inner/profiles/x.toml", "project", FALSE },
    { "home/.config/inner/profiles/x.toml", "user", TRUE },
    { "home/.config/inner/profiles/x.xml", "user", TRUE },
    { "etc/inner/profiles/x.toml", "system", TRUE },
    { "share/inner/profiles/x.xml", "builtin", TRUE },
  };
  g_autoptr (GPtrArray) list = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    put (fixture, places[i].file, g_str_has_suffix (places[i].file, "xml") ? "<profile/>" : "");

  list = inner_profile_registry_list (fixture->registry, fixture->project);
  g_assert_cmpuint (list->len, ==, G_N_ELEMENTS (places));
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = place (fixture, places[i].file);
      InnerProfileEntry *listed = list->pdata[i];
      g_autoptr (InnerProfileEntry) found = find (fixture, "x");

      g_assert_cmpstr (listed->path, ==, path);
      g_assert_cmpint (listed->shadowed, ==, i > 0);
      g_assert_no_error (listed->error);
      g_assert_cmpstr (found->path, ==, path);
      g_assert_cmpstr (found->name, ==, "x");
      g_assert_false (found->shadowed);
      g_assert_cmpstr (inner_scope_to_string (found->scope), ==, places[i].scope);
      g_assert_cmpint (found->trusted, ==, places[i].trusted);
      assert_value (found->own, INNER_KEY_NAME, "'x'");
      g_assert_cmpint (unlink (path), ==, 0);
    }
  refuse (fixture, "x", INNER_ERROR_PROFILE_NOT_FOUND, "“x”");
}

/* Without a directory no project is looked at. */
static void
test_no_directory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/work/.inner/profiles/x.toml", "description='project'");
  put (fixture, "share/inner/profiles/x.toml", "description='builtin'");
  entry = inner_profile_registry_find (fixture->registry, "x", NULL, NULL);

  assert_description (entry, "builtin");
}

/* SECURITY test for reference 8.J1: a file in the working directory is never a profile. */
static void
test_name_is_no_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = g_get_current_dir ();
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/work/project/src/x", "description='planted'");
  put (fixture, "home/work/project/src/x.toml", "description='planted'");
  put (fixture, "home/work/project/src/y.toml", "description='planted'");
  put (fixture, "share/inner/profiles/x.toml", "description='builtin'");
  g_assert_cmpint (chdir (fixture->project), ==, 0);
  entry = find (fixture, "x");
  assert_description (entry, "builtin");
  refuse (fixture, "y", INNER_ERROR_PROFILE_NOT_FOUND, "“y”");
  refuse (fixture, "y.toml", INNER_ERROR_PROFILE_NOT_FOUND, "“y.toml”");
  refuse (fixture, "./y.toml", INNER_ERROR_PROFILE_NOT_FOUND, "absolute path");
  g_assert_cmpint (chdir (before), ==, 0);
}

static void
test_bad_names (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = {
    "",        ".",    "..",       "../x", "a/b",       "a\\b", "a..b",
    ".hidden", "a\nb", "a\x1b[2J", "\xff", "a\xc2\x85", "~/x",
  };
  g_autofree char *endless = g_strnfill (300, 'a');

  put (fixture, "home/.config/inner/profiles/.hidden.toml", "");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_false (inner_profile_name_is_valid (names[i]));
      refuse (fixture, names[i], INNER_ERROR_PROFILE_NOT_FOUND, "cannot be the name of a profile");
    }
  refuse (fixture, endless, INNER_ERROR_PROFILE_NOT_FOUND, "cannot be the name");
  refuse (fixture, "a\x1b[2J", INNER_ERROR_PROFILE_NOT_FOUND, "“a\\x1b[2J”");
}

static void
test_did_you_mean (Fixture *fixture, gconstpointer data)
{
  put (fixture, "share/inner/profiles/shell-oneshot.xml", "<profile/>");
  put (fixture, "home/work/.inner/profiles/build.toml", "extends='shel-oneshot'");
  put (fixture, "home/work/.inner/profiles/other.toml", "extends='biuld'");

  refuse (fixture, "shell-onshot", INNER_ERROR_PROFILE_NOT_FOUND, "did you mean “shell-oneshot”?");
  refuse (fixture, "biuld", INNER_ERROR_PROFILE_NOT_FOUND, "did you mean “build”?");
  refuse (fixture, "zzzzzz", INNER_ERROR_PROFILE_NOT_FOUND, "innerctl profile list");
  refuse (fixture, "build", INNER_ERROR_PROFILE_INVALID,
          "build.toml:1:9: There is no profile “shel-oneshot” to extend; did you mean “shell-");
  refuse (fixture, "other", INNER_ERROR_PROFILE_INVALID, "give its path if it lies elsewhere");
}

static void
test_extends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) later = NULL;
  g_autoptr (InnerProfileEntry) paths = NULL;
  g_autofree char *absolute = place (fixture, "shared/c.toml");
  g_autofree char *text = g_strdup_printf ("extends=['./d.toml','~/e.xml','%s']", absolute);

  put (fixture, "share/inner/profiles/a.xml",
       "<profile><description>a</description><sandbox><network mode='open'/><home>host-ro</home>"
       "<allow><privilege>p</privilege></allow></sandbox></profile>");
  put (fixture, "etc/inner/profiles/b.toml",
       "description='b'\nextends='a'\n[sandbox]\nallow=['q']\nnetwork=false");
  put (fixture, "home/.config/inner/profiles/c.toml", "[output]\ntimeout_seconds=5");
  put (fixture, "home/.config/inner/profiles/later.toml",
       "extends=['b','c']\n[sandbox]\nallow=['r']");
  later = find (fixture, "later");
  assert_value (later->effective, INNER_KEY_SANDBOX_ALLOW, "['p', 'q', 'r']");
  assert_value (later->effective, INNER_KEY_SANDBOX_NETWORK_MODE, "'off'");
  assert_value (later->effective, INNER_KEY_SANDBOX_HOME, "'host-ro'");
  assert_value (later->effective, INNER_KEY_OUTPUT_TIMEOUT_SECONDS, "5");
  assert_value (later->effective, INNER_KEY_NAME, "'later'");
  assert_value (later->effective, INNER_KEY_EXTENDS, "-");
  assert_value (later->own, INNER_KEY_EXTENDS, "['b', 'c']");
  assert_description (later, "b");
  g_assert_true (later->trusted);

  put (fixture, "home/work/.inner/profiles/paths.toml", text);
  put (fixture, "home/work/.inner/profiles/d.toml", "[sandbox]\nallow=['d']\nhome='isolated'");
  put (fixture, "home/e.xml",
       "<profile><sandbox><allow><privilege>e</privilege></allow>"
       "<home>persistent</home></sandbox></profile>");
  put (fixture, "shared/c.toml", "[sandbox]\nallow=['f']");
  paths = find (fixture, "paths");
  assert_value (paths->effective, INNER_KEY_SANDBOX_ALLOW, "['d', 'e', 'f']");
  assert_value (paths->effective, INNER_KEY_SANDBOX_HOME, "'persistent'");
}

/* A name in "extends" is never looked up in a project. */
static void
test_bases_are_not_in_projects (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) user = NULL;
  g_autoptr (InnerProfileEntry) project = NULL;

  put (fixture, "home/work/.inner/profiles/base.toml", "description='planted'");
  put (fixture, "share/inner/profiles/base.toml", "description='builtin'");
  put (fixture, "home/.config/inner/profiles/user.toml", "extends='base'");
  /* So a project may also build on the profile whose name it takes. */
  put (fixture, "home/work/.inner/profiles/mine.toml", "extends='mine'");
  put (fixture, "share/inner/profiles/mine.toml", "description='mine'");

  user = find (fixture, "user");
  assert_description (user, "builtin");
  project = find (fixture, "mine");
  g_assert_cmpint (project->scope, ==, INNER_SCOPE_PROJECT);
  assert_description (project, "mine");
}

static void
test_cycles (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = place (fixture, "home/link");
  g_autofree char *target = place (fixture, "home/work");

  put (fixture, "home/.config/inner/profiles/self.toml", "extends='self'");
  put (fixture, "home/.config/inner/profiles/a.toml", "extends='b'");
  put (fixture, "home/.config/inner/profiles/b.toml", "extends='c'");
  put (fixture, "home/.config/inner/profiles/c.toml", "extends='a'");
  put (fixture, "home/.config/inner/profiles/outside.toml", "extends='a'");
  put (fixture, "home/.config/inner/profiles/hops.toml", "extends='../../../work/hops.toml'");
  put (fixture, "home/work/hops.toml", "extends='../link/hops2.toml'");
  put (fixture, "home/work/hops2.toml", "extends='../link/../work/./hops.toml'");
  g_assert_cmpint (symlink (target, link), ==, 0);

  refuse (fixture, "self", INNER_ERROR_PROFILE_INVALID, "self.toml:1:9: “");
  refuse (fixture, "a", INNER_ERROR_PROFILE_INVALID, "extends this profile in its turn");
  refuse (fixture, "c", INNER_ERROR_PROFILE_INVALID, "extends this profile in its turn");
  refuse (fixture, "outside", INNER_ERROR_PROFILE_INVALID, "extends this profile in its turn");
  refuse (fixture, "hops", INNER_ERROR_PROFILE_INVALID, "hops2.toml:1:9: “");
}

static void
test_depth (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) good = NULL;
  g_autoptr (GPtrArray) list = NULL;

  for (int i = 0; i < 40; i++)
    {
      g_autofree char *file = g_strdup_printf ("home/.config/inner/profiles/p%02d.toml", i);
      g_autofree char *text = g_strdup_printf ("extends='p%02d'", i + 1);

      put (fixture, file, i < 39 ? text : "description='end'");
    }

  good = find (fixture, "p24");
  assert_description (good, "end");
  refuse (fixture, "p23", INNER_ERROR_PROFILE_INVALID, "More than 16 profiles extend one another");
  refuse (fixture, "p00", INNER_ERROR_PROFILE_INVALID, "More than 16 profiles extend one another");

  /* The same, whatever was asked for before. */
  list = inner_profile_registry_list (fixture->registry, NULL);
  for (guint i = 0; i < list->len; i++)
    g_assert_cmpint (((InnerProfileEntry *) list->pdata[i])->error == NULL, ==, i >= 24);
}

/* A diamond is no cycle, and what both sides inherit is there once. */
static void
test_diamond (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "etc/inner/profiles/top.toml",
       "[[verify.custom.checks]]\nname='n'\ncmd='c'\n[env]\ninherit=['A']");
  put (fixture, "etc/inner/profiles/left.toml", "extends='top'");
  put (fixture, "etc/inner/profiles/right.toml", "extends='top'");
  put (fixture, "etc/inner/profiles/x.toml", "extends=['left','right']");
  entry = find (fixture, "x");

  assert_value (entry->effective, INNER_KEY_VERIFY_CUSTOM_CHECKS, "[('n', 'c', 'medium')]");
  assert_value (entry->effective, INNER_KEY_ENV_INHERIT, "['A']");
}

/* Merging is repeated only where something changed. */
static void
test_cache (Fixture *fixture, gconstpointer data)
{
  g_autofree char *base = place (fixture, "etc/inner/profiles/base.toml");
  g_autoptr (InnerProfileEntry) first = NULL;
  g_autoptr (InnerProfileEntry) again = NULL;
  g_autoptr (InnerProfileEntry) changed = NULL;
  g_autoptr (InnerProfileEntry) replaced = NULL;

  put (fixture, "etc/inner/profiles/base.toml", "description='one'");
  put (fixture, "etc/inner/profiles/x.toml", "extends='base'");
  g_usleep (100 * 1000); /* until the change times are settled */
  first = find (fixture, "x");
  again = find (fixture, "x");
  g_assert_true (first->effective == again->effective);
  g_assert_true (first->own == again->own);

  put (fixture, "etc/inner/profiles/base.toml", "description='two'");
  changed = find (fixture, "x");
  assert_description (changed, "two");
  assert_description (first, "one");

  put (fixture, "home/.config/inner/profiles/base.toml", "description='user'");
  replaced = find (fixture, "x");
  assert_description (replaced, "user");

  g_assert_cmpint (unlink (base), ==, 0);
  base[strlen (base) - 1] = '\0';
  put (fixture, "home/.config/inner/profiles/base.toml", "description=");
  refuse (fixture, "x", INNER_ERROR_PROFILE_INVALID, "base.toml:1:");
}

/* A file that changed just now is read again even if it looks the same: on many kernels the clock of
 * change times stands still for some milliseconds. */
static void
test_cache_waits (Fixture *fixture, gconstpointer data)
{
  gint64 taken = G_MAXINT64;

  /* A machine that is too slow for one attempt gets further ones. */
  for (int i = 0; i < 100 && taken > 30 * 1000; i++)
    {
      gint64 start = g_get_monotonic_time ();
      g_autoptr (InnerProfileEntry) first = NULL;
      g_autoptr (InnerProfileEntry) again = NULL;

      put (fixture, "etc/inner/profiles/x.toml", "");
      first = find (fixture, "x");
      again = find (fixture, "x");
      taken = g_get_monotonic_time () - start;
      g_assert_true (taken > 30 * 1000 || first->own != again->own);
    }
  g_assert_cmpint (taken, <=, 30 * 1000);
}

/* A change that leaves size and, for some milliseconds, the change time as they were is seen. */
static void
test_cache_quick_change (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = place (fixture, "etc/inner/profiles/x.toml");

  put (fixture, "etc/inner/profiles/x.toml", "description='000'");
  for (int i = 0; i < 200; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%03d", i);
      g_autofree char *text = g_strdup_printf ("description='%s'", expected);
      g_autoptr (InnerProfileEntry) entry = NULL;
      FILE *file = fopen (path, "r+"); /* the same inode */

      g_assert_nonnull (file);
      fputs (text, file);
      fclose (file);
      entry = find (fixture, "x");
      assert_description (entry, expected);
    }
}

static void
test_base_vanishes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *base = place (fixture, "home/base.toml");
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/base.toml", "description='base'");
  put (fixture, "etc/inner/profiles/x.toml", "extends='~/base.toml'");
  entry = find (fixture, "x");
  assert_description (entry, "base");
  g_assert_cmpint (unlink (base), ==, 0);
  refuse (fixture, "x", INNER_ERROR_PROFILE_INVALID,
          "x.toml:1:9: There is no file “~/base.toml” to extend");
}

static gboolean
is_trusted (Fixture *fixture, const char *name)
{
  g_autoptr (InnerProfileEntry) entry = find (fixture, name);

  return entry->trusted;
}

static void
test_trust (Fixture *fixture, gconstpointer data)
{
  g_autofree char *world = place (fixture, "etc/inner/profiles/world.toml");
  g_autofree char *directory = place (fixture, "share/inner/profiles");
  g_autofree char *outside = place (fixture, "home/outside.toml");
  g_autofree char *inside = place (fixture, "etc/inner/profiles/good.toml");

  put (fixture, "etc/inner/profiles/good.toml", "");
  put (fixture, "etc/inner/profiles/world.toml", "");
  put (fixture, "etc/inner/profiles/on-world.toml", "extends='world'");
  put (fixture, "etc/inner/profiles/on-path.toml", "extends='~/outside.toml'");
  put (fixture, "etc/inner/profiles/on-neighbour.toml", "extends='./good.toml'");
  put (fixture, "etc/inner/profiles/on-two.toml", "extends=['good','on-path']");
  put (fixture, "share/inner/profiles/builtin.toml", "");
  put (fixture, "home/outside.toml", "");
  put (fixture, "home/work/.inner/profiles/project.toml", "extends='good'");
  g_assert_cmpint (chmod (world, 0646), ==, 0);

  g_assert_true (is_trusted (fixture, "good"));
  g_assert_true (is_trusted (fixture, "on-neighbour"));
  g_assert_true (is_trusted (fixture, inside));
  g_assert_true (is_trusted (fixture, "builtin"));
  g_assert_false (is_trusted (fixture, "world"));
  g_assert_false (is_trusted (fixture, "on-world"));
  g_assert_false (is_trusted (fixture, "on-path"));
  g_assert_false (is_trusted (fixture, "on-two"));
  g_assert_false (is_trusted (fixture, "project"));
  g_assert_false (is_trusted (fixture, outside));

  g_assert_cmpint (chmod (world, 0644), ==, 0);
  g_assert_true (is_trusted (fixture, "on-world"));
  g_assert_cmpint (chmod (directory, 0777), ==, 0);
  g_assert_false (is_trusted (fixture, "builtin"));
}

static void
test_trust_of_owner (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = place (fixture, "etc/inner/profiles/x.toml");

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give a file away");
      return;
    }
  put (fixture, "etc/inner/profiles/x.toml", "");
  g_assert_true (is_trusted (fixture, "x"));
  g_assert_cmpint (chown (path, 12345, -1), ==, 0);
  g_assert_false (is_trusted (fixture, "x"));
}

/* The home directory lies above the project: what is there is the user's and not the project's. */
static void
test_user_directory_is_no_project (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) entry = NULL;
  g_autoptr (GPtrArray) list = NULL;

  put (fixture, "home/.config/inner/profiles/x.toml", "");
  entry = find (fixture, "x");
  g_assert_cmpint (entry->scope, ==, INNER_SCOPE_USER);
  g_assert_true (entry->trusted);
  list = inner_profile_registry_list (fixture->registry, fixture->project);
  g_assert_cmpuint (list->len, ==, 1);
}

/* What cannot be used is listed with the reason, and stops nothing else. */
static void
test_unfit_files (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *file;
    const char *part;
  } cases[] = {
    { "bad-toml", "not valid TOML" }, { "directory", "directory" },
    { "fifo", "named pipe" },         { "good", NULL },
    { "link", "symbolic link" },
  };
  g_autofree char *fifo = place (fixture, "home/work/.inner/profiles/fifo.toml");
  g_autofree char *link = place (fixture, "home/work/.inner/profiles/link.toml");
  g_autofree char *directory = place (fixture, "home/work/.inner/profiles/directory.xml");
  g_autoptr (GPtrArray) list = NULL;

  put (fixture, "home/work/.inner/profiles/good.toml", "");
  put (fixture, "home/work/.inner/profiles/bad-toml.toml", "x");
  put (fixture, "home/work/.inner/profiles/a\nb.toml", "");
  put (fixture, "home/work/.inner/profiles/notes.txt", "");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
  g_assert_cmpint (mkdir (directory, 0700), ==, 0);

  list = inner_profile_registry_list (fixture->registry, fixture->project);
  g_assert_cmpuint (list->len, ==, G_N_ELEMENTS (cases));
  for (guint i = 0; i < list->len; i++)
    {
      InnerProfileEntry *entry = list->pdata[i];

      g_assert_cmpstr (entry->name, ==, cases[i].file);
      g_assert_false (entry->trusted);
      g_assert_cmpint (entry->error == NULL, ==, cases[i].part == NULL);
      if (cases[i].part != NULL)
        g_assert_nonnull (strstr (entry->error->message, cases[i].part));
    }
  refuse (fixture, "fifo", INNER_ERROR_PROFILE_INVALID, "named pipe");
}

static void
test_paths (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good = place (fixture, "home/work/project/p.xml");
  g_autofree char *odd = place (fixture, "home/work/project/p.json");
  g_autofree char *missing = place (fixture, "home/work/project/q.toml");
  g_autofree char *lower = place (fixture, "home/work/project/p.xml/q.toml");
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/work/project/p.xml", "<profile/>");
  put (fixture, "home/work/project/p.json", "{}");
  entry = find (fixture, good);
  g_assert_cmpint (entry->scope, ==, INNER_SCOPE_PATH);
  g_assert_cmpstr (entry->name, ==, "p");
  g_assert_false (entry->trusted);
  refuse (fixture, odd, INNER_ERROR_PROFILE_INVALID, "ends in “.toml” or “.xml”");
  refuse (fixture, missing, INNER_ERROR_PROFILE_NOT_FOUND, "There is no file");
  refuse (fixture, lower, INNER_ERROR_PROFILE_NOT_FOUND, "There is no file");
  refuse (fixture, "/", INNER_ERROR_PROFILE_INVALID, "ends in");
}

/* A directory of the user that cannot be looked at is not passed over. Root becomes somebody else for
 * the moment, because root can look at every directory. */
static void
test_unreadable_directory (Fixture *fixture, gconstpointer data)
{
  static const char *const parts[] = { "home/.config", "home/.config/inner/profiles" };
  gboolean is_root = geteuid () == 0;

  put (fixture, "home/.config/inner/profiles/x.toml", "description='strict'");
  put (fixture, "share/inner/profiles/x.toml", "description='builtin'");
  g_assert_cmpint (chmod (fixture->root, 0755), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *directory = place (fixture, parts[i]);

      g_assert_cmpint (chmod (directory, 0), ==, 0);
      g_assert_cmpint (is_root ? seteuid (65534) : 0, ==, 0);
      refuse (fixture, "x", INNER_ERROR_PROFILE_INVALID, "cannot be read");
      g_assert_cmpint (is_root ? seteuid (0) : 0, ==, 0);
      g_assert_cmpint (chmod (directory, 0755), ==, 0);
    }
}

/* SECURITY test for attack 64: a broken profile hides the one below it. */
static void
test_broken_profile_shadows (Fixture *fixture, gconstpointer data)
{
  put (fixture, "home/.config/inner/profiles/x.toml", "description=");
  put (fixture, "share/inner/profiles/x.toml", "description='builtin'");
  refuse (fixture, "x", INNER_ERROR_PROFILE_INVALID, "x.toml:1:");
}

/* Time on a processor in µs: whatever else the machine does, it does not count. */
static gint64
processor_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void
test_thousand (Fixture *fixture, gconstpointer data)
{
  gint64 times[3];

  put (fixture, "share/inner/profiles/shell.xml", "<profile/>");
  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *file = g_strdup_printf ("home/.config/inner/profiles/p%d.toml", i);

      put (fixture, file,
           "extends = 'shell'\n[sandbox]\nhome = 'isolated'\n"
           "allow = ['a', 'b']\n[env.set]\nA = 'b'\n");
    }
  g_usleep (100 * 1000);

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      gint64 start = processor_time ();
      g_autoptr (GPtrArray) list =
          inner_profile_registry_list (fixture->registry, fixture->project);

      times[i] = processor_time () - start;
      g_assert_cmpuint (list->len, ==, 1001);
    }
  g_test_message ("first %" G_GINT64_FORMAT " µs, then %" G_GINT64_FORMAT " µs", times[0],
                  MIN (times[1], times[2]));
  g_assert_cmpint (MIN (times[1], times[2]), <, 50 * 1000);
}

/* SECURITY test: a project full of large profiles costs no more than some of them, and the person's own are
 * there all the same. */
static void
test_too_much_to_read (Fixture *fixture, gconstpointer data)
{
  g_autofree char *padding = g_strnfill (1024 * 1024 - 1, '#');
  guint n_read = 0;
  guint n_refused = 0;

  put (fixture, "home/.config/inner/profiles/mine.toml", "description='mine'");
  for (int i = 0; i < 40; i++)
    {
      g_autofree char *file = g_strdup_printf ("home/work/.inner/profiles/p%d.toml", i);

      put (fixture, file, padding);
    }
  /* Those that were read are remembered, so that the next list may read more, but not forget mine. */
  for (int pass = 0; pass < 5; pass++)
    {
      g_autoptr (GPtrArray) list = NULL;
      g_autoptr (InnerProfileEntry) mine = NULL;

      list = inner_profile_registry_list (fixture->registry, fixture->project);
      g_assert_cmpuint (list->len, ==, 41);
      for (guint i = 0; pass == 0 && i < list->len; i++)
        {
          InnerProfileEntry *entry = list->pdata[i];

          n_read += entry->error == NULL;
          n_refused += entry->error != NULL &&
                       strstr (entry->error->message, ":1:1: The profiles here are too large to "
                                                      "read all of them; remove some") != NULL;
        }
      mine = find (fixture, "mine");
      assert_description (mine, "mine");
    }
  g_assert_cmpuint (n_read, ==, 16 + 1 + 1);
  g_assert_cmpuint (n_refused, ==, 41 - n_read);
}

static const struct
{
  const char *name;
  void (*run) (Fixture *, gconstpointer);
} tests[] = {
  { "search-order", test_search_order },
  { "no-directory", test_no_directory },
  { "name-is-no-file", test_name_is_no_file },
  { "bad-names", test_bad_names },
  { "did-you-mean", test_did_you_mean },
  { "extends", test_extends },
  { "bases-are-not-in-projects", test_bases_are_not_in_projects },
  { "cycles", test_cycles },
  { "depth", test_depth },
  { "diamond", test_diamond },
  { "cache", test_cache },
  { "cache-waits", test_cache_waits },
  { "cache-quick-change", test_cache_quick_change },
  { "base-vanishes", test_base_vanishes },
  { "trust", test_trust },
  { "trust-of-owner", test_trust_of_owner },
  { "user-directory-is-no-project", test_user_directory_is_no_project },
  { "unfit-files", test_unfit_files },
  { "paths", test_paths },
  { "unreadable-directory", test_unreadable_directory },
  { "broken-profile-shadows", test_broken_profile_shadows },
  { "thousand", test_thousand },
  { "too-much-to-read", test_too_much_to_read },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/profile/registry/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].run, tear_down);
    }

  return g_test_run ();
}
