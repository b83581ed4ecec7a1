/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-guard.h"

/*
 * git's configuration files, as git-config(1) describes them under “Syntax”.
 */

typedef struct
{
  const char *at;
  const char *end;
  GString *section;
  GString *subsection;
  GString *value;
} Parser;

static int
peek (const Parser *parser)
{
  return parser->at < parser->end ? (guchar) *parser->at : -1;
}

static void
skip_line (Parser *parser)
{
  while (parser->at < parser->end && *parser->at != '\n')
    parser->at++;
}

static void
skip_space (Parser *parser)
{
  while (parser->at < parser->end && strchr (" \t\r", *parser->at) != NULL)
    parser->at++;
}

static gboolean
parse_subsection (Parser *parser)
{
  skip_space (parser);
  if (peek (parser) != '"')
    return FALSE;
  for (parser->at++; peek (parser) != '"'; parser->at++)
    {
      if (peek (parser) == '\\')
        parser->at++;
      if (peek (parser) < 0 || peek (parser) == '\n')
        return FALSE;
      g_string_append_c (parser->subsection, *parser->at);
    }
  parser->at++;
  return peek (parser) == ']';
}

/* “[section]”, “[section "subsection"]”, and the old “[section.subsection]”. */
static gboolean
parse_header (Parser *parser)
{
  const char *dot;

  g_string_truncate (parser->section, 0);
  g_string_truncate (parser->subsection, 0);
  for (parser->at++;
       g_ascii_isalnum (peek (parser)) || peek (parser) == '-' || peek (parser) == '.';
       parser->at++)
    g_string_append_c (parser->section, g_ascii_tolower (*parser->at));

  dot = strchr (parser->section->str, '.');
  if (dot != NULL)
    {
      g_string_assign (parser->subsection, dot + 1);
      g_string_truncate (parser->section, dot - parser->section->str);
    }
  if (parser->section->len == 0 || (peek (parser) != ']' && !parse_subsection (parser)))
    return FALSE;
  parser->at++;
  return TRUE;
}

/* One escaped character in a value; a line may go on after a backslash. */
static gboolean
parse_escape (Parser *parser)
{
  static const char from[] = "ntb\"\\";
  static const char to[] = "\n\t\b\"\\";
  int c = peek (parser);
  const char *found = c > 0 ? strchr (from, c) : NULL;

  if (c == '\r' && parser->at + 1 < parser->end && parser->at[1] == '\n')
    parser->at++;
  if (peek (parser) == '\n')
    return TRUE;
  if (found == NULL)
    return FALSE;
  g_string_append_c (parser->value, to[found - from]);
  return TRUE;
}

static gboolean
parse_value (Parser *parser)
{
  gboolean quoted = FALSE;
  gsize solid = 0; /* up to the last character that is no space at the end */

  g_string_truncate (parser->value, 0);
  for (skip_space (parser); peek (parser) >= 0 && peek (parser) != '\n'; parser->at++)
    {
      int c = peek (parser);

      if (!quoted && (c == '#' || c == ';'))
        {
          skip_line (parser);
          break;
        }
      if (c == '"')
        quoted = !quoted;
      else if (c == '\\')
        {
          parser->at++;
          if (!parse_escape (parser))
            return FALSE;
        }
      else
        g_string_append_c (parser->value, c);
      if (quoted || c == '"' || !g_ascii_isspace (c))
        solid = parser->value->len;
    }
  g_string_truncate (parser->value, solid);
  return !quoted;
}

static gboolean
parse_setting (Parser *parser, InnerGitSetting each, gpointer data)
{
  g_autoptr (GString) key = g_string_new (NULL);

  if (parser->section->len == 0)
    return FALSE;
  for (; g_ascii_isalnum (peek (parser)) || peek (parser) == '-'; parser->at++)
    g_string_append_c (key, g_ascii_tolower (*parser->at));
  skip_space (parser);
  if (peek (parser) == '=')
    {
      parser->at++;
      if (!parse_value (parser))
        return FALSE;
      each (parser->section->str, parser->subsection->str, key->str, parser->value->str, data);
      return TRUE;
    }
  if (peek (parser) >= 0 && strchr ("\n#;", peek (parser)) == NULL)
    return FALSE;
  each (parser->section->str, parser->subsection->str, key->str, NULL, data);
  return TRUE;
}

static gboolean
parse (Parser *parser, InnerGitSetting each, gpointer data)
{
  while (parser->at < parser->end)
    {
      int c = peek (parser);

      if (g_ascii_isspace (c))
        parser->at++;
      else if (c == '#' || c == ';')
        skip_line (parser);
      else if (c == '[' ? !parse_header (parser)
                        : !g_ascii_isalpha (c) || !parse_setting (parser, each, data))
        return FALSE;
    }

  return TRUE;
}

gboolean
inner_git_config_parse (const char *text, gsize size, InnerGitSetting each, gpointer data)
{
  g_autoptr (GString) section = g_string_new (NULL);
  g_autoptr (GString) subsection = g_string_new (NULL);
  g_autoptr (GString) value = g_string_new (NULL);
  Parser parser = { text, text + size, section, subsection, value };

  if (memchr (text, '\0', size) != NULL)
    return FALSE;
  if (size >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    parser.at += 3;
  return parse (&parser, each, data);
}

/* Settings that make git run nothing and read nothing elsewhere. A branch that is made or pushed, a remote, a
 * name: what people and agents set every day. */
static const struct
{
  const char *section;
  const char *keys; /* with a space before and after each */
} harmless[] = {
  { "core",
    " repositoryformatversion filemode bare logallrefupdates ignorecase precomposeunicode symlinks "
    "autocrlf eol safecrlf quotepath abbrev compression bigfilethreshold sharedrepository "
    "protecthfs "
    "protectntfs untrackedcache sparsecheckout sparsecheckoutcone preloadindex longpaths " },
  { "extensions", " objectformat refstorage partialclone " },
  { "remote", " url pushurl fetch push tagopt prune prunetags mirror promisor partialclonefilter "
              "skipfetchall " },
  { "branch",
    " remote pushremote merge rebase description autosetupmerge autosetuprebase vscode-merge-base "
    "gh-merge-base base github-pr-owner-number " },
  { "submodule", " url active branch ignore fetchrecursesubmodules recurse " },
  { "user", " name email useconfigonly " },
  { "init", " defaultbranch " },
  { "pull", " rebase ff " },
  { "push", " default autosetupremote followtags " },
  { "fetch", " prune prunetags recursesubmodules parallel " },
  { "rebase", " autosquash autostash updaterefs " },
  { "merge", " ff conflictstyle renames " },
  { "rerere", " enabled autoupdate " },
  { "gc", " auto autodetach " },
  { "advice", NULL },
  { "color", NULL },
  { "column", NULL },
};

/* SECURITY: an address may name a program too: “ext::sh -c …”, or an option for ssh (attack 55;
 * tests/unit/test-guards.c). */
static gboolean
is_harmless_value (const char *value)
{
  return value == NULL || (strstr (value, "::") == NULL && value[0] != '-' && value[0] != '!' &&
                           strstr (value, "://-") == NULL);
}

static gboolean
is_harmless (const char *section, const char *key, const char *value)
{
  g_autofree char *word = g_strdup_printf (" %s ", key);

  for (gsize i = 0; i < G_N_ELEMENTS (harmless); i++)
    if (g_str_equal (section, harmless[i].section))
      return (harmless[i].keys == NULL || strstr (harmless[i].keys, word) != NULL) &&
             is_harmless_value (value);

  return FALSE;
}

static void
append_active (
    const char *section, const char *subsection, const char *key, const char *value, gpointer data)
{
  if (!is_harmless (section, key, value))
    g_string_append_printf (data, "%s\x1f%s\x1f%s=%s\n", section, subsection, key,
                            value != NULL ? value : "");
}

char *
inner_git_config_active (const char *text, gsize size)
{
  g_autoptr (GString) active = g_string_new (NULL);

  return inner_git_config_parse (text, size, append_active, active)
             ? g_string_free (g_steal_pointer (&active), FALSE)
             : NULL;
}
