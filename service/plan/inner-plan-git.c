/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The git configuration of a sandbox: a new file, written of the person's harmless settings and of what the profile
 * sets, read-only in the private home. It is there if the profile has a table "git".
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-git-settings.h"
#include "inner-options.h"
#include "inner-plan-private.h"

static gboolean
is_stripped (InnerPlanning *planning, const char *key)
{
  const char *const *names =
      inner_profile_get_list (planning->profile, INNER_KEY_GIT_STRIP_SECTIONS);

  for (; *names != NULL; names++)
    if (inner_git_name_matches (*names, key))
      return TRUE;

  return FALSE;
}

static void
remove_key (GPtrArray *values, const char *key)
{
  for (guint i = values->len; i > 0; i--)
    if (g_str_equal (((InnerGitValue *) values->pdata[i - 1])->key, key))
      g_ptr_array_remove_index (values, i - 1);
}

/* SECURITY: two entries that mean one setting of git have no order, so which one would win is nobody's decision:
 * they are refused (attack 106; tests/unit/test-plan-inside.c). */
static gboolean
apply_overrides (InnerPlanning *planning, GPtrArray *values, GError **error)
{
  GVariant *map = inner_profile_peek (planning->profile, INNER_KEY_GIT_OVERRIDES);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; map != NULL && i < g_variant_n_children (map); i++)
    {
      const char *name;
      const char *value;
      g_autofree char *key = NULL;

      g_variant_get_child (map, i, "{&s&s}", &name, &value);
      key = inner_git_key_normalize (name);
      remove_key (values, key);
      inner_git_values_add (values, key, value);
      if (g_hash_table_add (seen, g_steal_pointer (&key)))
        continue;
      g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                   _ ("Profile “%s” sets “%s” of git twice in git.overrides; keep one of them"),
                   planning->plan->profile, name);
      return FALSE;
    }

  return TRUE;
}

static void
add_file (InnerPlanning *planning, const char *below_home, char *content)
{
  InnerMount *mount = g_new0 (InnerMount, 1);

  mount->kind = INNER_MOUNT_FILE_OVER;
  mount->destination = g_build_filename (planning->plan->host->home, below_home, NULL);
  mount->content = content;
  mount->reason = "git";
  mount->mode = 0444;
  mount->fd = -1;
  g_ptr_array_add (planning->plan->mounts, mount);
}

gboolean
inner_planning_git (InnerPlanning *planning, GError **error)
{
  const InnerHost *host = planning->plan->host;
  g_autoptr (GPtrArray) values = inner_git_values_new ();

  if (host->git_settings == NULL)
    return TRUE;
  if (host->git_problem != NULL)
    g_strv_builder_add (planning->warnings, host->git_problem);
  for (guint i = 0; i < host->git_settings->len; i++)
    {
      const InnerGitValue *one = host->git_settings->pdata[i];

      if (!is_stripped (planning, one->key))
        inner_git_values_add (values, one->key, one->value);
    }
  if (!apply_overrides (planning, values, error))
    return FALSE;

  add_file (planning, ".gitconfig", inner_git_values_write (values));
  return TRUE;
}
