/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Where the rows of the sensitive table are on this machine. Every plan asks for all of them several times, and they
 * change with the home directory and the run-time directory only, so they are remembered.
 */

#include "inner-sensitive.h"

#include <string.h>
#include <unistd.h>

/* What the table is for one home directory and one run-time directory; kept until the process ends. */
typedef struct
{
  char *home;
  char *runtime_dir;
  char **paths; /* in the order of the table; %NULL: there is none */
} Places;

/* GLib keeps a leading double slash, because POSIX lets it mean something; on Linux it does not. */
char *
inner_sensitive_canonicalize (const char *path)
{
  g_autofree char *canonical = g_canonicalize_filename (path, "/");

  return g_strdup (canonical + (g_str_has_prefix (canonical, "//") ? 1 : 0));
}

/* The directory that the path of a row begins with; %NULL where there is none. */
static const char *
beginning (const char *path, const char *home, const char *runtime_dir)
{
  if (path[0] == '~')
    return home;

  switch (path[1])
    {
    case 'c':
      return g_get_user_config_dir ();
    case 'd':
      return g_get_user_data_dir ();
    case 'k':
      return g_get_user_cache_dir ();
    case 's':
      return g_get_user_state_dir ();
    default:
      return runtime_dir;
    }
}

char *
inner_sensitive_expand (const InnerSensitive *thing, const char *home, const char *runtime_dir)
{
  const char *path = thing->path;
  g_autofree char *full = NULL;

  if (path[0] == '/' && g_str_has_suffix (path, "%u"))
    full = g_strdup_printf ("%.*s%u", (int) strlen (path) - 2, path, getuid ());
  else if (path[0] == '/')
    full = g_strdup (path);
  else if (beginning (path, home, runtime_dir) != NULL)
    full = g_build_filename (beginning (path, home, runtime_dir), path + (path[0] == '~' ? 1 : 2),
                             NULL);

  return full != NULL ? inner_sensitive_canonicalize (full) : NULL;
}

static Places *
places_new (const char *home, const char *runtime_dir)
{
  Places *places = g_new0 (Places, 1);
  guint n = 0;

  while (inner_sensitive_things[n].key != NULL)
    n++;
  places->home = g_strdup (home);
  places->runtime_dir = g_strdup (runtime_dir);
  places->paths = g_new0 (char *, n);
  for (guint i = 0; i < n; i++)
    places->paths[i] = inner_sensitive_expand (&inner_sensitive_things[i], home, runtime_dir);
  return places;
}

const char *
inner_sensitive_path (const InnerSensitive *thing, const char *home, const char *runtime_dir)
{
  static GMutex mutex;
  static GPtrArray *known = NULL;
  const Places *places = NULL;
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (known == NULL)
    known = g_ptr_array_new ();
  for (guint i = 0; i < known->len && places == NULL; i++)
    {
      const Places *one = known->pdata[i];

      if (g_strcmp0 (one->home, home) == 0 && g_strcmp0 (one->runtime_dir, runtime_dir) == 0)
        places = one;
    }
  if (places == NULL)
    {
      places = places_new (home, runtime_dir);
      g_ptr_array_add (known, (gpointer) places);
    }
  return places->paths[thing - inner_sensitive_things];
}
