/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-json-keep.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define MAX_DEPTH 64

static gboolean
fail (GError **error, const char *clause)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, clause);
  return FALSE;
}

/* Where the string that begins at @at ends; @end if it does not. */
static char *
skip_string (char *at, char *end)
{
  for (at++; at < end && *at != '"'; at++)
    if (*at == '\\' && at + 1 < end)
      at++;

  return at;
}

/* Makes blanks of the comment at @at and gives its end; %NULL if there is none. */
static char *
blank_comment (char *at, char *end)
{
  char *stop;

  if (end - at < 2 || (at[1] != '/' && at[1] != '*'))
    return NULL;
  if (at[1] == '/')
    stop = memchr (at, '\n', end - at);
  else
    stop = g_strstr_len (at + 2, end - at - 2, "*/");
  if (stop == NULL)
    stop = end;
  else if (at[1] == '*')
    stop += strlen ("*/");
  memset (at, ' ', stop - at);
  return stop;
}

/* SECURITY: the parser calls itself for each level and has no limit: 200,000 brackets end the service
 * (measured, json-glib 1.6). So it only gets text whose levels were counted, and of which nothing but strings,
 * brackets, numbers and words is left, so that it sees strings and levels where we saw them
 * (attack 46; test_json_bombs in tests/unit/test-agent-state.c). */
static gboolean
check_text (char *text, gsize length, GError **error)
{
  char *end = text + length;
  guint depth = 0;

  for (char *at = text; at < end; at++)
    {
      if (*at == '"')
        {
          at = skip_string (at, end);
          if (at >= end)
            return fail (error, _ ("a string in it does not end"));
        }
      else if (*at == '/')
        {
          at = blank_comment (at, end);
          if (at == NULL)
            return fail (error, _ ("it is not valid JSON"));
          at--;
        }
      else if (*at == '{' || *at == '[')
        {
          if (++depth > MAX_DEPTH)
            return fail (error, _ ("it is nested too deeply"));
        }
      else if (*at == '}' || *at == ']')
        depth -= depth > 0;
      else if (!g_ascii_isalnum (*at) && (*at == '\0' || strchr (" \t\r\n,:+-._", *at) == NULL))
        return fail (error, _ ("it is not valid JSON"));
    }

  return TRUE;
}

/* Gives the member @name of @object as an object, made if it is missing; %NULL if it is something else. */
static JsonObject *
get_object (JsonObject *object, const char *name)
{
  JsonNode *node;

  if (!json_object_has_member (object, name))
    json_object_set_object_member (object, name, json_object_new ());
  node = json_object_get_member (object, name);
  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
keep_member (JsonObject *from, JsonObject *to, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, ".", -1);
  char **part = parts;
  JsonNode *node;

  /* First a look whether it is there, so that no empty object is made for nothing. */
  for (; part[1] != NULL; part++)
    {
      node = json_object_get_member (from, *part);
      if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
        return;
      from = json_node_get_object (node);
    }
  node = json_object_get_member (from, *part);
  if (node == NULL)
    return;
  for (part = parts; part[1] != NULL && to != NULL; part++)
    to = get_object (to, *part);
  if (to != NULL)
    json_object_set_member (to, *part, json_node_copy (node));
}

static GBytes *
write_object (JsonObject *object)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  char *text;

  json_node_set_object (root, object);
  text = json_to_string (root, TRUE);
  return g_bytes_new_take (text, strlen (text));
}

GBytes *
inner_json_keep (GBytes *text, const char *const *keep, GError **error)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (text, &length);
  g_autofree char *copy = g_strndup (data, length);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (JsonObject) kept = json_object_new ();
  JsonNode *root;

  if (length == 0 || length > INNER_JSON_MAX_BYTES || !g_utf8_validate (copy, length, NULL))
    {
      fail (error, _ ("it is not valid JSON"));
      return NULL;
    }
  if (!check_text (copy, length, error))
    return NULL;
  /* The parser's own words quote the text. */
  root = json_parser_load_from_data (parser, copy, length, NULL) ? json_parser_get_root (parser)
                                                                 : NULL;
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      fail (error, _ ("it is not a JSON object"));
      return NULL;
    }

  for (; *keep != NULL; keep++)
    keep_member (json_node_get_object (root), kept, *keep);
  return write_object (kept);
}
