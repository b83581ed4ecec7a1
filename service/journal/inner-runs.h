/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * InnerRuns:
 *
 * The records of runs (inner-journal.h), as they are read. A record may be anything: it is the person's own file, which
 * they may have edited, and its writer may have been killed at any moment.
 */
typedef struct _InnerRuns InnerRuns;

/* Whether a sandbox with this id still lives. */
typedef gboolean (*InnerRunsLives) (const char *id, gpointer data);

/* @state is $XDG_STATE_HOME/inner. */
InnerRuns  *inner_runs_new        (const char *state, InnerRunsLives lives, gpointer data);
void        inner_runs_free       (InnerRuns *runs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerRuns, inner_runs_free)

/* At most @limit (0 = all) records, newest first: the answer of ListRuns (aa{sv}, floating). */
GVariant   *inner_runs_list       (InnerRuns *runs, guint limit);

/* The id of the record that @word, an id, a name or the beginning of an id, stands for (transfer full); of several
 * records with one name the newest. Fails with INNER_ERROR_NOT_FOUND. */
char       *inner_runs_find       (InnerRuns *runs, const char *word, GError **error);

/* All that the record @id says, and whether it is whole: the answer of GetRun (a{sv}, floating). Fails with
 * INNER_ERROR_NOT_FOUND. */
GVariant   *inner_runs_get        (InnerRuns *runs, const char *id, GError **error);

/* Opens "events", "output" or "recording" of the record @id for reading; -1 with INNER_ERROR_NOT_FOUND or
 * INNER_ERROR_INVALID_OPTION. */
int         inner_runs_open       (InnerRuns *runs, const char *id, const char *part, GError **error);

/* Removes the records whose last change is @older_than seconds ago or more, but none of a living sandbox. With @dry_run
 * only tells. Gives their ids (transfer full, %NULL-terminated). */
char      **inner_runs_clean      (InnerRuns *runs, guint64 older_than, gboolean dry_run);

/* Ends the record @id of a supervisor that was killed; @findings (nullable): what was taken back for it. Nothing
 * happens if it has its end, or if there is none. */
void        inner_runs_mark_lost  (const char *state, const char *id, GVariant *findings);

/* Looks at the events in @text: %TRUE if each follows the one before and the last one is the end (or @lives). Else
 * *@line is the number of the first one that does not (one behind the last line where the end is missing), and *@problem
 * says why (transfer full). */
gboolean    inner_runs_verify     (const char *text,
                                   gsize       size,
                                   gboolean    lives,
                                   guint      *line,
                                   char      **problem);

G_END_DECLS
