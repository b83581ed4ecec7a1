/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The verb "config edit". The editor works on a copy beside the file; what it left there is written to a
 * second one, which nobody else has open, and that one is checked by the service and put in the file's place.
 */

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-arguments.h"
#include "inner-config.h"
#include "inner-editor.h"
#include "inner-fds.h"
#include "inner-output.h"

/* The service knows a copy by this name (ValidateProfile). */
#define COPY ".inner-edit-config-XXXXXX.toml"
#define COPY_END 5

#define MAX_BYTES (1024 * 1024)

/* What a new file says. */
#define TEMPLATE                                                                                   \
  "# The configuration of Inner. A line without “#” counts.\n"                                 \
  "\n"                                                                                             \
  "# default_profile = \"shell\"\n"                                                                \
  "# workspaces_path = \"~/Projects/workspaces\"\n"                                                \
  "\n"                                                                                             \
  "# [aliases]\n"                                                                                  \
  "# build = \"run -p shell-oneshot --arg make\"\n"                                                \
  "\n"                                                                                             \
  "# [default_limits]\n"                                                                           \
  "# memory = \"4G\"\n"                                                                            \
  "# cpu = \"200%\"\n"                                                                             \
  "# pids = 512\n"

/* One file that is edited. */
typedef struct
{
  char *path;
  GBytes *original; /* NULL: there is none yet */
  mode_t mode;
  char *copy; /* what the editor opens */
} Editing;

static void
editing_clear (Editing *editing)
{
  g_free (editing->path);
  g_clear_pointer (&editing->original, g_bytes_unref);
  g_free (editing->copy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Editing, editing_clear)

static gboolean
fail_errno (GError **error, const char *sentence, const char *path)
{
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, "“%s”: %s: %s", path, sentence,
               g_strerror (errno));
  return FALSE;
}

/* SECURITY: the file may be in a project, where an agent can put a link or a pipe in its place: links are not
 * followed, and nothing is waited for (attacks 35 and 46; tests/bus/test_configuration.py).
 *
 * Gives *@bytes, %NULL when the file is not there, and *@mode. */
static gboolean
read_file (const char *path, GBytes **bytes, mode_t *mode, GError **error)
{
  inner_autofd fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat st;

  *bytes = NULL;
  if (fd < 0 && errno == ENOENT)
    return TRUE;
  if (fd < 0 && errno == ELOOP)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("“%s” is a symbolic link, which is not read; put the file itself there"),
                   path);
      return FALSE;
    }
  if (fd < 0 || fstat (fd, &st) < 0)
    return fail_errno (error, _ ("this cannot be read"), path);

  *mode = st.st_mode & 0777;
  *bytes = inner_fds_read (fd, MAX_BYTES, path, error);
  return *bytes != NULL;
}

static gboolean
write_all (int fd, GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  while (length > 0)
    {
      gssize n = write (fd, data, length);

      if (n < 0 && errno != EINTR)
        return FALSE;
      data += MAX (n, 0);
      length -= MAX (n, 0);
    }

  return fsync (fd) == 0;
}

/* Gives a new file beside the one that is edited, with @bytes in it. */
static char *
make_copy (const Editing *editing, GBytes *bytes, mode_t mode, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (editing->path);
  g_autofree char *path = g_build_filename (directory, COPY, NULL);
  inner_autofd fd = mkostemps (path, COPY_END, O_CLOEXEC);

  if (fd < 0)
    fail_errno (error, _ ("a copy cannot be made there"), directory);
  else if (!write_all (fd, bytes) || fchmod (fd, mode) < 0)
    {
      fail_errno (error, _ ("this cannot be written"), path);
      g_unlink (path);
    }
  else
    return g_steal_pointer (&path);

  return NULL;
}

/* What the editor found: the file, or the lines that a new one begins with. (transfer full) */
static GBytes *
first_text (const Editing *editing)
{
  return editing->original != NULL ? g_bytes_ref (editing->original)
                                   : g_bytes_new_static (TEMPLATE, strlen (TEMPLATE));
}

/* Finds the file and makes the copy that the editor will open. */
static gboolean
begin (Editing *editing, gboolean local, GError **error)
{
  g_autofree char *directory = NULL;
  g_autoptr (GBytes) text = NULL;

  editing->path = inner_config_path (local);
  editing->mode = local ? 0644 : 0600;
  if (!inner_check_utf8 (editing->path, error) ||
      !read_file (editing->path, &editing->original, &editing->mode, error))
    return FALSE;

  directory = g_path_get_dirname (editing->path);
  if (g_mkdir_with_parents (directory, local ? 0755 : 0700) < 0)
    return fail_errno (error, _ ("this directory cannot be made"), directory);
  text = first_text (editing);
  editing->copy = make_copy (editing, text, 0600, error);
  return editing->copy != NULL;
}

/* Asks the service what is wrong with the file @copy, and says it. */
static gboolean
check (const InnerGlobal *global, const char *copy, GError **error)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (InnerConnection) connection = inner_global_connect (global, error);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) issues = NULL;

  if (connection != NULL)
    reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "ValidateProfile",
                        g_variant_new ("(s@a{sv})", copy, g_variant_builder_end (&options)),
                        "(aa{sv})", NULL, error);
  if (reply == NULL)
    return FALSE;

  issues = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (issues); i++)
    {
      g_autoptr (GVariant) issue = g_variant_get_child_value (issues, i);
      guint32 line = 0;
      guint32 column = 0;

      g_variant_lookup (issue, "line", "u", &line);
      g_variant_lookup (issue, "column", "u", &column);
      inner_say (_ ("line %u, column %u: %s"), line, column, inner_text_of (issue, "message"));
    }
  if (g_variant_n_children (issues) == 0)
    return TRUE;

  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                       _ ("What you wrote is not valid"));
  return FALSE;
}

static gboolean
is_as_it_was (const Editing *editing, GError **error)
{
  g_autoptr (GBytes) now = NULL;
  mode_t mode;

  if (!read_file (editing->path, &now, &mode, error))
    return FALSE;
  if (now == NULL ? editing->original == NULL
                  : editing->original != NULL && g_bytes_equal (now, editing->original))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
               _ ("“%s” was changed by somebody else meanwhile"), editing->path);
  return FALSE;
}

static gboolean
install (const InnerGlobal *global, const Editing *editing, GBytes *bytes, GError **error)
{
  g_autofree char *checked = make_copy (editing, bytes, editing->mode, error);

  if (checked == NULL)
    return FALSE;
  if (check (global, checked, error) && is_as_it_was (editing, error))
    {
      if (g_rename (checked, editing->path) == 0)
        return TRUE;
      fail_errno (error, _ ("this cannot be written"), editing->path);
    }

  g_unlink (checked);
  return FALSE;
}

/* One turn in the editor. *@changed says whether there is something new in the copy. */
static gboolean
edit (const InnerGlobal *global, const Editing *editing, gboolean *changed, GError **error)
{
  gboolean ended = inner_edit_file (editing->copy, error);
  g_autoptr (GBytes) before = first_text (editing);
  g_autoptr (GBytes) bytes = NULL;
  mode_t mode;

  *changed = TRUE;
  if (!read_file (editing->copy, &bytes, &mode, ended ? error : NULL))
    return FALSE;
  *changed = bytes != NULL && !g_bytes_equal (bytes, before);
  return ended && (!*changed || install (global, editing, bytes, error));
}

static void
tell (const Editing *editing, gboolean local, gboolean changed, gboolean json)
{
  g_autoptr (GVariant) value = NULL;

  if (!changed)
    inner_say (_ ("nothing changed"));
  else if (local)
    inner_say (_ ("“%s” counts once you approve it: “innerctl profile trust %s”"), editing->path,
               editing->path);
  if (!json)
    return;
  value = g_variant_ref_sink (
      g_variant_new_parsed ("{'path': <%s>, 'changed': <%b>}", editing->path, changed));
  inner_print_json (value);
}

int
inner_verb_config_edit (InnerGlobal *global, int argc, char **argv)
{
  gboolean everywhere = FALSE;
  gboolean local = FALSE;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "global", 0, 0, G_OPTION_ARG_NONE, &everywhere, N_ ("Your own file (default)"), NULL },
    { "local", 0, 0, G_OPTION_ARG_NONE, &local, N_ ("The file of the project"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_auto (Editing) editing = { 0 };
  gboolean changed = FALSE;
  gboolean good;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Opens the configuration in the editor ($VISUAL or $EDITOR). What you write "
                       "counts once it is valid."),
                    &error))
    return inner_fail (error);
  if (everywhere && local)
    return inner_fail_usage (_ ("Only one of --global and --local can be given"));
  if (!begin (&editing, local, &error))
    return inner_fail (error);

  good = edit (global, &editing, &changed, &error);
  if (good || !changed)
    g_unlink (editing.copy);
  else
    inner_say (_ ("what you wrote is kept in “%s”; “%s” stays as it was"), editing.copy,
               editing.path);
  if (!good)
    return inner_fail (error);

  tell (&editing, local, changed, json);
  return 0;
}
