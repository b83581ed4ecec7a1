/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-message.h"
#include "inner-names.h"
#include "inner-terminal-keys.h"
#include "inner-terminal-watch.h"

/* Who presses ctrl-] and then nothing means the program, which gets it after this time. */
#define PATIENCE_MS 700

struct _InnerTerminal
{
  gint references;
  int inside; /* the sandbox's end of the socket, until the call was made; -1 = none */
  int socket;
  gboolean raw;
  gboolean read_only;
  InnerTerminalWatch watch;
  GThread *shower;
  GThread *typer;
  GByteArray *typed; /* what the typer is writing */
  GMutex lock;
  GPtrArray *notices; /* of what is to be said; with the lock */
  int wake;           /* an eventfd: there is one more */
  gboolean at_line;   /* the shower's: what it has shown ends with a line */
  InnerTerminalCallback callback;
  gpointer data;
  gint told; /* whether something was told of already */
};

typedef struct
{
  InnerTerminal *terminal;
  InnerTerminalEvent event;
} Event;

static void
terminal_unref (InnerTerminal *terminal)
{
  if (!g_atomic_int_dec_and_test (&terminal->references))
    return;
  inner_clear_fd (&terminal->inside);
  inner_clear_fd (&terminal->socket);
  inner_clear_fd (&terminal->wake);
  g_byte_array_unref (terminal->typed);
  g_ptr_array_unref (terminal->notices);
  g_mutex_clear (&terminal->lock);
  g_free (terminal);
}

static gboolean
on_event (gpointer data)
{
  Event *event = data;

  if (event->terminal->callback != NULL)
    event->terminal->callback (event->event, event->terminal->data);
  return G_SOURCE_REMOVE;
}

static void
event_free (gpointer data)
{
  Event *event = data;

  terminal_unref (event->terminal);
  g_free (event);
}

/* From any thread; the first one counts. */
static void
tell (InnerTerminal *terminal, InnerTerminalEvent kind)
{
  Event *event;

  if (!g_atomic_int_compare_and_exchange (&terminal->told, FALSE, TRUE))
    return;
  event = g_new (Event, 1);
  *event = (Event){ terminal, kind };
  g_atomic_int_inc (&terminal->references);
  g_idle_add_full (G_PRIORITY_DEFAULT, on_event, event, event_free);
}

InnerTerminal *
inner_terminal_new (const char *option, GError **error)
{
  InnerTerminal *terminal;
  int wake = -1;
  int pair[2];

  if (!isatty (0))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("“%s” needs a terminal, and standard input is none; leave it out to pass "
                      "pipes and files"),
                   option);
      return NULL;
    }
  wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0 || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   _ ("Cannot make a line to the terminal: %s"), g_strerror (errno));
      inner_clear_fd (&wake);
      return NULL;
    }

  terminal = g_new0 (InnerTerminal, 1);
  terminal->references = 1;
  terminal->socket = pair[0];
  terminal->inside = pair[1];
  terminal->watch.line = -1;
  terminal->typed = g_byte_array_new ();
  g_mutex_init (&terminal->lock);
  terminal->notices = g_ptr_array_new_with_free_func (g_free);
  terminal->wake = wake;
  terminal->at_line = TRUE;
  return terminal;
}

void
inner_terminal_get_size (guint16 *columns, guint16 *rows)
{
  struct winsize size = { 0 };

  if (ioctl (0, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
    size = (struct winsize){ .ws_col = INNER_DEFAULT_COLUMNS, .ws_row = INNER_DEFAULT_ROWS };
  *columns = size.ws_col;
  *rows = size.ws_row;
}

gboolean
inner_terminal_add (InnerTerminal *terminal,
                    GVariantBuilder *options,
                    GUnixFDList *fds,
                    GError **error)
{
  int handle = g_unix_fd_list_append (fds, terminal->inside, error);
  guint16 columns;
  guint16 rows;

  if (handle < 0)
    return FALSE;
  inner_terminal_get_size (&columns, &rows);
  g_variant_builder_add (options, "{sv}", INNER_OPTION_TERMINAL, g_variant_new_handle (handle));
  g_variant_builder_add (options, "{sv}", INNER_OPTION_COLUMNS, g_variant_new_uint16 (columns));
  g_variant_builder_add (options, "{sv}", INNER_OPTION_ROWS, g_variant_new_uint16 (rows));
  return TRUE;
}

void
inner_terminal_take (InnerTerminal *terminal, int fd)
{
  inner_clear_fd (&terminal->socket);
  terminal->socket = fd;
}

static gboolean
write_all (int fd, const char *data, gsize length)
{
  while (length > 0)
    {
      gssize n = write (fd, data, length);
      struct pollfd wait = { .fd = fd, .events = POLLOUT };

      if (n >= 0)
        {
          data += n;
          length -= n;
        }
      else if (errno == EAGAIN)
        poll (&wait, 1, -1);
      else if (errno != EINTR)
        return FALSE;
    }

  return TRUE;
}

void
inner_terminal_say (InnerTerminal *terminal, const char *text)
{
  g_autofree char *message = inner_message_new (text);

  if (!isatty (STDERR_FILENO))
    {
      fprintf (stderr, "%s\n", message);
      return;
    }
  g_mutex_lock (&terminal->lock);
  g_ptr_array_add (terminal->notices, g_steal_pointer (&message));
  g_mutex_unlock (&terminal->lock);
  eventfd_write (terminal->wake, 1);
}

/* @end: what ends a line of the terminal in its present mode. */
static void
say_notices (InnerTerminal *terminal, const char *end)
{
  g_autoptr (GPtrArray) notices = NULL;

  g_mutex_lock (&terminal->lock);
  if (terminal->notices->len > 0)
    {
      notices = terminal->notices;
      terminal->notices = g_ptr_array_new_with_free_func (g_free);
    }
  g_mutex_unlock (&terminal->lock);
  for (guint i = 0; notices != NULL && i < notices->len; i++)
    {
      g_autofree char *line = g_strconcat (notices->pdata[i], end, NULL);

      write_all (STDERR_FILENO, line, strlen (line));
    }
}

/* The length of @data up to where its first line ends, 0 if a command to the terminal comes before that. */
static gsize
first_line (const char *data, gsize length)
{
  const char *end = memchr (data, '\n', length);
  gsize size = end != NULL ? (gsize) (end - data) + 1 : 0;

  return size > 0 && memchr (data, '\033', size) == NULL ? size : 0;
}

static gboolean
show (InnerTerminal *terminal, const char *data, gsize length)
{
  gsize before = inner_modes_is_plain (terminal->watch.modes) ? first_line (data, length) : 0;

  inner_modes_feed (terminal->watch.modes, data, length);
  terminal->at_line = data[length - 1] == '\n' && inner_modes_is_plain (terminal->watch.modes);
  if (before > 0)
    {
      if (!write_all (1, data, before))
        return FALSE;
      say_notices (terminal, "\r\n");
    }
  if (before < length && !write_all (1, data + before, length - before))
    return FALSE;
  if (terminal->at_line)
    say_notices (terminal, "\r\n");
  return TRUE;
}

/* Waits until there is something to show, and says meanwhile what there is to say. */
static void
wait_for_more (InnerTerminal *terminal)
{
  struct pollfd waits[] = { { .fd = terminal->socket, .events = POLLIN },
                            { .fd = terminal->wake, .events = POLLIN } };
  eventfd_t count;

  for (gboolean more = FALSE; !more;)
    {
      if (poll (waits, G_N_ELEMENTS (waits), -1) < 0)
        continue;
      more = waits[0].revents != 0;
      if (waits[1].revents != 0 && eventfd_read (terminal->wake, &count) == 0 && !more &&
          terminal->at_line)
        say_notices (terminal, "\r\n");
    }
}

static gpointer
show_thread (gpointer data)
{
  InnerTerminal *terminal = data;
  g_autofree char *buffer = g_malloc (256 * 1024);
  gssize n;

  do
    {
      wait_for_more (terminal);
      do
        n = read (terminal->socket, buffer, 256 * 1024);
      while (n < 0 && errno == EINTR);
    }
  while (n > 0 && show (terminal, buffer, n));

  tell (terminal, n > 0 ? INNER_TERMINAL_LOST : INNER_TERMINAL_ENDED);
  terminal_unref (terminal);
  return NULL;
}

/* FALSE when the person leaves. */
static gboolean
pass_keys (InnerTerminal *terminal, InnerTerminalKeys *keys, const char *data, gsize length)
{
  GByteArray *typed = terminal->typed;
  gboolean leaves;

  g_byte_array_set_size (typed, 0);
  leaves = inner_terminal_keys_take (keys, data, length, typed);
  if (terminal->read_only)
    leaves = leaves || (typed->len > 0 && memchr (typed->data, 0x03, typed->len) != NULL);
  else if (typed->len > 0)
    write_all (terminal->socket, (const char *) typed->data, typed->len);
  return !leaves;
}

static gpointer
type_thread (gpointer data)
{
  InnerTerminal *terminal = data;
  InnerTerminalKeys keys = { 0 };
  InnerTerminalEvent event = INNER_TERMINAL_LOST;
  char buffer[4096];

  for (;;)
    {
      struct pollfd waits[] = { { .fd = 0, .events = POLLIN }, { .fd = terminal->socket } };
      int ready = poll (waits, 2, inner_terminal_keys_wait (&keys) ? PATIENCE_MS : -1);
      gssize n;

      /* What is typed after the end is for whoever has the terminal next. */
      if (ready > 0 && waits[1].revents != 0)
        {
          terminal_unref (terminal);
          return NULL;
        }
      n = ready > 0 ? read (0, buffer, sizeof buffer) : 0;
      if (ready > 0 && (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)))
        break;
      if (ready == 0)
        inner_terminal_keys_time_out (&keys);
      if (!pass_keys (terminal, &keys, buffer, MAX (n, 0)))
        {
          event = INNER_TERMINAL_LEFT;
          break;
        }
    }

  tell (terminal, event);
  terminal_unref (terminal);
  return NULL;
}

void
inner_terminal_start (InnerTerminal *terminal,
                      gboolean read_only,
                      InnerTerminalCallback callback,
                      gpointer data)
{
  inner_clear_fd (&terminal->inside);
  terminal->callback = callback;
  terminal->data = data;
  terminal->read_only = read_only;
  if (!inner_terminal_watch_start (&terminal->watch))
    {
      tell (terminal, INNER_TERMINAL_LOST);
      return;
    }
  inner_hold_messages (TRUE);
  terminal->raw = TRUE;
  g_atomic_int_add (&terminal->references, 2);
  terminal->shower = g_thread_new ("show", show_thread, terminal);
  terminal->typer = g_thread_new ("type", type_thread, terminal);
}

void
inner_terminal_resume (InnerTerminal *terminal)
{
  if (terminal->raw)
    tcsetattr (0, TCSANOW, &terminal->watch.raw);
}

/* The thread that waits for keys may wait for ever; it ends with the program. */
void
inner_terminal_finish (InnerTerminal *terminal, gboolean drain)
{
  terminal->callback = NULL;
  if (terminal->shower != NULL)
    {
      if (!drain)
        shutdown (terminal->socket, SHUT_RDWR);
      g_thread_join (terminal->shower);
      g_thread_unref (terminal->typer);
    }
  if (terminal->raw)
    {
      inner_terminal_watch_finish (&terminal->watch);
      say_notices (terminal, "\n");
      inner_hold_messages (FALSE);
    }
  terminal_unref (terminal);
}
