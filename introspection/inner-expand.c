/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-expand.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"

/* No value grows beyond this: a variable of 100 KiB named 10,000 times must not fill the memory. */
#define LONGEST (1024 * 1024)

static gboolean
is_name_start (char c)
{
  return g_ascii_isalpha (c) || c == '_';
}

/* Bytes of the variable's name at @text; 0 when none stands there. */
static gsize
name_length (const char *text)
{
  gsize n = 0;

  if (is_name_start (text[0]))
    while (is_name_start (text[n]) || g_ascii_isdigit (text[n]))
      n++;

  return n;
}

static gboolean
append_known (GString *out, const char *value, const char *shown, const char *why, GError **error)
{
  if (value != NULL)
    {
      g_string_append (out, value);
      return TRUE;
    }

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
               _ ("“%s” stands for nothing here: %s"), shown, why);
  return FALSE;
}

static gboolean
append_variable (GString *out, const char *name, const InnerExpansion *facts, GError **error)
{
  const char *value = NULL;

  if (g_str_equal (name, "UID"))
    {
      g_string_append_printf (out, "%u", (guint) facts->uid);
      return TRUE;
    }
  if (g_str_equal (name, "workdir"))
    return append_known (out, facts->workdir, "${workdir}",
                         _ ("it is only known in the source of a mount, when the caller says where "
                            "it stands"),
                         error);
  if (g_str_equal (name, "workspaces_path"))
    return append_known (out, facts->workspaces_path, "${workspaces_path}",
                         _ ("set workspaces_path in the profile or in the configuration"), error);

  if (facts->environment != NULL)
    value = g_hash_table_lookup (facts->environment, name);
  if (value != NULL)
    g_string_append (out, value);
  return TRUE;
}

/* Appends what the reference at @text ("$…") stands for and gives the text after it. */
static const char *
append_reference (GString *out, const char *text, const InnerExpansion *facts, GError **error)
{
  gboolean braced = text[1] == '{';
  const char *start = text + (braced ? 2 : 1);
  gsize length = name_length (start);
  g_autofree char *name = g_strndup (start, length);

  if (braced && (length == 0 || start[length] != '}'))
    {
      g_autofree char *shown = inner_escape_for_display (text);

      g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                   _ ("“%s” does not begin with a variable such as ${HOME}; end the name with “}”"),
                   shown);
      return NULL;
    }
  if (length == 0)
    {
      g_string_append_c (out, '$');
      return start;
    }

  return append_variable (out, name, facts, error) ? start + length + (braced ? 1 : 0) : NULL;
}

char *
inner_expand (const char *text, const InnerExpansion *facts, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *p = text;

  if (p[0] == '~' && (p[1] == '/' || p[1] == '\0'))
    {
      if (!append_known (out, facts->home, "~", _ ("your home directory is not known"), error))
        return NULL;
      p++;
    }

  while (*p != '\0')
    {
      gsize plain = strcspn (p, "$");

      g_string_append_len (out, p, plain);
      p += plain;
      if (*p == '$')
        p = append_reference (out, p, facts, error);
      if (p == NULL)
        return NULL;
      if (out->len > LONGEST)
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                       _ ("A value grows beyond %d bytes when its variables are replaced; name "
                          "shorter variables"),
                       LONGEST);
          return NULL;
        }
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

gsize
inner_expand_reference_length (const char *text)
{
  gboolean braced = text[1] == '{';
  const char *start = text + (braced ? 2 : 1);
  gsize length = name_length (start);

  if (length == 0 || (braced && start[length] != '}'))
    return 0;
  return length + (braced ? 3 : 1);
}

/* The name in the reference at @text. (transfer full) */
static char *
reference_name (const char *text)
{
  const char *start = text + (text[1] == '{' ? 2 : 1);

  return g_strndup (start, name_length (start));
}

/* Gives @text without the references that are not known. */
static char *
take_out_unknown (const char *text, char **removed)
{
  static const char *const known[] = { "HOME", "USER", "UID", "workdir", "workspaces_path", NULL };
  g_autoptr (GString) out = g_string_new (NULL);

  *removed = NULL;
  while (*text != '\0')
    {
      gsize length = *text == '$' ? inner_expand_reference_length (text) : 0;
      g_autofree char *name = length > 0 ? reference_name (text) : NULL;

      if (length == 0 || g_strv_contains (known, name))
        g_string_append_len (out, text, MAX (length, 1));
      else if (*removed == NULL)
        *removed = g_strndup (text, length);
      text += MAX (length, 1);
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* SECURITY: what stands on both sides of a reference that is taken out may be one when it comes together:
 * "$${X}TOKEN", "${TO${X}KEN}", "$HOME${X}_TOKEN". Nobody writes that by accident: nothing is left of such
 * a text (reference 8.B18; tests/unit/test-expand.c, tests/fuzz/fuzz-expand.c). */
char *
inner_expand_known (const char *text, char **removed)
{
  g_autofree char *hidden = NULL;
  g_autofree char *left = take_out_unknown (text, removed);

  g_free (take_out_unknown (left, &hidden));
  return hidden == NULL ? g_steal_pointer (&left) : g_strdup ("");
}
