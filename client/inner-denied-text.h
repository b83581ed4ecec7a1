/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-connect.h"

G_BEGIN_DECLS

/* Says from now on, once for each destination, what the sandbox at @path may not reach. Gives what to unsubscribe
 * (g_dbus_connection_signal_unsubscribe). With @on_terminal only while a program of the sandbox has the terminal that
 * reads and shows lines, and never into the picture of another. */
guint inner_follow_denied (InnerConnection *connection, const char *path, gboolean on_terminal);

/* Says what was refused in the sandbox and was not said yet; @result is that of Wait. */
void  inner_say_denied    (GVariant        *result);

G_END_DECLS
