/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-terminal-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Only what may be called between fork() and exec() of a threaded process. */
static void
switch_off (const InnerModes *modes)
{
  char text[INNER_MODES_MAX_TEXT];
  size_t length = inner_modes_leave (modes, text);
  G_GNUC_UNUSED gssize n;

  if (length > 0 && isatty (1))
    n = write (1, text, length);
}

/* Whoever noticed our end first, such as a shell, may have put the terminal to a use of its own. */
static gboolean
is_still_ours (const InnerTerminalWatch *watch)
{
  struct termios now;

  return tcgetattr (0, &now) == 0 && now.c_lflag == watch->raw.c_lflag &&
         now.c_iflag == watch->raw.c_iflag && now.c_oflag == watch->raw.c_oflag;
}

/* SECURITY: the person's terminal is never left in raw mode, however this program ends (attack 3;
 * test_terminal_after_kill). In a session of its own, so that what ends our process group leaves it alone; a
 * terminal that is not its session's may be set by everybody who has it. */
static void G_GNUC_NORETURN
watch_line (const InnerTerminalWatch *watch, int line)
{
  sigset_t all;
  char word;
  gssize n;

  setsid ();
  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  prctl (PR_SET_NAME, "inner-terminal");
  dup2 (line, 2);
  syscall (SYS_close_range, 3, ~0u, 0);

  do
    n = read (2, &word, 1);
  while (n < 0 && errno == EINTR);
  if (n == 0)
    {
      switch_off (watch->modes);
      if (is_still_ours (watch))
        tcsetattr (0, TCSANOW, &watch->usual);
    }
  _exit (0);
}

static void
start_process (InnerTerminalWatch *watch)
{
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    return;
  watch->pid = fork ();
  if (watch->pid == 0)
    watch_line (watch, pair[1]);
  close (pair[1]);
  if (watch->pid > 0)
    watch->line = pair[0];
  else
    close (pair[0]);
}

gboolean
inner_terminal_watch_start (InnerTerminalWatch *watch)
{
  void *shared =
      mmap (NULL, sizeof (InnerModes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  watch->line = -1;
  if (shared == MAP_FAILED || tcgetattr (0, &watch->usual) < 0)
    return FALSE;
  watch->modes = shared;
  inner_modes_init (watch->modes);
  watch->raw = watch->usual;
  /* Output, too: the terminal inside has done with it what is to be done. */
  cfmakeraw (&watch->raw);
  start_process (watch);
  return tcsetattr (0, TCSANOW, &watch->raw) == 0;
}

void
inner_terminal_watch_finish (InnerTerminalWatch *watch)
{
  if (watch->modes == NULL)
    return;
  switch_off (watch->modes);
  tcsetattr (0, TCSANOW, &watch->usual);
  if (watch->line >= 0)
    {
      G_GNUC_UNUSED gssize n = send (watch->line, "", 1, MSG_NOSIGNAL);

      close (watch->line);
      waitpid (watch->pid, NULL, 0);
    }
  munmap (watch->modes, sizeof (InnerModes));
  watch->modes = NULL;
}
