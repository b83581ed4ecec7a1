/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Sandboxes with the privilege “nested-user-ns”: rootless containers run in them. For that a sandbox has more users than
 * one, those that the administrator gave the person in /etc/subuid and /etc/subgid; may make namespaces, and mounts in
 * them; and finds settings for podman that work without systemd and without control groups.
 */

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-plan-private.h"
#include "inner-privileges.h"
#include "inner-wire.h"

#define CONTAINERS "/etc/containers"
#define SETTINGS "/etc/inner-containers.conf"
#define MIN_IDS 1000
#define ABI_SCOPE 6 /* of Landlock: what is left of it here */

static const char *const id_files[] = { "/etc/subuid", "/etc/subgid" };

/* Takes the range in @line if it is one of @user's and larger than the one in @ids. subuid(5) */
static void
take_range (const char *line, const InnerHost *host, InnerSubordinateIds *ids)
{
  g_auto (GStrv) parts = g_strsplit (line, ":", -1);
  g_autofree char *number = g_strdup_printf ("%u", host->uid);
  guint64 start;
  guint64 count;

  if (g_strv_length (parts) != 3 ||
      (!g_str_equal (parts[0], host->user) && !g_str_equal (parts[0], number)) ||
      !g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXUINT32 / 2, &start, NULL) ||
      !g_ascii_string_to_unsigned (parts[2], 10, 1, G_MAXUINT32 / 2, &count, NULL) ||
      count <= ids->count)
    return;
  *ids = (InnerSubordinateIds){ (guint32) start, (guint32) count };
}

void
inner_host_look_at_ids (InnerHost *host)
{
  for (gsize i = 0; i < G_N_ELEMENTS (id_files); i++)
    {
      g_autofree char *text = NULL;
      g_auto (GStrv) lines = NULL;

      if (!g_file_get_contents (id_files[i], &text, NULL, NULL))
        continue;
      lines = g_strsplit (text, "\n", -1);
      for (char **line = lines; *line != NULL; line++)
        take_range (*line, host, &host->subordinate[i]);
    }
  host->maps_ids = access (INNER_NEWUIDMAP, X_OK) == 0 && access (INNER_NEWGIDMAP, X_OK) == 0;
}

gboolean
inner_plan_wants_ids (const InnerRequest *request, InnerProfile *profile)
{
  g_auto (GStrv) words = inner_planning_words (request, profile);

  return g_strv_contains ((const char *const *) words, INNER_PRIVILEGE_NESTED_USER_NS);
}

static void
add_row (GVariantBuilder *map, guint32 inside, guint32 outside, guint32 count)
{
  if (count == 0)
    return;
  g_variant_builder_add (map, "u", inside);
  g_variant_builder_add (map, "u", outside);
  g_variant_builder_add (map, "u", count);
}

/* Everybody keeps their number; the others are around it, from 0 on, because the terminals of a sandbox belong to 0. */
static void
add_map (GVariantBuilder *maps, guint32 inside, guint32 outside, const InnerSubordinateIds *ids)
{
  guint32 lower = MIN (inside, ids->count);

  g_variant_builder_open (maps, G_VARIANT_TYPE ("au"));
  add_row (maps, 0, ids->start, lower);
  add_row (maps, inside, outside, 1);
  add_row (maps, inside + 1, ids->start + lower, ids->count - lower);
  g_variant_builder_close (maps);
}

/* What containers may use, as newuidmap inside reads it. The number 0 is left out: to hand that on takes one more
 * capability (user_namespaces(7), CAP_SETFCAP). */
static char *
subordinate_of (const char *user, guint32 inside, const InnerSubordinateIds *ids)
{
  guint32 lower = MIN (inside, ids->count);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s:1:%u\n", user, lower - 1);
  if (ids->count > lower)
    g_string_append_printf (text, "%s:%u:%u\n", user, inside + 1, ids->count - lower);
  return g_string_free (text, FALSE);
}

/* Without a session of systemd and without control groups of its own; containers share the network of the sandbox,
 * because there is no other; keyrings are refused by the filter. containers.conf(5) */
static char *
settings_of (InnerProfile *profile)
{
  return g_strdup_printf (
      "[containers]\ncgroups = \"disabled\"\nkeyring = false\nnetns = \"host\"\n\n"
      "[engine]\ncgroup_manager = \"%s\"\nevents_logger = \"file\"\n",
      inner_profile_get_string (profile, INNER_KEY_SANDBOX_CGROUP_MANAGER, "cgroupfs"));
}

static gboolean
refuse (GError **error, const char *reason)
{
  g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED, _ ("“%s” does not work here: %s"),
               INNER_PRIVILEGE_NESTED_USER_NS, reason);
  return FALSE;
}

/* SECURITY: a container has a /proc of its own, and that of root's would be one to change the kernel by (attack 49;
 * tests/attack/test_049_root.py). */
static gboolean
check_host (const InnerHost *host, GError **error)
{
  g_autofree char *reason = NULL;

  if (host->owns_kernel)
    return refuse (error, _ ("containers in a sandbox of root could change the settings of the "
                             "kernel; start it as an ordinary user"));
  if (!host->maps_ids)
    return refuse (error, _ ("newuidmap and newgidmap are missing; install the package “uidmap” "
                             "(Debian) or “shadow-utils” (Fedora)"));
  if (host->subordinate[0].count >= MIN_IDS && host->subordinate[1].count >= MIN_IDS)
    return TRUE;
  reason = g_strdup_printf (_ ("%s has no range of subordinate users and groups; as root: “usermod "
                               "--add-subuids 100000-165535 --add-subgids 100000-165535 %s”"),
                            host->user, host->user);
  return refuse (error, reason);
}

/* Of Landlock there are the scopes only, because containers mount. */
static gboolean
check_landlock (InnerPlanning *planning, GError **error)
{
  if (planning->plan->host->landlock_abi >= ABI_SCOPE)
    return TRUE;
  if (g_strv_contains (inner_profile_get_list (planning->profile, INNER_KEY_SANDBOX_REQUIRE),
                       "landlock"))
    return refuse (error, _ ("the profile requires the layer “landlock”, and what this kernel has "
                             "of it does not go together with containers"));
  g_strv_builder_add (planning->warnings,
                      _ ("landlock: with “nested-user-ns” this kernel has none"));
  return TRUE;
}

static void
set (InnerPlanning *planning, const char *name, const char *value)
{
  g_hash_table_replace (planning->variables, g_strdup (name), g_strdup (value));
}

gboolean
inner_planning_nested (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;
  const InnerHost *host = plan->host;
  const char *user = host->uid != 0 ? host->user : "sandbox";
  const InnerPathFact *containers;
  GVariantBuilder maps;

  if (!g_strv_contains ((const char *const *) plan->privileges, INNER_PRIVILEGE_NESTED_USER_NS))
    return TRUE;
  if (!check_host (host, error) || !check_landlock (planning, error))
    return FALSE;

  g_variant_builder_init (&maps, G_VARIANT_TYPE (INNER_IDS_TYPE));
  add_map (&maps, plan->uid, host->uid, &host->subordinate[0]);
  add_map (&maps, plan->gid, host->gid, &host->subordinate[1]);
  plan->ids = g_variant_ref_sink (g_variant_builder_end (&maps));

  inner_planning_open_file (planning, id_files[0],
                            subordinate_of (user, plan->uid, &host->subordinate[0]));
  inner_planning_open_file (planning, id_files[1],
                            subordinate_of (user, plan->gid, &host->subordinate[1]));
  inner_planning_open_file (planning, SETTINGS, settings_of (planning->profile));
  set (planning, "CONTAINERS_CONF", SETTINGS);
  /* podman looks at it, and leaves it alone when it is empty. */
  inner_planning_open_directory (planning, "/sys/fs/cgroup");
  inner_planning_need_runtime_dir (planning);
  containers = inner_host_fact (host, CONTAINERS);
  if (containers->type == INNER_FILE_DIRECTORY)
    inner_planning_open_at (planning, containers, g_strdup (CONTAINERS));
  return TRUE;
}
