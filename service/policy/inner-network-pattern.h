/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

#include "inner-network-address.h"

G_BEGIN_DECLS

typedef enum {
  INNER_NETWORK_NAME,                     /* one host */
  INNER_NETWORK_BELOW,                    /* “*.domain”: every name below, at any depth, not the domain itself */
  INNER_NETWORK_RANGE,                    /* addresses */
} InnerNetworkKind;

/**
 * InnerNetworkPattern:
 *
 * One entry of an allowlist or denylist, read. Immutable.
 */
typedef struct {
  InnerNetworkKind   kind;
  char              *text;                /* as it was written */
  char              *name;                /* canonical; of BELOW the domain; of RANGE %NULL */
  InnerNetworkRange  range;
  guint16            port;                /* 0 = none was given */
} InnerNetworkPattern;

/* Reads a pattern other than a group: “host”, “host:port”, “*.domain” (with or without a port), a literal address
 * or a range of them (“10.0.0.0/8”), with a port as “1.2.3.4:443” or “[::1]:443”. Names that are not ASCII are
 * converted. Fails with INNER_ERROR_INVALID_OPTION and a sentence that quotes @text. */
InnerNetworkPattern *inner_network_pattern_new   (const char          *text,
                                                  GError             **error);
void                 inner_network_pattern_free  (InnerNetworkPattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerNetworkPattern, inner_network_pattern_free)

/* Whether inner_network_pattern_new() would read @text. */
gboolean             inner_network_pattern_check (const char          *text,
                                                  GError             **error);

/* Whether the canonical @name is what the pattern names, whatever the port. */
gboolean             inner_network_pattern_has_name    (const InnerNetworkPattern *pattern,
                                                        const char                *name);
/* The same for an address. A pattern with a name has none. */
gboolean             inner_network_pattern_has_address (const InnerNetworkPattern *pattern,
                                                        const InnerNetworkAddress *address);

/* Whether an entry that allows, or denies, is about @port (0 = any): without a port the former is about 80 and 443,
 * the latter about every one. */
gboolean             inner_network_pattern_allows_port (const InnerNetworkPattern *pattern, guint16 port);
gboolean             inner_network_pattern_denies_port (const InnerNetworkPattern *pattern, guint16 port);

/* Calls @add for each port at which an entry allows something. */
void                 inner_network_pattern_each_port   (const InnerNetworkPattern *pattern,
                                                        void                     (*add) (guint16 port, gpointer data),
                                                        gpointer                   data);

/* Reads what a running sandbox may be allowed to reach besides what its profile says: a name, a name below a domain, or
 * one address of a host on the internet, each perhaps with a port. No group, no range, and no address of this machine
 * or of a local network. Fails with INNER_ERROR_INVALID_OPTION and a sentence that quotes @text. */
InnerNetworkPattern *inner_network_pattern_new_destination (const char *text,
                                                            GError    **error);

G_END_DECLS
