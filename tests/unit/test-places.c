/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-guard-fs.h"
#include "inner-places.h"

static char *
make_directory (void)
{
  char *path = g_dir_make_tmp ("inner-places-XXXXXX", NULL);

  g_assert_nonnull (path);
  return path;
}

static void
remove_directory (char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *parent = g_path_get_dirname (path);
  inner_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_true (inner_guard_remove_all (fd, name));
  g_free (path);
}

static void
test_home_is_made_and_kept (void)
{
  char *directory = make_directory ();
  g_autofree char *path = g_build_filename (directory, "inner", "homes", "shell", NULL);
  g_autoptr (GError) error = NULL;
  struct stat st;

  for (guint i = 0; i < 2; i++)
    {
      inner_autofd fd = inner_home_open (path, &error);

      g_assert_no_error (error);
      g_assert_cmpint (fstat (fd, &st), ==, 0);
      g_assert_cmpint (st.st_mode & 07777, ==, 0700);
      g_assert_cmpint (mkdirat (fd, "kept", 0700), ==, i == 0 ? 0 : -1);
    }
  remove_directory (directory);
}

static void
assert_home_refused (const char *path, const char *says)
{
  g_autoptr (GError) error = NULL;
  inner_autofd fd = inner_home_open (path, &error);

  g_assert_cmpint (fd, ==, -1);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, says));
}

/* Attacks 33, 52 and 70. */
static void
test_home_is_private (void)
{
  char *directory = make_directory ();
  g_autofree char *homes = g_build_filename (directory, "homes", NULL);
  g_autofree char *path = g_build_filename (homes, "shell", NULL);

  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  g_assert_cmpint (chmod (path, 0750), ==, 0);
  assert_home_refused (path, "others may enter it");
  g_assert_cmpint (chmod (homes, 0755), ==, 0);
  assert_home_refused (path, "others may enter it");
  g_assert_cmpint (chmod (homes, 0700), ==, 0);

  g_assert_cmpint (rmdir (path), ==, 0);
  g_assert_cmpint (symlink ("/etc", path), ==, 0);
  assert_home_refused (path, "not a directory");
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  assert_home_refused (path, "not a directory");
  if (getuid () == 0)
    {
      g_assert_cmpint (unlink (path), ==, 0);
      g_assert_cmpint (mkdir (path, 0700), ==, 0);
      g_assert_cmpint (chown (path, 4711, 4711), ==, 0);
      assert_home_refused (path, "somebody else");
    }
  remove_directory (directory);
}

static InnerMount *
make_mount (const char *source)
{
  InnerMount *mount = g_new0 (InnerMount, 1);

  mount->source = g_strdup (source);
  mount->fd = open (source, O_PATH | O_CLOEXEC);
  g_assert_cmpint (mount->fd, >=, 0);
  return mount;
}

static void
free_mount (InnerMount *mount)
{
  close (mount->fd);
  g_free (mount->source);
  g_free (mount);
}

static char *
copies_of (const char *id)
{
  return g_build_filename (g_get_user_state_dir (), "inner", "copies", id, NULL);
}

static gboolean
eventually_gone (const char *path)
{
  for (guint i = 0; i < 500 && g_file_test (path, G_FILE_TEST_EXISTS); i++)
    g_usleep (10000);
  return !g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_copies (void)
{
  char *directory = make_directory ();
  InnerMount *mount = make_mount (directory);
  g_autofree char *file = g_build_filename (directory, "file", NULL);
  g_autofree char *path = copies_of ("0123456789ab");
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  InnerCopies *copies = inner_copies_new ("0123456789ab", NULL);
  inner_autofd one = -1;
  inner_autofd two = -1;
  struct stat st[2];

  g_assert_true (g_file_set_contents (file, "text", -1, NULL));
  g_assert_cmpint (inner_copies_get_fd (copies), ==, -1);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  one = inner_copies_add (copies, mount, notes, &error);
  g_assert_no_error (error);
  two = inner_copies_add (copies, mount, notes, &error);
  g_assert_no_error (error);
  fstat (one, &st[0]);
  fstat (two, &st[1]);
  g_assert_cmpuint (st[0].st_ino, ==, st[1].st_ino);
  g_assert_cmpint (faccessat (one, "file", F_OK, 0), ==, 0);

  /* In use: nobody removes it. */
  inner_copies_sweep ();
  g_usleep (100000);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  inner_copies_free (copies);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  free_mount (mount);
  remove_directory (directory);
}

/* As after a kill -9 of everybody: the lock is gone, the directory is not. */
static void
test_left_copies (void)
{
  char *directory = make_directory ();
  InnerMount *mount = make_mount (directory);
  g_autofree char *path = copies_of ("ba9876543210");
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  InnerCopies *copies = inner_copies_new ("ba9876543210", NULL);
  int fd = inner_copies_add (copies, mount, notes, &error);

  g_assert_no_error (error);
  close (fd);
  inner_copies_hand_over (copies);
  inner_copies_free (copies);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  inner_copies_sweep ();
  g_assert_true (eventually_gone (path));
  free_mount (mount);
  remove_directory (directory);
}

/* GLib forgets the directories of the test before when it makes those of the next; the sanitizers ask here, and look
 * all the way down the stack only if they are told to. */
const char *__asan_default_options (void);
const char *__lsan_default_suppressions (void);

const char *
__asan_default_options (void)
{
  return "fast_unwind_on_malloc=0";
}

const char *
__lsan_default_suppressions (void)
{
  return "leak:g_set_user_dirs\n";
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  inner_error_quark ();
  g_test_add_func ("/places/home", test_home_is_made_and_kept);
  g_test_add_func ("/places/home-is-private", test_home_is_private);
  g_test_add_func ("/places/copies", test_copies);
  g_test_add_func ("/places/left-copies", test_left_copies);
  return g_test_run ();
}
