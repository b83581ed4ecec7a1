/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What both notations share: a reader collects values into a profile and problems into a list, so
 * that a document with three mistakes is told about three mistakes, each with its place.
 */

#include "inner-names.h"
#include "inner-profile-keys.h"
#include "inner-toml.h"

G_BEGIN_DECLS

/* Limits of a document, in both notations; for its size see INNER_DOCUMENT_MAX_BYTES. */
#define INNER_DOCUMENT_MAX_ITEMS     4096           /* of one list or map */
#define INNER_DOCUMENT_MAX_DEPTH     16
#define INNER_DOCUMENT_MAX_PROBLEMS  32             /* told about one document */

/* One mistake in a document. @key is dotted and may be empty. */
typedef struct {
  InnerPosition  at;
  char          *key;
  char          *message;
} InnerProblem;

typedef enum { INNER_NOTATION_TOML, INNER_NOTATION_XML } InnerNotation;

typedef struct {
  InnerProfile *profile;
  GPtrArray    *problems;                 /* (element-type InnerProblem) */
} InnerReader;

/* Reads a document. @path is where it came from and stands in origins and messages; @name
 * (nullable) is the name of a profile that does not name itself; @schema_path is the RELAX NG
 * schema and only looked at for XML; %NULL for a document that was held against it before. Gives a frozen, normalised profile, or %NULL with
 * ProfileInvalid and the first problem as "path:line:column: message". All problems go to
 * @problems (out) (optional) (transfer full) (element-type InnerProblem). */
InnerProfile  *inner_profile_parse         (const char     *text,
                                            gsize           length,
                                            InnerNotation   notation,
                                            const char     *path,
                                            const char     *name,
                                            const char     *schema_path,
                                            GPtrArray     **problems,
                                            GError        **error);

/* Sets a ProfileInvalid error "path:line:column: message"; @path is escaped for display. */
void           inner_problem_to_error      (const char     *path,
                                            InnerPosition   at,
                                            const char     *message,
                                            GError        **error);

/* Line and column of the byte @offset of @text. */
InnerPosition  inner_position_of           (const char     *text,
                                            gsize           offset);

/* Moves @at, the place of the byte @from of @text, on to the byte @to, which is not before it. */
void           inner_position_move         (InnerPosition  *at,
                                            const char     *text,
                                            gsize           from,
                                            gsize           to);

/* The two notations */
void           inner_read_toml             (InnerReader    *reader,
                                            const char     *path,
                                            const char     *text,
                                            gsize           length);
void           inner_read_xml              (InnerReader    *reader,
                                            const char     *path,
                                            const char     *text,
                                            gsize           length,
                                            const char     *schema_path);

/* The parts of them that other documents are read with, too: the tree of a TOML document (%NULL after a
 * complaint), and the value of one key as its row says (floating; %NULL after a complaint). */
InnerTomlNode *inner_reader_parse_toml     (InnerReader         *reader,
                                            const char          *text,
                                            gsize                length);
GVariant      *inner_reader_read_toml_value (InnerReader         *reader,
                                             const InnerKeyRow   *row,
                                             const InnerTomlNode *node);

/* An empty list of problems. (transfer full) (element-type InnerProblem) */
GPtrArray     *inner_problems_new          (void);

/* Whether @text is short enough and UTF-8 without NUL; complains if not. */
gboolean       inner_reader_check_bytes    (InnerReader    *reader,
                                            const char     *text,
                                            gsize           length);

/* For the notations: notes a problem. Beyond INNER_DOCUMENT_MAX_PROBLEMS they are dropped. */
void           inner_reader_complain       (InnerReader    *reader,
                                            InnerPosition   at,
                                            const char     *key,
                                            const char     *format,
                                            ...) G_GNUC_PRINTF (4, 5);

/* Whether so many problems were noted that looking for more is a waste. Each loop over what a
 * document holds asks: 1 MiB of mistakes must not cost more than a few. */
gboolean       inner_reader_is_full        (InnerReader    *reader);

/* Notes that @word, which is shown as @shown, is none of @known. */
void           inner_reader_complain_unknown (InnerReader       *reader,
                                              InnerPosition      at,
                                              const char        *word,
                                              const char        *shown,
                                              const char *const *known);

/* Gives the word that is kept for @word, one of the choices of @row or an older word for one;
 * %NULL, with a complaint, for any other. Rows without choices take every word. */
const char    *inner_reader_choose         (InnerReader       *reader,
                                            InnerPosition      at,
                                            const InnerKeyRow *row,
                                            const char        *word);

/* Whether a list or map of @count items is short enough; complains if not. */
gboolean       inner_reader_check_count    (InnerReader       *reader,
                                            InnerPosition      at,
                                            const InnerKeyRow *row,
                                            gsize              count);

/* Whether XML 1.0 has every character of @text, so that both notations can hold it. */
gboolean       inner_text_is_plain         (const char *text);

G_END_DECLS
