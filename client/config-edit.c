/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "inner-arguments.h"
#include "inner-config.h"
#include "inner-draft.h"
#include "inner-edit.h"
#include "inner-output.h"
#include "inner-profiles.h"

/* The service takes what is named so for a configuration (ValidateProfile). */
#define COPIES ".inner-edit-config"

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

/* Asks the service what is wrong with the file @path, and says it. @data is an InnerGlobal. */
static gboolean
check (const char *path, gpointer data, GError **error)
{
  g_autoptr (InnerConnection) connection = inner_global_connect (data, error);
  g_autoptr (GVariant) issues =
      connection != NULL ? inner_profile_validate (connection, path, error) : NULL;

  if (issues == NULL)
    return FALSE;
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

/* SECURITY: the file may be in a project, where an agent can put a link or a pipe in its place: links are not
 * followed, and nothing is waited for (attacks 35 and 46; tests/bus/test_configuration.py,
 * test_edit_touches_no_special_file).
 *
 * Finds what is there, which may be nothing. */
static gboolean
look (InnerEditing *editing, GError **error)
{
  g_autoptr (GError) reason = NULL;
  struct stat st;

  editing->original = inner_read_document (editing->path, FALSE, &st, &reason);
  if (editing->original != NULL)
    editing->mode = st.st_mode & 0777;
  if (reason == NULL || g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* A directory that is made for the copies and holds nothing in the end was never there. */
static InnerEdit
edit_in (const char *directory, mode_t mode, const InnerEditing *editing, GError **error)
{
  gboolean is_there = g_file_test (directory, G_FILE_TEST_EXISTS);
  InnerEdit result;

  if (g_mkdir_with_parents (directory, mode) < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
                   _ ("Cannot make the directory “%s”: %s; correct that, or make it yourself"),
                   directory, g_strerror (errno));
      return INNER_EDIT_FAILED;
    }
  result = inner_edit (editing, error);
  if (!is_there)
    g_rmdir (directory);
  return result;
}

static InnerEdit
edit (InnerGlobal *global, const char *path, gboolean local, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *aside = g_build_filename (directory, COPIES ".invalid.toml", NULL);
  g_autoptr (GBytes) text = g_bytes_new_static (TEMPLATE, strlen (TEMPLATE));
  InnerEditing editing = { .path = path,
                           .text = text,
                           .mode = local ? 0644 : 0600,
                           .copies = COPIES,
                           .aside = aside,
                           .check = check,
                           .data = global };
  InnerEdit result = INNER_EDIT_FAILED;

  if (inner_check_utf8 (path, error) && look (&editing, error))
    result = edit_in (directory, local ? 0755 : 0700, &editing, error);
  g_clear_pointer (&editing.original, g_bytes_unref);
  return result;
}

static void
tell (const char *path, gboolean local, gboolean changed, gboolean json)
{
  g_autoptr (GVariant) value = NULL;

  if (changed && local)
    inner_say (_ ("“%s” counts once you approve it: “innerctl profile trust %s”"), path, path);
  if (!json)
    return;
  value =
      g_variant_ref_sink (g_variant_new_parsed ("{'path': <%s>, 'changed': <%b>}", path, changed));
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
  g_autofree char *path = NULL;
  InnerEdit result;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Opens the configuration in the editor ($VISUAL or $EDITOR). What you write "
                       "counts once it is valid."),
                    &error))
    return inner_fail (error);
  if (everywhere && local)
    return inner_fail_usage (_ ("Only one of --global and --local can be given"));

  path = inner_config_path (local);
  result = edit (global, path, local, &error);
  if (result == INNER_EDIT_FAILED)
    return inner_fail (error);

  tell (path, local, result == INNER_EDIT_INSTALLED, json);
  return 0;
}
