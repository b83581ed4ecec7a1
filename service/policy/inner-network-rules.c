/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-network-rules.h"

#include <glib/gi18n.h>

struct _InnerNetworkRules
{
  gboolean open;
  GPtrArray *allow; /* of InnerNetworkPattern */
  GPtrArray *deny;
};

void
inner_network_rules_free (InnerNetworkRules *rules)
{
  g_ptr_array_unref (rules->allow);
  g_ptr_array_unref (rules->deny);
  g_free (rules);
}

static gboolean
add (GPtrArray *list, const char *text, GError **error)
{
  InnerNetworkPattern *pattern = inner_network_pattern_new (text, error);

  if (pattern == NULL)
    return FALSE;
  g_ptr_array_add (list, pattern);
  return TRUE;
}

static gboolean
add_all (GPtrArray *list, const char *const *texts, GError **error)
{
  for (; *texts != NULL; texts++)
    if (!add (list, *texts, error))
      return FALSE;
  return TRUE;
}

InnerNetworkRules *
inner_network_rules_new (gboolean open,
                         const char *const *allow,
                         const char *const *deny,
                         GError **error)
{
  g_autoptr (InnerNetworkRules) rules = g_new0 (InnerNetworkRules, 1);

  rules->open = open;
  rules->allow = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_network_pattern_free);
  rules->deny = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_network_pattern_free);
  return add_all (rules->allow, allow, error) && add_all (rules->deny, deny, error)
             ? g_steal_pointer (&rules)
             : NULL;
}

gboolean
inner_network_rules_add (InnerNetworkRules *rules, const char *text, GError **error)
{
  return add (rules->allow, text, error);
}

/* What is asked about: a name or an address, at a port; 0 = at any port. */
typedef struct
{
  const char *name;
  const InnerNetworkAddress *address;
  guint16 port;
} Question;

static gboolean
is_about (const InnerNetworkPattern *pattern, const Question *question)
{
  return question->name != NULL ? inner_network_pattern_has_name (pattern, question->name)
                                : inner_network_pattern_has_address (pattern, question->address);
}

static const InnerNetworkPattern *
find (const GPtrArray *list,
      const Question *question,
      gboolean (*has_port) (const InnerNetworkPattern *pattern, guint16 port))
{
  for (guint i = 0; i < list->len; i++)
    if (is_about (list->pdata[i], question) && has_port (list->pdata[i], question->port))
      return list->pdata[i];

  return NULL;
}

static InnerNetworkVerdict
refuse (const InnerNetworkPattern *pattern, const char *reason)
{
  return (InnerNetworkVerdict){ FALSE, pattern, reason };
}

static InnerNetworkVerdict
allow_by (const InnerNetworkPattern *pattern)
{
  return (InnerNetworkVerdict){ TRUE, pattern, "" };
}

/* SECURITY: deny beats allow, and what no entry allows is refused, so that an empty list is nothing at all
 * (attack 82; tests/unit/test-network.c). */
static InnerNetworkVerdict
decide (const InnerNetworkRules *rules, const Question *question)
{
  const InnerNetworkPattern *pattern =
      find (rules->deny, question, inner_network_pattern_denies_port);

  if (pattern != NULL)
    return refuse (pattern, _ ("the profile denies it"));
  pattern = find (rules->allow, question, inner_network_pattern_allows_port);
  if (pattern != NULL || rules->open)
    return allow_by (pattern);
  return refuse (NULL, _ ("it is not on the allowlist"));
}

InnerNetworkVerdict
inner_network_rules_decide_lookup (const InnerNetworkRules *rules, const char *name)
{
  return decide (rules, &(Question){ .name = name });
}

InnerNetworkVerdict
inner_network_rules_decide_name (const InnerNetworkRules *rules, const char *name, guint16 port)
{
  return decide (rules, &(Question){ .name = name, .port = port });
}

/* SECURITY: the machine, the local network and metadata services are reached only if an entry names them by
 * their address: no name, no wildcard and no open network leads there (attacks 79, 85 and 86;
 * tests/unit/test-network.c, tests/attack/test_079_network.py). */
static InnerNetworkVerdict
check_special (const InnerNetworkAddress *address, const InnerNetworkVerdict *verdict)
{
  if (!inner_network_address_is_special (address) ||
      (verdict->pattern != NULL && verdict->pattern->kind == INNER_NETWORK_RANGE &&
       inner_network_range_is_special (&verdict->pattern->range)))
    return *verdict;
  return refuse (NULL, _ ("its address is one of this machine, of a local network or of no host"));
}

InnerNetworkVerdict
inner_network_rules_decide_address (const InnerNetworkRules *rules,
                                    const InnerNetworkAddress *address,
                                    guint16 port)
{
  InnerNetworkVerdict verdict = decide (rules, &(Question){ .address = address, .port = port });

  return verdict.allowed ? check_special (address, &verdict) : verdict;
}

/* The name was allowed; its address need not be on the list, but may be denied. */
InnerNetworkVerdict
inner_network_rules_decide_answer (const InnerNetworkRules *rules,
                                   const InnerNetworkAddress *address,
                                   guint16 port)
{
  const Question question = { .address = address, .port = port };
  const InnerNetworkPattern *denied =
      find (rules->deny, &question, inner_network_pattern_denies_port);
  InnerNetworkVerdict verdict =
      allow_by (find (rules->allow, &question, inner_network_pattern_allows_port));

  if (denied != NULL)
    return refuse (denied, _ ("the profile denies its address"));
  return check_special (address, &verdict);
}

gboolean
inner_network_rules_name_loopback (const InnerNetworkRules *rules, guint16 port)
{
  InnerNetworkRange loopback[2];

  inner_network_range_parse ("127.0.0.0/8", &loopback[0]);
  inner_network_range_parse ("::1", &loopback[1]);
  for (guint i = 0; i < rules->allow->len; i++)
    {
      const InnerNetworkPattern *pattern = rules->allow->pdata[i];

      /* A wider range with them in it does not reach them: see check_special(). */
      if (pattern->kind == INNER_NETWORK_RANGE &&
          inner_network_pattern_allows_port (pattern, port) &&
          (inner_network_range_contains (&loopback[0], &pattern->range.address) ||
           inner_network_range_contains (&loopback[1], &pattern->range.address)))
        return TRUE;
    }

  return FALSE;
}

gboolean
inner_network_rules_deny_all_of (const InnerNetworkRules *rules, const InnerNetworkPattern *pattern)
{
  /* Below a domain is what a name there is, and so is every name there if that one is denied by a wildcard. */
  g_autofree char *below =
      pattern->kind == INNER_NETWORK_BELOW ? g_strconcat ("*.", pattern->name, NULL) : NULL;
  Question question = { .name = below != NULL ? below : pattern->name, .port = pattern->port };

  if (pattern->kind == INNER_NETWORK_RANGE)
    question.address = &pattern->range.address;
  return find (rules->deny, &question, inner_network_pattern_denies_port) != NULL;
}

static void
add_port (guint16 port, gpointer data)
{
  GArray *ports = data;
  guint i = 0;

  while (i < ports->len && g_array_index (ports, guint16, i) < port)
    i++;
  if (i == ports->len || g_array_index (ports, guint16, i) != port)
    g_array_insert_val (ports, i, port);
}

GArray *
inner_network_rules_ports (const InnerNetworkRules *rules)
{
  GArray *ports = g_array_new (FALSE, FALSE, sizeof (guint16));

  for (guint i = 0; i < rules->allow->len; i++)
    inner_network_pattern_each_port (rules->allow->pdata[i], add_port, ports);
  return ports;
}
