/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-directories.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether root is root of the machine: in a user namespace of somebody, what belongs to the machine's root seems to
 * belong to nobody. */
static gboolean
is_root_of_the_machine (void)
{
  struct stat st;

  return geteuid () == 0 && stat ("/proc/sys/kernel", &st) == 0 && st.st_uid == 0;
}

/* Whether another user owns a directory on the way to @path, and so what is found there. */
static gboolean
is_in_the_hands_of_others (const char *path)
{
  g_autofree char *place = g_canonicalize_filename (path, "/");
  struct stat st;

  for (;;)
    {
      char *above = g_path_get_dirname (place);
      gboolean top = g_str_equal (above, place);

      if (lstat (place, &st) == 0 && st.st_uid != 0)
        {
          g_free (above);
          return TRUE;
        }
      g_free (place);
      place = above;
      if (top)
        return FALSE;
    }
}

/* As the XDG Base Directory Specification has it: what is no absolute path counts for nothing. */
static void
forget_relative_directories (void)
{
  static const char *const variables[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                           "XDG_CACHE_HOME", "XDG_RUNTIME_DIR" };

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      const char *given = g_getenv (variables[i]);

      if (given != NULL && given[0] != '/')
        g_unsetenv (variables[i]);
    }
}

/* SECURITY: root writes nothing, and obeys nothing, where somebody else can put a link or a file of theirs in the way
 * (attack 70; tests/attack/test_070_root.py, test_their_home_is_not_used). */
void
inner_use_own_directories (void)
{
  static const struct
  {
    const char *variable;
    const char *usual;
  } places[] = {
    { "XDG_CONFIG_HOME", ".config" },
    { "XDG_DATA_HOME", ".local/share" },
    { "XDG_STATE_HOME", ".local/state" },
    { "XDG_CACHE_HOME", ".cache" },
  };
  const struct passwd *entry = is_root_of_the_machine () ? getpwuid (0) : NULL;
  g_autofree char *own = entry != NULL ? g_strdup (entry->pw_dir) : NULL;
  const char *home = g_getenv ("HOME");

  forget_relative_directories ();
  for (gsize i = 0; own != NULL && i < G_N_ELEMENTS (places); i++)
    {
      const char *given = g_getenv (places[i].variable);
      g_autofree char *path =
          given != NULL ? g_strdup (given)
                        : g_build_filename (home != NULL ? home : own, places[i].usual, NULL);
      g_autofree char *usual = g_build_filename (own, places[i].usual, NULL);

      if (is_in_the_hands_of_others (path))
        g_setenv (places[i].variable, usual, TRUE);
    }
}
