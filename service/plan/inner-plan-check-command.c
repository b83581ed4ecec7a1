/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Rules about what is run: the command, and the agents' logins. */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-agents.h"
#include "inner-options.h"
#include "inner-plan-check-private.h"

/* The directories of PATH as the sandbox has it (inner-plan-environment.c). (transfer full) */
static char **
path_of_sandbox (InnerChecking *checking)
{
  const char *const *prepend =
      inner_profile_get_list (checking->profile, INNER_KEY_ENV_PATH_PREPEND);
  GVariant *set = inner_profile_peek (checking->profile, INNER_KEY_ENV_SET);
  g_autoptr (GString) path = g_string_new (NULL);
  const char *base = NULL;
  g_autofree char *expanded = NULL;

  for (; *prepend != NULL; prepend++)
    {
      g_autofree char *directory = inner_check_expand (checking, *prepend);

      if (directory != NULL)
        g_string_append_printf (path, "%s:", directory);
    }
  if (inner_check_list_has (checking, INNER_KEY_ENV_INHERIT, "PATH"))
    base = g_hash_table_lookup (checking->expansion.environment, "PATH");
  if (set != NULL && g_variant_lookup (set, "PATH", "&s", &base))
    base = expanded = inner_check_expand (checking, base);

  g_string_append (path, base != NULL ? base : INNER_DEFAULT_PATH);
  return g_strsplit (path->str, ":", -1);
}

/* Where the command may stand in the sandbox, best first. Empty for one that is looked for in the workspace,
 * and for none. (transfer full) */
static GPtrArray *
places_of_command (InnerChecking *checking)
{
  const char *cmd = inner_profile_get_string (checking->profile, INNER_KEY_ENTRYPOINT_CMD, "");
  GPtrArray *places = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) directories = NULL;

  if (cmd[0] == '/')
    g_ptr_array_add (places, g_canonicalize_filename (cmd, "/"));
  if (cmd[0] == '\0' || strchr (cmd, '/') != NULL)
    return places;

  directories = path_of_sandbox (checking);
  for (char **directory = directories; *directory != NULL; directory++)
    if ((*directory)[0] == '/')
      {
        g_autofree char *place = g_build_filename (*directory, cmd, NULL);

        g_ptr_array_add (places, g_canonicalize_filename (place, "/"));
      }

  return places;
}

GPtrArray *
inner_check_commands (InnerChecking *checking)
{
  GPtrArray *places = places_of_command (checking);
  guint n = places->len;

  /* A place that is not shown is looked at too, to tell that it is not. */
  for (guint i = 0; i < n; i++)
    {
      char *on_host = inner_check_host_path (checking, g_ptr_array_index (places, i));

      if (on_host != NULL)
        g_ptr_array_add (places, on_host);
    }

  return places;
}

static gboolean
is_program (const InnerPathFact *fact)
{
  return fact != NULL && fact->type == INNER_FILE_REGULAR;
}

/* Whether the program is in the sandbox, and where its link leads is too. */
static gboolean
is_shown (InnerChecking *checking, const char *place)
{
  g_autofree char *on_host = inner_check_host_path (checking, place);
  const InnerPathFact *fact = on_host != NULL ? inner_check_fact (checking, on_host) : NULL;
  g_autofree char *target = NULL;

  if (!is_program (fact))
    return FALSE;
  target = inner_check_host_path (checking, fact->canonical);
  return target != NULL || !g_str_equal (on_host, place);
}

/* What is wrong with the places: %NULL if one of them has the command, the first that the sandbox does not
 * show, or "" if no place has it. */
static const char *
judge_places (InnerChecking *checking, GPtrArray *places)
{
  const char *hidden = "";

  for (guint i = 0; i < places->len; i++)
    {
      const char *place = g_ptr_array_index (places, i);

      if (is_shown (checking, place))
        return NULL;
      if (hidden[0] == '\0' && is_program (inner_check_fact (checking, place)))
        hidden = place;
    }

  return places->len > 0 ? hidden : NULL;
}

void
inner_check_command_missing (InnerChecking *checking)
{
  const char *cmd = inner_profile_get_string (checking->profile, INNER_KEY_ENTRYPOINT_CMD, "");
  g_autoptr (GPtrArray) places = places_of_command (checking);
  g_autofree char *shown = inner_escape_for_display (cmd);

  if (g_strcmp0 (judge_places (checking, places), "") == 0)
    inner_check_report (checking, INNER_NO_ITEM,
                        _ ("There is no “%s” where the sandbox looks for commands; install it, or "
                           "name its directory in env.path_prepend"),
                        shown);
}

void
inner_check_command_hidden (InnerChecking *checking)
{
  g_autoptr (GPtrArray) places = places_of_command (checking);
  const char *hidden = judge_places (checking, places);
  const InnerPathFact *fact;
  g_autofree char *shown = NULL;
  g_autofree char *shown_target = NULL;

  if (hidden == NULL || hidden[0] == '\0')
    return;
  fact = inner_check_fact (checking, hidden);
  shown = inner_escape_for_display (hidden);
  shown_target = inner_escape_for_display (fact->canonical);
  if (g_str_equal (hidden, fact->canonical))
    inner_check_report (checking, INNER_NO_ITEM,
                        _ ("The command is “%s”, which the sandbox does not show; name its "
                           "directory in sandbox.home_allow or in mounts"),
                        shown);
  else
    inner_check_report (checking, INNER_NO_ITEM,
                        _ ("The command is “%s”, a link to “%s”, and the sandbox does not show "
                           "both; name their directories in sandbox.home_allow or in mounts"),
                        shown, shown_target);
}

/* The file without which the agent is not logged in and that is not there; where none is required, the first
 * if there is nothing at all; else %NULL. */
static const char *
find_missing_path (InnerChecking *checking, const InnerAgent *agent)
{
  const char *missing = NULL;
  gboolean has_any = FALSE;
  gboolean has_required = FALSE;

  for (const InnerAgentPath *row = agent->paths; row->path != NULL; row++)
    {
      g_autofree char *path = inner_check_expand_path (checking, row->path);
      const InnerPathFact *fact = path != NULL ? inner_check_fact (checking, path) : NULL;
      gboolean is_missing = fact != NULL && fact->type == INNER_FILE_MISSING;

      if (row->kind == INNER_AGENT_EMPTY_DIRECTORY)
        continue;
      if (row->kind == INNER_AGENT_REQUIRED_FILE && is_missing)
        return row->path;
      has_required = has_required || row->kind == INNER_AGENT_REQUIRED_FILE;
      has_any = has_any || !is_missing;
      missing = missing != NULL ? missing : row->path;
    }

  return has_any || has_required ? NULL : missing;
}

void
inner_check_agent_missing (InnerChecking *checking)
{
  const char *const *names = inner_check_list (checking);

  for (gsize i = 0; names[i] != NULL; i++)
    {
      const InnerAgent *agent = inner_agent_lookup (names[i]);
      const char *missing = agent != NULL ? find_missing_path (checking, agent) : NULL;

      if (missing != NULL)
        inner_check_report (checking, i,
                            _ ("“%s” is not set up on this machine: there is no “%s”; log in with "
                               "it outside of a sandbox, or give it a key by its variable"),
                            agent->name, missing);
    }
}
