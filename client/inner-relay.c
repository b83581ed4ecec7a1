/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-relay.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"

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

static gboolean
write_all (int fd, const char *data, gssize length)
{
  while (length > 0)
    {
      gssize n = write (fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      length -= n;
    }

  return TRUE;
}

/* Until the end of the source, or until nobody reads any more. Only the pipe's end is closed; the
 * terminal is the person's. */
static gpointer
copy_thread (gpointer data)
{
  g_autofree Copy *copy = data;
  char buffer[64 * 1024];
  gssize n;

  do
    n = read (copy->from, buffer, sizeof buffer);
  while ((n < 0 && errno == EINTR) || (n > 0 && write_all (copy->to, buffer, n)));

  close (copy->input ? copy->to : copy->from);
  return NULL;
}

static gboolean
replace_terminal (InnerRelay *relay, int n, GError **error)
{
  Copy *copy = g_new0 (Copy, 1);
  int pipes[2];

  relay->copies[n] = copy;
  if (pipe2 (pipes, O_CLOEXEC) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _ ("Cannot make a pipe: %s"),
                   g_strerror (errno));
      return FALSE;
    }

  copy->input = n == 0;
  copy->from = copy->input ? n : pipes[0];
  copy->to = copy->input ? pipes[1] : n;
  relay->inside[n] = copy->input ? pipes[0] : pipes[1];
  return TRUE;
}

static gboolean
look_at (InnerRelay *relay, int n, GError **error)
{
  struct stat st;
  int flags = fcntl (n, F_GETFL);

  if (flags < 0 || fstat (n, &st) < 0)
    relay->inside[n] = open ("/dev/null", O_RDWR | O_CLOEXEC);
  else if (isatty (n))
    return replace_terminal (relay, n, error);
  else if (S_ISDIR (st.st_mode) || (flags & O_PATH) != 0)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Descriptor %d is neither a file nor a pipe; redirect it"), n);
      return FALSE;
    }
  else
    relay->inside[n] = fcntl (n, F_DUPFD_CLOEXEC, 3);

  return TRUE;
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
        inner_relay_finish (relay);
        return NULL;
      }

  return relay;
}

int
inner_relay_get_fd (InnerRelay *relay, int n)
{
  return relay->inside[n];
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

void
inner_relay_finish (InnerRelay *relay)
{
  for (int n = 0; n < 3; n++)
    {
      inner_clear_fd (&relay->inside[n]);
      g_free (relay->copies[n]);
      /* The reader of the terminal may wait for a key for ever; it ends with the program. */
      if (relay->threads[n] != NULL && n != 0)
        g_thread_join (relay->threads[n]);
    }
  g_free (relay);
}
