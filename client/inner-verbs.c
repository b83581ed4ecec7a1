/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-aliases.h"
#include "inner-client.h"
#include "inner-complete.h"
#include "inner-output.h"
#include "inner-suggest.h"

const InnerVerb inner_verbs[] = {
  { "run", N_ ("Run a command in a sandbox"), inner_verb_run },
  { "ps", N_ ("List sandboxes"), inner_verb_ps },
  { "inspect", N_ ("Show everything about a sandbox"), inner_verb_inspect },
  { "stop", N_ ("Ask a sandbox to end, then kill what is left"), inner_verb_stop },
  { "kill", N_ ("Send a signal"), inner_verb_kill },
  { "wait", N_ ("Wait for the end and print the exit code"), inner_verb_wait },
  { "attach", N_ ("Come to the terminal of a sandbox"), inner_verb_attach },
  { "exec", N_ ("Run a further command in a sandbox"), inner_verb_exec },
  { "network", N_ ("Decide what a running sandbox reaches"), inner_verb_network },
  { "profile", N_ ("List, show, make and approve profiles"), inner_verb_profile },
  { "config", N_ ("Show and edit the configuration"), inner_verb_config },
  { "init", N_ ("Make a configuration to begin with"), inner_verb_init },
  { "reset", N_ ("Bring the built-in profiles back"), inner_verb_reset },
  { "log", N_ ("Look at the records of runs"), inner_verb_log },
  { "verify", N_ ("Judge a sandbox from inside it"), inner_verb_verify },
  { "doctor", N_ ("Look at what of this machine a sandbox needs"), inner_verb_doctor },
  { "completion", N_ ("Print the script that completes words in a shell"), inner_verb_completion },
  { "version", N_ ("Print the version"), inner_verb_version },
  { NULL, NULL, NULL },
};

int
inner_verb_version (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL, _ ("Prints the version."), &error))
    return inner_fail (error);
  value = g_variant_ref_sink (g_variant_new_parsed ("{'version': <%s>}", INNER_VERSION));
  if (json)
    inner_print_json (value);
  else
    printf ("innerctl %s\n", INNER_VERSION);
  return 0;
}

static void
print_help (const InnerVerb *verbs, const char *program)
{
  printf (_ ("Usage: %s VERB [OPTION…]\n\n"), program);
  for (const InnerVerb *verb = verbs; verb->name != NULL; verb++)
    printf ("  %-10s %s\n", verb->name, _ (verb->summary));
  printf (_ ("\n“%s VERB --help” says more. Before or after any verb: --bus, --no-bus, "
             "--no-ask, --verbose.\n"),
          program);
}

int
inner_fail_unknown (const InnerVerb *verbs,
                    const char *program,
                    const char *word,
                    const char *const *aliases)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *near;

  for (const InnerVerb *verb = verbs; verb->name != NULL; verb++)
    g_ptr_array_add (names, (gpointer) verb->name);
  for (; aliases != NULL && *aliases != NULL; aliases++)
    g_ptr_array_add (names, (gpointer) *aliases);
  g_ptr_array_add (names, NULL);
  near = inner_suggest (word, (const char *const *) names->pdata);
  if (near != NULL)
    inner_say (_ ("“%s” is no verb; did you mean “%s %s”?"), word, program, near);
  else
    inner_say (_ ("“%s” is no verb; “%s --help” lists them"), word, program);
  return INNER_EXIT_ERROR;
}

static gboolean
take_global (InnerGlobal *global, const char *word)
{
  const struct
  {
    const char *word;
    gboolean *flag;
  } flags[] = {
    { "--bus", &global->bus },       { "--no-bus", &global->no_bus },
    { "--no-ask", &global->no_ask }, { "--verbose", &global->verbose },
    { "-v", &global->verbose },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    if (g_strcmp0 (word, flags[i].word) == 0)
      return *flags[i].flag = TRUE;

  return FALSE;
}

static gboolean
asks_for_help (const char *word)
{
  return g_str_equal (word, "--help") || g_str_equal (word, "-h") || g_str_equal (word, "help");
}

int
inner_verb_dispatch (
    const InnerVerb *verbs, const char *program, InnerGlobal *global, int argc, char **argv)
{
  for (; argc > 1 && take_global (global, argv[1]); argc--)
    argv++;
  if (global->current != NULL)
    return inner_complete_verb (verbs, global, argc, argv);

  if (argc < 2 || asks_for_help (argv[1]))
    {
      print_help (verbs, program);
      return argc < 2 ? INNER_EXIT_ERROR : 0;
    }
  if (g_str_equal (argv[1], "--version"))
    return inner_verb_version (global, argc - 1, argv + 1);

  for (const InnerVerb *verb = verbs; verb->name != NULL; verb++)
    if (g_str_equal (argv[1], verb->name))
      {
        g_autofree char *name = g_strdup_printf ("%s %s", program, verb->name);

        g_set_prgname (name);
        return verb->run (global, argc - 1, argv + 1);
      }

  if (verbs == inner_verbs && argv[1][0] != '-')
    return inner_alias_run (global, argc, argv);
  return inner_fail_unknown (verbs, program, argv[1], NULL);
}
