/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-client.h"
#include "inner-edit.h"

G_BEGIN_DECLS

/* Has the person edit a copy of their own profile @name at @path, and installs it once the service has
 * nothing against it; what is invalid is kept beside it under another name. Says what happened. Fails with a
 * sentence. */
InnerEdit inner_profile_edit (InnerConnection *connection, const char *name, const char *path,
                              GError **error);

G_END_DECLS
