/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

static void
set_attributes (posix_spawnattr_t *attributes, gboolean new_session)
{
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  sigset_t none;
  sigset_t all;

  sigemptyset (&none);
  sigfillset (&all);
  posix_spawnattr_init (attributes);
  posix_spawnattr_setflags (attributes, new_session ? flags | POSIX_SPAWN_SETSID : flags);
  posix_spawnattr_setsigmask (attributes, &none);
  posix_spawnattr_setsigdefault (attributes, &all);
}

static void
set_descriptors (posix_spawn_file_actions_t *actions, const InnerSpawn *spawn)
{
  posix_spawn_file_actions_init (actions);
  posix_spawn_file_actions_adddup2 (actions, spawn->socket, INNER_SPAWN_FD);
  posix_spawn_file_actions_addopen (actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2 (actions, 0, 1);
  if (!spawn->keep_stderr)
    posix_spawn_file_actions_adddup2 (actions, 0, 2);
}

/* posix_spawn() and no child set-up function: between fork and exec of a threaded process hardly anything
 * is allowed (pitfall P33). */
int
inner_spawn (const InnerSpawn *spawn, pid_t *pid)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int result;

  set_attributes (&attributes, spawn->new_session);
  set_descriptors (&actions, spawn);
  result = posix_spawn (pid, spawn->path, &actions, &attributes, (char *const *) spawn->arguments,
                        (char *const *) spawn->environment);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  return result;
}
