/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-caller.h"
#include "inner-dbus.h"
#include "inner-link.h"

G_BEGIN_DECLS

/**
 * InnerInstance:
 *
 * One sandbox on the bus. It follows its supervisor over an InnerLink and never acts on the sandbox by
 * itself.
 */
#define INNER_TYPE_INSTANCE (inner_instance_get_type ())
G_DECLARE_FINAL_TYPE (InnerInstance, inner_instance, INNER, INSTANCE, InnerDBusSandboxInstanceSkeleton)

/* @error is %NULL when the command is running, else why it never did. Called once. */
typedef void (*InnerInstanceStarted) (InnerInstance *instance, const GError *error, gpointer data);

/* Makes the object for a sandbox that is being started; takes @link. @properties as
 * inner_plan_properties() gives them. @owner (nullable) is the caller whose going ends it. On a
 * @private connection the supervisor writes the exit status of what is detached down, because this service
 * will not live long enough to tell it. */
InnerInstance *inner_instance_new         (GVariant             *properties,
                                           InnerLink            *link,
                                           InnerCaller          *owner,
                                           gboolean              private);

/* Makes the object for a sandbox that has ended, from the "exited" values that its supervisor wrote
 * down. */
InnerInstance *inner_instance_new_ended   (GVariant *properties, GVariant *exited);

/* Sets what an adopted supervisor's "state" says of pid, times and state. */
void           inner_instance_take_state  (InnerInstance *instance, GVariant *state);

/* Who wants to know how the start goes. */
void           inner_instance_follow      (InnerInstance        *instance,
                                           InnerInstanceStarted  started,
                                           gpointer              data);

/* The service that it belongs to; borrowed. */
typedef struct _InnerService InnerService;
void           inner_instance_set_service (InnerInstance *instance, InnerService *service);

const char    *inner_instance_get_id      (InnerInstance *instance);
gboolean       inner_instance_has_ended   (InnerInstance *instance);
gboolean       inner_instance_is_starting (InnerInstance *instance);   /* its command does not run yet */
InnerCaller   *inner_instance_get_owner   (InnerInstance *instance);   /* (transfer none) (nullable) */

/* More to say to people; taken, nullable. */
void           inner_instance_take_notes (InnerInstance *instance, char **notes);

/* When it ended, in µs since the epoch. */
gint64         inner_instance_get_end     (InnerInstance *instance);

/* Tells the supervisor that the owner is gone. */
void           inner_instance_hang_up     (InnerInstance *instance);

/* Tells the further commands of @caller that it is gone. */
void           inner_instance_hang_up_commands (InnerInstance *instance, const InnerCaller *caller);

/* Does not ask @caller about destinations any more: it is gone. */
void           inner_instance_forget_watcher (InnerInstance *instance, const InnerCaller *caller);

G_END_DECLS
