/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/**
 * InnerTerminal:
 *
 * The person's terminal (descriptors 0 and 1) in front of the terminal of a sandbox. Bytes are passed on as
 * they are in both directions; ctrl-] d leaves. The person's terminal is put back by inner_terminal_finish(),
 * and by a process of its own if we are killed.
 */
typedef struct _InnerTerminal InnerTerminal;

typedef enum {
  INNER_TERMINAL_LEFT,                    /* the person pressed ctrl-] d */
  INNER_TERMINAL_ENDED,                   /* the other side has no more to show */
  INNER_TERMINAL_LOST,                    /* the person's terminal is gone */
} InnerTerminalEvent;

/* Called in the main context, once. */
typedef void (*InnerTerminalCallback) (InnerTerminalEvent event, gpointer data);

/* Makes a pair of sockets for a call. Fails if stdin is no terminal; @option names what asked for one. */
InnerTerminal *inner_terminal_new     (const char *option, GError **error);

/* Adds the options "terminal", "columns" and "rows" of Start or Exec to @options (an open a{sv}). */
gboolean       inner_terminal_add     (InnerTerminal    *terminal,
                                       GVariantBuilder  *options,
                                       GUnixFDList      *fds,
                                       GError          **error);

/* Takes the socket that Attach gave instead. */
void           inner_terminal_take    (InnerTerminal    *terminal,
                                       int               fd);

/* The command runs: passes on from now on. With @read_only nothing but ctrl-] d and ctrl-C, which both
 * leave, is taken from the person. */
void           inner_terminal_start   (InnerTerminal         *terminal,
                                       gboolean               read_only,
                                       InnerTerminalCallback  callback,
                                       gpointer               data);

/* Says "innerctl: …", escaped for display, between two lines that are shown, and at the end if none comes. */
void           inner_terminal_say      (InnerTerminal *terminal,
                                        const char    *text);

/* The size of the person's terminal. */
void           inner_terminal_get_size (guint16 *columns, guint16 *rows);

/* We were stopped and go on: whoever had the terminal meanwhile left it as it liked. */
void           inner_terminal_resume  (InnerTerminal *terminal);

/* Puts the person's terminal back and frees. With @drain, waits before that until everything was shown. */
void           inner_terminal_finish  (InnerTerminal *terminal, gboolean drain);

G_END_DECLS
