/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether @text is a pattern for the network other than a group: “host”, “host:port”, “*.domain” (with or
 * without a port), a literal address or a range of them (“10.0.0.0/8”), with a port as “1.2.3.4:443” or
 * “[::1]:443”. Names are those of the reference, section 4.6; one that is not ASCII must have an ASCII form.
 * Fails with INNER_ERROR_INVALID_OPTION and a sentence that quotes @text. */
gboolean inner_network_pattern_check (const char  *text,
                                      GError     **error);

G_END_DECLS
