/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "inner-client.h"

/* Whoever closed one of the three would have our sockets take its number, and the command read from them. */
static void
open_missing_streams (void)
{
  for (int fd = 0; fd < 3; fd++)
    if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", O_RDWR) != fd)
      abort ();
}

int
main (int argc, char **argv)
{
  InnerGlobal global = { .mode = INNER_CONNECT_AUTO };

  open_missing_streams ();
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
