/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The record of one run, in $XDG_STATE_HOME/inner/runs/ID/, for the person alone (libglib only, the supervisor
 * links it):
 *
 *     events.ndjson    what happened, a line of JSON for each event
 *     output           what the command wrote, both streams as they came; not of a terminal
 *     recording.cast   what a terminal showed, asciicast version 2
 *     guard/           what was taken back from the workspace (service/guard/)
 *
 * Each event is an object with the members "time" (RFC 3339, UTC), "event", those of the event, "previous": the
 * digest of the line before (64 zeros in the first one), and last "digest": the SHA-256 of the line as far as it stands
 * before this member. So a line that is changed, left out or put in is found at its place; "ended", "failed" and
 * "lost" are the last ones, so that a record without one of them was cut, or is of a run that goes on. Whoever can
 * write the whole record can make up a new one: the chain is against accidents and against changes of parts, and no
 * sandbox gets near it.
 */

#include <glib.h>

G_BEGIN_DECLS

#define INNER_JOURNAL_EVENTS     "events.ndjson"
#define INNER_JOURNAL_OUTPUT     "output"
#define INNER_JOURNAL_RECORDING  "recording.cast"

#define INNER_JOURNAL_RUNS       "runs"

/* What an event file, and an output or recording, may hold. */
#define INNER_JOURNAL_MAX_EVENTS (8u * 1024 * 1024)
#define INNER_JOURNAL_MAX_OUTPUT (16u * 1024 * 1024)

/* Events: the word, and what else stands in it */
#define INNER_EVENT_PLANNED      "planned"        /* values of the launch record, see inner-plan-record.h */
#define INNER_EVENT_STARTED      "started"        /* pid, landlock */
#define INNER_EVENT_EXEC         "exec"           /* tag, command */
#define INNER_EVENT_EXEC_ENDED   "exec-ended"     /* tag, code, signal; or tag, error */
#define INNER_EVENT_SIGNAL       "signal"         /* signal, tag */
#define INNER_EVENT_ENDING       "ending"         /* reason: somebody or something ends it */
#define INNER_EVENT_GUARDED      "guarded"        /* findings */
#define INNER_EVENT_NETWORK      "network"        /* what the gateway decided */
#define INNER_EVENT_DESTINATION  "destination"    /* destination, answer, granted: a person changed what it reaches */
#define INNER_EVENT_PUBLISHED    "published"      /* port: one more is open from now on */
#define INNER_EVENT_LOSS         "loss"           /* part, error: something is missing from the record from here on */
#define INNER_EVENT_FAILED       "failed"         /* kind, error, message: there never was a sandbox */
#define INNER_EVENT_ENDED        "ended"          /* code, reason, signal, output (bytes) */
#define INNER_EVENT_LOST         "lost"           /* the supervisor was killed; written by the service that found out */

typedef struct _InnerJournal InnerJournal;

/* Begins the record @id below @state ($XDG_STATE_HOME/inner), which is made where it is not there. %NULL with errno:
 * there is no record then. */
InnerJournal *inner_journal_new       (const char   *state,
                                       const char   *id);

/* Goes on with the record @id of a supervisor that is dead. %NULL with errno, EALREADY for one that has its end. */
InnerJournal *inner_journal_continue  (const char   *state,
                                       const char   *id);

/* Closes the record; what was not synchronised is. */
void          inner_journal_free      (InnerJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerJournal, inner_journal_free)

/* Appends an event with @values (a{sv}, floating is sunk; %NULL = none). It does not fail: what cannot be written is
 * told by a later event "loss", if one can be written. */
void          inner_journal_add       (InnerJournal *journal,
                                       const char   *event,
                                       GVariant     *values);

/* Makes the file @name beside the events, for appending; -1 with errno. */
int           inner_journal_make_file (InnerJournal *journal,
                                       const char   *name);

/* Opens the directory of the record @id below @state; -1 with errno. */
int           inner_journal_open      (const char   *state,
                                       const char   *id);

/* Waits until all events are on the disk. */
void          inner_journal_sync      (InnerJournal *journal);

/* The digest in @line, which has no line end; *@right: it is that of the line. %NULL if there is none. (transfer full) */
char         *inner_journal_digest_of (const char   *line,
                                       gsize         size,
                                       gboolean     *right);

G_END_DECLS
