/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a supervisor and the PID 1 of its sandbox say to each other. Plain C, because inner-init
 * links no GLib; inner-wire.h includes this header.
 *
 * The line is an AF_UNIX SOCK_SEQPACKET pair; each packet is one InnerInitMessage. INNER_INIT_EXEC
 * carries four descriptors: command block, stdin, stdout, stderr. Every EXEC is answered by either
 * STARTED, which EXITED follows, or by FAILED or NO_DIRECTORY.
 *
 * A command block is a sealed memfd: InnerCommandHeader, then argc + envc + 1 strings each ended by
 * NUL: the working directory, the arguments, the environment. inner-init checks every length.
 */

#include <stdint.h>

#define INNER_COMMAND_MAGIC        0x496e4331u      /* "InC1" */
#define INNER_INIT_MAGIC           0x496e4931u      /* "InI1" */
#define INNER_INIT_FD              3                /* inner-init finds its socket here */
#define INNER_INIT_N_FDS           4                /* descriptors of INNER_INIT_EXEC */
#define INNER_INIT_MAX_COMMANDS    256              /* at once; one more fails with EAGAIN */
#define INNER_LANDLOCK_MIN_ABI     2                /* ABI 1 forbids renaming between directories */
#define INNER_COMMAND_MAX_BYTES    (16u * 1024 * 1024)

typedef struct {
  uint32_t magic;
  uint32_t argc;
  uint32_t envc;
  uint32_t flags;              /* 0 */
} InnerCommandHeader;

typedef enum {
  INNER_INIT_EXEC = 1,         /* -> init: tag, four descriptors */
  INNER_INIT_SIGNAL = 2,       /* -> init: tag, value = signal, to that command's process group */
  INNER_INIT_STARTED = 3,      /* <- init: tag, value = pid inside */
  INNER_INIT_FAILED = 4,       /* <- init: tag, value = errno of the exec */
  INNER_INIT_EXITED = 5,       /* <- init: tag, value = wait status */
  INNER_INIT_READY = 6,        /* <- init: value = Landlock ABI in force, 0 = none; SCM_CREDENTIALS
                                * tell init's pid outside */
  INNER_INIT_NO_DIRECTORY = 7, /* <- init: tag, value = errno of the change to the working directory */
  INNER_INIT_N_TYPES
} InnerInitType;

typedef struct {
  uint32_t magic;
  uint32_t type;
  uint32_t tag;                /* 0 = the main command: init exits when it has ended */
  int32_t  value;
} InnerInitMessage;
