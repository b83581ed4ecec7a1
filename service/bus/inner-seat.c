/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-seat.h"

#include <glib/gi18n.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-host.h"
#include "inner-names.h"

#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"
#define PATIENCE_MS 10000
#define SPARE_DELAY_MS 50
#define SPARE_SECONDS 300

/* What is to be asked of systemd next. */
typedef enum
{
  STEP_MAKE,  /* the scope is asked for when there is a connection */
  STEP_WAIT,  /* systemd works on it */
  STEP_MADE,  /* it is there, and has no limits yet */
  STEP_BOUND, /* nothing is left to do */
  STEP_FAILED,
} Step;

struct _InnerSeats
{
  char *address;            /* %NULL: the user has no systemd */
  GDBusConnection *systemd; /* %NULL until it is needed */
  guint subscription;
  gboolean connecting;
  GCancellable *cancellable;
  GHashTable *waiting; /* set of InnerSeat: somebody waits for it */
  GHashTable *making;  /* name of the scope -> InnerSeat, borrowed: whose scope is not there yet */
  InnerSeat *spare;    /* (nullable) */
  gboolean keep_spare;
  guint spare_timer; /* makes a spare one, or lets it go */
};

struct _InnerSeat
{
  InnerSeats *seats;
  InnerLink *link;
  char *scope; /* %NULL: none */
  Step step;
  GError *error;
  GCancellable *cancellable;
  guint timer;

  GVariant *properties; /* what was asked for by inner_seat_bound() */
  InnerSeatReady ready;
  gpointer data;
  guint ready_source;
};

static void go_on (InnerSeat *seat);

void
inner_seat_free (InnerSeat *seat)
{
  if (seat->scope != NULL)
    g_hash_table_remove (seat->seats->making, seat->scope);
  g_hash_table_remove (seat->seats->waiting, seat);
  g_cancellable_cancel (seat->cancellable);
  g_object_unref (seat->cancellable);
  g_clear_handle_id (&seat->timer, g_source_remove);
  g_clear_handle_id (&seat->ready_source, g_source_remove);
  g_clear_pointer (&seat->link, inner_link_free);
  g_clear_pointer (&seat->properties, g_variant_unref);
  g_clear_error (&seat->error);
  g_free (seat->scope);
  g_free (seat);
}

static gboolean
on_ready (gpointer data)
{
  InnerSeat *seat = data;
  InnerSeatReady ready = g_steal_pointer (&seat->ready);

  seat->ready_source = 0;
  g_hash_table_remove (seat->seats->waiting, seat);
  /* It may free the seat. */
  ready (seat->error, seat->data);
  return G_SOURCE_REMOVE;
}

static void
report (InnerSeat *seat)
{
  g_clear_handle_id (&seat->timer, g_source_remove);
  if (seat->ready != NULL && seat->ready_source == 0)
    seat->ready_source = g_idle_add_full (G_PRIORITY_DEFAULT, on_ready, seat, NULL);
}

/* SECURITY: a sandbox that could not get the limits of its plan does not start (attack 106;
 * test_scope_is_refused). */
static void
fail (InnerSeat *seat, const char *reason)
{
  seat->step = STEP_FAILED;
  g_hash_table_remove (seat->seats->making, seat->scope);
  if (seat->error == NULL)
    seat->error =
        g_error_new (INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                     _ ("Your systemd did not make the scope “%s”, which keeps the limits of the "
                        "sandbox: %s; see “systemctl --user status”"),
                     seat->scope, reason);
  report (seat);
}

static void
on_bound (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  InnerSeat *seat = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* The seat was freed. */
  if (reply == NULL)
    {
      g_dbus_error_strip_remote_error (error);
      fail (seat, error->message);
      return;
    }
  seat->step = STEP_BOUND;
  report (seat);
}

static void
call (InnerSeat *seat, const char *method, GVariant *arguments, GAsyncReadyCallback callback)
{
  g_dbus_connection_call (seat->seats->systemd, NULL, SYSTEMD_PATH, SYSTEMD_MANAGER, method,
                          arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, PATIENCE_MS,
                          seat->cancellable, callback, seat);
}

static void
set_properties (InnerSeat *seat)
{
  call (seat, "SetUnitProperties",
        g_variant_new ("(sb@a(sv))", seat->scope, TRUE, seat->properties), on_bound);
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  InnerSeat *seat = data;

  /* The job has only begun: on_job_removed() tells when it is done, perhaps before this. */
  if (reply != NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_dbus_error_strip_remote_error (error);
  fail (seat, error->message);
}

/* Delegate: what happens in there is ours to see to. With it systemd leaves a sandbox alone in which the
 * kernel had to kill a process for its memory (OOMPolicy in systemd.scope(5)); without, it would stop it. */
static void
make_scope (InnerSeat *seat)
{
  GVariantBuilder properties;
  guint32 pid = inner_link_get_pid (seat->link);

  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
#define ADD(name, value) g_variant_builder_add (&properties, "(sv)", name, value)
  ADD ("Description", g_variant_new_string ("A sandbox of Inner"));
  ADD ("PIDs", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, &pid, 1, sizeof pid));
  ADD ("Delegate", g_variant_new_boolean (TRUE));
  ADD ("CollectMode", g_variant_new_string ("inactive-or-failed"));
#undef ADD
  seat->step = STEP_WAIT;
  call (seat, "StartTransientUnit",
        g_variant_new ("(ssa(sv)@a(sa(sv)))", seat->scope, "fail", &properties,
                       g_variant_new_array (G_VARIANT_TYPE ("(sa(sv))"), NULL, 0)),
        on_made);
}

static void
on_job_removed (GDBusConnection *connection,
                const char *sender,
                const char *path,
                const char *interface,
                const char *signal,
                GVariant *parameters,
                gpointer data)
{
  InnerSeats *seats = data;
  InnerSeat *seat;
  const char *unit;
  const char *result;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(uoss)")))
    return;
  g_variant_get (parameters, "(uo&s&s)", NULL, NULL, &unit, &result);
  seat = g_hash_table_lookup (seats->making, unit);
  if (seat == NULL)
    return;

  if (!g_str_equal (result, "done"))
    {
      fail (seat, result);
      return;
    }
  g_hash_table_remove (seats->making, unit);
  seat->step = STEP_MADE;
  /* A spare one may wait long for its sandbox. */
  if (seat->ready == NULL)
    g_clear_handle_id (&seat->timer, g_source_remove);
  go_on (seat);
}

static void
disconnect (InnerSeats *seats)
{
  if (seats->systemd == NULL)
    return;
  g_dbus_connection_signal_unsubscribe (seats->systemd, seats->subscription);
  g_clear_object (&seats->systemd);
}

static void
go_on_with_all (InnerSeats *seats, const char *problem)
{
  g_autoptr (GList) all = g_hash_table_get_values (seats->making);

  for (GList *seat = all; seat != NULL; seat = seat->next)
    if (problem != NULL)
      fail (seat->data, problem);
    else
      go_on (seat->data);
}

/* SECURITY: a process number means the same to both only in one pid namespace; in another one systemd would
 * move somebody else's process, and the sandbox would have no limits (attack 106;
 * test_systemd_of_another_namespace). */
static const char *
check_peer (GDBusConnection *systemd)
{
  GIOStream *stream = g_dbus_connection_get_stream (systemd);
  GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream));
  struct ucred peer;
  socklen_t length = sizeof peer;

  if (getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
      peer.uid != getuid ())
    return _ ("what answers on its socket belongs to somebody else");
  return peer.pid > 0 ? NULL : _ ("it counts processes in another namespace");
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) systemd = g_dbus_connection_new_for_address_finish (result, &error);
  const char *problem = systemd != NULL ? check_peer (systemd) : error->message;
  InnerSeats *seats = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* All was freed. */
  seats->connecting = FALSE;
  if (problem != NULL)
    {
      go_on_with_all (seats, problem);
      return;
    }

  g_dbus_connection_set_exit_on_close (systemd, FALSE);
  seats->subscription = g_dbus_connection_signal_subscribe (
      systemd, NULL, SYSTEMD_MANAGER, "JobRemoved", SYSTEMD_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_job_removed, seats, NULL);
  seats->systemd = g_steal_pointer (&systemd);
  go_on_with_all (seats, NULL);
}

/* Whether there is a connection; if not, everything in the table "making" goes on when there is one. systemd
 * hangs up when it is replaced (daemon-reexec). */
static gboolean
is_connected (InnerSeats *seats)
{
  if (seats->systemd != NULL && !g_dbus_connection_is_closed (seats->systemd))
    return TRUE;
  disconnect (seats);
  if (!seats->connecting)
    g_dbus_connection_new_for_address (seats->address,
                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                       seats->cancellable, on_connected, seats);
  seats->connecting = TRUE;
  return FALSE;
}

static void
go_on (InnerSeat *seat)
{
  if (seat->step == STEP_FAILED || seat->step == STEP_BOUND)
    {
      report (seat);
      return;
    }
  if (seat->step == STEP_WAIT || (seat->step == STEP_MADE && seat->ready == NULL))
    return;

  if (!is_connected (seat->seats))
    g_hash_table_replace (seat->seats->making, seat->scope, seat);
  else if (seat->step == STEP_MAKE)
    make_scope (seat);
  else
    {
      g_hash_table_remove (seat->seats->making, seat->scope);
      set_properties (seat);
    }
}

static gboolean
on_impatient (gpointer data)
{
  InnerSeat *seat = data;

  seat->timer = 0;
  fail (seat, _ ("it did not answer in time"));
  return G_SOURCE_REMOVE;
}

static InnerSeat *
seat_new (InnerSeats *seats, GError **error)
{
  g_autoptr (InnerLink) link = inner_link_spawn (error);
  InnerSeat *seat;

  if (link == NULL)
    return NULL;
  seat = g_new0 (InnerSeat, 1);
  seat->seats = seats;
  seat->link = g_steal_pointer (&link);
  seat->cancellable = g_cancellable_new ();
  seat->step = STEP_BOUND;
  if (seats->address == NULL)
    return seat;

  seat->step = STEP_MAKE;
  seat->scope = g_strdup_printf ("inner-%08x%04x.scope", g_random_int (),
                                 (guint) g_random_int_range (0, 1 << 16));
  seat->timer = g_timeout_add (PATIENCE_MS, on_impatient, seat);
  g_hash_table_replace (seats->making, seat->scope, seat);
  go_on (seat);
  return seat;
}

InnerSeats *
inner_seats_new (const char *runtime_dir, gboolean keep_spare)
{
  InnerSeats *seats = g_new0 (InnerSeats, 1);

  if (inner_host_has_user_manager (runtime_dir))
    {
      g_autofree char *path = g_build_filename (runtime_dir, INNER_MANAGER_SOCKET, NULL);
      g_autofree char *escaped = g_dbus_address_escape_value (path);

      seats->address = g_strconcat ("unix:path=", escaped, NULL);
    }
  seats->cancellable = g_cancellable_new ();
  seats->waiting = g_hash_table_new (NULL, NULL);
  seats->making = g_hash_table_new (g_str_hash, g_str_equal);
  seats->keep_spare = keep_spare && seats->address != NULL;
  return seats;
}

/* Those who wait clean up what they prepared. */
static void
give_up_waiting (InnerSeats *seats)
{
  g_autoptr (GList) waiting = g_hash_table_get_keys (seats->waiting);

  for (GList *link = waiting; link != NULL; link = link->next)
    {
      InnerSeat *seat = link->data;

      if (seat->error == NULL)
        seat->error = g_error_new_literal (INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                                           _ ("The service ends; try again"));
      g_clear_handle_id (&seat->ready_source, g_source_remove);
      on_ready (seat);
    }
}

void
inner_seats_free (InnerSeats *seats)
{
  g_clear_handle_id (&seats->spare_timer, g_source_remove);
  g_clear_pointer (&seats->spare, inner_seat_free);
  give_up_waiting (seats);
  g_cancellable_cancel (seats->cancellable);
  g_object_unref (seats->cancellable);
  disconnect (seats);
  g_hash_table_unref (seats->making);
  g_hash_table_unref (seats->waiting);
  g_free (seats->address);
  g_free (seats);
}

static gboolean
on_spare_unused (gpointer data)
{
  InnerSeats *seats = data;

  seats->spare_timer = 0;
  g_clear_pointer (&seats->spare, inner_seat_free);
  return G_SOURCE_REMOVE;
}

static gboolean
on_spare_time (gpointer data)
{
  InnerSeats *seats = data;

  if (seats->spare == NULL)
    seats->spare = seat_new (seats, NULL);
  seats->spare_timer = g_timeout_add_seconds (SPARE_SECONDS, on_spare_unused, seats);
  return G_SOURCE_REMOVE;
}

InnerSeat *
inner_seats_take (InnerSeats *seats, GError **error)
{
  g_autoptr (InnerSeat) spare = g_steal_pointer (&seats->spare);

  g_clear_handle_id (&seats->spare_timer, g_source_remove);
  if (seats->keep_spare)
    seats->spare_timer = g_timeout_add (SPARE_DELAY_MS, on_spare_time, seats);
  if (spare != NULL && spare->step != STEP_FAILED && inner_link_is_idle (spare->link))
    return g_steal_pointer (&spare);
  return seat_new (seats, error);
}

void
inner_seat_bound (InnerSeat *seat, GVariant *properties, InnerSeatReady ready, gpointer data)
{
  seat->properties = g_variant_ref_sink (properties);
  seat->ready = ready;
  seat->data = data;
  g_hash_table_add (seat->seats->waiting, seat);
  if (seat->scope != NULL && seat->timer == 0)
    seat->timer = g_timeout_add (PATIENCE_MS, on_impatient, seat);
  go_on (seat);
}

InnerLink *
inner_seat_take_link (InnerSeat *seat)
{
  return g_steal_pointer (&seat->link);
}

InnerLink *
inner_seat_peek_link (InnerSeat *seat)
{
  return seat->link;
}
