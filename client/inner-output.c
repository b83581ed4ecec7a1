/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-output.h"

#include <stdio.h>
#include <unistd.h>

#include "inner-names.h"
#include "inner-options.h"

static gboolean
is_dictionary (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY) &&
         g_variant_type_is_subtype_of (
             g_variant_type_key (g_variant_type_element (g_variant_get_type (value))),
             G_VARIANT_TYPE_STRING);
}

/* RFC 8259, section 7: quotation mark, backslash and control characters must be escaped. */
static void
append_json_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (; *text != '\0'; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (out, "\\%c", *text);
    else if ((guchar) *text < 0x20)
      g_string_append_printf (out, "\\u%04x", (guchar) *text);
    else
      g_string_append_c (out, *text);
  g_string_append_c (out, '"');
}

static void
append_line (GString *out, guint depth)
{
  g_string_append_printf (out, "\n%*s", (int) depth * 2, "");
}

static void append_json (GString *out, GVariant *value, guint depth);

static void
append_json_container (GString *out, GVariant *value, guint depth)
{
  gboolean object = is_dictionary (value);
  gsize n = g_variant_n_children (value);

  g_string_append_c (out, object ? '{' : '[');
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) inside = NULL;

      append_line (out, depth + 1);
      if (object)
        {
          g_autoptr (GVariant) key = g_variant_get_child_value (child, 0);

          append_json_string (out, g_variant_get_string (key, NULL));
          g_string_append (out, ": ");
          inside = g_variant_get_child_value (child, 1);
        }
      append_json (out, object ? inside : child, depth + 1);
      if (i + 1 < n)
        g_string_append_c (out, ',');
    }
  if (n > 0)
    append_line (out, depth);
  g_string_append_c (out, object ? '}' : ']');
}

/* Numbers and booleans have the same words in JSON as in GVariant's text form without types. */
static void
append_json (GString *out, GVariant *value, guint depth)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inside = g_variant_get_variant (value);

      append_json (out, inside, depth);
    }
  else if (g_variant_is_container (value))
    append_json_container (out, value, depth);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ||
           g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH))
    append_json_string (out, g_variant_get_string (value, NULL));
  else
    {
      g_autofree char *word = g_variant_print (value, FALSE);

      g_string_append (out, word);
    }
}

/* A writer of our own and not json-glib, which every "innerctl run" would load (0.4 ms, 6 % of a sandbox)
 * for the rare --json. */
void
inner_print_json (GVariant *value)
{
  g_autoptr (GString) out = g_string_new (NULL);

  append_json (out, value, 0);
  puts (out->str);
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
append_row (GString *out, const char *const *cells, const gsize *widths)
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

void
inner_print_table (const char *const *titles, GPtrArray *rows)
{
  guint n = g_strv_length ((char **) titles);
  g_autofree gsize *widths = g_new0 (gsize, n);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      widths[i] = text_width (titles[i]);
      for (guint r = 0; r < rows->len; r++)
        {
          char **cells = g_ptr_array_index (rows, r);
          char *shown = inner_escape_for_display (cells[i]);

          g_free (cells[i]);
          cells[i] = shown;
          widths[i] = MAX (widths[i], text_width (shown));
        }
    }

  append_row (out, titles, widths);
  for (guint r = 0; r < rows->len; r++)
    append_row (out, g_ptr_array_index (rows, r), widths);
  fputs (out->str, stdout);
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
