/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile-registry.h"

G_BEGIN_DECLS

/**
 * InnerAmendment:
 *
 * One more host on the allowlist of a profile of the user's own, thought through and not yet written.
 */
typedef struct _InnerAmendment InnerAmendment;

/* Thinks out how the profile whose document is at @path gets @host on its allowlist. One of the user's own is changed
 * where it is, in its notation; of one that comes with Inner or from the administrator the user gets one of the same
 * name that extends it. Fails with ProfileUntrusted for any other, ProfileNotFound, or ProfileInvalid. */
InnerAmendment *inner_amendment_new   (InnerProfileRegistry *registry,
                                       const char           *path,
                                       const char           *host,
                                       GError              **error);
void            inner_amendment_free  (InnerAmendment       *amendment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerAmendment, inner_amendment_free)

/* Writes it, all or nothing. Fails with Busy if the file was changed meanwhile, or with a GFileError. */
gboolean        inner_amendment_apply (InnerAmendment       *amendment,
                                       GError              **error);

G_END_DECLS
