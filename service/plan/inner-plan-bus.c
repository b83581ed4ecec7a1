/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The session bus: always through a proxy of the sandbox's own, which lets it talk to the names in `allow` and to no
 * others. The supervisor starts it, and it ends with the sandbox.
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-bus-names.h"
#include "inner-error.h"
#include "inner-plan-private.h"
#include "inner-privileges.h"
#include "inner-sensitive.h"
#include "inner-wire.h"

#define VARIABLE "DBUS_SESSION_BUS_ADDRESS"
#define PATH_PREFIX "unix:path="
#define INSIDE "dbus"

static gboolean
refuse (GError **error, const char *reason)
{
  g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
               _ ("The session bus cannot be opened: %s"), reason);
  return FALSE;
}

char *
inner_planning_bus_socket (const InnerRequest *request, const InnerHost *host)
{
  const char *address = g_hash_table_lookup (request->caller_environment, VARIABLE);
  g_autofree char *escaped = NULL;
  g_autofree char *path = NULL;

  if (address == NULL)
    return host->runtime_dir != NULL ? g_build_filename (host->runtime_dir, "bus", NULL) : NULL;
  /* SECURITY: the first address only, and of the kinds of it the one that names a socket: another kind runs a
   * command (“unixexec:”) or goes over the network (attack 30; tests/unit/test-plan-privileges.c). */
  if (!g_str_has_prefix (address, PATH_PREFIX))
    return NULL;
  address += strlen (PATH_PREFIX);
  escaped = g_strndup (address, strcspn (address, ",;"));
  path = g_uri_unescape_string (escaped, NULL);
  return path != NULL && path[0] == '/' ? g_canonicalize_filename (path, "/") : NULL;
}

/* The proxy's arguments: from which bus to which socket, and the names. The descriptor that keeps it alive is the
 * supervisor's to add. xdg-dbus-proxy(1) */
static char **
proxy_arguments (InnerPlanning *planning, const char *socket)
{
  GPtrArray *arguments = g_ptr_array_new ();
  g_autofree char *escaped = g_dbus_address_escape_value (socket);

  g_ptr_array_add (arguments, g_strdup (planning->plan->host->bus_proxy));
  g_ptr_array_add (arguments, g_strconcat (PATH_PREFIX, escaped, NULL));
  for (char **word = planning->plan->allow; *word != NULL; word++)
    {
      const char *name = inner_bus_name_of (*word);

      if (name != NULL)
        g_ptr_array_add (arguments, g_strconcat ("--talk=", name, NULL));
    }
  g_ptr_array_add (arguments, NULL);
  return (char **) g_ptr_array_free (arguments, FALSE);
}

static gboolean
names_something (const InnerPlan *plan)
{
  for (char **word = plan->allow; *word != NULL; word++)
    if (inner_bus_name_of (*word) != NULL)
      return TRUE;

  return FALSE;
}

gboolean
inner_planning_bus (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;
  const InnerHost *host = plan->host;
  g_autofree char *path = inner_planning_bus_socket (planning->request, host);
  const InnerPathFact *fact;
  char *place;

  if (!g_strv_contains ((const char *const *) plan->privileges, INNER_PRIVILEGE_SESSION_BUS))
    return TRUE;
  if (!names_something (plan))
    return refuse (error, _ ("nothing says to what the sandbox may talk; name it, as in “--allow "
                             "session-bus:org.freedesktop.secrets”"));
  /* Never the bus itself in its place. */
  if (host->bus_proxy == NULL)
    return refuse (error, _ ("xdg-dbus-proxy is not installed; install the package of that name"));
  fact = path != NULL ? inner_host_fact (host, path) : NULL;
  if (fact == NULL || fact->type != INNER_FILE_SOCKET)
    return refuse (error, _ ("there is none here; run this in a session, where "
                             "DBUS_SESSION_BUS_ADDRESS names a socket"));
  if (!inner_sensitive_check_socket (fact->canonical, host->home, host->runtime_dir,
                                     (const char *const *) plan->allow, error))
    return FALSE;

  plan->bus_proxy = proxy_arguments (planning, fact->canonical);
  inner_planning_need_runtime_dir (planning);
  place = g_strdup_printf ("/run/user/%u/" INSIDE, plan->uid);
  inner_planning_open_bus (planning, place);
  g_hash_table_replace (planning->variables, g_strdup (VARIABLE),
                        g_strconcat (PATH_PREFIX, place, "/" INNER_FILE_BUS, NULL));
  return TRUE;
}
