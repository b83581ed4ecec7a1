/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-client.h"
#include "inner-suggest.h"

const InnerVerb inner_verbs[] = {
  { "run", N_ ("Run a command in a sandbox"), inner_verb_run },
  { "ps", N_ ("List sandboxes"), inner_verb_ps },
  { "inspect", N_ ("Show everything about a sandbox"), inner_verb_inspect },
  { "stop", N_ ("Ask a sandbox to end, then kill what is left"), inner_verb_stop },
  { "kill", N_ ("Send a signal"), inner_verb_kill },
  { "wait", N_ ("Wait for the end and print the exit code"), inner_verb_wait },
  { "exec", N_ ("Run a further command in a sandbox"), inner_verb_exec },
  { "profile", N_ ("List and show profiles"), inner_verb_profile },
  { "doctor", N_ ("Look at what of this machine a sandbox needs"), inner_verb_doctor },
  { "version", N_ ("Print the version"), inner_verb_version },
  { NULL, NULL, NULL },
};

int
inner_verb_version (InnerGlobal *global, int argc, char **argv)
{
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
             "--verbose.\n"),
          program);
}

static int
fail_unknown (const InnerVerb *verbs, const char *program, const char *word)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *near;

  for (const InnerVerb *verb = verbs; verb->name != NULL; verb++)
    g_ptr_array_add (names, (gpointer) verb->name);
  g_ptr_array_add (names, NULL);
  near = inner_suggest (word, (const char *const *) names->pdata);
  if (near != NULL)
    inner_say (_ ("“%s” is no verb; did you mean “%s %s”?"), word, program, near);
  else
    inner_say (_ ("“%s” is no verb; “%s --help” lists them"), word, program);
  return INNER_EXIT_ERROR;
}

int
inner_verb_dispatch (
    const InnerVerb *verbs, const char *program, InnerGlobal *global, int argc, char **argv)
{
  if (argc < 2)
    {
      print_help (verbs, program);
      return INNER_EXIT_ERROR;
    }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h") ||
      g_str_equal (argv[1], "help"))
    {
      print_help (verbs, program);
      return 0;
    }

  for (const InnerVerb *verb = verbs; verb->name != NULL; verb++)
    if (g_str_equal (argv[1], verb->name))
      {
        g_autofree char *name = g_strdup_printf ("%s %s", program, verb->name);

        g_set_prgname (name);
        return verb->run (global, argc - 1, argv + 1);
      }

  return fail_unknown (verbs, program, argv[1]);
}
