/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Buses, the systemd of the user, and polkit. */

#include <glib/gi18n.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-check-host-private.h"

#define BUS_TIMEOUT_MS 8000
#define POLICY "/usr/share/polkit-1/actions/org.inner.sandbox.policy"

/* Whether @method of the bus itself, called with @parameters, succeeds. */
static gboolean
bus_answers (GBusType type, const char *method, GVariant *parameters, char **detail)
{
  g_autoptr (GVariant) sunk = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (type, NULL, &error);
  g_autoptr (GVariant) reply = NULL;

  if (bus != NULL)
    {
      g_dbus_connection_set_exit_on_close (bus, FALSE);
      reply = g_dbus_connection_call_sync (
          bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
          sunk, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, BUS_TIMEOUT_MS, NULL, &error);
    }
  if (error != NULL)
    g_dbus_error_strip_remote_error (error);
  *detail = error != NULL ? g_strdup (error->message) : g_strdup (_ ("answers"));
  return reply != NULL;
}

/* Without an address GIO would start a bus of its own. */
static gboolean
there_is_a_session_bus (const InnerHostView *view)
{
  g_autofree char *socket = NULL;

  if (g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL)
    return TRUE;
  if (view->runtime_dir == NULL)
    return FALSE;
  socket = g_build_filename (view->runtime_dir, "bus", NULL);
  return access (socket, F_OK) == 0;
}

InnerFinding
inner_look_at_session_bus (const InnerHostView *view)
{
  char *detail;
  gboolean ok;

  if (!there_is_a_session_bus (view))
    return inner_finding (FALSE, INNER_STATUS_DEGRADED, g_strdup (_ ("there is none")));
  ok = bus_answers (G_BUS_TYPE_SESSION, "GetId", NULL, &detail);
  return inner_finding (ok, INNER_STATUS_DEGRADED, detail);
}

InnerFinding
inner_look_at_user_manager (const InnerHostView *view)
{
  char *detail;
  gboolean ok;

  if (!there_is_a_session_bus (view))
    return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                          g_strdup (_ ("there is no session bus to ask it on")));
  ok = bus_answers (G_BUS_TYPE_SESSION, "GetNameOwner",
                    g_variant_new ("(s)", "org.freedesktop.systemd1"), &detail);
  return inner_finding (ok, INNER_STATUS_DEGRADED, detail);
}

/* What is installed has to be started, not installed. */
static InnerFinding
look_at_daemon (gboolean ok, char *detail, const char *program, const char *remedy)
{
  InnerFinding finding = inner_finding (ok, INNER_STATUS_DEGRADED, detail);

  if (access (program, F_OK) == 0)
    finding.remedy = g_strdup (remedy);
  return finding;
}

InnerFinding
inner_look_at_system_bus (const InnerHostView *view)
{
  char *detail;
  gboolean ok = bus_answers (G_BUS_TYPE_SYSTEM, "GetId", NULL, &detail);

  return look_at_daemon (ok, detail, "/usr/bin/dbus-daemon", _ ("as root: systemctl start dbus"));
}

InnerFinding
inner_look_at_polkit (const InnerHostView *view)
{
  char *detail;
  gboolean ok = bus_answers (G_BUS_TYPE_SYSTEM, "StartServiceByName",
                             g_variant_new ("(su)", "org.freedesktop.PolicyKit1", 0), &detail);

  return look_at_daemon (ok, detail,
                         "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service",
                         _ ("as root: systemctl start polkit"));
}

InnerFinding
inner_look_at_policy (const InnerHostView *view)
{
  return inner_finding (access (POLICY, R_OK) == 0, INNER_STATUS_DEGRADED, g_strdup (POLICY));
}

/* Which agent is registered, polkit tells nobody. Each one needs this helper, which checks the password: setuid
 * root, or from polkit 127 on a socket of systemd's (polkit(8)). */
InnerFinding
inner_look_at_polkit_agent (const InnerHostView *view)
{
  static const char *const places[] = {
    "/run/polkit/agent-helper.socket",
    "/usr/lib/polkit-1/polkit-agent-helper-1",
    "/usr/lib/policykit-1/polkit-agent-helper-1",
    "/usr/libexec/polkit-agent-helper-1",
  };
  struct stat st;

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (stat (places[i], &st) == 0 && (S_ISSOCK (st.st_mode) || (st.st_mode & S_ISUID) != 0))
      return inner_finding (TRUE, NULL,
                            g_strdup_printf (_ ("passwords are checked by “%s”"), places[i]));

  return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                        g_strdup (_ ("nothing here could check a password")));
}
