/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-configuration-document.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-limits.h"
#include "inner-options.h"
#include "inner-suggest.h"

#define ALIASES "aliases"
#define LIMITS "default_limits"

#define KEY(name, type, ...)                                                                       \
  {                                                                                                \
    { name, INNER_VALUE_##type, INNER_MERGE_REPLACE, NULL }, __VA_ARGS__                           \
  }

/* The readers of profiles read these too; only the name, the type and also_number matter here. */
/* clang-format off */
static const InnerKeyRow keys[INNER_N_SETTINGS] = {
  [INNER_SETTING_DEFAULT_PROFILE] = KEY ("default_profile", STRING, NULL),
  [INNER_SETTING_LOG_DIR]         = KEY ("log_dir", STRING, NULL),
  [INNER_SETTING_WORKSPACES_PATH] = KEY ("workspaces_path", STRING, NULL),
  [INNER_SETTING_MEMORY]          = KEY (LIMITS ".memory", STRING, NULL),
  [INNER_SETTING_CPU]             = KEY (LIMITS ".cpu", STRING, NULL, .also_number = TRUE),
  [INNER_SETTING_PIDS]            = KEY (LIMITS ".pids", INTEGER, NULL),
};
/* clang-format on */

static const InnerKeyRow aliases_row = KEY (ALIASES, MAP, NULL);

/* What may stand in the file itself, and in the table of limits. */
static const char *const names_in_root[] = { "default_profile", "log_dir", "workspaces_path",
                                             ALIASES,           LIMITS,    NULL };

typedef struct
{
  InnerReader reader;
  InnerConfigurationDocument *document;
} Reading;

const char *
inner_setting_name (InnerSetting setting)
{
  return keys[setting].info.name;
}

InnerAlias *
inner_alias_new (const char *name, const char *text, const char *path, guint line, guint column)
{
  InnerAlias *alias = g_new0 (InnerAlias, 1);

  alias->name = g_strdup (name);
  alias->text = g_strdup (text);
  alias->path = g_strdup (path);
  alias->line = line;
  alias->column = column;
  return alias;
}

void
inner_alias_free (InnerAlias *alias)
{
  g_free (alias->name);
  g_free (alias->text);
  g_free (alias->path);
  g_free (alias);
}

void
inner_configuration_document_free (InnerConfigurationDocument *document)
{
  for (int s = 0; s < INNER_N_SETTINGS; s++)
    g_free (document->texts[s]);
  g_ptr_array_unref (document->aliases);
  g_free (document);
}

static void
complain_unknown (Reading *reading,
                  const InnerTomlNode *node,
                  const char *prefix,
                  const char *const *known)
{
  const char *key = node->key != NULL ? node->key : "\\0";
  g_autofree char *dotted = g_strconcat (prefix, *prefix != '\0' ? "." : "", key, NULL);
  g_autofree char *shown = inner_escape_for_display (dotted);
  g_autofree char *all = g_strjoinv (", ", (char **) known);
  const char *meant = inner_suggest (key, known);

  /* A limit that stands outside of its table. */
  for (InnerSetting l = INNER_SETTING_MEMORY; meant == NULL && l < INNER_N_SETTINGS; l++)
    if (g_str_equal (key, inner_limit_names[l - INNER_SETTING_MEMORY]))
      meant = keys[l].info.name;

  if (meant != NULL)
    inner_reader_complain (&reading->reader, node->key_at, NULL,
                           _ ("“%s” is not known here; did you mean “%s”?"), shown, meant);
  else
    inner_reader_complain (&reading->reader, node->key_at, NULL,
                           _ ("“%s” is not known here; a configuration has: %s"), shown, all);
}

static gboolean
check_limit (Reading *reading, InnerSetting setting, const char *text, InnerPosition at)
{
  const char *which = inner_limit_names[setting - INNER_SETTING_MEMORY];
  g_autoptr (GError) error = NULL;

  if (inner_limit_check (which, text, &error))
    return TRUE;
  inner_reader_complain (&reading->reader, at, keys[setting].info.name, "%s", error->message);
  return FALSE;
}

/* A limit of zero is one that is not set. */
static gboolean
is_unset (InnerSetting setting, const char *text)
{
  guint64 value = 1;

  if (setting >= INNER_SETTING_MEMORY)
    inner_limit_parse (inner_limit_names[setting - INNER_SETTING_MEMORY], text, &value, NULL);
  return text[0] == '\0' || value == 0;
}

static void
read_setting (Reading *reading, InnerSetting setting, const InnerTomlNode *node)
{
  g_autoptr (GVariant) value =
      inner_reader_read_toml_value (&reading->reader, &keys[setting], node);
  g_autofree char *text = NULL;

  if (value == NULL)
    return;
  g_variant_ref_sink (value);
  text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_dup_string (value, NULL)
                                                             : g_variant_print (value, FALSE);
  if (setting >= INNER_SETTING_MEMORY && !check_limit (reading, setting, text, node->at))
    return;

  if (!is_unset (setting, text))
    reading->document->texts[setting] = g_steal_pointer (&text);
  reading->document->places[setting] = node->at;
}

/* A word that a person can type where a verb stands. */
static gboolean
check_alias (Reading *reading, const InnerTomlNode *node, const char *text)
{
  g_autofree char *shown = inner_escape_for_display (node->key);

  if (node->key[0] == '\0' || node->key[0] == '-' || strpbrk (node->key, " \t\r\n") != NULL)
    inner_reader_complain (
        &reading->reader, node->key_at, ALIASES,
        _ ("“%s” cannot be an alias; write one word that does not begin with “-”"), shown);
  else if (text[strspn (text, " \t\r\n")] == '\0')
    inner_reader_complain (
        &reading->reader, node->at, ALIASES,
        _ ("The alias “%s” stands for nothing; write a verb of innerctl and its options"), shown);
  else
    return TRUE;

  return FALSE;
}

static void
read_aliases (Reading *reading, const InnerTomlNode *node)
{
  g_autoptr (GVariant) map = inner_reader_read_toml_value (&reading->reader, &aliases_row, node);

  if (map == NULL)
    return;
  g_variant_ref_sink (map);
  for (gsize i = 0; i < g_variant_n_children (map); i++)
    {
      const InnerTomlNode *child = node->children->pdata[i];
      const char *text;

      g_variant_get_child (map, i, "{&s&s}", NULL, &text);
      if (check_alias (reading, child, text))
        g_ptr_array_add (
            reading->document->aliases,
            inner_alias_new (child->key, text, NULL, child->at.line, child->at.column));
    }
}

/* The setting at @prefix and the key of @node; INNER_N_SETTINGS for none. */
static InnerSetting
find_setting (const char *prefix, const InnerTomlNode *node)
{
  g_autofree char *dotted =
      g_strconcat (prefix, *prefix != '\0' ? "." : "", node->key != NULL ? node->key : "", NULL);
  InnerSetting setting = 0;

  /* A quoted key with a dot in it is one name, not a path through tables. */
  if (node->key == NULL || strchr (node->key, '.') != NULL)
    return INNER_N_SETTINGS;
  while (setting < INNER_N_SETTINGS && !g_str_equal (keys[setting].info.name, dotted))
    setting++;
  return setting;
}

static void
read_limits (Reading *reading, const InnerTomlNode *table)
{
  if (table->kind != INNER_TOML_TABLE)
    {
      inner_reader_complain (&reading->reader, table->at, LIMITS,
                             _ ("“%s” must be a table; begin it with a line “[%s]”"), LIMITS,
                             LIMITS);
      return;
    }

  for (guint i = 0; i < table->children->len && !inner_reader_is_full (&reading->reader); i++)
    {
      const InnerTomlNode *child = table->children->pdata[i];
      InnerSetting setting = find_setting (LIMITS, child);

      if (setting < INNER_N_SETTINGS)
        read_setting (reading, setting, child);
      else
        complain_unknown (reading, child, LIMITS, inner_limit_names);
    }
}

static void
read_root (Reading *reading, const InnerTomlNode *root)
{
  for (guint i = 0; i < root->children->len && !inner_reader_is_full (&reading->reader); i++)
    {
      const InnerTomlNode *child = root->children->pdata[i];
      InnerSetting setting = find_setting ("", child);

      if (setting < INNER_N_SETTINGS)
        read_setting (reading, setting, child);
      else if (g_strcmp0 (child->key, ALIASES) == 0)
        read_aliases (reading, child);
      else if (g_strcmp0 (child->key, LIMITS) == 0)
        read_limits (reading, child);
      else
        complain_unknown (reading, child, "", names_in_root);
    }
}

InnerConfigurationDocument *
inner_configuration_document_parse (const char *text, gsize length, GPtrArray *problems)
{
  g_autoptr (InnerConfigurationDocument) document = g_new0 (InnerConfigurationDocument, 1);
  Reading reading = { { NULL, problems }, document };
  g_autoptr (InnerTomlNode) root = NULL;
  guint before = problems->len;

  document->aliases = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_alias_free);
  if (inner_reader_check_bytes (&reading.reader, text, length))
    root = inner_reader_parse_toml (&reading.reader, text, length);
  if (root != NULL)
    read_root (&reading, root);

  return problems->len == before ? g_steal_pointer (&document) : NULL;
}

static char *
sentence_of (InnerSetting setting, const char *shown)
{
  switch (setting)
    {
    case INNER_SETTING_DEFAULT_PROFILE:
      return g_strdup_printf (_ ("It makes “%s” the profile that is taken by default."), shown);
    case INNER_SETTING_LOG_DIR:
      return g_strdup_printf (_ ("It puts logs into “%s”."), shown);
    case INNER_SETTING_WORKSPACES_PATH:
      return g_strdup_printf (_ ("It places workspaces below “%s”."), shown);
    case INNER_SETTING_MEMORY:
      return g_strdup_printf (_ ("It limits memory to %s."), shown);
    case INNER_SETTING_CPU:
      return g_strdup_printf (_ ("It limits processor time to %s."), shown);
    case INNER_SETTING_PIDS:
      return g_strdup_printf (_ ("It limits the number of processes to %s."), shown);
    case INNER_N_SETTINGS:
    default:
      g_return_val_if_reached (NULL);
    }
}

char **
inner_configuration_document_sentences (const InnerConfigurationDocument *document)
{
  g_autoptr (GStrvBuilder) sentences = g_strv_builder_new ();

  for (InnerSetting s = 0; s < INNER_N_SETTINGS; s++)
    if (document->texts[s] != NULL)
      {
        g_autofree char *shown = inner_escape_for_display (document->texts[s]);
        g_autofree char *sentence = sentence_of (s, shown);

        g_strv_builder_add (sentences, sentence);
      }
  for (guint i = 0; i < document->aliases->len; i++)
    {
      const InnerAlias *alias = document->aliases->pdata[i];
      g_autofree char *name = inner_escape_for_display (alias->name);
      g_autofree char *text = inner_escape_for_display (alias->text);
      g_autofree char *sentence =
          g_strdup_printf (_ ("It makes “innerctl %s” stand for “innerctl %s”."), name, text);

      g_strv_builder_add (sentences, sentence);
    }

  return g_strv_builder_end (sentences);
}
