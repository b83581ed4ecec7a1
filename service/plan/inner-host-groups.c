/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The groups that follow the host: where npm and apt of this machine fetch from, so that a mirror that is set up here
 * is what sandboxes reach, and no host of anybody's registry stands in Inner.
 *
 * SECURITY: only files that no sandbox can write are read: not .npmrc of a project, and no program is run
 * (attacks 31 and 64; tests/unit/test-network-groups.c).
 */

#include "inner-host-groups.h"

#include <gio/gio.h>
#include <string.h>

#include "inner-network-pattern.h"

#define MAX_FILE (1024 * 1024)
#define APT_DIRECTORY "/etc/apt"

/* What npm itself takes where nobody says anything, wherever its packages put it. */
static const char *const npm_definitions[] = {
  "/usr/share/nodejs/npm/node_modules/@npmcli/config/lib/definitions/definitions.js",
  "/usr/share/nodejs/@npmcli/config/lib/definitions/definitions.js",
  "/usr/share/nodejs/npm/lib/utils/config/definitions.js",
  "/usr/lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js",
  "/usr/local/lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js",
};

static const char *const global_npmrcs[] = { "/etc/npmrc", "/usr/etc/npmrc",
                                             "/usr/local/etc/npmrc" };

/* The contents of a regular file of moderate size, or %NULL. (transfer full) */
static char *
read_file (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info =
      g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_STANDARD_TYPE,
                         G_FILE_QUERY_INFO_NONE, NULL, NULL);
  char *text = NULL;

  if (info == NULL || g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR ||
      g_file_info_get_size (info) > MAX_FILE)
    return NULL;
  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

/* The host of an address; what is no address of the web is passed over. */
static void
add_address (GPtrArray *patterns, const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  gboolean is_v6 = host != NULL && strchr (host, ':') != NULL;
  g_autofree char *pattern = NULL;

  if (host == NULL || host[0] == '\0' ||
      (g_ascii_strcasecmp (g_uri_get_scheme (uri), "https") != 0 &&
       g_ascii_strcasecmp (g_uri_get_scheme (uri), "http") != 0))
    return;
  pattern = g_strdup_printf (is_v6 ? "[%s]" : "%s", host);
  if (g_uri_get_port (uri) > 0)
    {
      g_autofree char *bare = g_steal_pointer (&pattern);

      pattern = g_strdup_printf ("%s:%d", bare, g_uri_get_port (uri));
    }
  if (inner_network_pattern_check (pattern, NULL) &&
      !g_ptr_array_find_with_equal_func (patterns, pattern, g_str_equal, NULL))
    g_ptr_array_add (patterns, g_steal_pointer (&pattern));
}

/* “registry = …” and “@scope:registry = …”; of the former, the first file that has it counts. */
void
inner_host_read_npmrc (const char *text, GPtrArray *patterns, gboolean *has_registry)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      char *equals = strchr (*line, '=');
      const char *key;
      char *value;
      gsize length;

      if (equals == NULL)
        continue;
      *equals = '\0';
      key = g_strstrip (*line);
      value = g_strstrip (equals + 1);
      length = strlen (value);
      if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0])
        {
          value[length - 1] = '\0';
          value++;
        }
      if (key[0] == '@' && g_str_has_suffix (key, ":registry"))
        add_address (patterns, value);
      else if (g_str_equal (key, "registry") && !*has_registry)
        {
          *has_registry = TRUE;
          add_address (patterns, value);
        }
    }
}

static void
read_npm_default (GPtrArray *patterns)
{
  for (gsize i = 0; i < G_N_ELEMENTS (npm_definitions); i++)
    {
      g_autofree char *text = read_file (npm_definitions[i]);
      g_autoptr (GRegex) regex = g_regex_new (
          "\\(\\s*'registry'\\s*,\\s*\\{\\s*default:\\s*[`'\"]([^`'\"]+)[`'\"]", 0, 0, NULL);
      g_autoptr (GMatchInfo) match = NULL;

      if (text != NULL && g_regex_match (regex, text, 0, &match))
        {
          g_autofree char *address = g_match_info_fetch (match, 1);

          add_address (patterns, address);
          return;
        }
    }
}

static void
look_at_npm (const InnerHost *host, GHashTable *environment, GPtrArray *patterns)
{
  static const char *const variables[] = { "npm_config_registry", "NPM_CONFIG_REGISTRY" };
  const char *given = g_hash_table_lookup (environment, "NPM_CONFIG_USERCONFIG");
  g_autofree char *user =
      given != NULL ? g_strdup (given) : g_build_filename (host->home, ".npmrc", NULL);
  gboolean has_registry = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (variables) && !has_registry; i++)
    {
      const char *value = g_hash_table_lookup (environment, variables[i]);

      has_registry = value != NULL && value[0] != '\0';
      if (has_registry)
        add_address (patterns, value);
    }
  for (gsize i = 0; i <= G_N_ELEMENTS (global_npmrcs); i++)
    {
      g_autofree char *text = read_file (i == 0 ? user : global_npmrcs[i - 1]);

      if (text != NULL)
        inner_host_read_npmrc (text, patterns, &has_registry);
    }
  if (!has_registry)
    read_npm_default (patterns);
}

/* One-line and deb822 files alike: every address that stands outside of a comment. */
void
inner_host_read_apt_list (const char *text, GPtrArray *patterns)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      g_auto (GStrv) words = g_strsplit_set (*line, " \t", -1);

      if (g_strstrip (*line)[0] == '#')
        continue;
      for (char **word = words; *word != NULL && **word != '#'; word++)
        add_address (patterns, *word);
    }
}

static void
read_apt_file (const char *path, GPtrArray *patterns)
{
  g_autofree char *text = read_file (path);

  if (text != NULL)
    inner_host_read_apt_list (text, patterns);
}

static void
look_at_apt (GPtrArray *patterns)
{
  g_autoptr (GDir) directory = g_dir_open (APT_DIRECTORY "/sources.list.d", 0, NULL);
  const char *name;

  read_apt_file (APT_DIRECTORY "/sources.list", patterns);
  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (APT_DIRECTORY "/sources.list.d", name, NULL);

      if (g_str_has_suffix (name, ".list") || g_str_has_suffix (name, ".sources"))
        read_apt_file (path, patterns);
    }
}

void
inner_host_look_at_group (InnerHost *host, const char *name, GHashTable *environment)
{
  g_autoptr (GPtrArray) patterns = NULL;

  if (g_hash_table_contains (host->network_groups, name))
    return;
  patterns = g_ptr_array_new_with_free_func (g_free);
  if (g_str_equal (name, "@npm"))
    look_at_npm (host, environment, patterns);
  else if (g_str_equal (name, "@debian"))
    look_at_apt (patterns);
  else
    return;

  g_ptr_array_add (patterns, NULL);
  g_hash_table_insert (host->network_groups, g_strdup (name),
                       g_ptr_array_free (g_steal_pointer (&patterns), FALSE));
}
