/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-client.h"
#include "inner-output.h"
#include "inner-sandboxes.h"

static char *
age (const InnerSandbox *sandbox)
{
  gint64 started = 0;
  gint64 seconds;

  g_variant_lookup (sandbox->properties, "StartedAt", "x", &started);
  seconds = MAX (0, (g_get_real_time () - started) / G_USEC_PER_SEC);
  if (seconds < 120)
    return g_strdup_printf ("%" G_GINT64_FORMAT " s", seconds);
  if (seconds < 120 * 60)
    return g_strdup_printf ("%" G_GINT64_FORMAT " min", seconds / 60);
  return g_strdup_printf ("%" G_GINT64_FORMAT " h", seconds / 3600);
}

static char *
state (const InnerSandbox *sandbox)
{
  const char *word = inner_sandbox_text (sandbox, "State");
  gint32 code = 0;

  if (!g_str_equal (word, INNER_STATE_EXITED))
    return g_strdup (word);
  g_variant_lookup (sandbox->properties, "ExitCode", "i", &code);
  return g_strdup_printf ("%s (%d)", word, code);
}

static char **
make_row (const InnerSandbox *sandbox)
{
  g_auto (GStrv) command = NULL;
  char **cells = g_new0 (char *, 7);

  g_variant_lookup (sandbox->properties, "Command", "^as", &command);
  cells[0] = g_strdup (inner_sandbox_text (sandbox, "Id"));
  cells[1] = g_strdup (inner_sandbox_text (sandbox, "Name"));
  cells[2] = g_strdup (inner_sandbox_text (sandbox, "Profile"));
  cells[3] = state (sandbox);
  cells[4] = age (sandbox);
  cells[5] = command != NULL ? g_strjoinv (" ", command) : g_strdup ("");
  return cells;
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
  const char *const titles[] = { _ ("ID"),      _ ("NAME"),    _ ("PROFILE"), _ ("STATE"),
                                 _ ("STARTED"), _ ("COMMAND"), NULL };
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (guint i = 0; i < sandboxes->len; i++)
    g_ptr_array_add (rows, make_row (g_ptr_array_index (sandboxes, i)));
  inner_print_table (titles, rows);
}

static void
drop_ended (GPtrArray *sandboxes)
{
  for (guint i = sandboxes->len; i > 0; i--)
    if (g_str_equal (inner_sandbox_text (g_ptr_array_index (sandboxes, i - 1), "State"),
                     INNER_STATE_EXITED))
      g_ptr_array_remove_index (sandboxes, i - 1);
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

  if (!inner_parse (&argc, &argv, entries, NULL, _ ("Lists the sandboxes."), &error))
    return inner_fail (error);
  if (argc > 1)
    return inner_fail_usage (_ ("“%s” is one word too many"), argv[1]);
  connection = inner_connect (global->mode, global->verbose, &error);
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
