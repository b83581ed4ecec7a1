/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * For the tests of a build with -Ddisable-layers=true, and in no other build: opens parts of the view of which
 * inner-layers.h says that they are left out.
 */

#include <string.h>

#include "inner-layers.h"
#include "inner-plan-private.h"

typedef struct
{
  const char *layer;
  InnerMountKind kind;
  const char *destination; /* %NULL = the home directory */
  InnerMountKind instead;  /* bound from the host */
} Opened;

static const Opened opened[] = {
  { "private-tmp", INNER_MOUNT_TMPFS, "/tmp", INNER_MOUNT_RW },
  { "private-tmp", INNER_MOUNT_TMPFS, "/var/tmp", INNER_MOUNT_RW },
  { "private-home", INNER_MOUNT_TMPFS, NULL, INNER_MOUNT_RW },
  { "private-proc", INNER_MOUNT_PROC, "/proc", INNER_MOUNT_RO },
};

static void
open_mount (InnerPlan *plan, InnerMount *mount)
{
  for (gsize i = 0; i < G_N_ELEMENTS (opened); i++)
    {
      const char *destination =
          opened[i].destination != NULL ? opened[i].destination : plan->host->home;

      if (!inner_layer_is_off (opened[i].layer) || mount->kind != opened[i].kind ||
          !g_str_equal (mount->destination, destination))
        continue;
      mount->kind = opened[i].instead;
      mount->source = g_strdup (destination);
    }
  if (inner_layer_is_off ("read-only-system") && mount->kind == INNER_MOUNT_RO &&
      g_str_equal (mount->reason, "base"))
    mount->kind = INNER_MOUNT_RW;
}

static void
add_runtime_directory (InnerPlan *plan)
{
  InnerMount *mount = g_new0 (InnerMount, 1);

  mount->kind = INNER_MOUNT_RW;
  mount->source = g_strdup (plan->host->runtime_dir);
  mount->destination = g_strdup (plan->host->runtime_dir);
  mount->reason = "base";
  mount->fd = -1;
  g_ptr_array_insert (plan->mounts, plan->mounts->len - 1, mount);
}

void
inner_planning_open_layers (InnerPlanning *planning)
{
  InnerPlan *plan = planning->plan;

  for (guint i = 0; i < plan->mounts->len; i++)
    open_mount (plan, plan->mounts->pdata[i]);
  if (inner_layer_is_off ("private-run") && plan->host->runtime_dir != NULL)
    add_runtime_directory (plan);
  for (guint i = plan->mounts->len; i-- > 0 && inner_layer_is_off ("seal");)
    if (((InnerMount *) plan->mounts->pdata[i])->kind == INNER_MOUNT_SEAL)
      g_ptr_array_remove_index (plan->mounts, i);
}
