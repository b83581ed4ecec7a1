/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-fds.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "inner-error.h"

int
inner_fds_dup_handle (GUnixFDList *list, gint32 handle, const char *what, GError **error)
{
  int length = list != NULL ? g_unix_fd_list_get_length (list) : 0;

  /* SECURITY: an index that has no descriptor reaches us unchecked by GDBus (P28), and
   * g_unix_fd_list_get() takes it without setting an error (tests/bus/test_bad_input.py). */
  if (handle < 0 || handle >= length)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Option “%s” refers to descriptor %d, but the message carries %d; attach the "
                      "descriptor and give its index"),
                   what, handle, length);
      return -1;
    }

  return g_unix_fd_list_get (list, handle, error);
}

static gboolean
write_all (int fd, const char *data, gsize length, GError **error)
{
  while (length > 0)
    {
      gssize n = write (fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                       _ ("Cannot write to a memory file: %s"), g_strerror (errno));
          return FALSE;
        }
      data += n;
      length -= n;
    }

  return TRUE;
}

int
inner_fds_new_sealed (const char *name, gconstpointer data, gsize length, GError **error)
{
  inner_autofd fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   _ ("Cannot make a memory file: %s"), g_strerror (errno));
      return -1;
    }
  if (!write_all (fd, data, length, error))
    return -1;
  if (lseek (fd, 0, SEEK_SET) < 0 ||
      fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   _ ("Cannot seal a memory file: %s"), g_strerror (errno));
      return -1;
    }

  return inner_steal_fd (&fd);
}

GBytes *
inner_fds_read (int fd, gsize max, const char *what, GError **error)
{
  g_autofree char *data = NULL;
  gsize done = 0;
  gsize length;
  struct stat st;

  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("The descriptor of option “%s” is not a regular or memory file"), what);
      return NULL;
    }
  if (st.st_size < 0 || (guint64) st.st_size > max)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("Option “%s” holds more than %zu bytes"), what, max);
      return NULL;
    }

  length = st.st_size;
  data = g_malloc (length + 1);
  while (done < length)
    {
      gssize n = pread (fd, data + done, length - done, done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("Cannot read the descriptor of option “%s”: %s"), what,
                       n < 0 ? g_strerror (errno) : _ ("it became shorter while it was read"));
          return NULL;
        }
      done += n;
    }

  return g_bytes_new_take (g_steal_pointer (&data), length);
}
