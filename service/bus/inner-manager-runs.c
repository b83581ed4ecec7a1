/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The methods ListRuns, GetRun, OpenRun and CleanRuns. */

#include "inner-manager.h"
#include "inner-options.h"

static const InnerOption list_options[] = {
  { "limit", "u", NULL },
  { NULL, NULL, NULL },
};

static const InnerOption clean_options[] = {
  { "older-than", "t", NULL },
  { "dry-run", "b", NULL },
  { NULL, NULL, NULL },
};

GVariant *
inner_manager_list_runs (InnerService *service, GVariant *options, GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, list_options, error);
  guint limit = 0;

  if (dict == NULL)
    return NULL;
  g_variant_dict_lookup (dict, "limit", "u", &limit);
  return inner_runs_list (inner_service_get_runs (service), limit);
}

GVariant *
inner_manager_get_run (InnerService *service, const char *word, GError **error)
{
  InnerRuns *runs = inner_service_get_runs (service);
  g_autofree char *id = inner_runs_find (runs, word, error);

  return id != NULL ? inner_runs_get (runs, id, error) : NULL;
}

int
inner_manager_open_run (InnerService *service, const char *word, const char *part, GError **error)
{
  InnerRuns *runs = inner_service_get_runs (service);
  g_autofree char *id = inner_runs_find (runs, word, error);

  return id != NULL ? inner_runs_open (runs, id, part, error) : -1;
}

char **
inner_manager_clean_runs (InnerService *service, GVariant *options, GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, clean_options, error);
  guint64 older_than = 0;
  gboolean dry_run = FALSE;

  if (dict == NULL)
    return NULL;
  g_variant_dict_lookup (dict, "older-than", "t", &older_than);
  g_variant_dict_lookup (dict, "dry-run", "b", &dry_run);
  return inner_runs_clean (inner_service_get_runs (service), older_than, dry_run);
}
