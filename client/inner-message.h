/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What innerctl says to a person, on stderr. */

#include <glib/gi18n.h>

G_BEGIN_DECLS

/* Gives "innerctl: @text", escaped for display. (transfer full) */
char *inner_message_new  (const char *text);

/* Says such a message on stderr. */
void inner_say           (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* While a program of a sandbox has the screen, what is said waits: with %FALSE it is said. */
void inner_hold_messages (gboolean hold);

G_END_DECLS
