/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

#include "inner-asked.h"
#include "inner-given.h"
#include "inner-loop.h"
#include "inner-network-rules.h"
#include "inner-publisher.h"
#include "inner-upstream.h"

G_BEGIN_DECLS

typedef struct _InnerConnection InnerConnection;
typedef struct _InnerTold InnerTold;

/* What a connection waits for; each has a time limit. */
typedef enum {
  INNER_WAIT_HELLO,                       /* the first bytes of the client */
  INNER_WAIT_ASKED,                       /* the answer of a person */
  INNER_WAIT_NAME,                        /* the host's resolver */
  INNER_WAIT_DIAL,                        /* the server, or the upstream proxy */
  INNER_WAIT_PROXY,                       /* the proxy's answer */
  INNER_WAIT_TRAFFIC,                     /* nothing: bytes flow, or will */
  INNER_N_WAITS
} InnerWait;

/**
 * InnerEgress:
 *
 * The gateway of one sandbox. It decides by rules that were made before, and knows nothing else.
 */
struct _InnerEgress {
  GMainLoop          *loop;
  InnerWatch          line;               /* to the supervisor */
  GQueue             *outgoing;           /* of what the supervisor has not taken */
  int                 netns;

  InnerNetworkRules  *rules;
  gboolean            open;
  gboolean            require_name;       /* on 443 the server name is there, in clear and right */
  InnerUpstream      *upstream;           /* (nullable): the host's proxy */
  GResolver          *resolver;
  InnerGivens        *givens;
  GArray             *ports;              /* of guint16: at which it listens, unless it does at every one */
  gboolean            redirects;          /* it does at every one */
  InnerAsked         *asked;

  GQueue              waiting[INNER_N_WAITS]; /* of InnerConnection, the one that waits longest first */
  guint               n_connections;
  guint               max_connections;
  guint               n_lookups;

  InnerTold          *told;
  gboolean            serves;             /* what the sandbox dials; else there are only ways in */
  InnerPublisher     *publisher;
  gboolean            finishing;
};

/* inner-egress-line.c: what the supervisor says and hears */

/* Sends or queues @name with @values (floating is sunk). */
void     inner_egress_tell         (InnerEgress     *egress,
                                    const char      *name,
                                    GVariant        *values);
gboolean inner_egress_line_start   (InnerEgress     *egress,
                                    int              fd);

/* Listens at the ports of @pattern, too. Fails with a sentence. */
gboolean inner_egress_listen_for   (InnerEgress               *egress,
                                    const InnerNetworkPattern *pattern,
                                    GError                   **error);

/* inner-told.c: events */

/* One decision or its end. Whatever is not known is %NULL or 0. */
typedef struct {
  const char *event;                      /* INNER_EGRESS_* of inner-wire.h */
  const char *name;
  const char *address;
  guint16     port;
  const char *rule;
  const char *reason;
  guint64     sent;                       /* bytes that the sandbox sent */
  guint64     received;
  gint64      duration;                   /* ms */
} InnerEvent;

InnerTold *inner_told_new          (InnerEgress      *egress);
/* Tells it; the same denial again and again is counted and told once a second, and a flood of events is cut. */
void       inner_told_add          (InnerTold        *told,
                                    const InnerEvent *event);
/* Tells it whatever else there is to tell; for what is limited elsewhere. */
void       inner_told_add_always   (InnerTold        *told,
                                    const InnerEvent *event);
/* Tells what was counted; to be called every second, and at the end. */
void       inner_told_flush        (InnerTold        *told);

/* inner-lookup.c: names */

/* @answers: of InnerNetworkAddress, %NULL if there are none, and then @error says why; both borrowed. */
typedef void (*InnerLookedUp)      (const GArray     *answers,
                                    const GError     *error,
                                    gpointer          data);
/* Asks the resolver of the host for what @given means, or takes what is still fresh; @done may be called at once.
 * Cancelling means that it is never called. */
void     inner_lookup              (InnerEgress      *egress,
                                    InnerGiven       *given,
                                    GCancellable     *cancellable,
                                    InnerLookedUp     done,
                                    gpointer          data);
/* The same for the host of the upstream proxy, which is asked for each time. */
void     inner_lookup_host         (InnerEgress      *egress,
                                    const char       *host,
                                    GCancellable     *cancellable,
                                    InnerLookedUp     done,
                                    gpointer          data);

/* inner-responder.c: questions of the sandbox about names */

gboolean inner_responder_start     (InnerEgress      *egress,
                                    int               udp,
                                    int               tcp);

/* inner-connection.c: one connection of the sandbox */

/* Accepts on @fd (taken); @redirected: what was meant is in the redirection's memory, not in the socket. */
gboolean inner_connection_listen   (InnerEgress      *egress,
                                    int               fd,
                                    gboolean          redirected);
/* Closes everything, and tells it. */
void     inner_connection_end_all  (InnerEgress      *egress);
/* Judges again those that wait for the answer of a person. */
void     inner_connection_judge_waiting (InnerEgress *egress);
/* To be called every second: ends what has waited for too long. */
void     inner_connection_tick     (InnerEgress      *egress);

G_END_DECLS
