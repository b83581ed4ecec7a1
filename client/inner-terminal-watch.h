/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <termios.h>

#include "inner-modes.h"

G_BEGIN_DECLS

/**
 * InnerTerminalWatch:
 *
 * A process that puts a terminal back if ours is killed.
 */
typedef struct {
  struct termios  usual;                  /* how the terminal was, */
  struct termios  raw;                    /* and how it is now */
  InnerModes     *modes;                  /* shared: what is switched on in it */
  int             line;                   /* our end of its line; -1 = it does not run */
  pid_t           pid;
} InnerTerminalWatch;

/* Notes how the terminal on descriptor 0 is, makes it pass on every byte, and starts the process. FALSE if
 * descriptor 0 is no terminal of ours any more. */
gboolean inner_terminal_watch_start  (InnerTerminalWatch *watch);

/* Puts the terminal back and ends the process. */
void     inner_terminal_watch_finish (InnerTerminalWatch *watch);

G_END_DECLS
