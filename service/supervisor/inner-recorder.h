/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-journal.h"
#include "inner-redact.h"

G_BEGIN_DECLS

/**
 * InnerRecorder:
 *
 * Stands between the command and whoever gets its output: hands every byte on, and keeps a copy with the secrets
 * taken out. Each stream has a thread that reads and writes as slowly as the other end does, so the command waits for
 * its reader as it would without us; the supervisor itself never waits.
 */
typedef struct _InnerRecorder InnerRecorder;

/* Lives as long as the process: its threads are not stopped. @output: the file for the copy (taken); @log (taken): a second one, -1 = none. @secrets is borrowed. %NULL with
 * errno. */
InnerRecorder *inner_recorder_new         (int                 output,
                                           int                 log,
                                           const InnerSecrets *secrets);

/* Gives what the command shall write into (owned by the caller), and hands on what comes to @target (taken; -1 =
 * nobody). -1 with errno, and @target is not taken then. */
int            inner_recorder_add         (InnerRecorder      *recorder,
                                           int                 target);

/* An eventfd that becomes readable when a stream has ended. */
int            inner_recorder_get_fd      (const InnerRecorder *recorder);

/* Whether every stream has ended and all was handed on. */
gboolean       inner_recorder_is_done     (InnerRecorder      *recorder);

/* How many bytes the command wrote, and what is missing from the copy: 0 or an errno (EFBIG: the copy is full). */
guint64        inner_recorder_get_bytes   (InnerRecorder      *recorder);
int            inner_recorder_get_loss    (InnerRecorder      *recorder);

G_END_DECLS
