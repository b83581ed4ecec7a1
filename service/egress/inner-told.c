/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-egress.h"
#include "inner-wire.h"

/* SECURITY: a sandbox makes events as fast as it can connect. So many at once and a second are told, the rest only
 * counted, so that it can neither fill a disk nor hold up whoever listens (attack 96; test_096_flood_of_denials). */
#define BURST 200
#define PER_SECOND 50
#define MAX_DENIALS 512

struct _InnerTold
{
  InnerEgress *egress;
  GHashTable *denials; /* owned key -> owned Denial */
  guint tokens;
  guint lost; /* events that were not told */
};

typedef struct
{
  char *name;
  char *address;
  guint16 port;
  char *rule;
  const char *reason; /* static */
  guint untold;
} Denial;

static void
denial_free (gpointer data)
{
  Denial *denial = data;

  g_free (denial->name);
  g_free (denial->address);
  g_free (denial->rule);
  g_free (denial);
}

InnerTold *
inner_told_new (InnerEgress *egress)
{
  InnerTold *told = g_new0 (InnerTold, 1);

  told->egress = egress;
  told->tokens = BURST;
  told->denials = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, denial_free);
  return told;
}

static const char *
or_empty (const char *text)
{
  return text != NULL ? text : "";
}

static void
send_event (InnerTold *told, const InnerEvent *event, guint count)
{
  inner_egress_tell (told->egress, INNER_WIRE_NETWORK,
                     g_variant_new_parsed (
                         "{'decision': <%s>, 'name': <%s>, 'address': <%s>, 'port': <%q>, "
                         "'rule': <%s>, 'reason': <%s>, 'sent': <%t>, 'received': <%t>, "
                         "'duration-ms': <%x>, 'count': <%u>, 'at': <%x>}",
                         event->event, or_empty (event->name), or_empty (event->address),
                         event->port, or_empty (event->rule), or_empty (event->reason), event->sent,
                         event->received, event->duration, count, g_get_real_time ()));
}

static gboolean
take_token (InnerTold *told)
{
  if (told->tokens == 0)
    {
      told->lost++;
      return FALSE;
    }
  told->tokens--;
  return TRUE;
}

/* Whether @event repeats a denial that was told already; it is counted then. */
static gboolean
count_denial (InnerTold *told, const InnerEvent *event)
{
  const char *whom = event->name != NULL ? event->name : event->address;
  g_autofree char *key = g_strdup_printf ("%s %u %s", or_empty (whom), event->port, event->reason);
  Denial *denial = g_hash_table_lookup (told->denials, key);

  if (denial != NULL)
    {
      denial->untold++;
      return TRUE;
    }
  if (g_hash_table_size (told->denials) >= MAX_DENIALS)
    {
      told->lost++;
      return TRUE;
    }
  denial = g_new0 (Denial, 1);
  *denial = (Denial){ g_strdup (event->name),
                      g_strdup (event->address),
                      event->port,
                      g_strdup (event->rule),
                      event->reason,
                      0 };
  g_hash_table_insert (told->denials, g_steal_pointer (&key), denial);
  return FALSE;
}

void
inner_told_add (InnerTold *told, const InnerEvent *event)
{
  if (g_str_equal (event->event, INNER_EGRESS_DENIED) && count_denial (told, event))
    return;
  if (take_token (told))
    send_event (told, event, 1);
}

void
inner_told_add_always (InnerTold *told, const InnerEvent *event)
{
  send_event (told, event, 1);
}

void
inner_told_flush (InnerTold *told)
{
  GHashTableIter iter;
  gpointer value;

  told->tokens = MIN (told->tokens + PER_SECOND, BURST);
  g_hash_table_iter_init (&iter, told->denials);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Denial *denial = value;

      if (denial->untold > 0 && told->tokens > 0)
        {
          told->tokens--;
          send_event (told,
                      &(InnerEvent){ INNER_EGRESS_DENIED, denial->name, denial->address,
                                     denial->port, denial->rule, denial->reason },
                      denial->untold);
          denial->untold = 0;
        }
    }
  if (told->lost > 0)
    {
      send_event (told, &(InnerEvent){ INNER_EGRESS_LOST }, told->lost);
      told->lost = 0;
    }
}
