/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"
#include "inner-profile-expand.h"

G_BEGIN_DECLS

#define INNER_HOSTS_FILE    "/etc/hosts"
#define INNER_RESOLVER_FILE "/etc/resolv.conf"

/* The parts of a plan under construction; every function of inner-plan-*.c works on it. */
typedef struct {
  const InnerRequest *request;
  InnerProfile       *profile;
  InnerPlan          *plan;
  InnerExpansion      expansion;
  GPtrArray          *profile_mounts;     /* of InnerRequestMount: expanded, canonical */
  GStrvBuilder       *warnings;
} InnerPlanning;

/* The workspace's path on the host as asked for (%NULL for none): option, profile, directory. */
char     *inner_planning_workspace    (const InnerRequest *request, InnerProfile *profile,
                                       const InnerExpansion *expansion, GError **error);

gboolean  inner_planning_environment  (InnerPlanning *planning, GError **error);
gboolean  inner_planning_mounts       (InnerPlanning *planning, GError **error);
gboolean  inner_planning_check_scope  (InnerPlanning *planning, GError **error);
gboolean  inner_planning_limits       (InnerPlanning *planning, GError **error);

G_END_DECLS
