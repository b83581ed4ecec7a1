/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What the user has: engines, agents, profiles, approvals, room. */

#include <errno.h>
#include <glib/gi18n.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-agents.h"
#include "inner-check-host-private.h"
#include "inner-fds.h"

/* Less than this and records are in danger. */
#define WANTED_BYTES (G_GUINT64_CONSTANT (512) * 1024 * 1024)

static InnerFinding
look_at_system_program (const char *name)
{
  g_autofree char *path = inner_find_system_program (name);
  const char *const arguments[] = { path, "--version", NULL };
  g_auto (GStrv) lines = NULL;
  g_autofree char *said = NULL;
  gboolean ok;

  if (path == NULL)
    return inner_finding (FALSE, INNER_STATUS_DEGRADED, g_strdup (_ ("not installed")));
  ok = inner_try_program (arguments, &said);
  lines = g_strsplit (said, "\n", 2);
  return inner_finding (ok, INNER_STATUS_DEGRADED, g_strdup (lines[0] != NULL ? lines[0] : path));
}

InnerFinding
inner_look_at_dbus_proxy (const InnerHostView *view)
{
  return look_at_system_program ("xdg-dbus-proxy");
}

InnerFinding
inner_look_at_git (const InnerHostView *view)
{
  return look_at_system_program ("git");
}

/* By connecting: a socket that nobody listens on is none. */
InnerFinding
inner_look_at_podman (const InnerHostView *view)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *program = inner_find_system_program ("podman");
  g_autofree char *path = NULL;
  inner_autofd fd = -1;
  InnerFinding finding;

  if (program == NULL)
    {
      static const char *const packages[INNER_N_SYSTEMS] = { "podman" };

      finding =
          inner_finding (FALSE, INNER_STATUS_DEGRADED, g_strdup (_ ("podman is not installed")));
      finding.remedy = inner_install_here (packages);
      return finding;
    }
  if (view->runtime_dir == NULL)
    return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                          g_strdup (_ ("there is no run-time directory ($XDG_RUNTIME_DIR)")));

  path = g_build_filename (view->runtime_dir, "podman", "podman.sock", NULL);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 ||
      g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
    return inner_finding (FALSE, INNER_STATUS_DEGRADED, g_strdup (path));
  if (connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    return inner_finding (TRUE, NULL, g_steal_pointer (&path));
  return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                        g_strdup_printf ("%s: %s", path, g_strerror (errno)));
}

/* Whether @path (subuid(5)) has a line for the user, by name or by number. */
static gboolean
has_range (const char *path)
{
  g_autofree char *text = inner_read_system_file (path);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  g_autofree char *number = g_strdup_printf ("%u:", getuid ());
  g_autofree char *name = g_strconcat (g_get_user_name (), ":", NULL);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, name) || g_str_has_prefix (*line, number))
      return TRUE;

  return FALSE;
}

InnerFinding
inner_look_at_subordinate (const InnerHostView *view)
{
  static const char *const programs[] = { "newuidmap", "newgidmap" };
  static const char *const files[] = { "/etc/subuid", "/etc/subgid" };
  InnerFinding finding;

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path = inner_find_system_program (programs[i]);

      if (path == NULL)
        return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                              g_strdup_printf (_ ("“%s” is missing"), programs[i]));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    if (!has_range (files[i]))
      {
        finding = inner_finding (
            FALSE, INNER_STATUS_DEGRADED,
            g_strdup_printf (_ ("“%s” has no range for “%s”"), files[i], g_get_user_name ()));
        finding.remedy = g_strdup_printf (
            _ ("as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s"),
            g_get_user_name ());
        return finding;
      }

  return inner_finding (TRUE, NULL, g_strdup_printf (_ ("“%s” has ranges"), g_get_user_name ()));
}

/* Whether the user has the program @name where agents are installed. Only looked at, never run. */
static gboolean
is_installed (const InnerHostView *view, const char *name)
{
  static const char *const places[] = { ".local/bin", ".npm-global/bin", "bin",
                                        ".bun/bin",   ".volta/bin",      ".opencode/bin" };
  g_autofree char *path = inner_find_system_program (name);

  for (gsize i = 0; path == NULL && i < G_N_ELEMENTS (places); i++)
    {
      path = g_build_filename (view->home, places[i], name, NULL);
      if (access (path, X_OK) < 0)
        g_clear_pointer (&path, g_free);
    }
  return path != NULL;
}

/* Which file of @agent is its login here: relative to the home directory, %NULL for none. */
static const char *
find_login (const InnerHostView *view, const InnerAgent *agent)
{
  for (const InnerAgentPath *row = agent->paths; row->path != NULL; row++)
    {
      g_autofree char *path = NULL;
      struct stat st;

      if (!row->login)
        continue;
      path = g_build_filename (view->home, row->path + strlen ("~/"), NULL);
      if (lstat (path, &st) == 0 && S_ISREG (st.st_mode) && st.st_size > 0)
        return row->path;
    }

  return NULL;
}

InnerFinding
inner_look_at_agents (const InnerHostView *view)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean ready = FALSE;

  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    {
      const char *login;

      if (!is_installed (view, agent->program))
        continue;
      login = find_login (view, agent);
      g_string_append (text, text->len > 0 ? "; " : "");
      if (login != NULL)
        g_string_append_printf (text, _ ("%s: login in %s"), agent->name, login);
      else
        g_string_append_printf (text, _ ("%s: no login file, %s would do"), agent->name,
                                agent->variables[0]);
      ready = ready || login != NULL;
    }

  if (text->len == 0)
    g_string_append (text, _ ("none is installed"));
  return inner_finding (ready, INNER_STATUS_DEGRADED, g_strdup (text->str));
}

InnerFinding
inner_look_at_profiles (const InnerHostView *view)
{
  g_autofree char *count = g_strdup_printf (
      g_dngettext (NULL, "%u profile", "%u profiles", view->n_profiles), view->n_profiles);

  if (view->n_profiles == 0)
    return inner_finding (FALSE, INNER_STATUS_MISSING, g_steal_pointer (&count));
  if (view->faults->len == 0)
    return inner_finding (TRUE, NULL, g_strdup_printf (_ ("%s without a mistake"), count));
  return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                        g_strdup_printf (_ ("%s, %u mistakes; the first one: %s"), count,
                                         view->faults->len,
                                         (const char *) g_ptr_array_index (view->faults, 0)));
}

InnerFinding
inner_look_at_trust (const InnerHostView *view)
{
  g_autofree char *path = g_build_filename (g_get_user_data_dir (), "inner", "trust", NULL);
  g_autoptr (GDir) directory = NULL;
  struct stat st;
  guint n = 0;

  if (lstat (path, &st) < 0)
    return inner_finding (
        errno == ENOENT, INNER_STATUS_DEGRADED,
        g_strdup (errno == ENOENT ? _ ("nothing is approved") : g_strerror (errno)));
  if (!S_ISDIR (st.st_mode) || st.st_uid != getuid () || (st.st_mode & 022) != 0)
    return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                          g_strdup_printf (_ ("“%s” could be written by others"), path));

  directory = g_dir_open (path, 0, NULL);
  while (directory != NULL && g_dir_read_name (directory) != NULL)
    n++;
  return inner_finding (
      directory != NULL, INNER_STATUS_DEGRADED,
      g_strdup_printf (g_dngettext (NULL, "%u approved document", "%u approved documents", n), n));
}

InnerFinding
inner_look_at_disk (const InnerHostView *view)
{
  g_autofree char *path = g_build_filename (g_get_user_state_dir (), "inner", NULL);
  g_autofree char *size = NULL;
  struct statvfs fs;
  guint64 room;

  /* The directory is made by the first run: the nearest one that is there tells the same. */
  while (statvfs (path, &fs) < 0)
    {
      char *parent;

      if (errno != ENOENT || g_str_equal (path, "/"))
        return inner_finding (FALSE, INNER_STATUS_DEGRADED,
                              g_strdup_printf ("%s: %s", path, g_strerror (errno)));
      parent = g_path_get_dirname (path);
      g_free (path);
      path = parent;
    }
  room = (guint64) fs.f_bavail * fs.f_frsize;
  size = g_format_size_full (room, G_FORMAT_SIZE_IEC_UNITS);
  return inner_finding (room >= WANTED_BYTES, INNER_STATUS_DEGRADED,
                        g_strdup_printf (_ ("%s are free for “%s”"), size, path));
}
