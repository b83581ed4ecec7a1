/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The writers: what a reader reads from their text is the profile again, in either notation. */

#include <libxml/tree.h>
#include <string.h>

#include "inner-profile-keys.h"
#include "inner-profile-registry.h"

/* The part of a dotted name before its last dot; "" at the top. (transfer full) */
static char *
table_of (const char *name)
{
  const char *dot = strrchr (name, '.');

  return dot != NULL ? g_strndup (name, dot - name) : g_strdup ("");
}

static const char *
last_part (const char *name)
{
  const char *dot = strrchr (name, '.');

  return dot != NULL ? dot + 1 : name;
}

static void
append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_printf (out, "\\%c", *p);
      else if (*p == '\n')
        g_string_append (out, "\\n");
      else if ((guchar) *p < 0x20 || *p == 0x7f)
        g_string_append_printf (out, "\\u%04x", (guchar) *p);
      else
        g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

static void
append_list (GString *out, GVariant *value)
{
  gsize n = g_variant_n_children (value);

  g_string_append_c (out, '[');
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (value, i);

      g_string_append (out, i > 0 ? ", " : "");
      append_quoted (out, g_variant_get_string (item, NULL));
    }
  g_string_append_c (out, ']');
}

/* A value behind its "=". */
static void
append_value (GString *out, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    g_string_append (out, g_variant_get_boolean (value) ? "true" : "false");
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    g_string_append_printf (out, "%" G_GINT64_FORMAT, g_variant_get_int64 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    append_quoted (out, g_variant_get_string (value, NULL));
  else
    append_list (out, value);
}

static void
append_map (GString *out, const char *name, GVariant *value)
{
  GVariantIter iter;
  const char *label;
  const char *text;

  g_string_append_printf (out, "\n[%s]\n", name);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&s&s}", &label, &text))
    {
      append_quoted (out, label);
      g_string_append (out, " = ");
      append_quoted (out, text);
      g_string_append_c (out, '\n');
    }
}

static void
append_mounts (GString *out, const char *name, GVariant *value)
{
  GVariantIter iter;
  const char *source;
  const char *destination;
  const char *mode;

  g_string_append_printf (out, "\n[%s]\n", name);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &source, &destination, &mode))
    {
      append_quoted (out, source);
      g_string_append (out, " = { dest = ");
      append_quoted (out, destination);
      g_string_append_printf (out, ", mode = \"%s\" }\n", mode);
    }
}

static void
append_checks (GString *out, const char *name, GVariant *value)
{
  GVariantIter iter;
  const char *label;
  const char *command;
  const char *severity;

  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &label, &command, &severity))
    {
      g_string_append_printf (out, "\n[[%s]]\nname = ", name);
      append_quoted (out, label);
      g_string_append (out, "\ncmd = ");
      append_quoted (out, command);
      g_string_append_printf (out, "\nseverity = \"%s\"\n", severity);
    }
}

/* Whether the key stands in a table of its own, which must follow the plain keys of its parent. */
static gboolean
has_own_table (InnerKey key, GVariant *value)
{
  InnerValueType type = inner_key_info (key)->type;

  return type == INNER_VALUE_MAP || type == INNER_VALUE_MOUNTS ||
         (type == INNER_VALUE_CHECKS && g_variant_n_children (value) > 0);
}

static void
append_own_table (GString *out, InnerKey key, GVariant *value)
{
  const InnerKeyInfo *info = inner_key_info (key);

  if (info->type == INNER_VALUE_MAP)
    append_map (out, info->name, value);
  else if (info->type == INNER_VALUE_MOUNTS)
    append_mounts (out, info->name, value);
  else
    append_checks (out, info->name, value);
}

/* Whether @key is written: sandbox.network only says again what sandbox.network_mode says. */
static gboolean
is_written (InnerProfile *profile, InnerKey key)
{
  return inner_profile_has (profile, key) &&
         (key != INNER_KEY_SANDBOX_NETWORK ||
          !inner_profile_has (profile, INNER_KEY_SANDBOX_NETWORK_MODE));
}

/* The keys that stand directly in @table. With @own_tables those with a table of their own, else
 * the others, with a heading before the first. */
static void
append_keys (GString *out, InnerProfile *profile, const char *table, gboolean own_tables)
{
  gboolean headed = *table == '\0';

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const char *name = inner_key_info (key)->name;
      GVariant *value = inner_profile_peek (profile, key);
      g_autofree char *parent = table_of (name);

      if (!is_written (profile, key) || !g_str_equal (parent, table) ||
          has_own_table (key, value) != own_tables)
        continue;
      if (own_tables)
        {
          append_own_table (out, key, value);
          continue;
        }
      if (!headed)
        g_string_append_printf (out, "\n[%s]\n", table);
      headed = TRUE;
      g_string_append_printf (out, "%s = ", last_part (name));
      append_value (out, value);
      g_string_append_c (out, '\n');
    }
}

static char *
write_toml (InnerProfile *profile)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GHashTable) done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      char *table = table_of (inner_key_info (key)->name);

      if (!g_hash_table_add (done, table))
        continue;
      append_keys (out, profile, table, FALSE);
      append_keys (out, profile, table, TRUE);
    }

  return g_string_free (out, FALSE);
}

static xmlNode *
child_called (xmlNode *parent, const char *name)
{
  for (xmlNode *child = parent->children; child != NULL; child = child->next)
    if (g_str_equal ((const char *) child->name, name))
      return child;

  return xmlNewChild (parent, NULL, (const xmlChar *) name, NULL);
}

/* Gives the element of @place ("profile/sandbox/limits@memory"), made where it is missing, and the
 * name of the attribute or %NULL. */
static xmlNode *
element_at (xmlNode *root, const char *place, const char **attribute)
{
  const char *at = strchr (place, '@');
  g_autofree char *path = g_strndup (place, at != NULL ? (gsize) (at - place) : strlen (place));
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  xmlNode *element = root;

  for (gsize i = 1; parts[i] != NULL; i++)
    element = child_called (element, parts[i]);

  *attribute = at != NULL ? at + 1 : NULL;
  return element;
}

static xmlNode *
add_item (xmlNode *parent, const char *name, const char *text)
{
  return xmlNewTextChild (parent, NULL, (const xmlChar *) name,
                          text != NULL && *text != '\0' ? (const xmlChar *) text : NULL);
}

static void
set_attribute (xmlNode *element, const char *name, const char *value)
{
  xmlNewProp (element, (const xmlChar *) name, (const xmlChar *) value);
}

static void
add_items (xmlNode *element, const InnerKeyRow *row, GVariant *value)
{
  GVariantIter iter;
  const char *first;
  const char *second;
  const char *third;
  xmlNode *item;

  g_variant_iter_init (&iter, value);
  if (row->info.type == INNER_VALUE_LIST)
    while (g_variant_iter_next (&iter, "&s", &first))
      add_item (element, row->item, first);
  else if (row->info.type == INNER_VALUE_MAP)
    while (g_variant_iter_next (&iter, "{&s&s}", &first, &second))
      set_attribute (add_item (element, row->item, second), row->label, first);
  else if (row->info.type == INNER_VALUE_MOUNTS)
    while (g_variant_iter_next (&iter, "(&s&s&s)", &first, &second, &third))
      {
        item = add_item (element, row->item, NULL);
        set_attribute (item, "source", first);
        set_attribute (item, "destination", second);
        set_attribute (item, "mode", third);
      }
  else
    while (g_variant_iter_next (&iter, "(&s&s&s)", &first, &second, &third))
      {
        item = add_item (element, row->item, second);
        set_attribute (item, "name", first);
        set_attribute (item, "severity", third);
      }
}

/* The text of a value that is no list. (transfer full) */
static char *
scalar_text (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);

  return g_variant_print (value, FALSE);
}

static void
add_key (xmlNode *root, InnerKey key, GVariant *value)
{
  const InnerKeyRow *row = inner_key_row (key);
  const char *attribute;
  xmlNode *element = element_at (root, row->xml, &attribute);
  g_autofree char *text = NULL;

  if (row->item != NULL)
    {
      add_items (element, row, value);
      return;
    }

  text = scalar_text (value);
  if (attribute != NULL)
    set_attribute (element, attribute, text);
  else
    xmlNodeAddContent (element, (const xmlChar *) text);
}

static char *
write_xml (InnerProfile *profile)
{
  xmlDoc *doc = xmlNewDoc ((const xmlChar *) "1.0");
  xmlNode *root = xmlNewNode (NULL, (const xmlChar *) "profile");
  xmlChar *dumped = NULL;
  char *text;
  int length;

  xmlDocSetRootElement (doc, root);
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (inner_profile_has (profile, key) && inner_key_row (key)->xml != NULL)
      add_key (root, key, inner_profile_peek (profile, key));

  xmlDocDumpFormatMemoryEnc (doc, &dumped, &length, "UTF-8", 1);
  text = g_strndup ((const char *) dumped, length);
  xmlFree (dumped);
  xmlFreeDoc (doc);
  return text;
}

char *
inner_profile_write (InnerProfile *profile, const char *format)
{
  g_return_val_if_fail (g_str_equal (format, "toml") || g_str_equal (format, "xml"), NULL);

  return g_str_equal (format, "toml") ? write_toml (profile) : write_xml (profile);
}
