/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The state that agents get: which of their places there is a copy of. Nothing is read here; what is copied
 * and how is inner-agent-state.c.
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"
#include "inner-plan-private.h"
#include "inner-sensitive.h"
#include "inner-suggest.h"

static char *
expand_place (const InnerHost *host, const InnerAgentPath *path)
{
  return g_build_filename (host->home, path->path + strlen ("~/"), NULL);
}

gboolean
inner_planning_has_agents (InnerProfile *profile)
{
  g_autoptr (GPtrArray) names = inner_agent_names_of (profile);

  return names->len > 0;
}

void
inner_planning_agent_paths (InnerProfile *profile, const InnerHost *host, GPtrArray *paths)
{
  g_autoptr (GPtrArray) names = inner_agent_names_of (profile);

  for (guint i = 0; i < names->len; i++)
    {
      const InnerAgent *agent = inner_agent_lookup (names->pdata[i]);

      for (const InnerAgentPath *path = agent != NULL ? agent->paths : NULL;
           path != NULL && path->path != NULL; path++)
        if (path->kind != INNER_AGENT_EMPTY_DIRECTORY)
          g_ptr_array_add (paths, expand_place (host, path));
    }
}

static gboolean
refuse_unknown (InnerPlanning *planning, const char *name, GError **error)
{
  g_autoptr (GPtrArray) known = g_ptr_array_new ();
  g_autofree char *shown = inner_escape_for_display (name);
  g_autofree char *list = NULL;
  const char *near;

  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    g_ptr_array_add (known, (gpointer) agent->name);
  g_ptr_array_add (known, NULL);
  near = inner_suggest (name, (const char *const *) known->pdata);
  list = g_strjoinv (", ", (char **) known->pdata);

  if (near != NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                 _ ("Profile “%s” names the agent “%s”, which is not known; did you mean “%s”?"),
                 planning->plan->profile, shown, near);
  else
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                 _ ("Profile “%s” names the agent “%s”, which is not known; use one of: %s"),
                 planning->plan->profile, shown, list);
  return FALSE;
}

/* SECURITY: a copy and a mount in one place would show the wrong one of the two, or write the copy into a
 * directory of the host (attacks 35 and 40; tests/unit/test-agents.c). */
static gboolean
check_no_mount_there (InnerPlanning *planning,
                      const InnerAgent *agent,
                      const char *place,
                      GError **error)
{
  const char *home = planning->plan->host->home;

  for (guint i = 0; i < planning->plan->mounts->len; i++)
    {
      const InnerMount *mount = g_ptr_array_index (planning->plan->mounts, i);
      g_autofree char *shown = NULL;

      /* The home directory itself and what holds it are our own. */
      if (inner_path_is_within (home, mount->destination) ||
          !(inner_path_is_within (mount->destination, place) ||
            inner_path_is_within (place, mount->destination)))
        continue;
      shown = inner_escape_for_display (mount->destination);
      g_set_error (
          error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
          _ ("“%s” cannot be mounted where the private copy of “%s” for the agent “%s” is; "
             "choose another destination, or a profile without this agent"),
          shown, place, agent->name);
      return FALSE;
    }

  return TRUE;
}

/* Why the copy of what @fact tells about cannot be made; %NULL if it can. */
static const char *
find_obstacle (InnerPlanning *planning, const InnerAgentPath *path, const InnerPathFact *fact)
{
  const InnerHost *host = planning->plan->host;
  InnerFileType wanted =
      path->kind == INNER_AGENT_COPY_TREE ? INNER_FILE_DIRECTORY : INNER_FILE_REGULAR;

  if (fact->type != wanted)
    return wanted == INNER_FILE_REGULAR ? _ ("it is not a regular file")
                                        : _ ("it is not a directory");
  if (g_strcmp0 (fact->canonical, fact->path) == 0)
    return NULL;
  if (path->keep == NULL || path->login)
    return _ ("a symbolic link leads to it");
  if (!inner_sensitive_check_mount (fact->canonical, FALSE, host->home, host->runtime_dir, NULL))
    return _ ("a symbolic link leads from it to something that no sandbox may see");
  return NULL;
}

static void
add_copy (InnerPlanning *planning,
          const InnerAgent *agent,
          const InnerAgentPath *path,
          const char *place)
{
  InnerAgentCopy *copy = g_new0 (InnerAgentCopy, 1);

  *copy = (InnerAgentCopy){ agent, path, g_strdup (place) };
  g_ptr_array_add (planning->plan->agent_copies, copy);
}

/* Whether there is something to copy at @place; then @planning has it. */
static gboolean
plan_copy (InnerPlanning *planning,
           const InnerAgent *agent,
           const InnerAgentPath *path,
           const char *place)
{
  const InnerPathFact *fact = inner_host_fact (planning->plan->host, place);
  const char *obstacle;

  if (fact->type == INNER_FILE_MISSING)
    return FALSE;
  obstacle = find_obstacle (planning, path, fact);
  if (obstacle == NULL)
    add_copy (planning, agent, path, place);
  else
    inner_agent_tell (planning->warnings, agent->name, _ ("“%s” is not copied: %s"), place,
                      obstacle);
  return obstacle == NULL;
}

static gboolean
has_key (InnerPlanning *planning, const InnerAgent *agent)
{
  for (const char *const *name = agent->variables; *name != NULL; name++)
    if (g_environ_getenv (planning->plan->environment, *name) != NULL)
      return TRUE;

  return FALSE;
}

/* @missing: the place of a login that is not there, %NULL if the agent has none in files. */
static void
warn_of_missing_login (InnerPlanning *planning, const InnerAgent *agent, const char *missing)
{
  g_autofree char *names = g_strjoinv (", ", (char **) agent->variables);

  if (has_key (planning, agent))
    return;
  if (missing != NULL)
    inner_agent_tell (
        planning->warnings, agent->name,
        _ ("there is no login at “%s”; log in with it outside of a sandbox, or pass a key with "
           "“-e”: "
           "%s"),
        missing, names);
  else
    inner_agent_tell (planning->warnings, agent->name,
                      _ ("this agent has no key; pass one with “-e”: %s"), names);
}

/* Whether the profile says that logins of the person stay outside. */
gboolean
inner_planning_keeps_logins_out (InnerProfile *profile)
{
  const char *mode = inner_profile_get_string (profile, INNER_KEY_SANDBOX_CREDENTIALS, NULL);

  return g_strcmp0 (mode, "none") == 0 || g_strcmp0 (mode, "sandbox") == 0;
}

static gboolean
plan_agent (InnerPlanning *planning, const InnerAgent *agent, GError **error)
{
  gboolean without_logins = inner_planning_keeps_logins_out (planning->profile);
  gboolean has_login_in_files = without_logins;
  g_autofree char *missing = NULL;

  for (const InnerAgentPath *path = agent->paths; path->path != NULL; path++)
    {
      g_autofree char *place = expand_place (planning->plan->host, path);

      if (!check_no_mount_there (planning, agent, place, error))
        return FALSE;
      if (path->login && without_logins)
        continue;
      has_login_in_files |= path->login;
      if (path->kind == INNER_AGENT_EMPTY_DIRECTORY)
        add_copy (planning, agent, path, place);
      else if (!plan_copy (planning, agent, path, place) &&
               path->kind == INNER_AGENT_REQUIRED_FILE && missing == NULL)
        missing = g_steal_pointer (&place);
    }

  if (missing != NULL || !has_login_in_files)
    warn_of_missing_login (planning, agent, missing);
  return TRUE;
}

gboolean
inner_planning_agents (InnerPlanning *planning, GError **error)
{
  g_autoptr (GPtrArray) names = inner_agent_names_of (planning->profile);

  for (guint i = 0; i < names->len; i++)
    {
      const InnerAgent *agent = inner_agent_lookup (names->pdata[i]);

      if (agent == NULL)
        return refuse_unknown (planning, names->pdata[i], error);
      if (!plan_agent (planning, agent, error))
        return FALSE;
    }

  return TRUE;
}
