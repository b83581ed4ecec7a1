/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-dbus.h"
#include "inner-plan.h"

G_BEGIN_DECLS

/**
 * InnerVerification:
 *
 * One call of Verify: what is asked, what was put up on the host for the probe to find, and where its answers come
 * from.
 */
typedef struct _InnerVerification InnerVerification;

/* Makes of @request the same sandbox with inner-probe as its command. */
void               inner_verification_change (InnerRequest *request);

/* Gives @options without what is of Verify alone, which becomes *@format (transfer full, %NULL if it is not there).
 * Fails with InvalidOption. (transfer full) */
GVariant          *inner_verification_split  (GVariant *options, char **format, GError **error);

/* Decides what is asked about the sandbox of @plan, and gives @request its streams. @format is nullable. Fails with
 * LimitExceeded. */
InnerVerification *inner_verification_new    (const InnerPlan *plan, InnerRequest *request,
                                              const char *format, GError **error);
void               inner_verification_free   (InnerVerification *verification);

/* The probe runs: answers @invocation (taken) when it has ended. Takes @verification. */
void               inner_verification_follow (InnerVerification     *verification,
                                              InnerDBusSandbox      *skeleton,
                                              GDBusMethodInvocation *invocation);

G_END_DECLS
