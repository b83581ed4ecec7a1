/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What keeps a sandbox from planting code for the host: read-only mounts over the parts of git repositories that
 * exist, and the list of paths that the supervisor notes and compares. What does not exist gets no mount, because a
 * mount needs something to stand on, which would stay in the workspace.
 */

#include "inner-plan-guards.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-guard-facts.h"
#include "inner-guard.h"
#include "inner-layers.h"
#include "inner-options.h"
#include "inner-plan-hide.h"
#include "inner-privileges.h"
#include "inner-sensitive.h"

/* Each costs a start 0.1 ms, and a descriptor. */
#define MAX_MOUNTS 100

typedef struct
{
  InnerPlan *plan;
  InnerProfile *profile;
  GPtrArray *mounts; /* of InnerMount, not yet in the plan */
  GPtrArray *
      after; /* of InnerMount, as many: the one in the plan that each stands on; NULL: the last one */
  const InnerMount *base;
  GPtrArray *warnings;
  gboolean whole_git_dir; /* read-only */
  gboolean no_git_dir;    /* not guarded at all */
  gboolean full;          /* MAX_MOUNTS was reached */
} Guarding;

static void
place_free (InnerPlannedPlace *place)
{
  g_free (place->path);
  g_free (place);
}

static void
guard_free (InnerPlannedGuard *guard)
{
  g_free (guard->path);
  g_ptr_array_unref (guard->places);
  g_free (guard);
}

static gboolean
is_writable_directory (const InnerMount *mount)
{
  return mount->kind == INNER_MOUNT_RW;
}

void
inner_plan_look_at_guards (InnerPlan *plan)
{
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (is_writable_directory (mount) && mount->fd >= 0)
        inner_host_look_at_guards (plan->host, mount->source, mount->fd);
    }
}

static char *
join (const char *path, const char *name)
{
  if (path[0] == '\0' || name[0] == '\0')
    return g_strdup (path[0] == '\0' ? name : path);
  return g_strconcat (path, "/", name, NULL);
}

static void
add_mount (
    Guarding *guarding, InnerMountKind kind, const char *source, const char *destination, int fd)
{
  InnerMount *mount;

  if (inner_layer_is_off ("guard-mounts"))
    return;
  if (guarding->mounts->len >= MAX_MOUNTS)
    {
      guarding->full = TRUE;
      return;
    }
  mount = g_new0 (InnerMount, 1);
  mount->kind = kind;
  mount->source = g_strdup (source);
  mount->destination = g_strdup (destination);
  mount->reason = "guard";
  mount->fd = fd;
  g_ptr_array_add (guarding->mounts, mount);
  g_ptr_array_add (guarding->after, (gpointer) guarding->base);
}

static gboolean
is_in_git_dir (const InnerGuardFacts *facts, const char *path)
{
  for (guint i = 0; i < facts->git_dirs->len; i++)
    {
      const char *git_dir = facts->git_dirs->pdata[i];

      if (!g_str_equal (path, git_dir) &&
          (git_dir[0] == '\0' || inner_path_is_within (path, git_dir)))
        return TRUE;
    }

  return FALSE;
}

/* Whether the profile takes @path, relative to a project's directory, out of what is guarded. */
static gboolean
is_allowed (Guarding *guarding, const char *path)
{
  const char *const *allow =
      inner_profile_get_list (guarding->profile, INNER_KEY_SANDBOX_GUARD_ALLOW);

  for (; *allow != NULL; allow++)
    {
      g_autofree char *place =
          g_strndup (*allow, strlen (*allow) - (g_str_has_suffix (*allow, "/") ? 1 : 0));

      if (inner_path_is_within (path, place))
        return TRUE;
    }

  return FALSE;
}

/* SECURITY: a git directory is bound on itself, so that it cannot be renamed away and another one be put in its
 * place; what git runs from is read-only (attacks 36 and 55; tests/attack/test_036_rename_git.py,
 * tests/attack/test_055_git_execution.py). */
static void
add_things (Guarding *guarding, const InnerGuardFacts *facts, const char *destination)
{
  for (guint i = 0; i < facts->things->len; i++)
    {
      const InnerGuardThing *thing = facts->things->pdata[i];
      g_autofree char *source = g_build_filename (facts->root, thing->path, NULL);
      g_autofree char *place = g_build_filename (destination, thing->path, NULL);

      if ((guarding->whole_git_dir && is_in_git_dir (facts, thing->path)) ||
          (guarding->no_git_dir && (thing->git_dir || is_in_git_dir (facts, thing->path))) ||
          is_allowed (guarding, thing->path))
        continue;
      add_mount (guarding,
                 thing->git_dir && !guarding->whole_git_dir ? INNER_MOUNT_RW : INNER_MOUNT_RO,
                 source, place, thing->fd);
    }
}

static void
add_place (InnerPlannedGuard *guard, char *path, guint32 kind)
{
  InnerPlannedPlace *place;

  for (guint i = 0; i < guard->places->len; i++)
    if (g_str_equal (((InnerPlannedPlace *) guard->places->pdata[i])->path, path))
      {
        g_free (path);
        return;
      }
  place = g_new0 (InnerPlannedPlace, 1);
  place->path = path;
  place->kind = kind;
  g_ptr_array_add (guard->places, place);
}

static void
add_table (Guarding *guarding, InnerPlannedGuard *guard, const char *directory, gboolean git)
{
  for (const InnerGuarded *row = inner_guarded_paths; row->path != NULL; row++)
    {
      gboolean is_git = g_str_has_prefix (row->path, ".git/");

      if (is_git == git && !is_allowed (guarding, row->path))
        add_place (guard, join (directory, row->path + (is_git ? strlen (".git/") : 0)), row->kind);
    }
}

static gboolean
add_own (Guarding *guarding, InnerPlannedGuard *guard, const char *directory, GError **error)
{
  const char *const *own = inner_profile_get_list (guarding->profile, INNER_KEY_SANDBOX_GUARD);

  for (; *own != NULL; own++)
    {
      gsize length = strlen (*own);
      g_autofree char *path = g_strndup (*own, length - (g_str_has_suffix (*own, "/") ? 1 : 0));
      g_autofree char *shown = inner_escape_for_display (*own);

      if (!inner_guarded_path_is_usable (path))
        {
          g_set_error (
              error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
              _ ("“%s” cannot be guarded; name a path below the workspace in “guard”, without "
                 "“..”"),
              shown);
          return FALSE;
        }
      add_place (guard, join (directory, path), INNER_GUARDED_PROFILE);
    }

  return TRUE;
}

static gboolean
add_guard (Guarding *guarding, const InnerGuardFacts *facts, GError **error)
{
  InnerPlannedGuard *guard = g_new0 (InnerPlannedGuard, 1);

  guard->path = g_strdup (facts->root);
  guard->fd = facts->fd;
  guard->places = g_ptr_array_new_with_free_func ((GDestroyNotify) place_free);
  g_ptr_array_add (guarding->plan->guards, guard);
  for (guint i = 0; i < facts->targets->len; i++)
    {
      const InnerGuardTarget *target = facts->targets->pdata[i];

      add_place (guard, g_strdup (target->path), target->kind);
    }
  for (guint i = 0; i < facts->git_dirs->len; i++)
    if (!guarding->no_git_dir)
      add_table (guarding, guard, facts->git_dirs->pdata[i], TRUE);
  for (guint i = 0; i < facts->projects->len; i++)
    {
      add_table (guarding, guard, facts->projects->pdata[i], FALSE);
      if (!add_own (guarding, guard, facts->projects->pdata[i], error))
        return FALSE;
    }
  for (guint i = 0; i < facts->problems->len; i++)
    g_ptr_array_add (guarding->warnings, facts->problems->pdata[i]);

  if (guarding->plan->guards->len <= INNER_GUARD_MAX_ROOTS)
    return TRUE;
  g_set_error (
      error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
      _ ("This sandbox has more than %u writable directories to guard; mount fewer, or some of "
         "them read-only"),
      INNER_GUARD_MAX_ROOTS);
  return FALSE;
}

static gboolean
is_guarded (const InnerPlan *plan, const char *path)
{
  for (guint i = 0; i < plan->guards->len; i++)
    if (g_str_equal (((InnerPlannedGuard *) plan->guards->pdata[i])->path, path))
      return TRUE;

  return FALSE;
}

static gboolean
is_mounted (const InnerPlan *plan, const char *destination)
{
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (is_writable_directory (mount) && inner_path_is_within (destination, mount->destination))
        return TRUE;
    }

  return FALSE;
}

/* The repository of a linked worktree: writable at its own path, so that commits work, and guarded like every
 * other. The places of the system and what is sensitive are no repositories. */
static gboolean
add_outside (Guarding *guarding, const InnerGuardFacts *facts, GError **error)
{
  static const char *const closed[] = { "/usr", "/etc", "/proc", "/sys",
                                        "/dev", "/run", "/boot", NULL };
  const InnerHost *host = guarding->plan->host;

  if (is_mounted (guarding->plan, facts->root))
    return TRUE;
  for (const char *const *place = closed; *place != NULL; place++)
    if (inner_path_is_within (facts->root, *place))
      return TRUE;
  if (!inner_sensitive_check_mount (facts->root, TRUE, host->home, host->runtime_dir, error))
    return FALSE;
  add_mount (guarding, guarding->whole_git_dir ? INNER_MOUNT_RO : INNER_MOUNT_RW, facts->root,
             facts->root, facts->fd);
  if (!guarding->whole_git_dir)
    add_things (guarding, facts, facts->root);
  return add_guard (guarding, facts, error);
}

static gboolean
add_all (Guarding *guarding, GError **error)
{
  const InnerPlan *plan = guarding->plan;

  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];
      const InnerGuardFacts *facts =
          is_writable_directory (mount) ? inner_guard_facts_find (plan->host, mount->source) : NULL;

      if (facts == NULL)
        continue;
      guarding->base = mount;
      add_things (guarding, facts, mount->destination);
      if (!is_guarded (plan, facts->root) && !add_guard (guarding, facts, error))
        return FALSE;
    }
  guarding->base = NULL;
  for (guint i = 0; i < plan->host->guards->len; i++)
    {
      const InnerGuardFacts *facts = plan->host->guards->pdata[i];

      if (facts->needed_by != NULL && is_guarded (plan, facts->needed_by) &&
          !is_guarded (plan, facts->root) && !add_outside (guarding, facts, error))
        return FALSE;
    }

  return TRUE;
}

/* SECURITY: to guard less takes a privilege, and is never done silently (attacks 55, 58, 60 and 65;
 * tests/unit/test-guards.c). Which keys take it stands in inner-privilege-words.c; that they got it is looked at
 * once more where it counts. */
static gboolean
may_guard_less (const InnerPlan *plan)
{
  return g_strv_contains ((const char *const *) plan->privileges,
                          INNER_PRIVILEGE_UNGUARDED_WORKSPACE);
}

static gboolean
check_keys (InnerPlan *plan, InnerProfile *profile, GError **error)
{
  gboolean less =
      g_str_equal (inner_profile_get_string (profile, INNER_KEY_SANDBOX_GIT_DIR, ""), "rw") ||
      inner_profile_get_list (profile, INNER_KEY_SANDBOX_GUARD_ALLOW)[0] != NULL;

  if (!less || may_guard_less (plan))
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED,
               _ ("Profile “%s” guards less than the whole workspace without the privilege “%s”"),
               plan->profile, INNER_PRIVILEGE_UNGUARDED_WORKSPACE);
  return FALSE;
}

/* Each behind the mount that it stands on, and before what the person mounts into that: a later mount covers an
 * earlier one, and theirs counts. */
static void
insert_mounts (InnerPlan *plan, GPtrArray *mounts, GPtrArray *after)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  guint end = plan->mounts->len;

  while (end > 0 && ((InnerMount *) plan->mounts->pdata[end - 1])->kind == INNER_MOUNT_SEAL)
    end--;
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      InnerMount *mount = plan->mounts->pdata[i];

      for (guint j = 0; j < mounts->len && i == end; j++)
        if (after->pdata[j] == NULL)
          g_ptr_array_add (all, mounts->pdata[j]);
      g_ptr_array_add (all, mount);
      for (guint j = 0; j < mounts->len; j++)
        if (after->pdata[j] == mount)
          g_ptr_array_add (all, mounts->pdata[j]);
    }

  /* The mounts themselves stay; only the order is a new one. */
  for (guint i = 0; i < all->len; i++)
    if (i < plan->mounts->len)
      plan->mounts->pdata[i] = all->pdata[i];
    else
      g_ptr_array_add (plan->mounts, all->pdata[i]);
}

gboolean
inner_plan_add_guards (InnerPlan *plan, InnerProfile *profile, GError **error)
{
  g_autoptr (GPtrArray) mounts = g_ptr_array_new ();
  g_autoptr (GPtrArray) after = g_ptr_array_new ();
  g_autoptr (GPtrArray) warnings = g_ptr_array_new ();
  Guarding guarding = {
    .plan = plan, .profile = profile, .mounts = mounts, .after = after, .warnings = warnings
  };
  gboolean added;

  if (!check_keys (plan, profile, error))
    return FALSE;
  plan->guards = g_ptr_array_new_with_free_func ((GDestroyNotify) guard_free);
  /* The word itself, and not only a key that takes it, means: nothing. */
  if (g_strv_contains ((const char *const *) plan->allow, INNER_PRIVILEGE_UNGUARDED_WORKSPACE))
    return TRUE;
  guarding.no_git_dir = g_str_equal (
      inner_profile_get_string (profile, INNER_KEY_SANDBOX_GIT_DIR, "protected"), "rw");
  guarding.whole_git_dir = g_str_equal (
      inner_profile_get_string (profile, INNER_KEY_SANDBOX_GIT_DIR, "protected"), "ro");
  plan->guard_revert = !g_str_equal (
      inner_profile_get_string (profile, INNER_KEY_SANDBOX_GUARD_ACTION, "revert"), "report");
  added = add_all (&guarding, error);
  insert_mounts (plan, mounts, after);
  if (guarding.full)
    g_ptr_array_add (warnings,
                     (gpointer) _ ("there are more git repositories than can be mounted read-only; "
                                   "the rest is only compared after the run"));
  inner_plan_append_warnings (plan, warnings);
  return added;
}

GVariant *
inner_plan_guard_record (const InnerPlan *plan, const char *state)
{
  GVariantBuilder roots;

  if (plan->guards == NULL || plan->guards->len == 0 || inner_layer_is_off ("guard-compare"))
    return NULL;
  g_variant_builder_init (&roots, G_VARIANT_TYPE ("a(sa(su))"));
  for (guint i = 0; i < plan->guards->len; i++)
    {
      const InnerPlannedGuard *guard = plan->guards->pdata[i];

      g_variant_builder_open (&roots, G_VARIANT_TYPE ("(sa(su))"));
      g_variant_builder_add (&roots, "s", guard->path);
      g_variant_builder_open (&roots, G_VARIANT_TYPE ("a(su)"));
      for (guint j = 0; j < guard->places->len; j++)
        {
          const InnerPlannedPlace *place = guard->places->pdata[j];

          g_variant_builder_add (&roots, "(su)", place->path, place->kind);
        }
      g_variant_builder_close (&roots);
      g_variant_builder_close (&roots);
    }

  return g_variant_new ("(bs@a(sa(su)))", plan->guard_revert, state,
                        g_variant_builder_end (&roots));
}
