/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The view of the machine, step by step in the order in which bubblewrap carries it out: the base view
 * (inner-plan-base.c), the mounts of profile and request, the workspace, seal. What hides goes in between the last two
 * (inner-plan-hide.c).
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-hide-facts.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-hide.h"
#include "inner-plan-private.h"
#include "inner-privileges.h"
#include "inner-sensitive.h"

static gboolean
refuse (GError **error, const char *source, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (source);

  g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED, _ ("Cannot mount “%s”: %s"), shown,
               reason);
  return FALSE;
}

/* SECURITY: what the whole machine runs and reads is never writable in a sandbox, whatever the file modes of
 * this user would let through: not a place of the system or in it, and not a directory that holds the data of
 * everyone as a whole. Unless the person has the privilege for it (attack 54; tests/unit/test-plan-check.c,
 * tests/unit/test-plan-privileges.c). */
static gboolean
check_not_system (const InnerPathFact *fact, const char *const *allow, GError **error)
{
  static const char *const places[] = { "/usr",   "/bin",    "/sbin", "/lib",  "/lib32",
                                        "/lib64", "/libx32", "/etc",  "/boot", NULL };
  static const char *const roots[] = { "/opt", "/var", "/srv", "/home", "/root", NULL };
  gboolean is_system = g_strv_contains (roots, fact->canonical);

  for (const char *const *place = places; *place != NULL; place++)
    is_system = is_system || inner_path_is_within (fact->canonical, *place);

  if (!is_system || (allow != NULL && g_strv_contains (allow, INNER_PRIVILEGE_WRITABLE_SYSTEM)))
    return TRUE;
  return refuse (error, fact->path,
                 _ ("it belongs to the system, and to write there takes the privilege "
                    "“writable-system”; use the mode “ro”"));
}

/* SECURITY: what is judged is the path as it was named (a key directory may be a link to elsewhere) and
 * where it really leads, and what is mounted is the descriptor that was judged (attacks 33, 54, 64 and 75; tests/attack/test_033_symlink_swap.py,
 * tests/attack/test_054_sensitive_mounts.py). */
gboolean
inner_planning_check_source (const InnerHost *host,
                             const InnerPathFact *fact,
                             gboolean writable,
                             const char *const *allow,
                             GError **error)
{
  switch (fact->type)
    {
    case INNER_FILE_REGULAR:
    case INNER_FILE_DIRECTORY:
      return (!writable || check_not_system (fact, allow, error)) &&
             inner_sensitive_check_mount_allowing (fact->path, writable, host->home,
                                                   host->runtime_dir, allow, error) &&
             inner_sensitive_check_mount_allowing (fact->canonical, writable, host->home,
                                                   host->runtime_dir, allow, error) &&
             inner_plan_check_object (host, fact, writable, allow, error);
    case INNER_FILE_MISSING:
      return refuse (error, fact->path, fact->problem != NULL ? fact->problem : "?");
    case INNER_FILE_SOCKET:
      return inner_planning_check_socket (host, fact, allow, error);
    case INNER_FILE_SYMLINK:
    case INNER_FILE_OTHER:
    default:
      return refuse (error, fact->path, _ ("it is neither a file nor a directory"));
    }
}

gboolean
inner_planning_is_read_only (InnerProfile *profile,
                             const InnerHost *host,
                             const InnerExpansion *expansion,
                             const char *destination)
{
  const char *const *allow = inner_profile_get_list (profile, INNER_KEY_SANDBOX_HOME_ALLOW);
  gboolean in_home = inner_path_is_within (destination, host->home);

  if (in_home &&
      g_str_equal (inner_profile_get_string (profile, INNER_KEY_SANDBOX_HOME, ""), "host-ro"))
    return TRUE;
  for (guint i = 0; i < host->base->len && !in_home; i++)
    {
      const InnerPathFact *fact = g_ptr_array_index (host->base, i);

      if (inner_path_is_within (destination, fact->path) &&
          !inner_path_is_within (destination, "/var/tmp"))
        return TRUE;
    }
  for (; *allow != NULL; allow++)
    {
      g_autofree char *expanded = inner_expand (*allow, expansion, NULL);
      g_autofree char *path = NULL;

      if (expanded == NULL || expanded[0] != '/')
        continue;
      path = g_canonicalize_filename (expanded, "/");
      if (inner_path_is_within (destination, path))
        return TRUE;
    }

  return FALSE;
}

/* SECURITY: a mount must not cover what makes the sandbox a sandbox: kernel file systems, our own
 * PID 1, or the private home as a whole (attacks 40 and 49; tests/unit/test-plan.c). */
gboolean
inner_planning_check_destination (const InnerHost *host, const char *destination, GError **error)
{
  static const char *const closed[] = { "/proc", "/dev", "/sys", INNER_INSIDE_DIR, NULL };

  for (const char *const *place = closed; *place != NULL; place++)
    if (inner_path_is_within (destination, *place) || inner_path_is_within (*place, destination))
      return refuse (error, destination,
                     _ ("nothing can be mounted at, above or below /proc, /dev, /sys and "
                        "/run/inner; choose another destination"));
  if (inner_path_is_within (host->home, destination))
    return refuse (error, destination,
                   _ ("this destination would cover the private home directory; mount single "
                      "directories of it"));

  return TRUE;
}

static const char *const *
allowed_words (InnerPlanning *planning)
{
  return (const char *const *) planning->plan->allow;
}

void
inner_asked_mount_free (InnerAskedMount *mount)
{
  g_free (mount->source);
  g_free (mount->destination);
  g_free (mount);
}

static gboolean
add_shown (InnerPlanning *planning,
           const InnerPathFact *fact,
           const char *destination,
           const char *reason,
           GError **error)
{
  if (fact->type == INNER_FILE_DIRECTORY &&
      inner_holds_hidden (planning->plan->host, fact->canonical))
    return inner_planning_add_composed (planning, fact->canonical, destination, reason, error);
  inner_planning_add (planning, INNER_MOUNT_RO, fact->canonical, destination, reason)->fd =
      fact->fd;
  return TRUE;
}

static void
add_copy (InnerPlanning *planning,
          const InnerPathFact *fact,
          const char *destination,
          const char *reason)
{
  InnerMount *mount =
      inner_planning_add (planning, INNER_MOUNT_COPY, fact->canonical, destination, reason);

  mount->fd = fact->fd;
  mount->prepared = INNER_PREPARED_COPY;
}

/* @destination is where it stands, for a mount in the workspace at one of its two places. */
static gboolean
add_bind (InnerPlanning *planning,
          const InnerAskedMount *asked,
          const char *destination,
          GError **error)
{
  const InnerHost *host = planning->plan->host;
  const InnerPathFact *fact;
  gboolean writable = g_str_equal (asked->mode, "rw");

  if (!inner_planning_check_destination (host, destination, error))
    return FALSE;
  if (g_str_equal (destination, planning->plan->place) && planning->plan->workspace[0] != '\0')
    return refuse (error, destination, _ ("the workspace is mounted there"));
  if (g_str_equal (asked->mode, "tmpfs"))
    {
      inner_planning_add_tmpfs (planning, destination, 0755, 0, asked->reason);
      return TRUE;
    }

  fact = inner_host_fact (host, asked->source);
  if (!inner_planning_check_source (host, fact, writable, allowed_words (planning), error))
    return FALSE;
  if (g_str_equal (asked->mode, "copy"))
    add_copy (planning, fact, destination, asked->reason);
  else if (writable)
    inner_planning_add (planning, INNER_MOUNT_RW, fact->canonical, destination, asked->reason)->fd =
        fact->fd;
  else
    return add_shown (planning, fact, destination, asked->reason, error);
  return TRUE;
}

static InnerAskedMount *
ask (InnerPlanning *planning,
     const char *source,
     const char *destination,
     const char *mode,
     const char *reason)
{
  g_autofree char *canonical = g_canonicalize_filename (destination, "/");
  InnerAskedMount *mount = g_new0 (InnerAskedMount, 1);

  mount->source = g_canonicalize_filename (source, "/");
  mount->destination = inner_planning_canonical_destination (planning->plan->host, canonical);
  mount->mode = mode;
  mount->reason = reason;
  g_ptr_array_add (planning->asked, mount);
  return mount;
}

/* Paths of the real home that the profile puts back, read-only. The reference skips those that do
 * not exist: a profile names the places of many tool managers, and no machine has all. Where the home is shown anyway
 * there is nothing to put back. */
static gboolean
ask_home_allow (InnerPlanning *planning, GError **error)
{
  const char *const *allow =
      inner_profile_get_list (planning->profile, INNER_KEY_SANDBOX_HOME_ALLOW);

  for (; *allow != NULL; allow++)
    {
      g_autofree char *expanded = inner_expand (*allow, &planning->expansion, error);
      g_autofree char *path = NULL;

      if (expanded == NULL)
        return FALSE;
      path = g_canonicalize_filename (expanded, "/");
      if (inner_host_fact (planning->plan->host, path)->type == INNER_FILE_MISSING ||
          (g_str_equal (planning->plan->home, "host-ro") &&
           inner_path_is_within (path, planning->plan->host->home)))
        continue;
      ask (planning, path, path, "ro", "home");
    }

  return TRUE;
}

/* One mount of the profile with its variables replaced. */
static gboolean
ask_profile_mount (InnerPlanning *planning, GVariant *row, GError **error)
{
  g_autofree char *source = NULL;
  g_autofree char *destination = NULL;
  const char *raw_source;
  const char *raw_destination;
  const char *mode;

  g_variant_get (row, "(&s&s&s)", &raw_source, &raw_destination, &mode);
  source = inner_expand (raw_source, &planning->expansion, error);
  if (source == NULL)
    return FALSE;
  destination = inner_expand (raw_destination, &planning->expansion, error);
  if (destination == NULL)
    return FALSE;
  ask (planning, source, destination, mode, "profile");
  return TRUE;
}

static int
compare_asked (gconstpointer a, gconstpointer b)
{
  const InnerAskedMount *const *one = a;
  const InnerAskedMount *const *two = b;

  return strcmp ((*one)->destination, (*two)->destination);
}

/* What stands at the same place as another mount: the request's goes before the profile's, and that before the home's. */
static gboolean
settle_conflicts (InnerPlanning *planning, GError **error)
{
  GPtrArray *asked = planning->asked;

  for (guint i = 1; i < asked->len;)
    {
      const InnerAskedMount *before = asked->pdata[i - 1];
      const InnerAskedMount *after = asked->pdata[i];

      if (!g_str_equal (before->destination, after->destination))
        {
          i++;
          continue;
        }
      if (g_str_equal (before->reason, after->reason) && !g_str_equal (after->reason, "home"))
        return refuse (error, after->destination,
                       _ ("two mounts stand at this place; choose another destination for one"));
      g_ptr_array_remove_index (asked, i - 1);
    }

  return TRUE;
}

/* SECURITY: the order in which mounts were named decides nothing: what stands in another mount goes behind it (attack
 * 40; test_order_does_not_matter in tests/unit/test-plan-view.c). */
static gboolean
collect_asked (InnerPlanning *planning, GError **error)
{
  GVariant *mounts = inner_profile_peek (planning->profile, INNER_KEY_MOUNTS);

  if (!ask_home_allow (planning, error))
    return FALSE;
  for (gsize i = 0; mounts != NULL && i < g_variant_n_children (mounts); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (mounts, i);

      if (!ask_profile_mount (planning, row, error))
        return FALSE;
    }
  for (guint i = 0; i < planning->request->mounts->len; i++)
    {
      const InnerRequestMount *mount = planning->request->mounts->pdata[i];

      ask (planning, mount->source, mount->destination, mount->mode, "request");
    }
  g_ptr_array_sort (planning->asked, compare_asked);
  return settle_conflicts (planning, error);
}

static gboolean
add_mount_inside (InnerPlanning *planning,
                  const InnerPathFact *workspace,
                  const InnerAskedMount *mount,
                  GError **error)
{
  const InnerHost *host = planning->plan->host;
  const char *place = planning->plan->place;
  gboolean is_directory = g_str_equal (mount->mode, "tmpfs") ||
                          inner_host_fact (host, mount->source)->type == INNER_FILE_DIRECTORY;
  g_auto (GStrv) places = NULL;

  if (!inner_planning_check_inside (host, place, workspace, mount->destination, is_directory,
                                    error))
    return FALSE;
  places = inner_planning_places_inside (place, workspace, mount->destination);
  for (char **one = places; *one != NULL; one++)
    if (!add_bind (planning, mount, *one, error))
      return FALSE;

  return TRUE;
}

/* The mounts that stand in the workspace, with @inside, or all others. @workspace is %NULL for none. */
static gboolean
add_mounts (InnerPlanning *planning,
            const InnerPathFact *workspace,
            gboolean inside,
            GError **error)
{
  for (guint i = 0; i < planning->asked->len; i++)
    {
      const InnerAskedMount *mount = g_ptr_array_index (planning->asked, i);

      if (inner_planning_is_inside (planning->plan->place, workspace, mount->destination) != inside)
        continue;
      if (inside ? !add_mount_inside (planning, workspace, mount, error)
                 : !add_bind (planning, mount, mount->destination, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
lies_in_destination (const InnerPlanning *planning, const char *path)
{
  for (guint i = 0; i < planning->asked->len; i++)
    {
      const InnerAskedMount *mount = g_ptr_array_index (planning->asked, i);

      if (!g_str_equal (mount->reason, "home") && inner_path_is_within (path, mount->destination))
        return TRUE;
    }

  return FALSE;
}

static const char *
workspace_mode (const InnerPlanning *planning)
{
  return inner_profile_get_string (planning->profile, INNER_KEY_WORKSPACE_MODE, "rw");
}

static gboolean
refuse_workspace (GError **error, const char *path, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (path);

  g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
               _ ("“%s” cannot be the workspace: %s"), shown, reason);
  return FALSE;
}

/* SECURITY: the workspace is what the sandbox may write. The root directory and the places of the
 * system are never one; the home directory or above only after the person confirmed, and then the
 * sensitive things in it still decide (attacks 54 and 63; tests/bus/test_bad_input.py). */
static gboolean
check_workspace (InnerPlanning *planning, const InnerPathFact *fact, GError **error)
{
  static const char *const system_places[] = { "/usr",  "/bin",  "/sbin", "/lib", "/lib64", "/etc",
                                               "/boot", "/proc", "/sys",  "/dev", "/opt",   NULL };
  const InnerPlan *plan = planning->plan;

  if (fact->type == INNER_FILE_MISSING)
    return refuse_workspace (error, fact->path, fact->problem != NULL ? fact->problem : "?");
  if (fact->type != INNER_FILE_DIRECTORY)
    return refuse_workspace (error, fact->path, _ ("it is not a directory"));
  if (g_str_equal (fact->canonical, "/"))
    return refuse_workspace (error, fact->path, _ ("it is the whole machine; use “-w DIR”"));
  for (const char *const *place = system_places; *place != NULL; place++)
    if (inner_path_is_within (fact->canonical, *place))
      return refuse_workspace (error, fact->path, _ ("it belongs to the system; use “-w DIR”"));
  if (inner_path_is_within (plan->host->home, fact->canonical) &&
      !planning->request->confirm_workspace)
    return refuse_workspace (error, fact->path,
                             _ ("it is the home directory or above; use “-w DIR” for one project, "
                                "or confirm with “--yes”"));
  if (!inner_planning_check_source (plan->host, fact, g_str_equal (workspace_mode (planning), "rw"),
                                    allowed_words (planning), error))
    return FALSE;
  return g_str_equal (fact->canonical, plan->place) ||
         inner_planning_check_destination (plan->host, fact->canonical, error);
}

/* The workspace stands at /workspace, and at its own path so that absolute paths in build trees,
 * git worktrees and error messages stay true. A directory that a mount brings in anyway is only the one to
 * start in: what of it may be written is up to that mount, and on the host it need not exist. */
static gboolean
plan_workspace (InnerPlanning *planning, const InnerPathFact **fact, GError **error)
{
  InnerPlan *plan = planning->plan;
  g_autofree char *path =
      inner_planning_workspace (planning->request, planning->profile, &planning->expansion, error);

  plan->workspace = g_strdup ("");
  if (path == NULL)
    return FALSE;
  if (path[0] == '\0')
    {
      plan->directory = g_strdup (plan->host->home);
      return TRUE;
    }
  if (lies_in_destination (planning, path))
    {
      plan->directory = g_steal_pointer (&path);
      return TRUE;
    }

  *fact = inner_host_fact (plan->host, path);
  if (!check_workspace (planning, *fact, error))
    return FALSE;
  g_free (plan->workspace);
  plan->workspace = g_strdup ((*fact)->canonical);
  plan->directory = g_strdup (plan->place);
  return TRUE;
}

static void
add_workspace (InnerPlanning *planning, const InnerPathFact *fact)
{
  const char *mode = workspace_mode (planning);
  const char *const places[] = { planning->plan->place, fact->canonical };
  gsize n = g_str_equal (fact->canonical, planning->plan->place) ? 1 : 2;

  for (gsize i = 0; i < n; i++)
    if (g_str_equal (mode, "copy"))
      add_copy (planning, fact, places[i], "workspace");
    else
      inner_planning_add (planning, g_str_equal (mode, "ro") ? INNER_MOUNT_RO : INNER_MOUNT_RW,
                          fact->canonical, places[i], "workspace")
          ->fd = fact->fd;
}

/* All mounts that were asked for: what stands in the workspace goes behind it, because the later mount covers
 * the earlier one. */
static gboolean
add_workspace_and_mounts (InnerPlanning *planning, const InnerPathFact *workspace, GError **error)
{
  if (!add_mounts (planning, workspace, FALSE, error))
    return FALSE;
  if (workspace == NULL)
    return TRUE;

  add_workspace (planning, workspace);
  return add_mounts (planning, workspace, TRUE, error);
}

static gboolean
is_destination (InnerPlanning *planning, const char *path)
{
  for (guint i = 0; i < planning->plan->mounts->len; i++)
    if (g_str_equal (((InnerMount *) planning->plan->mounts->pdata[i])->destination, path))
      return TRUE;

  return FALSE;
}

/* Behind the mounts that were asked for, which may cover the directory that it stands in. */
static void
add_opened (InnerPlanning *planning)
{
  for (guint i = 0; i < planning->opened->len; i++)
    {
      const InnerOpening *opening = planning->opened->pdata[i];

      if (opening->bus)
        {
          inner_planning_add (planning, INNER_MOUNT_BUS, NULL, opening->destination, "privilege");
          continue;
        }
      if (opening->content != NULL)
        {
          inner_planning_add_file (planning, opening->destination, g_strdup (opening->content));
          continue;
        }
      if (opening->fact == NULL && is_destination (planning, opening->destination))
        continue;
      if (opening->fact == NULL)
        inner_planning_add_tmpfs (planning, opening->destination, 0700, 0, "privilege");
      else
        inner_planning_add (planning, INNER_MOUNT_RO, opening->fact->canonical,
                            opening->destination, "privilege")
            ->fd = opening->fact->fd;
    }
}

gboolean
inner_planning_mounts (InnerPlanning *planning, GError **error)
{
  const InnerPathFact *workspace = NULL;

  if (!collect_asked (planning, error) || !plan_workspace (planning, &workspace, error) ||
      !inner_planning_base (planning, error) || !inner_planning_git (planning, error) ||
      !add_workspace_and_mounts (planning, workspace, error))
    return FALSE;
  add_opened (planning);
  inner_planning_seal (planning);
#ifdef INNER_DISABLE_LAYERS
  inner_planning_open_layers (planning);
#endif
  return TRUE;
}
