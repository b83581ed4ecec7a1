/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef union
{
  char bytes[CMSG_SPACE (INNER_INIT_N_FDS * sizeof (int))];
  struct cmsghdr align;
} Control;

void
inner_line_send (int line, const InnerInitMessage *message, const int *fds, int n_fds)
{
  Control control = { .bytes = { 0 } };
  struct iovec iov = { .iov_base = (void *) message, .iov_len = sizeof *message };
  struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

  if (n_fds > 0)
    {
      control.align.cmsg_level = SOL_SOCKET;
      control.align.cmsg_type = SCM_RIGHTS;
      control.align.cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (&control.align), fds, n_fds * sizeof (int));
      header.msg_control = &control;
      header.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
    }

  while (sendmsg (line, &header, MSG_NOSIGNAL) < 0 && errno == EINTR)
    ;
}

/* musl, the faster C library for this program, has no function for it. */
bool
inner_line_close_from (int first)
{
  return syscall (SYS_close_range, first, ~0u, 0) == 0;
}

void
inner_line_close_fds (int *fds)
{
  for (int i = 0; i < INNER_INIT_N_FDS; i++)
    {
      if (fds[i] >= 0)
        close (fds[i]);
      fds[i] = -1;
    }
}

static void
take_fds (struct msghdr *header, int *fds)
{
  struct cmsghdr *cmsg = CMSG_FIRSTHDR (header);
  size_t size;

  if (cmsg == NULL || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
    return;
  size = cmsg->cmsg_len - CMSG_LEN (0);
  memcpy (fds, CMSG_DATA (cmsg), size);
  if (size != INNER_INIT_N_FDS * sizeof (int))
    inner_line_close_fds (fds);
}

bool
inner_line_receive (int line, InnerInitMessage *message, int *fds)
{
  Control control;
  struct iovec iov = { .iov_base = message, .iov_len = sizeof *message };
  struct msghdr header = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control.bytes,
  };
  ssize_t n;

  memset (fds, 0xff, INNER_INIT_N_FDS * sizeof (int));
  do
    n = recvmsg (line, &header, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n <= 0)
    return false;

  take_fds (&header, fds);
  if (n == sizeof *message && message->magic == INNER_INIT_MAGIC)
    return true;
  inner_line_close_fds (fds);
  return false;
}
