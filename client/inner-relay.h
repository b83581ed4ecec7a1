/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

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

/* Adds the streams of the sandbox to a call: their descriptors to @fds, the options "stdin", "stdout" and
 * "stderr" to @options (an open a{sv}). */
gboolean    inner_relay_add     (InnerRelay *relay, GVariantBuilder *options, GUnixFDList *fds,
                                 GError **error);

/* The descriptors are on their way: closes our copies, so that ends are seen, and starts to copy. */
void        inner_relay_start   (InnerRelay *relay);

/* Frees. With @drain, waits before that until everything that was written has been copied. */
void        inner_relay_finish  (InnerRelay *relay, gboolean drain);

G_END_DECLS
