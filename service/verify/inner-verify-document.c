/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-verify-document.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <libxml/xmlwriter.h>
#include <string.h>

#include "inner-error.h"

#define JUNIT "junit"
#define SARIF "sarif"

#define XML(text) ((const xmlChar *) (text))

/* One check of a report; borrowed from it. */
typedef struct
{
  const char *id;
  const char *severity;
  const char *status;
  const char *sentence;
  const char *detail;
  const char *suggestion;
} Check;

static void
read_check (GVariant *value, Check *check)
{
  *check = (Check){ "", "", "", "", "", "" };
  g_variant_lookup (value, "id", "&s", &check->id);
  g_variant_lookup (value, "severity", "&s", &check->severity);
  g_variant_lookup (value, "status", "&s", &check->status);
  g_variant_lookup (value, "sentence", "&s", &check->sentence);
  g_variant_lookup (value, "detail", "&s", &check->detail);
  g_variant_lookup (value, "suggestion", "&s", &check->suggestion);
}

static gboolean
is_bad (const Check *check)
{
  return g_str_equal (check->status, "fail") || g_str_equal (check->status, "error");
}

/* XML 1.0 has no characters for most control codes, not even escaped. (transfer full) */
static char *
for_xml (const char *text)
{
  GString *clean = g_string_new (NULL);

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      g_string_append_unichar (
          clean, (c < 0x20 && c != '\n' && c != '\t') || c == 0xfffe || c == 0xffff ? 0xfffd : c);
    }
  return g_string_free (clean, FALSE);
}

static void
write_attribute (xmlTextWriter *writer, const char *name, const char *text)
{
  g_autofree char *clean = for_xml (text);

  xmlTextWriterWriteAttribute (writer, XML (name), XML (clean));
}

static void
write_case (xmlTextWriter *writer, const Check *check)
{
  g_autofree char *class = g_strconcat ("inner.verify.", check->severity, NULL);
  g_autofree char *name = g_strconcat (check->id, ": ", check->sentence, NULL);
  g_autofree char *text = g_strconcat (check->detail, "\n", check->suggestion, NULL);
  g_autofree char *clean = for_xml (text);

  xmlTextWriterStartElement (writer, XML ("testcase"));
  write_attribute (writer, "classname", class);
  write_attribute (writer, "name", name);
  if (is_bad (check))
    {
      xmlTextWriterStartElement (writer,
                                 XML (g_str_equal (check->status, "fail") ? "failure" : "error"));
      write_attribute (writer, "type", check->severity);
      write_attribute (writer, "message", check->detail);
      xmlTextWriterWriteString (writer, XML (clean));
      xmlTextWriterEndElement (writer);
    }
  else
    xmlTextWriterWriteElement (writer, XML ("system-out"), XML (clean));
  xmlTextWriterEndElement (writer);
}

static guint
count (GVariant *checks, const char *status)
{
  guint n = 0;

  for (gsize i = 0; i < g_variant_n_children (checks); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (checks, i);
      Check check;

      read_check (value, &check);
      n += status == NULL || g_str_equal (check.status, status);
    }
  return n;
}

static void
write_number (xmlTextWriter *writer, const char *name, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  write_attribute (writer, name, text);
}

static char *
write_junit (GVariant *checks, const char *profile)
{
  xmlBuffer *buffer = xmlBufferCreate ();
  xmlTextWriter *writer = xmlNewTextWriterMemory (buffer, 0);
  char *text;

  xmlTextWriterSetIndent (writer, 1);
  xmlTextWriterStartDocument (writer, NULL, "UTF-8", NULL);
  xmlTextWriterStartElement (writer, XML ("testsuites"));
  xmlTextWriterStartElement (writer, XML ("testsuite"));
  write_attribute (writer, "name", profile);
  write_number (writer, "tests", count (checks, NULL));
  write_number (writer, "failures", count (checks, "fail"));
  write_number (writer, "errors", count (checks, "error"));
  for (gsize i = 0; i < g_variant_n_children (checks); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (checks, i);
      Check check;

      read_check (value, &check);
      write_case (writer, &check);
    }
  xmlTextWriterEndDocument (writer);
  xmlFreeTextWriter (writer);
  text = g_strdup ((const char *) xmlBufferContent (buffer));
  xmlBufferFree (buffer);
  return text;
}

static void
add_text (JsonBuilder *builder, const char *member, const char *text)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_string_value (builder, text);
}

static void
add_message (JsonBuilder *builder, const char *member, const char *text)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_object (builder);
  add_text (builder, "text", text);
  json_builder_end_object (builder);
}

/* SARIF 2.1.0, 3.27.10: "error", "warning", "note" or "none". */
static const char *
level_of (const Check *check)
{
  if (!is_bad (check))
    return "note";
  return g_str_equal (check->severity, "critical") || g_str_equal (check->severity, "high")
             ? "error"
             : "warning";
}

static void
add_rules (JsonBuilder *builder, GVariant *checks)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  json_builder_set_member_name (builder, "rules");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (checks); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (checks, i);
      Check check;

      read_check (value, &check);
      if (!g_hash_table_add (seen, (gpointer) g_intern_string (check.id)))
        continue;
      json_builder_begin_object (builder);
      add_text (builder, "id", check.id);
      add_message (builder, "shortDescription", check.sentence);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_location (JsonBuilder *builder, const char *path)
{
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);

  json_builder_set_member_name (builder, "locations");
  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "physicalLocation");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "artifactLocation");
  json_builder_begin_object (builder);
  add_text (builder, "uri", uri != NULL ? uri : path);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
}

/* What passed is no result. */
static void
add_results (JsonBuilder *builder, GVariant *checks, const char *path)
{
  json_builder_set_member_name (builder, "results");
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (checks); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (checks, i);
      g_autofree char *text = NULL;
      Check check;

      read_check (value, &check);
      if (g_str_equal (check.status, "pass"))
        continue;
      text = g_strdup_printf ("%s: %s%s%s", check.sentence, check.detail,
                              check.suggestion[0] != '\0' ? "\n" : "", check.suggestion);
      json_builder_begin_object (builder);
      add_text (builder, "ruleId", check.id);
      add_text (builder, "level", level_of (&check));
      add_message (builder, "message", text);
      add_location (builder, path);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static char *
write_sarif (GVariant *checks, const char *path)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_text (builder, "version", "2.1.0");
  json_builder_set_member_name (builder, "runs");
  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "tool");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "driver");
  json_builder_begin_object (builder);
  add_text (builder, "name", "Inner");
  add_text (builder, "version", INNER_VERSION);
  add_rules (builder, checks);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  add_results (builder, checks, path);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

char *
inner_verify_document (GVariant *report, const char *format, const char *name, const char *path)
{
  g_autoptr (GVariant) checks =
      g_variant_lookup_value (report, "checks", G_VARIANT_TYPE ("aa{sv}"));

  return g_str_equal (format, JUNIT) ? write_junit (checks, name) : write_sarif (checks, path);
}

gboolean
inner_verify_check_format (GVariant *value, GError **error)
{
  const char *text = g_variant_get_string (value, NULL);

  if (g_str_equal (text, JUNIT) || g_str_equal (text, SARIF))
    return TRUE;
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("use “junit” or “sarif”"));
  return FALSE;
}
