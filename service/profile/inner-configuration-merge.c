/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-configuration-merge.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-error.h"
#include "inner-limits.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-expand.h"
#include "inner-profile-search.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

/* What a sandbox gets when nobody says anything: the reference's rule. */
#define LEAST_MEMORY (512 * MIB)
#define MOST_MEMORY (8192 * MIB)
#define UNKNOWN_MEMORY (2048 * MIB)
#define AUTO_PIDS "512"

void
inner_configuration_value_clear (InnerConfigurationValue *value)
{
  g_clear_pointer (&value->text, g_free);
  g_clear_pointer (&value->path, g_free);
}

static void
value_set (
    InnerConfigurationValue *value, const char *text, const char *path, guint line, guint column)
{
  inner_configuration_value_clear (value);
  *value = (InnerConfigurationValue){ g_strdup (text), g_strdup (path), line, column };
}

static void
value_copy (InnerConfigurationValue *to, const InnerConfigurationValue *from)
{
  value_set (to, from->text, from->path, from->line, from->column);
}

void
inner_configuration_merge_clear (InnerConfigurationMerge *merge)
{
  for (int i = 0; i < INNER_N_LIMIT_SETTINGS; i++)
    inner_configuration_value_clear (&merge->ceilings[i]);
}

void
inner_configuration_warn (InnerConfigurationMerge *merge, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_ptr_array_add (merge->configuration->warnings, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/* A warning about one setting, with its place in front. */
static void
warn_at (InnerConfigurationMerge *merge,
         const InnerConfigurationLayer *layer,
         const InnerConfigurationDocument *document,
         InnerSetting setting,
         const char *sentence)
{
  g_autofree char *shown = inner_escape_for_display (layer->path);

  inner_configuration_warn (merge, "%s:%u: %s: %s", shown, document->places[setting].line,
                            inner_setting_name (setting), sentence);
}

static const char *
limit_name (InnerSetting setting)
{
  return inner_limit_names[setting - INNER_SETTING_MEMORY];
}

void
inner_configuration_set_defaults (InnerConfigurationMerge *merge)
{
  InnerConfigurationValue *values = merge->configuration->values;
  guint64 half = merge->places->memory / 2;
  guint64 bytes =
      merge->places->memory == 0 ? UNKNOWN_MEMORY : CLAMP (half, LEAST_MEMORY, MOST_MEMORY);
  g_autofree char *memory = g_strdup_printf ("%" PRIu64 "M", (uint64_t) (bytes / MIB));
  g_autofree char *cpu = g_strdup_printf ("%u%%", MAX (100, merge->places->processors * 50));

  value_set (&values[INNER_SETTING_DEFAULT_PROFILE], INNER_DEFAULT_PROFILE, INNER_ORIGIN_DEFAULT, 0,
             0);
  value_set (&values[INNER_SETTING_MEMORY], memory, INNER_ORIGIN_AUTO, 0, 0);
  value_set (&values[INNER_SETTING_CPU], cpu, INNER_ORIGIN_AUTO, 0, 0);
  value_set (&values[INNER_SETTING_PIDS], AUTO_PIDS, INNER_ORIGIN_AUTO, 0, 0);
}

/* Gives what @text, the path of a directory or a profile, stands for here. (transfer full) */
static char *
expand_path (const InnerConfigurationPlaces *places, const char *text, GError **error)
{
  const InnerExpansion facts = {
    .home = places->home,
    .uid = places->uid,
    .environment = places->environment,
  };
  g_autofree char *expanded = inner_expand (text, &facts, error);
  g_autofree char *canonical = NULL;
  g_autofree char *shown = NULL;

  if (expanded == NULL)
    return NULL;
  if (expanded[0] == '/' && g_utf8_validate (expanded, -1, NULL))
    {
      canonical = g_canonicalize_filename (expanded, "/");
      /* GLib keeps two slashes at the beginning, as POSIX allows; Linux knows no such place. */
      return g_strdup (canonical + (canonical[1] == '/'));
    }

  shown = inner_escape_for_display (expanded);
  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
               _ ("“%s” is not an absolute path in UTF-8; begin it with “/” or “~/”"), shown);
  return NULL;
}

/* Gives the profile that @text names: a name, or the path of a document. What comes from the network must
 * be installed first. (transfer full) */
static char *
own_profile (const InnerConfigurationPlaces *places, const char *text, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (text);

  if (inner_profile_name_is_valid (text))
    return g_strdup (text);
  if (text[0] == '/' || text[0] == '~')
    return expand_path (places, text, error);

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
               strstr (text, "://") != NULL
                   ? _ ("“%s” is an address; install the profile and write its name")
                   : _ ("“%s” is neither the name of a profile nor an absolute path of one"),
               shown);
  return NULL;
}

char *
inner_configuration_value_of (const InnerConfigurationPlaces *places,
                              InnerSetting setting,
                              const char *text,
                              GError **error)
{
  if (setting == INNER_SETTING_DEFAULT_PROFILE)
    return own_profile (places, text, error);
  if (setting == INNER_SETTING_LOG_DIR || setting == INNER_SETTING_WORKSPACES_PATH)
    return expand_path (places, text, error);

  return g_strdup (text);
}

/* A variable that nobody set leaves a hole in a path, and the path still looks like one. */
static void
warn_undefined (InnerConfigurationMerge *merge,
                const InnerConfigurationLayer *layer,
                const InnerConfigurationDocument *document,
                InnerSetting setting)
{
  g_autoptr (GRegex) regex = g_regex_new ("\\$\\{?([A-Za-z_][A-Za-z0-9_]*)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_regex_match (regex, document->texts[setting], 0, &match);
  for (; g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1);
      g_autofree char *sentence =
          g_strdup_printf (_ ("the variable “%s” is not set here and stands for nothing"), name);

      if (!g_str_equal (name, "UID") && !g_hash_table_contains (merge->places->environment, name))
        warn_at (merge, layer, document, setting, sentence);
    }
}

static void
take (InnerConfigurationMerge *merge,
      const InnerConfigurationLayer *layer,
      const InnerConfigurationDocument *document,
      InnerSetting setting,
      const char *text)
{
  value_set (&merge->configuration->values[setting], text, layer->path,
             document->places[setting].line, document->places[setting].column);
  if (setting == INNER_SETTING_LOG_DIR || setting == INNER_SETTING_WORKSPACES_PATH)
    warn_undefined (merge, layer, document, setting);
}

static int
compare_aliases (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const InnerAlias *const *) a)->name, (*(const InnerAlias *const *) b)->name);
}

static gboolean
has_name (gconstpointer alias, gconstpointer name)
{
  return g_str_equal (((const InnerAlias *) alias)->name, name);
}

/* SECURITY: who approves a page of settings has not approved that one word of it installs, trusts or changes
 * something: an alias of a project runs sandboxes and does nothing else, and consents to nothing, however
 * it is quoted (attacks 65 and 109; tests/unit/test-configuration-untrusted.c). */
static gboolean
only_runs (const InnerAlias *alias)
{
  g_autoptr (GString) plain = g_string_new (alias->text);

  g_string_replace (plain, "\"", "", 0);
  g_string_replace (plain, "'", "", 0);
  g_string_replace (plain, "\\", "", 0);
  return (g_str_equal (alias->text, "run") || g_str_has_prefix (alias->text, "run ")) &&
         strstr (plain->str, "--allow-remote") == NULL &&
         strstr (plain->str, "--trust-remote") == NULL;
}

static void
warn_about_alias (InnerConfigurationMerge *merge,
                  const InnerConfigurationLayer *layer,
                  const InnerAlias *alias)
{
  g_autofree char *shown = inner_escape_for_display (layer->path);
  g_autofree char *name = inner_escape_for_display (alias->name);

  inner_configuration_warn (merge,
                            _ ("%s:%u: the alias “%s” does not count: one of a project begins with "
                               "“run” and has neither “--allow-remote” nor “--trust-remote” in it"),
                            shown, alias->line, name);
}

static void
take_aliases (InnerConfigurationMerge *merge,
              const InnerConfigurationLayer *layer,
              const InnerConfigurationDocument *document)
{
  GPtrArray *aliases = merge->configuration->aliases;
  guint index;

  for (guint i = 0; i < document->aliases->len; i++)
    {
      const InnerAlias *alias = document->aliases->pdata[i];

      if (layer->scope == INNER_SCOPE_PROJECT && !only_runs (alias))
        {
          warn_about_alias (merge, layer, alias);
          continue;
        }
      if (g_ptr_array_find_with_equal_func (aliases, alias->name, has_name, &index))
        g_ptr_array_remove_index (aliases, index);
      g_ptr_array_add (aliases, inner_alias_new (alias->name, alias->text, layer->path, alias->line,
                                                 alias->column));
    }
  g_ptr_array_sort (aliases, compare_aliases);
}

gboolean
inner_configuration_take_own (InnerConfigurationMerge *merge,
                              const InnerConfigurationLayer *layer,
                              const InnerConfigurationDocument *document,
                              GError **error)
{
  for (InnerSetting s = 0; s < INNER_N_SETTINGS; s++)
    {
      g_autoptr (GError) reason = NULL;
      g_autofree char *text = NULL;

      if (document->texts[s] == NULL)
        continue;
      text = inner_configuration_value_of (merge->places, s, document->texts[s], &reason);
      if (text == NULL)
        {
          inner_problem_to_error (layer->path, document->places[s], reason->message, error);
          return FALSE;
        }
      take (merge, layer, document, s, text);
    }

  take_aliases (merge, layer, document);
  return TRUE;
}

void
inner_configuration_set_ceilings (InnerConfigurationMerge *merge)
{
  for (int i = 0; i < INNER_N_LIMIT_SETTINGS; i++)
    value_copy (&merge->ceilings[i], &merge->configuration->values[INNER_SETTING_MEMORY + i]);
}

char *
inner_resolve_existing (const char *path)
{
  g_autofree char *tail = NULL;
  g_autofree char *at = g_strdup (path);
  struct stat st;

  for (;;)
    {
      char *resolved = realpath (at, NULL);
      char *whole;
      char *slash;

      if (resolved != NULL)
        {
          whole = g_build_filename (resolved, tail, NULL);
          free (resolved);
          return whole;
        }
      if (errno != ENOENT || lstat (at, &st) == 0)
        return NULL;
      slash = strrchr (at, '/');
      whole = g_build_filename (slash + 1, tail, NULL);
      g_free (tail);
      tail = whole;
      slash[slash == at ? 1 : 0] = '\0';
    }
}

static gboolean
lies_in (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  return g_str_equal (directory, "/") ||
         (strncmp (path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

static void
narrow_workspaces (InnerConfigurationMerge *merge,
                   const InnerConfigurationLayer *layer,
                   const InnerConfigurationDocument *document,
                   const char *project)
{
  const InnerSetting setting = INNER_SETTING_WORKSPACES_PATH;
  g_autoptr (GError) reason = NULL;
  g_autofree char *path = expand_path (merge->places, document->texts[setting], &reason);
  g_autofree char *real = path != NULL ? inner_resolve_existing (path) : NULL;
  g_autofree char *shown = NULL;
  g_autofree char *sentence = NULL;

  if (real != NULL && lies_in (real, project))
    {
      take (merge, layer, document, setting, path);
      return;
    }

  shown = inner_escape_for_display (path != NULL ? path : document->texts[setting]);
  sentence = g_strdup_printf (_ ("“%s” lies outside of the project, so it does not count; name a "
                                 "directory in it"),
                              shown);
  warn_at (merge, layer, document, setting, path != NULL ? sentence : reason->message);
}

static void
narrow_limit (InnerConfigurationMerge *merge,
              const InnerConfigurationLayer *layer,
              const InnerConfigurationDocument *document,
              InnerSetting setting)
{
  const InnerConfigurationValue *ceiling = &merge->ceilings[setting - INNER_SETTING_MEMORY];
  g_autofree char *sentence = NULL;
  guint64 wanted = 0;
  guint64 most = 0;

  inner_limit_parse (limit_name (setting), document->texts[setting], &wanted, NULL);
  inner_limit_parse (limit_name (setting), ceiling->text, &most, NULL);
  if (wanted <= most)
    {
      take (merge, layer, document, setting, document->texts[setting]);
      return;
    }

  value_copy (&merge->configuration->values[setting], ceiling);
  sentence = g_strdup_printf (_ ("a project cannot have more than the user's own configuration "
                                 "allows, so %s becomes %s"),
                              document->texts[setting], ceiling->text);
  warn_at (merge, layer, document, setting, sentence);
}

/* SECURITY: an agent may have written the file, and a person who approved it read it with the project in
 * mind: nothing in it reaches beyond the project or above what the user allows (attacks 64 and 65;
 * tests/unit/test-configuration-untrusted.c). */
void
inner_configuration_take_project (InnerConfigurationMerge *merge,
                                  const InnerConfigurationLayer *layer,
                                  const InnerConfigurationDocument *document,
                                  const char *project)
{
  const char *profile = document->texts[INNER_SETTING_DEFAULT_PROFILE];

  if (profile != NULL && inner_profile_name_is_valid (profile))
    take (merge, layer, document, INNER_SETTING_DEFAULT_PROFILE, profile);
  else if (profile != NULL)
    warn_at (merge, layer, document, INNER_SETTING_DEFAULT_PROFILE,
             _ ("a project can only name a profile, so this does not count"));
  if (document->texts[INNER_SETTING_LOG_DIR] != NULL)
    warn_at (merge, layer, document, INNER_SETTING_LOG_DIR,
             _ ("a project does not decide where logs go; set it in your own configuration"));
  if (document->texts[INNER_SETTING_WORKSPACES_PATH] != NULL)
    narrow_workspaces (merge, layer, document, project);
  for (InnerSetting s = INNER_SETTING_MEMORY; s < INNER_N_SETTINGS; s++)
    if (document->texts[s] != NULL)
      narrow_limit (merge, layer, document, s);
  take_aliases (merge, layer, document);
}
