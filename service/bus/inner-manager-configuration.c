/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gi18n.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-host.h"
#include "inner-manager.h"
#include "inner-options.h"

/* The variables that a path of the configuration may name when the caller did not send its own: those that
 * are about the person and not about one terminal. */
static GHashTable *
own_environment (const char *home)
{
  const struct
  {
    const char *name;
    const char *value;
  } variables[] = {
    { "HOME", home },
    { "USER", g_get_user_name () },
    { "LOGNAME", g_get_user_name () },
    { "XDG_CACHE_HOME", g_get_user_cache_dir () },
    { "XDG_CONFIG_HOME", g_get_user_config_dir () },
    { "XDG_DATA_HOME", g_get_user_data_dir () },
    { "XDG_RUNTIME_DIR", g_get_user_runtime_dir () },
    { "XDG_STATE_HOME", g_get_user_state_dir () },
  };
  GHashTable *environment = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_hash_table_insert (environment, (gpointer) variables[i].name, g_strdup (variables[i].value));
  return environment;
}

static guint64
memory_of_machine (void)
{
  long pages = sysconf (_SC_PHYS_PAGES);
  long size = sysconf (_SC_PAGESIZE);

  return pages > 0 && size > 0 ? (guint64) pages * size : 0;
}

static InnerConfigurationPlaces
places_of (InnerService *service, const char *home, const char *user_file, GHashTable *environment)
{
  return (InnerConfigurationPlaces){
    .system_file = INNER_SYSCONFDIR "/config.toml",
    .user_file = user_file,
    .trust = inner_service_get_trust (service),
    .home = home,
    .uid = getuid (),
    .environment = environment,
    .memory = memory_of_machine (),
    .processors = g_get_num_processors (),
  };
}

InnerConfiguration *
inner_manager_read_configuration (InnerService *service,
                                  const char *directory,
                                  GHashTable *caller_environment,
                                  GError **error)
{
  g_autofree char *home = inner_host_home ();
  g_autofree char *file = g_build_filename (g_get_user_config_dir (), "inner", "config.toml", NULL);
  g_autoptr (GHashTable) own = own_environment (home);
  gboolean sent = caller_environment != NULL && g_hash_table_size (caller_environment) > 0;
  const InnerConfigurationPlaces places =
      places_of (service, home, file, sent ? caller_environment : own);

  return inner_configuration_read (&places, directory, error);
}

InnerProfileEntry *
inner_manager_find_profile (InnerService *service,
                            const char *name,
                            const char *directory,
                            const InnerConfiguration *configuration,
                            GError **error)
{
  InnerProfileRegistry *registry = inner_service_get_registry (service);
  g_autoptr (InnerConfiguration) own = NULL;
  g_autoptr (InnerProfileEntry) entry = NULL;
  const InnerConfigurationValue *value;
  g_autofree char *shown = NULL;

  if (name[0] != '\0')
    return inner_profile_registry_find (registry, name, directory, error);
  if (configuration == NULL)
    configuration = own = inner_manager_read_configuration (service, directory, NULL, error);
  if (configuration == NULL)
    return NULL;

  value = &configuration->values[INNER_SETTING_DEFAULT_PROFILE];
  entry = inner_profile_registry_find (registry, value->text, directory, error);
  /* Nobody typed the name: say where it stands. */
  if (entry == NULL && value->line > 0 && error != NULL &&
      g_error_matches (*error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND))
    {
      shown = inner_escape_for_display (value->path);
      g_prefix_error (error, "%s:%u:%u: %s: ", shown, value->line, value->column,
                      inner_setting_name (INNER_SETTING_DEFAULT_PROFILE));
    }
  return g_steal_pointer (&entry);
}

/* D-Bus carries UTF-8 only, and a path may be anything. */
static GVariant *
new_text (const char *text)
{
  return g_variant_new_take_string (g_utf8_make_valid (text, -1));
}

static GVariant *
report_values (const InnerConfiguration *configuration)
{
  GVariantBuilder values;

  g_variant_builder_init (&values, G_VARIANT_TYPE_VARDICT);
  for (InnerSetting s = 0; s < INNER_N_SETTINGS; s++)
    {
      const char *text = configuration->values[s].text;

      if (text == NULL)
        continue;
      g_variant_builder_add (&values, "{sv}", inner_setting_name (s),
                             s == INNER_SETTING_PIDS
                                 ? g_variant_new_int64 (g_ascii_strtoll (text, NULL, 10))
                                 : new_text (text));
    }

  return g_variant_builder_end (&values);
}

static void
add_origin (GVariantBuilder *origins, const char *key, const char *path, guint line, guint column)
{
  g_variant_builder_add (origins, "{s@(suu)}", key,
                         g_variant_new ("(@suu)", new_text (path), line, column));
}

static GVariant *
report_origins (const InnerConfiguration *configuration)
{
  GVariantBuilder origins;

  g_variant_builder_init (&origins, G_VARIANT_TYPE ("a{s(suu)}"));
  for (InnerSetting s = 0; s < INNER_N_SETTINGS; s++)
    {
      const InnerConfigurationValue *value = &configuration->values[s];

      if (value->text != NULL)
        add_origin (&origins, inner_setting_name (s), value->path, value->line, value->column);
    }
  for (guint i = 0; i < configuration->aliases->len; i++)
    {
      const InnerAlias *alias = configuration->aliases->pdata[i];
      g_autofree char *key = g_strconcat ("aliases.", alias->name, NULL);

      add_origin (&origins, key, alias->path, alias->line, alias->column);
    }

  return g_variant_builder_end (&origins);
}

static GVariant *
report_aliases (const InnerConfiguration *configuration)
{
  GVariantBuilder aliases;

  g_variant_builder_init (&aliases, G_VARIANT_TYPE ("a{ss}"));
  for (guint i = 0; i < configuration->aliases->len; i++)
    {
      const InnerAlias *alias = configuration->aliases->pdata[i];

      g_variant_builder_add (&aliases, "{ss}", alias->name, alias->text);
    }

  return g_variant_builder_end (&aliases);
}

static GVariant *
report_strv (char **texts)
{
  return g_variant_new_strv ((const char *const *) texts, -1);
}

static GVariant *
report_layers (const InnerConfiguration *configuration)
{
  GVariantBuilder layers;

  g_variant_builder_init (&layers, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < configuration->layers->len; i++)
    {
      const InnerConfigurationLayer *layer = configuration->layers->pdata[i];

      g_variant_builder_open (&layers, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&layers, "{sv}", key, value)
      ADD ("path", new_text (layer->path));
      ADD ("scope", g_variant_new_string (inner_scope_to_string (layer->scope)));
      ADD ("exists", g_variant_new_boolean (layer->exists));
      ADD ("trusted", g_variant_new_boolean (layer->trusted));
      ADD ("digest", g_variant_new_string (layer->digest));
      ADD ("asks", report_strv (layer->asks));
      ADD ("aliases", report_strv (layer->aliases));
#undef ADD
      g_variant_builder_close (&layers);
    }

  return g_variant_builder_end (&layers);
}

static GVariant *
report_configuration (const InnerConfiguration *configuration)
{
  GVariantBuilder report;

  g_variant_builder_init (&report, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&report, "{sv}", key, value)
  ADD ("values", report_values (configuration));
  ADD ("origins", report_origins (configuration));
  ADD ("aliases", report_aliases (configuration));
  ADD ("layers", report_layers (configuration));
  ADD ("warnings", report_strv ((char **) configuration->warnings->pdata));
#undef ADD
  return g_variant_builder_end (&report);
}

GVariant *
inner_manager_get_configuration (InnerService *service, const char *directory, GError **error)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (directory));
  g_autoptr (InnerConfiguration) configuration = NULL;

  if (directory[0] != '\0' && !inner_option_check_path (value, error))
    return NULL;
  configuration = inner_manager_read_configuration (
      service, directory[0] != '\0' ? directory : NULL, NULL, error);
  return configuration != NULL ? report_configuration (configuration) : NULL;
}

static GVariant *
report_problem (const char *path, const InnerProblem *problem)
{
  GVariantBuilder issue;

  g_variant_builder_init (&issue, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&issue, "{sv}", key, value)
  ADD ("severity", g_variant_new_string ("error"));
  ADD ("message", g_variant_new_string (problem->message));
  ADD ("path", g_variant_new_string (path));
  ADD ("line", g_variant_new_uint32 (problem->at.line));
  ADD ("column", g_variant_new_uint32 (problem->at.column));
  ADD ("key", g_variant_new_string (problem->key));
#undef ADD
  return g_variant_builder_end (&issue);
}

GVariant *
inner_manager_validate_configuration (InnerService *service, const char *path, GError **error)
{
  g_autofree char *home = inner_host_home ();
  g_autoptr (GHashTable) environment = own_environment (home);
  const InnerConfigurationPlaces places = places_of (service, home, NULL, environment);
  g_autoptr (GPtrArray) problems = inner_configuration_check (&places, path, error);
  GVariantBuilder issues;

  if (problems == NULL)
    return NULL;
  g_variant_builder_init (&issues, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < problems->len; i++)
    g_variant_builder_add_value (&issues, report_problem (path, problems->pdata[i]));
  return g_variant_builder_end (&issues);
}
