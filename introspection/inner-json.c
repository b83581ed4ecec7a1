/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-json.h"

/*
 * A writer of our own and not json-glib, which every "innerctl run" would load (0.4 ms, 6 % of a sandbox) for the
 * rare --json, and which the supervisor, libglib only, cannot link.
 */

gboolean
inner_json_is_object (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY) &&
         g_variant_type_is_subtype_of (
             g_variant_type_key (g_variant_type_element (g_variant_get_type (value))),
             G_VARIANT_TYPE_STRING);
}

/* SECURITY: besides what RFC 8259, section 7, has escaped, so is what would do something to a terminal or hide
 * on it; to a program it is the same text (attack 64; tests/unit/test-client.c, test_json). */
static gboolean
is_escaped_in_json (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return c < 0x10000 && (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT ||
                         type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR);
}

/* Characters at the beginning of @text that stand for themselves. */
static gsize
count_plain (const char *text)
{
  gsize n = 0;

  while (text[n] >= ' ' && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
    n++;
  return n;
}

static void
append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);
      gsize plain = count_plain (text);

      /* Recordings are long, and nearly all of this. */
      if (plain > 1)
        {
          g_string_append_len (out, text, plain);
          text += plain - 1;
          continue;
        }
      if (c == '"' || c == '\\')
        g_string_append_printf (out, "\\%c", *text);
      else if (is_escaped_in_json (c))
        g_string_append_printf (out, "\\u%04x", c);
      else
        g_string_append_unichar (out, c);
    }
  g_string_append_c (out, '"');
}

/* A negative depth stands for all of it in one line. */
static void
append_line (GString *out, int depth)
{
  if (depth >= 0)
    g_string_append_printf (out, "\n%*s", depth * 2, "");
}

static void append_value (GString *out, GVariant *value, int depth);

static void
append_container (GString *out, GVariant *value, int depth)
{
  int deeper = depth >= 0 ? depth + 1 : depth;
  gboolean object = inner_json_is_object (value);
  gsize n = g_variant_n_children (value);

  g_string_append_c (out, object ? '{' : '[');
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) inside = NULL;

      append_line (out, deeper);
      if (object)
        {
          g_autoptr (GVariant) key = g_variant_get_child_value (child, 0);

          append_string (out, g_variant_get_string (key, NULL));
          g_string_append (out, ": ");
          inside = g_variant_get_child_value (child, 1);
        }
      append_value (out, object ? inside : child, deeper);
      if (i + 1 < n)
        g_string_append (out, deeper >= 0 ? "," : ", ");
    }
  if (n > 0)
    append_line (out, depth);
  g_string_append_c (out, object ? '}' : ']');
}

/* Numbers and booleans have the same words in JSON as in GVariant's text form without types. */
static void
append_value (GString *out, GVariant *value, int depth)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inside = g_variant_get_variant (value);

      append_value (out, inside, depth);
    }
  else if (g_variant_is_container (value))
    append_container (out, value, depth);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ||
           g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH))
    append_string (out, g_variant_get_string (value, NULL));
  else
    {
      g_autofree char *word = g_variant_print (value, FALSE);

      g_string_append (out, word);
    }
}

void
inner_json_append (GString *out, GVariant *value, gboolean indented)
{
  append_value (out, value, indented ? 0 : -1);
}

void
inner_json_append_text (GString *out, const char *text)
{
  append_string (out, text);
}
