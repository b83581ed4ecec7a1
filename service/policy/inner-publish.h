/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-network-address.h"

G_BEGIN_DECLS

/**
 * InnerPublish:
 * @address: of this machine, and a loopback one
 * @port: at that address
 * @inside: the port of the sandbox's own loopback addresses that it leads to
 *
 * A port of a sandbox that programs of this machine reach. TCP only.
 */
typedef struct
{
  InnerNetworkAddress address;
  guint16 port;
  guint16 inside;
} InnerPublish;

/* Reads “[ADDRESS:]PORT[:INSIDE]” with an IPv6 address in brackets; without INSIDE the port is the same there, and
 * without ADDRESS it is 127.0.0.1. Fails with INNER_ERROR_INVALID_OPTION and a sentence that has @word in it. */
gboolean inner_publish_parse (const char *word, InnerPublish *publish, GError **error);

/* The same for an entry of a profile: @host is “[ADDRESS:]PORT”. */
gboolean inner_publish_parse_pair (const char *host,
                                   const char *inside,
                                   InnerPublish *publish,
                                   GError **error);

/* The same for parts; @address may be %NULL. */
gboolean inner_publish_make (
    const char *address, guint16 port, guint16 inside, InnerPublish *publish, GError **error);

/* “ADDRESS:PORT:INSIDE”, which inner_publish_parse() reads. (transfer full) */
char *inner_publish_to_word (const InnerPublish *publish);

/* Whether both want the same port of this machine. */
gboolean inner_publish_collides (const InnerPublish *a, const InnerPublish *b);

G_END_DECLS
