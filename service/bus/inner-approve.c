/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The method TrustProfile. What is approved is a digest at a place: whether the file still has these bytes
 * when a person has answered does not matter, because an approval of other bytes approves nothing.
 */

#include <glib/gi18n.h>

#include "inner-access.h"
#include "inner-error.h"
#include "inner-manager.h"
#include "inner-options.h"
#include "inner-privileges.h"
#include "inner-profile-file.h"

typedef struct
{
  InnerService *service;
  InnerDBusSandbox *skeleton;
  GDBusMethodInvocation *invocation; /* NULL once answered */
  InnerCaller *caller;
  char *path;
  char *digest;
} Approval;

static void
approval_free (Approval *approval)
{
  inner_caller_unref (approval->caller);
  g_object_unref (approval->skeleton);
  g_free (approval->path);
  g_free (approval->digest);
  g_free (approval);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Approval, approval_free)

static gboolean
check_arguments (const char *path, const char *digest, GError **error)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (path));
  g_autofree char *shown = NULL;

  if (!inner_option_check_path (value, error))
    return FALSE;
  if (inner_trust_is_digest (digest))
    return TRUE;

  shown = inner_escape_for_display (digest);
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("“%s” is no SHA-256 digest; give its 64 hexadecimal digits"), shown);
  return FALSE;
}

/* SECURITY: what the person read and what is there now must be the same bytes; a file that was changed
 * behind the question is refused with its new digest (attack 109; tests/polkit/test_approval.py). */
static gboolean
check_bytes (const char *path, const char *digest, GError **error)
{
  struct stat st;
  g_autoptr (GBytes) bytes = inner_profile_file_read (path, &st, error);
  g_autofree char *found = NULL;
  g_autofree char *shown = NULL;

  if (bytes == NULL)
    return FALSE;
  found = inner_trust_digest (bytes);
  if (g_ascii_strcasecmp (found, digest) == 0)
    return TRUE;

  shown = inner_escape_for_display (path);
  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
               _ ("“%s” is not what was approved: its SHA-256 is %s; read it again"), shown, found);
  return FALSE;
}

static void
finish (Approval *approval, GError *error)
{
  g_autoptr (GError) owned = error;

  if (owned == NULL && inner_trust_approve (inner_service_get_trust (approval->service),
                                            approval->path, approval->digest, &owned))
    inner_dbus_sandbox_complete_trust_profile (approval->skeleton,
                                               g_steal_pointer (&approval->invocation));
  else
    g_dbus_method_invocation_return_gerror (g_steal_pointer (&approval->invocation), owned);
}

static void
on_authorized (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Approval) approval = data;
  GError *error = NULL;
  InnerAuthority *authority = INNER_AUTHORITY (source);

  inner_authority_check_finish (authority, result, &error);
  inner_dbus_sandbox_set_polkit_available (approval->skeleton,
                                           inner_authority_is_available (authority));
  finish (approval, error);
}

void
inner_approve (InnerService *service,
               InnerDBusSandbox *skeleton,
               GDBusMethodInvocation *invocation,
               const char *path,
               const char *digest)
{
  static const char *const privileges[] = { INNER_PRIVILEGE_TRUST_PROFILE, NULL };
  g_autoptr (Approval) approval = g_new0 (Approval, 1);
  GDBusMessageFlags flags =
      g_dbus_message_get_flags (g_dbus_method_invocation_get_message (invocation));
  InnerCaller *caller = inner_access_get_caller (invocation);
  GError *error = NULL;

  approval->service = service;
  approval->skeleton = g_object_ref (skeleton);
  approval->invocation = invocation;
  approval->caller = inner_caller_ref (caller);
  approval->digest = g_ascii_strdown (digest, -1);
  if (!check_arguments (path, digest, &error))
    {
      finish (approval, error);
      return;
    }
  approval->path = inner_profile_file_canonical (path);
  if (!check_bytes (approval->path, digest, &error))
    {
      finish (approval, error);
      return;
    }

  inner_authority_check_async (inner_service_get_authority (service), caller->pid, 0, caller->uid,
                               caller->pidfd, privileges,
                               (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0,
                               caller->gone, on_authorized, g_steal_pointer (&approval));
}
