/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-instance.h"

G_BEGIN_DECLS

/* What the files inner-instance*.c share. */

struct _InnerInstance {
  InnerDBusSandboxInstanceSkeleton parent_instance;

  InnerLink            *link;             /* %NULL once the supervisor is gone */
  InnerCaller          *owner;
  gboolean              private;
  guint                 looks;            /* at what a dead supervisor left */
  gboolean              ended;
  gboolean              summary;          /* its person wants one */
  int                   signal;
  char                **limits_hit;
  gint64                ended_at;

  GPtrArray            *waiters;          /* of GDBusMethodInvocation */
  GHashTable           *commands;         /* tag -> InnerCommand */
  GHashTable           *attaching;        /* tag -> GDBusMethodInvocation of Attach */
  GPtrArray            *detaching;        /* of GDBusMethodInvocation of Detach */
  GHashTable           *deciding;         /* tag -> Decision, see inner-instance-destination.c */
  GPtrArray            *watchers;         /* of InnerCaller: who can be asked about destinations */
  GHashTable           *publishing;       /* tag -> GDBusMethodInvocation of Publish */
  guint32               last_tag;

  InnerService         *service;          /* borrowed */
  char                 *profile_path;     /* (nullable): of the document that it was started from */

  InnerInstanceStarted  started;
  gpointer              data;
};

#define SKELETON(instance) INNER_DBUS_SANDBOX_INSTANCE (instance)

/* Answers @invocation with NotFound if the sandbox has ended. */
gboolean    inner_instance_refuse_ended       (InnerInstance         *self,
                                               GDBusMethodInvocation *invocation);

/* Answers @invocation with InvalidOption and gives FALSE if @signal is none. */
gboolean    inner_instance_check_signal       (GDBusMethodInvocation *invocation, int signal);

/* Sends @signal to the command with @tag (0 = the main one). */
void        inner_instance_send_signal        (InnerInstance *self, guint32 tag, int signal);

/* From now on nobody's going ends it. */
void        inner_instance_forget_owner       (InnerInstance *self);

/* inner-instance-exec.c: further commands */
GHashTable *inner_instance_commands_new       (void);
/* The sandbox has ended, and all its commands with it. */
void        inner_instance_end_commands       (InnerInstance *self);
void        inner_instance_on_exec_failed     (InnerInstance *self, GVariant *values);
void        inner_instance_on_exec_exited     (InnerInstance *self, GVariant *values);
gboolean    inner_instance_handle_exec        (InnerDBusSandboxInstance *skeleton,
                                               GDBusMethodInvocation    *invocation,
                                               GUnixFDList              *fds,
                                               const char *const        *command,
                                               GVariant                 *options);
gboolean    inner_instance_handle_kill_exec   (InnerDBusSandboxInstance *skeleton,
                                               GDBusMethodInvocation    *invocation,
                                               guint                     id,
                                               int                       signal);
gboolean    inner_instance_handle_resize_exec (InnerDBusSandboxInstance *skeleton,
                                               GDBusMethodInvocation    *invocation,
                                               guint                     id,
                                               guint16                   columns,
                                               guint16                   rows);

/* inner-instance-destination.c: destinations that people decide about */
/* @values of "allowed" or "state". */
void        inner_instance_take_allowed       (InnerInstance *self, GVariant *values);
void        inner_instance_on_decided         (InnerInstance *self, GVariant *values);
/* The sandbox has ended: nothing will be decided any more. */
void        inner_instance_end_deciding       (InnerInstance *self);
gboolean    inner_instance_handle_allow_destination  (InnerDBusSandboxInstance *skeleton,
                                                      GDBusMethodInvocation    *invocation,
                                                      const char               *destination,
                                                      GVariant                 *options);
gboolean    inner_instance_handle_deny_destination   (InnerDBusSandboxInstance *skeleton,
                                                      GDBusMethodInvocation    *invocation,
                                                      const char               *destination,
                                                      GVariant                 *options);
gboolean    inner_instance_handle_watch_destinations (InnerDBusSandboxInstance *skeleton,
                                                      GDBusMethodInvocation    *invocation,
                                                      gboolean                  watching);

/* inner-instance-terminal.c: the terminal */
void        inner_instance_on_attached        (InnerInstance *self, GVariant *values);
void        inner_instance_on_detached        (InnerInstance *self, GVariant *values);
/* The sandbox has ended: nobody will be attached any more. */
void        inner_instance_end_attaching      (InnerInstance *self);
/* Tells the supervisor the size of the terminal of the command with @tag. */
void        inner_instance_send_size          (InnerInstance *self,
                                               guint32        tag,
                                               guint16        columns,
                                               guint16        rows);
gboolean    inner_instance_handle_attach      (InnerDBusSandboxInstance *skeleton,
                                               GDBusMethodInvocation    *invocation,
                                               GUnixFDList              *fds,
                                               GVariant                 *options);
gboolean    inner_instance_handle_resize      (InnerDBusSandboxInstance *skeleton,
                                               GDBusMethodInvocation    *invocation,
                                               guint16                   columns,
                                               guint16                   rows);
gboolean    inner_instance_handle_detach      (InnerDBusSandboxInstance *skeleton,
                                               GDBusMethodInvocation    *invocation);

/* inner-instance-publish.c: ports */
void        inner_instance_on_published       (InnerInstance *self, GVariant *values);
/* The sandbox has ended, and its ports with it. */
void        inner_instance_end_publishing     (InnerInstance *self);
gboolean    inner_instance_handle_publish     (InnerDBusSandboxInstance *skeleton,
                                               GDBusMethodInvocation    *invocation,
                                               GVariant                 *options);

G_END_DECLS
