/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stands before the name in a word of `allow`, such as “session-bus:org.freedesktop.secrets”. */
#define INNER_BUS_WORD "session-bus:"

/* Gives the name in @word, or %NULL if it is no such word. (transfer none) */
const char *inner_bus_name_of    (const char *word);

/* Whether a sandbox may talk to @name of the session bus: a well-known name, or all that begin with one and a dot
 * (“org.example.App.*”). Fails with INNER_ERROR_INVALID_OPTION. */
gboolean    inner_bus_name_check (const char *name, GError **error);

G_END_DECLS
