/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inner-console.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

/* Tags of a service are 24 bits; above them stands the generation of the line over which the command was
 * asked for, so that each service may count from 1 and hears of its own commands only. Tag 0 is always
 * the main command. */
#define TAG_BITS 24
#define TAG_MASK ((1u << TAG_BITS) - 1)

#define MAX_WORDS 4096u

guint32
inner_inside_tag (guint8 generation, guint32 tag)
{
  return tag == 0 ? 0 : tag | (guint32) generation << TAG_BITS;
}

gboolean
inner_inside_send (InnerSupervisor *self, guint32 type, guint32 tag, gint32 value, const int *fds)
{
  InnerInitMessage message = { INNER_INIT_MAGIC, type, tag, value };
  union
  {
    char bytes[CMSG_SPACE (INNER_INIT_N_FDS * sizeof (int))];
    struct cmsghdr header;
  } control = { .bytes = { 0 } };
  struct iovec iov = { .iov_base = &message, .iov_len = sizeof message };
  struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

  if (fds != NULL)
    {
      header.msg_control = &control;
      header.msg_controllen = sizeof control.bytes;
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (INNER_INIT_N_FDS * sizeof (int));
      memcpy (CMSG_DATA (&control.header), fds, INNER_INIT_N_FDS * sizeof (int));
    }

  /* Never waits: what does not fit is refused, so that a stuck sandbox cannot hold us up. */
  return sendmsg (self->init, &header, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof message;
}

/* A pidfd is sure to be that of the process that spoke only if the process is still there afterwards:
 * init alone holds the other end. */
static void
on_ready (InnerSupervisor *self, const InnerInitMessage *message, pid_t sender, int *fd)
{
  struct pollfd line = { .fd = self->init };

  if (self->pid != 0 || sender <= 0)
    return;
  self->pid = sender;
  self->landlock = message->value;
  self->pidfd = syscall (SYS_pidfd_open, sender, 0);
  if (poll (&line, 1, 0) != 0)
    inner_close (&self->pidfd);
  inner_ending_on_ready (self);
  inner_launch_on_ready (self);
  inner_gateway_on_init (self, *fd);
}

static void
on_started (InnerSupervisor *self, const InnerInitMessage *message, pid_t sender, int *fd)
{
  if (*fd >= 0)
    {
      inner_console_take_master (self, message->tag, *fd);
      *fd = -1;
    }
  if (message->tag != 0)
    {
      inner_line_tell (self, message->tag >> TAG_BITS, INNER_WIRE_EXEC_STARTED,
                       g_variant_new_parsed ("{'tag': <%u>, 'pid': <%i>}", message->tag & TAG_MASK,
                                             message->value));
      return;
    }

  self->started_at = g_get_real_time ();
  inner_story_tell (
      self, INNER_EVENT_STARTED,
      g_variant_new_parsed ("{'pid': <%i>, 'landlock': <%u>}", self->pid, self->landlock));
  inner_line_tell_all (self, INNER_WIRE_STARTED,
                       g_variant_new_parsed ("{'pid': <%i>, 'at': <%x>, 'landlock': <%u>}",
                                             self->pid, self->started_at, self->landlock));
}

static void
on_failed (InnerSupervisor *self, const InnerInitMessage *message, pid_t sender, int *fd)
{
  const char *kind = message->type == INNER_INIT_NO_DIRECTORY ? "directory" : "exec";

  inner_console_end (self, message->tag);
  if (message->tag != 0)
    {
      inner_story_tell (self, INNER_EVENT_EXEC_ENDED,
                        g_variant_new_parsed ("{'number': <%u>, 'error': <%s>, 'kind': <%s>}",
                                              message->tag, g_strerror (message->value), kind));
      inner_line_tell (self, message->tag >> TAG_BITS, INNER_WIRE_EXEC_FAILED,
                       g_variant_new_parsed ("{'tag': <%u>, 'errno': <%i>, 'kind': <%s>}",
                                             message->tag & TAG_MASK, message->value, kind));
      return;
    }

  self->failure = kind;
  self->failure_errno = message->value;
}

static void
on_exited (InnerSupervisor *self, const InnerInitMessage *message, pid_t sender, int *fd)
{
  int code;
  int signal;

  if (message->tag == 0)
    {
      self->main_ended = TRUE;
      self->main_status = message->value;
      return;
    }

  inner_console_end (self, message->tag);
  inner_ending_read_status (message->value, &code, &signal);
  inner_story_tell (self, INNER_EVENT_EXEC_ENDED,
                    g_variant_new_parsed ("{'number': <%u>, 'code': <%i>, 'signal': <%i>}",
                                          message->tag, code, signal));
  inner_line_tell (self, message->tag >> TAG_BITS, INNER_WIRE_EXEC_EXITED,
                   g_variant_new_parsed ("{'tag': <%u>, 'code': <%i>, 'signal': <%i>}",
                                         message->tag & TAG_MASK, code, signal));
}

static void
on_home (InnerSupervisor *self, const InnerInitMessage *message, pid_t sender, int *fd)
{
  if (self->record->logins == NULL || self->home >= 0)
    return;
  self->home = *fd;
  *fd = -1;
}

static void
take_control (struct msghdr *header, pid_t *sender, int *master)
{
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR (header); cmsg != NULL;
       cmsg = CMSG_NXTHDR (header, cmsg))
    if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_CREDENTIALS)
      *sender = ((struct ucred *) CMSG_DATA (cmsg))->pid;
    else if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
             cmsg->cmsg_len == CMSG_LEN (sizeof (int)))
      memcpy (master, CMSG_DATA (cmsg), sizeof (int));
}

/* Gives the size of the packet, or what recvmsg() gave. There is room for the credentials and for one
 * descriptor: the kernel drops more. */
static gssize
receive (int fd, InnerInitMessage *message, pid_t *sender, int *master)
{
  union
  {
    char bytes[CMSG_SPACE (sizeof (struct ucred)) + CMSG_SPACE (sizeof (int))];
    struct cmsghdr header;
  } control;
  struct iovec iov = { .iov_base = message, .iov_len = sizeof *message };
  struct msghdr header = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control.bytes,
  };
  gssize n;

  /* An init that ends with something unread gives ECONNRESET once, before its last messages. */
  do
    n = recvmsg (fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  while (n < 0 && errno == ECONNRESET);

  *sender = 0;
  *master = -1;
  if (n > 0)
    take_control (&header, sender, master);
  return n;
}

void
inner_inside_on_message (InnerSupervisor *self)
{
  static void (*const handlers[INNER_INIT_N_TYPES]) (InnerSupervisor *, const InnerInitMessage *,
                                                     pid_t, int *) = {
    [INNER_INIT_READY] = on_ready,   [INNER_INIT_STARTED] = on_started,
    [INNER_INIT_FAILED] = on_failed, [INNER_INIT_NO_DIRECTORY] = on_failed,
    [INNER_INIT_EXITED] = on_exited, [INNER_INIT_HOME] = on_home,
  };
  InnerInitMessage message;
  pid_t sender;
  int master;
  gssize n;

  while ((n = receive (self->init, &message, &sender, &master)) > 0)
    {
      if (n == sizeof message && message.magic == INNER_INIT_MAGIC &&
          message.type < INNER_INIT_N_TYPES && handlers[message.type] != NULL)
        handlers[message.type](self, &message, sender, &master);
      inner_close (&master);
    }

  if (n == 0 || errno != EAGAIN)
    inner_close (&self->init);
}

/* More than a page of complaints helps nobody; the rest is read and dropped, so that bwrap never waits
 * for us. */
void
inner_inside_on_complaint (InnerSupervisor *self)
{
  char buffer[512];
  gssize n;

  while ((n = read (self->complaints, buffer, sizeof buffer)) > 0)
    g_string_append_len (self->words, buffer, MIN ((gsize) n, MAX_WORDS - self->words->len));

  if (n == 0 || errno != EAGAIN)
    inner_close (&self->complaints);
}
