/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From keyctl(2), seccomp(2) and <linux/filter.h>: musl-gcc does not see the headers of the kernel. */
#define JOIN_SESSION_KEYRING 1
#define MODE_FILTER 2
#define INSTRUCTION_BYTES 8

typedef struct
{
  unsigned short length; /* instructions */
  const void *instructions;
} Program;

/* SECURITY: the keys of the session outside are out of reach, even for reading. A kernel without keyrings has
 * none to reach (attack 22; tests/attack/test_018_system_calls.py). */
int
inner_keyring_leave (void)
{
  if (syscall (SYS_keyctl, JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS)
    return 0;
  return errno;
}

/* SECURITY: the filter that make-filter.c wrote; a kernel without it starts no command (attack 106;
 * tests/attack/test_018_system_calls.py). */
int
inner_filter_enter (void)
{
  const Program program = { inner_filter_bytes / INSTRUCTION_BYTES, inner_filter_program };

  return prctl (PR_SET_SECCOMP, MODE_FILTER, &program, 0, 0) < 0 ? errno : 0;
}
