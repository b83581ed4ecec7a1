/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What programs on a terminal leave switched on in it: the alternate screen, a hidden cursor, mouse reports,
 * bracketed paste, ways of the keyboard. Plain C: the keeper of screens links no GLib.
 *
 * SECURITY: output of a sandbox is looked at to tell how to put a terminal back, and for nothing else; no
 * byte of it is carried out (attack 1; tests/attack/test_001_terminal.py, tests/unit/test-terminal.c).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INNER_MODES_MAX_NUMBERS 16
/* More than inner_modes_leave() and inner_modes_enter() ever need. */
#define INNER_MODES_MAX_TEXT    1024

typedef struct {
  uint8_t  state;
  uint8_t  prefix;              /* of a control sequence: '?', '>', '<', '=' or 0 */
  uint8_t  intermediate;
  uint8_t  n_numbers;
  uint16_t numbers[INNER_MODES_MAX_NUMBERS];
  uint32_t on;                  /* a bit for each row of the table in inner-modes.c */
  bool     keypad;              /* sends its own codes */
  bool     margins;             /* only part of the screen scrolls, */
  uint16_t top, bottom;         /* from line to line; 0 = the edge */
  bool     graphic;             /* draws lines instead of letters */
  uint8_t  cursor;              /* its shape; 0 = usual */
  uint8_t  keyboard;            /* how often a way of the keyboard was pushed */
  uint16_t keyboard_flags;      /* the last of them */
  uint8_t  other_keys;          /* modifyOtherKeys of xterm */
} InnerModes;

/* Makes it that of a terminal that was just opened. */
void   inner_modes_init         (InnerModes *self);

/* Takes note of what was shown. */
void   inner_modes_feed         (InnerModes *self, const void *data, size_t size);

/* The same up to the byte that switches to the alternate screen, inclusive; gives how many were taken. */
size_t inner_modes_feed_to_alternate (InnerModes *self, const void *data, size_t size);

/* Whether nothing was cut off: what comes next does not belong to a command. */
bool   inner_modes_is_between   (const InnerModes *self);

/* Whether the private mode @mode of xterm is on. */
bool   inner_modes_is_on        (const InnerModes *self, uint32_t mode);

/* Whether the program draws the screen itself. */
bool   inner_modes_is_alternate (const InnerModes *self);

/* Whether a line can be put in here: on the normal screen, and not within a command. */
bool   inner_modes_is_plain     (const InnerModes *self);

/* Writes what switches everything off again that is on; gives the length. */
size_t inner_modes_leave        (const InnerModes *self, char *text);

/* Writes what switches everything on that is on, but for the alternate screen; gives the length. */
size_t inner_modes_enter        (const InnerModes *self, char *text);

#ifdef __cplusplus
}
#endif
