/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-join.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/nsfs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-join-private.h"

#define RESOLVER_PORT 53
#define BACKLOG 4096
#define LOW_PORT_FILE "/proc/sys/net/ipv4/ip_unprivileged_port_start"
#define FIRST_UNPRIVILEGED 1024

typedef enum
{
  STEP_NAMESPACE,
  STEP_OWNER,
  STEP_JOIN_USER,
  STEP_JOIN_NETWORK,
  STEP_ROUTE,
  STEP_REDIRECT,
  STEP_LOW_PORT,
  STEP_SOCKET,
  STEP_SEND,
  N_STEPS
} Step;

static const char *const steps[N_STEPS] = {
  [STEP_NAMESPACE] = N_ ("it is no network namespace of a sandbox"),
  [STEP_OWNER] = N_ ("the owner of its network namespace cannot be asked for"),
  [STEP_JOIN_USER] = N_ ("its user namespace cannot be joined"),
  [STEP_JOIN_NETWORK] = N_ ("its network namespace cannot be joined"),
  [STEP_ROUTE] = N_ ("no route can be added in it"),
  [STEP_REDIRECT] = N_ ("the kernel cannot redirect in it (nftables with nat)"),
  [STEP_LOW_PORT] = N_ ("nothing in it may listen at ports below 1024"),
  [STEP_SOCKET] = N_ ("no socket can be opened in it"),
  [STEP_SEND] = N_ ("its sockets cannot be handed back"),
};

/* What the process that joined says, with the sockets. */
typedef struct
{
  gint32 step;
  gint32 error; /* 0 = all is well */
  guint32 n_fds;
  guint32 n_redirected; /* the first ones */
  guint32 lent_bound;   /* behind those of join->ports there are sockets for join->lent */
  guint32 has_v6;
} Answer;

/* The process that joins, from here to run_helper(): system calls only. */
typedef struct
{
  const InnerJoin *join;
  Answer answer;
  int fds[INNER_JOIN_MAX_FDS];
} Helper;

static gboolean
fail_at (Helper *helper, Step step, int error)
{
  helper->answer.step = step;
  helper->answer.error = error;
  return FALSE;
}

/* SECURITY: never the namespace of the machine itself, whatever came over the line: routes and sockets in there
 * would take over its network (attack 79; test_namespace_of_the_host_is_refused). */
static gboolean
check_namespace (Helper *helper)
{
  struct stat own;
  struct stat other;

  if (ioctl (helper->join->netns, NS_GET_NSTYPE) != CLONE_NEWNET ||
      fstat (helper->join->netns, &other) < 0 || stat ("/proc/self/ns/net", &own) < 0 ||
      (own.st_dev == other.st_dev && own.st_ino == other.st_ino))
    return fail_at (helper, STEP_NAMESPACE, EINVAL);
  return TRUE;
}

/* In the user namespace of the sandbox this process has every capability there and none on the machine. */
static gboolean
enter (Helper *helper)
{
  int owner;

  if (!check_namespace (helper))
    return FALSE;
  owner = ioctl (helper->join->netns, NS_GET_USERNS);
  if (owner < 0)
    return fail_at (helper, STEP_OWNER, errno);
  if (setns (owner, CLONE_NEWUSER) < 0)
    return fail_at (helper, STEP_JOIN_USER, errno);
  close (owner);
  if (setns (helper->join->netns, CLONE_NEWNET) < 0)
    return fail_at (helper, STEP_JOIN_NETWORK, errno);
  return TRUE;
}

static gboolean
has_v6 (void)
{
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

static gboolean
set_up (Helper *helper)
{
  struct in_addr resolver;
  int error;

  helper->answer.has_v6 = has_v6 ();
  if (!helper->join->set_up)
    return TRUE;
  inet_pton (AF_INET, INNER_JOIN_RESOLVER, &resolver);
  error = inner_join_route (AF_INET);
  if (error == 0)
    error = inner_join_address (resolver.s_addr);
  if (error != 0)
    return fail_at (helper, STEP_ROUTE, error);
  /* A kernel without IPv6 has nothing to lead anywhere. */
  helper->answer.has_v6 = inner_join_route (AF_INET6) == 0;
  return TRUE;
}

static socklen_t
make_address (
    Helper *helper, int family, gboolean loopback, guint16 port, struct sockaddr_in6 *address)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) address;

  memset (address, 0, sizeof *address);
  if (family == AF_INET)
    {
      v4->sin_family = AF_INET;
      v4->sin_port = htons (port);
      v4->sin_addr.s_addr = htonl (loopback ? INADDR_LOOPBACK : INADDR_ANY);
      return sizeof *v4;
    }
  address->sin6_family = AF_INET6;
  address->sin6_port = htons (port);
  if (loopback)
    address->sin6_addr.s6_addr[15] = 1;
  return sizeof *address;
}

/* A socket of @type bound to @port of every address, or of loopback alone; listening if it can. */
static gboolean
add_socket (Helper *helper, int family, int type, gboolean loopback, guint16 port)
{
  static const int on = 1;
  static const int off = 0;
  struct sockaddr_in6 address;
  socklen_t size = make_address (helper, family, loopback, port, &address);
  int fd = socket (family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0 || helper->answer.n_fds == INNER_JOIN_MAX_FDS)
    return fail_at (helper, STEP_SOCKET, fd < 0 ? errno : EMFILE);
  helper->fds[helper->answer.n_fds++] = fd;
  if (family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, loopback ? &on : &off, sizeof on);
  if (type == SOCK_DGRAM)
    {
      setsockopt (fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
      if (family == AF_INET6)
        setsockopt (fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    }
  if (bind (fd, (struct sockaddr *) &address, size) < 0 ||
      (type == SOCK_STREAM && listen (fd, BACKLOG) < 0))
    return fail_at (helper, STEP_SOCKET, errno);
  return TRUE;
}

/* Leads @ports to a socket, or all if there are none. */
static gboolean
add_redirection (Helper *helper, int family, const guint16 *ports, guint n_ports)
{
  struct sockaddr_in6 address;
  socklen_t size = sizeof address;
  int error;

  if (!add_socket (helper, family, SOCK_STREAM, TRUE, 0))
    return FALSE;
  /* The port stands at the same place for both families. */
  if (getsockname (helper->fds[helper->answer.n_fds - 1], (struct sockaddr *) &address, &size) < 0)
    return fail_at (helper, STEP_SOCKET, errno);
  helper->answer.n_redirected++;
  error = inner_join_redirect (family, ports, n_ports, ntohs (address.sin6_port));
  return error == 0 || fail_at (helper, STEP_REDIRECT, error);
}

static gboolean
add_redirections (Helper *helper, const guint16 *ports, guint n_ports)
{
  return add_redirection (helper, AF_INET, ports, n_ports) &&
         (!helper->answer.has_v6 || add_redirection (helper, AF_INET6, ports, n_ports));
}

/* A kernel that cannot redirect costs programs in there these ports, and nothing else. */
static gboolean
lend (Helper *helper)
{
  const InnerJoin *join = helper->join;

  if (join->n_lent == 0 || add_redirections (helper, join->lent, join->n_lent))
    return TRUE;
  if (helper->answer.step != STEP_REDIRECT)
    return FALSE;
  helper->answer.error = 0;
  helper->answer.lent_bound = 1;
  return TRUE;
}

/* The file is that of the network namespace of whoever opens it (ip-sysctl, ip_unprivileged_port_start). */
static gboolean
allow_low_port (Helper *helper)
{
  char digits[8];
  gsize n = sizeof digits;
  guint port = helper->join->low_port;
  int fd;
  gboolean written;

  if (port == 0 || port >= FIRST_UNPRIVILEGED)
    return TRUE;
  for (; port > 0; port /= 10)
    digits[--n] = '0' + port % 10;
  fd = open (LOW_PORT_FILE, O_WRONLY | O_CLOEXEC);
  written = fd >= 0 && write (fd, digits + n, sizeof digits - n) == (gssize) (sizeof digits - n);
  if (!written)
    fail_at (helper, STEP_LOW_PORT, errno);
  if (fd >= 0)
    close (fd);
  return written;
}

static gboolean
add_plain (Helper *helper, int family)
{
  int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0 || helper->answer.n_fds == INNER_JOIN_MAX_FDS)
    return fail_at (helper, STEP_SOCKET, fd < 0 ? errno : EMFILE);
  helper->fds[helper->answer.n_fds++] = fd;
  return TRUE;
}

/* In the order in which take_sockets() finds them. */
static gboolean
add_sockets (Helper *helper)
{
  const InnerJoin *join = helper->join;
  int any = helper->answer.has_v6 ? AF_INET6 : AF_INET;

  if ((join->redirect && !add_redirections (helper, NULL, 0)) || !lend (helper))
    return FALSE;
  for (guint i = 0; i < join->n_ports; i++)
    if (!add_socket (helper, any, SOCK_STREAM, FALSE, join->ports[i]))
      return FALSE;
  for (guint i = 0; helper->answer.lent_bound && i < join->n_lent; i++)
    if (!add_socket (helper, any, SOCK_STREAM, FALSE, join->lent[i]))
      return FALSE;
  if (join->resolver && (!add_socket (helper, any, SOCK_DGRAM, FALSE, RESOLVER_PORT) ||
                         !add_socket (helper, any, SOCK_STREAM, FALSE, RESOLVER_PORT)))
    return FALSE;
  for (guint i = 0; i < join->n_plain; i++)
    if (!add_plain (helper, AF_INET))
      return FALSE;
  for (guint i = 0; helper->answer.has_v6 && i < join->n_plain; i++)
    if (!add_plain (helper, AF_INET6))
      return FALSE;
  return TRUE;
}

static void
send_answer (Helper *helper, int line)
{
  union
  {
    char bytes[CMSG_SPACE (INNER_JOIN_MAX_FDS * sizeof (int))];
    struct cmsghdr header;
  } control;
  struct iovec iov = { .iov_base = &helper->answer, .iov_len = sizeof helper->answer };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
  gsize size = helper->answer.n_fds * sizeof (int);

  if (helper->answer.error == 0 && size > 0)
    {
      memset (&control, 0, sizeof control);
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (size);
      memcpy (CMSG_DATA (&control.header), helper->fds, size);
      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE (size);
    }
  if (sendmsg (line, &message, MSG_NOSIGNAL) < 0)
    {
      helper->answer = (Answer){ .step = STEP_SEND, .error = errno };
      message.msg_control = NULL;
      message.msg_controllen = 0;
      sendmsg (line, &message, MSG_NOSIGNAL);
    }
}

static void G_GNUC_NORETURN
run_helper (const InnerJoin *join, int line)
{
  Helper helper = { .join = join };

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (enter (&helper) && set_up (&helper) && allow_low_port (&helper))
    add_sockets (&helper);
  send_answer (&helper, line);
  _exit (0);
}

static gboolean
receive_answer (int line, Answer *answer, int *fds)
{
  union
  {
    char bytes[CMSG_SPACE (INNER_JOIN_MAX_FDS * sizeof (int))];
    struct cmsghdr header;
  } control;
  struct iovec iov = { .iov_base = answer, .iov_len = sizeof *answer };
  struct msghdr message = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };
  struct cmsghdr *cmsg;
  gssize size;

  do
    size = recvmsg (line, &message, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size != sizeof *answer)
    return FALSE;

  cmsg = CMSG_FIRSTHDR (&message);
  if (cmsg != NULL && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
    memcpy (fds, CMSG_DATA (cmsg), MIN (cmsg->cmsg_len - CMSG_LEN (0), sizeof control));
  return TRUE;
}

static void
take_sockets (const InnerJoin *join, const Answer *answer, const int *fds, InnerJoined *joined)
{
  guint n_ports = join->n_ports + (answer->lent_bound ? join->n_lent : 0);

  for (guint i = 0; i < answer->n_redirected; i++)
    joined->redirected[i] = *fds++;
  for (guint i = 0; i < n_ports; i++)
    joined->ports[i] = *fds++;
  if (join->resolver)
    {
      joined->udp = *fds++;
      joined->tcp = *fds++;
    }
  for (guint i = 0; i < join->n_plain; i++)
    joined->plain[0][i] = *fds++;
  for (guint i = 0; answer->has_v6 && i < join->n_plain; i++)
    joined->plain[1][i] = *fds++;
}

static gboolean
refuse (const InnerJoin *join, const Answer *answer, GError **error)
{
  if (!join->set_up)
    g_set_error (
        error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
        _ ("The ports of the sandbox cannot be published: %s: %s; in a container this needs the "
           "system call setns allowed, and a writable /proc/sys for ports below 1024"),
        _ (steps[CLAMP (answer->step, 0, N_STEPS - 1)]), g_strerror (answer->error));
  else
    g_set_error (
        error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
        _ ("The network of the sandbox cannot be set up: %s: %s; in a container this needs the "
           "system calls setns and socket (netlink) allowed, and “--network-mode off” needs "
           "none of it"),
        _ (steps[CLAMP (answer->step, 0, N_STEPS - 1)]), g_strerror (answer->error));
  return FALSE;
}

gboolean
inner_join (const InnerJoin *join, InnerJoined *joined, GError **error)
{
  Answer answer = { .step = STEP_SEND, .error = EPIPE };
  int fds[INNER_JOIN_MAX_FDS];
  int pair[2];
  pid_t helper;

  memset (joined, 0xff, sizeof *joined);
  g_assert (join->n_ports + join->n_lent <= INNER_JOIN_MAX_PORTS &&
            join->n_plain <= INNER_JOIN_MAX_PLAIN);
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    {
      answer.error = errno;
      return refuse (join, &answer, error);
    }
  helper = fork ();
  if (helper == 0)
    run_helper (join, pair[1]);

  close (pair[1]);
  if (helper < 0)
    answer.error = errno;
  else if (!receive_answer (pair[0], &answer, fds))
    answer = (Answer){ .step = STEP_SEND, .error = EPIPE };
  close (pair[0]);
  if (helper > 0)
    waitpid (helper, NULL, 0);
  if (answer.error != 0)
    return refuse (join, &answer, error);

  take_sockets (join, &answer, fds, joined);
  return TRUE;
}

void
inner_joined_clear (InnerJoined *joined)
{
  int *fds = (int *) joined;

  for (gsize i = 0; i < sizeof *joined / sizeof *fds; i++)
    if (fds[i] >= 0)
      close (g_steal_fd (&fds[i]));
}
