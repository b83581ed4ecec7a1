/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-denied-text.h"

#include <string.h>

#include "inner-message.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-output.h"

/* The sandbox may ask for anything; nobody reads more. */
#define MAX_SAID 50

static GHashTable *said; /* “host:port” */

/* Whether it was said before; it has been afterwards. */
static gboolean
was_said (const char *destination)
{
  if (said == NULL)
    said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return g_hash_table_size (said) >= MAX_SAID || !g_hash_table_add (said, g_strdup (destination));
}

/* SECURITY: what comes from a sandbox is escaped before it reaches a terminal (attack 1; tests/bus/test_network.py). */
static char *
shown_destination (const char *host, guint16 port)
{
  g_autofree char *shown = inner_escape_for_display (host);
  gboolean is_v6 = strchr (shown, ':') != NULL;

  if (port == 0)
    return g_steal_pointer (&shown);
  return g_strdup_printf (is_v6 ? "[%s]:%u" : "%s:%u", shown, port);
}

/* A sentence, or %NULL if it was said before. (transfer full) */
static char *
sentence (const char *host, guint16 port, const char *reason, guint count)
{
  g_autofree char *destination = shown_destination (host, port);
  g_autofree char *why = inner_escape_for_display (reason);

  if (was_said (destination))
    return NULL;
  if (count > 1)
    return g_strdup_printf (g_dngettext (NULL, "the sandbox may not reach %s: %s (%u time)",
                                         "the sandbox may not reach %s: %s (%u times)", count),
                            destination, why, count);
  if (reason[0] != '\0')
    return g_strdup_printf (_ ("the sandbox may not reach %s: %s"), destination, why);
  return g_strdup_printf (_ ("the sandbox may not reach %s"), destination);
}

static void
on_denied (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer data)
{
  InnerTerminal *terminal = data;
  g_autoptr (GVariant) details = NULL;
  g_autofree char *text = NULL;
  const char *host;
  const char *reason;
  guint16 port;

  g_variant_get (parameters, "(&sq&s@a{sv})", &host, &port, &reason, &details);
  if (terminal != NULL && !inner_flag_of (details, "line-mode"))
    return;
  text = sentence (host, port, reason, 1);
  if (text != NULL && terminal != NULL)
    inner_terminal_say (terminal, text);
  else if (text != NULL)
    inner_say ("%s", text);
}

void
inner_follow_denied (InnerConnection *connection, const char *path, InnerTerminal *terminal)
{
  g_dbus_connection_signal_subscribe (connection->bus, connection->destination,
                                      INNER_INTERFACE_INSTANCE, "DestinationDenied", path, NULL,
                                      G_DBUS_SIGNAL_FLAGS_NONE, on_denied, terminal, NULL);
}

void
inner_say_denied (GVariant *result)
{
  g_autoptr (GVariant) all = g_variant_lookup_value (result, "denied", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; all != NULL && i < g_variant_n_children (all); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (all, i);
      g_autofree char *text = NULL;
      guint16 port = 0;
      guint32 count = 1;

      g_variant_lookup (one, "port", "q", &port);
      g_variant_lookup (one, "count", "u", &count);
      text = sentence (inner_text_of (one, "name"), port, inner_text_of (one, "reason"), count);
      if (text != NULL)
        inner_say ("%s", text);
    }
}
