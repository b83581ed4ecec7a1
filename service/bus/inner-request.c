/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-request.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-names.h"
#include "inner-options.h"

static gboolean
check_optional_path (GVariant *value, GError **error)
{
  return g_variant_get_string (value, NULL)[0] == '\0' || inner_option_check_path (value, error);
}

static gboolean
check_arguments (GVariant *value, GError **error)
{
  gsize n = g_variant_n_children (value);

  if (n <= INNER_MAX_ARGUMENTS && g_variant_get_size (value) <= INNER_MAX_ARGUMENT_BYTES)
    return TRUE;

  g_set_error (
      error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
      _ ("%zu arguments of %zu bytes are too much; put long input into a file in the workspace"), n,
      g_variant_get_size (value));
  return FALSE;
}

gboolean
inner_request_check_size (GVariant *value, GError **error)
{
  if (g_variant_get_uint16 (value) > 0)
    return TRUE;
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("a terminal is at least one character wide and high"));
  return FALSE;
}

/* In the order of org.inner.Sandbox.xml, which documents each. */
static const InnerOption options_table[] = {
  { INNER_OPTION_WORKSPACE, "s", check_optional_path },
  { INNER_OPTION_CONFIRM_WORKSPACE, "b", NULL },
  { INNER_OPTION_DIRECTORY, "s", inner_option_check_path },
  { INNER_OPTION_ENTRYPOINT, "s", inner_option_check_text },
  { INNER_OPTION_ARGUMENTS, "as", check_arguments },
  { INNER_OPTION_MOUNTS, "a(sss)", NULL },
  { INNER_OPTION_ENVIRONMENT, "a{ss}", NULL },
  { INNER_OPTION_ENVIRONMENT_FD, "h", NULL },
  { INNER_OPTION_CALLER_ENV_FD, "h", NULL },
  { INNER_OPTION_NETWORK, "s", inner_option_check_text },
  { INNER_OPTION_ALLOW_HOSTS, "as", NULL },
  { INNER_OPTION_ALLOW, "as", NULL },
  { INNER_OPTION_PUBLISH, "as", NULL },
  { INNER_OPTION_INTERACTIVE, "b", NULL },
  { INNER_OPTION_DETACH, "b", NULL },
  { INNER_OPTION_NAME, "s", inner_option_check_name },
  { INNER_OPTION_ID, "s", inner_option_check_id },
  { INNER_OPTION_TIMEOUT, "t", NULL },
  { INNER_OPTION_LIMITS, "a{ss}", NULL },
  { INNER_OPTION_REQUIRE_LIMITS, "b", NULL },
  { INNER_OPTION_UNHARDENED, "s", inner_option_check_text },
  { INNER_OPTION_STDIN, "h", NULL },
  { INNER_OPTION_STDOUT, "h", NULL },
  { INNER_OPTION_STDERR, "h", NULL },
  { INNER_OPTION_TERMINAL, "h", NULL },
  { INNER_OPTION_COLUMNS, "q", inner_request_check_size },
  { INNER_OPTION_ROWS, "q", inner_request_check_size },
  { NULL, NULL, NULL },
};

static void
mount_free (InnerRequestMount *mount)
{
  g_free (mount->source);
  g_free (mount->destination);
  g_free (mount->mode);
  g_free (mount);
}

void
inner_request_free (InnerRequest *request)
{
  g_free (request->workspace);
  g_free (request->directory);
  g_free (request->entrypoint);
  g_strfreev (request->arguments);
  g_ptr_array_unref (request->mounts);
  g_strfreev (request->environment);
  g_hash_table_unref (request->caller_environment);
  g_free (request->network);
  g_strfreev (request->allow_hosts);
  g_strfreev (request->allow);
  g_strfreev (request->publish);
  g_free (request->name);
  g_free (request->id);
  g_free (request->unhardened);
  g_hash_table_unref (request->limits);
  g_ptr_array_unref (request->notes);
  for (gsize i = 0; i < G_N_ELEMENTS (request->stdio); i++)
    inner_clear_fd (&request->stdio[i]);
  inner_clear_fd (&request->terminal);
  g_free (request);
}

static InnerRequest *
request_new_empty (void)
{
  InnerRequest *request = g_new0 (InnerRequest, 1);

  request->mounts = g_ptr_array_new_with_free_func ((GDestroyNotify) mount_free);
  request->caller_environment = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  request->limits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  request->notes = g_ptr_array_new_with_free_func (g_free);
  request->interactive = INNER_CHOICE_PROFILE;
  for (gsize i = 0; i < G_N_ELEMENTS (request->stdio); i++)
    request->stdio[i] = -1;
  request->terminal = -1;
  request->columns = INNER_DEFAULT_COLUMNS;
  request->rows = INNER_DEFAULT_ROWS;

  return request;
}

/* SECURITY: a terminal of the caller would let the command push keys into it, read what the person
 * types and leave it in raw mode (attacks 1 and 3); a directory or O_PATH descriptor would be a way
 * around the view (attacks 26 and 29). tests/attack/test_026_descriptors.py,
 * tests/attack/test_001_terminal.py */
static gboolean
check_stdio (int fd, const char *what, GError **error)
{
  int flags = fcntl (fd, F_GETFL);
  struct stat st;
  const char *refused = NULL;

  if (flags < 0 || fstat (fd, &st) < 0)
    refused = _ ("it cannot be examined");
  else if ((flags & O_PATH) != 0)
    refused = _ ("it is a path descriptor");
  else if (S_ISDIR (st.st_mode) || S_ISBLK (st.st_mode))
    refused = _ ("it is neither a file, a pipe nor a socket");
  else if (isatty (fd))
    refused = _ ("it is a terminal, which a sandbox never gets; pass a pipe and copy");
  if (refused == NULL)
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("The descriptor of option “%s” is refused: %s"), what, refused);
  return FALSE;
}

gboolean
inner_request_take_stdio (
    GVariantDict *options, const char *key, GUnixFDList *fds, int *fd, GError **error)
{
  inner_autofd taken = -1;
  gint32 handle;

  *fd = -1;
  if (!g_variant_dict_lookup (options, key, "h", &handle))
    return TRUE;
  taken = inner_fds_dup_handle (fds, handle, key, error);
  if (taken < 0 || !check_stdio (taken, key, error))
    return FALSE;

  *fd = inner_steal_fd (&taken);
  return TRUE;
}

/* The supervisor sends and receives on it without waiting, which only a socket allows without a change to
 * what the caller has. */
gboolean
inner_request_take_terminal (GVariantDict *options, GUnixFDList *fds, int *fd, GError **error)
{
  inner_autofd taken = -1;
  gint32 handle;
  int domain = 0;
  int type = 0;
  socklen_t size = sizeof domain;

  *fd = -1;
  if (!g_variant_dict_lookup (options, INNER_OPTION_TERMINAL, "h", &handle))
    return TRUE;
  taken = inner_fds_dup_handle (fds, handle, INNER_OPTION_TERMINAL, error);
  if (taken < 0)
    return FALSE;
  if (getsockopt (taken, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
      getsockopt (taken, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || domain != AF_UNIX ||
      type != SOCK_STREAM)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("The descriptor of option “%s” is refused: %s"), INNER_OPTION_TERMINAL,
                   _ ("it is not one of a pair of stream sockets"));
      return FALSE;
    }

  *fd = inner_steal_fd (&taken);
  return TRUE;
}

/* A name that a shell and exec() agree on. */
static gboolean
environment_name_is_valid (const char *name, gsize length)
{
  if (length == 0 || g_ascii_isdigit (name[0]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && name[i] != '_')
      return FALSE;

  return TRUE;
}

/* The value may be a secret: only the name is shown. */
static gboolean
check_environment_name (const char *name, gsize length, const char *key, GError **error)
{
  g_autofree char *given = NULL;
  g_autofree char *shown = NULL;

  if (environment_name_is_valid (name, length))
    return TRUE;

  given = g_strndup (name, length);
  shown = inner_escape_for_display (given);
  g_set_error (
      error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
      _ ("Option “%s”: “%s” cannot be the name of a variable; use letters, digits and “_”"), key,
      shown);
  return FALSE;
}

/* The bytes of the file that option @key refers to; an empty file if it is not given. */
static GBytes *
read_file_option (GVariantDict *options, const char *key, GUnixFDList *fds, GError **error)
{
  inner_autofd fd = -1;
  gint32 handle;

  if (!g_variant_dict_lookup (options, key, "h", &handle))
    return g_bytes_new_static ("", 0);
  fd = inner_fds_dup_handle (fds, handle, key, error);
  return fd >= 0 ? inner_fds_read (fd, INNER_MAX_ARGUMENT_BYTES, key, error) : NULL;
}

char **
inner_request_read_environment (GVariantDict *options,
                                const char *key,
                                GUnixFDList *fds,
                                GError **error)
{
  g_autoptr (GStrvBuilder) entries = g_strv_builder_new ();
  g_autoptr (GBytes) bytes = read_file_option (options, key, fds, error);
  const char *data;
  gsize size;

  if (bytes == NULL)
    return NULL;

  data = g_bytes_get_data (bytes, &size);
  if (size > 0 && data[size - 1] != '\0')
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Option “%s”: the last entry does not end with NUL"), key);
      return NULL;
    }
  for (const char *p = data; p < data + size; p += strlen (p) + 1)
    {
      if (!check_environment_name (p, strcspn (p, "="), key, error))
        return NULL;
      if (strchr (p, '=') == NULL)
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("Option “%s”: an entry has no “=”"), key);
          return NULL;
        }
      g_strv_builder_add (entries, p);
    }

  return g_strv_builder_end (entries);
}

char **
inner_request_pairs_to_environment (GVariant *pairs, GError **error)
{
  g_autoptr (GStrvBuilder) entries = g_strv_builder_new ();
  GVariantIter iter;
  const char *name;
  const char *value;

  if (pairs == NULL)
    return g_strv_builder_end (entries);

  g_variant_iter_init (&iter, pairs);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    {
      g_autofree char *entry = g_strdup_printf ("%s=%s", name, value);

      if (!check_environment_name (name, strlen (name), INNER_OPTION_ENVIRONMENT, error))
        return NULL;
      g_strv_builder_add (entries, entry);
    }

  return g_strv_builder_end (entries);
}

/* The caller's environment may hold entries that no shell would accept (exported functions, for
 * example). They cannot be named by a profile, so they are left out instead of refused. */
static gboolean
read_caller_environment (InnerRequest *request,
                         GVariantDict *options,
                         GUnixFDList *fds,
                         GError **error)
{
  g_autoptr (GBytes) bytes = read_file_option (options, INNER_OPTION_CALLER_ENV_FD, fds, error);
  const char *data;
  gsize size;

  if (bytes == NULL)
    return FALSE;

  data = g_bytes_get_data (bytes, &size);
  for (gsize at = 0; at < size;)
    {
      g_autofree char *entry = g_strndup (data + at, size - at);
      char *equals = strchr (entry, '=');

      at += strlen (entry) + 1;
      if (equals == NULL || !environment_name_is_valid (entry, equals - entry))
        continue;
      *equals = '\0';
      g_hash_table_replace (request->caller_environment, g_strdup (entry), g_strdup (equals + 1));
    }

  return TRUE;
}

static gboolean
read_environment (InnerRequest *request, GVariantDict *options, GUnixFDList *fds, GError **error)
{
  g_autoptr (GVariant) pairs =
      g_variant_dict_lookup_value (options, INNER_OPTION_ENVIRONMENT, NULL);
  g_auto (GStrv) given = inner_request_pairs_to_environment (pairs, error);
  g_auto (GStrv) secret = NULL;
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();

  if (given == NULL)
    return FALSE;
  secret = inner_request_read_environment (options, INNER_OPTION_ENVIRONMENT_FD, fds, error);
  if (secret == NULL)
    return FALSE;

  g_strv_builder_addv (all, (const char **) given);
  g_strv_builder_addv (all, (const char **) secret);
  request->environment = g_strv_builder_end (all);
  return read_caller_environment (request, options, fds, error);
}

static gboolean
check_mount_path (const char *path, GError **error)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (path));
  g_autoptr (GError) reason = NULL;

  if (inner_option_check_path (value, &reason))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("Option “%s”: %s"),
               INNER_OPTION_MOUNTS, reason->message);
  return FALSE;
}

static gboolean
read_mounts (InnerRequest *request, GVariantDict *options, GError **error)
{
  static const char *const modes[] = { "ro", "rw", "copy", NULL };
  g_autoptr (GVariant) mounts = g_variant_dict_lookup_value (options, INNER_OPTION_MOUNTS, NULL);
  GVariantIter iter;
  InnerRequestMount mount;

  if (mounts == NULL)
    return TRUE;
  if (g_variant_n_children (mounts) > INNER_MAX_MOUNTS)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                   _ ("More than %d mounts; mount a directory that holds them"), INNER_MAX_MOUNTS);
      return FALSE;
    }

  g_variant_iter_init (&iter, mounts);
  while (g_variant_iter_next (&iter, "(sss)", &mount.source, &mount.destination, &mount.mode))
    {
      g_ptr_array_add (request->mounts, g_memdup2 (&mount, sizeof mount));
      if (!check_mount_path (mount.source, error) || !check_mount_path (mount.destination, error))
        return FALSE;
      if (!g_strv_contains (modes, mount.mode))
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("Option “%s”: “%s” is no mount mode; use “ro”, “rw” or “copy”"),
                       INNER_OPTION_MOUNTS, mount.mode);
          return FALSE;
        }
    }

  return TRUE;
}

static void
read_limits (InnerRequest *request, GVariantDict *options)
{
  g_autoptr (GVariant) limits = g_variant_dict_lookup_value (options, INNER_OPTION_LIMITS, NULL);
  GVariantIter iter;
  char *key;
  char *value;

  if (limits == NULL)
    return;
  g_variant_iter_init (&iter, limits);
  while (g_variant_iter_next (&iter, "{ss}", &key, &value))
    g_hash_table_replace (request->limits, key, value);
}

static char **
lookup_list (GVariantDict *options, const char *key)
{
  char **list = NULL;

  if (!g_variant_dict_lookup (options, key, "^as", &list))
    list = g_new0 (char *, 1);
  return list;
}

static void
read_plain (InnerRequest *request, GVariantDict *options)
{
  gboolean interactive;

  g_variant_dict_lookup (options, INNER_OPTION_WORKSPACE, "s", &request->workspace);
  g_variant_dict_lookup (options, INNER_OPTION_CONFIRM_WORKSPACE, "b", &request->confirm_workspace);
  g_variant_dict_lookup (options, INNER_OPTION_DIRECTORY, "s", &request->directory);
  g_variant_dict_lookup (options, INNER_OPTION_ENTRYPOINT, "s", &request->entrypoint);
  g_variant_dict_lookup (options, INNER_OPTION_NETWORK, "s", &request->network);
  g_variant_dict_lookup (options, INNER_OPTION_DETACH, "b", &request->detach);
  g_variant_dict_lookup (options, INNER_OPTION_NAME, "s", &request->name);
  g_variant_dict_lookup (options, INNER_OPTION_ID, "s", &request->id);
  g_variant_dict_lookup (options, INNER_OPTION_REQUIRE_LIMITS, "b", &request->require_limits);
  g_variant_dict_lookup (options, INNER_OPTION_UNHARDENED, "s", &request->unhardened);
  request->has_timeout =
      g_variant_dict_lookup (options, INNER_OPTION_TIMEOUT, "t", &request->timeout);
  if (g_variant_dict_lookup (options, INNER_OPTION_INTERACTIVE, "b", &interactive))
    request->interactive = interactive ? INNER_CHOICE_YES : INNER_CHOICE_NO;
  g_variant_dict_lookup (options, INNER_OPTION_COLUMNS, "q", &request->columns);
  g_variant_dict_lookup (options, INNER_OPTION_ROWS, "q", &request->rows);
  request->arguments = lookup_list (options, INNER_OPTION_ARGUMENTS);
  request->allow_hosts = lookup_list (options, INNER_OPTION_ALLOW_HOSTS);
  request->allow = lookup_list (options, INNER_OPTION_ALLOW);
  request->publish = lookup_list (options, INNER_OPTION_PUBLISH);
}

InnerRequest *
inner_request_new (GVariant *options, GUnixFDList *fds, GError **error)
{
  static const char *const streams[] = { INNER_OPTION_STDIN, INNER_OPTION_STDOUT,
                                         INNER_OPTION_STDERR };
  g_autoptr (GVariantDict) dict = inner_options_check (options, options_table, error);
  g_autoptr (InnerRequest) request = NULL;

  if (dict == NULL)
    return NULL;

  request = request_new_empty ();
  read_plain (request, dict);
  read_limits (request, dict);
  if (!read_mounts (request, dict, error) || !read_environment (request, dict, fds, error))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    if (!inner_request_take_stdio (dict, streams[i], fds, &request->stdio[i], error))
      return NULL;
  if (!inner_request_take_terminal (dict, fds, &request->terminal, error))
    return NULL;

  return g_steal_pointer (&request);
}
