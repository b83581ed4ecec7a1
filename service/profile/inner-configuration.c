/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-configuration.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

#include "inner-configuration-merge.h"
#include "inner-error.h"
#include "inner-options.h"
#include "inner-profile-file.h"

/* In each directory from the root down, lowest first. Most directories have none of the folders, and each
 * start of a sandbox looks. */
static const struct
{
  const char *folder;
  const char *files[5];
} project_places[] = {
  { ".config",
    { "inner.toml", "inner/config.toml", "inner.local.toml", "inner/config.local.toml", NULL } },
  { ".inner", { "config.toml", "config.local.toml", NULL } },
  { "", { "inner.toml", "inner.local.toml", NULL } },
};

static void
layer_free (InnerConfigurationLayer *layer)
{
  g_free (layer->path);
  g_free (layer->digest);
  g_strfreev (layer->asks);
  g_strfreev (layer->aliases);
  g_free (layer);
}

void
inner_configuration_free (InnerConfiguration *configuration)
{
  for (int s = 0; s < INNER_N_SETTINGS; s++)
    inner_configuration_value_clear (&configuration->values[s]);
  g_ptr_array_unref (configuration->aliases);
  g_ptr_array_unref (configuration->layers);
  g_ptr_array_unref (configuration->warnings);
  g_free (configuration);
}

static InnerConfiguration *
configuration_new (void)
{
  InnerConfiguration *configuration = g_new0 (InnerConfiguration, 1);

  configuration->aliases = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_alias_free);
  configuration->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) layer_free);
  configuration->warnings = g_ptr_array_new_null_terminated (4, g_free, TRUE);
  return configuration;
}

static InnerConfigurationLayer *
add_layer (InnerConfigurationMerge *merge, const char *path, InnerScope scope)
{
  InnerConfigurationLayer *layer = g_new0 (InnerConfigurationLayer, 1);

  /* A file with any other path is not read, but listed (inner_profile_file_read()). */
  layer->path = g_utf8_make_valid (path, -1);
  layer->scope = scope;
  layer->digest = g_strdup ("");
  layer->asks = g_new0 (char *, 1);
  layer->aliases = g_new0 (char *, 1);
  g_ptr_array_add (merge->configuration->layers, layer);
  return layer;
}

static void
describe_layer (InnerConfigurationLayer *layer, const InnerConfigurationDocument *document)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < document->aliases->len; i++)
    g_strv_builder_add (names, ((const InnerAlias *) document->aliases->pdata[i])->name);
  g_strfreev (layer->aliases);
  layer->aliases = g_strv_builder_end (names);
  g_strfreev (layer->asks);
  layer->asks = inner_configuration_document_sentences (document);
}

/* Gives what @bytes, those of @layer, say, or %NULL and the first of what is wrong. */
static InnerConfigurationDocument *
parse_layer (InnerConfigurationLayer *layer, GBytes *bytes, GError **error)
{
  g_autoptr (GPtrArray) problems = inner_problems_new ();
  g_autoptr (InnerConfigurationDocument) document = inner_configuration_document_parse (
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), problems);

  if (document == NULL)
    {
      const InnerProblem *first = problems->pdata[0];

      inner_problem_to_error (layer->path, first->at, first->message, error);
      return NULL;
    }

  describe_layer (layer, document);
  return g_steal_pointer (&document);
}

/* SECURITY: the files of system and user count by their place alone, so nobody else may be able to write
 * them. Leaving such a file out would drop the limits in it, so it is an error (attacks 65 and 106;
 * tests/unit/test-configuration-untrusted.c). */
static gboolean
check_owner (const char *path, const struct stat *file, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  struct stat st;

  if (inner_file_is_ours (file) && stat (directory, &st) == 0 && inner_file_is_ours (&st))
    return TRUE;

  inner_problem_to_error (path, (InnerPosition){ 1, 1 },
                          _ ("Other users can write to this file or its directory; take the right "
                             "from them with “chmod o-w”, or own it"),
                          error);
  return FALSE;
}

static gboolean
add_own (InnerConfigurationMerge *merge, const char *path, InnerScope scope, GError **error)
{
  g_autofree char *canonical = inner_profile_file_canonical (path);
  InnerConfigurationLayer *layer = add_layer (merge, canonical, scope);
  g_autoptr (InnerConfigurationDocument) document = NULL;
  g_autoptr (GBytes) bytes = NULL;
  struct stat st;

  layer->trusted = TRUE;
  if (lstat (canonical, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
    return TRUE;

  layer->exists = TRUE;
  bytes = inner_profile_file_read (canonical, &st, error);
  if (bytes == NULL || !check_owner (canonical, &st, error))
    return FALSE;
  g_free (layer->digest);
  layer->digest = inner_trust_digest (bytes);
  document = parse_layer (layer, bytes, error);
  return document != NULL && inner_configuration_take_own (merge, layer, document, error);
}

static void
warn_ignored (InnerConfigurationMerge *merge, const char *path)
{
  g_autofree char *shown = inner_escape_for_display (path);
  g_autofree char *quoted = strchr (path, ' ') != NULL ? g_shell_quote (path) : g_strdup (path);
  g_autofree char *word = inner_escape_for_display (quoted);

  inner_configuration_warn (
      merge,
      _ ("“%s” is not approved, so it does not count; read it, and approve it with “innerctl "
         "profile trust %s”"),
      shown, word);
}

static gboolean
is_known (const InnerConfiguration *configuration, const char *path)
{
  for (guint i = 0; i < configuration->layers->len; i++)
    if (g_str_equal (((InnerConfigurationLayer *) configuration->layers->pdata[i])->path, path))
      return TRUE;

  return FALSE;
}

/* A file that is there, by its canonical path; @project is the directory that it is for. */
static gboolean
add_project_file (InnerConfigurationMerge *merge,
                  const char *path,
                  const char *project,
                  GError **error)
{
  InnerConfigurationLayer *layer = add_layer (merge, path, INNER_SCOPE_PROJECT);
  g_autoptr (InnerConfigurationDocument) document = NULL;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) bytes = NULL;
  struct stat st;

  layer->exists = TRUE;
  bytes = inner_profile_file_read (path, &st, &reason);
  if (bytes != NULL)
    {
      g_free (layer->digest);
      layer->digest = inner_trust_digest (bytes);
      layer->trusted = inner_trust_is_approved (merge->places->trust, path, layer->digest);
      document = parse_layer (layer, bytes, &reason);
    }
  if (document == NULL && layer->trusted)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }

  if (!layer->trusted && document != NULL)
    warn_ignored (merge, path);
  else if (!layer->trusted)
    inner_configuration_warn (merge, _ ("This file does not count: %s"), reason->message);
  else
    inner_configuration_take_project (merge, layer, document, project);
  return TRUE;
}

/* The file at @path, if there is one. What cannot be looked at is left out: nobody can have approved it as it
 * is now. */
static gboolean
look_for_project_file (InnerConfigurationMerge *merge,
                       const char *path,
                       const char *directory,
                       GError **error)
{
  g_autofree char *canonical = NULL;
  g_autofree char *project = NULL;
  struct stat st;

  if (lstat (path, &st) < 0)
    return TRUE;

  canonical = inner_profile_file_canonical (path);
  project = inner_resolve_existing (directory);
  return project == NULL || is_known (merge->configuration, canonical) ||
         add_project_file (merge, canonical, project, error);
}

static gboolean
add_project_files (InnerConfigurationMerge *merge, const char *directory, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (project_places); i++)
    {
      g_autofree char *folder = g_build_filename (directory, project_places[i].folder, NULL);
      struct stat st;

      if (lstat (folder, &st) < 0)
        continue;
      for (const char *const *file = project_places[i].files; *file != NULL; file++)
        {
          g_autofree char *path = g_build_filename (folder, *file, NULL);

          if (!look_for_project_file (merge, path, directory, error))
            return FALSE;
        }
    }

  return TRUE;
}

static gboolean
add_projects (InnerConfigurationMerge *merge, const char *directory, GError **error)
{
  g_autofree char *path = g_canonicalize_filename (directory, "/");

  if (!add_project_files (merge, "/", error))
    return FALSE;
  for (char *slash = strchr (path + 1, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      if (!add_project_files (merge, path, error))
        return FALSE;
      *slash = '/';
    }
  return g_str_equal (path, "/") || add_project_files (merge, path, error);
}

InnerConfiguration *
inner_configuration_read (const InnerConfigurationPlaces *places,
                          const char *directory,
                          GError **error)
{
  g_autoptr (InnerConfiguration) configuration = configuration_new ();
  g_auto (InnerConfigurationMerge) merge = { .places = places, .configuration = configuration };

  inner_configuration_set_defaults (&merge);
  if (places->system_file != NULL &&
      !add_own (&merge, places->system_file, INNER_SCOPE_SYSTEM, error))
    return NULL;
  if (places->user_file != NULL && !add_own (&merge, places->user_file, INNER_SCOPE_USER, error))
    return NULL;

  inner_configuration_set_ceilings (&merge);
  if (directory != NULL && !add_projects (&merge, directory, error))
    return NULL;

  return g_steal_pointer (&configuration);
}

/* SECURITY: a profile is never taken for a configuration, which has fewer rules: where profiles are kept,
 * every file is one (tests/bus/test_configuration.py). */
gboolean
inner_configuration_is_file (const char *path)
{
  static const char *const names[] = { "config.toml", "config.local.toml", "inner.toml",
                                       "inner.local.toml", NULL };
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *parent = g_path_get_basename (directory);

  return path[0] == '/' && !g_str_equal (parent, "profiles") &&
         (g_strv_contains (names, name) || g_str_has_prefix (name, INNER_EDITED_CONFIGURATION));
}

/* Notes why @path cannot be read. The message has the place in front, which a problem has beside it. */
static void
complain_unreadable (InnerReader *reader, const char *path, const GError *reason)
{
  g_autofree char *shown = inner_escape_for_display (path);
  g_autofree char *place = g_strconcat (shown, ":1:1: ", NULL);
  gsize skip = g_str_has_prefix (reason->message, place) ? strlen (place) : 0;

  inner_reader_complain (reader, (InnerPosition){ 1, 1 }, NULL, "%s", reason->message + skip);
}

static void
check_values (InnerReader *reader,
              const InnerConfigurationPlaces *places,
              const InnerConfigurationDocument *document)
{
  for (InnerSetting s = 0; s < INNER_N_SETTINGS; s++)
    {
      g_autoptr (GError) reason = NULL;
      g_autofree char *text = NULL;

      if (document->texts[s] != NULL)
        text = inner_configuration_value_of (places, s, document->texts[s], &reason);
      if (reason != NULL)
        inner_reader_complain (reader, document->places[s], inner_setting_name (s), "%s",
                               reason->message);
    }
}

GPtrArray *
inner_configuration_check (const InnerConfigurationPlaces *places, const char *path, GError **error)
{
  g_autoptr (GPtrArray) problems = inner_problems_new ();
  g_autoptr (InnerConfigurationDocument) document = NULL;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) bytes = NULL;
  InnerReader reader = { NULL, problems };
  struct stat st;

  if (lstat (path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
    {
      g_autofree char *shown = inner_escape_for_display (path);

      g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND,
                   _ ("There is no file “%s”; “innerctl config path” says where yours is"), shown);
      return NULL;
    }

  bytes = inner_profile_file_read (path, &st, &reason);
  if (bytes == NULL)
    complain_unreadable (&reader, path, reason);
  else
    document = inner_configuration_document_parse (g_bytes_get_data (bytes, NULL),
                                                   g_bytes_get_size (bytes), problems);
  if (document != NULL)
    check_values (&reader, places, document);

  return g_steal_pointer (&problems);
}
