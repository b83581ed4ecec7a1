/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-trust.h"

#define ONE "00000000000000000000000000000000000000000000000000000000000000a1"
#define OTHER "00000000000000000000000000000000000000000000000000000000000000b2"

typedef struct
{
  char *directory;
  InnerTrust *trust;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *top = g_dir_make_tmp ("inner-trust-XXXXXX", NULL);

  fixture->directory = g_build_filename (top, "inner", "trust", NULL);
  fixture->trust = inner_trust_new (fixture->directory);
}

/* The only file of the store. (transfer full) */
static char *
the_file (const Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->directory, 0, NULL);
  const char *name;
  char *file;

  g_assert_nonnull (dir);
  name = g_dir_read_name (dir);
  g_assert_nonnull (name);
  file = g_build_filename (fixture->directory, name, NULL);
  g_assert_null (g_dir_read_name (dir));
  return file;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *inner = g_path_get_dirname (fixture->directory);
  g_autofree char *top = g_path_get_dirname (inner);

  if (g_file_test (fixture->directory, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *file = the_file (fixture);

      g_assert_cmpint (g_unlink (file), ==, 0);
      g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
      g_assert_cmpint (g_rmdir (inner), ==, 0);
    }
  g_assert_cmpint (g_rmdir (top), ==, 0);
  inner_trust_free (fixture->trust);
  g_free (fixture->directory);
}

static void
approve (Fixture *fixture, const char *path, const char *digest)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (inner_trust_approve (fixture->trust, path, digest, &error));
  g_assert_no_error (error);
}

static void
test_nothing_is_approved (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerTrust) nowhere = inner_trust_new (NULL);

  g_assert_false (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
  g_assert_false (inner_trust_is_approved (nowhere, "/p/a.toml", ONE));
  g_assert_false (inner_trust_approve (nowhere, "/p/a.toml", ONE, NULL));
}

static void
test_these_bytes_here (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerTrust) again = inner_trust_new (fixture->directory);

  approve (fixture, "/p/a.toml", ONE);
  g_assert_true (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
  g_assert_true (inner_trust_is_approved (again, "/p/a.toml", ONE));
  g_assert_false (inner_trust_is_approved (fixture->trust, "/p/a.toml", OTHER));
  g_assert_false (inner_trust_is_approved (fixture->trust, "/p/b.toml", ONE));
}

static void
test_a_new_approval_ends_the_old_one (Fixture *fixture, gconstpointer data)
{
  approve (fixture, "/p/a.toml", ONE);
  approve (fixture, "/p/a.toml", OTHER);
  g_assert_false (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
  g_assert_true (inner_trust_is_approved (fixture->trust, "/p/a.toml", OTHER));
}

static void
test_a_digest_in_capitals (Fixture *fixture, gconstpointer data)
{
  g_autofree char *upper = g_ascii_strup (ONE, -1);

  approve (fixture, "/p/a.toml", upper);
  g_assert_true (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
}

static void
test_the_store_is_private (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = NULL;
  struct stat st;

  approve (fixture, "/p/a.toml", ONE);
  file = the_file (fixture);
  g_assert_cmpint (g_stat (file, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_stat (fixture->directory, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0700);
}

static void
test_a_record_of_others_counts_for_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = NULL;

  approve (fixture, "/p/a.toml", ONE);
  file = the_file (fixture);
  g_assert_cmpint (g_chmod (file, 0666), ==, 0);
  g_assert_false (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
  g_assert_cmpint (g_chmod (file, 0600), ==, 0);
  g_assert_true (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
}

static void
test_a_link_counts_for_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = NULL;
  g_autofree char *inner = g_path_get_dirname (fixture->directory);
  g_autofree char *aside = g_build_filename (inner, "aside", NULL);

  approve (fixture, "/p/a.toml", ONE);
  file = the_file (fixture);
  g_assert_cmpint (g_rename (file, aside), ==, 0);
  g_assert_cmpint (symlink (aside, file), ==, 0);
  g_assert_false (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
  g_assert_cmpint (g_unlink (aside), ==, 0);
}

static void
test_a_broken_record (Fixture *fixture, gconstpointer data)
{
  static const char *const broken[] = { "", "[approval", "[approval]\nPath=/p/a.toml\n",
                                        "[approval]\nDigest=" ONE "\n",
                                        "[other]\nPath=/p/a.toml\nDigest=" ONE "\n" };
  g_autofree char *file = NULL;

  approve (fixture, "/p/a.toml", ONE);
  file = the_file (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_assert_true (g_file_set_contents (file, broken[i], -1, NULL));
      g_assert_cmpint (g_chmod (file, 0600), ==, 0);
      g_assert_false (inner_trust_is_approved (fixture->trust, "/p/a.toml", ONE));
    }
}

static void
test_digests (void)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autofree char *digest = inner_trust_digest (empty);

  /* FIPS 180-4: the SHA-256 of nothing. */
  g_assert_cmpstr (digest, ==, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  g_assert_true (inner_trust_is_digest (digest));
  g_assert_true (inner_trust_is_digest (ONE));
  g_assert_false (inner_trust_is_digest (""));
  g_assert_false (inner_trust_is_digest (ONE "0"));
  g_assert_false (inner_trust_is_digest (&ONE[1]));
  g_assert_false (
      inner_trust_is_digest ("g0000000000000000000000000000000000000000000000000000000000000a1"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/trust/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("nothing", test_nothing_is_approved);
  ADD ("these-bytes-here", test_these_bytes_here);
  ADD ("a-new-approval", test_a_new_approval_ends_the_old_one);
  ADD ("capitals", test_a_digest_in_capitals);
  ADD ("private", test_the_store_is_private);
  ADD ("record-of-others", test_a_record_of_others_counts_for_nothing);
  ADD ("link", test_a_link_counts_for_nothing);
  ADD ("broken-record", test_a_broken_record);
#undef ADD
  g_test_add_func ("/trust/digests", test_digests);
  return g_test_run ();
}
