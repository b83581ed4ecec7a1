/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Prints @value as JSON, with variants unwrapped: dictionaries are objects. */
void  inner_print_json     (GVariant *value);

/* A table whose columns are as wide as their widest cell. @titles is %NULL-terminated; a row is a strv of
 * as many cells. The last column is not padded. Cells are escaped for display. */
void  inner_print_table    (const char *const *titles, GPtrArray *rows);

/* Prints a plan (the answer of the method Plan) for people. */
void  inner_print_plan     (GVariant *plan);

/* Gives @text in bold, green, yellow or red if stdout is a terminal and NO_COLOR is not set. */
char *inner_colour         (const char *colour, const char *text);

G_END_DECLS
