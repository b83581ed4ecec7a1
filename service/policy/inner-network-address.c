/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-network-address.h"

#include <arpa/inet.h>
#include <string.h>

#define V4_BITS 96

static const guint8 v4_prefix[V4_BITS / 8] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* SECURITY: what no host on the internet has, from the registries of special addresses (IANA; RFC 6890). Not
 * here are the ranges for documentation, which lead nowhere (attacks 79 and 86; tests/unit/test-network.c). */
static const char *const special_v4[] = {
  "0.0.0.0/8",      /* this host */
  "10.0.0.0/8",     /* private */
  "100.64.0.0/10",  /* between a provider and its customers; clouds keep metadata there, too */
  "127.0.0.0/8",    /* loopback */
  "169.254.0.0/16", /* link-local, metadata */
  "172.16.0.0/12",  /* private */
  "192.0.0.0/24",   /* protocols */
  "192.168.0.0/16", /* private */
  "198.18.0.0/15",  /* what the gateway itself gives out */
  "224.0.0.0/3",    /* multicast, reserved, broadcast */
};

/* Of IPv6 only 2000::/3 is the internet; these are holes in it. */
static const char *const special_v6[] = {
  "2001::/32", /* Teredo: any IPv4 address inside */
  "2002::/16", /* 6to4: the same */
  "3fff::/20", /* documentation, and far away from every host */
};

static const char internet_v6[] = "2000::/3";
static const char translated[] = "64:ff9b::/96"; /* IPv4 behind NAT64 (RFC 6052) */

gboolean
inner_network_address_parse (const char *text, InnerNetworkAddress *address)
{
  memcpy (address->bytes, v4_prefix, sizeof v4_prefix);
  return inet_pton (AF_INET, text, address->bytes + sizeof v4_prefix) == 1 ||
         inet_pton (AF_INET6, text, address->bytes) == 1;
}

gboolean
inner_network_address_is_v4 (const InnerNetworkAddress *address)
{
  return memcmp (address->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

static gboolean
same_bits (const guint8 *a, const guint8 *b, guint bits)
{
  guint whole = bits / 8;
  guint8 mask = 0xff00 >> (bits % 8);

  return memcmp (a, b, whole) == 0 && (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static gboolean
parse_bits (const char *text, guint max, guint *bits)
{
  guint64 number;

  if (!g_ascii_isdigit (text[0]) || !g_ascii_string_to_unsigned (text, 10, 0, max, &number, NULL))
    return FALSE;
  *bits = number;
  return TRUE;
}

static gboolean
rest_is_zero (const InnerNetworkRange *range)
{
  static const InnerNetworkAddress zero;
  InnerNetworkAddress rest = range->address;

  for (guint bit = 0; bit < range->bits; bit++)
    rest.bytes[bit / 8] &= ~(0x80 >> (bit % 8));
  return memcmp (rest.bytes, zero.bytes, sizeof zero.bytes) == 0;
}

gboolean
inner_network_range_parse (const char *text, InnerNetworkRange *range)
{
  const char *slash = strchr (text, '/');
  g_autofree char *address = slash != NULL ? g_strndup (text, slash - text) : g_strdup (text);
  gboolean dotted = strchr (address, ':') == NULL;

  if (!inner_network_address_parse (address, &range->address))
    return FALSE;
  range->bits = 128;
  if (slash == NULL)
    return TRUE;
  if (!parse_bits (slash + 1, dotted ? 32 : 128, &range->bits))
    return FALSE;
  if (dotted)
    range->bits += V4_BITS;
  return rest_is_zero (range);
}

gboolean
inner_network_range_contains (const InnerNetworkRange *range, const InnerNetworkAddress *address)
{
  gboolean is_v4 = range->bits >= V4_BITS && inner_network_address_is_v4 (&range->address);

  /* “::/0” is all of IPv6, and nothing of IPv4. */
  return is_v4 == inner_network_address_is_v4 (address) &&
         same_bits (range->address.bytes, address->bytes, range->bits);
}

char *
inner_network_address_to_string (const InnerNetworkAddress *address)
{
  char text[INET6_ADDRSTRLEN];

  if (inner_network_address_is_v4 (address))
    inet_ntop (AF_INET, address->bytes + sizeof v4_prefix, text, sizeof text);
  else
    inet_ntop (AF_INET6, address->bytes, text, sizeof text);
  return g_strdup (text);
}

static gboolean
is_in (const InnerNetworkAddress *address, const char *const *ranges, gsize n)
{
  InnerNetworkRange range;

  for (gsize i = 0; i < n; i++)
    if (inner_network_range_parse (ranges[i], &range) &&
        inner_network_range_contains (&range, address))
      return TRUE;

  return FALSE;
}

static gboolean
is_in_one (const InnerNetworkAddress *address, const char *range)
{
  return is_in (address, &range, 1);
}

gboolean
inner_network_address_is_special (const InnerNetworkAddress *address)
{
  InnerNetworkAddress inside = *address;

  if (inner_network_address_is_v4 (address))
    return is_in (address, special_v4, G_N_ELEMENTS (special_v4));
  if (is_in_one (address, translated))
    {
      memcpy (inside.bytes, v4_prefix, sizeof v4_prefix);
      return is_in (&inside, special_v4, G_N_ELEMENTS (special_v4));
    }
  return !is_in_one (address, internet_v6) ||
         is_in (address, special_v6, G_N_ELEMENTS (special_v6));
}

#define FEW_BITS 7 /* fc00::/7 is the widest of IPv6 that has a use */

gboolean
inner_network_range_is_special (const InnerNetworkRange *range)
{
  InnerNetworkRange special;

  if (!inner_network_address_is_v4 (&range->address) || range->bits < V4_BITS)
    return range->bits >= FEW_BITS && inner_network_address_is_special (&range->address);

  for (gsize i = 0; i < G_N_ELEMENTS (special_v4); i++)
    if (inner_network_range_parse (special_v4[i], &special) && special.bits <= range->bits &&
        inner_network_range_contains (&special, &range->address))
      return TRUE;

  return FALSE;
}

gboolean
inner_network_address_from_sockaddr (const struct sockaddr *from,
                                     InnerNetworkAddress *address,
                                     guint16 *port)
{
  if (from->sa_family == AF_INET)
    {
      const struct sockaddr_in *v4 = (const struct sockaddr_in *) from;

      memcpy (address->bytes, v4_prefix, sizeof v4_prefix);
      memcpy (address->bytes + sizeof v4_prefix, &v4->sin_addr, sizeof v4->sin_addr);
      *port = ntohs (v4->sin_port);
      return TRUE;
    }
  if (from->sa_family == AF_INET6)
    {
      const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) from;

      memcpy (address->bytes, &v6->sin6_addr, sizeof address->bytes);
      *port = ntohs (v6->sin6_port);
      return TRUE;
    }
  return FALSE;
}

socklen_t
inner_network_address_to_sockaddr (const InnerNetworkAddress *address,
                                   guint16 port,
                                   struct sockaddr_storage *to)
{
  memset (to, 0, sizeof *to);
  if (inner_network_address_is_v4 (address))
    {
      struct sockaddr_in *v4 = (struct sockaddr_in *) to;

      v4->sin_family = AF_INET;
      v4->sin_port = htons (port);
      memcpy (&v4->sin_addr, address->bytes + sizeof v4_prefix, sizeof v4->sin_addr);
      return sizeof *v4;
    }
  ((struct sockaddr_in6 *) to)->sin6_family = AF_INET6;
  ((struct sockaddr_in6 *) to)->sin6_port = htons (port);
  memcpy (&((struct sockaddr_in6 *) to)->sin6_addr, address->bytes, sizeof address->bytes);
  return sizeof (struct sockaddr_in6);
}
