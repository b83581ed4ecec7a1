/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-record.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-fds.h"

#define MAX_TRIES 300
#define PATIENCE_US (G_USEC_PER_SEC / 10)

static pid_t pager;

int
inner_record_open (InnerConnection *connection, const char *id, const char *part, GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_sync (
      connection->bus, connection->destination, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX,
      "OpenRun", g_variant_new ("(ss)", id, part), G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NONE,
      -1, NULL, &fds, NULL, error);
  gint32 handle = -1;

  if (reply == NULL)
    return -1;
  g_variant_get (reply, "(h)", &handle);
  return inner_fds_dup_handle (fds, handle, part, error);
}

/* Who looks at many records is told to wait a little, and does. */
GVariant *
inner_record_get (InnerConnection *connection, const char *id, GError **error)
{
  for (guint i = 0;; i++)
    {
      g_autoptr (GError) reason = NULL;
      g_autoptr (GVariant) reply =
          inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "GetRun",
                      g_variant_new ("(s)", id), "(a{sv})", NULL, &reason);

      if (reply != NULL)
        return g_variant_get_child_value (reply, 0);
      if (i >= MAX_TRIES || !g_error_matches (reason, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED))
        {
          g_propagate_error (error, g_steal_pointer (&reason));
          return NULL;
        }
      g_usleep (PATIENCE_US);
    }
}

/* Cuts what stands between @begin and @end out of *@at, and goes on behind it; %NULL if it is not there. */
static char *
cut (char **at, const char *begin, const char *end)
{
  char *start = *at;
  char *stop;

  if (!g_str_has_prefix (start, begin))
    return NULL;
  start += strlen (begin);
  stop = strstr (start, end);
  if (stop == NULL)
    return NULL;
  *stop = '\0';
  *at = stop + strlen (end);
  return start;
}

/* The members stand in the order in which service/journal/inner-journal.c writes them. */
gboolean
inner_record_event (char *line, InnerRecordEvent *event)
{
  char *at = line;
  char *tail = g_strrstr (line, "\"previous\": \"");

  if (tail == NULL)
    return FALSE;
  event->time = cut (&at, "{\"time\": \"", "\", ");
  event->event = event->time != NULL ? cut (&at, "\"event\": \"", "\", ") : NULL;
  if (event->event == NULL || at > tail)
    return FALSE;
  *tail = '\0';
  if (tail > at)
    tail[-2] = '\0'; /* the comma */
  event->values = at;
  return TRUE;
}

static char **
choose_pager (void)
{
  static const char *const variables[] = { "INNER_PAGER", "PAGER" };
  g_autofree char *less = NULL;
  char **words = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      const char *text = g_getenv (variables[i]);

      if (text != NULL && g_shell_parse_argv (text, NULL, &words, NULL))
        return words;
      /* An empty one, or "cat", is the usual way to say none. */
      if (text != NULL)
        return NULL;
    }
  less = g_find_program_in_path ("less");
  return less != NULL ? g_strsplit ("less -FRX", " ", -1) : NULL;
}

void
inner_pager_begin (void)
{
  g_auto (GStrv) words = isatty (STDOUT_FILENO) ? choose_pager () : NULL;
  int ends[2];

  if (words == NULL || pipe (ends) < 0)
    return;
  fflush (stdout);
  pager = fork ();
  if (pager == 0)
    {
      dup2 (ends[0], STDIN_FILENO);
      close (ends[0]);
      close (ends[1]);
      execvp (words[0], words);
      /* Without it nothing would be seen. */
      execlp ("cat", "cat", NULL);
      _exit (127);
    }
  if (pager > 0)
    dup2 (ends[1], STDOUT_FILENO);
  close (ends[0]);
  close (ends[1]);
}

void
inner_pager_end (void)
{
  if (pager <= 0)
    return;
  fflush (stdout);
  close (STDOUT_FILENO);
  while (waitpid (pager, NULL, 0) < 0 && errno == EINTR)
    ;
  pager = 0;
}
