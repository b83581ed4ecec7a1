/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-client.h"
#include "inner-output.h"
#include "inner-sandboxes.h"

/* Nobody notes when a sandbox ended, so how long one that has was up cannot be told. */
static char *
uptime (GVariant *properties)
{
  gint64 started = 0;
  gint64 seconds;

  g_variant_lookup (properties, "StartedAt", "x", &started);
  if (started == 0 || g_str_equal (inner_text_of (properties, "State"), INNER_STATE_EXITED))
    return g_strdup ("-");
  seconds = MAX (0, (g_get_real_time () - started) / G_USEC_PER_SEC);
  if (seconds < 120)
    return g_strdup_printf ("%" G_GINT64_FORMAT " s", seconds);
  if (seconds < 120 * 60)
    return g_strdup_printf ("%" G_GINT64_FORMAT " min", seconds / 60);
  return g_strdup_printf ("%" G_GINT64_FORMAT " h", seconds / 3600);
}

static char *
state (GVariant *properties)
{
  const char *word = inner_text_of (properties, "State");
  gint32 code = 0;

  if (!g_str_equal (word, INNER_STATE_EXITED))
    return g_strdup (word);
  g_variant_lookup (properties, "ExitCode", "i", &code);
  return g_strdup_printf ("%s (%d)", word, code);
}

static char *
command (GVariant *properties)
{
  g_autoptr (GVariant) words =
      g_variant_lookup_value (properties, "Command", G_VARIANT_TYPE_STRING_ARRAY);

  return words != NULL ? inner_value_to_line (words) : g_strdup ("");
}

static char *
ports (GVariant *properties)
{
  g_auto (GStrv) words = NULL;

  g_variant_lookup (properties, "Published", "^as", &words);
  return words != NULL && words[0] != NULL ? g_strjoinv (" ", words) : g_strdup ("-");
}

static void
print_json (GPtrArray *sandboxes)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) list = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < sandboxes->len; i++)
    g_variant_builder_add_value (&builder,
                                 ((InnerSandbox *) g_ptr_array_index (sandboxes, i))->properties);
  list = g_variant_ref_sink (g_variant_builder_end (&builder));
  inner_print_json (list);
}

static void
print_table (GPtrArray *sandboxes)
{
  const char *const titles[] = { _ ("ID"),     _ ("NAME"),  _ ("PROFILE"), _ ("STATE"),
                                 _ ("UPTIME"), _ ("PORTS"), _ ("COMMAND"), NULL };
  g_autoptr (GPtrArray) rows = inner_rows_new ();

  for (guint i = 0; i < sandboxes->len; i++)
    {
      GVariant *properties = ((InnerSandbox *) g_ptr_array_index (sandboxes, i))->properties;

      inner_rows_take (rows, g_strdup (inner_text_of (properties, "Id")),
                       g_strdup (inner_text_of (properties, "Name")),
                       g_strdup (inner_text_of (properties, "Profile")), state (properties),
                       uptime (properties), ports (properties), command (properties), NULL);
    }
  inner_print_table (titles, rows);
}

static void
drop_ended (GPtrArray *sandboxes)
{
  for (guint i = sandboxes->len; i > 0; i--)
    {
      const InnerSandbox *sandbox = g_ptr_array_index (sandboxes, i - 1);

      if (g_str_equal (inner_text_of (sandbox->properties, "State"), INNER_STATE_EXITED))
        g_ptr_array_remove_index (sandboxes, i - 1);
    }
}

int
inner_verb_ps (InnerGlobal *global, int argc, char **argv)
{
  gboolean all = FALSE;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "all", 'a', 0, G_OPTION_ARG_NONE, &all, N_ ("Those that have ended too"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GPtrArray) sandboxes = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL, _ ("Lists the sandboxes."), &error))
    return inner_fail (error);
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    sandboxes = inner_sandboxes_list (connection, &error);
  if (sandboxes == NULL)
    return inner_fail (error);

  if (!all)
    drop_ended (sandboxes);
  if (json)
    print_json (sandboxes);
  else
    print_table (sandboxes);
  return 0;
}
