/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-layers.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define SHELL "/bin/sh"
#define STACK (64 * 1024)

typedef struct
{
  char *block; /* the mapped command block */
  size_t block_size;
  char **pointers; /* a free one for SHELL, then argv, NULL, envp, NULL; then the child's stack */
  size_t pointers_size;
  char *directory;
  char **argv;
  char **envp;
} Command;

/* What parent and child share: the child runs in the parent's memory, so it can leave its errno there
 * however late the exec fails. */
typedef struct
{
  const Command *command;
  const int *stdio;
  InnerDoor *door;
  bool terminal;
  int error;
  InnerInitType failure;
} Start;

static void
command_unmap (Command *command)
{
  if (command->block != NULL)
    munmap (command->block, command->block_size);
  if (command->pointers != NULL)
    munmap (command->pointers, command->pointers_size);
}

static int
map_block (Command *command, int fd)
{
  struct stat st;
  int seals = fcntl (fd, F_GET_SEALS);
  void *block;

  if (seals < 0 || (seals & SEALS) != SEALS || fstat (fd, &st) < 0)
    return EBADMSG;
  if (st.st_size <= (off_t) sizeof (InnerCommandHeader) || st.st_size > INNER_COMMAND_MAX_BYTES)
    return E2BIG;
  block = mmap (NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (block == MAP_FAILED)
    return errno;
  command->block = block;
  command->block_size = st.st_size;
  return 0;
}

/* Whether the strings of the block are as many as its header says, and the last one ends. */
static bool
check_block (const Command *command)
{
  const InnerCommandHeader *header = (const InnerCommandHeader *) command->block;
  const char *end = command->block + command->block_size;
  uint64_t count = 0;

  if (header->magic != INNER_COMMAND_MAGIC || header->flags != 0 || header->argc == 0 ||
      end[-1] != '\0')
    return false;
  for (const char *p = command->block + sizeof *header; p < end; p += strlen (p) + 1)
    count++;

  return count == (uint64_t) header->argc + header->envc + 1;
}

static char **
point_at (char **pointers, char **text, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++)
    {
      *pointers++ = *text;
      *text += strlen (*text) + 1;
    }

  return pointers + 1;
}

static int
command_map (Command *command, int fd)
{
  const InnerCommandHeader *header;
  char *text;
  int error = map_block (command, fd);
  void *pointers;

  if (error != 0)
    return error;
  if (!check_block (command))
    return EBADMSG;

  header = (const InnerCommandHeader *) command->block;
  command->pointers_size = ((size_t) header->argc + header->envc + 3) * sizeof (char *) + STACK;
  pointers = mmap (NULL, command->pointers_size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pointers == MAP_FAILED)
    return errno;

  command->pointers = pointers;
  command->argv = command->pointers + 1;
  command->directory = text = command->block + sizeof *header;
  text += strlen (text) + 1;
  command->envp = point_at (command->argv, &text, header->argc);
  point_at (command->envp, &text, header->envc);
  return 0;
}

/* execve() as execvp() does it: a script without "#!" is one for the shell. Gives an errno. */
static int
try_exec (const Command *command, char *path)
{
  execve (path, command->argv, command->envp);
  if (errno == ENOEXEC)
    {
      command->pointers[0] = (char *) SHELL;
      command->argv[0] = path;
      execve (SHELL, command->pointers, command->envp);
    }
  return errno;
}

static const char *
search_path (char *const *envp)
{
  for (; *envp != NULL; envp++)
    if (strncmp (*envp, "PATH=", 5) == 0)
      return *envp + 5;

  return DEFAULT_PATH;
}

/* "@directory/@name" for the part of PATH that begins at @directory; an empty part is ".". */
static bool
join (char *path, const char *directory, size_t length, const char *name)
{
  size_t name_length = strlen (name);

  if (length + name_length + 2 > PATH_MAX)
    return false;
  memcpy (path, directory, length);
  if (length > 0)
    path[length++] = '/';
  memcpy (path + length, name, name_length + 1);
  return true;
}

/* Searches the PATH of the *command's* environment; glibc's execvpe() takes that of the caller. Goes on
 * after the same errors as execvp(), and like it tells EACCES rather than ENOENT. */
static int
execute (const Command *command)
{
  const char *name = command->argv[0];
  const char *part = search_path (command->envp);
  char path[PATH_MAX];
  int result = ENOENT;

  if (strchr (name, '/') != NULL)
    return try_exec (command, command->argv[0]);
  if (name[0] == '\0')
    return ENOENT;

  for (;;)
    {
      size_t length = strcspn (part, ":");
      int error = join (path, part, length, name) ? try_exec (command, path) : ENAMETOOLONG;

      if (error == EACCES)
        result = EACCES;
      else if (error != ENOENT && error != ENOTDIR && error != ENAMETOOLONG)
        return error;
      if (part[length] == '\0')
        return result;
      part += length + 1;
    }
}

/* Dispositions are all default since init started; only the mask is ours. */
static void
set_up (const int *stdio, bool terminal)
{
  sigset_t none;

  if (!inner_layer_is_off ("session"))
    setsid ();
  for (int i = 0; i < 3; i++)
    dup2 (stdio[i], i);
  if (terminal)
    ioctl (0, TIOCSCTTY, 0);
  /* SECURITY: a command has its three streams and nothing else (attack 26; test_only_stdio). */
  if (!inner_layer_is_off ("descriptors-inside"))
    inner_line_close_from (3);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* Runs in the memory of its parent, on a stack of its own. */
static int
run_child (void *data)
{
  Start *start = data;

  if (start->door != NULL)
    {
      start->door->stdio = start->stdio;
      start->error = inner_spawner_leave (start->door);
    }
  if (start->error != 0)
    _exit (127);

  set_up (start->stdio, start->terminal);
  if (chdir (start->command->directory) < 0)
    {
      start->failure = INNER_INIT_NO_DIRECTORY;
      start->error = errno;
      _exit (127);
    }
  start->error = execute (start->command);
  _exit (127);
}

void
inner_command_start (const int *fds, InnerDoor *door, InnerInitMessage *answer)
{
  Command command = { 0 };
  Start start = { &command, fds + 1, door, answer->value != 0, 0, INNER_INIT_FAILED };
  char *stack_end;
  pid_t pid = -1;

  start.error = command_map (&command, fds[0]);
  if (start.error == 0)
    {
      stack_end = (char *) command.pointers + command.pointers_size;
      /* CLONE_VFORK: when clone() comes back, the exec has happened or has left its errno. PID 1 may not
       * use CLONE_PARENT, and need not. */
      pid = clone (run_child, stack_end - (uintptr_t) stack_end % 64,
                   CLONE_VM | CLONE_VFORK | SIGCHLD | (door == NULL ? CLONE_PARENT : 0), &start);
      if (pid < 0)
        start.error = errno;
    }
  command_unmap (&command);

  answer->type = start.error == 0 ? INNER_INIT_STARTED : start.failure;
  answer->value = start.error == 0 ? pid : start.error;
}
