/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Rules about the network. */

#include <glib/gi18n.h>

#include "inner-agents.h"
#include "inner-network-groups.h"
#include "inner-network-pattern.h"
#include "inner-options.h"
#include "inner-plan-check-private.h"

/* SECURITY: a group that nobody knows is an error in deny lists above all: it would deny nothing (attack 106;
 * tests/unit/test-plan-check.c). */
void
inner_check_network_groups (InnerChecking *checking)
{
  const char *const *patterns = inner_check_list (checking);

  for (gsize i = 0; patterns[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) names = NULL;

      if (patterns[i][0] != '@' || inner_network_group_lookup (patterns[i]) != NULL)
        continue;
      names = inner_network_group_names ();
      g_ptr_array_add (names, NULL);
      inner_check_report_unknown (checking, i, patterns[i], (const char *const *) names->pdata);
    }
}

void
inner_check_network_patterns (InnerChecking *checking)
{
  const char *const *patterns = inner_check_list (checking);

  for (gsize i = 0; patterns[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (patterns[i][0] != '@' && !inner_network_pattern_check (patterns[i], &error))
        inner_check_report (checking, i, "%s", error->message);
    }
}

/* With “off” the lists are kept for --network, which turns them on. */
void
inner_check_network_unused (InnerChecking *checking)
{
  if (inner_check_list (checking)[0] != NULL && inner_check_is_open (checking))
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("this list filters nothing, because the network is “%s”; use "
                           "network_mode = \"allowlist\""),
                        checking->network);
}

static gboolean
asks (InnerChecking *checking)
{
  return inner_profile_get_bool (checking->profile, INNER_KEY_SANDBOX_NETWORK_ASK, FALSE);
}

/* With “off” it is kept for --network, too. */
void
inner_check_network_ask_unused (InnerChecking *checking)
{
  if (asks (checking) && inner_check_is_open (checking))
    inner_check_remark (checking, INNER_NO_ITEM,
                        _ ("nobody is asked about any host, because the network is “%s”; use "
                           "network_mode = \"allowlist\""),
                        checking->network);
}

static gboolean
has_hosts (const InnerAgent *agent)
{
  return agent == NULL || agent->hosts[0] != NULL;
}

static gboolean
is_allowlist (InnerChecking *checking)
{
  return g_str_equal (checking->network, "allowlist");
}

/* Whether the agents of the list @key bring hosts of their own. */
static gboolean
agents_bring_hosts (InnerChecking *checking, InnerKey key)
{
  for (const char *const *name = inner_profile_get_list (checking->profile, key); *name != NULL;
       name++)
    if (has_hosts (inner_agent_lookup (*name)))
      return TRUE;

  return FALSE;
}

void
inner_check_allowlist_empty (InnerChecking *checking)
{
  const char *const *patterns =
      inner_profile_get_list (checking->profile, INNER_KEY_SANDBOX_NETWORK_ALLOW);

  if (!is_allowlist (checking) || asks (checking) || checking->request->allow_hosts[0] != NULL ||
      agents_bring_hosts (checking, INNER_KEY_CAPABILITIES) ||
      agents_bring_hosts (checking, INNER_KEY_AGENT_STATE))
    return;

  for (; *patterns != NULL; patterns++)
    {
      const InnerNetworkGroup *group =
          **patterns == '@' ? inner_network_group_lookup (*patterns) : NULL;

      /* A group without patterns follows the host's configuration. */
      if (group == NULL || group->patterns == NULL || group->patterns[0] != NULL)
        return;
    }
  inner_check_remark (checking, INNER_NO_ITEM,
                      _ ("nothing is on the allowlist, so nothing can be reached; name hosts in "
                         "network_allow or use “off”"));
}

/* An agent whose maker lists no hosts reaches what the profile names, which may be enough. */
void
inner_check_agent_hosts (InnerChecking *checking)
{
  const char *const *names = inner_check_list (checking);
  const char *const *patterns =
      inner_profile_get_list (checking->profile, INNER_KEY_SANDBOX_NETWORK_ALLOW);

  if (!is_allowlist (checking))
    return;
  for (; *patterns != NULL; patterns++)
    if (**patterns != '@')
      return;

  for (gsize i = 0; names[i] != NULL; i++)
    {
      const InnerAgent *agent = inner_agent_lookup (names[i]);

      if (!has_hosts (agent))
        inner_check_report (checking, i,
                            _ ("Inner knows no hosts of “%s”, so it reaches none of its services; "
                               "name them in network_allow"),
                            agent->name);
    }
}
