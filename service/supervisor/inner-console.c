/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "inner-keeper.h"

#define MAX_ATTACHED 16
/* Small, so that who shows it works while more is read. */
#define CHUNK (16 * 1024)
/* So much may be under way to one who does not type before it is shown the screen instead. */
#define MAX_LAG (256 * 1024)
#define MAX_TYPED (64 * 1024)
/* A terminal that nothing inside has open is looked at again. */
#define RETRY_US (G_USEC_PER_SEC / 10)
#define DRAIN_US (5 * G_USEC_PER_SEC)

/* One who is attached. */
typedef struct
{
  int fd; /* -1: let go as soon as nobody looks */
  gboolean writer;
  gboolean waiting;    /* for the keeper to draw the screen; meanwhile what is shown */
  GByteArray *later;   /* comes here */
  GByteArray *pending; /* shown, and not taken yet */
  gsize taken;         /* of it */
  gsize poll;
} Attachment;

typedef struct
{
  guint32 tag;
  int master; /* -1: to come, or gone */
  guint16 columns;
  guint16 rows;
  gboolean ended;
  gint64 end_at;   /* who has not taken everything then is let go */
  gint64 retry_at; /* 0: it is polled */
  GPtrArray *attachments;
  GByteArray *typed; /* not taken by the terminal yet */
  gsize poll;
  InnerKeeper *keeper; /* of the main command's screen; NULL = there is none */
  gsize keeper_poll;
} InnerConsole;

static void
attachment_free (gpointer data)
{
  Attachment *attachment = data;

  inner_close (&attachment->fd);
  g_byte_array_unref (attachment->pending);
  g_byte_array_unref (attachment->later);
  g_free (attachment);
}

static void
console_free (gpointer data)
{
  InnerConsole *console = data;

  inner_close (&console->master);
  g_clear_pointer (&console->keeper, inner_keeper_free);
  g_ptr_array_unref (console->attachments);
  g_byte_array_unref (console->typed);
  g_free (console);
}

static InnerConsole *
find_console (InnerSupervisor *self, guint32 tag)
{
  for (guint i = 0; self->consoles != NULL && i < self->consoles->len; i++)
    {
      InnerConsole *console = g_ptr_array_index (self->consoles, i);

      if (console->tag == tag && !console->ended)
        return console;
    }

  return NULL;
}

static Attachment *
find_writer (InnerConsole *console)
{
  for (guint i = 0; i < console->attachments->len; i++)
    {
      Attachment *attachment = g_ptr_array_index (console->attachments, i);

      if (attachment->writer && attachment->fd >= 0)
        return attachment;
    }

  return NULL;
}

static Attachment *
add_attachment (InnerConsole *console, int fd, gboolean writer)
{
  static const int room = 512 * 1024;
  Attachment *attachment = g_new0 (Attachment, 1);

  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  attachment->fd = fd;
  attachment->writer = writer;
  attachment->pending = g_byte_array_new ();
  attachment->later = g_byte_array_new ();
  g_ptr_array_add (console->attachments, attachment);
  return attachment;
}

/* Nobody types any more: what a further command does without its person ends as it does when a terminal is
 * closed; the main command goes on, and its client's end is noticed elsewhere. */
static void
let_go (InnerConsole *console, Attachment *attachment)
{
  inner_close (&attachment->fd);
  if (console->tag != 0)
    inner_close (&console->master);
}

static void
flush_attachment (InnerConsole *console, Attachment *attachment)
{
  GByteArray *pending = attachment->pending;

  while (attachment->fd >= 0 && attachment->taken < pending->len)
    {
      gssize n = send (attachment->fd, pending->data + attachment->taken,
                       pending->len - attachment->taken, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n > 0)
        attachment->taken += n;
      else if (errno == EAGAIN)
        return;
      else if (errno != EINTR)
        let_go (console, attachment);
    }

  attachment->taken = 0;
  if (pending->len > CHUNK)
    {
      g_byte_array_unref (pending);
      attachment->pending = g_byte_array_new ();
    }
  else
    g_byte_array_set_size (pending, 0);
}

/* Who comes, or has fallen behind, is shown the screen as it is now. Without a keeper the program itself is asked to
 * draw: it does when its terminal changes its size. */
static void
draw_for (InnerConsole *console, Attachment *attachment)
{
  struct winsize size = { .ws_row = console->rows + 1, .ws_col = console->columns };

  if (console->keeper != NULL)
    {
      attachment->waiting = TRUE;
      g_byte_array_set_size (attachment->later, 0);
      inner_keeper_draw (console->keeper);
    }
  else if (console->master >= 0)
    {
      ioctl (console->master, TIOCSWINSZ, &size);
      size.ws_row = console->rows;
      ioctl (console->master, TIOCSWINSZ, &size);
    }
}

static Attachment *
find_waiting (InnerConsole *console)
{
  for (guint i = 0; i < console->attachments->len; i++)
    if (((Attachment *) g_ptr_array_index (console->attachments, i))->waiting)
      return g_ptr_array_index (console->attachments, i);

  return NULL;
}

/* The screen was drawn up to here; what came later follows. */
static void
stop_waiting (InnerConsole *console, Attachment *attachment)
{
  attachment->waiting = FALSE;
  g_byte_array_append (attachment->pending, attachment->later->data, attachment->later->len);
  g_byte_array_unref (attachment->later);
  attachment->later = g_byte_array_new ();
  flush_attachment (console, attachment);
}

/* For the first that waits, since it asked first; who was let go still gets its part, and drops it. */
static void
on_drawn (const guint8 *bytes, gsize size, gboolean last, gpointer data)
{
  InnerConsole *console = data;
  Attachment *attachment = find_waiting (console);

  if (attachment == NULL)
    return;
  g_byte_array_append (attachment->pending, bytes, size);
  if (last)
    stop_waiting (console, attachment);
}

/* A program that asks its terminal something gets an answer also when there is nobody's. */
static void
on_answer (const guint8 *bytes, gsize size, gpointer data)
{
  InnerConsole *console = data;
  gssize n G_GNUC_UNUSED;

  /* What is not taken at once is not wanted, and would stand before what somebody types. */
  if (find_writer (console) == NULL && console->typed->len == 0 && console->master >= 0)
    n = write (console->master, bytes, size);
}

/* Goes on without it: whoever waits sees what is shown from now on. */
static void
give_up_keeper (InnerConsole *console)
{
  Attachment *attachment;

  g_clear_pointer (&console->keeper, inner_keeper_free);
  while ((attachment = find_waiting (console)) != NULL)
    {
      stop_waiting (console, attachment);
      draw_for (console, attachment);
    }
}

/* One who only looks and does not read is shown the screen when it does again. */
static void
catch_up (InnerConsole *console, Attachment *attachment)
{
  if (attachment->writer || attachment->waiting || attachment->pending->len <= MAX_LAG)
    return;
  g_byte_array_set_size (attachment->pending, 0);
  attachment->taken = 0;
  draw_for (console, attachment);
}

static void
show_to (InnerConsole *console, Attachment *attachment, const guint8 *data, gsize size)
{
  gssize n = 0;

  if (attachment->fd < 0)
    return;
  if (attachment->waiting)
    {
      g_byte_array_append (attachment->later, data, size);
      return;
    }
  if (attachment->pending->len == 0)
    n = send (attachment->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  n = MAX (n, 0);
  g_byte_array_append (attachment->pending, data + n, size - n);
  if (n == 0)
    flush_attachment (console, attachment);
  catch_up (console, attachment);
}

/* The one place that everything passes which is shown on a terminal of a sandbox. */
static void
show (InnerSupervisor *self, InnerConsole *console, const guint8 *data, gsize size)
{
  self->active_at = g_get_monotonic_time ();
  if (console->keeper != NULL)
    inner_keeper_show (console->keeper, data, size);
  if (console->tag == 0)
    inner_story_show (self, console->columns, console->rows, data, size);
  for (guint i = 0; i < console->attachments->len; i++)
    show_to (console, g_ptr_array_index (console->attachments, i), data, size);
}

/* Nothing inside has the terminal open, or all of it is gone. */
static void
on_hung (InnerConsole *console)
{
  if (console->ended)
    inner_close (&console->master);
  else
    console->retry_at = g_get_monotonic_time () + RETRY_US;
}

/* Up to a chunk, since the kernel gives a page at a time. FALSE when there is no more for now. */
static gboolean
read_master (InnerSupervisor *self, InnerConsole *console)
{
  static guint8 buffer[CHUNK];
  gsize size = 0;
  gssize n;

  do
    {
      n = read (console->master, buffer + size, sizeof buffer - size);
      size += MAX (n, 0);
    }
  while (size < sizeof buffer && (n > 0 || (n < 0 && errno == EINTR)));

  if (n < 0 && errno != EAGAIN)
    on_hung (console);
  if (size > 0)
    show (self, console, buffer, size);
  return n > 0;
}

static void
flush_typed (InnerConsole *console)
{
  while (console->master >= 0 && console->typed->len > 0)
    {
      gssize n = write (console->master, console->typed->data, console->typed->len);

      if (n > 0)
        g_byte_array_remove_range (console->typed, 0, n);
      else if (n == 0 || errno != EINTR)
        return;
    }
}

static void
on_typed (InnerSupervisor *self, InnerConsole *console, Attachment *attachment)
{
  guint8 buffer[4096];
  gssize n = recv (attachment->fd, buffer, sizeof buffer, MSG_DONTWAIT);

  if (n > 0 && attachment->writer)
    {
      self->active_at = g_get_monotonic_time ();
      g_byte_array_append (console->typed, buffer, n);
      flush_typed (console);
    }
  else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
    let_go (console, attachment);
}

static void
set_size (InnerConsole *console, guint16 columns, guint16 rows)
{
  struct winsize size = { .ws_row = rows, .ws_col = columns };

  if (columns == 0 || rows == 0)
    return;
  console->columns = columns;
  console->rows = rows;
  if (console->keeper != NULL)
    inner_keeper_resize (console->keeper, columns, rows);
  if (console->master >= 0)
    ioctl (console->master, TIOCSWINSZ, &size);
}

void
inner_console_add (InnerSupervisor *self, guint32 tag, int client, guint16 columns, guint16 rows)
{
  InnerConsole *console = g_new0 (InnerConsole, 1);

  if (self->consoles == NULL)
    self->consoles = g_ptr_array_new_with_free_func (console_free);
  console->tag = tag;
  console->master = -1;
  console->columns = columns;
  console->rows = rows;
  console->attachments = g_ptr_array_new_with_free_func (attachment_free);
  console->typed = g_byte_array_new ();
  g_ptr_array_add (self->consoles, console);
  if (client >= 0)
    add_attachment (console, client, TRUE);
}

/* On the way to the command this would be felt, and nothing is shown before. */
static void
start_keeper (InnerConsole *console)
{
  static const InnerKeeperCallbacks callbacks = { on_drawn, on_answer };

  console->keeper = inner_keeper_new (console->columns, console->rows, &callbacks, console);
}

void
inner_console_take_master (InnerSupervisor *self, guint32 tag, int master)
{
  InnerConsole *console = find_console (self, tag);

  if (console == NULL || console->master >= 0 || (tag != 0 && find_writer (console) == NULL))
    {
      inner_close (&master);
      return;
    }
  fcntl (master, F_SETFL, O_NONBLOCK);
  console->master = master;
  if (tag == 0)
    start_keeper (console);
  set_size (console, console->columns, console->rows);
  flush_typed (console);
}

void
inner_console_end (InnerSupervisor *self, guint32 tag)
{
  InnerConsole *console = find_console (self, tag);

  if (console == NULL)
    return;
  console->ended = TRUE;
  while (console->master >= 0 && read_master (self, console))
    ;
  if (tag == 0 && self->record->end_line && self->started_at != 0)
    show (self, console, (const guint8 *) "\r\n", 2);
  inner_close (&console->master);
  console->end_at = g_get_monotonic_time () + DRAIN_US;
}

int
inner_console_attach (InnerSupervisor *self,
                      int fd,
                      InnerAttachMode mode,
                      guint16 columns,
                      guint16 rows,
                      gboolean *read_only)
{
  InnerConsole *console = find_console (self, 0);
  Attachment *writer = console != NULL ? find_writer (console) : NULL;

  if (console == NULL || console->attachments->len >= MAX_ATTACHED)
    {
      inner_close (&fd);
      return console == NULL ? ENOTTY : EBUSY;
    }
  *read_only = mode == INNER_ATTACH_READ_ONLY || (mode == INNER_ATTACH_ANY && writer != NULL);
  if (!*read_only && writer != NULL)
    writer->writer = FALSE;
  if (!*read_only)
    set_size (console, columns, rows);
  draw_for (console, add_attachment (console, fd, !*read_only));
  return 0;
}

gboolean
inner_console_resize (InnerSupervisor *self, guint32 tag, guint16 columns, guint16 rows)
{
  InnerConsole *console = find_console (self, tag);

  if (console != NULL)
    set_size (console, columns, rows);
  if (console != NULL && tag == 0)
    inner_story_resize (self, columns, rows);
  return console != NULL;
}

static void
add_poll (GArray *polls, gsize *place, int fd, short events)
{
  struct pollfd entry = { .fd = events != 0 ? fd : -1, .events = events };

  *place = polls->len;
  g_array_append_val (polls, entry);
}

/* A terminal whose writer does not read is not read either. */
static short
master_events (InnerConsole *console)
{
  Attachment *writer = find_writer (console);
  short events = console->typed->len > 0 ? POLLOUT : 0;

  if (console->retry_at != 0)
    return 0;
  if (console->keeper != NULL && inner_keeper_is_full (console->keeper))
    return events;
  return writer != NULL && writer->pending->len > 0 ? events : events | POLLIN;
}

static short
attachment_events (InnerConsole *console, Attachment *attachment)
{
  short events = attachment->pending->len > 0 ? POLLOUT : 0;

  if (attachment->writer && console->typed->len >= MAX_TYPED)
    return events;
  return events | POLLIN;
}

/* What it has shown, as far as there is room for it. */
static void
read_shown (InnerSupervisor *self, InnerConsole *console)
{
  struct pollfd shown = { .fd = console->master, .events = master_events (console) & POLLIN };

  if (shown.events != 0 && poll (&shown, 1, 0) > 0 && (shown.revents & POLLIN) != 0)
    read_master (self, console);
}

gboolean
inner_console_get_line_mode (InnerSupervisor *self, gboolean *line_mode)
{
  InnerConsole *console = find_console (self, 0);
  struct termios modes;

  if (console == NULL || console->master < 0)
    return FALSE;
  read_shown (self, console);
  /* Asked at the outer end, the modes are those of the inner one. */
  *line_mode = console->keeper != NULL && inner_keeper_shows_lines (console->keeper) &&
               console->master >= 0 && tcgetattr (console->master, &modes) == 0 &&
               (modes.c_lflag & ICANON) != 0;
  return TRUE;
}

/* Those that were let go make room here, where nobody holds a pointer to them. */
static void
tidy (InnerSupervisor *self, InnerConsole *console)
{
  for (guint i = console->attachments->len; i-- > 0;)
    {
      Attachment *attachment = g_ptr_array_index (console->attachments, i);

      if (console->ended && attachment->pending->len == 0 && !attachment->waiting)
        inner_close (&attachment->fd);
      if (attachment->fd < 0 && !attachment->waiting)
        g_ptr_array_remove_index (console->attachments, i);
    }
}

void
inner_console_fill (InnerSupervisor *self, GArray *polls)
{
  for (guint i = self->consoles != NULL ? self->consoles->len : 0; i-- > 0;)
    {
      InnerConsole *console = g_ptr_array_index (self->consoles, i);

      tidy (self, console);
      if (console->ended && console->attachments->len == 0)
        {
          g_ptr_array_remove_index (self->consoles, i);
          continue;
        }
      add_poll (polls, &console->poll, console->master, master_events (console));
      if (console->keeper != NULL)
        add_poll (polls, &console->keeper_poll, inner_keeper_get_fd (console->keeper),
                  inner_keeper_get_events (console->keeper));
      for (guint j = 0; j < console->attachments->len; j++)
        {
          Attachment *attachment = g_ptr_array_index (console->attachments, j);

          add_poll (polls, &attachment->poll, attachment->fd,
                    attachment_events (console, attachment));
        }
    }
}

static short
get_revents (const GArray *polls, gsize place, int fd)
{
  const struct pollfd *entry;

  if (place >= polls->len || fd < 0)
    return 0;
  entry = &g_array_index (polls, struct pollfd, place);
  return entry->fd == fd ? entry->revents : 0;
}

static void
handle_keeper (InnerConsole *console, const GArray *polls)
{
  short events;

  if (console->keeper == NULL)
    return;
  events = get_revents (polls, console->keeper_poll, inner_keeper_get_fd (console->keeper));
  if ((events != 0 && !inner_keeper_handle (console->keeper, events)) ||
      !inner_keeper_check (console->keeper))
    give_up_keeper (console);
}

static void
handle_console (InnerSupervisor *self, InnerConsole *console, const GArray *polls)
{
  short events = get_revents (polls, console->poll, console->master);

  if ((events & POLLOUT) != 0)
    flush_typed (console);
  handle_keeper (console, polls);
  for (guint i = 0; i < console->attachments->len; i++)
    {
      Attachment *attachment = g_ptr_array_index (console->attachments, i);
      short own = get_revents (polls, attachment->poll, attachment->fd);

      if ((own & POLLOUT) != 0)
        flush_attachment (console, attachment);
      if (attachment->fd >= 0 && (own & ~POLLOUT) != 0)
        on_typed (self, console, attachment);
    }
  if (console->master >= 0 && (events & ~POLLOUT) != 0)
    read_master (self, console);
}

void
inner_console_handle (InnerSupervisor *self, const GArray *polls)
{
  for (guint i = 0; self->consoles != NULL && i < self->consoles->len; i++)
    handle_console (self, g_ptr_array_index (self->consoles, i), polls);
  inner_console_on_time (self);
}

static gint64
soonest (gint64 one, gint64 other)
{
  return one == 0 ? other : MIN (one, other);
}

static gint64
look_after_keeper (InnerKeeper *keeper, gint64 now, gint64 next)
{
  gint64 due = inner_keeper_get_due (keeper);

  if (due != 0 && due <= now)
    inner_keeper_flush (keeper);
  else if (due != 0)
    return soonest (next, due);
  return next;
}

/* Looks again at terminals that hung, and lets those go that do not take what an ended one left. */
void
inner_console_on_time (InnerSupervisor *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 next = 0;

  for (guint i = 0; self->consoles != NULL && i < self->consoles->len; i++)
    {
      InnerConsole *console = g_ptr_array_index (self->consoles, i);

      if (console->retry_at != 0 && console->retry_at <= now)
        console->retry_at = 0;
      if (console->keeper != NULL)
        next = look_after_keeper (console->keeper, now, next);
      if (console->ended && console->end_at <= now)
        g_ptr_array_set_size (console->attachments, 0);
      else if (console->ended || console->retry_at != 0)
        next = soonest (next, console->ended ? console->end_at : console->retry_at);
    }
  self->console_at = next;
}

static gboolean
has_pending (InnerSupervisor *self)
{
  for (guint i = 0; self->consoles != NULL && i < self->consoles->len; i++)
    {
      InnerConsole *console = g_ptr_array_index (self->consoles, i);

      for (guint j = 0; j < console->attachments->len; j++)
        if (((Attachment *) g_ptr_array_index (console->attachments, j))->pending->len > 0)
          return TRUE;
    }

  return FALSE;
}

void
inner_console_drain (InnerSupervisor *self)
{
  g_autoptr (GArray) polls = g_array_new (FALSE, FALSE, sizeof (struct pollfd));
  gint64 end = g_get_monotonic_time () + DRAIN_US;

  for (guint i = 0; self->consoles != NULL && i < self->consoles->len; i++)
    inner_console_end (self, ((InnerConsole *) g_ptr_array_index (self->consoles, i))->tag);
  while (has_pending (self) && g_get_monotonic_time () < end)
    {
      g_array_set_size (polls, 0);
      inner_console_fill (self, polls);
      poll ((struct pollfd *) polls->data, polls->len, DRAIN_US / 1000);
      inner_console_handle (self, polls);
    }
  g_clear_pointer (&self->consoles, g_ptr_array_unref);
}
