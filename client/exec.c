/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <signal.h>
#include <unistd.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-relay.h"
#include "inner-run-options.h"
#include "inner-sandboxes.h"
#include "inner-signals.h"
#include "inner-terminal.h"

/* One command of ours at a time. */
#define ID 1

typedef struct
{
  char *directory;
  char **environment;
  gboolean terminal;
} Words;

/* One command in the foreground, from the call of Exec to its answer. */
typedef struct
{
  GMainLoop *loop;
  InnerConnection *connection;
  const char *path;
  InnerRelay *relay;       /* NULL: it has a terminal */
  InnerTerminal *terminal; /* NULL: it has streams */
  GVariant *reply;
  GError *error;
  int exit_code; /* of who left; -1 = nobody did */
} Exec;

static gboolean
add_words (GVariantBuilder *options, GUnixFDList *fds, const Words *words, GError **error)
{
  g_autoptr (GByteArray) entries = g_byte_array_new ();

  for (char **word = words->environment; word != NULL && *word != NULL; word++)
    if (!inner_append_variable (entries, *word, FALSE, error))
      return FALSE;
  if (entries->len > 0 &&
      !inner_add_environment (options, fds, INNER_OPTION_ENVIRONMENT_FD, entries, error))
    return FALSE;
  if (words->directory != NULL)
    g_variant_builder_add (options, "{sv}", INNER_OPTION_DIRECTORY,
                           g_variant_new_string (words->directory));
  g_variant_builder_add (options, "{sv}", INNER_OPTION_ID, g_variant_new_uint32 (ID));
  return TRUE;
}

static gboolean
add_streams (
    Exec *exec, const Words *words, GVariantBuilder *options, GUnixFDList *fds, GError **error)
{
  if (!words->terminal)
    {
      exec->relay = inner_relay_new (error);
      return exec->relay != NULL && inner_relay_add (exec->relay, options, fds, error);
    }
  exec->terminal = inner_terminal_new ("--interactive", error);
  return exec->terminal != NULL && inner_terminal_add (exec->terminal, options, fds, error);
}

static void
on_signal (int number, gpointer data)
{
  Exec *exec = data;
  guint16 columns;
  guint16 rows;

  if (number != SIGWINCH && number != SIGCONT)
    inner_call_instance (exec->connection, exec->path, "KillExec",
                         g_variant_new ("(ui)", ID, number));
  else if (exec->terminal != NULL)
    {
      if (number == SIGCONT)
        inner_terminal_resume (exec->terminal);
      inner_terminal_get_size (&columns, &rows);
      inner_call_instance (exec->connection, exec->path, "ResizeExec",
                           g_variant_new ("(uqq)", ID, columns, rows));
    }
}

/* Who leaves closes the terminal, and the command with it. */
static void
on_terminal_event (InnerTerminalEvent event, gpointer data)
{
  Exec *exec = data;

  if (event == INNER_TERMINAL_ENDED)
    return;
  exec->exit_code = event == INNER_TERMINAL_LEFT ? 0 : INNER_EXIT_SIGNAL_BASE + SIGHUP;
  g_main_loop_quit (exec->loop);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Exec *exec = data;

  exec->reply = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL,
                                                                 result, &exec->error);
  g_main_loop_quit (exec->loop);
}

/* The answer comes when the command has ended. */
static gboolean
call_exec (Exec *exec, char **command, const Words *words, GError **error)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  if (!add_words (&options, fds, words, error) || !add_streams (exec, words, &options, fds, error))
    return FALSE;
  inner_signals_catch (on_signal, exec);
  g_dbus_connection_call_with_unix_fd_list (
      exec->connection->bus, exec->connection->destination, exec->path, INNER_INTERFACE_INSTANCE,
      "Exec", g_variant_new ("(^as@a{sv})", command, g_variant_builder_end (&options)),
      G_VARIANT_TYPE ("(a{sv})"), inner_call_flags (exec->connection), G_MAXINT, fds, NULL,
      on_answer, exec);
  if (exec->terminal != NULL)
    inner_terminal_start (exec->terminal, FALSE, on_terminal_event, exec);
  else
    inner_relay_start (exec->relay);
  g_clear_object (&fds);
  g_main_loop_run (exec->loop);
  return TRUE;
}

static int
exit_code_of (Exec *exec)
{
  g_autoptr (GVariant) result = NULL;
  gint32 code = INNER_EXIT_ERROR;

  if (exec->exit_code >= 0)
    return exec->exit_code;
  if (exec->error != NULL)
    return inner_fail (exec->error);
  result = g_variant_get_child_value (exec->reply, 0);
  g_variant_lookup (result, "exit-code", "i", &code);
  return code;
}

static int
exec_in (InnerGlobal *global, const char *word, char **command, const Words *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (InnerConnection) connection = inner_global_connect (global, &error);
  g_autoptr (InnerSandbox) sandbox =
      connection != NULL ? inner_sandboxes_get (connection, word, &error) : NULL;
  Exec exec = { .loop = loop, .connection = connection, .exit_code = -1 };
  gboolean called = FALSE;
  int code;

  if (sandbox != NULL)
    {
      exec.path = sandbox->path;
      called = call_exec (&exec, command, words, &error);
    }
  if (exec.relay != NULL)
    inner_relay_finish (exec.relay, exec.reply != NULL);
  if (exec.terminal != NULL)
    inner_terminal_finish (exec.terminal, exec.reply != NULL);
  code = called ? exit_code_of (&exec) : inner_fail (error);

  g_clear_pointer (&exec.reply, g_variant_unref);
  g_clear_error (&exec.error);
  return code;
}

/* D-Bus carries no other texts. */
static gboolean
check_texts (const char *word, char **command, const Words *words, GError **error)
{
  for (char **text = command; *text != NULL; text++)
    if (!inner_check_utf8 (*text, error))
      return FALSE;

  return inner_check_utf8 (word, error) &&
         (words->directory == NULL || inner_check_utf8 (words->directory, error));
}

int
inner_verb_exec (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  char **command = inner_split_words (&argc, argv);
  const GOptionEntry entries[] = {
    { "interactive", 'i', 0, G_OPTION_ARG_NONE, &words.terminal, N_ ("With a terminal of its own"),
      NULL },
    { "tty", 't', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &words.terminal, NULL, NULL },
    { "env", 'e', 0, G_OPTION_ARG_FILENAME_ARRAY, &words.environment,
      N_ ("Set a variable, or pass one on with the value it has here"), N_ ("KEY[=VALUE]") },
    { "workdir", 'w', 0, G_OPTION_ARG_FILENAME, &words.directory,
      N_ ("Directory inside to start in"), N_ ("DIR") },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  int status;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("ID -- CMD…"),
                    _ ("Runs a further command in a sandbox."), &error))
    status = inner_fail (error);
  else if (argc != 2 || command[0] == NULL)
    status = inner_fail_usage (_ ("Name one sandbox, then “--” and the command"));
  else if (!check_texts (argv[1], command, &words, &error))
    status = inner_fail (error);
  else
    status = exec_in (global, argv[1], command, &words);

  g_free (words.directory);
  g_strfreev (words.environment);
  return status;
}
