/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a supervisor and its keeper of the screen say to each other. Plain C, because the keeper links no
 * GLib.
 *
 * The line is an AF_UNIX SOCK_SEQPACKET pair, on INNER_SPAWN_FD of the keeper; each packet is an
 * InnerScreenHeader and up to INNER_SCREEN_MAX_BYTES bytes. Every DRAW is answered by DRAWNs, the last of
 * which has the value 1, in the order in which they were asked for.
 */

#include <stdint.h>

#define INNER_SCREEN_MAX_BYTES 32768u

typedef enum {
  INNER_SCREEN_SHOWN = 1,      /* -> keeper: what the terminal was given */
  INNER_SCREEN_SIZE = 2,       /* -> keeper: value = rows << 16 | columns */
  INNER_SCREEN_DRAW = 3,       /* -> keeper: draw all of it */
  INNER_SCREEN_DRAWN = 4,      /* <- keeper: what draws it; value = 1 with the last */
  INNER_SCREEN_ANSWER = 5,     /* <- keeper: what a terminal answers to what was shown */
} InnerScreenType;

typedef struct {
  uint32_t type;
  uint32_t value;
} InnerScreenHeader;
