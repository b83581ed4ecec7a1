/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-host.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-guard-facts.h"
#include "inner-guard-fs.h"
#include "inner-hide-facts.h"
#include "inner-init-protocol.h"

/* Of /etc only what programs need to run and what holds no secret: each place costs a mount, and a mount
 * costs a start 0.2 ms. */
const char *const inner_host_base_places[] = { "/usr",
                                               "/bin",
                                               "/sbin",
                                               "/lib",
                                               "/lib32",
                                               "/lib64",
                                               "/libx32",
                                               "/opt",
                                               "/nix",
                                               "/gnu",
                                               "/etc/alternatives",
                                               "/etc/crypto-policies",
                                               "/etc/fonts",
                                               "/etc/java",
                                               "/etc/java-11-openjdk",
                                               "/etc/java-17-openjdk",
                                               "/etc/java-21-openjdk",
                                               "/etc/ld.so.cache",
                                               "/etc/localtime",
                                               "/etc/mime.types",
                                               "/etc/os-release",
                                               "/etc/pki/ca-trust",
                                               "/etc/pki/java",
                                               "/etc/pki/tls/cert.pem",
                                               "/etc/pki/tls/certs",
                                               "/etc/pki/tls/openssl.cnf",
                                               "/etc/protocols",
                                               "/etc/services",
                                               "/etc/ssl/cert.pem",
                                               "/etc/ssl/certs",
                                               "/etc/ssl/openssl.cnf",
                                               "/etc/terminfo",
                                               NULL };

/* What /proc tells about the whole machine; the list is that of container runtimes. What may be written there may be written
 * by root only, whose sandboxes get all of it read-only. */
static const char *const masked_places[] = { "/proc/acpi",
                                             "/proc/asound",
                                             "/proc/kcore",
                                             "/proc/keys",
                                             "/proc/kmsg",
                                             "/proc/latency_stats",
                                             "/proc/sched_debug",
                                             "/proc/scsi",
                                             "/proc/timer_list",
                                             "/proc/timer_stats",
                                             NULL };

/* What only root reads there, and a sandbox of root all the same. */
static const char *const masked_for_root[] = { "/proc/kpagecgroup",
                                               "/proc/kpagecount",
                                               "/proc/kpageflags",
                                               "/proc/pagetypeinfo",
                                               "/proc/slabinfo",
                                               "/proc/vmallocinfo",
                                               NULL };

/* What the view of the whole host has private ones of, or none. */
static const char *const private_roots[] = { "dev", "proc", "run", "sys", "tmp", NULL };

static void
path_fact_free (InnerPathFact *fact)
{
  g_free (fact->path);
  g_free (fact->canonical);
  g_free (fact->link_target);
  g_free (fact->problem);
  inner_clear_fd (&fact->fd);
  g_free (fact);
}

InnerHost *
inner_host_new_empty (void)
{
  InnerHost *host = g_new0 (InnerHost, 1);

  host->base = g_ptr_array_new_with_free_func ((GDestroyNotify) path_fact_free);
  host->paths =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) path_fact_free);
  host->network_groups =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_strfreev);
  host->guards = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_guard_facts_free);
  host->masked = g_ptr_array_new_with_free_func ((GDestroyNotify) path_fact_free);
  host->hidden = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_hidden_fact_free);
  host->listings =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  host->sockets = g_ptr_array_new_with_free_func (g_free);
  host->socket_problems = g_ptr_array_new_with_free_func (g_free);
  return host;
}

void
inner_host_free (InnerHost *host)
{
  g_free (host->user);
  g_free (host->home);
  g_free (host->runtime_dir);
  g_free (host->hostname);
  g_free (host->bwrap);
  g_free (host->bus_proxy);
  g_free (host->init);
  g_free (host->shim);
  g_clear_pointer (&host->commands, g_ptr_array_unref);
  g_clear_pointer (&host->git_settings, g_ptr_array_unref);
  g_free (host->git_problem);
  g_ptr_array_unref (host->base);
  g_hash_table_unref (host->paths);
  g_hash_table_unref (host->network_groups);
  g_clear_pointer (&host->configuration, inner_configuration_free);
  g_ptr_array_unref (host->guards);
  g_free (host->empty);
  g_ptr_array_unref (host->masked);
  g_ptr_array_unref (host->hidden);
  g_hash_table_unref (host->listings);
  g_ptr_array_unref (host->sockets);
  g_ptr_array_unref (host->socket_problems);
  g_free (host);
}

InnerFileType
inner_file_type_of_mode (mode_t mode)
{
  switch (mode & S_IFMT)
    {
    case S_IFREG:
      return INNER_FILE_REGULAR;
    case S_IFDIR:
      return INNER_FILE_DIRECTORY;
    case S_IFLNK:
      return INNER_FILE_SYMLINK;
    case S_IFSOCK:
      return INNER_FILE_SOCKET;
    default:
      return INNER_FILE_OTHER;
    }
}

static InnerPathFact *
path_fact_new (const char *path, InnerFileType type)
{
  InnerPathFact *fact = g_new0 (InnerPathFact, 1);

  fact->path = g_strdup (path);
  fact->type = type;
  fact->fd = -1;
  return fact;
}

void
inner_host_add_fact (GPtrArray *base,
                     GHashTable *paths,
                     const char *path,
                     InnerFileType type,
                     const char *canonical_or_target)
{
  InnerPathFact *fact = path_fact_new (path, type);

  if (type == INNER_FILE_SYMLINK)
    fact->link_target = g_strdup (canonical_or_target);
  else
    fact->canonical = g_strdup (canonical_or_target);
  if (base != NULL)
    g_ptr_array_add (base, fact);
  else
    g_hash_table_replace (paths, fact->path, fact);
}

/* Links of the base view (/bin -> usr/bin, /etc/localtime -> …) are made anew, not followed. */
static void
look_at_base (InnerHost *host)
{
  for (const char *const *place = inner_host_base_places; *place != NULL; place++)
    {
      g_autofree char *target = NULL;
      struct stat st;

      if (lstat (*place, &st) < 0)
        continue;
      if (S_ISLNK (st.st_mode))
        target = g_file_read_link (*place, NULL);
      inner_host_add_fact (host->base, NULL, *place, inner_file_type_of_mode (st.st_mode),
                           S_ISLNK (st.st_mode) ? target : *place);
    }
}

static void
look_at_masked (InnerHost *host, const char *const *places)
{
  for (const char *const *place = places; *place != NULL; place++)
    {
      struct stat st;

      if (lstat (*place, &st) == 0)
        inner_host_add_fact (host->masked, NULL, *place, inner_file_type_of_mode (st.st_mode),
                             *place);
    }
}

static gboolean
look_at_root_entry (int directory, const char *name, guint8 type, gpointer data)
{
  InnerHost *host = data;
  g_autofree char *path = g_build_filename ("/", name, NULL);
  g_autofree char *target = NULL;
  InnerFileType kind;
  struct stat st;

  if (g_strv_contains (private_roots, name) ||
      fstatat (directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  kind = inner_file_type_of_mode (st.st_mode);
  if (kind == INNER_FILE_SYMLINK)
    target = inner_guard_read_link (directory, name);
  if (kind == INNER_FILE_REGULAR || kind == INNER_FILE_DIRECTORY || target != NULL)
    inner_host_add_fact (host->base, NULL, path, kind, target != NULL ? target : path);
  return TRUE;
}

static int
compare_facts (gconstpointer a, gconstpointer b)
{
  const InnerPathFact *const *one = a;
  const InnerPathFact *const *two = b;

  return strcmp ((*one)->path, (*two)->path);
}

void
inner_host_show_all (InnerHost *host)
{
  int root = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_ptr_array_set_size (host->base, 0);
  if (root >= 0)
    inner_guard_list (root, look_at_root_entry, host);
  g_ptr_array_sort (host->base, compare_facts);
}

int
inner_host_landlock_abi (void)
{
  static int abi = -1;

  if (abi < 0)
    abi = MAX (0, (int) syscall (SYS_landlock_create_ruleset, NULL, 0, 1 /* version */));
  /* What inner-init makes no use of is not there. */
  return abi < INNER_LANDLOCK_MIN_ABI ? 0 : abi;
}

/* podman's usual filter lets nobody name anything, but allows all else. Only system calls in the process that tries, and no
 * process where there is no filter. */
static gboolean
keeps_hostname (void)
{
  static gsize known = 0; /* 1 = no, 2 = yes */

  if (g_once_init_enter (&known))
    {
      int status = 0;
      pid_t child = prctl (PR_GET_SECCOMP) == SECCOMP_MODE_FILTER ? fork () : -1;

      if (child == 0)
        _exit (unshare (CLONE_NEWUSER | CLONE_NEWUTS) == 0 && sethostname ("inner", 5) < 0);
      while (child > 0 && waitpid (child, &status, 0) < 0 && errno == EINTR)
        ;
      g_once_init_leave (&known,
                         child > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 1 ? 2 : 1);
    }
  return known == 2;
}

char *
inner_host_home (void)
{
  const char *home = g_get_home_dir ();
  g_autofree char *resolved = realpath (home, NULL);

  return g_strdup (resolved != NULL ? resolved : home);
}

static const char *
user_name (uid_t uid)
{
  static char *name = NULL;

  if (name == NULL)
    {
      struct passwd *entry = getpwuid (uid);

      name = g_strdup (entry != NULL ? entry->pw_name : "user");
    }
  return name;
}

/* A namespace may give another number to the user, or show one that it does not know as the owner; what matters is what the
 * kernel compares. */
static gboolean
owns_kernel (uid_t uid)
{
  struct stat st;

  return uid == 0 || stat ("/proc/sys/kernel", &st) < 0 || st.st_uid == uid;
}

InnerHost *
inner_host_new (void)
{
  InnerHost *host = inner_host_new_empty ();
  const char *runtime_dir = g_getenv ("XDG_RUNTIME_DIR");

  host->uid = getuid ();
  host->gid = getgid ();
  host->owns_kernel = owns_kernel (host->uid);
  host->user = g_strdup (user_name (host->uid));
  host->home = inner_host_home ();
  host->runtime_dir = g_strdup (runtime_dir);
  host->hostname = g_strdup (g_get_host_name ());
  host->keeps_hostname = keeps_hostname ();
  host->bwrap = g_strdup (INNER_BWRAP);
  if (access (INNER_DBUS_PROXY, X_OK) == 0)
    host->bus_proxy = g_strdup (INNER_DBUS_PROXY);
  host->init = g_strdup (INNER_LIBEXECDIR "/inner-init");
  host->shim = g_strdup (INNER_LIBEXECDIR "/inner-shim");
  host->empty = g_strdup (INNER_LIBEXECDIR "/empty");
  host->landlock_abi = inner_host_landlock_abi ();
  host->memory = (guint64) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE);
  inner_host_look_at_limits (host);
  look_at_base (host);
  look_at_masked (host, masked_places);
  if (host->owns_kernel)
    look_at_masked (host, masked_for_root);
  return host;
}

void
inner_host_look_at (InnerHost *host, const char *path)
{
  InnerPathFact *fact;
  g_autofree char *proc = NULL;
  struct stat st;

  if (g_hash_table_contains (host->paths, path))
    return;

  fact = path_fact_new (path, INNER_FILE_MISSING);
  g_hash_table_replace (host->paths, fact->path, fact);
  fact->fd = open (path, O_PATH | O_CLOEXEC);
  if (fact->fd < 0 || fstat (fact->fd, &st) < 0)
    {
      fact->problem =
          g_strdup (errno == ENOENT ? _ ("it does not exist; make it, or correct the path")
                                    : g_strerror (errno));
      inner_clear_fd (&fact->fd);
      return;
    }

  proc = g_strdup_printf ("/proc/self/fd/%d", fact->fd);
  fact->canonical = g_file_read_link (proc, NULL);
  fact->type = inner_file_type_of_mode (st.st_mode);
  fact->device = st.st_dev;
  fact->inode = st.st_ino;
  if (fact->canonical == NULL || fact->canonical[0] != '/')
    {
      fact->problem = g_strdup ("it has no path of its own");
      fact->type = INNER_FILE_MISSING;
      inner_clear_fd (&fact->fd);
    }
}

const InnerPathFact *
inner_host_fact (const InnerHost *host, const char *path)
{
  const InnerPathFact *fact = g_hash_table_lookup (host->paths, path);

  g_assert (fact != NULL);
  return fact;
}
