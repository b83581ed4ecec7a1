/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Of the sandbox's own instance of devpts: nothing inside can take its place, because it is a mount. */
#define MULTIPLEXER "/dev/pts/ptmx"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO ('T', 0x41)
#endif

/* As a terminal of a desktop starts: the kernel's defaults, and erasing takes a character of UTF-8. */
static int
set_up (int slave, uint32_t size)
{
  struct winsize window = { .ws_row = size >> 16, .ws_col = size & 0xffff };
  struct termios settings;

  if (tcgetattr (slave, &settings) < 0)
    return errno;
  settings.c_iflag |= IUTF8;
  return tcsetattr (slave, TCSANOW, &settings) < 0 || ioctl (slave, TIOCSWINSZ, &window) < 0 ? errno
                                                                                             : 0;
}

static int
replace_streams (int slave, int *fds)
{
  for (int i = 1; i < INNER_INIT_N_FDS; i++)
    {
      int copy = fcntl (slave, F_DUPFD_CLOEXEC, 0);

      if (copy < 0)
        return errno;
      close (fds[i]);
      fds[i] = copy;
    }

  return 0;
}

/* SECURITY: the terminal belongs to the sandbox alone. Its other end goes to the supervisor, and no terminal
 * of the host ever comes in, so keys that are pushed into it reach nobody else (attacks 1 and 3;
 * tests/attack/test_001_terminal.py). */
int
inner_terminal_open (uint32_t size, int *fds, int *master)
{
  static const int unlocked = 0;
  int slave;
  int error;

  *master = open (MULTIPLEXER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*master < 0)
    return errno;
  slave = ioctl (*master, TIOCSPTLCK, &unlocked) < 0
              ? -1
              : ioctl (*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  error = slave < 0 ? errno : set_up (slave, size);
  if (error == 0)
    error = replace_streams (slave, fds);

  if (slave >= 0)
    close (slave);
  if (error != 0)
    {
      close (*master);
      *master = -1;
    }
  return error;
}
