/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* By what a limit can be enforced on this machine. Files tell: the systemd of the user is asked for something
 * only when a sandbox starts. */

#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "inner-host.h"
#include "inner-names.h"

/* Where systemd puts the manager of a user (systemd.special(7)), in the unified hierarchy of cgroups. */
#define MANAGER_CGROUP "/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/cgroup.controllers"

/* Since then the processes of each user namespace are counted by themselves (user_namespaces(7) and
 * setrlimit(2); kernel/ucount.c). Before, those of the whole user would count. */
#define COUNTING_MAJOR 5
#define COUNTING_MINOR 14

gboolean
inner_host_has_user_manager (const char *runtime_dir)
{
  g_autofree char *socket = NULL;
  struct stat st;

  if (runtime_dir == NULL || runtime_dir[0] != '/')
    return FALSE;
  socket = g_build_filename (runtime_dir, INNER_MANAGER_SOCKET, NULL);
  return stat (socket, &st) == 0 && S_ISSOCK (st.st_mode) && st.st_uid == getuid ();
}

static char **
controllers_of_manager (const InnerHost *host)
{
  g_autofree char *path = g_strdup_printf (MANAGER_CGROUP, host->uid, host->uid);
  g_autofree char *text = NULL;

  if (!inner_host_has_user_manager (host->runtime_dir) ||
      !g_file_get_contents (path, &text, NULL, NULL))
    return g_new0 (char *, 1);
  return g_strsplit (g_strstrip (text), " ", -1);
}

/* RLIMIT_NPROC does not hold for what is root's on the host (kernel/fork.c, copy_process()). */
static gboolean
kernel_counts_processes (uid_t uid)
{
  struct utsname kernel;
  int major = 0;
  int minor = 0;

  if (uid == 0 || uname (&kernel) < 0 || sscanf (kernel.release, "%d.%d", &major, &minor) != 2)
    return FALSE;
  return major > COUNTING_MAJOR || (major == COUNTING_MAJOR && minor >= COUNTING_MINOR);
}

void
inner_host_look_at_limits (InnerHost *host)
{
  g_auto (GStrv) controllers = controllers_of_manager (host);

  /* A limit has the name of its controller. */
  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    {
      const char *name = inner_limit_names[i];

      if (g_strv_contains ((const char *const *) controllers, name))
        host->limit_means[i] = INNER_LIMIT_BY_SCOPE;
      else if (g_str_equal (name, "pids") && kernel_counts_processes (host->uid))
        host->limit_means[i] = INNER_LIMIT_BY_RLIMIT;
      else
        host->limit_means[i] = INNER_LIMIT_BY_NOTHING;
    }
}
