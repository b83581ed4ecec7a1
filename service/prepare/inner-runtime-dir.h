/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Gives the path of the directory that holds one directory per sandbox, made if it is missing:
 * $XDG_RUNTIME_DIR/inner, else /run/user/UID/inner, else /tmp/inner-UID. Fails with HostUnsupported if
 * it is not ours alone. (transfer full) */
char     *inner_runtime_dir_get     (GError **error);

/* Makes a new directory for one sandbox; *@id gets its name: @wanted, or twelve random hexadecimal digits if
 * that is %NULL. Gives its descriptor, which holds the lock that says it is in use, or -1. */
int       inner_runtime_dir_add     (const char  *runtime_dir,
                                     const char  *wanted,
                                     char       **id,
                                     GError     **error);

/* Opens the directory @id; gives its descriptor or -1 if it is not there. *@in_use tells whether a
 * supervisor (or a service about to start one) holds its lock. If nobody does, this descriptor now
 * holds it. */
int       inner_runtime_dir_open    (const char *runtime_dir, const char *id, gboolean *in_use);

/* Removes the directory @id with the files that may be in it. */
void      inner_runtime_dir_remove  (const char *runtime_dir, const char *id);

G_END_DECLS
