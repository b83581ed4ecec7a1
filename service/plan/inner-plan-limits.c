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
#include "inner-wire.h"

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

/* What a sandbox itself needs, beside its commands: supervisor, bubblewrap, inner-init and what may stand
 * beside them. It is in the same scope. */
#define OWN_TASKS 16
#define LEAST_MEMORY (G_GUINT64_CONSTANT (8) * 1024 * 1024)

/* The spawner and PID 1, which are in the sandbox's user namespace. */
#define OWN_TASKS_INSIDE 2

#define USEC_PER_THOUSANDTH 1000

static const char *const bounds[INNER_N_LIMITS] = { INNER_BOUND_MEMORY, INNER_BOUND_CPU,
                                                    INNER_BOUND_TASKS };

static guint64
value_of (const InnerPlan *plan, gsize i)
{
  guint64 value = 0;

  if (plan->limits[i] != NULL)
    inner_limit_parse (inner_limit_names[i], plan->limits[i], &value, NULL);
  return value;
}

gboolean
inner_plan_enforces_limit (const InnerPlan *plan, gsize i)
{
  return value_of (plan, i) > 0 && plan->host->limit_means[i] != INNER_LIMIT_BY_NOTHING;
}

static void
warn_if_not_enforced (InnerPlanning *planning, gsize i, const char *name)
{
  g_autofree char *text = NULL;

  if (planning->plan->host->limit_means[i] != INNER_LIMIT_BY_NOTHING)
    return;
  text =
      g_strdup_printf ("%s: %s", name,
                       _ ("this limit cannot be enforced here, because no systemd of yours keeps "
                          "it; see “innerctl doctor”"));
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
    }

  return TRUE;
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

/* SECURITY: what is demanded and cannot be had ends the start (attack 106; test_limits_that_are_required). */
static gboolean
check_required (InnerPlanning *planning, gsize i, GError **error)
{
  const char *const *layers = inner_profile_get_list (planning->profile, INNER_KEY_SANDBOX_REQUIRE);

  if ((!planning->request->require_limits && !g_strv_contains (layers, "limits")) ||
      planning->plan->host->limit_means[i] != INNER_LIMIT_BY_NOTHING)
    return TRUE;

  g_set_error (
      error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
      _ ("The limit “%s” is required, and cannot be enforced here, because no systemd of yours "
         "keeps it; see “innerctl doctor”"),
      inner_limit_names[i]);
  return FALSE;
}

/* Less than the sandbox itself needs would kill it, and not only its command. */
static gboolean
check_least (InnerPlanning *planning, gsize i, GError **error)
{
  guint64 value = value_of (planning->plan, i);

  if (limits[i].setting != INNER_SETTING_MEMORY || value == 0 || value >= LEAST_MEMORY)
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("The limit “memory” is “%s”, which is less than a sandbox itself needs; give at "
                  "least 8M"),
               planning->plan->limits[i]);
  return FALSE;
}

static gboolean
choose (InnerPlanning *planning, gsize i, GError **error)
{
  const char *asked = g_hash_table_lookup (planning->request->limits, inner_limit_names[i]);
  g_autofree char *own = limit_of_profile (planning->profile, limits[i].key);
  const InnerConfiguration *configuration = planning->plan->host->configuration;
  const InnerConfigurationValue *value =
      configuration != NULL ? &configuration->values[limits[i].setting] : NULL;
  const char *name = NULL;

  if (!check_profile (planning, i, own, error))
    return FALSE;

  if (is_set (i, asked))
    {
      planning->plan->limits[i] = g_strdup (asked);
      name = inner_limit_names[i];
    }
  else if (is_set (i, own))
    {
      planning->plan->limits[i] = limit_by_profile (planning, i, own, value);
      name = inner_key_info (limits[i].key)->name;
    }
  else if (value != NULL)
    {
      planning->plan->limits[i] = g_strdup (value->text);
      name = g_str_equal (value->path, INNER_ORIGIN_AUTO) ? NULL
                                                          : inner_setting_name (limits[i].setting);
    }

  /* Nobody is warned of what nobody asked for. */
  if (name != NULL)
    warn_if_not_enforced (planning, i, name);
  return check_required (planning, i, error) && check_least (planning, i, error);
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

/* The number that the kernel is given, and systemd with it; 0 = this limit is not the scope's. */
static guint64
bound_of_scope (const InnerPlan *plan, gsize i)
{
  guint64 value = value_of (plan, i);

  if (value == 0 || plan->host->limit_means[i] != INNER_LIMIT_BY_SCOPE)
    return 0;
  return limits[i].setting == INNER_SETTING_PIDS ? value + OWN_TASKS : value;
}

GVariant *
inner_plan_scope_properties (const InnerPlan *plan)
{
  static const char *const names[INNER_N_LIMITS] = { "MemoryMax", "CPUQuotaPerSecUSec",
                                                     "TasksMax" };
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    {
      guint64 bound = bound_of_scope (plan, i);

      if (limits[i].setting == INNER_SETTING_CPU)
        bound *= USEC_PER_THOUSANDTH;
      if (bound > 0)
        g_variant_builder_add (&properties, "(sv)", names[i], g_variant_new_uint64 (bound));
      /* Memory that is only moved elsewhere is no limit (reference, J8). */
      if (bound > 0 && limits[i].setting == INNER_SETTING_MEMORY)
        g_variant_builder_add (&properties, "(sv)", "MemorySwapMax", g_variant_new_uint64 (0));
    }

  return g_variant_builder_end (&properties);
}

GVariant *
inner_plan_bounds (const InnerPlan *plan)
{
  GVariantBuilder built;

  g_variant_builder_init (&built, G_VARIANT_TYPE ("a{st}"));
  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    {
      guint64 bound = bound_of_scope (plan, i);

      if (bound > 0)
        g_variant_builder_add (&built, "{st}", bounds[i], bound);
      else if (value_of (plan, i) > 0 && plan->host->limit_means[i] == INNER_LIMIT_BY_RLIMIT)
        g_variant_builder_add (&built, "{st}", INNER_BOUND_PROCESSES,
                               value_of (plan, i) + OWN_TASKS_INSIDE);
    }

  return g_variant_builder_end (&built);
}
