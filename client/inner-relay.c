/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-relay.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-names.h"

#define BACKGROUND_WAIT_US (100 * 1000)

typedef struct
{
  int from;
  int to;
  gboolean input;
} Copy;

struct _InnerRelay
{
  int inside[3];   /* owned */
  Copy *copies[3]; /* NULL: no terminal, nothing to copy */
  GThread *threads[3];
};

/* Another program may have made the terminal non-blocking, for all who have it. */
static void
wait_for (int fd, short events)
{
  struct pollfd wait = { .fd = fd, .events = events };

  poll (&wait, 1, -1);
}

static gboolean
write_all (int fd, const char *data, gssize length)
{
  while (length > 0)
    {
      gssize n = write (fd, data, length);

      if (n >= 0)
        {
          data += n;
          length -= n;
        }
      else if (errno == EAGAIN)
        wait_for (fd, POLLOUT);
      else if (errno != EINTR)
        return FALSE;
    }

  return TRUE;
}

/* Job control answers a reader in the background with EIO, since copy_thread() blocks SIGTTIN. */
static gboolean
is_in_background (int fd)
{
  pid_t foreground = tcgetpgrp (fd);

  return foreground > 0 && foreground != getpgrp ();
}

static gssize
read_some (int fd, char *buffer, gsize size)
{
  for (;;)
    {
      gssize n = read (fd, buffer, size);

      if (n >= 0)
        return n;
      else if (errno == EAGAIN)
        wait_for (fd, POLLIN);
      else if (errno == EIO && is_in_background (fd))
        g_usleep (BACKGROUND_WAIT_US);
      else if (errno != EINTR)
        return -1;
    }
}

/* Until the end of the source, or until nobody reads any more. Only the pipe's end is closed; the
 * terminal is the person's. A job in the background is not stopped because of a terminal that its command
 * may never read: hence no SIGTTIN. */
static gpointer
copy_thread (gpointer data)
{
  g_autofree Copy *copy = data;
  char buffer[64 * 1024];
  sigset_t stop;
  gssize n;

  sigemptyset (&stop);
  sigaddset (&stop, SIGTTIN);
  pthread_sigmask (SIG_BLOCK, &stop, NULL);

  do
    n = read_some (copy->from, buffer, sizeof buffer);
  while (n > 0 && write_all (copy->to, buffer, n));

  close (copy->input ? copy->to : copy->from);
  return NULL;
}

static gboolean
fail_errno (GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               _ ("Cannot pass on the standard streams: %s"), g_strerror (errno));
  return FALSE;
}

static gboolean
replace_terminal (InnerRelay *relay, int n, GError **error)
{
  Copy *copy;
  int pipes[2];

  if (pipe2 (pipes, O_CLOEXEC) < 0)
    return fail_errno (error);

  copy = relay->copies[n] = g_new0 (Copy, 1);
  copy->input = n == 0;
  copy->from = copy->input ? n : pipes[0];
  copy->to = copy->input ? pipes[1] : n;
  relay->inside[n] = copy->input ? pipes[0] : pipes[1];
  return TRUE;
}

/* Output and messages that go to one terminal share a pipe, or they would be shown in another order than
 * they were written in. */
static gboolean
shares_terminal (const InnerRelay *relay, int n, const struct stat *st)
{
  struct stat out;

  return n == 2 && relay->copies[1] != NULL && fstat (1, &out) == 0 && out.st_rdev == st->st_rdev;
}

static gboolean
look_at (InnerRelay *relay, int n, GError **error)
{
  struct stat st;
  int flags = fcntl (n, F_GETFL);

  if (flags < 0 || fstat (n, &st) < 0 || S_ISDIR (st.st_mode) || (flags & O_PATH) != 0)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Descriptor %d is neither a file nor a pipe; redirect it"), n);
      return FALSE;
    }
  if (isatty (n) && !shares_terminal (relay, n, &st))
    return replace_terminal (relay, n, error);

  relay->inside[n] = fcntl (isatty (n) ? relay->inside[1] : n, F_DUPFD_CLOEXEC, 3);
  return relay->inside[n] >= 0 || fail_errno (error);
}

InnerRelay *
inner_relay_new (GError **error)
{
  InnerRelay *relay = g_new0 (InnerRelay, 1);

  for (int n = 0; n < 3; n++)
    relay->inside[n] = -1;
  for (int n = 0; n < 3; n++)
    if (!look_at (relay, n, error))
      {
        inner_relay_finish (relay, FALSE);
        return NULL;
      }

  return relay;
}

gboolean
inner_relay_add (InnerRelay *relay, GVariantBuilder *options, GUnixFDList *fds, GError **error)
{
  static const char *const keys[] = { INNER_OPTION_STDIN, INNER_OPTION_STDOUT,
                                      INNER_OPTION_STDERR };

  for (int n = 0; n < 3; n++)
    {
      int handle = g_unix_fd_list_append (fds, relay->inside[n], error);

      if (handle < 0)
        return FALSE;
      g_variant_builder_add (options, "{sv}", keys[n], g_variant_new_handle (handle));
    }

  return TRUE;
}

void
inner_relay_start (InnerRelay *relay)
{
  for (int n = 0; n < 3; n++)
    {
      inner_clear_fd (&relay->inside[n]);
      if (relay->copies[n] != NULL)
        relay->threads[n] =
            g_thread_new ("relay", copy_thread, g_steal_pointer (&relay->copies[n]));
    }
}

/* The reader of the terminal may wait for a key for ever; it ends with the program. */
void
inner_relay_finish (InnerRelay *relay, gboolean drain)
{
  for (int n = 0; n < 3; n++)
    {
      inner_clear_fd (&relay->inside[n]);
      g_free (relay->copies[n]);
      if (relay->threads[n] != NULL && drain && n != 0)
        g_thread_join (relay->threads[n]);
      else if (relay->threads[n] != NULL)
        g_thread_unref (relay->threads[n]);
    }
  g_free (relay);
}
