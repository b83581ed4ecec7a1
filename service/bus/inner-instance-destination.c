/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The methods AllowDestination, DenyDestination and WatchDestinations: what people decide about destinations while the
 * sandbox runs. The gateway carries it out; here is decided who may, and what is kept.
 */

#include <errno.h>
#include <glib/gi18n.h>

#include "inner-access.h"
#include "inner-amendment.h"
#include "inner-error.h"
#include "inner-instance-private.h"
#include "inner-names.h"
#include "inner-network-pattern.h"
#include "inner-options.h"
#include "inner-privileges.h"
#include "inner-service.h"
#include "inner-wire.h"

/* Granted when the sandbox was started */
#define GRANTED_AT_START "start"

typedef struct
{
  InnerInstance *instance;
  GDBusMethodInvocation *invocation; /* NULL once answered */
  char *destination;
  const char *answer;        /* INNER_EGRESS_*, static */
  char *granted;             /* by whom; empty: nobody had to */
  InnerAmendment *amendment; /* (nullable): of a profile */
} Decision;

static void
decision_free (Decision *decision)
{
  g_clear_pointer (&decision->amendment, inner_amendment_free);
  g_object_unref (decision->instance);
  g_free (decision->destination);
  g_free (decision->granted);
  g_free (decision);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Decision, decision_free)

static Decision *
decision_new (InnerInstance *instance,
              GDBusMethodInvocation *invocation,
              const char *destination,
              const char *answer)
{
  Decision *decision = g_new0 (Decision, 1);

  decision->instance = g_object_ref (instance);
  decision->invocation = invocation;
  decision->destination = g_strdup (destination);
  decision->answer = answer;
  decision->granted = g_strdup ("");
  return decision;
}

static void
fail (Decision *decision, const GError *error)
{
  g_dbus_method_invocation_return_gerror (g_steal_pointer (&decision->invocation), error);
}

/* Both methods answer with nothing. */
static void
succeed (Decision *decision)
{
  g_dbus_method_invocation_return_value (g_steal_pointer (&decision->invocation), NULL);
}

/* Consumes @decision: the answer comes with "decided". */
static void
send_decision (Decision *decision)
{
  g_autoptr (Decision) owned = decision;
  g_autoptr (GError) error = NULL;
  InnerInstance *self = decision->instance;

  if (inner_instance_refuse_ended (self, decision->invocation))
    {
      owned->invocation = NULL;
      return;
    }
  self->last_tag = self->last_tag % INNER_WIRE_MAX_TAG + 1;
  if (inner_link_send (self->link, INNER_WIRE_DECIDE,
                       g_variant_new_parsed (
                           "{'tag': <%u>, 'destination': <%s>, 'answer': <%s>, 'granted': <%s>}",
                           self->last_tag, decision->destination, decision->answer,
                           decision->granted),
                       NULL, 0))
    {
      g_hash_table_insert (self->deciding, GUINT_TO_POINTER (self->last_tag),
                           g_steal_pointer (&owned));
      return;
    }
  error = g_error_new (INNER_ERROR, INNER_ERROR_BUSY,
                       _ ("The supervisor of sandbox “%s” takes no decision: %s; try again"),
                       inner_instance_get_id (self), g_strerror (errno));
  fail (decision, error);
}

/* The gateway has no language: its sentences are the keys of their translations. */
static GError *
read_refusal (const Decision *decision, GVariant *values)
{
  const char *message = "";
  gint32 code = 0;

  g_variant_lookup (values, "code", "i", &code);
  g_variant_lookup (values, "message", "&s", &message);
  if (message[0] == '\0')
    return NULL;
  return g_error_new (INNER_ERROR,
                      code > 0 && code < INNER_N_ERRORS ? code : (gint32) INNER_ERROR_BUSY,
                      _ ("Nothing changes about “%s”: %s"), decision->destination, _ (message));
}

void
inner_instance_on_decided (InnerInstance *self, GVariant *values)
{
  g_autoptr (Decision) decision = NULL;
  g_autoptr (GError) error = NULL;
  guint32 tag = 0;

  g_variant_lookup (values, "tag", "u", &tag);
  g_hash_table_steal_extended (self->deciding, GUINT_TO_POINTER (tag), NULL,
                               (gpointer *) &decision);
  if (decision == NULL)
    return;
  error = read_refusal (decision, values);
  if (error == NULL && decision->amendment != NULL &&
      !inner_amendment_apply (decision->amendment, &error))
    g_prefix_error (&error, _ ("“%s” is open for this sandbox, and its profile was not changed: "),
                    decision->destination);
  if (error != NULL)
    fail (decision, error);
  else
    succeed (decision);
}

void
inner_instance_end_deciding (InnerInstance *self)
{
  g_autoptr (GHashTable) deciding = self->deciding;
  GHashTableIter iter;
  gpointer value;

  self->deciding = g_hash_table_new (NULL, NULL);
  g_hash_table_iter_init (&iter, deciding);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      g_autoptr (Decision) decision = value;

      inner_instance_refuse_ended (self, g_steal_pointer (&decision->invocation));
    }
  inner_dbus_sandbox_instance_set_asked (SKELETON (self),
                                         g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
}

void
inner_instance_take_allowed (InnerInstance *self, GVariant *values)
{
  g_autoptr (GVariant) allowed =
      g_variant_lookup_value (values, "allowed", G_VARIANT_TYPE ("aa{sv}"));

  if (allowed != NULL)
    inner_dbus_sandbox_instance_set_allowed (SKELETON (self), allowed);
}

/* Where something can be opened: elsewhere everything is, or nothing can be. */
static gboolean
check_network (InnerInstance *self, GError **error)
{
  const char *network = inner_dbus_sandbox_instance_get_network (SKELETON (self));

  if (g_str_equal (network, "allowlist"))
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("Sandbox “%s” has no allowlist: its network is “%s”; start it with "
                  "“--network-mode allowlist” to decide about destinations"),
               inner_instance_get_id (self), network);
  return FALSE;
}

/* Gives the answer that the option "for" means, which is one of @words (ended by a row of NULLs); the first one is the
 * default. */
typedef struct
{
  const char *word;
  const char *answer;
} Word;

static const char *
read_answer (GVariant *options, const Word *words, GError **error)
{
  static const InnerOption table[] = { { INNER_OPTION_FOR, "s", NULL }, { NULL, NULL, NULL } };
  g_autoptr (GVariantDict) dict = inner_options_check (options, table, error);
  const char *given = words[0].word;
  g_autofree char *shown = NULL;

  if (dict == NULL)
    return NULL;
  g_variant_dict_lookup (dict, INNER_OPTION_FOR, "&s", &given);
  for (const Word *row = words; row->word != NULL; row++)
    if (g_str_equal (row->word, given))
      return row->answer;
  shown = inner_escape_for_display (given);
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               words[2].word != NULL ? _ ("“%s” is not what “for” can be: “once”, “session” or "
                                          "“profile”")
                                     : _ ("“%s” is not what “for” can be: “once” or “session”"),
               shown);
  return NULL;
}

static Decision *
read_decision (InnerInstance *self,
               GDBusMethodInvocation *invocation,
               const char *destination,
               GVariant *options,
               const Word *words,
               GError **error)
{
  g_autoptr (InnerNetworkPattern) pattern =
      inner_network_pattern_new_destination (destination, error);
  const char *answer = pattern != NULL ? read_answer (options, words, error) : NULL;

  return answer != NULL && check_network (self, error)
             ? decision_new (self, invocation, destination, answer)
             : NULL;
}

static void
on_authorized (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Decision) decision = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) grants = NULL;
  InnerAuthority *authority = INNER_AUTHORITY (source);
  const char *by = "";

  if (decision->instance->service != NULL)
    inner_service_note_authority (decision->instance->service);
  if (!inner_authority_check_finish (authority, result, &error))
    {
      fail (decision, error);
      return;
    }
  grants = inner_authority_get_grants (result);
  g_variant_lookup (grants, INNER_PRIVILEGE_CHANGE_EGRESS, "&s", &by);
  g_free (decision->granted);
  decision->granted = g_strdup (by);
  send_decision (g_steal_pointer (&decision));
}

/* SECURITY: the person was asked when the sandbox was started, for this one and as long as it lives. What is written
 * down holds for later ones, and so is another question (attacks 94 and 110; tests/bus/test_network_ask.py,
 * test_granted_at_the_start). */
static gboolean
was_granted_at_start (Decision *decision)
{
  const char *const *privileges =
      inner_dbus_sandbox_instance_get_privileges (SKELETON (decision->instance));

  return decision->amendment == NULL && privileges != NULL &&
         g_strv_contains (privileges, INNER_PRIVILEGE_CHANGE_EGRESS);
}

/* SECURITY: each destination is a way for data to leave, so a person agrees to each: by polkit, whoever calls (attacks
 * 81, 94 and 111; tests/attack/test_094_destinations.py, tests/polkit/test_polkitd.py). Consumes @decision. */
static void
authorize (Decision *decision)
{
  static const char *const privileges[] = { INNER_PRIVILEGE_CHANGE_EGRESS, NULL };
  InnerCaller *caller = inner_access_get_caller (decision->invocation);
  GDBusMessage *message = g_dbus_method_invocation_get_message (decision->invocation);
  gboolean interactive = (g_dbus_message_get_flags (message) &
                          G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;

  if (was_granted_at_start (decision))
    {
      g_free (decision->granted);
      decision->granted = g_strdup (GRANTED_AT_START);
      send_decision (decision);
      return;
    }
  inner_authority_check_async (inner_service_get_authority (decision->instance->service),
                               caller->pid, 0, caller->uid, caller->pidfd, privileges, interactive,
                               caller->gone, on_authorized, decision);
}

gboolean
inner_instance_handle_allow_destination (InnerDBusSandboxInstance *skeleton,
                                         GDBusMethodInvocation *invocation,
                                         const char *destination,
                                         GVariant *options)
{
  static const Word words[] = { { "session", INNER_EGRESS_SESSION },
                                { "once", INNER_EGRESS_ONCE },
                                { "profile", INNER_EGRESS_PROFILE },
                                { NULL, NULL } };
  InnerInstance *self = INNER_INSTANCE (skeleton);
  g_autoptr (GError) error = NULL;
  g_autoptr (Decision) decision = NULL;

  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  decision = read_decision (self, invocation, destination, options, words, &error);
  if (decision != NULL && g_str_equal (decision->answer, INNER_EGRESS_PROFILE))
    decision->amendment = inner_amendment_new (inner_service_get_registry (self->service),
                                               self->profile_path, destination, &error);
  if (error != NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    authorize (g_steal_pointer (&decision));
  return TRUE;
}

gboolean
inner_instance_handle_deny_destination (InnerDBusSandboxInstance *skeleton,
                                        GDBusMethodInvocation *invocation,
                                        const char *destination,
                                        GVariant *options)
{
  static const Word words[] = { { "once", INNER_EGRESS_REFUSE_ONCE },
                                { "session", INNER_EGRESS_REFUSE_SESSION },
                                { NULL, NULL } };
  InnerInstance *self = INNER_INSTANCE (skeleton);
  g_autoptr (GError) error = NULL;
  g_autoptr (Decision) decision = NULL;

  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  decision = read_decision (self, invocation, destination, options, words, &error);
  if (decision == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    send_decision (g_steal_pointer (&decision));
  return TRUE;
}

static void
tell_watched (InnerInstance *self)
{
  if (self->link != NULL)
    inner_link_send (
        self->link, INNER_WIRE_LISTEN,
        g_variant_new_parsed ("{'listening': <%b>}", (gboolean) (self->watchers->len > 0)), NULL,
        0);
}

void
inner_instance_forget_watcher (InnerInstance *self, const InnerCaller *caller)
{
  if (g_ptr_array_remove_fast (self->watchers, (gpointer) caller) && self->watchers->len == 0)
    tell_watched (self);
}

gboolean
inner_instance_handle_watch_destinations (InnerDBusSandboxInstance *skeleton,
                                          GDBusMethodInvocation *invocation,
                                          gboolean watching)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);
  InnerCaller *caller = inner_access_get_caller (invocation);

  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  if (!inner_dbus_sandbox_instance_get_asks (skeleton))
    {
      g_dbus_method_invocation_return_error (
          invocation, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
          _ ("Sandbox “%s” asks nobody; its profile would need network_ask = true and "
             "network_mode = \"allowlist\""),
          inner_instance_get_id (self));
      return TRUE;
    }
  if (!watching)
    inner_instance_forget_watcher (self, caller);
  else if (!g_ptr_array_find (self->watchers, caller, NULL))
    {
      g_ptr_array_add (self->watchers, inner_caller_ref (caller));
      if (self->watchers->len == 1)
        tell_watched (self);
    }
  inner_dbus_sandbox_instance_complete_watch_destinations (skeleton, invocation);
  return TRUE;
}
