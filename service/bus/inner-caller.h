/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * InnerCaller:
 *
 * Who asks. Made once per connection of a caller, from what the bus (or, on a private connection, the
 * socket) attests, never from a parameter (pitfalls P2 to P10). Reference counted.
 */
typedef struct {
  char         *sender;                   /* unique name; %NULL on a private connection */
  uid_t         uid;
  pid_t         pid;                      /* 0 if the bus does not tell */
  int           pidfd;                    /* owned; -1 if it could not be had */
  const char   *confined;                 /* (nullable): why it is not heard (inner-identity.h) */
  gint64        counted_at;               /* when its time was counted last (monotonic, µs; 0 = never) */
  gint64        time_left;                /* that it may take of ours, µs */
  GCancellable *gone;                     /* cancelled when the caller has left */
} InnerCaller;

InnerCaller *inner_caller_ref      (InnerCaller *caller);
void         inner_caller_unref    (InnerCaller *caller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerCaller, inner_caller_unref)

/* FALSE if the caller has taken so much of our time that others would have to wait for it. */
gboolean     inner_caller_may_call  (InnerCaller *caller);

/* A call of it took @us of our time. */
void         inner_caller_charge    (InnerCaller *caller, gint64 us);

/**
 * InnerCallers:
 *
 * Remembers the callers of one connection and forgets each when it leaves the bus.
 */
typedef struct _InnerCallers InnerCallers;

typedef void (*InnerCallerGone) (InnerCaller *caller, gpointer data);

/* @gone is called when a remembered caller has left. */
InnerCallers *inner_callers_new    (GDBusConnection *connection,
                                    InnerCallerGone  gone,
                                    gpointer         data);
void          inner_callers_free   (InnerCallers *callers);

/* The connection has ended: every remembered caller is gone. */
void          inner_callers_drop   (InnerCallers *callers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerCallers, inner_callers_free)

typedef void (*InnerCallerFound)   (InnerCaller  *caller,
                                    const GError *error,
                                    gpointer      data);

/* Finds out who sent @invocation and calls @found, at once if it is known already. Fails with
 * G_DBUS_ERROR_ACCESS_DENIED for every caller of another user, for confined ones, and whenever anything is
 * unclear. */
void          inner_callers_look_up (InnerCallers          *callers,
                                     GDBusMethodInvocation *invocation,
                                     InnerCallerFound       found,
                                     gpointer               data);

G_END_DECLS
