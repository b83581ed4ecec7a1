/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Ports of the sandbox that programs of this machine reach. The sockets come from the service and go to the gateway;
 * here it is only known which there are.
 */

#include <errno.h>
#include <glib/gi18n.h>

#include "inner-names.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

#define PROPERTY "Published"

/* What a service asked for and the gateway has not answered yet. */
typedef struct
{
  guint8 generation;
  guint32 tag; /* of the service */
  char *word;
} Asked;

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  g_free (asked->word);
  g_free (asked);
}

static gboolean
send_to_gateway (const InnerSupervisor *self, guint32 tag, const char *word, guint16 inside, int fd)
{
  return inner_wire_send (
      self->gateway, INNER_WIRE_PUBLISH,
      g_variant_new_parsed ("{'tag': <%u>, 'word': <%s>, 'inside': <%q>}", tag, word, inside), &fd,
      1);
}

int
inner_published_begin (InnerSupervisor *self)
{
  InnerRecord *record = self->record;

  for (gsize i = 0; record->publish != NULL && i < g_variant_n_children (record->publish); i++)
    {
      const char *word;
      guint16 inside;
      gboolean sent;
      int error;

      g_variant_get_child (record->publish, i, "(&sq)", &word, &inside);
      sent = send_to_gateway (self, 0, word, inside, record->published[i]);
      error = errno;
      /* With ours open, the end of the gateway would not close it. */
      inner_close (&record->published[i]);
      if (!sent)
        return error;
    }

  return 0;
}

/* The list of all, with @word added to it; %NULL empties it. (transfer full) */
static GVariant *
change (InnerSupervisor *self, const char *word)
{
  InnerRecord *record = self->record;
  g_autoptr (GVariantDict) dict = g_variant_dict_new (record->properties);
  g_autoptr (GVariant) all = NULL;
  g_autofree const char **before = NULL;
  GVariantBuilder words;

  g_variant_builder_init (&words, G_VARIANT_TYPE_STRING_ARRAY);
  if (word != NULL && g_variant_dict_lookup (dict, PROPERTY, "^a&s", &before))
    for (const char **one = before; *one != NULL; one++)
      g_variant_builder_add (&words, "s", *one);
  if (word != NULL)
    g_variant_builder_add (&words, "s", word);
  all = g_variant_ref_sink (g_variant_builder_end (&words));

  g_variant_dict_insert_value (dict, PROPERTY, all);
  g_variant_unref (record->properties);
  record->properties = g_variant_ref_sink (g_variant_dict_end (dict));
  return g_steal_pointer (&all);
}

static void
answer (InnerSupervisor *self, guint8 generation, guint32 tag, const char *message)
{
  inner_line_tell (self, generation, INNER_WIRE_PUBLISHED,
                   g_variant_new_parsed ("{'tag': <%u>, 'message': <%s>}", tag, message));
}

/* Every service shows it; the one that asked for it gets its answer afterwards. */
static void
tell_all (InnerSupervisor *self, GVariant *all)
{
  inner_line_tell_all (
      self, INNER_WIRE_PUBLISHED,
      g_variant_new_parsed ("{'tag': <%u>, 'message': <''>, 'published': <%@as>}", 0u, all));
}

/* Why the gateway was not asked, or %NULL; @fd is borrowed. */
static const char *
ask_gateway (InnerSupervisor *self, const char *word, guint16 inside, int fd)
{
  if (!inner_gateway_is_there (self))
    return N_ ("its gateway has ended, or cannot be started");
  if (!send_to_gateway (self, ++self->last_asked, word, inside, fd))
    return g_strerror (errno);
  return NULL;
}

gboolean
inner_published_add (InnerSupervisor *self, InnerLine *line, GVariant *values, int fd)
{
  const char *word = NULL;
  const char *fault;
  guint16 inside = 0;
  guint32 tag = 0;
  Asked *asked;

  if (!g_variant_lookup (values, "tag", "u", &tag) || tag == 0 ||
      !g_variant_lookup (values, "word", "&s", &word) ||
      !g_variant_lookup (values, "inside", "q", &inside) || inside == 0)
    return FALSE;
  fault = ask_gateway (self, word, inside, fd);
  if (fault != NULL)
    {
      answer (self, line->generation, tag, fault);
      return TRUE;
    }
  asked = g_new (Asked, 1);
  *asked = (Asked){ line->generation, tag, g_strdup (word) };
  if (self->asked_published == NULL)
    self->asked_published = g_hash_table_new_full (NULL, NULL, NULL, asked_free);
  g_hash_table_insert (self->asked_published, GUINT_TO_POINTER (self->last_asked), asked);
  return TRUE;
}

void
inner_published_on_answer (InnerSupervisor *self, GVariant *values)
{
  g_autoptr (GVariant) all = NULL;
  const char *message = "";
  guint32 number = 0;
  Asked *asked = NULL;

  g_variant_lookup (values, "tag", "u", &number);
  g_variant_lookup (values, "message", "&s", &message);
  if (self->asked_published != NULL)
    asked = g_hash_table_lookup (self->asked_published, GUINT_TO_POINTER (number));
  if (asked == NULL)
    return;
  if (message[0] == '\0')
    {
      all = change (self, asked->word);
      inner_story_tell (self, INNER_EVENT_PUBLISHED,
                        g_variant_new_parsed ("{'port': <%s>}", asked->word));
      tell_all (self, all);
    }
  answer (self, asked->generation, asked->tag, message);
  g_hash_table_remove (self->asked_published, GUINT_TO_POINTER (number));
}

void
inner_published_on_gone (InnerSupervisor *self, const char *message)
{
  g_autoptr (GVariant) before =
      g_variant_lookup_value (self->record->properties, PROPERTY, G_VARIANT_TYPE_STRING_ARRAY);
  g_autoptr (GVariant) none = change (self, NULL);
  GHashTableIter iter;
  gpointer value;

  if (before != NULL && g_variant_n_children (before) > 0)
    tell_all (self, none);
  if (self->asked_published == NULL)
    return;
  g_hash_table_iter_init (&iter, self->asked_published);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    answer (self, ((Asked *) value)->generation, ((Asked *) value)->tag, message);
  g_hash_table_remove_all (self->asked_published);
}
