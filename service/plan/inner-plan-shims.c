/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What of ours stands in /run/inner: the commands that stand in for blocked and replaced ones, and the start file
 * of shells. All of it lies in a directory of its own, which is made read-only.
 *
 * SECURITY: a blocked command is blocked on PATH and by its absolute path, and also behind a link (attack 31;
 * tests/bus/test_shims.py). It keeps an agent from what cannot work and a person from surprises; it is no wall:
 * whoever brings a copy of the program along runs that, in the same sandbox.
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-command-facts.h"
#include "inner-error.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-private.h"

static InnerMount *
add (InnerPlanning *planning, InnerMountKind kind, const char *source, const char *destination)
{
  InnerMount *mount = g_new0 (InnerMount, 1);

  mount->kind = kind;
  mount->source = g_strdup (source);
  mount->destination = g_strdup (destination);
  mount->reason = "shim";
  mount->fd = -1;
  g_ptr_array_add (planning->plan->mounts, mount);
  return mount;
}

gboolean
inner_planning_has_shims (InnerProfile *profile)
{
  g_autoptr (GPtrArray) names = inner_profile_shim_names (profile);

  return names->len > 0;
}

/* The replacement of @name, or %NULL if it is blocked. A name that is both is blocked. */
static const char *
find_replacement (InnerProfile *profile, const char *name)
{
  GVariant *map = inner_profile_peek (profile, INNER_KEY_NOOP_REWRITE);
  const char *replacement = NULL;

  if (!g_strv_contains (inner_profile_get_list (profile, INNER_KEY_NOOP_BLOCK), name) &&
      map != NULL)
    g_variant_lookup (map, name, "&s", &replacement);
  return replacement;
}

/* One line of the table, without its places: inner-shim reads it. */
static void
append_line (GString *table, InnerPlanning *planning, const char *name)
{
  const char *replacement = find_replacement (planning->profile, name);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  if (replacement != NULL)
    {
      first =
          g_strdup_printf (_ ("inner: “%s” stands in for “%s” in this sandbox, and is not there."),
                           replacement, name);
      second = g_strdup_printf (_ ("Install “%s” outside of the sandbox, or remove “%s” from "
                                   "noop.rewrite of the profile “%s”."),
                                replacement, name, planning->plan->profile);
    }
  else
    {
      first = g_strdup_printf (_ ("inner: “%s” is blocked in this sandbox."), name);
      second = g_strdup_printf (_ ("Do what it is needed for outside of the sandbox, or remove it "
                                   "from noop.block of the profile “%s”."),
                                planning->plan->profile);
    }
  g_strdelimit (first, "\t\n", ' ');
  g_strdelimit (second, "\t\n", ' ');
  g_string_append_printf (table, "%s\t%s\t%s\t%s", name, replacement != NULL ? replacement : "",
                          first, second);
}

static void
warn_of_shared (InnerPlanning *planning, const InnerCommandFact *fact)
{
  g_autofree char *text = g_strdup_printf (
      _ ("noop: “%s” can still be run as “%s”: that is a link to “%s”, which other "
         "commands need"),
      fact->name, fact->link, fact->place);

  g_strv_builder_add (planning->warnings, text);
}

/* Covers the places of @name, and adds them to its line. */
static void
cover (InnerPlanning *planning, GString *table, const char *name)
{
  const InnerHost *host = planning->plan->host;

  for (guint i = 0; host->commands != NULL && i < host->commands->len; i++)
    {
      const InnerCommandFact *fact = host->commands->pdata[i];

      if (!g_str_equal (fact->name, name))
        continue;
      if (fact->link != NULL)
        {
          warn_of_shared (planning, fact);
          continue;
        }
      add (planning, INNER_MOUNT_RO, host->shim, fact->place);
      g_string_append_printf (table, "\t%s", fact->place);
    }
  g_string_append_c (table, '\n');
}

void
inner_planning_add_shims (InnerPlanning *planning)
{
  g_autoptr (GPtrArray) names = inner_profile_shim_names (planning->profile);
  g_autoptr (GString) table = g_string_new (NULL);
  InnerMount *mount;

  if (names->len == 0)
    return;
  add (planning, INNER_MOUNT_RO, planning->plan->host->shim, INNER_INSIDE_SHIM);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *link = g_build_filename (INNER_INSIDE_BIN, names->pdata[i], NULL);

      append_line (table, planning, names->pdata[i]);
      cover (planning, table, names->pdata[i]);
      add (planning, INNER_MOUNT_SYMLINK, INNER_INSIDE_SHIM, link);
    }
  mount = add (planning, INNER_MOUNT_FILE, NULL, INNER_INSIDE_SHIMS);
  mount->mode = 0444;
  mount->content = g_string_free (g_steal_pointer (&table), FALSE);
}
