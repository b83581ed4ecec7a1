/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-publish.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"

#define DEFAULT_ADDRESS "127.0.0.1"
#define MAX_DIGITS 5

typedef enum
{
  NO_WORD,
  NO_PAIR,
  NO_PORT,
  NO_ADDRESS,
  NO_TCP,
  NOT_LOCAL,
} Fault;

static gboolean
refuse (Fault fault, const char *word, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (word);

#define SAY(format) g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, format, shown)
  if (fault == NO_WORD)
    SAY (_ ("“%s” cannot be published; write [ADDRESS:]PORT[:PORT], such as 8080 or "
            "127.0.0.1:8080:80, with ports from 1 to 65535"));
  else if (fault == NO_PAIR)
    SAY (_ ("“%s” cannot be published; write \"[ADDRESS:]PORT\" = \"PORT\", such as "
            "\"127.0.0.1:8080\" = \"80\", with ports from 1 to 65535"));
  else if (fault == NO_PORT)
    SAY (_ ("“%s” is no port; use 1 to 65535"));
  else if (fault == NO_ADDRESS)
    SAY (_ ("“%s” is no address; use 127.0.0.1 or ::1"));
  else if (fault == NO_TCP)
    SAY (_ ("“%s” cannot be published: only TCP can be; leave out what stands behind the “/”"));
  else
    SAY (_ ("At the address “%s” other machines could reach the sandbox; ports are published at "
            "loopback addresses only, such as 127.0.0.1 or ::1"));
#undef SAY
  return FALSE;
}

/* SECURITY: a port of a sandbox is for programs of this machine. At any other address whoever reaches the machine
 * could speak with what an agent runs (attack 79; tests/unit/test-publish.c, tests/attack/test_079_published.py). */
static gboolean
is_loopback (const InnerNetworkAddress *address)
{
  static const char *const ranges[] = { "127.0.0.0/8", "::1" };
  InnerNetworkRange range;

  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
    if (inner_network_range_parse (ranges[i], &range) &&
        inner_network_range_contains (&range, address))
      return TRUE;

  return FALSE;
}

/* Digits and nothing else, and no zero in front of them: 010 would be ten to one and eight to another. */
static gboolean
read_port (const char *text, gsize length, guint16 *port)
{
  guint value = 0;

  if (length == 0 || length > MAX_DIGITS || text[0] == '0')
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return FALSE;
      value = 10 * value + (text[i] - '0');
    }
  *port = value;
  return value <= G_MAXUINT16;
}

/* Reads “ADDRESS:” from the front of *@text, if there is one. FALSE if what stands there is none. */
static gboolean
read_address (const char **text, char **address)
{
  const char *end = **text == '[' ? strchr (*text, ']') : strchr (*text, ':');

  *address = NULL;
  if (**text == '[')
    {
      if (end == NULL || end[1] != ':')
        return FALSE;
      *address = g_strndup (*text + 1, end - *text - 1);
      *text = end + 2;
      return strchr (*address, ':') != NULL;
    }
  /* Ports have no dots, and addresses of IPv4 nothing but. */
  if (end == NULL || memchr (*text, '.', end - *text) == NULL)
    return TRUE;
  *address = g_strndup (*text, end - *text);
  *text = end + 1;
  return TRUE;
}

gboolean
inner_publish_make (
    const char *address, guint16 port, guint16 inside, InnerPublish *publish, GError **error)
{
  const char *meant = address != NULL ? address : DEFAULT_ADDRESS;

  if (!inner_network_address_parse (meant, &publish->address))
    return refuse (NO_ADDRESS, meant, error);
  if (!is_loopback (&publish->address))
    return refuse (NOT_LOCAL, meant, error);
  if (port == 0 || inside == 0)
    return refuse (NO_PORT, "0", error);
  publish->port = port;
  publish->inside = inside;
  return TRUE;
}

/* Neither the words nor the name of another protocol are for people to guess at. */
static gboolean
check_protocol (const char *word, GError **error)
{
  if (g_str_has_suffix (word, "/udp") || g_str_has_suffix (word, "/sctp"))
    return refuse (NO_TCP, word, error);
  return TRUE;
}

gboolean
inner_publish_parse (const char *word, InnerPublish *publish, GError **error)
{
  g_autofree char *address = NULL;
  const char *rest = word;
  const char *colon;
  guint16 port = 0;
  guint16 inside = 0;
  gboolean valid;

  if (!check_protocol (word, error))
    return FALSE;
  valid = read_address (&rest, &address);
  colon = strchr (rest, ':');
  valid = valid && read_port (rest, colon != NULL ? (gsize) (colon - rest) : strlen (rest), &port);
  inside = port;
  valid = valid && (colon == NULL || read_port (colon + 1, strlen (colon + 1), &inside));
  if (!valid)
    return refuse (NO_WORD, word, error);
  return inner_publish_make (address, port, inside, publish, error);
}

gboolean
inner_publish_parse_pair (const char *host,
                          const char *inside,
                          InnerPublish *publish,
                          GError **error)
{
  g_autofree char *address = NULL;
  const char *rest = host;
  guint16 port = 0;
  guint16 target = 0;

  if (!check_protocol (host, error) || !check_protocol (inside, error))
    return FALSE;
  if (!read_address (&rest, &address) || !read_port (rest, strlen (rest), &port))
    return refuse (NO_PAIR, host, error);
  if (!read_port (inside, strlen (inside), &target))
    return refuse (NO_PORT, inside, error);
  return inner_publish_make (address, port, target, publish, error);
}

char *
inner_publish_to_word (const InnerPublish *publish)
{
  g_autofree char *address = inner_network_address_to_string (&publish->address);
  gboolean is_v4 = inner_network_address_is_v4 (&publish->address);

  return g_strdup_printf ("%s%s%s:%u:%u", is_v4 ? "" : "[", address, is_v4 ? "" : "]",
                          publish->port, publish->inside);
}

gboolean
inner_publish_collides (const InnerPublish *a, const InnerPublish *b)
{
  return a->port == b->port && memcmp (&a->address, &b->address, sizeof a->address) == 0;
}
