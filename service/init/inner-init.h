/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "inner-init-protocol.h"

/*
 * The PID 1 of a sandbox, in two processes:
 *
 *   inner-init (1)      holds the line to the supervisor, passes signals on, reaps. Stands outside the
 *                       Landlock domain, so nothing inside can signal or trace it.
 *   inner-spawner (3)   stands inside the domain and starts the further commands, so that all commands
 *                       of one sandbox are in the *same* domain: "innerctl exec" can signal, trace and
 *                       talk to what the main command started. The commands are children of PID 1.
 *
 * The main command (2) enters the domain by itself and leaves the spawner there on its way, because
 * that is the shortest way to its first instruction.
 */

typedef struct {
  int   abi;                   /* of Landlock */
  bool  nested;                /* commands may make namespaces, and mounts in them */
  int   line;                  /* the spawner's end of its line */
  int   terminals;             /* the host's /dev/pts; -1 = none */
  const int *stdio;            /* of the command that goes through */
  pid_t spawner;               /* out: 0 if none was left */
} InnerDoor;

/* Gives the Landlock ABI that inner_landlock_enter() puts to use, 0 if there is none. */
int   inner_landlock_abi     (void);

/* Puts the calling process into a new domain; one that leaves files and mounts alone for nested namespaces. Gives 0 (also without Landlock) or an errno. */
int   inner_landlock_enter   (const InnerDoor *door);

/* Refuses the system calls that make-filter.c lists, for the calling process and all that come of it; needs
 * no_new_privs. Gives 0 or an errno. */
int   inner_filter_enter     (bool nested);

/* What make-filter wrote: instructions of struct sock_filter. */
typedef struct {
  const unsigned char *program;
  unsigned int         bytes;
} InnerFilter;

extern const InnerFilter inner_filter;
extern const InnerFilter inner_filter_nested;

/* Sends one message with @n_fds descriptors (not consumed). A side that is gone shows when reading. */
void  inner_line_send        (int                     line,
                              const InnerInitMessage *message,
                              const int              *fds,
                              int                     n_fds);

/* Receives one message. @fds gets INNER_INIT_N_FDS descriptors owned by the caller (close-on-exec) if
 * the message has exactly so many, else -1s. False at end of file, error or time-out. */
bool  inner_line_receive     (int               line,
                              InnerInitMessage *message,
                              int              *fds);

/* Closes what inner_line_receive() gave. */
void  inner_line_close_fds   (int *fds);

/* Closes every descriptor from @first on. */
bool  inner_line_close_from  (int first);

/* Makes a terminal of @size (rows << 16 | columns) in the sandbox's own /dev/pts and puts it in the place of
 * the three streams in @fds. Gives 0 and *@master (owned, close-on-exec), or an errno. */
int   inner_terminal_open    (uint32_t  size,
                              int      *fds,
                              int      *master);

/* Starts the command of @fds (command block, stdin, stdout, stderr) as a child of PID 1. @answer is the
 * EXEC itself, of which the value tells whether the streams are a terminal that the command controls; it is
 * filled with the type and value for the supervisor: STARTED, FAILED or NO_DIRECTORY. With a @door it
 * goes through that first; the spawner, which stands behind it, gives %NULL. */
void  inner_command_start    (const int        *fds,
                              InnerDoor        *door,
                              InnerInitMessage *answer);

/* Takes the calling process through the door, and leaves a spawner behind it. Gives 0 or an errno. */
int   inner_spawner_leave    (InnerDoor *door);

/* Makes the copies of agents' files of which the pack on INNER_INIT_PACK_FD tells, if there is one. Gives 0
 * or an errno. */
int   inner_unpack           (void);
