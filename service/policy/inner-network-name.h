/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define INNER_NETWORK_MAX_LABEL 63
#define INNER_NETWORK_MAX_NAME  253

/* Gives the one form in which the name of a host is compared, kept and resolved: lower case, without the
 * trailing dot. @text has @length bytes and may hold anything, also NUL. %NULL if it is no such name (RFC 1123:
 * letters, digits and “-” in parts of at most 63 bytes, 253 in all), or looks like an address, which some
 * resolvers would take it for; *@why, if not %NULL, then says so for people (static, translated). */
char *inner_network_name_canonical (const char  *text,
                                    gsize        length,
                                    const char **why);

/* The same for what a person wrote: a name that is not ASCII is brought into its ASCII form (IDNA). */
char *inner_network_name_from_text (const char  *text,
                                    const char **why);

G_END_DECLS
