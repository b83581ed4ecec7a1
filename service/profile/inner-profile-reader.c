/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-reader.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"
#include "inner-profile-private.h"
#include "inner-suggest.h"

static void
problem_free (InnerProblem *problem)
{
  g_free (problem->key);
  g_free (problem->message);
  g_free (problem);
}

GPtrArray *
inner_problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) problem_free);
}

void
inner_problem_to_error (const char *path, InnerPosition at, const char *message, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (path);

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID, "%s:%u:%u: %s", shown, at.line,
               at.column, message);
}

void
inner_position_move (InnerPosition *at, const char *text, gsize from, gsize to)
{
  for (gsize i = from; i < to; i++)
    {
      gboolean continues = ((guchar) text[i] & 0xc0) == 0x80;

      if (text[i] == '\n')
        *at = (InnerPosition){ at->line + 1, 1 };
      else if (!continues)
        at->column++;
    }
}

InnerPosition
inner_position_of (const char *text, gsize offset)
{
  InnerPosition at = { 1, 1 };

  inner_position_move (&at, text, 0, offset);
  return at;
}

gboolean
inner_reader_is_full (InnerReader *reader)
{
  return reader->problems->len >= INNER_DOCUMENT_MAX_PROBLEMS;
}

void
inner_reader_complain (
    InnerReader *reader, InnerPosition at, const char *key, const char *format, ...)
{
  InnerProblem *problem;
  va_list arguments;

  if (inner_reader_is_full (reader))
    return;

  problem = g_new0 (InnerProblem, 1);
  problem->at = at;
  problem->key = g_strdup (key != NULL ? key : "");
  va_start (arguments, format);
  problem->message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (reader->problems, problem);
}

void
inner_reader_complain_unknown (InnerReader *reader,
                               InnerPosition at,
                               const char *word,
                               const char *shown,
                               const char *const *known)
{
  g_autofree char *safe = inner_escape_for_display (shown);
  const char *meant = inner_suggest (word, known);

  if (meant == NULL)
    meant = inner_key_by_last_part (word);

  if (meant != NULL)
    inner_reader_complain (reader, at, NULL, _ ("“%s” is not known here; did you mean “%s”?"), safe,
                           meant);
  else
    inner_reader_complain (reader, at, NULL,
                           _ ("“%s” is not known here; the manual page inner-profile(5) lists what "
                              "a profile may say"),
                           safe);
}

const char *
inner_reader_choose (InnerReader *reader,
                     InnerPosition at,
                     const InnerKeyRow *row,
                     const char *word)
{
  const char *const *choices = row->info.choices;
  g_autofree char *shown = NULL;
  g_autofree char *all = NULL;
  const char *meant;

  for (const InnerKeyAlias *alias = row->aliases; alias != NULL && alias->old != NULL; alias++)
    if (g_str_equal (alias->old, word))
      return alias->now;
  if (choices == NULL)
    return word;
  for (gsize i = 0; choices[i] != NULL; i++)
    if (g_str_equal (choices[i], word))
      return choices[i];

  shown = inner_escape_for_display (word);
  all = g_strjoinv (", ", (char **) choices);
  meant = inner_suggest (word, choices);
  if (meant != NULL)
    inner_reader_complain (reader, at, row->info.name,
                           _ ("“%s” cannot be “%s”; did you mean “%s”? It is one of: %s"),
                           row->info.name, shown, meant, all);
  else
    inner_reader_complain (reader, at, row->info.name, _ ("“%s” cannot be “%s”; it is one of: %s"),
                           row->info.name, shown, all);
  return NULL;
}

gboolean
inner_reader_check_count (InnerReader *reader,
                          InnerPosition at,
                          const InnerKeyRow *row,
                          gsize count)
{
  if (count <= INNER_DOCUMENT_MAX_ITEMS)
    return TRUE;

  inner_reader_complain (reader, at, row->info.name, _ ("“%s” has %zu entries; write at most %d"),
                         row->info.name, count, INNER_DOCUMENT_MAX_ITEMS);
  return FALSE;
}

gboolean
inner_text_is_plain (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xfffe || c == 0xffff)
        return FALSE;
    }

  return TRUE;
}

/* SECURITY: what the parsers never get to see: a document beyond the limit, NUL bytes and bytes
 * that are not UTF-8 (tests/unit/test-profile-hostile.c). */
gboolean
inner_reader_check_bytes (InnerReader *reader, const char *text, gsize length)
{
  const char *end = text;

  if (length > INNER_DOCUMENT_MAX_BYTES)
    inner_reader_complain (reader, (InnerPosition){ 1, 1 }, NULL,
                           _ ("The document is larger than %d KiB; a profile is much shorter"),
                           INNER_DOCUMENT_MAX_BYTES / 1024);
  else if (!g_utf8_validate_len (text, length, &end) && *end == '\0')
    inner_reader_complain (reader, inner_position_of (text, end - text), NULL,
                           _ ("The document has a NUL byte; save it as UTF-8 text"));
  else if (end != text + length)
    inner_reader_complain (reader, inner_position_of (text, end - text), NULL,
                           _ ("The document is not UTF-8 from here on; save it as UTF-8 text"));

  return reader->problems->len == 0;
}

static void
read_document (InnerReader *reader,
               const char *text,
               gsize length,
               InnerNotation notation,
               const char *path,
               const char *schema_path)
{
  if (!inner_reader_check_bytes (reader, text, length))
    return;

  if (notation == INNER_NOTATION_TOML)
    inner_read_toml (reader, path, text, length);
  else
    inner_read_xml (reader, path, text, length, schema_path);
}

InnerProfile *
inner_profile_parse (const char *text,
                     gsize length,
                     InnerNotation notation,
                     const char *path,
                     const char *name,
                     const char *schema_path,
                     GPtrArray **problems,
                     GError **error)
{
  g_autoptr (InnerProfile) profile = inner_profile_new ();
  g_autoptr (GPtrArray) found = inner_problems_new ();
  InnerReader reader = { profile, found };

  read_document (&reader, text, length, notation, path, schema_path);

  if (found->len > 0)
    {
      const InnerProblem *first = found->pdata[0];

      inner_problem_to_error (path, first->at, first->message, error);
      g_clear_pointer (&profile, inner_profile_unref);
    }
  else
    {
      if (name != NULL && !inner_profile_has (profile, INNER_KEY_NAME))
        inner_profile_set (profile, INNER_KEY_NAME, g_variant_new_string (name), path, 0, 0);
      inner_profile_normalise (profile);
      inner_profile_freeze (profile);
    }

  if (problems != NULL)
    *problems = g_steal_pointer (&found);
  return g_steal_pointer (&profile);
}
