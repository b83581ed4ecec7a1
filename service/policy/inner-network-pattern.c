/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-network-pattern.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-network-name.h"
#include "inner-options.h"

#define MAX_PORT 65535
#define RESOLVER_PORT 53
#define ADDRESS_BITS 128

/* An entry without a port. */
static const guint16 usual_ports[] = { 80, 443 };

static gboolean
fail (GError **error, const char *text, const char *why)
{
  g_autofree char *shown = inner_escape_for_display (text);

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("“%s” names no host: %s"), shown,
               why);
  return FALSE;
}

void
inner_network_pattern_free (InnerNetworkPattern *pattern)
{
  g_free (pattern->text);
  g_free (pattern->name);
  g_free (pattern);
}

static gboolean
read_port (InnerNetworkPattern *pattern, const char *port, GError **error)
{
  guint64 number;

  if (!g_ascii_isdigit (port[0]) ||
      !g_ascii_string_to_unsigned (port, 10, 1, MAX_PORT, &number, NULL))
    return fail (error, pattern->text, _ ("a port is a number from 1 to 65535"));
  /* SECURITY: whatever is asked there is a question about names, and answered by the rules (attack 81;
   * test_bad_words in tests/bus/test_network.py). */
  if (number == RESOLVER_PORT)
    return fail (error, pattern->text,
                 _ ("at port 53 of every host is the resolver of the sandbox"));
  pattern->port = number;
  return TRUE;
}

static gboolean
read_range (InnerNetworkPattern *pattern, const char *text)
{
  pattern->kind = INNER_NETWORK_RANGE;
  return inner_network_range_parse (text, &pattern->range);
}

static gboolean
read_name (InnerNetworkPattern *pattern, const char *host, GError **error)
{
  gboolean wildcard = g_str_has_prefix (host, "*.");
  const char *why = NULL;

  pattern->kind = wildcard ? INNER_NETWORK_BELOW : INNER_NETWORK_NAME;
  pattern->name = inner_network_name_from_text (host + (wildcard ? 2 : 0), &why);
  return pattern->name != NULL || fail (error, pattern->text, why);
}

/* “[ADDRESS]” or “[ADDRESS]:PORT” */
static gboolean
read_brackets (InnerNetworkPattern *pattern, GError **error)
{
  const char *text = pattern->text;
  const char *end = strchr (text, ']');
  g_autofree char *address = end != NULL ? g_strndup (text + 1, end - text - 1) : NULL;

  if (address == NULL || strchr (address, ':') == NULL || !read_range (pattern, address))
    return fail (error, text, _ ("between “[” and “]” stands an IPv6 address"));
  if (end[1] == '\0')
    return TRUE;
  if (end[1] != ':')
    return fail (error, text, _ ("behind “]” there is only “:” and a port"));
  return read_port (pattern, end + 2, error);
}

static gboolean
read_pattern (InnerNetworkPattern *pattern, GError **error)
{
  const char *text = pattern->text;
  const char *colon = strrchr (text, ':');
  g_autofree char *host = colon != NULL ? g_strndup (text, colon - text) : g_strdup (text);

  if (text[0] == '[')
    return read_brackets (pattern, error);
  if (read_range (pattern, text))
    return TRUE;
  if (strstr (text, "//") != NULL)
    return fail (error, text, _ ("write the name of the host alone, without “https://” and “/…”"));
  if (!(strchr (host, ':') == NULL && read_range (pattern, host)) &&
      !read_name (pattern, host, error))
    return FALSE;
  return colon == NULL || read_port (pattern, colon + 1, error);
}

InnerNetworkPattern *
inner_network_pattern_new (const char *text, GError **error)
{
  g_autoptr (InnerNetworkPattern) pattern = g_new0 (InnerNetworkPattern, 1);

  pattern->text = g_strdup (text);
  return read_pattern (pattern, error) ? g_steal_pointer (&pattern) : NULL;
}

gboolean
inner_network_pattern_check (const char *text, GError **error)
{
  g_autoptr (InnerNetworkPattern) pattern = inner_network_pattern_new (text, error);

  return pattern != NULL;
}

gboolean
inner_network_pattern_has_name (const InnerNetworkPattern *pattern, const char *name)
{
  gsize below;

  if (pattern->kind == INNER_NETWORK_NAME)
    return g_str_equal (name, pattern->name);
  if (pattern->kind != INNER_NETWORK_BELOW || !g_str_has_suffix (name, pattern->name))
    return FALSE;
  below = strlen (name) - strlen (pattern->name);
  return below >= 2 && name[below - 1] == '.';
}

gboolean
inner_network_pattern_has_address (const InnerNetworkPattern *pattern,
                                   const InnerNetworkAddress *address)
{
  return pattern->kind == INNER_NETWORK_RANGE &&
         inner_network_range_contains (&pattern->range, address);
}

gboolean
inner_network_pattern_allows_port (const InnerNetworkPattern *pattern, guint16 port)
{
  return port == 0 || (pattern->port != 0 ? port == pattern->port
                                          : port == usual_ports[0] || port == usual_ports[1]);
}

/* A denied host is denied at every port, unless the entry names one. */
gboolean
inner_network_pattern_denies_port (const InnerNetworkPattern *pattern, guint16 port)
{
  return pattern->port == 0 || pattern->port == port;
}

void
inner_network_pattern_each_port (const InnerNetworkPattern *pattern,
                                 void (*add) (guint16 port, gpointer data),
                                 gpointer data)
{
  if (pattern->port != 0)
    add (pattern->port, data);
  for (gsize i = 0; pattern->port == 0 && i < G_N_ELEMENTS (usual_ports); i++)
    add (usual_ports[i], data);
}

/* SECURITY: who is asked while a sandbox runs sees a name and may think of nothing else; so neither this machine, the
 * local network nor a metadata service can be opened then, nor many hosts in one word (attacks 79, 85 and 86;
 * tests/unit/test-network.c, test_086_local_network_is_never_opened). */
InnerNetworkPattern *
inner_network_pattern_new_destination (const char *text, GError **error)
{
  g_autoptr (InnerNetworkPattern) pattern = NULL;

  if (text[0] == '@')
    {
      fail (error, text, _ ("a group is no host; name the host itself"));
      return NULL;
    }
  pattern = inner_network_pattern_new (text, error);
  if (pattern == NULL || pattern->kind != INNER_NETWORK_RANGE)
    return g_steal_pointer (&pattern);
  if (pattern->range.bits != ADDRESS_BITS)
    fail (error, text, _ ("it is a range of addresses; name one address"));
  else if (inner_network_address_is_special (&pattern->range.address))
    fail (error, text,
          _ ("it is an address of this machine, of a local network or of no host, and only a "
             "profile can name it"));
  else
    return g_steal_pointer (&pattern);
  return NULL;
}
