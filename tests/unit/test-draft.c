/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Files that innerctl makes beside others, in directories where an agent may write too. */

#include <glib/gstdio.h>
#include <unistd.h>

#include "inner-draft.h"

typedef struct
{
  char *directory;
  char *target;
  char *secret; /* a file of the person, for nobody else */
  InnerDraft *draft;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("ours\n", 5);

  fixture->directory = g_dir_make_tmp ("inner-draft-XXXXXX", NULL);
  g_assert_nonnull (fixture->directory);
  fixture->target = g_build_filename (fixture->directory, "config.toml", NULL);
  fixture->secret = g_build_filename (fixture->directory, "secret", NULL);
  g_assert_true (g_file_set_contents (fixture->secret, "secret\n", -1, NULL));
  g_assert_cmpint (g_chmod (fixture->secret, 0600), ==, 0);
  fixture->draft = inner_draft_new (fixture->target, bytes, NULL);
  g_assert_nonnull (fixture->draft);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->draft, inner_draft_free);
  g_unlink (fixture->target);
  g_unlink (fixture->secret);
  /* Nothing else is left behind. */
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->target);
  g_free (fixture->secret);
  g_free (fixture->directory);
}

static int
mode_of (const char *path)
{
  GStatBuf st;

  g_assert_cmpint (g_lstat (path, &st), ==, 0);
  return st.st_mode & 07777;
}

static void
test_install (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpint (mode_of (fixture->draft->path), ==, 0600);
  g_assert_true (inner_draft_install (fixture->draft, fixture->target, 0644, FALSE, &error));
  g_assert_no_error (error);
  g_assert_null (fixture->draft->path);
  g_assert_cmpint (mode_of (fixture->target), ==, 0644);
  g_assert_true (g_file_get_contents (fixture->target, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "ours\n");
}

static void
refuse (Fixture *fixture)
{
  for (int force = 0; force < 2; force++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (inner_draft_install (fixture->draft, fixture->target, 0644, force, &error));
      g_assert_nonnull (error);
      g_assert_false (g_file_test (fixture->target, G_FILE_TEST_EXISTS));
      g_assert_false (g_file_test (fixture->target, G_FILE_TEST_IS_SYMLINK));
      g_assert_cmpint (mode_of (fixture->secret), ==, 0600);
    }
}

/* Attack 46: the link is not installed, and what it names does not become readable. */
static void
test_a_link_in_its_place (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_unlink (fixture->draft->path), ==, 0);
  g_assert_cmpint (symlink (fixture->secret, fixture->draft->path), ==, 0);
  refuse (fixture);
}

static void
test_a_file_in_its_place (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_unlink (fixture->draft->path), ==, 0);
  g_assert_cmpint (link (fixture->secret, fixture->draft->path), ==, 0);
  refuse (fixture);
}

static void
test_nothing_in_its_place (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_unlink (fixture->draft->path), ==, 0);
  refuse (fixture);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (Fixture *, gconstpointer);
  } tests[] = {
    { "/draft/install", test_install },
    { "/draft/a-link-in-its-place", test_a_link_in_its_place },
    { "/draft/a-file-in-its-place", test_a_file_in_its_place },
    { "/draft/nothing-in-its-place", test_nothing_in_its_place },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
