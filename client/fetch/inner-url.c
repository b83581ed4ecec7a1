/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-url.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"

#define MAX_URL 2048

/* What is not decoded can be sent as it is, and a password is noticed. */
#define FLAGS                                                                                      \
  (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY |               \
   G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

/* SECURITY: nothing but https:, at the first address and at each that a server sends us on to. What comes
 * without encryption is anybody's, a file: may be the person's own secret, and a password in a URL would go to
 * whoever it leads to (attacks 91 and 95; tests/bus/test_fetch.py, test_bad_address and
 * test_redirect_to_something_else). */
static const char *
reason_against (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  if (!g_str_equal (g_uri_get_scheme (uri), "https"))
    return N_ (
        "only addresses that begin with “https://” are taken; download it in another way and "
        "give the file");
  if (g_uri_get_userinfo (uri) != NULL)
    return N_ ("an address with a user name or password in it is not taken; download it in another "
               "way and give the file");
  if (host == NULL || host[0] == '\0')
    return N_ ("there is no host in it; correct the address");
  if (g_uri_get_port (uri) == 0)
    return N_ ("there is no port 0; correct the address");
  return NULL;
}

char *
inner_url_to_show (GUri *uri)
{
  g_autofree char *text = g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO);

  return inner_escape_for_display (text);
}

static GUri *
parse (GUri *base, const char *text)
{
  if (strlen (text) > MAX_URL || !g_str_is_ascii (text))
    return NULL;
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      return NULL;

  return g_uri_parse_relative (base, text, FLAGS, NULL);
}

GUri *
inner_url_parse (GUri *base, const char *text, GError **error)
{
  g_autoptr (GUri) uri = parse (base, text);
  g_autofree char *shown = uri != NULL ? inner_url_to_show (uri) : inner_escape_for_display (text);
  const char *reason = uri != NULL ? reason_against (uri)
                                   : N_ ("this is no address; what is not a letter, a digit or "
                                         "punctuation must be written as “%” and two digits");

  if (reason == NULL)
    return g_steal_pointer (&uri);
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, "“%s”: %s", shown, _ (reason));
  return NULL;
}

gboolean
inner_is_url (const char *text)
{
  const char *scheme = g_uri_peek_scheme (text);

  return scheme != NULL && g_str_has_prefix (text + strlen (scheme), "://");
}

/* SECURITY: the name becomes that of a file, so what a URL says is held against the rule for names after it
 * was decoded: "%2e%2e%2f" is "../" (attacks 33 and 64; tests/bus/test_fetch.py, test_bad_name). */
char *
inner_url_get_name (const char *url, const char **notation, GError **error)
{
  g_autoptr (GUri) uri = inner_url_parse (NULL, url, error);
  const char *slash = uri != NULL ? strrchr (g_uri_get_path (uri), '/') : NULL;
  g_autofree char *name = slash != NULL ? g_uri_unescape_string (slash + 1, NULL) : NULL;
  gboolean is_xml = name != NULL && g_str_has_suffix (name, ".xml");
  g_autofree char *shown = NULL;

  if (uri == NULL)
    return NULL;
  if (is_xml || (name != NULL && g_str_has_suffix (name, ".toml")))
    *strrchr (name, '.') = '\0';
  if (notation != NULL)
    *notation = is_xml ? "xml" : "toml";
  if (name != NULL && inner_profile_name_is_valid (name))
    return g_steal_pointer (&name);

  shown = inner_url_to_show (uri);
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("“%s”: the end of this address cannot be the name of a profile; download it and "
                  "give the file"),
               shown);
  return NULL;
}
