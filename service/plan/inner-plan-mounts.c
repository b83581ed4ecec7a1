/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The view of the machine, step by step in the order in which bubblewrap carries it out: base,
 * private places, home, mounts of the profile, mounts of the request, workspace, seal.
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-private.h"
#include "inner-privileges.h"
#include "inner-sensitive.h"

static InnerMount *
add (InnerPlanning *planning,
     InnerMountKind kind,
     const char *source,
     const char *destination,
     const char *reason)
{
  InnerMount *mount = g_new0 (InnerMount, 1);

  mount->kind = kind;
  mount->source = g_strdup (source);
  mount->destination = g_strdup (destination);
  mount->reason = reason;
  mount->fd = -1;
  g_ptr_array_add (planning->plan->mounts, mount);
  return mount;
}

static void
add_file (InnerPlanning *planning, const char *destination, char *content)
{
  InnerMount *mount = add (planning, INNER_MOUNT_FILE, NULL, destination, "base");

  mount->content = content;
  mount->mode = 0444;
}

static void
add_tmpfs (InnerPlanning *planning, const char *destination, int mode, const char *reason)
{
  add (planning, INNER_MOUNT_TMPFS, NULL, destination, reason)->mode = mode;
}

static void
add_base (InnerPlanning *planning)
{
  GPtrArray *base = planning->plan->host->base;

  for (guint i = 0; i < base->len; i++)
    {
      const InnerPathFact *fact = g_ptr_array_index (base, i);

      if (fact->type == INNER_FILE_SYMLINK)
        add (planning, INNER_MOUNT_SYMLINK, fact->link_target, fact->path, "base");
      else
        add (planning, INNER_MOUNT_RO, fact->path, fact->path, "base");
    }
}

/* The files of /etc that tell who and where one is are made for the sandbox: the host's list every
 * user of the machine. */
static void
add_identity (InnerPlanning *planning)
{
  const InnerPlan *plan = planning->plan;
  const char *user = plan->host->uid != 0 ? plan->host->user : "sandbox";

  add_file (planning, "/etc/passwd",
            g_strdup_printf ("%s:x:%u:%u::%s:/bin/sh\nnobody:x:65534:65534::/nonexistent:"
                             "/usr/sbin/nologin\n",
                             user, plan->uid, plan->gid, plan->host->home));
  add_file (planning, "/etc/group",
            g_strdup_printf ("%s:x:%u:\nnogroup:x:65534:\n", user, plan->gid));
  add_file (planning, "/etc/hostname", g_strdup ("inner\n"));
  add_file (planning, "/etc/nsswitch.conf",
            g_strdup ("passwd: files\ngroup: files\nhosts: files dns\nservices: files\n"
                      "protocols: files\n"));
  /* A constant, so that nothing can tell machines apart by it. */
  add_file (planning, "/etc/machine-id", g_strdup ("00000000000000000000000000000000\n"));
}

/* The file of the host where it has one (a link is followed: resolv.conf often is one into /run). */
static void
add_host_file (InnerPlanning *planning, const char *path)
{
  const InnerPathFact *fact = inner_host_fact (planning->plan->host, path);

  if (fact->type == INNER_FILE_REGULAR)
    add (planning, INNER_MOUNT_RO, fact->canonical, path, "network")->fd = fact->fd;
}

static void
add_name_resolution (InnerPlanning *planning)
{
  if (g_str_equal (planning->plan->network, "host"))
    {
      add_host_file (planning, INNER_HOSTS_FILE);
      add_host_file (planning, INNER_RESOLVER_FILE);
      return;
    }
  add_file (planning, INNER_HOSTS_FILE,
            g_strdup ("127.0.0.1 localhost inner\n::1 localhost inner\n"));
  add_file (planning, INNER_RESOLVER_FILE, g_strdup (""));
}

/* What of ours is in there. More than our PID 1 gets a directory of its own, which nothing in there can write. */
static void
add_inside (InnerPlanning *planning)
{
  gboolean more = planning->start_file || inner_planning_has_shims (planning->profile);

  if (more)
    add_tmpfs (planning, INNER_INSIDE_DIR, 0755, "base");
  add (planning, INNER_MOUNT_RO, planning->plan->host->init, INNER_INSIDE_INIT, "base");
  if (planning->start_file)
    add_file (planning, INNER_INSIDE_BASHRC, inner_planning_start_file (planning));
  inner_planning_add_shims (planning);
  if (more)
    add (planning, INNER_MOUNT_SEAL, NULL, INNER_INSIDE_DIR, "base");
}

static void
add_private_places (InnerPlanning *planning)
{
  add (planning, INNER_MOUNT_PROC, NULL, "/proc", "base");
  add (planning, INNER_MOUNT_DEV, NULL, "/dev", "base");
  add_tmpfs (planning, "/tmp", 01777, "base");
  add_tmpfs (planning, "/var/tmp", 01777, "base");
  add_tmpfs (planning, "/run", 0755, "base");
  add (planning, INNER_MOUNT_SYMLINK, "/run", "/var/run", "base");
  add_inside (planning);
  add_tmpfs (planning, planning->plan->host->home, 0700, "home");
}

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
                                                   host->runtime_dir, allow, error);
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

  for (guint i = 0; i < host->base->len; i++)
    {
      const InnerPathFact *fact = g_ptr_array_index (host->base, i);

      if (inner_path_is_within (destination, fact->path))
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

static gboolean
add_bind (InnerPlanning *planning,
          const char *source,
          const char *destination,
          const char *mode,
          const char *reason,
          GError **error)
{
  const InnerPathFact *fact;
  gboolean writable = g_str_equal (mode, "rw");
  InnerMount *mount;

  if (!inner_planning_check_destination (planning->plan->host, destination, error))
    return FALSE;
  if (g_str_equal (destination, INNER_WORKSPACE_PATH) && planning->plan->workspace[0] != '\0')
    return refuse (error, destination, _ ("the workspace is mounted there"));
  if (g_str_equal (mode, "tmpfs"))
    {
      add_tmpfs (planning, destination, 0755, reason);
      return TRUE;
    }
  if (g_str_equal (mode, "copy"))
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                   _ ("The mount mode “copy” of “%s” is not part of this version; use “ro”, or "
                      "copy the directory first"),
                   source);
      return FALSE;
    }

  fact = inner_host_fact (planning->plan->host, source);
  if (!inner_planning_check_source (planning->plan->host, fact, writable, allowed_words (planning),
                                    error))
    return FALSE;
  mount = add (planning, writable ? INNER_MOUNT_RW : INNER_MOUNT_RO, fact->canonical, destination,
               reason);
  mount->fd = fact->fd;
  return TRUE;
}

/* Paths of the real home that the profile puts back, read-only. The reference skips those that do
 * not exist: a profile names the places of many tool managers, and no machine has all. */
static gboolean
add_home_allow (InnerPlanning *planning, GError **error)
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
      if (inner_host_fact (planning->plan->host, path)->type == INNER_FILE_MISSING)
        continue;
      if (!add_bind (planning, path, path, "ro", "home", error))
        return FALSE;
    }

  return TRUE;
}

/* One mount of the profile with its variables replaced. */
static gboolean
expand_mount (InnerPlanning *planning, GVariant *row, GError **error)
{
  InnerRequestMount *mount = g_new0 (InnerRequestMount, 1);
  g_autofree char *source = NULL;
  g_autofree char *destination = NULL;
  const char *raw_source;
  const char *raw_destination;

  g_ptr_array_add (planning->profile_mounts, mount);
  g_variant_get (row, "(&s&ss)", &raw_source, &raw_destination, &mount->mode);
  source = inner_expand (raw_source, &planning->expansion, error);
  if (source == NULL)
    return FALSE;
  destination = inner_expand (raw_destination, &planning->expansion, error);
  if (destination == NULL)
    return FALSE;

  mount->source = g_canonicalize_filename (source, "/");
  mount->destination = g_canonicalize_filename (destination, "/");
  return TRUE;
}

static gboolean
expand_profile_mounts (InnerPlanning *planning, GError **error)
{
  GVariant *mounts = inner_profile_peek (planning->profile, INNER_KEY_MOUNTS);

  for (gsize i = 0; mounts != NULL && i < g_variant_n_children (mounts); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (mounts, i);

      if (!expand_mount (planning, row, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
add_mount_inside (InnerPlanning *planning,
                  const InnerPathFact *workspace,
                  const InnerRequestMount *mount,
                  const char *reason,
                  GError **error)
{
  const InnerHost *host = planning->plan->host;
  gboolean is_directory = g_str_equal (mount->mode, "tmpfs") ||
                          inner_host_fact (host, mount->source)->type == INNER_FILE_DIRECTORY;
  g_auto (GStrv) places = NULL;

  if (!inner_planning_check_inside (host, workspace, mount->destination, is_directory, error))
    return FALSE;
  places = inner_planning_places_inside (workspace, mount->destination);
  for (char **place = places; *place != NULL; place++)
    if (!add_bind (planning, mount->source, *place, mount->mode, reason, error))
      return FALSE;

  return TRUE;
}

/* The mounts that stand in the workspace, with @inside, or all others. @workspace is %NULL for none. */
static gboolean
add_mounts (InnerPlanning *planning,
            GPtrArray *mounts,
            const char *reason,
            const InnerPathFact *workspace,
            gboolean inside,
            GError **error)
{
  for (guint i = 0; i < mounts->len; i++)
    {
      const InnerRequestMount *mount = g_ptr_array_index (mounts, i);

      if (inner_planning_is_inside (workspace, mount->destination) != inside)
        continue;
      if (inside
              ? !add_mount_inside (planning, workspace, mount, reason, error)
              : !add_bind (planning, mount->source, mount->destination, mount->mode, reason, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
lies_in_destination (GPtrArray *mounts, const char *path)
{
  for (guint i = 0; i < mounts->len; i++)
    {
      const InnerRequestMount *mount = g_ptr_array_index (mounts, i);

      if (inner_path_is_within (path, mount->destination))
        return TRUE;
    }

  return FALSE;
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
  if (g_str_equal (fact->canonical, INNER_WORKSPACE_PATH))
    return TRUE;

  return inner_planning_check_source (plan->host, fact, TRUE, allowed_words (planning), error) &&
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
  if (lies_in_destination (planning->profile_mounts, path) ||
      lies_in_destination (planning->request->mounts, path))
    {
      plan->directory = g_steal_pointer (&path);
      return TRUE;
    }

  *fact = inner_host_fact (plan->host, path);
  if (!check_workspace (planning, *fact, error))
    return FALSE;
  g_free (plan->workspace);
  plan->workspace = g_strdup ((*fact)->canonical);
  plan->directory = g_strdup (INNER_WORKSPACE_PATH);
  return TRUE;
}

static void
add_workspace (InnerPlanning *planning, const InnerPathFact *fact)
{
  const char *const places[] = { INNER_WORKSPACE_PATH, fact->canonical };
  gsize n = g_str_equal (fact->canonical, INNER_WORKSPACE_PATH) ? 1 : 2;

  for (gsize i = 0; i < n; i++)
    add (planning, INNER_MOUNT_RW, fact->canonical, places[i], "workspace")->fd = fact->fd;
}

/* All mounts that were asked for: what stands in the workspace goes behind it, because the later mount covers
 * the earlier one. */
static gboolean
add_workspace_and_mounts (InnerPlanning *planning, const InnerPathFact *workspace, GError **error)
{
  GPtrArray *of_profile = planning->profile_mounts;
  GPtrArray *of_request = planning->request->mounts;

  if (!add_mounts (planning, of_profile, "profile", workspace, FALSE, error) ||
      !add_mounts (planning, of_request, "request", workspace, FALSE, error))
    return FALSE;
  if (workspace == NULL)
    return TRUE;

  add_workspace (planning, workspace);
  return add_mounts (planning, of_profile, "profile", workspace, TRUE, error) &&
         add_mounts (planning, of_request, "request", workspace, TRUE, error);
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
          add (planning, INNER_MOUNT_BUS, NULL, opening->destination, "privilege");
          continue;
        }
      if (opening->content != NULL)
        {
          add_file (planning, opening->destination, g_strdup (opening->content));
          continue;
        }
      if (opening->fact == NULL && is_destination (planning, opening->destination))
        continue;
      if (opening->fact == NULL)
        add_tmpfs (planning, opening->destination, 0700, "privilege");
      else
        add (planning, INNER_MOUNT_RO, opening->fact->canonical, opening->destination, "privilege")
            ->fd = opening->fact->fd;
    }
}

/* SECURITY: a home directory that is, covers or lies in a place of the system would hide or open the
 * wrong thing; such a machine gets no sandbox (attack 106; tests/unit/test-plan.c). */
static gboolean
check_home (const InnerHost *host, GError **error)
{
  static const char *const places[] = { "/usr", "/etc", "/proc",
                                        "/dev", "/sys", "/run/inner",
                                        "/bin", "/lib", INNER_WORKSPACE_PATH,
                                        NULL };

  for (const char *const *place = places; *place != NULL; place++)
    if (host->home[0] != '/' || inner_path_is_within (*place, host->home) ||
        inner_path_is_within (host->home, *place))
      {
        g_set_error (
            error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
            _ ("The home directory “%s” is no place that a sandbox can replace; set HOME to "
               "a directory of the user's own"),
            host->home);
        return FALSE;
      }

  return TRUE;
}

gboolean
inner_planning_mounts (InnerPlanning *planning, GError **error)
{
  const InnerPathFact *workspace = NULL;

  if (!check_home (planning->plan->host, error) || !expand_profile_mounts (planning, error) ||
      !plan_workspace (planning, &workspace, error))
    return FALSE;

  add_base (planning);
  add_identity (planning);
  add_name_resolution (planning);
  add_private_places (planning);
  if (!add_home_allow (planning, error) || !inner_planning_git (planning, error) ||
      !add_workspace_and_mounts (planning, workspace, error))
    return FALSE;
  add_opened (planning);
  add (planning, INNER_MOUNT_SEAL, NULL, "/", "base");
#ifdef INNER_DISABLE_LAYERS
  inner_planning_open_layers (planning);
#endif
  return TRUE;
}
