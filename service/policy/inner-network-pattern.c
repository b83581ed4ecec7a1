/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-network-pattern.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"

#define MAX_LABEL 63
#define MAX_NAME 253
#define MAX_PORT 65535

static gboolean
fail (GError **error, const char *text, const char *why)
{
  g_autofree char *shown = inner_escape_for_display (text);

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("“%s” names no host: %s"), shown,
               why);
  return FALSE;
}

static gboolean
check_port (const char *text, const char *port, GError **error)
{
  guint64 number;

  if (g_ascii_isdigit (port[0]) &&
      g_ascii_string_to_unsigned (port, 10, 1, MAX_PORT, &number, NULL))
    return TRUE;
  return fail (error, text, _ ("a port is a number from 1 to 65535"));
}

/* An address, or a range “ADDRESS/BITS”. */
static gboolean
is_address (const char *text)
{
  g_autoptr (GInetAddressMask) range = g_inet_address_mask_new_from_string (text, NULL);

  return range != NULL && text[0] != '/';
}

static gboolean
check_label (const char *text, const char *label, GError **error)
{
  gsize length = strlen (label);

  if (length == 0)
    return fail (error, text,
                 _ ("two dots stand side by side in the name, or one at its beginning"));
  if (length > MAX_LABEL)
    return fail (error, text, _ ("a part of a name between dots has at most 63 characters"));
  if (label[strspn (label, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-")] != '\0')
    return fail (error, text,
                 _ ("a name has letters, digits, “-” and “.” only, and perhaps “*.” at its "
                    "beginning"));
  if (label[0] == '-' || label[length - 1] == '-')
    return fail (error, text, _ ("a part of a name neither begins nor ends with “-”"));
  return TRUE;
}

/* @name without port; one trailing dot does not count. */
static gboolean
check_name (const char *text, const char *name, GError **error)
{
  g_autofree char *ascii =
      g_hostname_is_non_ascii (name) ? g_hostname_to_ascii (name) : g_strdup (name);
  g_auto (GStrv) labels = NULL;
  gsize length = ascii != NULL ? strlen (ascii) : 0;
  guint n;

  if (length == 0)
    return fail (error, text, _ ("write a name such as “api.example.com”"));
  if (ascii[length - 1] == '.')
    ascii[--length] = '\0';
  if (length > MAX_NAME)
    return fail (error, text, _ ("a name has at most 253 characters"));

  labels = g_strsplit (ascii, ".", -1);
  n = g_strv_length (labels);
  for (guint i = 0; i < n; i++)
    if (!check_label (text, labels[i], error))
      return FALSE;
  if (n == 0 || labels[n - 1][strspn (labels[n - 1], G_CSET_DIGITS)] == '\0')
    return fail (error, text, _ ("it looks like an address and is none"));
  return TRUE;
}

/* “[ADDRESS]” or “[ADDRESS]:PORT” */
static gboolean
check_brackets (const char *text, GError **error)
{
  const char *end = strchr (text, ']');
  g_autofree char *address = end != NULL ? g_strndup (text + 1, end - text - 1) : NULL;

  if (address == NULL || strchr (address, ':') == NULL || !is_address (address))
    return fail (error, text, _ ("between “[” and “]” stands an IPv6 address"));
  if (end[1] == '\0')
    return TRUE;
  if (end[1] != ':')
    return fail (error, text, _ ("behind “]” there is only “:” and a port"));
  return check_port (text, end + 2, error);
}

gboolean
inner_network_pattern_check (const char *text, GError **error)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *host = colon != NULL ? g_strndup (text, colon - text) : g_strdup (text);
  gboolean wildcard = g_str_has_prefix (host, "*.");

  if (text[0] == '[')
    return check_brackets (text, error);
  if (is_address (text))
    return TRUE;
  if (strstr (text, "//") != NULL)
    return fail (error, text, _ ("write the name of the host alone, without “https://” and “/…”"));
  if (!is_address (host) && !check_name (text, host + (wildcard ? 2 : 0), error))
    return FALSE;
  return colon == NULL || check_port (text, colon + 1, error);
}
