/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define INNER_TYPE_AUTHORITY (inner_authority_get_type ())
G_DECLARE_FINAL_TYPE (InnerAuthority, inner_authority, INNER, AUTHORITY, GObject)

/* Gives an authority that has not asked anyone anything yet: it connects to the system bus with the
 * first check. */
InnerAuthority *inner_authority_new          (void);

/**
 * inner_authority_check_async:
 * @pid: the caller, as the bus or the socket attests it
 * @start_time: in clock ticks since boot, as polkit counts; 0: looked up now
 * @uid: the caller's, from the same trusted source as @pid
 * @pidfd: (nullable): the caller's pidfd, borrowed, or -1 if there is none
 * @privileges: keys; %NULL-terminated; may be empty: granted without asking anyone
 * @interactive: whether a person may be asked
 *
 * Asks polkit for each privilege in turn and stops at the first that is not granted. First what the rules of the
 * machine say to all of them, then, if that may be, a person for those that take one: nobody types a password for a
 * start that is refused in any case. Each answer is written to the log.
 */
void            inner_authority_check_async  (InnerAuthority       *self,
                                              pid_t                 pid,
                                              guint64               start_time,
                                              uid_t                 uid,
                                              int                   pidfd,
                                              const char *const    *privileges,
                                              gboolean              interactive,
                                              GCancellable         *cancellable,
                                              GAsyncReadyCallback   callback,
                                              gpointer              user_data);

/* Who granted a privilege */
#define INNER_GRANTED_BY_RULE   "rule"    /* the policy or a rule of the machine, without asking anybody */
#define INNER_GRANTED_BY_PERSON "person"  /* somebody who was asked for it, with a password */
#define INNER_GRANTED_BY_ROOT   "root"    /* nobody: polkit refuses nothing to root */

/* How each privilege of a check that succeeded was granted: a{ss}, key -> INNER_GRANTED_BY_*. Holds for the one
 * thing that was asked for. (transfer full) */
GVariant       *inner_authority_get_grants   (GAsyncResult   *result);

/* %TRUE if every privilege was granted. Fails with INNER_ERROR_NOT_AUTHORIZED and its two other
 * forms, INNER_ERROR_POLKIT_UNAVAILABLE, INNER_ERROR_INVALID_OPTION (no such privilege) or
 * G_IO_ERROR_CANCELLED. */
gboolean        inner_authority_check_finish (InnerAuthority  *self,
                                              GAsyncResult    *result,
                                              GError         **error);

/* Whether polkit answered the last time it was asked; %FALSE before the first time. */
gboolean        inner_authority_is_available (InnerAuthority *self);

G_END_DECLS
