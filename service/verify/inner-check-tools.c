/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What the looks of the doctor share: programs, files, and how this system installs packages. */

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-check-host-private.h"
#include "inner-fds.h"

#define PROGRAM_SECONDS 2
#define MAX_SAID 4096
#define MAX_FILE 65536

InnerFinding
inner_finding (gboolean ok, const char *otherwise, char *detail)
{
  return (InnerFinding){ ok ? INNER_STATUS_OK : otherwise, detail, NULL };
}

/* Reads until the other end is closed, or the time is over (FALSE). */
static gboolean
read_all (int fd, GString *text, gint64 deadline)
{
  while (TRUE)
    {
      gint64 left = deadline - g_get_monotonic_time ();
      struct pollfd item = { .fd = fd, .events = POLLIN };
      char buffer[1024];
      gssize n;

      if (left <= 0 || poll (&item, 1, left / 1000 + 1) < 0)
        return FALSE;
      if (item.revents == 0)
        continue;
      n = read (fd, buffer, sizeof buffer);
      if (n <= 0)
        return n == 0;
      if (text->len < MAX_SAID)
        g_string_append_len (text, buffer, n);
    }
}

/* Both streams go into one pipe: whoever fails says why on one, whoever works says it on the other. */
gboolean
inner_try_program (const char *const *arguments, char **said)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  inner_autofd reader = -1;
  inner_autofd writer = -1;
  int ends[2];
  gboolean in_time;
  int status = -1;
  GPid pid;

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, &error))
    {
      *said = g_strdup (error->message);
      return FALSE;
    }
  reader = ends[0];
  writer = ends[1];
  if (!g_spawn_async_with_fds ("/", (char **) arguments, (char *[]){ NULL },
                               G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, -1, writer, writer,
                               &error))
    {
      *said = g_strdup (error->message);
      return FALSE;
    }

  inner_clear_fd (&writer);
  in_time = read_all (reader, text, g_get_monotonic_time () + PROGRAM_SECONDS * G_USEC_PER_SEC);
  if (!in_time)
    kill (pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  g_strchomp (text->str);
  *said = in_time ? g_strdup (text->str)
                  : g_strdup_printf (_ ("“%s” did not answer within %d seconds"), arguments[0],
                                     PROGRAM_SECONDS);
  return in_time && g_spawn_check_wait_status (status, NULL);
}

/* SECURITY: only where root installs programs; a directory of the caller's could hold one that an agent planted
 * (attack 31; tests/unit/test-check-host.c). */
char *
inner_find_system_program (const char *name)
{
  static const char *const directories[] = { "/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin",
                                             "/sbin" };

  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = g_build_filename (directories[i], name, NULL);

      if (access (path, X_OK) == 0)
        return g_steal_pointer (&path);
    }

  return NULL;
}

char *
inner_read_system_file (const char *path)
{
  char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, NULL))
    return NULL;
  if (length > MAX_FILE || !g_utf8_validate (text, length, NULL))
    {
      g_free (text);
      return NULL;
    }
  return g_strchomp (text);
}

/* The word behind @key in /etc/os-release (os-release(5)), without quotes. (transfer full) */
static char *
release_word (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, key) && (*line)[strlen (key)] == '=')
      return g_strdup (g_strdelimit (*line + strlen (key) + 1, "\"'", ' '));

  return g_strdup ("");
}

InnerSystem
inner_system_of (const char *text)
{
  static const struct
  {
    const char *word;
    InnerSystem system;
  } words[] = { { "ubuntu", INNER_SYSTEM_UBUNTU },
                { "debian", INNER_SYSTEM_DEBIAN },
                { "fedora", INNER_SYSTEM_FEDORA },
                { "rhel", INNER_SYSTEM_FEDORA },
                { "arch", INNER_SYSTEM_ARCH } };
  static const char *const keys[] = { "ID", "ID_LIKE" };

  for (gsize k = 0; text != NULL && k < G_N_ELEMENTS (keys); k++)
    {
      g_autofree char *value = release_word (text, keys[k]);
      g_auto (GStrv) found = g_strsplit (value, " ", -1);

      for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
        if (g_strv_contains ((const char *const *) found, words[i].word))
          return words[i].system;
    }

  return INNER_SYSTEM_OTHER;
}

char *
inner_install_command (InnerSystem system, const char *const packages[INNER_N_SYSTEMS])
{
  static const char *const commands[INNER_N_SYSTEMS] = { "apt install", "apt install",
                                                         "dnf install", "pacman -S" };
  g_autoptr (GString) text = g_string_new (NULL);

  for (InnerSystem one = 0; one < INNER_N_SYSTEMS; one++)
    {
      const char *package = packages[one] != NULL ? packages[one] : packages[INNER_SYSTEM_DEBIAN];

      if (system == one)
        return g_strdup_printf (_ ("as root: %s %s"), commands[one], package);
      /* Ubuntu's is Debian's. */
      if (one != INNER_SYSTEM_UBUNTU)
        g_string_append_printf (text, "%s%s %s", text->len > 0 ? ", " : "", commands[one], package);
    }

  return g_strdup_printf (_ ("as root, one of: %s"), text->str);
}

char *
inner_install_here (const char *const packages[INNER_N_SYSTEMS])
{
  g_autofree char *release = inner_read_system_file ("/etc/os-release");

  return inner_install_command (inner_system_of (release), packages);
}
