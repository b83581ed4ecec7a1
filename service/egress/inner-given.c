/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-given.h"

#include <glib/gi18n.h>
#include <string.h>

/* 198.18.0.0/15 is for measuring networks and is routed nowhere (RFC 2544). .0.1 is the resolver. */
#define POOL "198.18.0.0/15"
#define FIRST 16u
#define POOL_SIZE (1u << 17)

/* A name takes some hundred bytes of ours, and a question to the host's resolver. */
#define MAX_NAMES 16384u
/* Below one wildcard: so many names, and so many of them that could carry data. */
#define MAX_BELOW 1024u
#define MAX_LONG_BELOW 48u
#define LONG_LABEL 24u
#define LONG_NAME 48u

struct _InnerGivens
{
  GPtrArray *list;     /* of InnerGiven, in the order of their addresses */
  GHashTable *by_name; /* borrowed name -> borrowed InnerGiven */
  GHashTable *below;   /* owned text of a wildcard -> Count */
  guint n_later;       /* that are not admitted */
};

typedef struct
{
  guint all;
  guint of_long;
} Count;

static void
given_free (gpointer data)
{
  InnerGiven *given = data;

  g_free (given->name);
  g_clear_pointer (&given->answers, g_array_unref);
  g_free (given);
}

InnerGivens *
inner_givens_new (void)
{
  InnerGivens *givens = g_new0 (InnerGivens, 1);

  givens->list = g_ptr_array_new_with_free_func (given_free);
  givens->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  givens->below = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return givens;
}

void
inner_givens_free (InnerGivens *givens)
{
  g_hash_table_unref (givens->below);
  g_hash_table_unref (givens->by_name);
  g_ptr_array_unref (givens->list);
  g_free (givens);
}

/* Whether what stands before the domain of the wildcard is long enough to be data. */
static gboolean
is_long (const char *name, const InnerNetworkPattern *pattern)
{
  gsize own = strlen (name) - strlen (pattern->name);
  gsize longest = 0;

  for (const char *label = name; label < name + own;)
    {
      gsize length = strcspn (label, ".");

      longest = MAX (longest, length);
      label += length + 1;
    }
  return longest >= LONG_LABEL || own >= LONG_NAME;
}

/* SECURITY: a question for a name below a wildcard reaches the name servers of that domain, so names can carry
 * data there. So only a limited number is ever asked for (attack 81; tests/unit/test-network.c). In an open network
 * data needs no such way. */
static gboolean
count_below (InnerGivens *givens,
             const char *name,
             const InnerNetworkPattern *pattern,
             const char **why)
{
  Count *count;

  if (pattern == NULL || pattern->kind != INNER_NETWORK_BELOW)
    return TRUE;
  count = g_hash_table_lookup (givens->below, pattern->name);
  if (count == NULL)
    {
      count = g_new0 (Count, 1);
      g_hash_table_insert (givens->below, g_strdup (pattern->name), count);
    }
  if (count->all >= MAX_BELOW || (is_long (name, pattern) && count->of_long >= MAX_LONG_BELOW))
    {
      *why = _ ("too many different names below a wildcard were asked for");
      return FALSE;
    }
  count->all++;
  count->of_long += is_long (name, pattern);
  return TRUE;
}

static void
number_address (guint number, InnerNetworkAddress *address)
{
  InnerNetworkRange pool;

  inner_network_range_parse (POOL, &pool);
  *address = pool.address;
  address->bytes[13] += number >> 16;
  address->bytes[14] = number >> 8;
  address->bytes[15] = number;
}

static gboolean
check_room (const InnerGivens *givens, const char **why)
{
  if (givens->list->len < MAX_NAMES)
    return TRUE;
  *why = _ ("too many different names were asked for");
  return FALSE;
}

static InnerGiven *
make_given (InnerGivens *givens, const char *name)
{
  InnerGiven *given = g_new0 (InnerGiven, 1);

  given->name = g_strdup (name);
  number_address (FIRST + givens->list->len, &given->address);
  g_ptr_array_add (givens->list, given);
  g_hash_table_insert (givens->by_name, given->name, given);
  givens->n_later++;
  return given;
}

gboolean
inner_givens_admit (InnerGivens *givens,
                    InnerGiven *given,
                    const InnerNetworkPattern *pattern,
                    const char **why)
{
  if (given->admitted)
    return TRUE;
  if (!count_below (givens, given->name, pattern, why))
    return FALSE;
  given->admitted = TRUE;
  givens->n_later--;
  return TRUE;
}

InnerGiven *
inner_givens_add (InnerGivens *givens,
                  const char *name,
                  const InnerNetworkPattern *pattern,
                  const char **why)
{
  InnerGiven *given = g_hash_table_lookup (givens->by_name, name);

  if (given != NULL)
    return inner_givens_admit (givens, given, pattern, why) ? given : NULL;
  if (!check_room (givens, why) || !count_below (givens, name, pattern, why))
    return NULL;
  given = make_given (givens, name);
  /* It was counted. */
  inner_givens_admit (givens, given, NULL, why);
  return given;
}

InnerGiven *
inner_givens_add_later (InnerGivens *givens, const char *name, const char **why)
{
  InnerGiven *given = g_hash_table_lookup (givens->by_name, name);

  return given == NULL && check_room (givens, why) ? make_given (givens, name) : given;
}

guint
inner_givens_count_later (const InnerGivens *givens)
{
  return givens->n_later;
}

gboolean
inner_givens_is_synthetic (const InnerNetworkAddress *address)
{
  InnerNetworkRange pool;

  return inner_network_range_parse (POOL, &pool) && inner_network_range_contains (&pool, address);
}

InnerGiven *
inner_givens_find (InnerGivens *givens, const InnerNetworkAddress *address)
{
  guint number;

  if (!inner_givens_is_synthetic (address))
    return NULL;
  number = (address->bytes[13] & 1u) << 16 | (guint) address->bytes[14] << 8 | address->bytes[15];
  return number >= FIRST && number - FIRST < givens->list->len ? givens->list->pdata[number - FIRST]
                                                               : NULL;
}
G_STATIC_ASSERT (FIRST + MAX_NAMES <= POOL_SIZE);
