/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <sys/mount.h>

#include "inner-bwrap.h"
#include "inner-hide-facts.h"
#include "inner-plan-hide.h"
#include "inner-plan-private.h"
#include "test-plan-fixture.h"

/*
 * What is in sight of a sandbox. The machine is described, not looked at, but for the mounts that come and go.
 */

#define SECRET HOME "/.cargo/credentials.toml"

static const InnerSensitive *
find_thing (const char *path)
{
  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    {
      g_autofree char *full = inner_sensitive_expand (thing, HOME, "/run/user/1000");

      if (g_str_equal (full, path))
        return thing;
    }
  g_assert_not_reached ();
}

static void
add_path (InnerHost *host, const char *path, InnerFileType type)
{
  inner_host_add_fact (NULL, host->paths, path, type, path);
}

static void
add_secret (InnerHost *host, const char *path, InnerFileType type)
{
  inner_host_add_hidden (host, find_thing (path), path, type)->named = TRUE;
}

static InnerHost *
make_host (void)
{
  static const char *const directories[] = { "/data",        "/srv/a",    "/srv/b", HOME "/project",
                                             HOME "/.cargo", HOME "/.m2", HOME };
  InnerHost *host = new_host ();
  GPtrArray *listing;

  host->runtime_dir = g_strdup ("/run/user/1000");
  host->empty = g_strdup ("/usr/libexec/inner/empty");
  inner_host_add_fact (host->base, NULL, "/usr", INNER_FILE_DIRECTORY, "/usr");
  inner_host_add_fact (host->base, NULL, "/bin", INNER_FILE_SYMLINK, "usr/bin");
  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    add_path (host, directories[i], INNER_FILE_DIRECTORY);
  for (const char *const *file = inner_planning_identity_files; *file != NULL; file++)
    inner_host_add_fact (NULL, host->paths, *file, INNER_FILE_REGULAR, *file);

  listing = inner_host_add_listing (host, HOME);
  inner_listing_add (listing, ".bashrc", INNER_FILE_REGULAR, NULL);
  inner_listing_add (listing, ".cargo", INNER_FILE_DIRECTORY, NULL);
  inner_listing_add (listing, ".netrc", INNER_FILE_REGULAR, NULL);
  inner_listing_add (listing, ".ssh", INNER_FILE_DIRECTORY, NULL);
  inner_listing_add (listing, "link", INNER_FILE_SYMLINK, "project/x");
  inner_listing_add (listing, "project", INNER_FILE_DIRECTORY, NULL);
  inner_listing_add (listing, "socket", INNER_FILE_SOCKET, NULL);
  listing = inner_host_add_listing (host, HOME "/.cargo");
  inner_listing_add (listing, "bin", INNER_FILE_DIRECTORY, NULL);
  inner_listing_add (listing, "credentials.toml", INNER_FILE_REGULAR, NULL);
  listing = inner_host_add_listing (host, HOME "/.m2");
  inner_listing_add (listing, "repository", INNER_FILE_DIRECTORY, NULL);

  add_secret (host, HOME "/.ssh", INNER_FILE_DIRECTORY);
  add_secret (host, HOME "/.netrc", INNER_FILE_REGULAR);
  add_secret (host, SECRET, INNER_FILE_REGULAR);
  add_secret (host, HOME "/.m2/settings.xml", INNER_FILE_MISSING);
  add_secret (host, HOME "/.config/inner", INNER_FILE_DIRECTORY);
  /* A link of the table leads there, and a bind mount shows it elsewhere. */
  inner_host_add_hidden (host, find_thing (HOME "/.pgpass"), HOME "/project/dots/pgpass",
                         INNER_FILE_REGULAR);
  inner_host_add_hidden (host, find_thing (HOME "/.ssh"), "/data/keys", INNER_FILE_DIRECTORY);
  return host;
}

static InnerProfile *
make_profile (const char *toml_home, const char *filesystem)
{
  InnerProfile *profile = inner_profile_new ();

  inner_profile_set (profile, INNER_KEY_NAME, g_variant_new_string ("test"), "/p.toml", 1, 1);
  inner_profile_set (profile, INNER_KEY_ENTRYPOINT_CMD, g_variant_new_string ("sh"), "/p.toml", 2,
                     1);
  inner_profile_set (profile, INNER_KEY_SANDBOX_HOME, g_variant_new_string (toml_home), NULL, 0, 0);
  inner_profile_set (profile, INNER_KEY_SANDBOX_FILESYSTEM, g_variant_new_string (filesystem), NULL,
                     0, 0);
  return profile;
}

/* @mounts is the text of an a(sss). */
static InnerPlan *
make_plan (InnerHost *host, InnerProfile *profile, const char *mounts, GError **error)
{
  g_autofree char *text =
      g_strdup_printf ("{'mounts': <@a(sss) %s>, 'workspace': <'" HOME "/project'>}", mounts);
  g_autoptr (GVariant) options = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, error);
  g_autoptr (InnerRequest) request = NULL;
  g_autoptr (InnerPlan) plan = NULL;

  g_assert_no_error (*error);
  request = inner_request_new (options, NULL, error);
  g_assert_no_error (*error);
  plan = inner_plan_new (request, profile, "/p.toml", host, error);
  if (plan == NULL || !inner_plan_add_hiding (plan, error))
    return NULL;
  return g_steal_pointer (&plan);
}

/* SECURITY of a plan, independent of how it came about: at no path of any mount is a secret of the host in sight. */
static void
assert_nothing_secret (const InnerPlan *plan)
{
  for (guint i = 0; i < plan->host->hidden->len; i++)
    {
      const InnerHiddenFact *fact = plan->host->hidden->pdata[i];

      if (fact->thing->kind == INNER_SENSITIVE_POLICY || fact->type == INNER_FILE_MISSING)
        continue;
      for (guint j = 0; j < plan->mounts->len; j++)
        {
          const InnerMount *mount = plan->mounts->pdata[j];
          g_autofree char *inside = NULL;
          g_autofree char *seen = NULL;

          if (mount->source == NULL || mount->kind == INNER_MOUNT_SYMLINK ||
              !inner_path_is_within (fact->path, mount->source))
            continue;
          inside = g_strconcat (mount->destination, fact->path + strlen (mount->source), NULL);
          seen = inner_plan_locate (plan, inside);
          g_test_message ("%s at %s", fact->path, inside);
          g_assert_true (seen == NULL || !inner_path_is_within (seen, fact->path));
        }
    }
}

/* What is in sight at every place of interest, in one text. */
static char *
describe (const InnerPlan *plan)
{
  static const char *const tails[] = {
    "", "/a", "/a/b", "/keys", "/dots/pgpass", "/.ssh", "/.cargo"
  };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (g_str_equal (mount->reason, "base"))
        continue;
      for (gsize t = 0; t < G_N_ELEMENTS (tails); t++)
        {
          g_autofree char *inside = g_strconcat (mount->destination, tails[t], NULL);
          g_autofree char *seen = inner_plan_locate (plan, inside);

          g_string_append_printf (text, "%s %s\n", inside, seen != NULL ? seen : "-");
        }
    }
  return g_string_free (text, FALSE);
}

static char *
mount_text (GRand *rand, guint destination)
{
  static const char *const sources[] = { "/data",     "/srv/a",       "/srv/b",
                                         HOME "/.m2", HOME "/.cargo", HOME "/project" };
  static const char *const destinations[] = { "/a",   "/a/b",    "/a/b/c",   "/x/y",
                                              "/a/d", HOME "/x", HOME "/x/y" };
  static const char *const modes[] = { "ro", "rw", "copy" };

  return g_strdup_printf (
      "('%s','%s','%s')", sources[g_rand_int_range (rand, 0, G_N_ELEMENTS (sources))],
      destinations[destination], modes[g_rand_int_range (rand, 0, G_N_ELEMENTS (modes))]);
}

static void
test_order_does_not_matter (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_test_rand_int ());
  static const char *const homes[] = { "isolated", "persistent", "host-ro" };

  for (guint round = 0; round < 500; round++)
    {
      g_autoptr (GPtrArray) mounts = g_ptr_array_new_with_free_func (g_free);
      const char *home = homes[g_rand_int_range (rand, 0, 3)];
      g_autoptr (InnerProfile) profile = NULL;
      char *views[2];
      guint first;

      /* What lies in the home is refused there when all of the home is shown and the place is not. */
      for (guint destination = 0; destination < (g_str_equal (home, "host-ro") ? 5 : 7);
           destination++)
        if (g_rand_boolean (rand))
          g_ptr_array_add (mounts, mount_text (rand, destination));
      profile = make_profile (home, "private");
      first = mounts->len;
      for (guint way = 0; way < 2; way++)
        {
          g_autoptr (GString) text = g_string_new ("[");
          g_autoptr (GError) error = NULL;
          g_autoptr (InnerPlan) plan = NULL;

          for (guint i = 0; i < first; i++)
            g_string_append_printf (text, "%s%s", i > 0 ? "," : "",
                                    (char *) mounts->pdata[way == 0 ? i : first - 1 - i]);
          g_string_append_c (text, ']');
          plan = make_plan (make_host (), profile, text->str, &error);
          g_assert_no_error (error);
          assert_nothing_secret (plan);
          views[way] = describe (plan);
        }
      g_assert_cmpstr (views[0], ==, views[1]);
      g_free (views[0]);
      g_free (views[1]);
    }
}

/* Both places of the workspace, and what is mounted besides. */
static void
test_every_place (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("isolated", "private");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan =
      make_plan (make_host (), profile, "[('/data','/d','rw'),('/data','/e','ro')]", &error);
  guint covers = 0;

  g_assert_no_error (error);
  assert_nothing_secret (plan);
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      covers += g_str_equal (mount->reason, "masked");
      if (g_str_equal (mount->destination, "/d/keys"))
        g_assert_cmpint (mount->kind, ==, INNER_MOUNT_HIDDEN_DIRECTORY);
      if (g_str_equal (mount->destination, "/workspace/dots/pgpass"))
        g_assert_cmpint (mount->kind, ==, INNER_MOUNT_HIDDEN_FILE);
    }
  g_assert_cmpuint (covers, ==, 4);
}

static void
assert_refused (InnerHost *host, InnerProfile *profile, const char *mounts, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = make_plan (host, profile, mounts, &error);

  g_assert_null (plan);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_objects (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("isolated", "private");
  InnerHost *host = make_host ();
  InnerPathFact *linked;
  InnerHiddenFact *key;

  add_path (host, "/data/keys/id", INNER_FILE_REGULAR);
  assert_refused (host, profile, "[('/data/keys/id','/k','ro')]", "SSH");

  host = make_host ();
  add_path (host, "/data/other-name", INNER_FILE_REGULAR);
  linked = g_hash_table_lookup (host->paths, "/data/other-name");
  key = host->hidden->pdata[1];
  key->device = linked->device = 7;
  key->inode = linked->inode = 4711;
  assert_refused (host, profile, "[('/data/other-name','/k','ro')]", "passwords");

  assert_refused (make_host (), profile, "[('/srv/a','/x','ro'),('/srv/b','/x','ro')]",
                  "two mounts");
}

static void
test_shown_home (void)
{
  static const struct
  {
    const char *inside;
    const char *seen;
  } cases[] = {
    { HOME "/.bashrc", HOME "/.bashrc" },
    { HOME "/.cargo/bin", HOME "/.cargo/bin" },
    { HOME "/.cargo/credentials.toml", NULL },
    { HOME "/.cargo/later", NULL },
    { HOME "/.netrc", NULL },
    { HOME "/.pgpass", NULL },
    { HOME "/.ssh/id", NULL },
    { HOME "/link", NULL },
    { HOME "/socket", NULL },
    { HOME "/project/x", HOME "/project/x" },
  };
  g_autoptr (InnerProfile) profile = make_profile ("host-ro", "private");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = make_plan (make_host (), profile, "[]", &error);

  g_assert_no_error (error);
  assert_nothing_secret (plan);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *seen = inner_plan_locate (plan, cases[i].inside);

      g_assert_cmpstr (seen, ==, cases[i].seen);
    }
}

static void
test_unlisted_home (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("host-ro", "private");
  InnerHost *host = make_host ();

  g_hash_table_remove_all (host->listings);
  assert_refused (host, profile, "[]", "cannot be listed");
}

static void
test_home_names (void)
{
  static const struct
  {
    const char *profile;
    const char *foreign;
    const char *name;
  } cases[] = {
    { "shell", NULL, "shell" },
    { "..", NULL, "%2E." },
    { ".", NULL, "%2E" },
    { "a/../b", NULL, "a%2F..%2Fb" },
    { "a@b", NULL, "a%40b" },
    { "ä", NULL, "%C3%A4" },
    { "shell", "/w/.inner/profiles/shell.toml", "shell@" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = inner_planning_home_name (cases[i].profile, cases[i].foreign);

      if (cases[i].foreign == NULL)
        g_assert_cmpstr (name, ==, cases[i].name);
      else
        g_assert_true (g_str_has_prefix (name, cases[i].name) && strlen (name) == 22);
      g_assert_null (strchr (name, '/'));
    }
}

static void
test_copies_leave_out (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("isolated", "private");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan =
      make_plan (make_host (), profile, "[('" HOME "/.cargo','/c','copy')]", &error);
  const InnerMount *copy = NULL;

  g_assert_no_error (error);
  for (guint i = 0; i < plan->mounts->len; i++)
    if (((InnerMount *) plan->mounts->pdata[i])->kind == INNER_MOUNT_COPY)
      copy = plan->mounts->pdata[i];
  g_assert_nonnull (copy);
  g_assert_true (g_strv_contains ((const char *const *) copy->left_out, "credentials.toml"));
}

static void
test_sockets (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("isolated", "private");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;

  g_ptr_array_add (host->sockets, g_strdup (HOME "/project/run/s"));
  g_ptr_array_add (host->sockets, g_strdup ("/elsewhere/s"));
  plan = make_plan (host, profile, "[]", &error);
  g_assert_no_error (error);
  one = inner_plan_locate (plan, "/workspace/run/s");
  two = inner_plan_locate (plan, HOME "/project/run/s");
  g_assert_null (one);
  g_assert_null (two);
}

static void
test_too_many_sockets (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("isolated", "private");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();

  for (guint i = 0; i < 200; i++)
    g_ptr_array_add (host->sockets, g_strdup_printf (HOME "/project/s%u", i));
  plan = make_plan (host, profile, "[]", &error);
  g_assert_null (plan);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED);
}

/* A link of the base view is followed, or bubblewrap would follow it in another root. */
static void
test_destinations (void)
{
  static const char *const cases[][2] = {
    { "/bin/tool", "/usr/bin/tool" },
    { "/var/run/x", "/run/x" },
    { "/srv/x", "/srv/x" },
    { "/binx", "/binx" },
  };
  g_autoptr (InnerHost) host = make_host ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = inner_planning_canonical_destination (host, cases[i][0]);

      g_assert_cmpstr (path, ==, cases[i][1]);
    }
}

/* Every place in memory has a size, and what is composed is sealed after everything that stands in it. */
static void
test_sizes (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("host-ro", "host");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = make_plan (make_host (), profile, "[]", &error);
  const InnerMount *last;
  guint tmpfs = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (mount->kind != INNER_MOUNT_TMPFS)
        continue;
      tmpfs++;
      g_assert_cmpuint (mount->size, >, 0);
    }
  g_assert_cmpuint (tmpfs, >=, 6);
  last = plan->mounts->pdata[plan->mounts->len - 1];
  g_assert_cmpint (last->kind, ==, INNER_MOUNT_SEAL);
  g_assert_cmpstr (last->destination, ==, "/");
}

static gboolean
is_hidden_at (const char *home, const char *path)
{
  InnerHost *host = inner_host_new_empty ();
  gboolean found = FALSE;

  host->home = g_strdup (home);
  inner_host_look_at_hidden (host);
  for (guint i = 0; i < host->hidden->len; i++)
    {
      const InnerHiddenFact *fact = host->hidden->pdata[i];

      found =
          found || (g_str_equal (fact->path, path) && g_str_equal (fact->thing->key, "ssh-keys"));
    }
  inner_host_free (host);
  return found;
}

/* SECURITY: what is remembered of the mounts is not older than they are: one that comes while the service runs is a
 * place of a secret at once (attack 40; tests/unit/test-plan-view.c). */
static void
test_mounts_that_come_later (void)
{
  g_autofree char *home = g_dir_make_tmp ("view-XXXXXX", NULL);
  g_autofree char *secret = g_build_filename (home, ".ssh", NULL);
  g_autofree char *alias = g_build_filename (home, "alias", NULL);

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDOUT);
      g_test_trap_assert_passed ();
      g_rmdir (home);
      return;
    }
  g_mkdir (secret, 0700);
  g_mkdir (alias, 0700);
  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
      mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    g_test_skip ("no mounts in a user namespace here");
  else
    for (guint i = 0; i < 3; i++)
      {
        g_assert_false (is_hidden_at (home, alias));
        g_assert_cmpint (mount (secret, alias, NULL, MS_BIND, NULL), ==, 0);
        g_assert_true (is_hidden_at (home, alias));
        g_assert_true (is_hidden_at (home, alias));
        g_assert_cmpint (umount2 (alias, MNT_DETACH), ==, 0);
      }
  g_rmdir (secret);
  g_rmdir (alias);
  g_rmdir (home);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/view/order", test_order_does_not_matter);
  g_test_add_func ("/view/every-place", test_every_place);
  g_test_add_func ("/view/objects", test_objects);
  g_test_add_func ("/view/shown-home", test_shown_home);
  g_test_add_func ("/view/unlisted-home", test_unlisted_home);
  g_test_add_func ("/view/home-names", test_home_names);
  g_test_add_func ("/view/copies", test_copies_leave_out);
  g_test_add_func ("/view/sockets", test_sockets);
  g_test_add_func ("/view/too-many-sockets", test_too_many_sockets);
  g_test_add_func ("/view/destinations", test_destinations);
  g_test_add_func ("/view/sizes", test_sizes);
  g_test_add_func ("/view/mounts-that-come-later", test_mounts_that_come_later);
  return g_test_run ();
}
