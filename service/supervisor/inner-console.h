/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

#include "inner-supervisor.h"

G_BEGIN_DECLS

/**
 * InnerConsole:
 *
 * The outer end of one terminal: that of the main command (tag 0), or that of a further command. What is
 * shown goes to everybody who is attached; what is typed comes from one of them, the writer. Everybody is
 * attached by a stream socket, on which bytes are passed as they are.
 *
 * A writer that does not read holds the command up, as every terminal does. Any other that falls behind is
 * shown the screen as it is when it reads again.
 */

/* Makes one whose terminal is still to come, for the command with the inside tag @tag. Takes @client (-1 =
 * nobody), which becomes the writer. */
void        inner_console_add          (InnerSupervisor  *self,
                                        guint32           tag,
                                        int               client,
                                        guint16           columns,
                                        guint16           rows);

/* The command runs: takes the other end of its terminal. */
void        inner_console_take_master  (InnerSupervisor  *self,
                                        guint32           tag,
                                        int               master);

/* The command has ended, or never ran: passes on what it left, then everybody is let go. */
void        inner_console_end          (InnerSupervisor  *self,
                                        guint32           tag);

/* Attaches @fd (taken in any case) to the main command's console. The size counts when it is the
 * writer. Gives 0 and *@read_only, or an errno: ENOTTY if the sandbox has no terminal, EBUSY if too many are
 * attached. */
int         inner_console_attach       (InnerSupervisor  *self,
                                        int               fd,
                                        InnerAttachMode   mode,
                                        guint16           columns,
                                        guint16           rows,
                                        gboolean         *read_only);

/* FALSE if there is no such console. */
gboolean    inner_console_resize       (InnerSupervisor  *self,
                                        guint32           tag,
                                        guint16           columns,
                                        guint16           rows);

/* Gives in *@line_mode whether the program that has the main command's terminal reads and shows lines: what fills the
 * screen, or draws in place, reads keys. FALSE if there is no such terminal. */
gboolean    inner_console_get_line_mode (InnerSupervisor *self,
                                         gboolean        *line_mode);

/* Appends what to poll to @polls (of struct pollfd), and handles what came of it. */
void        inner_console_fill         (InnerSupervisor  *self,
                                        GArray           *polls);
void        inner_console_handle       (InnerSupervisor  *self,
                                        const GArray     *polls);

/* A deadline of its own is over. */
void        inner_console_on_time      (InnerSupervisor  *self);

/* Waits until everybody has what was shown, for a few seconds at most, and lets them go. */
void        inner_console_drain        (InnerSupervisor  *self);

G_END_DECLS
