/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What innerctl says to a person, on stderr. */

#include <glib/gi18n.h>

G_BEGIN_DECLS

/* Says "innerctl: …" on stderr, escaped for display. */
void inner_say           (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* While a program of a sandbox has the screen, what is said waits: with %FALSE it is said. */
void inner_hold_messages (gboolean hold);

G_END_DECLS
