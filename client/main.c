/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

#include "inner-client.h"

int
main (int argc, char **argv)
{
  InnerGlobal global = { .mode = INNER_CONNECT_AUTO };

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, INNER_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  inner_error_quark ();

  argc = inner_global_take (&global, argc, argv);
  if (argc == 2 && strcmp (argv[1], "--version") == 0)
    return inner_verb_version (&global, argc, argv);
  return inner_verb_dispatch (inner_verbs, "innerctl", &global, argc, argv);
}
