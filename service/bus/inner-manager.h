/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-dbus.h"
#include "inner-plan.h"
#include "inner-service.h"

G_BEGIN_DECLS

/**
 * InnerManager:
 *
 * The interface org.inner.Sandbox on the object /org/inner/Sandbox.
 */
#define INNER_TYPE_MANAGER (inner_manager_get_type ())
G_DECLARE_FINAL_TYPE (InnerManager, inner_manager, INNER, MANAGER, InnerDBusSandboxSkeleton)

/* @service is borrowed and outlives the object. */
InnerManager *inner_manager_new               (InnerService *service);

/* The method Start: answers @invocation when the command runs or the reason why not is known. */
void          inner_start                     (InnerService          *service,
                                               InnerDBusSandbox      *skeleton,
                                               GDBusMethodInvocation *invocation,
                                               GUnixFDList           *fds,
                                               const char            *profile,
                                               GVariant              *options);

/* The method TrustProfile: answers @invocation when a person has, or when there is nothing to ask. */
void          inner_approve                   (InnerService          *service,
                                               InnerDBusSandbox      *skeleton,
                                               GDBusMethodInvocation *invocation,
                                               const char            *path,
                                               const char            *digest);

/* Request, profile, host and plan in one go, as Plan and Start need them. *@request and *@entry are
 * set on success. With @only_trusted, untrusted documents are refused. */
InnerPlan    *inner_make_plan                 (InnerService          *service,
                                               const char            *profile,
                                               GVariant              *options,
                                               GUnixFDList           *fds,
                                               gboolean               only_trusted,
                                               InnerRequest         **request,
                                               GError               **error);

/* The answers of ListProfiles, DescribeProfile and ValidateProfile; floating, %NULL on error. */
GVariant     *inner_manager_list_profiles     (InnerService *service, GVariant *options, GError **error);
GVariant     *inner_manager_describe_profile  (InnerService *service, const char *name,
                                               GVariant *options, GError **error);
GVariant     *inner_manager_validate_profile  (InnerService *service, const char *name,
                                               GVariant *options, GError **error);

G_END_DECLS
