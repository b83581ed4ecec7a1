/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inner-agent.h"
#include "inner-client.h"
#include "inner-consent.h"
#include "inner-denied-text.h"
#include "inner-output.h"
#include "inner-relay.h"
#include "inner-run-options.h"
#include "inner-signals.h"
#include "inner-terminal.h"
#include "inner-way.h"

/* So many interrupts, each so soon after the one before, end what does not listen. */
#define IMPATIENT 3
#define IMPATIENT_US (2 * G_USEC_PER_SEC)

/* So often a service may die under one run. */
#define MAX_LOSSES 3

/* How often the sandbox of a service that died is asked for. */
#define PATIENCE_STEP_MS 20

/* One run in the foreground, from the call of Start to the answer of Wait. */
typedef struct
{
  GMainLoop *loop;
  InnerWay way;
  InnerRelay *relay;
  InnerTerminal *terminal; /* NULL: stdin is none */
  gboolean on_terminal;    /* and the sandbox has one */
  gboolean left;           /* by ctrl-] d */
  InnerRunOptions *options;
  GVariant *parameters; /* of Start, kept for a second try */
  InnerAgent *agent;    /* asks for passwords while it starts */
  gboolean agent_tried; /* once is enough */
  gboolean asked;       /* whether an untrusted profile is all right; once is enough */
  char *path;           /* of the instance; NULL until it runs */
  int pending_signal;   /* came before it ran; 0 = none */
  guint interrupts;
  gint64 last_interrupt;
  gboolean ended; /* the service told how; else the relay cannot wait for the output's end */
  int exit_code;
} Run;

static void wait_for_end (Run *run);

static void
finish (Run *run, int exit_code)
{
  run->exit_code = exit_code;
  g_main_loop_quit (run->loop);
}

static void
send_signal (Run *run, int number)
{
  inner_call_instance (run->way.connection, run->path, "Kill", g_variant_new ("(i)", number));
}

static void
send_size (Run *run)
{
  guint16 columns;
  guint16 rows;

  if (!run->on_terminal)
    return;
  inner_terminal_get_size (&columns, &rows);
  inner_call_instance (run->way.connection, run->path, "Resize",
                       g_variant_new ("(qq)", columns, rows));
}

/* Counts SIGINT and SIGTERM in quick succession: ctrl-C now and then is normal use of many programs. */
static gboolean
is_impatient (Run *run, int number)
{
  gint64 now = g_get_monotonic_time ();

  if (number != SIGINT && number != SIGTERM)
    return FALSE;
  if (now - run->last_interrupt > IMPATIENT_US)
    run->interrupts = 0;
  run->last_interrupt = now;
  return ++run->interrupts >= IMPATIENT;
}

/* While it starts, perhaps with a dialog open, there is nobody to pass a signal on to; who does not want to
 * wait leaves, and the service cleans up behind a client that went. */
static void
forward (Run *run, int number)
{
  gboolean impatient = is_impatient (run, number);

  if (run->path != NULL)
    send_signal (run, impatient ? SIGKILL : number);
  else if (impatient)
    finish (run, INNER_EXIT_SIGNAL_BASE + number);
  else if (run->pending_signal == 0)
    run->pending_signal = number;
}

static void
on_signal (int number, gpointer data)
{
  Run *run = data;

  if (number == SIGWINCH)
    send_size (run);
  else if (number != SIGCONT)
    forward (run, number);
  else if (run->on_terminal)
    {
      inner_terminal_resume (run->terminal);
      send_size (run);
    }
}

/* Whether @reason was that the sandbox which the dead service left behind does not run yet. */
static gboolean
is_starting (const InnerWay *way, const GError *reason)
{
  return g_error_matches (reason, INNER_ERROR, INNER_ERROR_BUSY) && inner_way_is_patient (way);
}

/* Only what ended the command, or may be why it failed. */
static void
tell_limits (GVariant *values, gint32 code)
{
  g_autofree const char **hit = NULL;

  g_variant_lookup (values, "limits-hit", "^a&s", &hit);
  if (hit == NULL || code == 0)
    return;
  if (g_strv_contains (hit, "memory"))
    inner_say (_ (
        "the sandbox used up its memory, and the kernel killed a process of it; “--limit-memory” "
        "gives it more"));
  if (g_strv_contains (hit, "pids"))
    inner_say (
        _ ("the sandbox could not start as many processes as it wanted to; “--limit-pids” gives it "
           "more"));
}

static void
tell_reason (const char *reason)
{
  if (g_str_equal (reason, INNER_REASON_TIMEOUT))
    inner_say (_ ("the time limit is over"));
  else if (g_str_equal (reason, INNER_REASON_IDLE))
    inner_say (_ ("nothing was shown for so long that the idle time limit is over"));
  else if (g_str_equal (reason, INNER_REASON_LOST))
    inner_say (_ ("the sandbox was lost: its supervisor died"));
}

static gboolean
on_patience_for_end (gpointer data)
{
  wait_for_end (data);
  return G_SOURCE_REMOVE;
}

/* Asks again for the end if the service died, and if the next one does not know the sandbox yet. */
static gboolean
wait_again (Run *run, const GError *reason)
{
  if (inner_way_reconnect (&run->way, reason))
    {
      wait_for_end (run);
      return TRUE;
    }
  if (!inner_way_is_unknown (reason))
    return FALSE;

  if (inner_way_is_patient (&run->way))
    g_timeout_add (PATIENCE_STEP_MS, on_patience_for_end, run);
  else
    {
      tell_reason (INNER_REASON_LOST);
      finish (run, INNER_EXIT_ERROR);
    }
  return TRUE;
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *run = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) values = NULL;
  gint32 code = INNER_EXIT_ERROR;

  if (reply == NULL && wait_again (run, error))
    return;
  if (reply == NULL)
    {
      finish (run, inner_fail (error));
      return;
    }

  values = g_variant_get_child_value (reply, 0);
  g_variant_lookup (values, "exit-code", "i", &code);
  if (!run->options->quiet)
    {
      tell_reason (inner_text_of (values, "reason"));
      tell_limits (values, code);
      inner_say_guarded (values);
      inner_say_denied (values);
      inner_say_summary (values);
    }
  run->ended = TRUE;
  finish (run, code);
}

static void
wait_for_end (Run *run)
{
  g_dbus_connection_call (run->way.connection->bus, run->way.connection->destination, run->path,
                          INNER_INTERFACE_INSTANCE, "Wait", NULL, G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_waited, run);
}

static void start (Run *run);

static gboolean
on_patience (gpointer data)
{
  start (data);
  return G_SOURCE_REMOVE;
}

/* A privilege that a person can give: what it opens is said, and then the password is asked for. */
static gboolean
ask_on_terminal (Run *run, const GError *error)
{
  if (run->agent_tried || !inner_agent_can_help (run->way.connection, error))
    return FALSE;
  run->agent_tried = TRUE;
  inner_agent_explain (run->way.connection, run->parameters, run->options->fds);
  run->agent = inner_agent_start ();
  return run->agent != NULL;
}

/* A profile that is not trusted is shown to the person, and tried once more if they approved it. A service
 * that died is asked no more; the same call finds the sandbox that it started, or starts it. */
static gboolean
start_again (Run *run, GError **error)
{
  if (is_starting (&run->way, *error))
    {
      g_timeout_add (PATIENCE_STEP_MS, on_patience, run);
      return TRUE;
    }
  if (inner_way_reconnect (&run->way, *error))
    {
      start (run);
      return TRUE;
    }
  if (ask_on_terminal (run, *error))
    {
      start (run);
      return TRUE;
    }
  if (run->asked || !inner_consent_after (run->way.connection, run->options->profile,
                                          run->options->remote.url, error))
    return FALSE;
  run->asked = TRUE;
  start (run);
  return TRUE;
}

/* That is the profile's choice, unless one of the options was given. */
static gboolean
is_interactive (Run *run)
{
  g_autoptr (GVariant) reply = inner_call (
      run->way.connection, run->path, "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", INNER_INTERFACE_INSTANCE, "Interactive"), "(v)", NULL, NULL);
  g_autoptr (GVariant) value = NULL;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(v)", &value);
  return g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean (value);
}

static void
on_detached (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *run = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    {
      finish (run, inner_fail (error));
      return;
    }
  run->left = TRUE;
  finish (run, 0);
}

/* Who leaves lets the sandbox go on; whose terminal is gone does not, and everything ends as it does when a
 * terminal is closed. That it has no more to show is no end yet: Wait tells of that. */
static void
on_terminal_event (InnerTerminalEvent event, gpointer data)
{
  Run *run = data;

  if (event == INNER_TERMINAL_LEFT)
    g_dbus_connection_call (run->way.connection->bus, run->way.connection->destination, run->path,
                            INNER_INTERFACE_INSTANCE, "Detach", NULL, NULL, G_DBUS_CALL_FLAGS_NONE,
                            -1, NULL, on_detached, run);
  else if (event == INNER_TERMINAL_LOST)
    finish (run, INNER_EXIT_SIGNAL_BASE + SIGHUP);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *run = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, &error);

  if (reply == NULL && start_again (run, &error))
    return;
  g_clear_pointer (&run->agent, inner_agent_stop);
  g_clear_object (&run->options->fds);
  if (reply == NULL)
    {
      finish (run, inner_fail (error));
      return;
    }

  g_variant_get (reply, "(o)", &run->path);
  run->on_terminal = run->terminal != NULL && is_interactive (run);
  if (run->on_terminal)
    inner_terminal_start (run->terminal, FALSE, on_terminal_event, run);
  else
    inner_relay_start (run->relay);
  if (run->pending_signal != 0)
    send_signal (run, run->pending_signal);
  if (!run->options->quiet)
    inner_follow_denied (run->way.connection, run->path, run->on_terminal ? run->terminal : NULL);
  wait_for_end (run);
}

static void
start (Run *run)
{
  g_dbus_connection_call_with_unix_fd_list (
      run->way.connection->bus, run->way.connection->destination, INNER_OBJECT_PATH,
      INNER_INTERFACE_SANDBOX, "Start", run->parameters, G_VARIANT_TYPE ("(o)"),
      inner_call_flags (run->way.connection), G_MAXINT, run->options->fds, NULL, on_started, run);
}

/* (transfer full) */
static GVariant *
start_parameters (InnerRunOptions *options)
{
  return g_variant_ref_sink (
      g_variant_new ("(s@a{sv})", options->profile, g_variant_builder_end (&options->options)));
}

/* Start or Plan without a main loop; tried again as start_again() does. */
static GVariant *
call (InnerWay *way,
      InnerRunOptions *options,
      const char *method,
      const char *reply_type,
      GError **error)
{
  g_autoptr (GVariant) parameters = start_parameters (options);
  gboolean asked = FALSE;

  while (TRUE)
    {
      g_autoptr (GError) reason = NULL;
      GVariant *reply = inner_call (way->connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX,
                                    method, parameters, reply_type, options->fds, &reason);

      if (reply != NULL)
        return reply;
      if (is_starting (way, reason))
        {
          g_usleep (PATIENCE_STEP_MS * 1000);
          continue;
        }
      if (inner_way_reconnect (way, reason))
        continue;
      if (asked ||
          !inner_consent_after (way->connection, options->profile, options->remote.url, &reason))
        {
          g_propagate_error (error, g_steal_pointer (&reason));
          return NULL;
        }
      asked = TRUE;
    }
}

/* The profile may want a terminal or not: what is not used of the two is dropped. Where there is none, as in a
 * script, a profile that would like one gets pipes and files, and only “--interactive” fails. */
static gboolean
prepare_streams (Run *run, GError **error)
{
  InnerRunOptions *options = run->options;

  if (options->interactive || (!options->no_interactive && isatty (0)))
    {
      run->terminal = inner_terminal_new ("--interactive", error);
      if (run->terminal == NULL ||
          !inner_terminal_add (run->terminal, &options->options, options->fds, error))
        return FALSE;
    }
  else if (!options->no_interactive)
    g_variant_builder_add (&options->options, "{sv}", INNER_OPTION_INTERACTIVE,
                           g_variant_new_boolean (FALSE));
  run->relay = inner_relay_new (error);
  return run->relay != NULL && inner_relay_add (run->relay, &options->options, options->fds, error);
}

static int
run_foreground (InnerGlobal *global, InnerConnection *connection, InnerRunOptions *options)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Run run = { .loop = loop, .way = { global, connection, MAX_LOSSES, 0 }, .options = options };

  if (!prepare_streams (&run, &error))
    {
      inner_connection_free (connection);
      return inner_fail (error);
    }

  inner_signals_catch (on_signal, &run);
  run.parameters = start_parameters (options);
  start (&run);
  g_main_loop_run (loop);

  inner_relay_finish (run.relay, run.ended && !run.on_terminal);
  if (run.terminal != NULL)
    inner_terminal_finish (run.terminal, run.ended && run.on_terminal);
  if (run.left && !options->quiet)
    inner_say (_ ("left; “innerctl attach %s” comes back"), strrchr (run.path, '/') + 1);
  g_clear_pointer (&run.agent, inner_agent_stop);
  inner_connection_free (run.way.connection);
  g_variant_unref (run.parameters);
  g_free (run.path);
  return run.exit_code;
}

static void
print_id (const InnerRunOptions *options, const char *path)
{
  const char *id = strrchr (path, '/') + 1;
  GVariantBuilder builder;
  g_autoptr (GVariant) value = NULL;

  if (!options->json)
    {
      puts (id);
      return;
    }
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "id", g_variant_new_string (id));
  g_variant_builder_add (&builder, "{sv}", "name",
                         g_variant_new_string (options->name != NULL ? options->name : id));
  value = g_variant_ref_sink (g_variant_builder_end (&builder));
  inner_print_json (value);
}

/* Its output goes nowhere and its input is empty, unless it has a terminal to attach to. */
static int
run_detached (const InnerGlobal *global, InnerConnection *connection, InnerRunOptions *options)
{
  InnerWay way = { global, connection, MAX_LOSSES, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (&way, options, "Start", "(o)", &error);
  const char *path;

  inner_connection_free (way.connection);
  if (reply == NULL)
    return inner_fail (error);
  g_variant_get (reply, "(&o)", &path);
  print_id (options, path);
  return 0;
}

static int
run_dry (const InnerGlobal *global, InnerConnection *connection, InnerRunOptions *options)
{
  InnerWay way = { global, connection, MAX_LOSSES, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (&way, options, "Plan", "(a{sv})", &error);
  g_autoptr (GVariant) plan = NULL;

  inner_connection_free (way.connection);
  if (reply == NULL)
    return inner_fail (error);

  plan = g_variant_get_child_value (reply, 0);
  if (options->format != NULL)
    fputs (inner_text_of (plan, "bwrap-script"), stdout);
  else if (options->json)
    inner_print_json (plan);
  else
    inner_print_plan (plan);
  return 0;
}

int
inner_verb_run (InnerGlobal *global, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerRunOptions) options = inner_run_options_new (global, argc, argv, &error);
  InnerConnection *connection;

  if (options == NULL)
    return inner_fail (error);
  connection = inner_global_connect (global, &error);
  if (connection == NULL)
    return inner_fail (error);

  if (!inner_remote_consent (&options->remote, connection, options->profile, !options->dry_run,
                             &error))
    {
      inner_connection_free (connection);
      return inner_fail (error);
    }
  if (options->dry_run)
    return run_dry (global, connection, options);
  if (options->detach)
    return run_detached (global, connection, options);
  return run_foreground (global, connection, options);
}
