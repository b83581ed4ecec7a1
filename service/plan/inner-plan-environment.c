/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-names.h"
#include "inner-plan-private.h"
#include "inner-privileges.h"

#define DEFAULT_TERM "xterm-256color"

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static char **
table_to_environment (GHashTable *table)
{
  GPtrArray *entries = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_ptr_array_add (entries, g_strdup_printf ("%s=%s", (char *) name, (char *) value));
  g_ptr_array_sort (entries, compare_entries);
  g_ptr_array_add (entries, NULL);
  return (char **) g_ptr_array_free (entries, FALSE);
}

static void
set (GHashTable *table, const char *name, const char *value)
{
  g_hash_table_replace (table, g_strdup (name), g_strdup (value));
}

/* SECURITY: a dry run goes over the bus and onto screens, so a value from the caller's environment is never
 * written out in it: the shell that runs the printed command line takes it from its own (attacks 71 and 114;
 * tests/unit/test-plan.c). */
static void
hide_value (InnerPlanning *planning, const char *name, char *shell_value)
{
  g_hash_table_replace (planning->plan->shell_values, g_strdup (name), shell_value);
}

static void
hide_variable (InnerPlanning *planning, const char *name)
{
  hide_value (planning, name, g_strconcat ("$", name, NULL));
}

/* SECURITY: nothing but a plain variable stays alive for the shell: the profile may be untrusted, and the
 * line is made to be pasted (attack 32; tests/unit/test-plan.c).
 *
 * @text of a profile with its variables left to the shell, as it stands between double quotes. What is
 * not the caller's ("~" and $UID) is put in. */
static char *
shell_value_of (InnerPlanning *planning, const char *text)
{
  g_autofree char *uid = g_strdup_printf ("%u", planning->expansion.uid);
  g_autoptr (GString) value = g_string_new (NULL);

  if (g_str_equal (text, "~") || g_str_has_prefix (text, "~/"))
    {
      g_string_append (value, planning->expansion.home);
      text++;
    }
  for (; *text != '\0'; text++)
    {
      gsize length = *text == '$' ? inner_expand_reference_length (text) : 0;

      if (strchr ("$\"\\`", *text) != NULL && length == 0)
        g_string_append_c (value, '\\');
      g_string_append_len (value, text, MAX (length, 1));
      text += MAX (length, 1) - 1;
    }
  g_string_replace (value, "${UID}", uid, 0);
  return g_string_free (g_steal_pointer (&value), FALSE);
}

/* Whether @name is a key of an agent that the profile names. */
static gboolean
is_agent_key (InnerProfile *profile, const char *name)
{
  g_autoptr (GPtrArray) agents = inner_agent_names_of (profile);

  for (guint i = 0; i < agents->len; i++)
    {
      const InnerAgent *agent = inner_agent_lookup (agents->pdata[i]);

      if (agent != NULL && g_strv_contains (agent->variables, name))
        return TRUE;
    }

  return FALSE;
}

/* SECURITY: only with the privilege "inherit-environment", which inner_planning_privileges() asked for before,
 * also where the key takes it (attack 30; tests/unit/test-plan-inside.c). */
static void
inherit_all (InnerPlanning *planning, GHashTable *table)
{
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  if (!g_strv_contains ((const char *const *) planning->plan->privileges,
                        INNER_PRIVILEGE_INHERIT_ENVIRONMENT))
    return;
  g_hash_table_iter_init (&iter, planning->request->caller_environment);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      set (table, name, value);
      hide_variable (planning, name);
    }
}

/* A variable that the caller does not have stays unset: it is never set to empty. */
static void
inherit (InnerPlanning *planning, GHashTable *table)
{
  const char *const *names = inner_profile_get_list (planning->profile, INNER_KEY_ENV_INHERIT);

  for (; *names != NULL; names++)
    {
      const char *value = g_hash_table_lookup (planning->request->caller_environment, *names);

      if (value == NULL || (inner_planning_keeps_logins_out (planning->profile) &&
                            is_agent_key (planning->profile, *names)))
        continue;
      set (table, *names, value);
      hide_variable (planning, *names);
    }
}

static gboolean
apply_set (InnerPlanning *planning, GHashTable *table, GError **error)
{
  GVariant *map = inner_profile_peek (planning->profile, INNER_KEY_ENV_SET);
  GVariantIter iter;
  const char *name;
  const char *value;

  if (map == NULL)
    return TRUE;
  g_variant_iter_init (&iter, map);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    {
      g_autofree char *expanded = inner_expand (value, &planning->expansion, error);

      if (expanded == NULL)
        return FALSE;
      set (table, name, expanded);
      if (strchr (value, '$') != NULL)
        hide_value (planning, name, shell_value_of (planning, value));
      else
        g_hash_table_remove (planning->plan->shell_values, name);
    }

  return TRUE;
}

/* Puts @directory before what is in @path; an empty part of PATH would mean the current directory. */
static void
prepend_to_path (GString *path, const char *directory)
{
  if (path->len > 0)
    g_string_prepend_c (path, ':');
  g_string_prepend (path, directory);
}

/* PATH = what stands in for commands, path_prepend, then what "set" or "inherit" gave, else the default. */
static gboolean
compose_path (InnerPlanning *planning, GHashTable *table, GError **error)
{
  const char *const *prepend =
      inner_profile_get_list (planning->profile, INNER_KEY_ENV_PATH_PREPEND);
  const char *base = g_hash_table_lookup (table, "PATH");
  gboolean has_shims = inner_planning_has_shims (planning->profile);
  const char *inherited = g_hash_table_lookup (planning->plan->shell_values, "PATH");
  g_autoptr (GString) path = g_string_new (base != NULL ? base : INNER_DEFAULT_PATH);
  g_autoptr (GString) shell = g_string_new (inherited != NULL ? inherited : path->str);

  if (base != NULL && *prepend == NULL && !has_shims)
    return TRUE;
  for (guint i = g_strv_length ((char **) prepend); i > 0; i--)
    {
      g_autofree char *expanded = inner_expand (prepend[i - 1], &planning->expansion, error);
      g_autofree char *shown = shell_value_of (planning, prepend[i - 1]);

      if (expanded == NULL)
        return FALSE;
      prepend_to_path (path, expanded);
      prepend_to_path (shell, shown);
    }
  if (has_shims)
    {
      prepend_to_path (path, INNER_INSIDE_BIN);
      prepend_to_path (shell, INNER_INSIDE_BIN);
    }

  set (table, "PATH", path->str);
  if (inherited != NULL)
    hide_value (planning, "PATH", g_strdup (shell->str));
  return TRUE;
}

/* Where an engine is inside is part of the view, like HOME: only what the caller sets by hand goes before it. */
static void
set_opened (InnerPlanning *planning, GHashTable *table)
{
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, planning->variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      set (table, name, value);
      g_hash_table_remove (planning->plan->shell_values, name);
    }
}

/* What the request sets wins over all; what stands in for commands stays first on its PATH, too. */
static void
apply_request (InnerPlanning *planning, GHashTable *table)
{
  for (char **entry = planning->request->environment; *entry != NULL; entry++)
    {
      const char *equals = strchr (*entry, '=');
      g_autofree char *name = g_strndup (*entry, equals - *entry);
      g_autoptr (GString) value = g_string_new (equals + 1);

      if (g_str_equal (name, "PATH") && inner_planning_has_shims (planning->profile))
        {
          prepend_to_path (value, INNER_INSIDE_BIN);
          hide_value (planning, name, g_strdup (INNER_INSIDE_BIN ":$PATH"));
        }
      else
        hide_variable (planning, name);
      set (table, name, value->str);
    }
}

/* A program on a terminal must know of what kind it is: that of the caller, who looks at it. Its size is not
 * for variables, which would be wrong after the first change of a window. */
static void
add_terminal (InnerPlanning *planning, GHashTable *table)
{
  const char *kind = g_hash_table_lookup (planning->request->caller_environment, "TERM");

  if (!planning->plan->interactive || g_hash_table_contains (table, "TERM"))
    return;
  set (table, "TERM", kind != NULL && kind[0] != '\0' ? kind : DEFAULT_TERM);
  if (kind != NULL)
    hide_variable (planning, "TERM");
}

gboolean
inner_planning_environment (InnerPlanning *planning, GError **error)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  InnerPlan *plan = planning->plan;

  plan->shell_values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  inherit_all (planning, table);
  inherit (planning, table);
  /* HOME is part of the view, not of the caller's wishes: it names the home that is mounted. */
  set (table, "HOME", plan->host->home);
  g_hash_table_remove (plan->shell_values, "HOME");
  if (!apply_set (planning, table, error) || !compose_path (planning, table, error))
    return FALSE;

  set_opened (planning, table);
  add_terminal (planning, table);
  apply_request (planning, table);
  plan->environment = table_to_environment (table);
  return TRUE;
}
