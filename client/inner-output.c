/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inner-json.h"
#include "inner-names.h"
#include "inner-options.h"

/* Bytes of a text that are escaped in one go; each may become six. */
#define MAX_PIECE 128

const char *
inner_text_of (GVariant *dictionary, const char *key)
{
  const char *text = "";

  g_variant_lookup (dictionary, key, "&s", &text);
  return text;
}

gboolean
inner_flag_of (GVariant *dictionary, const char *key)
{
  gboolean flag = FALSE;

  g_variant_lookup (dictionary, key, "b", &flag);
  return flag;
}

char *
inner_to_json (GVariant *value)
{
  GString *out = g_string_new (NULL);

  inner_json_append (out, value, TRUE);
  return g_string_free (out, FALSE);
}

void
inner_print_json (GVariant *value)
{
  g_autofree char *text = inner_to_json (value);

  puts (text);
}

/* Quotes only what a shell would not read as one word. */
static char *
quote_word (const char *word)
{
  static const char plain[] = "%+,-./:=@_";

  for (const char *p = word; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr (plain, *p) == NULL)
      return g_shell_quote (word);

  return word[0] != '\0' ? g_strdup (word) : g_strdup ("''");
}

static void
append_entry (GString *line, const char *key, GVariant *value)
{
  g_autofree char *text = inner_value_to_line (value);

  if (line->len > 0)
    g_string_append_c (line, ' ');
  if (key != NULL)
    g_string_append_printf (line, "%s=", key);
  g_string_append (line, text);
}

static char *
dictionary_to_line (GVariant *value)
{
  GString *line = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) child = g_variant_get_child_value (entry, 1);

      append_entry (line, g_variant_get_string (key, NULL), child);
    }
  return g_string_free (line, FALSE);
}

static char *
words_to_line (GVariant *value)
{
  g_autofree const char **words = g_variant_get_strv (value, NULL);
  g_autoptr (GPtrArray) quoted = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (quoted, quote_word (words[i]));
  g_ptr_array_add (quoted, NULL);
  return g_strjoinv (" ", (char **) quoted->pdata);
}

/* What became of guarded paths, for example. */
static char *
dictionaries_to_line (GVariant *value)
{
  GString *line = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      g_autofree char *text = dictionary_to_line (child);

      g_string_append_printf (line, "%s%s", i > 0 ? "; " : "", text);
    }
  return g_string_free (line, FALSE);
}

/* Mounts, for example: (source, destination, mode) each. */
static char *
tuples_to_line (GVariant *value)
{
  GString *line = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) tuple = g_variant_get_child_value (value, i);

      for (gsize n = 0; n < g_variant_n_children (tuple); n++)
        {
          g_autoptr (GVariant) child = g_variant_get_child_value (tuple, n);
          g_autofree char *word = quote_word (g_variant_get_string (child, NULL));

          g_string_append_printf (line, "%s%s", n > 0 ? " " : i > 0 ? "; " : "", word);
        }
    }
  return g_string_free (line, FALSE);
}

char *
inner_item_to_line (GVariant *value, gsize i)
{
  g_autoptr (GVariant) item = g_variant_get_child_value (value, i);
  g_autoptr (GVariant) alone = NULL;
  const GVariantType *type = g_variant_get_type (value);

  /* As it would be written if it were the only one. */
  alone = g_variant_ref_sink (g_variant_new_array (g_variant_type_element (type), &item, 1));
  return inner_value_to_line (alone);
}

char *
inner_value_to_line (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inside = g_variant_get_variant (value);

      return inner_value_to_line (inside);
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return words_to_line (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sss)")))
    return tuples_to_line (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE ("aa{sv}")))
    return dictionaries_to_line (value);
  return inner_json_is_object (value) ? dictionary_to_line (value) : g_variant_print (value, FALSE);
}

/* SECURITY: nothing is left out, however long it is: inner_escape_for_display() shows a page of a text at
 * most, and the evil host would be the last one of the list (attack 64; tests/bus/test_trust.py,
 * test_nothing_is_left_out). */
char *
inner_escape_all (const char *text)
{
  GString *out = g_string_new (NULL);

  while (*text != '\0')
    {
      gsize length = strnlen (text, MAX_PIECE);
      g_autofree char *piece = NULL;
      g_autofree char *shown = NULL;

      /* Not in the middle of a character. */
      while (text[length] != '\0' && length > 1 && ((guchar) text[length] & 0xc0) == 0x80)
        length--;
      piece = g_strndup (text, length);
      shown = inner_escape_for_display (piece);
      g_string_append (out, shown);
      text += length;
    }
  return g_string_free (out, FALSE);
}

/* Tabs are part of a notation, and harmless. */
void
inner_print_line (const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, "\t", -1);

  for (char **part = parts; *part != NULL; part++)
    {
      g_autofree char *shown = inner_escape_all (*part);

      fputs (shown, stdout);
      if (part[1] != NULL)
        putchar ('\t');
    }
  putchar ('\n');
}

/* SECURITY: the document may be anybody's, and C1 controls and bidirectional marks are text in both notations.
 * A terminal gets it line by line and escaped, a file or a pipe as it is (attack 64;
 * tests/bus/test_profile_verbs.py, test_a_document_on_a_terminal). */
void
inner_print_document (const char *document)
{
  g_auto (GStrv) lines = NULL;

  if (!isatty (1))
    {
      fputs (document, stdout);
      return;
    }
  lines = g_strsplit (document, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (line[1] != NULL || **line != '\0')
      inner_print_line (*line);
}

GPtrArray *
inner_rows_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
}

void
inner_rows_take (GPtrArray *rows, char *cell, ...)
{
  GPtrArray *cells = g_ptr_array_new ();
  va_list arguments;

  va_start (arguments, cell);
  for (; cell != NULL; cell = va_arg (arguments, char *))
    g_ptr_array_add (cells, cell);
  va_end (arguments);
  g_ptr_array_add (cells, NULL);
  g_ptr_array_add (rows, g_ptr_array_free (cells, FALSE));
}

/* How many columns of a terminal @text takes. */
static gsize
text_width (const char *text)
{
  gsize width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}

static void
append_row (GString *out, char **cells, const gsize *widths)
{
  for (gsize i = 0; cells[i] != NULL; i++)
    {
      g_string_append (out, cells[i]);
      if (cells[i + 1] == NULL)
        continue;
      for (gsize n = text_width (cells[i]); n < widths[i] + 2; n++)
        g_string_append_c (out, ' ');
    }
  g_string_append_c (out, '\n');
}

/* The cells as they are shown, and how wide each column becomes. */
static void
prepare_row (char **cells, GArray *widths)
{
  for (guint i = 0; cells[i] != NULL; i++)
    {
      char *shown = inner_escape_for_display (cells[i]);
      gsize width = text_width (shown);

      g_free (cells[i]);
      cells[i] = shown;
      if (i >= widths->len)
        g_array_set_size (widths, i + 1);
      g_array_index (widths, gsize, i) = MAX (g_array_index (widths, gsize, i), width);
    }
}

char *
inner_to_table (const char *const *titles, GPtrArray *rows)
{
  g_autoptr (GArray) widths = g_array_new (FALSE, TRUE, sizeof (gsize));
  g_auto (GStrv) head = g_strdupv ((char **) titles);
  GString *out = g_string_new (NULL);

  if (head != NULL)
    prepare_row (head, widths);
  for (guint r = 0; r < rows->len; r++)
    prepare_row (g_ptr_array_index (rows, r), widths);

  if (head != NULL)
    append_row (out, head, (gsize *) widths->data);
  for (guint r = 0; r < rows->len; r++)
    append_row (out, g_ptr_array_index (rows, r), (gsize *) widths->data);
  return g_string_free (out, FALSE);
}

void
inner_print_table (const char *const *titles, GPtrArray *rows)
{
  g_autofree char *text = inner_to_table (titles, rows);

  fputs (text, stdout);
}

char *
inner_colour (const char *colour, const char *text)
{
  static const struct
  {
    const char *name;
    const char *code;
  } colours[] = { { "bold", "1" }, { "red", "31" }, { "green", "32" }, { "yellow", "33" } };

  if (isatty (1) && g_getenv (INNER_ENV_NO_COLOR) == NULL)
    for (gsize i = 0; i < G_N_ELEMENTS (colours); i++)
      if (g_str_equal (colour, colours[i].name))
        return g_strdup_printf ("\033[%sm%s\033[0m", colours[i].code, text);
  return g_strdup (text);
}

char *
inner_mark_of (const char *status)
{
  static const struct
  {
    const char *status;
    const char *mark;
    const char *colour;
  } marks[] = {
    { "ok", "ok", "green" },    { "pass", "ok", "green" },  { "degraded", "--", "yellow" },
    { "info", "--", "yellow" }, { "missing", "!!", "red" }, { "fail", "!!", "red" },
    { "error", "??", "red" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    if (g_str_equal (marks[i].status, status))
      return inner_colour (marks[i].colour, marks[i].mark);

  return g_strdup (status);
}
