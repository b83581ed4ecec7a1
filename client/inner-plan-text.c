/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>

#include "inner-output.h"

static void
print_list (const char *title, char **list)
{
  g_autofree char *joined = g_strjoinv (" ", list);

  if (list[0] != NULL)
    printf ("%-14s %s\n", title, joined);
}

static void
print_text (GVariant *plan, const char *title, const char *key)
{
  const char *text = "";

  g_variant_lookup (plan, key, "&s", &text);
  if (text[0] != '\0')
    printf ("%-14s %s\n", title, text);
}

static void
print_lists (GVariant *plan)
{
  const struct
  {
    const char *title;
    const char *key;
  } lists[] = {
    { _ ("Command"), "command" },
    { _ ("Variables"), "environment" },
    { _ ("Privileges"), "privileges" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_auto (GStrv) list = NULL;

      if (g_variant_lookup (plan, lists[i].key, "^as", &list))
        print_list (lists[i].title, list);
    }
}

static void
print_mounts (GVariant *plan)
{
  const char *const titles[] = { _ ("KIND"), _ ("SOURCE"), _ ("DESTINATION"), _ ("WHY"), NULL };
  static const char *const keys[] = { "kind", "source", "destination", "reason" };
  g_autoptr (GVariant) mounts = g_variant_lookup_value (plan, "mounts", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (gsize i = 0; mounts != NULL && i < g_variant_n_children (mounts); i++)
    {
      g_autoptr (GVariant) mount = g_variant_get_child_value (mounts, i);
      char **cells = g_new0 (char *, G_N_ELEMENTS (keys) + 1);

      for (gsize k = 0; k < G_N_ELEMENTS (keys); k++)
        {
          const char *text = "";

          g_variant_lookup (mount, keys[k], "&s", &text);
          cells[k] = g_strdup (text[0] != '\0' ? text : "-");
        }
      g_ptr_array_add (rows, cells);
    }
  putchar ('\n');
  inner_print_table (titles, rows);
}

static void
print_warnings (GVariant *plan)
{
  g_auto (GStrv) warnings = NULL;

  g_variant_lookup (plan, "warnings", "^as", &warnings);
  for (char **warning = warnings; warning != NULL && *warning != NULL; warning++)
    printf ("%s%s: %s\n", warning == warnings ? "\n" : "", _ ("warning"), *warning);
}

void
inner_print_plan (GVariant *plan)
{
  guint64 timeout = 0;

  print_text (plan, _ ("Profile"), "profile");
  print_text (plan, _ ("File"), "profile-path");
  print_text (plan, _ ("Workspace"), "workspace");
  print_text (plan, _ ("Starts in"), "directory");
  print_text (plan, _ ("Home"), "home");
  print_text (plan, _ ("Network"), "network");
  print_lists (plan);
  g_variant_lookup (plan, "timeout", "t", &timeout);
  if (timeout > 0)
    printf ("%-14s %" G_GUINT64_FORMAT " s\n", _ ("Time limit"), timeout);
  print_mounts (plan);
  print_warnings (plan);
}
