/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* The answer of the method Plan (a{sv}, floating); org.inner.Sandbox.xml documents the keys. */
GVariant *inner_plan_report (const InnerPlan *plan);

/* The mounts as the answer of Plan has them (aa{sv}, floating); those of the base view, which every sandbox has, only
 * @with_base. */
GVariant *inner_plan_report_mounts (const InnerPlan *plan, gboolean with_base);

/* Adds to @dict (a{sv}) what the answer of Plan and the record of a run both tell: no argument, and no value of a
 * variable. */
void      inner_plan_summarize (const InnerPlan *plan, GVariantBuilder *dict);

/* The properties of an instance of this plan that stay the same (a{sv}, floating), by the names of
 * org.inner.Sandbox.Instance. @notes (nullable, element-type utf8) is what could not be copied. */
GVariant *inner_plan_properties (const InnerPlan *plan, const char *id, const GPtrArray *notes);

G_END_DECLS
