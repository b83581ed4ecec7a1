/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "config.h"

/*
 * Runs when Inner is built: writes the system call filter of sandboxes as the array of a C file, for the
 * architecture named on the command line. So a start costs no compilation, and inner-init, which is static,
 * needs no library for it.
 *
 *     make-filter ARCHITECTURE [nested]      x86_64 or aarch64, as libseccomp names them
 *
 * With “nested” it is the filter of sandboxes that have the privilege “nested-user-ns”, and with it namespaces
 * and mounts in them.
 *
 * SECURITY: what is not refused is allowed. That is a list of dangers and not of needs, because whatever a
 * developer runs has to run; the walls are the namespaces and Landlock, and this keeps the less trodden parts
 * of the kernel away from what has got so far (attacks 1, 13, 15, 16, 18, 19, 21, 22, 25, 78;
 * tests/attack/test_018_system_calls.py).
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_ELEMENTS(array) (sizeof (array) / sizeof ((array)[0]))

/* Calls from here on were not judged, or are other ways to mount (open_tree_attr): ENOSYS, as an older
 * kernel says. New calls have the same number on every architecture (Linux 6.15,
 * scripts/syscall.tbl). */
#define FIRST_UNKNOWN 467

typedef struct
{
  int number;
  int error;
  int nested; /* what containers in a sandbox do: not refused with “nested” */
} Refused;

static const Refused refused[] = {
  /* Other views of the files (16). Programs take ENOSYS for an old kernel and go on. */
  { SCMP_SYS (mount), EPERM, 1 },
  { SCMP_SYS (umount), EPERM, 1 },
  { SCMP_SYS (umount2), EPERM, 1 },
  { SCMP_SYS (pivot_root), EPERM, 1 },
  { SCMP_SYS (chroot), EPERM, 1 },
  { SCMP_SYS (open_tree), ENOSYS, 1 },
  { SCMP_SYS (move_mount), ENOSYS, 1 },
  { SCMP_SYS (fsopen), ENOSYS, 1 },
  { SCMP_SYS (fsconfig), ENOSYS, 1 },
  { SCMP_SYS (fsmount), ENOSYS, 1 },
  { SCMP_SYS (fspick), ENOSYS, 1 },
  { SCMP_SYS (mount_setattr), ENOSYS, 1 },

  /* Other namespaces (13). The flags of clone3() stand in memory, where a filter cannot look (15). */
  { SCMP_SYS (unshare), EPERM, 1 },
  { SCMP_SYS (setns), EPERM, 1 },
  { SCMP_SYS (clone3), ENOSYS, 1 },

  /* Keys of the session outside (22) */
  { SCMP_SYS (add_key), EPERM },
  { SCMP_SYS (request_key), EPERM },
  { SCMP_SYS (keyctl), EPERM },

  /* Where most ways into the kernel were found (19, 21) */
  { SCMP_SYS (bpf), EPERM },
  { SCMP_SYS (perf_event_open), EPERM },
  { SCMP_SYS (userfaultfd), EPERM },
  { SCMP_SYS (io_uring_setup), EPERM },
  { SCMP_SYS (io_uring_enter), EPERM },
  { SCMP_SYS (io_uring_register), EPERM },
  { SCMP_SYS (fanotify_init), EPERM },
  { SCMP_SYS (name_to_handle_at), EPERM },
  { SCMP_SYS (open_by_handle_at), EPERM },
  { SCMP_SYS (lookup_dcookie), EPERM },
  { SCMP_SYS (vm86), EPERM },
  { SCMP_SYS (vm86old), EPERM },
  { SCMP_SYS (modify_ldt), EPERM },
  { SCMP_SYS (uselib), EPERM },
  { SCMP_SYS (move_pages), EPERM },

  /* What belongs to the administrator of the machine */
  { SCMP_SYS (init_module), EPERM },
  { SCMP_SYS (finit_module), EPERM },
  { SCMP_SYS (delete_module), EPERM },
  { SCMP_SYS (kexec_load), EPERM },
  { SCMP_SYS (kexec_file_load), EPERM },
  { SCMP_SYS (acct), EPERM },
  { SCMP_SYS (swapon), EPERM },
  { SCMP_SYS (swapoff), EPERM },
  { SCMP_SYS (reboot), EPERM },
  { SCMP_SYS (syslog), EPERM },
  { SCMP_SYS (quotactl), EPERM },
  { SCMP_SYS (quotactl_fd), EPERM },
  { SCMP_SYS (iopl), EPERM },
  { SCMP_SYS (ioperm), EPERM },
  { SCMP_SYS (sethostname), EPERM, 1 },
  { SCMP_SYS (setdomainname), EPERM, 1 },
  { SCMP_SYS (settimeofday), EPERM },
  { SCMP_SYS (clock_settime), EPERM },

  /* The arguments of socket() stand in memory here too; 32-bit programs get no sockets by it (18). */
  { SCMP_SYS (socketcall), ENOSYS },
};

static void
must (int result, const char *what)
{
  if (result == 0)
    return;
  fprintf (stderr, "make-filter: %s: %s\n", what, strerror (-result));
  exit (1);
}

static void
refuse_calls (scmp_filter_ctx filter, int nested)
{
  for (size_t i = 0; i < N_ELEMENTS (refused); i++)
    {
      int result =
          nested && refused[i].nested
              ? 0
              : seccomp_rule_add (filter, SCMP_ACT_ERRNO (refused[i].error), refused[i].number, 0);

      /* A call that none of the architectures has. */
      if (result != -EDOM)
        must (result, "a refused call");
    }
}

/* Keys for others (1), and other line disciplines: a terminal of one's own and TIOCSETD let anybody have the kernel load
 * a driver for serial lines, and speak to it (25). The kernel looks at the lower half of the request only, so the filter
 * must too. */
static void
refuse_terminal_requests (scmp_filter_ctx filter)
{
  static const uint64_t requests[] = { TIOCSTI, TIOCLINUX, TIOCSETD };

  for (size_t i = 0; i < N_ELEMENTS (requests); i++)
    must (seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (ioctl), 1,
                            SCMP_A1 (SCMP_CMP_MASKED_EQ, UINT32_MAX, requests[i])),
          "ioctl");
}

static void
refuse_namespaces (scmp_filter_ctx filter)
{
  static const uint64_t flags[] = { CLONE_NEWUSER, CLONE_NEWNS,     CLONE_NEWPID, CLONE_NEWNET,
                                    CLONE_NEWIPC,  CLONE_NEWCGROUP, CLONE_NEWUTS };

  for (size_t i = 0; i < N_ELEMENTS (flags); i++)
    must (seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (clone), 1,
                            SCMP_A0 (SCMP_CMP_MASKED_EQ, flags[i], flags[i])),
          "clone");
}

/* Unix and internet sockets, and of netlink only the questions about interfaces and routes that every
 * resolver asks (25, 78). The kernel takes the lower half of the family. */
static void
refuse_families (scmp_filter_ctx filter)
{
  static const int allowed[] = { AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
  static const int calls[] = { SCMP_SYS (socket), SCMP_SYS (socketpair) };

  for (int family = 0; family < 64; family++)
    {
      int known = 0;

      for (size_t i = 0; i < N_ELEMENTS (allowed); i++)
        known |= allowed[i] == family;
      for (size_t i = 0; i < N_ELEMENTS (calls) && !known; i++)
        must (seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), calls[i], 1,
                                SCMP_A0 (SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t) family)),
              "socket");
    }
  must (seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (socket), 2,
                          SCMP_A0 (SCMP_CMP_MASKED_EQ, UINT32_MAX, AF_NETLINK),
                          SCMP_A2 (SCMP_CMP_NE, NETLINK_ROUTE)),
        "netlink");
}

static void
print_instruction (const struct sock_filter *instruction)
{
  const uint8_t *bytes = (const uint8_t *) instruction;

  for (size_t i = 0; i < sizeof *instruction; i++)
    printf ("%u,%s", bytes[i], i + 1 == sizeof *instruction ? "\n" : " ");
}

/* libseccomp has no rule for “from this number on”. What follows jumps relative to itself, so it can stand
 * behind this as it is. */
static void
print_prologue (void)
{
  static const struct sock_filter prologue[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, FIRST_UNKNOWN, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };

  for (size_t i = 0; i < N_ELEMENTS (prologue); i++)
    print_instruction (&prologue[i]);
}

static void
print_program (scmp_filter_ctx filter, const char *name)
{
  FILE *file = tmpfile ();
  struct sock_filter instruction;

  if (file == NULL)
    must (-errno, "a temporary file");
  must (seccomp_export_bpf (filter, fileno (file)), "export");
  rewind (file);
  printf ("/* Made by make-filter.c */\n#include \"inner-init.h\"\n\n"
          "static const unsigned char program[] __attribute__ ((aligned (8))) = {\n");
  print_prologue ();
  while (fread (&instruction, sizeof instruction, 1, file) == 1)
    print_instruction (&instruction);
  printf ("};\nconst InnerFilter %s = { program, sizeof program };\n", name);
  fclose (file);
}

int
main (int argc, char **argv)
{
  int nested = argc == 3 && strcmp (argv[2], "nested") == 0;
  uint32_t native = argc == 2 + nested ? seccomp_arch_resolve_name (argv[1]) : 0;
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);

  if (native == 0 || filter == NULL)
    {
      fprintf (stderr, "make-filter: name an architecture that libseccomp knows\n");
      return 1;
    }
  /* Programs of other architectures, x32 among them, get ENOSYS from every call. */
  must (seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO (ENOSYS)), "attribute");
  if (native != seccomp_arch_native ())
    {
      must (seccomp_arch_add (filter, native), "architecture");
      must (seccomp_arch_remove (filter, seccomp_arch_native ()), "architecture");
    }
  if (native == SCMP_ARCH_X86_64)
    must (seccomp_arch_add (filter, SCMP_ARCH_X86), "architecture");

  refuse_calls (filter, nested);
  refuse_terminal_requests (filter);
  if (!nested)
    refuse_namespaces (filter);
  refuse_families (filter);
  print_program (filter, nested ? "inner_filter_nested" : "inner_filter");
  seccomp_release (filter);
  return 0;
}
