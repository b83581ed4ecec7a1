/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-keys.h"

#include <string.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ALIAS(old, now) ((const InnerKeyAlias[]){ { old, now }, { NULL, NULL } })

/* The words of a mount's mode and of a check's severity are the choices of their keys. */
#define MODES WORDS ("ro", "rw", "copy", "tmpfs")
#define SEVERITIES WORDS ("critical", "high", "medium", "low", "info")

#define TEXT(name, merge)                                                                          \
  {                                                                                                \
    name, INNER_VALUE_STRING, INNER_MERGE_##merge, NULL                                            \
  }
#define CHOICE(name, merge, ...)                                                                   \
  {                                                                                                \
    name, INNER_VALUE_STRING, INNER_MERGE_##merge, WORDS (__VA_ARGS__)                             \
  }
#define BOOL(name)                                                                                 \
  {                                                                                                \
    name, INNER_VALUE_BOOL, INNER_MERGE_REPLACE, NULL                                              \
  }
#define INTEGER(name)                                                                              \
  {                                                                                                \
    name, INNER_VALUE_INTEGER, INNER_MERGE_REPLACE, NULL                                           \
  }
#define LIST(name, merge)                                                                          \
  {                                                                                                \
    name, INNER_VALUE_LIST, INNER_MERGE_##merge, NULL                                              \
  }
#define MAP(name)                                                                                  \
  {                                                                                                \
    name, INNER_VALUE_MAP, INNER_MERGE_PER_KEY, NULL                                               \
  }

/* clang-format off: one key a line */
static const InnerKeyRow rows[] = {
  [INNER_KEY_SCHEMA_VERSION] = { CHOICE ("schema_version", OWN, "1"), "profile@version" },
  [INNER_KEY_NAME] = { TEXT ("name", OWN), "profile@name" },
  [INNER_KEY_DESCRIPTION] = { TEXT ("description", REPLACE), "profile/description" },
  [INNER_KEY_EXTENDS] = { LIST ("extends", OWN), "profile/extends", "profile" },
  [INNER_KEY_WORKSPACES_PATH] = { TEXT ("workspaces_path", REPLACE), "profile/workspaces-path" },
  [INNER_KEY_EXPERIMENTAL] = { BOOL ("experimental"), "profile/experimental" },
  [INNER_KEY_CAPABILITIES] = { LIST ("capabilities", UNION), "profile/capabilities", "capability" },

  /* XML has the mode only: the two keys never disagree (inner_profile_normalise). */
  [INNER_KEY_SANDBOX_NETWORK] = { BOOL ("sandbox.network"), NULL },
  [INNER_KEY_SANDBOX_NETWORK_MODE] = { CHOICE ("sandbox.network_mode",
                                               REPLACE,
                                               "off",
                                               "allowlist",
                                               "open",
                                               "host"),
                                       "profile/sandbox/network@mode",
                                       .aliases = ALIAS ("full", "open") },
  [INNER_KEY_SANDBOX_NETWORK_ALLOW] = { LIST ("sandbox.network_allow", UNION),
                                        "profile/sandbox/network/allow", "host" },
  [INNER_KEY_SANDBOX_NETWORK_DENY] = { LIST ("sandbox.network_deny", UNION),
                                       "profile/sandbox/network/deny", "host" },
  [INNER_KEY_SANDBOX_NETWORK_ASK] = { BOOL ("sandbox.network_ask"), "profile/sandbox/network@ask" },
  [INNER_KEY_SANDBOX_SNI] = { CHOICE ("sandbox.sni", REPLACE, "require", "allow"),
                              "profile/sandbox/network@sni" },
  [INNER_KEY_SANDBOX_CLIPBOARD] = { BOOL ("sandbox.clipboard"), "profile/sandbox/clipboard" },
  [INNER_KEY_SANDBOX_PID_NAMESPACE] = { BOOL ("sandbox.pid_namespace"),
                                        "profile/sandbox/pid-namespace" },
  [INNER_KEY_SANDBOX_ALLOW] = { LIST ("sandbox.allow", UNION), "profile/sandbox/allow",
                                "privilege" },
  [INNER_KEY_SANDBOX_HOME] = { CHOICE (
                                   "sandbox.home", REPLACE, "isolated", "persistent", "host-ro"),
                               "profile/sandbox/home" },
  [INNER_KEY_SANDBOX_HOME_ALLOW] = { LIST ("sandbox.home_allow", UNION),
                                     "profile/sandbox/home-allow", "path" },
  [INNER_KEY_SANDBOX_FILESYSTEM] = { CHOICE ("sandbox.filesystem", REPLACE, "private", "host"),
                                     "profile/sandbox/filesystem" },
  [INNER_KEY_SANDBOX_GIT_DIR] = { CHOICE ("sandbox.git_dir", REPLACE, "protected", "ro", "rw"),
                                  "profile/sandbox/git-dir" },
  [INNER_KEY_SANDBOX_GUARD] = { LIST ("sandbox.guard", UNION), "profile/sandbox/guard", "path" },
  [INNER_KEY_SANDBOX_GUARD_ALLOW] = { LIST ("sandbox.guard_allow", UNION),
                                      "profile/sandbox/guard-allow", "path" },
  [INNER_KEY_SANDBOX_GUARD_ACTION] = { CHOICE ("sandbox.guard_action", REPLACE, "revert", "report"),
                                       "profile/sandbox/guard-action" },
  [INNER_KEY_SANDBOX_REQUIRE] = { LIST ("sandbox.require", UNION), "profile/sandbox/require",
                                  "layer" },
  [INNER_KEY_SANDBOX_CREDENTIALS] = { CHOICE ("sandbox.credentials",
                                              REPLACE,
                                              "host",
                                              "sandbox",
                                              "none"),
                                      "profile/sandbox/credentials" },
  [INNER_KEY_SANDBOX_CGROUP_MANAGER] = { CHOICE ("sandbox.cgroup_manager",
                                                 REPLACE,
                                                 "cgroupfs",
                                                 "systemd"),
                                         "profile/sandbox/cgroup-manager" },
  [INNER_KEY_SANDBOX_LIMITS_MEMORY] = { TEXT ("sandbox.limits.memory", REPLACE),
                                        "profile/sandbox/limits@memory" },
  [INNER_KEY_SANDBOX_LIMITS_CPU] = { TEXT ("sandbox.limits.cpu", REPLACE),
                                     "profile/sandbox/limits@cpu", .also_number = TRUE },
  [INNER_KEY_SANDBOX_LIMITS_PIDS] = { INTEGER ("sandbox.limits.pids"),
                                      "profile/sandbox/limits@pids" },

  [INNER_KEY_MOUNTS] = { { "mounts", INNER_VALUE_MOUNTS, INNER_MERGE_PER_KEY, MODES },
                         "profile/mounts",
                         "mount",
                         .aliases = ALIAS ("safe-rw", "copy") },

  [INNER_KEY_ENV_CLEARENV] = { BOOL ("env.clearenv"), "profile/env/clearenv" },
  [INNER_KEY_ENV_INHERIT_ALL] = { BOOL ("env.inherit_all"), "profile/env/inherit-all" },
  [INNER_KEY_ENV_INHERIT] = { LIST ("env.inherit", UNION), "profile/env/inherit", "variable" },
  [INNER_KEY_ENV_SET] = { MAP ("env.set"), "profile/env/set", "variable", "name" },
  [INNER_KEY_ENV_PATH_PREPEND] = { LIST ("env.path_prepend", UNION_CHILD_FIRST),
                                   "profile/env/path-prepend", "path" },

  [INNER_KEY_GIT_STRIP_SECTIONS] = { LIST ("git.strip_sections", UNION),
                                     "profile/git/strip-sections", "section" },
  [INNER_KEY_GIT_OVERRIDES] = { MAP ("git.overrides"), "profile/git/overrides", "setting", "name" },

  [INNER_KEY_ENTRYPOINT_CMD] = { TEXT ("entrypoint.cmd", REPLACE), "profile/entrypoint/cmd" },
  [INNER_KEY_ENTRYPOINT_ARGS] = { LIST ("entrypoint.args", REPLACE), "profile/entrypoint/args",
                                  "arg" },
  [INNER_KEY_ENTRYPOINT_INTERACTIVE] = { BOOL ("entrypoint.interactive"),
                                         "profile/entrypoint/interactive" },
  [INNER_KEY_ENTRYPOINT_TUI] = { BOOL ("entrypoint.tui"), "profile/entrypoint/tui" },
  [INNER_KEY_ENTRYPOINT_CURSOR_FIX] = { CHOICE ("entrypoint.cursor_fix",
                                                REPLACE,
                                                "",
                                                "newlines",
                                                "shell"),
                                        "profile/entrypoint/cursor-fix" },
  [INNER_KEY_ENTRYPOINT_WORKDIR] = { TEXT ("entrypoint.workdir", REPLACE),
                                     "profile/entrypoint/workdir" },
  [INNER_KEY_ENTRYPOINT_HISTORY] = { LIST ("entrypoint.history", REPLACE),
                                     "profile/entrypoint/history", "line" },

  [INNER_KEY_WORKSPACE_DESTINATION] = { TEXT ("workspace.destination", REPLACE),
                                        "profile/workspace@destination" },
  [INNER_KEY_WORKSPACE_MODE] = { CHOICE ("workspace.mode",
                                         REPLACE,
                                         "rw",
                                         "ro",
                                         "copy",
                                         "worktree",
                                         "overlay"),
                                 "profile/workspace@mode" },

  [INNER_KEY_AGENT_STATE] = { LIST ("agent.state", UNION), "profile/agent/state", "agent" },
  [INNER_KEY_AGENT_WRITE_BACK] = { BOOL ("agent.write_back"), "profile/agent@write-back" },

  [INNER_KEY_PUBLISH] = { MAP ("publish"), "profile/publish", "port", "host", .also_number = TRUE },

  [INNER_KEY_OUTPUT_SUMMARY] = { BOOL ("output.summary"), "profile/output/summary" },
  [INNER_KEY_OUTPUT_LOG] = { TEXT ("output.log", REPLACE), "profile/output/log" },
  [INNER_KEY_OUTPUT_TIMEOUT_SECONDS] = { INTEGER ("output.timeout_seconds"),
                                         "profile/output/timeout-seconds" },
  [INNER_KEY_OUTPUT_IDLE_TIMEOUT_SECONDS] = { INTEGER ("output.idle_timeout_seconds"),
                                              "profile/output/idle-timeout-seconds" },

  [INNER_KEY_NOOP_BLOCK] = { LIST ("noop.block", UNION), "profile/noop/block", "command" },
  [INNER_KEY_NOOP_REWRITE] = { MAP ("noop.rewrite"), "profile/noop/rewrite", "command", "name" },

  [INNER_KEY_VERIFY_CUSTOM_CHECKS] = { { "verify.custom.checks", INNER_VALUE_CHECKS,
                                         INNER_MERGE_APPEND, SEVERITIES },
                                       "profile/verify/checks",
                                       "check" },
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
