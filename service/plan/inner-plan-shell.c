/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The start file of an interactive bash: ours, with a marked prompt and the history that the profile gives. The
 * person's own ~/.bashrc is never read, also where the home directory of the host is shown: it may set secrets, and
 * names programs and places that are not there.
 */

#include <string.h>

#include "inner-names.h"
#include "inner-plan-private.h"

typedef struct
{
  gboolean interactive; /* -i */
  gboolean command;     /* -c, or a script */
  gboolean login;       /* -l, --login */
  gboolean own;         /* the profile says itself which start file is read */
} BashWords;

static gboolean
is_bash (const char *command)
{
  const char *slash = strrchr (command, '/');

  return g_str_equal (slash != NULL ? slash + 1 : command, "bash");
}

/* bash(1), OPTIONS: long options, then clusters of letters; the first other word is a script. */
static BashWords
read_words (char **words)
{
  static const char *const own[] = { "--rcfile", "--init-file", "--norc",       "--posix",
                                     "--help",   "--version",   "--restricted", NULL };
  BashWords found = { 0 };

  for (; *words != NULL && ((*words)[0] == '-' || (*words)[0] == '+') && (*words)[1] != '\0';
       words++)
    {
      if (g_str_equal (*words, "--"))
        break;
      if (g_str_has_prefix (*words, "--"))
        {
          found.own = found.own || g_strv_contains (own, *words);
          found.login = found.login || g_str_equal (*words, "--login");
          continue;
        }
      if ((*words)[0] == '+')
        continue;
      found.interactive = found.interactive || strchr (*words, 'i') != NULL;
      found.command = found.command || strchr (*words, 'c') != NULL;
      found.login = found.login || strchr (*words, 'l') != NULL;
      /* -o and -O take a word. */
      if (strpbrk (*words, "oO") != NULL && words[1] != NULL)
        words++;
    }
  found.command = found.command || *words != NULL;
  return found;
}

static gboolean
has_start_file (const InnerPlan *plan)
{
  BashWords words;

  if (!is_bash (plan->command[0]))
    return FALSE;
  words = read_words (plan->command + 1);
  return !words.own && (words.interactive || (plan->interactive && !words.command));
}

/* A login shell reads no start file that can be named: it gets none at all. */
void
inner_planning_shell (InnerPlanning *planning)
{
  InnerPlan *plan = planning->plan;
  g_autoptr (GStrvBuilder) command = g_strv_builder_new ();

  if (!has_start_file (plan))
    return;
  planning->start_file = TRUE;
  g_strv_builder_add (command, plan->command[0]);
  if (read_words (plan->command + 1).login)
    g_strv_builder_add (command, "--noprofile");
  g_strv_builder_add (command, "--rcfile");
  g_strv_builder_add (command, INNER_INSIDE_BASHRC);
  g_strv_builder_addv (command, (const char **) plan->command + 1);
  g_strfreev (plan->command);
  plan->command = g_strv_builder_end (command);
}

/* SECURITY: a prompt is expanded each time that it is shown, so nothing of a profile's name but plain characters
 * may stand in it; lines of history stand in quotation marks (attack 32; tests/unit/test-plan-inside.c). */
static void
append_prompt (GString *text, const char *profile)
{
  g_autofree char *name = g_strdup (profile);

  for (char *at = name; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr ("._+-", *at) == NULL)
      *at = '_';
  g_string_append_printf (text, "PS1='[inner %s] \\w \\$ '\n", name);
}

/* No line of a profile's own stands alone: the file is also printed as part of a script (--format bwrap). */
static void
append_on_one_line (GString *text, const char *quoted)
{
  for (; *quoted != '\0'; quoted++)
    if (*quoted == '\n')
      g_string_append (text, "'$'\\n''");
    else
      g_string_append_c (text, *quoted);
}

static void
append_history (GString *text, InnerProfile *profile)
{
  const char *const *lines = inner_profile_get_list (profile, INNER_KEY_ENTRYPOINT_HISTORY);

  if (*lines == NULL)
    return;
  /* What a home directory that is kept remembers comes first; bash does not read it again behind this. */
  g_string_append (text, "[ ! -r \"$HISTFILE\" ] || history -r\n");
  for (; *lines != NULL; lines++)
    {
      g_autofree char *quoted = g_shell_quote (*lines);

      g_string_append (text, "history -s -- ");
      append_on_one_line (text, quoted);
      g_string_append_c (text, '\n');
    }
}

/* As many blanks as a line has but one, and back: a cursor that stands behind something is then on a new line, one
 * that stands at the beginning of a line is still there. */
static void
append_cursor_fix (GString *text, InnerProfile *profile)
{
  const char *word = inner_profile_get_string (profile, INNER_KEY_ENTRYPOINT_CURSOR_FIX, "");

  if (word[0] == '\0')
    return;
  g_string_append (text, "trap 'printf \"\\r\\n\"' EXIT\n");
  if (g_str_equal (word, "shell"))
    g_string_append (text,
                     "inner_fresh_line () { printf '%*s\\r' $((${COLUMNS:-80} - 1)) ''; }\n"
                     "PROMPT_COMMAND=\"inner_fresh_line${PROMPT_COMMAND:+; $PROMPT_COMMAND}\"\n");
}

char *
inner_planning_start_file (const InnerPlanning *planning)
{
  GString *text =
      g_string_new ("# Made by Inner for this sandbox; the file ~/.bashrc is not read.\n"
                    "shopt -s checkwinsize\n");

  append_prompt (text, planning->plan->profile);
  append_history (text, planning->profile);
  append_cursor_fix (text, planning->profile);
  return g_string_free (text, FALSE);
}
