/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <vterm.h>

#include "inner-modes.h"
#include "inner-repeat.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A screen is never larger than this for us; what is beyond is not drawn again. */
#define INNER_SCREEN_MAX_COLUMNS 1000
#define INNER_SCREEN_MAX_ROWS    500
#define INNER_SCREEN_MAX_CELLS   200000
#define INNER_SCREEN_MAX_TITLE   256
#define INNER_SCREEN_MAX_ANSWERS 4096

/* Takes what draws a screen, piece by piece. */
typedef void (*InnerScreenWrite) (const char *bytes, size_t size, void *data);

/**
 * InnerScreen:
 *
 * A terminal without a window: what it was given, and what draws that again on another terminal.
 */
typedef struct {
  VTerm       *vt;
  VTermScreen *screen;
  InnerModes   modes;
  InnerRepeat  repeat;
  char         title[INNER_SCREEN_MAX_TITLE];
  char        *behind;                    /* what draws the screen behind the alternate one; NULL = none */
  size_t       behind_size;
  char         answers[INNER_SCREEN_MAX_ANSWERS];
  size_t       n_answers;                 /* bytes that a terminal answers to what it was given */
} InnerScreen;

/* inner-arena.c: all memory there is; %NULL when nothing is left. Zeroed. */
void *inner_arena_take      (size_t size);
void  inner_arena_give_back (void *block);
/* Gets the memory from the system; false if there is none. */
bool  inner_arena_open      (void);

/* False if there is no memory for it. */
bool  inner_screen_open     (InnerScreen *self, int columns, int rows);
void  inner_screen_show     (InnerScreen *self, const char *bytes, size_t size);
void  inner_screen_resize   (InnerScreen *self, int columns, int rows);
void  inner_screen_draw     (InnerScreen *self, InnerScreenWrite write, void *data);

#ifdef __cplusplus
}
#endif
