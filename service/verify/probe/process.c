/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What this process is and may do: by trying it. */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-probe.h"
#include "inner-secret-names.h"

/* SECCOMP_MODE_FILTER of <linux/seccomp.h>, which musl-gcc does not see. */
#define FILTERED 2

extern char **environ;

static void
look_not_root (Finding *finding, const char *argument)
{
  if (getuid () == 0 || geteuid () == 0)
    probe_fail (finding, "the command is root inside");
  else
    probe_pass (finding, "user %d", (int) getuid ());
}

static void
judge_capabilities (char *line, void *data)
{
  Finding *finding = data;

  if (strncmp (line, "Cap", 3) != 0)
    return;
  if (strspn (line + 8, "0") != strlen (line + 8))
    probe_fail (finding, "%.7s%s", line, line + 8);
  else
    probe_pass (finding, "%.6s", line);
}

static void
look_capabilities (Finding *finding, const char *argument)
{
  if (probe_lines ("/proc/self/status", judge_capabilities, finding) < 0)
    probe_error (finding, "/proc/self/status: %s", strerror (errno));
}

static void
look_no_new_privileges (Finding *finding, const char *argument)
{
  if (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
    probe_pass (finding, "set");
  else
    probe_fail (finding, "not set");
}

/* In a process of its own: a call that is not forbidden may do anything to it, and one that is may kill it. */
typedef struct
{
  const char *name;
  long number;
  long arguments[5];
} Call;

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* With arguments that would fail in another way than the filter's EPERM or ENOSYS, or succeed. */
static const Call forbidden[] = {
  { "unshare", SYS_unshare, { CLONE_NEWUSER } },
  { "setns", SYS_setns, { -1, CLONE_NEWNET } },
  { "clone3", SYS_clone3, { 0, 0 } },
  { "mount", SYS_mount, { 0, 0, 0, 0, 0 } },
  { "umount2", SYS_umount2, { 0, 0 } },
  { "pivot_root", SYS_pivot_root, { 0, 0 } },
  { "open_tree", SYS_open_tree, { -1, 0, 0 } },
  { "move_mount", SYS_move_mount, { -1, 0, -1, 0, 0 } },
  { "fsopen", SYS_fsopen, { 0, 0 } },
  { "mount_setattr", SYS_mount_setattr, { -1, 0, 0, 0, 0 } },
  { "bpf", SYS_bpf, { -1, 0, 0 } },
  { "perf_event_open", SYS_perf_event_open, { 0, 0, -1, -1, 0 } },
  { "userfaultfd", SYS_userfaultfd, { -1 } },
  { "io_uring_setup", SYS_io_uring_setup, { 0, 0 } },
  { "io_uring_enter", SYS_io_uring_enter, { -1, 0, 0, 0, 0 } },
  { "io_uring_register", SYS_io_uring_register, { -1, 0, 0, 0 } },
  { "keyctl", SYS_keyctl, { 0, -3, 0 } },
  { "add_key", SYS_add_key, { 0, 0, 0, 0, -3 } },
  { "request_key", SYS_request_key, { 0, 0, 0, 0 } },
  { "kexec_load", SYS_kexec_load, { 0, 0, 0, -1 } },
  { "init_module", SYS_init_module, { 0, 0, 0 } },
  { "finit_module", SYS_finit_module, { -1, 0, 0 } },
  { "open_by_handle_at", SYS_open_by_handle_at, { -1, 0, 0 } },
};

/* Whether the kernel or a filter answered that nobody here may make the call. clone3 is answered as if it were
 * not there, so that programs use clone(). */
static int
is_refused (const Call *call)
{
  int status = 0;
  pid_t child = fork ();

  if (child == 0)
    {
      long answer = syscall (call->number, call->arguments[0], call->arguments[1],
                             call->arguments[2], call->arguments[3], call->arguments[4]);

      _exit (answer < 0 && (errno == EPERM || errno == ENOSYS) ? 0 : 1);
    }
  if (child < 0 || waitpid (child, &status, 0) < 0)
    return 0;
  return WIFSIGNALED (status) ? WTERMSIG (status) == SIGSYS : WEXITSTATUS (status) == 0;
}

/* The argument: calls that this sandbox may make, one a line. */
static void
look_system_calls (Finding *finding, const char *argument)
{
  int n = 0;

  if (prctl (PR_GET_SECCOMP, 0, 0, 0, 0) != FILTERED)
    {
      probe_fail (finding, "there is no filter");
      return;
    }
  for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
    {
      const char *allowed = strstr (argument, forbidden[i].name);

      if (allowed != NULL)
        continue;
      n++;
      if (!is_refused (&forbidden[i]))
        probe_fail (finding, "%s is not refused", forbidden[i].name);
    }
  if (finding->status == NULL)
    probe_pass (finding, "%d calls are refused", n);
}

/* Pushing characters into a terminal, also with the upper half of the number set (attack 1). */
static void
look_terminal (Finding *finding, const char *argument)
{
  static const unsigned long requests[] = { 0x5412, 0x100005412UL, 0x541c, 0x10000541cUL };
  int terminal = open ("/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC);

  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
    {
      char byte = 0;

      errno = 0;
      if (syscall (SYS_ioctl, terminal >= 0 ? terminal : STDIN_FILENO, requests[i], &byte) == 0 ||
          errno != EPERM)
        probe_fail (finding, "ioctl 0x%lx: %s", requests[i],
                    errno != 0 ? strerror (errno) : "done");
    }
  if (finding->status == NULL)
    probe_pass (finding, "no characters can be pushed into a terminal");
}

/* What only the domain of Landlock stops: PID 1 has the same user, but stands outside of it. */
static void
look_landlock (Finding *finding, const char *argument)
{
  if (kill (1, 0) == 0)
    probe_fail (finding, "signals reach processes outside of the domain");
  else if (errno != EPERM)
    probe_error (finding, "kill: %s", strerror (errno));
  else
    probe_pass (finding, "signals do not leave the domain");
}

static void
look_pid1 (Finding *finding, const char *argument)
{
  static const char *const files[] = { "/proc/1/mem", "/proc/1/environ", "/proc/1/maps" };
  char link[256];

  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    {
      int fd = open (files[i], O_RDONLY | O_CLOEXEC);
      char byte;

      if (fd >= 0 && read (fd, &byte, 1) > 0)
        probe_fail (finding, "%s can be read", files[i]);
      if (fd >= 0)
        close (fd);
    }
  if (readlink ("/proc/1/root", link, sizeof link) > 0)
    probe_fail (finding, "/proc/1/root can be followed");
  /* Which does not stop it, and ends with this process. */
  if (ptrace (PTRACE_SEIZE, 1, NULL, NULL) == 0)
    probe_fail (finding, "PID 1 can be traced");
  if (finding->status == NULL)
    probe_pass (finding, "PID 1 is closed");
}

/* The argument: “NAME NUMBER” for each namespace of the service, one a line: the inode of /proc/self/ns/NAME there. */
static void
look_namespaces (Finding *finding, const char *argument)
{
  char rows[1024];
  char *save = NULL;

  snprintf (rows, sizeof rows, "%s", argument);
  for (char *row = strtok_r (rows, "\n", &save); row != NULL; row = strtok_r (NULL, "\n", &save))
    {
      char *number = strchr (row, ' ');
      char path[64];
      struct stat st;

      if (number == NULL)
        {
          probe_error (finding, "the check is damaged");
          return;
        }
      *number++ = '\0';
      snprintf (path, sizeof path, "/proc/self/ns/%s", row);
      if (stat (path, &st) < 0)
        probe_error (finding, "%s: %s", path, strerror (errno));
      else if ((unsigned long long) st.st_ino == strtoull (number, NULL, 10))
        probe_fail (finding, "the %s namespace is that of the host", row);
      else
        probe_pass (finding, "%s", row);
    }
}

static int
read_comm (const char *pid, char *comm, size_t size)
{
  char path[300];
  ssize_t n;
  int fd;

  snprintf (path, sizeof path, "/proc/%s/comm", pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  n = fd >= 0 ? read (fd, comm, size - 1) : -1;
  if (fd >= 0)
    close (fd);
  if (n <= 0)
    return -1;
  comm[n - 1] = '\0';
  return 0;
}

/* Only PID 1, the spawner and the probe are here. */
static void
look_processes (Finding *finding, const char *argument)
{
  DIR *directory = opendir ("/proc");
  const struct dirent *entry;
  int n = 0;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    {
      char comm[64];

      if (!isdigit ((unsigned char) entry->d_name[0]) ||
          read_comm (entry->d_name, comm, sizeof comm) < 0)
        continue;
      n++;
      if (strncmp (comm, "inner-", 6) != 0)
        probe_fail (finding, "process %s is “%s”", entry->d_name, comm);
    }
  if (directory != NULL)
    closedir (directory);
  if (n == 0)
    probe_error (finding, "/proc shows no process, not even this one");
  else if (finding->status == NULL)
    probe_pass (finding, "%d processes, all of this sandbox", n);
}

/* The three streams, the pipe of the check, and the directory that is being read. */
static void
look_descriptors (Finding *finding, const char *argument)
{
  DIR *directory = opendir ("/proc/self/fd");
  const struct dirent *entry;
  int n = 0;

  if (directory == NULL)
    {
      probe_error (finding, "/proc/self/fd: %s", strerror (errno));
      return;
    }
  while ((entry = readdir (directory)) != NULL)
    {
      int fd = atoi (entry->d_name);
      char path[64];
      char target[256];
      ssize_t length;

      if (entry->d_name[0] == '.' || fd == dirfd (directory))
        continue;
      n++;
      snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
      length = readlink (path, target, sizeof target - 1);
      target[length > 0 ? length : 0] = '\0';
      /* Pipes of this probe lie above the streams. */
      if (fd > 2 && strncmp (target, "pipe:", 5) != 0)
        probe_fail (finding, "descriptor %d is %s", fd, target);
    }
  closedir (directory);
  if (finding->status == NULL)
    probe_pass (finding, "%d descriptors", n);
}

/* What the kernel shows of keys, and whether the session's can be named. */
static void
look_keyring (Finding *finding, const char *argument)
{
  long keyring = syscall (SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* session */, 0);

  if (keyring >= 0)
    probe_fail (finding, "the session keyring answers");
  else if (errno == EPERM || errno == ENOSYS)
    probe_pass (finding, "%s", strerror (errno));
  else
    probe_fail (finding, "keyctl: %s", strerror (errno));
}

static int
is_name_of_secret (const char *name, size_t length)
{
  static const char *const parts[] = { INNER_SECRET_NAME_PARTS, "_AUTH" };
  char upper[256];
  size_t n = length < sizeof upper - 1 ? length : sizeof upper - 1;

  for (size_t i = 0; i < n; i++)
    upper[i] = (char) toupper ((unsigned char) name[i]);
  upper[n] = '\0';
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (strstr (upper, parts[i]) != NULL)
      return 1;

  return n > 4 && strcmp (upper + n - 4, "_KEY") == 0;
}

/* Beginnings that makers of keys have given them so that they are found. */
static int
is_value_of_secret (const char *value)
{
  static const char *const beginnings[] = {
    "sk-", "ghp_", "gho_", "ghs_",  "github_pat_", "glpat-",     "AKIA",        "ASIA",
    "xox", "AIza", "npm_", "pypi-", "hf_",         "eyJhbGciOi", "-----BEGIN ", "ssh-rsa ",
  };

  if (strlen (value) < 16)
    return 0;
  for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
    if (strncmp (value, beginnings[i], strlen (beginnings[i])) == 0)
      return 1;

  return 0;
}

/* Values are never told. */
static void
look_environment (Finding *finding, const char *argument)
{
  int n = 0;

  for (char **entry = environ; *entry != NULL; entry++)
    {
      size_t length = strcspn (*entry, "=");

      n++;
      if (is_name_of_secret (*entry, length) && (*entry)[length] == '=' &&
          (*entry)[length + 1] != '\0')
        probe_fail (finding, "%.*s", (int) length, *entry);
      else if ((*entry)[length] == '=' && is_value_of_secret (*entry + length + 1))
        probe_fail (finding, "the value of %.*s", (int) length, *entry);
    }
  if (finding->status == NULL)
    probe_pass (finding, "%d variables", n);
}

/* PID 1 and what it starts must not show the environment of whoever started them. */
static void
look_other_environments (Finding *finding, const char *argument)
{
  DIR *directory = opendir ("/proc");
  const struct dirent *entry;
  int n = 0;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    {
      char path[300];
      char byte;
      int fd;
      pid_t pid = atoi (entry->d_name);

      if (pid <= 0 || pid == getpid () || pid == getppid () || getpgid (pid) == getpgrp ())
        continue;
      n++;
      snprintf (path, sizeof path, "/proc/%s/environ", entry->d_name);
      fd = open (path, O_RDONLY | O_CLOEXEC);
      if (fd >= 0 && pid == 1 && read (fd, &byte, 1) > 0)
        probe_fail (finding, "%s can be read", path);
      if (fd >= 0)
        close (fd);
    }
  if (directory != NULL)
    closedir (directory);
  if (finding->status == NULL)
    probe_pass (finding, "%d other processes", n);
}

static void
must_be_limited (Finding *finding, int resource, const char *name, rlim_t max)
{
  struct rlimit limit;

  if (getrlimit (resource, &limit) < 0)
    probe_error (finding, "%s: %s", name, strerror (errno));
  else if (limit.rlim_cur > max)
    probe_fail (finding, "%s is %llu", name, (unsigned long long) limit.rlim_cur);
  else
    probe_pass (finding, "%s %llu", name, (unsigned long long) limit.rlim_cur);
}

static void
look_limits (Finding *finding, const char *argument)
{
  static const char *const places[] = { "/tmp", "/dev/shm", "/var/tmp" };

  must_be_limited (finding, RLIMIT_CORE, "core", 0);
  must_be_limited (finding, RLIMIT_NOFILE, "nofile", 1048576);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
    {
      struct statvfs fs;

      /* One without a size may take half of the memory for each of the places: then f_blocks says so. */
      if (statvfs (places[i], &fs) == 0 && fs.f_blocks == 0)
        probe_fail (finding, "%s has no size", places[i]);
    }
}

/* The argument: a line for a shell, from the profile. */
static void
look_command (Finding *finding, const char *argument)
{
  int status = 0;
  pid_t child = fork ();

  if (child == 0)
    {
      int null = open ("/dev/null", O_RDWR);

      dup2 (null, STDIN_FILENO);
      dup2 (null, STDOUT_FILENO);
      dup2 (null, STDERR_FILENO);
      execl ("/bin/sh", "sh", "-c", argument, NULL);
      _exit (127);
    }
  if (child < 0 || waitpid (child, &status, 0) < 0)
    probe_error (finding, "%s", strerror (errno));
  else if (WIFEXITED (status) && WEXITSTATUS (status) == 127)
    probe_error (finding, "the command cannot be run");
  else if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    probe_pass (finding, "exit code 0");
  else if (WIFEXITED (status))
    probe_fail (finding, "exit code %d", WEXITSTATUS (status));
  else
    probe_fail (finding, "signal %d", WTERMSIG (status));
}

const Kind probe_process_kinds[] = {
  { "not-root", look_not_root },
  { "capabilities", look_capabilities },
  { "no-new-privileges", look_no_new_privileges },
  { "system-calls", look_system_calls },
  { "terminal", look_terminal },
  { "landlock", look_landlock },
  { "pid1", look_pid1 },
  { "namespaces", look_namespaces },
  { "processes", look_processes },
  { "descriptors", look_descriptors },
  { "keyring", look_keyring },
  { "environment", look_environment },
  { "other-environments", look_other_environments },
  { "limits", look_limits },
  { "command", look_command },
  { NULL, NULL },
};
