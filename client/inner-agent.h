/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-connect.h"

G_BEGIN_DECLS

/**
 * InnerAgent:
 *
 * The program that asks for passwords on this terminal, as long as it is kept.
 */
typedef struct _InnerAgent InnerAgent;

/* Whether @error (nullable) refuses what a person could allow who sits at this terminal, and @connection may ask. */
gboolean    inner_agent_can_help (const InnerConnection *connection, const GError *error);

/* Starts it. %NULL if that does not work; then it has said why. */
InnerAgent *inner_agent_start    (void);

/* Ends it; the terminal is as it was then. */
void        inner_agent_stop     (InnerAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerAgent, inner_agent_stop)

/* Says for each privilege that Start with these @parameters takes what it opens. */
void        inner_agent_explain  (InnerConnection *connection, GVariant *parameters, GUnixFDList *fds);

G_END_DECLS
