/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-fetch-client.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-names.h"
#include "inner-options.h"

#define FETCH INNER_LIBEXECDIR "/inner-fetch"
#define MAX_SENTENCE 8192

/* SECURITY: what decides how it is downloaded is nothing that somebody planted in the environment, such as a
 * library or a module to load, but for the proxy, which is the person's (attack 30;
 * tests/bus/test_fetch.py, test_environment). Without the settings of the desktop nothing looks for a session
 * bus either, which may start a program. */
static void
set_environment (GSubprocessLauncher *launcher)
{
  static const char *const names[] = {
    "LANG",        "LANGUAGE",  "LC_ALL",       "LC_CTYPE",      "LC_MESSAGES",  "http_proxy",
    "https_proxy", "all_proxy", "no_proxy",     "HTTP_PROXY",    "HTTPS_PROXY",  "ALL_PROXY",
    "NO_PROXY",    "G_DEBUG",   "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
  };
  g_auto (GStrv) environment = g_environ_setenv (NULL, "GSETTINGS_BACKEND", "memory", TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]) != NULL)
      environment = g_environ_setenv (environment, names[i], g_getenv (names[i]), TRUE);
  g_subprocess_launcher_set_environ (launcher, environment);
}

static GSubprocess *
start (const char *url, const char *ca_file, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autofree char *option = g_strdup_printf ("--ca-file=%s", ca_file != NULL ? ca_file : "");
  const char *with_ca_file[] = { FETCH, option, "--", url, NULL };
  const char *without[] = { FETCH, "--", url, NULL };
  g_autoptr (GError) reason = NULL;
  GSubprocess *process;

  set_environment (launcher);
  process =
      g_subprocess_launcher_spawnv (launcher, ca_file != NULL ? with_ca_file : without, &reason);
  if (process == NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                 _ ("Cannot start “%s”: %s; install the package again"), FETCH, reason->message);
  return process;
}

/* Everything up to the end, or one byte more than @max. */
static GBytes *
read_up_to (GInputStream *stream, gsize max, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (max + 1);
  gsize length;

  if (!g_input_stream_read_all (stream, buffer, max + 1, &length, NULL, error))
    return NULL;
  return g_bytes_new (buffer, length);
}

static char *
sentence_of (GBytes *said)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (said, NULL), g_bytes_get_size (said));
  char *valid = g_utf8_make_valid (text, -1);

  g_strchomp (valid);
  return valid;
}

static void
fail (GError **error, GBytes *said)
{
  g_autofree char *sentence = sentence_of (said);

  if (sentence[0] == '\0')
    g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
                 _ ("“%s” ended without a word; try again"), FETCH);
  else
    g_set_error_literal (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND, sentence);
}

/* First the document, then the sentence: only one of the two is longer than a pipe can hold. */
GBytes *
inner_fetch (const char *url, const char *ca_file, GError **error)
{
  g_autoptr (GSubprocess) process = start (url, ca_file, error);
  g_autoptr (GBytes) document = NULL;
  g_autoptr (GBytes) said = NULL;

  if (process == NULL)
    return NULL;
  document = read_up_to (g_subprocess_get_stdout_pipe (process), INNER_DOCUMENT_MAX_BYTES, error);
  if (document == NULL || g_bytes_get_size (document) > INNER_DOCUMENT_MAX_BYTES)
    g_subprocess_force_exit (process);
  if (document != NULL)
    said = read_up_to (g_subprocess_get_stderr_pipe (process), MAX_SENTENCE, error);
  if (said == NULL || !g_subprocess_wait (process, NULL, error))
    return NULL;

  if (g_subprocess_get_successful (process))
    return g_steal_pointer (&document);
  fail (error, said);
  return NULL;
}

char *
inner_digest_of (GBytes *document)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, document);
}

/* SECURITY: the digest is that of the very bytes that are used afterwards (attack 109;
 * tests/bus/test_fetch.py, test_another_digest). */
gboolean
inner_check_digest (GBytes *document, const char *source, const char *digest, GError **error)
{
  g_autofree char *found = inner_digest_of (document);
  g_autofree char *shown = NULL;

  if (digest == NULL || g_str_equal (found, digest))
    return TRUE;
  shown = inner_escape_for_display (source);
  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
               _ ("“%s” has the SHA-256 %s, not %s; it is another document than the one you meant: "
                  "ask whoever gave you the digest"),
               shown, found, digest);
  return FALSE;
}
