/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Who is confined. The bus attests user and process of a caller, and both are the same for a program in a sandbox
 * of that user: so it is looked at where the process stands. The look is not a question of a name or a parameter,
 * and a process cannot leave its namespaces by itself; what it does before and after (exec, fork) changes nothing
 * of that. It is compared with where this service stands, so that all of it may run in a container.
 */

#include "inner-identity.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-fds.h"

#define UNKNOWN                                                                                    \
  N_ ("it cannot be told where the caller stands, so it counts as confined; call from a terminal " \
      "or another program of the session")

/* Reads the link @name below @directory into @target; %FALSE if that cannot be done. */
static gboolean
read_link (int directory, const char *name, char *target)
{
  gssize length = readlinkat (directory, name, target, PATH_MAX - 1);

  if (length <= 0)
    return FALSE;
  target[length] = '\0';
  return TRUE;
}

/* 1 = the same, 0 = another, -1 = unknown */
static int
same_link (int directory, int own, const char *name)
{
  char theirs[PATH_MAX];
  char ours[PATH_MAX];

  if (!read_link (directory, name, theirs) || !read_link (own, name, ours))
    return -1;
  return strcmp (theirs, ours) == 0;
}

static int
same_root (int directory, int own)
{
  struct stat theirs;
  struct stat ours;

  if (fstatat (directory, "root", &theirs, 0) < 0 || fstatat (own, "root", &ours, 0) < 0)
    return -1;
  return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/* A proxy stands outside, and so does nothing of what it passes on (pitfall P8). */
static int
speaks_for_itself (int directory)
{
  char program[PATH_MAX];
  g_autofree char *name = NULL;

  if (!read_link (directory, "exe", program))
    return -1;
  name = g_path_get_basename (program);
  return !g_str_equal (name, "xdg-dbus-proxy") && !g_str_equal (name, "xdg-dbus-proxy (deleted)");
}

/* SECURITY: a caller in a sandbox, one of ours or another's, in a container, or behind a proxy is refused, and so
 * is one that cannot be judged: otherwise an agent inside would start a sandbox that may do more, or approve its
 * own profile (attacks 68, 69 and 111, pitfalls P8 and P9; tests/attack/test_068_confined_callers.py,
 * tests/unit/test-identity.c). */
const char *
inner_identity_compare (int directory, int own)
{
  static const struct
  {
    const char *link;
    const char *sentence;
  } namespaces[] = {
    { "ns/user", N_ ("the caller has users of its own (a user namespace)") },
    { "ns/mnt", N_ ("the caller has a file system of its own (a mount namespace)") },
    { "ns/pid", N_ ("the caller has processes of its own (a process namespace)") },
  };
  int answer;

  for (gsize i = 0; i < G_N_ELEMENTS (namespaces); i++)
    {
      answer = same_link (directory, own, namespaces[i].link);
      if (answer != 1)
        return answer == 0 ? namespaces[i].sentence : UNKNOWN;
    }
  answer = same_root (directory, own);
  if (answer != 1)
    return answer == 0 ? N_ ("the caller has a root directory of its own") : UNKNOWN;
  if (faccessat (directory, "root/.flatpak-info", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return N_ ("the caller is confined by Flatpak");
  answer = speaks_for_itself (directory);
  if (answer != 1)
    return answer == 0 ? N_ ("the caller is a proxy, which speaks for a confined program")
                       : UNKNOWN;
  return NULL;
}

/* SECURITY: what was seen belongs to the process only as long as that lives: a number is given again (attack 69;
 * tests/unit/test-identity.c). Where there are no pidfds (under valgrind), its directory tells the same, which
 * cannot be read any more when the process has ended, whoever has the number then. */
static gboolean
is_alive (int directory, int pidfd)
{
  struct pollfd fd = { .fd = pidfd, .events = POLLIN };
  char program[PATH_MAX];

  return pidfd >= 0 ? poll (&fd, 1, 0) == 0 : read_link (directory, "exe", program);
}

const char *
inner_identity_find_confinement (pid_t pid, int pidfd)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d", (int) pid);
  inner_autofd directory = -1;
  inner_autofd own = -1;
  const char *sentence;

  if (pid <= 0)
    return UNKNOWN;
  directory = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  own = open ("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || own < 0)
    return UNKNOWN;
  sentence = inner_identity_compare (directory, own);
  return sentence == NULL && !is_alive (directory, pidfd) ? UNKNOWN : sentence;
}
