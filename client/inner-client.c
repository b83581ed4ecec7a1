/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-client.h"

#include "inner-complete.h"

/* The second comes from the bus itself, or from a service that serves its own user only. */
static gboolean
is_refusal (const GError *error)
{
  return inner_error_is_refusal (error) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
}

int
inner_fail (const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);

  g_dbus_error_strip_remote_error (copy);
  if (inner_connection_is_lost (error))
    inner_say (_ ("The service went away: %s; look for what it said, and try again"),
               copy->message);
  else
    inner_say ("%s", copy->message);

  if (is_refusal (error))
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

gboolean
inner_parse (InnerGlobal *global,
             int *argc,
             char ***argv,
             const GOptionEntry *entries,
             int max_words,
             const char *words,
             const char *summary,
             GError **error)
{
  const GOptionEntry common[] = {
    { "bus", 0, 0, G_OPTION_ARG_NONE, &global->bus, N_ ("Use the service on the session bus"),
      NULL },
    { "no-bus", 0, 0, G_OPTION_ARG_NONE, &global->no_bus, N_ ("Use a service of our own"), NULL },
    { "no-ask", 0, 0, G_OPTION_ARG_NONE, &global->no_ask,
      N_ ("Let nobody be asked for a privilege"), NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &global->verbose, N_ ("Say which service is used"),
      NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) problem = NULL;

  if (global->current != NULL)
    inner_complete_words (global, *argc, *argv, entries, common, words);

  context = g_option_context_new (words);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, common, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, &problem))
    {
      /* GLib only says what is wrong. */
      g_set_error (error, problem->domain, problem->code, _ ("%s; see “--help”"), problem->message);
      return FALSE;
    }

  if (global->bus && global->no_bus)
    g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                         _ ("Only one of --bus and --no-bus can be given"));
  else if (max_words >= 0 && *argc > max_words + 1)
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” is one word too many; see “--help”"), (*argv)[max_words + 1]);
  else
    return TRUE;

  return FALSE;
}

InnerConnection *
inner_global_connect (const InnerGlobal *global, GError **error)
{
  InnerConnectMode mode = global->bus      ? INNER_CONNECT_BUS
                          : global->no_bus ? INNER_CONNECT_PRIVATE
                                           : INNER_CONNECT_AUTO;
  InnerConnection *connection;

  connection = inner_connect (mode, global->verbose, error);
  if (connection != NULL)
    connection->no_ask = global->no_ask;
  return connection;
}
