/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-signals.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

typedef struct
{
  InnerSignalCallback callback;
  gpointer data;
} Catcher;

static gboolean
on_signal_fd (int fd, GIOCondition condition, gpointer data)
{
  Catcher *catcher = data;
  guint8 number;

  while (read (fd, &number, 1) == 1)
    catcher->callback (number, catcher->data);
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

void
inner_signals_catch (InnerSignalCallback callback, gpointer data)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT };
  struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESTART };
  Catcher *catcher = g_new (Catcher, 1);
  int pipes[2];

  *catcher = (Catcher){ callback, data };
  if (!g_unix_open_pipe (pipes, FD_CLOEXEC, NULL))
    return;
  g_unix_set_fd_nonblocking (pipes[0], TRUE, NULL);
  g_unix_set_fd_nonblocking (pipes[1], TRUE, NULL);
  signal_pipe = pipes[1];
  g_unix_fd_add_full (G_PRIORITY_DEFAULT, pipes[0], G_IO_IN, on_signal_fd, catcher, g_free);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      struct sigaction old;

      /* What we were started to ignore (nohup, for example) stays ignored. */
      if (sigaction (numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction (numbers[i], &action, NULL);
    }
}
