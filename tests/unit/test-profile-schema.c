/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The published schema and the table of keys say the same. */

#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <unistd.h>

#include "inner-suggest.h"
#include "test-profile-common.h"

static xmlDoc *schema;

static gboolean
is_called (const xmlNode *node, const char *name)
{
  return g_str_equal ((const char *) node->name, name);
}

static char *
property (const xmlNode *node, const char *name)
{
  xmlChar *value = xmlGetProp (node, (const xmlChar *) name);
  char *text = g_strdup ((const char *) value);

  xmlFree (value);
  return text;
}

static const xmlNode *
definition (const char *name)
{
  for (const xmlNode *node = xmlFirstElementChild (xmlDocGetRootElement (schema)); node != NULL;
       node = xmlNextElementSibling ((xmlNode *) node))
    {
      g_autofree char *defined = property (node, "name");

      if (is_called (node, "define") && g_str_equal (defined, name))
        return node;
    }

  g_error ("the schema has no definition of %s", name);
}

/* Adds what the schema allows below @node: "profile/sandbox/home", "profile@name", and
 * "profile/sandbox/home=isolated" for each word of a choice. */
static void
collect (const xmlNode *node, const char *path, GHashTable *places)
{
  for (const xmlNode *child = xmlFirstElementChild ((xmlNode *) node); child != NULL;
       child = xmlNextElementSibling ((xmlNode *) child))
    {
      g_autofree char *name = property (child, "name");
      g_autofree char *place = NULL;
      const char *joint = is_called (child, "attribute") ? "@" : "/";

      if (is_called (child, "ref"))
        collect (definition (name), path, places);
      else if (is_called (child, "value"))
        {
          g_autofree char *word = (char *) xmlNodeGetContent (child);

          g_hash_table_add (places, g_strconcat (path, "=", word, NULL));
        }
      else if (is_called (child, "element") || is_called (child, "attribute"))
        {
          place = g_strconcat (path, *path != '\0' ? joint : "", name, NULL);
          g_hash_table_add (places, g_strdup (place));
          collect (child, place, places);
        }
      else
        collect (child, path, places);
    }
}

static void
expect (GHashTable *places, const char *first, const char *joint, const char *second)
{
  g_autofree char *place = g_strconcat (first, joint, second, NULL);

  if (!g_hash_table_remove (places, place))
    g_error ("the schema does not allow %s", place);
}

static void
expect_words (GHashTable *places, const char *place, const InnerKeyRow *row)
{
  for (const char *const *word = row->info.choices; word != NULL && *word != NULL; word++)
    expect (places, place, "=", *word);
  for (const InnerKeyAlias *alias = row->aliases; alias != NULL && alias->old != NULL; alias++)
    expect (places, place, "=", alias->old);
}

/* Removes from @places all that the key needs. */
static void
expect_key (GHashTable *places, const InnerKeyRow *row)
{
  g_autofree char *item = g_strconcat (row->xml, "/", row->item, NULL);
  g_autofree char *mode = g_strconcat (item, "@mode", NULL);
  g_autofree char *severity = g_strconcat (item, "@severity", NULL);

  expect (places, row->xml, "", "");
  if (row->item != NULL)
    expect (places, item, "", "");
  if (row->label != NULL)
    expect (places, item, "@", row->label);

  if (row->info.type == INNER_VALUE_MOUNTS)
    {
      expect (places, item, "@", "source");
      expect (places, item, "@", "destination");
      expect (places, mode, "", "");
      expect_words (places, mode, row);
    }
  else if (row->info.type == INNER_VALUE_CHECKS)
    {
      expect (places, item, "@", "name");
      expect (places, severity, "", "");
      expect_words (places, severity, row);
    }
  else if (row->info.type == INNER_VALUE_BOOL)
    {
      expect (places, row->xml, "=", "true");
      expect (places, row->xml, "=", "false");
    }
  else
    expect_words (places, row->xml, row);
}

static void
test_same_keys (void)
{
  g_autoptr (GHashTable) places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  const char *place;

  collect (xmlFirstElementChild (xmlDocGetRootElement (schema)), "", places);
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (inner_key_row (key)->xml != NULL)
      expect_key (places, inner_key_row (key));

  /* What is left only holds other elements. */
  g_hash_table_iter_init (&iter, places);
  while (g_hash_table_iter_next (&iter, (gpointer *) &place, NULL))
    if (!inner_key_is_parent (place, '/'))
      g_error ("the table of keys does not know %s", place);
}

static gboolean
schema_accepts (xmlRelaxNG *compiled, xmlDoc *doc)
{
  xmlRelaxNGValidCtxt *validation = xmlRelaxNGNewValidCtxt (compiled);
  gboolean good;

  xmlRelaxNGSetValidErrors (validation, NULL, NULL, NULL);
  good = xmlRelaxNGValidateDoc (validation, doc) == 0;
  xmlRelaxNGFreeValidCtxt (validation);
  return good;
}

static void
on_any_error (void *context, const char *format, ...)
{
}

/* The changes that are made to each element in turn. */
static void
rename_it (xmlNode *element)
{
  xmlNodeSetName (element, (const xmlChar *) "zzz");
}

static void
double_it (xmlNode *element)
{
  xmlAddNextSibling (element, xmlCopyNode (element, 1));
}

static void
add_text (xmlNode *element)
{
  xmlAddChild (element, xmlNewText ((const xmlChar *) "zzz"));
}

static void
add_attribute (xmlNode *element)
{
  xmlNewProp (element, (const xmlChar *) "zzz", (const xmlChar *) "1");
}

static void
add_element (xmlNode *element)
{
  xmlNewChild (element, NULL, (const xmlChar *) "path", NULL);
}

static void
drop_attribute (xmlNode *element)
{
  if (element->properties != NULL)
    xmlRemoveProp (element->properties);
}

static void
change_attributes (xmlNode *element)
{
  for (xmlAttr *attribute = element->properties; attribute != NULL; attribute = attribute->next)
    xmlSetProp (element, attribute->name, (const xmlChar *) "zzz");
}

static void
set_namespace (xmlNode *element)
{
  xmlSetNs (element, xmlNewNs (element, (const xmlChar *) "urn:x", NULL));
}

static void (*const changes[]) (xmlNode *) = {
  rename_it,   double_it,      add_text,          add_attribute,
  add_element, drop_attribute, change_attributes, set_namespace,
};

/* The element number @n of @doc in document order, or %NULL. */
static xmlNode *
element_number (xmlNode *node, guint *n)
{
  for (; node != NULL; node = xmlNextElementSibling (node))
    {
      xmlNode *found;

      if ((*n)-- == 0)
        return node;
      found = element_number (xmlFirstElementChild (node), n);
      if (found != NULL)
        return found;
    }

  return NULL;
}

/* Both judge @doc the same, but for doubles among items, which the schema cannot see. */
static gboolean
judge (xmlRelaxNG *compiled, xmlDoc *doc)
{
  xmlChar *text;
  int length;
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerProfile) profile = NULL;
  gboolean accepted;

  xmlDocDumpMemory (doc, &text, &length);
  accepted = schema_accepts (compiled, doc);
  profile = parse ((const char *) text, INNER_NOTATION_XML, &error);
  if (profile == NULL && strstr (error->message, "does not follow the schema") != NULL)
    g_error ("only the schema refuses this: %s\n%s", error->message, text);
  if (profile == NULL && accepted && strstr (error->message, "stands here twice") == NULL)
    g_error ("the schema accepts this: %s\n%s", error->message, text);
  xmlFree (text);
  return accepted;
}

static void
test_same_verdict (void)
{
  g_autofree char *path = source_file ("tests/unit/profile/everything.toml");
  g_autofree char *schema_path = source_file ("data/inner-profile.rng");
  g_autofree char *text = NULL;
  g_autofree char *as_xml = NULL;
  g_autoptr (InnerProfile) profile = NULL;
  xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt (schema_path);
  xmlRelaxNG *compiled = xmlRelaxNGParse (parser);
  guint n_refused = 0;

  xmlSetGenericErrorFunc (NULL, on_any_error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  profile = toml (text);
  as_xml = inner_profile_write (profile, "xml");

  for (guint n = 0;; n++)
    {
      gboolean there = TRUE;

      for (gsize c = 0; c < G_N_ELEMENTS (changes); c++)
        {
          xmlDoc *doc = xmlReadDoc ((const xmlChar *) as_xml, NULL, NULL, XML_PARSE_NOBLANKS);
          guint count = n;
          xmlNode *element = element_number (xmlDocGetRootElement (doc), &count);

          there = element != NULL;
          if (there && !(element->parent->type == XML_DOCUMENT_NODE && changes[c] == double_it))
            {
              changes[c](element);
              n_refused += !judge (compiled, doc);
            }
          xmlFreeDoc (doc);
        }
      if (!there)
        break;
    }

  g_assert_cmpuint (n_refused, >, 100);
  xmlRelaxNGFree (compiled);
  xmlRelaxNGFreeParserCtxt (parser);
}

static void
refuse_with_schema (const char *schema_text, const char *beginning, const char *part)
{
  static const char text[] = "<profile>\n  <env/>\n</profile>";
  g_autofree char *directory = g_dir_make_tmp ("inner-schema-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "x.rng", NULL);
  g_autoptr (GError) error = NULL;

  if (schema_text != NULL)
    g_assert_true (g_file_set_contents (path, schema_text, -1, NULL));
  g_assert_null (inner_profile_parse (text, strlen (text), INNER_NOTATION_XML, "test", NULL, path,
                                      NULL, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_true (g_str_has_prefix (error->message, beginning));
  g_assert_nonnull (strstr (error->message, part));
  g_unlink (path);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* What only the schema refuses is refused, in the same form. */
static void
test_schema_decides (void)
{
  refuse_with_schema ("<element name='profile' xmlns='http://relaxng.org/ns/structure/1.0'>"
                      "<element name='env'><attribute name='x'/></element></element>",
                      "test:2:3:", "does not follow the schema of profiles");
  refuse_with_schema ("<not-a-schema/>", "test:1:1:", "cannot be used");
  refuse_with_schema ("<", "test:1:1:", "cannot be used");
  refuse_with_schema (NULL, "test:1:1:", "cannot be used");
}

static void
test_lookups (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyRow *row = inner_key_row (key);
      InnerKey found;

      g_assert_true (inner_key_lookup (row->info.name, &found));
      g_assert_cmpint (found, ==, key);
      if (row->xml == NULL)
        continue;
      g_assert_true (inner_key_lookup_xml (row->xml, &found));
      g_assert_cmpint (found, ==, key);
    }
}

static void
test_suggestions (void)
{
  static const char *const known[] = { "network_mode", "home", "home_allow", "pids", NULL };
  static const struct
  {
    const char *word;
    const char *meant;
  } cases[] = {
    { "netwrok_mode", "network_mode" },
    { "hoem", "home" },
    { "homeallow", "home_allow" },
    { "PIDS", "pids" },
    { "home", "home" },
    { "x", NULL },
    { "", NULL },
    { "timeout", NULL },
    { "hme", "home" },
  };
  static const char *const versions[] = { "1", NULL };
  g_autofree char *endless = g_strnfill (100000, 'h');

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (inner_suggest (cases[i].word, known), ==, cases[i].meant);
  g_assert_null (inner_suggest (endless, known));
  g_assert_null (inner_suggest ("2", versions));
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  path = source_file ("data/inner-profile.rng");
  schema = xmlReadFile (path, NULL, XML_PARSE_NOBLANKS);
  g_assert_nonnull (schema);

  g_test_add_func ("/profile/schema/same-keys", test_same_keys);
  g_test_add_func ("/profile/schema/same-verdict", test_same_verdict);
  g_test_add_func ("/profile/schema/decides", test_schema_decides);
  g_test_add_func ("/profile/keys/lookups", test_lookups);
  g_test_add_func ("/profile/keys/suggestions", test_suggestions);

  result = g_test_run ();
  xmlFreeDoc (schema);
  return result;
}
