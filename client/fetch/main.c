/* SPDX-License-Identifier: Apache-2.0 */

/* Downloads one document over https and writes it to stdout, or says in one sentence on stderr why not. It is a
 * program of its own, and not a part of innerctl, because innerctl would have to load libsoup and TLS each time
 * it starts, which takes longer than the start of a sandbox; and because what reads from strangers need not be
 * the process that holds the person's terminal and line to the service. */

#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "inner-download.h"
#include "inner-error.h"

/* If even our own clock stands still. */
#define PATIENCE 5

typedef struct
{
  char *ca_file;
  char **urls;
  int seconds;
  int silent_seconds;
} Words;

static void
words_clear (Words *words)
{
  g_free (words->ca_file);
  g_strfreev (words->urls);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Words, words_clear)

static gboolean
parse (int argc, char **argv, Words *words, GError **error)
{
  const GOptionEntry entries[] = {
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &words->ca_file,
      N_ ("Trust these certificates, in PEM, and no others"), N_ ("FILE") },
    { "timeout", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &words->seconds, NULL, NULL },
    { "silence", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &words->silent_seconds, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words->urls, NULL, N_ ("URL") },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _ ("Downloads a document over https."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;

  if (words->urls != NULL && words->urls[1] == NULL)
    return TRUE;
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("Give one address; see “--help”"));
  return FALSE;
}

static gboolean
write_all (GBytes *document, GError **error)
{
  gsize length;
  const void *data = g_bytes_get_data (document, &length);

  if (length == 0 || (fwrite (data, length, 1, stdout) == 1 && fflush (stdout) == 0))
    return TRUE;
  g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
               _ ("Cannot write the document: %s; try again"), g_strerror (errno));
  return FALSE;
}

static gboolean
fetch (int argc, char **argv, GError **error)
{
  g_auto (Words) words = { .seconds = INNER_DOWNLOAD_SECONDS,
                           .silent_seconds = INNER_DOWNLOAD_SILENT_SECONDS };
  g_autoptr (GBytes) document = NULL;
  InnerDownloadOptions options;

  if (!parse (argc, argv, &words, error))
    return FALSE;

  /* Tests may be less patient than we are; nobody may be more. */
  options.seconds = CLAMP (words.seconds, 1, INNER_DOWNLOAD_SECONDS);
  options.silent_seconds = CLAMP (words.silent_seconds, 1, INNER_DOWNLOAD_SILENT_SECONDS);
  options.ca_file = words.ca_file;
  document = inner_download (words.urls[0], &options, error);
  return document != NULL && write_all (document, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  alarm (INNER_DOWNLOAD_SECONDS + PATIENCE);
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, INNER_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (fetch (argc, argv, &error))
    return 0;
  fprintf (stderr, "%s\n", error->message);
  return 1;
}
