/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inner-client.h"
#include "inner-fds.h"
#include "inner-names.h"
#include "inner-output.h"
#include "inner-record.h"

#define EVENT_NETWORK "network"
#define EVENT_PLANNED "planned"

typedef struct
{
  gboolean events;
  gboolean output;
  gboolean network;
  gboolean json;
} Wanted;

static FILE *
open_part (InnerConnection *connection, const char *id, const char *part, GError **error)
{
  int fd = inner_record_open (connection, id, part, error);

  return fd >= 0 ? fdopen (fd, "re") : NULL;
}

/* Below the head, what was planned is not told again, but in the raw events. */
static void
print_event (char *line, const Wanted *wanted)
{
  InnerRecordEvent event;
  g_autofree char *shown = NULL;

  if (!inner_record_event (line, &event))
    {
      shown = inner_escape_all (line);
      printf (_ ("(no event) %s\n"), shown);
      return;
    }
  if (g_str_equal (event.event, EVENT_PLANNED) ||
      (wanted->network && !g_str_equal (event.event, EVENT_NETWORK)))
    return;
  shown = inner_escape_all (event.values);
  printf ("%s  %-10s %s\n", event.time, event.event, shown);
}

/* Line by line; a line without an end is of a run that is writing it. */
static gboolean
print_events (InnerConnection *connection, const char *id, const Wanted *wanted, GError **error)
{
  FILE *file = open_part (connection, id, "events", error);
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (file == NULL)
    return FALSE;
  while ((length = getline (&line, &size, file)) > 0 && line[length - 1] == '\n')
    {
      if (wanted->events)
        {
          fwrite (line, 1, length, stdout);
          continue;
        }
      line[length - 1] = '\0';
      print_event (line, wanted);
    }
  free (line);
  fclose (file);
  return TRUE;
}

/* SECURITY: what a sandbox wrote goes to a terminal escaped, so that it cannot do there what it could not do in its
 * own (attack 3; tests/bus/test_records.py). A pipe or a file gets every byte. */
static gboolean
print_output (InnerConnection *connection, const char *id, gboolean escaped, GError **error)
{
  FILE *file = open_part (connection, id, "output", error);
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (file == NULL)
    return FALSE;
  while ((length = getline (&line, &size, file)) > 0)
    {
      g_autofree char *valid = NULL;

      if (!escaped)
        {
          fwrite (line, 1, length, stdout);
          continue;
        }
      valid = g_utf8_make_valid (line, length - (line[length - 1] == '\n'));
      inner_print_line (valid);
    }
  free (line);
  fclose (file);
  return TRUE;
}

static gboolean
has_part (GVariant *run, const char *part)
{
  g_autofree const char **parts = NULL;

  g_variant_lookup (run, "parts", "^a&s", &parts);
  return parts != NULL && g_strv_contains (parts, part);
}

static void
print_head (GVariant *run)
{
  static const struct
  {
    const char *key;
    const char *title;
  } rows[] = {
    { "id", N_ ("Record") },
    { "name", N_ ("Name") },
    { "profile", N_ ("Profile") },
    { "command", N_ ("Command") },
    { "workspace", N_ ("Workspace") },
    { "network", N_ ("Network") },
    { "privileges", N_ ("Privileges") },
    { "state", N_ ("State") },
    { "reason", N_ ("Reason") },
    { "code", N_ ("Exit code") },
    { "path", N_ ("Kept in") },
    { "problem", N_ ("Not whole") },
  };
  g_autoptr (GPtrArray) table = inner_rows_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (run, rows[i].key, NULL);
      g_autofree char *text = value != NULL ? inner_value_to_line (value) : NULL;

      if (text != NULL && text[0] != '\0')
        inner_rows_take (table, g_strdup (_ (rows[i].title)), g_steal_pointer (&text), NULL);
    }
  inner_print_table (NULL, table);
}

static gboolean
show (InnerConnection *connection, GVariant *run, const Wanted *wanted, GError **error)
{
  const char *id = inner_text_of (run, "id");
  gboolean terminal = isatty (STDOUT_FILENO);

  if (wanted->output)
    return print_output (connection, id, terminal, error);
  inner_pager_begin ();
  if (!wanted->events)
    {
      print_head (run);
      putchar ('\n');
    }
  if (!print_events (connection, id, wanted, error))
    return FALSE;
  if (wanted->events || wanted->network || !has_part (run, "output"))
    return TRUE;
  putchar ('\n');
  return print_output (connection, id, terminal, error);
}

int
inner_verb_log_show (InnerGlobal *global, int argc, char **argv)
{
  Wanted wanted = { FALSE };
  const GOptionEntry entries[] = {
    { "events", 0, 0, G_OPTION_ARG_NONE, &wanted.events, N_ ("Only the events, as they are kept"),
      NULL },
    { "output", 0, 0, G_OPTION_ARG_NONE, &wanted.output, N_ ("Only the output"), NULL },
    { "network", 0, 0, G_OPTION_ARG_NONE, &wanted.network,
      N_ ("Of the events only those of the network"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &wanted.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) run = NULL;
  gboolean shown = TRUE;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("ID"),
                    _ ("Shows what happened in a run, and what the command wrote."), &error))
    return inner_fail (error);
  if (argc < 2)
    return inner_fail_usage (_ ("Name a record; “innerctl log list” shows them"));
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    run = inner_record_get (connection, argv[1], &error);
  if (run == NULL)
    return inner_fail (error);

  if (wanted.json)
    inner_print_json (run);
  else
    shown = show (connection, run, &wanted, &error);
  inner_pager_end ();
  return shown ? 0 : inner_fail (error);
}
