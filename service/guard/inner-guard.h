/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a sandbox may have planted in writable mounts for the host to run: noted before its command starts, compared
 * after its last process is gone, and put back. libglib only; the supervisor does it, and the service does it for
 * a supervisor that was killed.
 *
 * The notes lie in the sandbox's run-time directory from before the command starts until the comparison is over.
 * So whoever finds notes there without a supervisor finishes the comparison, and a sandbox that starts while notes
 * of another one are there takes what those say of a path for how it was before: what the first sandbox planted is
 * never noted as the person's own. A path that the person changes on the host while a sandbox may write it looks
 * like one that the sandbox changed: it is put back too, and what was there is kept and told, never lost.
 */

#include <glib.h>

G_BEGIN_DECLS

/* What the launch record says: whether to put back, where versions are kept ($XDG_STATE_HOME/inner), and for each
 * root its path on the host and the guarded paths in it with their InnerGuardedKind. */
#define INNER_GUARD_PLAN_TYPE       "(bsa(sa(su)))"
/* One finding: what Wait tells under “guarded”. */
#define INNER_GUARD_FINDINGS_TYPE   "aa{sv}"
#define INNER_GUARD_MAX_ROOTS       32

typedef struct _InnerGuard InnerGuard;
typedef struct _InnerGuardWalk InnerGuardWalk;

/* Makes a guard from @plan (INNER_GUARD_PLAN_TYPE) for the directories @roots, as many as the plan has; they are
 * taken. @properties (a{sv}) are those of the sandbox. */
InnerGuard *inner_guard_new        (GVariant *plan, int *roots, const char *id, GVariant *properties);
void        inner_guard_free       (InnerGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerGuard, inner_guard_free)

/* Notes everything, in the run-time directory @directory. 0 or an errno. */
int         inner_guard_note       (InnerGuard *guard, int directory);

/* Reads the notes in @directory, and opens the roots again: %NULL if there are none. */
InnerGuard *inner_guard_load       (int directory);
/* (transfer none) */
GVariant   *inner_guard_get_properties (const InnerGuard *guard);

/* Compares, puts back, and removes the notes from @directory. Nothing that it does is lost or done twice when it
 * is interrupted at any point and done again. */
void        inner_guard_compare    (InnerGuard *guard, int directory);

/* Does for a supervisor that was killed what it had left to do: gives the guard with what it found, or %NULL if
 * there is nothing to do in @directory. Waits for the end of the sandbox, two seconds at most. */
InnerGuard *inner_guard_recover    (int directory);

/* Looks for what was planted elsewhere in the roots since the notes, until @deadline (monotonic µs); TRUE if
 * nothing is left to look at. New setuid and setgid bits are taken
 * away, and what makes a new repository run programs; the rest is only told. */
gboolean    inner_guard_walk       (InnerGuard *guard, gint64 deadline);

/* Tells that not all was looked at. */
void        inner_guard_give_up    (InnerGuard *guard);

/* Gives what was found until now (INNER_GUARD_FINDINGS_TYPE, floating). */
GVariant   *inner_guard_findings   (const InnerGuard *guard);
guint       inner_guard_n_findings (const InnerGuard *guard);

/* inner-guard-git.c */

typedef void (*InnerGitSetting) (const char *section, const char *subsection, const char *key, const char *value,
                                 gpointer data);

/* Calls @each with every setting of a git configuration file; section and key in lower case, @subsection is ""
 * for none, @value is %NULL for a key without one. FALSE if git would not read it. */
gboolean    inner_git_config_parse (const char *text, gsize size, InnerGitSetting each, gpointer data);

/* Gives the settings in which git could run something or look elsewhere, one a line; "" for none, %NULL if git
 * would not read it. (transfer full) */
char       *inner_git_config_active (const char *text, gsize size);

G_END_DECLS
