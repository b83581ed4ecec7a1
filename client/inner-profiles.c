/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profiles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-arguments.h"
#include "inner-draft.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-run-options.h"

char *
inner_own_path (const char *name)
{
  return g_build_filename (g_get_user_config_dir (), "inner", name, NULL);
}

/* Adds where the caller stands: the search for the profiles of projects begins there. */
static void
add_directory (GVariantBuilder *options)
{
  g_autofree char *directory = g_get_current_dir ();

  if (g_utf8_validate (directory, -1, NULL))
    g_variant_builder_add (options, "{sv}", INNER_OPTION_DIRECTORY,
                           g_variant_new_string (directory));
}

gboolean
inner_check_format (const char *format, GError **error)
{
  if (g_str_equal (format, "toml") || g_str_equal (format, "xml"))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("“%s” is no notation of profiles; use “toml” or “xml”"), format);
  return FALSE;
}

/* Narrower than the service's rule: what innerctl would take for a file could never be named. */
static gboolean
check_name (const char *name, GError **error)
{
  if (!inner_profile_name_is_valid (name))
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” cannot be the name of a profile; use at most %d bytes without “/”, “\\”, "
                    "“..” and control characters, and no dot at the beginning"),
                 name, 2 * INNER_MAX_NAME);
  else if (name[0] == '~' || inner_format_of_file (name) != NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                 _ ("“%s” would be taken for a file; choose a name that neither begins with “~” "
                    "nor ends in “.toml” or “.xml”"),
                 name);
  else
    return TRUE;

  return FALSE;
}

static gboolean
make_directory (const char *directory, GError **error)
{
  if (g_mkdir_with_parents (directory, 0700) == 0)
    return TRUE;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
               _ ("Cannot make the directory “%s”: %s; make it, or set XDG_CONFIG_HOME"), directory,
               g_strerror (errno));
  return FALSE;
}

static gboolean
is_there (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0;
}

/* Of two documents with one name only the one in TOML counts: a second notation beside the first would
 * either do nothing or take its place without a word. */
static gboolean
check_free (const char *path, const char *other, gboolean force, GError **error)
{
  if (is_there (other))
    g_set_error (error, INNER_ERROR, INNER_ERROR_NAME_IN_USE,
                 _ ("The profile exists already as “%s”; remove that one first, or choose another "
                    "name"),
                 other);
  else if (!force && is_there (path))
    g_set_error (error, INNER_ERROR, INNER_ERROR_NAME_IN_USE,
                 _ ("“%s” exists already and stays as it is; choose another name, or remove it "
                    "first"),
                 path);
  else
    return TRUE;

  return FALSE;
}

char *
inner_own_profile_path (const char *name, const char *format, gboolean force, GError **error)
{
  g_autofree char *directory = inner_own_path ("profiles");
  const char *other_format = g_str_equal (format, "toml") ? "xml" : "toml";
  g_autofree char *path = g_strdup_printf ("%s/%s.%s", directory, name, format);
  g_autofree char *other = g_strdup_printf ("%s/%s.%s", directory, name, other_format);

  if (!check_name (name, error) || !inner_check_utf8 (directory, error) ||
      !make_directory (directory, error) || !check_free (path, other, force, error))
    return NULL;
  return g_steal_pointer (&path);
}

static GVariant *
ask_service (InnerConnection *connection,
             const char *method,
             GVariant *parameters,
             const char *type,
             GUnixFDList *fds,
             GError **error)
{
  g_autoptr (GVariant) reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX,
                                           method, parameters, type, fds, error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

GVariant *
inner_profiles_list (InnerConnection *connection, GError **error)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  add_directory (&options);
  return ask_service (connection, "ListProfiles",
                      g_variant_new ("(@a{sv})", g_variant_builder_end (&options)), "(aa{sv})",
                      NULL, error);
}

GVariant *
inner_profile_describe (InnerConnection *connection,
                        const char *word,
                        const char *format,
                        GError **error)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  add_directory (&options);
  g_variant_builder_add (&options, "{sv}", "format", g_variant_new_string (format));
  return ask_service (connection, "DescribeProfile",
                      g_variant_new ("(s@a{sv})", word, g_variant_builder_end (&options)),
                      "(a{sv})", NULL, error);
}

GVariant *
inner_profile_validate (InnerConnection *connection, const char *word, GError **error)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  add_directory (&options);
  if (!inner_add_caller_environment (&options, fds, error))
    return NULL;
  return ask_service (connection, "ValidateProfile",
                      g_variant_new ("(s@a{sv})", word, g_variant_builder_end (&options)),
                      "(aa{sv})", fds, error);
}

/* "NAME:LINE:COLUMN: message", as compilers say it. */
static void
tell_issue (GVariant *issue, gboolean is_error, const char *path, const char *shown)
{
  const char *where = inner_text_of (issue, "path");
  const char *name = where[0] == '\0' || g_str_equal (where, path) ? shown : where;
  const char *kind = is_error ? _ ("error") : _ ("warning");
  guint32 line = 0;
  guint32 column = 0;

  g_variant_lookup (issue, "line", "u", &line);
  g_variant_lookup (issue, "column", "u", &column);
  if (line > 0)
    inner_say ("%s:%u:%u: %s: %s", name, line, column, kind, inner_text_of (issue, "message"));
  else
    inner_say ("%s: %s: %s", name, kind, inner_text_of (issue, "message"));
}

gboolean
inner_profile_check (InnerConnection *connection,
                     const char *path,
                     const char *shown,
                     GStrv *warnings,
                     GError **error)
{
  g_autoptr (GStrvBuilder) messages = g_strv_builder_new ();
  g_autoptr (GVariant) issues = inner_profile_validate (connection, path, error);
  guint errors = 0;

  if (issues == NULL)
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (issues); i++)
    {
      g_autoptr (GVariant) issue = g_variant_get_child_value (issues, i);
      gboolean is_error = !g_str_equal (inner_text_of (issue, "severity"), "warning");

      tell_issue (issue, is_error, path, shown);
      errors += is_error;
      if (!is_error)
        g_strv_builder_add (messages, inner_text_of (issue, "message"));
    }
  if (warnings != NULL)
    *warnings = g_strv_builder_end (messages);
  if (errors > 0)
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                 _ ("“%s” cannot be used as it is; correct what is said above"), shown);
  return errors == 0;
}

void
inner_print_profile (gboolean json, const char *name, const char *path)
{
  g_autoptr (GVariant) result = NULL;

  if (!json)
    {
      puts (path);
      return;
    }
  result = g_variant_ref_sink (g_variant_new_parsed ("{'name': <%s>, 'path': <%s>}", name, path));
  inner_print_json (result);
}
