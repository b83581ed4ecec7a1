/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-connect.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-agent.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-layers.h"
#include "inner-message.h"
#include "inner-names.h"
#include "inner-spawn.h"

#define SERVICE INNER_LIBEXECDIR "/inner-sandboxd"
#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define BUS_TIMEOUT_MS 30000
#define MAX_LOOKS 5
#define LEAVE_TIMEOUT_MS 2000

/* A service of our own asks us whether we have got the end that it told, and keeps it for others if we leave before we
 * have answered. What its main loop answers now comes after that question, which GDBus has answered when we get it
 * (test_nothing_stays_behind in tests/bus/test_run.py). */
static void
let_it_know (GDBusConnection *bus)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus, NULL, INNER_OBJECT_PATH, "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", INNER_INTERFACE_SANDBOX, "ApiVersion"), NULL, G_DBUS_CALL_FLAGS_NONE,
      LEAVE_TIMEOUT_MS, NULL, NULL);

  if (reply != NULL)
    g_dbus_connection_flush_sync (bus, NULL, NULL);
}

/* Closed first, because GLib 2.74 crashes where it answers a call while the last reference goes
 * (/connect/leave-while-asked in tests/unit/test-connect.c). */
void
inner_connection_free (InnerConnection *connection)
{
  if (connection->destination == NULL)
    let_it_know (connection->bus);
  g_dbus_connection_close_sync (connection->bus, NULL, NULL);
  g_clear_object (&connection->bus);
  g_free (connection->destination);
  g_free (connection);
}

/* What the bus says of the name, asked in one go: three answers for one round trip. */
typedef struct
{
  guint pending;
  char *owner_before; /* NULL: nobody */
  GVariant *credentials;
  char *owner_after;
} Ownership;

static void
ownership_clear (Ownership *ownership)
{
  g_free (ownership->owner_before);
  g_clear_pointer (&ownership->credentials, g_variant_unref);
  g_free (ownership->owner_after);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ownership, ownership_clear)

/* The answers come in the order of the questions. */
static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Ownership *ownership = data;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  guint left = --ownership->pending;

  if (reply == NULL)
    return;
  if (left == 1)
    ownership->credentials = g_variant_get_child_value (reply, 0);
  else
    g_variant_get (reply, "(s)", left == 2 ? &ownership->owner_before : &ownership->owner_after);
}

static void
ask_owner (GDBusConnection *bus, Ownership *ownership)
{
  static const struct
  {
    const char *method;
    const char *type;
  } questions[] = {
    { "GetNameOwner", "(s)" },
    { "GetConnectionCredentials", "(a{sv})" },
    { "GetNameOwner", "(s)" },
  };

  ownership->pending = G_N_ELEMENTS (questions);
  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++)
    g_dbus_connection_call (bus, BUS_NAME, BUS_PATH, BUS_NAME, questions[i].method,
                            g_variant_new ("(s)", INNER_BUS_NAME),
                            G_VARIANT_TYPE (questions[i].type), G_DBUS_CALL_FLAGS_NONE,
                            BUS_TIMEOUT_MS, NULL, on_answer, ownership);
  while (ownership->pending > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Lets the bus start the service, if it can. */
static gboolean
start_service (GDBusConnection *bus, GError **error)
{
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_sync (bus, BUS_NAME, BUS_PATH, BUS_NAME, "StartServiceByName",
                                   g_variant_new ("(su)", INNER_BUS_NAME, 0), NULL,
                                   G_DBUS_CALL_FLAGS_NONE, BUS_TIMEOUT_MS, NULL, error);

  return reply != NULL;
}

/* SECURITY: anybody on the bus may have taken the name; only a process of our own user gets our
 * environment and our descriptors, and it is called by its unique name from here on. The credentials are
 * those of that unique name, since it had the name before and after (attack 69, pitfalls P25 and P26;
 * tests/bus/test_identity.py). */
static gboolean
is_ours (const Ownership *ownership, guint32 *pid, GError **error)
{
  guint32 uid;

  g_variant_lookup (ownership->credentials, "ProcessID", "u", pid);
  if (g_variant_lookup (ownership->credentials, "UnixUserID", "u", &uid) && uid == getuid ())
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED,
               _ ("The name %s on the session bus belongs to somebody else; use “--no-bus”"),
               INNER_BUS_NAME);
  return FALSE;
}

/* The unique name of the service. One that comes, goes or is replaced between the questions is asked for
 * again: it is no stranger yet. */
static char *
find_service (GDBusConnection *bus, guint32 *pid, GError **error)
{
  for (guint i = 0; i < MAX_LOOKS; i++)
    {
      g_auto (Ownership) ownership = { 0 };

      ask_owner (bus, &ownership);
      if (ownership.owner_before == NULL && ownership.owner_after == NULL)
        {
          if (!start_service (bus, error))
            return NULL;
        }
      else if (ownership.credentials != NULL &&
               g_strcmp0 (ownership.owner_before, ownership.owner_after) == 0)
        return is_ours (&ownership, pid, error) ? g_steal_pointer (&ownership.owner_after) : NULL;
    }

  g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
               _ ("The name %s on the session bus does not stay with one service; try again"),
               INNER_BUS_NAME);
  return NULL;
}

/* SECURITY: GIO is never asked to find the bus, because it would run whatever is called dbus-launch on the
 * caller's PATH (attack 31; tests/unit/test-client.c). Nor is it reached over a network: descriptors cannot be
 * passed there, and GIO would load modules to find the way. */
static gboolean
is_unix_address (const char *address)
{
  g_auto (GStrv) entries = g_strsplit (address, ";", -1);

  for (char **entry = entries; *entry != NULL; entry++)
    if (!g_str_has_prefix (*entry, "unix:"))
      return FALSE;

  return TRUE;
}

/* Where the session bus listens, or %NULL: what has no bus gets a private service. */
char *
inner_session_bus_address (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *socket = NULL;
  g_autofree char *escaped = NULL;
  struct stat st;

  if (address != NULL && address[0] != '\0')
    return is_unix_address (address) ? g_strdup (address) : NULL;
  if (runtime == NULL || runtime[0] != '/')
    return NULL;
  socket = g_build_filename (runtime, "bus", NULL);
  if (stat (socket, &st) < 0 || !S_ISSOCK (st.st_mode) || st.st_uid != getuid ())
    return NULL;

  escaped = g_dbus_address_escape_value (socket);
  return g_strconcat ("unix:path=", escaped, NULL);
}

static GDBusConnection *
open_bus (const char *address, GError **error)
{
  if (address == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("there is no session bus"));
      return NULL;
    }

  return g_dbus_connection_new_for_address_sync (address,
                                                 G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                     G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                 NULL, NULL, error);
}

static InnerConnection *
connect_bus (const char *address, gboolean verbose, GError **error)
{
  g_autoptr (GDBusConnection) bus = open_bus (address, error);
  guint32 pid = 0;
  g_autofree char *owner = bus != NULL ? find_service (bus, &pid, error) : NULL;
  InnerConnection *connection;

  if (owner == NULL)
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
    "HOME",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
#ifdef INNER_DISABLE_LAYERS
    INNER_ENV_DISABLE_LAYER,
#endif
    "XDG_CACHE_HOME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "G_DEBUG",
    "ASAN_OPTIONS",
    "UBSAN_OPTIONS",
    "LSAN_OPTIONS",
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
  static const char *const arguments[] = {
    "inner-sandboxd",
    "--private-fd=" G_STRINGIFY (INNER_SPAWN_FD),
    NULL,
  };
  g_auto (GStrv) environment = service_environment ();
  const InnerSpawn spawn = {
    .path = SERVICE,
    .arguments = arguments,
    .environment = (const char *const *) environment,
    .socket = socket,
    .keep_stderr = TRUE,
    .new_session = TRUE,
  };

  return inner_spawn (&spawn, pid);
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
  g_autoptr (GError) reason = NULL;
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
  bus = connect_socket (pair[0], &reason);
  if (bus == NULL)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                   _ ("The service “%s” ended at once: %s; see what it said above"), SERVICE,
                   reason->message);
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
  g_autofree char *address = inner_session_bus_address ();
  g_autoptr (GError) reason = NULL;
  InnerConnection *connection = NULL;

  if (mode == INNER_CONNECT_BUS || (mode == INNER_CONNECT_AUTO && address != NULL))
    connection = connect_bus (address, verbose, &reason);
  if (connection != NULL)
    return connection;
  if (g_error_matches (reason, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED))
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }

  if (reason != NULL)
    g_dbus_error_strip_remote_error (reason);
  if (mode == INNER_CONNECT_BUS)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                   _ ("Cannot reach the service on the session bus: %s; use “--no-bus”"),
                   reason->message);
      return NULL;
    }
  if (verbose && reason != NULL)
    inner_say (_ ("not using the session bus: %s"), reason->message);
  return connect_private (verbose, error);
}

gboolean
inner_connection_is_lost (const GError *error)
{
  static const GDBusError gone[] = { G_DBUS_ERROR_NO_REPLY, G_DBUS_ERROR_SERVICE_UNKNOWN,
                                     G_DBUS_ERROR_NAME_HAS_NO_OWNER, G_DBUS_ERROR_DISCONNECTED };

  for (gsize i = 0; i < G_N_ELEMENTS (gone); i++)
    if (g_error_matches (error, G_DBUS_ERROR, gone[i]))
      return TRUE;

  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

GDBusCallFlags
inner_call_flags (const InnerConnection *connection)
{
  return connection->no_ask ? G_DBUS_CALL_FLAGS_NONE
                            : G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION;
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
  g_autoptr (GVariant) kept = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  g_autoptr (InnerAgent) agent = NULL;
  GVariant *reply = NULL;

  for (guint round = 0; round < 2 && reply == NULL; round++)
    {
      g_autoptr (GError) reason = NULL;

      reply = g_dbus_connection_call_with_unix_fd_list_sync (
          connection->bus, connection->destination, path, interface, method, kept,
          G_VARIANT_TYPE (reply_type), inner_call_flags (connection), G_MAXINT, fds, NULL, NULL,
          &reason);
      if (reply == NULL && round == 0 && inner_agent_can_help (connection, reason))
        {
          if (g_str_equal (method, "Start"))
            inner_agent_explain (connection, kept, fds);
          agent = inner_agent_start ();
          if (agent != NULL)
            continue;
        }
      if (reply == NULL)
        {
          g_propagate_error (error, g_steal_pointer (&reason));
          return NULL;
        }
    }

  return reply;
}

void
inner_call_instance (InnerConnection *connection,
                     const char *path,
                     const char *method,
                     GVariant *parameters)
{
  g_dbus_connection_call (connection->bus, connection->destination, path, INNER_INTERFACE_INSTANCE,
                          method, parameters, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}
