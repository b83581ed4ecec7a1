/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-plan.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#include "inner-command-facts.h"
#include "inner-error.h"
#include "inner-git-facts.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-check.h"
#include "inner-plan-private.h"

/* A little over ten years: longer than any sandbox, and far from every overflow. */
#define MAX_TIMEOUT_SECONDS (10u * 366 * 24 * 60 * 60)

#define INSIDE_UID_FOR_ROOT 1000

static void
agent_copy_free (InnerAgentCopy *copy)
{
  g_free (copy->place);
  g_free (copy);
}

static void
opening_free (InnerOpening *opening)
{
  g_free (opening->destination);
  g_free (opening->content);
  g_free (opening);
}

static void
mount_free (InnerMount *mount)
{
  g_free (mount->source);
  g_free (mount->destination);
  g_free (mount->content);
  g_strfreev (mount->left_out);
  g_free (mount);
}

void
inner_plan_free (InnerPlan *plan)
{
  g_free (plan->profile);
  g_clear_pointer (&plan->source, inner_profile_unref);
  g_free (plan->profile_path);
  g_free (plan->log_dir);
  g_free (plan->name);
  g_strfreev (plan->command);
  g_free (plan->directory);
  g_free (plan->workspace);
  g_free (plan->place);
  g_free (plan->home);
  g_free (plan->network);
  g_free (plan->hostname);
  g_clear_pointer (&plan->ids, g_variant_unref);
  g_strfreev (plan->bus_proxy);
  g_clear_pointer (&plan->grants, g_variant_unref);
  g_strfreev (plan->allow_hosts);
  g_strfreev (plan->deny_hosts);
  for (gsize i = 0; i < INNER_N_PLANNED_PROXIES; i++)
    g_free (plan->proxy[i]);
  g_clear_pointer (&plan->published, g_array_unref);
  g_strfreev (plan->environment);
  g_clear_pointer (&plan->shell_values, g_hash_table_unref);
  g_ptr_array_unref (plan->mounts);
  g_ptr_array_unref (plan->agent_copies);
  g_strfreev (plan->allow);
  g_strfreev (plan->privileges);
  g_strfreev (plan->warnings);
  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    g_free (plan->limits[i]);
  g_clear_pointer (&plan->guards, g_ptr_array_unref);
  inner_host_free (plan->host);
  g_free (plan);
}

InnerExpansion
inner_planning_expansion (const InnerRequest *request,
                          const InnerHost *host,
                          const char *workspaces_path)
{
  return (InnerExpansion){
    .home = host->home,
    .uid = host->uid,
    .environment = request->caller_environment,
    .workdir = request->directory,
    .workspaces_path = workspaces_path,
  };
}

char *
inner_planning_workspace (const InnerRequest *request,
                          InnerProfile *profile,
                          const InnerExpansion *expansion,
                          GError **error)
{
  const char *workdir = inner_profile_get_string (profile, INNER_KEY_ENTRYPOINT_WORKDIR, NULL);

  if (request->workspace != NULL)
    return g_strdup (request->workspace);
  if (workdir != NULL)
    {
      g_autofree char *expanded = inner_expand (workdir, expansion, error);

      return expanded != NULL ? g_canonicalize_filename (expanded, expansion->home) : NULL;
    }
  return g_strdup (request->directory != NULL ? request->directory : "");
}

gboolean
inner_plan_shows_host (InnerProfile *profile)
{
  return g_str_equal (inner_profile_get_string (profile, INNER_KEY_SANDBOX_FILESYSTEM, "private"),
                      "host");
}

static char *
expand_path (const char *text, const InnerExpansion *expansion)
{
  g_autofree char *expanded = inner_expand (text, expansion, NULL);

  return expanded != NULL && expanded[0] == '/' ? g_canonicalize_filename (expanded, "/") : NULL;
}

static void
add_expanded_path (GPtrArray *paths, const char *text, const InnerExpansion *expansion)
{
  char *path = expand_path (text, expansion);

  if (path != NULL)
    g_ptr_array_add (paths, path);
}

/* A destination may lie in the workspace, and must exist there. */
static void
add_place_inside (GPtrArray *paths,
                  InnerProfile *profile,
                  const char *workspace,
                  const char *destination)
{
  if (workspace != NULL && workspace[0] != '\0' && destination != NULL)
    g_ptr_array_add (paths, inner_planning_place_on_host (inner_planning_place (profile), workspace,
                                                          destination));
}

/* Its source, and its destination where something has to be there already. */
static void
add_mount_paths (GPtrArray *paths,
                 InnerProfile *profile,
                 const InnerHost *host,
                 const InnerExpansion *expansion,
                 const char *workspace,
                 gsize i)
{
  g_autofree char *path = NULL;
  const char *source;
  const char *destination;

  g_variant_get_child (inner_profile_peek (profile, INNER_KEY_MOUNTS), i, "(&s&s&s)", &source,
                       &destination, NULL);
  add_expanded_path (paths, source, expansion);
  path = expand_path (destination, expansion);
  add_place_inside (paths, profile, workspace, path);
  if (path != NULL && inner_planning_is_read_only (profile, host, expansion, path))
    g_ptr_array_add (paths, g_steal_pointer (&path));
}

/* What the profile says goes before what the configuration says. */
char *
inner_planning_workspaces_path (const InnerRequest *request,
                                InnerProfile *profile,
                                const InnerHost *host)
{
  const char *text = inner_profile_get_string (profile, INNER_KEY_WORKSPACES_PATH, "");
  InnerExpansion expansion = inner_planning_expansion (request, host, NULL);

  if (text[0] != '\0')
    return inner_expand (text, &expansion, NULL);
  return host->configuration != NULL
             ? g_strdup (host->configuration->values[INNER_SETTING_WORKSPACES_PATH].text)
             : NULL;
}

GPtrArray *
inner_plan_paths (const InnerRequest *request, InnerProfile *profile, const InnerHost *host)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *workspaces = inner_planning_workspaces_path (request, profile, host);
  InnerExpansion expansion = inner_planning_expansion (request, host, workspaces);
  g_autofree char *workspace = inner_planning_workspace (request, profile, &expansion, NULL);
  GVariant *mounts = inner_profile_peek (profile, INNER_KEY_MOUNTS);
  const char *const *allow = inner_profile_get_list (profile, INNER_KEY_SANDBOX_HOME_ALLOW);

  for (const char *const *file = inner_planning_identity_files; *file != NULL; file++)
    g_ptr_array_add (paths, g_strdup (*file));
  if (g_str_equal (inner_profile_get_string (profile, INNER_KEY_SANDBOX_HOME, ""), "host-ro"))
    g_ptr_array_add (paths, g_strdup (host->home));
  if (workspace != NULL && workspace[0] != '\0')
    g_ptr_array_add (paths, g_strdup (workspace));
  for (guint i = 0; i < request->mounts->len; i++)
    {
      const InnerRequestMount *mount = g_ptr_array_index (request->mounts, i);

      g_ptr_array_add (paths, g_strdup (mount->source));
      add_place_inside (paths, profile, workspace, mount->destination);
    }
  for (; *allow != NULL; allow++)
    add_expanded_path (paths, *allow, &expansion);
  for (gsize i = 0; mounts != NULL && i < g_variant_n_children (mounts); i++)
    add_mount_paths (paths, profile, host, &expansion, workspace, i);
  inner_planning_agent_paths (profile, host, paths);
  inner_planning_engine_paths (request, profile, host, paths);

  return paths;
}

void
inner_plan_look_further (const InnerRequest *request, InnerProfile *profile, InnerHost *host)
{
  g_autofree char *workspaces = inner_planning_workspaces_path (request, profile, host);
  InnerExpansion expansion = inner_planning_expansion (request, host, workspaces);

  inner_host_look_at_commands (host, profile, &expansion);
  inner_host_look_at_git (host, profile);
}

/* The command: an entrypoint given by the caller replaces the profile's with its arguments. */
static gboolean
plan_command (InnerPlanning *planning, GError **error)
{
  const InnerRequest *request = planning->request;
  g_autoptr (GStrvBuilder) command = g_strv_builder_new ();
  const char *shell = g_hash_table_lookup (request->caller_environment, "SHELL");
  const char *cmd = inner_profile_get_string (planning->profile, INNER_KEY_ENTRYPOINT_CMD,
                                              shell != NULL ? shell : "/bin/sh");

  if (request->entrypoint != NULL)
    {
      g_autofree char *expanded = inner_expand (request->entrypoint, &planning->expansion, error);

      if (expanded == NULL)
        return FALSE;
      g_strv_builder_add (command, expanded);
    }
  else
    {
      g_strv_builder_add (command, cmd);
      g_strv_builder_addv (command, (const char **) inner_profile_get_list (
                                        planning->profile, INNER_KEY_ENTRYPOINT_ARGS));
    }
  g_strv_builder_addv (command, (const char **) request->arguments);

  planning->plan->command = g_strv_builder_end (command);
  return TRUE;
}

static gboolean
plan_interactive (InnerPlanning *planning, GError **error)
{
  InnerChoice choice = planning->request->interactive;
  InnerPlan *plan = planning->plan;

  plan->columns = planning->request->columns;
  plan->rows = planning->request->rows;
  plan->interactive =
      choice == INNER_CHOICE_PROFILE
          ? inner_profile_get_bool (planning->profile, INNER_KEY_ENTRYPOINT_INTERACTIVE, FALSE)
          : choice == INNER_CHOICE_YES;
  plan->end_line =
      inner_profile_get_string (planning->profile, INNER_KEY_ENTRYPOINT_CURSOR_FIX, "")[0] != '\0';
  return TRUE;
}

static gboolean
plan_timeout (InnerPlanning *planning, GError **error)
{
  const InnerRequest *request = planning->request;
  guint64 seconds = request->has_timeout
                        ? request->timeout
                        : (guint64) inner_profile_get_integer (planning->profile,
                                                               INNER_KEY_OUTPUT_TIMEOUT_SECONDS, 0);

  if (seconds > MAX_TIMEOUT_SECONDS)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("A time limit of %" PRIu64 " seconds is too long; at most %u"), seconds,
                   MAX_TIMEOUT_SECONDS);
      return FALSE;
    }

  planning->plan->timeout = seconds;
  planning->plan->idle_timeout =
      inner_profile_get_integer (planning->profile, INNER_KEY_OUTPUT_IDLE_TIMEOUT_SECONDS, 0);
  planning->plan->summary =
      inner_profile_get_bool (planning->profile, INNER_KEY_OUTPUT_SUMMARY, FALSE);
  return TRUE;
}

static void
refuse_issue (const InnerIssue *issue, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (issue->path);

  if (issue->line > 0)
    g_set_error (error, INNER_ERROR, issue->check->code, "%s:%u:%u: %s", shown, issue->line,
                 issue->column, issue->message);
  else
    g_set_error_literal (error, INNER_ERROR, issue->check->code, issue->message);
}

/* What a profile says that cannot be right ends the plan before anything else is looked at. */
static gboolean
check_profile (InnerPlanning *planning, GError **error)
{
  g_autoptr (GPtrArray) issues = inner_plan_check (planning->request, planning->profile,
                                                   planning->plan->host, INNER_CHECK_ALWAYS);

  for (guint i = 0; i < issues->len; i++)
    {
      const InnerIssue *issue = g_ptr_array_index (issues, i);

      if (issue->check->severity == INNER_SEVERITY_ERROR)
        {
          refuse_issue (issue, error);
          return FALSE;
        }
      g_strv_builder_add (planning->warnings, issue->message);
    }

  return TRUE;
}

static void
plan_identity (InnerPlan *plan)
{
  /* Root's sandbox runs as an ordinary user inside: agents refuse to work as root, and nothing in
   * there should believe it may do everything. On the host it is still root's process. */
  plan->uid = plan->host->uid != 0 ? plan->host->uid : INSIDE_UID_FOR_ROOT;
  plan->gid = plan->host->uid != 0 ? plan->host->gid : INSIDE_UID_FOR_ROOT;
}

/* The profile's directory for output, else that of the configuration. */
static gboolean
plan_log (InnerPlanning *planning, GError **error)
{
  const InnerConfiguration *configuration = planning->plan->host->configuration;
  const char *text = inner_profile_get_string (planning->profile, INNER_KEY_OUTPUT_LOG, "");
  g_autofree char *path = NULL;

  if (text[0] != '\0')
    path = inner_expand (text, &planning->expansion, error);
  else if (configuration != NULL)
    path = g_strdup (configuration->values[INNER_SETTING_LOG_DIR].text);
  if (text[0] != '\0' && path == NULL)
    return FALSE;
  if (path != NULL && path[0] != '/')
    {
      g_set_error (
          error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
          _ ("Profile “%s”: output.log: “%s” is no absolute path; begin it with “/” or “~/”"),
          planning->plan->profile, path);
      return FALSE;
    }
  planning->plan->log_dir = g_steal_pointer (&path);
  return TRUE;
}

static gboolean
plan_shell (InnerPlanning *planning, GError **error)
{
  inner_planning_shell (planning);
  /* The file that bash starts with says it there. */
  if (planning->start_file)
    planning->plan->end_line = FALSE;
  return TRUE;
}

/* In this order: each step looks at what those before it decided. */
static gboolean (*const steps[]) (InnerPlanning *planning, GError **error) = {
  check_profile,
  inner_planning_check_scope,
  inner_planning_limits,
  plan_log,
  plan_command,
  plan_interactive,
  plan_shell,
  inner_planning_plan_network,
  inner_planning_plan_published,
  inner_planning_privileges,
  plan_timeout,
  inner_planning_engines,
  inner_planning_environment,
  inner_planning_mounts,
  inner_planning_agents,
};

static gboolean
plan_all (InnerPlanning *planning, GError **error)
{
  plan_identity (planning->plan);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    if (!steps[i](planning, error))
      return FALSE;

  return TRUE;
}

InnerPlan *
inner_plan_new (const InnerRequest *request,
                InnerProfile *profile,
                const char *profile_path,
                InnerHost *host,
                GError **error)
{
  g_autoptr (InnerPlan) plan = g_new0 (InnerPlan, 1);
  g_autoptr (GStrvBuilder) warnings = g_strv_builder_new ();
  g_autofree char *workspaces = inner_planning_workspaces_path (request, profile, host);
  g_autoptr (GPtrArray) mounts =
      g_ptr_array_new_with_free_func ((GDestroyNotify) inner_asked_mount_free);
  g_autoptr (GPtrArray) composed = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) opened = g_ptr_array_new_with_free_func ((GDestroyNotify) opening_free);
  g_autoptr (GHashTable) variables =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  InnerPlanning planning = {
    .request = request,
    .profile = profile,
    .plan = plan,
    .expansion = inner_planning_expansion (request, host, workspaces),
    .asked = mounts,
    .composed = composed,
    .shows_host = inner_plan_shows_host (profile),
    .opened = opened,
    .variables = variables,
    .warnings = warnings,
  };

  plan->host = host;
  plan->source = inner_profile_ref (profile);
  plan->profile = g_strdup (inner_profile_get_string (profile, INNER_KEY_NAME, ""));
  plan->profile_path = g_strdup (profile_path);
  plan->name = g_strdup (request->name);
  plan->home = g_strdup (inner_profile_get_string (profile, INNER_KEY_SANDBOX_HOME, "isolated"));
  plan->place = g_strdup (inner_planning_place (profile));
  plan->hostname = g_strdup (host->keeps_hostname ? NULL : "inner");
  plan->allow_hosts = g_strdupv (request->allow_hosts);
  plan->mounts = g_ptr_array_new_with_free_func ((GDestroyNotify) mount_free);
  plan->agent_copies = g_ptr_array_new_with_free_func ((GDestroyNotify) agent_copy_free);
  plan->detach = request->detach;
  plan->write_back = inner_profile_get_bool (profile, INNER_KEY_AGENT_WRITE_BACK, FALSE);
  if (host->configuration != NULL)
    g_strv_builder_addv (warnings, (const char **) host->configuration->warnings->pdata);
  for (guint i = 0; i < request->notes->len; i++)
    g_strv_builder_add (warnings, g_ptr_array_index (request->notes, i));
  if (!plan_all (&planning, error))
    return NULL;

  plan->warnings = g_strv_builder_end (warnings);
  return g_steal_pointer (&plan);
}
