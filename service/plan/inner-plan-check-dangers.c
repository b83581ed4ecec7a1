/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Rules about what weakens a sandbox, and about what does nothing. */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-options.h"
#include "inner-plan-check-private.h"
#include "inner-privileges.h"
#include "inner-sensitive.h"

static gboolean
is_true (InnerChecking *checking)
{
  return inner_profile_get_bool (checking->profile, checking->row->key, FALSE);
}

void
inner_check_git_dir (InnerChecking *checking)
{
  if (g_strcmp0 (inner_profile_get_string (checking->profile, INNER_KEY_SANDBOX_GIT_DIR, NULL),
                 "rw") == 0)
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("what the sandbox writes into .git runs when git is used on the host; "
                           "use “protected”"));
}

void
inner_check_pid_namespace (InnerChecking *checking)
{
  if (!inner_profile_get_bool (checking->profile, INNER_KEY_SANDBOX_PID_NAMESPACE, TRUE))
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("a sandbox always has its own processes, so this does nothing; remove "
                           "it"));
}

/* Gives the item of `allow` that asks for nested user namespaces, or INNER_NO_ITEM. */
static gssize
find_nested (InnerChecking *checking)
{
  const char *const *keys = inner_profile_get_list (checking->profile, INNER_KEY_SANDBOX_ALLOW);

  for (gsize i = 0; keys[i] != NULL; i++)
    if (g_str_equal (keys[i], INNER_PRIVILEGE_NESTED_USER_NS))
      return i;

  return INNER_NO_ITEM;
}

void
inner_check_nested (InnerChecking *checking)
{
  gssize item = find_nested (checking);

  if (item != INNER_NO_ITEM)
    inner_check_remark (checking, item,
                        _ ("nested user namespaces open more of the kernel to the sandbox; keep "
                           "this for containers that you trust"));
}

void
inner_check_nested_open (InnerChecking *checking)
{
  gssize item = find_nested (checking);

  if (item != INNER_NO_ITEM && inner_check_is_open (checking))
    inner_check_remark (checking, item,
                        _ ("nested user namespaces come together with an open network here; use "
                           "network_mode = \"allowlist\""));
}

void
inner_check_cgroup_unused (InnerChecking *checking)
{
  if (inner_profile_has (checking->profile, INNER_KEY_SANDBOX_CGROUP_MANAGER) &&
      find_nested (checking) == INNER_NO_ITEM)
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("this does nothing without “nested-user-ns” in sandbox.allow; remove "
                           "it"));
}

void
inner_check_cgroup_systemd (InnerChecking *checking)
{
  if (g_strcmp0 (
          inner_profile_get_string (checking->profile, INNER_KEY_SANDBOX_CGROUP_MANAGER, NULL),
          "systemd") == 0)
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("containers cannot reach systemd from a sandbox with its own "
                           "processes; use “cgroupfs”"));
}

void
inner_check_inherit_all (InnerChecking *checking)
{
  if (is_true (checking) && !inner_check_is_open (checking))
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("the sandbox reads every variable, with the secrets that stand in "
                           "them; name those it needs in env.inherit"));
}

void
inner_check_inherit_all_open (InnerChecking *checking)
{
  if (is_true (checking) && inner_check_is_open (checking))
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("the sandbox reads every variable, with the secrets that stand in "
                           "them, and its network is open to send them anywhere; name those it "
                           "needs in env.inherit"));
}

void
inner_check_inherit_all_home (InnerChecking *checking)
{
  if (is_true (checking) && inner_check_hides_home (checking))
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("many variables name files in the home directory, which are not there "
                           "in the sandbox's own home; name those it needs in env.inherit"));
}

/* SECURITY: what a person should hear at each start: a sandbox that has keys and may send them anywhere
 * (attack 94; tests/unit/test-plan-check.c). */
void
inner_check_open_credentials (InnerChecking *checking)
{
  static const char *const giving[] = { INNER_PRIVILEGE_EXPOSE_CREDENTIALS,
                                        INNER_PRIVILEGE_AGENT_SOCKETS, INNER_PRIVILEGE_SESSION_BUS,
                                        NULL };
  const char *const *keys = inner_check_list (checking);

  for (gsize i = 0; keys[i] != NULL && inner_check_is_open (checking); i++)
    {
      const InnerPrivilege *privilege = inner_privilege_resolve (keys[i]);

      if (privilege != NULL && g_strv_contains (giving, privilege->key))
        inner_check_report (checking, i,
                            _ ("“%s” comes together with an open network, so what it gives can be "
                               "sent anywhere; use network_mode = \"allowlist\""),
                            keys[i]);
    }
}

void
inner_check_no_timeout (InnerChecking *checking)
{
  if (!inner_profile_get_bool (checking->profile, INNER_KEY_ENTRYPOINT_INTERACTIVE, FALSE) &&
      inner_profile_get_integer (checking->profile, INNER_KEY_OUTPUT_TIMEOUT_SECONDS, 0) == 0 &&
      inner_profile_get_integer (checking->profile, INNER_KEY_OUTPUT_IDLE_TIMEOUT_SECONDS, 0) == 0)
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("nothing ends this command if it hangs: it is not interactive and has "
                           "no time limit; set output.timeout_seconds"));
}
