/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-instance-network.h"

#include <glib/gi18n.h>

#include "inner-wire.h"

/* The gateway has no language: its sentences are the keys of their translations. */
static const char *
translated (const char *reason)
{
  return reason[0] != '\0' ? _ (reason) : "";
}

static GVariant *
describe (GVariant *all)
{
  GVariantBuilder described;

  g_variant_builder_init (&described, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (all); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (all, i);
      g_autoptr (GVariantDict) dict = g_variant_dict_new (one);
      const char *reason = "";

      g_variant_lookup (one, "reason", "&s", &reason);
      g_variant_dict_insert (dict, "reason", "s", translated (reason));
      g_variant_builder_add_value (&described, g_variant_dict_end (dict));
    }
  return g_variant_builder_end (&described);
}

void
inner_instance_take_denied (InnerDBusSandboxInstance *instance, GVariant *values)
{
  g_autoptr (GVariant) denied =
      g_variant_lookup_value (values, "denied", G_VARIANT_TYPE ("aa{sv}"));

  if (denied != NULL)
    inner_dbus_sandbox_instance_set_denied (instance, describe (denied));
}

/* The questions without that about @name and @port; with @event “asked” it is there again. */
static void
note_question (InnerDBusSandboxInstance *instance, GVariant *event, const char *name, guint16 port)
{
  GVariant *old = inner_dbus_sandbox_instance_get_asked (instance);
  GVariantBuilder asked;
  const char *decision = "";
  gint64 at = 0;

  g_variant_lookup (event, "decision", "&s", &decision);
  g_variant_lookup (event, "at", "x", &at);
  g_variant_builder_init (&asked, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (old); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (old, i);
      const char *other = "";
      guint16 other_port = 0;

      g_variant_lookup (one, "name", "&s", &other);
      g_variant_lookup (one, "port", "q", &other_port);
      if (other_port != port || !g_str_equal (other, name))
        g_variant_builder_add_value (&asked, one);
    }
  if (g_str_equal (decision, INNER_EGRESS_ASKED))
    g_variant_builder_add_parsed (&asked, "{'name': <%s>, 'port': <%q>, 'at': <%x>}", name, port,
                                  at);
  inner_dbus_sandbox_instance_set_asked (instance, g_variant_builder_end (&asked));
}

/* (transfer floating) */
static GVariant *
details_of (GVariant *values)
{
  GVariantBuilder details;
  gboolean line_mode;
  guint32 count = 1;

  g_variant_builder_init (&details, G_VARIANT_TYPE_VARDICT);
  g_variant_lookup (values, "count", "u", &count);
  g_variant_builder_add (&details, "{sv}", "count", g_variant_new_uint32 (count));
  if (g_variant_lookup (values, "line-mode", "b", &line_mode))
    g_variant_builder_add (&details, "{sv}", "line-mode", g_variant_new_boolean (line_mode));
  return g_variant_builder_end (&details);
}

void
inner_instance_tell_network (InnerDBusSandboxInstance *instance, GVariant *values)
{
  const char *event = "";
  const char *name = "";
  const char *reason = "";
  guint16 port = 0;

  g_variant_lookup (values, "decision", "&s", &event);
  g_variant_lookup (values, "name", "&s", &name);
  if (name[0] == '\0')
    g_variant_lookup (values, "address", "&s", &name);
  g_variant_lookup (values, "port", "q", &port);
  g_variant_lookup (values, "reason", "&s", &reason);
  if (g_str_equal (event, INNER_EGRESS_DENIED))
    inner_dbus_sandbox_instance_emit_destination_denied (instance, name, port, translated (reason),
                                                         details_of (values));
  else if (g_str_equal (event, INNER_EGRESS_ASKED) || g_str_equal (event, INNER_EGRESS_ANSWERED))
    note_question (instance, values, name, port);
  if (g_str_equal (event, INNER_EGRESS_ASKED))
    inner_dbus_sandbox_instance_emit_destination_asked (instance, name, port);
}
