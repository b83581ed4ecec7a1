/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gi18n.h>

#include "inner-error.h"
#include "inner-explain.h"
#include "inner-manager.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-profile-asks.h"

#define OPTION_FORMAT "format"

static gboolean
check_format (GVariant *value, GError **error)
{
  static const char *const formats[] = { "toml", "xml", NULL };

  if (g_strv_contains (formats, g_variant_get_string (value, NULL)))
    return TRUE;
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, _ ("use “toml” or “xml”"));
  return FALSE;
}

static const InnerOption list_options[] = {
  { INNER_OPTION_DIRECTORY, "s", inner_option_check_path },
  { NULL, NULL, NULL },
};

static const InnerOption describe_options[] = {
  { INNER_OPTION_DIRECTORY, "s", inner_option_check_path },
  { OPTION_FORMAT, "s", check_format },
  { NULL, NULL, NULL },
};

/* Gives @key as a value that is made once: each of a thousand profiles has the same keys. */
static GVariant *
shared_key (const char *key)
{
  static GHashTable *keys = NULL;
  GVariant *shared;

  if (keys == NULL)
    keys = g_hash_table_new (g_str_hash, g_str_equal);
  shared = g_hash_table_lookup (keys, key);
  if (shared == NULL)
    {
      shared = g_variant_ref_sink (g_variant_new_string (key));
      g_hash_table_insert (keys, (gpointer) g_variant_get_string (shared, NULL), shared);
    }

  return shared;
}

/* Not by g_variant_builder_add(), which reads its format anew each time: that was half of the time that a
 * list of a thousand profiles took. */
static void
add_value (GVariantBuilder *dict, const char *key, GVariant *value)
{
  g_variant_builder_add_value (
      dict, g_variant_new_dict_entry (shared_key (key), g_variant_new_variant (value)));
}

static void
add_string (GVariantBuilder *dict, const char *key, const char *value)
{
  add_value (dict, key, g_variant_new_string (value));
}

/* Whole entries are shared, too. */
static void
add_bool (GVariantBuilder *dict, const char *key, gboolean value)
{
  static GHashTable *entries[2] = { NULL, NULL };
  GHashTable **known = &entries[value ? 1 : 0];
  GVariant *entry;

  if (*known == NULL)
    *known = g_hash_table_new (g_str_hash, g_str_equal);
  entry = g_hash_table_lookup (*known, key);
  if (entry == NULL)
    {
      entry = g_variant_new_dict_entry (shared_key (key),
                                        g_variant_new_variant (g_variant_new_boolean (value)));
      g_hash_table_insert (*known, (gpointer) g_variant_get_string (shared_key (key), NULL),
                           g_variant_ref_sink (entry));
    }
  g_variant_builder_add_value (dict, entry);
}

static const char *
description_for_people (const InnerProfileEntry *entry)
{
  const char *text = inner_profile_get_string (entry->effective, INNER_KEY_DESCRIPTION, "");

  /* Only our own profiles have translations; gettext("") would give the catalogue's header. */
  return entry->scope == INNER_SCOPE_BUILTIN && text[0] != '\0' ? _ (text) : text;
}

/* @name is what the configuration says: a name or a path; %NULL when it cannot be read. */
static gboolean
is_default (const InnerProfileEntry *entry, const char *name)
{
  if (name != NULL && name[0] == '/')
    return g_str_equal (entry->path, name);
  return !entry->shadowed && g_strcmp0 (entry->name, name) == 0;
}

static GVariant *
list_entry (const InnerProfileEntry *entry, const char *default_name)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  add_string (&dict, "name", entry->name);
  add_string (&dict, "scope", inner_scope_to_string (entry->scope));
  add_string (&dict, "path", entry->path);
  add_bool (&dict, "shadowed", entry->shadowed);
  add_bool (&dict, "trusted", entry->trusted);
  add_bool (&dict, "default", is_default (entry, default_name));
  if (entry->effective != NULL)
    {
      add_string (&dict, "description", description_for_people (entry));
      add_bool (&dict, "experimental",
                inner_profile_get_bool (entry->effective, INNER_KEY_EXPERIMENTAL, FALSE));
      add_value (&dict, "privileges", inner_explain_privilege_keys (entry->effective));
    }
  if (entry->error != NULL)
    add_string (&dict, "error", entry->error->message);

  return g_variant_builder_end (&dict);
}

GVariant *
inner_manager_list_profiles (InnerService *service, GVariant *options, GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, list_options, error);
  g_autoptr (InnerConfiguration) configuration = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  GVariantBuilder list;
  const char *directory = NULL;
  const char *default_name = NULL;

  if (dict == NULL)
    return NULL;

  g_variant_dict_lookup (dict, INNER_OPTION_DIRECTORY, "&s", &directory);
  /* With a broken configuration no profile is the default: Start with an empty name fails, too. */
  configuration = inner_manager_read_configuration (service, directory, NULL, NULL);
  if (configuration != NULL)
    default_name = configuration->values[INNER_SETTING_DEFAULT_PROFILE].text;
  entries = inner_profile_registry_list (inner_service_get_registry (service), directory);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < entries->len; i++)
    g_variant_builder_add_value (&list, list_entry (g_ptr_array_index (entries, i), default_name));
  return g_variant_builder_end (&list);
}

static InnerProfileEntry *
find (InnerService *service, const char *name, GVariantDict *options, GError **error)
{
  const char *directory = NULL;

  g_variant_dict_lookup (options, INNER_OPTION_DIRECTORY, "&s", &directory);
  return inner_manager_find_profile (service, name, directory, NULL, error);
}

static GVariant *
effective_values (InnerProfile *profile)
{
  GVariantBuilder values;

  g_variant_builder_init (&values, G_VARIANT_TYPE_VARDICT);
  for (int key = 0; key < INNER_N_KEYS; key++)
    if (inner_profile_has (profile, key))
      g_variant_builder_add (&values, "{sv}", inner_key_info (key)->name,
                             inner_profile_peek (profile, key));
  return g_variant_builder_end (&values);
}

static GVariant *
value_origins (InnerProfile *profile)
{
  GVariantBuilder origins;
  InnerOrigin origin;

  g_variant_builder_init (&origins, G_VARIANT_TYPE ("a{s(suu)}"));
  for (int key = 0; key < INNER_N_KEYS; key++)
    if (inner_profile_get_origin (profile, key, &origin))
      g_variant_builder_add (&origins, "{s(suu)}", inner_key_info (key)->name,
                             origin.path != NULL ? origin.path : "", origin.line, origin.column);
  return g_variant_builder_end (&origins);
}

/* A list or a map may have items from several documents. */
static GVariant *
item_origins (InnerProfile *profile)
{
  GVariantBuilder origins;
  InnerOrigin origin;

  g_variant_builder_init (&origins, G_VARIANT_TYPE ("a{sa(suu)}"));
  for (int key = 0; key < INNER_N_KEYS; key++)
    {
      GVariant *value = inner_profile_peek (profile, key);

      if (value == NULL || !g_variant_is_container (value))
        continue;
      g_variant_builder_open (&origins, G_VARIANT_TYPE ("{sa(suu)}"));
      g_variant_builder_add (&origins, "s", inner_key_info (key)->name);
      g_variant_builder_open (&origins, G_VARIANT_TYPE ("a(suu)"));
      for (gsize i = 0; i < g_variant_n_children (value); i++)
        if (inner_profile_get_item_origin (profile, key, i, &origin))
          g_variant_builder_add (&origins, "(suu)", origin.path != NULL ? origin.path : "",
                                 origin.line, origin.column);
      g_variant_builder_close (&origins);
      g_variant_builder_close (&origins);
    }
  return g_variant_builder_end (&origins);
}

static GVariant *
profile_parts (const InnerProfileEntry *entry)
{
  GVariantBuilder parts;

  g_variant_builder_init (&parts, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < entry->parts->len; i++)
    {
      const InnerProfilePart *part = entry->parts->pdata[i];

      g_variant_builder_open (&parts, G_VARIANT_TYPE_VARDICT);
      add_string (&parts, "path", part->path);
      add_string (&parts, "scope", inner_scope_to_string (part->scope));
      add_bool (&parts, "trusted", part->trusted);
      add_string (&parts, "digest", part->digest);
      g_variant_builder_close (&parts);
    }
  return g_variant_builder_end (&parts);
}

static GVariant *
sentences (GPtrArray *texts)
{
  return g_variant_new_strv ((const char *const *) texts->pdata, texts->len);
}

GVariant *
inner_manager_describe_profile (InnerService *service,
                                const char *name,
                                GVariant *options,
                                GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, describe_options, error);
  g_autoptr (InnerProfileEntry) entry = NULL;
  g_autofree char *document = NULL;
  g_autofree char *effective = NULL;
  g_autoptr (GPtrArray) asks = NULL;
  const char *format = "toml";
  GVariantBuilder description;

  if (dict == NULL)
    return NULL;
  entry = find (service, name, dict, error);
  if (entry == NULL)
    return NULL;

  g_variant_dict_lookup (dict, OPTION_FORMAT, "&s", &format);
  document = inner_profile_write (entry->own, format);
  effective = inner_profile_write (entry->effective, format);
  asks = inner_profile_asks (entry->usable);
  g_variant_builder_init (&description, G_VARIANT_TYPE_VARDICT);
  add_string (&description, "name", entry->name);
  add_string (&description, "path", entry->path);
  add_string (&description, "scope", inner_scope_to_string (entry->scope));
  add_bool (&description, "trusted", entry->trusted);
  add_string (&description, "format", format);
  add_string (&description, "document", document);
  add_string (&description, "effective", effective);
  g_variant_builder_add (&description, "{sv}", "values", effective_values (entry->effective));
  g_variant_builder_add (&description, "{sv}", "origins", value_origins (entry->effective));
  g_variant_builder_add (&description, "{sv}", "item-origins", item_origins (entry->effective));
  g_variant_builder_add (&description, "{sv}", "privileges",
                         inner_explain_privilege_keys (entry->effective));
  g_variant_builder_add (&description, "{sv}", "privilege-sentences",
                         inner_explain_privileges (entry->effective));
  g_variant_builder_add (&description, "{sv}", "agents", inner_explain_agents (entry->effective));
  g_variant_builder_add (&description, "{sv}", "destinations",
                         inner_explain_destinations (entry->effective));
  g_variant_builder_add (&description, "{sv}", "documents", profile_parts (entry));
  g_variant_builder_add (&description, "{sv}", "asks", sentences (asks));
  g_variant_builder_add (&description, "{sv}", "hardened", sentences (entry->notes));
  return g_variant_builder_end (&description);
}
