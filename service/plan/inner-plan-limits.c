/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* How much of the machine a sandbox may use: what the caller says, else the profile, else the
 * configuration, whose lowest layer is a guess by the size of the machine. */

#include <glib/gi18n.h>
#include <inttypes.h>

#include "inner-error.h"
#include "inner-names.h"
#include "inner-plan-private.h"
#include "inner-profile-reader.h"

/* In the order of inner_limit_names. */
static const struct
{
  InnerKey key;
  InnerSetting setting;
} limits[INNER_N_LIMITS] = {
  { INNER_KEY_SANDBOX_LIMITS_MEMORY, INNER_SETTING_MEMORY },
  { INNER_KEY_SANDBOX_LIMITS_CPU, INNER_SETTING_CPU },
  { INNER_KEY_SANDBOX_LIMITS_PIDS, INNER_SETTING_PIDS },
};

static void
warn_not_enforced (InnerPlanning *planning, const char *name)
{
  g_autofree char *text =
      g_strdup_printf ("%s: %s", name, _ ("this version does not enforce this limit"));

  g_strv_builder_add (planning->warnings, text);
}

static gboolean
check_request (InnerPlanning *planning, GError **error)
{
  GHashTableIter iter;
  gpointer name;
  gpointer text;

  g_hash_table_iter_init (&iter, planning->request->limits);
  while (g_hash_table_iter_next (&iter, &name, &text))
    {
      g_autoptr (GError) reason = NULL;

      if (!g_strv_contains (inner_limit_names, name))
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("“%s” is no limit; use “memory”, “cpu” or “pids”"), (char *) name);
          return FALSE;
        }
      if (!inner_limit_check (name, text, &reason))
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("Option “%s”: %s"),
                       INNER_OPTION_LIMITS, reason->message);
          return FALSE;
        }
      warn_not_enforced (planning, name);
    }

  if (!planning->request->require_limits)
    return TRUE;
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                       _ ("Limits cannot be enforced by this version; leave out "
                          "“--require-limits” to run without"));
  return FALSE;
}

/* What the profile says, as text. (transfer full) */
static char *
limit_of_profile (InnerProfile *profile, InnerKey key)
{
  GVariant *value = inner_profile_peek (profile, key);

  if (value == NULL)
    return g_strdup ("");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  return g_strdup_printf ("%" PRId64, (int64_t) g_variant_get_int64 (value));
}

static gboolean
check_profile (InnerPlanning *planning, gsize i, const char *text, GError **error)
{
  g_autoptr (GError) reason = NULL;
  InnerOrigin at = { "", 0, 0 };

  if (inner_limit_check (inner_limit_names[i], text, &reason))
    return TRUE;
  inner_profile_get_origin (planning->profile, limits[i].key, &at);
  inner_problem_to_error (at.path != NULL ? at.path : "", (InnerPosition){ at.line, at.column },
                          reason->message, error);
  return FALSE;
}

static gboolean
is_set (gsize i, const char *text)
{
  guint64 value = 0;

  return text != NULL && inner_limit_parse (inner_limit_names[i], text, &value, NULL) && value > 0;
}

/* Whether @text, which is set, is more than the configuration gives a sandbox that names no limit. */
static gboolean
is_more (gsize i, const char *text, const InnerConfigurationValue *configured)
{
  guint64 asked = 0;
  guint64 given = 0;

  return configured != NULL && is_set (i, configured->text) &&
         inner_limit_parse (inner_limit_names[i], text, &asked, NULL) &&
         inner_limit_parse (inner_limit_names[i], configured->text, &given, NULL) && asked > given;
}

/* SECURITY: a profile that is not the person's own narrows what their configuration gives, and takes no more,
 * whoever approved it; who took all of it over has (attack 65; tests/unit/test-plan-configuration.c). */
static char *
limit_by_profile (InnerPlanning *planning,
                  gsize i,
                  const char *own,
                  const InnerConfigurationValue *configured)
{
  const InnerRequest *request = planning->request;
  g_autofree char *text = NULL;

  if (!request->foreign_profile || request->unhardened != NULL || !is_more (i, own, configured))
    return g_strdup (own);

  text = g_strdup_printf (_ ("%s: “%s” is more than your configuration gives, and the profile is "
                             "not your own, so “%s” holds; say more on the command line"),
                          inner_key_info (limits[i].key)->name, own, configured->text);
  g_strv_builder_add (planning->warnings, text);
  return g_strdup (configured->text);
}

static gboolean
choose (InnerPlanning *planning, gsize i, GError **error)
{
  const char *asked = g_hash_table_lookup (planning->request->limits, inner_limit_names[i]);
  g_autofree char *own = limit_of_profile (planning->profile, limits[i].key);
  const InnerConfiguration *configuration = planning->plan->host->configuration;
  const InnerConfigurationValue *value =
      configuration != NULL ? &configuration->values[limits[i].setting] : NULL;

  if (!check_profile (planning, i, own, error))
    return FALSE;

  if (is_set (i, asked))
    planning->plan->limits[i] = g_strdup (asked);
  else if (is_set (i, own))
    planning->plan->limits[i] = limit_by_profile (planning, i, own, value);
  else if (value != NULL)
    {
      planning->plan->limits[i] = g_strdup (value->text);
      if (!g_str_equal (value->path, INNER_ORIGIN_AUTO))
        warn_not_enforced (planning, inner_setting_name (limits[i].setting));
    }
  return TRUE;
}

gboolean
inner_planning_limits (InnerPlanning *planning, GError **error)
{
  if (!check_request (planning, error))
    return FALSE;
  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    if (!choose (planning, i, error))
      return FALSE;

  return TRUE;
}
