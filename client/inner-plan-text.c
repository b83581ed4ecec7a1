/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "inner-options.h"
#include "inner-output.h"

static gboolean
says_nothing (const char *key, const char *line)
{
  return line[0] == '\0' || (g_str_equal (key, "timeout") && g_str_equal (line, "0"));
}

static void
print_values (GVariant *plan)
{
  const struct
  {
    const char *title;
    const char *key;
  } values[] = {
    { _ ("Profile"), "profile" },       { _ ("File"), "profile-path" },
    { _ ("Command"), "command" },       { _ ("Starts in"), "directory" },
    { _ ("Workspace"), "workspace" },   { _ ("Home"), "home" },
    { _ ("Network"), "network" },       { _ ("Hosts"), "allow-hosts" },
    { _ ("Ports"), "publish" },         { _ ("Variables"), "environment" },
    { _ ("Privileges"), "privileges" }, { _ ("Limits"), "limits" },
    { _ ("Seconds"), "timeout" },
  };
  g_autoptr (GPtrArray) rows = inner_rows_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (plan, values[i].key, NULL);
      g_autofree char *line = value != NULL ? inner_value_to_line (value) : g_strdup ("");

      if (!says_nothing (values[i].key, line))
        inner_rows_take (rows, g_strdup (values[i].title), g_steal_pointer (&line), NULL);
    }
  inner_print_table (NULL, rows);
}

static char *
cell_of (GVariant *mount, const char *key)
{
  const char *text = inner_text_of (mount, key);

  return g_strdup (text[0] != '\0' ? text : "-");
}

static void
print_mounts (GVariant *plan)
{
  const char *const titles[] = { _ ("KIND"), _ ("SOURCE"), _ ("DESTINATION"), _ ("WHY"), NULL };
  g_autoptr (GVariant) mounts = g_variant_lookup_value (plan, "mounts", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GPtrArray) rows = inner_rows_new ();

  for (gsize i = 0; mounts != NULL && i < g_variant_n_children (mounts); i++)
    {
      g_autoptr (GVariant) mount = g_variant_get_child_value (mounts, i);

      inner_rows_take (rows, cell_of (mount, "kind"), cell_of (mount, "source"),
                       cell_of (mount, "destination"), cell_of (mount, "reason"), NULL);
    }
  putchar ('\n');
  inner_print_table (titles, rows);
}

void
inner_print_warnings (GVariant *dictionary)
{
  g_auto (GStrv) warnings = NULL;

  g_variant_lookup (dictionary, "warnings", "^as", &warnings);
  for (char **warning = warnings; warning != NULL && *warning != NULL; warning++)
    {
      g_autofree char *shown = inner_escape_for_display (*warning);

      printf ("%s%s: %s\n", warning == warnings ? "\n" : "", _ ("warning"), shown);
    }
}

void
inner_print_plan (GVariant *plan)
{
  print_values (plan);
  print_mounts (plan);
  inner_print_warnings (plan);
}
