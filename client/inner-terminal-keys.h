/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * InnerTerminalKeys:
 *
 * Finds "ctrl-] d", by which a person leaves, among what is typed. Set to zero at first.
 */
typedef struct {
  guint    n_held;                        /* bytes of ctrl-] that were not passed on yet */
  char     held[16];
  gboolean pressed;                       /* ctrl-] was, and decides with the next key */
} InnerTerminalKeys;

/* Takes @data, and appends what is for the program to @typed. TRUE when the person leaves. */
gboolean inner_terminal_keys_take     (InnerTerminalKeys *keys,
                                       const char        *data,
                                       gsize              length,
                                       GByteArray        *typed);

/* Whether the next key decides; without one for a while, call inner_terminal_keys_time_out() and then take
 * with no data. */
gboolean inner_terminal_keys_wait     (const InnerTerminalKeys *keys);
void     inner_terminal_keys_time_out (InnerTerminalKeys *keys);

G_END_DECLS
