/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-expand.h"
#include "inner-fds.h"
#include "inner-message.h"
#include "inner-options.h"
#include "inner-suggest.h"

/* The kernel takes 128 KiB for one argument with its NUL (MAX_ARG_STRLEN in linux/binfmts.h); exec() fails
 * with E2BIG above that. */
#define MAX_ARGUMENT (128 * 1024 - 1)

/* Of a SHA-256 in hexadecimal. */
#define DIGEST_LENGTH 64

static gboolean
fail (GError **error, const char *text, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (text);

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, "“%s”: %s", shown, reason);
  return FALSE;
}

gboolean
inner_check_utf8 (const char *text, GError **error)
{
  return g_utf8_validate (text, -1, NULL) || fail (error, text, _ ("this is not UTF-8"));
}

/* What the shell does only where the word begins: not in "-m ~/a:/b", not in "--workspace=~/a". */
static char *
expand_home (const char *text)
{
  if (g_str_equal (text, "~") || g_str_has_prefix (text, "~/"))
    return g_strconcat (g_get_home_dir (), text + 1, NULL);
  return g_strdup (text);
}

char *
inner_parse_path (const char *text, GError **error)
{
  g_autofree char *expanded = expand_home (text);
  g_autofree char *path = NULL;

  if (!inner_check_utf8 (text, error))
    return NULL;
  if (text[0] == '\0')
    {
      fail (error, text, _ ("a path is missing here"));
      return NULL;
    }

  /* GLib keeps two slashes at the beginning, as POSIX allows; Linux knows no such place. */
  path = g_canonicalize_filename (expanded, NULL);
  return g_strdup (path[1] == '/' ? path + 1 : path);
}

char *
inner_parse_profile (const char *text, GError **error)
{
  gboolean is_file = strchr (text, '/') != NULL || text[0] == '~' ||
                     g_str_has_suffix (text, ".toml") || g_str_has_suffix (text, ".xml");

  if (!inner_check_utf8 (text, error))
    return NULL;
  if (text[0] == '\0')
    fail (error, text, _ ("the name of a profile is missing here"));
  else if (strstr (text, "://") != NULL)
    fail (
        error, text,
        _ ("an address cannot stand here; “innerctl profile install” makes it a profile of yours"));
  else
    return is_file ? inner_parse_path (text, error) : g_strdup (text);

  return NULL;
}

char *
inner_parse_digest (const char *text, GError **error)
{
  gboolean has_prefix = g_ascii_strncasecmp (text, "sha256:", strlen ("sha256:")) == 0;
  const char *digits = has_prefix ? text + strlen ("sha256:") : text;
  gsize length = strspn (digits, "0123456789abcdefABCDEF");

  if (length == DIGEST_LENGTH && digits[length] == '\0')
    return g_ascii_strdown (digits, length);
  fail (error, text,
        _ ("this is no SHA-256, which has 64 hexadecimal digits; “sha256sum FILE” prints it"));
  return NULL;
}

/* All that we have. (transfer full) */
static GHashTable *
get_variables (void)
{
  GHashTable *variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) names = g_listenv ();

  for (char **name = names; *name != NULL; name++)
    g_hash_table_insert (variables, g_strdup (*name), g_strdup (g_getenv (*name)));
  return variables;
}

static void
tell_unset (const char *text, GHashTable *variables)
{
  static const char *const known[] = { "UID", "workdir", "workspaces_path", NULL };

  for (const char *p = strchr (text, '$'); p != NULL; p = strchr (p + 1, '$'))
    {
      gsize length = inner_expand_reference_length (p);
      gboolean braced = p[1] == '{';
      g_autofree char *name =
          length > 0 ? g_strndup (p + (braced ? 2 : 1), length - (braced ? 3 : 1)) : NULL;

      if (name != NULL && !g_strv_contains (known, name) &&
          !g_hash_table_contains (variables, name))
        inner_say (_ ("the variable “%s” is not set here, so “$%s” stands for nothing"), name,
                   name);
    }
}

char *
inner_expand_word (const char *text, gboolean is_source, gboolean quiet, GError **error)
{
  g_autoptr (GHashTable) variables = get_variables ();
  g_autofree char *here = is_source ? g_get_current_dir () : NULL;
  const InnerExpansion facts = { g_get_home_dir (), getuid (), variables, here, NULL };
  g_autoptr (GError) reason = NULL;
  char *expanded = inner_expand (text, &facts, &reason);

  if (expanded == NULL)
    fail (error, text, reason->message);
  else if (!quiet)
    tell_unset (text, variables);
  return expanded;
}

static const char *
mount_mode (const char *word)
{
  static const struct
  {
    const char *word;
    const char *mode;
  } modes[] = {
    { "ro", "ro" }, { "readonly", "ro" }, { "rw", "rw" }, { "copy", "copy" }, { "safe-rw", "copy" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    if (g_str_equal (word, modes[i].word))
      return modes[i].mode;
  return NULL;
}

gboolean
inner_parse_mount (const char *text,
                   const char *default_mode,
                   char **source,
                   char **destination,
                   const char **mode,
                   GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  guint n = g_strv_length (parts);
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  g_autofree char *path = NULL;

  if (n < 2 || n > 3 || parts[0][0] == '\0' || parts[1][0] == '\0')
    return fail (error, text,
                 _ ("a mount is SOURCE:DESTINATION or SOURCE:DESTINATION:MODE; a path with a colon "
                    "in it can be named in a profile only"));
  *mode = n == 3 ? mount_mode (parts[2]) : default_mode;
  if (*mode == NULL)
    return fail (error, text, _ ("the mode must be “ro”, “rw” or “copy”"));
  from = inner_expand_word (parts[0], TRUE, FALSE, error);
  to = from != NULL ? inner_expand_word (parts[1], FALSE, FALSE, error) : NULL;
  if (to == NULL)
    return FALSE;
  if (to[0] != '/')
    return fail (error, text, _ ("the destination must be an absolute path"));

  path = inner_parse_path (from, error);
  if (path == NULL)
    return FALSE;
  *destination = inner_parse_path (to, error);
  *source = *destination != NULL ? g_steal_pointer (&path) : NULL;
  return *source != NULL;
}

gboolean
inner_parse_number (
    const char *text, guint64 min, guint64 max, const char *option, guint64 *value, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (g_ascii_string_to_unsigned (text, 10, min, max, value, &reason))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not “%s”"), option, min,
               max, text);
  return FALSE;
}

int
inner_parse_signal (const char *text, GError **error)
{
  g_autofree char *upper = g_ascii_strup (text, -1);
  const char *name = g_str_has_prefix (upper, "SIG") ? upper + 3 : upper;
  guint64 number;

  if (g_ascii_string_to_unsigned (text, 10, 1, NSIG - 1, &number, NULL))
    return number;
  for (int i = 1; i < NSIG; i++)
    if (g_strcmp0 (sigabbrev_np (i), name) == 0)
      return i;

  fail (error, text, _ ("there is no such signal; use a name such as TERM, or a number"));
  return 0;
}

/* Reads no more than it takes to see that it is too much: the file may be /dev/zero. */
static gssize
read_start (const char *path, char *buffer, gsize size)
{
  inner_autofd fd = open (path, O_RDONLY | O_CLOEXEC);
  gsize length = 0;
  gssize n;

  if (fd < 0)
    return -1;
  do
    {
      n = read (fd, buffer + length, size - length);
      length += MAX (n, 0);
    }
  while (n > 0 || (n < 0 && errno == EINTR));

  return n < 0 ? -1 : (gssize) length;
}

char *
inner_read_argument (const char *path, GError **error)
{
  g_autofree char *expanded = expand_home (path);
  g_autofree char *text = g_malloc0 (MAX_ARGUMENT + 2);
  gssize length = read_start (expanded, text, MAX_ARGUMENT + 1);
  g_autofree char *reason = NULL;

  if (length < 0)
    reason = g_strdup_printf (_ ("it cannot be read: %s"), g_strerror (errno));
  else if (length > MAX_ARGUMENT)
    reason = g_strdup_printf (_ ("the kernel takes no more than %d bytes for one argument; put the "
                                 "file into the workspace and name it"),
                              MAX_ARGUMENT);
  else if (strlen (text) != (gsize) length)
    reason = g_strdup (_ ("there is a NUL byte in it, and an argument cannot have one"));

  if (reason != NULL)
    {
      fail (error, path, reason);
      return NULL;
    }
  return inner_check_utf8 (text, error) ? g_steal_pointer (&text) : NULL;
}

char **
inner_split_words (int *argc, char **argv)
{
  for (int i = 1; i < *argc; i++)
    if (g_str_equal (argv[i], "--"))
      {
        argv[i] = NULL;
        *argc = i;
        return argv + i + 1;
      }

  return argv + *argc;
}
