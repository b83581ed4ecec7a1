/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * inner-ask PID: asks for passwords on the terminal, for what polkit wants to know about the process PID and no other.
 * innerctl starts it when a call was refused that a person could allow, and ends it after the second try. On
 * INNER_SPAWN_FD it says with a byte that polkit knows it, and its end there is the sign to go.
 */

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <polkitagent/polkitagent.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "inner-spawn.h"

/* The terminal as it was: a question that is broken off leaves it without echo. */
static int terminal = -1;
static struct termios as_it_was;

static void
restore_terminal (void)
{
  if (terminal >= 0)
    tcsetattr (terminal, TCSAFLUSH, &as_it_was);
}

/* tcsetattr() and _exit() are all that is done (signal-safety(7)). */
static void
on_signal (int number)
{
  restore_terminal ();
  _exit (128 + number);
}

static void
remember_terminal (void)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
  const struct sigaction action = { .sa_handler = on_signal };

  terminal = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal >= 0 && tcgetattr (terminal, &as_it_was) < 0)
    terminal = -1;
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    sigaction (numbers[i], &action, NULL);
}

/* SECURITY: for the one process that starts us, which is of our own user, so that nobody else's questions come here
 * (pitfall P19; tests/polkit/test_polkitd.py, test_text_agent). Not as a “fallback”: we are started when no other agent
 * has answered, and polkitd 122 finds a fallback for processes in a session of logind only. */
static gpointer
register_agent (PolkitAgentListener *listener, int pid, GError **error)
{
  g_autoptr (PolkitSubject) subject = polkit_unix_process_new_for_owner (pid, 0, getuid ());

  return polkit_agent_listener_register (listener, POLKIT_AGENT_REGISTER_FLAGS_NONE, subject, NULL,
                                         NULL, error);
}

static gboolean
on_end (int fd, GIOCondition condition, gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static int
fail (const GError *error)
{
  g_printerr (_ ("innerctl: No password can be asked for on this terminal: %s\n"),
              error != NULL ? error->message : "?");
  return 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (PolkitAgentListener) listener = NULL;
  g_autoptr (GError) error = NULL;
  gpointer handle;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, INNER_LOCALEDIR);
  textdomain (GETTEXT_PACKAGE);
  if (argc != 2 || atoi (argv[1]) <= 1 || atoi (argv[1]) != getppid ())
    return fail (NULL);
  remember_terminal ();
  listener = polkit_agent_text_listener_new (NULL, &error);
  handle = listener != NULL ? register_agent (listener, atoi (argv[1]), &error) : NULL;
  if (handle == NULL)
    return fail (error);

  if (write (INNER_SPAWN_FD, "1", 1) == 1)
    {
      g_unix_fd_add (INNER_SPAWN_FD, G_IO_HUP | G_IO_ERR, on_end, loop);
      g_main_loop_run (loop);
    }
  polkit_agent_listener_unregister (handle);
  restore_terminal ();
  return 0;
}
