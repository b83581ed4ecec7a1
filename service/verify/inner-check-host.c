/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-check-host.h"

#include <glib/gi18n.h>
#include <unistd.h>

#include "inner-host.h"

#define BUS_TIMEOUT_MS 2000

#define STATUS_OK "ok"
#define STATUS_MISSING "missing"
#define STATUS_DEGRADED "degraded"

/* What one look found: a status and, in words, what was seen. */
typedef struct
{
  const char *status;
  char *detail;
} Finding;

typedef struct
{
  const char *id;
  gboolean required;
  Finding (*look) (void);
  const char *why;
  const char *remedy;
} Check;

static Finding
found (gboolean ok, const char *otherwise, char *detail)
{
  return (Finding){ ok ? STATUS_OK : otherwise, detail };
}

/* Runs @arguments; gives what it printed (either stream), without the line end. */
static gboolean
try_program (const char *const *arguments, char **said)
{
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  int status = -1;

  if (!g_spawn_sync ("/", (char **) arguments, (char *[]){ NULL }, G_SPAWN_DEFAULT, NULL, NULL,
                     &out, &err, &status, &error))
    {
      *said = g_strdup (error->message);
      return FALSE;
    }
  *said = g_strchomp (g_strdup (out[0] != '\0' ? out : err));
  return g_spawn_check_wait_status (status, NULL);
}

static Finding
look_at_bwrap (void)
{
  const char *const arguments[] = { INNER_BWRAP, "--version", NULL };
  char *said;
  gboolean ok = try_program (arguments, &said);

  return found (ok, STATUS_MISSING, said);
}

/* The namespaces of a real sandbox, around a command that does nothing. */
static Finding
look_at_namespaces (void)
{
  const char *const arguments[] = {
    INNER_BWRAP,  "--unshare-all", "--unshare-user", "--disable-userns",
    "--cap-drop", "ALL",           "--ro-bind",      "/",
    "/",          "--proc",        "/proc",          "/bin/true",
    NULL
  };
  char *said;
  gboolean ok = try_program (arguments, &said);

  if (ok)
    {
      g_free (said);
      said = g_strdup (_ ("bubblewrap made a sandbox with all namespaces"));
    }
  return found (ok, STATUS_MISSING, said);
}

static Finding
look_at_landlock (void)
{
  int abi = inner_host_landlock_abi ();

  return found (abi >= 6, STATUS_DEGRADED,
                abi > 0 ? g_strdup_printf (_ ("ABI %d"), abi) : g_strdup (_ ("not there")));
}

static Finding
look_at_programs (void)
{
  static const char *const programs[] = { "inner-supervisor", "inner-init" };

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path = g_build_filename (INNER_LIBEXECDIR, programs[i], NULL);

      if (access (path, X_OK) < 0)
        return found (FALSE, STATUS_MISSING, g_strdup_printf (_ ("“%s” is missing"), path));
    }

  return found (TRUE, STATUS_MISSING, g_strdup (INNER_LIBEXECDIR));
}

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

static Finding
look_at_session_bus (void)
{
  g_autofree char *socket = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);
  char *detail;
  gboolean ok;

  /* Without an address GIO would start a bus of its own. */
  if (g_getenv ("DBUS_SESSION_BUS_ADDRESS") == NULL && access (socket, F_OK) < 0)
    return found (FALSE, STATUS_DEGRADED, g_strdup (_ ("there is none")));
  ok = bus_answers (G_BUS_TYPE_SESSION, "GetId", NULL, &detail);
  return found (ok, STATUS_DEGRADED, detail);
}

static Finding
look_at_polkit (void)
{
  char *detail;
  gboolean ok = bus_answers (G_BUS_TYPE_SYSTEM, "StartServiceByName",
                             g_variant_new ("(su)", "org.freedesktop.PolicyKit1", 0), &detail);

  return found (ok, STATUS_DEGRADED, detail);
}

static Finding
look_at_policy (void)
{
  const char *path = "/usr/share/polkit-1/actions/org.inner.sandbox.policy";

  return found (access (path, R_OK) == 0, STATUS_DEGRADED, g_strdup (path));
}

static const Check checks[] = {
  { "bwrap", TRUE, look_at_bwrap, N_ ("it makes every sandbox"),
    N_ ("install bubblewrap: apt install bubblewrap, dnf install bubblewrap or pacman -S "
        "bubblewrap") },
  { "namespaces", TRUE, look_at_namespaces,
    N_ ("a sandbox is made of them, and an ordinary user may be forbidden to make one"),
    N_ ("as root: sysctl kernel.unprivileged_userns_clone=1 (Debian); sysctl "
        "kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile for bwrap (Ubuntu "
        "24.04 and later); user.max_user_namespaces must not be 0") },
  { "programs", TRUE, look_at_programs, N_ ("the service starts them for each sandbox"),
    N_ ("install the package again") },
  { "landlock", FALSE, look_at_landlock,
    N_ ("a second wall around the command, against tracing and mounting"),
    N_ ("use a kernel from 6.12 with Landlock in its list of security modules (lsm=)") },
  { "session-bus", FALSE, look_at_session_bus,
    N_ ("programs share one service over it; without it each innerctl has its own"),
    N_ ("log in with a systemd user session, or use dbus-run-session") },
  { "polkit", FALSE, look_at_polkit, N_ ("it grants privileges; without it every one is refused"),
    N_ ("install and start polkitd: apt install polkitd or dnf install polkit") },
  { "policy", FALSE, look_at_policy, N_ ("polkitd knows our privileges only from this file"),
    N_ ("install the package into /usr, or copy the file from its share/polkit-1/actions") },
};

static GVariant *
report (const Check *check)
{
  Finding finding = check->look ();
  g_autofree char *detail = g_utf8_make_valid (finding.detail, -1);
  gboolean ok = g_str_equal (finding.status, STATUS_OK);
  GVariantBuilder dict;

  g_free (finding.detail);
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&dict, "{sv}", key, value)
  ADD ("id", g_variant_new_string (check->id));
  ADD ("status", g_variant_new_string (finding.status));
  ADD ("required", g_variant_new_boolean (check->required));
  ADD ("detail", g_variant_new_string (detail));
  ADD ("why", g_variant_new_string (_ (check->why)));
  ADD ("remedy", g_variant_new_string (ok ? "" : _ (check->remedy)));
#undef ADD
  return g_variant_builder_end (&dict);
}

GVariant *
inner_check_host (void)
{
  GVariantBuilder reports;

  g_variant_builder_init (&reports, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    g_variant_builder_add_value (&reports, report (&checks[i]));
  return g_variant_builder_end (&reports);
}
