/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The terminal of a sandbox: who looks at it, who types, and how large it is. The bytes go past the service,
 * over a socket between the client and the supervisor. */

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <sys/socket.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-instance-private.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-request.h"
#include "inner-wire.h"

static const InnerOption attach_options[] = {
  { INNER_OPTION_READ_ONLY, "b", NULL },
  { INNER_OPTION_STEAL, "b", NULL },
  { INNER_OPTION_COLUMNS, "q", inner_request_check_size },
  { INNER_OPTION_ROWS, "q", inner_request_check_size },
  { NULL, NULL, NULL },
};

void
inner_instance_send_size (InnerInstance *self, guint32 tag, guint16 columns, guint16 rows)
{
  inner_link_send (
      self->link, INNER_WIRE_RESIZE,
      g_variant_new_parsed ("{'tag': <%u>, 'columns': <%q>, 'rows': <%q>}", tag, columns, rows),
      NULL, 0);
}

/* Answers @invocation if there is no terminal. */
static gboolean
refuse_plain (InnerInstance *self, GDBusMethodInvocation *invocation)
{
  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  if (inner_dbus_sandbox_instance_get_interactive (SKELETON (self)))
    return FALSE;

  g_dbus_method_invocation_return_error (
      invocation, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
      _ ("Sandbox “%s” has no terminal: it was started without “--interactive”"),
      inner_instance_get_id (self));
  return TRUE;
}

gboolean
inner_instance_handle_resize (InnerDBusSandboxInstance *skeleton,
                              GDBusMethodInvocation *invocation,
                              guint16 columns,
                              guint16 rows)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);

  if (refuse_plain (self, invocation))
    return TRUE;
  inner_instance_send_size (self, 0, columns, rows);
  inner_dbus_sandbox_instance_complete_resize (skeleton, invocation);
  return TRUE;
}

gboolean
inner_instance_handle_detach (InnerDBusSandboxInstance *skeleton, GDBusMethodInvocation *invocation)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);

  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  inner_link_send (self->link, INNER_WIRE_DETACH, NULL, NULL, 0);
  g_ptr_array_add (self->detaching, invocation);
  return TRUE;
}

/* Not before: a caller that leaves on the answer must not be missed any more, by the supervisor neither. */
void
inner_instance_on_detached (InnerInstance *self, GVariant *values)
{
  g_autoptr (GPtrArray) detaching = g_steal_pointer (&self->detaching);

  self->detaching = g_ptr_array_new ();
  inner_instance_forget_owner (self);
  inner_dbus_sandbox_instance_set_detached (SKELETON (self), TRUE);
  for (guint i = 0; i < detaching->len; i++)
    inner_dbus_sandbox_instance_complete_detach (SKELETON (self), detaching->pdata[i]);
}

/* FALSE with an error for two wishes that exclude each other. */
static gboolean
read_mode (GVariantDict *options, const char **mode, GError **error)
{
  gboolean read_only = FALSE;
  gboolean steal = FALSE;

  g_variant_dict_lookup (options, INNER_OPTION_READ_ONLY, "b", &read_only);
  g_variant_dict_lookup (options, INNER_OPTION_STEAL, "b", &steal);
  *mode = steal ? "steal" : read_only ? "read-only" : "";
  if (!steal || !read_only)
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("Only one of “%s” and “%s” can be given"), INNER_OPTION_READ_ONLY,
               INNER_OPTION_STEAL);
  return FALSE;
}

/* Gives the caller's end of the socket, -1 with an error. */
static int
send_attach (InnerInstance *self, GVariantDict *options, const char *mode, GError **error)
{
  guint16 columns = 0;
  guint16 rows = 0;
  inner_autofd ours = -1;
  inner_autofd theirs = -1;
  int pair[2];
  GVariant *values;

  g_variant_dict_lookup (options, INNER_OPTION_COLUMNS, "q", &columns);
  g_variant_dict_lookup (options, INNER_OPTION_ROWS, "q", &rows);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0)
    {
      ours = pair[0];
      theirs = pair[1];
      self->last_tag = self->last_tag % INNER_WIRE_MAX_TAG + 1;
      values = g_variant_new_parsed ("{'tag': <%u>, 'mode': <%s>, 'columns': <%q>, 'rows': <%q>}",
                                     self->last_tag, mode, columns, rows);
      if (inner_link_send (self->link, INNER_WIRE_ATTACH, values, &theirs, 1))
        return inner_steal_fd (&ours);
    }

  g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
               _ ("The supervisor of sandbox “%s” does not let anybody attach: %s; try again"),
               inner_instance_get_id (self), g_strerror (errno));
  return -1;
}

gboolean
inner_instance_handle_attach (InnerDBusSandboxInstance *skeleton,
                              GDBusMethodInvocation *invocation,
                              GUnixFDList *fds,
                              GVariant *options)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariantDict) dict = NULL;
  g_autoptr (GUnixFDList) answer = NULL;
  const char *mode = NULL;
  int fd = -1;

  if (refuse_plain (self, invocation))
    return TRUE;
  dict = inner_options_check (options, attach_options, &error);
  if (dict != NULL && read_mode (dict, &mode, &error))
    fd = send_attach (self, dict, mode, &error);
  if (fd < 0)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }

  answer = g_unix_fd_list_new_from_array (&fd, 1);
  g_object_set_data_full (G_OBJECT (invocation), "inner-terminal", g_steal_pointer (&answer),
                          g_object_unref);
  g_hash_table_insert (self->attaching, GUINT_TO_POINTER (self->last_tag), invocation);
  return TRUE;
}

void
inner_instance_on_attached (InnerInstance *self, GVariant *values)
{
  gpointer invocation = NULL;
  guint32 tag = 0;
  gint32 code = 0;
  gboolean read_only = FALSE;

  g_variant_lookup (values, "tag", "u", &tag);
  g_variant_lookup (values, "errno", "i", &code);
  g_variant_lookup (values, "read-only", "b", &read_only);
  g_hash_table_steal_extended (self->attaching, GUINT_TO_POINTER (tag), NULL, &invocation);
  if (invocation == NULL)
    return;
  if (code != 0)
    {
      g_dbus_method_invocation_return_error (
          invocation, INNER_ERROR, code == EBUSY ? INNER_ERROR_BUSY : INNER_ERROR_NOT_FOUND,
          code == EBUSY ? _ ("Too many are attached to sandbox “%s” already; one must detach first")
                        : _ ("The terminal of sandbox “%s” is gone"),
          inner_instance_get_id (self));
      return;
    }

  inner_dbus_sandbox_instance_complete_attach (
      SKELETON (self), invocation, g_object_get_data (invocation, "inner-terminal"),
      g_variant_new_handle (0), g_variant_new_parsed ("{'read-only': <%b>}", read_only));
}

void
inner_instance_end_attaching (InnerInstance *self)
{
  g_autoptr (GHashTable) attaching = self->attaching;
  g_autoptr (GPtrArray) detaching = self->detaching;
  GHashTableIter iter;
  gpointer invocation;

  self->attaching = g_hash_table_new (NULL, NULL);
  self->detaching = g_ptr_array_new ();
  for (guint i = 0; i < detaching->len; i++)
    inner_instance_refuse_ended (self, detaching->pdata[i]);
  g_hash_table_iter_init (&iter, attaching);
  while (g_hash_table_iter_next (&iter, NULL, &invocation))
    inner_instance_refuse_ended (self, invocation);
}
