/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <signal.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-fds.h"
#include "inner-sandboxes.h"
#include "inner-signals.h"
#include "inner-terminal.h"
#include "inner-way.h"

#define MAX_LOSSES 5
#define PATIENCE_STEP_MS 50

typedef struct
{
  gboolean read_only;
  gboolean steal;
} Words;

/* From the call of Attach to the end of the sandbox, or until the person leaves. */
typedef struct
{
  GMainLoop *loop;
  InnerWay way;
  const char *path;
  InnerTerminal *terminal;
  gboolean read_only;
  gboolean left;
  int exit_code;
} Attach;

static void
finish (Attach *attach, int exit_code)
{
  attach->exit_code = exit_code;
  g_main_loop_quit (attach->loop);
}

/* A signal ends the looking on, and not the sandbox. */
static void
on_signal (int number, gpointer data)
{
  Attach *attach = data;
  guint16 columns;
  guint16 rows;

  if (number != SIGWINCH && number != SIGCONT)
    {
      finish (attach, INNER_EXIT_SIGNAL_BASE + number);
      return;
    }
  if (number == SIGCONT)
    inner_terminal_resume (attach->terminal);
  inner_terminal_get_size (&columns, &rows);
  if (!attach->read_only)
    inner_call_instance (attach->way.connection, attach->path, "Resize",
                         g_variant_new ("(qq)", columns, rows));
}

static void wait_for_end (Attach *attach);

static gboolean
on_patience (gpointer data)
{
  wait_for_end (data);
  return G_SOURCE_REMOVE;
}

/* The service died, and its sandboxes did not: the next one knows how they end. */
static gboolean
wait_again (Attach *attach, const GError *reason)
{
  if (inner_way_is_unknown (reason) && inner_way_is_patient (&attach->way))
    {
      g_timeout_add (PATIENCE_STEP_MS, on_patience, attach);
      return TRUE;
    }
  if (!inner_way_reconnect (&attach->way, reason))
    return FALSE;
  wait_for_end (attach);
  return TRUE;
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  Attach *attach = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) values = NULL;
  gint32 code = INNER_EXIT_ERROR;

  if (reply == NULL && wait_again (attach, error))
    return;
  if (reply == NULL)
    {
      finish (attach, inner_fail (error));
      return;
    }
  values = g_variant_get_child_value (reply, 0);
  g_variant_lookup (values, "exit-code", "i", &code);
  inner_say_guarded (values);
  finish (attach, code);
}

static void
wait_for_end (Attach *attach)
{
  g_dbus_connection_call (attach->way.connection->bus, attach->way.connection->destination,
                          attach->path, INNER_INTERFACE_INSTANCE, "Wait", NULL,
                          G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL,
                          on_waited, attach);
}

/* It has no more to show because it has ended: its exit code is ours. */
static void
on_terminal_event (InnerTerminalEvent event, gpointer data)
{
  Attach *attach = data;

  if (event == INNER_TERMINAL_ENDED)
    {
      wait_for_end (attach);
      return;
    }
  attach->left = event == INNER_TERMINAL_LEFT;
  finish (attach, attach->left ? 0 : INNER_EXIT_SIGNAL_BASE + SIGHUP);
}

/* Gives the socket, -1 with an error. */
static int
call_attach (Attach *attach, const Words *words, GError **error)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) result = NULL;
  guint16 columns;
  guint16 rows;
  gint32 handle = -1;

  inner_terminal_get_size (&columns, &rows);
  g_variant_builder_add (&options, "{sv}", INNER_OPTION_COLUMNS, g_variant_new_uint16 (columns));
  g_variant_builder_add (&options, "{sv}", INNER_OPTION_ROWS, g_variant_new_uint16 (rows));
  if (words->read_only)
    g_variant_builder_add (&options, "{sv}", INNER_OPTION_READ_ONLY, g_variant_new_boolean (TRUE));
  if (words->steal)
    g_variant_builder_add (&options, "{sv}", INNER_OPTION_STEAL, g_variant_new_boolean (TRUE));
  reply = g_dbus_connection_call_with_unix_fd_list_sync (
      attach->way.connection->bus, attach->way.connection->destination, attach->path,
      INNER_INTERFACE_INSTANCE, "Attach",
      g_variant_new ("(@a{sv})", g_variant_builder_end (&options)), G_VARIANT_TYPE ("(ha{sv})"),
      G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &fds, NULL, error);
  if (reply == NULL)
    return -1;

  g_variant_get (reply, "(h@a{sv})", &handle, &result);
  g_variant_lookup (result, INNER_OPTION_READ_ONLY, "b", &attach->read_only);
  return inner_fds_dup_handle (fds, handle, INNER_OPTION_TERMINAL, error);
}

static gboolean
attach_to (Attach *attach, const char *path, const Words *words, GError **error)
{
  int fd;

  attach->terminal = inner_terminal_new ("innerctl attach", error);
  if (attach->terminal == NULL)
    return FALSE;
  attach->path = path;
  fd = call_attach (attach, words, error);
  if (fd < 0)
    return FALSE;
  if (attach->read_only && !words->read_only)
    inner_say (_ ("somebody else types, so you only look on; “--steal” would change that"));
  inner_terminal_take (attach->terminal, fd);
  inner_signals_catch (on_signal, attach);
  inner_terminal_start (attach->terminal, attach->read_only, on_terminal_event, attach);
  g_main_loop_run (attach->loop);
  return TRUE;
}

static int
attach_by_name (InnerGlobal *global, const char *word, const Words *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  InnerConnection *connection = inner_global_connect (global, &error);
  g_autoptr (InnerSandbox) sandbox =
      connection != NULL ? inner_sandboxes_get (connection, word, &error) : NULL;
  Attach attach = { .loop = loop, .way = { global, connection, MAX_LOSSES, 0 } };
  gboolean done = sandbox != NULL && attach_to (&attach, sandbox->path, words, &error);

  if (attach.terminal != NULL)
    inner_terminal_finish (attach.terminal, FALSE);
  g_clear_pointer (&attach.way.connection, inner_connection_free);
  if (!done)
    return inner_fail (error);
  if (attach.left)
    inner_say (_ ("left; “innerctl attach %s” comes back"), word);
  return attach.exit_code;
}

int
inner_verb_attach (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "read-only", 'r', 0, G_OPTION_ARG_NONE, &words.read_only, N_ ("Only look on"), NULL },
    { "steal", 0, 0, G_OPTION_ARG_NONE, &words.steal,
      N_ ("Type instead of who does now, who then looks on"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("ID"),
                    _ ("Comes to the terminal of a sandbox, until its end or “ctrl-] d”."), &error))
    return inner_fail (error);
  if (argc != 2)
    return inner_fail_usage (_ ("Which sandbox? Name its id, its name or the beginning of its id"));
  if (words.read_only && words.steal)
    return inner_fail_usage (_ ("Only one of --read-only and --steal can be given"));
  if (!inner_check_utf8 (argv[1], &error))
    return inner_fail (error);
  return attach_by_name (global, argv[1], &words);
}
