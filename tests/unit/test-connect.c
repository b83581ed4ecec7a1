/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The way to the service at the moment of its end. */

#include <sys/socket.h>

#include "inner-connect.h"

static GDBusConnection *
peer (int fd, GDBusConnectionFlags flags, const char *guid)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);
  g_autoptr (GSocketConnection) stream = NULL;
  GDBusConnection *connection;

  g_assert_no_error (error);
  stream = g_socket_connection_factory_create_connection (socket);
  connection = g_dbus_connection_new_sync (G_IO_STREAM (stream), guid, flags, NULL, NULL, &error);
  g_assert_no_error (error);
  return connection;
}

typedef struct
{
  int fd;
  /* Atomic: GDBus can answer nothing before it has made the connection, at either end. */
  gboolean begin;
  gboolean begun;
} Asker;

/* The other end: asks as fast as it can, until we are gone. */
static gpointer
ask_all_the_time (gpointer data)
{
  Asker *asker = data;
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GDBusConnection) connection =
      peer (asker->fd,
            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_ALLOW_ANONYMOUS,
            guid);

  while (!g_atomic_int_get (&asker->begin))
    g_thread_yield ();
  for (gboolean there = TRUE; there;)
    {
      g_autoptr (GVariant) reply =
          g_dbus_connection_call_sync (connection, NULL, "/", "org.freedesktop.DBus.Peer", "Ping",
                                       NULL, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL);

      g_atomic_int_set (&asker->begun, TRUE);
      there = reply != NULL;
    }
  return NULL;
}

static void
test_leave_while_asked (void)
{
  for (guint i = 0; i < 1000; i++)
    {
      InnerConnection *connection = g_new0 (InnerConnection, 1);
      Asker asker = { 0 };
      GThread *thread;
      int pair[2];

      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
      asker.fd = pair[1];
      thread = g_thread_new ("peer", ask_all_the_time, &asker);
      connection->bus = peer (pair[0], G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL);
      g_atomic_int_set (&asker.begin, TRUE);
      while (!g_atomic_int_get (&asker.begun))
        g_thread_yield ();
      g_usleep (g_test_rand_int_range (0, 300));
      inner_connection_free (connection);
      g_thread_join (thread);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connect/leave-while-asked", test_leave_while_asked);
  return g_test_run ();
}
