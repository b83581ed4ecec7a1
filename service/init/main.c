/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-layers.h"

#define SPAWNER_TIMEOUT_S 5
#define DEVPTS 0x1cd1 /* statfs(2) */

typedef struct
{
  pid_t pid; /* 0 = a free place */
  uint32_t tag;
} Running;

typedef struct
{
  int abi;       /* of Landlock */
  bool nested;   /* commands may make namespaces */
  int children;  /* signalfd for SIGCHLD */
  int terminals; /* the host's /dev/pts; -1 = none */
  pid_t spawner; /* 0 = none */
  int spawner_line;
  Running running[INNER_INIT_MAX_COMMANDS];
} Init;

/* stderr is the supervisor's until start_up() has closed it; what is said before READY reaches the
 * user. */
static void __attribute__ ((noreturn)) die (const char *text)
{
  ssize_t ignored __attribute__ ((unused)) = write (2, text, strlen (text));

  _exit (1);
}

static void
tell (InnerInitType type, uint32_t tag, int32_t value)
{
  InnerInitMessage message = { INNER_INIT_MAGIC, type, tag, value };

  inner_line_send (INNER_INIT_FD, &message, NULL, 0);
}

/* With the network namespace, in which only whoever comes from outside may set something up. */
static void
tell_ready (int32_t abi)
{
  InnerInitMessage message = { INNER_INIT_MAGIC, INNER_INIT_READY, 0, abi };
  int netns = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

  inner_line_send (INNER_INIT_FD, &message, &netns, netns >= 0 ? 1 : 0);
  if (netns >= 0)
    close (netns);
}

static Running *
find_running (Init *self, uint32_t tag)
{
  for (int i = 0; i < INNER_INIT_MAX_COMMANDS; i++)
    if (self->running[i].pid != 0 && self->running[i].tag == tag)
      return &self->running[i];

  return NULL;
}

static Running *
find_free (Init *self)
{
  for (int i = 0; i < INNER_INIT_MAX_COMMANDS; i++)
    if (self->running[i].pid == 0)
      return &self->running[i];

  return NULL;
}

static void
forget_spawner (Init *self)
{
  close (self->spawner_line);
  self->spawner = 0;
}

/* Starts the first command, or the first one after the spawner was killed. */
static void
spawn_through_door (Init *self, InnerInitMessage *message, const int *fds)
{
  static const struct timeval patience = { .tv_sec = SPAWNER_TIMEOUT_S };
  InnerDoor door = { .abi = self->abi, .nested = self->nested, .terminals = self->terminals };
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
      setsockopt (pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
    {
      message->type = INNER_INIT_FAILED;
      message->value = errno;
      return;
    }

  door.line = pair[1];
  inner_command_start (fds, &door, message);
  close (pair[1]);
  self->spawner = door.spawner;
  self->spawner_line = pair[0];
  if (door.spawner == 0)
    close (pair[0]);
}

static bool
is_answer (const InnerInitMessage *message)
{
  return message->type == INNER_INIT_STARTED
             ? message->value > 1
             : message->type == INNER_INIT_FAILED || message->type == INNER_INIT_NO_DIRECTORY;
}

/* False at the spawner's end, or when it takes too long. */
static bool
hear_spawner (Init *self, InnerInitMessage *answer)
{
  int none[INNER_INIT_N_FDS];

  if (!inner_line_receive (self->spawner_line, answer, none))
    return false;
  inner_line_close_fds (none);
  return true;
}

/* SECURITY: a command may stop or kill the spawner. Init does not wait for it for ever, does not let it
 * have its line, and believes its answers only as far as they make sense (attack 9;
 * test_spawner_killed, test_spawner_stopped).
 *
 * Gives false, and leaves the message as it is, if the spawner did not take it: nothing was started. */
static bool
let_spawn (Init *self, InnerInitMessage *message, const int *fds)
{
  InnerInitMessage answer;
  bool taken;

  inner_line_send (self->spawner_line, message, fds, INNER_INIT_N_FDS);
  taken = hear_spawner (self, &answer) && answer.type == INNER_INIT_TAKEN;
  if (taken && hear_spawner (self, &answer) && is_answer (&answer))
    {
      *message = answer;
      return true;
    }

  kill (self->spawner, SIGKILL);
  forget_spawner (self);
  if (!taken)
    return false;
  message->type = INNER_INIT_FAILED;
  message->value = ECHILD;
  return true;
}

/* The supervisor's end of a terminal goes along with STARTED. */
static void
answer_exec (const InnerInitMessage *message, uint32_t tag, int master)
{
  InnerInitMessage answer = { INNER_INIT_MAGIC, message->type, tag, message->value };

  inner_line_send (INNER_INIT_FD, &answer, &master,
                   master >= 0 && message->type == INNER_INIT_STARTED ? 1 : 0);
  if (master >= 0)
    close (master);
}

static void
on_exec (Init *self, InnerInitMessage *message, int *fds)
{
  Running *place = find_free (self);
  uint32_t tag = message->tag;
  int master = -1;
  int error;

  if (fds[0] < 0 || place == NULL || find_running (self, tag) != NULL)
    {
      tell (INNER_INIT_FAILED, tag, place == NULL ? EAGAIN : EINVAL);
      return;
    }

  error = message->value != 0 ? inner_terminal_open (message->value, fds, &master) : 0;
  if (error != 0)
    {
      message->type = INNER_INIT_FAILED;
      message->value = error;
    }
  else if (self->spawner == 0 || !let_spawn (self, message, fds))
    spawn_through_door (self, message, fds);
  if (message->type == INNER_INIT_STARTED)
    *place = (Running){ message->value, tag };
  answer_exec (message, tag, master);

  /* Without its main command a sandbox has no purpose. */
  if (tag == 0 && message->type != INNER_INIT_STARTED)
    _exit (0);
}

/* Each command leads a session and so a process group of its own. */
static void
on_signal (Init *self, InnerInitMessage *message, int *fds)
{
  Running *running = find_running (self, message->tag);

  if (running != NULL)
    kill (-running->pid, message->value);
}

/* Inherited by everything that is started from now on. Done here, because the kernel counts the processes of
 * the user namespace that a limit is set in (user_namespaces(7)). EPERM: there is a tighter one.
 *
 * SECURITY: no fork bomb outgrows the sandbox where no cgroup stops it (attack 99;
 * tests/attack/test_099_fork_bomb.py). */
static void
on_limit (Init *self, InnerInitMessage *message, int *fds)
{
  struct rlimit limit = { message->value, message->value };

  if (message->value <= 0 || (setrlimit (RLIMIT_NPROC, &limit) < 0 && errno != EPERM))
    _exit (0);
}

static void
on_message (Init *self)
{
  static void (*const handlers[INNER_INIT_N_TYPES]) (Init *, InnerInitMessage *, int *) = {
    [INNER_INIT_EXEC] = on_exec,
    [INNER_INIT_SIGNAL] = on_signal,
    [INNER_INIT_LIMIT] = on_limit,
  };
  InnerInitMessage message;
  int fds[INNER_INIT_N_FDS];

  /* The supervisor is gone, and everything goes with it when PID 1 does. */
  if (!inner_line_receive (INNER_INIT_FD, &message, fds))
    _exit (0);

  if (message.type < INNER_INIT_N_TYPES && handlers[message.type] != NULL)
    handlers[message.type](self, &message, fds);
  inner_line_close_fds (fds);
}

static void
on_end (Init *self, pid_t pid, int status)
{
  if (pid == self->spawner)
    forget_spawner (self);
  for (int i = 0; i < INNER_INIT_MAX_COMMANDS; i++)
    if (self->running[i].pid == pid)
      {
        self->running[i].pid = 0;
        tell (INNER_INIT_EXITED, self->running[i].tag, status);
        /* SECURITY: the kernel kills what is left of the pid namespace (attack 9; test_orphan_is_gone_after_the_command). */
        if (self->running[i].tag == 0)
          _exit (0);
      }
}

static void
on_children (Init *self)
{
  struct signalfd_siginfo info;
  pid_t pid;
  int status;

  while (read (self->children, &info, sizeof info) > 0)
    ;
  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    on_end (self, pid, status);
}

/* Nothing that the launcher ignored or blocked may reach a command (pitfall P36): all dispositions are
 * the default from here on, and everything is blocked, so that no signal ever ends PID 1. By system
 * call, because glibc keeps signals 32 and 33 to itself, and its posix_spawn() leaves them ignored. */
static int
take_over_signals (void)
{
  static const char all_default[64]; /* a struct sigaction of the kernel, SIG_DFL, no flags */
  sigset_t all;
  sigset_t child;

  for (int i = 1; i < NSIG; i++)
    syscall (SYS_rt_sigaction, i, all_default, NULL, NSIG / 8);
  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  sigemptyset (&child);
  sigaddset (&child, SIGCHLD);
  return signalfd (-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* SECURITY: what bubblewrap or its caller left open is closed before anything else runs (attack 26;
 * test_only_stdio). */
static void
close_everything_else (Init *self)
{
  struct statfs fs;
  int null;

  /* To the place of the pack, which is used up. Whatever else bubblewrap or its caller left there is none. */
  self->terminals = -1;
  if (fstatfs (INNER_INIT_TERMINALS_FD, &fs) == 0 && fs.f_type == DEVPTS)
    self->terminals = dup3 (INNER_INIT_TERMINALS_FD, INNER_INIT_PACK_FD, O_CLOEXEC);
  if (!inner_layer_is_off ("descriptors-inside") &&
      !inner_line_close_from (INNER_INIT_FD + (self->terminals < 0 ? 1 : 2)))
    die ("inner-init: cannot close inherited descriptors\n");
  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0)
    die ("inner-init: the sandbox has no /dev/null\n");
  for (int i = 0; i < 3; i++)
    dup2 (null, i);
  if (null > 2)
    close (null);
}

static bool
line_is_there (void)
{
  int type = 0;
  socklen_t length = sizeof type;

  return getsockopt (INNER_INIT_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
         type == SOCK_SEQPACKET && fcntl (INNER_INIT_FD, F_SETFD, FD_CLOEXEC) == 0;
}

static void
start_up (Init *self)
{
  /* SECURITY: first of all, nothing inside may trace PID 1 or read its memory, environment or
   * descriptors, whatever else fails (attacks 4, 5, 6, 7; test_door_proc). */
  if (!inner_layer_is_off ("dumpable") && prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    die ("inner-init: cannot make itself private\n");
  if (getpid () != 1 || !line_is_there ())
    die ("inner-init: this program is started by inner-supervisor and is of no use alone\n");

  if (inner_unpack () != 0)
    die ("inner-init: cannot make the copies of the agents' files\n");
  close_everything_else (self);
  self->children = take_over_signals ();
  self->abi = inner_landlock_abi ();
}

int
main (int argc, char **argv)
{
  static Init self;
  struct pollfd polls[2] = { { .fd = INNER_INIT_FD, .events = POLLIN }, { .events = POLLIN } };

  self.nested = argc > 1 && strcmp (argv[1], INNER_INIT_NESTED) == 0;
  start_up (&self);
  tell_ready (self.abi);

  polls[1].fd = self.children;
  for (;;)
    {
      while (poll (polls, 2, -1) < 0)
        ;
      if (polls[1].revents != 0)
        on_children (&self);
      if (polls[0].revents != 0)
        on_message (&self);
    }
}
