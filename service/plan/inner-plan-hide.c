/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What is hidden: an object of the host, wherever a mount shows it. A name of it may be in the table of sensitive things,
 * be where a link there leads, or be another place of it (inner-hide-facts.c). Sockets that somebody listens on
 * are hidden like secrets: no kind of mount keeps anyone from connecting.
 */

#include "inner-plan-hide.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-hide-facts.h"
#include "inner-options.h"
#include "inner-plan-private.h"

/* Each costs a start 0.1 ms. */
#define MAX_COVERS 200

typedef struct
{
  InnerPlan *plan;
  GPtrArray *covers; /* of InnerMount, not yet in the plan */
  GPtrArray *warnings;
} Hiding;

static gboolean
is_bind (const InnerMount *mount)
{
  return (mount->kind == INNER_MOUNT_RO || mount->kind == INNER_MOUNT_RW) && mount->source != NULL;
}

static char *
move (const char *path, const char *from, const char *to)
{
  const char *rest = path + (g_str_equal (from, "/") ? 0 : strlen (from));

  return rest[0] == '\0' ? g_strdup (to) : g_build_filename (to, rest, NULL);
}

char *
inner_plan_locate (const InnerPlan *plan, const char *inside)
{
  const InnerMount *last = NULL;

  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (mount->kind != INNER_MOUNT_SEAL && inner_path_is_within (inside, mount->destination))
        last = mount;
    }

  return last != NULL && is_bind (last) ? move (inside, last->destination, last->source) : NULL;
}

/* What only the person's policy stands in is shown, but never given away. */
static gboolean
is_secret (const InnerSensitive *thing)
{
  return thing->kind != INNER_SENSITIVE_POLICY;
}

/* Whether this sandbox gets @thing after all, by a privilege that was asked for. */
static gboolean
is_opened (const InnerPlan *plan, const InnerSensitive *thing)
{
  return inner_sensitive_is_opened (thing, (const char *const *) plan->allow);
}

gboolean
inner_planning_is_hidden (InnerPlanning *planning, const char *path)
{
  const InnerPlan *plan = planning->plan;

  for (guint i = 0; i < plan->host->hidden->len; i++)
    {
      const InnerHiddenFact *fact = plan->host->hidden->pdata[i];

      if (is_secret (fact->thing) && !is_opened (plan, fact->thing) &&
          inner_path_is_within (path, fact->path))
        return TRUE;
    }

  return FALSE;
}

static gboolean
refuse_object (const InnerPathFact *fact, const InnerHiddenFact *hidden, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (fact->path);
  g_autofree char *name = inner_escape_for_display (hidden->path);

  g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
               _ ("“%s” cannot be mounted because it leads to %s (“%s”); copy what the command "
                  "needs into the workspace"),
               shown, _ (hidden->thing->description), name);
  return FALSE;
}

/* SECURITY: the object decides, under whatever name: a bind mount of a key directory, the target of a link to a secret,
 * a hard link to one (attacks 33, 38, 40 and 54; tests/attack/test_040_hidden_objects.py). */
gboolean
inner_plan_check_object (const InnerHost *host,
                         const InnerPathFact *fact,
                         gboolean writable,
                         const char *const *allow,
                         GError **error)
{
  for (guint i = 0; i < host->hidden->len; i++)
    {
      const InnerHiddenFact *hidden = host->hidden->pdata[i];
      gboolean counts = writable || (is_secret (hidden->thing) &&
                                     !inner_sensitive_is_opened (hidden->thing, allow));
      gboolean same = hidden->type != INNER_FILE_MISSING && hidden->inode != 0 &&
                      hidden->inode == fact->inode && hidden->device == fact->device;
      gboolean holds_policy =
          !is_secret (hidden->thing) && inner_path_is_within (hidden->path, fact->canonical);

      if (counts && (same || inner_path_is_within (fact->canonical, hidden->path) || holds_policy))
        return refuse_object (fact, hidden, error);
    }

  return TRUE;
}

static void
cover (Hiding *hiding, gboolean is_directory, char *destination)
{
  InnerMount *mount = g_new0 (InnerMount, 1);

  mount->kind = is_directory ? INNER_MOUNT_HIDDEN_DIRECTORY : INNER_MOUNT_HIDDEN_FILE;
  mount->source = is_directory ? NULL : g_strdup (hiding->plan->host->empty);
  mount->destination = destination;
  mount->reason = "masked";
  mount->fd = -1;
  g_ptr_array_add (hiding->covers, mount);
}

static gboolean
is_covered (const Hiding *hiding, const char *inside)
{
  for (guint i = 0; i < hiding->covers->len; i++)
    if (inner_path_is_within (inside, ((InnerMount *) hiding->covers->pdata[i])->destination))
      return TRUE;

  return FALSE;
}

/* SECURITY: after everything else, and at every place where it is in sight, so that no order of mounts and no second
 * mount of the same directory uncovers it (attack 40; test_order_does_not_matter, test_every_place). */
static void
hide (Hiding *hiding, const char *path, gboolean is_directory)
{
  for (guint i = 0; i < hiding->plan->mounts->len; i++)
    {
      const InnerMount *mount = hiding->plan->mounts->pdata[i];
      g_autofree char *inside = NULL;
      g_autofree char *seen = NULL;

      /* What is mounted by itself was judged by itself. */
      if (!is_bind (mount) || !inner_path_is_within (path, mount->source) ||
          g_str_equal (path, mount->source))
        continue;
      inside = move (path, mount->source, mount->destination);
      seen = inner_plan_locate (hiding->plan, inside);
      if (seen != NULL && g_str_equal (seen, path) && !is_covered (hiding, inside))
        cover (hiding, is_directory, g_steal_pointer (&inside));
    }
}

static void
warn (Hiding *hiding, const char *format, const char *path)
{
  g_autofree char *shown = inner_escape_for_display (path);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  g_ptr_array_add (hiding->warnings, g_strdup_printf (format, shown));
#pragma GCC diagnostic pop
}

static gboolean
is_in_sight (const InnerPlan *plan, const char *path)
{
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];
      g_autofree char *inside = NULL;
      g_autofree char *seen = NULL;

      if (!is_bind (mount) || !inner_path_is_within (path, mount->source))
        continue;
      inside = move (path, mount->source, mount->destination);
      seen = inner_plan_locate (plan, inside);
      if (seen != NULL && g_str_equal (seen, path))
        return TRUE;
    }

  return FALSE;
}

static void
hide_fact (Hiding *hiding, const InnerHiddenFact *fact)
{
  switch (fact->type)
    {
    /* Nothing can be mounted on a link; where it leads to has a row of its own, if there is anything. */
    case INNER_FILE_SYMLINK:
    case INNER_FILE_MISSING:
      return;
    case INNER_FILE_DIRECTORY:
      hide (hiding, fact->path, TRUE);
      return;
    case INNER_FILE_REGULAR:
      if (fact->links > 1)
        warn (hiding,
              _ ("“%s” has a second name (a hard link) somewhere; a mount that holds it shows it"),
              fact->path);
      G_GNUC_FALLTHROUGH;
    case INNER_FILE_SOCKET:
    case INNER_FILE_OTHER:
    default:
      hide (hiding, fact->path, FALSE);
    }
}

/* Where a directory is mounted writable, or is no part of the home, secrets in it are covered as they are now. */
static void
warn_of_replacement (Hiding *hiding, const InnerHiddenFact *fact)
{
  if (fact->named && fact->thing->kind == INNER_SENSITIVE_FILE &&
      is_in_sight (hiding->plan, fact->path))
    warn (hiding,
          _ ("“%s” is hidden as it is now; what is put there while the sandbox runs can be read in "
             "it"),
          fact->path);
}

/* What does not go into a private copy. */
static void
leave_out (Hiding *hiding, InnerMount *mount)
{
  g_autoptr (GStrvBuilder) out = g_strv_builder_new ();

  for (guint i = 0; i < hiding->plan->host->hidden->len; i++)
    {
      const InnerHiddenFact *fact = hiding->plan->host->hidden->pdata[i];

      if (is_secret (fact->thing) && !is_opened (hiding->plan, fact->thing) &&
          inner_path_is_within (fact->path, mount->source))
        {
          g_autofree char *below = move (fact->path, mount->source, "/");

          g_strv_builder_add (out, below + 1);
        }
    }
  mount->left_out = g_strv_builder_end (out);
}

/* Before the directories that are sealed at the end. */
static void
insert (InnerPlan *plan, GPtrArray *covers)
{
  guint at = plan->mounts->len;

  while (at > 0 && ((InnerMount *) plan->mounts->pdata[at - 1])->kind == INNER_MOUNT_SEAL)
    at--;
  for (guint i = 0; i < covers->len; i++)
    g_ptr_array_insert (plan->mounts, (int) (at + i), covers->pdata[i]);
}

void
inner_plan_append_warnings (InnerPlan *plan, GPtrArray *warnings)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();

  g_strv_builder_addv (all, (const char **) plan->warnings);
  for (guint i = 0; i < warnings->len; i++)
    g_strv_builder_add (all, warnings->pdata[i]);
  g_strfreev (plan->warnings);
  plan->warnings = g_strv_builder_end (all);
}

gboolean
inner_plan_add_hiding (InnerPlan *plan, GError **error)
{
  const InnerHost *host = plan->host;
  g_autoptr (GPtrArray) covers = g_ptr_array_new ();
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  Hiding hiding = { .plan = plan, .covers = covers, .warnings = warnings };

  for (guint i = 0; i < host->hidden->len; i++)
    {
      const InnerHiddenFact *fact = host->hidden->pdata[i];

      if (!is_secret (fact->thing) || is_opened (plan, fact->thing))
        continue;
      hide_fact (&hiding, fact);
      warn_of_replacement (&hiding, fact);
    }
  for (guint i = 0; i < host->sockets->len; i++)
    hide (&hiding, host->sockets->pdata[i], FALSE);
  for (guint i = 0; i < plan->mounts->len; i++)
    if (((InnerMount *) plan->mounts->pdata[i])->kind == INNER_MOUNT_COPY)
      leave_out (&hiding, plan->mounts->pdata[i]);
  for (guint i = 0; i < host->socket_problems->len; i++)
    g_ptr_array_add (warnings, g_strdup (host->socket_problems->pdata[i]));
  insert (plan, covers);
  inner_plan_append_warnings (plan, warnings);
  if (covers->len <= MAX_COVERS)
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
               _ ("What is mounted holds %u sockets and other things to hide, more than %u; mount "
                  "a smaller directory"),
               covers->len, MAX_COVERS);
  return FALSE;
}
