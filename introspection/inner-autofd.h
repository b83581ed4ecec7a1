/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Descriptors that have an owner, for all programs that link libglib. GLib has g_autofd only from 2.76, our floor is
 * 2.74. */

#include <errno.h>
#include <glib.h>
#include <unistd.h>

G_BEGIN_DECLS

/* Closes *@fd if there is one, and makes it -1. Keeps errno. */
static inline void
inner_clear_fd (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved;
}

/* Gives *@fd away: it is -1 then. */
static inline int
inner_steal_fd (int *fd)
{
  int taken = *fd;

  *fd = -1;
  return taken;
}

/* A descriptor that is closed when it goes out of scope; -1 is "none". Never keep an owned descriptor in anything but
 * an inner_autofd, or in a field whose setter says _take_. */
#define inner_autofd __attribute__ ((cleanup (inner_clear_fd))) int

G_END_DECLS
