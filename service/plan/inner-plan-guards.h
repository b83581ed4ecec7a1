/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* A directory that the sandbox writes and whose guarded paths are noted and compared. */
typedef struct {
  char       *path;                       /* on the host */
  int         fd;                         /* borrowed from the InnerHost */
  GPtrArray  *places;                     /* of InnerPlannedPlace */
} InnerPlannedGuard;

typedef struct {
  char       *path;                       /* below it */
  guint32     kind;                       /* InnerGuardedKind */
} InnerPlannedPlace;

/* Looks at every directory that @plan mounts writable (inner-guard-facts.h); the facts become part of its host. */
void       inner_plan_look_at_guards (InnerPlan *plan);

/* The last step of making a plan, as pure as the others: adds the guards of what is mounted writable, by the facts
 * that the plan's host has. Fails with ProfileInvalid, MountRefused, LimitExceeded, and with
 * G_DBUS_ERROR_NOT_SUPPORTED where the profile wants less guards. */
gboolean   inner_plan_add_guards     (InnerPlan *plan, InnerProfile *profile, GError **error);

/* Gives what the launch record says (INNER_GUARD_PLAN_TYPE, floating); %NULL if nothing is guarded. @state is the
 * directory for what is kept. */
GVariant  *inner_plan_guard_record   (const InnerPlan *plan, const char *state);

G_END_DECLS
