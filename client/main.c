/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdlib.h>

#include "inner-client.h"
#include "inner-complete.h"
#include "inner-directories.h"

/* SECURITY: the number of a closed standard stream would go to the next thing that is opened (our line to
 * the service, the caller's environment), and the command would read from that (attacks 26 and 68;
 * tests/bus/test_run.py, test_no_input_at_all). */
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
  InnerGlobal global = { 0 };

  open_missing_streams ();
  inner_use_own_directories ();
  /* All twelve categories would cost a tenth of a millisecond more. */
  setlocale (LC_CTYPE, "");
  setlocale (LC_MESSAGES, "");
  bindtextdomain (GETTEXT_PACKAGE, INNER_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  inner_error_quark ();

  if (argc > 1 && g_str_equal (argv[1], "__complete"))
    return inner_complete (argc - 1, argv + 1);
  return inner_verb_dispatch (inner_verbs, "innerctl", &global, argc, argv);
}
