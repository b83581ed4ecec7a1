/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The verbs that do one thing to each sandbox that is named: inspect, stop, kill, wait. */

#include <stdio.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-output.h"
#include "inner-sandboxes.h"

#define MAX_GRACE 3600

typedef struct
{
  InnerConnection *connection;
  gboolean json;
  guint64 grace;
  int signal;
} Control;

/* Does it to one sandbox; gives FALSE with an error. */
typedef gboolean (*Action) (Control *control, InnerSandbox *sandbox, GError **error);

/* Each word is tried, also after one that failed. */
static int
for_each (Control *control, InnerGlobal *global, int argc, char **argv, Action action)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  int status = 0;

  if (argc < 2)
    return inner_fail_usage (_ ("Which sandbox? Name its id, its name or the beginning of its id"));
  connection = inner_connect (global->mode, global->verbose, &error);
  if (connection == NULL)
    return inner_fail (error);

  control->connection = connection;
  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) reason = NULL;
      InnerSandbox *sandbox = NULL;

      if (inner_check_utf8 (argv[i], &reason))
        sandbox = inner_sandbox_get (connection, argv[i], &reason);
      if (sandbox == NULL || !action (control, sandbox, &reason))
        status = inner_fail (reason);
      g_clear_pointer (&sandbox, inner_sandbox_free);
    }

  return status;
}

static GVariant *
call (Control *control,
      InnerSandbox *sandbox,
      const char *method,
      GVariant *parameters,
      const char *reply,
      GError **error)
{
  return inner_call (control->connection, sandbox->path, INNER_INTERFACE_INSTANCE, method,
                     parameters, reply, NULL, error);
}

static gboolean
inspect_one (Control *control, InnerSandbox *sandbox, GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (control->json)
    {
      inner_print_json (sandbox->properties);
      return TRUE;
    }
  g_variant_iter_init (&iter, sandbox->properties);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;
      g_autofree char *text = g_variant_is_of_type (owned, G_VARIANT_TYPE_STRING)
                                  ? g_variant_dup_string (owned, NULL)
                                  : g_variant_print (owned, FALSE);

      printf ("%-14s %s\n", key, text);
    }
  return TRUE;
}

static gboolean
stop_one (Control *control, InnerSandbox *sandbox, GError **error)
{
  GVariantBuilder options;
  g_autoptr (GVariant) reply = NULL;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", INNER_OPTION_GRACE,
                         g_variant_new_uint64 (control->grace));
  reply = call (control, sandbox, "Stop",
                g_variant_new ("(@a{sv})", g_variant_builder_end (&options)), "()", error);
  if (reply == NULL)
    return FALSE;

  g_variant_unref (reply);
  reply = call (control, sandbox, "Wait", NULL, "(a{sv})", error);
  return reply != NULL;
}

static gboolean
kill_one (Control *control, InnerSandbox *sandbox, GError **error)
{
  g_autoptr (GVariant) reply =
      call (control, sandbox, "Kill", g_variant_new ("(i)", control->signal), "()", error);

  return reply != NULL;
}

static gboolean
wait_one (Control *control, InnerSandbox *sandbox, GError **error)
{
  g_autoptr (GVariant) reply = call (control, sandbox, "Wait", NULL, "(a{sv})", error);
  g_autoptr (GVariant) result = NULL;
  gint32 code = -1;

  if (reply == NULL)
    return FALSE;
  result = g_variant_get_child_value (reply, 0);
  if (control->json)
    {
      inner_print_json (result);
      return TRUE;
    }
  g_variant_lookup (result, "exit-code", "i", &code);
  printf ("%d\n", code);
  return TRUE;
}

int
inner_verb_inspect (InnerGlobal *global, int argc, char **argv)
{
  Control control = { 0 };
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &control.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (&argc, &argv, entries, _ ("ID…"), _ ("Shows everything about a sandbox."),
                    &error))
    return inner_fail (error);
  return for_each (&control, global, argc, argv, inspect_one);
}

int
inner_verb_stop (InnerGlobal *global, int argc, char **argv)
{
  Control control = { .grace = 5 };
  g_autofree char *grace = NULL;
  const GOptionEntry entries[] = {
    { "time", 't', 0, G_OPTION_ARG_FILENAME, &grace,
      N_ ("How long the command may take to end (default: 5)"), N_ ("SECONDS") },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (&argc, &argv, entries, _ ("ID…"),
                    _ ("Asks the command to end, then kills what is left."), &error) ||
      (grace != NULL &&
       !inner_parse_number (grace, 0, MAX_GRACE, "--time", &control.grace, &error)))
    return inner_fail (error);
  return for_each (&control, global, argc, argv, stop_one);
}

int
inner_verb_kill (InnerGlobal *global, int argc, char **argv)
{
  Control control = { 0 };
  g_autofree char *name = NULL;
  const GOptionEntry entries[] = {
    { "signal", 's', 0, G_OPTION_ARG_FILENAME, &name, N_ ("Signal (default: KILL)"),
      N_ ("SIGNAL") },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (inner_parse (&argc, &argv, entries, _ ("ID…"), _ ("Sends a signal to the command."), &error))
    control.signal = inner_parse_signal (name != NULL ? name : "KILL", &error);
  if (control.signal == 0)
    return inner_fail (error);
  return for_each (&control, global, argc, argv, kill_one);
}

int
inner_verb_wait (InnerGlobal *global, int argc, char **argv)
{
  Control control = { 0 };
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &control.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (&argc, &argv, entries, _ ("ID…"),
                    _ ("Waits for the end and prints the exit code."), &error))
    return inner_fail (error);
  return for_each (&control, global, argc, argv, wait_one);
}
