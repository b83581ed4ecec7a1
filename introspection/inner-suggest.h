/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Gives the one of @candidates (NULL-terminated) that @word was most likely meant to be, or %NULL
 * when none is near: at most one slip in three letters, where a slip is a letter missing, added,
 * changed or swapped with its neighbour; case does not count. (transfer none) */
const char *inner_suggest   (const char *word, const char *const *candidates);

G_END_DECLS
