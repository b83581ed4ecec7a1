/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-publisher.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inner-egress.h"
#include "inner-error.h"
#include "inner-flow.h"
#include "inner-join.h"
#include "inner-wire.h"

#define MAX_ACCEPTS 64 /* a turn */
#define ALL_EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
/* So many sockets of each family are fetched from the sandbox's namespace at once. */
#define STOCK 16
/* So long a server inside may take to accept. What is established may be silent for ever: both ends are on this
 * machine, and none of them can vanish without a word. */
#define DIAL_US (10 * G_USEC_PER_SEC)

enum
{
  INSIDE,
  OUTSIDE,
  N_SIDES
};

/* The loopback addresses of the sandbox, in the order in which they are tried. */
enum
{
  V4,
  V6,
  N_FAMILIES
};

enum
{
  DIALS,
  RELAYS,
  N_STATES
};

typedef struct
{
  InnerWatch watch; /* first: the callback gets it */
  InnerPublisher *publisher;
  int fd; /* that is not watched yet; else -1 */
  char *word;
  guint16 inside;
} Published;

typedef struct _Visit Visit;

typedef struct
{
  InnerWatch watch; /* first */
  Visit *visit;
} Side;

/* One connection. */
struct _Visit
{
  const Published *published;
  Side sides[N_SIDES];
  InnerFlow flows[N_SIDES]; /* from that side to the other */
  guint family;
  guint state;
  gint64 since; /* when it began to dial, or bytes flowed */
  gint64 started;
  GList link; /* in publisher->visits */
  guint more; /* source: there are more bytes than one turn moves */
};

struct _InnerPublisher
{
  InnerEgress *egress;
  int netns;                 /* -1: not started */
  GPtrArray *published;      /* of Published */
  GArray *forbidden;         /* of guint16 */
  GArray *stock[N_FAMILIES]; /* of int: sockets of the namespace */
  gboolean has_v6;
  GQueue visits[N_STATES]; /* of Visit, the one that is silent longest first */
  guint max_connections;
};

InnerPublisher *
inner_publisher_new (InnerEgress *egress, guint max_connections)
{
  InnerPublisher *self = g_new0 (InnerPublisher, 1);

  self->egress = egress;
  self->netns = -1;
  self->has_v6 = TRUE;
  self->max_connections = max_connections;
  self->published = g_ptr_array_new ();
  self->forbidden = g_array_new (FALSE, FALSE, sizeof (guint16));
  for (guint i = 0; i < N_FAMILIES; i++)
    self->stock[i] = g_array_new (FALSE, FALSE, sizeof (int));
  return self;
}

void
inner_publisher_forbid (InnerPublisher *self, guint16 port)
{
  g_array_append_val (self->forbidden, port);
}

/* SECURITY: a way in never leads to the gateway's own sockets in there, which would take it for a connection of the
 * sandbox and lead it out again (attack 79; test_079_not_to_the_gateway). */
static gboolean
is_forbidden (const InnerPublisher *self, guint16 port)
{
  for (guint i = 0; i < self->forbidden->len; i++)
    if (g_array_index (self->forbidden, guint16, i) == port)
      return TRUE;

  return FALSE;
}

static void
tell (const Visit *visit, const char *event, const char *reason)
{
  const Published *published = visit->published;

  inner_told_add (published->publisher->egress->told,
                  &(InnerEvent){ event, NULL, NULL, published->inside, published->word, reason,
                                 visit->flows[INSIDE].total, visit->flows[OUTSIDE].total,
                                 (g_get_monotonic_time () - visit->started) / 1000 });
}

/* The event comes first, so that it is known before anybody can act on it. @reason: (nullable): both ends learn that
 * something went wrong, not that all was said. */
static void
end (Visit *visit, const char *event, const char *reason)
{
  static const struct linger none = { .l_onoff = 1 };

  tell (visit, event, reason);
  g_clear_handle_id (&visit->more, g_source_remove);
  g_queue_unlink (&visit->published->publisher->visits[visit->state], &visit->link);
  for (guint i = 0; i < N_SIDES; i++)
    {
      if (reason != NULL && visit->sides[i].watch.fd >= 0)
        setsockopt (visit->sides[i].watch.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
      inner_loop_unwatch (&visit->sides[i].watch);
      inner_flow_clear (&visit->flows[i]);
    }
  inner_loop_free_later (visit, g_free);
}

/* It is not silent now. */
static void
set_state (Visit *visit, guint state)
{
  GQueue *visits = visit->published->publisher->visits;

  g_queue_unlink (&visits[visit->state], &visit->link);
  visit->state = state;
  visit->since = g_get_monotonic_time ();
  g_queue_push_tail_link (&visits[state], &visit->link);
}

static gboolean on_more (gpointer data);

static void
pump (Visit *visit)
{
  const int fds[N_SIDES] = { visit->sides[INSIDE].watch.fd, visit->sides[OUTSIDE].watch.fd };
  InnerFlowState state = inner_flows_pump (visit->flows, fds);

  if (state == INNER_FLOW_BROKEN)
    end (visit, INNER_EGRESS_CLOSED, _ ("the connection broke"));
  else if (inner_flows_are_over (visit->flows))
    end (visit, INNER_EGRESS_CLOSED, NULL);
  else if (state == INNER_FLOW_MORE && visit->more == 0)
    visit->more = g_idle_add_full (G_PRIORITY_DEFAULT, on_more, visit, NULL);
}

static gboolean
on_more (gpointer data)
{
  Visit *visit = data;

  visit->more = 0;
  pump (visit);
  return G_SOURCE_REMOVE;
}

/* Takes what there is room for. */
static void
keep (GArray *stock, const int *fds)
{
  for (guint i = 0; i < STOCK; i++)
    if (fds[i] >= 0 && stock->len < STOCK)
      g_array_append_val (stock, fds[i]);
    else if (fds[i] >= 0)
      close (fds[i]);
}

static gboolean
fetch (InnerPublisher *self, guint16 low_port, GError **error)
{
  InnerJoin join = { .netns = self->netns, .n_plain = STOCK, .low_port = low_port };
  InnerJoined joined;

  if (!inner_join (&join, &joined, error))
    return FALSE;
  for (guint i = 0; i < N_FAMILIES; i++)
    keep (self->stock[i], joined.plain[i]);
  self->has_v6 = self->stock[V6]->len > 0;
  return TRUE;
}

/* A socket of the namespace, -1 with errno if there is none. */
static int
take_socket (InnerPublisher *self, guint family)
{
  GArray *stock = self->stock[family];
  int fd = -1;

  if (stock->len == 0 && (family == V4 || self->has_v6))
    fetch (self, 0, NULL);
  errno = EAFNOSUPPORT;
  if (stock->len > 0)
    {
      fd = g_array_index (stock, int, stock->len - 1);
      g_array_set_size (stock, stock->len - 1);
    }
  return fd;
}

static socklen_t
make_loopback (guint family, guint16 port, struct sockaddr_in6 *address)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) address;

  *address = (struct sockaddr_in6){ 0 };
  if (family == V4)
    {
      v4->sin_family = AF_INET;
      v4->sin_port = htons (port);
      v4->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
      return sizeof *v4;
    }
  address->sin6_family = AF_INET6;
  address->sin6_port = htons (port);
  address->sin6_addr = in6addr_loopback;
  return sizeof *address;
}

static void on_side (InnerWatch *watch, guint32 events);

/* Dials the next address inside; 0 or an errno, @error if there is no further one. */
static int
dial_next (Visit *visit, int error)
{
  static const int on = 1;

  for (; visit->family < N_FAMILIES; visit->family++)
    {
      struct sockaddr_in6 to;
      socklen_t size = make_loopback (visit->family, visit->published->inside, &to);
      int fd = take_socket (visit->published->publisher, visit->family);

      if (fd < 0)
        continue;
      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (connect (fd, (struct sockaddr *) &to, size) == 0 || errno == EINPROGRESS)
        return inner_loop_watch (&visit->sides[INSIDE].watch, fd, ALL_EVENTS, on_side) ? 0 : errno;
      error = errno;
      close (fd);
    }

  return error;
}

static void
on_dialled (Visit *visit)
{
  int error = 0;
  socklen_t size = sizeof error;

  if (getsockopt (visit->sides[INSIDE].watch.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
    error = errno;
  if (error == 0)
    {
      tell (visit, INNER_EGRESS_REACHED, NULL);
      set_state (visit, RELAYS);
      pump (visit);
      return;
    }
  inner_loop_unwatch (&visit->sides[INSIDE].watch);
  visit->family++;
  error = dial_next (visit, error);
  if (error != 0)
    end (visit, INNER_EGRESS_FAILED, g_strerror (error));
}

static void
on_side (InnerWatch *watch, guint32 events)
{
  Side *side = (Side *) watch;
  Visit *visit = side->visit;
  guint kind = side == &visit->sides[INSIDE] ? INSIDE : OUTSIDE;

  if (visit->state == RELAYS)
    {
      inner_flows_note (visit->flows, kind, events);
      set_state (visit, RELAYS);
      pump (visit);
    }
  else if (kind == INSIDE && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0)
    on_dialled (visit);
  else if (kind == OUTSIDE && (events & (EPOLLERR | EPOLLHUP)) != 0)
    end (visit, INNER_EGRESS_FAILED, _ ("it did not wait"));
}

/* SECURITY: a flood of connections from outside takes nothing away from those that the sandbox makes, and the one
 * that was silent longest makes room (attack 96; test_096_flood_of_visits). */
static void
make_room (InnerPublisher *self)
{
  Visit *oldest = g_queue_peek_head (&self->visits[DIALS]);

  if (oldest == NULL)
    oldest = g_queue_peek_head (&self->visits[RELAYS]);
  if (oldest != NULL)
    end (oldest, oldest->state == RELAYS ? INNER_EGRESS_CLOSED : INNER_EGRESS_FAILED,
         _ ("there were too many connections"));
}

static void
take_visit (const Published *published, int fd)
{
  static const int on = 1;
  InnerPublisher *self = published->publisher;
  Visit *visit = g_new0 (Visit, 1);
  int error = EACCES;

  if (self->visits[DIALS].length + self->visits[RELAYS].length >= self->max_connections)
    make_room (self);
  visit->published = published;
  visit->link.data = visit;
  visit->since = visit->started = g_get_monotonic_time ();
  for (guint i = 0; i < N_SIDES; i++)
    {
      visit->sides[i] = (Side){ { -1, NULL }, visit };
      inner_flow_init (&visit->flows[i]);
    }
  g_queue_push_tail_link (&self->visits[DIALS], &visit->link);

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!inner_loop_watch (&visit->sides[OUTSIDE].watch, fd, ALL_EVENTS, on_side))
    error = errno;
  else if (!is_forbidden (self, published->inside))
    error = dial_next (visit, ECONNREFUSED);
  if (error != 0)
    end (visit, INNER_EGRESS_FAILED, g_strerror (error));
}

static void
on_listener (InnerWatch *watch, guint32 events)
{
  Published *published = (Published *) watch;

  for (guint i = 0; i < MAX_ACCEPTS; i++)
    {
      int fd = accept4 (watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

      if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        make_room (published->publisher);
      if (fd < 0)
        return;
      take_visit (published, fd);
    }
}

static gboolean
refuse (GError **error, int code, const char *sentence)
{
  g_set_error_literal (error, INNER_ERROR, code, sentence);
  return FALSE;
}

static gboolean
check (const InnerPublisher *self, guint16 inside, GError **error)
{
  return !is_forbidden (self, inside) ||
         refuse (
             error, INNER_ERROR_INVALID_OPTION,
             _ ("this port of the sandbox belongs to its gateway; let the server in it listen at "
                "another one"));
}

/* The socket is gone afterwards in any case. */
static gboolean
open_up (Published *published, GError **error)
{
  int fd = published->fd;

  published->fd = -1;
  fcntl (fd, F_SETFL, O_NONBLOCK);
  return inner_loop_watch (&published->watch, fd, EPOLLIN, on_listener) ||
         refuse (error, INNER_ERROR_LAUNCH_FAILED, g_strerror (errno));
}

static guint16
find_low_port (const InnerPublisher *self)
{
  guint16 low = G_MAXUINT16;

  for (guint i = 0; i < self->published->len; i++)
    low = MIN (low, ((Published *) self->published->pdata[i])->inside);
  return low;
}

gboolean
inner_publisher_add (InnerPublisher *self, int fd, const char *word, guint16 inside, GError **error)
{
  Published *published = g_new0 (Published, 1);

  *published = (Published){ { -1, NULL }, self, fd, g_strdup (word), inside };
  g_ptr_array_add (self->published, published);
  if (self->netns < 0 || (check (self, inside, error) &&
                          fetch (self, find_low_port (self), error) && open_up (published, error)))
    return TRUE;

  g_ptr_array_remove (self->published, published);
  if (published->fd >= 0)
    close (published->fd);
  g_free (published->word);
  g_free (published);
  return FALSE;
}

gboolean
inner_publisher_start (InnerPublisher *self, int netns, GError **error)
{
  self->netns = netns;
  if (self->published->len > 0 && !fetch (self, find_low_port (self), error))
    return FALSE;
  for (guint i = 0; i < self->published->len; i++)
    {
      Published *published = self->published->pdata[i];

      if (!check (self, published->inside, error) || !open_up (published, error))
        return FALSE;
    }

  return TRUE;
}

void
inner_publisher_tick (InnerPublisher *self)
{
  gint64 now = g_get_monotonic_time ();
  Visit *oldest;

  while ((oldest = g_queue_peek_head (&self->visits[DIALS])) != NULL &&
         now - oldest->since > DIAL_US)
    end (oldest, INNER_EGRESS_FAILED, g_strerror (ETIMEDOUT));
}

void
inner_publisher_end_all (InnerPublisher *self)
{
  for (guint state = 0; state < N_STATES; state++)
    {
      Visit *next;

      while ((next = g_queue_peek_head (&self->visits[state])) != NULL)
        end (next, state == RELAYS ? INNER_EGRESS_CLOSED : INNER_EGRESS_FAILED,
             _ ("the sandbox has ended"));
    }
}
