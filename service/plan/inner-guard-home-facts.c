/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <string.h>

#include "inner-fds.h"
#include "inner-guard-facts.h"
#include "inner-guard-fs.h"

static char *
path_of (int fd)
{
  char proc[sizeof "/proc/self/fd/" + 10];

  g_snprintf (proc, sizeof proc, "/proc/self/fd/%d", fd);
  return inner_guard_read_link (AT_FDCWD, proc);
}

/* SECURITY: whoever keeps start files in a project, with links from the home directory, has them run by each shell:
 * what such a link leads to is guarded as if it stood in the home (attack 58; test_what_the_home_links_to). */
void
inner_guard_facts_add_home_links (InnerGuardFacts *facts, const char *home)
{
  inner_autofd directory = open (home, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autofree char *own = directory >= 0 ? path_of (directory) : NULL;
  g_autofree char *root = path_of (facts->fd);

  for (const InnerGuarded *row = inner_guarded_paths;
       own != NULL && root != NULL && row->path != NULL; row++)
    {
      inner_autofd fd = g_str_has_prefix (row->path, ".git/")
                            ? -1
                            : openat (directory, row->path, O_PATH | O_CLOEXEC);
      g_autofree char *place = fd >= 0 ? path_of (fd) : NULL;
      g_autofree char *usual = g_build_filename (own, row->path, NULL);

      if (place != NULL && !g_str_equal (place, usual) && g_str_has_prefix (place, root) &&
          place[strlen (root)] == '/')
        inner_guard_facts_add_target (facts, place + strlen (root) + 1, row->kind);
    }
}
