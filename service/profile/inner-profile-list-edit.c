/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * One more item for a list of a document that a person wrote. The ways to do it are tried in turn, and what comes out
 * is read again: it counts only if it says all that the document said before, and the item.
 */

#include "inner-profile-list-edit.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-options.h"
#include "inner-xml.h"

typedef struct
{
  const char *text;
  gsize length;
  InnerKey key;
  const char *item;
} Edit;

static InnerProfile *
parse (const char *text, gsize length, InnerNotation notation, const char *path, GError **error)
{
  return inner_profile_parse (text, length, notation, path, NULL, NULL, NULL, error);
}

/* The list @key of @profile with @item behind it. (transfer full) */
static GVariant *
longer_list (InnerProfile *profile, InnerKey key, const char *item)
{
  const char *const *old = inner_profile_get_list (profile, key);
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();
  g_auto (GStrv) all = NULL;

  g_strv_builder_addv (list, (const char **) old);
  g_strv_builder_add (list, item);
  all = g_strv_builder_end (list);
  return g_variant_ref_sink (g_variant_new_strv ((const char *const *) all, -1));
}

/* SECURITY: whatever the text looks like, it says the same as before and one item more, or is not written: a string
 * with brackets in it, say, opens nothing else (attack 65; tests/unit/test-profile-list-edit.c). */
static gboolean
says_only_that (InnerProfile *before, InnerProfile *after, const Edit *edit)
{
  g_autoptr (GVariant) list = longer_list (before, edit->key, edit->item);

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      GVariant *old = key == edit->key                  ? list
                      : inner_profile_has (before, key) ? inner_profile_peek (before, key)
                                                        : NULL;
      GVariant *new = inner_profile_has (after, key) ? inner_profile_peek (after, key) : NULL;

      if (old == NULL ? new != NULL : new == NULL || !g_variant_equal (old, new))
        return FALSE;
    }
  return TRUE;
}

/* The text with @more at the byte @at. (transfer full) */
static char *
insert (const Edit *edit, gsize at, const char *more)
{
  GString *out = g_string_new_len (edit->text, edit->length);

  g_string_insert (out, at, more);
  return g_string_free (out, FALSE);
}

/* The byte at which a line and a column (in characters, from 1) stand. */
static gsize
offset_of (const Edit *edit, guint line, guint column)
{
  const char *end = edit->text + edit->length;
  const char *p = edit->text;

  for (; line > 1 && p < end; line--)
    {
      const char *next = memchr (p, '\n', end - p);

      p = next != NULL ? next + 1 : end;
    }
  for (; column > 1 && p < end; column--)
    p = g_utf8_next_char (p);
  return MIN (p, end) - edit->text;
}

/* A pattern has neither quotes nor backslashes; others are not written by us. */
static char *
quoted (const char *item)
{
  return g_strdup_printf ("\"%s\"", item);
}

static const InnerTomlNode *
find_child (const InnerTomlNode *table, const char *key)
{
  for (guint i = 0; table != NULL && i < table->children->len; i++)
    {
      const InnerTomlNode *child = table->children->pdata[i];

      if (g_strcmp0 (child->key, key) == 0)
        return child;
    }
  return NULL;
}

static const InnerTomlNode *
find_list (const InnerTomlNode *root, InnerKey key)
{
  g_auto (GStrv) parts = g_strsplit (inner_key_info (key)->name, ".", -1);
  const InnerTomlNode *node = root;

  for (char **part = parts; *part != NULL; part++)
    node = find_child (node, *part);
  return node;
}

/* A line of its own behind that of the last item, which has one and may have a comment. NULL if it is not so. */
static char *
add_line (const Edit *edit, const InnerTomlNode *last)
{
  gsize end = offset_of (edit, last->end.line, last->end.column);
  const char *line = edit->text + offset_of (edit, last->at.line, 1);
  const char *item = edit->text + offset_of (edit, last->at.line, last->at.column);
  const char *p = edit->text + end + strspn (edit->text + end, " \t");
  g_autofree char *indent = g_strndup (line, item - line);
  g_autofree char *with_comma = NULL;
  g_autofree char *more = NULL;
  gboolean comma = *p == ',';
  Edit next = *edit;

  if (indent[strspn (indent, " \t")] != '\0')
    return NULL;
  p += comma;
  p += strspn (p, " \t");
  if (*p == '#')
    p += strcspn (p, "\n");
  p += *p == '\r';
  if (*p != '\n')
    return NULL;

  more = g_strdup_printf ("%s\"%s\",\n", indent, edit->item);
  with_comma = insert (edit, p + 1 - edit->text, more);
  if (comma)
    return g_steal_pointer (&with_comma);
  next.text = with_comma;
  next.length = strlen (with_comma);
  return insert (&next, end, ",");
}

static char *
extend_list (const Edit *edit, const InnerTomlNode *root)
{
  const InnerTomlNode *list = find_list (root, edit->key);
  const InnerTomlNode *last;
  g_autofree char *item = quoted (edit->item);
  g_autofree char *behind = g_strconcat (", ", item, NULL);
  char *lined;

  if (list == NULL || list->kind != INNER_TOML_ARRAY)
    return NULL;
  if (list->children->len == 0)
    return insert (edit, offset_of (edit, list->at.line, list->at.column) + 1, item);
  last = list->children->pdata[list->children->len - 1];
  lined = add_line (edit, last);
  return lined != NULL ? lined
                       : insert (edit, offset_of (edit, last->end.line, last->end.column), behind);
}

/* Below the line that begins the table of the key. */
static char *
add_below_heading (const Edit *edit, const InnerTomlNode *root)
{
  const char *name = inner_key_info (edit->key)->name;
  const char *dot = strrchr (name, '.');
  g_autofree char *table = g_strndup (name, dot - name);
  g_autofree char *pattern =
      g_strdup_printf ("^[ \\t]*\\[[ \\t]*%s[ \\t]*\\][ \\t]*(#[^\\n]*)?\\r?\\n", table);
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *more = g_strdup_printf ("%s = [\"%s\"]\n", dot + 1, edit->item);
  int end;

  if (!g_regex_match_full (regex, edit->text, edit->length, 0, 0, &match, NULL) ||
      !g_match_info_fetch_pos (match, 0, NULL, &end))
    return NULL;
  return insert (edit, end, more);
}

static char *
add_table (const Edit *edit, const InnerTomlNode *root)
{
  const char *name = inner_key_info (edit->key)->name;
  const char *dot = strrchr (name, '.');
  gboolean ended = edit->length == 0 || edit->text[edit->length - 1] == '\n';
  g_autofree char *table = g_strndup (name, dot - name);
  g_autofree char *more =
      g_strdup_printf ("%s\n[%s]\n%s = [\"%s\"]\n", ended ? "" : "\n", table, dot + 1, edit->item);

  return insert (edit, edit->length, more);
}

/* Where the table is written with dots. */
static char *
add_dotted (const Edit *edit, const InnerTomlNode *root)
{
  g_autofree char *more =
      g_strdup_printf ("%s = [\"%s\"]\n", inner_key_info (edit->key)->name, edit->item);

  return insert (edit, 0, more);
}

static char *
edit_toml (const Edit *edit, InnerProfile *before, const char *path)
{
  static char *(*const ways[]) (const Edit *edit,
                                const InnerTomlNode *root) = { extend_list, add_below_heading,
                                                               add_table, add_dotted };
  g_autoptr (GPtrArray) problems = inner_problems_new ();
  InnerReader reader = { before, problems };
  g_autoptr (InnerTomlNode) root = inner_reader_parse_toml (&reader, edit->text, edit->length);

  for (gsize i = 0; root != NULL && i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *text = ways[i](edit, root);
      g_autoptr (InnerProfile) after =
          text != NULL ? parse (text, strlen (text), INNER_NOTATION_TOML, path, NULL) : NULL;

      if (after != NULL && says_only_that (before, after, edit))
        return g_steal_pointer (&text);
    }
  return NULL;
}

static gboolean
is_blank (const xmlNode *node)
{
  return node != NULL && xmlIsBlankNode (node);
}

/* Appends an element to @parent, on a line of its own as those before it. */
static xmlNode *
append_element (xmlNode *parent, const char *name, const char *content, guint depth)
{
  xmlNode *last = parent->last;
  g_autofree char *indent = g_strnfill ((gsize) depth * 2, ' ');
  g_autofree char *before =
      g_strconcat (is_blank (last) ? "  " : "\n", is_blank (last) ? "" : indent, NULL);
  g_autofree char *after = g_strdup_printf ("\n%.*s", (int) (depth - 1) * 2, indent);
  xmlNode *element = xmlNewDocNode (parent->doc, NULL, (const xmlChar *) name, NULL);

  if (content != NULL)
    xmlNodeAddContent (element, (const xmlChar *) content);
  /* The blanks before the end tag are one step less deep. */
  xmlAddChild (parent, xmlNewDocText (parent->doc, (const xmlChar *) before));
  xmlAddChild (parent, element);
  xmlAddChild (parent, xmlNewDocText (parent->doc, (const xmlChar *) after));
  return element;
}

static xmlNode *
child_called (xmlNode *parent, const char *name, guint depth)
{
  for (xmlNode *child = parent->children; child != NULL; child = child->next)
    if (child->type == XML_ELEMENT_NODE && g_str_equal ((const char *) child->name, name))
      return child;
  return append_element (parent, name, NULL, depth);
}

static char *
edit_xml (const Edit *edit, InnerProfile *before, const char *path)
{
  const InnerKeyRow *row = inner_key_row (edit->key);
  g_autoptr (GPtrArray) problems = inner_problems_new ();
  InnerReader reader = { before, problems };
  g_autoptr (xmlDoc) doc = inner_xml_parse (&reader, edit->text, edit->length);
  g_auto (GStrv) parts = g_strsplit (row->xml, "/", -1);
  g_autoptr (InnerProfile) after = NULL;
  g_autofree char *text = NULL;
  xmlNode *element = doc != NULL ? xmlDocGetRootElement (doc) : NULL;
  xmlChar *dumped = NULL;
  guint depth = 1;
  int size = 0;

  if (element == NULL)
    return NULL;
  for (; parts[depth] != NULL; depth++)
    element = child_called (element, parts[depth], depth);
  append_element (element, row->item, edit->item, depth);

  xmlDocDumpMemoryEnc (doc, &dumped, &size, "UTF-8");
  text = g_strndup ((const char *) dumped, size);
  xmlFree (dumped);
  after = parse (text, strlen (text), INNER_NOTATION_XML, path, NULL);
  return after != NULL && says_only_that (before, after, edit) ? g_steal_pointer (&text) : NULL;
}

char *
inner_profile_add_to_list (const char *text,
                           gsize length,
                           InnerNotation notation,
                           const char *path,
                           InnerKey key,
                           const char *item,
                           GError **error)
{
  g_autofree char *ended = g_strndup (text, length);
  g_autoptr (InnerProfile) before = parse (ended, length, notation, path, error);
  Edit edit = { ended, length, key, item };
  g_autofree char *sentence = NULL;
  char *edited = NULL;

  if (before == NULL)
    return NULL;
  if (strpbrk (item, "\"\\\n") == NULL)
    edited = notation == INNER_NOTATION_TOML ? edit_toml (&edit, before, path)
                                             : edit_xml (&edit, before, path);
  if (edited != NULL)
    return edited;
  sentence = g_strdup_printf (
      _ ("“%s” is written in a way that is not changed by a program; add “%s” to it by hand"),
      inner_key_info (key)->name, item);
  inner_problem_to_error (path, (InnerPosition){ 1, 1 }, sentence, error);
  return NULL;
}
