/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-dbus.h"

G_BEGIN_DECLS

/* Sets what inner_plan_properties() says of a sandbox (a{sv}); other keys are ignored. */
void inner_instance_set_properties (InnerDBusSandboxInstance *skeleton, GVariant *properties);

G_END_DECLS
