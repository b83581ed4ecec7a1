/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-error.h"

#include "inner-names.h"

static const GDBusErrorEntry entries[] = {
  { INNER_ERROR_PROFILE_NOT_FOUND, INNER_ERROR_PREFIX "ProfileNotFound" },
  { INNER_ERROR_PROFILE_INVALID, INNER_ERROR_PREFIX "ProfileInvalid" },
  { INNER_ERROR_PROFILE_UNTRUSTED, INNER_ERROR_PREFIX "ProfileUntrusted" },
  { INNER_ERROR_INVALID_OPTION, INNER_ERROR_PREFIX "InvalidOption" },
  { INNER_ERROR_MOUNT_REFUSED, INNER_ERROR_PREFIX "MountRefused" },
  { INNER_ERROR_NOT_AUTHORIZED, INNER_ERROR_PREFIX "NotAuthorized" },
  { INNER_ERROR_NOT_AUTHORIZED_CAN_OBTAIN, INNER_ERROR_PREFIX "NotAuthorized.CanObtain" },
  { INNER_ERROR_NOT_AUTHORIZED_DISMISSED, INNER_ERROR_PREFIX "NotAuthorized.Dismissed" },
  { INNER_ERROR_POLKIT_UNAVAILABLE, INNER_ERROR_PREFIX "PolkitUnavailable" },
  { INNER_ERROR_HOST_UNSUPPORTED, INNER_ERROR_PREFIX "HostUnsupported" },
  { INNER_ERROR_NOT_FOUND, INNER_ERROR_PREFIX "NotFound" },
  { INNER_ERROR_NAME_IN_USE, INNER_ERROR_PREFIX "NameInUse" },
  { INNER_ERROR_LAUNCH_FAILED, INNER_ERROR_PREFIX "LaunchFailed" },
  { INNER_ERROR_LIMIT_EXCEEDED, INNER_ERROR_PREFIX "LimitExceeded" },
  { INNER_ERROR_BUSY, INNER_ERROR_PREFIX "Busy" },
  { INNER_ERROR_COMMAND_NOT_FOUND, INNER_ERROR_PREFIX "CommandNotFound" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (entries) == INNER_N_ERRORS);

GQuark
inner_error_quark (void)
{
  static gsize quark = 0;

  g_dbus_error_register_error_domain ("inner-error-quark", &quark, entries, G_N_ELEMENTS (entries));
  return (GQuark) quark;
}

gboolean
inner_error_is_refusal (const GError *error)
{
  if (error == NULL || error->domain != INNER_ERROR)
    return FALSE;

  return error->code == INNER_ERROR_PROFILE_UNTRUSTED ||
         error->code == INNER_ERROR_NOT_AUTHORIZED ||
         error->code == INNER_ERROR_NOT_AUTHORIZED_CAN_OBTAIN ||
         error->code == INNER_ERROR_NOT_AUTHORIZED_DISMISSED ||
         error->code == INNER_ERROR_POLKIT_UNAVAILABLE;
}
