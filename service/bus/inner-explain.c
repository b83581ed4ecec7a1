/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-explain.h"

#include <glib/gi18n.h>

#include "inner-agents.h"
#include "inner-network-groups.h"
#include "inner-privilege-words.h"
#include "inner-privileges.h"

/* The destinations under construction. */
typedef struct
{
  GVariantBuilder list;
  GHashTable *seen; /* verdict and pattern, with a space between */
} Destinations;

static const char *
network_mode (InnerProfile *profile)
{
  return inner_profile_get_string (profile, INNER_KEY_SANDBOX_NETWORK_MODE, "off");
}

GVariant *
inner_explain_privilege_keys (InnerProfile *profile)
{
  g_autoptr (GPtrArray) words = inner_privilege_words_of (profile);
  g_autoptr (GPtrArray) needs = inner_privilege_needs_of (profile);

  if (g_str_equal (network_mode (profile), "host"))
    g_ptr_array_add (needs, (gpointer) INNER_PRIVILEGE_HOST_NETWORK);
  for (guint i = 0; i < needs->len; i++)
    if (!g_ptr_array_find_with_equal_func (words, needs->pdata[i], g_str_equal, NULL))
      g_ptr_array_add (words, needs->pdata[i]);

  return g_variant_new_strv ((const char *const *) words->pdata, words->len);
}

GVariant *
inner_explain_privileges (InnerProfile *profile)
{
  g_autoptr (GVariant) keys = g_variant_ref_sink (inner_explain_privilege_keys (profile));
  GVariantBuilder sentences;
  GVariantIter iter;
  const char *key;

  g_variant_builder_init (&sentences, G_VARIANT_TYPE ("a{ss}"));
  g_variant_iter_init (&iter, keys);
  while (g_variant_iter_next (&iter, "&s", &key))
    {
      const InnerPrivilege *privilege = inner_privilege_resolve (key);

      if (privilege != NULL)
        g_variant_builder_add (&sentences, "{ss}", key, _ (privilege->sentence));
    }
  return g_variant_builder_end (&sentences);
}

/* Each known agent that the profile names, once and in order. (transfer container) (element-type InnerAgent) */
static GPtrArray *
agents_of (InnerProfile *profile)
{
  g_autoptr (GPtrArray) names = inner_agent_names_of (profile);
  GPtrArray *agents = g_ptr_array_new ();

  for (guint i = 0; i < names->len; i++)
    {
      const InnerAgent *agent = inner_agent_lookup (names->pdata[i]);

      if (agent != NULL)
        g_ptr_array_add (agents, (gpointer) agent);
    }

  return agents;
}

GVariant *
inner_explain_agents (InnerProfile *profile)
{
  g_autoptr (GPtrArray) agents = agents_of (profile);
  GVariantBuilder sentences;

  g_variant_builder_init (&sentences, G_VARIANT_TYPE ("a{ss}"));
  for (guint i = 0; i < agents->len; i++)
    {
      const InnerAgent *agent = agents->pdata[i];

      g_variant_builder_add (&sentences, "{ss}", agent->name, _ (agent->sentence));
    }
  return g_variant_builder_end (&sentences);
}

static void
add (Destinations *destinations, const char *verdict, const char *pattern, const char *origin)
{
  if (g_hash_table_add (destinations->seen, g_strconcat (verdict, " ", pattern, NULL)))
    g_variant_builder_add (&destinations->list, "(sss)", verdict, pattern, origin);
}

static void
add_all (Destinations *destinations,
         const char *verdict,
         const char *const *patterns,
         const char *kind,
         const char *name)
{
  g_autofree char *origin = g_strconcat (kind, name, NULL);

  for (; *patterns != NULL; patterns++)
    add (destinations, verdict, *patterns, origin);
}

static void
add_list (Destinations *destinations, const char *verdict, const char *const *patterns)
{
  for (; *patterns != NULL; patterns++)
    {
      const InnerNetworkGroup *group =
          **patterns == '@' ? inner_network_group_lookup (*patterns) : NULL;

      if (group != NULL && group->patterns != NULL)
        add_all (destinations, verdict, group->patterns, "group:", *patterns);
      else
        add (destinations, verdict, *patterns, "profile");
    }
}

GVariant *
inner_explain_destinations (InnerProfile *profile)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) agents = agents_of (profile);
  Destinations destinations = { .seen = seen };

  g_variant_builder_init (&destinations.list, G_VARIANT_TYPE ("a(sss)"));
  add_list (&destinations, "allow",
            inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_ALLOW));
  for (guint i = 0; i < agents->len && g_str_equal (network_mode (profile), "allowlist"); i++)
    {
      const InnerAgent *agent = agents->pdata[i];

      add_all (&destinations, "allow", agent->hosts, "agent:", agent->name);
    }
  add_list (&destinations, "deny",
            inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_DENY));
  return g_variant_builder_end (&destinations.list);
}
