/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What bubblewrap and the kernel give. */

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-check-host-private.h"
#include "inner-host.h"
#include "inner-join.h"

/* The oldest ABI whose scopes (signals, abstract sockets) inner-init uses, landlock(7). */
#define WANTED_LANDLOCK 6

InnerFinding
inner_look_at_bwrap (const InnerHostView *view)
{
  const char *const arguments[] = { INNER_BWRAP, "--version", NULL };
  char *said;
  gboolean ok = inner_try_program (arguments, &said);

  return inner_finding (ok, INNER_STATUS_MISSING, said);
}

InnerFinding
inner_look_at_bind_fd (const InnerHostView *view)
{
  const char *const arguments[] = { INNER_BWRAP,
                                    "--unshare-user",
                                    "--ro-bind-fd",
                                    "0",
                                    "/nowhere-else",
                                    "--ro-bind",
                                    "/",
                                    "/",
                                    "/bin/true",
                                    NULL };
  g_autofree char *said = NULL;
  gboolean known;

  /* Whatever becomes of it: an old one does not know the word. */
  inner_try_program (arguments, &said);
  known = strstr (said, "Unknown option") == NULL && strstr (said, "--ro-bind-fd") == NULL;
  return inner_finding (known, INNER_STATUS_DEGRADED,
                        g_strdup (known ? _ ("bubblewrap binds by descriptor")
                                        : _ ("this bubblewrap binds by path only")));
}

/* What of this machine forbids user namespaces, and the very command that allows them. */
static const struct
{
  const char *path;
  const char *value; /* that forbids them */
  const char *remedy;
} switches[] = {
  { "/proc/sys/kernel/unprivileged_userns_clone", "0",
    N_ ("as root: sysctl -w kernel.unprivileged_userns_clone=1, and the same in a file of "
        "/etc/sysctl.d") },
  { "/proc/sys/user/max_user_namespaces", "0",
    N_ ("as root: sysctl -w user.max_user_namespaces=15000, and the same in a file of "
        "/etc/sysctl.d") },
  { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
    N_ ("as root: apt install apparmor-profiles; ln -s "
        "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/; "
        "apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict") },
};

/* Makes a network namespace like that of a sandbox, in a process that ends at once, and gives it; -1 and errno if that
 * cannot be. Only system calls in there, because other threads of the service may hold any lock. */
static int
make_network_namespace (void)
{
  union
  {
    char bytes[CMSG_SPACE (sizeof (int))];
    struct cmsghdr header;
  } control = { { 0 } };
  int error = 0;
  struct iovec iov = { .iov_base = &error, .iov_len = sizeof error };
  struct msghdr message = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };
  int pair[2];
  int netns = -1;
  pid_t child;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return -1;
  child = fork ();
  if (child == 0)
    {
      if (unshare (CLONE_NEWUSER | CLONE_NEWNET) == 0)
        netns = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
      error = netns < 0 ? errno : 0;
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (sizeof netns);
      memcpy (CMSG_DATA (&control.header), &netns, sizeof netns);
      if (netns < 0)
        message.msg_controllen = 0;
      _exit (sendmsg (pair[1], &message, MSG_NOSIGNAL) < 0);
    }
  close (pair[1]);
  if (child < 0 || recvmsg (pair[0], &message, MSG_CMSG_CLOEXEC) != sizeof error)
    error = EPROTO;
  else if (CMSG_FIRSTHDR (&message) != NULL)
    memcpy (&netns, CMSG_DATA (CMSG_FIRSTHDR (&message)), sizeof netns);
  close (pair[0]);
  while (child > 0 && waitpid (child, NULL, 0) < 0 && errno == EINTR)
    ;
  errno = error;
  return netns;
}

/* SECURITY: under a filter nothing is known about the kernel itself, and no switch of the machine is to be opened for
 * what a container's own filter forbids (attack 106; tests/bus/test_container_filters.py). */
static gboolean
is_filtered (void)
{
  int netns;

  if (prctl (PR_GET_SECCOMP) != SECCOMP_MODE_FILTER)
    return FALSE;
  netns = make_network_namespace ();
  if (netns < 0)
    return errno == EPERM || errno == ENOSYS;
  close (netns);
  return FALSE;
}

/* The namespaces of a real sandbox, around a command that does nothing. */
InnerFinding
inner_look_at_namespaces (const InnerHostView *view)
{
  const char *const arguments[] = {
    INNER_BWRAP,  "--unshare-all", "--unshare-user", "--disable-userns",
    "--cap-drop", "ALL",           "--ro-bind",      "/",
    "/",          "--proc",        "/proc",          "/bin/true",
    NULL
  };
  InnerFinding finding;
  char *said;

  if (inner_try_program (arguments, &said))
    {
      g_free (said);
      return inner_finding (TRUE, NULL,
                            g_strdup (_ ("bubblewrap made a sandbox with all namespaces")));
    }
  finding = inner_finding (FALSE, INNER_STATUS_MISSING, said);
  if (is_filtered ())
    finding.remedy = g_strdup (_ (
        "a filter of system calls forbids it, such as Docker's around each container; start the "
        "container with one that allows clone, unshare, setns, mount, umount2 and pivot_root, such "
        "as podman's: docker run --security-opt seccomp=/usr/share/containers/seccomp.json"));
  for (gsize i = 0; i < G_N_ELEMENTS (switches) && finding.remedy == NULL; i++)
    {
      g_autofree char *value = inner_read_system_file (switches[i].path);

      if (g_strcmp0 (value, switches[i].value) == 0)
        finding.remedy = g_strdup (_ (switches[i].remedy));
    }
  return finding;
}

InnerFinding
inner_look_at_programs (const InnerHostView *view)
{
  static const char *const programs[] = { "inner-supervisor", "inner-init", "inner-egress",
                                          "inner-screen" };

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path = g_build_filename (INNER_LIBEXECDIR, programs[i], NULL);

      if (access (path, X_OK) < 0)
        return inner_finding (FALSE, INNER_STATUS_MISSING,
                              g_strdup_printf (_ ("“%s” is missing"), path));
    }

  return inner_finding (TRUE, NULL, g_strdup (INNER_LIBEXECDIR));
}

InnerFinding
inner_look_at_landlock (const InnerHostView *view)
{
  int abi = inner_host_landlock_abi ();

  return inner_finding (abi >= WANTED_LANDLOCK, INNER_STATUS_DEGRADED,
                        abi > 0 ? g_strdup_printf (_ ("ABI %d"), abi) : g_strdup (_ ("not there")));
}

/* seccomp(2): the file lists what a filter may answer. */
InnerFinding
inner_look_at_seccomp (const InnerHostView *view)
{
  g_autofree char *text = inner_read_system_file ("/proc/sys/kernel/seccomp/actions_avail");
  g_auto (GStrv) actions = g_strsplit (text != NULL ? text : "", " ", -1);
  gboolean ok = g_strv_contains ((const char *const *) actions, "errno") &&
                g_strv_contains ((const char *const *) actions, "kill_process");

  return inner_finding (ok, INNER_STATUS_MISSING,
                        text != NULL ? g_strdup (text) : g_strdup (_ ("not there")));
}

/* cgroups(7): the file is there in the unified hierarchy only. */
InnerFinding
inner_look_at_cgroups (const InnerHostView *view)
{
  static const char *const wanted[] = { "cpu", "memory", "pids" };
  g_autofree char *text = inner_read_system_file ("/sys/fs/cgroup/cgroup.controllers");
  g_auto (GStrv) there = g_strsplit (text != NULL ? text : "", " ", -1);

  for (gsize i = 0; text != NULL && i < G_N_ELEMENTS (wanted); i++)
    if (!g_strv_contains ((const char *const *) there, wanted[i]))
      return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                            g_strdup_printf (_ ("the controller “%s” is missing"), wanted[i]));
  return inner_finding (text != NULL, INNER_STATUS_DEGRADED,
                        text != NULL ? g_strdup (text)
                                     : g_strdup (_ ("there is no unified hierarchy of cgroups")));
}

/* Does what the gateway does, in a namespace that nobody is in. */
static InnerFinding
try_to_join (InnerJoin *join, const char *success)
{
  g_autoptr (GError) error = NULL;
  InnerJoined joined;
  gboolean ok;

  join->set_up = TRUE;
  join->netns = make_network_namespace ();
  if (join->netns < 0)
    return inner_finding (FALSE, INNER_STATUS_DEGRADED, g_strdup (g_strerror (errno)));
  ok = inner_join (join, &joined, &error);
  if (ok)
    inner_joined_clear (&joined);
  close (join->netns);
  return inner_finding (ok, INNER_STATUS_DEGRADED, g_strdup (ok ? success : error->message));
}

InnerFinding
inner_look_at_gateway (const InnerHostView *view)
{
  return try_to_join (&(InnerJoin){ .resolver = TRUE },
                      _ ("the network of a sandbox can be led to it"));
}

InnerFinding
inner_look_at_nftables (const InnerHostView *view)
{
  return try_to_join (&(InnerJoin){ .redirect = TRUE }, _ ("a sandbox may have tables of its own"));
}
