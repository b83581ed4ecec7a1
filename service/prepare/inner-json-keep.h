/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A settings file that is larger is not read. */
#define INNER_JSON_MAX_BYTES (16u * 1024 * 1024)

/* Gives the JSON object in @text (JSON, also with comments) with the members that @keep names and without
 * all others; "a.b" names the member b of the member a. (transfer full) Fails with G_IO_ERROR and a clause
 * that tells what is wrong with the text, never with any of it: it may hold secrets. */
GBytes *inner_json_keep (GBytes             *text,
                         const char *const  *keep,
                         GError            **error);

/* Gives the JSON object in @base with those of its members that @members name (as above; "*" stands for any member)
 * as the object in @from has them, if these are plain: tokens, numbers and times. What @base does not have is not
 * added. (transfer full) %NULL without an error if nothing differs; else fails as above. */
GBytes *inner_json_renew (GBytes             *base,
                          GBytes             *from,
                          const char *const  *members,
                          GError            **error);

G_END_DECLS
