/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-caller.h"
#include "inner-plan.h"

G_BEGIN_DECLS

/* Gives what the supervisor has to know to write the record of the run @id (a{sv}, INNER_JOURNAL_KEY_*; floating):
 * where, what was planned and for whom, and what must not stand in it. @caller is nullable. */
GVariant *inner_plan_journal (const InnerPlan   *plan,
                              const char        *id,
                              const InnerCaller *caller);

G_END_DECLS
