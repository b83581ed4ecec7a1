/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-connect.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inner-client.h"
#include "inner-fds.h"

#define SERVICE INNER_LIBEXECDIR "/inner-sandboxd"
#define SERVICE_FD 3
#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define BUS_TIMEOUT_MS 30000

void
inner_connection_free (InnerConnection *connection)
{
  g_clear_object (&connection->bus);
  g_free (connection->destination);
  g_free (connection);
}

static GVariant *
ask_bus (GDBusConnection *bus,
         const char *method,
         GVariant *parameters,
         const char *type,
         GError **error)
{
  return g_dbus_connection_call_sync (bus, BUS_NAME, BUS_PATH, BUS_NAME, method, parameters,
                                      G_VARIANT_TYPE (type), G_DBUS_CALL_FLAGS_NONE, BUS_TIMEOUT_MS,
                                      NULL, error);
}

static char *
name_owner (GDBusConnection *bus, GError **error)
{
  g_autoptr (GVariant) reply =
      ask_bus (bus, "GetNameOwner", g_variant_new ("(s)", INNER_BUS_NAME), "(s)", error);
  char *owner = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(s)", &owner);
  return owner;
}

/* The unique name of the service, which the bus starts if it can. */
static char *
find_service (GDBusConnection *bus, GError **error)
{
  g_autoptr (GVariant) started = NULL;
  char *owner = name_owner (bus, NULL);

  if (owner != NULL)
    return owner;
  started =
      ask_bus (bus, "StartServiceByName", g_variant_new ("(su)", INNER_BUS_NAME, 0), "(u)", error);
  return started != NULL ? name_owner (bus, error) : NULL;
}

/* SECURITY: anybody on the bus may have taken the name; only a process of our own user gets our
 * environment and our descriptors, and it is called by its unique name from here on (attack 69,
 * pitfalls P25 and P26; tests/polkit/test_polkitd.py, suite root). */
static gboolean
check_owner (GDBusConnection *bus, const char *owner, guint32 *pid, GError **error)
{
  g_autoptr (GVariant) reply =
      ask_bus (bus, "GetConnectionCredentials", g_variant_new ("(s)", owner), "(a{sv})", error);
  g_autoptr (GVariant) credentials = NULL;
  guint32 uid;

  if (reply == NULL)
    return FALSE;
  credentials = g_variant_get_child_value (reply, 0);
  g_variant_lookup (credentials, "ProcessID", "u", pid);
  if (g_variant_lookup (credentials, "UnixUserID", "u", &uid) && uid == getuid ())
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED,
               _ ("The name %s on the session bus belongs to somebody else; use “--no-bus”"),
               INNER_BUS_NAME);
  return FALSE;
}

/* Never asks GIO to start a bus of its own: what has no bus gets a private service. */
static gboolean
bus_is_there (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  g_autofree char *socket = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);

  return (address != NULL && address[0] != '\0') || access (socket, F_OK) == 0;
}

static InnerConnection *
connect_bus (gboolean verbose, GError **error)
{
  g_autoptr (GDBusConnection) bus = NULL;
  g_autofree char *owner = NULL;
  InnerConnection *connection;
  guint32 pid = 0;

  if (!bus_is_there ())
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("There is no session bus"));
      return NULL;
    }
  bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);
  if (bus == NULL)
    return NULL;
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  owner = find_service (bus, error);
  if (owner == NULL || !check_owner (bus, owner, &pid, error))
    return NULL;

  if (verbose)
    inner_say (_ ("using the service on the session bus (%s, process %u)"), owner, pid);
  connection = g_new0 (InnerConnection, 1);
  connection->bus = g_steal_pointer (&bus);
  connection->destination = g_steal_pointer (&owner);
  return connection;
}

/* What a service needs to find the user's files, messages and buses; nothing else goes along (attack
 * 30; tests/attack/test_031_planted_helpers.py). */
static char **
service_environment (void)
{
  static const char *const names[] = {
    "HOME",    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
    "LANG",    "LANGUAGE",        "LC_ALL",          "LC_MESSAGES",   "DBUS_SYSTEM_BUS_ADDRESS",
    "G_DEBUG", "ASAN_OPTIONS",    "UBSAN_OPTIONS",   "LSAN_OPTIONS",
  };
  GPtrArray *environment = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]) != NULL)
      g_ptr_array_add (environment, g_strdup_printf ("%s=%s", names[i], g_getenv (names[i])));
  g_ptr_array_add (environment, NULL);
  return (char **) g_ptr_array_free (environment, FALSE);
}

/* Its own session, so that ctrl-C reaches the command through us and not the service too. */
static int
spawn_service (int socket, pid_t *pid)
{
  char *arguments[] = { (char *) "inner-sandboxd", (char *) "--private-fd=3", NULL };
  g_auto (GStrv) environment = service_environment ();
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigset_t all;
  int result;

  sigemptyset (&none);
  sigfillset (&all);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes,
                            POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &all);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, socket, SERVICE_FD);
  posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2 (&actions, 0, 1);

  result = posix_spawn (pid, SERVICE, &actions, &attributes, arguments, environment);

  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  return result;
}

static GDBusConnection *
connect_socket (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  g_autoptr (GSocketConnection) stream = NULL;

  if (socket == NULL)
    return NULL;
  stream = g_socket_connection_factory_create_connection (socket);
  return g_dbus_connection_new_sync (
      G_IO_STREAM (stream), NULL, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, error);
}

static InnerConnection *
connect_private (gboolean verbose, GError **error)
{
  g_autoptr (GDBusConnection) bus = NULL;
  InnerConnection *connection;
  inner_autofd theirs = -1;
  int pair[2];
  pid_t pid = 0;
  int result = socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ? errno : 0;

  if (result == 0)
    {
      theirs = pair[1];
      result = spawn_service (theirs, &pid);
      if (result != 0)
        close (pair[0]);
    }
  if (result != 0)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                   _ ("Cannot start “%s”: %s; install the package again"), SERVICE,
                   g_strerror (result));
      return NULL;
    }

  inner_clear_fd (&theirs);
  bus = connect_socket (pair[0], error);
  if (bus == NULL)
    {
      g_prefix_error (error, _ ("The service of our own did not start: "));
      return NULL;
    }
  if (verbose)
    inner_say (_ ("using a service of our own (process %d)"), (int) pid);
  connection = g_new0 (InnerConnection, 1);
  connection->bus = g_steal_pointer (&bus);
  return connection;
}

/* A name that belongs to somebody else is a reason to stop, not to go another way in silence. */
InnerConnection *
inner_connect (InnerConnectMode mode, gboolean verbose, GError **error)
{
  g_autoptr (GError) reason = NULL;
  InnerConnection *connection = NULL;

  if (mode != INNER_CONNECT_PRIVATE)
    connection = connect_bus (verbose, &reason);
  if (connection != NULL)
    return connection;
  if (mode == INNER_CONNECT_BUS ||
      g_error_matches (reason, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED))
    {
      g_dbus_error_strip_remote_error (reason);
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }

  if (verbose && reason != NULL)
    {
      g_dbus_error_strip_remote_error (reason);
      inner_say (_ ("not using the session bus: %s"), reason->message);
    }
  return connect_private (verbose, error);
}

GVariant *
inner_call (InnerConnection *connection,
            const char *path,
            const char *interface,
            const char *method,
            GVariant *parameters,
            const char *reply_type,
            GUnixFDList *fds,
            GError **error)
{
  return g_dbus_connection_call_with_unix_fd_list_sync (
      connection->bus, connection->destination, path, interface, method, parameters,
      G_VARIANT_TYPE (reply_type), G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, fds,
      NULL, NULL, error);
}
