/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-document.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-profile-file.h"
#include "inner-profile-harden.h"
#include "inner-profile-reader.h"
#include "inner-trust.h"

static void
document_forget (InnerDocument *document)
{
  document->settled = FALSE;
  g_clear_pointer (&document->own, inner_profile_unref);
  g_clear_pointer (&document->hardened, inner_profile_unref);
  g_clear_pointer (&document->digest, g_free);
  g_ptr_array_set_size (document->notes, 0);
  g_clear_error (&document->error);
}

void
inner_document_unmake (InnerDocument *document)
{
  g_clear_pointer (&document->effective, inner_profile_unref);
  g_clear_pointer (&document->usable, inner_profile_unref);
}

InnerDocument *
inner_document_new (const char *path)
{
  InnerDocument *document = g_new0 (InnerDocument, 1);

  document->path = g_strdup (path);
  document->name = inner_profile_name_of_file (path);
  document->made_of = g_array_new (FALSE, FALSE, sizeof (guint64));
  document->bases = g_ptr_array_new ();
  document->notes = g_ptr_array_new_with_free_func (g_free);
  return document;
}

void
inner_document_free (InnerDocument *document)
{
  document_forget (document);
  inner_document_unmake (document);
  g_clear_error (&document->problem);
  g_array_unref (document->made_of);
  g_ptr_array_unref (document->bases);
  g_ptr_array_unref (document->notes);
  g_free (document->path);
  g_free (document->name);
  g_free (document);
}

static gboolean
is_same_file (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The clock of change times stands still for some milliseconds: a file that changed just now may
 * change again and keep its change time. */
static gboolean
is_settled (const struct stat *st)
{
  gint64 changed = st->st_ctim.tv_sec * G_USEC_PER_SEC + st->st_ctim.tv_nsec / 1000;

  return changed + 50 * 1000 < g_get_real_time ();
}

static void
refuse (InnerDocument *document, const char *sentence)
{
  inner_problem_to_error (document->path, (InnerPosition){ 1, 1 }, sentence, &document->error);
}

static void
read_document (InnerDocument *document, const char *schema_path, guint64 *versions, gsize *budget)
{
  g_autoptr (GBytes) bytes = NULL;
  InnerNotation notation;

  document_forget (document);
  document->own_version = ++*versions;

  if (!inner_notation_of_file (document->path, &notation))
    {
      refuse (document, _ ("The name of a profile's file ends in “.toml” or “.xml”"));
      return;
    }
  if (*budget == 0)
    {
      refuse (document, _ ("The profiles here are too large to read all of them; remove some"));
      return;
    }
  bytes = inner_profile_file_read (document->path, &document->st, &document->error);
  if (bytes == NULL)
    return;

  *budget -= MIN (*budget, g_bytes_get_size (bytes));
  document->settled = is_settled (&document->st);
  document->digest = inner_trust_digest (bytes);
  document->own =
      inner_profile_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), notation,
                           document->path, document->name, schema_path, NULL, &document->error);
}

void
inner_document_look (InnerDocument *document,
                     const char *schema_path,
                     guint64 *versions,
                     gsize *budget)
{
  struct stat st;

  if (!document->settled || lstat (document->path, &st) < 0 || !is_same_file (&st, &document->st))
    read_document (document, schema_path, versions, budget);
}

/* What of @document holds when it is merged into a profile that is used. */
static InnerProfile *
usable_part (InnerDocument *document)
{
  if (document->at_home)
    return document->own;
  if (document->hardened == NULL)
    document->hardened = inner_profile_harden (document->own, document->notes);
  return document->hardened;
}

/* Whether @effective was made of these versions of the document and its bases. */
static gboolean
is_made_of (const InnerDocument *document, GArray *versions)
{
  return document->effective != NULL && document->made_of->len == versions->len &&
         memcmp (document->made_of->data, versions->data, versions->len * sizeof (guint64)) == 0;
}

/* Merges the bases of @document, later ones over earlier ones, and then the document itself over them: as
 * they are, or as they may be used. */
static InnerProfile *
merge_over_bases (InnerDocument *document, gboolean usable)
{
  GPtrArray *bases = document->bases;
  InnerProfile *merged = NULL;

  for (guint i = 0; i <= bases->len; i++)
    {
      InnerDocument *base = i < bases->len ? bases->pdata[i] : NULL;
      InnerProfile *next = base != NULL ? (usable ? base->usable : base->effective)
                           : usable     ? usable_part (document)
                                        : document->own;
      g_autoptr (InnerProfile) lower = merged;

      /* The first base needs no merge: it is one already. */
      if (lower == NULL && base != NULL)
        {
          merged = inner_profile_ref (next);
          continue;
        }
      if (lower == NULL)
        lower = inner_profile_new ();
      merged = inner_profile_merge (lower, next);
    }

  return merged;
}

void
inner_document_make (InnerDocument *document, guint64 *versions)
{
  g_autoptr (GArray) made_of = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint64 foreign = document->foreign;

  g_array_append_val (made_of, document->own_version);
  g_array_append_val (made_of, foreign);
  for (guint i = 0; i < document->bases->len; i++)
    g_array_append_val (made_of, ((InnerDocument *) document->bases->pdata[i])->version);
  if (is_made_of (document, made_of))
    return;

  inner_document_unmake (document);
  document->effective = merge_over_bases (document, FALSE);
  document->usable = document->foreign ? merge_over_bases (document, TRUE)
                                       : inner_profile_ref (document->effective);
  g_clear_pointer (&document->made_of, g_array_unref);
  document->made_of = g_steal_pointer (&made_of);
  document->version = ++*versions;
}
