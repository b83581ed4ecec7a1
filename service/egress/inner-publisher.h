/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _InnerEgress InnerEgress;

/**
 * InnerPublisher:
 *
 * Ports of this machine that lead to ports of the sandbox. The sockets that listen here were made by the service;
 * those that connect in there belong to its network namespace, so they lead nowhere else.
 */
typedef struct _InnerPublisher InnerPublisher;

/* @max_connections: at once; above it those that were silent longest go. It lives as long as the program. */
InnerPublisher *inner_publisher_new (InnerEgress *egress, guint max_connections);

/* Never leads to @port inside: it is one of the gateway's own. */
void inner_publisher_forbid (InnerPublisher *self, guint16 port);

/* Leads what connects to @fd (taken; it listens) to @inside; @word is how people call it (inner-publish.h). Before
 * inner_publisher_start() it only keeps it. Fails with a sentence, and @fd is closed then. */
gboolean inner_publisher_add (
    InnerPublisher *self, int fd, const char *word, guint16 inside, GError **error);

/* The sandbox is there, and its network namespace is @netns (borrowed for ever). Fails with a sentence. */
gboolean inner_publisher_start (InnerPublisher *self, int netns, GError **error);

/* To be called every second: ends what has waited for too long. */
void inner_publisher_tick (InnerPublisher *self);
/* Ends everything, and tells it. */
void inner_publisher_end_all (InnerPublisher *self);

G_END_DECLS
