/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-loop.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#define MAX_EVENTS 256
/* So often the set is asked again before GLib's other sources have their turn. */
#define MAX_ROUNDS 16

typedef struct
{
  gpointer memory;
  GDestroyNotify destroy;
} Later;

static int epoll_fd = -1;
static GArray *later; /* of Later */

static void
free_later (void)
{
  for (guint i = 0; i < later->len; i++)
    {
      Later *one = &g_array_index (later, Later, i);

      one->destroy (one->memory);
    }
  g_array_set_size (later, 0);
}

static gboolean
on_events (int fd, GIOCondition condition, gpointer data)
{
  struct epoll_event events[MAX_EVENTS];
  int n;

  for (guint round = 0; round < MAX_ROUNDS; round++)
    {
      n = epoll_wait (epoll_fd, events, MAX_EVENTS, 0);
      for (int i = 0; i < n; i++)
        {
          InnerWatch *watch = events[i].data.ptr;

          if (watch->fd >= 0)
            watch->callback (watch, events[i].events);
        }
      free_later ();
      if (n <= 0)
        break;
    }

  return G_SOURCE_CONTINUE;
}

gboolean
inner_loop_init (void)
{
  later = g_array_new (FALSE, FALSE, sizeof (Later));
  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  return epoll_fd >= 0 && g_unix_fd_add (epoll_fd, G_IO_IN, on_events, NULL) != 0;
}

gboolean
inner_loop_watch (InnerWatch *watch, int fd, guint32 events, InnerWatchCallback callback)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  *watch = (InnerWatch){ fd, callback };
  if (epoll_ctl (epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
    return TRUE;

  inner_loop_unwatch (watch);
  return FALSE;
}

void
inner_loop_unwatch (InnerWatch *watch)
{
  int saved = errno;

  if (watch->fd >= 0)
    close (watch->fd);
  watch->fd = -1;
  errno = saved;
}

void
inner_loop_free_later (gpointer memory, GDestroyNotify destroy)
{
  Later one = { memory, destroy };

  /* Outside of on_events() the next round frees it, at the latest that of the next event. */
  g_array_append_val (later, one);
}
