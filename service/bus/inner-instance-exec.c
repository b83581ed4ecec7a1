/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Further commands in a sandbox. */

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <signal.h>

#include "inner-access.h"
#include "inner-error.h"
#include "inner-failure.h"
#include "inner-fds.h"
#include "inner-instance-private.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-request.h"
#include "inner-wire.h"

/* One that runs. Its caller may speak of it by the id that it chose. */
typedef struct
{
  GDBusMethodInvocation *invocation; /* of Exec */
  InnerCaller *caller;
  guint32 id; /* 0 = none */
} InnerCommand;

static void
command_free (gpointer data)
{
  InnerCommand *command = data;

  inner_caller_unref (command->caller);
  g_free (command);
}

GHashTable *
inner_instance_commands_new (void)
{
  return g_hash_table_new_full (NULL, NULL, NULL, command_free);
}

void
inner_instance_end_commands (InnerInstance *self)
{
  g_autoptr (GHashTable) commands = self->commands;
  GHashTableIter iter;
  gpointer value;

  self->commands = inner_instance_commands_new ();
  g_hash_table_iter_init (&iter, commands);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_dbus_method_invocation_return_error (
        ((InnerCommand *) value)->invocation, INNER_ERROR, INNER_ERROR_NOT_FOUND,
        _ ("Sandbox “%s” ended, and the command with it"), inner_instance_get_id (self));
}

/* The tag of the command that the caller of @invocation gave @id; 0 if there is none. */
static guint32
find_command (InnerInstance *self, GDBusMethodInvocation *invocation, guint32 id)
{
  InnerCaller *caller = inner_access_get_caller (invocation);
  GHashTableIter iter;
  gpointer tag;
  gpointer value;

  g_hash_table_iter_init (&iter, self->commands);
  while (id != 0 && g_hash_table_iter_next (&iter, &tag, &value))
    if (((InnerCommand *) value)->caller == caller && ((InnerCommand *) value)->id == id)
      return GPOINTER_TO_UINT (tag);

  return 0;
}

static guint32
require_command (InnerInstance *self, GDBusMethodInvocation *invocation, guint32 id)
{
  guint32 tag = find_command (self, invocation, id);

  if (tag == 0)
    g_dbus_method_invocation_return_error (invocation, INNER_ERROR, INNER_ERROR_NOT_FOUND,
                                           _ ("You have no command with the id %u in sandbox “%s”"),
                                           id, inner_instance_get_id (self));
  return tag;
}

static GDBusMethodInvocation *
take_command (InnerInstance *self, GVariant *values)
{
  guint32 tag = 0;
  InnerCommand *command;
  GDBusMethodInvocation *invocation = NULL;

  g_variant_lookup (values, "tag", "u", &tag);
  command = g_hash_table_lookup (self->commands, GUINT_TO_POINTER (tag));
  if (command != NULL)
    invocation = command->invocation;
  g_hash_table_remove (self->commands, GUINT_TO_POINTER (tag));
  return invocation;
}

void
inner_instance_on_exec_failed (InnerInstance *self, GVariant *values)
{
  GDBusMethodInvocation *invocation = take_command (self, values);
  g_autoptr (GError) error = NULL;
  g_autofree const char **command = NULL;

  if (invocation == NULL)
    return;
  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(^a&s@a{sv})", &command,
                 NULL);
  error = inner_failure_to_error (values, command[0]);
  g_dbus_method_invocation_return_gerror (invocation, error);
}

void
inner_instance_on_exec_exited (InnerInstance *self, GVariant *values)
{
  GDBusMethodInvocation *invocation = take_command (self, values);
  GVariantBuilder result;
  gint32 code = -1;
  gint32 signal = 0;

  if (invocation == NULL)
    return;
  g_variant_lookup (values, "code", "i", &code);
  g_variant_lookup (values, "signal", "i", &signal);
  g_variant_builder_init (&result, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&result, "{sv}", "exit-code", g_variant_new_int32 (code));
  g_variant_builder_add (
      &result, "{sv}", "reason",
      g_variant_new_string (signal != 0 ? INNER_REASON_SIGNALED : INNER_REASON_EXITED));
  g_variant_builder_add (&result, "{sv}", "signal", g_variant_new_int32 (signal));
  inner_dbus_sandbox_instance_complete_exec (SKELETON (self), invocation, NULL,
                                             g_variant_builder_end (&result));
}

static const InnerOption exec_options[] = {
  { INNER_OPTION_ENVIRONMENT, "a{ss}", NULL },
  { INNER_OPTION_ENVIRONMENT_FD, "h", NULL },
  { INNER_OPTION_DIRECTORY, "s", inner_option_check_path },
  { INNER_OPTION_STDIN, "h", NULL },
  { INNER_OPTION_STDOUT, "h", NULL },
  { INNER_OPTION_STDERR, "h", NULL },
  { INNER_OPTION_TERMINAL, "h", NULL },
  { INNER_OPTION_COLUMNS, "q", inner_request_check_size },
  { INNER_OPTION_ROWS, "q", inner_request_check_size },
  { INNER_OPTION_ID, "u", NULL },
  { NULL, NULL, NULL },
};

static int
exec_command_block (const char *const *command,
                    GVariantDict *options,
                    GUnixFDList *fds,
                    GError **error)
{
  g_autoptr (GVariant) pairs =
      g_variant_dict_lookup_value (options, INNER_OPTION_ENVIRONMENT, NULL);
  g_auto (GStrv) given = inner_request_pairs_to_environment (pairs, error);
  g_auto (GStrv) secret = NULL;
  g_auto (GStrv) environment = NULL;
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  g_autoptr (GBytes) block = NULL;
  const char *directory = "";
  gsize size;
  gconstpointer data;

  if (given == NULL)
    return -1;
  secret = inner_request_read_environment (options, INNER_OPTION_ENVIRONMENT_FD, fds, error);
  if (secret == NULL)
    return -1;

  g_strv_builder_addv (all, (const char **) given);
  g_strv_builder_addv (all, (const char **) secret);
  environment = g_strv_builder_end (all);
  g_variant_dict_lookup (options, INNER_OPTION_DIRECTORY, "&s", &directory);
  block = inner_command_block_new (directory, command, (const char *const *) environment);
  data = g_bytes_get_data (block, &size);
  return inner_fds_new_sealed ("inner-command", data, size, error);
}

/* A stream that is not given is /dev/null. */
static gboolean
exec_stream (GVariantDict *options, const char *key, GUnixFDList *fds, int *fd, GError **error)
{
  if (!inner_request_take_stdio (options, key, fds, fd, error))
    return FALSE;
  if (*fd < 0)
    *fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  return TRUE;
}

/* The descriptors of one command, in the order of the wire. */
typedef struct
{
  int fds[5]; /* block, stdin, stdout, stderr, terminal */
} Streams;

static void
streams_clear (Streams *streams)
{
  for (gsize i = 0; i < G_N_ELEMENTS (streams->fds); i++)
    inner_clear_fd (&streams->fds[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Streams, streams_clear)

static gboolean
read_streams (GVariantDict *options,
              GUnixFDList *fds,
              const char *const *command,
              Streams *streams,
              GError **error)
{
  static const char *const keys[] = { INNER_OPTION_STDIN, INNER_OPTION_STDOUT,
                                      INNER_OPTION_STDERR };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (!exec_stream (options, keys[i], fds, &streams->fds[1 + i], error))
      return FALSE;
  if (!inner_request_take_terminal (options, fds, &streams->fds[4], error))
    return FALSE;
  streams->fds[0] = exec_command_block (command, options, fds, error);
  return streams->fds[0] >= 0;
}

static GVariant *
exec_values (GVariantDict *options, guint32 tag, gboolean terminal)
{
  guint16 columns = INNER_DEFAULT_COLUMNS;
  guint16 rows = INNER_DEFAULT_ROWS;

  g_variant_dict_lookup (options, INNER_OPTION_COLUMNS, "q", &columns);
  g_variant_dict_lookup (options, INNER_OPTION_ROWS, "q", &rows);
  return terminal ? g_variant_new_parsed ("{'tag': <%u>, 'columns': <%q>, 'rows': <%q>}", tag,
                                          columns, rows)
                  : g_variant_new_parsed ("{'tag': <%u>}", tag);
}

static gboolean
check_id (InnerInstance *self, GDBusMethodInvocation *invocation, guint32 id, GError **error)
{
  if (find_command (self, invocation, id) == 0)
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("A command of yours with the id %u still runs; choose another one"), id);
  return FALSE;
}

static gboolean
start_command (InnerInstance *self,
               GDBusMethodInvocation *invocation,
               GUnixFDList *fd_list,
               const char *const *command,
               GVariant *options,
               GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, exec_options, error);
  g_auto (Streams) streams = { { -1, -1, -1, -1, -1 } };
  InnerCommand *running;
  gboolean terminal;
  guint32 id = 0;

  if (dict == NULL || !read_streams (dict, fd_list, command, &streams, error))
    return FALSE;
  g_variant_dict_lookup (dict, INNER_OPTION_ID, "u", &id);
  if (!check_id (self, invocation, id, error))
    return FALSE;

  self->last_tag = self->last_tag % INNER_WIRE_MAX_TAG + 1;
  terminal = streams.fds[4] >= 0;
  if (!inner_link_send (self->link, INNER_WIRE_EXEC, exec_values (dict, self->last_tag, terminal),
                        streams.fds, terminal ? 5 : 4))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
                   _ ("The supervisor of sandbox “%s” does not take a command: %s; try again"),
                   inner_instance_get_id (self), g_strerror (errno));
      return FALSE;
    }
  running = g_new (InnerCommand, 1);
  *running =
      (InnerCommand){ invocation, inner_caller_ref (inner_access_get_caller (invocation)), id };
  g_hash_table_insert (self->commands, GUINT_TO_POINTER (self->last_tag), running);
  return TRUE;
}

gboolean
inner_instance_handle_exec (InnerDBusSandboxInstance *skeleton,
                            GDBusMethodInvocation *invocation,
                            GUnixFDList *fd_list,
                            const char *const *command,
                            GVariant *options)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);
  g_autoptr (GError) error = NULL;

  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  if (command[0] == NULL || command[0][0] == '\0')
    g_dbus_method_invocation_return_error_literal (
        invocation, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("There is no command to run"));
  else if (!start_command (self, invocation, fd_list, command, options, &error))
    g_dbus_method_invocation_return_gerror (invocation, error);
  return TRUE;
}

gboolean
inner_instance_handle_kill_exec (InnerDBusSandboxInstance *skeleton,
                                 GDBusMethodInvocation *invocation,
                                 guint id,
                                 int signal)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);
  guint32 tag;

  if (!inner_instance_check_signal (invocation, signal) ||
      inner_instance_refuse_ended (self, invocation))
    return TRUE;
  tag = require_command (self, invocation, id);
  if (tag == 0)
    return TRUE;

  inner_instance_send_signal (self, tag, signal);
  inner_dbus_sandbox_instance_complete_kill_exec (skeleton, invocation);
  return TRUE;
}

gboolean
inner_instance_handle_resize_exec (InnerDBusSandboxInstance *skeleton,
                                   GDBusMethodInvocation *invocation,
                                   guint id,
                                   guint16 columns,
                                   guint16 rows)
{
  InnerInstance *self = INNER_INSTANCE (skeleton);
  guint32 tag;

  if (inner_instance_refuse_ended (self, invocation))
    return TRUE;
  tag = require_command (self, invocation, id);
  if (tag == 0)
    return TRUE;

  inner_instance_send_size (self, tag, columns, rows);
  inner_dbus_sandbox_instance_complete_resize_exec (skeleton, invocation);
  return TRUE;
}

/* What nobody waits for any more ends as when a terminal is closed. */
void
inner_instance_hang_up_commands (InnerInstance *self, const InnerCaller *caller)
{
  GHashTableIter iter;
  gpointer tag;
  gpointer value;

  g_hash_table_iter_init (&iter, self->commands);
  while (self->link != NULL && g_hash_table_iter_next (&iter, &tag, &value))
    if (((InnerCommand *) value)->caller == caller)
      inner_instance_send_signal (self, GPOINTER_TO_UINT (tag), SIGHUP);
}
