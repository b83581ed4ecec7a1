/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

#include "inner-publish.h"

G_BEGIN_DECLS

/* Gives a socket (owned by the caller, close-on-exec, not blocking) that listens at the port of this machine that
 * @publish names, or -1: with INNER_ERROR_BUSY if it is taken, INNER_ERROR_INVALID_OPTION if it is not for this user,
 * INNER_ERROR_HOST_UNSUPPORTED otherwise. */
int inner_listen (const InnerPublish *publish, GError **error);

G_END_DECLS
