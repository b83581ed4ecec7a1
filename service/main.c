/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "inner-directories.h"
#include "inner-error.h"
#include "inner-names.h"
#include "inner-service.h"

typedef struct
{
  GMainLoop *loop;
  InnerService *service;
  int status;
} Main;

static void
quit (gpointer data)
{
  g_main_loop_quit (((Main *) data)->loop);
}

static gboolean
on_signal (gpointer data)
{
  quit (data);
  return G_SOURCE_CONTINUE;
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer data)
{
  Main *self = data;

  /* With the bus gone, the name is no news. */
  if (connection != NULL && !g_dbus_connection_is_closed (connection))
    g_printerr (_ ("inner-sandboxd: the name %s belongs to another process already\n"), name);
  self->status = EXIT_FAILURE;
  quit (self);
}

/* The private line: one innerctl at the other end of a socket pair (pitfall P32). */
static GDBusConnection *
connect_private (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autofree char *guid = g_dbus_generate_guid ();

  if (socket == NULL)
    return NULL;
  stream = g_socket_connection_factory_create_connection (socket);
  return g_dbus_connection_new_sync (G_IO_STREAM (stream), guid,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
                                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_REQUIRE_SAME_USER |
                                         G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                     NULL, NULL, error);
}

static int
run (int private_fd)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  Main self = { .loop = loop, .status = EXIT_SUCCESS };
  guint name = 0;

  connection = private_fd >= 0 ? connect_private (private_fd, &error)
                               : g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  if (connection != NULL)
    {
      g_dbus_connection_set_exit_on_close (connection, FALSE);
      self.service = inner_service_new (connection, quit, &self, &error);
    }
  if (self.service == NULL)
    {
      g_printerr ("inner-sandboxd: %s\n", error->message);
      return EXIT_FAILURE;
    }

  g_unix_signal_add (SIGTERM, on_signal, &self);
  g_unix_signal_add (SIGINT, on_signal, &self);
  if (private_fd >= 0)
    g_dbus_connection_start_message_processing (connection);
  else
    name = g_bus_own_name_on_connection (connection, INNER_BUS_NAME,
                                         G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, NULL, on_name_lost,
                                         &self, NULL);
  g_main_loop_run (loop);

  g_clear_handle_id (&name, g_bus_unown_name);
  inner_service_free (self.service);
  return self.status;
}

/* A sandbox that starts takes some twenty descriptors for a moment, and the kernel counts those under way
 * to a supervisor against this limit too. inner-init gives commands the usual limit again. */
static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

/* SECURITY: callers' environments pass through our memory; no other process of the user may trace us
 * or read /proc/PID/environ (attack 6; tests/bus/test_identity.py). The leak checker of a sanitizer
 * build has to trace us. */
static void
close_to_tracers (void)
{
#ifndef __SANITIZE_ADDRESS__
  prctl (PR_SET_DUMPABLE, 0);
#endif
}

int
main (int argc, char **argv)
{
  gboolean version = FALSE;
  int private_fd = -1;
  const GOptionEntry entries[] = {
    { "private-fd", 0, 0, G_OPTION_ARG_INT, &private_fd,
      N_ ("Serve one client over this socket instead of the session bus"), "FD" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_ ("Print the version"), NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, INNER_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  inner_use_own_directories ();
  close_to_tracers ();
  raise_descriptor_limit ();
  signal (SIGPIPE, SIG_IGN);
  inner_error_quark ();

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("inner-sandboxd: %s\n", error->message);
      return EXIT_FAILURE;
    }
  if (version)
    {
      g_print ("inner-sandboxd %s\n", INNER_VERSION);
      return EXIT_SUCCESS;
    }

  return run (private_fd);
}
