/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-client.h"

G_BEGIN_DECLS

/* The file of the person's own configuration, or with @local that of the project: the nearest
 * .inner/config.toml on the way up from here, else one here. It need not exist. (transfer full) */
char *inner_config_path (gboolean local);

G_END_DECLS
