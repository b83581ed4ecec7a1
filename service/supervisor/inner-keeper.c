/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inner-modes.h"
#include "inner-screen-protocol.h"
#include "inner-spawn.h"

#define SCREEN INNER_LIBEXECDIR "/inner-screen"
#define BATCH (64 * 1024)
/* So much waits for the keeper before the terminal does. */
#define MAX_QUEUED (1024 * 1024)
#define COLLECT_US (G_USEC_PER_SEC / 20)
#define STUCK_US (5 * G_USEC_PER_SEC)

struct _InnerKeeper
{
  int fd;    /* -1 = it is gone */
  int pidfd; /* -1 = unknown */
  guint16 rows;
  GByteArray *shown; /* collected */
  GQueue *queue;     /* of GBytes: packets */
  gsize queued;      /* bytes in it */
  gint64 due;
  gint64 moved_at; /* it took something */
  /* After what was collected before; and whether that began between two commands. */
  InnerModes modes;
  gboolean plain;
  const InnerKeeperCallbacks *callbacks;
  gpointer data;
};

static gboolean
spawn (InnerKeeper *keeper)
{
  static const char *const arguments[] = { "inner-screen", NULL };
  static const char *const environment[] = { NULL };
  InnerSpawn how = { .path = SCREEN, .arguments = arguments, .environment = environment };
  static const int room = 512 * 1024;
  int pair[2];
  pid_t pid;
  int result;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return FALSE;
  setsockopt (pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  how.socket = pair[1];
  result = inner_spawn (&how, &pid);
  close (pair[1]);
  if (result != 0)
    {
      close (pair[0]);
      return FALSE;
    }
  keeper->fd = pair[0];
  /* Nobody waited for it yet, so the number is still its own. */
  keeper->pidfd = syscall (SYS_pidfd_open, pid, 0);
  return TRUE;
}

InnerKeeper *
inner_keeper_new (guint16 columns,
                  guint16 rows,
                  const InnerKeeperCallbacks *callbacks,
                  gpointer data)
{
  InnerKeeper *keeper = g_new0 (InnerKeeper, 1);

  keeper->fd = -1;
  keeper->pidfd = -1;
  keeper->shown = g_byte_array_new ();
  keeper->queue = g_queue_new ();
  keeper->plain = TRUE;
  keeper->callbacks = callbacks;
  keeper->data = data;
  inner_modes_init (&keeper->modes);
  if (!spawn (keeper))
    g_clear_pointer (&keeper, inner_keeper_free);
  else
    inner_keeper_resize (keeper, columns, rows);
  return keeper;
}

/* SECURITY: what a sandbox shows may keep it busy for ever, outside of what limits the sandbox; so its end is not left to
 * itself (attack 102; test_busy_keeper_ends). */
void
inner_keeper_free (InnerKeeper *keeper)
{
  if (keeper->pidfd >= 0)
    {
      syscall (SYS_pidfd_send_signal, keeper->pidfd, SIGKILL, NULL, 0);
      close (keeper->pidfd);
    }
  if (keeper->fd >= 0)
    close (keeper->fd);
  g_byte_array_unref (keeper->shown);
  g_queue_free_full (keeper->queue, (GDestroyNotify) g_bytes_unref);
  g_free (keeper);
}

static void
send_queued (InnerKeeper *keeper)
{
  GBytes *packet;

  while ((packet = g_queue_peek_head (keeper->queue)) != NULL)
    {
      gsize size;
      gconstpointer data = g_bytes_get_data (packet, &size);

      if (send (keeper->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
      keeper->queued -= size;
      keeper->moved_at = g_get_monotonic_time ();
      g_bytes_unref (g_queue_pop_head (keeper->queue));
    }
}

static void
add_packet (
    InnerKeeper *keeper, InnerScreenType type, guint32 value, const guint8 *bytes, gsize size)
{
  InnerScreenHeader header = { type, value };
  guint8 *packet = g_malloc (sizeof header + size);

  memcpy (packet, &header, sizeof header);
  if (size > 0)
    memcpy (packet + sizeof header, bytes, size);
  if (keeper->queue->length == 0)
    keeper->moved_at = g_get_monotonic_time ();
  keeper->queued += sizeof header + size;
  g_queue_push_tail (keeper->queue, g_bytes_new_take (packet, sizeof header + size));
}

/* Where the last lines of @bytes begin that fill the screen and more: text before them has scrolled away. */
static gsize
find_last_lines (const InnerKeeper *keeper, const guint8 *bytes, gsize size)
{
  guint lines = 0;

  for (gsize end = size; end > 1; end--)
    if (bytes[end - 1] == '\n' && ++lines > keeper->rows + 1u && bytes[end - 2] == '\r')
      return end;

  return 0;
}

/* Reading takes a thousand times as long as showing. Of text without any command, only the end matters; a terminal
 * that is flooded with it is not held up. */
static gsize
skip_scrolled (const InnerKeeper *keeper)
{
  static const char commands[] = { 0x1b, 0x0e, 0x0f, 0x18, 0x1a };
  const guint8 *bytes = keeper->shown->data;
  gsize skipped = keeper->plain ? find_last_lines (keeper, bytes, keeper->shown->len) : 0;

  for (gsize i = 0; i < sizeof commands && skipped > 0; i++)
    if (memchr (bytes, commands[i], keeper->shown->len) != NULL)
      return 0;

  return skipped;
}

static void
drop_scrolled (InnerKeeper *keeper)
{
  gsize skipped = skip_scrolled (keeper);

  if (skipped > 0)
    g_byte_array_remove_range (keeper->shown, 0, skipped);
}

static void
pack (InnerKeeper *keeper)
{
  for (gsize done = 0; done < keeper->shown->len; done += INNER_SCREEN_MAX_BYTES)
    add_packet (keeper, INNER_SCREEN_SHOWN, 0, keeper->shown->data + done,
                MIN (keeper->shown->len - done, INNER_SCREEN_MAX_BYTES));
  g_byte_array_set_size (keeper->shown, 0);
  keeper->plain = inner_modes_is_between (&keeper->modes);
  keeper->due = 0;
}

static void
pack_shown (InnerKeeper *keeper)
{
  drop_scrolled (keeper);
  pack (keeper);
}

void
inner_keeper_flush (InnerKeeper *keeper)
{
  pack_shown (keeper);
  send_queued (keeper);
}

gint64
inner_keeper_get_due (const InnerKeeper *keeper)
{
  return keeper->due;
}

gboolean
inner_keeper_shows_lines (const InnerKeeper *keeper)
{
  return inner_modes_is_plain (&keeper->modes);
}

void
inner_keeper_show (InnerKeeper *keeper, const guint8 *bytes, gsize size)
{
  inner_modes_feed (&keeper->modes, bytes, size);
  g_byte_array_append (keeper->shown, bytes, size);
  if (keeper->shown->len >= BATCH)
    drop_scrolled (keeper);
  if (keeper->shown->len >= BATCH)
    {
      pack (keeper);
      send_queued (keeper);
    }
  else if (keeper->due == 0)
    keeper->due = g_get_monotonic_time () + COLLECT_US;
}

void
inner_keeper_resize (InnerKeeper *keeper, guint16 columns, guint16 rows)
{
  pack_shown (keeper);
  keeper->rows = rows;
  add_packet (keeper, INNER_SCREEN_SIZE, (guint32) rows << 16 | columns, NULL, 0);
  send_queued (keeper);
}

void
inner_keeper_draw (InnerKeeper *keeper)
{
  pack_shown (keeper);
  add_packet (keeper, INNER_SCREEN_DRAW, 0, NULL, 0);
  send_queued (keeper);
}

gboolean
inner_keeper_is_full (const InnerKeeper *keeper)
{
  return keeper->queued > MAX_QUEUED;
}

int
inner_keeper_get_fd (const InnerKeeper *keeper)
{
  return keeper->fd;
}

short
inner_keeper_get_events (const InnerKeeper *keeper)
{
  return keeper->queue->length > 0 ? POLLIN | POLLOUT : POLLIN;
}

gboolean
inner_keeper_check (InnerKeeper *keeper)
{
  return keeper->queue->length == 0 || g_get_monotonic_time () - keeper->moved_at < STUCK_US;
}

gboolean
inner_keeper_handle (InnerKeeper *keeper, short events)
{
  static struct
  {
    InnerScreenHeader header;
    guint8 bytes[INNER_SCREEN_MAX_BYTES];
  } packet;
  gssize n;

  if ((events & POLLOUT) != 0)
    send_queued (keeper);
  while ((n = recv (keeper->fd, &packet, sizeof packet, MSG_DONTWAIT)) >=
         (gssize) sizeof packet.header)
    {
      gsize size = n - sizeof packet.header;

      if (packet.header.type == INNER_SCREEN_DRAWN)
        keeper->callbacks->drawn (packet.bytes, size, packet.header.value == 1, keeper->data);
      else if (packet.header.type == INNER_SCREEN_ANSWER)
        keeper->callbacks->answer (packet.bytes, size, keeper->data);
    }

  return n < 0 && (errno == EAGAIN || errno == EINTR);
}
