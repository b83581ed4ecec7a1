/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-agent-state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-json-keep.h"
#include "inner-options.h"
#include "inner-sensitive.h"
#include "inner-state-pack.h"

#define MAX_SECONDS 5
#define MAX_DEPTH 32
#define MAX_LOGIN_BYTES (1024 * 1024)
#define PIECE (256 * 1024)

typedef struct
{
  const InnerHost *host;
  InnerStatePack *pack;
  int home;
  gint64 deadline;
  GStrvBuilder *warnings;
  GVariantBuilder logins; /* a(ssss) */
} Copying;

/* A tree that is being copied; what stands on another device, such as below a mount, is not part of it. */
typedef struct
{
  Copying *copying;
  dev_t device;
  guint depth;
} Tree;

typedef DIR Directory;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Directory, closedir)

static gboolean
fail (GError **error, const char *clause)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, clause);
  return FALSE;
}

static gboolean
fail_with_errno (GError **error)
{
  return fail (error, errno == ELOOP || errno == ENOTDIR ? _ ("a symbolic link leads to it")
                                                         : g_strerror (errno));
}

static gboolean
is_in_time (const Copying *copying, GError **error)
{
  return g_get_monotonic_time () < copying->deadline ||
         fail (error, _ ("reading it takes too long"));
}

/* SECURITY: on its way down from the home directory nothing follows a link, and nothing waits for the other
 * end of a FIFO or a device: another sandbox or program may have put one there, or do so now (attacks 33, 35
 * and 46; tests/unit/test-agent-state.c, tests/attack/test_035_agent_state.py).
 *
 * Opens @path below @home; -1 with errno. */
static int
open_beneath (int home, const char *path, int flags)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  inner_autofd directory = fcntl (home, F_DUPFD_CLOEXEC, 3);
  char **part = parts;

  for (; directory >= 0 && part[1] != NULL; part++)
    {
      int next = openat (directory, *part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      int saved = errno;

      inner_clear_fd (&directory);
      directory = next;
      errno = saved;
    }

  return directory < 0 ? -1
                       : openat (directory, *part,
                                 flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static gboolean
check_regular (int fd, gsize max, struct stat *st, GError **error)
{
  if (fstat (fd, st) < 0)
    return fail_with_errno (error);
  if (!S_ISREG (st->st_mode))
    return fail (error, _ ("it is not a regular file"));
  if (st->st_size < 0 || (guint64) st->st_size > max)
    return fail (error, _ ("it is too large"));
  return TRUE;
}

/* Reads what is there now, and never more than @max bytes: the file may grow meanwhile. */
static GBytes *
read_all (const Copying *copying, int fd, gsize max, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gssize n;

  do
    {
      guint done = bytes->len;

      if (!is_in_time (copying, error))
        return NULL;
      g_byte_array_set_size (bytes, done + PIECE);
      n = read (fd, bytes->data + done, PIECE);
      if (n < 0 && errno != EINTR)
        {
          fail_with_errno (error);
          return NULL;
        }
      g_byte_array_set_size (bytes, done + MAX (n, 0));
      if (bytes->len > max)
        {
          fail (error, _ ("it is too large"));
          return NULL;
        }
    }
  while (n != 0);

  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

/* SECURITY: people keep their settings elsewhere and link to them, so a settings file may be a link, to a
 * regular file that a mount would be allowed to show. What is judged is what is read (attacks 33 and 54;
 * tests/unit/test-agent-state.c). Of it, as of any, only the harmless members go in. */
static int
open_linked_settings (const Copying *copying, const char *place, GError **error)
{
  inner_autofd fd = open (place, O_PATH | O_CLOEXEC);
  g_autofree char *proc = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *canonical = fd >= 0 ? g_file_read_link (proc, NULL) : NULL;
  struct stat st;
  int opened;

  if (fd < 0)
    {
      fail_with_errno (error);
      return -1;
    }
  if (canonical == NULL || !check_regular (fd, INNER_JSON_MAX_BYTES, &st, error))
    return -1;
  if (!inner_sensitive_check_mount (canonical, FALSE, copying->host->home,
                                    copying->host->runtime_dir, NULL))
    {
      fail (error, _ ("a symbolic link leads from it to something that no sandbox may see"));
      return -1;
    }
  opened = open (proc, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (opened < 0)
    fail_with_errno (error);
  return opened;
}

static int
open_file (const Copying *copying, const InnerAgentCopy *copy, GError **error)
{
  int fd = open_beneath (copying->home, copy->path->path + strlen ("~/"), 0);

  if (fd < 0 && (errno == ELOOP || errno == ENOTDIR) && copy->path->keep != NULL &&
      !copy->path->login)
    return open_linked_settings (copying, copy->place, error);
  if (fd < 0)
    fail_with_errno (error);
  return fd;
}

/* So that it can be told later whether the agent renewed it, and whether somebody else did on the host. */
static void
note_login (Copying *copying, const InnerAgentCopy *copy, GBytes *on_host, GBytes *inside)
{
  g_autofree char *base = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, on_host);
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, inside);

  g_variant_builder_add (&copying->logins, "(ssss)", copy->agent->name,
                         copy->path->path + strlen ("~/"), base, digest);
}

static GVariant *
finish_logins (Copying *copying, const InnerPlan *plan)
{
  g_autoptr (GVariant) list = g_variant_ref_sink (g_variant_builder_end (&copying->logins));

  if (g_variant_n_children (list) == 0)
    return NULL;
  return g_variant_ref_sink (
      g_variant_new ("(bs@a(ssss))", plan->write_back, plan->host->home, list));
}

static gboolean
copy_file (Copying *copying, const InnerAgentCopy *copy, GError **error)
{
  inner_autofd fd = open_file (copying, copy, error);
  gsize max = copy->path->login ? MAX_LOGIN_BYTES : INNER_JSON_MAX_BYTES;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) kept = NULL;
  struct stat st;
  gsize size;
  gconstpointer data;

  if (fd < 0 || !check_regular (fd, max, &st, error))
    return FALSE;
  bytes = read_all (copying, fd, max, error);
  if (bytes == NULL)
    return FALSE;
  kept = copy->path->keep != NULL ? inner_json_keep (bytes, copy->path->keep, error)
                                  : g_bytes_ref (bytes);
  if (kept == NULL)
    return FALSE;
  data = g_bytes_get_data (kept, &size);
  if (!inner_state_pack_add (copying->pack, INNER_PACK_FILE, copy->path->path + strlen ("~/"), 0600,
                             data, size, error))
    return FALSE;
  if (copy->path->renew != NULL)
    note_login (copying, copy, bytes, kept);
  return TRUE;
}

static gboolean
copy_tree_link (Tree *tree, int parent, const char *name, const char *path, GError **error)
{
  char target[PATH_MAX];
  gssize length = readlinkat (parent, name, target, sizeof target - 1);

  if (length <= 0)
    return TRUE; /* it went away */
  target[length] = '\0';
  return inner_state_pack_add (tree->copying->pack, INNER_PACK_LINK, path, 0, target, length + 1,
                               error);
}

static gboolean
copy_tree_file (Tree *tree, int parent, const char *name, const char *path, GError **error)
{
  inner_autofd fd =
      openat (parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  g_autoptr (GBytes) bytes = NULL;
  struct stat st;
  gsize size;
  gconstpointer data;

  /* What went away, became a link or is not ours to read is skipped, as what is no file. */
  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) || st.st_dev != tree->device)
    return TRUE;
  bytes = read_all (tree->copying, fd, inner_state_pack_get_room (tree->copying->pack), error);
  if (bytes == NULL)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  /* SECURITY: permission bits only: no setuid in a copy (attack 10; test_modes). */
  return inner_state_pack_add (tree->copying->pack, INNER_PACK_FILE, path,
                               (st.st_mode & 0777) | 0600, data, size, error);
}

static gboolean copy_tree_directory (Tree *tree, int fd, const char *path, GError **error);

static gboolean
enter_tree_directory (Tree *tree, int parent, const char *name, const char *path, GError **error)
{
  inner_autofd fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  gboolean copied;
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0 || st.st_dev != tree->device)
    return TRUE;
  if (++tree->depth > MAX_DEPTH)
    return fail (error, _ ("it is nested too deeply"));
  copied = copy_tree_directory (tree, fd, path, error);
  tree->depth--;
  return copied;
}

static gboolean
copy_tree_entry (Tree *tree, int parent, const char *name, const char *path, GError **error)
{
  struct stat st;

  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  switch (st.st_mode & S_IFMT)
    {
    case S_IFREG:
      return copy_tree_file (tree, parent, name, path, error);
    case S_IFDIR:
      return enter_tree_directory (tree, parent, name, path, error);
    case S_IFLNK:
      return copy_tree_link (tree, parent, name, path, error);
    default:
      return TRUE;
    }
}

/* @fd is borrowed. */
static gboolean
copy_tree_directory (Tree *tree, int fd, const char *path, GError **error)
{
  inner_autofd copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  g_autoptr (Directory) directory = fdopendir (copy);
  const struct dirent *entry;
  struct stat st;

  if (directory == NULL)
    return fail_with_errno (error);
  inner_steal_fd (&copy);
  if (fstat (fd, &st) < 0)
    return fail_with_errno (error);
  if (!inner_state_pack_add (tree->copying->pack, INNER_PACK_DIRECTORY, path,
                             (st.st_mode & 0777) | 0700, NULL, 0, error))
    return FALSE;

  while ((entry = readdir (directory)) != NULL)
    {
      g_autofree char *below = g_build_filename (path, entry->d_name, NULL);

      if (g_str_equal (entry->d_name, ".") || g_str_equal (entry->d_name, ".."))
        continue;
      if (!is_in_time (tree->copying, error) ||
          !copy_tree_entry (tree, fd, entry->d_name, below, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
copy_tree (Copying *copying, const InnerAgentCopy *copy, GError **error)
{
  const char *path = copy->path->path + strlen ("~/");
  inner_autofd fd = open_beneath (copying->home, path, O_DIRECTORY);
  struct stat st;
  Tree tree = { .copying = copying };

  if (fd < 0 || fstat (fd, &st) < 0)
    return fail_with_errno (error);
  tree.device = st.st_dev;
  return copy_tree_directory (&tree, fd, path, error);
}

static gboolean
make_empty (Copying *copying, const InnerAgentCopy *copy, GError **error)
{
  return inner_state_pack_add (copying->pack, INNER_PACK_DIRECTORY,
                               copy->path->path + strlen ("~/"), 0700, NULL, 0, error);
}

static void
warn (Copying *copying, const InnerAgentCopy *copy, const GError *problem)
{
  g_autofree char *shown = inner_escape_for_display (copy->place);
  g_autofree char *text = g_strdup_printf (_ ("%s: “%s” is not copied: %s"), copy->agent->name,
                                           shown, problem->message);

  g_strv_builder_add (copying->warnings, text);
}

/* What cannot be copied is left out as a whole. */
static gboolean
copy_one (Copying *copying, const InnerAgentCopy *copy, GError **error)
{
  static gboolean (*const ways[]) (Copying *, const InnerAgentCopy *, GError **) = {
    [INNER_AGENT_COPY_FILE] = copy_file,
    [INNER_AGENT_REQUIRED_FILE] = copy_file,
    [INNER_AGENT_COPY_TREE] = copy_tree,
    [INNER_AGENT_EMPTY_DIRECTORY] = make_empty,
  };
  g_autoptr (GError) problem = NULL;
  InnerStatePackMark mark = inner_state_pack_mark (copying->pack);

  if (ways[copy->path->kind](copying, copy, &problem))
    return TRUE;
  warn (copying, copy, problem);
  return inner_state_pack_return (copying->pack, mark, error);
}

int
inner_agent_state_pack (const InnerPlan *plan, char ***warnings, GVariant **logins, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (InnerStatePack) pack = NULL;
  inner_autofd home = -1;
  Copying copying = { .host = plan->host, .warnings = builder };

  *warnings = NULL;
  *logins = NULL;
  if (plan->agent_copies->len == 0)
    return -1;
  pack = inner_state_pack_new (plan->host->home, error);
  if (pack == NULL)
    return -1;
  home = open (plan->host->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (home < 0)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                   _ ("Cannot open the home directory “%s”: %s"), plan->host->home,
                   g_strerror (errno));
      return -1;
    }

  copying.pack = pack;
  copying.home = home;
  copying.deadline = g_get_monotonic_time () + MAX_SECONDS * G_USEC_PER_SEC;
  g_variant_builder_init (&copying.logins, G_VARIANT_TYPE ("a(ssss)"));
  for (guint i = 0; i < plan->agent_copies->len; i++)
    if (!copy_one (&copying, g_ptr_array_index (plan->agent_copies, i), error))
      {
        g_variant_builder_clear (&copying.logins);
        return -1;
      }

  *logins = finish_logins (&copying, plan);
  *warnings = g_strv_builder_end (builder);
  return inner_state_pack_finish (pack, error);
}
