/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "inner-client.h"
#include "inner-output.h"
#include "inner-run-options.h"

/* --strict, and anything was found. */
#define EXIT_STRICT 2

typedef struct
{
  gboolean all;
  gboolean strict;
  gboolean suggest;
  gboolean json;
  gboolean junit;
  gboolean sarif;
  /* handed on */
  char *profile;
  char *workspace;
  gboolean no_workspace;
  char **mounts;
  char **environment;
  char *network_mode;
  char **allow_hosts;
  char **allow;
} Words;

static void
words_clear (Words *words)
{
  g_free (words->profile);
  g_free (words->workspace);
  g_strfreev (words->mounts);
  g_strfreev (words->environment);
  g_free (words->network_mode);
  g_strfreev (words->allow_hosts);
  g_strfreev (words->allow);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Words, words_clear)

static gboolean
parse_words (InnerGlobal *global, int argc, char **argv, Words *words, GError **error)
{
  const GOptionEntry entries[] = {
    { "profile", 'p', 0, G_OPTION_ARG_STRING, &words->profile,
      N_ ("The profile: a name, a file or an address"), N_ ("NAME|FILE|URL") },
    { "workspace", 'w', 0, G_OPTION_ARG_FILENAME, &words->workspace, N_ ("The workspace"),
      N_ ("DIR") },
    { "no-workspace", 0, 0, G_OPTION_ARG_NONE, &words->no_workspace, N_ ("Without a workspace"),
      NULL },
    { "mount", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &words->mounts, N_ ("An extra mount"),
      N_ ("SRC:DEST[:MODE]") },
    { "env", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &words->environment,
      N_ ("Set a variable, or pass it on"), N_ ("KEY[=VALUE]") },
    { "network-mode", 0, 0, G_OPTION_ARG_STRING, &words->network_mode,
      N_ ("The network: off, allowlist, open or host"), N_ ("MODE") },
    { "allow-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &words->allow_hosts,
      N_ ("A host that may be reached"), N_ ("PATTERN") },
    { "allow", 0, 0, G_OPTION_ARG_STRING_ARRAY, &words->allow, N_ ("Ask for a privilege"),
      N_ ("KEY") },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &words->all, N_ ("Show what passed, too"), NULL },
    { "strict", 0, 0, G_OPTION_ARG_NONE, &words->strict,
      N_ ("Exit with 2 for a finding of any severity"), NULL },
    { "suggest", 0, 0, G_OPTION_ARG_NONE, &words->suggest,
      N_ ("Say how to change the profile so that it passes"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words->json, N_ ("Print JSON"), NULL },
    { "junit", 0, 0, G_OPTION_ARG_NONE, &words->junit, N_ ("Print XML as test runners write it"),
      NULL },
    { "sarif", 0, 0, G_OPTION_ARG_NONE, &words->sarif, N_ ("Print SARIF 2.1.0"), NULL },
    { NULL },
  };

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Judges the sandbox that “innerctl run” would make, from inside it."),
                    error))
    return FALSE;
  if (words->json + words->junit + words->sarif <= 1)
    return TRUE;
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("Only one of --json, --junit and --sarif is possible"));
  return FALSE;
}

static void
add (GPtrArray *line, const char *option, const char *value)
{
  if (value != NULL)
    g_ptr_array_add (line, g_strdup_printf ("%s=%s", option, value));
}

static void
add_all (GPtrArray *line, const char *option, char **values)
{
  for (; values != NULL && *values != NULL; values++)
    add (line, option, *values);
}

/* The words of “run” that mean the same, so that both make the same sandbox. */
static InnerRunOptions *
as_run (InnerGlobal *global, const Words *words, GError **error)
{
  g_autoptr (GPtrArray) line = g_ptr_array_new_with_free_func (g_free);
  g_autofree char **argv = NULL;

  g_ptr_array_add (line, g_strdup ("run"));
  add (line, "--profile", words->profile);
  add (line, "--workspace", words->workspace);
  if (words->no_workspace)
    g_ptr_array_add (line, g_strdup ("--no-workspace"));
  add_all (line, "--mount", words->mounts);
  add_all (line, "--env", words->environment);
  add (line, "--network-mode", words->network_mode);
  add_all (line, "--allow-host", words->allow_hosts);
  add_all (line, "--allow", words->allow);
  argv = g_new0 (char *, line->len + 1);
  memcpy (argv, line->pdata, line->len * sizeof (char *));
  return inner_run_options_new (global, line->len, argv, error);
}

static gboolean
is_bad (GVariant *check)
{
  return g_str_equal (inner_text_of (check, "status"), "fail") ||
         g_str_equal (inner_text_of (check, "status"), "error");
}

static void
print_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (**line != '\0')
      {
        g_autofree char *shown = inner_escape_all (*line);

        printf ("       → %s\n", shown);
      }
}

static void
print_check (GVariant *check, const Words *words)
{
  g_autofree char *mark = inner_mark_of (inner_text_of (check, "status"));
  g_autofree char *id = inner_escape_all (inner_text_of (check, "id"));
  g_autofree char *sentence = inner_escape_all (inner_text_of (check, "sentence"));
  g_autofree char *detail = inner_escape_all (inner_text_of (check, "detail"));

  printf ("[%s] %-8s  %-22s  %s\n", mark, inner_text_of (check, "severity"), id, sentence);
  if (!g_str_equal (inner_text_of (check, "status"), "pass") || words->all)
    printf ("%38s%s\n", "", detail);
  if (words->suggest && is_bad (check))
    print_lines (inner_text_of (check, "suggestion"));
}

/* Passes are counted, unless all are wanted. */
static void
print_report (GVariant *report, const Words *words)
{
  g_autoptr (GVariant) checks =
      g_variant_lookup_value (report, "checks", G_VARIANT_TYPE ("aa{sv}"));
  gboolean conformant = inner_flag_of (report, "conformant");
  g_autofree char *verdict = inner_colour (conformant ? "green" : "red",
                                           conformant ? _ ("conformant") : _ ("not conformant"));
  gsize n = g_variant_n_children (checks);
  guint passed = 0;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) check = g_variant_get_child_value (checks, i);
      gboolean pass = g_str_equal (inner_text_of (check, "status"), "pass");

      passed += pass;
      if (!pass || words->all)
        print_check (check, words);
    }
  printf (_ ("%s: %u of %u checks passed\n"), verdict, passed, (guint) n);
}

static gboolean
has_findings (GVariant *report)
{
  g_autoptr (GVariant) checks =
      g_variant_lookup_value (report, "checks", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; i < g_variant_n_children (checks); i++)
    {
      g_autoptr (GVariant) check = g_variant_get_child_value (checks, i);

      if (is_bad (check))
        return TRUE;
    }

  return FALSE;
}

static GVariant *
call_verify (InnerGlobal *global, InnerRunOptions *run, const Words *words, GError **error)
{
  g_autoptr (InnerConnection) connection = inner_global_connect (global, error);
  g_autoptr (GVariant) reply = NULL;

  if (connection == NULL)
    return NULL;
  if (words->junit || words->sarif)
    g_variant_builder_add (&run->options, "{sv}", "document",
                           g_variant_new_string (words->junit ? "junit" : "sarif"));
  reply =
      inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "Verify",
                  g_variant_new ("(s@a{sv})", run->profile, g_variant_builder_end (&run->options)),
                  "(a{sv})", run->fds, error);
  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

int
inner_verb_verify (InnerGlobal *global, int argc, char **argv)
{
  g_auto (Words) words = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerRunOptions) run = NULL;
  g_autoptr (GVariant) report = NULL;

  if (parse_words (global, argc, argv, &words, &error))
    run = as_run (global, &words, &error);
  if (run != NULL)
    report = call_verify (global, run, &words, &error);
  if (report == NULL)
    return inner_fail (error);

  if (words.json)
    inner_print_json (report);
  else if (words.junit || words.sarif)
    puts (inner_text_of (report, "document"));
  else
    print_report (report, &words);

  if (words.strict && has_findings (report))
    return EXIT_STRICT;
  return inner_flag_of (report, "conformant") ? 0 : 1;
}
