/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* The answer of the method Plan (a{sv}, floating); org.inner.Sandbox.xml documents the keys. */
GVariant *inner_plan_report (const InnerPlan *plan);

/* The properties of an instance of this plan that stay the same (a{sv}, floating), by the names of
 * org.inner.Sandbox.Instance. */
GVariant *inner_plan_properties (const InnerPlan *plan, const char *id);

G_END_DECLS
