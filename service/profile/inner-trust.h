/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * InnerTrust:
 *
 * What the person approved: for each document its path and the SHA-256 of its bytes. A document is
 * approved as long as it stands where it stood and its bytes are those that were shown.
 *
 * The store is a directory with one key file for each path, named by the SHA-256 of the path:
 *
 *     [approval]      Path=    string   the canonical path of the document
 *                     Digest=  string   SHA-256 of its bytes, 64 hexadecimal digits, lower case
 *                     Time=    int64    when it was approved, seconds since 1970
 */
typedef struct _InnerTrust InnerTrust;

/* @directory (nullable) need not exist: nothing is approved then. */
InnerTrust *inner_trust_new         (const char *directory);
void        inner_trust_free        (InnerTrust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerTrust, inner_trust_free)

/* The SHA-256 of @bytes, in lower case. (transfer full) */
char       *inner_trust_digest      (GBytes *bytes);

/* Whether @text is such a digest, in any case. */
gboolean    inner_trust_is_digest   (const char *text);

/* Whether the document at @path, which is canonical, was approved with these bytes. Whatever cannot
 * be read is not approved. */
gboolean    inner_trust_is_approved (InnerTrust *trust, const char *path, const char *digest);

/* Remembers the approval, in place of any earlier one for @path. Fails with a GFileError. */
gboolean    inner_trust_approve     (InnerTrust *trust, const char *path, const char *digest,
                                     GError **error);

G_END_DECLS
