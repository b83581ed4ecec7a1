/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/epoll.h>

G_BEGIN_DECLS

/*
 * Thousands of sockets in GLib's main loop: one epoll set, which is one source of it. poll() would look at each
 * of them each time.
 */

typedef struct _InnerWatch InnerWatch;
typedef void (*InnerWatchCallback) (InnerWatch *watch, guint32 events);

/* Belongs to whoever watches; embedded in what the callback works on. */
struct _InnerWatch {
  int                 fd;                 /* owned; -1 = not watched */
  InnerWatchCallback  callback;
};

/* To be called once, before the others. FALSE with errno. */
gboolean inner_loop_init   (void);

/* Watches @fd (taken) for @events (EPOLL*). FALSE with errno; @fd is closed then. */
gboolean inner_loop_watch  (InnerWatch         *watch,
                            int                 fd,
                            guint32             events,
                            InnerWatchCallback  callback);

/* Closes its descriptor. Its callback is not called any more, but the memory of @watch is looked at until the
 * main loop is reached again: free it by inner_loop_free_later(). */
void     inner_loop_unwatch    (InnerWatch *watch);
void     inner_loop_free_later (gpointer        memory,
                                GDestroyNotify  destroy);

G_END_DECLS
