/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

/* A descriptor that bubblewrap's arguments refer to by @number. */
typedef struct {
  int           number;
  int           fd;                       /* borrowed; -1: a memory file with @content is to be made */
  const char   *content;                  /* borrowed from the plan */
  const InnerMount *prepared;             /* (nullable): what stands there is made when the sandbox is prepared */
} InnerBwrapDescriptor;

/* Nothing else makes bubblewrap arguments. Gives them without the program and without the command,
 * %NULL-terminated; @descriptors gets one InnerBwrapDescriptor for each number that is used, numbered
 * from @first_number. With @by_path, mounts name their path instead of a descriptor, for people to
 * read and paste. */
char **inner_bwrap_arguments (const InnerPlan  *plan,
                              int               first_number,
                              gboolean          by_path,
                              GArray          **descriptors);

/* Gives a command line for a POSIX shell that makes the same sandbox without the service: values that
 * came from the caller's environment are taken from there again, never written out. */
char  *inner_bwrap_script    (const InnerPlan *plan);

G_END_DECLS
