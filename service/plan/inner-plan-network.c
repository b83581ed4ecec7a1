/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The network of a plan: the mode, and for the gateway lists of patterns in which no group is left.
 */

#include "inner-plan-network.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-host-groups.h"
#include "inner-network-groups.h"
#include "inner-network-rules.h"
#include "inner-options.h"
#include "inner-plan-private.h"
#include "inner-upstream.h"
#include "inner-wire.h"

/* The gateway listens at every one. */
#define MAX_PORTS 64
/* A message to the gateway has INNER_WIRE_MAX_BYTES. */
#define MAX_LIST_BYTES (24u * 1024)

static const struct
{
  const char *names[2];
  InnerPlannedProxy which;
} proxy_variables[] = {
  { { "https_proxy", "HTTPS_PROXY" }, INNER_PLANNED_PROXY },
  { { "no_proxy", "NO_PROXY" }, INNER_PLANNED_NO_PROXY },
};

/* SECURITY: a profile that says whom it reaches, by a list or by its agents, never gets more than that by
 * “--network”, and who names a host never opens more than that (attack 82; test_network_of_agents in
 * tests/unit/test-agents.c, tests/bus/test_network.py). */
const char *
inner_planning_network (const InnerRequest *request, InnerProfile *profile)
{
  const char *word = request->network;
  const char *own = inner_profile_get_string (profile, INNER_KEY_SANDBOX_NETWORK_MODE, "off");
  gboolean names_hosts = request->allow_hosts[0] != NULL;

  if (word == NULL)
    return names_hosts && g_str_equal (own, "off") ? "allowlist" : own;
  if (g_str_equal (word, "on"))
    return names_hosts ||
                   inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_ALLOW)[0] != NULL ||
                   inner_planning_has_agents (profile)
               ? "allowlist"
               : "open";
  return word;
}

gboolean
inner_plan_has_gateway (const InnerPlan *plan)
{
  return g_str_equal (plan->network, "allowlist") || g_str_equal (plan->network, "open");
}

static void
look_at_list (InnerHost *host, const char *const *patterns, GHashTable *environment)
{
  for (; *patterns != NULL; patterns++)
    inner_host_look_at_group (host, *patterns, environment);
}

void
inner_plan_look_at_network (const InnerRequest *request, InnerProfile *profile, InnerHost *host)
{
  GHashTable *environment = request->caller_environment;

  look_at_list (host, inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_ALLOW),
                environment);
  look_at_list (host, inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_DENY),
                environment);
  look_at_list (host, (const char *const *) request->allow_hosts, environment);
}

/* SECURITY: an unknown word is an error, never a fall-back (attacks 82 and 106; tests/bus/test_bad_input.py). */
static gboolean
plan_mode (InnerPlanning *planning, GError **error)
{
  static const char *const known[] = { "off", "host", "allowlist", "open", NULL };
  const char *network = inner_planning_network (planning->request, planning->profile);

  if (!g_strv_contains (known, network))
    {
      g_autofree char *shown = inner_escape_for_display (network);

      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("“%s” is no network mode; use “off”, “allowlist”, “open” or “host”"), shown);
      return FALSE;
    }
  planning->plan->network = g_strdup (network);
  if (planning->request->allow_hosts[0] == NULL || inner_plan_has_gateway (planning->plan))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("The host “%s” cannot be allowed in the network mode “%s”; use “--network-mode "
                  "allowlist”"),
               planning->request->allow_hosts[0], network);
  return FALSE;
}

static void
warn_of_empty_group (InnerPlanning *planning, const char *name)
{
  char *text = g_strdup_printf (
      _ ("%s: the configuration of this machine names no host for this group, so it allows none; "
         "name hosts in network_allow"),
      name);

  g_strv_builder_add (planning->warnings, text);
  g_free (text);
}

/* What @word stands for. (transfer none) */
static gboolean
expand (InnerPlanning *planning, const char *word, GStrvBuilder *patterns, GError **error)
{
  const InnerNetworkGroup *group = word[0] == '@' ? inner_network_group_lookup (word) : NULL;
  const char *const *members = group != NULL ? group->patterns : NULL;

  if (word[0] != '@')
    {
      g_strv_builder_add (patterns, word);
      return TRUE;
    }
  if (group == NULL)
    {
      g_autofree char *shown = inner_escape_for_display (word);

      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("There is no group “%s”; see “network_allow” in inner-profile(5)"), shown);
      return FALSE;
    }
  if (members == NULL)
    members = g_hash_table_lookup (planning->plan->host->network_groups, word);
  if (members == NULL || members[0] == NULL)
    warn_of_empty_group (planning, word);
  else
    g_strv_builder_addv (patterns, (const char **) members);
  return TRUE;
}

static gboolean
expand_all (InnerPlanning *planning,
            const char *const *words,
            GStrvBuilder *patterns,
            GError **error)
{
  for (; *words != NULL; words++)
    if (!expand (planning, *words, patterns, error))
      return FALSE;
  return TRUE;
}

/* Unknown agents are refused elsewhere. */
static void
add_agents (InnerPlanning *planning, GStrvBuilder *patterns)
{
  g_autoptr (GPtrArray) names = inner_agent_names_of (planning->profile);

  for (guint i = 0; i < names->len; i++)
    {
      const InnerAgent *agent = inner_agent_lookup (names->pdata[i]);

      if (agent != NULL)
        g_strv_builder_addv (patterns, (const char **) agent->hosts);
    }
}

/* Each word once, since groups and agents share hosts. (transfer full) */
static char **
end_list (GStrvBuilder *words)
{
  g_auto (GStrv) all = g_strv_builder_end (words);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GStrvBuilder) once = g_strv_builder_new ();

  for (char **word = all; *word != NULL; word++)
    if (g_hash_table_add (seen, *word))
      g_strv_builder_add (once, *word);
  return g_strv_builder_end (once);
}

static gsize
size_of (char **list)
{
  gsize size = 0;

  for (; *list != NULL; list++)
    size += strlen (*list) + 8;
  return size;
}

static gboolean
plan_lists (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;
  g_autoptr (GStrvBuilder) allow = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) deny = g_strv_builder_new ();
  const char *const *listed =
      inner_profile_get_list (planning->profile, INNER_KEY_SANDBOX_NETWORK_ALLOW);
  const char *const *denied =
      inner_profile_get_list (planning->profile, INNER_KEY_SANDBOX_NETWORK_DENY);

  if (!expand_all (planning, listed, allow, error) ||
      !expand_all (planning, (const char *const *) planning->request->allow_hosts, allow, error) ||
      !expand_all (planning, denied, deny, error))
    return FALSE;
  if (g_str_equal (plan->network, "allowlist"))
    add_agents (planning, allow);

  g_strfreev (plan->allow_hosts);
  plan->allow_hosts = end_list (allow);
  g_strfreev (plan->deny_hosts);
  plan->deny_hosts = end_list (deny);
  if (size_of (plan->allow_hosts) + size_of (plan->deny_hosts) <= MAX_LIST_BYTES)
    return TRUE;
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                       _ ("The lists of allowed and denied hosts are too long; use wildcards such "
                          "as “*.example.com”"));
  return FALSE;
}

/* The gateway reads the same rules with the same code; what it could not read never gets so far. */
static gboolean
check_rules (const InnerPlan *plan, GError **error)
{
  gboolean open = g_str_equal (plan->network, "open");
  g_autoptr (InnerNetworkRules) rules = inner_network_rules_new (
      open, (const char *const *) plan->allow_hosts, (const char *const *) plan->deny_hosts, error);
  g_autoptr (GArray) ports = rules != NULL ? inner_network_rules_ports (rules) : NULL;

  if (rules == NULL)
    return FALSE;
  if (open || plan->network_ask || ports->len <= MAX_PORTS)
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
               _ ("The allowlist names %u different ports, and at most %u are possible"),
               ports->len, MAX_PORTS);
  return FALSE;
}

static const char *
find_variable (GHashTable *environment, const char *const *names)
{
  const char *value = g_hash_table_lookup (environment, names[0]);

  return value != NULL && value[0] != '\0' ? value : g_hash_table_lookup (environment, names[1]);
}

/* The proxy over which the caller's own programs reach the internet. */
static gboolean
plan_proxy (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;
  g_autoptr (InnerUpstream) upstream = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (proxy_variables); i++)
    plan->proxy[proxy_variables[i].which] =
        g_strdup (find_variable (planning->request->caller_environment, proxy_variables[i].names));
  if (plan->proxy[INNER_PLANNED_PROXY] == NULL || plan->proxy[INNER_PLANNED_PROXY][0] == '\0')
    return TRUE;
  upstream = inner_upstream_new (plan->proxy[INNER_PLANNED_PROXY],
                                 plan->proxy[INNER_PLANNED_NO_PROXY], error);
  return upstream != NULL;
}

gboolean
inner_planning_plan_network (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;

  if (!plan_mode (planning, error))
    return FALSE;
  plan->deny_hosts = g_new0 (char *, 1);
  if (!inner_plan_has_gateway (plan))
    return TRUE;

  plan->require_name = g_str_equal (
      inner_profile_get_string (planning->profile, INNER_KEY_SANDBOX_SNI,
                                g_str_equal (plan->network, "open") ? "allow" : "require"),
      "require");
  plan->network_ask =
      g_str_equal (plan->network, "allowlist") &&
      inner_profile_get_bool (planning->profile, INNER_KEY_SANDBOX_NETWORK_ASK, FALSE);
  return plan_lists (planning, error) && check_rules (plan, error) && plan_proxy (planning, error);
}

GVariant *
inner_plan_egress_record (const InnerPlan *plan)
{
  GVariantBuilder record;

  if (g_str_equal (plan->network, "host"))
    return NULL;
  g_variant_builder_init (&record, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&record, "{sv}", key, value)
#define TEXT(text) g_variant_new_string ((text) != NULL ? (text) : "")
  ADD (INNER_EGRESS_PROGRAM, g_variant_new_string (INNER_LIBEXECDIR "/inner-egress"));
  ADD (INNER_EGRESS_SERVES, g_variant_new_boolean (inner_plan_has_gateway (plan)));
  ADD (INNER_EGRESS_OPEN, g_variant_new_boolean (g_str_equal (plan->network, "open")));
  ADD (INNER_EGRESS_ALLOW, g_variant_new_strv ((const char *const *) plan->allow_hosts, -1));
  ADD (INNER_EGRESS_DENY, g_variant_new_strv ((const char *const *) plan->deny_hosts, -1));
  ADD (INNER_EGRESS_ASK, g_variant_new_boolean (plan->network_ask));
  ADD (INNER_EGRESS_REQUIRE_NAME, g_variant_new_boolean (plan->require_name));
  ADD (INNER_EGRESS_PROXY, TEXT (plan->proxy[INNER_PLANNED_PROXY]));
  ADD (INNER_EGRESS_NO_PROXY, TEXT (plan->proxy[INNER_PLANNED_NO_PROXY]));
#undef TEXT
#undef ADD
  return g_variant_builder_end (&record);
}
