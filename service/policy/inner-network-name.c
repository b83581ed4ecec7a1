/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-network-name.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"

static const char *
find_fault_of_label (const char *label, gsize length)
{
  if (length == 0)
    return _ ("two dots stand side by side in the name, or one at its beginning");
  if (length > INNER_NETWORK_MAX_LABEL)
    return _ ("a part of a name between dots has at most 63 characters");
  if (strspn (label, LETTERS G_CSET_DIGITS "-") < length)
    return _ ("a name has letters, digits, “-” and “.” only, and perhaps “*.” at its beginning");
  if (label[0] == '-' || label[length - 1] == '-')
    return _ ("a part of a name neither begins nor ends with “-”");
  return NULL;
}

/* SECURITY: what inet_aton() reads ("127.1", "0x7f000001", "017700000001") is an address to some resolvers and a
 * name to others, so it is neither here (attack 83; tests/unit/test-network.c). */
static gboolean
looks_like_address (const char *last, gsize length)
{
  if (strspn (last, G_CSET_DIGITS) >= length)
    return TRUE;
  return length >= 2 && last[0] == '0' && last[1] == 'x' &&
         strspn (last + 2, "0123456789abcdef") >= length - 2;
}

static const char *
find_fault (const char *name)
{
  const char *label = name;

  for (;;)
    {
      gsize length = strcspn (label, ".");
      const char *fault = find_fault_of_label (label, length);

      if (fault != NULL)
        return fault;
      if (label[length] == '\0')
        return looks_like_address (label, length) ? _ ("it looks like an address and is none")
                                                  : NULL;
      label += length + 1;
    }
}

/* SECURITY: one form for the decision and for what is resolved and dialled. Whatever is not plainly the name of
 * a host has none, and so is refused: NUL, line ends, percent signs, zones, blanks, underscores, non-ASCII bytes
 * (attack 83; tests/unit/test-network.c). */
char *
inner_network_name_canonical (const char *text, gsize length, const char **why)
{
  g_autofree char *name = NULL;
  const char *fault = NULL;

  if (length > 0 && text[length - 1] == '.')
    length--;
  if (length == 0)
    fault = _ ("write a name such as “api.example.com”");
  else if (length > INNER_NETWORK_MAX_NAME)
    fault = _ ("a name has at most 253 characters");
  else if (memchr (text, '\0', length) != NULL)
    fault = _ ("a name has letters, digits, “-” and “.” only, and perhaps “*.” at its beginning");
  else
    {
      name = g_ascii_strdown (text, length);
      fault = find_fault (name);
    }

  if (why != NULL)
    *why = fault;
  return fault == NULL ? g_steal_pointer (&name) : NULL;
}

char *
inner_network_name_from_text (const char *text, const char **why)
{
  g_autofree char *ascii = NULL;

  if (!g_hostname_is_non_ascii (text))
    return inner_network_name_canonical (text, strlen (text), why);

  ascii = g_utf8_validate (text, -1, NULL) ? g_hostname_to_ascii (text) : NULL;
  if (ascii != NULL)
    return inner_network_name_canonical (ascii, strlen (ascii), why);
  if (why != NULL)
    *why = _ ("it has no form in ASCII");
  return NULL;
}
