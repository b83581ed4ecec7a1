/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Ports of the sandbox that programs of this machine reach: those of the profile, and those that the caller adds.
 */

#include "inner-plan-published.h"

#include <glib/gi18n.h>

#include "inner-error.h"
#include "inner-names.h"
#include "inner-network-rules.h"
#include "inner-options.h"
#include "inner-plan-network.h"
#include "inner-plan-private.h"
#include "inner-wire.h"

#define RESOLVER_PORT 53
/* Ports from here on stay free for servers inside, see inner-egress-line.c. */
#define FIRST_LENT_PORT 1024

static InnerPublish *
find (GArray *published, const InnerPublish *wanted)
{
  for (guint i = 0; i < published->len; i++)
    if (inner_publish_collides (&g_array_index (published, InnerPublish, i), wanted))
      return &g_array_index (published, InnerPublish, i);

  return NULL;
}

/* That they can be read and are different ones was checked (inner_check_publish()). */
static void
add_of_profile (InnerPlanning *planning)
{
  GVariant *map = inner_profile_peek (planning->profile, INNER_KEY_PUBLISH);

  for (gsize i = 0; map != NULL && i < g_variant_n_children (map); i++)
    {
      InnerPublish publish;
      const char *host;
      const char *inside;

      g_variant_get_child (map, i, "{&s&s}", &host, &inside);
      if (inner_publish_parse_pair (host, inside, &publish, NULL))
        g_array_append_val (planning->plan->published, publish);
    }
}

/* What the caller says takes the place of what the profile says of the same port of this machine. */
static gboolean
add_of_request (InnerPlanning *planning, GError **error)
{
  GArray *published = planning->plan->published;
  g_autoptr (GArray) own = g_array_new (FALSE, FALSE, sizeof (InnerPublish));

  for (char **word = planning->request->publish; *word != NULL; word++)
    {
      InnerPublish publish;
      InnerPublish *same;

      if (!inner_publish_parse (*word, &publish, error))
        return FALSE;
      if (find (own, &publish) != NULL)
        {
          g_set_error (
              error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
              _ ("“%s” publishes a port of this machine that another “--publish” publishes, "
                 "too; leave one out"),
              *word);
          return FALSE;
        }
      g_array_append_val (own, publish);
      same = find (published, &publish);
      if (same != NULL)
        *same = publish;
      else
        g_array_append_val (published, publish);
    }

  return TRUE;
}

/* SECURITY: in the network of the machine every port of the sandbox is there without this, at addresses that nobody
 * chose; a port that was to be published would promise what does not hold (attack 79; tests/bus/test_publish.py). */
static gboolean
check_mode (const InnerPlan *plan, GError **error)
{
  const InnerPublish *publish;
  g_autofree char *word = NULL;

  if (!g_str_equal (plan->network, "host") || plan->published->len == 0)
    return TRUE;
  publish = &g_array_index (plan->published, InnerPublish, 0);
  word = inner_publish_to_word (publish);
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("The port %s cannot be published in the network mode “host”: there the sandbox "
                  "listens at port %u of this machine by itself; leave out one of both"),
               word, publish->inside);
  return FALSE;
}

static gboolean
has_port (const GArray *ports, guint16 port)
{
  for (guint i = 0; i < ports->len; i++)
    if (g_array_index (ports, guint16, i) == port)
      return TRUE;

  return FALSE;
}

/* Whether the gateway listens at @port of the sandbox's loopback, too (inner-egress-line.c). */
static gboolean
is_of_gateway (const InnerPlan *plan, const InnerNetworkRules *rules, guint16 port)
{
  g_autoptr (GArray) ports = inner_network_rules_ports (rules);

  if (port == RESOLVER_PORT || inner_network_rules_name_loopback (rules, port))
    return TRUE;
  return !g_str_equal (plan->network, "open") && !plan->network_ask && port < FIRST_LENT_PORT &&
         has_port (ports, port);
}

/* The gateway would refuse it, too (inner-publisher.c), but later. */
static gboolean
check_gateway (const InnerPlan *plan, GError **error)
{
  g_autoptr (InnerNetworkRules) rules = NULL;

  if (!inner_plan_has_gateway (plan) || plan->published->len == 0)
    return TRUE;
  rules = inner_network_rules_new (g_str_equal (plan->network, "open"),
                                   (const char *const *) plan->allow_hosts,
                                   (const char *const *) plan->deny_hosts, error);
  for (guint i = 0; rules != NULL && i < plan->published->len; i++)
    {
      const InnerPublish *publish = &g_array_index (plan->published, InnerPublish, i);
      g_autofree char *word = inner_publish_to_word (publish);

      if (!is_of_gateway (plan, rules, publish->inside))
        continue;
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("The port %s cannot be published: at its port %u the sandbox reaches the "
                      "network; let its server listen at another one, from 1024 on"),
                   word, publish->inside);
      return FALSE;
    }

  return rules != NULL;
}

static gboolean
check_number (const InnerPlan *plan, GError **error)
{
  if (plan->published->len <= INNER_MAX_PUBLISHED)
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
               _ ("%u ports are to be published, and a sandbox can have %d"), plan->published->len,
               INNER_MAX_PUBLISHED);
  return FALSE;
}

gboolean
inner_planning_plan_published (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;

  plan->published = g_array_new (FALSE, FALSE, sizeof (InnerPublish));
  /* A probe serves nobody, and the ports may be those of a sandbox that lives. */
  if (planning->request->probe)
    return TRUE;
  add_of_profile (planning);
  return add_of_request (planning, error) && check_number (plan, error) &&
         check_mode (plan, error) && check_gateway (plan, error);
}

GVariant *
inner_plan_published_words (const InnerPlan *plan)
{
  GVariantBuilder words;

  g_variant_builder_init (&words, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < plan->published->len; i++)
    {
      g_autofree char *word =
          inner_publish_to_word (&g_array_index (plan->published, InnerPublish, i));

      g_variant_builder_add (&words, "s", word);
    }
  return g_variant_builder_end (&words);
}

GVariant *
inner_plan_published_record (const InnerPlan *plan)
{
  GVariantBuilder record;

  if (plan->published->len == 0)
    return NULL;
  g_variant_builder_init (&record, G_VARIANT_TYPE (INNER_PUBLISH_TYPE));
  for (guint i = 0; i < plan->published->len; i++)
    {
      const InnerPublish *publish = &g_array_index (plan->published, InnerPublish, i);
      g_autofree char *word = inner_publish_to_word (publish);

      g_variant_builder_add (&record, "(sq)", word, publish->inside);
    }
  return g_variant_builder_end (&record);
}
