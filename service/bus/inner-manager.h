/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-check-host.h"
#include "inner-configuration.h"
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

/* The method Verify: the same with inner-probe as the command, and answers when that has looked. */
void          inner_verify                    (InnerService          *service,
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

/* What a plan is made for. */
typedef enum {
  INNER_PURPOSE_LOOK,                     /* to show it; documents need not be trusted */
  INNER_PURPOSE_START,
  INNER_PURPOSE_VERIFY,                   /* to be run with inner-probe as its command */
} InnerPurpose;

/* Request, profile, host and plan in one go. *@request is set on success. */
InnerPlan    *inner_make_plan                 (InnerService          *service,
                                               const char            *profile,
                                               GVariant              *options,
                                               GUnixFDList           *fds,
                                               InnerPurpose           purpose,
                                               InnerRequest         **request,
                                               GError               **error);

/* The answers of ListProfiles, DescribeProfile and ValidateProfile; floating, %NULL on error. */
GVariant     *inner_manager_list_profiles     (InnerService *service, GVariant *options, GError **error);
GVariant     *inner_manager_describe_profile  (InnerService *service, const char *name,
                                               GVariant *options, GError **error);
GVariant     *inner_manager_validate_profile  (InnerService *service, const char *name,
                                               GVariant *options, GUnixFDList *fds, GError **error);

/* The configuration as it holds in @directory (nullable). Variables in its paths are looked up in
 * @caller_environment where the caller sent one (nullable). Fails with ProfileInvalid. (transfer full) */
InnerConfiguration *
              inner_manager_read_configuration     (InnerService *service, const char *directory,
                                                    GHashTable *caller_environment, GError **error);

/* Finds the profile @name as inner_profile_registry_find() does; an empty name is the default one of
 * @configuration, which is read when it is %NULL and needed. (transfer full) */
InnerProfileEntry *
              inner_manager_find_profile           (InnerService *service, const char *name,
                                                    const char *directory,
                                                    const InnerConfiguration *configuration,
                                                    GError **error);

/* The answer of GetConfiguration; floating, %NULL on error. */
GVariant     *inner_manager_get_configuration      (InnerService *service, const char *directory,
                                                    GError **error);

/* What the doctor has to know of the service: every profile that can be found from the directory in @options is
 * validated, as far as a second lasts. (transfer full) */
InnerHostView *
              inner_manager_view_host              (InnerService *service, GVariant *options, GError **error);

/* The answers of ListRuns and GetRun, floating, %NULL on error; that of OpenRun, -1 on error; that of CleanRuns
 * (transfer full), %NULL on error. */
GVariant     *inner_manager_list_runs              (InnerService *service, GVariant *options, GError **error);
GVariant     *inner_manager_get_run                (InnerService *service, const char *word, GError **error);
int           inner_manager_open_run               (InnerService *service, const char *word,
                                                    const char *part, GError **error);
char        **inner_manager_clean_runs             (InnerService *service, GVariant *options, GError **error);

/* What ValidateProfile answers for the file of a configuration; floating. Fails with ProfileNotFound. */
GVariant     *inner_manager_validate_configuration (InnerService *service, const char *path,
                                                    GError **error);

G_END_DECLS
