/* SPDX-License-Identifier: Apache-2.0 */
/* Attack 106: runs a command on a kernel that seems to lack something.
 *
 *     without FEATURE COMMAND...
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct
{
  const char *feature;
  int number;
  unsigned mask;  /* of the first argument; 0 = whatever it is */
  unsigned value; /* what remains of it */
  int error;
  unsigned argument; /* if it is another than the first */
} Missing;

static const Missing missing[] = {
  { "landlock", 444, 0, 0, ENOSYS },
  { "seccomp", SYS_prctl, ~0u, PR_SET_SECCOMP, EINVAL },
  { "no-new-privs", SYS_prctl, ~0u, PR_SET_NO_NEW_PRIVS, EINVAL },
  { "dumpable", SYS_prctl, ~0u, PR_SET_DUMPABLE, EINVAL },
  { "user-namespaces", SYS_clone, CLONE_NEWUSER, CLONE_NEWUSER, EPERM },
  { "user-namespaces", SYS_unshare, CLONE_NEWUSER, CLONE_NEWUSER, EPERM },
  { "network-namespaces", SYS_clone, CLONE_NEWNET, CLONE_NEWNET, ENOSPC },
  { "mounts", SYS_mount, 0, 0, EPERM },
  { "pivot-root", SYS_pivot_root, 0, 0, EPERM },
  { "openat2", SYS_openat2, 0, 0, ENOSYS },
  { "close-range", SYS_close_range, 0, 0, ENOSYS },
  { "pidfds", SYS_pidfd_open, 0, 0, ENOSYS },
  { "keyrings", SYS_keyctl, 0, 0, ENOSYS },
  { "nftables", SYS_socket, ~0u, NETLINK_NETFILTER, EPROTONOSUPPORT, 2 },
  { "joining", SYS_setns, 0, 0, EPERM },
  { "broken-keyrings", SYS_keyctl, 0, 0, EDQUOT },
};

static int
refuse (const Missing *one)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, one->number, 0, 4),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args) + 8 * one->argument),
    BPF_STMT (BPF_ALU | BPF_AND | BPF_K, one->mask),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, one->value, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | one->error),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { sizeof code / sizeof code[0], code };

  return syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int
main (int argc, char **argv)
{
  if (argc < 3 || prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return 99;
  for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
    if (strcmp (missing[i].feature, argv[1]) == 0 && refuse (&missing[i]) < 0)
      return 98;
  execvp (argv[2], argv + 2);
  perror (argv[2]);
  return 97;
}
