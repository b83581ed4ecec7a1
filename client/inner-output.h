/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Gives the text under @key of @dictionary (a{sv}), "" if there is none. (transfer none) */
const char *inner_text_of      (GVariant *dictionary, const char *key);

/* Whether @key of @dictionary (a{sv}) is true; FALSE if there is none. */
gboolean    inner_flag_of      (GVariant *dictionary, const char *key);

/* Gives @value as one line for people: texts as they are, lists as the words of a shell command, those of
 * several words with “;” between them, dictionaries as KEY=VALUE. Not escaped for display. (transfer full) */
char       *inner_value_to_line (GVariant *value);

/* The same for the item @i of a list or a dictionary. (transfer full) */
char       *inner_item_to_line  (GVariant *value, gsize i);

/* Gives @value as JSON, with variants unwrapped: dictionaries are objects. (transfer full) */
char       *inner_to_json      (GVariant *value);
void        inner_print_json   (GVariant *value);

/* Gives @text escaped for display as inner_escape_for_display() does, but all of it. (transfer full) */
char       *inner_escape_all   (const char *text);

/* Prints @line, without its end, escaped as above but for tabs, and ends it. */
void        inner_print_line     (const char *line);

/* Prints @document: escaped if stdout is a terminal, else byte for byte. */
void        inner_print_document (const char *document);

/* The rows of a table, each a strv of as many cells. */
GPtrArray  *inner_rows_new     (void);

/* Appends a row; the cells are taken, the last argument is %NULL. */
void        inner_rows_take    (GPtrArray *rows, char *cell, ...) G_GNUC_NULL_TERMINATED;

/* Gives @rows in columns as wide as their widest cell, below @titles (as many, ended by %NULL; %NULL for
 * none). Cells are escaped for display; the last one of a row is not padded. (transfer full) */
char       *inner_to_table     (const char *const *titles, GPtrArray *rows);
void        inner_print_table  (const char *const *titles, GPtrArray *rows);

/* Prints a plan (the answer of the method Plan) for people. */
void        inner_print_plan   (GVariant *plan);

/* Prints what stands under "warnings" (as) of @dictionary for people, below an empty line. */
void        inner_print_warnings (GVariant *dictionary);

/* Gives the mark in colour of a status of CheckHost or Verify: two characters. (transfer full) */
char       *inner_mark_of      (const char *status);

/* Gives @text in bold, green, yellow or red if stdout is a terminal and NO_COLOR is not set. */
char       *inner_colour       (const char *colour, const char *text);

G_END_DECLS
