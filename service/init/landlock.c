/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From the kernel's userspace-api/landlock.rst; <linux/landlock.h> of Debian 12 ends at ABI 2. */
#define CREATE_RULESET_VERSION (1u << 0)
#define RULE_PATH_BENEATH 1
#define ACCESS_FS_MAKE_BLOCK (UINT64_C (1) << 11)
#define ACCESS_FS_REFER (UINT64_C (1) << 13)
#define SCOPE_ABSTRACT_SOCKET (UINT64_C (1) << 0)
#define SCOPE_SIGNAL (UINT64_C (1) << 1)
#define ABI_SCOPE 6

typedef struct
{
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
} RulesetAttr;

typedef struct
{
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__ ((packed)) PathBeneathAttr;

int
inner_landlock_abi (void)
{
  long abi = syscall (SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

  /* ABI 1 cannot allow a rename from one directory to another: every package manager would break,
   * so it counts as none. */
  return abi < INNER_LANDLOCK_MIN_ABI ? 0 : (int) abi;
}

/* Renaming from one directory to another is denied in every domain unless it is allowed. */
static int
allow_refer (int ruleset)
{
  PathBeneathAttr rule = { .allowed_access = ACCESS_FS_REFER };
  int error;

  rule.parent_fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (rule.parent_fd < 0)
    return errno;
  error = syscall (SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0 ? errno : 0;
  close (rule.parent_fd);
  return error;
}

/*
 * SECURITY: a domain that restricts any access to files at all denies every change of the mount
 * topology, so a hidden or read-only place cannot be uncovered with a nested namespace (attacks 14
 * and 36); no process in it can trace one outside, such as PID 1 (4, 5, 7). So one right is taken
 * that nobody in a user namespace has anyway: making block devices. The scopes keep signals and, with
 * the host's network, abstract sockets inside (76). test_door_call, test_door_proc, test_abstract_socket_of_the_host.
 */
int
inner_landlock_enter (int abi)
{
  RulesetAttr attr = {
    .handled_access_fs = ACCESS_FS_REFER | ACCESS_FS_MAKE_BLOCK,
    .scoped = abi >= ABI_SCOPE ? SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL : 0,
  };
  size_t size = abi >= ABI_SCOPE ? sizeof attr : sizeof attr.handled_access_fs;
  int ruleset;
  int error;

  if (abi == 0)
    return 0;
  ruleset = syscall (SYS_landlock_create_ruleset, &attr, size, 0);
  if (ruleset < 0)
    return errno;

  error = allow_refer (ruleset);
  if (error == 0 && syscall (SYS_landlock_restrict_self, ruleset, 0) < 0)
    error = errno;
  close (ruleset);
  return error;
}
