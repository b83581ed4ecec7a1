/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* Looks up what the groups that request and profile name mean on this machine; before the plan is made. */
void      inner_plan_look_at_network (const InnerRequest *request,
                                      InnerProfile       *profile,
                                      InnerHost          *host);

/* Whether a gateway serves what the sandbox dials. */
gboolean  inner_plan_has_gateway     (const InnerPlan    *plan);

/* The value of the record's "egress" (floating), %NULL if there never is a gateway. */
GVariant *inner_plan_egress_record   (const InnerPlan    *plan);

G_END_DECLS
