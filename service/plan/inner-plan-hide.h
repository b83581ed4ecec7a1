/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* What of the host is seen at the canonical path @inside of the sandbox that @plan describes: a path of the host, or
 * %NULL if something else stands there. (transfer full) */
char     *inner_plan_locate         (const InnerPlan *plan, const char *inside);

/* The last steps of making a plan. The first looks for sockets in what is mounted, the second is as pure as the rest: it
 * covers whatever of the sensitive things and sockets is still in sight, wherever it is. Fails with MountRefused or
 * LimitExceeded. */
void      inner_plan_look_at_sockets (InnerPlan *plan);
gboolean  inner_plan_add_hiding     (InnerPlan *plan, GError **error);

/* Appends sentences to the warnings of @plan. (element-type utf8) */
void      inner_plan_append_warnings (InnerPlan *plan, GPtrArray *warnings);

/* Whether @fact is, or lies in, a sensitive thing that the words in @allow (nullable) do not open, under whatever name; or, with @writable, holds one that the host acts on.
 * Fails with MountRefused. */
gboolean  inner_plan_check_object   (const InnerHost     *host,
                                     const InnerPathFact *fact,
                                     gboolean             writable,
                                     const char *const   *allow,
                                     GError             **error);

G_END_DECLS
