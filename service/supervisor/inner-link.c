/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-link.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-spawn.h"
#include "inner-wire.h"

#define STATE_TIMEOUT_MS 1000
#define SUPERVISOR INNER_LIBEXECDIR "/inner-supervisor"

struct _InnerLink
{
  int fd;
  pid_t pid;
  guint source;
  InnerLinkMessage message;
  InnerLinkClosed closed;
  gpointer data;
};

static InnerLink *
link_new (int fd)
{
  InnerLink *link = g_new0 (InnerLink, 1);

  link->fd = fd;
  return link;
}

void
inner_link_free (InnerLink *link)
{
  if (link->source != 0)
    g_source_remove (link->source);
  inner_clear_fd (&link->fd);
  g_free (link);
}

static int
spawn_supervisor (int socket, pid_t *pid)
{
  static const char *const arguments[] = { "inner-supervisor", NULL };
  static const char *const environment[] = { NULL };
  InnerSpawn spawn = {
    .path = SUPERVISOR,
    .arguments = arguments,
    .environment = environment,
    .socket = socket,
  };

#ifdef INNER_DISABLE_LAYERS
  spawn.environment = (const char *const *) environ;
#endif
  return inner_spawn (&spawn, pid);
}

static void
reap (GPid pid, int status, gpointer data)
{
  g_spawn_close_pid (pid);
}

InnerLink *
inner_link_spawn (GError **error)
{
  inner_autofd ours = -1;
  inner_autofd theirs = -1;
  InnerLink *link;
  int pair[2];
  pid_t pid;
  int result;

  result = socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ? errno : 0;
  if (result == 0)
    {
      ours = pair[0];
      theirs = pair[1];
      result = spawn_supervisor (theirs, &pid);
    }
  if (result != 0)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                   _ ("Cannot start “%s”: %s; see “innerctl doctor”"), SUPERVISOR,
                   g_strerror (result));
      return NULL;
    }

  g_child_watch_add (pid, reap, NULL);
  link = link_new (inner_steal_fd (&ours));
  link->pid = pid;
  return link;
}

pid_t
inner_link_get_pid (const InnerLink *link)
{
  return link->pid;
}

gboolean
inner_link_is_idle (const InnerLink *link)
{
  struct pollfd line = { .fd = link->fd, .events = POLLIN };

  return poll (&line, 1, 0) == 0;
}

static GVariant *
receive_state (int fd)
{
  struct pollfd pollfd = { .fd = fd, .events = POLLIN };
  g_autofree char *name = NULL;
  g_autoptr (GArray) fds = NULL;
  g_autoptr (GVariant) values = NULL;

  if (poll (&pollfd, 1, STATE_TIMEOUT_MS) == 1)
    values = inner_wire_receive (fd, &name, &fds);
  return values != NULL && g_str_equal (name, INNER_WIRE_STATE) ? g_steal_pointer (&values) : NULL;
}

InnerLink *
inner_link_adopt (int directory_fd, GVariant **state)
{
  inner_autofd fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  /* By descriptor: the path may be longer than a socket address. */
  g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory_fd,
              INNER_FILE_CONTROL);
  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) < 0 ||
      !inner_wire_peer_is_ours (fd))
    return NULL;
  *state = receive_state (fd);
  if (*state == NULL)
    return NULL;

  return link_new (inner_steal_fd (&fd));
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  InnerLink *link = data;
  g_autofree char *name = NULL;
  g_autoptr (GArray) fds = NULL;
  g_autoptr (GVariant) values = inner_wire_receive (fd, &name, &fds);

  if (values != NULL)
    {
      /* The callback may free the link. */
      link->message (name, values, link->data);
      return G_SOURCE_CONTINUE;
    }
  if (errno == EAGAIN)
    return G_SOURCE_CONTINUE;

  link->source = 0;
  link->closed (link->data);
  return G_SOURCE_REMOVE;
}

void
inner_link_follow (InnerLink *link, InnerLinkMessage message, InnerLinkClosed closed, gpointer data)
{
  link->message = message;
  link->closed = closed;
  link->data = data;
  link->source = g_unix_fd_add (link->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, link);
}

gboolean
inner_link_send (InnerLink *link, const char *name, GVariant *values, const int *fds, guint n_fds)
{
  return inner_wire_send (link->fd, name, values, fds, n_fds);
}
