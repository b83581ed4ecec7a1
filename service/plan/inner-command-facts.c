/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-command-facts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-sensitive.h"

/* Where programs of a system are looked for by their absolute path. */
static const char *const system_directories[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                                  "/usr/bin",        "/sbin",          "/bin",
                                                  "/usr/games",      "/snap/bin",      NULL };

typedef struct
{
  InnerHost *host;
  GPtrArray *directories; /* canonical, each once */
} Looking;

static void
command_fact_free (InnerCommandFact *fact)
{
  g_free (fact->name);
  g_free (fact->place);
  g_free (fact->link);
  g_free (fact);
}

void
inner_host_add_command (InnerHost *host, const char *name, const char *place, const char *link)
{
  InnerCommandFact *fact = g_new0 (InnerCommandFact, 1);

  if (host->commands == NULL)
    host->commands = g_ptr_array_new_with_free_func ((GDestroyNotify) command_fact_free);
  fact->name = g_strdup (name);
  fact->place = g_strdup (place);
  fact->link = g_strdup (link);
  g_ptr_array_add (host->commands, fact);
}

GPtrArray *
inner_profile_shim_names (InnerProfile *profile)
{
  GPtrArray *names = g_ptr_array_new ();
  const char *const *block = inner_profile_get_list (profile, INNER_KEY_NOOP_BLOCK);
  GVariant *rewrite = inner_profile_peek (profile, INNER_KEY_NOOP_REWRITE);
  const char *name;

  for (; *block != NULL; block++)
    if (!g_ptr_array_find_with_equal_func (names, *block, g_str_equal, NULL))
      g_ptr_array_add (names, (gpointer) *block);
  for (gsize i = 0; rewrite != NULL && i < g_variant_n_children (rewrite); i++)
    {
      g_variant_get_child (rewrite, i, "{&s&s}", &name, NULL);
      if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, (gpointer) name);
    }

  return names;
}

static gboolean
is_in_base_view (const InnerHost *host, const char *path)
{
  for (guint i = 0; i < host->base->len; i++)
    {
      const InnerPathFact *fact = host->base->pdata[i];

      if (fact->type == INNER_FILE_DIRECTORY && inner_path_is_within (path, fact->path))
        return TRUE;
    }

  return FALSE;
}

static void
add_directory (Looking *looking, const char *path)
{
  g_autofree char *canonical = realpath (path, NULL);

  if (canonical != NULL && is_in_base_view (looking->host, canonical) &&
      !g_ptr_array_find_with_equal_func (looking->directories, canonical, g_str_equal, NULL))
    g_ptr_array_add (looking->directories, g_strdup (canonical));
}

/* Whether another command than @name leads to @target, too: by its own name, or by a link. */
static gboolean
is_shared (const Looking *looking, const char *name, const char *target)
{
  g_autofree char *own_directory = g_path_get_dirname (target);
  gboolean shared =
      g_ptr_array_find_with_equal_func (looking->directories, own_directory, g_str_equal, NULL);

  for (guint i = 0; i < looking->directories->len && !shared; i++)
    {
      g_autoptr (GDir) dir = g_dir_open (looking->directories->pdata[i], 0, NULL);
      const char *entry;

      while (dir != NULL && !shared && (entry = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *path = g_build_filename (looking->directories->pdata[i], entry, NULL);
          char resolved[PATH_MAX];
          struct stat st;

          shared = !g_str_equal (entry, name) && lstat (path, &st) == 0 && S_ISLNK (st.st_mode) &&
                   realpath (path, resolved) != NULL && g_str_equal (resolved, target);
        }
    }

  return shared;
}

static gboolean
is_known (const InnerHost *host, const char *name, const char *place)
{
  for (guint i = 0; host->commands != NULL && i < host->commands->len; i++)
    {
      const InnerCommandFact *fact = host->commands->pdata[i];

      if (g_str_equal (fact->name, name) && g_str_equal (fact->place, place))
        return TRUE;
    }

  return FALSE;
}

/* A link is followed, since nothing can be mounted on a link. Where it leads to something of another name, others
 * may need that: busybox, or the python3.11 behind python. */
static void
look_at (Looking *looking, const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autofree char *place = NULL;
  g_autofree char *base = NULL;
  struct stat st;

  /* Most are not there, and realpath() looks at every directory on its way. */
  if (stat (path, &st) < 0 || !S_ISREG (st.st_mode))
    return;
  place = realpath (path, NULL);
  if (place == NULL || stat (place, &st) < 0 || !S_ISREG (st.st_mode) ||
      !is_in_base_view (looking->host, place) || is_known (looking->host, name, place))
    return;
  base = g_path_get_basename (place);
  inner_host_add_command (looking->host, name, place,
                          !g_str_equal (base, name) && is_shared (looking, name, place) ? path
                                                                                        : NULL);
}

void
inner_host_look_at_commands (InnerHost *host,
                             InnerProfile *profile,
                             const InnerExpansion *expansion)
{
  g_autoptr (GPtrArray) names = inner_profile_shim_names (profile);
  const char *const *prepend = inner_profile_get_list (profile, INNER_KEY_ENV_PATH_PREPEND);
  Looking looking = { host, NULL };

  if (names->len == 0)
    return;
  looking.directories = g_ptr_array_new_with_free_func (g_free);
  for (const char *const *directory = system_directories; *directory != NULL; directory++)
    add_directory (&looking, *directory);
  for (; *prepend != NULL; prepend++)
    {
      g_autofree char *expanded = inner_expand (*prepend, expansion, NULL);

      if (expanded != NULL && expanded[0] == '/')
        add_directory (&looking, expanded);
    }

  for (guint i = 0; i < names->len; i++)
    for (guint j = 0; j < looking.directories->len; j++)
      look_at (&looking, looking.directories->pdata[j], names->pdata[i]);
  g_ptr_array_unref (looking.directories);
}
