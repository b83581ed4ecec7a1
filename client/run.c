/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inner-client.h"
#include "inner-consent.h"
#include "inner-output.h"
#include "inner-relay.h"
#include "inner-run-options.h"

/* So many interrupts, each so soon after the one before, end what does not listen. */
#define IMPATIENT 3
#define IMPATIENT_US (2 * G_USEC_PER_SEC)

/* So often a service may die under one run. */
#define MAX_LOSSES 3

/* How long the sandbox of a service that died may take to start, and how often it is asked for. */
#define PATIENCE_US (10 * G_USEC_PER_SEC)
#define PATIENCE_STEP_MS 20

/* The way to the service, which may die: its sandboxes do not, and the next service knows them. */
typedef struct
{
  const InnerGlobal *global;
  InnerConnection *connection;
  guint losses;
  gint64 patient_until; /* after a loss */
} Way;

/* One run in the foreground, from the call of Start to the answer of Wait. */
typedef struct
{
  GMainLoop *loop;
  Way way;
  InnerRelay *relay;
  InnerRunOptions *options;
  GVariant *parameters; /* of Start, kept for a second try */
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
  g_dbus_connection_call (run->way.connection->bus, run->way.connection->destination, run->path,
                          INNER_INTERFACE_INSTANCE, "Kill", g_variant_new ("(i)", number), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
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

static gboolean
on_signal_fd (int fd, GIOCondition condition, gpointer data)
{
  guint8 number;

  while (read (fd, &number, 1) == 1)
    forward (data, number);
  return G_SOURCE_CONTINUE;
}

/* A pipe and not signalfd(): a blocked signal would be blocked in the relay's threads and in what is
 * started too. */
static int signal_pipe = -1;

static void
note_signal (int number)
{
  guint8 byte = number;
  int saved = errno;
  G_GNUC_UNUSED gssize n = write (signal_pipe, &byte, 1);

  errno = saved;
}

static void
catch_signals (Run *run)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
  struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESTART };
  int pipes[2];

  if (!g_unix_open_pipe (pipes, FD_CLOEXEC, NULL))
    return;
  g_unix_set_fd_nonblocking (pipes[0], TRUE, NULL);
  g_unix_set_fd_nonblocking (pipes[1], TRUE, NULL);
  signal_pipe = pipes[1];
  g_unix_fd_add (pipes[0], G_IO_IN, on_signal_fd, run);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      struct sigaction old;

      /* What we were started to ignore (nohup, for example) stays ignored. */
      if (sigaction (numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction (numbers[i], &action, NULL);
    }
}

/* Whether @reason was that the service died, and there is another one now. */
static gboolean
reconnect (Way *way, const GError *reason)
{
  InnerConnection *connection;

  if (!inner_connection_is_lost (reason) || way->losses++ == MAX_LOSSES)
    return FALSE;
  connection = inner_global_connect (way->global, NULL);
  if (connection == NULL)
    return FALSE;

  inner_connection_free (way->connection);
  way->connection = connection;
  way->patient_until = g_get_monotonic_time () + PATIENCE_US;
  return TRUE;
}

/* Whether @reason was that the sandbox which the dead service left behind does not run yet. */
static gboolean
is_patient (const Way *way, const GError *reason)
{
  return g_error_matches (reason, INNER_ERROR, INNER_ERROR_BUSY) &&
         g_get_monotonic_time () < way->patient_until;
}

static void
tell_reason (const char *reason)
{
  if (g_str_equal (reason, INNER_REASON_TIMEOUT))
    inner_say (_ ("the time limit is over"));
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
  if (reconnect (&run->way, reason))
    {
      wait_for_end (run);
      return TRUE;
    }
  if (!g_error_matches (reason, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) &&
      !g_error_matches (reason, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
    return FALSE;

  if (g_get_monotonic_time () < run->way.patient_until)
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
      inner_say_guarded (values);
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

/* A profile that is not trusted is shown to the person, and tried once more if they approved it. A service
 * that died is asked no more; the same call finds the sandbox that it started, or starts it. */
static gboolean
start_again (Run *run, GError **error)
{
  if (is_patient (&run->way, *error))
    {
      g_timeout_add (PATIENCE_STEP_MS, on_patience, run);
      return TRUE;
    }
  if (reconnect (&run->way, *error))
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

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *run = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, &error);

  if (reply == NULL && start_again (run, &error))
    return;
  g_clear_object (&run->options->fds);
  if (reply == NULL)
    {
      finish (run, inner_fail (error));
      return;
    }

  g_variant_get (reply, "(o)", &run->path);
  inner_relay_start (run->relay);
  if (run->pending_signal != 0)
    send_signal (run, run->pending_signal);
  wait_for_end (run);
}

static void
start (Run *run)
{
  g_dbus_connection_call_with_unix_fd_list (
      run->way.connection->bus, run->way.connection->destination, INNER_OBJECT_PATH,
      INNER_INTERFACE_SANDBOX, "Start", run->parameters, G_VARIANT_TYPE ("(o)"),
      G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, run->options->fds, NULL,
      on_started, run);
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
call (
    Way *way, InnerRunOptions *options, const char *method, const char *reply_type, GError **error)
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
      if (is_patient (way, reason))
        {
          g_usleep (PATIENCE_STEP_MS * 1000);
          continue;
        }
      if (reconnect (way, reason))
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

static int
run_foreground (InnerGlobal *global, InnerConnection *connection, InnerRunOptions *options)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Run run = { .loop = loop, .way = { global, connection }, .options = options };

  run.relay = inner_relay_new (&error);
  if (run.relay == NULL || !inner_relay_add (run.relay, &options->options, options->fds, &error))
    {
      inner_connection_free (connection);
      return inner_fail (error);
    }

  catch_signals (&run);
  run.parameters = start_parameters (options);
  start (&run);
  g_main_loop_run (loop);

  inner_relay_finish (run.relay, run.ended);
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

/* Its output goes nowhere, its input is empty. */
static int
run_detached (const InnerGlobal *global, InnerConnection *connection, InnerRunOptions *options)
{
  Way way = { global, connection };
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
  Way way = { global, connection };
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
