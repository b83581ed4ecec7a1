/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The proxy between a sandbox and the session bus. It says that it is ready with a byte in a pipe, and ends when the
 * other end of that is closed (xdg-dbus-proxy(1), “--fd”): with us, however we end, or with the sandbox.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "inner-supervisor.h"
#include "inner-wire.h"

#define PROXY_FD 3
#define PATIENCE_MS 10000

/* PROGRAM --fd=3 ADDRESS SOCKET --filter --talk=… */
static char **
make_arguments (const InnerRecord *record)
{
  g_autofree const char **planned = g_variant_get_strv (record->proxy, NULL);
  GPtrArray *arguments = g_ptr_array_new ();

  g_ptr_array_add (arguments, g_strdup (planned[0]));
  g_ptr_array_add (arguments, g_strdup_printf ("--fd=%d", PROXY_FD));
  g_ptr_array_add (arguments, g_strdup (planned[1]));
  g_ptr_array_add (arguments, g_build_filename (record->directory, INNER_FILE_BUS_DIRECTORY,
                                                INNER_FILE_BUS, NULL));
  g_ptr_array_add (arguments, g_strdup ("--filter"));
  for (gsize i = 2; planned[i] != NULL; i++)
    g_ptr_array_add (arguments, g_strdup (planned[i]));
  g_ptr_array_add (arguments, NULL);
  return (char **) g_ptr_array_free (arguments, FALSE);
}

/* Runs in our memory until its exec; gives its errno back through it. */
static void G_GNUC_NORETURN
become_proxy (char **arguments, int pipe, int null, volatile int *error)
{
  char *const environment[] = { NULL };
  sigset_t none;

  pipe = fcntl (pipe, F_DUPFD_CLOEXEC, PROXY_FD + 1);
  if (pipe >= 0 && dup2 (null, 0) >= 0 && dup2 (null, 1) >= 0 && dup2 (null, 2) >= 0 &&
      close_range (PROXY_FD, ~0u, CLOSE_RANGE_CLOEXEC) == 0 && dup2 (pipe, PROXY_FD) >= 0)
    {
      sigemptyset (&none);
      sigprocmask (SIG_SETMASK, &none, NULL);
      execve (arguments[0], arguments, environment);
    }
  *error = errno;
  _exit (127);
}

static int
wait_for_ready (int pipe)
{
  struct pollfd fd = { .fd = pipe, .events = POLLIN };
  char byte;

  if (poll (&fd, 1, PATIENCE_MS) != 1)
    return ETIMEDOUT;
  return read (pipe, &byte, 1) == 1 ? 0 : ECHILD;
}

static int
spawn (char **arguments, int pipe, int null)
{
  volatile int error = 0;
  pid_t pid = vfork ();

  if (pid == 0)
    become_proxy (arguments, pipe, null, &error);
  return pid < 0 ? errno : error;
}

/* SECURITY: the sandbox is not started before its proxy listens, and never with the bus itself (attack 66;
 * tests/attack/test_066_bus_privilege.py). */
int
inner_proxy_start (InnerSupervisor *self)
{
  g_auto (GStrv) arguments = NULL;
  int null;
  int pair[2] = { -1, -1 };
  int error = 0;

  if (self->record->proxy == NULL)
    return 0;
  arguments = make_arguments (self->record);
  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || pipe2 (pair, O_CLOEXEC) < 0)
    error = errno;
  else
    error = spawn (arguments, pair[1], null);
  inner_close (&null);
  inner_close (&pair[1]);
  self->proxy = pair[0];
  return error != 0 ? error : wait_for_ready (self->proxy);
}

void
inner_proxy_stop (InnerSupervisor *self)
{
  inner_close (&self->proxy);
}
