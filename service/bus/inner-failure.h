/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Why a sandbox or a command in one did not start, as an error for people: @values are those of the
 * supervisor's "failed" or "exec-failed", @command is the name that was to be run. (transfer full) */
GError *inner_failure_to_error (GVariant *values, const char *command);

G_END_DECLS
