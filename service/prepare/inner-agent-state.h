/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* Makes the private copies that @plan names: reads them beneath the home directory, without following links
 * and without waiting for anybody, sanitises settings, and packs all for inner-init. Gives a sealed memfd
 * (close-on-exec, owned by the caller), or -1: without an error if there is nothing to carry in, else with
 * an error. What cannot be copied is left out, with a sentence for people in *@warnings (transfer full). *@logins gets
 * which logins went in (INNER_LOGINS_TYPE, transfer full), %NULL if none did. */
int inner_agent_state_pack (const InnerPlan   *plan,
                            char            ***warnings,
                            GVariant          **logins,
                            GError           **error);

G_END_DECLS
