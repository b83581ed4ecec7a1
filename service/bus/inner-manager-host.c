/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The method CheckHost: what only the main thread may look at. */

#include "inner-manager.h"
#include "inner-options.h"

/* A thousand profiles must not stop everybody else. */
#define MAX_VALIDATION_US G_USEC_PER_SEC

static const InnerOption host_options[] = {
  { INNER_OPTION_DIRECTORY, "s", inner_option_check_path },
  { NULL, NULL, NULL },
};

/* Adds the first mistake of the document at @path to @faults, if it has one. */
static void
validate (InnerService *service, const char *path, GPtrArray *faults)
{
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  g_autoptr (GVariant) issues = NULL;
  g_autoptr (GError) error = NULL;
  GVariantIter iter;
  GVariant *issue;

  issues = inner_manager_validate_profile (service, path, none, NULL, &error);
  if (issues == NULL)
    {
      g_ptr_array_add (faults, g_strdup_printf ("%s: %s", path, error->message));
      return;
    }
  g_variant_ref_sink (issues);
  g_variant_iter_init (&iter, issues);
  while (g_variant_iter_loop (&iter, "@a{sv}", &issue))
    {
      const char *severity = "";
      const char *message = "";

      g_variant_lookup (issue, "severity", "&s", &severity);
      g_variant_lookup (issue, "message", "&s", &message);
      if (!g_str_equal (severity, "error"))
        continue;
      g_ptr_array_add (faults, g_strdup_printf ("%s: %s", path, message));
      g_variant_unref (issue);
      return;
    }
}

InnerHostView *
inner_manager_view_host (InnerService *service, GVariant *options, GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, host_options, error);
  gint64 deadline = g_get_monotonic_time () + MAX_VALIDATION_US;
  g_autoptr (GPtrArray) entries = NULL;
  InnerHostView *view;
  const char *directory = NULL;
  g_autofree char *home = NULL;

  if (dict == NULL)
    return NULL;

  g_variant_dict_lookup (dict, INNER_OPTION_DIRECTORY, "&s", &directory);
  home = inner_host_home ();
  view = inner_host_view_new (home, g_getenv ("XDG_RUNTIME_DIR"));
  entries = inner_profile_registry_list (inner_service_get_registry (service), directory);
  for (guint i = 0; i < entries->len && g_get_monotonic_time () < deadline; i++)
    {
      const InnerProfileEntry *entry = entries->pdata[i];

      view->n_profiles++;
      validate (service, entry->path, view->faults);
    }
  return view;
}
