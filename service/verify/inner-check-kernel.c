/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What bubblewrap and the kernel give. */

#include <errno.h>
#include <glib/gi18n.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-check-host-private.h"
#include "inner-host.h"

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
  static const char *const programs[] = { "inner-supervisor", "inner-init" };

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

/* In a network namespace of its own, whose tables are its own: asks for their generation. Only system calls,
 * because other threads of the service may hold any lock. Gives 0 or an errno. */
static int
ask_nf_tables (void)
{
  struct
  {
    struct nlmsghdr header;
    struct nfgenmsg body;
  } message = {
    { sizeof message, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN, NLM_F_REQUEST, 1, 0 }, { 0 }
  };
  struct
  {
    struct nlmsghdr header;
    char rest[512];
  } answer = { 0 };
  struct nlmsgerr error;
  int fd;

  if (unshare (CLONE_NEWUSER | CLONE_NEWNET) < 0)
    return errno;
  fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0 || send (fd, &message, sizeof message, 0) < 0)
    return errno;
  if (recv (fd, &answer, sizeof answer, 0) < (ssize_t) sizeof answer.header)
    return EPROTO;
  if (answer.header.nlmsg_type != NLMSG_ERROR)
    return 0;
  memcpy (&error, answer.rest, sizeof error);
  return error.error < 0 ? -error.error : EPROTO;
}

InnerFinding
inner_look_at_nftables (const InnerHostView *view)
{
  int status = 0;
  pid_t child = fork ();
  int code;

  if (child == 0)
    _exit (ask_nf_tables ());
  while (child > 0 && waitpid (child, &status, 0) < 0 && errno == EINTR)
    ;
  code = child > 0 && WIFEXITED (status) ? WEXITSTATUS (status) : EPROTO;
  return inner_finding (
      code == 0, INNER_STATUS_DEGRADED,
      g_strdup (code == 0 ? _ ("a sandbox may have tables of its own") : g_strerror (code)));
}
