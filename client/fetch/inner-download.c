/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-download.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>

#include "inner-error.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-url.h"

#define CHUNK (16 * 1024)
#define LOOK_MS 50

typedef struct
{
  GMainLoop *loop;
  SoupSession *session;
  GUri *uri; /* where we are now */
  SoupMessage *message;
  GInputStream *stream;
  GByteArray *body;
  guint redirects;
  gint64 end; /* of all; both in the microseconds of the monotonic clock */
  gint64 last_progress;
  const InnerDownloadOptions *options;
  guint look; /* the source that does */
  GError *error;
} Download;

static void
download_clear (Download *download)
{
  g_clear_handle_id (&download->look, g_source_remove);
  g_clear_object (&download->stream);
  g_clear_object (&download->message);
  g_clear_object (&download->session);
  g_clear_pointer (&download->uri, g_uri_unref);
  g_byte_array_unref (download->body);
  g_main_loop_unref (download->loop);
  g_clear_error (&download->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Download, download_clear)

/* Ends it with the reason why; the first one counts. */
G_GNUC_PRINTF (2, 3)
static void
fail (Download *download, const char *format, ...)
{
  g_autofree char *shown = inner_url_to_show (download->uri);
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (download->error == NULL)
    g_set_error (&download->error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND,
                 _ ("Cannot download “%s”: %s"), shown, reason);
  g_main_loop_quit (download->loop);
}

/* SECURITY: clocks of our own, because a server that sends a byte now and then, or a header without end,
 * keeps every clock of the library quiet (attack 96; tests/bus/test_fetch.py, test_slow_server). */
static gboolean
on_look (gpointer data)
{
  Download *download = data;
  const InnerDownloadOptions *options = download->options;
  gint64 now = g_get_monotonic_time ();

  if (now >= download->end)
    fail (download, _ ("it was not complete after %u seconds; try again later"), options->seconds);
  else if (now >= download->last_progress + options->silent_seconds * G_USEC_PER_SEC)
    fail (download, _ ("nothing came for %u seconds; check the network and try again later"),
          options->silent_seconds);
  return G_SOURCE_CONTINUE;
}

static void
note_progress (Download *download)
{
  download->last_progress = g_get_monotonic_time ();
}

/* SECURITY: libsoup takes the end of the connection for that of a document, also where the last chunk is
 * missing, and lets a connection end in any way. Only with this does TLS tell an end that the server meant from
 * one that somebody on the way made, to leave out the last lines (attack 95; tests/bus/test_fetch.py,
 * test_cut_short). */
static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *line, gpointer data)
{
  note_progress (data);
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING && G_IS_TLS_CONNECTION (line))
    g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (line), TRUE);
}

/* What is wrong with the certificate, the worst first. */
static const char *
certificate_problem (GTlsCertificateFlags flags)
{
  static const struct
  {
    GTlsCertificateFlags flag;
    const char *sentence;
  } problems[] = {
    { G_TLS_CERTIFICATE_REVOKED, N_ ("the server's certificate was revoked; do not use it") },
    { G_TLS_CERTIFICATE_BAD_IDENTITY,
      N_ ("the server's certificate is for another host; correct the address") },
    { G_TLS_CERTIFICATE_EXPIRED, N_ ("the server's certificate has expired; look at the clock of "
                                     "this machine, or tell whoever "
                                     "runs the server") },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED,
      N_ ("the server's certificate is not valid yet; look at the clock of this machine") },
    { G_TLS_CERTIFICATE_INSECURE,
      N_ ("the server's certificate is too weak; tell whoever runs the server") },
    { G_TLS_CERTIFICATE_UNKNOWN_CA,
      N_ ("nobody that is trusted here vouches for the server's certificate; if you know who does, "
          "give their certificate with “--ca-file”") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (problems); i++)
    if (flags & problems[i].flag)
      return _ (problems[i].sentence);
  return _ ("the server's certificate is not in order; tell whoever runs the server");
}

static void
fail_with (Download *download, const GError *error)
{
  GTlsCertificateFlags flags = soup_message_get_tls_peer_certificate_errors (download->message);
  g_autofree char *shown = inner_escape_for_display (error->message);

  if (flags != G_TLS_CERTIFICATE_NO_FLAGS)
    fail (download, "%s", certificate_problem (flags));
  else if (download->stream != NULL)
    fail (download, _ ("it ended too early (%s); try again later"), shown);
  else
    fail (download, _ ("%s; check the address and the network"), shown);
}

static void
fail_size (Download *download)
{
  fail (download, _ ("it is larger than %d KiB, so it is no profile; check the address"),
        INNER_DOCUMENT_MAX_BYTES / 1024);
}

static void read_on (Download *download);

/* SECURITY: what is counted is what came, whatever the server announced (attack 96;
 * tests/bus/test_fetch.py, test_too_much). */
static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Download *download = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) chunk =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);

  if (chunk == NULL)
    {
      fail_with (download, error);
      return;
    }
  if (g_bytes_get_size (chunk) == 0)
    {
      g_main_loop_quit (download->loop);
      return;
    }

  note_progress (download);
  g_byte_array_append (download->body, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk));
  if (download->body->len > INNER_DOCUMENT_MAX_BYTES)
    fail_size (download);
  else
    read_on (download);
}

static void
read_on (Download *download)
{
  g_input_stream_read_bytes_async (download->stream, CHUNK, G_PRIORITY_DEFAULT, NULL, on_read,
                                   download);
}

/* Whether HTTP says where the document ends. Before HTTP/2, one that ends with the connection may have been
 * cut by anybody on the way. */
static gboolean
has_an_end (SoupMessage *message)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  return soup_message_get_http_version (message) > SOUP_HTTP_1_1 ||
         soup_message_headers_get_encoding (headers) != SOUP_ENCODING_EOF;
}

static void
take_document (Download *download)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (download->message);
  const char *encoding = soup_message_headers_get_list (headers, "Content-Encoding");

  /* We asked for none and undo none: a digest is one of the bytes that were sent, and a small packet can
   * unfold to a huge document. */
  if (encoding != NULL && g_ascii_strcasecmp (encoding, "identity") != 0)
    fail (download,
          _ ("the server sends the document compressed, without having been asked to; download it "
             "in another way and give the file"));
  else if (soup_message_headers_get_content_length (headers) > INNER_DOCUMENT_MAX_BYTES)
    fail_size (download);
  else if (!has_an_end (download->message))
    fail (download,
          _ ("the server does not say where the document ends, so it may have been cut short; "
             "download it in another way and give the file"));
  else
    read_on (download);
}

static gboolean
is_redirect (guint status)
{
  switch (status)
    {
    case SOUP_STATUS_MOVED_PERMANENTLY:
    case SOUP_STATUS_FOUND:
    case SOUP_STATUS_SEE_OTHER:
    case SOUP_STATUS_TEMPORARY_REDIRECT:
    case SOUP_STATUS_PERMANENT_REDIRECT:
      return TRUE;
    default:
      return FALSE;
    }
}

static void send_request (Download *download);

static void
follow (Download *download)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (download->message);
  const char *location = soup_message_headers_get_one (headers, "Location");
  g_autoptr (GError) error = NULL;
  GUri *target;

  if (location == NULL)
    {
      fail (download, _ ("the server says that it is elsewhere, and not where; check the address"));
      return;
    }
  if (++download->redirects > INNER_DOWNLOAD_REDIRECTS)
    {
      fail (download, _ ("one address leads to the next, more than %d times; check the address"),
            INNER_DOWNLOAD_REDIRECTS);
      return;
    }
  target = inner_url_parse (download->uri, location, &error);
  if (target == NULL)
    {
      fail (download, _ ("the server sends us on to %s"), error->message);
      return;
    }

  g_uri_unref (download->uri);
  download->uri = target;
  send_request (download);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  Download *download = data;
  g_autoptr (GError) error = NULL;
  guint status;

  download->stream = soup_session_send_finish (download->session, result, &error);
  if (download->stream == NULL)
    {
      fail_with (download, error);
      return;
    }

  note_progress (download);
  status = soup_message_get_status (download->message);
  if (is_redirect (status))
    follow (download);
  else if (status == SOUP_STATUS_OK)
    take_document (download);
  else
    fail (download, _ ("the server answered “%u %s”; check the address"), status,
          soup_status_get_phrase (status));
}

static void
send_request (Download *download)
{
  g_clear_object (&download->stream);
  g_clear_object (&download->message);
  download->message = soup_message_new_from_uri (SOUP_METHOD_GET, download->uri);
  soup_message_add_flags (download->message, SOUP_MESSAGE_NO_REDIRECT);
  g_signal_connect (download->message, "network-event", G_CALLBACK (on_network_event), download);
  soup_session_send_async (download->session, download->message, G_PRIORITY_DEFAULT, NULL, on_sent,
                           download);
}

/* A session of libsoup has no cookies and no cache unless they are added, and sends no Referer. Certificates are
 * checked unless somebody asks not to, and nobody does.
 *
 * SECURITY: nobody gets a password, not even a proxy that has one in http_proxy: libsoup 3.2 sends that on to
 * the server (attack 95; tests/bus/test_fetch.py, test_proxy_with_a_password). */
static SoupSession *
session_new (const InnerDownloadOptions *options, GError **error)
{
  g_autoptr (SoupSession) session = soup_session_new_with_options ("user-agent", "inner", NULL);
  g_autoptr (GTlsDatabase) trusted = NULL;
  g_autoptr (GError) reason = NULL;
  g_autofree char *shown = NULL;

  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  if (options->ca_file == NULL)
    return g_steal_pointer (&session);

  trusted = g_tls_file_database_new (options->ca_file, &reason);
  if (trusted != NULL)
    {
      soup_session_set_tls_database (session, trusted);
      return g_steal_pointer (&session);
    }
  shown = inner_escape_for_display (options->ca_file);
  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("“%s” cannot be used as certificates: %s; give a file in PEM format"), shown,
               reason->message);
  return NULL;
}

GBytes *
inner_download (const char *url, const InnerDownloadOptions *options, GError **error)
{
  g_auto (Download) download = { .loop = g_main_loop_new (NULL, FALSE),
                                 .body = g_byte_array_new (),
                                 .options = options };

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                           _ ("GLib cannot speak TLS on this machine; install the package "
                              "glib-networking"));
      return NULL;
    }
  download.uri = inner_url_parse (NULL, url, error);
  download.session = download.uri != NULL ? session_new (options, error) : NULL;
  if (download.session == NULL)
    return NULL;

  note_progress (&download);
  download.end = download.last_progress + options->seconds * G_USEC_PER_SEC;
  download.look = g_timeout_add (LOOK_MS, on_look, &download);
  send_request (&download);
  g_main_loop_run (download.loop);
  if (download.error == NULL)
    return g_bytes_new (download.body->data, download.body->len);

  g_propagate_error (error, g_steal_pointer (&download.error));
  return NULL;
}
