/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-sandboxes.h"

#include <glib/gi18n.h>

#include "inner-error.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-output.h"

InnerSandbox *
inner_sandbox_new (const char *path, GVariant *properties)
{
  InnerSandbox *sandbox = g_new0 (InnerSandbox, 1);

  sandbox->path = g_strdup (path);
  sandbox->properties = g_variant_ref (properties);
  return sandbox;
}

void
inner_sandbox_free (InnerSandbox *sandbox)
{
  g_free (sandbox->path);
  g_variant_unref (sandbox->properties);
  g_free (sandbox);
}

static gint64
started_at (const InnerSandbox *sandbox)
{
  gint64 time = 0;

  g_variant_lookup (sandbox->properties, "StartedAt", "x", &time);
  return time;
}

static int
compare_start (gconstpointer a, gconstpointer b)
{
  gint64 first = started_at (*(const InnerSandbox *const *) a);
  gint64 second = started_at (*(const InnerSandbox *const *) b);

  return (first > second) - (first < second);
}

GPtrArray *
inner_sandboxes_list (InnerConnection *connection, GError **error)
{
  g_autoptr (GVariant) reply =
      inner_call (connection, INNER_OBJECT_PATH, "org.freedesktop.DBus.ObjectManager",
                  "GetManagedObjects", NULL, "(a{oa{sa{sv}}})", NULL, error);
  g_autoptr (GVariantIter) iter = NULL;
  GPtrArray *sandboxes;
  const char *path;
  GVariant *interfaces;

  if (reply == NULL)
    return NULL;
  sandboxes = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_sandbox_free);
  g_variant_get (reply, "(a{oa{sa{sv}}})", &iter);
  while (g_variant_iter_next (iter, "{&o@a{sa{sv}}}", &path, &interfaces))
    {
      g_autoptr (GVariant) owned = interfaces;
      g_autoptr (GVariant) properties =
          g_variant_lookup_value (owned, INNER_INTERFACE_INSTANCE, G_VARIANT_TYPE_VARDICT);

      if (properties != NULL)
        g_ptr_array_add (sandboxes, inner_sandbox_new (path, properties));
    }

  g_ptr_array_sort (sandboxes, compare_start);
  return sandboxes;
}

typedef gboolean (*Matcher) (const InnerSandbox *sandbox, const char *word);

static gboolean
has_id (const InnerSandbox *sandbox, const char *word)
{
  return g_str_equal (inner_text_of (sandbox->properties, "Id"), word);
}

static gboolean
lives_with_name (const InnerSandbox *sandbox, const char *word)
{
  return g_str_equal (inner_text_of (sandbox->properties, "Name"), word) &&
         !g_str_equal (inner_text_of (sandbox->properties, "State"), INNER_STATE_EXITED);
}

static gboolean
had_name (const InnerSandbox *sandbox, const char *word)
{
  return g_str_equal (inner_text_of (sandbox->properties, "Name"), word);
}

static gboolean
begins_with (const InnerSandbox *sandbox, const char *word)
{
  return g_str_has_prefix (inner_text_of (sandbox->properties, "Id"), word);
}

int
inner_sandboxes_find (GPtrArray *sandboxes, const char *word, GError **error)
{
  static const Matcher matchers[] = { has_id, lives_with_name, had_name, begins_with };
  g_autofree char *shown = inner_escape_for_display (word);

  for (gsize m = 0; m < G_N_ELEMENTS (matchers) && word[0] != '\0'; m++)
    {
      int found = -1;
      guint n = 0;

      for (guint i = 0; i < sandboxes->len; i++)
        if (matchers[m](g_ptr_array_index (sandboxes, i), word))
          {
            found = i;
            n++;
          }
      /* Of several that ended under one name, the last is meant. */
      if (n == 1 || (n > 1 && matchers[m] == had_name))
        return found;
      if (n > 1)
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND,
                       _ ("“%s” is the beginning of %u ids; write more of it"), shown, n);
          return -1;
        }
    }

  g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND,
               _ ("There is no sandbox “%s”; “innerctl ps -a” lists them"), shown);
  return -1;
}

InnerSandbox *
inner_sandboxes_get (InnerConnection *connection, const char *word, GError **error)
{
  g_autoptr (GPtrArray) sandboxes = inner_sandboxes_list (connection, error);
  int index = sandboxes != NULL ? inner_sandboxes_find (sandboxes, word, error) : -1;

  return index >= 0 ? g_ptr_array_steal_index (sandboxes, index) : NULL;
}
