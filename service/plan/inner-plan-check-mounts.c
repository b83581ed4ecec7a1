/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Rules about what of the host is in the view, and where. */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-agents.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-check-private.h"
#include "inner-sensitive.h"

static gboolean
is_tmpfs (const InnerCheckedMount *mount)
{
  return g_str_equal (mount->mode, "tmpfs");
}

/* Whether @text stands for a path that does not begin at the root. */
static gboolean
is_relative (InnerChecking *checking, const char *text)
{
  g_autofree char *expanded = inner_check_expand (checking, text);

  return expanded != NULL && expanded[0] != '/';
}

void
inner_check_mount_paths (InnerChecking *checking)
{
  GVariant *mounts = inner_profile_peek (checking->profile, INNER_KEY_MOUNTS);

  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    {
      g_autofree char *shown = NULL;
      const char *source;
      const char *destination;
      const char *mode;

      g_variant_get_child (mounts, i, "(&s&s&s)", &source, &destination, &mode);
      if (!is_relative (checking, destination) &&
          (g_str_equal (mode, "tmpfs") || !is_relative (checking, source)))
        continue;
      shown = inner_escape_for_display (source);
      inner_check_report (checking, i,
                          _ ("Cannot mount “%s”: source and destination must be absolute paths or "
                             "begin with “~/”"),
                          shown);
    }
}

/* The gate is the one that the mount goes through when a sandbox is started. */
void
inner_check_mount_sources (InnerChecking *checking)
{
  g_auto (GStrv) words = inner_planning_words (checking->request, checking->profile);
  g_auto (InnerCheckedMount) mount = { NULL };

  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    {
      g_autoptr (GError) error = NULL;
      const InnerPathFact *fact = NULL;

      if (inner_check_get_mount (checking, i, &mount) && !is_tmpfs (&mount))
        fact = inner_check_fact (checking, mount.source);
      if (fact != NULL &&
          !inner_planning_check_source (checking->host, fact, g_str_equal (mount.mode, "rw"),
                                        (const char *const *) words, &error))
        inner_check_report (checking, i, "%s", error->message);
    }
}

void
inner_check_mount_destinations (InnerChecking *checking)
{
  g_auto (InnerCheckedMount) mount = { NULL };

  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    {
      g_autoptr (GError) error = NULL;

      if (inner_check_get_mount (checking, i, &mount) &&
          !inner_planning_check_destination (checking->host, mount.destination, &error))
        inner_check_report (checking, i, "%s", error->message);
    }
}

/* Where a mount needs something to stand on: what is bound read-only gets no new places. Elsewhere the view
 * is composed, and bubblewrap makes the place. */
void
inner_check_mount_places (InnerChecking *checking)
{
  g_auto (InnerCheckedMount) mount = { NULL };

  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    {
      g_autofree char *shown = NULL;
      const InnerPathFact *fact = NULL;

      if (inner_check_get_mount (checking, i, &mount) &&
          inner_planning_is_read_only (checking->profile, checking->host, &checking->expansion,
                                       mount.destination))
        fact = inner_check_fact (checking, mount.destination);
      if (fact == NULL || fact->type != INNER_FILE_MISSING)
        continue;
      shown = inner_escape_for_display (mount.destination);
      inner_check_report (checking, i,
                          _ ("Cannot mount at “%s”: it does not exist on this machine and lies in "
                             "a read-only place; choose a destination elsewhere"),
                          shown);
    }
}

/* What the agents of the list @key bring into the home directory and the mount would cover. */
static const InnerAgent *
find_covered_agent (InnerChecking *checking, InnerKey key, const char *destination)
{
  for (const char *const *name = inner_profile_get_list (checking->profile, key); *name != NULL;
       name++)
    {
      const InnerAgent *agent = inner_agent_lookup (*name);

      for (gsize p = 0; agent != NULL && agent->paths[p].path != NULL; p++)
        {
          g_autofree char *path = inner_check_expand_path (checking, agent->paths[p].path);

          if (path != NULL && inner_path_is_within (path, destination))
            return agent;
        }
    }

  return NULL;
}

void
inner_check_mount_agents (InnerChecking *checking)
{
  g_auto (InnerCheckedMount) mount = { NULL };

  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    {
      g_autofree char *shown = NULL;
      const InnerAgent *agent = NULL;

      if (inner_check_get_mount (checking, i, &mount))
        agent = find_covered_agent (checking, INNER_KEY_CAPABILITIES, mount.destination);
      if (agent == NULL && mount.destination != NULL)
        agent = find_covered_agent (checking, INNER_KEY_AGENT_STATE, mount.destination);
      /* A mount over the whole home directory is refused for that. */
      if (agent == NULL || inner_path_is_within (checking->host->home, mount.destination))
        continue;
      shown = inner_escape_for_display (mount.destination);
      inner_check_report (checking, i,
                          _ ("Cannot mount at “%s”: a private copy of what “%s” keeps stands "
                             "there; remove the mount or the agent"),
                          shown, agent->name);
    }
}

void
inner_check_mount_over_system (InnerChecking *checking)
{
  static const char *const places[] = { "/usr",   "/etc",   "/bin",    "/sbin", "/lib",
                                        "/lib32", "/lib64", "/libx32", "/boot", "/var",
                                        "/opt",   "/srv",   "/home",   "/root", NULL };
  g_auto (InnerCheckedMount) mount = { NULL };

  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    if (inner_check_get_mount (checking, i, &mount) &&
        g_strv_contains (places, mount.destination) &&
        !inner_path_is_within (checking->host->home, mount.destination))
      inner_check_report (checking, i,
                          _ ("What is mounted at “%s” covers what the system has there; name the "
                             "directory in it that is meant"),
                          mount.destination);
}

/* Whether a mount brings in the directory in which the command starts: no workspace is mounted then. */
static gboolean
is_in_mount (InnerChecking *checking, const char *path)
{
  g_auto (InnerCheckedMount) mount = { NULL };

  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    if (inner_check_get_mount (checking, i, &mount) &&
        inner_path_is_within (path, mount.destination))
      return TRUE;
  for (guint i = 0; i < checking->request->mounts->len; i++)
    {
      const InnerRequestMount *asked = g_ptr_array_index (checking->request->mounts, i);

      if (inner_path_is_within (path, asked->destination))
        return TRUE;
    }

  return FALSE;
}

/* The same gate as that of a plan. */
void
inner_check_mount_inside (InnerChecking *checking)
{
  g_autofree char *path =
      inner_planning_workspace (checking->request, checking->profile, &checking->expansion, NULL);
  const char *place = inner_planning_place (checking->profile);
  const InnerPathFact *workspace = path != NULL ? inner_check_fact (checking, path) : NULL;
  g_auto (InnerCheckedMount) mount = { NULL };

  if (workspace == NULL || workspace->canonical == NULL ||
      g_str_equal (workspace->canonical, "/") || is_in_mount (checking, path))
    return;
  for (gsize i = 0; i < inner_check_n_mounts (checking); i++)
    {
      g_autoptr (GError) error = NULL;
      const InnerPathFact *source;
      gboolean is_directory;

      if (!inner_check_get_mount (checking, i, &mount) ||
          !inner_planning_is_inside (place, workspace, mount.destination))
        continue;
      source = inner_check_fact (checking, mount.source);
      is_directory = source == NULL || source->type != INNER_FILE_REGULAR;
      if (!inner_planning_check_inside (checking->host, place, workspace, mount.destination,
                                        is_directory, &error))
        inner_check_report (checking, i, "%s", error->message);
    }
}

void
inner_check_home_allow_paths (InnerChecking *checking)
{
  const char *const *paths = inner_check_list (checking);

  for (gsize i = 0; paths[i] != NULL; i++)
    if (is_relative (checking, paths[i]))
      {
        g_autofree char *shown = inner_escape_for_display (paths[i]);

        inner_check_report (checking, i,
                            _ ("Cannot mount “%s”: an entry of home_allow must be an absolute path "
                               "or begin with “~/”"),
                            shown);
      }
}

void
inner_check_home_allow_home (InnerChecking *checking)
{
  const char *const *paths = inner_check_list (checking);

  for (gsize i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *path = inner_check_expand_path (checking, paths[i]);
      g_autofree char *shown = inner_escape_for_display (paths[i]);

      if (path != NULL && inner_path_is_within (checking->host->home, path))
        inner_check_report (checking, i,
                            _ ("Cannot mount “%s”: an entry of home_allow cannot be the whole home "
                               "directory or above; name single directories of it"),
                            shown);
    }
}

void
inner_check_home_allow_refused (InnerChecking *checking)
{
  g_auto (GStrv) words = inner_planning_words (checking->request, checking->profile);
  const char *const *paths = inner_check_list (checking);

  for (gsize i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *path = inner_check_expand_path (checking, paths[i]);
      const InnerPathFact *fact = path != NULL ? inner_check_fact (checking, path) : NULL;
      g_autoptr (GError) error = NULL;

      if (fact == NULL || fact->type == INNER_FILE_MISSING ||
          inner_path_is_within (checking->host->home, path))
        continue;
      if (!inner_planning_check_source (checking->host, fact, FALSE, (const char *const *) words,
                                        &error) ||
          !inner_planning_check_destination (checking->host, path, &error))
        inner_check_report (checking, i, "%s", error->message);
    }
}

void
inner_check_home_allow_unused (InnerChecking *checking)
{
  if (inner_check_list (checking)[0] != NULL && !inner_check_hides_home (checking))
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("this does nothing, because the home directory is shown anyway; use "
                           "home = \"isolated\""));
}

void
inner_check_home_allow_outside (InnerChecking *checking)
{
  const char *const *paths = inner_check_list (checking);

  for (gsize i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *path = inner_check_expand_path (checking, paths[i]);
      g_autofree char *shown = inner_escape_for_display (paths[i]);

      if (path != NULL && !inner_path_is_within (path, checking->host->home) &&
          !inner_path_is_within (checking->host->home, path))
        inner_check_report (
            checking, i, _ ("“%s” does not lie in the home directory; name it in mounts"), shown);
    }
}

void
inner_check_workspace (InnerChecking *checking)
{
  const char *destination =
      inner_profile_get_string (checking->profile, INNER_KEY_WORKSPACE_DESTINATION, NULL);
  g_autofree char *canonical =
      destination != NULL ? g_canonicalize_filename (destination, "/") : NULL;
  g_autofree char *shown = destination != NULL ? inner_escape_for_display (destination) : NULL;
  g_autoptr (GError) error = NULL;

  if (destination == NULL)
    return;
  if (!g_str_equal (destination, canonical))
    inner_check_report (checking, INNER_NO_ITEM,
                        _ ("The workspace cannot be mounted at “%s”; write an absolute path "
                           "without “.”, “..” and double slashes"),
                        shown);
  else if (!inner_planning_check_destination (checking->host, canonical, &error))
    inner_check_report (checking, INNER_NO_ITEM, "%s", error->message);
}
