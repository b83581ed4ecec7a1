/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-document.h"

#include <string.h>

#define NAME "name = "
#define EXTENDS "extends = "

char *
inner_toml_quote (const char *text)
{
  GString *out = g_string_new ("\"");

  for (; *text != '\0'; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (out, "\\%c", *text);
    else if ((guchar) *text < 0x20 || *text == 0x7f)
      g_string_append_printf (out, "\\u%04x", (guchar) *text);
    else
      g_string_append_c (out, *text);
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

/* Takes one character of a string, which may be an escape; gives what follows it. */
static const char *
take_character (const char *text, GString *out)
{
  if (text[0] != '\\')
    {
      g_string_append_c (out, text[0]);
      return text + 1;
    }
  if (text[1] == 'u')
    {
      g_autofree char *digits = g_strndup (text + 2, 4);

      g_string_append_unichar (out, g_ascii_strtoull (digits, NULL, 16));
      return text + 2 + strlen (digits);
    }
  if (text[1] != '\0')
    g_string_append_c (out, text[1] == 'n' ? '\n' : text[1]);
  return text + MIN (2, strlen (text));
}

/* The strings of the list in @line. */
static char **
parse_list (const char *line)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();

  for (const char *p = strchr (line, '"'); p != NULL; p = strchr (p, '"'))
    {
      g_autoptr (GString) item = g_string_new (NULL);

      for (p++; *p != '"' && *p != '\0';)
        p = take_character (p, item);
      g_strv_builder_add (list, item->str);
      if (*p == '"')
        p++;
    }
  return g_strv_builder_end (list);
}

/* The lines before the first table, with %NULL behind them; @rest is what follows. */
static char **
top_lines (const char *document, const char **rest)
{
  const char *table = document[0] == '[' ? document : strstr (document, "\n[");
  g_autofree char *top = NULL;

  *rest = table != NULL ? table : document + strlen (document);
  top = g_strndup (document, *rest - document);
  return g_strsplit (g_strchomp (top), "\n", -1);
}

char **
inner_document_bases (const char *document)
{
  const char *rest;
  g_auto (GStrv) lines = top_lines (document, &rest);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, EXTENDS))
      return parse_list (*line + strlen (EXTENDS));
  return g_new0 (char *, 1);
}

/* As the service tells names from paths. */
const char *
inner_relative_base (char **bases)
{
  for (; *bases != NULL; bases++)
    if (strchr (*bases, '/') != NULL && !g_path_is_absolute (*bases) &&
        !g_str_has_prefix (*bases, "~/"))
      return *bases;
  return NULL;
}

static void
append_bases (GString *out, char **bases)
{
  g_string_append (out, EXTENDS "[");
  for (guint i = 0; bases[i] != NULL; i++)
    {
      g_autofree char *quoted = inner_toml_quote (bases[i]);

      g_string_append_printf (out, "%s%s", i > 0 ? ", " : "", quoted);
    }
  g_string_append (out, "]\n");
}

char *
inner_document_rename (const char *document, const char *name, char **bases)
{
  const char *rest;
  g_auto (GStrv) lines = top_lines (document, &rest);
  g_autofree char *quoted = inner_toml_quote (name);
  GString *out = g_string_new (NULL);
  gboolean named = FALSE;

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, EXTENDS))
      append_bases (out, bases);
    else if (g_str_has_prefix (*line, NAME))
      {
        g_string_append_printf (out, NAME "%s\n", quoted);
        named = TRUE;
      }
    else if (**line != '\0')
      g_string_append_printf (out, "%s\n", *line);

  if (!named)
    g_string_append_printf (out, NAME "%s\n", quoted);
  g_string_append (out, rest);
  return g_string_free (out, FALSE);
}
