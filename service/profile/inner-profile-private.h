/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* For those who make profiles: the readers, the merge, the registry. */

#include "inner-profile.h"

G_BEGIN_DECLS

/* Makes sandbox.network and sandbox.network_mode say the same: the mode decides where both are
 * there, and where one is there the other is added (rule N, first half). */
void      inner_profile_normalise    (InnerProfile *profile);

/* Ends the time in which inner_profile_set() may be called. */
void      inner_profile_freeze       (InnerProfile *profile);

G_END_DECLS
