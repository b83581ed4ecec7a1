/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-access.h"

#include <glib/gi18n.h>

#include "inner-error.h"
#include "inner-names.h"

#define SANDBOX INNER_INTERFACE_SANDBOX
#define INSTANCE INNER_INTERFACE_INSTANCE

/* SECURITY: deny by default; tests/unit/test-access.c holds the table against the XML (attacks 68 and
 * 70). */
const InnerAccessRow inner_access_table[] = {
  { SANDBOX, "ListProfiles", INNER_ACCESS_OWN_USER },
  { SANDBOX, "DescribeProfile", INNER_ACCESS_OWN_USER },
  { SANDBOX, "ValidateProfile", INNER_ACCESS_OWN_USER },
  { SANDBOX, "TrustProfile", INNER_ACCESS_PRIVILEGED },
  { SANDBOX, "Plan", INNER_ACCESS_OWN_USER },
  { SANDBOX, "Start", INNER_ACCESS_PRIVILEGED },
  { SANDBOX, "Verify", INNER_ACCESS_PRIVILEGED },
  { SANDBOX, "CheckHost", INNER_ACCESS_OWN_USER },
  { SANDBOX, "GetConfiguration", INNER_ACCESS_OWN_USER },
  { SANDBOX, "ListRuns", INNER_ACCESS_OWN_USER },
  { SANDBOX, "GetRun", INNER_ACCESS_OWN_USER },
  { SANDBOX, "OpenRun", INNER_ACCESS_OWN_USER },
  { SANDBOX, "CleanRuns", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Wait", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Stop", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Kill", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Attach", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Resize", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Detach", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Exec", INNER_ACCESS_OWN_USER },
  { INSTANCE, "KillExec", INNER_ACCESS_OWN_USER },
  { INSTANCE, "ResizeExec", INNER_ACCESS_OWN_USER },
  { INSTANCE, "AllowDestination", INNER_ACCESS_PRIVILEGED },
  { INSTANCE, "DenyDestination", INNER_ACCESS_OWN_USER },
  { INSTANCE, "WatchDestinations", INNER_ACCESS_OWN_USER },
  { INSTANCE, "Publish", INNER_ACCESS_OWN_USER },
  { NULL, NULL, 0 },
};

static GQuark
callers_quark (void)
{
  return g_quark_from_static_string ("inner-access-callers");
}

static GQuark
caller_quark (void)
{
  return g_quark_from_static_string ("inner-access-caller");
}

static const InnerAccessRow *
find_row (const char *interface, const char *method)
{
  const InnerAccessRow *row;

  for (row = inner_access_table; row->interface != NULL; row++)
    if (g_str_equal (row->interface, interface) && g_str_equal (row->method, method))
      return row;

  return NULL;
}

/* Hands a call on to the method table that gdbus-codegen made. */
static void
call_through (GDBusMethodInvocation *invocation)
{
  GDBusInterfaceSkeleton *skeleton = g_dbus_method_invocation_get_user_data (invocation);
  GDBusInterfaceSkeletonClass *generated = g_type_class_peek_parent (G_OBJECT_GET_CLASS (skeleton));

  generated->get_vtable (skeleton)->method_call (
      g_dbus_method_invocation_get_connection (invocation),
      g_dbus_method_invocation_get_sender (invocation),
      g_dbus_method_invocation_get_object_path (invocation),
      g_dbus_method_invocation_get_interface_name (invocation),
      g_dbus_method_invocation_get_method_name (invocation),
      g_dbus_method_invocation_get_parameters (invocation), invocation, skeleton);
}

static void
on_caller_found (InnerCaller *caller, const GError *error, gpointer data)
{
  GDBusMethodInvocation *invocation = data;

  if (caller == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return;
    }
  /* SECURITY: who floods us gets short answers, so that everybody else gets theirs (attack 105;
   * test_flood_and_silence in tests/bus/test_many.py). */
  if (!inner_caller_may_call (caller))
    {
      g_dbus_method_invocation_return_error_literal (
          invocation, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
          _ ("You call the service too often; wait for its answers, and try again in a second"));
      return;
    }
  g_object_set_qdata_full (G_OBJECT (invocation), caller_quark (), inner_caller_ref (caller),
                           (GDestroyNotify) inner_caller_unref);
  inner_caller_ref (caller);
  call_through (invocation);
  inner_caller_charge (caller, g_get_monotonic_time () - caller->counted_at);
  inner_caller_unref (caller);
}

static void
guarded_method_call (GDBusConnection *connection,
                     const char *sender,
                     const char *path,
                     const char *interface,
                     const char *method,
                     GVariant *parameters,
                     GDBusMethodInvocation *invocation,
                     gpointer skeleton)
{
  InnerCallers *callers = g_object_get_qdata (skeleton, callers_quark ());
  const InnerAccessRow *row = find_row (interface, method);

  if (callers == NULL || row == NULL)
    g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                           _ ("The method “%s.%s” is open to nobody"), interface,
                                           method);
  else
    inner_callers_look_up (callers, invocation, on_caller_found, invocation);
}

static GDBusInterfaceVTable *
guarded_get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  static GDBusInterfaceVTable vtable;
  GDBusInterfaceSkeletonClass *generated = g_type_class_peek_parent (G_OBJECT_GET_CLASS (skeleton));

  /* Made anew at each call, for the class that asks: GIO takes a copy when it exports the object. */
  vtable = *generated->get_vtable (skeleton);
  vtable.method_call = guarded_method_call;
  return &vtable;
}

void
inner_access_guard_class (GDBusInterfaceSkeletonClass *klass)
{
  klass->get_vtable = guarded_get_vtable;
}

void
inner_access_admit (GDBusInterfaceSkeleton *skeleton, InnerCallers *callers)
{
  g_object_set_qdata (G_OBJECT (skeleton), callers_quark (), callers);
}

InnerCaller *
inner_access_get_caller (GDBusMethodInvocation *invocation)
{
  return g_object_get_qdata (G_OBJECT (invocation), caller_quark ());
}
