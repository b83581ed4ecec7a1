/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-client.h"

/* The scripts are installed where each shell looks; whoever wants them elsewhere gets the same bytes. */
static const struct
{
  const char *shell;
  const char *path;
} scripts[] = {
  { "bash", INNER_DATADIR "/bash-completion/completions/innerctl" },
  { "zsh", INNER_DATADIR "/zsh/site-functions/_innerctl" },
  { "fish", INNER_DATADIR "/fish/vendor_completions.d/innerctl.fish" },
};

static int
print_script (const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      inner_say (_ ("Cannot read the script: %s; install the package again"), error->message);
      return INNER_EXIT_ERROR;
    }

  fputs (text, stdout);
  return 0;
}

int
inner_verb_completion (InnerGlobal *global, int argc, char **argv)
{
  const GOptionEntry entries[] = { { NULL } };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 1, "bash|zsh|fish",
                    _ ("Prints the script that completes words in a shell."), &error))
    return inner_fail (error);

  for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS (scripts); i++)
    if (g_str_equal (argv[1], scripts[i].shell))
      return print_script (scripts[i].path);
  return inner_fail_usage (_ ("Name your shell: bash, zsh or fish"));
}
