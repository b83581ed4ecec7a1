/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Rules about words: those that must be known, and those that must have a form. */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-agents.h"
#include "inner-error.h"
#include "inner-limits.h"
#include "inner-options.h"
#include "inner-plan-check-private.h"
#include "inner-privileges.h"

#define LETTERS G_CSET_A_2_Z G_CSET_a_2_z

void
inner_check_agents (InnerChecking *checking)
{
  const char *const *names = inner_check_list (checking);
  g_autoptr (GPtrArray) known = g_ptr_array_new ();

  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    g_ptr_array_add (known, (gpointer) agent->name);
  g_ptr_array_add (known, NULL);

  for (gsize i = 0; names[i] != NULL; i++)
    if (inner_agent_lookup (names[i]) == NULL)
      inner_check_report_unknown (checking, i, names[i], (const char *const *) known->pdata);
}

/* What is known and only not part of this version is the plan's to refuse. */
void
inner_check_allow (InnerChecking *checking)
{
  const char *const *keys = inner_check_list (checking);

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!inner_privilege_check_available (keys[i], &error) &&
          g_error_matches (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION))
        inner_check_report (checking, i, "%s", error->message);
    }
}

void
inner_check_require (InnerChecking *checking)
{
  static const char *const layers[] = { "namespaces", "landlock", "seccomp", "limits", NULL };
  const char *const *asked = inner_check_list (checking);

  for (gsize i = 0; asked[i] != NULL; i++)
    if (!g_strv_contains (layers, asked[i]))
      inner_check_report_unknown (checking, i, asked[i], layers);
}

/* That pids is a whole number and not negative is the readers' to see. */
void
inner_check_limit (InnerChecking *checking)
{
  const char *which = strrchr (inner_key_info (checking->row->key)->name, '.') + 1;
  const char *text = inner_profile_get_string (checking->profile, checking->row->key, "");
  g_autoptr (GError) error = NULL;

  if (!inner_limit_check (which, text, &error))
    inner_check_report (checking, INNER_NO_ITEM, "%s", error->message);
}

static gboolean
is_port (const char *text)
{
  return g_ascii_isdigit (text[0]) && g_ascii_string_to_unsigned (text, 10, 1, 65535, NULL, NULL);
}

/* [ADDRESS:]PORT; an IPv6 address stands in brackets. */
static gboolean
is_host_side (const char *text)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *address = NULL;
  gsize length;

  if (colon == NULL)
    return is_port (text);
  length = colon - text;
  if (text[0] == '[' && length > 1 && text[length - 1] == ']')
    address = g_strndup (text + 1, length - 2);
  else
    address = g_strndup (text, length);

  return is_port (colon + 1) && g_hostname_is_ip_address (address) &&
         (text[0] == '[') == (strchr (address, ':') != NULL);
}

void
inner_check_publish (InnerChecking *checking)
{
  GVariant *map = inner_profile_peek (checking->profile, INNER_KEY_PUBLISH);

  for (gsize i = 0; map != NULL && i < g_variant_n_children (map); i++)
    {
      g_autofree char *shown = NULL;
      const char *host;
      const char *port;

      g_variant_get_child (map, i, "{&s&s}", &host, &port);
      if (is_host_side (host) && is_port (port))
        continue;
      shown = inner_escape_for_display (is_host_side (host) ? port : host);
      inner_check_report (
          checking, i,
          _ ("“%s” cannot be published; write \"[ADDRESS:]PORT\" = \"PORT\", such as "
             "\"127.0.0.1:8080\" = \"80\", with ports from 1 to 65535"),
          shown);
    }
}

/* The part of @name before its first dot is the name of a section of git's configuration. */
static gboolean
has_section (const char *name)
{
  gsize length = strspn (name, LETTERS G_CSET_DIGITS "-");

  return length > 0 && (name[length] == '\0' || (name[length] == '.' && name[length + 1] != '\0'));
}

void
inner_check_git_strip (InnerChecking *checking)
{
  const char *const *names = inner_check_list (checking);

  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autofree char *shown = inner_escape_for_display (names[i]);

      if (!has_section (names[i]))
        inner_check_report (checking, i,
                            _ ("“%s” is no section of git's configuration, so nothing would be "
                               "left out; write “section” or “section.key”, such as “credential”"),
                            shown);
    }
}

void
inner_check_git_overrides (InnerChecking *checking)
{
  GVariant *map = inner_profile_peek (checking->profile, INNER_KEY_GIT_OVERRIDES);

  for (gsize i = 0; map != NULL && i < g_variant_n_children (map); i++)
    {
      g_autofree char *shown = NULL;
      const char *name;
      const char *key;

      g_variant_get_child (map, i, "{&s&s}", &name, NULL);
      key = strrchr (name, '.');
      if (has_section (name) && key != NULL && g_ascii_isalpha (key[1]) &&
          strchr (name, '\n') == NULL &&
          key[1 + strspn (key + 1, LETTERS G_CSET_DIGITS "-")] == '\0')
        continue;
      shown = inner_escape_for_display (name);
      inner_check_report (checking, i,
                          _ ("“%s” is no setting of git; write “section.key”, such as "
                             "“push.default”"),
                          shown);
    }
}

/* SECURITY: names and replacements become files and fields of a table; nothing in them may be a path out of the
 * directory, an option or a word of the shell (attack 32; tests/unit/test-plan-check.c). */
static gboolean
is_command_word (const char *word, const char *further)
{
  g_autofree char *allowed = g_strconcat (LETTERS G_CSET_DIGITS "_.+@-", further, NULL);

  return word[0] != '\0' && strchr ("-.", word[0]) == NULL && word[strspn (word, allowed)] == '\0';
}

static void
check_shim (InnerChecking *checking, gsize i, const char *word, gboolean is_replacement)
{
  g_autofree char *shown = inner_escape_for_display (word);

  if (is_command_word (word, is_replacement ? "/" : ""))
    return;
  if (is_replacement)
    inner_check_report (checking, i,
                        _ ("“%s” cannot replace a command; write one name or path, without "
                           "arguments"),
                        shown);
  else
    inner_check_report (checking, i,
                        _ ("“%s” is no name of a command; write it without a path, arguments and "
                           "characters of the shell"),
                        shown);
}

void
inner_check_noop_block (InnerChecking *checking)
{
  const char *const *names = inner_check_list (checking);

  for (gsize i = 0; names[i] != NULL; i++)
    check_shim (checking, i, names[i], FALSE);
}

/* What stands in for a command must not be stood in for itself: it would be blocked, or run in a circle. */
static void
check_replacement (InnerChecking *checking, gsize i, const char *name, const char *replacement)
{
  GVariant *map = inner_profile_peek (checking->profile, INNER_KEY_NOOP_REWRITE);
  const char *const *blocked = inner_profile_get_list (checking->profile, INNER_KEY_NOOP_BLOCK);
  g_autofree char *shown = inner_escape_for_display (name);
  g_autofree char *shown_replacement = inner_escape_for_display (replacement);

  if (g_strv_contains (blocked, name))
    inner_check_report (checking, i,
                        _ ("“%s” is in noop.block, too, and cannot be both; remove it from one"),
                        shown);
  else if (g_strv_contains (blocked, replacement) || g_variant_lookup (map, replacement, "s", NULL))
    inner_check_report (checking, i,
                        _ ("“%s” cannot stand in for “%s”, since it is blocked or replaced itself; "
                           "name another command"),
                        shown_replacement, shown);
}

void
inner_check_noop_rewrite (InnerChecking *checking)
{
  GVariant *map = inner_profile_peek (checking->profile, INNER_KEY_NOOP_REWRITE);

  for (gsize i = 0; map != NULL && i < g_variant_n_children (map); i++)
    {
      const char *name;
      const char *replacement;

      g_variant_get_child (map, i, "{&s&s}", &name, &replacement);
      check_shim (checking, i, name, FALSE);
      check_shim (checking, i, replacement, TRUE);
      check_replacement (checking, i, name, replacement);
    }
}

static gsize
count_checks (InnerChecking *checking)
{
  GVariant *checks = inner_profile_peek (checking->profile, INNER_KEY_VERIFY_CUSTOM_CHECKS);

  return checks != NULL ? g_variant_n_children (checks) : 0;
}

static const char *
get_check (InnerChecking *checking, gsize i, const char **command)
{
  GVariant *checks = inner_profile_peek (checking->profile, INNER_KEY_VERIFY_CUSTOM_CHECKS);
  const char *name;

  g_variant_get_child (checks, i, "(&s&s&s)", &name, command, NULL);
  return name;
}

static gboolean
is_blank (const char *text)
{
  return text[strspn (text, " \t\r\n")] == '\0';
}

void
inner_check_verify_names (InnerChecking *checking)
{
  for (gsize i = 0; i < count_checks (checking); i++)
    {
      const char *command;
      const char *name = get_check (checking, i, &command);

      if (is_blank (name) || strpbrk (name, "\r\n\t") != NULL)
        inner_check_report (checking, i,
                            _ ("A check has no name that fits on a line; name what it looks at"));
    }
}

/* An empty command would succeed always. */
void
inner_check_verify_commands (InnerChecking *checking)
{
  for (gsize i = 0; i < count_checks (checking); i++)
    {
      const char *command;
      g_autofree char *shown = inner_escape_for_display (get_check (checking, i, &command));

      if (is_blank (command))
        inner_check_report (checking, i,
                            _ ("The check “%s” has no command, so it could not fail; write one"),
                            shown);
    }
}

void
inner_check_verify_twice (InnerChecking *checking)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < count_checks (checking); i++)
    {
      const char *command;
      const char *name = get_check (checking, i, &command);
      g_autofree char *shown = inner_escape_for_display (name);

      if (!g_hash_table_add (seen, (gpointer) name))
        inner_check_report (checking, i,
                            _ ("Two checks have the name “%s”; give one of them another"), shown);
    }
}
