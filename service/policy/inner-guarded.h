/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a guarded path is. The numbers stand in notes, which live as long as a session. */
typedef enum {
  INNER_GUARDED_GIT_CONFIG,               /* settings of git: changes that run nothing are left alone */
  INNER_GUARDED_GIT_HOOKS,                /* a directory of hooks: samples are left alone */
  INNER_GUARDED_GIT_POINTER,              /* what tells git where a repository is */
  INNER_GUARDED_GIT_STATE,                /* steps that an unfinished rebase still wants to run */
  INNER_GUARDED_SHELL,
  INNER_GUARDED_EDITOR,
  INNER_GUARDED_EDITOR_STATE,             /* written all the time by an editor that is open */
  INNER_GUARDED_AGENT,
  INNER_GUARDED_INSTRUCTIONS,             /* texts that agents obey, and that work on a project changes */
  INNER_GUARDED_POLICY,
  INNER_GUARDED_INTERPRETER,
  INNER_GUARDED_PROFILE,                  /* named by the profile's “guard” */
  INNER_GUARDED_REPOSITORY,               /* only found afterwards: a repository somewhere below */
  INNER_GUARDED_PRIVILEGE,                /* only found afterwards: setuid or setgid bits */
  INNER_GUARDED_SPECIAL,                  /* only found afterwards: a socket, FIFO or device */
  INNER_GUARDED_LIMIT,                    /* not all could be looked at */
  INNER_N_GUARDED_KINDS
} InnerGuardedKind;

/**
 * InnerGuardedKindInfo:
 * @word: for programs (the key “kind” of what a sandbox's end tells)
 * @report_only: it is never put back, because honest work changes it too
 * @sentence: what it is, for people (translatable)
 */
typedef struct {
  const char *word;
  gboolean    report_only;
  const char *sentence;
} InnerGuardedKindInfo;

/**
 * InnerGuarded:
 * @path: relative to a project's directory; a directory there is guarded with all that is in it. What
 *   begins with `.git/` is guarded in every git directory that is found
 */
typedef struct {
  const char       *path;
  InnerGuardedKind  kind;
} InnerGuarded;

/* The one table of what programs on the host run, or obey, when a person only looks at a project or works in
 * it; the last row has the path %NULL. */
extern const InnerGuarded inner_guarded_paths[];

/* About @kind; for a number that is no kind, about INNER_GUARDED_LIMIT. */
const InnerGuardedKindInfo *inner_guarded_kind_info (guint32 kind);

/* Gives the kind with @word, or %NULL. */
const InnerGuardedKindInfo *inner_guarded_kind_find (const char *word);

/* Whether @path can be guarded: relative, and without empty, “.” and “..” components. */
gboolean                    inner_guarded_path_is_usable (const char *path);

G_END_DECLS
