/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-upstream.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-network-address.h"
#include "inner-network-name.h"

#define USUAL_PORT 80

void
inner_upstream_free (InnerUpstream *upstream)
{
  g_free (upstream->host);
  g_free (upstream->credentials);
  g_strfreev (upstream->direct);
  g_free (upstream);
}

/* Never the value itself: a password may stand in it. */
static gboolean
fail (GError **error, const char *why)
{
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("The proxy of this machine (https_proxy) cannot be used: %s"), why);
  return FALSE;
}

static gboolean
read_proxy (InnerUpstream *upstream, const char *text, GError **error)
{
  g_autofree char *whole =
      strstr (text, "://") != NULL ? g_strdup (text) : g_strconcat ("http://", text, NULL);
  g_autoptr (GUri) uri = g_uri_parse (whole, G_URI_FLAGS_HAS_PASSWORD, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0')
    return fail (error, _ ("it is no address such as http://proxy.example.org:3128"));
  if (g_ascii_strcasecmp (g_uri_get_scheme (uri), "http") != 0)
    return fail (error, _ ("this version speaks to proxies of the kind “http://” only"));

  upstream->host = g_strdup (g_uri_get_host (uri));
  upstream->port = g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : USUAL_PORT;
  if (g_uri_get_user (uri) != NULL)
    upstream->credentials =
        g_strdup_printf ("%s:%s", g_uri_get_user (uri),
                         g_uri_get_password (uri) != NULL ? g_uri_get_password (uri) : "");
  return TRUE;
}

InnerUpstream *
inner_upstream_new (const char *proxy, const char *no_proxy, GError **error)
{
  g_autoptr (InnerUpstream) upstream = g_new0 (InnerUpstream, 1);

  upstream->direct = g_strsplit_set (no_proxy != NULL ? no_proxy : "", ", ", -1);
  return read_proxy (upstream, proxy, error) ? g_steal_pointer (&upstream) : NULL;
}

/* “example.org” and “.example.org” mean the domain and what is below it; “*” is everything. */
static gboolean
is_below (const char *host, const char *entry)
{
  const char *domain = entry + (g_str_has_prefix (entry, "*.") ? 2 : entry[0] == '.' ? 1 : 0);
  g_autofree char *name = inner_network_name_from_text (domain, NULL);
  gsize length = strlen (host);

  if (name == NULL)
    return FALSE;
  if (g_str_equal (host, name))
    return TRUE;
  return g_str_has_suffix (host, name) && length > strlen (name) + 1 &&
         host[length - strlen (name) - 1] == '.';
}

gboolean
inner_upstream_is_for (const InnerUpstream *upstream, const char *host)
{
  InnerNetworkAddress address;
  InnerNetworkRange range;
  gboolean is_address = inner_network_address_parse (host, &address);

  for (char **entry = upstream->direct; *entry != NULL; entry++)
    {
      if (g_str_equal (*entry, "*"))
        return FALSE;
      if (is_address ? inner_network_range_parse (*entry, &range) &&
                           inner_network_range_contains (&range, &address)
                     : **entry != '\0' && is_below (host, *entry))
        return FALSE;
    }

  return TRUE;
}

char *
inner_upstream_request (const InnerUpstream *upstream, const char *host, guint16 port)
{
  const char *open = strchr (host, ':') != NULL ? "[" : "";
  const char *close = open[0] != '\0' ? "]" : "";
  GString *request = g_string_new (NULL);

  g_string_printf (request, "CONNECT %s%s%s:%u HTTP/1.1\r\nHost: %s%s%s:%u\r\n", open, host, close,
                   port, open, host, close, port);
  if (upstream->credentials != NULL)
    {
      g_autofree char *encoded =
          g_base64_encode ((const guint8 *) upstream->credentials, strlen (upstream->credentials));

      g_string_append_printf (request, "Proxy-Authorization: Basic %s\r\n", encoded);
    }
  g_string_append (request, "\r\n");
  return g_string_free (request, FALSE);
}

InnerUpstreamAnswer
inner_upstream_read_answer (const char *bytes, gsize size, gsize *used)
{
  const char *end = memmem (bytes, size, "\r\n\r\n", 4);

  if (end == NULL)
    return INNER_UPSTREAM_INCOMPLETE;
  *used = end + 4 - bytes;
  return size >= 12 && memcmp (bytes, "HTTP/1.", 7) == 0 && bytes[8] == ' ' && bytes[9] == '2'
             ? INNER_UPSTREAM_OPEN
             : INNER_UPSTREAM_REFUSED;
}
