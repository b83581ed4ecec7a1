/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-client.h"

G_BEGIN_DECLS

/* The configuration as it holds where we stand (the answer of GetConfiguration); with @everywhere, only what
 * does not depend on that. (transfer full) */
GVariant *inner_get_configuration (const InnerGlobal *global, gboolean everywhere, GError **error);

/* Splits what an alias stands for into words, as a shell does: blanks between words, '…', "…" (in which only
 * \" and \\ are special) and \. There are no comments, variables and patterns. Fails with a sentence.
 * (transfer full) */
char    **inner_alias_split       (const char *text, GError **error);

/* Runs what the word argv[1], which is no verb, stands for in the configuration, with the words behind it
 * appended. Says so where it stands for nothing. Gives the exit code. */
int       inner_alias_run         (InnerGlobal *global, int argc, char **argv);

G_END_DECLS
