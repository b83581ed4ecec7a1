/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-copy-tree.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-guard-fs.h"

typedef struct
{
  char *directory;
  int fd;
  GPtrArray *notes;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->directory = g_dir_make_tmp ("inner-copy-XXXXXX", NULL);
  fixture->fd = open (fixture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fixture->notes = g_ptr_array_new_with_free_func (g_free);
  g_assert_cmpint (mkdirat (fixture->fd, "from", 0700), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_path_get_basename (fixture->directory);
  g_autofree char *parent = g_path_get_dirname (fixture->directory);
  inner_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_true (inner_guard_remove_all (fd, name));
  g_assert_false (g_file_test (fixture->directory, G_FILE_TEST_EXISTS));
  close (fixture->fd);
  g_ptr_array_unref (fixture->notes);
  g_free (fixture->directory);
}

static void
put (Fixture *fixture, const char *path, const char *text, int mode)
{
  inner_autofd fd = openat (fixture->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (write (fd, text, strlen (text)), ==, (int) strlen (text));
  g_assert_cmpint (fchmod (fd, mode), ==, 0);
}

static gboolean
copy (Fixture *fixture,
      const char *const *left_out,
      const InnerCopyBounds *bounds,
      GCancellable *gone,
      GError **error)
{
  inner_autofd source = openat (fixture->fd, "from", O_PATH | O_CLOEXEC);

  return inner_copy_tree (source, fixture->fd, "to", left_out, bounds, gone, fixture->notes, error);
}

static void
assert_content (Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *full = g_build_filename (fixture->directory, path, NULL);
  g_autofree char *content = NULL;

  g_file_get_contents (full, &content, NULL, NULL);
  g_assert_cmpstr (content, ==, text);
}

static gboolean
is_there (Fixture *fixture, const char *path)
{
  struct stat st;

  return fstatat (fixture->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether some note speaks of @part. */
static gboolean
is_noted (Fixture *fixture, const char *part)
{
  for (guint i = 0; i < fixture->notes->len; i++)
    if (strstr (fixture->notes->pdata[i], part) != NULL)
      return TRUE;

  return FALSE;
}

static void
test_tree (Fixture *fixture, gconstpointer data)
{
  const struct timespec times[] = { { 1000, 0 }, { 2000, 5 } };
  g_autoptr (GError) error = NULL;
  struct stat st;
  char target[16] = "";

  mkdirat (fixture->fd, "from/sub", 0700);
  put (fixture, "from/sub/file", "text\n", 0755);
  put (fixture, "from/suid", "x", 04755);
  utimensat (fixture->fd, "from/sub/file", times, 0);
  g_assert_cmpint (symlinkat ("/etc/shadow", fixture->fd, "from/link"), ==, 0);
  fchmodat (fixture->fd, "from/sub", 0550, 0);

  copy (fixture, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->notes->len, ==, 0);
  assert_content (fixture, "to/sub/file", "text\n");
  fstatat (fixture->fd, "to/sub/file", &st, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
  g_assert_cmpint (st.st_mtim.tv_sec, ==, 2000);
  fstatat (fixture->fd, "to/sub", &st, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0550);
  fstatat (fixture->fd, "to/suid", &st, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
  g_assert_cmpint (readlinkat (fixture->fd, "to/link", target, sizeof target), ==, 11);
  g_assert_cmpstr (target, ==, "/etc/shadow");
}

static void
test_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  inner_autofd source = -1;

  put (fixture, "one", "content", 0400);
  source = openat (fixture->fd, "one", O_PATH | O_CLOEXEC);
  inner_copy_tree (source, fixture->fd, "two", NULL, NULL, NULL, fixture->notes, &error);
  g_assert_no_error (error);
  assert_content (fixture, "two", "content");
}

/* None of them is opened: a FIFO would wait for a writer for ever. */
static void
test_special_files (Fixture *fixture, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  inner_autofd listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkfifoat (fixture->fd, "from/fifo", 0600), ==, 0);
  g_snprintf (address.sun_path, sizeof address.sun_path, "%s/from/socket", fixture->directory);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  put (fixture, "from/a\nb", "", 0600);
  put (fixture, "from/secret", "x", 0);

  copy (fixture, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (is_there (fixture, "to/fifo"));
  g_assert_false (is_there (fixture, "to/socket"));
  g_assert_true (is_there (fixture, "to/a\nb"));
  g_assert_true (is_noted (fixture, "“fifo”"));
  g_assert_true (is_noted (fixture, "“socket”"));
  g_assert_cmpint (is_noted (fixture, "“secret”"), ==, getuid () != 0);
}

static void
test_left_out (Fixture *fixture, gconstpointer data)
{
  static const char *const left_out[] = { "sub/credentials.toml", "keys", NULL };
  g_autoptr (GError) error = NULL;

  mkdirat (fixture->fd, "from/sub", 0700);
  mkdirat (fixture->fd, "from/keys", 0700);
  put (fixture, "from/sub/credentials.toml", "secret", 0600);
  put (fixture, "from/sub/config.toml", "config", 0600);
  put (fixture, "from/keys/id", "secret", 0600);
  put (fixture, "from/credentials.toml", "another", 0600);

  copy (fixture, left_out, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (is_there (fixture, "to/sub/credentials.toml"));
  g_assert_false (is_there (fixture, "to/keys"));
  assert_content (fixture, "to/sub/config.toml", "config");
  assert_content (fixture, "to/credentials.toml", "another");
}

static void
test_bounds (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    InnerCopyBounds bounds;
    const char *says;
  } cases[] = {
    { { 60, 3, 1000 }, "more than 3 files" },
    { { 60, 100, 10 }, "larger than" },
    { { 0, 100, 1000 }, "more than 0 seconds" },
  };

  for (gsize i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("from/%" G_GSIZE_FORMAT, i);

      put (fixture, name, "0123456789", 0600);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (copy (fixture, NULL, &cases[i].bounds, NULL, &error));
      g_assert_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED);
      g_assert_nonnull (strstr (error->message, cases[i].says));
      inner_guard_remove_all (fixture->fd, "to");
    }
}

static void
test_nobody_waits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) gone = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (gone);
  g_assert_false (copy (fixture, NULL, NULL, gone, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gpointer
swap (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 4000; i++)
    {
      renameat2 (fixture->fd, "from/thing", fixture->fd, "link", RENAME_EXCHANGE);
      renameat2 (fixture->fd, "from/dir", fixture->fd, "dirlink", RENAME_EXCHANGE);
    }
  return NULL;
}

/* Attack 33. While it is copied, a file and a directory flip with links to what must not be read. */
static void
test_swapped_links (Fixture *fixture, gconstpointer data)
{
  GThread *thread;

  mkdirat (fixture->fd, "outside", 0700);
  put (fixture, "outside/secret", "secret", 0600);
  mkdirat (fixture->fd, "from/dir", 0700);
  put (fixture, "from/dir/fine", "fine", 0600);
  put (fixture, "from/thing", "fine", 0600);
  g_assert_cmpint (symlinkat ("../outside/secret", fixture->fd, "link"), ==, 0);
  g_assert_cmpint (symlinkat ("../outside", fixture->fd, "dirlink"), ==, 0);
  thread = g_thread_new ("swap", swap, fixture);
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (GError) error = NULL;
      struct stat st;

      copy (fixture, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      if (fstatat (fixture->fd, "to/thing", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode))
        assert_content (fixture, "to/thing", "fine");
      if (fstatat (fixture->fd, "to/dir", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (st.st_mode))
        g_assert_false (is_there (fixture, "to/dir/secret"));
      g_assert_true (inner_guard_remove_all (fixture->fd, "to"));
    }
  g_thread_join (thread);
}

/* What a sandbox may have made: deeper than any path, and directories that nobody may enter. */
static void
test_remove_all (Fixture *fixture, gconstpointer data)
{
  inner_autofd fd = -1;

  mkdirat (fixture->fd, "deep", 0700);
  fd = openat (fixture->fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (guint i = 0; i < 3000; i++)
    {
      int next;

      g_assert_cmpint (mkdirat (fd, "d", 0700), ==, 0);
      next = openat (fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      close (inner_steal_fd (&fd));
      fd = next;
    }
  mkdirat (fixture->fd, "deep/closed", 0700);
  put (fixture, "deep/closed/x", "x", 0600);
  symlinkat ("/etc", fixture->fd, "deep/closed/link");
  fchmodat (fixture->fd, "deep/closed", 0, 0);
  fchmodat (fixture->fd, "deep", 0500, 0);

  g_assert_true (inner_guard_remove_all (fixture->fd, "deep"));
  g_assert_false (is_there (fixture, "deep"));
  g_assert_true (g_file_test ("/etc/passwd", G_FILE_TEST_EXISTS));
  g_assert_true (inner_guard_remove_all (fixture->fd, "deep"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
#define ADD(name, test) g_test_add ("/copy/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("tree", test_tree);
  ADD ("file", test_file);
  ADD ("special-files", test_special_files);
  ADD ("left-out", test_left_out);
  ADD ("bounds", test_bounds);
  ADD ("nobody-waits", test_nobody_waits);
  ADD ("swapped-links", test_swapped_links);
  ADD ("remove-all", test_remove_all);
#undef ADD
  return g_test_run ();
}
