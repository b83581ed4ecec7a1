/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define INNER_JOIN_MAX_PORTS 64           /* of both kinds together */
#define INNER_JOIN_MAX_REDIRECTED 4       /* all or lent, IPv4 or IPv6 */
#define INNER_JOIN_MAX_PLAIN 64
#define INNER_JOIN_MAX_FDS   250          /* the kernel's SCM_MAX_FD is 253 */

/* The address at which the sandbox finds its resolver. */
#define INNER_JOIN_RESOLVER  "198.18.0.1"

/**
 * InnerJoin:
 * @netns: the network namespace of a sandbox; borrowed
 * @set_up: makes every address local to the namespace, so that whatever is dialled arrives at our sockets
 * @redirect: every TCP port leads to one socket (two with IPv6), by a table of the namespace's own
 * @ports: these are bound to, at every address
 * @lent: these lead to one more such socket as well, but stay free on the namespace's own loopback addresses, so that
 *   programs in there can have them; where the kernel cannot redirect, they are bound to like @ports
 * @resolver: sockets for the questions about names, UDP and TCP
 * @n_plain: so many sockets of each family that belong to the namespace and are not connected yet
 * @low_port: (0: none) programs in there may listen from this port on, and not only from 1024 on
 *
 * What is wanted of a network namespace.
 */
typedef struct {
  int            netns;
  gboolean       set_up;
  gboolean       redirect;
  const guint16 *ports;
  guint          n_ports;
  const guint16 *lent;
  guint          n_lent;
  gboolean       resolver;
  guint          n_plain;
  guint16        low_port;
} InnerJoin;

/**
 * InnerJoined:
 *
 * The sockets, all close-on-exec and not blocking; -1 = there is none. They are owned by whoever asked.
 */
typedef struct {
  int redirected[INNER_JOIN_MAX_REDIRECTED];
  int ports[INNER_JOIN_MAX_PORTS];
  int udp;
  int tcp;
  int plain[2][INNER_JOIN_MAX_PLAIN];     /* IPv4, IPv6 */
} InnerJoined;

/* Has a process of its own join the user and the network namespace of a sandbox, and make what @join says there.
 * Only that process ever enters: it has one thread, runs no program, and ends. Fails with INNER_ERROR_HOST_UNSUPPORTED
 * and a sentence that names the step that the kernel refused. May be called with threads around. */
gboolean inner_join         (const InnerJoin *join, InnerJoined *joined, GError **error);

/* Closes all of them. */
void     inner_joined_clear (InnerJoined     *joined);

G_END_DECLS
