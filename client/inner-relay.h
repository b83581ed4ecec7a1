/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * InnerRelay:
 *
 * The three standard streams as a sandbox may have them. A file, pipe or socket goes in as it is; a
 * terminal never does: a pipe takes its place, and a thread copies.
 */
typedef struct _InnerRelay InnerRelay;

/* Looks at the descriptors 0 to 2. Fails for one that cannot be passed on. */
InnerRelay *inner_relay_new     (GError **error);

/* What stands for stream @n (0 to 2) inside; borrowed. */
int         inner_relay_get_fd  (InnerRelay *relay, int n);

/* The descriptors went to the service: closes our copies, so that ends are seen, and starts to copy. */
void        inner_relay_start   (InnerRelay *relay);

/* Waits until everything that was written has been copied, and frees. */
void        inner_relay_finish  (InnerRelay *relay);

G_END_DECLS
