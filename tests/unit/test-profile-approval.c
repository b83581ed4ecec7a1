/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "test-profile-common.h"

/* Profiles that are not the user's own: approved or not, hardened or not. */

typedef struct
{
  char *root;
  char *project;
  InnerTrust *trust;
  InnerProfileRegistry *registry;
} Fixture;

static char *
place (const Fixture *fixture, const char *path)
{
  return g_build_filename (fixture->root, path, NULL);
}

static void
put (const Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *file = place (fixture, path);
  g_autofree char *directory = g_path_get_dirname (file);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *temporary = g_dir_make_tmp ("inner-approval-XXXXXX", NULL);
  g_autofree char *user = NULL;
  g_autofree char *store = NULL;
  g_autofree char *home = NULL;

  fixture->root = realpath (temporary, NULL);
  user = place (fixture, "home/.config/inner/profiles");
  store = place (fixture, "home/.local/share/inner/trust");
  home = place (fixture, "home");
  fixture->project = place (fixture, "home/project");
  g_assert_cmpint (g_mkdir_with_parents (fixture->project, 0755), ==, 0);
  fixture->trust = inner_trust_new (store);
  fixture->registry = inner_profile_registry_new (user, NULL, NULL, NULL, home, fixture->trust);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", fixture->root, NULL };

  inner_profile_registry_free (fixture->registry);
  inner_trust_free (fixture->trust);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  free (fixture->root);
  g_free (fixture->project);
}

static InnerProfileEntry *
find (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  InnerProfileEntry *entry =
      inner_profile_registry_find (fixture->registry, name, fixture->project, &error);

  g_assert_no_error (error);
  return entry;
}

static gboolean
is_trusted (Fixture *fixture, const char *name)
{
  g_autoptr (InnerProfileEntry) entry = find (fixture, name);

  return entry->trusted;
}

/* Approves the part at @index of the profile @name as it is now. */
static void
approve (Fixture *fixture, const char *name, guint index)
{
  g_autoptr (InnerProfileEntry) entry = find (fixture, name);
  const InnerProfilePart *part = entry->parts->pdata[index];

  g_assert_true (inner_trust_approve (fixture->trust, part->path, part->digest, NULL));
}

#define ASKS                                                                                       \
  "[sandbox]\nallow = ['podman-socket']\nnetwork_mode = 'host'\n[env]\ninherit = ['LANG', "        \
  "'MY_TOKEN']\n"

static void
test_approval (Fixture *fixture, gconstpointer data)
{
  put (fixture, "home/project/.inner/profiles/p.toml", ASKS);
  g_assert_false (is_trusted (fixture, "p"));
  approve (fixture, "p", 0);
  g_assert_true (is_trusted (fixture, "p"));
}

static void
test_editing_ends_it (Fixture *fixture, gconstpointer data)
{
  put (fixture, "home/project/.inner/profiles/p.toml", ASKS);
  approve (fixture, "p", 0);
  put (fixture, "home/project/.inner/profiles/p.toml", ASKS "# changed\n");
  g_assert_false (is_trusted (fixture, "p"));
  put (fixture, "home/project/.inner/profiles/p.toml", ASKS);
  g_assert_true (is_trusted (fixture, "p"));
}

static void
test_a_copy_is_not_approved (Fixture *fixture, gconstpointer data)
{
  put (fixture, "home/project/.inner/profiles/p.toml", ASKS);
  put (fixture, "home/project/.inner/profiles/copy.toml", ASKS);
  approve (fixture, "p", 0);
  g_assert_false (is_trusted (fixture, "copy"));
}

/* The base is a document of the project too, and each is approved for itself. */
static void
test_a_base_is_approved_for_itself (Fixture *fixture, gconstpointer data)
{
  put (fixture, "home/project/.inner/profiles/p.toml", "extends = './base.toml'");
  put (fixture, "home/project/.inner/profiles/base.toml", ASKS);
  approve (fixture, "p", 0);
  g_assert_false (is_trusted (fixture, "p"));
  approve (fixture, "p", 1);
  g_assert_true (is_trusted (fixture, "p"));
  put (fixture, "home/project/.inner/profiles/base.toml", ASKS "# changed\n");
  g_assert_false (is_trusted (fixture, "p"));
}

/* The user's own profile stays what it is when it builds on an approved foreign document: that one is
 * hardened, its own values are not. */
static void
test_only_what_is_foreign_is_hardened (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/project/foreign.toml", ASKS);
  put (fixture, "home/.config/inner/profiles/mine.toml",
       "extends = '~/project/foreign.toml'\n[sandbox]\nallow = ['docker-socket']\n"
       "[env]\ninherit = ['OWN_KEY']\n");
  entry = find (fixture, "mine");
  g_assert_true (entry->foreign);
  assert_value (entry->effective, INNER_KEY_SANDBOX_ALLOW, "['podman-socket', 'docker-socket']");
  assert_value (entry->usable, INNER_KEY_SANDBOX_ALLOW, "['docker-socket']");
  assert_value (entry->effective, INNER_KEY_SANDBOX_NETWORK_MODE, "'host'");
  assert_value (entry->usable, INNER_KEY_SANDBOX_NETWORK_MODE, "-");
  assert_value (entry->usable, INNER_KEY_ENV_INHERIT, "['LANG', 'OWN_KEY']");
  g_assert_cmpuint (entry->notes->len, ==, 3);
  g_assert_cmpuint (entry->parts->len, ==, 2);
}

/* A foreign child cannot take back what its trusted base narrows, where the key is one that is left out. */
static void
test_a_foreign_child_cannot_widen (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/.config/inner/profiles/strict.toml",
       "[sandbox]\nnetwork = false\ngit_dir = 'ro'\npid_namespace = true\n"
       "[env]\ninherit_all = false\n");
  put (fixture, "home/project/.inner/profiles/p.toml",
       "extends = 'strict'\n[sandbox]\nnetwork_mode = 'host'\ngit_dir = 'rw'\n"
       "pid_namespace = false\n[env]\ninherit_all = true\n");
  entry = find (fixture, "p");
  assert_value (entry->usable, INNER_KEY_SANDBOX_NETWORK_MODE, "'off'");
  assert_value (entry->usable, INNER_KEY_SANDBOX_NETWORK, "false");
  assert_value (entry->usable, INNER_KEY_SANDBOX_GIT_DIR, "'ro'");
  assert_value (entry->usable, INNER_KEY_SANDBOX_PID_NAMESPACE, "true");
  assert_value (entry->usable, INNER_KEY_ENV_INHERIT_ALL, "false");
  g_assert_cmpuint (entry->notes->len, ==, 4);
}

static void
test_what_is_ours_is_not_hardened (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/.config/inner/profiles/mine.toml", ASKS);
  entry = find (fixture, "mine");
  g_assert_true (entry->trusted);
  g_assert_false (entry->foreign);
  g_assert_true (entry->usable == entry->effective);
  g_assert_cmpuint (entry->notes->len, ==, 0);
}

/* A file of the user's own that others may write to becomes foreign while the service runs, and is the
 * user's own again when that is mended. */
static void
test_a_file_changes_sides (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = place (fixture, "home/.config/inner/profiles/mine.toml");

  put (fixture, "home/.config/inner/profiles/mine.toml", ASKS);
  for (int i = 0; i < 3; i++)
    {
      gboolean open = i == 1;
      g_autoptr (InnerProfileEntry) entry = NULL;

      g_assert_cmpint (chmod (file, open ? 0666 : 0644), ==, 0);
      entry = find (fixture, "mine");
      g_assert_cmpint (entry->foreign, ==, open);
      assert_value (entry->usable, INNER_KEY_SANDBOX_ALLOW, open ? "-" : "['podman-socket']");
      g_assert_cmpuint (entry->notes->len, ==, open ? 3 : 0);
    }
}

static void
test_parts_are_named_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerProfileEntry) entry = NULL;

  put (fixture, "home/.config/inner/profiles/root.toml", "");
  put (fixture, "home/.config/inner/profiles/left.toml", "extends = 'root'");
  put (fixture, "home/.config/inner/profiles/right.toml", "extends = 'root'");
  put (fixture, "home/project/.inner/profiles/p.toml", "extends = ['left', 'right']");
  entry = find (fixture, "p");
  g_assert_cmpuint (entry->parts->len, ==, 4);
  for (guint i = 0; i < entry->parts->len; i++)
    {
      const InnerProfilePart *part = entry->parts->pdata[i];

      g_assert_cmpint (part->trusted, ==, i > 0);
      g_assert_cmpint (part->scope, ==, i > 0 ? INNER_SCOPE_USER : INNER_SCOPE_PROJECT);
      g_assert_true (inner_trust_is_digest (part->digest));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/approval/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("approval", test_approval);
  ADD ("editing-ends-it", test_editing_ends_it);
  ADD ("copy", test_a_copy_is_not_approved);
  ADD ("base", test_a_base_is_approved_for_itself);
  ADD ("only-what-is-foreign", test_only_what_is_foreign_is_hardened);
  ADD ("cannot-widen", test_a_foreign_child_cannot_widen);
  ADD ("ours", test_what_is_ours_is_not_hardened);
  ADD ("changes-sides", test_a_file_changes_sides);
  ADD ("parts", test_parts_are_named_once);
#undef ADD
  return g_test_run ();
}
