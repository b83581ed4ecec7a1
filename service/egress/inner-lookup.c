/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-egress.h"

/* The same name is asked for by the question about it and by the connection that follows. */
#define FRESH_US (10 * G_USEC_PER_SEC)
#define MAX_LOOKUPS 128

typedef struct
{
  InnerEgress *egress;
  InnerGiven *given; /* NULL: a host of ours */
  GCancellable *cancellable;
  InnerLookedUp done;
  gpointer data;
} Lookup;

static void
lookup_free (Lookup *lookup)
{
  g_object_unref (lookup->cancellable);
  g_free (lookup);
}

static GArray *
read_answers (GList *list)
{
  GArray *answers = g_array_new (FALSE, FALSE, sizeof (InnerNetworkAddress));

  for (; list != NULL; list = list->next)
    {
      g_autofree char *text = g_inet_address_to_string (list->data);
      InnerNetworkAddress address;

      if (inner_network_address_parse (text, &address))
        g_array_append_val (answers, address);
    }

  return answers;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Lookup *lookup = data;
  g_autoptr (GError) error = NULL;
  GList *list = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);
  g_autoptr (GArray) answers = list != NULL ? read_answers (list) : NULL;

  lookup->egress->n_lookups--;
  g_resolver_free_addresses (list);
  if (answers != NULL && lookup->given != NULL)
    {
      g_clear_pointer (&lookup->given->answers, g_array_unref);
      lookup->given->answers = g_array_ref (answers);
      lookup->given->fresh_until = g_get_monotonic_time () + FRESH_US;
    }
  if (!g_cancellable_is_cancelled (lookup->cancellable))
    lookup->done (answers, error, lookup->data);
  lookup_free (lookup);
}

static void
ask (InnerEgress *egress,
     InnerGiven *given,
     const char *host,
     GCancellable *cancellable,
     InnerLookedUp done,
     gpointer data)
{
  g_autoptr (GError) error = NULL;
  Lookup *lookup;

  if (egress->n_lookups >= MAX_LOOKUPS)
    {
      error = g_error_new_literal (G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE,
                                   "too many lookups at once");
      done (NULL, error, data);
      return;
    }
  lookup = g_new0 (Lookup, 1);
  *lookup = (Lookup){ egress, given, g_object_ref (cancellable), done, data };
  egress->n_lookups++;
  g_resolver_lookup_by_name_async (egress->resolver, host, cancellable, on_answer, lookup);
}

void
inner_lookup (InnerEgress *egress,
              InnerGiven *given,
              GCancellable *cancellable,
              InnerLookedUp done,
              gpointer data)
{
  if (given->answers != NULL && given->fresh_until > g_get_monotonic_time ())
    {
      g_autoptr (GArray) answers = g_array_ref (given->answers);

      done (answers, NULL, data);
      return;
    }
  ask (egress, given, given->name, cancellable, done, data);
}

void
inner_lookup_host (InnerEgress *egress,
                   const char *host,
                   GCancellable *cancellable,
                   InnerLookedUp done,
                   gpointer data)
{
  ask (egress, NULL, host, cancellable, done, data);
}
