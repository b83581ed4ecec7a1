/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-profiles.h"
#include "inner-remote.h"

/* @origin is (suu). */
static char *
origin_to_text (GVariant *origin)
{
  const char *path;
  guint32 line;

  g_variant_get (origin, "(&suu)", &path, &line, NULL);
  return line > 0 ? g_strdup_printf ("%s:%u", path, line) : g_strdup (path);
}

static char *
origin_of (GVariant *origins, const char *key)
{
  g_autoptr (GVariant) origin = g_variant_lookup_value (origins, key, G_VARIANT_TYPE ("(suu)"));

  return origin != NULL ? origin_to_text (origin) : g_strdup ("");
}

/* Whether the items come from more than one document. */
static gboolean
is_mixed (GVariant *places)
{
  g_autofree char *first = NULL;

  for (gsize i = 0; i < g_variant_n_children (places); i++)
    {
      g_autofree char *path = NULL;

      g_variant_get_child (places, i, "(suu)", &path, NULL, NULL);
      if (first == NULL)
        first = g_steal_pointer (&path);
      else if (!g_str_equal (path, first))
        return TRUE;
    }
  return FALSE;
}

/* A row for each item, each with its own place. */
static void
add_items (GPtrArray *rows, const char *key, GVariant *value, GVariant *places)
{
  for (gsize i = 0; i < MIN (g_variant_n_children (value), g_variant_n_children (places)); i++)
    {
      g_autoptr (GVariant) place = g_variant_get_child_value (places, i);

      inner_rows_take (rows, g_strdup (key), inner_item_to_line (value, i), origin_to_text (place),
                       NULL);
    }
}

static void
print_origins (GVariant *description)
{
  const char *const titles[] = { _ ("KEY"), _ ("VALUE"), _ ("FROM"), NULL };
  g_auto (GVariantDict) parts = G_VARIANT_DICT_INIT (description);
  g_autoptr (GVariant) values =
      g_variant_dict_lookup_value (&parts, "values", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) origins =
      g_variant_dict_lookup_value (&parts, "origins", G_VARIANT_TYPE ("a{s(suu)}"));
  g_autoptr (GVariant) items =
      g_variant_dict_lookup_value (&parts, "item-origins", G_VARIANT_TYPE ("a{sa(suu)}"));
  g_autoptr (GPtrArray) rows = inner_rows_new ();
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (values == NULL || origins == NULL || items == NULL)
    return;
  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;
      g_autoptr (GVariant) places = g_variant_lookup_value (items, key, G_VARIANT_TYPE ("a(suu)"));

      if (places != NULL && is_mixed (places))
        add_items (rows, key, owned, places);
      else
        inner_rows_take (rows, g_strdup (key), inner_value_to_line (owned),
                         origin_of (origins, key), NULL);
    }
  inner_print_table (titles, rows);
}

static const char *
network_mode_of (GVariant *description)
{
  g_autoptr (GVariant) values =
      g_variant_lookup_value (description, "values", G_VARIANT_TYPE_VARDICT);
  const char *mode = "off";

  if (values != NULL)
    g_variant_lookup (values, "sandbox.network_mode", "&s", &mode);
  return mode;
}

/* SECURITY: what a document says must not get out of a comment of ours and become a line of the document
 * that is shown (attack 32; tests/bus/test_validate.py). */
G_GNUC_PRINTF (1, 2)
static void
print_comment (const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *shown = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  shown = inner_escape_all (text);
  printf ("# %s\n", shown);
}

static void
print_network (GVariant *description)
{
  g_autoptr (GVariant) destinations =
      g_variant_lookup_value (description, "destinations", G_VARIANT_TYPE ("a(sss)"));
  GVariantIter iter;
  const char *verdict;
  const char *pattern;
  const char *origin;

  print_comment ("network: %s", network_mode_of (description));
  if (destinations == NULL)
    return;
  g_variant_iter_init (&iter, destinations);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &verdict, &pattern, &origin))
    print_comment ("  %-5s %s  [%s]", verdict, pattern, origin);
}

/* XML is for programs: it gets nothing that is not the document's. */
static void
print_document (GVariant *description, const char *which, gboolean is_default)
{
  gboolean with_comments = g_str_equal (inner_text_of (description, "format"), "toml");

  if (with_comments && is_default)
    print_comment (_ ("%s, the profile that is used when none is named: %s"),
                   inner_text_of (description, "name"), inner_text_of (description, "path"));
  inner_print_document (inner_text_of (description, which));
  if (with_comments)
    print_network (description);
}

/* A section for each entry of the a{ss} @key, if there are any. */
static void
print_sentences (GVariant *description, const char *key, const char *title, const char *meaning)
{
  const char *const titles[] = { title, meaning, NULL };
  g_autoptr (GVariant) sentences =
      g_variant_lookup_value (description, key, G_VARIANT_TYPE ("a{ss}"));
  g_autoptr (GPtrArray) rows = inner_rows_new ();
  GVariantIter iter;
  const char *name;
  const char *sentence;

  if (sentences == NULL || g_variant_n_children (sentences) == 0)
    return;
  g_variant_iter_init (&iter, sentences);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &sentence))
    inner_rows_take (rows, g_strdup (name), g_strdup (sentence), NULL);
  putchar ('\n');
  inner_print_table (titles, rows);
}

static void
print_destinations (GVariant *description)
{
  const char *const titles[] = { _ ("NETWORK"), network_mode_of (description), _ ("FROM"), NULL };
  g_autoptr (GVariant) destinations =
      g_variant_lookup_value (description, "destinations", G_VARIANT_TYPE ("a(sss)"));
  g_autoptr (GPtrArray) rows = inner_rows_new ();
  GVariantIter iter;
  const char *verdict;
  const char *pattern;
  const char *origin;

  if (destinations == NULL || g_variant_n_children (destinations) == 0)
    return;
  g_variant_iter_init (&iter, destinations);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &verdict, &pattern, &origin))
    inner_rows_take (rows, g_strdup (verdict), g_strdup (pattern), g_strdup (origin), NULL);
  putchar ('\n');
  inner_print_table (titles, rows);
}

static void
print_explanation (GVariant *description)
{
  print_origins (description);
  print_sentences (description, "privilege-sentences", _ ("PRIVILEGE"), _ ("WHAT IT OPENS"));
  print_destinations (description);
  print_sentences (description, "agents", _ ("AGENT"), _ ("WHAT IT BRINGS ALONG"));
}

static GVariant *
describe (
    InnerGlobal *global, const char *word, InnerRemote *remote, const char *format, GError **error)
{
  g_autofree char *name = inner_profile_locate (word, remote, error);
  g_autoptr (InnerConnection) connection = NULL;

  if (name == NULL || (format != NULL && !inner_check_utf8 (format, error)))
    return NULL;
  connection = inner_global_connect (global, error);
  if (connection == NULL)
    return NULL;
  return inner_profile_describe (connection, name, format != NULL ? format : "toml", error);
}

int
inner_verb_profile_show (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  gboolean resolved = FALSE;
  gboolean explain = FALSE;
  g_autofree char *format = NULL;
  g_auto (InnerRemote) remote = { 0 };
  const GOptionEntry entries[] = {
    { "resolved", 0, 0, G_OPTION_ARG_NONE, &resolved, N_ ("With what it extends"), NULL },
    { "explain", 0, 0, G_OPTION_ARG_NONE, &explain, N_ ("Where each value comes from"), NULL },
    { "format", 0, 0, G_OPTION_ARG_FILENAME, &format, N_ ("toml (default) or xml"), N_ ("FORMAT") },
    { "sha256", 0, 0, G_OPTION_ARG_FILENAME, &remote.sha256,
      N_ ("Take a profile from https://… only if it has this digest"), N_ ("DIGEST") },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &remote.ca_file,
      N_ ("Trust these certificates, in PEM, and no others"), N_ ("FILE") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) description = NULL;

  if (inner_parse (global, &argc, &argv, entries, 1, _ ("[NAME]"), _ ("Shows a profile."), &error))
    description = describe (global, argc > 1 ? argv[1] : NULL, &remote, format, &error);
  if (description == NULL)
    return inner_fail (error);

  if (json)
    inner_print_json (description);
  else if (explain)
    print_explanation (description);
  else
    print_document (description, resolved ? "effective" : "document", argc < 2);
  return 0;
}
