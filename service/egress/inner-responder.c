/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "inner-egress.h"
#include "inner-question.h"
#include "inner-wire.h"

#define MAX_TURN 64     /* datagrams before others have their turn */
#define MAX_PENDING 256 /* questions that wait for the host's resolver */
#define MAX_STREAMS 64
#define STREAM_IDLE_US (10 * G_USEC_PER_SEC)
#define LOOKUP_MS 10000

typedef struct _Stream Stream;

typedef struct
{
  InnerWatch watch; /* first: the callback gets it */
  InnerEgress *egress;
  GPtrArray *streams; /* of Stream */
  InnerWatch listener;
  guint n_pending;
} Responder;

/* A question over TCP, and the next ones. */
struct _Stream
{
  InnerWatch watch;
  guint8 buffer[2 + 512];
  gsize filled;
  gboolean busy; /* one is being answered */
  gint64 since;
};

/* Where an answer goes to. */
typedef struct
{
  InnerQuestion *question;
  InnerGiven *given;
  GCancellable *cancellable;
  guint timeout;
  Stream *stream; /* NULL: a datagram, from there and back */
  struct sockaddr_storage peer;
  socklen_t peer_size;
  char control[CMSG_SPACE (sizeof (struct in6_pktinfo))];
  gsize control_size;
} Pending;

static Responder responder;

static void read_stream (Stream *stream);

static void
pending_free (Pending *pending)
{
  g_clear_handle_id (&pending->timeout, g_source_remove);
  inner_question_free (pending->question);
  g_clear_object (&pending->cancellable);
  g_free (pending);
}

static void
close_stream (Stream *stream)
{
  if (stream->watch.fd < 0)
    return;
  inner_loop_unwatch (&stream->watch);
  g_ptr_array_remove_fast (responder.streams, stream);
  if (!stream->busy)
    inner_loop_free_later (stream, g_free);
}

static void
send_datagram (const Pending *pending, GBytes *reply)
{
  gsize size;
  struct iovec iov = { .iov_base = (void *) g_bytes_get_data (reply, &size) };
  struct msghdr message = {
    .msg_name = (void *) &pending->peer,
    .msg_namelen = pending->peer_size,
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = pending->control_size > 0 ? (void *) pending->control : NULL,
    .msg_controllen = pending->control_size,
  };

  iov.iov_len = size;
  /* One that does not fit is lost as datagrams are; the program asks again. */
  sendmsg (responder.watch.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
send_on_stream (Stream *stream, GBytes *reply)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (reply, &size);
  g_autofree guint8 *framed = g_malloc (size + 2);

  stream->busy = FALSE;
  if (stream->watch.fd < 0)
    {
      inner_loop_free_later (stream, g_free);
      return;
    }
  framed[0] = size >> 8;
  framed[1] = size;
  memcpy (framed + 2, data, size);
  if (send (stream->watch.fd, framed, size + 2, MSG_DONTWAIT | MSG_NOSIGNAL) != (gssize) size + 2)
    close_stream (stream);
  else
    read_stream (stream);
}

/* Consumes @pending. */
static void
answer (Pending *pending, InnerAnswer kind)
{
  g_autoptr (GBytes) reply = inner_question_reply (
      pending->question, kind, pending->given != NULL ? &pending->given->address : NULL);
  Stream *stream = pending->stream;

  if (stream == NULL)
    send_datagram (pending, reply);
  pending_free (pending);
  if (stream != NULL)
    send_on_stream (stream, reply);
}

static void
refuse (Pending *pending, const char *reason, const char *rule)
{
  inner_told_add (responder.egress->told,
                  &(InnerEvent){ INNER_EGRESS_DENIED,
                                 .name = inner_question_get_name (pending->question), .rule = rule,
                                 .reason = reason });
  answer (pending, INNER_ANSWER_REFUSED);
}

static const char *
rule_of (const InnerNetworkVerdict *verdict)
{
  return verdict->pattern != NULL ? verdict->pattern->text : NULL;
}

/* SECURITY: one address that may not be reached refuses the name, so that a mixed answer cannot lead somewhere
 * else later (attacks 85 and 86; test_085_mixed_answer_is_refused). */
static void
on_looked_up (const GArray *answers, const GError *error, gpointer data)
{
  Pending *pending = data;
  InnerEgress *egress = responder.egress;

  responder.n_pending--;
  if (answers == NULL)
    {
      gboolean unknown = g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND);

      inner_told_add (egress->told, &(InnerEvent){ INNER_EGRESS_FAILED, pending->given->name,
                                                   .reason = error->message });
      answer (pending, unknown ? INNER_ANSWER_UNKNOWN : INNER_ANSWER_BROKEN);
      return;
    }
  for (guint i = 0; i < answers->len; i++)
    {
      InnerNetworkVerdict verdict = inner_network_rules_decide_answer (
          egress->rules, &g_array_index (answers, InnerNetworkAddress, i), 0);

      if (!verdict.allowed)
        {
          refuse (pending, verdict.reason, rule_of (&verdict));
          return;
        }
    }
  answer (pending, answers->len > 0 ? INNER_ANSWER_ADDRESS : INNER_ANSWER_UNKNOWN);
}

static gboolean
on_timeout (gpointer data)
{
  Pending *pending = data;

  pending->timeout = 0;
  responder.n_pending--;
  g_cancellable_cancel (pending->cancellable);
  answer (pending, INNER_ANSWER_BROKEN);
  return G_SOURCE_REMOVE;
}

/* Whether a person opened it for a connection. If one can be asked then, it has an address until then and is looked up
 * nowhere; else it is refused. */
static gboolean
may_go_on (Pending *pending, const char *name, InnerNetworkVerdict *verdict)
{
  InnerEgress *egress = responder.egress;
  InnerNameAnswer later = inner_asked_judge_name (egress->asked, name, verdict);
  const char *reason = verdict->reason;

  if (later == INNER_NAME_KNOWN)
    return TRUE;
  if (later == INNER_NAME_LATER)
    pending->given = inner_givens_add_later (egress->givens, name, &reason);
  if (pending->given != NULL)
    answer (pending, INNER_ANSWER_ADDRESS);
  else
    refuse (pending, reason, rule_of (verdict));
  return FALSE;
}

/* SECURITY: the rules come before the resolver: a name that may not be reached is never asked for anywhere, because
 * the question itself would carry it out (attack 81; test_081_denied_name_is_never_looked_up). */
static void
on_question (Pending *pending)
{
  InnerEgress *egress = responder.egress;
  InnerAnswer kind = inner_question_get_answer (pending->question);
  const char *name = inner_question_get_name (pending->question);
  const char *why = NULL;
  InnerNetworkVerdict verdict;

  if (kind != INNER_ANSWER_ADDRESS)
    {
      answer (pending, kind);
      return;
    }
  verdict = inner_network_rules_decide_lookup (egress->rules, name);
  if (!verdict.allowed && !may_go_on (pending, name, &verdict))
    return;
  pending->given = inner_givens_add (egress->givens, name, verdict.pattern, &why);
  if (pending->given == NULL)
    refuse (pending, why, rule_of (&verdict));
  else if (egress->upstream != NULL && inner_upstream_is_for (egress->upstream, name))
    answer (pending, INNER_ANSWER_ADDRESS); /* the proxy asks for it */
  else if (responder.n_pending >= MAX_PENDING)
    answer (pending, INNER_ANSWER_BROKEN);
  else
    {
      responder.n_pending++;
      pending->cancellable = g_cancellable_new ();
      pending->timeout = g_timeout_add (LOOKUP_MS, on_timeout, pending);
      inner_lookup (egress, pending->given, pending->cancellable, on_looked_up, pending);
    }
}

/* The answer comes from the address that was asked, as whoever asked expects. */
static void
keep_destination (Pending *pending, struct msghdr *message)
{
  struct cmsghdr *cmsg = CMSG_FIRSTHDR (message);

  for (; cmsg != NULL; cmsg = CMSG_NXTHDR (message, cmsg))
    {
      gsize size = CMSG_SPACE (cmsg->cmsg_len - CMSG_LEN (0));
      struct cmsghdr *kept = (struct cmsghdr *) pending->control;

      if (size > sizeof pending->control)
        continue;
      if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO &&
          pending->peer.ss_family == AF_INET)
        {
          struct in_pktinfo *info;

          memcpy (kept, cmsg, cmsg->cmsg_len);
          info = (struct in_pktinfo *) CMSG_DATA (kept);
          info->ipi_spec_dst = info->ipi_addr;
          info->ipi_ifindex = 0;
          pending->control_size = size;
        }
      if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO &&
          pending->peer.ss_family == AF_INET6)
        {
          memcpy (kept, cmsg, cmsg->cmsg_len);
          ((struct in6_pktinfo *) CMSG_DATA (kept))->ipi6_ifindex = 0;
          pending->control_size = size;
        }
    }
}

static gboolean
receive_datagram (int fd)
{
  guint8 buffer[INNER_QUESTION_MAX_BYTES];
  char control[256];
  struct iovec iov = { .iov_base = buffer, .iov_len = sizeof buffer };
  Pending *pending = g_new0 (Pending, 1);
  struct msghdr message = {
    .msg_name = &pending->peer,
    .msg_namelen = sizeof pending->peer,
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = control,
    .msg_controllen = sizeof control,
  };
  gssize size = recvmsg (fd, &message, MSG_DONTWAIT);

  pending->peer_size = message.msg_namelen;
  if (size > 0 && (message.msg_flags & MSG_TRUNC) == 0)
    pending->question = inner_question_new (buffer, size);
  if (pending->question == NULL)
    {
      g_free (pending);
      return size >= 0;
    }
  keep_destination (pending, &message);
  on_question (pending);
  return TRUE;
}

static void
on_datagrams (InnerWatch *watch, guint32 events)
{
  for (guint i = 0; i < MAX_TURN; i++)
    if (!receive_datagram (watch->fd))
      return;
}

/* One question after the other. */
static void
take_question (Stream *stream)
{
  gsize size = (gsize) stream->buffer[0] << 8 | stream->buffer[1];
  Pending *pending;

  if (size > sizeof stream->buffer - 2)
    {
      close_stream (stream);
      return;
    }
  if (stream->filled < size + 2)
    return;
  pending = g_new0 (Pending, 1);
  pending->question = inner_question_new (stream->buffer + 2, size);
  pending->stream = stream;
  stream->filled -= size + 2;
  memmove (stream->buffer, stream->buffer + size + 2, stream->filled);
  if (pending->question == NULL)
    {
      g_free (pending);
      close_stream (stream);
      return;
    }
  stream->busy = TRUE;
  on_question (pending);
}

static void
read_stream (Stream *stream)
{
  gssize n = 1;

  while (stream->watch.fd >= 0 && !stream->busy && stream->filled < sizeof stream->buffer && n > 0)
    {
      n = recv (stream->watch.fd, stream->buffer + stream->filled,
                sizeof stream->buffer - stream->filled, MSG_DONTWAIT);
      if (n > 0)
        stream->filled += n;
      if (stream->filled >= 2)
        take_question (stream);
    }
  if (stream->watch.fd >= 0 && (n == 0 || (n < 0 && errno != EAGAIN)))
    close_stream (stream);
}

static void
on_stream (InnerWatch *watch, guint32 events)
{
  read_stream ((Stream *) watch);
}

static void
on_stream_connection (InnerWatch *watch, guint32 events)
{
  int fd;

  while ((fd = accept4 (watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
    {
      Stream *stream = g_new0 (Stream, 1);

      /* The oldest makes room. */
      if (responder.streams->len >= MAX_STREAMS)
        close_stream (responder.streams->pdata[0]);
      stream->since = g_get_monotonic_time ();
      if (inner_loop_watch (&stream->watch, fd, EPOLLIN | EPOLLET, on_stream))
        g_ptr_array_add (responder.streams, stream);
      else
        g_free (stream);
    }
}

static gboolean
close_old_streams (gpointer data)
{
  gint64 old = g_get_monotonic_time () - STREAM_IDLE_US;

  for (guint i = responder.streams->len; i > 0; i--)
    if (((Stream *) responder.streams->pdata[i - 1])->since < old)
      close_stream (responder.streams->pdata[i - 1]);

  return G_SOURCE_CONTINUE;
}

gboolean
inner_responder_start (InnerEgress *egress, int udp, int tcp)
{
  responder.egress = egress;
  responder.streams = g_ptr_array_new ();
  g_timeout_add_seconds (5, close_old_streams, NULL);
  return inner_loop_watch (&responder.watch, udp, EPOLLIN, on_datagrams) &&
         inner_loop_watch (&responder.listener, tcp, EPOLLIN, on_stream_connection);
}
