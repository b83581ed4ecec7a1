/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-privileges.h"

#include <glib/gi18n.h>

#include "inner-bus-names.h"
#include "inner-error.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-sensitive.h"
#include "inner-suggest.h"

#define ROW(key, sentence, available)                                                              \
  {                                                                                                \
    key, INNER_ACTION_PREFIX key, sentence, available                                              \
  }

const InnerPrivilege inner_privileges[] = {
  ROW (INNER_PRIVILEGE_PODMAN_SOCKET,
       N_ ("The sandbox controls podman, and with it everything that your user can do"),
       TRUE),
  ROW (INNER_PRIVILEGE_DOCKER_SOCKET,
       N_ ("The sandbox controls docker, and with it this whole machine"),
       TRUE),
  ROW (INNER_PRIVILEGE_NESTED_USER_NS,
       N_ ("The sandbox makes user namespaces, which opens more of the kernel to it"),
       TRUE),
  ROW (INNER_PRIVILEGE_HOST_NETWORK,
       N_ ("The sandbox uses the network of this machine: the internet, the local network and the "
           "services on this machine"),
       TRUE),
  ROW (INNER_PRIVILEGE_EXPOSE_CREDENTIALS,
       N_ ("The sandbox reads keys, passwords or other credentials of yours"),
       TRUE),
  ROW (INNER_PRIVILEGE_AGENT_SOCKETS,
       N_ ("The sandbox uses your SSH or GPG agent to log in and to sign in your name"),
       TRUE),
  ROW (INNER_PRIVILEGE_SESSION_BUS,
       N_ ("The sandbox talks to the programs of your session, and can make them act for it"),
       TRUE),
  ROW (INNER_PRIVILEGE_DISPLAY,
       N_ ("The sandbox uses your screen, keyboard, clipboard, camera or sound"),
       TRUE),
  ROW (INNER_PRIVILEGE_WRITABLE_SYSTEM,
       N_ ("The sandbox changes files of this machine's operating system"),
       TRUE),
  ROW (INNER_PRIVILEGE_INHERIT_ENVIRONMENT,
       N_ ("The sandbox reads every environment variable, with the secrets that stand in them"),
       TRUE),
  ROW (INNER_PRIVILEGE_UNGUARDED_WORKSPACE,
       N_ ("The sandbox changes files that programs outside of it run, such as git hooks"),
       TRUE),
  ROW (INNER_PRIVILEGE_CHANGE_EGRESS,
       N_ ("A running sandbox reaches more of the network than its profile says"),
       TRUE),
  ROW (INNER_PRIVILEGE_TRUST_PROFILE,
       N_ ("A profile that was not yet approved decides what sandboxes may do"),
       FALSE),
  { NULL, NULL, NULL, FALSE },
};

const InnerPrivilege *
inner_privilege_lookup (const char *key)
{
  for (const InnerPrivilege *row = inner_privileges; row->key != NULL; row++)
    if (g_str_equal (row->key, key))
      return row;

  return NULL;
}

const InnerPrivilege *
inner_privilege_resolve (const char *key)
{
  const InnerPrivilege *privilege = inner_privilege_lookup (key);

  if (privilege != NULL)
    return privilege;
  if (inner_bus_name_of (key) != NULL)
    return inner_privilege_lookup (INNER_PRIVILEGE_SESSION_BUS);
  for (const InnerSensitive *row = inner_sensitive_things; row->key != NULL; row++)
    if (g_str_equal (row->key, key) && row->privilege != NULL)
      return inner_privilege_lookup (row->privilege);

  return NULL;
}

static const char *
suggest (const char *word)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();

  for (const InnerPrivilege *row = inner_privileges; row->key != NULL; row++)
    g_ptr_array_add (keys, (gpointer) row->key);
  for (const InnerSensitive *row = inner_sensitive_things; row->key != NULL; row++)
    if (row->privilege != NULL)
      g_ptr_array_add (keys, (gpointer) row->key);
  g_ptr_array_add (keys, NULL);

  return inner_suggest (word, (const char *const *) keys->pdata);
}

static gboolean
refuse_unknown (const char *key, GError **error)
{
  const char *near = suggest (key);
  g_autofree char *shown = inner_escape_for_display (key);

  if (near != NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("There is no privilege “%s”; did you mean “%s”?"), shown, near);
  else
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("There is no privilege “%s”; remove it from “allow”"), shown);
  return FALSE;
}

gboolean
inner_privilege_opens_nothing (const char *key)
{
  static const char *const words[] = { "env-secrets", "shims-active", "network-policy", NULL };

  return g_strv_contains (words, key);
}

gboolean
inner_privilege_check_available (const char *key, GError **error)
{
  const InnerPrivilege *privilege = inner_privilege_resolve (key);

  /* SECURITY: a privilege that is unknown or not carried out is an error, never skipped: the caller
   * would believe in a sandbox that it does not have (attack 106; tests/unit/test-policy.c). */
  if (inner_privilege_opens_nothing (key))
    return TRUE;
  if (privilege == NULL)
    return refuse_unknown (key, error);
  if (inner_bus_name_of (key) != NULL && !inner_bus_name_check (inner_bus_name_of (key), error))
    return FALSE;
  if (privilege->available)
    return TRUE;

  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
               _ ("The privilege “%s” is not part of this version; remove it from “allow” or "
                  "install a newer version"),
               key);
  return FALSE;
}
