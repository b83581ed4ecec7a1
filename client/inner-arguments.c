/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-arguments.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"
#include "inner-suggest.h"

static gboolean
fail (GError **error, const char *text, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (text);

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, "“%s”: %s", shown, reason);
  return FALSE;
}

gboolean
inner_check_utf8 (const char *text, GError **error)
{
  return g_utf8_validate (text, -1, NULL) || fail (error, text, _ ("this is not UTF-8"));
}

char *
inner_parse_path (const char *text, GError **error)
{
  g_autofree char *expanded = NULL;

  if (!inner_check_utf8 (text, error))
    return NULL;
  if (text[0] == '\0')
    {
      fail (error, text, _ ("a path is missing here"));
      return NULL;
    }
  if (g_str_equal (text, "~") || g_str_has_prefix (text, "~/"))
    expanded = g_strconcat (g_get_home_dir (), text + 1, NULL);
  return g_canonicalize_filename (expanded != NULL ? expanded : text, NULL);
}

static const char *
mount_mode (const char *word)
{
  static const struct
  {
    const char *word;
    const char *mode;
  } modes[] = {
    { "ro", "ro" }, { "readonly", "ro" }, { "rw", "rw" }, { "copy", "copy" }, { "safe-rw", "copy" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    if (g_str_equal (word, modes[i].word))
      return modes[i].mode;
  return NULL;
}

gboolean
inner_parse_mount (const char *text,
                   const char *default_mode,
                   char **source,
                   char **destination,
                   const char **mode,
                   GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  guint n = g_strv_length (parts);
  g_autofree char *from = NULL;

  if (n < 2 || n > 3 || parts[0][0] == '\0' || parts[1][0] == '\0')
    return fail (error, text,
                 _ ("a mount is SOURCE:DESTINATION or SOURCE:DESTINATION:MODE; a path with a colon "
                    "in it can be named in a profile only"));
  *mode = n == 3 ? mount_mode (parts[2]) : default_mode;
  if (*mode == NULL)
    return fail (error, text, _ ("the mode must be “ro”, “rw” or “copy”"));
  if (parts[1][0] != '/' && parts[1][0] != '~')
    return fail (error, text, _ ("the destination must be an absolute path"));

  from = inner_parse_path (parts[0], error);
  if (from == NULL)
    return FALSE;
  *destination = inner_parse_path (parts[1], error);
  *source = *destination != NULL ? g_steal_pointer (&from) : NULL;
  return *source != NULL;
}

gboolean
inner_parse_number (
    const char *text, guint64 min, guint64 max, const char *option, guint64 *value, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (g_ascii_string_to_unsigned (text, 10, min, max, value, &reason))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not “%s”"), option, min,
               max, text);
  return FALSE;
}

int
inner_parse_signal (const char *text, GError **error)
{
  g_autofree char *upper = g_ascii_strup (text, -1);
  const char *name = g_str_has_prefix (upper, "SIG") ? upper + 3 : upper;
  guint64 number;

  if (g_ascii_string_to_unsigned (text, 10, 1, NSIG - 1, &number, NULL))
    return number;
  for (int i = 1; i < NSIG; i++)
    if (g_strcmp0 (sigabbrev_np (i), name) == 0)
      return i;

  fail (error, text, _ ("there is no such signal; use a name such as TERM, or a number"));
  return 0;
}

char **
inner_split_words (int *argc, char **argv)
{
  for (int i = 1; i < *argc; i++)
    if (g_str_equal (argv[i], "--"))
      {
        argv[i] = NULL;
        *argc = i;
        return argv + i + 1;
      }

  return argv + *argc;
}
