/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/types.h>
#include <unistd.h>

#include "inner-cast.h"
#include "inner-record.h"
#include "inner-recorder.h"

G_BEGIN_DECLS

/* So many services may look at one sandbox: the one on the session bus, and a private one for each
 * innerctl without it. */
#define INNER_MAX_LINES 16

typedef struct _InnerStep InnerStep;

/* Who types, when somebody comes and perhaps somebody else is there. */
typedef enum {
  INNER_ATTACH_ANY,                       /* who came first */
  INNER_ATTACH_READ_ONLY,                 /* not the one who comes */
  INNER_ATTACH_STEAL,                     /* the one who comes */
} InnerAttachMode;

/* The line to one service. All are told what becomes of the sandbox; what became of a further command
 * goes to the one that asked for it. */
typedef struct {
  int      fd;                            /* -1 = a free place */
  GQueue  *outgoing;                      /* of InnerOutgoing: what the service has not taken yet */
  guint8   generation;                    /* stands in the tags of its commands, see inner-inside.c */
  gboolean listens;                       /* somebody there can be asked about destinations */
} InnerLine;

/**
 * InnerSupervisor:
 *
 * The host's end of one sandbox. It decides nothing: it carries out a record, and tells. Descriptors are
 * -1 and times (µs, monotonic) are 0 when there is none.
 */
typedef struct {
  InnerRecord     *record;

  InnerLine        lines[INNER_MAX_LINES];
  guint8           last_generation;

  /* Each is a row in the table of main.c. */
  int              listener;
  int              init;
  int              complaints;            /* bwrap's stderr */
  int              client;                /* pidfd; borrowed from the record */
  int              signals;
  int              output;                /* of the recorder: a stream has ended; borrowed */
  int              gateway;               /* the line to inner-egress */
  int              oom_score;             /* our /proc/self/oom_score_adj, until bwrap runs */
  int              own_oom_score;

  int              proxy;                 /* its pipe, which keeps it alive */

  /* The processes */
  pid_t            bwrap;                 /* 0 when it was reaped */
  int              bwrap_status;
  pid_t            pid;                   /* of inner-init on the host; 0 = not ready yet */
  int              pidfd;                 /* of inner-init */
  guint32          landlock;              /* ABI */
  gint64           started_at;            /* µs since the epoch; 0 = the command does not run yet */
  GString         *words;                 /* what bwrap said */

  /* The end */
  int              ids_errno;             /* why the map of users was not written */
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
  gint64           sync_at;               /* events are on the disk then */
  gint64           hand_on_at;            /* no longer waits for whoever reads the output then */
  gint64           forget_at;             /* no longer waits for "forget" then */
  gint64           quiet_at;              /* looks whether anything was shown since then */
  gint64           active_at;             /* the last time when something was */
  guint64          active_bytes;          /* that were in the copy of the output then */
  gint64           console_at;            /* looks after the consoles then */
  GPtrArray       *consoles;              /* of InnerConsole; %NULL = there never was one */
  GVariant        *exit;                  /* a{sv}: the values of "exited", once it has ended */
  gboolean         done;

  /* The record of the run */
  InnerJournal    *journal;               /* %NULL = there is none */
  InnerSecrets    *secrets;               /* the same */
  InnerRecorder   *recorder;              /* %NULL = no copy of the output */
  gboolean         recording;             /* a recording is wanted, and not begun */
  InnerCast       *cast;                  /* %NULL = no recording of the terminal */
  gboolean         diverted;              /* a stream goes through the recorder */
  int              home;                  /* the private home, if agents have copies of files there */
  /* The gateway */
  pid_t            gateway_pid;           /* 0 = there is none */
  gboolean         gateway_ready;
  gboolean         gateway_first;         /* the command waits until it is */
  int              netns;                 /* for a gateway that is started later */
  gint64           gateway_at;            /* it must be ready then */
  GPtrArray       *denied;                /* of InnerDenied: what it refused */
  gboolean         listening;             /* it knows that somebody can be asked */
  GQueue          *decisions;             /* that it has not answered; %NULL = there never was one */
  GPtrArray       *allowed;               /* of GVariant: what was opened while it runs; the same */
  GHashTable      *asked_published;       /* number -> what it was asked to publish; %NULL = nothing yet */
  guint32          last_asked;

  /* The guards of writable mounts */
  InnerGuard      *guard;                 /* %NULL = there are none */
  gint64           launched_at;           /* monotonic */
  gboolean         searched;              /* all of the workspace */
} InnerSupervisor;

/* inner-launch.c: starts bwrap with what the record says; the command is queued for inner-init before.
 * Gives 0 or an errno; *@what names what failed (static), %NULL = running bwrap itself. */
int          inner_launch              (InnerSupervisor  *self,
                                        const char      **what);

/* inner-ids.c: users and groups of the sandbox */

/* The pipes between bwrap, which waits for its map of users, and us. */
typedef struct {
  int  info;
  int  info_of_bwrap;
  int  block;
  int  block_of_bwrap;
} InnerIds;

/* Opens the pipes; 0 or an errno. */
int          inner_ids_open            (InnerIds         *ids);
void         inner_ids_close           (InnerIds         *ids);
/* Writes the record's maps for the bwrap that was started, which then goes on. What the programs that do it
 * have to say goes to @words. 0 or an errno; then bwrap ends when the pipes are closed. */
int          inner_ids_write           (InnerSupervisor  *self,
                                        InnerIds         *ids,
                                        int               words);
/* Hands the main command to inner-init; no sooner than everything around it is there. Gives 0 or an errno. */
int          inner_launch_command      (InnerSupervisor  *self);
/* Init is there. */
void         inner_launch_on_ready     (InnerSupervisor  *self);

/* inner-gateway.c: inner-egress, where the record has one */

/* Starts it beside bwrap, if there is something to do from the start; then the command waits for it. 0 or an errno. */
int          inner_gateway_begin       (InnerSupervisor  *self);
/* Whether it is there; for a sandbox without a network it is started now. */
gboolean     inner_gateway_is_there    (InnerSupervisor  *self);
/* inner-init is there: hands @netns (not consumed, -1 = it had none) on. */
void         inner_gateway_on_init     (InnerSupervisor  *self,
                                        int               netns);
void         inner_gateway_on_message  (InnerSupervisor  *self);
void         inner_gateway_on_late     (InnerSupervisor  *self);
/* Nothing of the sandbox is left: takes its last events and ends it. */
void         inner_gateway_end         (InnerSupervisor  *self);
/* What was refused (aa{sv}, transfer full). */
GVariant    *inner_gateway_denied      (const InnerSupervisor *self);

/* inner-destinations.c: what people decide about destinations */

/* A line said that somebody listens there, or that nobody does, or it ended. */
void         inner_destinations_listen (InnerSupervisor  *self);
/* @values of "decide", from the line with @generation. */
void         inner_destinations_decide (InnerSupervisor  *self,
                                        guint8            generation,
                                        GVariant         *values);
void         inner_destinations_on_decided (InnerSupervisor *self,
                                            GVariant        *values);
/* There is no gateway any more. */
void         inner_destinations_on_gone (InnerSupervisor *self);
/* What was opened (aa{sv}, floating). */
GVariant    *inner_destinations_allowed (const InnerSupervisor *self);

/* inner-published.c: ports of the sandbox that programs of this machine reach */

/* Hands those of the record on to the gateway. 0 or an errno. */
int          inner_published_begin     (InnerSupervisor  *self);
/* Has the gateway open one more; FALSE for what is not in our language. @fd listens, and is not consumed. */
gboolean     inner_published_add       (InnerSupervisor  *self,
                                        InnerLine        *line,
                                        GVariant         *values,
                                        int               fd);
void         inner_published_on_answer (InnerSupervisor  *self,
                                        GVariant         *values);
/* The gateway is gone, and with it all ports; @message is for who waits for it. */
void         inner_published_on_gone   (InnerSupervisor  *self,
                                        const char       *message);

/* inner-proxy.c: the session bus */

/* Starts the proxy that the record asks for, and waits until it listens. 0 or an errno. */
int          inner_proxy_start         (InnerSupervisor  *self);
/* Lets it end. */
void         inner_proxy_stop          (InnerSupervisor  *self);

/* inner-watch.c: the guards of writable mounts */

/* Notes what is at guarded paths. 0 or an errno. */
int          inner_watch_begin         (InnerSupervisor  *self);
/* Notes the process id of init for whoever finishes for us, should we be killed: it waits for its end. 0 or an errno. */
int          inner_watch_note_init     (InnerSupervisor  *self);
/* Compares and puts back, when nothing of the sandbox is left. */
void         inner_watch_end           (InnerSupervisor  *self);
/* Gives what was found (aa{sv}, transfer full). */
GVariant    *inner_watch_findings      (const InnerSupervisor *self);
/* Goes on with the search, after the end was told. */
void         inner_watch_search        (InnerSupervisor  *self);

/* inner-story.c: the record of the run */

/* Begins the record, if the launch record wants one. */
void         inner_story_begin         (InnerSupervisor  *self);
/* Adds an event; sinks @values (a{sv}, nullable). */
void         inner_story_tell          (InnerSupervisor  *self,
                                        const char       *event,
                                        GVariant         *values);
/* Adds that something is missing from @part of the record. */
void         inner_story_loss          (InnerSupervisor  *self,
                                        const char       *part,
                                        int               error);
/* Leads the output of the main command through the recorder. */
void         inner_story_divert        (InnerSupervisor  *self);
/* What the terminal of the main command shows, and its size, for the recording. */
void         inner_story_show          (InnerSupervisor  *self,
                                        guint             columns,
                                        guint             rows,
                                        const guint8     *data,
                                        gsize             size);
void         inner_story_resize        (InnerSupervisor  *self,
                                        guint             columns,
                                        guint             rows);
/* Whether all output went to whom it is for. */
gboolean     inner_story_is_handed_on  (InnerSupervisor  *self);
/* The sandbox is gone, its output not yet: waits for that, not for ever after an end by force. */
void         inner_story_wait          (InnerSupervisor  *self);
/* Adds the last events. */
void         inner_story_end           (InnerSupervisor  *self);
void         inner_story_sync          (InnerSupervisor  *self);
/* Gives @argv (ended by %NULL) as the value of an event, without secrets; floating. */
GVariant    *inner_story_words         (const InnerSupervisor *self,
                                        char *const      *argv);
/* inner-copies.c: removes the private copies, when nothing of the sandbox is left and everybody who listens was told. */
void         inner_copies_remove       (InnerSupervisor  *self);

/* inner-logins.c: logins of agents */

/* Notes that there are some. 0 or an errno. */
int          inner_logins_begin        (InnerSupervisor  *self);
/* Notes what became of them, when nothing of the sandbox is left. */
void         inner_logins_end          (InnerSupervisor  *self);
/* Whether a service has something to do with them. */
gboolean     inner_logins_are_left     (const InnerSupervisor *self);

/* inner-bounds.c: limits */

/* Waits until the cgroup that we and the sandbox are in has the bounds of the record. 0 or an errno; ERANGE: it
 * has others. */
int          inner_bounds_check        (InnerSupervisor *self);
/* Around the start of bwrap: if memory runs out, the kernel takes what it makes rather than us. What is started
 * inherits the value that we have meanwhile; to take the old one again is allowed
 * (proc_pid_oom_score_adj(5)). */
void         inner_bounds_offer        (InnerSupervisor       *self);
void         inner_bounds_offered      (InnerSupervisor       *self);
/* Tells init how many processes there may be, if the record says so. FALSE with errno. */
gboolean     inner_bounds_queue        (InnerSupervisor       *self);
/* Gives which limits were reached ("memory", "pids"; as, transfer full); *@killed whether a process was killed
 * for its memory. */
GVariant    *inner_bounds_hit          (const InnerSupervisor *self,
                                        gboolean              *killed);

/* inner-line.c: the services */

/* Makes every place free. */
void         inner_line_init           (InnerSupervisor  *self);
/* Takes @fd as the line of one more service; FALSE if there is no place, and @fd is closed. */
gboolean     inner_line_add            (InnerSupervisor  *self,
                                        int               fd);
/* Sends or queues @name to every service; without one it is dropped. Sinks @values. */
void         inner_line_tell_all       (InnerSupervisor  *self,
                                        const char       *name,
                                        GVariant         *values);
/* The same for the service whose line has @generation, if it is still there. */
void         inner_line_tell           (InnerSupervisor  *self,
                                        guint8            generation,
                                        const char       *name,
                                        GVariant         *values);
/* Whether no service is there. */
gboolean     inner_line_is_alone       (const InnerSupervisor *self);
/* Waits until everything queued was taken, for a few seconds at most. */
void         inner_line_drain          (InnerSupervisor  *self);
/* What to poll a service for: nothing more is read while too much is queued. */
short        inner_line_get_events     (const InnerLine  *line);
/* Listens in the sandbox's directory from now on. Gives 0 or an errno. */
int          inner_line_listen         (InnerSupervisor  *self);
void         inner_line_on_service     (InnerSupervisor  *self,
                                        InnerLine        *line);
void         inner_line_on_listener    (InnerSupervisor  *self);

/* inner-command.c: further commands */

/* Gives a sealed command block for @block (a descriptor, not consumed) with what it leaves out taken from
 * the main command: the directory if it is empty, and every variable it does not set. -1 with errno. *@words
 * becomes its argument vector for the record (transfer full) where there is one. */
int          inner_command_complete    (const InnerSupervisor *self,
                                        int               block,
                                        GVariant        **words);

/* inner-inside.c: inner-init */

/* The tag inside of what a service calls @tag; 0, the main command, is the same for all. */
guint32      inner_inside_tag          (guint8            generation,
                                        guint32           tag);
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
/* From now on the sandbox outlives its client. */
void         inner_ending_detach       (InnerSupervisor  *self);
/* Kills everything at once. */
void         inner_ending_kill         (InnerSupervisor  *self);
/* The same because something of ours failed with the errno @error; @text (static) says what. */
void         inner_ending_give_up      (InnerSupervisor  *self,
                                        int               error,
                                        const char       *text);
/* inner-init is there: carries out what was asked before. */
void         inner_ending_on_ready     (InnerSupervisor  *self);
void         inner_ending_on_step      (InnerSupervisor  *self);
void         inner_ending_on_timeout   (InnerSupervisor  *self);
/* Begins to look whether the sandbox is idle, if the record says so; looks. */
void         inner_ending_watch_idle   (InnerSupervisor  *self);
void         inner_ending_on_quiet     (InnerSupervisor  *self);
/* bwrap was reaped: tells what became of the sandbox, once its output was handed on. */
void         inner_ending_on_reaped    (InnerSupervisor  *self);
/* The output was handed on, or nobody waits for that any more. */
void         inner_ending_on_handed_on (InnerSupervisor  *self);
/* The service has taken note of the end. */
void         inner_ending_forget       (InnerSupervisor  *self);
/* No service takes note of the end: leaves it behind for a later one, if anybody may ask. */
void         inner_ending_leave        (InnerSupervisor  *self);
/* Tells that there never was a sandbox, and cleans up. */
void         inner_ending_fail         (InnerSupervisor  *self,
                                        const char       *kind,
                                        int               code,
                                        const char       *message);
/* Adds what was found late (aa{sv}) to the file that tells the end, if there is one. */
void         inner_ending_add          (InnerSupervisor  *self,
                                        GVariant         *findings);
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
