/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-guarded.h"
#include "inner-host.h"

G_BEGIN_DECLS

/**
 * InnerGuardThing:
 *
 * Something of a git repository that exists, and that a sandbox must not change while it runs.
 */
typedef struct {
  char          *path;                    /* below the root; "" = the root itself */
  gboolean       git_dir;                 /* bound on itself, so that it cannot be renamed; else read-only */
  int            fd;                      /* O_PATH, owned; -1 in tests */
} InnerGuardThing;

typedef struct {
  char             *path;                 /* below the root; need not exist */
  InnerGuardedKind  kind;
} InnerGuardTarget;

/**
 * InnerGuardFacts:
 *
 * What is in a directory that a sandbox may write, as far as the host would run it. Looked at without following
 * links, and bounded.
 */
typedef struct {
  char        *root;                      /* on the host, canonical */
  int          fd;                        /* O_PATH, owned; -1 in tests */
  char        *needed_by;                 /* (nullable): root of the linked worktree whose repository this is */
  GPtrArray   *projects;                  /* of char*, below the root: directories that a person works in */
  GPtrArray   *git_dirs;                  /* of char*, below the root */
  GPtrArray   *things;                    /* of InnerGuardThing, parents first */
  GPtrArray   *targets;                   /* of InnerGuardTarget: files that git settings name, and the like */
  GPtrArray   *problems;                  /* of char*: sentences for the plan's warnings */
} InnerGuardFacts;

/* Looks at @root (a canonical path, and its descriptor), which a sandbox may write, and adds what it finds to
 * @host->guards: one entry, and one for each repository outside of which it holds a linked worktree. */
void             inner_host_look_at_guards (InnerHost *host, const char *root, int fd);

/* Adds facts by hand; @fd is taken. (transfer none) */
InnerGuardFacts *inner_guard_facts_add     (InnerHost *host, const char *root, int fd);
void             inner_guard_facts_free    (InnerGuardFacts *facts);

/* The facts about @root, or %NULL. (transfer none) */
const InnerGuardFacts *inner_guard_facts_find (const InnerHost *host, const char *root);

/* Adds a thing; @fd is taken. */
void             inner_guard_facts_add_thing  (InnerGuardFacts *facts, const char *path, gboolean git_dir, int fd);
/* Adds a target; FALSE if it is there already, or there are too many. */
gboolean         inner_guard_facts_add_target (InnerGuardFacts *facts, const char *path, InnerGuardedKind kind);

/* inner-guard-home-facts.c: adds what links in the home directory @home lead to. */
void             inner_guard_facts_add_home_links (InnerGuardFacts *facts, const char *home);

G_END_DECLS
