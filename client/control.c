/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The verbs that do one thing to each sandbox that is named: inspect, stop, kill, wait. With --json each
 * prints an object for one word, and for several an array of those that it was done to. */

#include <stdio.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-output.h"
#include "inner-sandboxes.h"
#include "inner-way.h"

#define DEFAULT_GRACE 5
#define MAX_GRACE 3600
#define MAX_RECONNECTS 100

typedef struct _Control Control;

struct _Control
{
  InnerGlobal *global;
  InnerConnection *connection; /* owned by for_each() */
  gboolean json;
  guint64 grace;
  int signal;

  /* Does it; gives what there is to tell (a{sv}), NULL with an error. */
  GVariant *(*act) (Control *control, const InnerSandbox *sandbox, GError **error);

  /* Tells it to people; NULL: there is nothing to tell. */
  void (*tell) (GVariant *result);
};

static gboolean
do_one (Control *control,
        GPtrArray *sandboxes,
        const char *word,
        GVariantBuilder *array,
        GError **error)
{
  g_autoptr (GVariant) result = NULL;
  const InnerSandbox *sandbox;
  int index;

  if (!inner_check_utf8 (word, error))
    return FALSE;
  index = inner_sandboxes_find (sandboxes, word, error);
  if (index < 0)
    return FALSE;
  sandbox = g_ptr_array_index (sandboxes, index);
  result = control->act (control, sandbox, error);
  if (result == NULL)
    return FALSE;

  if (control->json)
    g_variant_builder_add_value (array, result);
  else if (control->tell != NULL)
    control->tell (result);
  return TRUE;
}

static void
print_results (GVariant *results, gboolean several)
{
  g_autoptr (GVariant) only = NULL;

  if (!several && g_variant_n_children (results) == 1)
    only = g_variant_get_child_value (results, 0);
  if (several || only != NULL)
    inner_print_json (several ? results : only);
}

/* Each word is tried, also after one that failed. */
static int
for_each (Control *control, InnerGlobal *global, int argc, char **argv)
{
  g_auto (GVariantBuilder) array = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) sandboxes = NULL;
  g_autoptr (GVariant) results = NULL;
  int status = 0;

  if (argc < 2)
    return inner_fail_usage (_ ("Which sandbox? Name its id, its name or the beginning of its id"));
  control->global = global;
  control->connection = inner_global_connect (global, &error);
  if (control->connection == NULL)
    return inner_fail (error);
  sandboxes = inner_sandboxes_list (control->connection, &error);
  if (sandboxes == NULL)
    {
      g_clear_pointer (&control->connection, inner_connection_free);
      return inner_fail (error);
    }

  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) reason = NULL;

      if (!do_one (control, sandboxes, argv[i], &array, &reason))
        status = inner_fail (reason);
    }

  results = g_variant_ref_sink (g_variant_builder_end (&array));
  if (control->json)
    print_results (results, argc > 2);
  g_clear_pointer (&control->connection, inner_connection_free);
  return status;
}

static GVariant *
call (Control *control,
      const InnerSandbox *sandbox,
      const char *method,
      GVariant *parameters,
      const char *reply_type,
      GError **error)
{
  return inner_call (control->connection, sandbox->path, INNER_INTERFACE_INSTANCE, method,
                     parameters, reply_type, NULL, error);
}

static GVariant *
inspect_one (Control *control, const InnerSandbox *sandbox, GError **error)
{
  return g_variant_ref (sandbox->properties);
}

static char *
property_to_line (const char *key, GVariant *value)
{
  g_autoptr (GDateTime) time = NULL;

  if (!g_str_equal (key, "StartedAt"))
    return inner_value_to_line (value);
  time = g_date_time_new_from_unix_local (g_variant_get_int64 (value) / G_USEC_PER_SEC);
  return g_date_time_format (time, "%F %T %z");
}

static void
tell_properties (GVariant *properties)
{
  g_autoptr (GPtrArray) rows = inner_rows_new ();
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;

      inner_rows_take (rows, g_strdup (key), property_to_line (key, owned), NULL);
    }
  inner_print_table (NULL, rows);
}

/* Which of several sandboxes a result is about. */
static GVariant *
with_id (const InnerSandbox *sandbox, GVariant *result)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (result);

  g_variant_dict_insert (&dict, "id", "s", inner_text_of (sandbox->properties, "Id"));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

/* The service died, and its sandboxes did not: the next one knows how they end. */
static GVariant *
call_wait (Control *control, const InnerSandbox *sandbox, GError **error)
{
  InnerWay way = { control->global, control->connection, MAX_RECONNECTS, 0 };

  for (;;)
    {
      g_autoptr (GError) reason = NULL;
      GVariant *reply = call (control, sandbox, "Wait", NULL, "(a{sv})", &reason);

      if (reply != NULL)
        return reply;
      if (!inner_way_reconnect (&way, reason))
        {
          g_propagate_error (error, g_steal_pointer (&reason));
          return NULL;
        }
      control->connection = way.connection;
    }
}

static GVariant *
wait_one (Control *control, const InnerSandbox *sandbox, GError **error)
{
  g_autoptr (GVariant) reply = call_wait (control, sandbox, error);
  g_autoptr (GVariant) result = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;

  return result != NULL ? with_id (sandbox, result) : NULL;
}

static void
tell_exit_code (GVariant *result)
{
  gint32 code = -1;

  g_variant_lookup (result, "exit-code", "i", &code);
  inner_say_guarded (result);
  printf ("%d\n", code);
  fflush (stdout);
}

/* What has ended already is as it should be. */
static GVariant *
stop_one (Control *control, const InnerSandbox *sandbox, GError **error)
{
  GVariantDict options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) reason = NULL;

  g_variant_dict_insert (&options, INNER_OPTION_GRACE, "t", control->grace);
  reply = call (control, sandbox, "Stop", g_variant_new ("(@a{sv})", g_variant_dict_end (&options)),
                "()", &reason);
  if (reply == NULL && !g_error_matches (reason, INNER_ERROR, INNER_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }

  return wait_one (control, sandbox, error);
}

static GVariant *
kill_one (Control *control, const InnerSandbox *sandbox, GError **error)
{
  g_autoptr (GVariant) reply =
      call (control, sandbox, "Kill", g_variant_new ("(i)", control->signal), "()", error);

  return reply != NULL ? with_id (sandbox, NULL) : NULL;
}

int
inner_verb_inspect (InnerGlobal *global, int argc, char **argv)
{
  Control control = { .act = inspect_one, .tell = tell_properties };
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &control.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("ID…"),
                    _ ("Shows everything about a sandbox."), &error))
    return inner_fail (error);
  return for_each (&control, global, argc, argv);
}

int
inner_verb_stop (InnerGlobal *global, int argc, char **argv)
{
  Control control = { .act = stop_one, .grace = DEFAULT_GRACE };
  g_autofree char *grace = NULL;
  const GOptionEntry entries[] = {
    { "time", 't', 0, G_OPTION_ARG_FILENAME, &grace,
      N_ ("How long the command may take to end (default: 5)"), N_ ("SECONDS") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &control.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("ID…"),
                    _ ("Asks the command to end, then kills what is left."), &error) ||
      (grace != NULL &&
       !inner_parse_number (grace, 0, MAX_GRACE, "--time", &control.grace, &error)))
    return inner_fail (error);
  return for_each (&control, global, argc, argv);
}

int
inner_verb_kill (InnerGlobal *global, int argc, char **argv)
{
  Control control = { .act = kill_one };
  g_autofree char *name = NULL;
  const GOptionEntry entries[] = {
    { "signal", 's', 0, G_OPTION_ARG_FILENAME, &name, N_ ("Signal (default: KILL)"),
      N_ ("SIGNAL") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &control.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (inner_parse (global, &argc, &argv, entries, -1, _ ("ID…"),
                   _ ("Sends a signal to the command."), &error))
    control.signal = inner_parse_signal (name != NULL ? name : "KILL", &error);
  if (control.signal == 0)
    return inner_fail (error);
  return for_each (&control, global, argc, argv);
}

int
inner_verb_wait (InnerGlobal *global, int argc, char **argv)
{
  Control control = { .act = wait_one, .tell = tell_exit_code };
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &control.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("ID…"),
                    _ ("Waits for the end and prints the exit code."), &error))
    return inner_fail (error);
  return for_each (&control, global, argc, argv);
}
