/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-limits.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"

#define DIGITS "0123456789"

/* Far above every machine, and far from every overflow. */
#define MAX_PROCESSORS (1000 * 1000)

const char *const inner_limit_names[] = { "memory", "cpu", "pids", NULL };

/* Reads the whole of @text, digits only: no sign, no space, no hexadecimal number. */
static gboolean
read_number (const char *text, guint64 *value)
{
  return text[0] != '\0' && text[strspn (text, DIGITS)] == '\0' &&
         g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, value, NULL);
}

static gboolean
read_memory (const char *text, guint64 *value)
{
  static const char suffixes[] = "KMGT";
  gsize digits = strspn (text, DIGITS);
  g_autofree char *number = g_strndup (text, digits);
  const char *suffix =
      text[digits] != '\0' ? strchr (suffixes, g_ascii_toupper (text[digits])) : "";
  guint shift;

  if (suffix == NULL || (text[digits] != '\0' && text[digits + 1] != '\0') ||
      !read_number (number, value))
    return FALSE;

  shift = text[digits] != '\0' ? 10 * (suffix - suffixes + 1) : 0;
  if (*value > (guint64) G_MAXINT64 >> shift)
    return FALSE;
  *value <<= shift;
  return TRUE;
}

static gboolean
read_cpu (const char *text, guint64 *value)
{
  gboolean percent = g_str_has_suffix (text, "%");
  g_autofree char *number = g_strndup (text, strlen (text) - (percent ? 1 : 0));
  gsize whole = strspn (number, DIGITS);
  gsize point = number[whole] == '.' ? 1 : 0;
  gsize rest = strspn (number + whole + point, DIGITS);
  double processors;

  if (whole == 0 || (point > 0 && rest == 0) || number[whole + point + rest] != '\0')
    return FALSE;

  processors = g_ascii_strtod (number, NULL) / (percent ? 100 : 1);
  if (processors > MAX_PROCESSORS)
    return FALSE;
  /* The least that is not nothing must not become “not set”. */
  *value = processors > 0 ? MAX (1, (guint64) (processors * 1000 + 0.5)) : 0;
  return TRUE;
}

/* In the order of inner_limit_names. */
static const struct
{
  gboolean (*read) (const char *text, guint64 *value);
  const char *remedy;
} limits[] = {
  { read_memory, N_ ("write a number with K, M, G or T behind it, such as 512M") },
  { read_cpu, N_ ("write a share such as 200%, or a number of processors such as 2.0") },
  { read_number, N_ ("write a whole number such as 256") },
};

gboolean
inner_limit_parse (const char *which, const char *text, guint64 *value, GError **error)
{
  g_autofree char *shown = NULL;
  gsize i = 0;

  while (inner_limit_names[i] != NULL && !g_str_equal (inner_limit_names[i], which))
    i++;
  g_return_val_if_fail (inner_limit_names[i] != NULL, FALSE);

  *value = 0;
  if (text[0] == '\0' || limits[i].read (text, value))
    return TRUE;

  shown = inner_escape_for_display (text);
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("The limit “%s” cannot be “%s”; %s"), which, shown, _ (limits[i].remedy));
  return FALSE;
}

gboolean
inner_limit_check (const char *which, const char *text, GError **error)
{
  guint64 value;

  return inner_limit_parse (which, text, &value, error);
}
