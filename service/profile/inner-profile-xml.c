/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The XML notation: the table of keys says which element or attribute holds a key. */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-options.h"
#include "inner-profile-reader.h"
#include "inner-xml.h"

typedef struct
{
  InnerReader *reader;
  const char *path; /* of the document */
  const char *text;
  GHashTable *seen;       /* places of the elements that were read */
  const InnerKeyRow *row; /* (nullable): the key that is being read */
  GArray *places;         /* of InnerPosition: of the items of the value that is being read */
  gsize counted;          /* the byte up to which lines were counted, and its place: items are */
  InnerPosition at;       /* met in the order of the document, and counting is not begun anew */
} Reading;

static const char *const nothing[] = { NULL };

static const char *
name_of (const xmlNode *element)
{
  return (const char *) element->name;
}

static InnerPosition
place_of (Reading *reading, const xmlNode *element)
{
  return inner_xml_place_of_element (reading->text, element);
}

static InnerPosition
place_of_attribute (Reading *reading, const xmlAttr *attribute)
{
  return inner_xml_place_of_attribute (reading->text, attribute);
}

static char *
take_content (const xmlNode *node)
{
  xmlChar *content = xmlNodeGetContent (node);
  char *text = g_strdup ((const char *) content);

  xmlFree (content);
  return text;
}

static xmlNode *
first_element (const xmlNode *parent)
{
  return xmlFirstElementChild ((xmlNode *) parent);
}

static guint
count_elements (const xmlNode *parent)
{
  return xmlChildElementCount ((xmlNode *) parent);
}

static void
complain_unknown_element (Reading *reading, const xmlNode *element, const char *const *known)
{
  g_autofree char *shown = g_strdup_printf ("<%s>", name_of (element));

  if (element->ns != NULL)
    inner_reader_complain (reading->reader, place_of (reading, element), NULL,
                           _ ("“%s” is in a namespace; the elements of a profile are in none"),
                           shown);
  else
    inner_reader_complain_unknown (reading->reader, place_of (reading, element), name_of (element),
                                   shown, known);
}

/* Gives the values of the attributes that @names lists (NULL-terminated), %NULL for one that is not
 * there; complains of all others and then gives %NULL. */
static GPtrArray *
read_attributes (Reading *reading, const xmlNode *element, const char *const *names)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  gboolean good = TRUE;

  g_ptr_array_set_size (values, g_strv_length ((char **) names));
  for (const xmlAttr *attribute = element->properties; attribute != NULL;
       attribute = attribute->next)
    {
      const char *name = (const char *) attribute->name;
      gsize i = 0;

      while (names[i] != NULL && (attribute->ns != NULL || !g_str_equal (names[i], name)))
        i++;
      if (names[i] != NULL)
        values->pdata[i] = take_content ((const xmlNode *) attribute);
      else
        inner_reader_complain_unknown (reading->reader, place_of_attribute (reading, attribute),
                                       name, name, names);
      good = good && names[i] != NULL;
    }

  return good ? g_steal_pointer (&values) : NULL;
}

/* Gives the text of an element that holds nothing else; %NULL, with a complaint, otherwise. */
static char *
take_text (Reading *reading, const xmlNode *element)
{
  const xmlNode *inside = first_element (element);

  if (inside != NULL)
    {
      inner_reader_complain (reading->reader, place_of (reading, inside), reading->row->info.name,
                             _ ("<%s> holds a text and no elements; remove <%s>"),
                             name_of (element), name_of (inside));
      return NULL;
    }

  return take_content (element);
}

/* Whether @element holds elements only. */
static gboolean
check_no_text (Reading *reading, const xmlNode *element)
{
  for (const xmlNode *child = element->children; child != NULL; child = child->next)
    if (child->type == XML_TEXT_NODE && !xmlIsBlankNode (child))
      {
        inner_reader_complain (reading->reader, place_of (reading, element), NULL,
                               _ ("<%s> holds elements and no text; put the text into one of them"),
                               name_of (element));
        return FALSE;
      }

  return TRUE;
}

static gboolean
check_empty (Reading *reading, const xmlNode *element)
{
  if (first_element (element) == NULL && check_no_text (reading, element))
    return TRUE;
  if (first_element (element) != NULL)
    complain_unknown_element (reading, first_element (element), nothing);
  return FALSE;
}

static gboolean
check_present (Reading *reading, const xmlNode *element, const char *attribute, const char *value)
{
  if (value != NULL)
    return TRUE;

  inner_reader_complain (reading->reader, place_of (reading, element), reading->row->info.name,
                         _ ("<%s> needs the attribute “%s”"), name_of (element), attribute);
  return FALSE;
}

/* A bool or number from its text; white space around it does not count. */
static GVariant *
parse_plain (Reading *reading, InnerPosition at, const char *text)
{
  const InnerKeyInfo *info = &reading->row->info;
  g_autofree char *word = g_strstrip (g_strdup (text));
  guint64 number;

  if (info->type == INNER_VALUE_INTEGER)
    {
      if (g_ascii_string_to_unsigned (word, 10, 0, G_MAXINT64, &number, NULL))
        return g_variant_new_int64 (number);
    }
  else if (g_str_equal (word, "true") || g_str_equal (word, "false"))
    return g_variant_new_boolean (g_str_equal (word, "true"));

  inner_reader_complain (reading->reader, at, info->name, _ ("“%s” must be %s here"), info->name,
                         info->type == INNER_VALUE_BOOL ? _ ("true or false")
                                                        : _ ("a whole number, not negative"));
  return NULL;
}

static GVariant *
parse_scalar (Reading *reading, InnerPosition at, const char *text)
{
  const InnerKeyRow *row = reading->row;
  g_autofree char *word = NULL;
  const char *kept;

  if (row->info.type != INNER_VALUE_STRING)
    return parse_plain (reading, at, text);
  if (row->info.choices == NULL)
    return g_variant_new_string (text);

  word = g_strstrip (g_strdup (text));
  kept = inner_reader_choose (reading->reader, at, row, word);
  return kept != NULL ? g_variant_new_string (kept) : NULL;
}

static GVariant *
read_list_item (Reading *reading, const xmlNode *element)
{
  g_autoptr (GPtrArray) values = read_attributes (reading, element, nothing);
  g_autofree char *text = take_text (reading, element);

  return values != NULL && text != NULL ? g_variant_new_string (text) : NULL;
}

static GVariant *
read_map_item (Reading *reading, const xmlNode *element)
{
  const char *const names[] = { reading->row->label, NULL };
  g_autoptr (GPtrArray) values = read_attributes (reading, element, names);
  g_autofree char *text = take_text (reading, element);

  if (values == NULL || text == NULL ||
      !check_present (reading, element, names[0], values->pdata[0]))
    return NULL;

  return g_variant_new ("{ss}", values->pdata[0], text);
}

/* The word in the attribute @name, which is one of the choices of the key. */
static const char *
choose_attribute (Reading *reading,
                  const xmlNode *element,
                  const char *name,
                  const char *value,
                  const char *fallback)
{
  if (value == NULL)
    return fallback;

  return inner_reader_choose (
      reading->reader, place_of_attribute (reading, xmlHasProp (element, (const xmlChar *) name)),
      reading->row, value);
}

/* <mount source="…" destination="…" mode="…"/> */
static GVariant *
read_mount (Reading *reading, const xmlNode *element)
{
  static const char *const names[] = { "source", "destination", "mode", NULL };
  g_autoptr (GPtrArray) values = read_attributes (reading, element, names);
  const char *mode;

  if (values == NULL || !check_present (reading, element, names[0], values->pdata[0]) ||
      !check_present (reading, element, names[1], values->pdata[1]) ||
      !check_empty (reading, element))
    return NULL;

  mode = choose_attribute (reading, element, names[2], values->pdata[2], "ro");
  return mode != NULL ? g_variant_new ("(sss)", values->pdata[0], values->pdata[1], mode) : NULL;
}

/* <check name="…" severity="…">COMMAND</check> */
static GVariant *
read_check (Reading *reading, const xmlNode *element)
{
  static const char *const names[] = { "name", "severity", NULL };
  g_autoptr (GPtrArray) values = read_attributes (reading, element, names);
  g_autofree char *text = take_text (reading, element);
  const char *severity;

  if (values == NULL || text == NULL ||
      !check_present (reading, element, names[0], values->pdata[0]))
    return NULL;

  severity = choose_attribute (reading, element, names[1], values->pdata[1], "medium");
  return severity != NULL ? g_variant_new ("(sss)", values->pdata[0], text, severity) : NULL;
}

/* Whether the key of @item, of a map or a mount, is new; TOML refuses doubles by itself. */
static gboolean
check_new (Reading *reading, const xmlNode *element, GVariant *item, GHashTable *keys)
{
  g_autoptr (GVariant) key = g_variant_get_child_value (item, 0);
  g_autofree char *shown = inner_escape_for_display (g_variant_get_string (key, NULL));

  if (g_hash_table_add (keys, g_variant_dup_string (key, NULL)))
    return TRUE;

  inner_reader_complain (reading->reader, place_of (reading, element), reading->row->info.name,
                         _ ("“%s” stands here twice; keep one of them"), shown);
  return FALSE;
}

static GVariant *
read_item (Reading *reading, const xmlNode *element, GHashTable *keys)
{
  const char *const known[] = { reading->row->item, NULL };
  g_autoptr (GVariant) item = NULL;

  if (element->ns != NULL || !g_str_equal (name_of (element), known[0]))
    {
      complain_unknown_element (reading, element, known);
      return NULL;
    }

  switch (reading->row->info.type)
    {
    case INNER_VALUE_LIST:
      return read_list_item (reading, element);
    case INNER_VALUE_CHECKS:
      return read_check (reading, element);
    case INNER_VALUE_MAP:
      item = read_map_item (reading, element);
      break;
    case INNER_VALUE_MOUNTS:
      item = read_mount (reading, element);
      break;
    case INNER_VALUE_STRING:
    case INNER_VALUE_BOOL:
    case INNER_VALUE_INTEGER:
    default:
      g_return_val_if_reached (NULL);
    }

  return item != NULL && check_new (reading, element, item, keys) ? g_steal_pointer (&item) : NULL;
}

static void
note_place (Reading *reading, const xmlNode *element)
{
  gsize offset = inner_xml_offset_of_element (element);

  if (offset < reading->counted)
    {
      reading->counted = 0;
      reading->at = (InnerPosition){ 1, 1 };
    }
  inner_position_move (&reading->at, reading->text, reading->counted, offset);
  reading->counted = offset;
  g_array_append_val (reading->places, reading->at);
}

static GVariant *
read_items (Reading *reading, const xmlNode *element, const char *type)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (type));
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean good = check_no_text (reading, element) &&
                  inner_reader_check_count (reading->reader, place_of (reading, element),
                                            reading->row, count_elements (element));

  for (const xmlNode *child = good ? first_element (element) : NULL;
       child != NULL && !inner_reader_is_full (reading->reader);
       child = xmlNextElementSibling ((xmlNode *) child))
    {
      GVariant *item = read_item (reading, child, keys);

      note_place (reading, child);
      if (item != NULL)
        g_variant_builder_add_value (&builder, item);
      good = good && item != NULL;
    }

  return good ? g_variant_builder_end (&builder) : NULL;
}

/* The value of an element that stands for a key. */
static GVariant *
read_value (Reading *reading, const xmlNode *element)
{
  g_autoptr (GPtrArray) attributes = read_attributes (reading, element, nothing);
  g_autofree char *text = NULL;

  if (attributes == NULL)
    return NULL;

  switch (reading->row->info.type)
    {
    case INNER_VALUE_LIST:
      return read_items (reading, element, "as");
    case INNER_VALUE_MAP:
      return read_items (reading, element, "a{ss}");
    case INNER_VALUE_MOUNTS:
    case INNER_VALUE_CHECKS:
      return read_items (reading, element, "a(sss)");
    case INNER_VALUE_STRING:
    case INNER_VALUE_BOOL:
    case INNER_VALUE_INTEGER:
    default:
      text = take_text (reading, element);
      return text != NULL ? parse_scalar (reading, place_of (reading, element), text) : NULL;
    }
}

static void
set_value (Reading *reading, InnerKey key, GVariant *value, InnerPosition at)
{
  if (value == NULL)
    return;
  inner_profile_set (reading->reader->profile, key, value, reading->path, at.line, at.column);
  if (reading->places->len > 0)
    inner_profile_set_places (reading->reader->profile, key,
                              (const InnerPosition *) reading->places->data, reading->places->len);
}

/* The attributes of an element with a name of its own in the table. */
static void
read_own_attributes (Reading *reading, const xmlNode *element, const char *path)
{
  g_auto (GStrv) known = inner_key_names_below (path, '@');

  for (const xmlAttr *attribute = element->properties; attribute != NULL;
       attribute = attribute->next)
    {
      const char *name = (const char *) attribute->name;
      g_autofree char *place = g_strconcat (path, "@", name, NULL);
      InnerPosition at = place_of_attribute (reading, attribute);
      InnerKey key;

      g_array_set_size (reading->places, 0);
      if (attribute->ns == NULL && inner_key_lookup_xml (place, &key))
        {
          g_autofree char *text = take_content ((const xmlNode *) attribute);

          reading->row = inner_key_row (key);
          set_value (reading, key, parse_scalar (reading, at, text), at);
        }
      else
        inner_reader_complain_unknown (reading->reader, at, name, name,
                                       (const char *const *) known);
    }
}

static gboolean
check_once (Reading *reading, const xmlNode *element, const char *path)
{
  if (g_hash_table_add (reading->seen, g_strdup (path)))
    return TRUE;

  inner_reader_complain (reading->reader, place_of (reading, element), NULL,
                         _ ("<%s> stands here twice; put both into one"), name_of (element));
  return FALSE;
}

static void
read_element (Reading *reading, const xmlNode *element, const char *path)
{
  g_auto (GStrv) known = inner_key_names_below (path, '/');

  read_own_attributes (reading, element, path);
  if (!check_no_text (reading, element))
    return;

  for (const xmlNode *child = first_element (element);
       child != NULL && !inner_reader_is_full (reading->reader);
       child = xmlNextElementSibling ((xmlNode *) child))
    {
      g_autofree char *place = g_strconcat (path, "/", name_of (child), NULL);
      gboolean is_key;
      InnerKey key;

      is_key = inner_key_lookup_xml (place, &key);
      if (child->ns != NULL || (!is_key && !inner_key_is_parent (place, '/')))
        complain_unknown_element (reading, child, (const char *const *) known);
      else if (!check_once (reading, child, place))
        continue;
      else if (!is_key)
        read_element (reading, child, place);
      else
        {
          GVariant *value;

          reading->row = inner_key_row (key);
          g_array_set_size (reading->places, 0);
          value = read_value (reading, child);
          set_value (reading, key, value, place_of (reading, child));
        }
    }
}

/* SECURITY: what the table of keys lets through must follow the published schema, too: a gap in
 * one of them is closed by the other (tests/unit/test-profile-schema.c). */
void
inner_read_xml (
    InnerReader *reader, const char *path, const char *text, gsize length, const char *schema_path)
{
  static const char *const roots[] = { "profile", NULL };
  g_autofree char *ended = g_strndup (text, length);
  g_autoptr (xmlDoc) doc = inner_xml_parse (reader, ended, length);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (InnerPosition));
  Reading reading = { reader, path, ended, seen, NULL, places, 0, { 1, 1 } };
  const xmlNode *root;

  if (doc == NULL)
    return;

  root = xmlDocGetRootElement (doc);
  if (root->ns != NULL || !g_str_equal (name_of (root), roots[0]))
    complain_unknown_element (&reading, root, roots);
  else
    read_element (&reading, root, roots[0]);

  if (reader->problems->len == 0 && schema_path != NULL)
    inner_xml_validate (reader, doc, ended, schema_path);
}
