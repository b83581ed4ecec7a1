/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * InnerNetworkGroup:
 * @name: with its "@"
 * @patterns: what it stands for, %NULL-terminated; %NULL for a group that follows the configuration of
 *   the host, so that a mirror that is set up there is what is reached (the gateway asks when it starts)
 */
typedef struct {
  const char        *name;
  const char *const *patterns;
} InnerNetworkGroup;

/* The group @name ("@github"), also those of agents ("@claude"), or %NULL if there is none. The result
 * is valid until the next call. */
const InnerNetworkGroup *inner_network_group_lookup (const char *name);

/* The names of all groups. (transfer full) */
GPtrArray               *inner_network_group_names  (void);

G_END_DECLS
