/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-caller.h"
#include "inner-plan.h"

G_BEGIN_DECLS

/**
 * InnerPreparation:
 *
 * The host-side work between a plan and its supervisor: the run-time directory, the memory files and
 * the sealed record. Freeing it undoes all of it, unless the supervisor took over.
 */
typedef struct _InnerPreparation InnerPreparation;

/* Whether preparing @plan copies files, so that it belongs into a thread. */
gboolean          inner_preparation_takes_long (const InnerPlan *plan);

/* What could not be copied, a sentence each; borrowed. */
const GPtrArray  *inner_preparation_get_notes (const InnerPreparation *preparation);

/* Prepares @plan, in any thread. The standard streams are those of @request; @caller is the client whose end ends an
 * attached sandbox, and a preparation that nobody waits for any more. Fails with HostUnsupported, LaunchFailed or
 * LimitExceeded, with nothing left behind. */
InnerPreparation *inner_preparation_new      (const InnerPlan    *plan,
                                              const InnerRequest *request,
                                              const char         *runtime_dir,
                                              const InnerCaller  *caller,
                                              GError            **error);
void              inner_preparation_free     (InnerPreparation *preparation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerPreparation, inner_preparation_free)

/* The id of the sandbox. (transfer none) */
const char       *inner_preparation_get_id   (const InnerPreparation *preparation);

/* The descriptors of the message "launch", the record first; borrowed. */
const int        *inner_preparation_get_fds  (const InnerPreparation *preparation, guint *n_fds);

/* Makes the second record, for the message "more" that follows: a descriptor for the caller to close, or -1 with
 * LimitExceeded. It is not needed to start bubblewrap, which is busy meanwhile. */
int               inner_preparation_make_more (const InnerPreparation *preparation,
                                               const InnerPlan        *plan,
                                               const InnerCaller      *caller,
                                               GError                **error);

/* The supervisor has the record: from now on it cleans up. */
void              inner_preparation_hand_over (InnerPreparation *preparation);

G_END_DECLS
