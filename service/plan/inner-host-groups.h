/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-host.h"

G_BEGIN_DECLS

/* Looks up what the group @name (“@npm”, “@debian”) means on this machine, and keeps it in host->network_groups:
 * patterns for the hosts that the configuration of the host names. @environment: that of the caller. Other groups
 * are not looked at. */
void inner_host_look_at_group (InnerHost  *host,
                               const char *name,
                               GHashTable *environment);

/* The parts that read text, for tests: patterns are added to @patterns. */
void inner_host_read_npmrc    (const char *text, GPtrArray *patterns, gboolean *has_registry);
void inner_host_read_apt_list (const char *text, GPtrArray *patterns);

G_END_DECLS
