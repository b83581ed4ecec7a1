/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "inner-privileges.h"

G_BEGIN_DECLS

/* The message of the log that tells about an answer to the question for a privilege. */
#define INNER_AUDIT_MESSAGE_ID "6f0c2c1d4b0e4f3f8d0f0f5a1f2e7a53"

/* Writes to the system's log, with fields of its own, that @privilege was "granted" or "refused" (@answer) by
 * INNER_GRANTED_BY_* to the process @pid of the user @uid. Where the service has no such log, nothing is written: on
 * a terminal the person sees the answer itself. */
void inner_audit_write (const InnerPrivilege *privilege,
                        const char           *answer,
                        const char           *by,
                        pid_t                 pid,
                        uid_t                 uid);

G_END_DECLS
