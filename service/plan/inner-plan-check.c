/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The table of rules about a profile, and what the rules share. */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-agents.h"
#include "inner-error.h"
#include "inner-options.h"
#include "inner-plan-check-private.h"
#include "inner-sensitive.h"
#include "inner-suggest.h"

#define E(code) INNER_SEVERITY_ERROR, INNER_ERROR_##code
#define W INNER_SEVERITY_WARNING, 0
#define ROW(id, key, severity, time, look)                                                         \
  {                                                                                                \
    id, INNER_KEY_##key, severity, INNER_CHECK_##time, inner_check_##look                          \
  }

/* SECURITY: rules whose breach would make a sandbox that is not what its profile says refuse it, before
 * each start; a start asks for sources and destinations of mounts when it adds them, so that those rules are
 * not asked twice (attack 106; tests/unit/test-plan-check.c, which walks this table). */
/* clang-format off */
const InnerPlanCheck inner_plan_checks[] = {
  /* Words */
  ROW ("capability-unknown", CAPABILITIES, E (PROFILE_INVALID), ALWAYS, agents),
  ROW ("agent-unknown", AGENT_STATE, E (PROFILE_INVALID), ALWAYS, agents),
  ROW ("allow-unknown", SANDBOX_ALLOW, E (PROFILE_INVALID), ALWAYS, allow),
  ROW ("require-unknown", SANDBOX_REQUIRE, E (PROFILE_INVALID), ALWAYS, require),
  ROW ("limits-memory", SANDBOX_LIMITS_MEMORY, E (PROFILE_INVALID), ALWAYS, limit),
  ROW ("limits-cpu", SANDBOX_LIMITS_CPU, E (PROFILE_INVALID), ALWAYS, limit),
  ROW ("publish", PUBLISH, E (PROFILE_INVALID), ALWAYS, publish),
  ROW ("git-strip-sections", GIT_STRIP_SECTIONS, E (PROFILE_INVALID), ALWAYS, git_strip),
  ROW ("git-overrides", GIT_OVERRIDES, E (PROFILE_INVALID), ALWAYS, git_overrides),
  ROW ("noop-block", NOOP_BLOCK, E (PROFILE_INVALID), ALWAYS, noop_block),
  ROW ("noop-rewrite", NOOP_REWRITE, E (PROFILE_INVALID), ALWAYS, noop_rewrite),
  ROW ("verify-name", VERIFY_CUSTOM_CHECKS, E (PROFILE_INVALID), ALWAYS, verify_names),
  ROW ("verify-command", VERIFY_CUSTOM_CHECKS, E (PROFILE_INVALID), ALWAYS, verify_commands),
  ROW ("verify-twice", VERIFY_CUSTOM_CHECKS, W, VALIDATE, verify_twice),

  /* Variables, before the paths that are made of them */
  ROW ("expand-workspaces-path", WORKSPACES_PATH, E (PROFILE_INVALID), ALWAYS, expansion),
  ROW ("expand-home-allow", SANDBOX_HOME_ALLOW, E (PROFILE_INVALID), ALWAYS, expansion),
  ROW ("expand-mounts", MOUNTS, E (PROFILE_INVALID), ALWAYS, expansion),
  ROW ("expand-set", ENV_SET, E (PROFILE_INVALID), ALWAYS, expansion),
  ROW ("expand-path-prepend", ENV_PATH_PREPEND, E (PROFILE_INVALID), ALWAYS, expansion),
  ROW ("expand-workdir", ENTRYPOINT_WORKDIR, E (PROFILE_INVALID), ALWAYS, expansion),
  ROW ("expand-log", OUTPUT_LOG, E (PROFILE_INVALID), ALWAYS, expansion),
  ROW ("inherit-name", ENV_INHERIT, E (PROFILE_INVALID), ALWAYS, names),
  ROW ("set-name", ENV_SET, E (PROFILE_INVALID), ALWAYS, names),
  ROW ("set-undefined", ENV_SET, W, VALIDATE, set_undefined),
  ROW ("set-missing", ENV_SET, W, VALIDATE, set_missing),
  ROW ("path-empty", ENV_PATH_PREPEND, E (PROFILE_INVALID), ALWAYS, path_empty),
  ROW ("path-relative", ENV_PATH_PREPEND, W, ALWAYS, path_relative),
  ROW ("path-missing", ENV_PATH_PREPEND, W, VALIDATE, path_missing),
  ROW ("inherit-all", ENV_INHERIT_ALL, W, ALWAYS, inherit_all),
  ROW ("inherit-all-open", ENV_INHERIT_ALL, W, ALWAYS, inherit_all_open),
  ROW ("inherit-all-home", ENV_INHERIT_ALL, W, VALIDATE, inherit_all_home),

  /* The view */
  ROW ("mount-path", MOUNTS, E (MOUNT_REFUSED), ALWAYS, mount_paths),
  ROW ("mount-source", MOUNTS, E (MOUNT_REFUSED), VALIDATE, mount_sources),
  ROW ("mount-destination", MOUNTS, E (MOUNT_REFUSED), VALIDATE, mount_destinations),
  ROW ("mount-place", MOUNTS, E (MOUNT_REFUSED), ALWAYS, mount_places),
  ROW ("mount-agent", MOUNTS, E (MOUNT_REFUSED), ALWAYS, mount_agents),
  ROW ("mount-over-system", MOUNTS, W, VALIDATE, mount_over_system),
  ROW ("mount-inside", MOUNTS, E (MOUNT_REFUSED), VALIDATE, mount_inside),
  ROW ("home-allow-path", SANDBOX_HOME_ALLOW, E (MOUNT_REFUSED), ALWAYS, home_allow_paths),
  ROW ("home-allow-home", SANDBOX_HOME_ALLOW, E (MOUNT_REFUSED), ALWAYS, home_allow_home),
  ROW ("home-allow-refused", SANDBOX_HOME_ALLOW, E (MOUNT_REFUSED), VALIDATE, home_allow_refused),
  ROW ("home-allow-unused", SANDBOX_HOME_ALLOW, W, VALIDATE, home_allow_unused),
  ROW ("home-allow-outside", SANDBOX_HOME_ALLOW, W, VALIDATE, home_allow_outside),
  ROW ("workspace-destination", WORKSPACE_DESTINATION, E (MOUNT_REFUSED), ALWAYS, workspace),
  ROW ("git-dir", SANDBOX_GIT_DIR, W, ALWAYS, git_dir),
  ROW ("pid-namespace", SANDBOX_PID_NAMESPACE, W, VALIDATE, pid_namespace),

  /* The network */
  ROW ("network-allow-group", SANDBOX_NETWORK_ALLOW, E (PROFILE_INVALID), ALWAYS, network_groups),
  ROW ("network-deny-group", SANDBOX_NETWORK_DENY, E (PROFILE_INVALID), ALWAYS, network_groups),
  ROW ("network-allow-pattern", SANDBOX_NETWORK_ALLOW, E (PROFILE_INVALID), ALWAYS, network_patterns),
  ROW ("network-deny-pattern", SANDBOX_NETWORK_DENY, E (PROFILE_INVALID), ALWAYS, network_patterns),
  ROW ("network-allow-unused", SANDBOX_NETWORK_ALLOW, W, ALWAYS, network_unused),
  ROW ("network-deny-unused", SANDBOX_NETWORK_DENY, W, ALWAYS, network_unused),
  ROW ("network-ask-unused", SANDBOX_NETWORK_ASK, W, ALWAYS, network_ask_unused),
  ROW ("allowlist-empty", SANDBOX_NETWORK_MODE, W, VALIDATE, allowlist_empty),
  ROW ("capability-hosts", CAPABILITIES, W, VALIDATE, agent_hosts),
  ROW ("agent-hosts", AGENT_STATE, W, VALIDATE, agent_hosts),

  /* Privileges */
  ROW ("open-credentials", SANDBOX_ALLOW, W, ALWAYS, open_credentials),
  ROW ("nested", SANDBOX_ALLOW, W, ALWAYS, nested),
  ROW ("nested-open", SANDBOX_ALLOW, W, ALWAYS, nested_open),
  ROW ("cgroup-unused", SANDBOX_CGROUP_MANAGER, W, VALIDATE, cgroup_unused),
  ROW ("cgroup-systemd", SANDBOX_CGROUP_MANAGER, W, VALIDATE, cgroup_systemd),

  /* The command */
  ROW ("command-missing", ENTRYPOINT_CMD, W, VALIDATE, command_missing),
  ROW ("command-hidden", ENTRYPOINT_CMD, W, VALIDATE, command_hidden),
  ROW ("no-timeout", ENTRYPOINT_INTERACTIVE, W, VALIDATE, no_timeout),
  ROW ("capability-missing", CAPABILITIES, W, VALIDATE, agent_missing),
  ROW ("agent-missing", AGENT_STATE, W, VALIDATE, agent_missing),
  { NULL, 0, 0, 0, 0, NULL },
};
/* clang-format on */

static void
issue_free (InnerIssue *issue)
{
  g_free (issue->path);
  g_free (issue->message);
  g_free (issue);
}

void
inner_checked_mount_clear (InnerCheckedMount *mount)
{
  g_clear_pointer (&mount->source, g_free);
  g_clear_pointer (&mount->destination, g_free);
}

/* A key that the profile does not have stands nowhere: its document is told then. */
static InnerOrigin
find_place (InnerChecking *checking, gssize item)
{
  InnerOrigin at = { NULL, 0, 0 };
  InnerKey key = checking->row->key;

  if (item != INNER_NO_ITEM && inner_profile_get_item_origin (checking->profile, key, item, &at))
    return at;
  if (inner_profile_get_origin (checking->profile, key, &at))
    return at;
  if (inner_profile_get_origin (checking->profile, INNER_KEY_NAME, &at))
    at.line = at.column = 0;
  return at;
}

/* Takes @message. */
static void
add_issue (InnerChecking *checking, gssize item, char *message)
{
  InnerIssue *issue = g_new0 (InnerIssue, 1);
  InnerOrigin at = find_place (checking, item);

  issue->check = checking->row;
  issue->path = g_strdup (at.path != NULL ? at.path : "");
  issue->line = at.line;
  issue->column = at.column;
  issue->message = message;
  g_ptr_array_add (checking->issues, issue);
}

void
inner_check_report (InnerChecking *checking, gssize item, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  add_issue (checking, item, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

void
inner_check_remark (InnerChecking *checking, gssize item, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  add_issue (checking, item,
             g_strdup_printf ("%s: %s", inner_key_info (checking->row->key)->name, text));
}

void
inner_check_report_unknown (InnerChecking *checking,
                            gssize item,
                            const char *word,
                            const char *const *known)
{
  const char *name = inner_key_info (checking->row->key)->name;
  g_autofree char *shown = inner_escape_for_display (word);
  g_autofree char *all = g_strjoinv (", ", (char **) known);
  const char *meant = inner_suggest (word, known);

  if (meant != NULL)
    inner_check_report (checking, item, _ ("“%s” is no word for “%s”; did you mean “%s”?"), shown,
                        name, meant);
  else
    inner_check_report (checking, item, _ ("“%s” is no word for “%s”; it is one of: %s"), shown,
                        name, all);
}

char *
inner_check_find_undefined (InnerChecking *checking, const char *text)
{
  static const char *const ours[] = { "UID", "workdir", "workspaces_path", NULL };

  for (const char *p = strchr (text, '$'); p != NULL; p = strchr (p + 1, '$'))
    {
      gboolean braced = p[1] == '{';
      const char *start = p + (braced ? 2 : 1);
      gsize length = strspn (start, G_CSET_A_2_Z G_CSET_a_2_z "_0123456789");
      g_autofree char *name = g_strndup (start, length);

      if (length > 0 && !g_ascii_isdigit (*start) && (!braced || start[length] == '}') &&
          !g_strv_contains (ours, name) &&
          !g_hash_table_contains (checking->expansion.environment, name))
        return g_steal_pointer (&name);
    }

  return NULL;
}

char *
inner_check_expand (InnerChecking *checking, const char *text)
{
  g_autofree char *unknown = NULL;

  if (!checking->knows_environment)
    unknown = inner_check_find_undefined (checking, text);
  return unknown == NULL ? inner_expand (text, &checking->expansion, NULL) : NULL;
}

char *
inner_check_expand_path (InnerChecking *checking, const char *text)
{
  g_autofree char *expanded = inner_check_expand (checking, text);

  return expanded != NULL && expanded[0] == '/' ? g_canonicalize_filename (expanded, "/") : NULL;
}

const InnerPathFact *
inner_check_fact (InnerChecking *checking, const char *path)
{
  return g_hash_table_lookup (checking->host->paths, path);
}

const char *const *
inner_check_list (InnerChecking *checking)
{
  return inner_profile_get_list (checking->profile, checking->row->key);
}

gboolean
inner_check_list_has (InnerChecking *checking, InnerKey key, const char *word)
{
  return g_strv_contains (inner_profile_get_list (checking->profile, key), word);
}

gsize
inner_check_n_mounts (InnerChecking *checking)
{
  GVariant *mounts = inner_profile_peek (checking->profile, INNER_KEY_MOUNTS);

  return mounts != NULL ? g_variant_n_children (mounts) : 0;
}

gboolean
inner_check_get_mount (InnerChecking *checking, gsize i, InnerCheckedMount *mount)
{
  const char *source;
  const char *destination;

  inner_checked_mount_clear (mount);
  g_variant_get_child (inner_profile_peek (checking->profile, INNER_KEY_MOUNTS), i, "(&s&s&s)",
                       &source, &destination, &mount->mode);
  mount->source = g_str_equal (mount->mode, "tmpfs") ? g_strdup (mount->mode)
                                                     : inner_check_expand_path (checking, source);
  mount->destination = inner_check_expand_path (checking, destination);
  return mount->source != NULL && mount->destination != NULL;
}

gboolean
inner_check_is_open (InnerChecking *checking)
{
  return g_str_equal (checking->network, "open") || g_str_equal (checking->network, "host");
}

gboolean
inner_check_hides_home (InnerChecking *checking)
{
  return !g_str_equal (
      inner_profile_get_string (checking->profile, INNER_KEY_SANDBOX_HOME, "isolated"), "host-ro");
}

static InnerChecking
start_checking (const InnerRequest *request,
                InnerProfile *profile,
                const InnerHost *host,
                InnerCheckTime time)
{
  InnerChecking checking = {
    .request = request,
    .profile = profile,
    .host = host,
    .workspaces_path = inner_planning_workspaces_path (request, profile, host),
    /* A start takes what it gets. */
    .knows_environment =
        time == INNER_CHECK_ALWAYS || g_hash_table_size (request->caller_environment) > 0,
    .network = inner_planning_network (request, profile),
    .issues = g_ptr_array_new_with_free_func ((GDestroyNotify) issue_free),
  };

  checking.expansion = inner_planning_expansion (request, host, checking.workspaces_path);
  return checking;
}

static void
checking_clear (InnerChecking *checking)
{
  g_clear_pointer (&checking->workspaces_path, g_free);
  g_clear_pointer (&checking->issues, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (InnerChecking, checking_clear)

/* What a directory or a file at @path in the sandbox is on the host, for the mounts of the profile. */
static char *
path_through_mounts (InnerChecking *checking, const char *path)
{
  g_auto (InnerCheckedMount) mount = { NULL };

  for (gsize i = inner_check_n_mounts (checking); i > 0; i--)
    if (inner_check_get_mount (checking, i - 1, &mount) &&
        inner_path_is_within (path, mount.destination))
      return g_str_equal (mount.mode, "tmpfs")
                 ? NULL
                 : g_strconcat (mount.source, path + strlen (mount.destination), NULL);

  return NULL;
}

static gboolean
is_in_home_allow (InnerChecking *checking, const char *path)
{
  const char *const *allow =
      inner_profile_get_list (checking->profile, INNER_KEY_SANDBOX_HOME_ALLOW);

  for (; *allow != NULL; allow++)
    {
      g_autofree char *directory = inner_check_expand_path (checking, *allow);

      if (directory != NULL && inner_path_is_within (path, directory))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_in_base (InnerChecking *checking, const char *path)
{
  for (guint i = 0; i < checking->host->base->len; i++)
    {
      const InnerPathFact *fact = g_ptr_array_index (checking->host->base, i);

      if (inner_path_is_within (path, fact->path))
        return TRUE;
    }

  return FALSE;
}

char *
inner_check_host_path (InnerChecking *checking, const char *path)
{
  char *mounted = path_through_mounts (checking, path);

  if (mounted != NULL)
    return mounted;
  if (is_in_base (checking, path) || is_in_home_allow (checking, path) ||
      (!inner_check_hides_home (checking) && inner_path_is_within (path, checking->host->home)))
    return g_strdup (path);
  return NULL;
}

static void
add_values (InnerChecking *checking, GPtrArray *paths)
{
  const char *const *prepend =
      inner_profile_get_list (checking->profile, INNER_KEY_ENV_PATH_PREPEND);
  GVariant *set = inner_profile_peek (checking->profile, INNER_KEY_ENV_SET);

  for (; *prepend != NULL; prepend++)
    g_ptr_array_add (paths, inner_check_expand_path (checking, *prepend));
  for (gsize i = 0; set != NULL && i < g_variant_n_children (set); i++)
    {
      const char *value;

      g_variant_get_child (set, i, "{&s&s}", NULL, &value);
      if (inner_check_looks_like_path (value))
        g_ptr_array_add (paths, inner_check_expand_path (checking, value));
    }
}

static void
add_agents (InnerChecking *checking, GPtrArray *paths)
{
  static const InnerKey keys[] = { INNER_KEY_CAPABILITIES, INNER_KEY_AGENT_STATE };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    for (const char *const *name = inner_profile_get_list (checking->profile, keys[i]);
         *name != NULL; name++)
      {
        const InnerAgent *agent = inner_agent_lookup (*name);

        for (gsize p = 0; agent != NULL && agent->paths[p].path != NULL; p++)
          g_ptr_array_add (paths, inner_check_expand_path (checking, agent->paths[p].path));
      }
}

GPtrArray *
inner_plan_check_paths (const InnerRequest *request, InnerProfile *profile, const InnerHost *host)
{
  g_auto (InnerChecking) checking = start_checking (request, profile, host, INNER_CHECK_VALIDATE);
  GPtrArray *paths = inner_check_commands (&checking);

  add_values (&checking, paths);
  add_agents (&checking, paths);
  while (g_ptr_array_remove_fast (paths, NULL))
    ;
  return paths;
}

GPtrArray *
inner_plan_check (const InnerRequest *request,
                  InnerProfile *profile,
                  const InnerHost *host,
                  InnerCheckTime time)
{
  g_auto (InnerChecking) checking = start_checking (request, profile, host, time);

  for (const InnerPlanCheck *row = inner_plan_checks; row->id != NULL; row++)
    {
      if (time != INNER_CHECK_VALIDATE && row->time == INNER_CHECK_VALIDATE)
        continue;
      checking.row = row;
      row->look (&checking);
    }

  return g_steal_pointer (&checking.issues);
}
