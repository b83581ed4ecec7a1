/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-caller.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-identity.h"

struct _InnerCallers
{
  GDBusConnection *connection;
  InnerCaller *peer; /* private connection: the one and only */
  GHashTable *known; /* unique name -> Entry */
  GCancellable *cancellable;
  InnerCallerGone gone;
  gpointer data;
};

/* A caller that is known or being asked about. */
typedef struct
{
  InnerCallers *callers;
  char *sender;
  guint subscription;
  InnerCaller *caller; /* NULL until the bus has answered */
  GArray *waiting;     /* of Waiting */
} Entry;

typedef struct
{
  InnerCallerFound found;
  gpointer data;
} Waiting;

/* The question to the bus: by name, because the entry may be gone when the answer comes. */
typedef struct
{
  InnerCallers *callers;
  char *sender;
} Question;

static void
question_free (Question *question)
{
  g_free (question->sender);
  g_free (question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_free)

/* Half of our time, and more for a while. Who waits for each answer takes less. */
#define MAX_TIME_US (3 * G_USEC_PER_SEC)
#define SHARE 2

gboolean
inner_caller_may_call (InnerCaller *caller)
{
  gint64 now = g_get_monotonic_time ();
  gint64 more = caller->counted_at == 0 ? MAX_TIME_US : (now - caller->counted_at) / SHARE;

  caller->time_left = MIN (caller->time_left + more, MAX_TIME_US);
  caller->counted_at = now;
  return caller->time_left > 0;
}

void
inner_caller_charge (InnerCaller *caller, gint64 us)
{
  caller->time_left -= us;
}

InnerCaller *
inner_caller_ref (InnerCaller *caller)
{
  return g_rc_box_acquire (caller);
}

static void
caller_clear (gpointer data)
{
  InnerCaller *caller = data;

  g_free (caller->sender);
  inner_clear_fd (&caller->pidfd);
  g_object_unref (caller->gone);
}

void
inner_caller_unref (InnerCaller *caller)
{
  g_rc_box_release_full (caller, caller_clear);
}

/* SECURITY: a process that is gone has no identity any more, and its number may be another's (attack 69,
 * pitfalls P5 and P10; tests/bus/test_identity.py). Without a pidfd from the bus, a gap stays between the
 * caller's connecting and this call. */
static InnerCaller *
caller_new (const char *sender, uid_t uid, pid_t pid, int pidfd)
{
  InnerCaller *caller;

  if (pidfd < 0 && pid > 0)
    pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  if (pidfd < 0 && pid > 0 && errno == ESRCH)
    return NULL;

  caller = g_rc_box_new0 (InnerCaller);

  caller->sender = g_strdup (sender);
  caller->uid = uid;
  caller->pid = pid;
  caller->pidfd = pidfd;
  if (uid == getuid ())
    caller->confined = inner_identity_find_confinement (pid, pidfd);
  caller->gone = g_cancellable_new ();
  return caller;
}

static void
entry_free (Entry *entry)
{
  g_dbus_connection_signal_unsubscribe (entry->callers->connection, entry->subscription);
  g_free (entry->sender);
  g_clear_pointer (&entry->caller, inner_caller_unref);
  g_array_unref (entry->waiting);
  g_free (entry);
}

void
inner_callers_free (InnerCallers *callers)
{
  g_cancellable_cancel (callers->cancellable);
  g_object_unref (callers->cancellable);
  g_hash_table_unref (callers->known);
  g_clear_pointer (&callers->peer, inner_caller_unref);
  g_object_unref (callers->connection);
  g_free (callers);
}

static InnerCaller *
peer_of_connection (GDBusConnection *connection)
{
  GCredentials *credentials = g_dbus_connection_get_peer_credentials (connection);
  uid_t uid;
  pid_t pid;

  if (credentials == NULL)
    return NULL;
  uid = g_credentials_get_unix_user (credentials, NULL);
  pid = g_credentials_get_unix_pid (credentials, NULL);
  return uid != (uid_t) -1 ? caller_new (NULL, uid, MAX (pid, 0), -1) : NULL;
}

InnerCallers *
inner_callers_new (GDBusConnection *connection, InnerCallerGone gone, gpointer data)
{
  InnerCallers *callers = g_new0 (InnerCallers, 1);

  callers->connection = g_object_ref (connection);
  callers->known =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) entry_free);
  callers->cancellable = g_cancellable_new ();
  callers->gone = gone;
  callers->data = data;
  if (g_dbus_connection_get_unique_name (connection) == NULL)
    callers->peer = peer_of_connection (connection);
  return callers;
}

/* SECURITY: only the user whom the service works for; whatever is not certain is somebody else
 * (attacks 69 and 70, pitfall P10; tests/bus/test_identity.py). */
static gboolean
caller_is_ours (const InnerCaller *caller)
{
  return caller != NULL && caller->uid == getuid ();
}

static GError *
refusal_of (const InnerCaller *caller)
{
  if (!caller_is_ours (caller))
    return g_error_new_literal (G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                _ ("This service works for the user who started it, and the "
                                   "caller is not known to be that user"));
  if (caller->confined == NULL)
    return NULL;
  return g_error_new (G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                      _ ("This service does not listen to confined programs: %s"),
                      _ (caller->confined));
}

static void
answer (InnerCaller *caller, InnerCallerFound found, gpointer data)
{
  g_autoptr (GError) error = refusal_of (caller);

  found (error == NULL ? caller : NULL, error, data);
}

static void
answer_all (Entry *entry)
{
  g_autoptr (GArray) waiting = g_steal_pointer (&entry->waiting);
  g_autoptr (InnerCaller) caller = entry->caller != NULL ? inner_caller_ref (entry->caller) : NULL;

  entry->waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
  for (guint i = 0; i < waiting->len; i++)
    {
      Waiting *one = &g_array_index (waiting, Waiting, i);

      answer (caller, one->found, one->data);
    }
}

static InnerCaller *
parse_credentials (const char *sender, GVariant *reply, GUnixFDList *fds)
{
  g_autoptr (GVariant) values = g_variant_get_child_value (reply, 0);
  guint32 uid;
  guint32 pid = 0;
  gint32 handle;
  int pidfd = -1;

  if (!g_variant_lookup (values, "UnixUserID", "u", &uid))
    return NULL;
  g_variant_lookup (values, "ProcessID", "u", &pid);
  if (g_variant_lookup (values, "ProcessFD", "h", &handle))
    pidfd = inner_fds_dup_handle (fds, handle, "ProcessFD", NULL);
  return caller_new (sender, uid, pid, pidfd);
}

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Question) question = data;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), &fds, result, &error);
  Entry *entry;

  /* Cancelled means that the callers are gone. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  entry = g_hash_table_lookup (question->callers->known, question->sender);
  if (entry == NULL)
    return;

  if (reply != NULL)
    entry->caller = parse_credentials (question->sender, reply, fds);
  if (!caller_is_ours (entry->caller))
    g_clear_pointer (&entry->caller, inner_caller_unref);
  answer_all (entry);
  if (entry->caller == NULL)
    g_hash_table_remove (question->callers->known, question->sender);
}

static void
drop (InnerCallers *callers, InnerCaller *caller)
{
  g_cancellable_cancel (caller->gone);
  callers->gone (caller, callers->data);
}

static void
on_name_owner_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *parameters,
                       gpointer data)
{
  InnerCallers *callers = data;
  const char *name;
  const char *new_owner;
  Entry *entry;

  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  entry = g_hash_table_lookup (callers->known, name);
  if (entry == NULL || new_owner[0] != '\0')
    return;

  g_hash_table_steal (callers->known, name);
  answer_all (entry);
  if (entry->caller != NULL)
    drop (callers, entry->caller);
  entry_free (entry);
}

/* The subscription comes first: a caller that leaves in between is then missed by nobody. */
static Entry *
ask_bus (InnerCallers *callers, const char *sender)
{
  Entry *entry = g_new0 (Entry, 1);
  Question *question = g_new0 (Question, 1);

  entry->callers = callers;
  entry->sender = g_strdup (sender);
  entry->waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
  g_hash_table_insert (callers->known, entry->sender, entry);
  entry->subscription = g_dbus_connection_signal_subscribe (
      callers->connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
      "/org/freedesktop/DBus", sender, G_DBUS_SIGNAL_FLAGS_NONE, on_name_owner_changed, callers,
      NULL);

  question->callers = callers;
  question->sender = g_strdup (sender);
  g_dbus_connection_call_with_unix_fd_list (
      callers->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "GetConnectionCredentials", g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(a{sv})"),
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, callers->cancellable, on_credentials, question);
  return entry;
}

void
inner_callers_look_up (InnerCallers *callers,
                       GDBusMethodInvocation *invocation,
                       InnerCallerFound found,
                       gpointer data)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  Waiting waiting = { found, data };
  Entry *entry;

  if (sender == NULL || g_dbus_connection_get_unique_name (callers->connection) == NULL)
    {
      answer (callers->peer, found, data);
      return;
    }

  entry = g_hash_table_lookup (callers->known, sender);
  if (entry != NULL && entry->caller != NULL)
    {
      answer (entry->caller, found, data);
      return;
    }
  if (entry == NULL)
    entry = ask_bus (callers, sender);
  g_array_append_val (entry->waiting, waiting);
}

void
inner_callers_drop (InnerCallers *callers)
{
  GHashTableIter iter;
  gpointer value;

  if (callers->peer != NULL)
    drop (callers, callers->peer);
  g_hash_table_iter_init (&iter, callers->known);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Entry *) value)->caller != NULL)
      drop (callers, ((Entry *) value)->caller);
}
