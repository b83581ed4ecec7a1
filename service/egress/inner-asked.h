/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-given.h"
#include "inner-network-rules.h"

G_BEGIN_DECLS

typedef struct _InnerEgress InnerEgress;

/**
 * InnerAsked:
 *
 * What a person decides while the sandbox runs: what is opened besides the rules, and, where the profile wants that,
 * questions about what the rules neither allow nor deny. Connections wait for the answer; who waits, asks again by
 * inner_asked_judge() when inner_connection_judge_waiting() is called.
 */
typedef struct _InnerAsked InnerAsked;

/* @asks: there are questions at all. */
InnerAsked *inner_asked_new    (InnerEgress *egress, gboolean asks);
void        inner_asked_free   (InnerAsked  *asked);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerAsked, inner_asked_free)

typedef enum {
  INNER_NAME_REFUSED,
  INNER_NAME_KNOWN,                       /* it was opened for one connection */
  INNER_NAME_LATER,                       /* its connection will be asked about; until then it is looked up nowhere */
} InnerNameAnswer;

/* What to do with the question for the address of @name, which @verdict refuses; it is changed for what is known. */
InnerNameAnswer inner_asked_judge_name (InnerAsked          *asked,
                                        const char          *name,
                                        InnerNetworkVerdict *verdict);

/* The same for a connection to @given (%NULL: a literal @address) at @port. Changes @verdict, which refuses it, if
 * it may go on; or gives %TRUE: it has to wait. @waits: it did so before. */
gboolean    inner_asked_judge  (InnerAsked                *asked,
                                const InnerGiven          *given,
                                const InnerNetworkAddress *address,
                                guint16                    port,
                                gboolean                   waits,
                                InnerNetworkVerdict       *verdict);

/* Whether somebody is there to be asked, from now on. */
void        inner_asked_listen (InnerAsked *asked, gboolean listening);

/* Carries out @answer (INNER_EGRESS_ONCE, …) about @destination. Fails with a sentence, and then nothing changed. */
gboolean    inner_asked_decide (InnerAsked  *asked,
                                const char  *destination,
                                const char  *answer,
                                GError     **error);

/* To be called every second: ends questions that nobody answers. */
void        inner_asked_tick   (InnerAsked  *asked);

G_END_DECLS
