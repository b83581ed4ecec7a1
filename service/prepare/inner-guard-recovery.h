/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Does what the killed supervisor of sandbox @id had left to do: waits for the end of the sandbox, puts guarded
 * paths back, and leaves in the run-time directory @directory_fd the file that tells the end, if there is something
 * to tell. Nobody else may be at it: @directory_fd holds the lock. Gives what was found (aa{sv}, transfer full), or
 * %NULL for nothing. Takes seconds at worst; it is rare, and everybody who asks for the end waits for it anyway. */
GVariant *inner_guard_recovery_run (int directory_fd);

/* Gives @findings (aa{sv}) with a “description” for people in each. (transfer full) */
GVariant *inner_guard_describe     (GVariant *findings);

G_END_DECLS
