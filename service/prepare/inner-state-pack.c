/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-state-pack.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"

G_STATIC_ASSERT (INNER_STATE_PACK_MAX_BYTES +
                     INNER_STATE_PACK_MAX_ENTRIES * (sizeof (InnerPackEntry) + 4096) <
                 INNER_PACK_MAX_BYTES);

struct _InnerStatePack
{
  int fd;
  InnerStatePackMark now;
};

void
inner_state_pack_free (InnerStatePack *pack)
{
  inner_clear_fd (&pack->fd);
  g_free (pack);
}

static gboolean
fail (GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               _ ("Cannot write to a memory file: %s"), g_strerror (errno));
  return FALSE;
}

static gboolean
append (InnerStatePack *pack, gconstpointer data, gsize size, GError **error)
{
  const char *rest = data;

  while (size > 0)
    {
      gssize n = pwrite (pack->fd, rest, size, pack->now.size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail (error);
      rest += n;
      size -= n;
      pack->now.size += n;
    }

  return TRUE;
}

InnerStatePack *
inner_state_pack_new (const char *home, GError **error)
{
  g_autoptr (InnerStatePack) pack = g_new0 (InnerStatePack, 1);
  InnerPackHeader header = { INNER_PACK_MAGIC, strlen (home) + 1 };

  pack->fd = memfd_create ("inner-agent-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (pack->fd < 0)
    {
      fail (error);
      return NULL;
    }
  if (!append (pack, &header, sizeof header, error) ||
      !append (pack, home, header.home_size, error))
    return NULL;
  return g_steal_pointer (&pack);
}

gsize
inner_state_pack_get_room (InnerStatePack *pack)
{
  return INNER_STATE_PACK_MAX_BYTES - pack->now.content;
}

gboolean
inner_state_pack_add (InnerStatePack *pack,
                      InnerPackKind kind,
                      const char *path,
                      int mode,
                      gconstpointer data,
                      gsize size,
                      GError **error)
{
  InnerPackEntry entry = { kind, mode & 0777, strlen (path) + 1, size };

  if (pack->now.entries >= INNER_STATE_PACK_MAX_ENTRIES ||
      size > inner_state_pack_get_room (pack) || entry.path_size > 4096)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                   _ ("it is larger than %u files or %u MiB"), INNER_STATE_PACK_MAX_ENTRIES,
                   INNER_STATE_PACK_MAX_BYTES / (1024 * 1024));
      return FALSE;
    }
  if (!append (pack, &entry, sizeof entry, error) || !append (pack, path, entry.path_size, error) ||
      !append (pack, data, size, error))
    return FALSE;

  pack->now.entries++;
  pack->now.content += size;
  return TRUE;
}

InnerStatePackMark
inner_state_pack_mark (InnerStatePack *pack)
{
  return pack->now;
}

gboolean
inner_state_pack_return (InnerStatePack *pack, InnerStatePackMark mark, GError **error)
{
  if (ftruncate (pack->fd, mark.size) < 0)
    return fail (error);
  pack->now = mark;
  return TRUE;
}

int
inner_state_pack_finish (InnerStatePack *pack, GError **error)
{
  if (pack->now.entries == 0)
    return -1;
  if (fcntl (pack->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
    {
      fail (error);
      return -1;
    }
  return inner_steal_fd (&pack->fd);
}
