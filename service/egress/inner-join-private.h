/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Called between fork and exec of a process with threads: plain system calls only, no allocation. */

/* Every address of a family (AF_INET, AF_INET6) becomes local to the namespace. 0 or an errno. */
int inner_join_route    (int family);

/* Adds @address (IPv4, network order) to the loopback interface. 0 or an errno. */
int inner_join_address  (guint32 address);

/* Every TCP connection of the namespace that leads neither to itself nor to a resolver goes to port @to
 * (host order) of it instead; if there are @ports, only those to them. 0, and all or nothing is done, or an errno. */
int inner_join_redirect (int family, const guint16 *ports, guint n_ports, guint16 to);

G_END_DECLS
