/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

#include "inner-url.h"

G_BEGIN_DECLS

/* What is taken from the network: documents over https, by the program inner-fetch. */

/* Downloads the document at @url, at most INNER_DOCUMENT_MAX_BYTES. @ca_file (nullable, absolute) has the
 * certificates to trust in place of those of the system. Fails with the sentence of inner-fetch
 * (INNER_ERROR_PROFILE_NOT_FOUND), or if that cannot be started (INNER_ERROR_LAUNCH_FAILED).
 * (transfer full) */
GBytes   *inner_fetch         (const char *url, const char *ca_file, GError **error);

/* The SHA-256 of @document in hexadecimal, lower case. (transfer full) */
char     *inner_digest_of     (GBytes *document);

/* Whether @document, which came from @source, has the SHA-256 @digest (see inner_parse_digest()); %NULL
 * takes any. Fails with both (INNER_ERROR_PROFILE_INVALID). */
gboolean  inner_check_digest  (GBytes *document, const char *source, const char *digest, GError **error);

G_END_DECLS
