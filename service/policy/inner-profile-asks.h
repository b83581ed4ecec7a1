/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile.h"

G_BEGIN_DECLS

/* What @profile asks for, in the words of a person who is to approve it: a sentence each, in the order of
 * how much there is to think about. What the document says stands in the sentences as it is: whoever shows
 * them escapes them. (transfer full) (element-type utf8) */
GPtrArray *inner_profile_asks (InnerProfile *profile);

G_END_DECLS
