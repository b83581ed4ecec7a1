/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-network-pattern.h"

G_BEGIN_DECLS

/**
 * InnerNetworkRules:
 *
 * What a sandbox may reach: lists of patterns, and whether every public host is on the first. Deny beats allow.
 */
typedef struct _InnerNetworkRules InnerNetworkRules;

/* What was decided, and for people by which entry or why (both borrowed or static, never %NULL). */
typedef struct {
  gboolean                   allowed;
  const InnerNetworkPattern *pattern;     /* (nullable): the entry that decided; of the rules */
  const char                *reason;      /* why not; "" if allowed */
} InnerNetworkVerdict;

/* Fails with INNER_ERROR_INVALID_OPTION for a pattern that cannot be read, in either list. */
InnerNetworkRules *inner_network_rules_new  (gboolean            open,
                                             const char *const  *allow,
                                             const char *const  *deny,
                                             GError            **error);
void               inner_network_rules_free (InnerNetworkRules  *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerNetworkRules, inner_network_rules_free)

/* Allows one more. */
gboolean           inner_network_rules_add  (InnerNetworkRules  *rules,
                                             const char         *text,
                                             GError            **error);

/* Whether nothing that @pattern names can be reached, because it is denied. */
gboolean           inner_network_rules_deny_all_of (const InnerNetworkRules   *rules,
                                                    const InnerNetworkPattern *pattern);

/* Whether there is a port at which the canonical @name may be reached: what is answered to who asks for its
 * address. */
InnerNetworkVerdict inner_network_rules_decide_lookup  (const InnerNetworkRules   *rules,
                                                        const char                *name);
/* Whether the canonical @name may be reached at @port. */
InnerNetworkVerdict inner_network_rules_decide_name    (const InnerNetworkRules   *rules,
                                                        const char                *name,
                                                        guint16                    port);
/* Whether what was asked for by its address may be reached. */
InnerNetworkVerdict inner_network_rules_decide_address (const InnerNetworkRules   *rules,
                                                        const InnerNetworkAddress *address,
                                                        guint16                    port);
/* Whether an address that an allowed name resolved to may be dialled. */
InnerNetworkVerdict inner_network_rules_decide_answer  (const InnerNetworkRules   *rules,
                                                        const InnerNetworkAddress *address,
                                                        guint16                    port);

/* Whether an entry names loopback addresses of the machine by their numbers, and may reach them at @port. */
gboolean            inner_network_rules_name_loopback  (const InnerNetworkRules   *rules,
                                                        guint16                    port);

/* The ports at which anything may be reached: sorted, each once. (transfer full) (element-type guint16) */
GArray             *inner_network_rules_ports          (const InnerNetworkRules   *rules);

G_END_DECLS
