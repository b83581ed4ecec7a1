/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Which sockets stand in what a sandbox mounts. The kernel lists those that somebody listens on, with their names and the
 * inodes of their files (sock_diag(7)); so no tree has to be searched, however many files it has. Only a name that says
 * nothing, because it is relative or was renamed, is looked for by its inode.
 */

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-guard-fs.h"
#include "inner-options.h"
#include "inner-plan-hide.h"
#include "inner-sensitive.h"
#include "inner-wire.h"

/* A search for a socket whose name is not known ends after so many files, or so long. */
#define MAX_SEARCHED 400000
#define MAX_SEARCH_US (G_USEC_PER_SEC / 50)

/* A socket that somebody bound to a file. */
typedef struct
{
  dev_t device;
  guint32 inode; /* the kernel tells the lower half */
  char *name;
  gboolean found;
} Bound;

typedef struct
{
  InnerHost *host;
  GPtrArray *lost; /* of Bound */
  GString *path;
  dev_t device;
  guint left;
  gint64 deadline;
} Search;

static void
bound_free (Bound *bound)
{
  g_free (bound->name);
  g_free (bound);
}

static gboolean
ask (int fd)
{
  struct
  {
    struct nlmsghdr header;
    struct unix_diag_req request;
  } message = {
    .header = { .nlmsg_len = sizeof message,
                .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
    .request = { .sdiag_family = AF_UNIX,
                 /* Those that take connections, and those that take messages from anybody; the latter
                  * count as connected as soon as somebody connects to them. */
                 .udiag_states = 1u << TCP_LISTEN | 1u << TCP_CLOSE | 1u << TCP_ESTABLISHED,
                 .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS },
  };

  return send (fd, &message, sizeof message, 0) == sizeof message;
}

/* Our supervisors bind theirs by a name without its directory, which is in the table of sensitive things. */
static gboolean
is_ours (const struct unix_diag_msg *message, const char *name)
{
  return message->udiag_type == SOCK_SEQPACKET && g_strcmp0 (name, INNER_FILE_CONTROL) == 0;
}

static void
take_one (GPtrArray *all, GHashTable *seen, const struct nlmsghdr *header)
{
  const struct unix_diag_msg *message = NLMSG_DATA (header);
  const struct rtattr *attribute = (const struct rtattr *) (message + 1);
  int left = (int) header->nlmsg_len - (int) NLMSG_LENGTH (sizeof *message);
  const struct unix_diag_vfs *file = NULL;
  g_autofree char *name = NULL;
  Bound *bound;
  gint64 *key;

  for (; RTA_OK (attribute, left); attribute = RTA_NEXT (attribute, left))
    if (attribute->rta_type == UNIX_DIAG_VFS && RTA_PAYLOAD (attribute) >= sizeof *file)
      file = RTA_DATA (attribute);
    else if (attribute->rta_type == UNIX_DIAG_NAME)
      name = g_strndup (RTA_DATA (attribute), RTA_PAYLOAD (attribute));
  if (file == NULL || is_ours (message, name))
    return;
  /* What was accepted has the file of the socket that accepted it. */
  key = g_new (gint64, 1);
  *key = (gint64) file->udiag_vfs_dev << 32 | file->udiag_vfs_ino;
  if (!g_hash_table_add (seen, key))
    return;
  bound = g_new0 (Bound, 1);
  /* As the kernel counts: 12 bits above 20. */
  bound->device = makedev (file->udiag_vfs_dev >> 20, file->udiag_vfs_dev & 0xfffff);
  bound->inode = file->udiag_vfs_ino;
  bound->name = g_steal_pointer (&name);
  g_ptr_array_add (all, bound);
}

/* FALSE if the kernel does not tell. */
static gboolean
read_all (int fd, GPtrArray *all)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  union
  {
    struct nlmsghdr header;
    char bytes[32 * 1024];
  } buffer;

  for (;;)
    {
      gssize size = recv (fd, &buffer, sizeof buffer, 0);
      const struct nlmsghdr *header = &buffer.header;

      if (size < 0 && errno == EINTR)
        continue;
      if (size <= 0)
        return FALSE;
      for (; NLMSG_OK (header, size); header = NLMSG_NEXT (header, size))
        {
          if (header->nlmsg_type == NLMSG_DONE)
            return TRUE;
          if (header->nlmsg_type == NLMSG_ERROR)
            return FALSE;
          if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY)
            take_one (all, seen, header);
        }
    }
}

static GPtrArray *
read_bound (void)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) bound_free);
  inner_autofd fd = socket (AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

  return fd >= 0 && ask (fd) && read_all (fd, all) ? g_steal_pointer (&all) : NULL;
}

static gboolean
is_it (const Bound *bound, const struct stat *st)
{
  return S_ISSOCK (st->st_mode) && (guint32) st->st_ino == bound->inode;
}

typedef struct
{
  const Bound *bound;
  char *name;
} Neighbour;

static gboolean
compare_neighbour (int directory, const char *name, guint8 type, gpointer data)
{
  Neighbour *self = data;
  struct stat st;

  if ((type != DT_SOCK && type != DT_UNKNOWN) ||
      fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_it (self->bound, &st))
    return TRUE;
  self->name = g_strdup (name);
  return FALSE;
}

/* Some programs rename their socket when it is ready. */
static char *
find_renamed (const Bound *bound, const char *directory)
{
  Neighbour self = { .bound = bound };
  g_autofree char *name = NULL;
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0)
    inner_guard_list (fd, compare_neighbour, &self);
  name = self.name;
  return name != NULL ? g_build_filename (directory, name, NULL) : NULL;
}

/* Where the name says that it is, or beside that, without links. %NULL if it is not there. */
static char *
place_of (const Bound *bound)
{
  g_autofree char *directory = NULL;
  g_autofree char *resolved = NULL;
  g_autofree char *base = NULL;
  char *place;
  struct stat st;

  if (bound->name == NULL || bound->name[0] != '/')
    return NULL;
  directory = g_path_get_dirname (bound->name);
  resolved = realpath (directory, NULL);
  if (resolved == NULL)
    return NULL;
  base = g_path_get_basename (bound->name);
  place = g_build_filename (resolved, base, NULL);
  if (lstat (place, &st) == 0 && is_it (bound, &st))
    return place;
  g_free (place);
  return find_renamed (bound, resolved);
}

static void search (Search *self, int fd);

static gboolean
search_one (int directory, const char *name, guint8 type, gpointer data)
{
  Search *self = data;
  gsize length = self->path->len;
  struct stat st;

  if (self->left == 0 || g_get_monotonic_time () > self->deadline)
    return FALSE;
  self->left--;
  if (type != DT_DIR && type != DT_SOCK && type != DT_UNKNOWN)
    return TRUE;
  if (fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != self->device)
    return TRUE;
  g_string_append_printf (self->path, "/%s", name);
  if (S_ISDIR (st.st_mode))
    {
      int fd = inner_guard_open (directory, name, O_RDONLY | O_DIRECTORY);

      if (fd >= 0)
        search (self, fd);
    }
  for (guint i = 0; i < self->lost->len; i++)
    {
      Bound *bound = self->lost->pdata[i];

      if (!is_it (bound, &st))
        continue;
      bound->found = TRUE;
      g_ptr_array_add (self->host->sockets, g_strdup (self->path->str));
    }
  g_string_truncate (self->path, length);
  return TRUE;
}

/* Consumes @fd. */
static void
search (Search *self, int fd)
{
  inner_guard_list (fd, search_one, self);
}

/* What is still lost may stand in another tree; only a search that did not end says nothing. */
static void
search_mount (InnerPlan *plan, const InnerMount *mount, GPtrArray *lost)
{
  Search self = { .host = plan->host,
                  .lost = lost,
                  .path = g_string_new (mount->source),
                  .left = MAX_SEARCHED,
                  .deadline = g_get_monotonic_time () + MAX_SEARCH_US };
  struct stat st;
  gboolean wanted = FALSE;
  int fd;

  if (fstat (mount->fd, &st) == 0 && S_ISDIR (st.st_mode))
    for (guint i = 0; i < lost->len; i++)
      wanted = wanted || ((Bound *) lost->pdata[i])->device == st.st_dev;
  self.device = st.st_dev;
  fd = wanted ? inner_guard_open (mount->fd, "", O_RDONLY | O_DIRECTORY) : -1;
  if (fd >= 0)
    {
      search (&self, fd);
      if (self.left == 0 || g_get_monotonic_time () > self.deadline)
        {
          g_autofree char *shown = inner_escape_for_display (mount->source);

          g_ptr_array_add (
              plan->host->socket_problems,
              g_strdup_printf (_ ("a program listens on a socket without a known name; it may "
                                  "stand in “%s”, which is too large to be searched"),
                               shown));
        }
    }
  g_string_free (self.path, TRUE);
}

/* Whether a mount shows something of /run, where most sockets are; to find out where each is takes long. */
static gboolean
shows_run (const InnerPlan *plan)
{
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if ((mount->kind == INNER_MOUNT_RO || mount->kind == INNER_MOUNT_RW) &&
          mount->source != NULL &&
          (inner_path_is_within (mount->source, "/run") || g_str_equal (mount->source, "/")))
        return TRUE;
    }

  return FALSE;
}

static gboolean
stands_in_run (const Bound *bound)
{
  return bound->name != NULL && (inner_path_is_within (bound->name, "/run") ||
                                 inner_path_is_within (bound->name, "/var/run"));
}

void
inner_plan_look_at_sockets (InnerPlan *plan)
{
  g_autoptr (GPtrArray) all = read_bound ();
  gboolean run = shows_run (plan);
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();
  g_autoptr (GHashTable) searched = g_hash_table_new (g_str_hash, g_str_equal);

  if (all == NULL)
    g_ptr_array_add (
        plan->host->socket_problems,
        g_strdup (_ ("the kernel does not list its sockets; one in a mounted directory "
                     "can be reached")));
  for (guint i = 0; all != NULL && i < all->len; i++)
    {
      char *place;

      if (!run && stands_in_run (all->pdata[i]))
        continue;
      place = place_of (all->pdata[i]);
      /* What is not where it was made is gone, as a rule; to search for each such one would take too long. */
      if (place == NULL && ((Bound *) all->pdata[i])->name != NULL &&
          ((Bound *) all->pdata[i])->name[0] == '/')
        continue;
      g_ptr_array_add (place != NULL ? plan->host->sockets : lost,
                       place != NULL ? (gpointer) place : all->pdata[i]);
    }
  for (guint i = 0; lost->len > 0 && i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if ((mount->kind == INNER_MOUNT_RO || mount->kind == INNER_MOUNT_RW) && mount->fd >= 0 &&
          g_hash_table_add (searched, mount->source))
        search_mount (plan, mount, lost);
    }
}
