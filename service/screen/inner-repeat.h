/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where in what a terminal is given we are, as far as it matters for a repetition. All zero at the beginning. */
typedef struct {
  unsigned char state;
  bool letter;                  /* the last thing was a letter of ASCII that was shown */
  bool plain;                   /* the command has nothing but one number */
} InnerRepeat;

/* Gives how many of @bytes come before the end of the first repetition that must not be carried out; @size if there
 * is none. Call again behind that byte. */
size_t inner_repeat_find (InnerRepeat *self, const char *bytes, size_t size);

#ifdef __cplusplus
}
#endif
