/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Forgets directories of the environment that are no absolute paths. Where root came with the environment of somebody
 * else (“sudo -E”), makes the directories for configuration, data, state and caches those of root's own home. HOME
 * stays, because what it holds is hidden and shown by that name. To be called before anything asks GLib for one of
 * them. */
void inner_use_own_directories (void);

G_END_DECLS
