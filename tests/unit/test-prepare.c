/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-runtime-dir.h"
#include "inner-wire.h"

static int stop;

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
  static const char *const left[] = { INNER_FILE_CONTROL,   INNER_FILE_EXIT,
                                      INNER_FILE_EXIT_NEW,  INNER_FILE_GUARD,
                                      INNER_FILE_GUARD_NEW, INNER_FILE_EXIT_AFTERWARDS,
                                      INNER_FILE_LOGINS,    INNER_FILE_LOGINS_NEW,
                                      INNER_FILE_INIT,      "bus/bus" };
  g_autofree char *place = make_place ();
  g_autofree char *path = inner_runtime_dir_get (NULL);
  g_autofree char *id = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;
  gboolean in_use;
  int holder = inner_runtime_dir_add (path, NULL, &id, NULL);
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

  /* Whatever a supervisor that was killed left. */
  for (gsize i = 0; i < G_N_ELEMENTS (left); i++)
    {
      g_autofree char *file = g_build_filename (path, id, left[i], NULL);
      g_autofree char *above = g_path_get_dirname (file);

      g_assert_cmpint (g_mkdir_with_parents (above, 0700), ==, 0);
      g_assert_true (g_file_set_contents (file, "", 0, NULL));
    }
  inner_runtime_dir_remove (path, id);
  g_assert_cmpint (inner_runtime_dir_open (path, id, &in_use), ==, -1);

  /* Nobody else gets an id that is taken. */
  g_clear_pointer (&id, g_free);
  holder = inner_runtime_dir_add (path, "0123456789ab", &id, NULL);
  g_assert_cmpint (holder, >=, 0);
  g_assert_cmpstr (id, ==, "0123456789ab");
  g_assert_cmpint (inner_runtime_dir_add (path, id, &second, &error), ==, -1);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED);
  close (holder);

  inner_runtime_dir_remove (path, id);
  g_assert_cmpint (inner_runtime_dir_open (path, id, &in_use), ==, -1);
  rmdir (path);
  rmdir (place);
}

/* What services that look around do to a directory that nobody seems to use. */
static gpointer
clean_up (gpointer data)
{
  const char *path = data;

  while (!g_atomic_int_get (&stop))
    {
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
      const char *name;

      while ((name = g_dir_read_name (dir)) != NULL)
        {
          gboolean in_use;
          int fd = inner_runtime_dir_open (path, name, &in_use);

          if (fd >= 0 && !in_use)
            inner_runtime_dir_remove (path, name);
          if (fd >= 0)
            close (fd);
        }
    }

  return NULL;
}

static void
test_nobody_removes_a_new_one (void)
{
  g_autofree char *place = make_place ();
  g_autofree char *path = inner_runtime_dir_get (NULL);
  GThread *threads[2];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("clean", clean_up, path);
  for (int i = 0; i < 2000; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *id = NULL;
      g_autofree char *made = NULL;
      int fd = inner_runtime_dir_add (path, NULL, &id, &error);

      g_assert_no_error (error);
      made = g_build_filename (path, id, NULL);
      g_assert_cmpint (access (made, F_OK), ==, 0);
      inner_runtime_dir_remove (path, id);
      close (fd);
    }
  g_atomic_int_set (&stop, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
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
  g_test_add_func ("/runtime-dir/race", test_nobody_removes_a_new_one);
  return g_test_run ();
}
