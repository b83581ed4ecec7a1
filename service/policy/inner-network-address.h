/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <netinet/in.h>
#include <sys/socket.h>

G_BEGIN_DECLS

/**
 * InnerNetworkAddress:
 *
 * An address in the one form in which it is compared: 16 bytes, IPv4 as ::ffff:a.b.c.d, however it was written.
 */
typedef struct {
  guint8 bytes[16];
} InnerNetworkAddress;

/* A range: the addresses whose first @bits bits (of 128) are those of @address. */
typedef struct {
  InnerNetworkAddress address;
  guint               bits;
} InnerNetworkRange;

/* Reads an address as inet_pton(3) does: no octal or hexadecimal parts, no missing parts, no zone. */
gboolean inner_network_address_parse         (const char                *text,
                                              InnerNetworkAddress       *address);

/* Reads “ADDRESS” or “ADDRESS/BITS”; no bit behind the first @bits may be set. */
gboolean inner_network_range_parse           (const char                *text,
                                              InnerNetworkRange         *range);

/* Whether @address is in @range; one of the other family never is. */
gboolean inner_network_range_contains        (const InnerNetworkRange   *range,
                                              const InnerNetworkAddress *address);

/* As people write it. (transfer full) */
char    *inner_network_address_to_string     (const InnerNetworkAddress *address);

/* Whether it is an IPv4 address, which is kept as the mapped one of IPv6. */
gboolean inner_network_address_is_v4         (const InnerNetworkAddress *address);

/* Whether it is one that a sandbox never reaches unless a literal entry names it: the machine itself, private
 * and local networks, metadata services, multicast, what carries such an address inside of it, and whatever
 * else is no address of a host on the internet. */
gboolean inner_network_address_is_special    (const InnerNetworkAddress *address);

/* Whether all of @range is such, so that whoever wrote it meant it: 0.0.0.0/0 does not. */
gboolean inner_network_range_is_special      (const InnerNetworkRange   *range);

/* From and to what the socket calls know. FALSE for another family. */
gboolean inner_network_address_from_sockaddr (const struct sockaddr     *from,
                                              InnerNetworkAddress       *address,
                                              guint16                   *port);
socklen_t inner_network_address_to_sockaddr  (const InnerNetworkAddress *address,
                                              guint16                    port,
                                              struct sockaddr_storage   *to);

G_END_DECLS
