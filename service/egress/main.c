/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * inner-egress: the gateway of one sandbox. It is started by inner-supervisor, speaks with it over one socket, and
 * ends with it. It has no environment and so no language: its sentences are the keys of their translations, which
 * the service looks up.
 */

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "inner-egress.h"
#include "inner-wire.h"

int
main (void)
{
  static InnerEgress egress;

  prctl (PR_SET_DUMPABLE, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  signal (SIGPIPE, SIG_IGN);

  egress.loop = g_main_loop_new (NULL, FALSE);
  if (fcntl (INNER_EGRESS_FD, F_SETFD, FD_CLOEXEC) < 0 ||
      fcntl (INNER_EGRESS_FD, F_SETFL, O_NONBLOCK) < 0 || !inner_loop_init () ||
      !inner_egress_line_start (&egress, INNER_EGRESS_FD))
    {
      g_printerr (
          "inner-egress: this program is started by inner-supervisor and is of no use alone\n");
      return 1;
    }
  g_main_loop_run (egress.loop);
  /* Sockets close with the process, and connections with them. */
  return 0;
}
