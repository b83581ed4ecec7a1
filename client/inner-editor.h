/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Runs the person's editor ($VISUAL, else $EDITOR, else vi; the words of the variable are split as a shell
 * does) with @path behind its words and our streams as its own, and waits for its end. Fails with a sentence
 * (INNER_ERROR_INVALID_OPTION for a variable that cannot be split, INNER_ERROR_LAUNCH_FAILED) when it cannot
 * be started or does not exit with 0. */
gboolean inner_edit_file (const char *path, GError **error);

G_END_DECLS
