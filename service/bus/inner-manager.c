/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-manager.h"

#include <glib/gi18n.h>

#include "inner-access.h"
#include "inner-check-host.h"
#include "inner-fds.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-report.h"
#include "inner-privileges.h"

struct _InnerManager
{
  InnerDBusSandboxSkeleton parent_instance;

  InnerService *service;
};

static void inner_manager_iface_init (InnerDBusSandboxIface *iface);

G_DEFINE_TYPE_WITH_CODE (InnerManager,
                         inner_manager,
                         INNER_DBUS_TYPE_SANDBOX_SKELETON,
                         G_IMPLEMENT_INTERFACE (INNER_DBUS_TYPE_SANDBOX, inner_manager_iface_init))

static const char *const features[] = {
  INNER_FEATURE_PROFILES_TOML,
  INNER_FEATURE_PROFILES_XML,
  INNER_FEATURE_NETWORK_OFF,
  INNER_FEATURE_NETWORK_HOST,
  INNER_FEATURE_PUBLISH,
  INNER_FEATURE_EXEC,
  INNER_FEATURE_DETACH,
  INNER_FEATURE_DOCTOR,
  INNER_FEATURE_CONFIGURATION,
  INNER_FEATURE_TRUST,
  INNER_FEATURE_NETWORK_ALLOWLIST,
  INNER_FEATURE_NETWORK_OPEN,
  INNER_FEATURE_RECORDS,
  INNER_FEATURE_TERMINAL,
  INNER_FEATURE_VERIFY,
  INNER_FEATURE_LIMITS,
  INNER_FEATURE_NETWORK_ASK,
  NULL,
};

static gboolean
handle_list_profiles (InnerDBusSandbox *skeleton,
                      GDBusMethodInvocation *invocation,
                      GVariant *options)
{
  g_autoptr (GError) error = NULL;
  GVariant *profiles =
      inner_manager_list_profiles (INNER_MANAGER (skeleton)->service, options, &error);

  if (profiles == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_list_profiles (skeleton, invocation, profiles);
  return TRUE;
}

static gboolean
handle_describe_profile (InnerDBusSandbox *skeleton,
                         GDBusMethodInvocation *invocation,
                         const char *name,
                         GVariant *options)
{
  g_autoptr (GError) error = NULL;
  GVariant *description =
      inner_manager_describe_profile (INNER_MANAGER (skeleton)->service, name, options, &error);

  if (description == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_describe_profile (skeleton, invocation, description);
  return TRUE;
}

static gboolean
handle_validate_profile (InnerDBusSandbox *skeleton,
                         GDBusMethodInvocation *invocation,
                         GUnixFDList *fds,
                         const char *name,
                         GVariant *options)
{
  g_autoptr (GError) error = NULL;
  GVariant *issues = inner_manager_validate_profile (INNER_MANAGER (skeleton)->service, name,
                                                     options, fds, &error);

  if (issues == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_validate_profile (skeleton, invocation, NULL, issues);
  return TRUE;
}

static gboolean
handle_trust_profile (InnerDBusSandbox *skeleton,
                      GDBusMethodInvocation *invocation,
                      const char *path,
                      const char *digest)
{
  inner_approve (INNER_MANAGER (skeleton)->service, skeleton, invocation, path, digest);
  return TRUE;
}

static gboolean
handle_plan (InnerDBusSandbox *skeleton,
             GDBusMethodInvocation *invocation,
             GUnixFDList *fds,
             const char *profile,
             GVariant *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerRequest) request = NULL;
  g_autoptr (InnerPlan) plan = inner_make_plan (INNER_MANAGER (skeleton)->service, profile, options,
                                                fds, INNER_PURPOSE_LOOK, &request, &error);

  if (plan == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_plan (skeleton, invocation, NULL, inner_plan_report (plan));
  return TRUE;
}

static gboolean
handle_start (InnerDBusSandbox *skeleton,
              GDBusMethodInvocation *invocation,
              GUnixFDList *fds,
              const char *profile,
              GVariant *options)
{
  inner_start (INNER_MANAGER (skeleton)->service, skeleton, invocation, fds, profile, options);
  return TRUE;
}

static gboolean
handle_verify (InnerDBusSandbox *skeleton,
               GDBusMethodInvocation *invocation,
               GUnixFDList *fds,
               const char *profile,
               GVariant *options)
{
  inner_verify (INNER_MANAGER (skeleton)->service, skeleton, invocation, fds, profile, options);
  return TRUE;
}

typedef struct
{
  InnerDBusSandbox *skeleton;
  GDBusMethodInvocation *invocation;
} HostCall;

static void
on_host_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree HostCall *call = data;

  inner_dbus_sandbox_complete_check_host (call->skeleton, call->invocation,
                                          inner_check_host_finish (result));
  g_object_unref (call->skeleton);
}

static gboolean
handle_check_host (InnerDBusSandbox *skeleton, GDBusMethodInvocation *invocation, GVariant *options)
{
  InnerService *service = INNER_MANAGER (skeleton)->service;
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerHostView) view = inner_manager_view_host (service, options, &error);
  HostCall *call;

  if (view == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  call = g_new (HostCall, 1);
  *call = (HostCall){ g_object_ref (skeleton), invocation };
  inner_check_host_async (g_steal_pointer (&view), on_host_checked, call);
  return TRUE;
}

static gboolean
handle_get_configuration (InnerDBusSandbox *skeleton,
                          GDBusMethodInvocation *invocation,
                          const char *directory)
{
  g_autoptr (GError) error = NULL;
  GVariant *configuration =
      inner_manager_get_configuration (INNER_MANAGER (skeleton)->service, directory, &error);

  if (configuration == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_get_configuration (skeleton, invocation, configuration);
  return TRUE;
}

static gboolean
handle_list_runs (InnerDBusSandbox *skeleton, GDBusMethodInvocation *invocation, GVariant *options)
{
  g_autoptr (GError) error = NULL;
  GVariant *runs = inner_manager_list_runs (INNER_MANAGER (skeleton)->service, options, &error);

  if (runs == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_list_runs (skeleton, invocation, runs);
  return TRUE;
}

static gboolean
handle_get_run (InnerDBusSandbox *skeleton, GDBusMethodInvocation *invocation, const char *id)
{
  g_autoptr (GError) error = NULL;
  GVariant *run = inner_manager_get_run (INNER_MANAGER (skeleton)->service, id, &error);

  if (run == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_get_run (skeleton, invocation, run);
  return TRUE;
}

static gboolean
handle_open_run (InnerDBusSandbox *skeleton,
                 GDBusMethodInvocation *invocation,
                 GUnixFDList *fds,
                 const char *id,
                 const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUnixFDList) answer = g_unix_fd_list_new ();
  inner_autofd fd = inner_manager_open_run (INNER_MANAGER (skeleton)->service, id, part, &error);
  int handle = fd >= 0 ? g_unix_fd_list_append (answer, fd, &error) : -1;

  if (handle < 0)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_open_run (skeleton, invocation, answer,
                                          g_variant_new_handle (handle));
  return TRUE;
}

static gboolean
handle_clean_runs (InnerDBusSandbox *skeleton, GDBusMethodInvocation *invocation, GVariant *options)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) ids =
      inner_manager_clean_runs (INNER_MANAGER (skeleton)->service, options, &error);

  if (ids == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    inner_dbus_sandbox_complete_clean_runs (skeleton, invocation, (const char *const *) ids);
  return TRUE;
}

static void
inner_manager_iface_init (InnerDBusSandboxIface *iface)
{
  iface->handle_list_profiles = handle_list_profiles;
  iface->handle_describe_profile = handle_describe_profile;
  iface->handle_validate_profile = handle_validate_profile;
  iface->handle_trust_profile = handle_trust_profile;
  iface->handle_plan = handle_plan;
  iface->handle_start = handle_start;
  iface->handle_verify = handle_verify;
  iface->handle_check_host = handle_check_host;
  iface->handle_get_configuration = handle_get_configuration;
  iface->handle_list_runs = handle_list_runs;
  iface->handle_get_run = handle_get_run;
  iface->handle_open_run = handle_open_run;
  iface->handle_clean_runs = handle_clean_runs;
}

static void
inner_manager_class_init (InnerManagerClass *klass)
{
  inner_access_guard_class (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static GVariant *
granted_privileges (void)
{
  GVariantBuilder privileges;

  g_variant_builder_init (&privileges, G_VARIANT_TYPE ("a{ss}"));
  for (const InnerPrivilege *row = inner_privileges; row->key != NULL; row++)
    if (row->available)
      g_variant_builder_add (&privileges, "{ss}", row->key, _ (row->sentence));
  return g_variant_builder_end (&privileges);
}

static void
inner_manager_init (InnerManager *self)
{
  InnerDBusSandbox *skeleton = INNER_DBUS_SANDBOX (self);

  inner_dbus_sandbox_set_version (skeleton, INNER_VERSION);
  inner_dbus_sandbox_set_api_version (skeleton, INNER_API_VERSION);
  inner_dbus_sandbox_set_features (skeleton, features);
  inner_dbus_sandbox_set_privileges (skeleton, granted_privileges ());
}

InnerManager *
inner_manager_new (InnerService *service)
{
  InnerManager *self = g_object_new (INNER_TYPE_MANAGER, NULL);

  self->service = service;
  return self;
}
