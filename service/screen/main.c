/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * inner-screen: keeps the screen of one interactive sandbox for those who attach to it later. The supervisor starts
 * it beside the sandbox.
 */

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inner-screen-protocol.h"
#include "inner-screen.h"

#define LINE 3 /* INNER_SPAWN_FD */
#define FIRST_COLUMNS 80
#define FIRST_ROWS 24

typedef struct
{
  InnerScreenHeader header;
  char bytes[INNER_SCREEN_MAX_BYTES];
} Packet;

static Packet incoming;
static Packet outgoing;
static size_t n_outgoing;

/* The only way out that is left: the C library's would be one call too many. */
static void __attribute__ ((noreturn)) leave (void)
{
  for (;;)
    syscall (SYS_exit, 0);
}

/* SECURITY: what a sandbox shows is the attacker's, and a mistake in reading it must be of no use: no file, no
 * process, no new memory, nothing but reading and writing what is open, and that is the line to the supervisor
 * (attack 1; tests/attack/test_001_screen.py). */
static bool
lock_up (void)
{
  static const struct rlimit none = { 0, 0 };

  /* It ends with the supervisor also when it does not come to read the line's end. */
  return prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && setrlimit (RLIMIT_CORE, &none) == 0 &&
         prctl (PR_SET_DUMPABLE, 0) == 0 && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall (SYS_close_range, LINE + 1, ~0u, 0) == 0 &&
         prctl (PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0;
}

static void
send_packet (uint32_t type, uint32_t value)
{
  outgoing.header = (InnerScreenHeader){ type, value };
  if (write (LINE, &outgoing, sizeof outgoing.header + n_outgoing) < 0)
    leave ();
  n_outgoing = 0;
}

static void
send_drawn (const char *bytes, size_t size, void *data)
{
  while (size > 0)
    {
      size_t room = sizeof outgoing.bytes - n_outgoing;
      size_t n = size < room ? size : room;

      memcpy (outgoing.bytes + n_outgoing, bytes, n);
      n_outgoing += n;
      bytes += n;
      size -= n;
      if (n_outgoing == sizeof outgoing.bytes)
        send_packet (INNER_SCREEN_DRAWN, 0);
    }
}

static void
send_answers (InnerScreen *screen)
{
  if (screen->n_answers == 0)
    return;
  memcpy (outgoing.bytes, screen->answers, screen->n_answers);
  n_outgoing = screen->n_answers;
  screen->n_answers = 0;
  send_packet (INNER_SCREEN_ANSWER, 0);
}

static void
on_packet (InnerScreen *screen, size_t size)
{
  switch (incoming.header.type)
    {
    case INNER_SCREEN_SHOWN:
      inner_screen_show (screen, incoming.bytes, size);
      send_answers (screen);
      break;
    case INNER_SCREEN_SIZE:
      inner_screen_resize (screen, incoming.header.value & 0xffff, incoming.header.value >> 16);
      break;
    case INNER_SCREEN_DRAW:
      inner_screen_draw (screen, send_drawn, NULL);
      send_packet (INNER_SCREEN_DRAWN, 1);
      break;
    default:
      leave ();
    }
}

int
main (void)
{
  static InnerScreen screen;
  ssize_t n;

  if (!inner_arena_open () || !inner_screen_open (&screen, FIRST_COLUMNS, FIRST_ROWS) ||
      !lock_up ())
    return 1;
  for (;;)
    {
      n = read (LINE, &incoming, sizeof incoming);
      if (n >= (ssize_t) sizeof incoming.header)
        on_packet (&screen, n - sizeof incoming.header);
      else if (n >= 0 || errno != EINTR)
        leave ();
    }
}
