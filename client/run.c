/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inner-client.h"
#include "inner-output.h"
#include "inner-relay.h"
#include "inner-run-options.h"

/* So many interrupts in a row end what does not listen. */
#define IMPATIENT 3
#define EXIT_NONE (-1)

/* One run in the foreground, from the call of Start to the answer of Wait. */
typedef struct
{
  GMainLoop *loop;
  InnerGlobal *global;
  InnerConnection *connection;
  InnerRelay *relay;
  char *path;         /* of the instance; NULL until it runs */
  int pending_signal; /* came before it ran; 0 = none */
  guint interrupts;
  gboolean reconnected;
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
  g_dbus_connection_call (run->connection->bus, run->connection->destination, run->path,
                          INNER_INTERFACE_INSTANCE, "Kill", g_variant_new ("(i)", number), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

static void
forward (Run *run, int number)
{
  gboolean ends = number == SIGINT || number == SIGTERM;

  run->interrupts = ends ? run->interrupts + 1 : 0;
  if (run->interrupts >= IMPATIENT)
    number = SIGKILL;
  if (run->path != NULL)
    send_signal (run, number);
  else
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

  if (write (signal_pipe, &byte, 1) < 0)
    return;
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

/* The service died, and its sandboxes did not. The next one knows how they end. */
static gboolean
reconnect (Run *run)
{
  g_autoptr (GError) error = NULL;
  InnerConnection *connection;

  if (run->reconnected || run->connection->destination == NULL)
    return FALSE;
  run->reconnected = TRUE;
  connection = inner_connect (INNER_CONNECT_BUS, run->global->verbose, &error);
  if (connection == NULL)
    return FALSE;

  inner_connection_free (run->connection);
  run->connection = connection;
  wait_for_end (run);
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
  const char *reason = "";

  if (reply == NULL)
    {
      if (!reconnect (run))
        finish (run, inner_fail (error));
      return;
    }

  values = g_variant_get_child_value (reply, 0);
  g_variant_lookup (values, "exit-code", "i", &code);
  g_variant_lookup (values, "reason", "&s", &reason);
  if (g_str_equal (reason, INNER_REASON_TIMEOUT))
    inner_say (_ ("the time limit is over"));
  else if (g_str_equal (reason, INNER_REASON_LOST))
    inner_say (_ ("the sandbox was lost: its supervisor died"));
  finish (run, code);
}

static void
wait_for_end (Run *run)
{
  g_dbus_connection_call (run->connection->bus, run->connection->destination, run->path,
                          INNER_INTERFACE_INSTANCE, "Wait", NULL, G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_waited, run);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *run = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, &error);

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

static gboolean
add_stream (InnerRunOptions *options, const char *key, int fd, GError **error)
{
  int handle = fd >= 0 ? g_unix_fd_list_append (options->fds, fd, error) : -1;

  if (fd < 0)
    return TRUE;
  if (handle < 0)
    return FALSE;
  g_variant_builder_add (&options->options, "{sv}", key, g_variant_new_handle (handle));
  return TRUE;
}

static gboolean
add_streams (InnerRunOptions *options, InnerRelay *relay, GError **error)
{
  return add_stream (options, INNER_OPTION_STDIN, inner_relay_get_fd (relay, 0), error) &&
         add_stream (options, INNER_OPTION_STDOUT, inner_relay_get_fd (relay, 1), error) &&
         add_stream (options, INNER_OPTION_STDERR, inner_relay_get_fd (relay, 2), error);
}

static GVariant *
start_parameters (InnerRunOptions *options)
{
  return g_variant_new ("(s@a{sv})", options->profile, g_variant_builder_end (&options->options));
}

static int
run_foreground (InnerGlobal *global, InnerConnection *connection, InnerRunOptions *options)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Run run = { .loop = loop, .global = global, .connection = connection, .exit_code = EXIT_NONE };

  run.relay = inner_relay_new (&error);
  if (run.relay == NULL || !add_streams (options, run.relay, &error))
    {
      g_clear_pointer (&run.relay, inner_relay_finish);
      inner_connection_free (connection);
      return inner_fail (error);
    }

  catch_signals (&run);
  g_dbus_connection_call_with_unix_fd_list (connection->bus, connection->destination,
                                            INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "Start",
                                            start_parameters (options), G_VARIANT_TYPE ("(o)"),
                                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                            G_MAXINT, options->fds, NULL, on_started, &run);
  g_clear_object (&options->fds);
  g_main_loop_run (loop);

  inner_relay_finish (run.relay);
  inner_connection_free (run.connection);
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
  value = g_variant_ref_sink (g_variant_builder_end (&builder));
  inner_print_json (value);
}

/* Its output goes nowhere, its input is empty. */
static int
run_detached (InnerConnection *connection, InnerRunOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "Start",
                  start_parameters (options), "(o)", options->fds, &error);
  const char *path;

  inner_connection_free (connection);
  if (reply == NULL)
    return inner_fail (error);
  g_variant_get (reply, "(&o)", &path);
  print_id (options, path);
  return 0;
}

static int
run_dry (InnerConnection *connection, InnerRunOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "Plan",
                  start_parameters (options), "(a{sv})", options->fds, &error);
  g_autoptr (GVariant) plan = NULL;
  const char *script = "";

  inner_connection_free (connection);
  if (reply == NULL)
    return inner_fail (error);

  plan = g_variant_get_child_value (reply, 0);
  g_variant_lookup (plan, "bwrap-script", "&s", &script);
  if (options->format != NULL)
    fputs (script, stdout);
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
  g_autoptr (InnerRunOptions) options = inner_run_options_new (argc, argv, &error);
  InnerConnection *connection;

  if (options == NULL)
    return inner_fail (error);
  connection = inner_connect (global->mode, global->verbose, &error);
  if (connection == NULL)
    return inner_fail (error);

  if (options->dry_run)
    return run_dry (connection, options);
  if (options->detach)
    return run_detached (connection, options);
  return run_foreground (global, connection, options);
}
