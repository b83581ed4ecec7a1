/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-console.h"
#include "inner-names.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

#define MAX_OUTGOING 1024
#define DRAIN_MS 5000

typedef struct
{
  const char *name;
  GVariant *values;
} InnerOutgoing;

static void
outgoing_free (gpointer data)
{
  InnerOutgoing *outgoing = data;

  g_variant_unref (outgoing->values);
  g_free (outgoing);
}

static void
hang_up (InnerSupervisor *self, InnerLine *line)
{
  inner_close (&line->fd);
  g_queue_clear_full (line->outgoing, outgoing_free);
  inner_destinations_listen (self);
  if (self->exit != NULL && inner_line_is_alone (self))
    inner_ending_leave (self);
}

static void
flush (InnerLine *line)
{
  InnerOutgoing *next;

  while ((next = g_queue_peek_head (line->outgoing)) != NULL)
    {
      if (!inner_wire_send (line->fd, next->name, next->values, NULL, 0))
        {
          /* Its last words may still be unread; their end hangs up. */
          if (errno != EAGAIN)
            g_queue_clear_full (line->outgoing, outgoing_free);
          return;
        }
      outgoing_free (g_queue_pop_head (line->outgoing));
    }
}

static void
send_or_queue (InnerLine *line, const char *name, GVariant *values)
{
  InnerOutgoing *outgoing = g_new (InnerOutgoing, 1);

  *outgoing = (InnerOutgoing){ name, g_variant_ref (values) };
  g_queue_push_tail (line->outgoing, outgoing);
  flush (line);
}

void
inner_line_init (InnerSupervisor *self)
{
  for (guint i = 0; i < INNER_MAX_LINES; i++)
    self->lines[i].fd = -1;
}

/* Generations come around after 255 lines; one that is in use is passed over. */
static guint8
new_generation (InnerSupervisor *self)
{
  gboolean taken;

  do
    {
      self->last_generation++;
      taken = FALSE;
      for (guint i = 0; i < INNER_MAX_LINES; i++)
        taken |= self->lines[i].fd >= 0 && self->lines[i].generation == self->last_generation;
    }
  while (taken);

  return self->last_generation;
}

gboolean
inner_line_add (InnerSupervisor *self, int fd)
{
  for (guint i = 0; i < INNER_MAX_LINES; i++)
    {
      InnerLine *line = &self->lines[i];

      if (line->fd >= 0)
        continue;
      line->generation = new_generation (self);
      line->fd = fd;
      line->listens = FALSE;
      if (line->outgoing == NULL)
        line->outgoing = g_queue_new ();
      return TRUE;
    }

  inner_close (&fd);
  return FALSE;
}

gboolean
inner_line_is_alone (const InnerSupervisor *self)
{
  for (guint i = 0; i < INNER_MAX_LINES; i++)
    if (self->lines[i].fd >= 0)
      return FALSE;

  return TRUE;
}

void
inner_line_tell_all (InnerSupervisor *self, const char *name, GVariant *values)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (values);

  for (guint i = 0; i < INNER_MAX_LINES; i++)
    if (self->lines[i].fd >= 0)
      send_or_queue (&self->lines[i], name, owned);
}

void
inner_line_tell (InnerSupervisor *self, guint8 generation, const char *name, GVariant *values)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (values);

  for (guint i = 0; i < INNER_MAX_LINES; i++)
    if (self->lines[i].fd >= 0 && self->lines[i].generation == generation)
      send_or_queue (&self->lines[i], name, owned);
}

void
inner_line_drain (InnerSupervisor *self)
{
  for (guint i = 0; i < INNER_MAX_LINES; i++)
    {
      InnerLine *line = &self->lines[i];
      struct pollfd pollfd = { .fd = line->fd, .events = POLLOUT };

      while (line->fd >= 0 && line->outgoing->length > 0 && poll (&pollfd, 1, DRAIN_MS) > 0)
        flush (line);
    }
}

short
inner_line_get_events (const InnerLine *line)
{
  if (line->outgoing->length == 0)
    return POLLIN;
  return line->outgoing->length <= MAX_OUTGOING ? POLLIN | POLLOUT : POLLOUT;
}

/* @size is that of its terminal, 0 for none. */
static gboolean
forward_exec (InnerSupervisor *self, InnerLine *line, guint32 tag, gint32 size, const int *fds)
{
  guint32 inside_tag = inner_inside_tag (line->generation, tag);
  g_autoptr (GVariant) words = NULL;
  int inside[INNER_INIT_N_FDS];
  gboolean sent;
  int error;

  if (tag > INNER_WIRE_MAX_TAG)
    {
      errno = EINVAL;
      return FALSE;
    }
  memcpy (inside, fds, sizeof inside);
  inside[0] = inner_command_complete (self, fds[0], &words);
  if (inside[0] < 0)
    return FALSE;

  sent = inner_inside_send (self, INNER_INIT_EXEC, inside_tag, size, inside);
  error = errno;
  if (words != NULL)
    inner_story_tell (
        self, INNER_EVENT_EXEC,
        g_variant_new_parsed ("{'number': <%u>, 'command': <%@as>}", inside_tag, words));
  inner_close (&inside[0]);
  errno = error;
  return sent;
}

static void
tell_exec_failed (InnerSupervisor *self, InnerLine *line, guint32 tag, int error)
{
  inner_line_tell (
      self, line->generation, INNER_WIRE_EXEC_FAILED,
      g_variant_new_parsed ("{'tag': <%u>, 'errno': <%i>, 'kind': <%s>}", tag, error, "exec"));
}

static gboolean
on_exec (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  guint32 tag = 0;

  if (!g_variant_lookup (values, "tag", "u", &tag) || tag == 0)
    return FALSE;
  if (!forward_exec (self, line, tag, 0, fds))
    tell_exec_failed (self, line, tag, errno);
  return TRUE;
}

static gboolean
lookup_size (GVariant *values, guint16 *columns, guint16 *rows)
{
  return g_variant_lookup (values, "columns", "q", columns) &&
         g_variant_lookup (values, "rows", "q", rows);
}

static gboolean
on_exec_terminal (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  guint32 tag = 0;
  guint16 columns = 0;
  guint16 rows = 0;
  int client;

  if (!g_variant_lookup (values, "tag", "u", &tag) || tag == 0 ||
      !lookup_size (values, &columns, &rows) || columns == 0 || rows == 0)
    return FALSE;
  client = fcntl (fds[INNER_INIT_N_FDS], F_DUPFD_CLOEXEC, 0);
  if (client < 0 || !forward_exec (self, line, tag, INNER_INIT_SIZE (columns, rows), fds))
    {
      tell_exec_failed (self, line, tag, errno);
      inner_close (&client);
    }
  else
    inner_console_add (self, inner_inside_tag (line->generation, tag), client, columns, rows);
  return TRUE;
}

static gboolean
on_resize (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  guint32 tag = 0;
  guint16 columns = 0;
  guint16 rows = 0;

  if (!g_variant_lookup (values, "tag", "u", &tag) || !lookup_size (values, &columns, &rows))
    return FALSE;
  inner_console_resize (self, inner_inside_tag (line->generation, tag), columns, rows);
  return TRUE;
}

static gboolean
on_attach (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  static const char *const modes[] = {
    [INNER_ATTACH_ANY] = "",
    [INNER_ATTACH_READ_ONLY] = "read-only",
    [INNER_ATTACH_STEAL] = "steal",
  };
  gboolean read_only = TRUE;
  const char *word = NULL;
  guint32 tag = 0;
  guint16 columns = 0;
  guint16 rows = 0;
  guint mode = 0;
  int client;
  int error;

  if (!g_variant_lookup (values, "tag", "u", &tag) ||
      !g_variant_lookup (values, "mode", "&s", &word) || !lookup_size (values, &columns, &rows))
    return FALSE;
  while (mode < G_N_ELEMENTS (modes) && !g_str_equal (modes[mode], word))
    mode++;
  if (mode == G_N_ELEMENTS (modes))
    return FALSE;
  client = fcntl (fds[0], F_DUPFD_CLOEXEC, 0);
  error = client < 0 ? errno : inner_console_attach (self, client, mode, columns, rows, &read_only);
  inner_line_tell (self, line->generation, INNER_WIRE_ATTACHED,
                   g_variant_new_parsed ("{'tag': <%u>, 'errno': <%i>, 'read-only': <%b>}", tag,
                                         error, read_only));
  return TRUE;
}

static gboolean
on_detach (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  inner_ending_detach (self);
  inner_line_tell_all (self, INNER_WIRE_DETACHED, g_variant_new ("a{sv}", NULL));
  return TRUE;
}

static gboolean
on_signal (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  gint32 signal = 0;
  guint32 tag = 0;

  if (!g_variant_lookup (values, "signal", "i", &signal) ||
      !g_variant_lookup (values, "tag", "u", &tag) || signal < 1 || signal >= NSIG)
    return FALSE;
  inner_story_tell (self, INNER_EVENT_SIGNAL,
                    g_variant_new_parsed ("{'number': <%u>, 'signal': <%i>}",
                                          inner_inside_tag (line->generation, tag), signal));
  if (signal == SIGKILL && tag == 0)
    inner_ending_kill (self);
  else
    inner_inside_send (self, INNER_INIT_SIGNAL, inner_inside_tag (line->generation, tag), signal,
                       NULL);
  return TRUE;
}

static gboolean
on_stop (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  guint32 grace_ms = 0;
  const char *reason = NULL;

  return g_variant_lookup (values, "grace-ms", "u", &grace_ms) &&
         g_variant_lookup (values, "reason", "&s", &reason) &&
         inner_ending_begin (self, reason, grace_ms);
}

static gboolean
on_publish (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  return inner_published_add (self, line, values, fds[0]);
}

static gboolean
on_forget (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  if (self->exit == NULL)
    return FALSE;
  inner_ending_forget (self);
  return TRUE;
}

static gboolean
on_listen (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  if (!g_variant_lookup (values, "listening", "b", &line->listens))
    return FALSE;
  inner_destinations_listen (self);
  return TRUE;
}

static gboolean
on_decide (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds)
{
  const char *word = NULL;
  guint32 tag = 0;

  if (!g_variant_lookup (values, "tag", "u", &tag) ||
      !g_variant_lookup (values, "destination", "&s", &word) ||
      !g_variant_lookup (values, "answer", "&s", &word) ||
      !g_variant_lookup (values, "granted", "&s", &word))
    return FALSE;
  inner_destinations_decide (self, line->generation, values);
  return TRUE;
}

/* FALSE for what is not in our language; the conversation ends then. */
static gboolean
handle (InnerSupervisor *self, InnerLine *line, const char *name, GVariant *values, GArray *fds)
{
  static const struct
  {
    const char *name;
    guint n_fds;
    gboolean (*handle) (InnerSupervisor *self, InnerLine *line, GVariant *values, const int *fds);
  } handlers[] = {
    { INNER_WIRE_EXEC, INNER_INIT_N_FDS, on_exec },
    { INNER_WIRE_EXEC, INNER_INIT_N_FDS + 1, on_exec_terminal },
    { INNER_WIRE_RESIZE, 0, on_resize },
    { INNER_WIRE_ATTACH, 1, on_attach },
    { INNER_WIRE_DETACH, 0, on_detach },
    { INNER_WIRE_SIGNAL, 0, on_signal },
    { INNER_WIRE_STOP, 0, on_stop },
    { INNER_WIRE_PUBLISH, 1, on_publish },
    { INNER_WIRE_FORGET, 0, on_forget },
    { INNER_WIRE_LISTEN, 0, on_listen },
    { INNER_WIRE_DECIDE, 0, on_decide },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (g_str_equal (name, handlers[i].name) && fds->len == handlers[i].n_fds)
      return handlers[i].handle (self, line, values, (const int *) fds->data);

  return FALSE;
}

void
inner_line_on_service (InnerSupervisor *self, InnerLine *line)
{
  g_autofree char *name = NULL;
  g_autoptr (GArray) fds = NULL;
  g_autoptr (GVariant) values = NULL;

  flush (line);
  if ((inner_line_get_events (line) & POLLIN) == 0)
    return;

  values = inner_wire_receive (line->fd, &name, &fds);
  if (values == NULL ? errno != EAGAIN : !handle (self, line, name, values, fds))
    hang_up (self, line);
}

int
inner_line_listen (InnerSupervisor *self)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = INNER_FILE_CONTROL };
  mode_t mask = umask (0177);
  int error = 0;

  /* From inside the directory: its path may be longer than a socket address. */
  self->listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->listener < 0 || fchdir (self->record->directory_fd) < 0 ||
      bind (self->listener, (struct sockaddr *) &address, sizeof address) < 0 ||
      listen (self->listener, 4) < 0)
    error = errno;

  umask (mask);
  return error;
}

static void
tell_state (InnerSupervisor *self, guint8 generation)
{
  g_autoptr (GVariant) denied = inner_gateway_denied (self);

  inner_line_tell (self, generation, INNER_WIRE_STATE,
                   g_variant_new_parsed ("{'properties': <%@a{sv}>, 'state': <%s>, 'pid': <%u>, "
                                         "'started-at': <%x>, 'landlock': <%u>, "
                                         "'denied': <%@aa{sv}>, 'allowed': <%@aa{sv}>}",
                                         self->record->properties, inner_ending_get_state (self),
                                         (guint32) self->pid, self->started_at, self->landlock,
                                         denied, inner_destinations_allowed (self)));
  if (self->exit != NULL)
    inner_line_tell (self, generation, INNER_WIRE_EXITED, self->exit);
}

/* One more service: a restarted one, or a private one that looks around. */
void
inner_line_on_listener (InnerSupervisor *self)
{
  int fd = accept4 (self->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (fd < 0 || !inner_wire_peer_is_ours (fd))
    inner_close (&fd);
  else if (inner_line_add (self, fd))
    tell_state (self, self->last_generation);
}
