/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-instance-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <signal.h>

#include "inner-access.h"
#include "inner-error.h"
#include "inner-failure.h"
#include "inner-fds.h"
#include "inner-guard-recovery.h"
#include "inner-login-renewal.h"
#include "inner-instance-network.h"
#include "inner-instance-properties.h"
#include "inner-names.h"
#include "inner-places.h"
#include "inner-options.h"
#include "inner-request.h"
#include "inner-runs.h"
#include "inner-runtime-dir.h"
#include "inner-wire.h"

#define DEFAULT_GRACE_SECONDS 5
#define MAX_GRACE_SECONDS 3600

/* What a dead supervisor left is waited for so often, so long. */
#define MAX_LOOKS 50
#define LOOK_MS 20

/* Less than a supervisor keeps an end that nobody forgot. */
#define TOLD_TIMEOUT_MS 4000

static void inner_instance_iface_init (InnerDBusSandboxInstanceIface *iface);

G_DEFINE_TYPE_WITH_CODE (InnerInstance,
                         inner_instance,
                         INNER_DBUS_TYPE_SANDBOX_INSTANCE_SKELETON,
                         G_IMPLEMENT_INTERFACE (INNER_DBUS_TYPE_SANDBOX_INSTANCE,
                                                inner_instance_iface_init))

static GVariant *
make_result (InnerInstance *self)
{
  InnerDBusSandboxInstance *skeleton = SKELETON (self);
  const char *const *notes = inner_dbus_sandbox_instance_get_notes (skeleton);
  GVariantBuilder result;

  g_variant_builder_init (&result, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &result, "{sv}", "exit-code",
      g_variant_new_int32 (inner_dbus_sandbox_instance_get_exit_code (skeleton)));
  g_variant_builder_add (
      &result, "{sv}", "reason",
      g_variant_new_string (inner_dbus_sandbox_instance_get_exit_reason (skeleton)));
  g_variant_builder_add (&result, "{sv}", "signal", g_variant_new_int32 (self->signal));
  g_variant_builder_add (
      &result, "{sv}", "started-at",
      g_variant_new_int64 (inner_dbus_sandbox_instance_get_started_at (skeleton)));
  g_variant_builder_add (&result, "{sv}", "ended-at", g_variant_new_int64 (self->ended_at));
  g_variant_builder_add (&result, "{sv}", "notes",
                         g_variant_new_strv (notes, notes != NULL ? -1 : 0));
  g_variant_builder_add (&result, "{sv}", "guarded",
                         inner_dbus_sandbox_instance_get_guarded (skeleton));
  g_variant_builder_add (&result, "{sv}", "denied",
                         inner_dbus_sandbox_instance_get_denied (skeleton));
  if (self->summary)
    g_variant_builder_add (&result, "{sv}", "summary", g_variant_new_boolean (TRUE));
  g_variant_builder_add (&result, "{sv}", "limits-hit",
                         g_variant_new_strv ((const char *const *) self->limits_hit,
                                             self->limits_hit != NULL ? -1 : 0));
  return g_variant_builder_end (&result);
}

static void
answer_waiters (InnerInstance *self)
{
  g_autoptr (GPtrArray) waiters = g_steal_pointer (&self->waiters);

  self->waiters = g_ptr_array_new ();
  for (guint i = 0; i < waiters->len; i++)
    inner_dbus_sandbox_instance_complete_wait (SKELETON (self), g_ptr_array_index (waiters, i),
                                               make_result (self));

  inner_instance_end_commands (self);
  inner_instance_end_attaching (self);
  inner_instance_end_deciding (self);
  inner_instance_end_publishing (self);
}

static void
report_start (InnerInstance *self, const GError *error)
{
  InnerInstanceStarted started = g_steal_pointer (&self->started);

  if (started != NULL)
    started (self, error, self->data);
}

/* @values of "exited" or "guarded". */
static void
take_guarded (InnerInstance *self, GVariant *values)
{
  g_autoptr (GVariant) findings =
      g_variant_lookup_value (values, "guarded", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) described = NULL;

  if (findings == NULL)
    return;
  described = inner_guard_describe (findings);
  inner_dbus_sandbox_instance_set_guarded (SKELETON (self), described);
}

void
inner_instance_take_notes (InnerInstance *self, char **notes)
{
  const char *const *notes_before = inner_dbus_sandbox_instance_get_notes (SKELETON (self));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) added = notes;
  g_auto (GStrv) all = NULL;

  if (added == NULL)
    return;
  if (notes_before != NULL)
    g_strv_builder_addv (builder, (const char **) notes_before);
  g_strv_builder_addv (builder, (const char **) added);
  all = g_strv_builder_end (builder);
  inner_dbus_sandbox_instance_set_notes (SKELETON (self), (const char *const *) all);
}

/* Before anybody is told the end, so that who runs the agent again has its new login. */
static void
renew_logins (InnerInstance *self)
{
  const char *id = inner_instance_get_id (self);
  g_autofree char *runtime_dir = inner_runtime_dir_get (NULL);
  gboolean in_use = FALSE;
  inner_autofd fd = runtime_dir != NULL ? inner_runtime_dir_open (runtime_dir, id, &in_use) : -1;

  if (fd >= 0)
    inner_instance_take_notes (self, inner_login_renewal_run (fd, id));
}

/* @values of "exited". */
static void
take_limits_hit (InnerInstance *self, GVariant *values)
{
  g_clear_pointer (&self->limits_hit, g_strfreev);
  g_variant_lookup (values, "limits-hit", "^as", &self->limits_hit);
}

static void
set_ended (InnerInstance *self, int code, const char *reason, int signal, gint64 at)
{
  InnerDBusSandboxInstance *skeleton = SKELETON (self);

  self->ended = TRUE;
  self->signal = signal;
  self->ended_at = at;
  inner_dbus_sandbox_instance_set_pid (skeleton, 0);
  inner_dbus_sandbox_instance_set_exit_code (skeleton, code);
  inner_dbus_sandbox_instance_set_exit_reason (skeleton, reason);
  inner_dbus_sandbox_instance_set_state (skeleton, INNER_STATE_EXITED);
}

static void
end (InnerInstance *self, int code, const char *reason, int signal, gint64 at)
{
  set_ended (self, code, reason, signal, at);
  /* Those who wait come first; the signals are for everybody else. */
  answer_waiters (self);
  g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (self));
  inner_dbus_sandbox_instance_emit_exited (SKELETON (self), make_result (self));
}

/* The first word of a supervisor that was found alive. */
void
inner_instance_take_state (InnerInstance *self, GVariant *values)
{
  const char *state = INNER_STATE_RUNNING;
  guint32 pid = 0;
  gint64 started_at = 0;

  g_variant_lookup (values, "state", "&s", &state);
  g_variant_lookup (values, "pid", "u", &pid);
  g_variant_lookup (values, "started-at", "x", &started_at);
  inner_instance_take_denied (SKELETON (self), values);
  inner_instance_take_allowed (self, values);
  inner_dbus_sandbox_instance_set_state (SKELETON (self), state);
  inner_dbus_sandbox_instance_set_pid (SKELETON (self), pid);
  inner_dbus_sandbox_instance_set_started_at (SKELETON (self), started_at);
}

static void
on_started (InnerInstance *self, GVariant *values)
{
  gint32 pid = 0;
  gint64 at = 0;

  g_variant_lookup (values, "pid", "i", &pid);
  g_variant_lookup (values, "at", "x", &at);
  inner_dbus_sandbox_instance_set_pid (SKELETON (self), pid);
  inner_dbus_sandbox_instance_set_started_at (SKELETON (self), at);
  inner_dbus_sandbox_instance_set_state (SKELETON (self), INNER_STATE_RUNNING);
  report_start (self, NULL);
}

static void
on_failed (InnerInstance *self, GVariant *values)
{
  const char *const *command = inner_dbus_sandbox_instance_get_command (SKELETON (self));
  g_autoptr (GError) error = inner_failure_to_error (values, command[0]);

  set_ended (self, INNER_EXIT_ERROR, INNER_REASON_LOST, 0, g_get_real_time ());
  answer_waiters (self);
  report_start (self, error);
}

static void
on_told (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (InnerInstance) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  /* Without an answer the supervisor keeps the end, for whoever asks the next service. */
  if (self->link != NULL && (reply != NULL || g_dbus_error_is_remote_error (error)))
    inner_link_send (self->link, INNER_WIRE_FORGET, NULL, NULL, 0);
}

/* The end is written down until everybody who waits for it has it, because we may die before they do. Who answers this
 * call, the bus or the one client, got all that was sent before. Not g_dbus_connection_flush(): each takes one of GLib's
 * ten threads until all is written, and to write it the connection needs one of them, too. Sandboxes that end together
 * would wait for a minute, or for ever (test_many_ends, test_many_clients in tests/bus/test_many.py). */
static void
forget_when_told (InnerInstance *self)
{
  GDBusConnection *connection =
      g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self));
  gboolean bus = connection != NULL && g_dbus_connection_get_unique_name (connection) != NULL;

  if (connection != NULL)
    g_dbus_connection_call (connection, bus ? "org.freedesktop.DBus" : NULL,
                            bus ? "/org/freedesktop/DBus" : "/", "org.freedesktop.DBus.Peer",
                            "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, TOLD_TIMEOUT_MS, NULL,
                            on_told, g_object_ref (self));
}

static void
on_exited (InnerInstance *self, GVariant *values)
{
  gint32 code = -1;
  gint32 signal = 0;
  gint64 at = g_get_real_time ();
  const char *reason = INNER_REASON_EXITED;

  g_variant_lookup (values, "code", "i", &code);
  g_variant_lookup (values, "signal", "i", &signal);
  g_variant_lookup (values, "at", "x", &at);
  g_variant_lookup (values, "reason", "&s", &reason);
  take_guarded (self, values);
  renew_logins (self);
  inner_instance_take_denied (SKELETON (self), values);
  take_limits_hit (self, values);
  /* What is stopped while it starts ends without having run. */
  report_start (self, NULL);
  end (self, code, reason, signal, at);
  if (!self->private || !inner_dbus_sandbox_instance_get_detached (SKELETON (self)))
    forget_when_told (self);
}

static void
on_network (InnerInstance *self, GVariant *values)
{
  inner_instance_tell_network (SKELETON (self), values);
}

static void
on_message (const char *name, GVariant *values, gpointer data)
{
  static const struct
  {
    const char *name;
    void (*handle) (InnerInstance *self, GVariant *values);
  } handlers[] = {
    { INNER_WIRE_STARTED, on_started },
    { INNER_WIRE_FAILED, on_failed },
    { INNER_WIRE_EXITED, on_exited },
    { INNER_WIRE_EXEC_FAILED, inner_instance_on_exec_failed },
    { INNER_WIRE_EXEC_EXITED, inner_instance_on_exec_exited },
    { INNER_WIRE_ATTACHED, inner_instance_on_attached },
    { INNER_WIRE_DETACHED, inner_instance_on_detached },
    { INNER_WIRE_GUARDED, take_guarded },
    { INNER_WIRE_NETWORK, on_network },
    { INNER_WIRE_ALLOWED, inner_instance_take_allowed },
    { INNER_WIRE_DECIDED, inner_instance_on_decided },
    { INNER_WIRE_PUBLISHED, inner_instance_on_published },
  };
  g_autoptr (InnerInstance) self = g_object_ref (data);

  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (g_str_equal (name, handlers[i].name))
      {
        handlers[i].handle (self, values);
        return;
      }
}

static void on_closed (gpointer data);

/* What the sandbox planted is taken back before its end is told, as the supervisor would have done. FALSE if
 * something that the supervisor left behind still holds the directory: a process on its way to bwrap, for a moment. */
static gboolean
finish_for_supervisor (InnerInstance *self)
{
  const char *id = inner_instance_get_id (self);
  g_autofree char *runtime_dir = inner_runtime_dir_get (NULL);
  g_autofree char *state = g_build_filename (g_get_user_state_dir (), "inner", NULL);
  g_autoptr (GVariant) findings = NULL;
  g_autoptr (GVariant) values = NULL;
  gboolean in_use = FALSE;
  inner_autofd fd = runtime_dir != NULL ? inner_runtime_dir_open (runtime_dir, id, &in_use) : -1;

  if (in_use)
    return FALSE;
  /* Removed; or the end was written down, and waits for who asks for it. */
  if (fd < 0 || faccessat (fd, INNER_FILE_EXIT, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return TRUE;
  findings = inner_guard_recovery_run (fd);
  inner_runs_mark_lost (state, id, findings);
  inner_instance_take_notes (self, inner_login_renewal_run (fd, id));
  inner_runtime_dir_remove (runtime_dir, id);
  if (findings == NULL)
    return TRUE;
  values = g_variant_ref_sink (g_variant_new_parsed ("{'guarded': <%@aa{sv}>}", findings));
  take_guarded (self, values);
  return TRUE;
}

static gboolean
on_closed_before (gpointer data)
{
  on_closed (data);
  g_object_unref (data);
  return G_SOURCE_REMOVE;
}

/* The supervisor is gone. If it told the end before, all is well; if not, the sandbox died with it
 * and nobody knows its exit code. */
static void
on_closed (gpointer data)
{
  g_autoptr (InnerInstance) self = g_object_ref (data);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->link, inner_link_free);
  if (!finish_for_supervisor (self) && ++self->looks < MAX_LOOKS)
    {
      g_timeout_add (LOOK_MS, on_closed_before, g_object_ref (self));
      return;
    }
  if (self->ended)
    return;
  inner_copies_sweep ();
  if (self->started != NULL)
    {
      set_ended (self, INNER_EXIT_ERROR, INNER_REASON_LOST, 0, g_get_real_time ());
      answer_waiters (self);
      error = g_error_new_literal (INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                                   _ ("The supervisor died before the sandbox ran; see “innerctl "
                                      "doctor”"));
      report_start (self, error);
      return;
    }
  end (self, INNER_EXIT_ERROR, INNER_REASON_LOST, 0, g_get_real_time ());
}

gboolean
inner_instance_refuse_ended (InnerInstance *self, GDBusMethodInvocation *invocation)
{
  if (!self->ended && self->link != NULL)
    return FALSE;

  g_dbus_method_invocation_return_error (invocation, INNER_ERROR, INNER_ERROR_NOT_FOUND,
                                         _ ("Sandbox “%s” has already ended"),
                                         inner_instance_get_id (self));
  return TRUE;
}

static gboolean
handle_wait (InnerDBusSandboxInstance *skeleton, GDBusMethodInvocation *invocation)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);

  if (self->ended)
    inner_dbus_sandbox_instance_complete_wait (skeleton, invocation, make_result (self));
  else if (self->waiters->len < INNER_MAX_WAITERS)
    g_ptr_array_add (self->waiters, invocation);
  else
    g_dbus_method_invocation_return_error (
        invocation, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
        _ ("%d calls wait for the end of sandbox “%s” already; listen to its signal Exited"),
        INNER_MAX_WAITERS, inner_instance_get_id (self));
  return TRUE;
}

static void
send_stop (InnerInstance *self, guint32 grace_ms, const char *reason)
{
  GVariantBuilder values;

  g_variant_builder_init (&values, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&values, "{sv}", "grace-ms", g_variant_new_uint32 (grace_ms));
  g_variant_builder_add (&values, "{sv}", "reason", g_variant_new_string (reason));
  inner_link_send (self->link, INNER_WIRE_STOP, g_variant_builder_end (&values), NULL, 0);
  inner_dbus_sandbox_instance_set_state (SKELETON (self), INNER_STATE_STOPPING);
}

static gboolean
check_grace (GVariant *value, GError **error)
{
  if (g_variant_get_uint64 (value) <= MAX_GRACE_SECONDS)
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("at most %d seconds"),
               MAX_GRACE_SECONDS);
  return FALSE;
}

static gboolean
handle_stop (InnerDBusSandboxInstance *skeleton,
             GDBusMethodInvocation *invocation,
             GVariant *options)
{
  static const InnerOption table[] = { { INNER_OPTION_GRACE, "t", check_grace },
                                       { NULL, NULL, NULL } };
  InnerInstance *self = INNER_INSTANCE (skeleton);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariantDict) dict = inner_options_check (options, table, &error);
  guint64 grace = DEFAULT_GRACE_SECONDS;

  if (dict == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;

  g_variant_dict_lookup (dict, INNER_OPTION_GRACE, "t", &grace);
  send_stop (self, grace * 1000, INNER_REASON_STOPPED);
  inner_dbus_sandbox_instance_complete_stop (skeleton, invocation);
  return TRUE;
}

gboolean
inner_instance_check_signal (GDBusMethodInvocation *invocation, int signal)
{
  if (signal >= 1 && signal < NSIG)
    return TRUE;
  g_dbus_method_invocation_return_error (invocation, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                                         _ ("%d is no signal; use 1 to %d"), signal, NSIG - 1);
  return FALSE;
}

void
inner_instance_forget_owner (InnerInstance *self)
{
  g_clear_pointer (&self->owner, inner_caller_unref);
}

void
inner_instance_send_signal (InnerInstance *self, guint32 tag, int signal)
{
  inner_link_send (self->link, INNER_WIRE_SIGNAL,
                   g_variant_new_parsed ("{'signal': <%i>, 'tag': <%u>}", signal, tag), NULL, 0);
}

static gboolean
handle_kill (InnerDBusSandboxInstance *skeleton, GDBusMethodInvocation *invocation, int signal)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);

  if (!inner_instance_check_signal (invocation, signal) ||
      inner_instance_refuse_ended (self, invocation))
    return TRUE;

  inner_instance_send_signal (self, 0, signal);
  inner_dbus_sandbox_instance_complete_kill (skeleton, invocation);
  return TRUE;
}

static void
inner_instance_finalize (GObject *object)
{
  InnerInstance *self = INNER_INSTANCE (object);

  g_clear_pointer (&self->link, inner_link_free);
  g_clear_pointer (&self->owner, inner_caller_unref);
  g_clear_pointer (&self->limits_hit, g_strfreev);
  g_ptr_array_unref (self->waiters);
  g_hash_table_unref (self->commands);
  g_hash_table_unref (self->attaching);
  g_ptr_array_unref (self->detaching);
  g_hash_table_unref (self->deciding);
  g_ptr_array_unref (self->watchers);
  g_free (self->profile_path);
  g_hash_table_unref (self->publishing);
  G_OBJECT_CLASS (inner_instance_parent_class)->finalize (object);
}

static void
inner_instance_iface_init (InnerDBusSandboxInstanceIface *iface)
{
  iface->handle_wait = handle_wait;
  iface->handle_stop = handle_stop;
  iface->handle_kill = handle_kill;
  iface->handle_exec = inner_instance_handle_exec;
  iface->handle_kill_exec = inner_instance_handle_kill_exec;
  iface->handle_resize_exec = inner_instance_handle_resize_exec;
  iface->handle_attach = inner_instance_handle_attach;
  iface->handle_resize = inner_instance_handle_resize;
  iface->handle_detach = inner_instance_handle_detach;
  iface->handle_allow_destination = inner_instance_handle_allow_destination;
  iface->handle_deny_destination = inner_instance_handle_deny_destination;
  iface->handle_watch_destinations = inner_instance_handle_watch_destinations;
  iface->handle_publish = inner_instance_handle_publish;
}

static void
inner_instance_class_init (InnerInstanceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = inner_instance_finalize;
  inner_access_guard_class (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
inner_instance_init (InnerInstance *self)
{
  self->waiters = g_ptr_array_new ();
  self->commands = inner_instance_commands_new ();
  self->attaching = g_hash_table_new (NULL, NULL);
  self->detaching = g_ptr_array_new ();
  self->deciding = g_hash_table_new (NULL, NULL);
  self->watchers = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_caller_unref);
  self->publishing = g_hash_table_new (NULL, NULL);
}

static InnerInstance *
instance_new (GVariant *properties)
{
  InnerInstance *self = g_object_new (INNER_TYPE_INSTANCE, NULL);

  inner_dbus_sandbox_instance_set_notes (SKELETON (self), (const char *const[]){ NULL });
  inner_dbus_sandbox_instance_set_published (SKELETON (self), (const char *const[]){ NULL });
  inner_instance_set_properties (SKELETON (self), properties);
  g_variant_lookup (properties, "Summary", "b", &self->summary);
  g_variant_lookup (properties, "ProfilePath", "s", &self->profile_path);
  inner_dbus_sandbox_instance_set_state (SKELETON (self), INNER_STATE_STARTING);
  inner_dbus_sandbox_instance_set_exit_code (SKELETON (self), -1);
  inner_dbus_sandbox_instance_set_guarded (SKELETON (self),
                                           g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  inner_dbus_sandbox_instance_set_denied (SKELETON (self),
                                          g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  inner_dbus_sandbox_instance_set_allowed (SKELETON (self),
                                           g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  inner_dbus_sandbox_instance_set_asked (SKELETON (self),
                                         g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  inner_dbus_sandbox_instance_set_exit_reason (SKELETON (self), "");
  return self;
}

InnerInstance *
inner_instance_new (GVariant *properties, InnerLink *link, InnerCaller *owner, gboolean private)
{
  InnerInstance *self = instance_new (properties);

  self->link = link;
  self->owner = owner != NULL ? inner_caller_ref (owner) : NULL;
  self->private = private;
  inner_link_follow (link, on_message, on_closed, self);
  return self;
}

InnerInstance *
inner_instance_new_ended (GVariant *properties, GVariant *exited)
{
  InnerInstance *self = instance_new (properties);
  gint32 code = -1;
  gint32 signal = 0;
  gint64 at = 0;
  gint64 started_at = 0;
  const char *reason = INNER_REASON_LOST;

  g_variant_lookup (exited, "started-at", "x", &started_at);
  inner_dbus_sandbox_instance_set_started_at (SKELETON (self), started_at);
  g_variant_lookup (exited, "code", "i", &code);
  g_variant_lookup (exited, "signal", "i", &signal);
  g_variant_lookup (exited, "at", "x", &at);
  g_variant_lookup (exited, "reason", "&s", &reason);
  take_guarded (self, exited);
  inner_instance_take_denied (SKELETON (self), exited);
  take_limits_hit (self, exited);
  inner_instance_end_publishing (self);
  set_ended (self, code, reason, signal, at);
  return self;
}

void
inner_instance_follow (InnerInstance *self, InnerInstanceStarted started, gpointer data)
{
  self->started = started;
  self->data = data;
}

void
inner_instance_set_service (InnerInstance *self, InnerService *service)
{
  self->service = service;
}

const char *
inner_instance_get_id (InnerInstance *self)
{
  return inner_dbus_sandbox_instance_get_id (SKELETON (self));
}

gboolean
inner_instance_has_ended (InnerInstance *self)
{
  return self->ended;
}

gboolean
inner_instance_is_starting (InnerInstance *self)
{
  return g_str_equal (inner_dbus_sandbox_instance_get_state (SKELETON (self)),
                      INNER_STATE_STARTING);
}

InnerCaller *
inner_instance_get_owner (InnerInstance *self)
{
  return self->owner;
}

gint64
inner_instance_get_end (InnerInstance *self)
{
  return self->ended_at;
}

void
inner_instance_hang_up (InnerInstance *self)
{
  if (!self->ended && self->link != NULL)
    send_stop (self, DEFAULT_GRACE_SECONDS * 1000, INNER_REASON_CLIENT_GONE);
}
