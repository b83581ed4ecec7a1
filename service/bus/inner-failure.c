/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-failure.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"

/* Why a command did not start; @kind as the supervisor says it: "exec" or "directory". */
static GError *
exec_error (const char *kind, const char *command, int code)
{
  gboolean missing = code == ENOENT || code == ENOTDIR;
  g_autofree char *shown = inner_escape_for_display (command);

  if (g_str_equal (kind, "directory"))
    return g_error_new (
        INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
        _ ("The directory to start “%s” in cannot be entered inside the sandbox: %s"), shown,
        g_strerror (code));
  if (missing)
    return g_error_new (INNER_ERROR, INNER_ERROR_COMMAND_NOT_FOUND,
                        _ ("The command “%s” does not exist inside the sandbox; name its path, or "
                           "mount what holds it"),
                        shown);
  return g_error_new (INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                      _ ("The command “%s” cannot be run inside the sandbox: %s"), shown,
                      g_strerror (code));
}

/* bubblewrap's own words, with what to do about the two that people meet. */
static GError *
bwrap_error (const char *message, int code)
{
  g_autofree char *shown = inner_escape_for_display (message);

  if (code == ENOENT)
    return g_error_new (INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                        _ ("bubblewrap is missing: “%s” does not exist; install it (see “innerctl "
                           "doctor”)"),
                        INNER_BWRAP);
  if (strstr (message, "namespace") != NULL || strstr (message, "uid map") != NULL)
    return g_error_new (INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                        _ ("This machine does not let bubblewrap make namespaces (%s); “innerctl "
                           "doctor” says how to allow it"),
                        shown);
  return g_error_new (INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                      _ ("bubblewrap could not make the sandbox: %s; see “innerctl doctor”"),
                      shown[0] != '\0' ? shown : g_strerror (code));
}

GError *
inner_failure_to_error (GVariant *values, const char *command)
{
  const char *kind = "exec";
  const char *message = "";
  gint32 code = 0;

  g_variant_lookup (values, "kind", "&s", &kind);
  g_variant_lookup (values, "message", "&s", &message);
  g_variant_lookup (values, "errno", "i", &code);
  if (g_str_equal (kind, "exec") || g_str_equal (kind, "directory"))
    return exec_error (kind, command, code);
  if (g_str_equal (kind, "bwrap"))
    return bwrap_error (message, code);
  if (g_str_equal (kind, "egress"))
    return g_error_new_literal (INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED, message);
  return g_error_new (INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                      _ ("The supervisor could not start the sandbox: %s; see “innerctl doctor”"),
                      message[0] != '\0' ? message : g_strerror (code));
}
