/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/*
 * Directories of ours on the host that a sandbox writes: the persistent homes of profiles, and the private copies of one
 * run. Both lie where no sandbox has a mount of any other kind (the table of sensitive things).
 */

/* Opens the home at @path, and makes it, private, if it is missing. -1 with INNER_ERROR_HOST_UNSUPPORTED. */
int          inner_home_open       (const char    *path,
                                    GError       **error);

/**
 * InnerCopies:
 *
 * The private copies of one sandbox, in a directory of their own. As long as somebody holds its lock, they are in use; without
 * one, whoever comes by may remove them. Freeing removes them, unless they were handed over.
 */
typedef struct _InnerCopies InnerCopies;

/* The directory does not exist before the first copy. @gone is nullable. */
InnerCopies *inner_copies_new      (const char    *id,
                                    GCancellable  *gone);
void         inner_copies_free     (InnerCopies   *copies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerCopies, inner_copies_free)

/* Gives a descriptor (O_PATH, owned by the caller) of a copy of what @mount names; one that is mounted twice is copied once.
 * What could not be copied is told in @notes (element-type utf8). -1 with INNER_ERROR_LIMIT_EXCEEDED or
 * INNER_ERROR_MOUNT_REFUSED. */
int          inner_copies_add      (InnerCopies      *copies,
                                    const InnerMount *mount,
                                    GPtrArray        *notes,
                                    GError          **error);

/* Gives the descriptor of the directory, with the lock; -1 if nothing was copied. Who gets it removes the copies. (transfer none) */
int          inner_copies_get_fd   (InnerCopies   *copies);
void         inner_copies_hand_over (InnerCopies  *copies);

/* Removes, in a thread, what sandboxes left that are no more. */
void         inner_copies_sweep    (void);

G_END_DECLS
