/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PIECE (32 * 1024)

/* stdout and stderr */
#define MAX_STREAMS 2

typedef struct
{
  InnerRecorder *recorder;
  int source;
  int target; /* -1 = nobody (any more) */
  InnerRedactor *redactor;
  char piece[PIECE];
} Stream;

struct _InnerRecorder
{
  int output;
  int log;
  int ended;
  const InnerSecrets *secrets;
  Stream *streams[MAX_STREAMS];
  guint n_streams;

  GMutex mutex; /* for all that follows */
  guint n_living;
  guint64 bytes;
  gsize kept;
  int loss;
};

static void
close_fd (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved;
}

InnerRecorder *
inner_recorder_new (int output, int log, const InnerSecrets *secrets)
{
  int ended = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  InnerRecorder *recorder;

  if (ended < 0)
    {
      close_fd (&output);
      close_fd (&log);
      return NULL;
    }
  recorder = g_new0 (InnerRecorder, 1);
  recorder->output = output;
  recorder->log = log;
  recorder->ended = ended;
  recorder->secrets = secrets;
  g_mutex_init (&recorder->mutex);
  return recorder;
}

/* The other end may have made its description non-blocking: then we wait for it here. */
static gboolean
write_all (int fd, const char *bytes, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, bytes, size);

      if (n < 0 && errno == EAGAIN)
        {
          struct pollfd other = { .fd = fd, .events = POLLOUT };

          poll (&other, 1, -1);
        }
      else if (n < 0 && errno != EINTR)
        return FALSE;
      else if (n > 0)
        {
          bytes += n;
          size -= n;
        }
    }

  return TRUE;
}

/* Under the mutex, so that the copies of both streams do not mix in the middle of a piece. A copy that cannot be
 * written ends; the command goes on. */
static void
keep (InnerRecorder *recorder, const char *bytes, gsize size)
{
  int *files[] = { &recorder->output, &recorder->log };

  if (recorder->kept + size > INNER_JOURNAL_MAX_OUTPUT)
    {
      recorder->loss = recorder->loss != 0 ? recorder->loss : EFBIG;
      size = INNER_JOURNAL_MAX_OUTPUT - recorder->kept;
    }
  recorder->kept += size;
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    if (*files[i] >= 0 && !write_all (*files[i], bytes, size))
      {
        recorder->loss = recorder->loss != 0 ? recorder->loss : errno;
        close_fd (files[i]);
      }
}

static void
record (Stream *stream, gsize size, gboolean last)
{
  InnerRecorder *recorder = stream->recorder;
  const char *ready;
  gsize n = inner_redactor_feed (stream->redactor, stream->piece, size, last, &ready);

  g_mutex_lock (&recorder->mutex);
  recorder->bytes += size;
  keep (recorder, ready, n);
  g_mutex_unlock (&recorder->mutex);
}

/* Ends when the command and all its children have closed the stream, or when nobody reads it any more: then the
 * command gets SIGPIPE, as it would without us. */
static gpointer
hand_on (gpointer data)
{
  Stream *stream = data;
  InnerRecorder *recorder = stream->recorder;
  gboolean going = TRUE;

  while (going)
    {
      gssize n = read (stream->source, stream->piece, sizeof stream->piece);

      if (n < 0 && errno == EINTR)
        continue;
      going = n > 0 && (stream->target < 0 || write_all (stream->target, stream->piece, n));
      if (n > 0)
        record (stream, n, FALSE);
    }
  record (stream, 0, TRUE);
  close_fd (&stream->source);
  close_fd (&stream->target);

  g_mutex_lock (&recorder->mutex);
  recorder->n_living--;
  g_mutex_unlock (&recorder->mutex);
  eventfd_write (recorder->ended, 1);
  return NULL;
}

int
inner_recorder_add (InnerRecorder *recorder, int target)
{
  int ends[2];
  Stream *stream;

  g_assert (recorder->n_streams < MAX_STREAMS);
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -1;
  stream = g_new0 (Stream, 1);
  stream->recorder = recorder;
  stream->source = ends[0];
  stream->target = target;
  stream->redactor = inner_redactor_new (recorder->secrets);
  recorder->streams[recorder->n_streams++] = stream;
  g_mutex_lock (&recorder->mutex);
  recorder->n_living++;
  g_mutex_unlock (&recorder->mutex);
  g_thread_unref (g_thread_new ("inner-stream", hand_on, stream));
  return ends[1];
}

int
inner_recorder_get_fd (const InnerRecorder *recorder)
{
  return recorder->ended;
}

gboolean
inner_recorder_is_done (InnerRecorder *recorder)
{
  gboolean done;

  g_mutex_lock (&recorder->mutex);
  done = recorder->n_living == 0;
  g_mutex_unlock (&recorder->mutex);
  return done;
}

guint64
inner_recorder_get_bytes (InnerRecorder *recorder)
{
  guint64 bytes;

  g_mutex_lock (&recorder->mutex);
  bytes = recorder->bytes;
  g_mutex_unlock (&recorder->mutex);
  return bytes;
}

int
inner_recorder_get_loss (InnerRecorder *recorder)
{
  int loss;

  g_mutex_lock (&recorder->mutex);
  loss = recorder->loss;
  g_mutex_unlock (&recorder->mutex);
  return loss;
}
