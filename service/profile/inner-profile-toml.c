/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The TOML notation: keys are those of the table, tables follow their dots. */

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "inner-options.h"
#include "inner-profile-reader.h"
#include "inner-toml.h"

typedef struct
{
  InnerReader *reader;
  const InnerKeyRow *row; /* the key that is being read */
  GArray *places;         /* (nullable): of InnerPosition: of the items of its value */
} Reading;

/* One field of a mount or a check. */
typedef struct
{
  const char *name;
  const char *fallback; /* (nullable): without one the field must be there */
} Field;

typedef struct
{
  const char *text;
  InnerPosition at;
} FieldValue;

static const char *const kinds[] = {
  [INNER_TOML_TABLE] = N_ ("a table"),         [INNER_TOML_ARRAY] = N_ ("a list"),
  [INNER_TOML_TEXT] = N_ ("a text"),           [INNER_TOML_INTEGER] = N_ ("a whole number"),
  [INNER_TOML_REAL] = N_ ("a number"),         [INNER_TOML_BOOL] = N_ ("true or false"),
  [INNER_TOML_TIME] = N_ ("a date or a time"),
};

static void
note_place (Reading *reading, InnerPosition at)
{
  if (reading->places != NULL)
    g_array_append_val (reading->places, at);
}

static gboolean
is_kind (Reading *reading, const InnerTomlNode *node, InnerTomlKind wanted)
{
  if (node->kind == wanted)
    return TRUE;

  inner_reader_complain (reading->reader, node->at, reading->row->info.name,
                         _ ("“%s” must be %s here, not %s"), reading->row->info.name,
                         _ (kinds[wanted]), _ (kinds[node->kind]));
  return FALSE;
}

static gboolean
is_plain (Reading *reading, InnerPosition at, const char *text)
{
  if (text != NULL && inner_text_is_plain (text))
    return TRUE;

  inner_reader_complain (reading->reader, at, reading->row->info.name,
                         _ ("“%s” holds a control character; write it in another way"),
                         reading->row->info.name);
  return FALSE;
}

static const char *
take_text (Reading *reading, const InnerTomlNode *node)
{
  if (!is_kind (reading, node, INNER_TOML_TEXT) || !is_plain (reading, node->at, node->text))
    return NULL;

  return node->text;
}

/* Gives a text also where a number stands, if the key allows it: cpu = 2.0, "8080" = 80. */
static char *
take_text_or_number (Reading *reading, const InnerTomlNode *node)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (reading->row->also_number && node->kind == INNER_TOML_INTEGER)
    return g_strdup_printf ("%" G_GINT64_FORMAT, node->integer);
  if (reading->row->also_number && node->kind == INNER_TOML_REAL && isfinite (node->real))
    return g_strdup (g_ascii_dtostr (number, sizeof number, node->real));

  return g_strdup (take_text (reading, node));
}

static GVariant *
read_string (Reading *reading, const InnerTomlNode *node)
{
  g_autofree char *text = take_text_or_number (reading, node);
  const char *word = NULL;

  if (text != NULL)
    word = inner_reader_choose (reading->reader, node->at, reading->row, text);

  return word != NULL ? g_variant_new_string (word) : NULL;
}

static GVariant *
read_bool (Reading *reading, const InnerTomlNode *node)
{
  return is_kind (reading, node, INNER_TOML_BOOL) ? g_variant_new_boolean (node->boolean) : NULL;
}

static GVariant *
read_integer (Reading *reading, const InnerTomlNode *node)
{
  if (!is_kind (reading, node, INNER_TOML_INTEGER))
    return NULL;
  if (node->integer >= 0)
    return g_variant_new_int64 (node->integer);

  inner_reader_complain (reading->reader, node->at, reading->row->info.name,
                         _ ("“%s” must not be negative; write 0 for none"),
                         reading->row->info.name);
  return NULL;
}

static GVariant *
read_list (Reading *reading, const InnerTomlNode *node)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_STRING_ARRAY);
  gboolean good = TRUE;

  /* "extends" may be one text; an empty one extends nothing. */
  if (node->kind == INNER_TOML_TEXT && reading->row == inner_key_row (INNER_KEY_EXTENDS))
    {
      const char *text = take_text (reading, node);

      return text == NULL ? NULL : g_variant_new_strv (&text, *text != '\0' ? 1 : 0);
    }
  if (!is_kind (reading, node, INNER_TOML_ARRAY) ||
      !inner_reader_check_count (reading->reader, node->at, reading->row, node->children->len))
    return NULL;

  for (guint i = 0; i < node->children->len; i++)
    {
      const InnerTomlNode *child = node->children->pdata[i];
      const char *text = take_text (reading, child);

      note_place (reading, child->at);
      if (text != NULL)
        g_variant_builder_add (&builder, "s", text);
      good = good && text != NULL;
    }

  return good ? g_variant_builder_end (&builder) : NULL;
}

/* Reads the @fields of a mount or a check into @values, which are borrowed. */
static gboolean
read_fields (Reading *reading, const InnerTomlNode *node, const Field *fields, FieldValue *values)
{
  const char *names[8] = { NULL };
  gboolean good = is_kind (reading, node, INNER_TOML_TABLE);

  for (gsize f = 0; fields[f].name != NULL; f++)
    {
      names[f] = fields[f].name;
      values[f] = (FieldValue){ fields[f].fallback, node->at };
    }

  for (guint i = 0; good && i < node->children->len; i++)
    {
      const InnerTomlNode *child = node->children->pdata[i];
      const char *key = child->key != NULL ? child->key : "";
      gsize f = 0;

      while (fields[f].name != NULL && !g_str_equal (fields[f].name, key))
        f++;
      if (fields[f].name != NULL)
        values[f] = (FieldValue){ take_text (reading, child), child->at };
      else
        inner_reader_complain_unknown (reading->reader, child->key_at, key, key, names);
      good = fields[f].name != NULL && values[f].text != NULL;
    }

  for (gsize f = 0; good && fields[f].name != NULL; f++)
    if (values[f].text == NULL)
      {
        inner_reader_complain (reading->reader, node->at, reading->row->info.name,
                               _ ("An entry of “%s” needs “%s”"), reading->row->info.name,
                               fields[f].name);
        good = FALSE;
      }

  return good;
}

/* One entry of a table of texts. */
static GVariant *
read_map_item (Reading *reading, const InnerTomlNode *node)
{
  g_autofree char *text = NULL;

  if (node->kind == INNER_TOML_TABLE)
    {
      inner_reader_complain (reading->reader, node->key_at, reading->row->info.name,
                             _ ("An entry of “%s” must be a text; put quotes around a name that "
                                "has dots"),
                             reading->row->info.name);
      return NULL;
    }

  text = take_text_or_number (reading, node);
  return text != NULL ? g_variant_new ("{ss}", node->key, text) : NULL;
}

/* "SOURCE" = { dest = "…", mode = "…" } */
static GVariant *
read_mount (Reading *reading, const InnerTomlNode *node)
{
  static const Field fields[] = { { "dest", NULL }, { "mode", "ro" }, { NULL, NULL } };
  FieldValue values[2];
  const char *mode;

  if (!read_fields (reading, node, fields, values))
    return NULL;

  mode = inner_reader_choose (reading->reader, values[1].at, reading->row, values[1].text);
  return mode != NULL ? g_variant_new ("(sss)", node->key, values[0].text, mode) : NULL;
}

/* { name = "…", cmd = "…", severity = "…" } */
static GVariant *
read_check (Reading *reading, const InnerTomlNode *node)
{
  static const Field fields[] = {
    { "name", NULL }, { "cmd", NULL }, { "severity", "medium" }, { NULL, NULL }
  };
  FieldValue values[3];
  const char *severity;

  if (!read_fields (reading, node, fields, values))
    return NULL;

  severity = inner_reader_choose (reading->reader, values[2].at, reading->row, values[2].text);
  return severity != NULL ? g_variant_new ("(sss)", values[0].text, values[1].text, severity)
                          : NULL;
}

static GVariant *
read_items (Reading *reading,
            const InnerTomlNode *node,
            InnerTomlKind kind,
            const char *type,
            GVariant *(*read_item) (Reading *, const InnerTomlNode *) )
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (type));
  gboolean good = TRUE;

  if (!is_kind (reading, node, kind) ||
      !inner_reader_check_count (reading->reader, node->at, reading->row, node->children->len))
    return NULL;

  for (guint i = 0; i < node->children->len; i++)
    {
      const InnerTomlNode *child = node->children->pdata[i];
      GVariant *item = NULL;

      note_place (reading, kind == INNER_TOML_ARRAY ? child->at : child->key_at);
      if (kind == INNER_TOML_ARRAY || is_plain (reading, child->key_at, child->key))
        item = read_item (reading, child);
      if (item != NULL)
        g_variant_builder_add_value (&builder, item);
      good = good && item != NULL;
    }

  return good ? g_variant_builder_end (&builder) : NULL;
}

static GVariant *
read_value (Reading *reading, const InnerTomlNode *node)
{
  switch (reading->row->info.type)
    {
    case INNER_VALUE_STRING:
      return read_string (reading, node);
    case INNER_VALUE_BOOL:
      return read_bool (reading, node);
    case INNER_VALUE_INTEGER:
      return read_integer (reading, node);
    case INNER_VALUE_LIST:
      return read_list (reading, node);
    case INNER_VALUE_MAP:
      return read_items (reading, node, INNER_TOML_TABLE, "a{ss}", read_map_item);
    case INNER_VALUE_MOUNTS:
      return read_items (reading, node, INNER_TOML_TABLE, "a(sss)", read_mount);
    case INNER_VALUE_CHECKS:
      return read_items (reading, node, INNER_TOML_ARRAY, "a(sss)", read_check);
    default:
      g_return_val_if_reached (NULL);
    }
}

GVariant *
inner_reader_read_toml_value (InnerReader *reader,
                              const InnerKeyRow *row,
                              const InnerTomlNode *node)
{
  Reading reading = { reader, row, NULL };

  return read_value (&reading, node);
}

static void
read_key (InnerReader *reader, const char *path, const InnerTomlNode *node, InnerKey key)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (InnerPosition));
  Reading reading = { reader, inner_key_row (key), places };
  GVariant *value = read_value (&reading, node);

  if (value == NULL)
    return;
  inner_profile_set (reader->profile, key, value, path, node->at.line, node->at.column);
  if (places->len > 0)
    inner_profile_set_places (reader->profile, key, (const InnerPosition *) places->data,
                              places->len);
}

static void
complain_unknown_key (InnerReader *reader, const InnerTomlNode *node, const char *prefix)
{
  g_auto (GStrv) known = inner_key_names_below (prefix, '.');
  const char *key = node->key != NULL ? node->key : "\\0";
  g_autofree char *dotted = g_strconcat (prefix, *prefix != '\0' ? "." : "", key, NULL);

  inner_reader_complain_unknown (reader, node->key_at, key, dotted, (const char *const *) known);
}

static void
read_table (InnerReader *reader, const char *path, const InnerTomlNode *table, const char *prefix)
{
  for (guint i = 0; i < table->children->len && !inner_reader_is_full (reader); i++)
    {
      const InnerTomlNode *child = table->children->pdata[i];
      /* A quoted key with a dot in it is one name, not a path through tables. */
      gboolean has_name = child->key != NULL && strchr (child->key, '.') == NULL;
      g_autofree char *dotted =
          has_name ? g_strconcat (prefix, *prefix != '\0' ? "." : "", child->key, NULL) : NULL;
      InnerKey key;

      if (dotted != NULL && inner_key_lookup (dotted, &key))
        read_key (reader, path, child, key);
      else if (dotted == NULL || !inner_key_is_parent (dotted, '.'))
        complain_unknown_key (reader, child, prefix);
      else if (child->kind == INNER_TOML_TABLE)
        read_table (reader, path, child, dotted);
      else
        inner_reader_complain (reader, child->at, dotted,
                               _ ("“%s” must be a table, not %s; begin it with a line “[%s]”"),
                               dotted, _ (kinds[child->kind]), dotted);
    }
}

/* Gives the first byte behind the string that begins at @p. */
static const char *
skip_string (const char *p, const char *end)
{
  char quote = *p;
  gboolean long_form = end - p >= 3 && p[1] == quote && p[2] == quote;

  for (p += long_form ? 3 : 1; p < end; p++)
    {
      if (*p == '\\' && quote == '"')
        p++;
      else if (*p == '\n' && !long_form)
        return p;
      else if (*p == quote && !long_form)
        return p + 1;
      else if (*p == quote && end - p >= 3 && p[1] == quote && p[2] == quote)
        {
          /* Up to two quotes may stand before the three that end it. */
          for (p += 3; p < end && *p == quote; p++)
            ;
          return p;
        }
    }

  return end;
}

/* SECURITY: the parser limits how deep values nest, but makes one table for each dot of a key, and
 * frees them by recursion: half a million dots end the service. So brackets and the dots of a key
 * are counted first, outside strings and comments (tests/unit/test-profile-hostile.c). */
static gboolean
nests_too_deep (const char *text, gsize length, gsize *offset)
{
  const char *end = text + length;
  guint brackets = 0;
  guint dots = 0;

  for (const char *p = text; p < end;)
    {
      *offset = p - text;
      if (*p == '"' || *p == '\'')
        {
          p = skip_string (p, end);
          continue;
        }
      if (*p == '#')
        p = memchr (p, '\n', end - p) != NULL ? memchr (p, '\n', end - p) : end - 1;

      if (*p == '[' || *p == '{')
        brackets++;
      else if ((*p == ']' || *p == '}') && brackets > 0)
        brackets--;
      else if (*p == '.')
        dots++;
      else if (*p == '\n' || *p == ',')
        dots = 0;
      if (brackets > INNER_DOCUMENT_MAX_DEPTH || dots > INNER_DOCUMENT_MAX_DEPTH)
        return TRUE;
      p++;
    }

  return FALSE;
}

/* The parser takes the end of a document for a further column of its last line, also behind the line
 * feed of that line: gives the place where the document ends instead. */
static InnerPosition
place_within (const char *text, gsize length, InnerPosition at)
{
  const char *end = text + length;
  const char *line = text;
  const char *line_end;

  for (guint i = 1; i < at.line && line != NULL; i++)
    {
      line = memchr (line, '\n', end - line);
      line = line != NULL ? line + 1 : NULL;
    }
  line_end = line != NULL ? memchr (line, '\n', end - line) : NULL;
  if (line == NULL ||
      (line_end != NULL && at.column > (gulong) g_utf8_strlen (line, line_end - line) + 1))
    return inner_position_of (text, length);

  return at;
}

InnerTomlNode *
inner_reader_parse_toml (InnerReader *reader, const char *text, gsize length)
{
  g_autoptr (InnerTomlNode) root = NULL;
  g_autofree char *message = NULL;
  g_autofree char *shown = NULL;
  InnerPosition at;
  gsize offset;

  if (nests_too_deep (text, length, &offset))
    {
      inner_reader_complain (reader, inner_position_of (text, offset), NULL,
                             _ ("The document nests more than %d levels; a profile needs four"),
                             INNER_DOCUMENT_MAX_DEPTH);
      return NULL;
    }

  root = inner_toml_parse (text, length, &message, &at);
  if (root != NULL)
    return g_steal_pointer (&root);

  shown = inner_escape_for_display (message);
  inner_reader_complain (reader, place_within (text, length, at), NULL,
                         _ ("This is not valid TOML: %s"), shown);
  return NULL;
}

void
inner_read_toml (InnerReader *reader, const char *path, const char *text, gsize length)
{
  g_autoptr (InnerTomlNode) root = inner_reader_parse_toml (reader, text, length);

  if (root != NULL)
    read_table (reader, path, root, "");
}
