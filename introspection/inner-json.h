/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Appends @value as JSON (RFC 8259), with variants unwrapped: dictionaries are objects. What would do something to
 * a terminal is escaped. @indented: over several lines, else in one. */
void inner_json_append      (GString *out, GVariant *value, gboolean indented);

/* Whether @value is an object in JSON: a dictionary whose keys are strings. */
gboolean inner_json_is_object (GVariant *value);

/* Appends @text, which is UTF-8, as a string of JSON. */
void inner_json_append_text (GString *out, const char *text);

G_END_DECLS
