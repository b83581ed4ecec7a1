/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

#include "inner-caller.h"

G_BEGIN_DECLS

/* What the table says of a method. */
typedef enum {
  INNER_ACCESS_OWN_USER,                  /* any caller of our own user */
  INNER_ACCESS_PRIVILEGED,                /* and polkit, for the privileges that it takes */
} InnerAccessRule;

typedef struct {
  const char      *interface;
  const char      *method;
  InnerAccessRule  rule;
} InnerAccessRow;

/* The authorisation table; a method without a row is refused. Ends with a row of %NULLs. */
extern const InnerAccessRow inner_access_table[];

/* Puts the guard before every method of a skeleton class; to be called in its class_init. */
void         inner_access_guard_class   (GDBusInterfaceSkeletonClass *klass);

/* Opens a guarded skeleton to the callers of @callers (borrowed, must outlive it). Until then every
 * call is refused. */
void         inner_access_admit         (GDBusInterfaceSkeleton *skeleton, InnerCallers *callers);

/* Who sent @invocation; never %NULL in a handler. (transfer none) */
InnerCaller *inner_access_get_caller    (GDBusMethodInvocation *invocation);

G_END_DECLS
