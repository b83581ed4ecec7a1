/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile.h"

G_BEGIN_DECLS

/* The words of @profile that open something, those of `allow` and what its other keys stand for
 * (`credentials = "host"`, `clipboard`): each once, in order, known or not. (transfer container) (element-type
 * utf8) */
GPtrArray *inner_privilege_words_of (InnerProfile *profile);

/* The privileges that keys of @profile take without a word for them (`env.inherit_all`, `git_dir = "rw"`,
 * `guard_allow`); the network's is not among them. (transfer container) (element-type utf8) */
GPtrArray *inner_privilege_needs_of (InnerProfile *profile);

G_END_DECLS
