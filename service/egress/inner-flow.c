/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-flow.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is on its way in one direction at most: a receiver that is slow holds its sender up, not us. The kernel
 * gives less to a user who has many pipes (pipe(7)), which only means smaller steps. */
#define PIPE_BYTES (512 * 1024)
#define TURN_BYTES (4 * 1024 * 1024)
#define MAX_POOL 64

/* Empty pipes for the next ones who need one: idle connections have none. */
static int pool[MAX_POOL][2];
static guint pool_size;

void
inner_flow_init (InnerFlow *flow)
{
  *flow = (InnerFlow){ .pipe = { -1, -1 }, .readable = TRUE, .writable = TRUE };
}

static gboolean
get_pipe (InnerFlow *flow)
{
  if (pool_size > 0)
    {
      pool_size--;
      flow->pipe[0] = pool[pool_size][0];
      flow->pipe[1] = pool[pool_size][1];
      return TRUE;
    }
  if (pipe2 (flow->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
    {
      flow->pipe[0] = flow->pipe[1] = -1;
      return FALSE;
    }
  fcntl (flow->pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
  return TRUE;
}

/* SECURITY: a pipe that still holds bytes of one connection is never given to another (attack 94;
 * test_094_broken_relay_leaks_nothing). */
static void
put_pipe (InnerFlow *flow)
{
  if (flow->pipe[0] < 0)
    return;
  if (flow->pending == 0 && pool_size < MAX_POOL)
    {
      pool[pool_size][0] = flow->pipe[0];
      pool[pool_size][1] = flow->pipe[1];
      pool_size++;
    }
  else
    {
      close (flow->pipe[0]);
      close (flow->pipe[1]);
    }
  flow->pipe[0] = flow->pipe[1] = -1;
}

/* FALSE if the connection broke. */
static gboolean
fill (InnerFlow *flow, int from)
{
  gssize n;

  if (flow->pipe[0] < 0 && !get_pipe (flow))
    return FALSE;
  do
    n = splice (from, NULL, flow->pipe[1], NULL, PIPE_BYTES, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    flow->pending += n;
  else if (n == 0)
    flow->ended = TRUE;
  else if (errno == EAGAIN)
    flow->readable = FALSE;
  else
    return FALSE;
  return TRUE;
}

static gboolean
drain (InnerFlow *flow, int to)
{
  gssize n;

  do
    n = splice (flow->pipe[0], NULL, to, NULL, flow->pending, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    {
      flow->pending -= n;
      flow->total += n;
    }
  else if (n < 0 && errno == EAGAIN)
    flow->writable = FALSE;
  else
    return FALSE;
  return TRUE;
}

/* The end of one direction is not that of the other. */
static gboolean
pass_end (InnerFlow *flow, int to)
{
  if (!flow->ended || flow->closed || flow->pending > 0)
    return TRUE;
  flow->closed = TRUE;
  return shutdown (to, SHUT_WR) == 0;
}

InnerFlowState
inner_flow_pump (InnerFlow *flow, int from, int to)
{
  guint64 stop = flow->total + TURN_BYTES;
  InnerFlowState state = INNER_FLOW_WAITS;

  for (;;)
    {
      gboolean can_fill = flow->pending == 0 && flow->readable && !flow->ended;
      gboolean can_drain = flow->pending > 0 && flow->writable;

      if (flow->total >= stop)
        {
          state = INNER_FLOW_MORE;
          break;
        }
      if (can_fill ? !fill (flow, from) : can_drain && !drain (flow, to))
        return INNER_FLOW_BROKEN;
      if (!can_fill && !can_drain)
        break;
    }

  if (flow->pending == 0)
    put_pipe (flow);
  return pass_end (flow, to) ? state : INNER_FLOW_BROKEN;
}

void
inner_flow_clear (InnerFlow *flow)
{
  put_pipe (flow);
}

void
inner_flows_note (InnerFlow flows[2], guint side, guint32 events)
{
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    flows[side].readable = TRUE;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
    flows[1 - side].writable = TRUE;
}

InnerFlowState
inner_flows_pump (InnerFlow flows[2], const int fds[2])
{
  InnerFlowState one = inner_flow_pump (&flows[0], fds[0], fds[1]);
  InnerFlowState other =
      one == INNER_FLOW_BROKEN ? one : inner_flow_pump (&flows[1], fds[1], fds[0]);

  return other == INNER_FLOW_BROKEN || other == INNER_FLOW_MORE ? other : one;
}

gboolean
inner_flows_are_over (const InnerFlow flows[2])
{
  return flows[0].closed && flows[1].closed;
}
