/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-runtime-dir.h"

/* A directory that plays $XDG_RUNTIME_DIR. */
static char *
make_place (void)
{
  g_autoptr (GError) error = NULL;
  char *place = g_dir_make_tmp ("inner-test-XXXXXX", &error);

  g_assert_no_error (error);
  g_setenv ("XDG_RUNTIME_DIR", place, TRUE);
  return place;
}

static void
test_made_private (void)
{
  g_autofree char *place = make_place ();
  g_autofree char *path = inner_runtime_dir_get (NULL);
  struct stat st;

  g_assert_nonnull (path);
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0700);
  rmdir (path);
  rmdir (place);
}

static void
assert_refused (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (inner_runtime_dir_get (&error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED);
}

/* What somebody else may have prepared under our name. */
static void
test_planted (void)
{
  g_autofree char *place = make_place ();
  g_autofree char *path = g_build_filename (place, "inner", NULL);

  g_assert_cmpint (symlink ("/tmp", path), ==, 0);
  assert_refused ();
  unlink (path);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_cmpint (chmod (path, 0755), ==, 0);
  assert_refused ();
  rmdir (path);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  assert_refused ();
  unlink (path);
  rmdir (place);
}

static void
test_lock_tells_the_living (void)
{
  g_autofree char *place = make_place ();
  g_autofree char *path = inner_runtime_dir_get (NULL);
  g_autofree char *id = NULL;
  gboolean in_use;
  int holder = inner_runtime_dir_add (path, &id, NULL);
  int other;

  g_assert_cmpint (holder, >=, 0);
  g_assert_cmpuint (strlen (id), ==, 12);
  other = inner_runtime_dir_open (path, id, &in_use);
  g_assert_true (in_use);
  close (other);

  close (holder);
  other = inner_runtime_dir_open (path, id, &in_use);
  g_assert_cmpint (other, >=, 0);
  g_assert_false (in_use);
  close (other);

  inner_runtime_dir_remove (path, id);
  g_assert_cmpint (inner_runtime_dir_open (path, id, &in_use), ==, -1);
  rmdir (path);
  rmdir (place);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/runtime-dir/private", test_made_private);
  g_test_add_func ("/runtime-dir/planted", test_planted);
  g_test_add_func ("/runtime-dir/lock", test_lock_tells_the_living);
  return g_test_run ();
}
