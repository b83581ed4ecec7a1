/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Mounts whose destination lies in the workspace: a part of it read-only, or another directory in a place of
 * it. The workspace is seen at two places and is mounted before them, so such a mount is made at both, behind
 * it.
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-private.h"
#include "inner-sensitive.h"

const char *
inner_planning_place (InnerProfile *profile)
{
  return inner_profile_get_string (profile, INNER_KEY_WORKSPACE_DESTINATION, INNER_WORKSPACE_PATH);
}

char *
inner_planning_place_on_host (const char *place, const char *workspace, const char *destination)
{
  if (inner_path_is_within (destination, place))
    return g_build_filename (workspace, destination + strlen (place), NULL);
  return g_strdup (destination);
}

/* What of @destination is below the workspace, as a relative path; %NULL when it lies elsewhere. */
static const char *
rest_inside (const char *place, const InnerPathFact *workspace, const char *destination)
{
  const char *const places[] = { place, workspace->canonical, workspace->path };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (inner_path_is_within (destination, places[i]) && strlen (destination) > strlen (places[i]))
      return destination + strlen (places[i]) + 1;

  return NULL;
}

gboolean
inner_planning_is_inside (const char *place,
                          const InnerPathFact *workspace,
                          const char *destination)
{
  return workspace != NULL && rest_inside (place, workspace, destination) != NULL;
}

static gboolean
refuse (GError **error, const char *destination, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (destination);

  g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED, _ ("Cannot mount at “%s”: %s"), shown,
               reason);
  return FALSE;
}

/* SECURITY: bubblewrap makes what is missing of a destination, and in the workspace it would make it on the
 * host; and a link there, which an agent may have planted, would lead the mount elsewhere and leave the place
 * that was to be read-only writable (attacks 33, 37 and 40; tests/attack/test_040_mount_order.py). */
gboolean
inner_planning_check_inside (const InnerHost *host,
                             const char *place,
                             const InnerPathFact *workspace,
                             const char *destination,
                             gboolean is_directory,
                             GError **error)
{
  g_autofree char *path = inner_planning_place_on_host (place, workspace->path, destination);
  g_autofree char *expected =
      g_build_filename (workspace->canonical, rest_inside (place, workspace, destination), NULL);
  const InnerPathFact *fact = inner_host_fact (host, path);

  if (fact->type == INNER_FILE_MISSING)
    return refuse (
        error, destination,
        _ ("there is nothing in the workspace to mount it on; make it first, or choose a "
           "destination outside of the workspace"));
  if (!g_str_equal (fact->canonical, expected))
    return refuse (error, destination,
                   _ ("a symbolic link leads to it; name the place without links"));
  if ((fact->type == INNER_FILE_DIRECTORY) != is_directory)
    return refuse (error, destination,
                   _ ("a directory can be mounted on a directory only, and a file on a file"));
  return TRUE;
}

char **
inner_planning_places_inside (const char *place,
                              const InnerPathFact *workspace,
                              const char *destination)
{
  const char *const places[] = { place, workspace->canonical };
  gsize n = g_str_equal (workspace->canonical, place) ? 1 : 2;
  g_autoptr (GStrvBuilder) both = g_strv_builder_new ();

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path =
          g_build_filename (places[i], rest_inside (place, workspace, destination), NULL);

      g_strv_builder_add (both, path);
    }

  return g_strv_builder_end (both);
}
