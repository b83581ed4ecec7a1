/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The method Start: request -> profile -> plan -> authority -> preparation -> supervisor. Everything is
 * decided and frozen before polkit is asked, and what then runs is exactly that (pitfall P40).
 */

#include <errno.h>
#include <glib/gi18n.h>

#include "inner-access.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-hide-facts.h"
#include "inner-manager.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-guards.h"
#include "inner-plan-hide.h"
#include "inner-plan-network.h"
#include "inner-plan-report.h"
#include "inner-preparation.h"
#include "inner-verification.h"
#include "inner-wire.h"

typedef struct
{
  InnerService *service;
  InnerDBusSandbox *skeleton;
  GDBusMethodInvocation *invocation; /* NULL once answered */
  InnerCaller *caller;
  InnerRequest *request;
  InnerPlan *plan;
  guint counted;                   /* in n_starting */
  InnerSeat *seat;                 /* a supervisor that waits for its orders */
  InnerPreparation *preparation;   /* (nullable) */
  InnerVerification *verification; /* (nullable): the command is a probe */
} Start;

/* Not handed over to a supervisor yet; a person may think about a dialog for long. */
static guint n_starting;

static void
start_free (Start *start)
{
  n_starting -= start->counted;
  g_clear_pointer (&start->seat, inner_seat_free);
  g_clear_pointer (&start->preparation, inner_preparation_free);
  g_clear_pointer (&start->verification, inner_verification_free);
  g_clear_pointer (&start->plan, inner_plan_free);
  g_clear_pointer (&start->request, inner_request_free);
  inner_caller_unref (start->caller);
  g_object_unref (start->skeleton);
  g_free (start);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Start, start_free)

/* SECURITY: one client of many must not be able to take all processes and descriptors of the user (attack 105;
 * test_many_clients in tests/bus/test_many.py). Before anything is started. */
static gboolean
check_number (InnerService *service, GError **error)
{
  if (inner_service_count_living (service) + n_starting <= INNER_MAX_SANDBOXES)
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
               _ ("%d sandboxes of yours are alive, and there can be no more; stop one with "
                  "“innerctl stop”"),
               INNER_MAX_SANDBOXES);
  return FALSE;
}

static void
start_fail (Start *start, const GError *error)
{
  g_dbus_method_invocation_return_gerror (g_steal_pointer (&start->invocation), error);
}

/* SECURITY: a document from where a sandbox may write is never run before a person approved these bytes of
 * it, or said of these bytes, with polkit's consent, that they are as good as their own. That is said of the
 * profile's document alone, and not of what it extends (attacks 64, 65 and 109;
 * tests/attack/test_064_project_profile.py, tests/polkit/test_approval.py). */
static gboolean
check_trust (const InnerProfileEntry *entry, const InnerRequest *request, GError **error)
{
  g_autofree char *shown = NULL;

  for (guint i = 0; i < entry->parts->len && shown == NULL; i++)
    {
      const InnerProfilePart *part = entry->parts->pdata[i];
      gboolean taken_over = i == 0 && request->unhardened != NULL;

      if (taken_over ? g_ascii_strcasecmp (part->digest, request->unhardened) != 0 : !part->trusted)
        shown = inner_escape_for_display (part->path);
    }
  if (shown == NULL)
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_UNTRUSTED,
               _ ("“%s” is not trusted because of where it stands, and was not approved as it is "
                  "now; read it, then approve it with “innerctl profile trust”"),
               shown);
  return FALSE;
}

/* The profile as it may be used: hardened where it is not the user's own. What does not hold is told. */
static InnerProfile *
choose_profile (const InnerProfileEntry *entry, const InnerRequest *request)
{
  if (request->unhardened != NULL)
    return entry->effective;

  for (guint i = 0; i < entry->notes->len; i++)
    g_ptr_array_add (request->notes, g_strdup (entry->notes->pdata[i]));
  return entry->usable;
}

InnerPlan *
inner_make_plan (InnerService *service,
                 const char *profile,
                 GVariant *options,
                 GUnixFDList *fds,
                 InnerPurpose purpose,
                 InnerRequest **request,
                 GError **error)
{
  g_autoptr (InnerRequest) made = inner_request_new (options, fds, error);
  g_autoptr (InnerConfiguration) configuration = NULL;
  g_autoptr (InnerProfileEntry) entry = NULL;
  g_autoptr (GPtrArray) paths = NULL;
  InnerProfile *usable;
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host;

  if (made == NULL)
    return NULL;
  if (purpose == INNER_PURPOSE_VERIFY)
    inner_verification_change (made);
  configuration =
      inner_manager_read_configuration (service, made->directory, made->caller_environment, error);
  if (configuration == NULL)
    return NULL;
  entry = inner_manager_find_profile (service, profile, made->directory, configuration, error);
  if (entry == NULL || (purpose != INNER_PURPOSE_LOOK && !check_trust (entry, made, error)))
    return NULL;
  if (!entry->foreign)
    g_clear_pointer (&made->unhardened, g_free);
  usable = choose_profile (entry, made);
  made->foreign_profile = entry->foreign;

  host = inner_host_new ();
  host->configuration = g_steal_pointer (&configuration);
  if (inner_plan_shows_host (usable))
    inner_host_show_all (host);
  paths = inner_plan_paths (made, usable, host);
  for (guint i = 0; i < paths->len; i++)
    inner_host_look_at (host, g_ptr_array_index (paths, i));
  inner_plan_look_further (made, usable, host);
  if (inner_plan_wants_ids (made, usable))
    inner_host_look_at_ids (host);
  inner_host_look_at_hidden (host);
  inner_plan_look_at_network (made, usable, host);
  plan = inner_plan_new (made, usable, entry->path, host, error);
  if (plan == NULL)
    return NULL;
  inner_plan_look_at_guards (plan);
  if (!inner_plan_add_guards (plan, usable, error))
    return NULL;
  inner_plan_look_at_sockets (plan);
  if (!inner_plan_add_hiding (plan, error))
    return NULL;
  *request = g_steal_pointer (&made);
  return g_steal_pointer (&plan);
}

static void
on_started (InnerInstance *instance, const GError *error, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autofree char *path = NULL;

  if (error != NULL)
    {
      start_fail (start, error);
      return;
    }
  if (start->verification != NULL)
    {
      inner_verification_follow (g_steal_pointer (&start->verification), start->skeleton,
                                 g_steal_pointer (&start->invocation));
      return;
    }
  path = g_strconcat (INNER_INSTANCE_PREFIX, inner_instance_get_id (instance), NULL);
  inner_dbus_sandbox_complete_start (start->skeleton, g_steal_pointer (&start->invocation), NULL,
                                     path);
}

/* What may have changed while a person was asked. */
static gboolean
check_again (Start *start, GError **error)
{
  const char *name = start->plan->name;

  if (g_cancellable_is_cancelled (start->caller->gone))
    {
      g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY,
                           _ ("The caller left before the sandbox was started"));
      return FALSE;
    }
  if (name != NULL && inner_service_has_name (start->service, name))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_NAME_IN_USE,
                   _ ("A sandbox with the name “%s” exists; choose another name, or stop it with "
                      "“innerctl stop %s”"),
                   name, name);
      return FALSE;
    }

  return TRUE;
}

static gboolean
give_orders (Start *start, const InnerPreparation *preparation, GError **error)
{
  InnerLink *link = inner_seat_peek_link (start->seat);
  guint n_fds;
  const int *fds = inner_preparation_get_fds (preparation, &n_fds);
  gboolean sent = inner_link_send (link, INNER_WIRE_LAUNCH, NULL, fds, n_fds);
  inner_autofd more = -1;

  if (sent)
    {
      more = inner_preparation_make_more (preparation, start->plan, start->caller, error);
      if (more < 0)
        return FALSE;
      /* A supervisor that is gone already has said why, or its death does; that is heard by who follows it. */
      sent = inner_link_send (link, INNER_WIRE_MORE, NULL, &more, 1) || errno == EPIPE ||
             errno == ECONNRESET;
    }
  if (!sent)
    g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                 _ ("The supervisor did not take its orders: %s; see “innerctl doctor”"),
                 g_strerror (errno));
  return sent;
}

/* The supervisor stands where the limits of the plan hold. */
static void
on_bound (const GError *problem, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPreparation) preparation = g_steal_pointer (&start->preparation);
  g_autoptr (GVariant) properties = NULL;

  if (problem != NULL || !check_again (start, &error) || !give_orders (start, preparation, &error))
    {
      start_fail (start, problem != NULL ? problem : error);
      return;
    }

  inner_preparation_hand_over (preparation);
  n_starting -= start->counted;
  start->counted = 0;
  properties = g_variant_ref_sink (
      inner_plan_properties (start->plan, inner_preparation_get_id (preparation),
                             inner_preparation_get_notes (preparation)));
  inner_service_add (start->service, properties, inner_seat_take_link (start->seat), start->caller,
                     start->plan->detach, on_started, start);
  /* The supervisor has its own descriptors now; a hundred starts at once would exhaust ours. */
  g_clear_pointer (&start->plan, inner_plan_free);
  g_clear_pointer (&start->request, inner_request_free);
  g_clear_pointer (&start->seat, inner_seat_free);
  g_steal_pointer (&start);
}

static InnerPreparation *
prepare (Start *start, GError **error)
{
  return inner_preparation_new (start->plan, start->request,
                                inner_service_get_runtime_dir (start->service), start->caller,
                                error);
}

static void
bound (Start *start)
{
  inner_seat_bound (start->seat, inner_plan_scope_properties (start->plan), on_bound, start);
}

static void
prepare_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  InnerPreparation *preparation = prepare (data, &error);

  if (preparation != NULL)
    g_task_return_pointer (task, preparation, (GDestroyNotify) inner_preparation_free);
  else
    g_task_return_error (task, error);
}

static void
on_prepared (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autoptr (GError) error = NULL;

  start->preparation = g_task_propagate_pointer (G_TASK (result), &error);
  if (start->preparation == NULL)
    start_fail (start, error);
  else
    bound (g_steal_pointer (&start));
}

/* Consumes @start. systemd gives the scope its limits while the rest is prepared. What takes its time is done
 * beside the service, which has others to serve. */
static void
launch (Start *start)
{
  g_autoptr (Start) owned = start;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) task = NULL;

  if (inner_preparation_takes_long (start->plan))
    {
      task = g_task_new (NULL, NULL, on_prepared, g_steal_pointer (&owned));
      g_task_set_task_data (task, start, NULL);
      g_task_run_in_thread (task, prepare_in_thread);
      return;
    }
  bound (start);
  start->preparation = prepare (start, &error);
  if (start->preparation == NULL)
    start_fail (start, error);
  else
    g_steal_pointer (&owned);
}

static void
on_authorized (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autoptr (GError) error = NULL;
  InnerAuthority *authority = INNER_AUTHORITY (source);
  gboolean granted = inner_authority_check_finish (authority, result, &error);

  inner_dbus_sandbox_set_polkit_available (start->skeleton,
                                           inner_authority_is_available (authority));
  if (granted)
    start->plan->grants = inner_authority_get_grants (result);
  if (!granted || !check_again (start, &error))
    start_fail (start, error);
  else
    launch (g_steal_pointer (&start));
}

/* Answers a caller whose first call a service before us did not live to answer. Nothing is decided here: the
 * sandbox was authorised when it was started, and every caller who gets this far may wait for it. What has a
 * record is not run a second time under its id, and no run is hidden behind the record of another. */
static gboolean
answer_again (InnerService *service,
              InnerDBusSandbox *skeleton,
              GDBusMethodInvocation *invocation,
              GVariant *options)
{
  InnerSandboxState state = INNER_SANDBOX_UNKNOWN;
  g_autofree char *path = NULL;
  const char *id;

  if (g_variant_lookup (options, INNER_OPTION_ID, "&s", &id) && inner_id_is_valid (id))
    state = inner_service_look_up (service, id);
  if (state == INNER_SANDBOX_UNKNOWN)
    return FALSE;

  if (state == INNER_SANDBOX_STARTING)
    {
      g_dbus_method_invocation_return_error (
          invocation, INNER_ERROR, INNER_ERROR_BUSY,
          _ ("The sandbox “%s” is being started; try again in a moment"), id);
      return TRUE;
    }
  if (state == INNER_SANDBOX_RECORDED)
    {
      g_dbus_method_invocation_return_error (
          invocation, INNER_ERROR, INNER_ERROR_NAME_IN_USE,
          _ ("There was a sandbox “%s”, and its record is kept; see “innerctl log show %s”, or "
             "start another one"),
          id, id);
      return TRUE;
    }
  path = g_strconcat (INNER_INSTANCE_PREFIX, id, NULL);
  inner_dbus_sandbox_complete_start (skeleton, invocation, NULL, path);
  return TRUE;
}

static void
begin (InnerService *service,
       InnerDBusSandbox *skeleton,
       GDBusMethodInvocation *invocation,
       GUnixFDList *fds,
       const char *profile,
       GVariant *options,
       InnerPurpose purpose,
       const char *format)
{
  g_autoptr (Start) start = g_new0 (Start, 1);
  g_autoptr (GError) error = NULL;
  GDBusMessageFlags flags =
      g_dbus_message_get_flags (g_dbus_method_invocation_get_message (invocation));
  InnerCaller *caller = inner_access_get_caller (invocation);
  const char *const *privileges;

  start->service = service;
  start->skeleton = g_object_ref (skeleton);
  start->invocation = invocation;
  start->caller = inner_caller_ref (caller);
  n_starting += start->counted = 1;
  if (!check_number (service, &error))
    {
      start_fail (start, error);
      return;
    }
  /* The supervisor and its scope get ready on another processor while we plan. */
  start->seat = inner_seats_take (inner_service_get_seats (service), &error);
  if (start->seat != NULL)
    start->plan =
        inner_make_plan (service, profile, options, fds, purpose, &start->request, &error);
  if (start->plan != NULL && purpose == INNER_PURPOSE_VERIFY)
    start->verification = inner_verification_new (start->plan, start->request, format, &error);
  if (error != NULL || !check_again (start, &error))
    {
      start_fail (start, error);
      return;
    }
  if (start->plan->privileges[0] == NULL)
    {
      launch (g_steal_pointer (&start));
      return;
    }

  privileges = (const char *const *) start->plan->privileges;
  inner_authority_check_async (inner_service_get_authority (service), caller->pid, 0, caller->uid,
                               caller->pidfd, privileges,
                               (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0,
                               caller->gone, on_authorized, g_steal_pointer (&start));
}

void
inner_start (InnerService *service,
             InnerDBusSandbox *skeleton,
             GDBusMethodInvocation *invocation,
             GUnixFDList *fds,
             const char *profile,
             GVariant *options)
{
  if (!answer_again (service, skeleton, invocation, options))
    begin (service, skeleton, invocation, fds, profile, options, INNER_PURPOSE_START, NULL);
}

void
inner_verify (InnerService *service,
              InnerDBusSandbox *skeleton,
              GDBusMethodInvocation *invocation,
              GUnixFDList *fds,
              const char *profile,
              GVariant *options)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *format = NULL;
  g_autoptr (GVariant) rest = inner_verification_split (options, &format, &error);

  if (rest == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    begin (service, skeleton, invocation, fds, profile, rest, INNER_PURPOSE_VERIFY, format);
}
