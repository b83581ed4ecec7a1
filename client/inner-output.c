/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-output.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <unistd.h>

#include "inner-names.h"
#include "inner-options.h"

static void build_json (JsonBuilder *builder, GVariant *value);

static gboolean
is_dictionary (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY) &&
         g_variant_type_is_subtype_of (
             g_variant_type_key (g_variant_type_element (g_variant_get_type (value))),
             G_VARIANT_TYPE_STRING);
}

static void
build_dictionary (JsonBuilder *builder, GVariant *value)
{
  json_builder_begin_object (builder);
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) child = g_variant_get_child_value (entry, 1);

      json_builder_set_member_name (builder, g_variant_get_string (key, NULL));
      build_json (builder, child);
    }
  json_builder_end_object (builder);
}

static void
build_array (JsonBuilder *builder, GVariant *value)
{
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      build_json (builder, child);
    }
  json_builder_end_array (builder);
}

static gint64
as_integer (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      return g_variant_get_byte (value);
    case G_VARIANT_CLASS_INT16:
      return g_variant_get_int16 (value);
    case G_VARIANT_CLASS_UINT16:
      return g_variant_get_uint16 (value);
    case G_VARIANT_CLASS_INT32:
      return g_variant_get_int32 (value);
    case G_VARIANT_CLASS_UINT32:
      return g_variant_get_uint32 (value);
    case G_VARIANT_CLASS_INT64:
      return g_variant_get_int64 (value);
    case G_VARIANT_CLASS_UINT64:
      return g_variant_get_uint64 (value);
    case G_VARIANT_CLASS_BOOLEAN:
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_DOUBLE:
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
    default:
      return 0;
    }
}

static void
build_json (JsonBuilder *builder, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inside = g_variant_get_variant (value);

      build_json (builder, inside);
    }
  else if (is_dictionary (value))
    build_dictionary (builder, value);
  else if (g_variant_is_container (value))
    build_array (builder, value);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    json_builder_add_boolean_value (builder, g_variant_get_boolean (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    json_builder_add_double_value (builder, g_variant_get_double (value));
  else if (g_variant_type_equal (g_variant_get_type (value), G_VARIANT_TYPE_STRING) ||
           g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH))
    json_builder_add_string_value (builder, g_variant_get_string (value, NULL));
  else
    json_builder_add_int_value (builder, as_integer (value));
}

void
inner_print_json (GVariant *value)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  build_json (builder, value);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  puts (text);
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
