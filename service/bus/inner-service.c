/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-service.h"

#include <fcntl.h>
#include <string.h>

#include "inner-access.h"
#include "inner-fds.h"
#include "inner-guard-recovery.h"
#include "inner-journal.h"
#include "inner-login-renewal.h"
#include "inner-manager.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-places.h"
#include "inner-runtime-dir.h"
#include "inner-wire.h"

/* An ended sandbox stays visible this long, so that nobody misses its exit code. */
#define KEEP_ENDED_SECONDS 600
#define SWEEP_SECONDS 30

/* How often, and how many times, what a service before us had in hand is looked at. */
#define LOOK_MS 20
#define MAX_LOOKS 500
#define MAX_EXIT_FILE (64 * 1024)

struct _InnerService
{
  GDBusConnection *connection;
  gboolean private;
  void (*quit) (gpointer data);
  gpointer data;
  gulong closed_handler;
  guint sweep;

  char *runtime_dir;
  char *state_dir;
  InnerCallers *callers;
  InnerTrust *trust;
  InnerProfileRegistry *registry;
  InnerAuthority *authority;
  InnerRuns *runs;
  InnerSeats *seats;
  InnerManager *manager;
  GDBusObjectManagerServer *objects;
  GHashTable *instances; /* id -> InnerInstance */
  GHashTable *pending;   /* id -> Pending: started, not yet running */
  GHashTable *unsettled; /* ids that a service before us had in hand */
  guint look;
  guint looks;
};

typedef struct
{
  InnerInstanceStarted started;
  gpointer data;
} Pending;

void
inner_service_free (InnerService *service)
{
  /* Ends starts that are under way, which need the rest. */
  g_clear_pointer (&service->seats, inner_seats_free);
  g_clear_handle_id (&service->sweep, g_source_remove);
  g_clear_handle_id (&service->look, g_source_remove);
  g_clear_signal_handler (&service->closed_handler, service->connection);
  g_clear_object (&service->objects);
  g_clear_object (&service->manager);
  g_clear_pointer (&service->instances, g_hash_table_unref);
  g_clear_pointer (&service->pending, g_hash_table_unref);
  g_clear_pointer (&service->unsettled, g_hash_table_unref);
  g_clear_pointer (&service->callers, inner_callers_free);
  g_clear_pointer (&service->registry, inner_profile_registry_free);
  g_clear_pointer (&service->trust, inner_trust_free);
  g_clear_object (&service->authority);
  g_clear_object (&service->connection);
  g_clear_pointer (&service->runs, inner_runs_free);
  g_free (service->runtime_dir);
  g_free (service->state_dir);
  g_free (service);
}

static char *
object_path (InnerInstance *instance)
{
  return g_strconcat (INNER_INSTANCE_PREFIX, inner_instance_get_id (instance), NULL);
}

/* The only door to the bus: every object of ours gets the guard here. */
static void
export_instance (InnerService *service, InnerInstance *instance)
{
  g_autofree char *path = object_path (instance);
  g_autoptr (InnerDBusObjectSkeleton) object = inner_dbus_object_skeleton_new (path);

  inner_access_admit (G_DBUS_INTERFACE_SKELETON (instance), service->callers);
  inner_dbus_object_skeleton_set_sandbox_instance (object, INNER_DBUS_SANDBOX_INSTANCE (instance));
  g_dbus_object_manager_server_export (service->objects, G_DBUS_OBJECT_SKELETON (object));
}

static void
on_caller_gone (InnerCaller *caller, gpointer data)
{
  InnerService *service = data;
  GHashTableIter iter;
  gpointer instance;

  g_hash_table_iter_init (&iter, service->instances);
  while (g_hash_table_iter_next (&iter, NULL, &instance))
    {
      inner_instance_hang_up_commands (instance, caller);
      inner_instance_forget_watcher (instance, caller);
      if (inner_instance_get_owner (instance) == caller)
        inner_instance_hang_up (instance);
    }
}

static void
on_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer data)
{
  InnerService *service = data;

  inner_callers_drop (service->callers);
  service->quit (service->data);
}

static void
on_instance_started (InnerInstance *instance, const GError *error, gpointer data)
{
  InnerService *service = data;
  const char *id = inner_instance_get_id (instance);
  g_autofree char *key = NULL;
  g_autofree Pending *pending = NULL;

  g_hash_table_steal_extended (service->pending, id, (gpointer *) &key, (gpointer *) &pending);
  if (error == NULL)
    export_instance (service, instance);
  pending->started (instance, error, pending->data);
  if (error != NULL)
    g_hash_table_remove (service->instances, id);
}

static gboolean
on_sweep (gpointer data)
{
  InnerService *service = data;
  gint64 now = g_get_real_time ();
  GHashTableIter iter;
  gpointer id;
  gpointer instance;

  g_hash_table_iter_init (&iter, service->instances);
  while (g_hash_table_iter_next (&iter, &id, &instance))
    {
      g_autofree char *path = object_path (instance);

      if (!inner_instance_has_ended (instance) ||
          now - inner_instance_get_end (instance) < KEEP_ENDED_SECONDS * G_USEC_PER_SEC)
        continue;
      g_dbus_object_manager_server_unexport (service->objects, path);
      inner_runtime_dir_remove (service->runtime_dir, id);
      g_hash_table_iter_remove (&iter);
    }

  return G_SOURCE_CONTINUE;
}

static void
keep (InnerService *service, InnerInstance *instance)
{
  inner_instance_set_service (instance, service);
  g_hash_table_insert (service->instances, g_strdup (inner_instance_get_id (instance)), instance);
}

/* Forgets a sandbox that is on the bus. */
static void
drop (InnerService *service, InnerInstance *instance)
{
  g_autofree char *path = object_path (instance);

  g_dbus_object_manager_server_unexport (service->objects, path);
  g_hash_table_remove (service->instances, inner_instance_get_id (instance));
}

/* One that never ran is as good as none: who calls Start again learns why. */
static void
on_adopted_started (InnerInstance *instance, const GError *error, gpointer data)
{
  if (error != NULL)
    drop (data, instance);
}

static gboolean
adopt_living (InnerService *service, int directory_fd)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariant) properties = NULL;
  InnerLink *link = inner_link_adopt (directory_fd, &state);
  InnerInstance *instance;

  if (link == NULL)
    return FALSE;
  properties = g_variant_lookup_value (state, INNER_RECORD_PROPERTIES, G_VARIANT_TYPE_VARDICT);
  if (properties == NULL)
    {
      inner_link_free (link);
      return FALSE;
    }

  instance = inner_instance_new (properties, link, NULL, service->private);
  inner_instance_take_state (instance, state);
  if (inner_instance_is_starting (instance))
    inner_instance_follow (instance, on_adopted_started, service);
  keep (service, instance);
  export_instance (service, instance);
  return TRUE;
}

static GVariant *
read_exit_file (int directory_fd)
{
  inner_autofd fd = openat (directory_fd, INNER_FILE_EXIT, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  g_autoptr (GBytes) bytes = fd >= 0 ? inner_fds_read (fd, MAX_EXIT_FILE, "exit", NULL) : NULL;
  g_autoptr (GVariant) values = NULL;

  if (bytes == NULL)
    return NULL;
  values = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  return g_variant_is_normal_form (values) ? g_steal_pointer (&values) : NULL;
}

/* The status of a sandbox that ended while nobody listened. */
static gboolean
adopt_exit_file (InnerService *service, const char *id, int directory_fd)
{
  g_autoptr (GVariant) exited = read_exit_file (directory_fd);
  g_autoptr (GVariant) properties = NULL;
  InnerInstance *instance;

  if (exited != NULL)
    properties = g_variant_lookup_value (exited, INNER_RECORD_PROPERTIES, G_VARIANT_TYPE_VARDICT);
  if (properties == NULL)
    return FALSE;

  instance = inner_instance_new_ended (properties, exited);
  inner_instance_take_notes (instance, inner_login_renewal_run (directory_fd, id));
  keep (service, instance);
  export_instance (service, instance);
  return TRUE;
}

/* What a supervisor left behind: such a status, or the remains of one that was killed. */
static void
adopt_ended (InnerService *service, const char *id, int directory_fd)
{
  /* It leaves the file that is read then. */
  g_autoptr (GVariant) findings = inner_guard_recovery_run (directory_fd);
  g_auto (GStrv) notices = NULL;

  inner_runs_mark_lost (service->state_dir, id, findings);
  if (adopt_exit_file (service, id, directory_fd))
    return;
  /* Nobody can ask for its end, so what there is to say is said where the service says things. */
  notices = inner_login_renewal_run (directory_fd, id);
  for (char **notice = notices; notice != NULL && *notice != NULL; notice++)
    g_printerr ("inner-sandboxd: %s\n", *notice);
  inner_runtime_dir_remove (service->runtime_dir, id);
}

/* Gives whether it is too early to tell what becomes of the sandbox @id: its supervisor does not listen yet,
 * or no more and has not written down how it ended. */
static gboolean
adopt (InnerService *service, const char *id)
{
  gboolean in_use = FALSE;
  inner_autofd fd = inner_runtime_dir_open (service->runtime_dir, id, &in_use);

  if (fd < 0)
    return FALSE;
  if (in_use)
    return !adopt_living (service, fd) && !adopt_exit_file (service, id, fd);

  adopt_ended (service, id, fd);
  return FALSE;
}

static gboolean
on_unsettled (gpointer data)
{
  InnerService *service = data;
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, service->unsettled);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (g_hash_table_contains (service->instances, id) || !adopt (service, id))
      g_hash_table_iter_remove (&iter);
  if (g_hash_table_size (service->unsettled) > 0 && ++service->looks < MAX_LOOKS)
    return G_SOURCE_CONTINUE;

  service->look = 0;
  return G_SOURCE_REMOVE;
}

static void
adopt_all (InnerService *service)
{
  g_autoptr (GDir) dir = g_dir_open (service->runtime_dir, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (inner_id_is_valid (name) && adopt (service, name))
      g_hash_table_add (service->unsettled, g_strdup (name));
  if (g_hash_table_size (service->unsettled) > 0)
    service->look = g_timeout_add (LOOK_MS, on_unsettled, service);
  on_sweep (service);
}

static InnerTrust *
make_trust (void)
{
  g_autofree char *directory = g_build_filename (g_get_user_data_dir (), "inner", "trust", NULL);

  return inner_trust_new (directory);
}

static InnerProfileRegistry *
make_registry (InnerTrust *trust)
{
  g_autofree char *user = g_build_filename (g_get_user_config_dir (), "inner", "profiles", NULL);

  return inner_profile_registry_new (user, INNER_SYSCONFDIR "/profiles", INNER_PROFILEDIR,
                                     INNER_SCHEMADIR "/inner-profile.rng", g_get_home_dir (),
                                     trust);
}

/* @id is that of a record. */
static gboolean
lives (const char *id, gpointer data)
{
  InnerService *service = data;
  InnerInstance *instance = g_hash_table_lookup (service->instances, id);

  return instance != NULL && !inner_instance_has_ended (instance);
}

InnerService *
inner_service_new (GDBusConnection *connection,
                   void (*quit) (gpointer data),
                   gpointer data,
                   GError **error)
{
  g_autoptr (InnerService) service = g_new0 (InnerService, 1);

  service->connection = g_object_ref (connection);
  service->private = g_dbus_connection_get_unique_name (connection) == NULL;
  service->quit = quit;
  service->data = data;
  service->runtime_dir = inner_runtime_dir_get (error);
  if (service->runtime_dir == NULL)
    return NULL;

  service->instances = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  service->pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  service->unsettled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  service->callers = inner_callers_new (connection, on_caller_gone, service);
  service->trust = make_trust ();
  service->registry = make_registry (service->trust);
  service->authority = inner_authority_new ();
  service->state_dir = g_build_filename (g_get_user_state_dir (), "inner", NULL);
  service->runs = inner_runs_new (service->state_dir, lives, service);
  service->seats = inner_seats_new (g_getenv ("XDG_RUNTIME_DIR"), !service->private);
  service->manager = inner_manager_new (service);
  inner_access_admit (G_DBUS_INTERFACE_SKELETON (service->manager), service->callers);
  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (service->manager), connection,
                                         INNER_OBJECT_PATH, error))
    return NULL;

  service->objects = g_dbus_object_manager_server_new (INNER_OBJECT_PATH);
  adopt_all (service);
  inner_copies_sweep ();
  g_dbus_object_manager_server_set_connection (service->objects, connection);
  service->sweep = g_timeout_add_seconds (SWEEP_SECONDS, on_sweep, service);
  service->closed_handler =
      g_signal_connect (connection, "closed", G_CALLBACK (on_closed), service);
  return g_steal_pointer (&service);
}

InnerProfileRegistry *
inner_service_get_registry (InnerService *service)
{
  return service->registry;
}

InnerTrust *
inner_service_get_trust (InnerService *service)
{
  return service->trust;
}

InnerRuns *
inner_service_get_runs (InnerService *service)
{
  return service->runs;
}

InnerAuthority *
inner_service_get_authority (InnerService *service)
{
  return service->authority;
}

void
inner_service_note_authority (InnerService *service)
{
  inner_dbus_sandbox_set_polkit_available (INNER_DBUS_SANDBOX (service->manager),
                                           inner_authority_is_available (service->authority));
}

InnerSeats *
inner_service_get_seats (InnerService *service)
{
  return service->seats;
}

const char *
inner_service_get_runtime_dir (InnerService *service)
{
  return service->runtime_dir;
}

static gboolean
has_record (InnerService *service, const char *id)
{
  inner_autofd record = inner_journal_open (service->state_dir, id);

  return record >= 0;
}

/* A supervisor without a line for services yet is no sandbox, and not nothing. */
InnerSandboxState
inner_service_look_up (InnerService *service, const char *id)
{
  InnerInstance *instance = g_hash_table_lookup (service->instances, id);
  gboolean in_use = instance == NULL && adopt (service, id);

  instance = g_hash_table_lookup (service->instances, id);
  if (instance == NULL && in_use)
    return INNER_SANDBOX_STARTING;
  if (instance == NULL)
    return has_record (service, id) ? INNER_SANDBOX_RECORDED : INNER_SANDBOX_UNKNOWN;
  return inner_instance_is_starting (instance) ? INNER_SANDBOX_STARTING : INNER_SANDBOX_KNOWN;
}

guint
inner_service_count_living (InnerService *service)
{
  GHashTableIter iter;
  gpointer instance;
  guint n = 0;

  g_hash_table_iter_init (&iter, service->instances);
  while (g_hash_table_iter_next (&iter, NULL, &instance))
    n += !inner_instance_has_ended (instance);

  return n;
}

gboolean
inner_service_has_name (InnerService *service, const char *name)
{
  GHashTableIter iter;
  gpointer id;
  gpointer instance;

  g_hash_table_iter_init (&iter, service->instances);
  while (g_hash_table_iter_next (&iter, &id, &instance))
    if (!inner_instance_has_ended (instance) &&
        (g_str_equal (id, name) ||
         g_strcmp0 (inner_dbus_sandbox_instance_get_name (instance), name) == 0))
      return TRUE;

  return FALSE;
}

void
inner_service_add (InnerService *service,
                   GVariant *properties,
                   InnerLink *link,
                   InnerCaller *owner,
                   gboolean detached,
                   InnerInstanceStarted started,
                   gpointer data)
{
  InnerInstance *instance =
      inner_instance_new (properties, link, detached ? NULL : owner, service->private);
  Pending *pending = g_new0 (Pending, 1);

  pending->started = started;
  pending->data = data;
  g_hash_table_insert (service->pending, g_strdup (inner_instance_get_id (instance)), pending);
  inner_instance_follow (instance, on_instance_started, service);
  keep (service, instance);
}
