/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inner-layers.h"

/* From the kernel's userspace-api/landlock.rst; <linux/landlock.h> of Debian 12 ends at ABI 2. */
#define CREATE_RULESET_VERSION (1u << 0)
#define RULE_PATH_BENEATH 1
#define BIT(n) (UINT64_C (1) << (n))
#define ACCESS_FS_WRITE_FILE BIT (1)
#define ACCESS_FS_READ_FILE BIT (2)
#define ACCESS_FS_MAKE_CHAR BIT (6)
#define ACCESS_FS_MAKE_BLOCK BIT (11)
#define ACCESS_FS_TRUNCATE BIT (14)
#define ACCESS_FS_IOCTL_DEV BIT (15)
#define ACCESS_FS_RESOLVE_UNIX BIT (16)
#define SCOPE_ABSTRACT_SOCKET BIT (0)
#define SCOPE_SIGNAL BIT (1)

#define ABI_TRUNCATE 3
#define ABI_IOCTL_DEV 5
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

  if (inner_layer_is_off ("landlock"))
    return 0;
  abi = inner_layer_limit ("landlock-abi-", abi);

  /* ABI 1 cannot allow a rename from one directory to another: every package manager would break,
   * so it counts as none. */
  return abi < INNER_LANDLOCK_MIN_ABI ? 0 : (int) abi;
}

/* Every right to files that the kernel knows: the first fourteen came with ABI 1 and 2. */
static uint64_t
all_rights (int abi)
{
  return (BIT (14) - 1) | (abi >= ABI_TRUNCATE ? ACCESS_FS_TRUNCATE : 0) |
         (abi >= ABI_IOCTL_DEV ? ACCESS_FS_IOCTL_DEV : 0) |
         (abi >= INNER_LANDLOCK_SOCKETS_ABI ? ACCESS_FS_RESOLVE_UNIX : 0);
}

static int
allow_beneath (int ruleset, int fd, uint64_t rights)
{
  PathBeneathAttr rule = { .allowed_access = rights, .parent_fd = fd };

  return syscall (SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0 ? errno : 0;
}

static int
allow_place (int ruleset, const char *path, uint64_t rights)
{
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int error = fd < 0 ? errno : allow_beneath (ruleset, fd, rights);

  if (fd >= 0)
    close (fd);
  return error;
}

/* SECURITY: a socket that was not made in this domain is reached only where the sandbox has a place of its own: there a
 * socket of the host is one that a privilege put there. Its own ones the kernel allows everywhere (Linux 7.1,
 * userspace-api/landlock.rst; attack 75; test_socket_that_appears_later). */
static int
allow_sockets (int ruleset, uint64_t handled)
{
  int error = 0;

  if ((handled & ACCESS_FS_RESOLVE_UNIX) != 0)
    error = allow_place (ruleset, "/run", ACCESS_FS_RESOLVE_UNIX);
  if ((handled & ACCESS_FS_RESOLVE_UNIX) != 0 && error == 0)
    error = allow_place (ruleset, "/tmp", ACCESS_FS_RESOLVE_UNIX);
  return error;
}

static int
allow_view (int ruleset, uint64_t handled)
{
  int error = allow_place (
      ruleset, "/",
      handled & ~(ACCESS_FS_MAKE_CHAR | ACCESS_FS_MAKE_BLOCK | ACCESS_FS_RESOLVE_UNIX));

  return error != 0 ? error : allow_sockets (ruleset, handled);
}

/* What the command may do with its streams, it may also do after opening them by a name such as /dev/stderr. What
 * the kernel takes no rule for, pipes above all, it does not refuse either. */
static void
allow_stream (int ruleset, int fd, uint64_t handled)
{
  static const uint64_t rights[] = {
    [O_RDONLY] = ACCESS_FS_READ_FILE,
    [O_WRONLY] = ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE,
    [O_RDWR] = ACCESS_FS_READ_FILE | ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE,
  };
  struct stat st;
  int flags = fcntl (fd, F_GETFL);

  if (flags >= 0 && (flags & O_ACCMODE) <= O_RDWR && fstat (fd, &st) == 0 && S_ISREG (st.st_mode))
    allow_beneath (ruleset, fd, rights[flags & O_ACCMODE] & handled);
}

/*
 * SECURITY: a domain that restricts any access to files at all denies every change of the mount
 * topology, so a hidden or read-only place cannot be uncovered with a nested namespace (attacks 14
 * and 36); no process in it can trace one outside, such as PID 1 (4, 5, 7). All rights are given to what is seen
 * below "/", and none to the rest: so a descriptor from outside is no way to the files around it, and a file that
 * the command was given to read cannot be opened again for writing by its name in /proc (26, 29). Devices are made
 * by nobody, also not the one that overlayfs takes for "deleted" (44). The scopes keep signals and, with
 * the host's network, abstract sockets inside (76). test_door_call, test_door_proc, test_abstract_socket_of_the_host,
 * tests/attack/test_029_streams.py, tests/attack/test_044_overlay.py.
 *
 * Containers mount, so with the privilege for them (nested) there are the scopes only; they keep PID 1 and all that
 * is outside out of reach (tests/attack/test_013_nested.py).
 *
 * TCP (ABI 4) is not restricted, because it is either not there or the machine's own; the audit log (7) is not ours.
 */
int
inner_landlock_enter (const InnerDoor *door)
{
  RulesetAttr attr = {
    .handled_access_fs = door->nested ? 0 : all_rights (door->abi),
    .scoped = door->abi >= ABI_SCOPE ? SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL : 0,
  };
  size_t size = door->abi >= ABI_SCOPE ? sizeof attr : sizeof attr.handled_access_fs;
  int ruleset;
  int error;

  if (door->abi == 0 || (door->nested && door->abi < ABI_SCOPE))
    return 0;
  ruleset = syscall (SYS_landlock_create_ruleset, &attr, size, 0);
  if (ruleset < 0)
    return errno;

  error = door->nested ? 0 : allow_view (ruleset, attr.handled_access_fs);
  for (int i = 0; i < 3 && !door->nested; i++)
    allow_stream (ruleset, door->stdio[i], attr.handled_access_fs);
  if (door->terminals >= 0 && !door->nested)
    allow_beneath (ruleset, door->terminals,
                   attr.handled_access_fs &
                       (ACCESS_FS_READ_FILE | ACCESS_FS_WRITE_FILE | ACCESS_FS_IOCTL_DEV));
  if (error == 0 && syscall (SYS_landlock_restrict_self, ruleset, 0) < 0)
    error = errno;
  close (ruleset);
  return error;
}
