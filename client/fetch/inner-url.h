/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The rules for addresses of documents, shared by innerctl and inner-fetch. */

/* Gives @text as an address that may be asked for, resolved against @base (nullable) as in a Location
 * header. Only https: is taken, with a host and without a user name. Fails with a sentence
 * (INNER_ERROR_INVALID_OPTION). (transfer full) */
GUri     *inner_url_parse     (GUri *base, const char *text, GError **error);

/* Gives @uri to be shown to a person, escaped for display. (transfer full) */
char     *inner_url_to_show   (GUri *uri);

/* Whether @text is meant to be an address: SCHEME://… of any scheme, so that a wrong one is told about. */
gboolean  inner_is_url        (const char *text);

/* Gives the name that the profile at @url has: the last part of the path, decoded and without ".toml" or
 * ".xml". Fails with a sentence (INNER_ERROR_INVALID_OPTION) if that cannot be the name of a profile.
 * @notation (nullable) becomes "xml" if the path ends so, else "toml". (transfer full) */
char     *inner_url_get_name  (const char *url, const char **notation, GError **error);

G_END_DECLS
