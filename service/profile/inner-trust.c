/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-trust.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-profile-file.h"

#define GROUP "approval"
#define DIGEST_LENGTH 64

/* An approval is three short lines. */
#define MAX_BYTES (16 * 1024)

struct _InnerTrust
{
  char *directory; /* (nullable) */
};

InnerTrust *
inner_trust_new (const char *directory)
{
  InnerTrust *trust = g_new0 (InnerTrust, 1);

  trust->directory = g_strdup (directory);
  return trust;
}

void
inner_trust_free (InnerTrust *trust)
{
  g_free (trust->directory);
  g_free (trust);
}

char *
inner_trust_digest (GBytes *bytes)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

gboolean
inner_trust_is_digest (const char *text)
{
  gsize n = 0;

  while (g_ascii_isxdigit (text[n]))
    n++;
  return n == DIGEST_LENGTH && text[n] == '\0';
}

static char *
file_of (const InnerTrust *trust, const char *path)
{
  g_autofree char *name = g_compute_checksum_for_string (G_CHECKSUM_SHA256, path, -1);

  return g_build_filename (trust->directory, name, NULL);
}

static gboolean
is_private (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && inner_file_is_ours (&st);
}

/* Gives the approval for @path, or %NULL when there is none that we wrote. */
static GKeyFile *
read_approval (const InnerTrust *trust, const char *path)
{
  g_autofree char *file = file_of (trust, path);
  g_autoptr (GKeyFile) approval = g_key_file_new ();
  g_autoptr (GBytes) bytes = NULL;
  inner_autofd fd = open (file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

  if (fd >= 0 && is_private (fd))
    bytes = inner_fds_read (fd, MAX_BYTES, file, NULL);
  if (bytes == NULL || !g_key_file_load_from_bytes (approval, bytes, G_KEY_FILE_NONE, NULL))
    return NULL;
  return g_steal_pointer (&approval);
}

/* SECURITY: an approval is for these bytes at this place. Neither a changed document nor a copy of an
 * approved one elsewhere is approved, and a record that somebody else could have written counts for
 * nothing (attacks 64, 65 and 109; tests/unit/test-trust.c). */
gboolean
inner_trust_is_approved (InnerTrust *trust, const char *path, const char *digest)
{
  g_autoptr (GKeyFile) approval = trust->directory != NULL ? read_approval (trust, path) : NULL;
  g_autofree char *known_path = NULL;
  g_autofree char *known_digest = NULL;

  if (approval == NULL)
    return FALSE;

  known_path = g_key_file_get_string (approval, GROUP, "Path", NULL);
  known_digest = g_key_file_get_string (approval, GROUP, "Digest", NULL);
  return g_strcmp0 (known_path, path) == 0 && g_strcmp0 (known_digest, digest) == 0;
}

gboolean
inner_trust_approve (InnerTrust *trust, const char *path, const char *digest, GError **error)
{
  g_autoptr (GKeyFile) approval = g_key_file_new ();
  g_autofree char *lower = g_ascii_strdown (digest, -1);
  g_autofree char *file = NULL;
  g_autofree char *data = NULL;
  gsize length;

  if (trust->directory == NULL || g_mkdir_with_parents (trust->directory, 0700) < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
                   _ ("The approval cannot be kept in “%s”: %s"),
                   trust->directory != NULL ? trust->directory : "", g_strerror (errno));
      return FALSE;
    }

  g_key_file_set_string (approval, GROUP, "Path", path);
  g_key_file_set_string (approval, GROUP, "Digest", lower);
  g_key_file_set_int64 (approval, GROUP, "Time", g_get_real_time () / G_USEC_PER_SEC);
  data = g_key_file_to_data (approval, &length, NULL);
  file = file_of (trust, path);
  return g_file_set_contents_full (file, data, length,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, error);
}
