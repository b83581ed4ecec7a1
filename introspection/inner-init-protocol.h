/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a supervisor and the PID 1 of its sandbox say to each other. Plain C, because inner-init
 * links no GLib; inner-wire.h includes this header.
 *
 * The line is an AF_UNIX SOCK_SEQPACKET pair; each packet is one InnerInitMessage. INNER_INIT_EXEC
 * carries four descriptors: command block, stdin, stdout, stderr. Every EXEC is answered by either
 * STARTED, which EXITED follows, or by FAILED or NO_DIRECTORY. Of an EXEC with a terminal, the three streams
 * are not used, and STARTED carries the other end of the terminal.
 *
 * A command block is a sealed memfd: InnerCommandHeader, then argc + envc + 1 strings each ended by
 * NUL: the working directory, the arguments, the environment. inner-init checks every length.
 *
 * A pack holds the private copies of agents' files. It is a sealed memfd that inner-init finds on
 * INNER_INIT_PACK_FD and unpacks before anything else: InnerPackHeader, the home directory; then per entry
 * InnerPackEntry, its path below the home, its bytes (of a link: its target). Strings end with NUL. One
 * descriptor, however many files there are: a message carries 250, bubblewrap takes 9,000 arguments, and
 * nothing of it ever stands in a file system of the host.
 */

#include <stdint.h>

#define INNER_COMMAND_MAGIC        0x496e4331u      /* "InC1" */
#define INNER_INIT_MAGIC           0x496e4931u      /* "InI1" */
#define INNER_INIT_FD              3                /* inner-init finds its socket here */
#define INNER_INIT_PACK_FD         4                /* and here the pack, if there is one */
#define INNER_INIT_TERMINALS_FD    5                /* and here the directory of the host's terminals */
#define INNER_INIT_NESTED          "nested"         /* its argument where commands may make namespaces */
#define INNER_INIT_N_FDS           4                /* descriptors of INNER_INIT_EXEC */
#define INNER_INIT_MAX_COMMANDS    256              /* at once; one more fails with EAGAIN */
#define INNER_INIT_SIZE(columns, rows) ((int32_t) ((uint32_t) (rows) << 16 | (columns)))
#define INNER_LANDLOCK_SOCKETS_ABI 9                /* from here on no socket of the host can be reached by its path */
#define INNER_LANDLOCK_MIN_ABI     2                /* ABI 1 forbids renaming between directories */
#define INNER_COMMAND_MAX_BYTES    (16u * 1024 * 1024)
#define INNER_PACK_MAGIC           0x496e5031u      /* "InP1" */
#define INNER_PACK_MAX_BYTES       (80u * 1024 * 1024)

typedef struct {
  uint32_t magic;
  uint32_t argc;
  uint32_t envc;
  uint32_t flags;              /* 0 */
} InnerCommandHeader;

typedef enum {
  INNER_INIT_EXEC = 1,         /* -> init: tag, four descriptors; value = 0, or the size of a terminal of
                                * its own: rows << 16 | columns */
  INNER_INIT_SIGNAL = 2,       /* -> init: tag, value = signal, to that command's process group */
  INNER_INIT_STARTED = 3,      /* <- init: tag, value = pid inside; with a terminal, one descriptor */
  INNER_INIT_FAILED = 4,       /* <- init: tag, value = errno of the exec */
  INNER_INIT_EXITED = 5,       /* <- init: tag, value = wait status */
  INNER_INIT_READY = 6,        /* <- init: value = Landlock ABI in force, 0 = none; SCM_CREDENTIALS
                                * tell init's pid outside; one descriptor: its network namespace */
  INNER_INIT_NO_DIRECTORY = 7, /* <- init: tag, value = errno of the change to the working directory */
  INNER_INIT_HOME = 8,         /* <- init: one descriptor, the home directory with the copies of agents' files */
  INNER_INIT_LIMIT = 9,        /* -> init, before the first EXEC: value = the most processes of the sandbox's
                                * user namespace (RLIMIT_NPROC); init ends if that cannot be */
  INNER_INIT_TAKEN = 10,       /* spawner -> init, before it starts a command */
  INNER_INIT_N_TYPES
} InnerInitType;

typedef struct {
  uint32_t magic;
  uint32_t type;
  uint32_t tag;                /* 0 = the main command: init exits when it has ended */
  int32_t  value;
} InnerInitMessage;

typedef struct {
  uint32_t magic;
  uint32_t home_size;          /* with NUL */
} InnerPackHeader;

typedef enum {
  INNER_PACK_DIRECTORY,        /* made if it is missing */
  INNER_PACK_FILE,
  INNER_PACK_LINK
} InnerPackKind;

typedef struct {
  uint32_t kind;
  uint32_t mode;               /* permission bits; not for links */
  uint32_t path_size;          /* with NUL */
  uint32_t size;               /* of a link: with NUL */
} InnerPackEntry;
