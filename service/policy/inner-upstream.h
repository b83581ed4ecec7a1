/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * InnerUpstream:
 * @credentials: (nullable): “user:password”, decoded
 * @direct: domains and addresses that are reached without it (no_proxy), %NULL-terminated
 *
 * The proxy over which the host itself reaches the internet (https_proxy): an HTTP proxy with CONNECT.
 */
typedef struct {
  char    *host;
  guint16  port;
  char    *credentials;
  char   **direct;
} InnerUpstream;

/* Reads the value of https_proxy and of no_proxy (nullable). Fails with INNER_ERROR_INVALID_OPTION. */
InnerUpstream *inner_upstream_new        (const char           *proxy,
                                          const char           *no_proxy,
                                          GError              **error);
void           inner_upstream_free       (InnerUpstream        *upstream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerUpstream, inner_upstream_free)

/* Whether the canonical @host (or an address as text) is reached over it. */
gboolean       inner_upstream_is_for     (const InnerUpstream  *upstream,
                                          const char           *host);
/* What to ask it for. (transfer full) */
char          *inner_upstream_request    (const InnerUpstream  *upstream,
                                          const char           *host,
                                          guint16               port);

typedef enum {
  INNER_UPSTREAM_INCOMPLETE,
  INNER_UPSTREAM_OPEN,
  INNER_UPSTREAM_REFUSED,
} InnerUpstreamAnswer;

/* Reads the beginning of its answer; *@used is how many bytes of it are the answer itself. */
InnerUpstreamAnswer inner_upstream_read_answer (const char *bytes,
                                                gsize       size,
                                                gsize      *used);

G_END_DECLS
