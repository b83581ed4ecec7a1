/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include "inner-guard-fs.h"
#include "inner-guard-private.h"
#include "inner-guarded.h"
#include "inner-wire.h"

#define GONE_MS 10000
#define RECOVERY_WALK_US (G_USEC_PER_SEC / 2)
#define NOTE_US (10 * G_USEC_PER_SEC)
#define MAX_FINDINGS 200

static void
root_free (InnerGuardRoot *root)
{
  inner_guard_close (&root->fd);
  g_clear_pointer (&root->index, g_hash_table_unref);
  g_ptr_array_unref (root->places);
  g_free (root->path);
  g_free (root);
}

static InnerGuardRoot *
root_new (const char *path, int fd, GVariant *places)
{
  InnerGuardRoot *root = g_new0 (InnerGuardRoot, 1);
  struct stat st = { 0 };
  GVariantIter iter;
  const char *place;
  guint32 kind;

  root->path = g_strdup (path);
  root->fd = fd;
  if (fstat (fd, &st) == 0)
    {
      root->device = st.st_dev;
      root->inode = st.st_ino;
    }
  root->places = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_guard_place_free);
  g_variant_iter_init (&iter, places);
  while (g_variant_iter_next (&iter, "(&su)", &place, &kind))
    g_ptr_array_add (root->places, inner_guard_place_new (place, kind));

  return root;
}

gboolean
inner_guard_root_has (InnerGuardRoot *root, const char *path)
{
  if (root->index == NULL)
    {
      root->index = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint i = 0; i < root->places->len; i++)
        g_hash_table_add (root->index, ((InnerGuardPlace *) root->places->pdata[i])->path);
    }
  return g_hash_table_contains (root->index, path);
}

InnerGuard *
inner_guard_new (GVariant *plan, int *roots, const char *id, GVariant *properties)
{
  InnerGuard *guard = g_new0 (InnerGuard, 1);
  g_autoptr (GVariant) all = NULL;

  guard->id = g_strdup (id);
  guard->kept = -1;
  guard->properties = g_variant_ref (properties);
  guard->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  guard->roots = g_ptr_array_new ();
  g_variant_get (plan, "(bs@a(sa(su)))", &guard->revert, &guard->state, &all);
  for (gsize i = 0; i < g_variant_n_children (all); i++)
    {
      g_autoptr (GVariant) places = NULL;
      const char *path;

      g_variant_get_child (all, i, "(&s@a(su))", &path, &places);
      g_ptr_array_add (guard->roots, root_new (path, roots[i], places));
      roots[i] = -1;
    }

  return guard;
}

void
inner_guard_free (InnerGuard *guard)
{
  g_clear_pointer (&guard->walk, inner_guard_walk_free);
  g_ptr_array_foreach (guard->roots, (GFunc) (void (*) (void)) root_free, NULL);
  g_ptr_array_unref (guard->roots);
  g_ptr_array_unref (guard->findings);
  g_variant_unref (guard->properties);
  inner_guard_close (&guard->kept);
  g_free (guard->state);
  g_free (guard->id);
  g_free (guard);
}

/* SECURITY: the notes are compared only when nothing of the sandbox runs any more; its supervisor's death kills it,
 * and this waits for that. The process may long be another one, so it is only waited for, and not for long
 * (attack 107; test_killed_supervisor). */
static void
wait_for_end (int directory)
{
  gsize size;
  g_autofree char *text = inner_guard_read (directory, INNER_FILE_INIT, 32, &size);
  gint64 pid = text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
  inner_guard_autofd pidfd = pid > 0 ? syscall (SYS_pidfd_open, (pid_t) pid, 0) : -1;
  struct pollfd process = { .fd = pidfd, .events = POLLIN };

  if (pidfd >= 0)
    poll (&process, 1, GONE_MS);
}

InnerGuard *
inner_guard_recover (int directory)
{
  InnerGuard *guard = inner_guard_load (directory);

  if (guard == NULL)
    return NULL;
  wait_for_end (directory);
  inner_guard_compare (guard, directory);
  if (!inner_guard_walk (guard, g_get_monotonic_time () + RECOVERY_WALK_US))
    inner_guard_give_up (guard);
  return guard;
}

GVariant *
inner_guard_get_properties (const InnerGuard *guard)
{
  return guard->properties;
}

static void
note_root (InnerGuardRoot *root)
{
  InnerGuardLook look;

  inner_guard_look_begin (&look, root->fd, g_get_monotonic_time () + NOTE_US);
  for (guint i = 0; i < root->places->len; i++)
    {
      InnerGuardPlace *place = root->places->pdata[i];

      if (!place->inherited)
        inner_guard_look_at (&look, place);
    }
  inner_guard_look_end (&look);
}

/* SECURITY: on a kernel that cannot open paths without following links nothing could be noted, and everything would
 * be told to be unknown; then nothing runs (attack 106; test_what_is_no_layer_may_be_missing). */
static gboolean
can_look (InnerGuard *guard)
{
  for (guint i = 0; i < guard->roots->len; i++)
    {
      const InnerGuardRoot *root = guard->roots->pdata[i];
      inner_guard_autofd fd = inner_guard_open (root->fd, "", O_PATH | O_DIRECTORY);

      if (fd < 0 && errno == ENOSYS)
        return FALSE;
    }

  return TRUE;
}

/* Others may note at the same time, and none can compare, which would take notes away: so one that began to run
 * while we looked is still there to be asked. */
int
inner_guard_note (InnerGuard *guard, int directory)
{
  inner_guard_autofd lock = inner_guard_lock (directory, FALSE);

  if (lock < 0)
    return errno != 0 ? errno : EIO;
  if (!can_look (guard))
    return ENOSYS;
  guard->noted_at = inner_guard_now ();
  inner_guard_inherit (guard, directory);
  for (guint i = 0; i < guard->roots->len; i++)
    note_root (guard->roots->pdata[i]);
  inner_guard_inherit (guard, directory);

  return inner_guard_save (guard, directory) ? 0 : errno;
}

void
inner_guard_tell (InnerGuard *guard,
                  const InnerGuardRoot *root,
                  const char *path,
                  guint32 kind,
                  const char *change,
                  const char *action,
                  const char *kept)
{
  g_autofree char *full =
      path[0] != '\0' ? g_strconcat (root->path, "/", path, NULL) : g_strdup (root->path);
  g_autofree char *valid = g_utf8_make_valid (full, -1);
  GVariantBuilder finding;

  if (guard->findings->len > MAX_FINDINGS)
    return;
  /* SECURITY: a flood of findings must not hide one silently (attack 46; test_findings_that_are_too_many). */
  if (guard->findings->len == MAX_FINDINGS)
    {
      kind = INNER_GUARDED_LIMIT;
      change = "unknown";
      action = "reported";
      kept = NULL;
    }
  g_variant_builder_init (&finding, G_VARIANT_TYPE_VARDICT);
#define ADD(key, text) g_variant_builder_add (&finding, "{sv}", key, g_variant_new_string (text))
  ADD ("path", valid);
  ADD ("kind", inner_guarded_kind_info (kind)->word);
  ADD ("change", change);
  ADD ("action", action);
  ADD ("kept", kept != NULL ? kept : "");
#undef ADD
  g_ptr_array_add (guard->findings, g_variant_ref_sink (g_variant_builder_end (&finding)));
}

void
inner_guard_give_up (InnerGuard *guard)
{
  for (guint i = 0; i < guard->roots->len; i++)
    inner_guard_tell (guard, guard->roots->pdata[i], "", INNER_GUARDED_LIMIT, "unknown", "reported",
                      NULL);
}

guint
inner_guard_n_findings (const InnerGuard *guard)
{
  return guard->findings->len;
}

GVariant *
inner_guard_findings (const InnerGuard *guard)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE (INNER_GUARD_FINDINGS_TYPE));
  for (guint i = 0; i < guard->findings->len; i++)
    g_variant_builder_add_value (&all, guard->findings->pdata[i]);

  return g_variant_builder_end (&all);
}
