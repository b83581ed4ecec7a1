/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-xml.h"

#include <glib/gi18n.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/relaxng.h>
#include <string.h>

#include "inner-options.h"

/* libxml2 2.12 made the error of a handler const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *XmlError;
#else
typedef xmlError *XmlError;
#endif

#define SPACE " \t\r\n"
#define MAX_ATTRIBUTES 32

typedef struct
{
  InnerReader *reader;
  const char *text;
  startElementNsSAX2Func start_element; /* the one that builds the tree */
  gboolean refused;
} Parsing;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlParserCtxt, xmlFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)

/* Kept by on_start_element(). */
gsize
inner_xml_offset_of_element (const xmlNode *element)
{
  return GPOINTER_TO_SIZE (element->_private);
}

InnerPosition
inner_xml_place_of_element (const char *text, const xmlNode *element)
{
  return inner_position_of (text, inner_xml_offset_of_element (element));
}

InnerPosition
inner_xml_place_of_attribute (const char *text, const xmlAttr *attribute)
{
  const char *name = (const char *) attribute->name;
  gsize length = strlen (name);
  const char *p = text + inner_xml_offset_of_element (attribute->parent);

  /* The document is well-formed: a tag is a name, then names, "=" and quoted values. */
  p += strcspn (p, SPACE);
  for (p += strspn (p, SPACE); strchr (">/", *p) == NULL; p += strspn (p, SPACE))
    {
      if (g_str_has_prefix (p, name) && strchr ("=" SPACE, p[length]) != NULL)
        return inner_position_of (text, p - text);
      p += strcspn (p, "'\"");
      p = strchr (p + 1, *p) + 1;
    }

  /* It is written with a prefix. */
  return inner_xml_place_of_element (text, attribute->parent);
}

static char *
one_line (const char *message)
{
  g_autofree char *stripped = g_strstrip (g_strdup (message != NULL ? message : ""));

  return inner_escape_for_display (stripped);
}

static InnerPosition
place_of_parser (xmlParserCtxt *parser, const char *text)
{
  long at = xmlByteConsumed (parser);

  return inner_position_of (text, MAX (at, 0));
}

static void
refuse (xmlParserCtxt *parser, const char *why)
{
  Parsing *parsing = parser->_private;

  if (!parsing->refused)
    inner_reader_complain (parsing->reader, place_of_parser (parser, parsing->text), NULL, "%s",
                           why);
  parsing->refused = TRUE;
  xmlStopParser (parser);
}

/* SECURITY: entity bombs, external entities and external subsets all begin with a document type;
 * it ends the parsing before any of it is read (tests/unit/test-profile-hostile.c). */
static void
on_doctype (void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
  refuse (context, _ ("A profile must not have a document type; remove the line “<!DOCTYPE …>”"));
}

static void
on_start_element (void *context,
                  const xmlChar *name,
                  const xmlChar *prefix,
                  const xmlChar *uri,
                  int n_namespaces,
                  const xmlChar **namespaces,
                  int n_attributes,
                  int n_defaulted,
                  const xmlChar **attributes)
{
  xmlParserCtxt *parser = context;
  Parsing *parsing = parser->_private;
  long at = xmlByteConsumed (parser);

  if (parser->nodeNr >= INNER_DOCUMENT_MAX_DEPTH)
    {
      refuse (parser, _ ("The document nests too deep; a profile needs five levels"));
      return;
    }

  parsing->start_element (context, name, prefix, uri, n_namespaces, namespaces, n_attributes,
                          n_defaulted, attributes);
  /* The parser stands at the end of the tag, and no value holds a bare "<". */
  while (at > 0 && parsing->text[at] != '<')
    at--;
  if (parser->node != NULL)
    parser->node->_private = GSIZE_TO_POINTER ((gsize) at);
}

static void
on_parse_error (void *context, XmlError error)
{
  xmlParserCtxt *parser = context;
  Parsing *parsing = parser->_private;
  InnerPosition at = { MAX (error->line, 1), MAX (error->int2, 1) };
  g_autofree char *message = one_line (error->message);

  if (error->level < XML_ERR_ERROR || parsing->refused)
    return;

  /* What follows the first error of a parser is its echo. */
  parsing->refused = TRUE;
  inner_reader_complain (parsing->reader, at, NULL, _ ("This is not well-formed XML: %s"), message);
}

/* Gives what stands behind the construct that begins at @p and ends with @end. */
static const char *
skip_to (const char *p, const char *end)
{
  const char *found = strstr (p, end);

  return found != NULL ? found + strlen (end) : p + strlen (p);
}

/* Gives the end of the start tag at @p and counts its attributes: one quoted value each. */
static const char *
skip_tag (const char *p, guint *n_attributes)
{
  for (*n_attributes = 0; *p != '\0' && *p != '>'; p += *p != '\0')
    if (*p == '"' || *p == '\'')
      {
        p += 1 + strcspn (p + 1, *p == '"' ? "\"" : "'");
        (*n_attributes)++;
      }

  return p;
}

/* SECURITY: libxml2 before 2.12 compares each attribute of a tag with all others: 100,000 of them in
 * one megabyte keep the service busy for 18 seconds. So they are counted first
 * (tests/unit/test-profile-hostile.c). */
static gboolean
has_too_many_attributes (const char *text, gsize *offset)
{
  for (const char *p = strchr (text, '<'); p != NULL; p = strchr (p, '<'))
    {
      guint n_attributes = 0;

      *offset = p - text;
      if (g_str_has_prefix (p, "<!--"))
        p = skip_to (p, "-->");
      else if (g_str_has_prefix (p, "<![CDATA["))
        p = skip_to (p, "]]>");
      else if (g_str_has_prefix (p, "<?"))
        p = skip_to (p, "?>");
      else if (g_str_has_prefix (p, "<!"))
        return FALSE; /* a document type, which the parser refuses */
      else
        p = skip_tag (p, &n_attributes);
      if (n_attributes > MAX_ATTRIBUTES)
        return TRUE;
    }

  return FALSE;
}

/* Whether the document says that it is in another encoding than the one it was checked for. */
static gboolean
declares_other_encoding (const char *text)
{
  return g_regex_match_simple ("^\\x{feff}?<\\?xml[^>]*\\sencoding\\s*=\\s*(['\"])(?!utf-8\\1)",
                               text, G_REGEX_CASELESS, 0);
}

static gboolean
check_before_parsing (InnerReader *reader, const char *text)
{
  gsize offset;

  if (declares_other_encoding (text))
    inner_reader_complain (reader, (InnerPosition){ 1, 1 }, NULL,
                           _ ("The document must be UTF-8; save it so and write "
                              "encoding=\"UTF-8\""));
  else if (has_too_many_attributes (text, &offset))
    inner_reader_complain (reader, inner_position_of (text, offset), NULL,
                           _ ("This element has more than %d attributes; a profile needs three"),
                           MAX_ATTRIBUTES);

  return reader->problems->len == 0;
}

xmlDoc *
inner_xml_parse (InnerReader *reader, const char *text, gsize length)
{
  g_autoptr (xmlParserCtxt) parser = NULL;
  g_autoptr (xmlDoc) doc = NULL;
  Parsing parsing = { reader, text, NULL, FALSE };

  if (!check_before_parsing (reader, text))
    return NULL;

  xmlInitParser ();
  parser = xmlNewParserCtxt ();
  parser->_private = &parsing;
  parsing.start_element = parser->sax->startElementNs;
  parser->sax->startElementNs = on_start_element;
  parser->sax->internalSubset = on_doctype;
  parser->sax->serror = on_parse_error;

  /* Neither XML_PARSE_NOENT, XML_PARSE_DTDLOAD nor XML_PARSE_HUGE: the parser's own limits stay. */
  doc = xmlCtxtReadMemory (parser, text, length, NULL, NULL,
                           XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_IGNORE_ENC);
  if (doc == NULL && reader->problems->len == 0)
    inner_reader_complain (reader, (InnerPosition){ 1, 1 }, NULL,
                           _ ("This is not well-formed XML: it is empty"));

  return reader->problems->len == 0 ? g_steal_pointer (&doc) : NULL;
}

static void
on_schema_error (void *context, XmlError error)
{
  char **message = context;

  if (*message == NULL)
    *message = one_line (error->message);
}

/* Gives the compiled schema, which belongs to the process. */
static xmlRelaxNG *
load_schema (InnerReader *reader, const char *path)
{
  static xmlRelaxNG *schema = NULL;
  static char *loaded = NULL;
  g_autoptr (xmlRelaxNGParserCtxt) parser = NULL;
  g_autofree char *message = NULL;

  if (g_strcmp0 (loaded, path) == 0)
    return schema;

  g_clear_pointer (&schema, xmlRelaxNGFree);
  g_clear_pointer (&loaded, g_free);
  parser = path != NULL ? xmlRelaxNGNewParserCtxt (path) : NULL;
  if (parser != NULL)
    {
      xmlRelaxNGSetParserStructuredErrors (parser, on_schema_error, &message);
      schema = xmlRelaxNGParse (parser);
    }
  if (schema == NULL)
    {
      inner_reader_complain (reader, (InnerPosition){ 1, 1 }, NULL,
                             _ ("The schema of profiles, %s, cannot be used (%s); install Inner "
                                "again"),
                             path != NULL ? path : "inner-profile.rng",
                             message != NULL ? message : _ ("it cannot be read"));
      return NULL;
    }

  loaded = g_strdup (path);
  return schema;
}

static void
on_invalid (void *context, XmlError error)
{
  Parsing *parsing = context;
  const xmlNode *node = error->node;
  InnerPosition at = { MAX (error->line, 1), 1 };
  g_autofree char *message = one_line (error->message);

  if (node != NULL && node->type == XML_ELEMENT_NODE)
    at = inner_xml_place_of_element (parsing->text, node);
  inner_reader_complain (parsing->reader, at, NULL,
                         _ ("The document does not follow the schema of profiles: %s"), message);
}

gboolean
inner_xml_validate (InnerReader *reader, xmlDoc *doc, const char *text, const char *schema_path)
{
  xmlRelaxNG *schema = load_schema (reader, schema_path);
  g_autoptr (xmlRelaxNGValidCtxt) validation = NULL;
  Parsing parsing = { reader, text, NULL, FALSE };

  if (schema == NULL)
    return FALSE;

  validation = xmlRelaxNGNewValidCtxt (schema);
  xmlRelaxNGSetValidStructuredErrors (validation, on_invalid, &parsing);
  return xmlRelaxNGValidateDoc (validation, doc) == 0;
}
