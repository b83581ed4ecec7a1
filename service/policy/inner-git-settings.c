/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Which of the person's git settings go into a sandbox, and how a configuration file is written.
 *
 * SECURITY: only what is named here is carried in. git runs programs from more settings than a list of what to leave
 * out would know after its next release (helpers, pagers, editors, filters, drivers, hooks, "ext::" transports,
 * aliases with "!"), and keeps secrets in others (http.extraHeader, passwords in the addresses of url.*.insteadOf and
 * remote.*.url, tokens of tools). What is missing here is only a setting that git.overrides can name (attacks 54 and
 * 55; tests/unit/test-git-settings.c, tests/bus/test_git_settings.py).
 */

#include "inner-git-settings.h"

#include <string.h>

/* @keys: words between blanks; "*" for all. @subsection: whether the setting stands below a name of its own. */
typedef struct
{
  const char *section;
  gboolean subsection;
  const char *keys;
} Kept;

static const Kept kept[] = {
  { "advice", FALSE, "*" },
  { "alias", FALSE, "*" },
  { "apply", FALSE, "ignorewhitespace whitespace" },
  { "author", FALSE, "name email" },
  { "blame", FALSE, "blankboundary coloring date showemail showroot" },
  { "branch", FALSE, "autosetupmerge autosetuprebase sort" },
  { "color", FALSE, "*" },
  { "color", TRUE, "*" },
  { "column", FALSE, "*" },
  { "commit", FALSE, "cleanup status verbose" },
  { "committer", FALSE, "name email" },
  { "core", FALSE,
    "abbrev autocrlf bigfilethreshold checkstat commentchar compression eol filemode ignorecase "
    "logallrefupdates preloadindex quotepath safecrlf symlinks trustctime untrackedcache "
    "warnambiguousrefs whitespace" },
  { "diff", FALSE,
    "algorithm autorefreshindex colormoved colormovedws context dirstat ignoresubmodules "
    "indentheuristic interhunkcontext mnemonicprefix noprefix relative renamelimit renames "
    "statgraphwidth submodule suppressblankempty wserrorhighlight" },
  { "fetch", FALSE, "fsckobjects parallel prune prunetags recursesubmodules writecommitgraph" },
  { "format", FALSE, "coverletter numbered pretty signoff thread" },
  { "gc", FALSE, "auto autodetach" },
  { "grep", FALSE, "*" },
  { "help", FALSE, "autocorrect" },
  { "i18n", FALSE, "*" },
  { "index", FALSE, "*" },
  { "init", FALSE, "defaultbranch" },
  { "log", FALSE, "abbrevcommit date decorate follow mailmap showroot" },
  { "merge", FALSE, "conflictstyle directoryrenames ff log renamelimit renames stat" },
  { "pack", FALSE, "threads" },
  { "pretty", FALSE, "*" },
  { "pull", FALSE, "ff octopus rebase twohead" },
  { "push", FALSE, "autosetupremote default followtags recursesubmodules" },
  { "rebase", FALSE,
    "abbreviatecommands autosquash autostash missingcommitscheck stat updaterefs" },
  { "rerere", FALSE, "autoupdate enabled" },
  { "safe", FALSE, "directory" },
  { "stash", FALSE, "*" },
  { "status", FALSE, "*" },
  { "submodule", FALSE, "fetchjobs recurse" },
  { "tag", FALSE, "sort" },
  { "user", FALSE, "name email useconfigonly" },
};

static void
value_free (InnerGitValue *value)
{
  g_free (value->key);
  g_free (value->value);
  g_free (value);
}

GPtrArray *
inner_git_values_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) value_free);
}

void
inner_git_values_add (GPtrArray *values, const char *key, const char *value)
{
  InnerGitValue *one = g_new0 (InnerGitValue, 1);

  one->key = g_strdup (key);
  one->value = g_strdup (value);
  g_ptr_array_add (values, one);
}

char *
inner_git_key_normalize (const char *key)
{
  char *normal = g_strdup (key);
  char *first = strchr (normal, '.');
  char *last = strrchr (normal, '.');

  for (char *at = normal; *at != '\0'; at++)
    if (first == NULL || at < first || at > last)
      *at = g_ascii_tolower (*at);

  return normal;
}

/* An alias that runs git itself; "!" runs a shell, and "-c" in front would set what is not kept. */
static gboolean
is_plain_alias (const char *value)
{
  return value != NULL && g_ascii_isalpha (value[strspn (value, " \t")]);
}

gboolean
inner_git_setting_is_kept (const char *key, const char *value)
{
  const char *first = strchr (key, '.');
  const char *last = strrchr (key, '.');
  g_autofree char *section = first != NULL ? g_strndup (key, first - key) : NULL;

  if (first == NULL || (value != NULL && !g_utf8_validate (value, -1, NULL)) ||
      !g_utf8_validate (key, -1, NULL))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      g_auto (GStrv) keys = NULL;

      if (!g_str_equal (kept[i].section, section) || kept[i].subsection != (first != last))
        continue;
      keys = g_strsplit (kept[i].keys, " ", -1);
      if (!g_str_equal (kept[i].keys, "*") &&
          !g_strv_contains ((const char *const *) keys, last + 1))
        continue;
      return !g_str_equal (section, "alias") || is_plain_alias (value);
    }

  return FALSE;
}

gboolean
inner_git_name_matches (const char *name, const char *key)
{
  g_autofree char *normal = inner_git_key_normalize (name);
  const char *first = strchr (key, '.');
  const char *last = strrchr (key, '.');
  g_autofree char *section = g_strndup (key, first - key);
  g_autofree char *above = g_strndup (key, last - key);
  g_autofree char *without = g_strconcat (section, last, NULL);

  return g_str_equal (normal, section) || g_str_equal (normal, without) ||
         g_str_equal (normal, key) || g_str_equal (name, above);
}

/* git knows no escape for a carriage return; between quotation marks it takes the byte as it is. */
static void
append_quoted (GString *text, const char *value, gboolean is_subsection)
{
  g_string_append_c (text, '"');
  for (; *value != '\0'; value++)
    if (*value == '"' || *value == '\\')
      g_string_append_printf (text, "\\%c", *value);
    else if (*value == '\n' && !is_subsection)
      g_string_append (text, "\\n");
    else if (*value == '\t' && !is_subsection)
      g_string_append (text, "\\t");
    else if (*value == '\b' && !is_subsection)
      g_string_append (text, "\\b");
    else
      g_string_append_c (text, *value);
  g_string_append_c (text, '"');
}

static void
append_section (GString *text, const char *section)
{
  const char *dot = strchr (section, '.');

  g_string_append_c (text, '[');
  g_string_append_len (text, section, dot != NULL ? dot - section : (gssize) strlen (section));
  if (dot != NULL)
    {
      g_string_append_c (text, ' ');
      append_quoted (text, dot + 1, TRUE);
    }
  g_string_append (text, "]\n");
}

char *
inner_git_values_write (const GPtrArray *values)
{
  GString *text = g_string_new (NULL);
  g_autofree char *open = NULL;

  for (guint i = 0; i < values->len; i++)
    {
      const InnerGitValue *one = values->pdata[i];
      const char *last = strrchr (one->key, '.');
      g_autofree char *section = g_strndup (one->key, last - one->key);

      if (g_strcmp0 (section, open) != 0)
        append_section (text, section);
      g_free (open);
      open = g_steal_pointer (&section);
      g_string_append_printf (text, "\t%s", last + 1);
      if (one->value != NULL)
        {
          g_string_append (text, " = ");
          append_quoted (text, one->value, FALSE);
        }
      g_string_append_c (text, '\n');
    }

  return g_string_free (text, FALSE);
}
