/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Rules about variables: those in the profile's values, and those that the sandbox gets. */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"
#include "inner-plan-check-private.h"

static void
check_expansion (InnerChecking *checking, gssize item, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expanded = inner_expand (text, &checking->expansion, &error);

  if (expanded == NULL)
    inner_check_report (checking, item, "%s", error->message);
}

/* Every text of the value: the key too where it stands for a path. */
void
inner_check_expansion (InnerChecking *checking)
{
  GVariant *value = inner_profile_peek (checking->profile, checking->row->key);
  InnerValueType type = inner_key_info (checking->row->key)->type;
  const char *one;
  const char *other;

  if (value != NULL && type == INNER_VALUE_STRING)
    check_expansion (checking, INNER_NO_ITEM, g_variant_get_string (value, NULL));
  for (gsize i = 0; value != NULL && type == INNER_VALUE_LIST && i < g_variant_n_children (value);
       i++)
    {
      g_variant_get_child (value, i, "&s", &one);
      check_expansion (checking, i, one);
    }
  for (gsize i = 0; value != NULL && type == INNER_VALUE_MAP && i < g_variant_n_children (value);
       i++)
    {
      g_variant_get_child (value, i, "{&s&s}", NULL, &other);
      check_expansion (checking, i, other);
    }
  for (gsize i = 0; value != NULL && type == INNER_VALUE_MOUNTS && i < g_variant_n_children (value);
       i++)
    {
      g_variant_get_child (value, i, "(&s&s&s)", &one, &other, NULL);
      check_expansion (checking, i, one);
      check_expansion (checking, i, other);
    }
}

/* The names in a list, or of a map. */
void
inner_check_names (InnerChecking *checking)
{
  GVariant *value = inner_profile_peek (checking->profile, checking->row->key);
  gboolean is_map = inner_key_info (checking->row->key)->type == INNER_VALUE_MAP;

  for (gsize i = 0; value != NULL && i < g_variant_n_children (value); i++)
    {
      g_autofree char *shown = NULL;
      const char *name;

      if (is_map)
        g_variant_get_child (value, i, "{&s&s}", &name, NULL);
      else
        g_variant_get_child (value, i, "&s", &name);
      if (name[0] != '\0' && strchr (name, '=') == NULL)
        continue;
      shown = inner_escape_for_display (name);
      inner_check_report (checking, i,
                          _ ("“%s” cannot be the name of a variable; write a name without “=”"),
                          shown);
    }
}

void
inner_check_set_undefined (InnerChecking *checking)
{
  GVariant *set = inner_profile_peek (checking->profile, INNER_KEY_ENV_SET);

  for (gsize i = 0; set != NULL && i < g_variant_n_children (set); i++)
    {
      g_autofree char *undefined = NULL;
      g_autofree char *shown = NULL;
      const char *name;
      const char *value;

      g_variant_get_child (set, i, "{&s&s}", &name, &value);
      if (checking->knows_environment)
        undefined = inner_check_find_undefined (checking, value);
      if (undefined == NULL)
        continue;
      shown = inner_escape_for_display (name);
      inner_check_report (checking, i,
                          _ ("“%s” names the variable “%s”, which is not set here and becomes "
                             "nothing; set it or write the value"),
                          shown, undefined);
    }
}

gboolean
inner_check_looks_like_path (const char *text)
{
  /* What a sandbox has of its own says nothing about the host. */
  static const char *const private[] = { "/tmp",     "/run",       "/proc", "/dev",
                                         "/var/tmp", "/workspace", NULL };

  for (const char *const *place = private; *place != NULL; place++)
    if (g_str_has_prefix (text, *place) && strchr ("/", text[strlen (*place)]) != NULL)
      return FALSE;

  return (text[0] == '/' || g_str_has_prefix (text, "~/") ||
          (text[0] == '$' && strchr (text, '/') != NULL)) &&
         strpbrk (text, ": \t\n") == NULL;
}

static gboolean
is_missing (InnerChecking *checking, const char *text)
{
  g_autofree char *path = inner_check_expand_path (checking, text);
  g_autofree char *on_host = path != NULL ? inner_check_host_path (checking, path) : NULL;
  const InnerPathFact *fact = path != NULL ? inner_check_fact (checking, path) : NULL;

  /* A mount may put it there, and in places of its own the sandbox may. */
  if ((on_host != NULL && !g_str_equal (on_host, path)) ||
      (path != NULL && !inner_check_looks_like_path (path)))
    return FALSE;
  return fact != NULL && fact->type == INNER_FILE_MISSING;
}

void
inner_check_set_missing (InnerChecking *checking)
{
  GVariant *set = inner_profile_peek (checking->profile, INNER_KEY_ENV_SET);

  for (gsize i = 0; set != NULL && i < g_variant_n_children (set); i++)
    {
      g_autofree char *shown = NULL;
      g_autofree char *shown_name = NULL;
      const char *name;
      const char *value;

      g_variant_get_child (set, i, "{&s&s}", &name, &value);
      if (!inner_check_looks_like_path (value) || !is_missing (checking, value))
        continue;
      shown = inner_escape_for_display (value);
      shown_name = inner_escape_for_display (name);
      inner_check_report (checking, i,
                          _ ("“%s” is set to “%s”, which does not exist on this machine; correct "
                             "it or install what belongs there"),
                          shown_name, shown);
    }
}

/* Whether one of the directories that @text expands to, with “:” between them, is for which @test. */
static gboolean
has_directory (InnerChecking *checking, const char *text, gboolean (*test) (const char *))
{
  g_autofree char *expanded = inner_check_expand (checking, text);
  g_auto (GStrv) directories = NULL;

  if (expanded == NULL)
    return FALSE;
  if (expanded[0] == '\0')
    return test (expanded);

  directories = g_strsplit (expanded, ":", -1);
  for (char **directory = directories; *directory != NULL; directory++)
    if (test (*directory))
      return TRUE;

  return FALSE;
}

static gboolean
is_empty (const char *directory)
{
  return directory[0] == '\0';
}

static gboolean
is_relative (const char *directory)
{
  return directory[0] != '\0' && directory[0] != '/';
}

/* SECURITY: an empty directory in PATH is the one where the command stands: the workspace, where an agent
 * plants programs (attacks 31 and 62; tests/unit/test-plan-check.c). */
void
inner_check_path_empty (InnerChecking *checking)
{
  const char *const *entries = inner_check_list (checking);

  for (gsize i = 0; entries[i] != NULL; i++)
    if (has_directory (checking, entries[i], is_empty))
      inner_check_remark (checking, i,
                          _ ("an empty directory in PATH means the workspace, where anything may "
                             "stand; remove it"));
}

void
inner_check_path_relative (InnerChecking *checking)
{
  const char *const *entries = inner_check_list (checking);

  for (gsize i = 0; entries[i] != NULL; i++)
    {
      g_autofree char *shown = inner_escape_for_display (entries[i]);

      if (has_directory (checking, entries[i], is_relative))
        inner_check_report (checking, i,
                            _ ("“%s” in PATH is looked up from the workspace, where anything may "
                               "stand; write an absolute path"),
                            shown);
    }
}

void
inner_check_path_missing (InnerChecking *checking)
{
  const char *const *entries = inner_check_list (checking);

  for (gsize i = 0; entries[i] != NULL; i++)
    {
      g_autofree char *shown = inner_escape_for_display (entries[i]);

      if (strchr (entries[i], ':') == NULL && is_missing (checking, entries[i]))
        inner_check_report (checking, i,
                            _ ("“%s” in PATH does not exist on this machine; correct it or install "
                               "what belongs there"),
                            shown);
    }
}
