/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-places.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-copy-tree.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-guard-fs.h"
#include "inner-options.h"

struct _InnerCopies
{
  char *id;
  GCancellable *gone;
  int parent; /* -1 until there is a copy */
  int fd;
  GHashTable *numbers; /* source -> number of its copy, from 1 */
  gboolean handed_over;
};

static gboolean
fail_place (GError **error, const char *path, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (path);

  g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
               _ ("Cannot use “%s”: %s; it must be a directory of your own with mode 0700"), shown,
               reason);
  return FALSE;
}

/* SECURITY: a link or somebody else's directory would make the sandbox write elsewhere, and an open one would show others
 * what it keeps (attacks 33, 52 and 70; tests/unit/test-places.c). */
static gboolean
check_private (int fd, const char *path, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return fail_place (error, path, g_strerror (errno));
  if (st.st_uid != getuid ())
    return fail_place (error, path, _ ("it belongs to somebody else"));
  if ((st.st_mode & 0077) != 0)
    return fail_place (error, path, _ ("others may enter it"));
  return TRUE;
}

/* The directory @path, which is made if it is missing; the ones above it too, as the user's own. */
static int
open_private (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  inner_autofd directory = -1;
  inner_autofd fd = -1;

  if (g_mkdir_with_parents (parent, 0700) < 0)
    {
      fail_place (error, parent, g_strerror (errno));
      return -1;
    }
  directory = open (parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || (mkdirat (directory, name, 0700) < 0 && errno != EEXIST))
    {
      fail_place (error, path, g_strerror (errno));
      return -1;
    }
  fd = openat (directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    {
      fail_place (error, path,
                  errno == ENOTDIR || errno == ELOOP ? _ ("it is not a directory")
                                                     : g_strerror (errno));
      return -1;
    }
  return check_private (fd, path, error) ? inner_steal_fd (&fd) : -1;
}

int
inner_home_open (const char *path, GError **error)
{
  g_autofree char *homes = g_path_get_dirname (path);
  inner_autofd all = open_private (homes, error);

  return all >= 0 ? open_private (path, error) : -1;
}

static char *
copies_directory (void)
{
  return g_build_filename (g_get_user_state_dir (), "inner", "copies", NULL);
}

InnerCopies *
inner_copies_new (const char *id, GCancellable *gone)
{
  InnerCopies *copies = g_new0 (InnerCopies, 1);

  copies->id = g_strdup (id);
  copies->gone = gone != NULL ? g_object_ref (gone) : NULL;
  copies->parent = copies->fd = -1;
  copies->numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return copies;
}

void
inner_copies_free (InnerCopies *copies)
{
  if (copies->fd >= 0 && !copies->handed_over)
    inner_guard_remove_all (copies->parent, copies->id);
  inner_clear_fd (&copies->fd);
  inner_clear_fd (&copies->parent);
  g_clear_object (&copies->gone);
  g_hash_table_unref (copies->numbers);
  g_free (copies->id);
  g_free (copies);
}

/* SECURITY: who looks around for what was left takes nothing that has a lock, and what has none before it has one is empty
 * (attack 107; test_copies_after_kill). */
static gboolean
open_copies (InnerCopies *copies, GError **error)
{
  g_autofree char *directory = copies_directory ();
  g_autofree char *path = g_build_filename (directory, copies->id, NULL);

  if (copies->fd >= 0)
    return TRUE;
  copies->parent = open_private (directory, error);
  if (copies->parent < 0)
    return FALSE;
  for (guint attempt = 0; attempt < 100; attempt++)
    {
      struct stat st;
      inner_autofd fd = open_private (path, error);

      if (fd < 0 && !g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_clear_error (error);
          continue;
        }
      if (fd < 0)
        return FALSE;
      if (flock (fd, LOCK_EX) == 0 && fstat (fd, &st) == 0 && st.st_nlink > 0)
        {
          copies->fd = inner_steal_fd (&fd);
          return TRUE;
        }
    }

  return fail_place (error, path, _ ("it cannot be locked"));
}

static gboolean
make_copy (InnerCopies *copies,
           const InnerMount *mount,
           const char *name,
           GPtrArray *notes,
           GError **error)
{
  g_autoptr (GPtrArray) left = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) problem = NULL;
  g_autofree char *shown = inner_escape_for_display (mount->source);

  if (!inner_copy_tree (mount->fd, copies->fd, name, (const char *const *) mount->left_out, NULL,
                        copies->gone, left, &problem))
    {
      g_set_error (error, INNER_ERROR,
                   problem->domain == INNER_ERROR ? problem->code : INNER_ERROR_MOUNT_REFUSED,
                   _ ("“%s” cannot be copied: %s"), shown, problem->message);
      return FALSE;
    }
  for (guint i = 0; i < left->len; i++)
    g_ptr_array_add (notes, g_strdup_printf ("%s: %s", shown, (const char *) left->pdata[i]));
  return TRUE;
}

int
inner_copies_add (InnerCopies *copies, const InnerMount *mount, GPtrArray *notes, GError **error)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (copies->numbers, mount->source));
  gboolean is_new = number == 0;
  g_autofree char *name = NULL;
  int fd;

  if (is_new)
    number = g_hash_table_size (copies->numbers) + 1;
  name = g_strdup_printf ("%u", number);
  if (!open_copies (copies, error) || (is_new && !make_copy (copies, mount, name, notes, error)))
    return -1;
  g_hash_table_insert (copies->numbers, g_strdup (mount->source), GUINT_TO_POINTER (number));

  fd = openat (copies->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    fail_place (error, mount->source, g_strerror (errno));
  return fd;
}

int
inner_copies_get_fd (InnerCopies *copies)
{
  return copies->fd;
}

void
inner_copies_hand_over (InnerCopies *copies)
{
  copies->handed_over = TRUE;
}

static gboolean
sweep_one (int directory, const char *name, guint8 type, gpointer data)
{
  inner_autofd fd = openat (directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    inner_guard_remove_all (directory, name);
  return TRUE;
}

static gpointer
sweep (gpointer path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0)
    inner_guard_list (fd, sweep_one, NULL);
  g_free (path);
  return NULL;
}

void
inner_copies_sweep (void)
{
  char *path = copies_directory ();

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    g_thread_unref (g_thread_new ("sweep", sweep, path));
  else
    g_free (path);
}
