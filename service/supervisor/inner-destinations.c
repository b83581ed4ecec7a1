/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What people decide about destinations while the sandbox runs: handed on to the gateway, which keeps it, recorded when
 * it was carried out, and told to every service, also to later ones.
 */

#include <glib/gi18n.h>

#include "inner-supervisor.h"
#include "inner-wire.h"

/* That the gateway has not answered. */
#define MAX_PENDING 64
/* A message has to hold them. */
#define MAX_ALLOWED 64

typedef struct
{
  guint8 generation; /* of the line that it came on */
  GVariant *values;
} Pending;

static void
pending_free (gpointer data)
{
  Pending *pending = data;

  g_variant_unref (pending->values);
  g_free (pending);
}

static void
answer (InnerSupervisor *self, guint8 generation, GVariant *values, int code, const char *message)
{
  guint32 tag = 0;

  g_variant_lookup (values, "tag", "u", &tag);
  inner_line_tell (
      self, generation, INNER_WIRE_DECIDED,
      g_variant_new_parsed ("{'tag': <%u>, 'code': <%i>, 'message': <%s>}", tag, code, message));
}

/* SECURITY: somebody listens as long as a line is there that said so; with the end of a service nobody does, and what
 * waits is refused (attack 107; test_107_death_of_the_listener). */
void
inner_destinations_listen (InnerSupervisor *self)
{
  gboolean listening = FALSE;

  for (guint i = 0; i < INNER_MAX_LINES; i++)
    listening = listening || (self->lines[i].fd >= 0 && self->lines[i].listens);
  if (listening == self->listening || self->gateway < 0)
    return;
  if (inner_wire_send (self->gateway, INNER_WIRE_LISTEN,
                       g_variant_new_parsed ("{'listening': <%b>}", listening), NULL, 0))
    self->listening = listening;
}

void
inner_destinations_decide (InnerSupervisor *self, guint8 generation, GVariant *values)
{
  Pending *pending;

  if (!self->gateway_ready || self->gateway < 0)
    {
      answer (self, generation, values, 0, N_ ("the sandbox has no gateway to the network"));
      return;
    }
  if (self->decisions == NULL)
    self->decisions = g_queue_new ();
  if (g_queue_get_length (self->decisions) >= MAX_PENDING ||
      !inner_wire_send (self->gateway, INNER_WIRE_DECIDE, values, NULL, 0))
    {
      answer (self, generation, values, 0, N_ ("the gateway to the network is busy; try again"));
      return;
    }
  pending = g_new (Pending, 1);
  *pending = (Pending){ generation, g_variant_ref (values) };
  g_queue_push_tail (self->decisions, pending);
}

static gboolean
is_allowing (const char *word)
{
  return g_str_equal (word, INNER_EGRESS_ONCE) || g_str_equal (word, INNER_EGRESS_SESSION) ||
         g_str_equal (word, INNER_EGRESS_PROFILE);
}

/* What was opened for one connection goes first, and is used up in any case. */
static void
make_room (GPtrArray *allowed)
{
  const char *word = "";
  guint i = 0;

  if (allowed->len < MAX_ALLOWED)
    return;
  while (i < allowed->len && g_variant_lookup (allowed->pdata[i], "answer", "&s", &word) &&
         !g_str_equal (word, INNER_EGRESS_ONCE))
    i++;
  g_ptr_array_remove_index (allowed, i < allowed->len ? i : 0);
}

static void
note (InnerSupervisor *self, GVariant *values)
{
  const char *destination = "";
  const char *word = "";
  const char *granted = "";

  g_variant_lookup (values, "destination", "&s", &destination);
  g_variant_lookup (values, "answer", "&s", &word);
  g_variant_lookup (values, "granted", "&s", &granted);
  inner_story_tell (self, INNER_EVENT_DESTINATION,
                    g_variant_new_parsed ("{'destination': <%s>, 'answer': <%s>, 'granted': <%s>}",
                                          destination, word, granted));
  if (!is_allowing (word))
    return;
  if (self->allowed == NULL)
    self->allowed = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  make_room (self->allowed);
  g_ptr_array_add (self->allowed, g_variant_ref_sink (g_variant_new_parsed (
                                      "{'destination': <%s>, 'answer': <%s>, 'at': <%x>}",
                                      destination, word, g_get_real_time ())));
  inner_line_tell_all (
      self, INNER_WIRE_ALLOWED,
      g_variant_new_parsed ("{'allowed': <%@aa{sv}>}", inner_destinations_allowed (self)));
}

/* What was opened is known to everybody before it is answered. */
void
inner_destinations_on_decided (InnerSupervisor *self, GVariant *values)
{
  Pending *pending = self->decisions != NULL ? g_queue_pop_head (self->decisions) : NULL;
  const char *message = "";
  gint32 code = 0;

  if (pending == NULL)
    return;
  g_variant_lookup (values, "code", "i", &code);
  g_variant_lookup (values, "message", "&s", &message);
  if (message[0] == '\0')
    note (self, pending->values);
  answer (self, pending->generation, pending->values, code, message);
  pending_free (pending);
}

void
inner_destinations_on_gone (InnerSupervisor *self)
{
  Pending *pending;

  self->listening = FALSE;
  while (self->decisions != NULL && (pending = g_queue_pop_head (self->decisions)) != NULL)
    {
      answer (self, pending->generation, pending->values, 0,
              N_ ("the sandbox has no gateway to the network"));
      pending_free (pending);
    }
}

GVariant *
inner_destinations_allowed (const InnerSupervisor *self)
{
  return g_variant_new_array (G_VARIANT_TYPE_VARDICT,
                              self->allowed != NULL ? (GVariant *const *) self->allowed->pdata
                                                    : NULL,
                              self->allowed != NULL ? self->allowed->len : 0);
}
