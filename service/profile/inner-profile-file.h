/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "inner-profile-reader.h"

G_BEGIN_DECLS

/* Tells the notation from the end of a file's name, ".toml" or ".xml"; FALSE for any other. */
gboolean   inner_notation_of_file      (const char *path, InnerNotation *notation);

/* The name of the profile in a file: its name without directory and end. (transfer full) */
char      *inner_profile_name_of_file  (const char *path);

/* Reads the document at @path, at most INNER_DOCUMENT_MAX_BYTES, and gives its bytes and what
 * fstat() says of them. Only a regular file is opened, and no symbolic link is followed at its
 * end; all else fails with ProfileInvalid "path:1:1: message". (transfer full) */
GBytes    *inner_profile_file_read     (const char *path, struct stat *st, GError **error);

/* Makes all of @path canonical but its last part, which may be missing or a link. (transfer full) */
char      *inner_profile_file_canonical (const char *path);

/* Whether nobody but root and ourselves may write to what @st describes. */
gboolean   inner_file_is_ours          (const struct stat *st);

G_END_DECLS
