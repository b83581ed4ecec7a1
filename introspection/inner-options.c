/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-options.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-names.h"

/* More of a text helps no person. */
#define MAX_SHOWN 1024

static const InnerOption *
find_option (const InnerOption *table, const char *key)
{
  for (; table->key != NULL; table++)
    if (g_str_equal (table->key, key))
      return table;

  return NULL;
}

static gboolean
check_one (const InnerOption *table, const char *key, GVariant *value, GError **error)
{
  const InnerOption *option = find_option (table, key);
  g_autoptr (GError) reason = NULL;

  if (option == NULL)
    {
      g_autofree char *shown = inner_escape_for_display (key);

      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Unknown option “%s”; the property Features says what this service can do"),
                   shown);
      return FALSE;
    }
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (option->type)))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Option “%s” must have the type “%s”, not “%s”"), key, option->type,
                   g_variant_get_type_string (value));
      return FALSE;
    }
  if (option->check != NULL && !option->check (value, &reason))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("Option “%s”: %s"), key,
                   reason->message);
      return FALSE;
    }

  return TRUE;
}

GVariantDict *
inner_options_check (GVariant *options, const InnerOption *table, GError **error)
{
  g_autoptr (GVariantDict) dict = g_variant_dict_new (NULL);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;

      if (!check_one (table, key, owned, error))
        return NULL;
      if (g_variant_dict_contains (dict, key))
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("Option “%s” is given twice"), key);
          return NULL;
        }
      g_variant_dict_insert_value (dict, key, owned);
    }

  return g_steal_pointer (&dict);
}

static gboolean
has_control (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return TRUE;

  return FALSE;
}

gboolean
inner_option_check_path (GVariant *value, GError **error)
{
  const char *path = g_variant_get_string (value, NULL);
  g_autofree char *canonical = g_canonicalize_filename (path, "/");
  g_autofree char *shown = inner_escape_for_display (path);

  if (path[0] != '/')
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("“%s” is not an absolute path"),
                 shown);
  else if (has_control (path))
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” has a control character in it"), shown);
  else if (strlen (path) >= 4096)
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("a path of %zu bytes is too long"), strlen (path));
  else if (!g_str_equal (path, canonical) || path[1] == '/')
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” is not canonical; write “%s”"), shown, canonical + (canonical[1] == '/'));
  else
    return TRUE;

  return FALSE;
}

gboolean
inner_name_is_valid (const char *name)
{
  if (!g_ascii_isalnum (name[0]) || strlen (name) > INNER_MAX_NAME)
    return FALSE;
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("_.-", *p) == NULL)
      return FALSE;

  return TRUE;
}

/* SECURITY: a name is never a way through the file system, so what an agent writes into the working
 * directory is not found under the name of a profile (reference 8.J1;
 * tests/unit/test-profile-registry.c). */
gboolean
inner_profile_name_is_valid (const char *name)
{
  return name[0] != '\0' && name[0] != '.' && strlen (name) <= 2 * INNER_MAX_NAME &&
         strpbrk (name, "/\\") == NULL && strstr (name, "..") == NULL &&
         g_utf8_validate (name, -1, NULL) && !has_control (name);
}

gboolean
inner_option_check_name (GVariant *value, GError **error)
{
  const char *name = g_variant_get_string (value, NULL);
  g_autofree char *shown = inner_escape_for_display (name);

  if (inner_name_is_valid (name))
    return TRUE;

  g_set_error (
      error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
      _ ("“%s” cannot be a name: use a letter or digit, then letters, digits, “_”, “.” and "
         "“-”, at most %d in all"),
      shown, INNER_MAX_NAME);
  return FALSE;
}

gboolean
inner_id_is_valid (const char *id)
{
  return strlen (id) == INNER_ID_LENGTH && strspn (id, "0123456789abcdef") == INNER_ID_LENGTH;
}

gboolean
inner_option_check_id (GVariant *value, GError **error)
{
  g_autofree char *shown = NULL;

  if (inner_id_is_valid (g_variant_get_string (value, NULL)))
    return TRUE;

  shown = inner_escape_for_display (g_variant_get_string (value, NULL));
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("“%s” cannot be an id: use %d digits of 0 to 9 and a to f"), shown,
               INNER_ID_LENGTH);
  return FALSE;
}

gboolean
inner_option_check_text (GVariant *value, GError **error)
{
  if (g_variant_get_string (value, NULL)[0] != '\0')
    return TRUE;

  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("the value is empty"));
  return FALSE;
}

/* Marks that change the reading direction or are invisible: they can make a text look like another
 * one (Unicode TR 36). */
static gboolean
is_deceptive (gunichar c)
{
  return g_unichar_iscntrl (c) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

char *
inner_escape_for_display (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p != '\0' && out->len < MAX_SHOWN;)
    {
      gunichar c = g_utf8_get_char_validated (p, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2)
        {
          g_string_append_printf (out, "\\x%02x", (guchar) *p);
          p++;
          continue;
        }
      if (is_deceptive (c))
        g_string_append_printf (out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
      else
        g_string_append_unichar (out, c);
      p = g_utf8_next_char (p);
    }

  if (out->len >= MAX_SHOWN)
    g_string_append (out, "…");
  return g_string_free (out, FALSE);
}
