/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "inner-guard-fs.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

/*
 * Logins of agents: what became of their copies is read when nothing of the sandbox is left, and noted in the run-time
 * directory for the service, which judges it. The private home is gone by then for everybody but us: inner-init gave
 * us its directory before the command started.
 *
 * SECURITY: what an agent leaves there is anybody's. Nothing of it is followed, waited for, or read beyond a limit,
 * and nothing is decided here (attacks 35 and 46; tests/attack/test_035_login_left_inside.py).
 */

#define STAMP "logins"

static GVariant *
new_note (InnerSupervisor *self, gboolean collected, GVariant *found)
{
  return g_variant_ref_sink (
      g_variant_new ("(@" INNER_LOGINS_TYPE "b@a(uiay))", self->record->logins, collected, found));
}

static gboolean
write_note (InnerSupervisor *self, gboolean collected, GVariant *found)
{
  g_autoptr (GVariant) note = new_note (self, collected, found);

  return inner_guard_write (self->record->directory_fd, INNER_FILE_LOGINS, STAMP,
                            g_variant_get_data (note), g_variant_get_size (note), 0600);
}

int
inner_logins_begin (InnerSupervisor *self)
{
  if (self->record->logins == NULL)
    return 0;
  return write_note (self, FALSE, g_variant_new_array (G_VARIANT_TYPE ("(uiay)"), NULL, 0)) ? 0
                                                                                            : errno;
}

static gboolean
is_digest_of (const char *digest, const char *data, gsize size)
{
  g_autofree char *found =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) data, size);

  return g_str_equal (digest, found);
}

/* Adds the file if it is not as it was; one that is gone is nothing to take over. */
static void
collect_one (
    InnerSupervisor *self, GVariantBuilder *found, guint i, const char *path, const char *digest)
{
  gboolean keep = FALSE;
  gsize size = 0;
  g_autofree char *data = inner_guard_read (self->home, path, INNER_LOGIN_MAX_BYTES, &size);
  int error = data == NULL ? errno : 0;

  if (error == ENOENT || (data != NULL && is_digest_of (digest, data, size)))
    return;
  g_variant_get_child (self->record->logins, 0, "b", &keep);
  g_variant_builder_add (found, "(ui@ay)", i, error,
                         g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, keep ? size : 0, 1));
}

void
inner_logins_end (InnerSupervisor *self)
{
  g_autoptr (GVariant) logins = NULL;
  g_autoptr (GVariant) changed = NULL;
  GVariantBuilder found;

  if (self->record->logins == NULL || self->home < 0)
    return;
  logins = g_variant_get_child_value (self->record->logins, 2);
  g_variant_builder_init (&found, G_VARIANT_TYPE ("a(uiay)"));
  for (gsize i = 0; i < g_variant_n_children (logins); i++)
    {
      const char *path;
      const char *digest;

      g_variant_get_child (logins, i, "(&s&s&s&s)", NULL, &path, NULL, &digest);
      collect_one (self, &found, i, path, digest);
    }
  inner_close (&self->home);

  changed = g_variant_ref_sink (g_variant_builder_end (&found));
  if (g_variant_n_children (changed) == 0)
    unlinkat (self->record->directory_fd, INNER_FILE_LOGINS, 0);
  else
    write_note (self, TRUE, changed);
}

gboolean
inner_logins_are_left (const InnerSupervisor *self)
{
  return faccessat (self->record->directory_fd, INNER_FILE_LOGINS, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
