/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-client.h"

G_BEGIN_DECLS

/* How long the sandbox of a service that died may take to be known to the next one, in µs. */
#define INNER_WAY_PATIENCE_US (10 * G_USEC_PER_SEC)

/* The way to the service, which may die: its sandboxes do not, and the next service knows them. */
typedef struct {
  const InnerGlobal *global;
  InnerConnection   *connection;          /* owned by whoever has the way */
  guint              losses_left;         /* so often a service may still die under it */
  gint64             patient_until;       /* after a loss; in monotonic time */
} InnerWay;

/* Whether @reason was that the service died, and there is another one now: @way leads to it. */
gboolean inner_way_reconnect  (InnerWay *way, const GError *reason);

/* Whether a loss is so recent that the next service may not have all sandboxes of the last one yet. */
gboolean inner_way_is_patient (const InnerWay *way);

/* Whether @reason was that the service does not know the object of a sandbox. */
gboolean inner_way_is_unknown (const GError *reason);

G_END_DECLS
