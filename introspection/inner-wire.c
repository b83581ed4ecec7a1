/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

gboolean
inner_wire_send (int fd, const char *name, GVariant *values, const int *fds, guint n_fds)
{
  g_autoptr (GVariant) message = NULL;
  union
  {
    char bytes[CMSG_SPACE (INNER_WIRE_MAX_FDS * sizeof (int))];
    struct cmsghdr align;
  } control;
  struct iovec iov;
  struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
  ssize_t sent;

  if (values == NULL)
    values = g_variant_new ("a{sv}", NULL);
  message = g_variant_ref_sink (g_variant_new ("(s@a{sv})", name, values));
  iov.iov_base = (void *) g_variant_get_data (message);
  iov.iov_len = g_variant_get_size (message);

  if (iov.iov_len > INNER_WIRE_MAX_BYTES || n_fds > INNER_WIRE_MAX_FDS)
    {
      errno = EMSGSIZE;
      return FALSE;
    }

  if (n_fds > 0)
    {
      struct cmsghdr *cmsg;

      header.msg_control = control.bytes;
      header.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
      memset (control.bytes, 0, header.msg_controllen);
      cmsg = CMSG_FIRSTHDR (&header);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (cmsg), fds, n_fds * sizeof (int));
    }

  do
    sent = sendmsg (fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);

  return sent == (ssize_t) iov.iov_len;
}

static void
close_element (gpointer element)
{
  if (*(int *) element >= 0)
    close (*(int *) element);
}

static GArray *
collect_fds (struct msghdr *header)
{
  GArray *fds = g_array_new (FALSE, FALSE, sizeof (int));

  g_array_set_clear_func (fds, close_element);
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR (header); cmsg != NULL;
       cmsg = CMSG_NXTHDR (header, cmsg))
    if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
      g_array_append_vals (fds, CMSG_DATA (cmsg), (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int));

  return fds;
}

GVariant *
inner_wire_receive (int fd, char **name, GArray **fds)
{
  g_autofree char *buffer = g_malloc (INNER_WIRE_MAX_BYTES);
  g_autoptr (GVariant) message = NULL;
  g_autoptr (GArray) received = NULL;
  GVariant *values = NULL;
  union
  {
    char bytes[CMSG_SPACE (INNER_WIRE_MAX_FDS * sizeof (int)) + CMSG_SPACE (64)];
    struct cmsghdr align;
  } control;
  struct iovec iov = { .iov_base = buffer, .iov_len = INNER_WIRE_MAX_BYTES };
  struct msghdr header = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof control.bytes,
  };
  ssize_t n;

  /* A peer that ends with something unread gives ECONNRESET once, before its last messages. */
  do
    n = recvmsg (fd, &header, MSG_CMSG_CLOEXEC);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));

  if (n < 0)
    return NULL;
  received = collect_fds (&header);
  if (n == 0)
    {
      errno = 0;
      return NULL;
    }
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    {
      errno = EBADMSG;
      return NULL;
    }

  message =
      g_variant_new_from_data (G_VARIANT_TYPE (INNER_WIRE_TYPE), buffer, n, FALSE, g_free, buffer);
  g_variant_ref_sink (message);
  buffer = NULL;
  if (!g_variant_is_normal_form (message))
    {
      errno = EBADMSG;
      return NULL;
    }

  g_variant_get (message, "(s@a{sv})", name, &values);
  *fds = g_steal_pointer (&received);
  return values;
}

static guint32
append_strings (GByteArray *block, const char *const *strings)
{
  guint32 count;

  for (count = 0; strings[count] != NULL; count++)
    g_byte_array_append (block, (const guint8 *) strings[count], strlen (strings[count]) + 1);

  return count;
}

GBytes *
inner_command_block_new (const char *directory, const char *const *argv, const char *const *envp)
{
  InnerCommandHeader header = { .magic = INNER_COMMAND_MAGIC };
  GByteArray *block = g_byte_array_new ();

  g_byte_array_append (block, (const guint8 *) &header, sizeof header);
  g_byte_array_append (block, (const guint8 *) directory, strlen (directory) + 1);
  header.argc = append_strings (block, argv);
  header.envc = append_strings (block, envp);
  memcpy (block->data, &header, sizeof header);

  return g_byte_array_free_to_bytes (block);
}

/* SECURITY: both ends of the control socket ask, because the directory that it stands in may be one of /tmp
 * (attack 70; test_adoption_by_another_user in tests/unit/test_supervisor.py; tests/unit/test-prepare.c
 * checks the directory itself). */
gboolean
inner_wire_peer_is_ours (int fd)
{
  struct ucred peer;
  socklen_t length = sizeof peer;

  return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == getuid ();
}

void
inner_wire_remove_files (int directory)
{
  static const char *const files[] = {
    INNER_FILE_CONTROL,    INNER_FILE_EXIT,
    INNER_FILE_EXIT_NEW,   INNER_FILE_EXIT_AFTERWARDS,
    INNER_FILE_GUARD,      INNER_FILE_GUARD_NEW,
    INNER_FILE_INIT,       INNER_FILE_LOGINS,
    INNER_FILE_LOGINS_NEW, INNER_FILE_BUS_DIRECTORY "/" INNER_FILE_BUS,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    unlinkat (directory, files[i], 0);
  unlinkat (directory, INNER_FILE_BUS_DIRECTORY, AT_REMOVEDIR);
}
