/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-client.h"

#include <stdio.h>
#include <string.h>

void
inner_say (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("innerctl: %s\n", text);
}

int
inner_fail (const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);

  g_dbus_error_strip_remote_error (copy);
  inner_say ("%s", copy->message);
  if (inner_error_is_refusal (error))
    return INNER_EXIT_REFUSED;
  if (g_error_matches (error, INNER_ERROR, INNER_ERROR_COMMAND_NOT_FOUND))
    return INNER_EXIT_NOT_FOUND;
  return INNER_EXIT_ERROR;
}

int
inner_fail_usage (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  inner_say (_ ("%s; see “--help”"), text);
  return INNER_EXIT_ERROR;
}

static gboolean
take_word (InnerGlobal *global, const char *word, gboolean before_verb)
{
  if (g_str_equal (word, "--bus"))
    global->mode = INNER_CONNECT_BUS;
  else if (g_str_equal (word, "--no-bus"))
    global->mode = INNER_CONNECT_PRIVATE;
  else if (g_str_equal (word, "--verbose") || (before_verb && g_str_equal (word, "-v")))
    global->verbose = TRUE;
  else
    return FALSE;

  return TRUE;
}

/* A word behind an option that takes a value could be meant for that option. Nobody names a profile
 * "--bus", so it is not looked at which options those are. */
int
inner_global_take (InnerGlobal *global, int argc, char **argv)
{
  gboolean before_verb = TRUE;
  int kept = 1;
  int i;

  for (i = 1; i < argc && !g_str_equal (argv[i], "--"); i++)
    {
      if (take_word (global, argv[i], before_verb))
        continue;
      before_verb = before_verb && argv[i][0] == '-';
      argv[kept++] = argv[i];
    }
  for (; i < argc; i++)
    argv[kept++] = argv[i];
  argv[kept] = NULL;
  return kept;
}

gboolean
inner_parse (int *argc,
             char ***argv,
             const GOptionEntry *entries,
             const char *words,
             const char *summary,
             GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (words);

  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return g_option_context_parse (context, argc, argv, error);
}
