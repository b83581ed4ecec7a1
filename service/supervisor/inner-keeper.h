/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * InnerKeeper:
 *
 * The line to inner-screen, which knows what a terminal shows. It never waits; when the keeper is gone or does not
 * answer, everything goes on without it.
 */
typedef struct _InnerKeeper InnerKeeper;

typedef struct {
  /* What draws the screen, for who asked first; @last: that was all of it. */
  void (*drawn)  (const guint8 *bytes, gsize size, gboolean last, gpointer data);
  /* What a terminal would answer. */
  void (*answer) (const guint8 *bytes, gsize size, gpointer data);
} InnerKeeperCallbacks;

/* %NULL if it cannot be started. */
InnerKeeper *inner_keeper_new       (guint16 columns, guint16 rows,
                                     const InnerKeeperCallbacks *callbacks, gpointer data);
void         inner_keeper_free      (InnerKeeper *keeper);

/* Whether what was shown ended on the normal screen, and not within a command to the terminal. */
gboolean     inner_keeper_shows_lines (const InnerKeeper *keeper);

/* Takes note of what was shown. */
void         inner_keeper_show      (InnerKeeper *keeper, const guint8 *bytes, gsize size);
void         inner_keeper_resize    (InnerKeeper *keeper, guint16 columns, guint16 rows);
/* Asks for what draws the screen as it is now. */
void         inner_keeper_draw      (InnerKeeper *keeper);
/* Passes on what was collected; when that is due (monotonic, µs; 0 = it is not). */
void         inner_keeper_flush     (InnerKeeper *keeper);
gint64       inner_keeper_get_due   (const InnerKeeper *keeper);

/* Whether so much is under way that nothing more should be shown. */
gboolean     inner_keeper_is_full   (const InnerKeeper *keeper);

/* What to poll, and what to do then. FALSE if it is gone. */
int          inner_keeper_get_fd    (const InnerKeeper *keeper);
short        inner_keeper_get_events (const InnerKeeper *keeper);
gboolean     inner_keeper_handle    (InnerKeeper *keeper, short events);
/* FALSE if it does not take what is for it. */
gboolean     inner_keeper_check     (InnerKeeper *keeper);

G_END_DECLS
