/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "inner-guard.h"

G_BEGIN_DECLS

#define INNER_GUARD_MAX_CONTENT     (256u * 1024)   /* of one file; a larger one is noted by its digest */

/* Something at a guarded path, or in a guarded directory. */
typedef struct {
  char     *path;                         /* below the root */
  guint32   mode;
  guint64   size;
  gint64    changed;                      /* change time, ns */
  guint64   inode;
  gboolean  whole;                        /* @data is the content; else its digest, or nothing */
  GBytes   *data;
} InnerGuardNode;

typedef struct {
  char      *path;                        /* below the root */
  guint32    kind;                        /* InnerGuardedKind */
  gboolean   incomplete;                  /* there was more than is noted */
  gboolean   inherited;                   /* from the notes of another sandbox */
  gint64     noted_at;                    /* ns, as change times */
  GPtrArray *nodes;                       /* of InnerGuardNode; none = nothing is there */
} InnerGuardPlace;

typedef struct {
  char      *path;                        /* on the host */
  int        fd;                          /* O_PATH; -1 = it is no longer there */
  guint64    device;
  guint64    inode;
  GPtrArray *places;                      /* of InnerGuardPlace */
  GHashTable *index;                      /* path -> InnerGuardPlace; made when it is needed */
} InnerGuardRoot;

struct _InnerGuard {
  char           *id;
  gboolean        revert;
  gboolean        loaded;                 /* from notes: its supervisor was killed */
  char           *state;                  /* directory for what is kept */
  gint64          noted_at;
  GVariant       *properties;
  GPtrArray      *roots;                  /* of InnerGuardRoot */

  GPtrArray      *findings;               /* of GVariant a{sv} */
  int             kept;                   /* directory of this run for versions that were moved away; -1 = none yet */
  guint           n_kept;
  InnerGuardWalk *walk;
};

/* What a look may use up. */
typedef struct {
  int                    root;
  GHashTable            *parents;         /* path -> descriptor + 1, or -errno */
  const InnerGuardPlace *before;          /* (nullable): files that did not change since are not read again */
  guint                  cursor;          /* into what was there before */
  gint64                 deadline;        /* monotonic µs */
  gsize                  bytes;
  guint                  nodes;
} InnerGuardLook;

/* An empty place for what was found at @path (copied). @kind: an InnerGuardedKind. */
InnerGuardPlace *inner_guard_place_new   (const char *path, guint32 kind);
void             inner_guard_place_free  (InnerGuardPlace *place);
void             inner_guard_walk_free   (InnerGuardWalk *walk);

/* Begins a look at @root; the descriptors of directories are kept until it ends. */
void             inner_guard_look_begin  (InnerGuardLook *look, int root, gint64 deadline);
void             inner_guard_look_end    (InnerGuardLook *look);
/* Fills in @place with what is there now. */
void             inner_guard_look_at     (InnerGuardLook *look, InnerGuardPlace *place);

/* Whether the places of @root have @path. */
gboolean         inner_guard_root_has    (InnerGuardRoot *root, const char *path);

/* Adds a finding; @path is below @root. */
void             inner_guard_tell        (InnerGuard *guard, const InnerGuardRoot *root, const char *path, guint32 kind,
                                          const char *change, const char *action, const char *kept);

/* Moves what is at @name in @directory out of the way, to where versions are kept. Gives where it is now, or %NULL
 * with errno. */
char            *inner_guard_move_away   (InnerGuard *guard, int directory, const char *name);

/* inner-guard-notes.c: what is in the files of the run-time directory */
gboolean         inner_guard_save        (const InnerGuard *guard, int directory);
/* Takes from the notes of other sandboxes what they say of our places. */
void             inner_guard_inherit     (InnerGuard *guard, int directory);
/* Takes the lock of all notes, shared (to note) or exclusive (to compare); -1 after a while. */
int              inner_guard_lock        (int directory, gboolean exclusive);

G_END_DECLS
