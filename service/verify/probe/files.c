/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What can be read, written and connected to. A name alone is never judged. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-probe.h"

/* Fields of a line of /proc/self/mountinfo, proc_pid_mountinfo(5). */
typedef struct
{
  char *place;
  char *options;
  char *type;
  char *super;
} Mount;

static int
opens (const char *path, int flags)
{
  return open (path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void
look_hidden_directory (Finding *finding, const char *path)
{
  int fd = opens (path, O_RDONLY | O_DIRECTORY);
  DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;
  const struct dirent *entry;
  const char *first = NULL;
  int n = 0;

  if (directory == NULL)
    {
      if (errno == ENOENT || errno == EACCES || errno == ENOTDIR || errno == EPERM)
        probe_pass (finding, "%s: %s", path, strerror (errno));
      else
        probe_error (finding, "%s: %s", path, strerror (errno));
      return;
    }
  while ((entry = readdir (directory)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0 && n++ == 0)
      first = entry->d_name;
  if (n > 0)
    probe_fail (finding, "%s shows %d entries, such as “%s”", path, n, first);
  else
    probe_pass (finding, "%s is empty", path);
}

static void
look_hidden_file (Finding *finding, const char *path)
{
  int fd = opens (path, O_RDONLY);
  char byte;
  ssize_t n;

  if (fd < 0)
    {
      if (errno == ENOENT || errno == EACCES || errno == ENOTDIR || errno == EPERM)
        probe_pass (finding, "%s: %s", path, strerror (errno));
      else
        probe_error (finding, "%s: %s", path, strerror (errno));
      return;
    }
  n = read (fd, &byte, 1);
  if (n > 0)
    probe_fail (finding, "%s can be read", path);
  else if (n == 0)
    probe_pass (finding, "%s is empty", path);
  else
    probe_pass (finding, "%s: %s", path, strerror (errno));
}

/* 0 if somebody answers, else the errno of the last type of socket. */
static int
connect_to (const char *path, size_t length)
{
  static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int error = 0;

  if (length > sizeof address.sun_path)
    return ENAMETOOLONG;
  memcpy (address.sun_path, path, length);
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    {
      int fd = socket (AF_UNIX, types[i] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

      if (fd >= 0 && connect (fd, (struct sockaddr *) &address,
                              offsetof (struct sockaddr_un, sun_path) + length) == 0)
        {
          close (fd);
          return 0;
        }
      error = errno;
      if (fd >= 0)
        close (fd);
      if (error == EAGAIN)
        return 0; /* somebody listens, and is busy */
      if (error != EPROTOTYPE)
        break;
    }

  return error;
}

static void
look_no_socket (Finding *finding, const char *path)
{
  int error = connect_to (path, strlen (path));

  if (error == 0)
    probe_fail (finding, "%s answers", path);
  else if (error == ENAMETOOLONG)
    probe_error (finding, "%s: %s", path, strerror (error));
  else
    probe_pass (finding, "%s: %s", path, strerror (error));
}

/* The argument without its "@". */
static void
look_no_abstract_socket (Finding *finding, const char *name)
{
  char address[108] = "";
  size_t length = strlen (name);
  int error;

  if (length + 1 > sizeof address)
    {
      probe_error (finding, "@%s: %s", name, strerror (ENAMETOOLONG));
      return;
    }
  memcpy (address + 1, name, length);
  error = connect_to (address, length + 1);
  if (error == 0)
    probe_fail (finding, "@%s answers", name);
  else
    probe_pass (finding, "@%s: %s", name, strerror (error));
}

/* For what a privilege opened: it has to work. Asks the engine's API whether it is alive. */
static void
look_engine (Finding *finding, const char *path)
{
  static const char question[] = "GET /_ping HTTP/1.0\r\nHost: d\r\n\r\n";
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  char answer[64] = "";
  ssize_t n;
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    {
      probe_fail (finding, "%s: %s", path, strerror (errno));
      return;
    }
  if (write (fd, question, sizeof question - 1) < 0 ||
      (n = read (fd, answer, sizeof answer - 1)) <= 0)
    {
      probe_fail (finding, "%s does not answer", path);
      return;
    }
  if (strncmp (answer, "HTTP/1.", 7) == 0 && strncmp (answer + 8, " 200", 4) == 0)
    probe_pass (finding, "%s answers", path);
  else
    probe_fail (finding, "%s is no container engine", path);
}

/* For what nobody inside may write: it is not there, or cannot be written. */
static void
look_not_writable (Finding *finding, const char *path)
{
  if (faccessat (AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
    probe_fail (finding, "%s can be written", path);
  else
    probe_pass (finding, "%s: %s", path, strerror (errno));
}

/* Spaces and the like are written as \040 there. */
static void
unescape (char *text)
{
  char *to = text;

  for (const char *from = text; *from != '\0';)
    if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] != '\0' && from[3] != '\0')
      {
        *to++ = (char) ((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
        from += 4;
      }
    else
      *to++ = *from++;
  *to = '\0';
}

static int
read_mount (char *line, Mount *mount)
{
  char *rest = strstr (line, " - ");
  char *save = NULL;
  char *word = strtok_r (line, " ", &save);

  for (int field = 1; word != NULL && field <= 6; field++, word = strtok_r (NULL, " ", &save))
    {
      if (field == 5)
        mount->place = word;
      if (field == 6)
        {
          mount->options = word;
          break;
        }
    }
  if (word == NULL || rest == NULL)
    return -1;
  mount->type = strtok_r (rest + 3, " ", &save);
  if (mount->type == NULL || strtok_r (NULL, " ", &save) == NULL)
    return -1;
  mount->super = strtok_r (NULL, " ", &save);
  unescape (mount->place);
  return mount->super != NULL ? 0 : -1;
}

static int
has_option (const char *options, const char *word)
{
  size_t length = strlen (word);

  for (const char *at = options; (at = strstr (at, word)) != NULL; at += length)
    if ((at == options || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
      return 1;

  return 0;
}

typedef struct
{
  Finding *finding;
  const char *argument;
  int n;
  int bad;
} Mounts;

/* Whether @path is one of those in @list, one a line, or lies below it. */
static int
is_below_one (const char *path, const char *list)
{
  while (*list != '\0')
    {
      size_t length = strcspn (list, "\n");

      if (length > 0 && strncmp (path, list, length) == 0 &&
          (path[length] == '\0' || path[length] == '/'))
        return 1;
      list += length + (list[length] == '\n');
    }

  return 0;
}

static void
judge_writable (char *line, void *data)
{
  static const char *const kernel[] = { "proc", "devpts", "mqueue", "sysfs", "cgroup2", NULL };
  Mounts *mounts = data;
  Mount mount;

  if (read_mount (line, &mount) < 0)
    {
      mounts->bad++;
      return;
    }
  mounts->n++;
  for (const char *const *type = kernel; *type != NULL; type++)
    if (strcmp (*type, mount.type) == 0)
      return;
  if (!has_option (mount.options, "rw") || !has_option (mount.super, "rw") ||
      is_below_one (mount.place, mounts->argument))
    return;
  if (faccessat (AT_FDCWD, mount.place, W_OK, AT_EACCESS) == 0)
    probe_fail (mounts->finding, "%s can be written", mount.place);
}

static void
judge_setuid (char *line, void *data)
{
  Mounts *mounts = data;
  Mount mount;

  if (read_mount (line, &mount) < 0)
    {
      mounts->bad++;
      return;
    }
  mounts->n++;
  if (!has_option (mount.options, "nosuid"))
    probe_fail (mounts->finding, "%s would honour setuid programs", mount.place);
}

static void
look_at_mounts (Finding *finding, const char *argument, void (*judge) (char *line, void *data))
{
  Mounts mounts = { finding, argument, 0, 0 };

  if (probe_lines ("/proc/self/mountinfo", judge, &mounts) < 0)
    probe_error (finding, "/proc/self/mountinfo: %s", strerror (errno));
  else if (mounts.n == 0 || mounts.bad > 0)
    probe_error (finding, "/proc/self/mountinfo cannot be understood");
  else if (finding->status == NULL)
    probe_pass (finding, "%d mounts", mounts.n);
}

/* The argument: places that may be written, one a line. */
static void
look_writable (Finding *finding, const char *argument)
{
  look_at_mounts (finding, argument, judge_writable);
}

static void
look_setuid (Finding *finding, const char *argument)
{
  look_at_mounts (finding, argument, judge_setuid);
}

typedef struct
{
  const char *path;
  char found[256];
} Wanted;

static void
find_mount (char *line, void *data)
{
  Wanted *wanted = data;
  Mount mount;
  size_t length;

  if (read_mount (line, &mount) < 0)
    return;
  length = strcmp (mount.place, "/") == 0 ? 0 : strlen (mount.place);
  /* The last one that covers the path wins, as it does in the kernel: mounts are listed in their order. */
  if (strncmp (wanted->path, mount.place, length) == 0 &&
      (wanted->path[length] == '\0' || wanted->path[length] == '/'))
    snprintf (wanted->found, sizeof wanted->found, "%s", mount.options);
}

/* Judged by the flag of the mount and not by a write that fails, which it would for another reason, too. */
static void
look_read_only (Finding *finding, const char *path)
{
  Wanted wanted = { path, "" };

  if (access (path, F_OK) < 0)
    probe_pass (finding, "%s: %s", path, strerror (errno));
  else if (probe_lines ("/proc/self/mountinfo", find_mount, &wanted) < 0 || wanted.found[0] == '\0')
    probe_error (finding, "%s: its mount cannot be found", path);
  else if (has_option (wanted.found, "ro"))
    probe_pass (finding, "%s is mounted read-only", path);
  else
    probe_fail (finding, "%s is mounted writable", path);
}

static void
must_not_read (Finding *finding, const char *path)
{
  int fd = opens (path, O_RDONLY);
  char byte;

  if (fd >= 0 && read (fd, &byte, 1) > 0)
    probe_fail (finding, "%s can be read", path);
  if (fd >= 0)
    close (fd);
}

static void
must_not_write (Finding *finding, const char *path)
{
  int fd = opens (path, O_WRONLY);

  if (fd < 0)
    return;
  probe_fail (finding, "%s can be opened for writing", path);
  close (fd);
}

/* What runc masks and makes read-only, and the kernel's ways to run something (attack 49). */
static void
look_masked (Finding *finding, const char *argument)
{
  static const char *const secret[] = {
    "/proc/kcore",      "/proc/keys",       "/proc/latency_stats",
    "/proc/timer_list", "/proc/kmsg",       "/proc/sched_debug",
    "/proc/kpagecount", "/proc/kpageflags", "/proc/vmallocinfo",
  };
  static const char *const fixed[] = {
    "/proc/sysrq-trigger",         "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",   "/proc/sys/kernel/hostname",
    "/proc/sys/vm/panic_on_oom",   "/proc/sys/net/ipv4/ip_forward",
    "/sys/kernel/uevent_helper",   "/sys/power/state",
    "/sys/fs/cgroup/cgroup.procs", "/sys/kernel/mm/transparent_hugepage/enabled",
  };

  for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
    must_not_read (finding, secret[i]);
  for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
    must_not_write (finding, fixed[i]);
  if (finding->status == NULL)
    probe_pass (finding, "nothing of the kernel can be read or set");
}

/* The argument: a directory. Every socket in it, and one level below, is tried. */
static void
try_sockets (Finding *finding, const char *path, int depth)
{
  DIR *directory = opendir (path);
  const struct dirent *entry;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    {
      char below[1024];
      struct stat st;

      if (entry->d_name[0] == '.' &&
          (entry->d_name[1] == '\0' || (entry->d_name[1] == '.' && entry->d_name[2] == '\0')))
        continue;
      snprintf (below, sizeof below, "%s/%s", path, entry->d_name);
      if (lstat (below, &st) < 0)
        continue;
      if (S_ISSOCK (st.st_mode) && connect_to (below, strlen (below)) == 0)
        probe_fail (finding, "%s answers", below);
      if (S_ISDIR (st.st_mode) && depth > 0)
        try_sockets (finding, below, depth - 1);
    }
  if (directory != NULL)
    closedir (directory);
}

static void
look_sockets (Finding *finding, const char *argument)
{
  char places[1024];
  char *save = NULL;

  snprintf (places, sizeof places, "%s", argument);
  for (char *place = strtok_r (places, "\n", &save); place != NULL;
       place = strtok_r (NULL, "\n", &save))
    try_sockets (finding, place, 2);
  if (finding->status == NULL)
    probe_pass (finding, "no socket answers");
}

/* The argument: a repository's directory. Nothing is written: opening tells. */
static void
look_git (Finding *finding, const char *argument)
{
  char path[1024];
  int fd;

  snprintf (path, sizeof path, "%s/.git/config", argument);
  fd = opens (path, O_WRONLY);
  if (fd >= 0)
    probe_fail (finding, "%s can be written", path);
  else if (errno == ENOENT)
    probe_pass (finding, "there is no repository");
  else
    probe_pass (finding, "%s: %s", path, strerror (errno));
  snprintf (path, sizeof path, "%s/.git/hooks", argument);
  if (faccessat (AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
    probe_fail (finding, "%s can be written", path);
}

/* The argument: the path of a command, then what stands in for it; both name one file. */
static void
look_shim (Finding *finding, const char *argument)
{
  const char *shim = strchr (argument, '\n');
  char path[1024] = "";
  struct stat found;
  struct stat wanted;

  if (shim == NULL)
    {
      probe_error (finding, "the check is damaged");
      return;
    }
  snprintf (path, sizeof path, "%.*s", (int) (shim - argument), argument);
  if (stat (path, &found) < 0)
    probe_pass (finding, "%s: %s", path, strerror (errno));
  else if (stat (shim + 1, &wanted) < 0)
    probe_error (finding, "%s: %s", shim + 1, strerror (errno));
  else if (found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino)
    probe_pass (finding, "%s is replaced", path);
  else
    probe_fail (finding, "%s is not replaced", path);
}

const Kind probe_file_kinds[] = {
  { "hidden-directory", look_hidden_directory },
  { "hidden-file", look_hidden_file },
  { "no-socket", look_no_socket },
  { "no-abstract-socket", look_no_abstract_socket },
  { "engine", look_engine },
  { "not-writable", look_not_writable },
  { "writable", look_writable },
  { "setuid", look_setuid },
  { "read-only", look_read_only },
  { "masked", look_masked },
  { "sockets", look_sockets },
  { "git", look_git },
  { "shim", look_shim },
  { NULL, NULL },
};
