/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One file with a profile, as the registry remembers it. Only the registry uses this header. */

#include <sys/stat.h>

#include "inner-profile.h"

G_BEGIN_DECLS

/**
 * InnerDocument:
 * @st: of the file when it was read
 * @settled: FALSE while the file may still change without its change time telling so
 * @error: why @own is missing
 * @digest: SHA-256 of the bytes that @own was read from
 * @hardened, @notes: @own as it holds in a foreign document, and what of it does not
 * @problem: why @effective is missing
 * @bases: those of the last pass, borrowed
 * @made_of: the versions of @own and of the bases that @effective and @usable were made of
 * @version: another number each time @effective is made anew
 * @at_home: its place is one that is trusted
 * @trusted, @foreign: of it with its bases
 * @looked, @resolved: the pass in which the file was last looked at, and the bases
 *
 * One file with a profile, by its canonical path.
 */
typedef struct
{
  char *path;
  char *name;
  struct stat st;
  gboolean settled;
  guint64 own_version;
  InnerProfile *own;
  GError *error;
  char *digest;
  InnerProfile *hardened;
  GPtrArray *notes;
  InnerProfile *effective;
  InnerProfile *usable;
  GError *problem;
  GPtrArray *bases;
  GArray *made_of;
  guint64 version;
  guint height;
  gboolean at_home;
  gboolean trusted_alone;
  gboolean trusted;
  gboolean foreign;
  gboolean resolving;
  guint64 looked;
  guint64 resolved;
} InnerDocument;

/* A document that was not looked at. */
InnerDocument *inner_document_new   (const char *path);
void           inner_document_free  (InnerDocument *document);

/* Reads the file again if it may have changed since it was read. @schema_path (nullable) as in
 * inner_profile_parse(); @versions is counted up with each reading, @budget down by the bytes that were
 * read: with none left the document is refused. */
void           inner_document_look  (InnerDocument *document, const char *schema_path,
                                     guint64 *versions, gsize *budget);

/* Merges the document over @bases of it, which have their profiles, unless that is done. */
void           inner_document_make  (InnerDocument *document, guint64 *versions);

/* Forgets what was merged. */
void           inner_document_unmake (InnerDocument *document);

G_END_DECLS
