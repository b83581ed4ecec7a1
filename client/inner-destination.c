/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-destination.h"

#include <stdio.h>
#include <string.h>

#include "inner-client.h"
#include "inner-consent.h"
#include "inner-json.h"
#include "inner-options.h"
#include "inner-output.h"

/* One listener, from WatchDestinations to the end of the sandbox. */
typedef struct
{
  InnerConnection *connection;
  const InnerSandbox *sandbox;
  gboolean json;
  GQueue questions; /* of destinations (owned) that were not put yet */
  gboolean ended;   /* the sandbox */
  gboolean lost;    /* the service */
} Asking;

/* What a person types, and what it does. */
static const struct
{
  const char *letter;
  const char *word;
  const char *method;
  const char *how;
} answers[] = {
  { "o", "once", INNER_DESTINATION_ALLOW, "once" },
  { "s", "session", INNER_DESTINATION_ALLOW, "session" },
  { "p", "profile", INNER_DESTINATION_ALLOW, "profile" },
  { "n", "no", INNER_DESTINATION_DENY, "once" },
  { "d", "deny", INNER_DESTINATION_DENY, "session" },
};

gboolean
inner_destination_decide (InnerConnection *connection,
                          const char *path,
                          const char *method,
                          const char *destination,
                          const char *how,
                          GError **error)
{
  g_autoptr (GVariant) parameters =
      g_variant_ref_sink (g_variant_new_parsed ("(%s, {'for': <%s>})", destination, how));
  g_autoptr (GVariant) reply = inner_call (connection, path, INNER_INTERFACE_INSTANCE, method,
                                           parameters, "()", NULL, error);

  return reply != NULL;
}

static char *
join (const char *host, guint16 port)
{
  return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

static void
on_asked (GDBusConnection *bus,
          const char *sender,
          const char *path,
          const char *interface,
          const char *signal,
          GVariant *parameters,
          gpointer data)
{
  Asking *asking = data;
  const char *host;
  guint16 port;

  g_variant_get (parameters, "(&sq)", &host, &port);
  g_queue_push_tail (&asking->questions, join (host, port));
}

static void
on_exited (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer data)
{
  ((Asking *) data)->ended = TRUE;
}

static void
on_vanished (GDBusConnection *bus, const char *name, gpointer data)
{
  ((Asking *) data)->lost = TRUE;
}

static void
on_closed (GDBusConnection *bus, gboolean vanished, GError *error, gpointer data)
{
  ((Asking *) data)->lost = TRUE;
}

/* The questions that wait for an answer, as destinations. (transfer full) */
static GPtrArray *
get_open (const Asking *asking)
{
  GPtrArray *open = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GVariant) reply = inner_call (
      asking->connection, asking->sandbox->path, "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", INNER_INTERFACE_INSTANCE, "Asked"), "(v)", NULL, NULL);
  g_autoptr (GVariant) all = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(v)", &all);
  for (gsize i = 0; all != NULL && g_variant_is_of_type (all, G_VARIANT_TYPE ("aa{sv}")) &&
                    i < g_variant_n_children (all);
       i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (all, i);
      guint16 port = 0;

      g_variant_lookup (one, "port", "q", &port);
      g_ptr_array_add (open, join (inner_text_of (one, "name"), port));
    }
  return open;
}

static gboolean
is_open (const Asking *asking, const char *destination)
{
  g_autoptr (GPtrArray) open = get_open (asking);

  return g_ptr_array_find_with_equal_func (open, destination, g_str_equal, NULL);
}

static void
carry_out (const Asking *asking, const char *destination, gsize answer)
{
  g_autoptr (GError) error = NULL;

  if (!is_open (asking, destination) && g_str_equal (answers[answer].how, "once"))
    {
      inner_say (_ ("nobody waits for %s any more"), destination);
      return;
    }
  if (inner_destination_decide (asking->connection, asking->sandbox->path, answers[answer].method,
                                destination, answers[answer].how, &error))
    return;
  inner_fail (error);
  /* It is not kept waiting for what it does not get. */
  if (g_str_equal (answers[answer].method, INNER_DESTINATION_ALLOW))
    inner_destination_decide (asking->connection, asking->sandbox->path, INNER_DESTINATION_DENY,
                              destination, "once", NULL);
}

/* SECURITY: only a word of the list that was typed after the question is an answer, and all else is asked again; what a
 * sandbox wrote is escaped (attacks 1 and 64; test_network_ask_on_a_terminal). FALSE if the person wants no more. */
static gboolean
put_question (const Asking *asking, const char *destination)
{
  g_autofree char *shown = inner_escape_for_display (destination);
  g_autofree char *question =
      g_strdup_printf (_ ("The sandbox wants to reach %s. Allow it once (o), for the session (s), "
                          "also in the profile (p), or not (n), or never (d)?"),
                       shown);

  while (is_open (asking, destination))
    {
      g_autofree char *word = inner_ask_word (question);

      if (word == NULL)
        return FALSE;
      for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
        if (g_ascii_strcasecmp (word, answers[i].letter) == 0 ||
            g_ascii_strcasecmp (word, answers[i].word) == 0)
          {
            carry_out (asking, destination, i);
            return TRUE;
          }
    }
  return TRUE;
}

static void
print_question (const Asking *asking, const char *destination)
{
  g_autoptr (GVariant) line = g_variant_ref_sink (
      g_variant_new_parsed ("{'id': <%s>, 'destination': <%s>}",
                            inner_text_of (asking->sandbox->properties, "Id"), destination));
  g_autoptr (GString) text = g_string_new (NULL);

  inner_json_append (text, line, FALSE);
  puts (text->str);
  fflush (stdout);
}

static gboolean
ask_all (Asking *asking, GError **error)
{
  while (!asking->ended)
    {
      g_autofree char *destination = g_queue_pop_head (&asking->questions);

      if (destination == NULL && asking->lost)
        {
          g_set_error_literal (
              error, INNER_ERROR, INNER_ERROR_NOT_FOUND,
              _ ("The service ended, and nobody is asked any more; start “innerctl "
                 "network ask” again"));
          return FALSE;
        }
      if (destination == NULL)
        g_main_context_iteration (NULL, TRUE);
      else if (asking->json)
        print_question (asking, destination);
      else if (!put_question (asking, destination))
        return TRUE;
    }
  return TRUE;
}

/* Also those that somebody else is being asked. */
static void
take_open (Asking *asking)
{
  g_autoptr (GPtrArray) open = get_open (asking);

  for (guint i = 0; i < open->len; i++)
    g_queue_push_tail (&asking->questions, g_strdup (open->pdata[i]));
}

static guint
subscribe (Asking *asking, const char *signal, GDBusSignalCallback callback)
{
  return g_dbus_connection_signal_subscribe (
      asking->connection->bus, asking->connection->destination, INNER_INTERFACE_INSTANCE, signal,
      asking->sandbox->path, NULL, G_DBUS_SIGNAL_FLAGS_NONE, callback, asking, NULL);
}

gboolean
inner_destination_ask (InnerConnection *connection,
                       const InnerSandbox *sandbox,
                       gboolean json,
                       GError **error)
{
  Asking asking = { connection, sandbox, json, G_QUEUE_INIT, FALSE, FALSE };
  g_autoptr (GVariant) reply = NULL;
  guint signals[2];
  gulong closed;
  guint watch;
  gboolean well;

  if (!json && !inner_can_ask ())
    {
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                           _ ("There is no terminal to ask on; “--json” prints the questions, and "
                              "“innerctl network allow” and “deny” answer them"));
      return FALSE;
    }
  take_open (&asking);
  signals[0] = subscribe (&asking, "DestinationAsked", on_asked);
  signals[1] = subscribe (&asking, "Exited", on_exited);
  closed = g_signal_connect (connection->bus, "closed", G_CALLBACK (on_closed), &asking);
  watch = connection->destination != NULL
              ? g_bus_watch_name_on_connection (connection->bus, connection->destination,
                                                G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished,
                                                &asking, NULL)
              : 0;
  reply = inner_call (connection, sandbox->path, INNER_INTERFACE_INSTANCE, "WatchDestinations",
                      g_variant_new ("(b)", TRUE), "()", NULL, error);
  well = reply != NULL && ask_all (&asking, error);

  if (watch != 0)
    g_bus_unwatch_name (watch);
  g_signal_handler_disconnect (connection->bus, closed);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_dbus_connection_signal_unsubscribe (connection->bus, signals[i]);
  g_queue_clear_full (&asking.questions, g_free);
  return well;
}
