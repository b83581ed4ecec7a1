/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What every sandbox sees of the machine, before anything that was asked for: the programs of the system or the whole
 * host, the files of /etc that are made for the sandbox, its own places, and its home directory.
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-hide-facts.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-join.h"
#include "inner-plan-network.h"
#include "inner-plan-private.h"
#include "inner-sensitive.h"

#define MIB G_GUINT64_CONSTANT (1048576)
#define DEFAULT_MEMORY (2048 * MIB)
/* No place in memory is larger, however much of it there is. */
#define MAX_SIZE (8192 * MIB)
#define SMALL_SIZE (64 * MIB)

InnerMount *
inner_planning_add (InnerPlanning *planning,
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

/* SECURITY: what a sandbox fills is its own place, and never all of the memory (attack 100;
 * tests/attack/test_100_full_memory.py). */
static guint64
size_of (const InnerHost *host, guint part)
{
  return MIN ((host->memory != 0 ? host->memory : DEFAULT_MEMORY) / part, MAX_SIZE);
}

void
inner_planning_add_tmpfs (
    InnerPlanning *planning, const char *destination, int mode, guint64 size, const char *reason)
{
  InnerMount *mount = inner_planning_add (planning, INNER_MOUNT_TMPFS, NULL, destination, reason);

  mount->mode = mode;
  mount->size = size != 0 ? size : size_of (planning->plan->host, 8);
}

static void
add_base (InnerPlanning *planning)
{
  GPtrArray *base = planning->plan->host->base;

  for (guint i = 0; i < base->len; i++)
    {
      const InnerPathFact *fact = g_ptr_array_index (base, i);

      if (fact->type == INNER_FILE_SYMLINK)
        inner_planning_add (planning, INNER_MOUNT_SYMLINK, fact->link_target, fact->path, "base");
      else
        inner_planning_add (planning, INNER_MOUNT_RO, fact->path, fact->path, "base");
    }
}

/* A file of /etc that is made for the sandbox. Where the host's /etc is shown, it stands over the one that the host
 * has, or where the host's link leads to if that is a private place. */
static void
add_file (InnerPlanning *planning, const char *path, char *content)
{
  const InnerPathFact *fact =
      planning->shows_host ? inner_host_fact (planning->plan->host, path) : NULL;
  InnerMount *mount;

  if (fact != NULL && fact->type != INNER_FILE_REGULAR)
    {
      g_free (content);
      return;
    }
  if (fact != NULL && !inner_path_is_within (fact->canonical, "/run"))
    mount = inner_planning_add (planning, INNER_MOUNT_FILE_OVER, NULL, fact->canonical, "base");
  else
    mount = inner_planning_add (planning, INNER_MOUNT_FILE, NULL,
                                fact != NULL ? fact->canonical : path, "base");
  mount->content = content;
  mount->mode = 0444;
}

const char *const inner_planning_identity_files[] = { "/etc/passwd",       "/etc/group",
                                                      "/etc/hostname",     "/etc/nsswitch.conf",
                                                      "/etc/machine-id",   INNER_HOSTS_FILE,
                                                      INNER_RESOLVER_FILE, NULL };

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
    inner_planning_add (planning, INNER_MOUNT_RO, fact->canonical,
                        planning->shows_host ? fact->canonical : path, "network")
        ->fd = fact->fd;
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
  /* The address is the gateway's, which listens at every address there is inside. */
  add_file (planning, INNER_RESOLVER_FILE,
            g_strdup (inner_plan_has_gateway (planning->plan) ? "nameserver " INNER_JOIN_RESOLVER
                                                                "\noptions timeout:15\n"
                                                              : ""));
}

/* SECURITY: what tells about the whole machine, or changes it, is not there (attacks 49 and 51; test_kernel_knobs,
 * test_masked_places, test_devices). The kernel asks for no capability where root writes to its settings, and root of this
 * machine is who runs a sandbox of root, whatever number it has inside: core_pattern alone names a program that runs outside.
 * So /proc is read-only there as a whole, because drivers make files in it at any time (tests/attack/test_049_root.py). */
static void
add_kernel_places (InnerPlanning *planning)
{
  const InnerHost *host = planning->plan->host;

  inner_planning_add (planning, INNER_MOUNT_PROC, NULL, "/proc", "base");
  /* Containers in a sandbox mount a /proc of their own, which the kernel lets them only where nothing of this one is
   * covered (mount_too_revealing() in fs/namespace.c). */
  for (guint i = 0; i < host->masked->len && planning->plan->ids == NULL; i++)
    {
      const InnerPathFact *fact = host->masked->pdata[i];

      if (fact->type == INNER_FILE_DIRECTORY)
        inner_planning_add (planning, INNER_MOUNT_HIDDEN_DIRECTORY, NULL, fact->path, "base");
      else
        inner_planning_add (planning, INNER_MOUNT_HIDDEN_FILE, host->empty, fact->path, "base");
    }
  if (host->owns_kernel)
    inner_planning_add (planning, INNER_MOUNT_SEAL, NULL, "/proc", "base");
  inner_planning_add (planning, INNER_MOUNT_DEV, NULL, "/dev", "base");
  inner_planning_add_tmpfs (planning, "/dev/shm", 01777, size_of (host, 8), "base");
  inner_planning_add (planning, INNER_MOUNT_SEAL, NULL, "/dev", "base");
}

void
inner_planning_add_file (InnerPlanning *planning, const char *destination, char *content)
{
  InnerMount *mount = inner_planning_add (planning, INNER_MOUNT_FILE, NULL, destination, "base");

  mount->content = content;
  mount->mode = 0444;
}

/* What of ours is in there. More than our PID 1 gets a directory of its own, which nothing in there can write. */
static void
add_inside (InnerPlanning *planning)
{
  gboolean more = planning->start_file || inner_planning_has_shims (planning->profile);

  if (more)
    inner_planning_add_tmpfs (planning, INNER_INSIDE_DIR, 0755, SMALL_SIZE, "base");
  inner_planning_add (planning, INNER_MOUNT_RO, planning->plan->host->init, INNER_INSIDE_INIT,
                      "base");
  if (planning->request->probe)
    inner_planning_add (planning, INNER_MOUNT_RO, INNER_LIBEXECDIR "/inner-probe",
                        INNER_INSIDE_PROBE, "base");
  if (planning->start_file)
    inner_planning_add_file (planning, INNER_INSIDE_BASHRC, inner_planning_start_file (planning));
  inner_planning_add_shims (planning);
  if (more)
    inner_planning_add (planning, INNER_MOUNT_SEAL, NULL, INNER_INSIDE_DIR, "base");
}

static void
add_private_places (InnerPlanning *planning)
{
  const InnerHost *host = planning->plan->host;

  add_kernel_places (planning);
  inner_planning_add_tmpfs (planning, "/tmp", 01777, size_of (host, 4), "base");
  inner_planning_add_tmpfs (planning, "/var/tmp", 01777, size_of (host, 8), "base");
  inner_planning_add_tmpfs (planning, "/run", 0755, SMALL_SIZE, "base");
  if (!planning->shows_host)
    inner_planning_add (planning, INNER_MOUNT_SYMLINK, "/run", INNER_VAR_RUN, "base");
  add_inside (planning);
}

static gboolean add_listed (InnerPlanning *planning,
                            const char *directory,
                            const char *destination,
                            const char *reason,
                            const InnerListed *listed,
                            GError **error);

/* SECURITY: a directory that holds secrets is not shown as it is with covers on what is secret, because the host lifts a
 * cover when it replaces the file, and what is made there later would have none. It is composed of what is harmless
 * now (attacks 40, 41 and 54; test_replaced_secret, test_secret_made_later). */
gboolean
inner_planning_add_composed (InnerPlanning *planning,
                             const char *directory,
                             const char *destination,
                             const char *reason,
                             GError **error)
{
  const GPtrArray *listing = inner_host_listing (planning->plan->host, directory);

  if (listing == NULL)
    {
      g_autofree char *shown = inner_escape_for_display (directory);

      g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
                   _ ("“%s” cannot be shown without what is secret in it, because it cannot be "
                      "listed; name the directory in it that the command needs"),
                   shown);
      return FALSE;
    }

  inner_planning_add_tmpfs (planning, destination, 0755, SMALL_SIZE, reason);
  g_ptr_array_add (planning->composed, g_strdup (destination));
  for (guint i = 0; i < listing->len; i++)
    if (!add_listed (planning, directory, destination, reason, listing->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
add_listed (InnerPlanning *planning,
            const char *directory,
            const char *destination,
            const char *reason,
            const InnerListed *listed,
            GError **error)
{
  const InnerHost *host = planning->plan->host;
  g_autofree char *path = g_build_filename (directory, listed->name, NULL);
  g_autofree char *place = g_build_filename (destination, listed->name, NULL);

  if (inner_planning_is_hidden (planning, path))
    return TRUE;
  switch (listed->type)
    {
    case INNER_FILE_SYMLINK:
      inner_planning_add (planning, INNER_MOUNT_SYMLINK, listed->link_target, place, reason);
      return TRUE;
    case INNER_FILE_DIRECTORY:
      if (inner_holds_hidden (host, path))
        return inner_planning_add_composed (planning, path, place, reason, error);
      G_GNUC_FALLTHROUGH;
    case INNER_FILE_REGULAR:
      inner_planning_add (planning, INNER_MOUNT_RO, path, place, reason)->fd = listed->fd;
      return TRUE;
    case INNER_FILE_MISSING:
    case INNER_FILE_SOCKET:
    case INNER_FILE_OTHER:
    default:
      return TRUE;
    }
}

/* SECURITY: the name of a profile becomes the name of a directory, and a profile that is not the person's own does not get
 * the home of another one that has the same name (attacks 32 and 65; tests/unit/test-plan-view.c). */
char *
inner_planning_home_name (const char *profile, const char *foreign_path)
{
  GString *name = g_string_new (NULL);

  for (const char *c = profile; *c != '\0'; c++)
    if (g_ascii_isalnum (*c) || *c == '-' || *c == '_' || (*c == '.' && c != profile))
      g_string_append_c (name, *c);
    else
      g_string_append_printf (name, "%%%02X", (guchar) *c);
  if (foreign_path != NULL)
    {
      g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, foreign_path, -1);

      g_string_append_printf (name, "@%.16s", digest);
    }
  return g_string_free (name, FALSE);
}

static gboolean
add_persistent_home (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;
  g_autofree char *name = inner_planning_home_name (
      plan->profile, planning->request->foreign_profile ? plan->profile_path : NULL);
  g_autofree char *path = g_build_filename (g_get_user_data_dir (), "inner", "homes", name, NULL);

  if (name[0] == '\0' || strlen (name) > NAME_MAX)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                   _ ("Profile “%s” cannot have a persistent home: its name is too long or empty; "
                      "give it a shorter one"),
                   plan->profile);
      return FALSE;
    }
  inner_planning_add (planning, INNER_MOUNT_RW, path, plan->host->home, "home")->prepared =
      INNER_PREPARED_HOME;
  return TRUE;
}

static gboolean
add_home (InnerPlanning *planning, GError **error)
{
  const InnerHost *host = planning->plan->host;

  if (g_str_equal (planning->plan->home, "host-ro"))
    return inner_planning_add_composed (planning, host->home, host->home, "home", error);
  if (g_str_equal (planning->plan->home, "persistent"))
    return add_persistent_home (planning, error);
  inner_planning_add_tmpfs (planning, host->home, 0700, size_of (host, 4), "home");
  return TRUE;
}

/* SECURITY: a home directory that is, covers or lies in a place of the system would hide or open the
 * wrong thing; such a machine gets no sandbox (attack 106; tests/unit/test-plan.c). */
static gboolean
check_home (InnerPlanning *planning, GError **error)
{
  const char *const places[] = { "/usr", "/etc", "/proc",
                                 "/dev", "/sys", "/run/inner",
                                 "/bin", "/lib", planning->plan->place,
                                 NULL };
  const InnerHost *host = planning->plan->host;

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
inner_planning_base (InnerPlanning *planning, GError **error)
{
  if (!check_home (planning, error))
    return FALSE;
  add_base (planning);
  add_private_places (planning);
  add_identity (planning);
  add_name_resolution (planning);
  return add_home (planning, error);
}

void
inner_planning_seal (InnerPlanning *planning)
{
  for (guint i = 0; i < planning->composed->len; i++)
    inner_planning_add (planning, INNER_MOUNT_SEAL, NULL, planning->composed->pdata[i], "base");
  inner_planning_add (planning, INNER_MOUNT_SEAL, NULL, "/", "base");
}

char *
inner_planning_canonical_destination (const InnerHost *host, const char *destination)
{
  if (inner_path_is_within (destination, INNER_VAR_RUN))
    return g_build_filename ("/run", destination + strlen (INNER_VAR_RUN), NULL);
  for (guint i = 0; i < host->base->len; i++)
    {
      const InnerPathFact *fact = host->base->pdata[i];
      g_autofree char *target = NULL;

      if (fact->type != INNER_FILE_SYMLINK || !inner_path_is_within (destination, fact->path))
        continue;
      target = g_canonicalize_filename (fact->link_target, "/");
      return g_build_filename (target, destination + strlen (fact->path), NULL);
    }
  return g_strdup (destination);
}
