/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "inner-client.h"
#include "inner-consent.h"
#include "inner-draft.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-profiles.h"

/* More than anybody keeps. */
#define MAX_BACKUPS 1000

static gboolean
is_builtin (GVariant *profiles, const char *name)
{
  for (gsize i = 0; i < g_variant_n_children (profiles); i++)
    {
      g_autoptr (GVariant) profile = g_variant_get_child_value (profiles, i);

      if (g_str_equal (inner_text_of (profile, "scope"), "builtin") &&
          g_str_equal (inner_text_of (profile, "name"), name))
        return TRUE;
    }
  return FALSE;
}

/* Gives the paths of the person's own profiles that have the names of built-in ones. */
static GPtrArray *
find_shadowing (GVariant *profiles)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (profiles); i++)
    {
      g_autoptr (GVariant) profile = g_variant_get_child_value (profiles, i);

      if (g_str_equal (inner_text_of (profile, "scope"), "user") &&
          is_builtin (profiles, inner_text_of (profile, "name")))
        g_ptr_array_add (paths, g_strdup (inner_text_of (profile, "path")));
    }
  return paths;
}

static gboolean
agree (GPtrArray *paths, GError **error)
{
  for (guint i = 0; i < paths->len; i++)
    inner_say (_ ("“%s” takes the place of a built-in profile"), (char *) paths->pdata[i]);
  if (inner_can_ask () && inner_ask (_ ("Move these aside?"), FALSE))
    return TRUE;

  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED,
                       inner_can_ask ()
                           ? _ ("You declined, so nothing was changed")
                           : _ ("There is no terminal to ask on, so nothing was changed; use "
                                "“--force” to move these profiles aside"));
  return FALSE;
}

/* Gives the new path: the first of “.bak-1”, “.bak-2”, … that is free. Such a file is no profile. */
static char *
move_aside (const char *path, GError **error)
{
  for (guint n = 1; n < MAX_BACKUPS; n++)
    {
      g_autofree char *backup = g_strdup_printf ("%s.bak-%u", path, n);

      if (inner_rename_to_free (path, backup))
        return g_steal_pointer (&backup);
      if (errno != EEXIST)
        break;
    }

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
               _ ("Cannot move “%s” aside: %s; move it yourself"), path, g_strerror (errno));
  return NULL;
}

/* What was moved is told even if a later one cannot be. */
static gboolean
move_all (GPtrArray *paths, gboolean json, GError **error)
{
  g_auto (GVariantBuilder) moved = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{ss}"));
  g_autoptr (GVariant) result = NULL;
  gboolean done = TRUE;

  for (guint i = 0; done && i < paths->len; i++)
    {
      const char *path = paths->pdata[i];
      g_autofree char *backup = move_aside (path, error);

      done = backup != NULL;
      if (done)
        g_variant_builder_add_parsed (&moved, "{'path': %s, 'backup': %s}", path, backup);
      if (done && !json)
        puts (backup);
    }

  result = g_variant_ref_sink (g_variant_builder_end (&moved));
  if (json)
    inner_print_json (result);
  return done;
}

static gboolean
reset (InnerGlobal *global, gboolean force, gboolean json, GError **error)
{
  g_autoptr (InnerConnection) connection = inner_global_connect (global, error);
  g_autoptr (GVariant) profiles =
      connection != NULL ? inner_profiles_list (connection, error) : NULL;
  g_autoptr (GPtrArray) paths = profiles != NULL ? find_shadowing (profiles) : NULL;

  if (paths == NULL)
    return FALSE;
  if (paths->len == 0)
    inner_say (_ ("no profile of yours takes the place of a built-in one, nothing was changed"));
  else if (!force && !agree (paths, error))
    return FALSE;
  return move_all (paths, json, error);
}

int
inner_verb_reset (InnerGlobal *global, int argc, char **argv)
{
  gboolean force = FALSE;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "force", 0, 0, G_OPTION_ARG_NONE, &force, N_ ("Without a question"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  if (inner_parse (
          global, &argc, &argv, entries, 0, NULL,
          _ ("Brings the built-in profiles back: moves profiles of your own that have their "
             "names aside (NAME.toml.bak-1) and prints the new paths. Other profiles and "
             "the configuration stay as they are."),
          &error) &&
      reset (global, force, json, &error))
    return 0;
  return inner_fail (error);
}
