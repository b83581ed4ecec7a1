/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* How the name of a draft begins. */
#define INNER_DRAFT ".inner-draft"

/**
 * InnerDraft:
 *
 * A file of ours beside the place it is made for, under a name that begins with a dot: what the document
 * names by a relative path is found from it, and no list of profiles shows it. It is removed with the draft
 * unless it was installed.
 */
typedef struct {
  char *path;                             /* whoever takes it keeps the file */
  int   fd;
} InnerDraft;

/* The notations of a document by the end of its file's name: "toml" or "xml", %NULL for any other. */
const char *inner_format_of_file (const char *path);

/* Writes @bytes to a new file (0600, on disk when this returns) in the directory of @target, named as
 * @target ends. Fails with a sentence (GFileError). */
InnerDraft *inner_draft_new      (const char *target, GBytes *bytes, GError **error);

/* The same with @name, and not INNER_DRAFT, as the beginning of the draft's name. */
InnerDraft *inner_draft_new_as   (const char *target, const char *name, GBytes *bytes, GError **error);
void        inner_draft_free     (InnerDraft *draft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerDraft, inner_draft_free)

/* Makes the draft the file @target with the permissions @mode, in one step and on disk when this returns.
 * What is there is replaced only with @force, and only if it is a regular file; otherwise fails with
 * INNER_ERROR_NAME_IN_USE. */
gboolean    inner_draft_install  (InnerDraft *draft, const char *target, mode_t mode, gboolean force,
                                  GError **error);

/* Renames @from to @to unless something is there: FALSE with errno EEXIST then. */
gboolean    inner_rename_to_free (const char *from, const char *to);

/* Gives the bytes of the document at @path, which must be a regular file of at most 1 MiB; a symbolic link
 * at its end is followed only with @follow. @st (out) (optional). Fails with a sentence. */
GBytes     *inner_read_document  (const char *path, gboolean follow, struct stat *st, GError **error);

G_END_DECLS
