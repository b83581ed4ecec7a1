/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-host.h"
#include "inner-expand.h"

G_BEGIN_DECLS

/* A place where a command that the profile blocks or replaces stands on this machine. */
typedef struct {
  char     *name;
  char     *place;                        /* where it stands, without links */
  char     *link;                         /* (nullable): the link that leads there, if other commands need @place,
                                           * so that nothing may stand in for it there */
} InnerCommandFact;

/* Gives the names that @profile blocks or replaces, each once. (transfer container) (element-type utf8) */
GPtrArray *inner_profile_shim_names       (InnerProfile *profile);

/* Looks where the commands that @profile blocks or replaces stand: in the directories for programs of the system
 * and those that the profile puts before them, as far as the base view shows them. Costs some fifty lstat() calls. */
void       inner_host_look_at_commands    (InnerHost            *host,
                                           InnerProfile         *profile,
                                           const InnerExpansion *expansion);

/* For tests, and for the above. Strings are copied. */
void       inner_host_add_command         (InnerHost *host, const char *name, const char *place, const char *link);

G_END_DECLS
