/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-editor.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-error.h"

/* The order of git and sudoedit: VISUAL is the full-screen one. */
static const char *const variables[] = { "VISUAL", "EDITOR" };

/* The words of the editor with @path behind them, for exec(). @variable becomes where they come from, for
 * people. */
static char **
editor_words (const char *path, const char **variable, GError **error)
{
  const char *text = "vi";
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) words = NULL;
  int n = 0;

  *variable = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (variables) && *variable == NULL; i++)
    {
      const char *value = g_getenv (variables[i]);

      if (value != NULL && value[0] != '\0')
        {
          *variable = variables[i];
          text = value;
        }
    }
  if (!g_shell_parse_argv (text, &n, &words, &reason))
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("The variable %s cannot be split into words (%s); give it a command such as "
                      "“nano”"),
                   *variable, reason->message);
      return NULL;
    }

  words = g_renew (char *, words, n + 2);
  words[n] = g_strdup (path);
  words[n + 1] = NULL;
  return g_steal_pointer (&words);
}

/* With ctrl-C and ctrl-\ as the editor would find them: we ignore them while it runs. */
static int
spawn_editor (char **words, pid_t *pid)
{
  posix_spawnattr_t attributes;
  sigset_t normal;
  int result;

  sigemptyset (&normal);
  sigaddset (&normal, SIGINT);
  sigaddset (&normal, SIGQUIT);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setsigdefault (&attributes, &normal);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGDEF);
  result = posix_spawnp (pid, words[0], NULL, &attributes, words, environ);
  posix_spawnattr_destroy (&attributes);
  return result;
}

/* Gives 0 and *@status, or an errno. The keys that interrupt belong to the editor while it runs, as they do
 * in system(3). */
static int
run_editor (char **words, int *status)
{
  const struct sigaction ignore = { .sa_handler = SIG_IGN };
  struct sigaction old_interrupt;
  struct sigaction old_quit;
  pid_t pid = 0;
  pid_t ended = 0;
  int result;

  sigaction (SIGINT, &ignore, &old_interrupt);
  sigaction (SIGQUIT, &ignore, &old_quit);
  result = spawn_editor (words, &pid);
  if (result == 0)
    {
      do
        ended = waitpid (pid, status, 0);
      while (ended < 0 && errno == EINTR);
      result = ended < 0 ? errno : 0;
    }
  sigaction (SIGINT, &old_interrupt, NULL);
  sigaction (SIGQUIT, &old_quit, NULL);
  return result;
}

gboolean
inner_edit_file (const char *path, GError **error)
{
  const char *variable;
  g_auto (GStrv) words = editor_words (path, &variable, error);
  g_autoptr (GError) reason = NULL;
  int status = 0;
  int result;

  if (words == NULL)
    return FALSE;
  result = run_editor (words, &status);
  if (result != 0 && variable == NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                 _ ("Cannot start the editor “%s”: %s; name another one in the variable EDITOR"),
                 words[0], g_strerror (result));
  else if (result != 0)
    g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                 _ ("Cannot start the editor “%s”: %s; correct the variable %s"), words[0],
                 g_strerror (result), variable);
  else if (!g_spawn_check_wait_status (status, &reason))
    g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                 _ ("The editor “%s” failed: %s; nothing was taken from it"), words[0],
                 reason->message);
  else
    return TRUE;

  return FALSE;
}
