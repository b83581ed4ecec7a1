/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

#include "inner-guard.h"
#include "inner-names.h"

G_BEGIN_DECLS

/**
 * InnerRecord:
 *
 * The launch record and the descriptors that came with it, checked: what one sandbox is. It owns every
 * descriptor; -1 = not given.
 */
typedef struct {
  GVariant      *value;
  const char    *directory;
  const char    *bwrap;
  const char    *init;
  GVariant      *arguments;               /* ay */
  GVariant      *command;                 /* ay */
  GVariant      *properties;              /* a{sv} */
  guint64        timeout_ms;
  guint32        grace_ms;
  gboolean       detached;
  GArray        *planned;                 /* of InnerPlannedFd */
  GVariant      *bounds;                  /* a{st}, %NULL = none */
  int            stdio[3];
  int            client;
  int            directory_fd;
  guint64        idle_ms;                 /* 0 = for ever */
  gboolean       interactive;             /* with a terminal of its own, of this size: */
  guint16        columns;
  guint16        rows;
  gboolean       end_line;                /* behind all that was shown */
  int            terminal;                /* socket of the client who types */
  GVariant      *proxy;                   /* as; %NULL = no session bus */
  GVariant      *ids;                     /* INNER_IDS_TYPE; %NULL = one user */
  int            copies;                  /* the directory of private copies, named after the sandbox */
  GVariant      *guard;                   /* INNER_GUARD_PLAN_TYPE; %NULL = nothing is guarded */
  GVariant      *journal;                 /* a{sv}; %NULL = no record of the run */
  gboolean       more;                    /* is to come, see inner_record_add() */
  int            log;                     /* -1 = none */
  int            roots[INNER_GUARD_MAX_ROOTS];
  GVariant      *logins;                  /* INNER_LOGINS_TYPE; %NULL = none */
  GVariant      *egress;                  /* a{sv}; %NULL = there is no gateway */
  GVariant      *publish;                 /* INNER_PUBLISH_TYPE; %NULL = nothing is published at the start, else by: */
  int            published[INNER_MAX_PUBLISHED];
} InnerRecord;

/* A descriptor, and the number under which bwrap's arguments speak of it. */
typedef struct {
  int  fd;
  int  number;
} InnerPlannedFd;

/* Reads the record of @fds[0] and takes the descriptors out of @fds (they become -1). The directory must
 * be a private one of this user. Fails with G_FILE_ERROR. */
InnerRecord *inner_record_new            (GArray       *fds,
                                          GError      **error);

/* Reads the second record, of the only descriptor in @fds: the guard and the journal. Fails with G_FILE_ERROR. */
gboolean     inner_record_add            (InnerRecord  *record,
                                          GArray       *fds,
                                          GError      **error);

void         inner_record_free           (InnerRecord  *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerRecord, inner_record_free)

/* Closes what only bwrap needs, and what only the command needs, so that a pipe of theirs ends when they end. */
void         inner_record_close_planned  (InnerRecord  *record);
void         inner_record_close_launched (InnerRecord  *record);

G_END_DECLS
