/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The limits that a profile, a configuration or a request may set, %NULL-terminated: "memory", "cpu"
 * and "pids". */
#define INNER_N_LIMITS 3
extern const char *const inner_limit_names[];

/* Reads @text as the limit @which, one of inner_limit_names: memory such as "512M" (K, M, G, T; without
 * one of them bytes) in bytes, cpu such as "200%" or "2.0" in thousandths of a processor, pids such as
 * "256". "" and zero are 0: not set. Fails with InvalidOption and a sentence that quotes @text. */
gboolean inner_limit_parse (const char *which, const char *text, guint64 *value, GError **error);

/* Whether @text can be read as the limit @which; the errors of inner_limit_parse(). */
gboolean inner_limit_check (const char *which, const char *text, GError **error);

G_END_DECLS
