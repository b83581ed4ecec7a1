/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The few lines of a profile that innerctl itself must read or write. All else is for the service, so the
 * documents here are those that it writes (DescribeProfile with the format "toml"): keys of the top come
 * first, one a line, and no text in them spans lines. */

/* Gives @text as a string of TOML, with its quotation marks. (transfer full) */
char  *inner_toml_quote        (const char *text);

/* Gives what @document extends, names and paths. (transfer full) */
char **inner_document_bases    (const char *document);

/* Gives the first of @bases that is a path relative to the document, or %NULL. (transfer none) */
const char *
       inner_relative_base     (char **bases);

/* Gives @document under another name, with @bases. (transfer full) */
char  *inner_document_rename   (const char *document, const char *name, char **bases);

G_END_DECLS
