/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/types.h>
#include <unistd.h>

#include "inner-record.h"

G_BEGIN_DECLS

typedef struct _InnerStep InnerStep;

/**
 * InnerSupervisor:
 *
 * The host's end of one sandbox. It decides nothing: it carries out a record, and tells. Descriptors are
 * -1 and times (µs, monotonic) are 0 when there is none.
 */
typedef struct {
  InnerRecord     *record;

  /* Lines; each is a row in the table of main.c. */
  int              service;
  int              listener;
  int              init;
  int              complaints;            /* bwrap's stderr */
  int              client;                /* pidfd; borrowed from the record */
  int              signals;
  GQueue          *outgoing;              /* of InnerOutgoing: what the service has not taken yet */
  guint8           generation;            /* of the line to the service, see inner-line.c */

  /* The processes */
  pid_t            bwrap;                 /* 0 when it was reaped */
  int              bwrap_status;
  pid_t            pid;                   /* of inner-init on the host; 0 = not ready yet */
  int              pidfd;                 /* of inner-init */
  guint32          landlock;              /* ABI */
  gint64           started_at;            /* µs since the epoch; 0 = the command does not run yet */
  GString         *words;                 /* what bwrap said */

  /* The end */
  const char      *failure;               /* kind of "failed", %NULL = none */
  int              failure_errno;
  const char      *failure_text;          /* (nullable) */
  gboolean         main_ended;
  int              main_status;           /* wait status of the main command */
  const char      *reason;                /* INNER_REASON_* of what ends it from outside */
  const InnerStep *step;                  /* the next one of the way down */
  guint32          grace_ms;
  gint64           step_at;
  gint64           kill_at;               /* when that way ends */
  gint64           timeout_at;
  gint64           idle_at;               /* gives memory back then */
  gint64           forget_at;             /* no longer waits for "forget" then */
  GVariant        *exit;                  /* a{sv}: the values of "exited", once it has ended */
  gboolean         done;
} InnerSupervisor;

/* inner-launch.c: starts bwrap with what the record says; the command is queued for inner-init before.
 * Gives 0 or an errno; *@what names what failed (static), %NULL = running bwrap itself. */
int          inner_launch              (InnerSupervisor  *self,
                                        const char      **what);

/* inner-line.c: the service */

/* Sends or queues @name; without a service it is dropped. Sinks @values. */
void         inner_line_send           (InnerSupervisor  *self,
                                        const char       *name,
                                        GVariant         *values);
/* Waits until everything queued was taken, for a few seconds at most. */
void         inner_line_drain          (InnerSupervisor  *self);
/* What to poll the service for: nothing more is read while too much is queued. */
short        inner_line_get_events     (const InnerSupervisor *self);
/* Listens in the sandbox's directory from now on. Gives 0 or an errno. */
int          inner_line_listen         (InnerSupervisor  *self);
void         inner_line_on_service     (InnerSupervisor  *self);
void         inner_line_on_listener    (InnerSupervisor  *self);

/* inner-inside.c: inner-init */

/* Sends an InnerInitMessage, with INNER_INIT_N_FDS descriptors if @fds is not %NULL. FALSE with errno if
 * it cannot be sent at once. */
gboolean     inner_inside_send         (InnerSupervisor  *self,
                                        guint32           type,
                                        guint32           tag,
                                        gint32            value,
                                        const int        *fds);
void         inner_inside_on_message   (InnerSupervisor  *self);
void         inner_inside_on_complaint (InnerSupervisor  *self);

/* inner-ending.c: the end */

/* Ends the sandbox for @reason: politely, and after @grace_ms with force. The first reason counts; a
 * second call can only make it faster. FALSE if nothing ends for such a reason. */
gboolean     inner_ending_begin        (InnerSupervisor  *self,
                                        const char       *reason,
                                        guint32           grace_ms);
/* Kills everything at once. */
void         inner_ending_kill         (InnerSupervisor  *self);
/* inner-init is there: carries out what was asked before. */
void         inner_ending_on_ready     (InnerSupervisor  *self);
void         inner_ending_on_step      (InnerSupervisor  *self);
void         inner_ending_on_timeout   (InnerSupervisor  *self);
/* bwrap was reaped: tells what became of the sandbox. */
void         inner_ending_on_reaped    (InnerSupervisor  *self);
/* The service has taken note of the end. */
void         inner_ending_forget       (InnerSupervisor  *self);
/* No service takes note of the end: leaves it behind for a later one, if anybody may ask. */
void         inner_ending_leave        (InnerSupervisor  *self);
/* Tells that there never was a sandbox, and cleans up. */
void         inner_ending_fail         (InnerSupervisor  *self,
                                        const char       *kind,
                                        int               code,
                                        const char       *message);
/* Code and signal of a wait status as shells count them: 128 + signal. */
void         inner_ending_read_status  (int               status,
                                        int              *code,
                                        int              *signal);
/* One of INNER_STATE_* */
const char  *inner_ending_get_state    (const InnerSupervisor *self);

static inline void
inner_close (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

G_END_DECLS
