/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * One connection of the sandbox: what did it mean, may it, who is that, dial, relay.
 */

#include <errno.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inner-egress.h"
#include "inner-flow.h"
#include "inner-hello.h"
#include "inner-wire.h"

#define ORIGINAL_DESTINATION 80 /* SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST */
#define TLS_PORT 443
#define MAX_ACCEPTS 64 /* a turn */
#define PROXY_MAX_BYTES 8192
#define ALL_EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
/* So long a connection may live at most. */
#define TOTAL_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

/* SECURITY: nothing waits for ever for somebody who says nothing (attack 96; test_096_idle_connections). */
static const gint64 limits[INNER_N_WAITS] = {
  [INNER_WAIT_HELLO] = 10 * G_USEC_PER_SEC,
  [INNER_WAIT_ASKED] = 90 * G_USEC_PER_SEC, /* its question ends earlier */
  [INNER_WAIT_NAME] = 15 * G_USEC_PER_SEC,
  [INNER_WAIT_DIAL] = 10 * G_USEC_PER_SEC,
  [INNER_WAIT_PROXY] = 15 * G_USEC_PER_SEC,
  [INNER_WAIT_TRAFFIC] = G_GINT64_CONSTANT (30) * 60 * G_USEC_PER_SEC,
};

typedef enum
{
  INSIDE,
  OUTSIDE,
  N_SIDES
} SideKind;

typedef struct
{
  InnerWatch watch; /* first: the callback gets it */
  InnerConnection *connection;
} Side;

struct _InnerConnection
{
  InnerEgress *egress;
  Side sides[N_SIDES];
  InnerFlow flows[N_SIDES]; /* from that side to the other */
  InnerWait wait;
  gint64 since; /* when it began to wait, or bytes flowed */
  gint64 started;
  GList link; /* in egress->waiting */
  guint more; /* source: there are more bytes than one turn moves */
  gboolean ended;

  InnerGiven *given; /* NULL: a literal address */
  InnerNetworkAddress meant;
  guint16 port;
  char *rule;
  GArray *addresses; /* to dial */
  guint next;
  gboolean over_proxy;
  GCancellable *cancellable;
};

typedef struct
{
  InnerWatch watch;
  InnerEgress *egress;
  gboolean redirected;
} Listener;

static void start_relay (InnerConnection *self);
static void dial_next (InnerConnection *self, int error);

static const char *
get_name (const InnerConnection *self)
{
  return self->given != NULL ? self->given->name : NULL;
}

static void
tell (InnerConnection *self, const char *event, const char *reason)
{
  const InnerNetworkAddress *address =
      self->given == NULL ? &self->meant
      : self->addresses != NULL && self->next > 0 && !self->over_proxy
          ? &g_array_index (self->addresses, InnerNetworkAddress, self->next - 1)
          : NULL;
  g_autofree char *text = address != NULL ? inner_network_address_to_string (address) : NULL;

  inner_told_add (self->egress->told,
                  &(InnerEvent){ event, get_name (self), text, self->port, self->rule, reason,
                                 self->flows[INSIDE].total, self->flows[OUTSIDE].total,
                                 (g_get_monotonic_time () - self->started) / 1000 });
}

static void
connection_free (gpointer data)
{
  InnerConnection *self = data;

  g_clear_pointer (&self->addresses, g_array_unref);
  g_object_unref (self->cancellable);
  g_free (self->rule);
  g_free (self);
}

/* @hard: both ends learn that something went wrong, not that all was said. */
static void
close_all (InnerConnection *self, gboolean hard)
{
  static const struct linger none = { .l_onoff = 1 };

  self->ended = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->more, g_source_remove);
  g_queue_unlink (&self->egress->waiting[self->wait], &self->link);
  self->egress->n_connections--;
  for (guint i = 0; i < N_SIDES; i++)
    {
      if (hard && self->sides[i].watch.fd >= 0)
        setsockopt (self->sides[i].watch.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
      inner_loop_unwatch (&self->sides[i].watch);
      inner_flow_clear (&self->flows[i]);
    }
  inner_loop_free_later (self, connection_free);
}

/* The event comes first, so that it is known before the program in the sandbox can act on it. */
static void
end (InnerConnection *self, const char *event, const char *reason)
{
  tell (self, event, reason);
  close_all (self, !g_str_equal (event, INNER_EGRESS_CLOSED) || reason != NULL);
}

static void
set_wait (InnerConnection *self, InnerWait wait)
{
  g_queue_unlink (&self->egress->waiting[self->wait], &self->link);
  self->wait = wait;
  self->since = g_get_monotonic_time ();
  g_queue_push_tail_link (&self->egress->waiting[wait], &self->link);
}

/* Whether @verdict lets it go on; if not, it is over. */
static gboolean
obey (InnerConnection *self, const InnerNetworkVerdict *verdict)
{
  if (verdict->pattern != NULL)
    {
      g_free (self->rule);
      self->rule = g_strdup (verdict->pattern->text);
    }
  if (!verdict->allowed)
    end (self, INNER_EGRESS_DENIED, verdict->reason);
  return verdict->allowed;
}

static gboolean on_more (gpointer data);

static void
pump (InnerConnection *self)
{
  const int fds[N_SIDES] = { self->sides[INSIDE].watch.fd, self->sides[OUTSIDE].watch.fd };
  InnerFlowState state = inner_flows_pump (self->flows, fds);

  if (state == INNER_FLOW_BROKEN)
    end (self, INNER_EGRESS_CLOSED, _ ("the connection broke"));
  else if (inner_flows_are_over (self->flows))
    end (self, INNER_EGRESS_CLOSED, NULL);
  else if (self->since - self->started > TOTAL_US)
    end (self, INNER_EGRESS_CLOSED, _ ("the time for one connection is over"));
  else if (state == INNER_FLOW_MORE && self->more == 0)
    self->more = g_idle_add_full (G_PRIORITY_DEFAULT, on_more, self, NULL);
}

static gboolean
on_more (gpointer data)
{
  InnerConnection *self = data;

  self->more = 0;
  pump (self);
  return G_SOURCE_REMOVE;
}

static void
on_traffic (InnerConnection *self, SideKind side, guint32 events)
{
  inner_flows_note (self->flows, side, events);
  set_wait (self, INNER_WAIT_TRAFFIC);
  pump (self);
}

static void
start_relay (InnerConnection *self)
{
  tell (self, INNER_EGRESS_ALLOWED, NULL);
  set_wait (self, INNER_WAIT_TRAFFIC);
  pump (self);
}

/* What the proxy says comes before what the server says, and only the former is ours to read. */
static void
on_proxy_answer (InnerConnection *self)
{
  char buffer[PROXY_MAX_BYTES];
  int fd = self->sides[OUTSIDE].watch.fd;
  gssize size = recv (fd, buffer, sizeof buffer, MSG_PEEK | MSG_DONTWAIT);
  gsize used = 0;
  InnerUpstreamAnswer answer;

  if (size < 0 && errno == EAGAIN)
    return;
  answer = size > 0 ? inner_upstream_read_answer (buffer, size, &used) : INNER_UPSTREAM_REFUSED;
  if (answer == INNER_UPSTREAM_INCOMPLETE && size < PROXY_MAX_BYTES)
    return;
  if (answer != INNER_UPSTREAM_OPEN || recv (fd, buffer, used, MSG_DONTWAIT) != (gssize) used)
    end (self, INNER_EGRESS_FAILED, _ ("the proxy of this machine did not connect"));
  else
    start_relay (self);
}

static void
ask_proxy (InnerConnection *self)
{
  g_autofree char *address = inner_network_address_to_string (&self->meant);
  g_autofree char *request = inner_upstream_request (
      self->egress->upstream, self->given != NULL ? self->given->name : address, self->port);
  gsize size = strlen (request);

  set_wait (self, INNER_WAIT_PROXY);
  if (send (self->sides[OUTSIDE].watch.fd, request, size, MSG_DONTWAIT | MSG_NOSIGNAL) !=
      (gssize) size)
    end (self, INNER_EGRESS_FAILED, _ ("the proxy of this machine did not connect"));
}

static void
on_dialled (InnerConnection *self, guint32 events)
{
  int fd = self->sides[OUTSIDE].watch.fd;
  int error = 0;
  socklen_t size = sizeof error;

  if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0)
    return;
  if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0)
    {
      inner_loop_unwatch (&self->sides[OUTSIDE].watch);
      dial_next (self, error);
    }
  else if (self->over_proxy)
    ask_proxy (self);
  else
    start_relay (self);
}

static void check_hello (InnerConnection *self);

static void
on_side (InnerWatch *watch, guint32 events)
{
  Side *side = (Side *) watch;
  InnerConnection *self = side->connection;
  SideKind kind = side == &self->sides[INSIDE] ? INSIDE : OUTSIDE;

  if (self->wait == INNER_WAIT_TRAFFIC)
    on_traffic (self, kind, events);
  else if (self->wait == INNER_WAIT_HELLO && kind == INSIDE)
    check_hello (self);
  else if (self->wait == INNER_WAIT_ASKED && (events & (EPOLLHUP | EPOLLERR)) != 0)
    end (self, INNER_EGRESS_FAILED, _ ("it did not wait for the answer"));
  else if (self->wait == INNER_WAIT_DIAL && kind == OUTSIDE)
    on_dialled (self, events);
  else if (self->wait == INNER_WAIT_PROXY && kind == OUTSIDE)
    on_proxy_answer (self);
}

/* 0 or an errno; in progress is 0. */
static int
dial (InnerConnection *self, const InnerNetworkAddress *address, guint16 port)
{
  static const int on = 1;
  struct sockaddr_storage to;
  socklen_t size = inner_network_address_to_sockaddr (address, port, &to);
  int fd = socket (to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return errno;
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (connect (fd, (struct sockaddr *) &to, size) < 0 && errno != EINPROGRESS)
    {
      int error = errno;

      close (fd);
      return error;
    }
  return inner_loop_watch (&self->sides[OUTSIDE].watch, fd, ALL_EVENTS, on_side) ? 0 : errno;
}

/* One address after the other, as the resolver has sorted them. */
static void
dial_next (InnerConnection *self, int error)
{
  guint16 port = self->over_proxy ? self->egress->upstream->port : self->port;

  while (self->next < self->addresses->len)
    {
      error =
          dial (self, &g_array_index (self->addresses, InnerNetworkAddress, self->next++), port);
      if (error == 0)
        {
          set_wait (self, INNER_WAIT_DIAL);
          return;
        }
    }

  end (self, INNER_EGRESS_FAILED, g_strerror (error != 0 ? error : EHOSTUNREACH));
}

/* SECURITY: every address is judged, and what was judged is what is dialled: no second question could be answered
 * otherwise (attack 85; test_085_rebinding_name). */
static void
on_looked_up (const GArray *answers, const GError *error, gpointer data)
{
  InnerConnection *self = data;

  if (answers == NULL)
    {
      end (self, INNER_EGRESS_FAILED, error->message);
      return;
    }
  for (guint i = 0; i < answers->len && !self->over_proxy; i++)
    {
      const InnerNetworkAddress *address = &g_array_index (answers, InnerNetworkAddress, i);
      InnerNetworkVerdict verdict =
          inner_network_rules_decide_answer (self->egress->rules, address, self->port);

      if (!verdict.allowed)
        {
          end (self, INNER_EGRESS_DENIED, verdict.reason);
          return;
        }
    }

  self->addresses = g_array_sized_new (FALSE, FALSE, sizeof (InnerNetworkAddress), answers->len);
  g_array_append_vals (self->addresses, answers->data, answers->len);
  dial_next (self, 0);
}

/* It may go where it meant to; who is that? */
static void
find_out (InnerConnection *self)
{
  InnerEgress *egress = self->egress;
  g_autofree char *address = inner_network_address_to_string (&self->meant);

  self->over_proxy =
      egress->upstream != NULL &&
      inner_upstream_is_for (egress->upstream, self->given != NULL ? self->given->name : address);
  set_wait (self, INNER_WAIT_NAME);
  if (self->over_proxy)
    inner_lookup_host (egress, egress->upstream->host, self->cancellable, on_looked_up, self);
  else if (self->given != NULL)
    inner_lookup (egress, self->given, self->cancellable, on_looked_up, self);
  else
    {
      self->addresses = g_array_new (FALSE, FALSE, sizeof (InnerNetworkAddress));
      g_array_append_val (self->addresses, self->meant);
      dial_next (self, 0);
    }
}

/* SECURITY: what a client of TLS asks for is what it was allowed to reach, so that a host of a large provider is no
 * door to all others there (attacks 87 and 88; test_087_fronting, test_088_no_server_name, test_088_encrypted_hello). */
static const char *
judge_hello (InnerConnection *self, InnerHelloState state, const InnerHello *hello)
{
  if (state == INNER_HELLO_INVALID)
    return _ ("what it says first is no TLS with one readable server name");
  if (hello->name == NULL)
    return _ ("it names no server (SNI); sni = \"allow\" in the profile permits that");
  if (!g_str_equal (hello->name, self->given->name))
    return _ ("it names another server than the one it connects to");
  if (hello->has_ech)
    return _ ("it hides the name of the server (ECH); sni = \"allow\" in the profile permits that");
  return NULL;
}

/* Looked at, and left in the socket for the server. */
static void
check_hello (InnerConnection *self)
{
  guint8 buffer[INNER_HELLO_MAX_BYTES];
  gssize size = recv (self->sides[INSIDE].watch.fd, buffer, sizeof buffer, MSG_PEEK | MSG_DONTWAIT);
  InnerHello hello = { NULL, FALSE };
  InnerHelloState state;
  const char *fault;

  if (size < 0 && errno == EAGAIN)
    return;
  if (size <= 0)
    {
      end (self, INNER_EGRESS_FAILED, _ ("it said nothing"));
      return;
    }
  state = inner_hello_read (buffer, size, &hello);
  if (state == INNER_HELLO_INCOMPLETE)
    return;
  fault = judge_hello (self, state, &hello);
  inner_hello_clear (&hello);
  if (fault != NULL)
    end (self, INNER_EGRESS_DENIED, fault);
  else
    find_out (self);
}

/* SECURITY: an address that was not given out for a name, and is on no list, leads nowhere (attack 80;
 * test_080_direct_addresses). */
static void
judge (InnerConnection *self)
{
  InnerEgress *egress = self->egress;
  const InnerNetworkRules *rules = egress->rules;
  InnerNetworkVerdict verdict = { FALSE, NULL, _ ("no name was asked for at this address") };
  gboolean waits = self->wait == INNER_WAIT_ASKED;
  const char *why = NULL;

  self->given = inner_givens_find (egress->givens, &self->meant);
  if (self->given != NULL)
    verdict = inner_network_rules_decide_name (rules, self->given->name, self->port);
  else if (!inner_givens_is_synthetic (&self->meant))
    verdict = inner_network_rules_decide_address (rules, &self->meant, self->port);

  if (!verdict.allowed &&
      inner_asked_judge (egress->asked, self->given, &self->meant, self->port, waits, &verdict))
    {
      if (!waits)
        set_wait (self, INNER_WAIT_ASKED);
      return;
    }
  if (!obey (self, &verdict))
    return;
  if (self->given != NULL &&
      !inner_givens_admit (egress->givens, self->given, verdict.pattern, &why))
    {
      end (self, INNER_EGRESS_DENIED, why);
      return;
    }
  if (waits)
    set_wait (self, INNER_WAIT_HELLO);
  if (self->given == NULL || self->port != TLS_PORT || !egress->require_name)
    find_out (self);
  else
    check_hello (self);
}

void
inner_connection_judge_waiting (InnerEgress *egress)
{
  GList *next;

  for (GList *link = egress->waiting[INNER_WAIT_ASKED].head; link != NULL; link = next)
    {
      next = link->next;
      judge (link->data);
    }
}

static gboolean
read_meant (InnerConnection *self, int fd, gboolean redirected)
{
  struct sockaddr_storage meant = { 0 };
  socklen_t size = sizeof meant;
  int family;
  socklen_t family_size = sizeof family;

  if (redirected)
    {
      if (getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &family, &family_size) < 0 ||
          getsockopt (fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, ORIGINAL_DESTINATION,
                      &meant, &size) < 0)
        return FALSE;
    }
  else if (getsockname (fd, (struct sockaddr *) &meant, &size) < 0)
    return FALSE;
  return inner_network_address_from_sockaddr ((struct sockaddr *) &meant, &self->meant,
                                              &self->port);
}

/* SECURITY: of too many, those that say nothing go first, and then the ones that were silent longest, so that the
 * others go on (attack 96; test_096_idle_connections). */
static void
make_room (InnerEgress *egress)
{
  for (guint wait = 0; wait < INNER_N_WAITS; wait++)
    {
      InnerConnection *oldest = g_queue_peek_head (&egress->waiting[wait]);

      if (oldest == NULL)
        continue;
      end (oldest, wait == INNER_WAIT_TRAFFIC ? INNER_EGRESS_CLOSED : INNER_EGRESS_FAILED,
           _ ("there were too many connections"));
      return;
    }
}

static void
take_connection (const Listener *listener, int fd)
{
  static const int on = 1;
  InnerEgress *egress = listener->egress;
  InnerConnection *self;

  if (egress->n_connections >= egress->max_connections)
    make_room (egress);
  self = g_new0 (InnerConnection, 1);
  self->egress = egress;
  self->link.data = self;
  self->started = g_get_monotonic_time ();
  self->cancellable = g_cancellable_new ();
  for (guint i = 0; i < N_SIDES; i++)
    {
      self->sides[i] = (Side){ { -1, NULL }, self };
      inner_flow_init (&self->flows[i]);
    }
  g_queue_push_tail_link (&egress->waiting[INNER_WAIT_HELLO], &self->link);
  self->since = self->started;
  egress->n_connections++;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!read_meant (self, fd, listener->redirected))
    {
      close (fd);
      close_all (self, TRUE);
    }
  else if (!inner_loop_watch (&self->sides[INSIDE].watch, fd, ALL_EVENTS, on_side))
    close_all (self, TRUE);
  else
    judge (self);
}

static void
on_listener (InnerWatch *watch, guint32 events)
{
  Listener *listener = (Listener *) watch;

  for (guint i = 0; i < MAX_ACCEPTS; i++)
    {
      int fd = accept4 (watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

      if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        make_room (listener->egress);
      if (fd < 0)
        return;
      take_connection (listener, fd);
    }
}

gboolean
inner_connection_listen (InnerEgress *egress, int fd, gboolean redirected)
{
  Listener *listener = g_new0 (Listener, 1);

  listener->egress = egress;
  listener->redirected = redirected;
  /* It lives as long as the program. */
  return inner_loop_watch (&listener->watch, fd, EPOLLIN, on_listener);
}

void
inner_connection_end_all (InnerEgress *egress)
{
  for (guint wait = 0; wait < INNER_N_WAITS; wait++)
    {
      InnerConnection *next;

      while ((next = g_queue_peek_head (&egress->waiting[wait])) != NULL)
        end (next, wait == INNER_WAIT_TRAFFIC ? INNER_EGRESS_CLOSED : INNER_EGRESS_FAILED,
             _ ("the sandbox has ended"));
    }
}

static void
give_up (InnerConnection *self)
{
  switch (self->wait)
    {
    case INNER_WAIT_HELLO:
      end (self, INNER_EGRESS_DENIED, _ ("it did not say in time which server it wants"));
      break;
    case INNER_WAIT_DIAL:
      inner_loop_unwatch (&self->sides[OUTSIDE].watch);
      dial_next (self, ETIMEDOUT);
      break;
    case INNER_WAIT_TRAFFIC:
      end (self, INNER_EGRESS_CLOSED, _ ("nothing was said for too long"));
      break;
    case INNER_WAIT_NAME:
    case INNER_WAIT_PROXY:
    case INNER_WAIT_ASKED:
    case INNER_N_WAITS:
    default:
      end (self, INNER_EGRESS_FAILED, g_strerror (ETIMEDOUT));
      break;
    }
}

void
inner_connection_tick (InnerEgress *egress)
{
  gint64 now = g_get_monotonic_time ();

  for (guint wait = 0; wait < INNER_N_WAITS; wait++)
    {
      InnerConnection *oldest;

      while ((oldest = g_queue_peek_head (&egress->waiting[wait])) != NULL &&
             now - oldest->since > limits[wait])
        give_up (oldest);
    }
}
