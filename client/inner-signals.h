/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Called in the main context. */
typedef void (*InnerSignalCallback) (int number, gpointer data);

/* Passes SIGINT, SIGTERM, SIGHUP and SIGQUIT to @callback from now on, as far as we were not started to
 * ignore them; and SIGWINCH and SIGCONT, which are never ignored. For once in the life of the program. */
void inner_signals_catch (InnerSignalCallback callback, gpointer data);

G_END_DECLS
