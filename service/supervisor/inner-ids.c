/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The users of a sandbox that may have containers in it: bubblewrap makes the user namespace and waits; the
 * programs that the administrator trusts with it, newuidmap(1) and newgidmap(1), write which users of the host they
 * are; then it goes on.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-supervisor.h"
#include "inner-wire.h"

#define PATIENCE_MS 10000
#define CHILD_PID "\"child-pid\":"

/* From bwrap(1), “--info-fd”: a JSON object with the number. Gives it, or 0. */
static pid_t
read_child (int info)
{
  char text[1024];
  gsize length = 0;
  const char *found;

  while (length + 1 < sizeof text)
    {
      struct pollfd fd = { .fd = info, .events = POLLIN };
      gssize n = poll (&fd, 1, PATIENCE_MS) == 1 ? read (info, text + length, 1) : 0;

      if (n <= 0)
        return 0;
      length += n;
      if (text[length - 1] == '}')
        break;
    }
  text[length] = '\0';
  found = strstr (text, CHILD_PID);
  return found != NULL ? (pid_t) strtol (found + strlen (CHILD_PID), NULL, 10) : 0;
}

static char **
make_arguments (const char *program, pid_t child, GVariant *numbers)
{
  GPtrArray *arguments = g_ptr_array_new ();
  gsize n = g_variant_n_children (numbers);

  g_ptr_array_add (arguments, g_strdup (program));
  g_ptr_array_add (arguments, g_strdup_printf ("%d", (int) child));
  for (gsize i = 0; i < n; i++)
    {
      guint32 number;

      g_variant_get_child (numbers, i, "u", &number);
      g_ptr_array_add (arguments, g_strdup_printf ("%u", number));
    }
  g_ptr_array_add (arguments, NULL);
  return (char **) g_ptr_array_free (arguments, FALSE);
}

/* Runs the program to its end, with what it says in @words. Gives 0 or an errno. */
static int
run_program (char **arguments, int words)
{
  char *const environment[] = { NULL };
  volatile int error = 0;
  sigset_t none;
  int status;
  pid_t pid = vfork ();

  if (pid == 0)
    {
      dup2 (words, STDERR_FILENO);
      sigemptyset (&none);
      sigprocmask (SIG_SETMASK, &none, NULL);
      execve (arguments[0], arguments, environment);
      error = errno;
      _exit (127);
    }
  if (pid < 0)
    return errno;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return errno;
  if (error != 0)
    return error;
  return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : EPERM;
}

/* SECURITY: which ids these are was decided by the service, from the administrator's files; newuidmap looks there once
 * more. It is found by its absolute path, and has no environment (attack 31; tests/attack/test_013_nested.py). */
static int
write_maps (InnerSupervisor *self, pid_t child, int words)
{
  static const char *const programs[] = { INNER_NEWUIDMAP, INNER_NEWGIDMAP };
  int error = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (programs) && error == 0; i++)
    {
      g_autoptr (GVariant) numbers = g_variant_get_child_value (self->record->ids, i);
      g_auto (GStrv) arguments = make_arguments (programs[i], child, numbers);

      error = run_program (arguments, words);
    }

  return error;
}

int
inner_ids_open (InnerIds *ids)
{
  *ids = (InnerIds){ -1, -1, -1, -1 };
  {
    int pair[2];

    if (pipe2 (pair, O_CLOEXEC) < 0)
      return errno;
    ids->info = pair[0];
    ids->info_of_bwrap = pair[1];
    if (pipe2 (pair, O_CLOEXEC) < 0)
      return errno;
    ids->block_of_bwrap = pair[0];
    ids->block = pair[1];
  }
  return 0;
}

void
inner_ids_close (InnerIds *ids)
{
  inner_close (&ids->info);
  inner_close (&ids->info_of_bwrap);
  inner_close (&ids->block);
  inner_close (&ids->block_of_bwrap);
}

int
inner_ids_write (InnerSupervisor *self, InnerIds *ids, int words)
{
  pid_t child;
  int error;

  inner_close (&ids->info_of_bwrap);
  inner_close (&ids->block_of_bwrap);
  child = read_child (ids->info);
  if (child <= 0)
    return ECHILD;
  error = write_maps (self, child, words);
  if (error == 0 && write (ids->block, "1", 1) != 1)
    error = errno;
  return error;
}
