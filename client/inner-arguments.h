/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* From words of the command line to values. Each fails with a sentence (INNER_ERROR_INVALID_OPTION). */

/* Gives @text as an absolute, canonical path; "~/…" is the home directory. */
char     *inner_parse_path    (const char *text, GError **error);

/* A profile's name as it is, or the absolute path of a document: what has a "/" in it, begins with "~" or
 * ends in ".toml" or ".xml". */
char     *inner_parse_profile (const char *text, GError **error);

/* Gives the SHA-256 @text, in hexadecimal of any case, perhaps behind "sha256:", in lower case. */
char     *inner_parse_digest  (const char *text, GError **error);

/* Gives @text with "~" at its beginning, $NAME and ${NAME} replaced as in a profile (inner-profile(5)), by the
 * variables that we have; ${workdir} is where we stand if @is_source, and else unknown. Says which variables are
 * not set, unless @quiet. (transfer full) */
char     *inner_expand_word   (const char *text, gboolean is_source, gboolean quiet, GError **error);

/* SRC:DEST[:MODE]; modes are "ro", "readonly", "rw", "copy" and "safe-rw" (= copy). Variables are replaced in
 * both paths. */
gboolean  inner_parse_mount   (const char *text, const char *default_mode, char **source,
                               char **destination, const char **mode, GError **error);

/* A whole number from @min to @max, in decimal digits only. */
gboolean  inner_parse_number  (const char *text, guint64 min, guint64 max, const char *option,
                               guint64 *value, GError **error);

/* "TERM", "SIGTERM", "term" or "15"; gives 0 on failure. */
int       inner_parse_signal  (const char *text, GError **error);

/* Gives what the file @path holds, if it can be one argument of a command. */
char     *inner_read_argument (const char *path, GError **error);

/* Splits @argv at the first "--": the words behind it are given, @argc and @argv keep those before.
 * (transfer container) */
char    **inner_split_words   (int *argc, char **argv);

/* Fails if @text is not UTF-8, which is all that D-Bus can carry. */
gboolean  inner_check_utf8    (const char *text, GError **error);

G_END_DECLS
