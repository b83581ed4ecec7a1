/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The method Publish: one more port of a sandbox that runs. */

#include <errno.h>
#include <glib/gi18n.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-instance-private.h"
#include "inner-listen.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-wire.h"

static const InnerOption publish_options[] = {
  { INNER_OPTION_ADDRESS, "s", inner_option_check_text },
  { INNER_OPTION_PORT, "q", NULL },
  { INNER_OPTION_SANDBOX_PORT, "q", NULL },
  { NULL, NULL, NULL },
};

static gboolean
read_options (GVariant *options, InnerPublish *publish, GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, publish_options, error);
  const char *address = NULL;
  guint16 port = 0;
  guint16 inside = 0;

  if (dict == NULL)
    return FALSE;
  g_variant_dict_lookup (dict, INNER_OPTION_ADDRESS, "&s", &address);
  if (!g_variant_dict_lookup (dict, INNER_OPTION_SANDBOX_PORT, "q", &inside))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Option “%s” is missing; name the port at which the sandbox listens"),
                   INNER_OPTION_SANDBOX_PORT);
      return FALSE;
    }
  if (!g_variant_dict_lookup (dict, INNER_OPTION_PORT, "q", &port))
    port = inside;
  return inner_publish_make (address, port, inside, publish, error);
}

/* SECURITY: as from the start: not in the network of the machine (attack 79; tests/bus/test_publish.py), and no more
 * ports than one sandbox may have (attack 105; the same). */
static gboolean
check_state (InnerInstance *self, GError **error)
{
  const char *const *published = inner_dbus_sandbox_instance_get_published (SKELETON (self));
  guint n = published != NULL ? g_strv_length ((char **) published) : 0;
  const char *id = inner_instance_get_id (self);

  if (g_str_equal (inner_dbus_sandbox_instance_get_network (SKELETON (self)), "host"))
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("Sandbox “%s” listens at the ports of this machine by itself: its network mode "
                    "is “host”"),
                 id);
  else if (inner_instance_is_starting (self))
    g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
                 _ ("The sandbox “%s” is being started; try again in a moment"), id);
  else if (n + g_hash_table_size (self->publishing) >= INNER_MAX_PUBLISHED)
    g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                 _ ("%u ports are to be published, and a sandbox can have %d"), n + 1,
                 INNER_MAX_PUBLISHED);
  else
    return TRUE;
  return FALSE;
}

static gboolean
send_publish (InnerInstance *self, const InnerPublish *publish, GError **error)
{
  g_autofree char *word = inner_publish_to_word (publish);
  inner_autofd fd = inner_listen (publish, error);

  if (fd < 0)
    return FALSE;
  self->last_tag = self->last_tag % INNER_WIRE_MAX_TAG + 1;
  if (inner_link_send (self->link, INNER_WIRE_PUBLISH,
                       g_variant_new_parsed ("{'tag': <%u>, 'word': <%s>, 'inside': <%q>}",
                                             self->last_tag, word, publish->inside),
                       &fd, 1))
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
               _ ("The supervisor of sandbox “%s” does not listen: %s; try again"),
               inner_instance_get_id (self), g_strerror (errno));
  return FALSE;
}

gboolean
inner_instance_handle_publish (InnerDBusSandboxInstance *skeleton,
                               GDBusMethodInvocation *invocation,
                               GVariant *options)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);
  g_autoptr (GError) error = NULL;
  InnerPublish publish;

  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  if (read_options (options, &publish, &error) && check_state (self, &error) &&
      send_publish (self, &publish, &error))
    g_hash_table_insert (self->publishing, GUINT_TO_POINTER (self->last_tag), invocation);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
  return TRUE;
}

void
inner_instance_on_published (InnerInstance *self, GVariant *values)
{
  g_autofree const char **published = NULL;
  gpointer invocation = NULL;
  const char *message = "";
  guint32 tag = 0;

  if (g_variant_lookup (values, "published", "^a&s", &published))
    inner_dbus_sandbox_instance_set_published (SKELETON (self), published);
  g_variant_lookup (values, "tag", "u", &tag);
  g_variant_lookup (values, "message", "&s", &message);
  g_hash_table_steal_extended (self->publishing, GUINT_TO_POINTER (tag), NULL, &invocation);
  if (invocation == NULL)
    return;
  if (message[0] == '\0')
    inner_dbus_sandbox_instance_complete_publish (SKELETON (self), invocation);
  else
    g_dbus_method_invocation_return_error (invocation, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                                           _ ("The sandbox “%s” does not publish this port: %s"),
                                           inner_instance_get_id (self), _ (message));
}

void
inner_instance_end_publishing (InnerInstance *self)
{
  g_autoptr (GHashTable) publishing = self->publishing;
  GHashTableIter iter;
  gpointer invocation;

  self->publishing = g_hash_table_new (NULL, NULL);
  inner_dbus_sandbox_instance_set_published (SKELETON (self), (const char *const[]){ NULL });
  g_hash_table_iter_init (&iter, publishing);
  while (g_hash_table_iter_next (&iter, NULL, &invocation))
    inner_instance_refuse_ended (self, invocation);
}
