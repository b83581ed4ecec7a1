/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-json-keep.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define MAX_DEPTH 64
#define MAX_TOKEN (16 * 1024)

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
write_object (JsonObject *object, gboolean pretty)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  char *text;

  json_node_set_object (root, object);
  text = json_to_string (root, pretty);
  return g_bytes_new_take (text, strlen (text));
}

/* Gives a parser that holds the object in @text, or %NULL. */
static JsonParser *
parse_object (GBytes *text, GError **error)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (text, &length);
  g_autofree char *copy = g_strndup (data, length);
  g_autoptr (JsonParser) parser = json_parser_new ();
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
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    return g_steal_pointer (&parser);
  fail (error, _ ("it is not a JSON object"));
  return NULL;
}

static JsonObject *
get_root (JsonParser *parser)
{
  return json_node_get_object (json_parser_get_root (parser));
}

GBytes *
inner_json_keep (GBytes *text, const char *const *keep, GError **error)
{
  g_autoptr (JsonParser) parser = parse_object (text, error);
  g_autoptr (JsonObject) kept = json_object_new ();

  if (parser == NULL)
    return NULL;
  for (; *keep != NULL; keep++)
    keep_member (get_root (parser), kept, *keep);
  return write_object (kept, TRUE);
}

/* SECURITY: what renews a login is a token, a number or a time, of the same kind as what it renews: no address, no
 * text for people, nothing that a terminal or a shell would take for more (attack 35;
 * tests/unit/test-login-renewal.c). */
static gboolean
is_plain (JsonNode *old, JsonNode *renewed)
{
  const char *text;

  if (!JSON_NODE_HOLDS_VALUE (old) || !JSON_NODE_HOLDS_VALUE (renewed) ||
      json_node_get_value_type (old) != json_node_get_value_type (renewed))
    return FALSE;
  if (json_node_get_value_type (renewed) != G_TYPE_STRING)
    return json_node_get_value_type (renewed) == G_TYPE_INT64 && json_node_get_int (renewed) >= 0;

  text = json_node_get_string (renewed);
  if (text[0] == '\0' || strlen (text) > MAX_TOKEN || strstr (text, "://") != NULL)
    return FALSE;
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr ("-._~+/=:|!#$%&*@", *text) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
renew_value (
    JsonObject *base, JsonObject *from, const char *name, gboolean *changed, GError **error)
{
  JsonNode *old = json_object_get_member (base, name);
  JsonNode *renewed = json_object_get_member (from, name);

  if (old == NULL || renewed == NULL || json_node_equal (old, renewed))
    return TRUE;
  if (!is_plain (old, renewed))
    return fail (error, _ ("it has something else in the place of a token or a time"));
  json_object_set_member (base, name, json_node_copy (renewed));
  *changed = TRUE;
  return TRUE;
}

static JsonObject *
peek_object (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* The member that @parts lead to; each of the objects on the way is in both. */
static gboolean
renew_member (JsonObject *base, JsonObject *from, char **parts, gboolean *changed, GError **error)
{
  g_autoptr (GList) names = NULL;

  if (parts[1] == NULL)
    return renew_value (base, from, parts[0], changed, error);
  names = g_str_equal (parts[0], "*") ? json_object_get_members (base)
                                      : g_list_prepend (NULL, parts[0]);
  for (GList *name = names; name != NULL; name = name->next)
    {
      JsonObject *below = peek_object (base, name->data);
      JsonObject *from_below = peek_object (from, name->data);

      if (below != NULL && from_below != NULL &&
          !renew_member (below, from_below, parts + 1, changed, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
has_zero (GBytes *text)
{
  gsize size;
  const char *data = g_bytes_get_data (text, &size);

  return g_strstr_len (data, size, "\\u0000") != NULL;
}

GBytes *
inner_json_renew (GBytes *base, GBytes *from, const char *const *members, GError **error)
{
  g_autoptr (JsonParser) old = parse_object (base, error);
  g_autoptr (JsonParser) renewed = old != NULL ? parse_object (from, error) : NULL;
  gboolean changed = FALSE;
  gsize size;
  const char *text = g_bytes_get_data (base, &size);

  if (renewed == NULL)
    return NULL;
  /* The parser's texts end there. */
  if (has_zero (from))
    {
      fail (error, _ ("it has something else in the place of a token or a time"));
      return NULL;
    }
  for (; *members != NULL; members++)
    {
      g_auto (GStrv) parts = g_strsplit (*members, ".", -1);

      if (!renew_member (get_root (old), get_root (renewed), parts, &changed, error))
        return NULL;
    }

  return changed ? write_object (get_root (old), memchr (text, '\n', size) != NULL) : NULL;
}
