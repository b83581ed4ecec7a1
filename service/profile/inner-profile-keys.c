/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-keys.h"

#include <string.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ALIAS(old, now) ((const InnerKeyAlias[]){ { old, now }, { NULL, NULL } })

/* The words that a key may be. Those of mounts are the modes of one, those of checks the
 * severities. */
#define VERSIONS WORDS ("1")
#define NETWORK_MODES WORDS ("off", "allowlist", "open", "host")
#define SERVER_NAMES WORDS ("require", "allow")
#define HOMES WORDS ("isolated", "persistent", "host-ro")
#define FILESYSTEMS WORDS ("private", "host")
#define GIT_DIRS WORDS ("protected", "ro", "rw")
#define GUARD_ACTIONS WORDS ("revert", "report")
#define CREDENTIALS WORDS ("host", "sandbox", "none")
#define CGROUP_MANAGERS WORDS ("cgroupfs", "systemd")
#define MOUNT_MODES WORDS ("ro", "rw", "copy", "tmpfs")
#define CURSOR_FIXES WORDS ("", "newlines", "shell")
#define WORKSPACE_MODES WORDS ("rw", "ro", "copy", "worktree", "overlay")
#define SEVERITIES WORDS ("critical", "high", "medium", "low", "info")

/* The further columns are those of InnerKeyRow: place in XML, item, label. */
#define KEY(id, name, type, merge, words, ...)                                                     \
  [INNER_KEY_##id] = { { name, INNER_VALUE_##type, INNER_MERGE_##merge, words }, __VA_ARGS__ }

/* One key a row, however long. */
/* clang-format off */
static const InnerKeyRow rows[] = {
  KEY (SCHEMA_VERSION, "schema_version", STRING, OWN, VERSIONS, "profile@version"),
  KEY (NAME, "name", STRING, OWN, NULL, "profile@name"),
  KEY (DESCRIPTION, "description", STRING, REPLACE, NULL, "profile/description"),
  KEY (EXTENDS, "extends", LIST, OWN, NULL, "profile/extends", "profile"),
  KEY (WORKSPACES_PATH, "workspaces_path", STRING, REPLACE, NULL, "profile/workspaces-path"),
  KEY (EXPERIMENTAL, "experimental", BOOL, REPLACE, NULL, "profile/experimental"),
  KEY (CAPABILITIES, "capabilities", LIST, UNION, NULL, "profile/capabilities", "capability"),

  /* XML has the mode only: the two keys never disagree (inner_profile_normalise). */
  KEY (SANDBOX_NETWORK, "sandbox.network", BOOL, REPLACE, NULL, NULL),
  KEY (SANDBOX_NETWORK_MODE, "sandbox.network_mode", STRING, REPLACE, NETWORK_MODES,
       "profile/sandbox/network@mode", .aliases = ALIAS ("full", "open")),
  KEY (SANDBOX_NETWORK_ALLOW, "sandbox.network_allow", LIST, UNION, NULL,
       "profile/sandbox/network/allow", "host"),
  KEY (SANDBOX_NETWORK_DENY, "sandbox.network_deny", LIST, UNION, NULL,
       "profile/sandbox/network/deny", "host"),
  KEY (SANDBOX_NETWORK_ASK, "sandbox.network_ask", BOOL, REPLACE, NULL,
       "profile/sandbox/network@ask"),
  KEY (SANDBOX_SNI, "sandbox.sni", STRING, REPLACE, SERVER_NAMES, "profile/sandbox/network@sni"),
  KEY (SANDBOX_CLIPBOARD, "sandbox.clipboard", BOOL, REPLACE, NULL, "profile/sandbox/clipboard"),
  KEY (SANDBOX_PID_NAMESPACE, "sandbox.pid_namespace", BOOL, REPLACE, NULL,
       "profile/sandbox/pid-namespace"),
  KEY (SANDBOX_ALLOW, "sandbox.allow", LIST, UNION, NULL, "profile/sandbox/allow", "privilege"),
  KEY (SANDBOX_HOME, "sandbox.home", STRING, REPLACE, HOMES, "profile/sandbox/home"),
  KEY (SANDBOX_HOME_ALLOW, "sandbox.home_allow", LIST, UNION, NULL,
       "profile/sandbox/home-allow", "path"),
  KEY (SANDBOX_FILESYSTEM, "sandbox.filesystem", STRING, REPLACE, FILESYSTEMS,
       "profile/sandbox/filesystem"),
  KEY (SANDBOX_GIT_DIR, "sandbox.git_dir", STRING, REPLACE, GIT_DIRS, "profile/sandbox/git-dir"),
  KEY (SANDBOX_GUARD, "sandbox.guard", LIST, UNION, NULL, "profile/sandbox/guard", "path"),
  KEY (SANDBOX_GUARD_ALLOW, "sandbox.guard_allow", LIST, UNION, NULL,
       "profile/sandbox/guard-allow", "path"),
  KEY (SANDBOX_GUARD_ACTION, "sandbox.guard_action", STRING, REPLACE, GUARD_ACTIONS,
       "profile/sandbox/guard-action"),
  KEY (SANDBOX_REQUIRE, "sandbox.require", LIST, UNION, NULL, "profile/sandbox/require", "layer"),
  KEY (SANDBOX_CREDENTIALS, "sandbox.credentials", STRING, REPLACE, CREDENTIALS,
       "profile/sandbox/credentials"),
  KEY (SANDBOX_CGROUP_MANAGER, "sandbox.cgroup_manager", STRING, REPLACE, CGROUP_MANAGERS,
       "profile/sandbox/cgroup-manager"),
  KEY (SANDBOX_LIMITS_MEMORY, "sandbox.limits.memory", STRING, REPLACE, NULL,
       "profile/sandbox/limits@memory"),
  KEY (SANDBOX_LIMITS_CPU, "sandbox.limits.cpu", STRING, REPLACE, NULL,
       "profile/sandbox/limits@cpu", .also_number = TRUE),
  KEY (SANDBOX_LIMITS_PIDS, "sandbox.limits.pids", INTEGER, REPLACE, NULL,
       "profile/sandbox/limits@pids"),

  KEY (MOUNTS, "mounts", MOUNTS, PER_KEY, MOUNT_MODES,
       "profile/mounts", "mount", .aliases = ALIAS ("safe-rw", "copy")),

  KEY (ENV_CLEARENV, "env.clearenv", BOOL, REPLACE, NULL, "profile/env/clearenv"),
  KEY (ENV_INHERIT_ALL, "env.inherit_all", BOOL, REPLACE, NULL, "profile/env/inherit-all"),
  KEY (ENV_INHERIT, "env.inherit", LIST, UNION, NULL, "profile/env/inherit", "variable"),
  KEY (ENV_SET, "env.set", MAP, PER_KEY, NULL, "profile/env/set", "variable", "name"),
  KEY (ENV_PATH_PREPEND, "env.path_prepend", LIST, UNION_CHILD_FIRST, NULL,
       "profile/env/path-prepend", "path"),

  KEY (GIT_STRIP_SECTIONS, "git.strip_sections", LIST, UNION, NULL,
       "profile/git/strip-sections", "section"),
  KEY (GIT_OVERRIDES, "git.overrides", MAP, PER_KEY, NULL,
       "profile/git/overrides", "setting", "name"),

  KEY (ENTRYPOINT_CMD, "entrypoint.cmd", STRING, REPLACE, NULL, "profile/entrypoint/cmd"),
  KEY (ENTRYPOINT_ARGS, "entrypoint.args", LIST, REPLACE, NULL, "profile/entrypoint/args", "arg"),
  KEY (ENTRYPOINT_INTERACTIVE, "entrypoint.interactive", BOOL, REPLACE, NULL,
       "profile/entrypoint/interactive"),
  KEY (ENTRYPOINT_TUI, "entrypoint.tui", BOOL, REPLACE, NULL, "profile/entrypoint/tui"),
  KEY (ENTRYPOINT_CURSOR_FIX, "entrypoint.cursor_fix", STRING, REPLACE, CURSOR_FIXES,
       "profile/entrypoint/cursor-fix"),
  KEY (ENTRYPOINT_WORKDIR, "entrypoint.workdir", STRING, REPLACE, NULL,
       "profile/entrypoint/workdir"),
  KEY (ENTRYPOINT_HISTORY, "entrypoint.history", LIST, REPLACE, NULL,
       "profile/entrypoint/history", "line"),

  KEY (WORKSPACE_DESTINATION, "workspace.destination", STRING, REPLACE, NULL,
       "profile/workspace@destination"),
  KEY (WORKSPACE_MODE, "workspace.mode", STRING, REPLACE, WORKSPACE_MODES,
       "profile/workspace@mode"),

  KEY (AGENT_STATE, "agent.state", LIST, UNION, NULL, "profile/agent/state", "agent"),
  KEY (AGENT_WRITE_BACK, "agent.write_back", BOOL, REPLACE, NULL, "profile/agent@write-back"),

  KEY (PUBLISH, "publish", MAP, PER_KEY, NULL,
       "profile/publish", "port", "host", .also_number = TRUE),

  KEY (OUTPUT_SUMMARY, "output.summary", BOOL, REPLACE, NULL, "profile/output/summary"),
  KEY (OUTPUT_LOG, "output.log", STRING, REPLACE, NULL, "profile/output/log"),
  KEY (OUTPUT_TIMEOUT_SECONDS, "output.timeout_seconds", INTEGER, REPLACE, NULL,
       "profile/output/timeout-seconds"),
  KEY (OUTPUT_IDLE_TIMEOUT_SECONDS, "output.idle_timeout_seconds", INTEGER, REPLACE, NULL,
       "profile/output/idle-timeout-seconds"),

  KEY (NOOP_BLOCK, "noop.block", LIST, UNION, NULL, "profile/noop/block", "command"),
  KEY (NOOP_REWRITE, "noop.rewrite", MAP, PER_KEY, NULL, "profile/noop/rewrite", "command", "name"),

  KEY (VERIFY_CUSTOM_CHECKS, "verify.custom.checks", CHECKS, APPEND, SEVERITIES,
       "profile/verify/checks", "check"),
};
/* clang-format on */

G_STATIC_ASSERT (G_N_ELEMENTS (rows) == INNER_N_KEYS);

const InnerKeyRow *
inner_key_row (InnerKey key)
{
  g_return_val_if_fail (key < INNER_N_KEYS, NULL);

  return &rows[key];
}

const InnerKeyInfo *
inner_key_info (InnerKey key)
{
  g_return_val_if_fail (key < INNER_N_KEYS, NULL);

  return &rows[key].info;
}

gboolean
inner_key_lookup (const char *name, InnerKey *key)
{
  for (InnerKey k = 0; k < INNER_N_KEYS; k++)
    if (g_str_equal (rows[k].info.name, name))
      {
        *key = k;
        return TRUE;
      }

  return FALSE;
}

gboolean
inner_key_lookup_xml (const char *xml, InnerKey *key)
{
  for (InnerKey k = 0; k < INNER_N_KEYS; k++)
    if (g_strcmp0 (rows[k].xml, xml) == 0)
      {
        *key = k;
        return TRUE;
      }

  return FALSE;
}

/* What of the place of @row stands below @path; %NULL when it stands elsewhere. The result begins
 * with the separator, except at the root of TOML, which has no name. */
static const char *
rest_below (const InnerKeyRow *row, const char *path, char separator)
{
  const char *place = separator == '.' ? row->info.name : row->xml;

  if (place == NULL || !g_str_has_prefix (place, path))
    return NULL;

  return place + strlen (path);
}

gboolean
inner_key_is_parent (const char *path, char separator)
{
  for (InnerKey k = 0; k < INNER_N_KEYS; k++)
    {
      const char *rest = rest_below (&rows[k], path, separator);

      if (rest != NULL && (*rest == separator || (separator == '/' && *rest == '@')))
        return TRUE;
    }

  return FALSE;
}

char **
inner_key_names_below (const char *path, char separator)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_null_terminated (8, g_free, TRUE);

  for (InnerKey k = 0; k < INNER_N_KEYS; k++)
    {
      const char *rest = rest_below (&rows[k], path, separator);
      g_autofree char *name = NULL;

      if (rest == NULL || (*path != '\0' && *rest != separator))
        continue;
      rest += *path != '\0';
      name = g_strndup (rest, strcspn (rest, separator == '.' ? "." : "/@"));
      if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, g_steal_pointer (&name));
    }

  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

const char *
inner_key_by_last_part (const char *part)
{
  for (InnerKey k = 0; k < INNER_N_KEYS; k++)
    {
      const char *dot = strrchr (rows[k].info.name, '.');

      if (g_str_equal (dot != NULL ? dot + 1 : rows[k].info.name, part))
        return rows[k].info.name;
    }

  return NULL;
}
