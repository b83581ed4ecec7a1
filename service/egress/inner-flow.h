/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One direction of a relay: bytes go from one socket through a pipe to another, and never through our memory. */
typedef struct {
  int      pipe[2];                       /* of the pool; -1 while nothing is on its way */
  gsize    pending;                       /* bytes in it */
  guint64  total;                         /* bytes that arrived */
  gboolean readable;                      /* as far as we know */
  gboolean writable;
  gboolean ended;                         /* the sender has said that nothing more comes */
  gboolean closed;                        /* and the receiver was told */
} InnerFlow;

typedef enum {
  INNER_FLOW_WAITS,                       /* until a socket can do more */
  INNER_FLOW_MORE,                        /* it had its turn; there is more to do */
  INNER_FLOW_BROKEN,
} InnerFlowState;

void           inner_flow_init  (InnerFlow *flow);
/* Moves what can be moved, up to a limit for each turn. */
InnerFlowState inner_flow_pump  (InnerFlow *flow,
                                 int        from,
                                 int        to);
void           inner_flow_clear (InnerFlow *flow);

/* Both directions between two sockets: @flows[i] is from @fds[i] to the other one. */

/* Notes what epoll said (EPOLL*) about @fds[@side]. */
void           inner_flows_note     (InnerFlow        flows[2],
                                     guint            side,
                                     guint32          events);
/* Moves what can be moved in both. */
InnerFlowState inner_flows_pump     (InnerFlow        flows[2],
                                     const int        fds[2]);
/* Whether all was said, and passed on. */
gboolean       inner_flows_are_over (const InnerFlow  flows[2]);

G_END_DECLS
