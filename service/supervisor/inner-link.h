/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * InnerLink:
 *
 * The service's end of the line to one supervisor. The two callbacks run in the main context;
 * @closed is called once, and nothing after it.
 */
typedef struct _InnerLink InnerLink;

typedef void (*InnerLinkMessage) (const char *name, GVariant *values, gpointer data);
typedef void (*InnerLinkClosed)  (gpointer data);

/* Starts a supervisor, by absolute path, with an empty environment and nothing but its socket. Fails
 * with INNER_ERROR_LAUNCH_FAILED. */
InnerLink *inner_link_spawn   (GError **error);

/* The process of a supervisor that inner_link_spawn() started, else 0. */
pid_t      inner_link_get_pid (const InnerLink *link);

/* Whether the supervisor is there and has said nothing. */
gboolean   inner_link_is_idle (const InnerLink *link);

/* Connects to the supervisor that listens in the directory @directory_fd; *@state gets the values of
 * its first message. %NULL if none listens, if it is not our own user's or says nothing in a second. */
InnerLink *inner_link_adopt   (int directory_fd, GVariant **state);

void       inner_link_free    (InnerLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerLink, inner_link_free)

void       inner_link_follow  (InnerLink        *link,
                               InnerLinkMessage  message,
                               InnerLinkClosed   closed,
                               gpointer          data);

/* FALSE when the supervisor is gone; "closed" follows. Descriptors are not consumed. */
gboolean   inner_link_send    (InnerLink   *link,
                               const char  *name,
                               GVariant    *values,
                               const int   *fds,
                               guint        n_fds);

G_END_DECLS
