/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* innerctl log: the records of runs. */

#include <stdio.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-output.h"
#include "inner-record.h"

#define SECONDS_PER_DAY (24 * 60 * 60)

static char *
local_time (GVariant *run, const char *key)
{
  gint64 at = 0;
  g_autoptr (GDateTime) time = NULL;

  g_variant_lookup (run, key, "x", &at);
  time = at != 0 ? g_date_time_new_from_unix_local (at / G_USEC_PER_SEC) : NULL;
  return time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : g_strdup ("-");
}

static char *
state_of (GVariant *run)
{
  const char *state = inner_text_of (run, "state");
  const char *reason = inner_text_of (run, "reason");
  gint32 code = 0;

  if (!g_variant_lookup (run, "code", "i", &code))
    return g_strdup (state);
  return g_strdup_printf ("%s (%d)", reason[0] != '\0' ? reason : state, code);
}

static char *
command_of (GVariant *run)
{
  g_autoptr (GVariant) words = g_variant_lookup_value (run, "command", G_VARIANT_TYPE_STRING_ARRAY);

  return words != NULL ? inner_value_to_line (words) : g_strdup ("");
}

static void
print_runs (GVariant *runs)
{
  const char *const titles[] = { _ ("ID"),    _ ("NAME"),    _ ("WHEN"), _ ("PROFILE"),
                                 _ ("STATE"), _ ("COMMAND"), NULL };
  g_autoptr (GPtrArray) rows = inner_rows_new ();

  for (gsize i = 0; i < g_variant_n_children (runs); i++)
    {
      g_autoptr (GVariant) run = g_variant_get_child_value (runs, i);

      inner_rows_take (rows, g_strdup (inner_text_of (run, "id")),
                       g_strdup (inner_text_of (run, "name")), local_time (run, "planned-at"),
                       g_strdup (inner_text_of (run, "profile")), state_of (run), command_of (run),
                       NULL);
    }
  inner_print_table (titles, rows);
}

static int
list (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  int limit = 0;
  const GOptionEntry entries[] = {
    { "limit", 'n', 0, G_OPTION_ARG_INT, &limit, N_ ("At most so many"), N_ ("NUMBER") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) runs = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Lists the records of runs, newest first."), &error))
    return inner_fail (error);
  if (limit < 0)
    return inner_fail_usage (_ ("“%d” is no number of records"), limit);
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "ListRuns",
                        g_variant_new_parsed ("({'limit': <%u>},)", (guint) limit), "(aa{sv})",
                        NULL, &error);
  if (reply == NULL)
    return inner_fail (error);

  runs = g_variant_get_child_value (reply, 0);
  if (json)
    inner_print_json (runs);
  else
    {
      inner_pager_begin ();
      print_runs (runs);
      inner_pager_end ();
    }
  return 0;
}

/* Gives whether the record is whole; says so. */
static gboolean
verify_one (GVariant *run)
{
  const char *id = inner_text_of (run, "id");
  g_autofree char *mark = NULL;
  guint32 line = 0;

  if (inner_flag_of (run, "intact"))
    {
      mark = inner_colour ("green", "ok");
      printf ("%s  [%s]\n", id, mark);
      return TRUE;
    }
  mark = inner_colour ("red", "!!");
  g_variant_lookup (run, "line", "u", &line);
  printf ("%s  [%s] %s/events.ndjson:%u: %s\n", id, mark, inner_text_of (run, "path"), line,
          inner_text_of (run, "problem"));
  return FALSE;
}

/* The ids of all records, if @words names none. (transfer full) */
static char **
ids_of (InnerConnection *connection, char **words, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) runs = NULL;
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  if (words[0] != NULL)
    return g_strdupv (words);
  reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "ListRuns",
                      g_variant_new_parsed ("(@a{sv} {},)"), "(aa{sv})", NULL, error);
  if (reply == NULL)
    return NULL;
  runs = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (runs); i++)
    {
      g_autoptr (GVariant) run = g_variant_get_child_value (runs, i);

      g_strv_builder_add (ids, inner_text_of (run, "id"));
    }
  return g_strv_builder_end (ids);
}

static int
verify (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_auto (GVariantBuilder) all = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) list_of_all = NULL;
  g_auto (GStrv) ids = NULL;
  gboolean whole = TRUE;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("[ID…]"),
                    _ ("Looks whether records are whole: all, or those that are named."), &error))
    return inner_fail (error);
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    ids = ids_of (connection, argv + 1, &error);
  for (char **id = ids; id != NULL && *id != NULL && error == NULL; id++)
    {
      g_autoptr (GVariant) run = inner_record_get (connection, *id, &error);

      if (run == NULL)
        break;
      whole = inner_flag_of (run, "intact") && whole;
      g_variant_builder_add_value (&all, run);
      if (!json)
        verify_one (run);
    }
  if (error != NULL)
    return inner_fail (error);

  list_of_all = g_variant_ref_sink (g_variant_builder_end (&all));
  if (json)
    inner_print_json (list_of_all);
  return whole ? 0 : 1;
}

static int
clean (InnerGlobal *global, int argc, char **argv)
{
  gboolean dry_run = FALSE;
  gboolean json = FALSE;
  int days = 30;
  const GOptionEntry entries[] = {
    { "older-than", 0, 0, G_OPTION_ARG_INT, &days,
      N_ ("Those that changed last so many days ago (30)"), N_ ("DAYS") },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, N_ ("Only say which"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) ids = NULL;
  g_autofree const char **words = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Removes old records, and prints which."), &error))
    return inner_fail (error);
  if (days < 0)
    return inner_fail_usage (_ ("“%d” is no number of days"), days);
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "CleanRuns",
                        g_variant_new_parsed ("({'older-than': <%t>, 'dry-run': <%b>},)",
                                              (guint64) days * SECONDS_PER_DAY, dry_run),
                        "(as)", NULL, &error);
  if (reply == NULL)
    return inner_fail (error);

  ids = g_variant_get_child_value (reply, 0);
  if (json)
    {
      inner_print_json (ids);
      return 0;
    }
  words = g_variant_get_strv (ids, NULL);
  for (gsize i = 0; words[i] != NULL; i++)
    puts (words[i]);
  return 0;
}

int
inner_verb_log (InnerGlobal *global, int argc, char **argv)
{
  static const InnerVerb verbs[] = {
    { "list", N_ ("List the records of runs"), list },
    { "show", N_ ("Show what happened in a run, and its output"), inner_verb_log_show },
    { "replay", N_ ("Play what the terminal of a run showed"), inner_verb_log_replay },
    { "verify", N_ ("Look whether records were changed or cut"), verify },
    { "clean", N_ ("Remove old records"), clean },
    { NULL, NULL, NULL },
  };

  return inner_verb_dispatch (verbs, "innerctl log", global, argc, argv);
}
