/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inner-egress.h"
#include "inner-error.h"
#include "inner-join.h"
#include "inner-wire.h"

/* What a supervisor that does not listen leaves here at most; the newest are lost. */
#define MAX_OUTGOING 4096
/* Descriptors beside connections. Each has two, and four more while bytes are on their way in both directions. */
#define OTHER_FDS 512
#define FDS_A_CONNECTION 4
#define MAX_CONNECTIONS 16384
/* Of these so many from outside, at published ports. */
#define MAX_VISITS 1024

typedef struct
{
  const char *name; /* static */
  GVariant *values;
} Outgoing;

static InnerEgress *the_egress;

static void
outgoing_free (gpointer data)
{
  Outgoing *outgoing = data;

  g_variant_unref (outgoing->values);
  g_free (outgoing);
}

static void
flush (InnerEgress *egress)
{
  Outgoing *next;

  while ((next = g_queue_peek_head (egress->outgoing)) != NULL)
    {
      if (!inner_wire_send (egress->line.fd, next->name, next->values, NULL, 0) && errno == EAGAIN)
        return;
      outgoing_free (g_queue_pop_head (egress->outgoing));
    }
}

void
inner_egress_tell (InnerEgress *egress, const char *name, GVariant *values)
{
  Outgoing *outgoing = g_new (Outgoing, 1);

  *outgoing = (Outgoing){ name, g_variant_ref_sink (values) };
  if (egress->outgoing->length >= MAX_OUTGOING)
    {
      outgoing_free (outgoing);
      return;
    }
  g_queue_push_tail (egress->outgoing, outgoing);
  flush (egress);
}

static void
fail (InnerEgress *egress, const char *message)
{
  inner_egress_tell (egress, INNER_WIRE_FAILED,
                     g_variant_new_parsed ("{'message': <%s>}", message));
  g_main_loop_quit (egress->loop);
}

static gboolean
read_configuration (InnerEgress *egress, GVariant *values, GError **error)
{
  g_autoptr (GVariantDict) dict = g_variant_dict_new (values);
  g_autofree const char **allow = NULL;
  g_autofree const char **deny = NULL;
  const char *proxy = "";
  const char *no_proxy = "";
  gboolean asks = FALSE;

  if (!g_variant_dict_lookup (dict, INNER_EGRESS_SERVES, "b", &egress->serves) ||
      !g_variant_dict_lookup (dict, INNER_EGRESS_OPEN, "b", &egress->open) ||
      !g_variant_dict_lookup (dict, INNER_EGRESS_ASK, "b", &asks) ||
      !g_variant_dict_lookup (dict, INNER_EGRESS_REQUIRE_NAME, "b", &egress->require_name) ||
      !g_variant_dict_lookup (dict, INNER_EGRESS_ALLOW, "^a&s", &allow) ||
      !g_variant_dict_lookup (dict, INNER_EGRESS_DENY, "^a&s", &deny) ||
      !g_variant_dict_lookup (dict, INNER_EGRESS_PROXY, "&s", &proxy) ||
      !g_variant_dict_lookup (dict, INNER_EGRESS_NO_PROXY, "&s", &no_proxy))
    {
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                           _ ("the rules for the network are incomplete"));
      return FALSE;
    }
  egress->rules = inner_network_rules_new (egress->open, allow, deny, error);
  if (egress->rules == NULL)
    return FALSE;
  egress->ports = inner_network_rules_ports (egress->rules);
  egress->asked = inner_asked_new (egress, asks);
  /* Somebody can be asked about any port. */
  egress->redirects = egress->open || asks;
  if (proxy[0] != '\0')
    egress->upstream = inner_upstream_new (proxy, no_proxy, error);
  return proxy[0] == '\0' || egress->upstream != NULL;
}

static void
on_configure (InnerEgress *egress, GVariant *values, GArray *fds)
{
  g_autoptr (GError) error = NULL;

  if (egress->rules == NULL && !read_configuration (egress, values, &error))
    fail (egress, error->message);
}

static void
forbid_port_of (InnerEgress *egress, int fd)
{
  struct sockaddr_storage bound;
  socklen_t size = sizeof bound;
  InnerNetworkAddress address;
  guint16 port;

  if (fd >= 0 && getsockname (fd, (struct sockaddr *) &bound, &size) == 0 &&
      inner_network_address_from_sockaddr ((struct sockaddr *) &bound, &address, &port))
    inner_publisher_forbid (egress->publisher, port);
}

static void
forbid_own_ports (InnerEgress *egress, const InnerJoined *joined)
{
  for (gsize i = 0; i < G_N_ELEMENTS (joined->redirected); i++)
    forbid_port_of (egress, joined->redirected[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (joined->ports); i++)
    forbid_port_of (egress, joined->ports[i]);
  forbid_port_of (egress, joined->tcp);
}

static gboolean
listen_on (InnerEgress *egress, const InnerJoined *joined)
{
  gboolean well = TRUE;

  forbid_own_ports (egress, joined);

  for (gsize i = 0; i < G_N_ELEMENTS (joined->redirected); i++)
    if (joined->redirected[i] >= 0)
      well = inner_connection_listen (egress, joined->redirected[i], TRUE) && well;
  for (gsize i = 0; i < G_N_ELEMENTS (joined->ports); i++)
    if (joined->ports[i] >= 0)
      well = inner_connection_listen (egress, joined->ports[i], FALSE) && well;
  if (joined->udp >= 0)
    well = inner_responder_start (egress, joined->udp, joined->tcp) && well;
  return well;
}

/* A program in there may listen at ports from here on, and should find none of them taken (inner-join.h). */
#define FIRST_LENT_PORT 1024

/* Sorts @ports into those that are bound to in the namespace and those that are lent. */
static void
sort_ports (const InnerEgress *egress, const GArray *ports, GArray *bound, GArray *lent)
{
  for (guint i = 0; i < ports->len; i++)
    {
      guint16 port = g_array_index (ports, guint16, i);
      gboolean loopback = inner_network_rules_name_loopback (egress->rules, port);

      if (loopback || (!egress->redirects && port < FIRST_LENT_PORT))
        g_array_append_val (bound, port);
      else if (!egress->redirects)
        g_array_append_val (lent, port);
    }
}

/* Serves what the sandbox dials. Fails with a sentence. */
static gboolean
serve (InnerEgress *egress, GError **error)
{
  g_autoptr (GArray) bound = g_array_new (FALSE, FALSE, sizeof (guint16));
  g_autoptr (GArray) lent = g_array_new (FALSE, FALSE, sizeof (guint16));
  InnerJoined joined;
  InnerJoin join = {
    .netns = egress->netns,
    .set_up = TRUE,
    .resolver = TRUE,
    .redirect = egress->redirects,
  };

  sort_ports (egress, egress->ports, bound, lent);
  join.ports = (const guint16 *) bound->data;
  join.n_ports = bound->len;
  join.lent = (const guint16 *) lent->data;
  join.n_lent = lent->len;
  if (join.n_ports + join.n_lent > INNER_JOIN_MAX_PORTS)
    g_set_error_literal (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                         _ ("the allowlist has too many different ports"));
  else if (inner_join (&join, &joined, error))
    {
      if (listen_on (egress, &joined))
        return TRUE;
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED, g_strerror (errno));
    }
  return FALSE;
}

/* SECURITY: with the sockets of the sandbox in hand it is served; without them nothing answers in there, and
 * nothing leads out (attack 106; test_no_gateway_no_network). */
static void
on_join (InnerEgress *egress, GVariant *values, GArray *fds)
{
  g_autoptr (GError) error = NULL;

  if (egress->rules == NULL || egress->netns >= 0 || fds->len != 1)
    return;
  egress->netns = fcntl (g_array_index (fds, int, 0), F_DUPFD_CLOEXEC, 0);
  if ((egress->serves && !serve (egress, &error)) ||
      !inner_publisher_start (egress->publisher, egress->netns, &error))
    fail (egress, error->message);
  else
    inner_egress_tell (egress, INNER_WIRE_READY, g_variant_new ("a{sv}", NULL));
}

typedef struct
{
  GArray *ports; /* that it has */
  GArray *more;
} Wanted;

static void
add_missing (guint16 port, gpointer data)
{
  Wanted *wanted = data;

  for (guint i = 0; i < wanted->ports->len; i++)
    if (g_array_index (wanted->ports, guint16, i) == port)
      return;
  g_array_append_val (wanted->more, port);
}

gboolean
inner_egress_listen_for (InnerEgress *egress, const InnerNetworkPattern *pattern, GError **error)
{
  g_autoptr (GArray) more = g_array_new (FALSE, FALSE, sizeof (guint16));
  g_autoptr (GArray) bound = g_array_new (FALSE, FALSE, sizeof (guint16));
  g_autoptr (GArray) lent = g_array_new (FALSE, FALSE, sizeof (guint16));
  Wanted wanted = { egress->ports, more };
  InnerJoin join = { .netns = egress->netns, .set_up = TRUE };
  InnerJoined joined;

  if (!egress->redirects)
    inner_network_pattern_each_port (pattern, add_missing, &wanted);
  if (more->len == 0)
    return TRUE;
  sort_ports (egress, more, bound, lent);
  join.ports = (const guint16 *) bound->data;
  join.n_ports = bound->len;
  join.lent = (const guint16 *) lent->data;
  join.n_lent = lent->len;
  if (!inner_join (&join, &joined, error))
    return FALSE;
  if (!listen_on (egress, &joined))
    {
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED, g_strerror (errno));
      return FALSE;
    }
  g_array_append_vals (egress->ports, more->data, more->len);
  return TRUE;
}

static void
on_listen (InnerEgress *egress, GVariant *values, GArray *fds)
{
  gboolean listening = FALSE;

  g_variant_lookup (values, "listening", "b", &listening);
  if (egress->asked != NULL)
    inner_asked_listen (egress->asked, listening);
}

static void
on_decide (InnerEgress *egress, GVariant *values, GArray *fds)
{
  g_autoptr (GError) error = NULL;
  const char *destination = "";
  const char *answer = "";

  g_variant_lookup (values, "destination", "&s", &destination);
  g_variant_lookup (values, "answer", "&s", &answer);
  /* SECURITY: where nothing leads out, nobody's word leads out either (attack 82; test_only_ways_in). */
  if (egress->asked == NULL || egress->netns < 0 || !egress->serves)
    error =
        g_error_new_literal (INNER_ERROR, INNER_ERROR_BUSY, _ ("the sandbox is not served yet"));
  else
    inner_asked_decide (egress->asked, destination, answer, &error);
  inner_egress_tell (egress, INNER_WIRE_DECIDED,
                     g_variant_new_parsed ("{'code': <%i>, 'message': <%s>}",
                                           error != NULL ? error->code : 0,
                                           error != NULL ? error->message : ""));
}

/* One more way in; of those from before "join" only the first that fails is told, as the end of all. */
static void
on_publish (InnerEgress *egress, GVariant *values, GArray *fds)
{
  g_autoptr (GError) error = NULL;
  const char *word = NULL;
  guint16 inside = 0;
  guint32 tag = 0;
  int fd = -1;

  /* There must be no second one when it is told that this one is closed. */
  if (fds->len == 1)
    {
      fd = g_array_index (fds, int, 0);
      g_array_index (fds, int, 0) = -1;
    }
  if (fd < 0 || egress->rules == NULL || !g_variant_lookup (values, "word", "&s", &word) ||
      !g_variant_lookup (values, "inside", "q", &inside) ||
      !g_variant_lookup (values, "tag", "u", &tag))
    {
      fail (egress, _ ("the ports to publish are incomplete"));
      return;
    }
  inner_publisher_add (egress->publisher, fd, word, inside, &error);
  if (tag != 0)
    inner_egress_tell (egress, INNER_WIRE_PUBLISHED,
                       g_variant_new_parsed ("{'tag': <%u>, 'message': <%s>}", tag,
                                             error != NULL ? error->message : ""));
}

/* The sandbox has ended: the last events, and the end of the line says that there are no more. */
static void
on_finish (InnerEgress *egress, GVariant *values, GArray *fds)
{
  inner_connection_end_all (egress);
  inner_publisher_end_all (egress->publisher);
  inner_told_flush (egress->told);
  g_main_loop_quit (egress->loop);
}

static void
on_line (InnerWatch *watch, guint32 events)
{
  static const struct
  {
    const char *name;
    void (*handle) (InnerEgress *egress, GVariant *values, GArray *fds);
  } handlers[] = {
    { INNER_WIRE_CONFIGURE, on_configure }, { INNER_WIRE_JOIN, on_join },
    { INNER_WIRE_FINISH, on_finish },       { INNER_WIRE_LISTEN, on_listen },
    { INNER_WIRE_DECIDE, on_decide },       { INNER_WIRE_PUBLISH, on_publish },
  };
  InnerEgress *egress = the_egress;
  g_autofree char *name = NULL;
  g_autoptr (GArray) fds = NULL;
  g_autoptr (GVariant) values = inner_wire_receive (watch->fd, &name, &fds);

  if (values == NULL)
    {
      /* SECURITY: without a supervisor nobody would end this (attack 107; test_107_gateway_ends_with_supervisor). */
      if (errno != EAGAIN)
        g_main_loop_quit (egress->loop);
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (g_str_equal (name, handlers[i].name))
      handlers[i].handle (egress, values, fds);
}

static gboolean
on_second (gpointer data)
{
  InnerEgress *egress = data;

  flush (egress);
  inner_connection_tick (egress);
  if (egress->asked != NULL)
    inner_asked_tick (egress->asked);
  inner_publisher_tick (egress->publisher);
  inner_told_flush (egress->told);
  return G_SOURCE_CONTINUE;
}

static guint
choose_max_connections (void)
{
  struct rlimit limit = { 1024, 1024 };

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
    {
      limit.rlim_cur = MIN (limit.rlim_max, OTHER_FDS + FDS_A_CONNECTION * MAX_CONNECTIONS);
      setrlimit (RLIMIT_NOFILE, &limit);
      getrlimit (RLIMIT_NOFILE, &limit);
    }
  return limit.rlim_cur > 2 * OTHER_FDS
             ? MIN ((limit.rlim_cur - OTHER_FDS) / FDS_A_CONNECTION, MAX_CONNECTIONS)
             : 64;
}

gboolean
inner_egress_line_start (InnerEgress *egress, int fd)
{
  the_egress = egress;
  egress->outgoing = g_queue_new ();
  egress->netns = -1;
  egress->givens = inner_givens_new ();
  egress->told = inner_told_new (egress);
  egress->resolver = g_resolver_get_default ();
  egress->max_connections = choose_max_connections ();
  egress->publisher = inner_publisher_new (egress, MIN (egress->max_connections / 4, MAX_VISITS));
  egress->max_connections -= MIN (egress->max_connections / 4, MAX_VISITS);
  g_timeout_add_seconds (1, on_second, egress);
  return inner_loop_watch (&egress->line, fd, EPOLLIN, on_line);
}
