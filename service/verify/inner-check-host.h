/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The doctor: looks at what of this machine a sandbox needs, by trying it. Gives the answer of the
 * method CheckHost (aa{sv}, floating). Takes some tens of milliseconds. */
GVariant *inner_check_host (void);

G_END_DECLS
