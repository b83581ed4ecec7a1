/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-dbus.h"

G_BEGIN_DECLS

/* Keeps as the property Denied what @values of "exited" or "state" say of refusals, if they do. */
void inner_instance_take_denied  (InnerDBusSandboxInstance *instance, GVariant *values);

/* An event of the gateway (values of "network"). It has counted and limited what it tells. */
void inner_instance_tell_network (InnerDBusSandboxInstance *instance, GVariant *values);

G_END_DECLS
