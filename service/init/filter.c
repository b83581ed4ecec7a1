/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "inner-layers.h"

/* From seccomp(2) and <linux/filter.h>: musl-gcc does not see the headers of the kernel. */
#define MODE_FILTER 2
#define INSTRUCTION_BYTES 8

typedef struct
{
  unsigned short length; /* instructions */
  const void *instructions;
} Program;

/* SECURITY: the filter that make-filter.c wrote; a kernel without it starts no command (attack 106;
 * tests/attack/test_018_system_calls.py). */
int
inner_filter_enter (bool nested)
{
  const InnerFilter *filter = nested ? &inner_filter_nested : &inner_filter;
  const Program program = { filter->bytes / INSTRUCTION_BYTES, filter->program };

  if (inner_layer_is_off ("seccomp"))
    return 0;
  return prctl (PR_SET_SECCOMP, MODE_FILTER, &program, 0, 0) < 0 ? errno : 0;
}
