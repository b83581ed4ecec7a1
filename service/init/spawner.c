/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inner-layers.h"

/* The soft limit that a login has, and that programs with select() rely on. The service raised ours;
 * a program that needs more may raise its own. */
#define USUAL_DESCRIPTORS 1024

static int
limit_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return errno;
  if (limit.rlim_cur > USUAL_DESCRIPTORS)
    limit.rlim_cur = USUAL_DESCRIPTORS;
  return setrlimit (RLIMIT_NOFILE, &limit) < 0 ? errno : 0;
}

/* What every command inherits. Gives 0 or an errno. */
static int
lock_down (const InnerDoor *door)
{
  static const struct rlimit no_core = { 0, 0 };
  int error = limit_descriptors ();

  /* SECURITY: no setuid program gives a privilege (attack 10; test_no_new_privileges); memory never
   * goes to a core file of the host (test_no_core_file). */
  if (!inner_layer_is_off ("no-new-privs") && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return errno;
  if (setrlimit (RLIMIT_CORE, &no_core) < 0)
    return errno;
  if (error == 0)
    error = inner_landlock_enter (door);
  return error != 0 ? error : inner_filter_enter (door->nested);
}

/* Starts a command for each message, until init is gone. */
static void __attribute__ ((noreturn)) run (int line)
{
  static const InnerInitMessage taken = { INNER_INIT_MAGIC, INNER_INIT_TAKEN, 0, 0 };
  InnerInitMessage message;
  int fds[INNER_INIT_N_FDS];

  prctl (PR_SET_NAME, "inner-spawner");
  dup2 (line, INNER_INIT_FD);
  inner_line_close_from (INNER_INIT_FD + 1);
  while (inner_line_receive (INNER_INIT_FD, &message, fds))
    {
      inner_line_send (INNER_INIT_FD, &taken, NULL, 0);
      inner_command_start (fds, NULL, &message);
      inner_line_close_fds (fds);
      inner_line_send (INNER_INIT_FD, &message, NULL, 0);
    }
  _exit (0);
}

int
inner_spawner_leave (InnerDoor *door)
{
  int error = lock_down (door);
  pid_t pid;

  /* Fail closed: without its walls no command starts. */
  if (error != 0)
    return error;

  /* A fork, but of a child of PID 1; it has its own copy of the memory that we share with PID 1. */
  pid = syscall (SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0);
  if (pid == 0)
    run (door->line);
  door->spawner = pid > 0 ? pid : 0;
  return pid < 0 ? errno : 0;
}
