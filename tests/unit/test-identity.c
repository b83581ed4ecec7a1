/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-identity.h"

/* A directory like that of a process, made of links; one row changes one of them. */
typedef struct
{
  const char *path;
  const char *target; /* NULL: there is none */
  const char *says;   /* NULL: not confined */
} Change;

static const char *const links[][2] = {
  { "ns/user", "user:[1]" }, { "ns/mnt", "mnt:[2]" },        { "ns/pid", "pid:[3]" },
  { "root", "/" },           { "exe", "/usr/bin/innerctl" },
};

static char *
make_process (const Change *change)
{
  g_autoptr (GError) error = NULL;
  char *directory = g_dir_make_tmp ("inner-identity-XXXXXX", &error);
  g_autofree char *namespaces = g_build_filename (directory, "ns", NULL);

  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir (namespaces, 0700), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_autofree char *path = g_build_filename (directory, links[i][0], NULL);
      gboolean changed = change != NULL && g_str_equal (change->path, links[i][0]);
      const char *target = changed ? change->target : links[i][1];

      if (target != NULL)
        g_assert_cmpint (symlink (target, path), ==, 0);
    }
  return directory;
}

static void
remove_process (const char *directory)
{
  for (gsize i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_autofree char *path = g_build_filename (directory, links[i][0], NULL);

      unlink (path);
    }
  {
    g_autofree char *namespaces = g_build_filename (directory, "ns", NULL);

    rmdir (namespaces);
    rmdir (directory);
  }
}

static void
test_compare (void)
{
  g_autofree char *elsewhere = g_dir_make_tmp ("inner-identity-XXXXXX", NULL);
  g_autofree char *info = g_build_filename (elsewhere, ".flatpak-info", NULL);
  const Change changes[] = {
    { "none", NULL, NULL },
    { "ns/user", "user:[4]", "users of its own" },
    { "ns/mnt", "mnt:[4]", "file system of its own" },
    { "ns/pid", "pid:[4]", "processes of its own" },
    { "root", elsewhere, "root directory of its own" },
    { "exe", "/usr/bin/xdg-dbus-proxy", "proxy" },
    { "exe", "/usr/bin/xdg-dbus-proxy (deleted)", "proxy" },
    { "exe", "/opt/xdg-dbus-proxy-viewer", NULL },
    { "ns/user", NULL, "cannot be told" },
    { "ns/mnt", NULL, "cannot be told" },
    { "ns/pid", NULL, "cannot be told" },
    { "root", NULL, "cannot be told" },
    { "root", "/nonexistent", "cannot be told" },
    { "exe", NULL, "cannot be told" },
  };
  g_autofree char *ours = make_process (NULL);
  inner_autofd own = open (ours, O_PATH | O_DIRECTORY | O_CLOEXEC);

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autofree char *theirs = make_process (&changes[i]);
      inner_autofd directory = open (theirs, O_PATH | O_DIRECTORY | O_CLOEXEC);
      const char *sentence = inner_identity_compare (directory, own);

      g_test_message ("%s -> %s: %s", changes[i].path, changes[i].target, sentence);
      g_assert_cmpint (sentence == NULL, ==, changes[i].says == NULL);
      g_assert_true (sentence == NULL || strstr (sentence, changes[i].says) != NULL);
      remove_process (theirs);
    }

  g_assert_true (g_file_set_contents (info, "", 0, NULL));
  {
    const Change flatpak = { "root", elsewhere, NULL };
    g_autofree char *both = make_process (&flatpak);
    inner_autofd directory = open (both, O_PATH | O_DIRECTORY | O_CLOEXEC);

    g_assert_nonnull (strstr (inner_identity_compare (directory, directory), "Flatpak"));
    remove_process (both);
  }
  unlink (info);
  rmdir (elsewhere);
  remove_process (ours);
}

/* Nobody is confined who stands where we stand, as long as they live. */
static void
test_processes (void)
{
  pid_t pid = fork ();
  inner_autofd pidfd = -1;

  if (pid == 0)
    {
      pause ();
      _exit (0);
    }
  pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  g_assert_cmpint (pidfd, >=, 0);
  g_assert_null (inner_identity_find_confinement (pid, pidfd));
  g_assert_null (inner_identity_find_confinement (pid, -1));
  g_assert_nonnull (inner_identity_find_confinement (0, pidfd));
  g_assert_nonnull (inner_identity_find_confinement (0, -1));

  /* Its number is there until we have waited for it, and tells about nobody. */
  kill (pid, SIGKILL);
  g_assert_cmpint (waitid (P_PID, pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), ==, 0);
  g_assert_nonnull (inner_identity_find_confinement (pid, pidfd));
  g_assert_nonnull (inner_identity_find_confinement (pid, -1));
  waitpid (pid, NULL, 0);
  g_assert_nonnull (inner_identity_find_confinement (pid, pidfd));
  g_assert_nonnull (inner_identity_find_confinement (pid, -1));
  /* A number that another process has: the facts would be right, and the caller is gone. */
  g_assert_nonnull (inner_identity_find_confinement (getpid (), pidfd));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/identity/compare", test_compare);
  g_test_add_func ("/identity/processes", test_processes);
  return g_test_run ();
}
