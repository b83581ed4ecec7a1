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
#include "inner-publish.h"

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
is_published_before (const GArray *before, const InnerPublish *publish)
{
  for (guint i = 0; i < before->len; i++)
    if (inner_publish_collides (&g_array_index (before, InnerPublish, i), publish))
      return TRUE;

  return FALSE;
}

void
inner_check_publish (InnerChecking *checking)
{
  GVariant *map = inner_profile_peek (checking->profile, INNER_KEY_PUBLISH);
  g_autoptr (GArray) before = g_array_new (FALSE, FALSE, sizeof (InnerPublish));

  for (gsize i = 0; map != NULL && i < g_variant_n_children (map); i++)
    {
      g_autoptr (GError) error = NULL;
      InnerPublish publish;
      const char *host;
      const char *inside;

      g_variant_get_child (map, i, "{&s&s}", &host, &inside);
      if (!inner_publish_parse_pair (host, inside, &publish, &error))
        inner_check_report (checking, i, "%s", error->message);
      else if (is_published_before (before, &publish))
        inner_check_report (checking, i,
                            _ ("“%s” is the same port of this machine as one above; remove one"),
                            host);
      else
        g_array_append_val (before, publish);
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
