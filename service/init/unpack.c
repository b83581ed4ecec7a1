/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-init.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

typedef struct
{
  char *rest;
  size_t left;
  int home;
  dev_t device; /* of the home */
} Unpack;

/* The next @size bytes; NULL if there are not so many. */
static char *
take (Unpack *self, size_t size)
{
  char *taken = self->rest;

  if (size > self->left)
    return NULL;
  self->rest += size;
  self->left -= size;
  return taken;
}

static char *
take_string (Unpack *self, size_t size)
{
  char *text = size > 0 ? take (self, size) : NULL;

  return text != NULL && strlen (text) + 1 == size ? text : NULL;
}

static bool
is_name (const char *name)
{
  return name[0] != '\0' && strcmp (name, ".") != 0 && strcmp (name, "..") != 0;
}

/* SECURITY: what stands below a mount is the host's, such as a workspace. Links are not followed and no mount
 * is entered, so that only the private home itself is ever written to (attack 35;
 * test_nothing_is_written_through_a_mount).
 *
 * Makes and opens the directory @name in @parent; -1 with errno. */
static int
enter (const Unpack *self, int parent, const char *name)
{
  struct stat st;
  int fd;

  if (!is_name (name))
    {
      errno = EBADMSG;
      return -1;
    }
  if (mkdirat (parent, name, 0700) < 0 && errno != EEXIST)
    return -1;
  fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 && (fstat (fd, &st) < 0 || st.st_dev != self->device))
    {
      close (fd);
      fd = -1;
      errno = EXDEV;
    }
  return fd;
}

/* Opens the directory in which @path ends, with all on its way made; @name gets the last part. */
static int
open_parent (const Unpack *self, char *path, const char **name)
{
  int fd = fcntl (self->home, F_DUPFD_CLOEXEC, 0);
  char *slash;

  for (; fd >= 0 && (slash = strchr (path, '/')) != NULL; path = slash + 1)
    {
      int parent = fd;
      int saved;

      *slash = '\0';
      fd = enter (self, parent, path);
      saved = errno;
      close (parent);
      errno = saved;
    }
  *name = path;
  return fd;
}

static bool
write_all (int fd, const char *data, size_t size)
{
  while (size > 0)
    {
      ssize_t n = write (fd, data, size);

      if (n <= 0)
        return false;
      data += n;
      size -= n;
    }
  return true;
}

/* A home that is kept has the copies of the last sandbox: they are taken away, not written to. What is mounted there
 * stays, and ends the start. */
static void
make_way (int parent, const char *name)
{
  unlinkat (parent, name, 0);
}

static bool
make_file (int parent, const char *name, const InnerPackEntry *entry, const char *data)
{
  int fd = openat (parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool made = fd >= 0 && write_all (fd, data, entry->size) && fchmod (fd, entry->mode & 0777) == 0;
  int saved = errno;

  if (fd >= 0)
    close (fd);
  errno = saved;
  return made;
}

static bool
make_directory (const Unpack *self, int parent, const char *name, const InnerPackEntry *entry)
{
  int fd = enter (self, parent, name);
  bool made = fd >= 0 && fchmod (fd, entry->mode & 0777) == 0;

  if (fd >= 0)
    close (fd);
  return made;
}

/* Gives 0 or an errno. */
static int
unpack_one (Unpack *self)
{
  InnerPackEntry entry;
  const char *bytes = take (self, sizeof entry);
  const char *name;
  char *path;
  char *data;
  bool made = false;
  int parent;
  int error;

  if (bytes == NULL)
    return EBADMSG;
  memcpy (&entry, bytes, sizeof entry);
  path = take_string (self, entry.path_size);
  data = entry.kind == INNER_PACK_LINK ? take_string (self, entry.size) : take (self, entry.size);
  if (path == NULL || data == NULL)
    return EBADMSG;

  parent = open_parent (self, path, &name);
  if (parent < 0)
    return errno;
  if (entry.kind != INNER_PACK_DIRECTORY && is_name (name))
    make_way (parent, name);
  errno = EBADMSG;
  if (is_name (name) && entry.kind == INNER_PACK_FILE)
    made = make_file (parent, name, &entry, data);
  else if (is_name (name) && entry.kind == INNER_PACK_DIRECTORY)
    made = make_directory (self, parent, name, &entry);
  else if (is_name (name) && entry.kind == INNER_PACK_LINK)
    made = symlinkat (data, parent, name) == 0;
  error = made ? 0 : errno;
  close (parent);
  return error;
}

static int
unpack_all (Unpack *self)
{
  /* The supervisor looks there after the end whether an agent renewed its login. */
  const InnerInitMessage message = { INNER_INIT_MAGIC, INNER_INIT_HOME, 0, 0 };
  InnerPackHeader header;
  const char *bytes = take (self, sizeof header);
  const char *home;
  struct stat st;
  int error = 0;

  if (bytes == NULL)
    return EBADMSG;
  memcpy (&header, bytes, sizeof header);
  home = take_string (self, header.home_size);
  if (header.magic != INNER_PACK_MAGIC || home == NULL)
    return EBADMSG;
  self->home = open (home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->home < 0 || fstat (self->home, &st) < 0)
    return errno;
  self->device = st.st_dev;

  while (error == 0 && self->left > 0)
    error = unpack_one (self);
  if (error == 0)
    inner_line_send (INNER_INIT_FD, &message, &self->home, 1);
  close (self->home);
  return error;
}

int
inner_unpack (void)
{
  Unpack self = { 0 };
  struct stat st;
  int seals = fcntl (INNER_INIT_PACK_FD, F_GET_SEALS);
  char *pack;
  int error;

  /* Whatever else bubblewrap or its caller left there is no pack; it is closed with all the rest. */
  if (seals < 0 || (seals & SEALS) != SEALS || fstat (INNER_INIT_PACK_FD, &st) < 0)
    return 0;
  if (st.st_size <= 0 || st.st_size > INNER_PACK_MAX_BYTES)
    return E2BIG;
  /* Writable, in a private mapping: paths are cut where their parts end. */
  pack = mmap (NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, INNER_INIT_PACK_FD, 0);
  if (pack == MAP_FAILED)
    return errno;
  self.rest = pack;
  self.left = st.st_size;
  error = unpack_all (&self);
  munmap (pack, st.st_size);
  return error;
}
