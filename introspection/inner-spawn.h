/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Where a program of ours finds the socket of the one that started it. */
#define INNER_SPAWN_FD 3

/**
 * InnerSpawn:
 *
 * How one of our own programs is started: by absolute path, with the environment that is given and nothing
 * of ours, and with one socket.
 */
typedef struct {
  const char        *path;
  const char *const *arguments;           /* %NULL-terminated, the name first */
  const char *const *environment;         /* KEY=VALUE, %NULL-terminated */
  int                socket;              /* becomes INNER_SPAWN_FD */
  gboolean           keep_stderr;         /* else it goes to /dev/null, as stdin and stdout do */
  gboolean           new_session;
} InnerSpawn;

/* Starts it. Gives 0 and *@pid, or an errno. The child's signals are neither blocked nor ignored (pitfall
 * P36), and every descriptor of ours that is close-on-exec, which all are, stays here. */
int inner_spawn (const InnerSpawn *spawn, pid_t *pid);

G_END_DECLS
