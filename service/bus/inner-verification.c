/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-verification.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-verify-document.h"
#include "inner-verify.h"

/* The slowest checks wait five seconds. */
#define TIMEOUT_SECONDS 60

#define OPTION_DOCUMENT "document"

struct _InnerVerification
{
  InnerDBusSandbox *skeleton;
  GDBusMethodInvocation *invocation;
  GPtrArray *checks;
  char *format; /* (nullable): of the document in the answer */
  char *profile;
  char *profile_path;
  InnerVerifyBait bait;
  int listener;
  int abstract_listener;
  int answers; /* what the probe writes */
};

GVariant *
inner_verification_split (GVariant *options, char **format, GError **error)
{
  static const InnerOption own[] = {
    { OPTION_DOCUMENT, "s", inner_verify_check_format },
    { NULL, NULL, NULL },
  };
  g_autoptr (GVariant) value = g_variant_lookup_value (options, OPTION_DOCUMENT, NULL);
  g_autoptr (GVariantDict) checked = NULL;
  g_autoptr (GVariant) alone = NULL;
  GVariantDict rest;

  *format = NULL;
  if (value == NULL)
    return g_variant_ref (options);
  alone = g_variant_ref_sink (g_variant_new_parsed ("{%s: %v}", OPTION_DOCUMENT, value));
  checked = inner_options_check (alone, own, error);
  if (checked == NULL)
    return NULL;
  *format = g_variant_dup_string (value, NULL);
  g_variant_dict_init (&rest, options);
  g_variant_dict_remove (&rest, OPTION_DOCUMENT);
  return g_variant_ref_sink (g_variant_dict_end (&rest));
}

void
inner_verification_change (InnerRequest *request)
{
  static char *const none[] = { NULL };

  g_free (request->entrypoint);
  request->entrypoint = g_strdup (INNER_INSIDE_PROBE);
  g_strfreev (request->arguments);
  request->arguments = g_strdupv ((char **) none);
  request->interactive = INNER_CHOICE_NO;
  request->detach = FALSE;
  g_clear_pointer (&request->name, g_free);
  g_clear_pointer (&request->id, g_free);
  request->has_timeout = TRUE;
  request->timeout = TIMEOUT_SECONDS;
  request->probe = TRUE;
}

void
inner_verification_free (InnerVerification *verification)
{
  g_clear_pointer (&verification->checks, g_ptr_array_unref);
  g_clear_object (&verification->skeleton);
  inner_clear_fd (&verification->listener);
  inner_clear_fd (&verification->abstract_listener);
  inner_clear_fd (&verification->answers);
  g_free (verification->bait.abstract);
  g_free (verification->format);
  g_free (verification->profile);
  g_free (verification->profile_path);
  g_free (verification);
}

/* Nobody accepts: that a connection comes about is enough. */
static void
listen_on_loopback (InnerVerification *verification)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl (INADDR_LOOPBACK) } };
  socklen_t size = sizeof address;

  verification->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (verification->listener >= 0 &&
      bind (verification->listener, (struct sockaddr *) &address, sizeof address) == 0 &&
      listen (verification->listener, 4) == 0 &&
      getsockname (verification->listener, (struct sockaddr *) &address, &size) == 0)
    verification->bait.port = ntohs (address.sin_port);
}

static void
listen_in_abstract (InnerVerification *verification)
{
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *name = g_strconcat ("inner-verify-", uuid, NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  gsize length = strlen (name);

  memcpy (address.sun_path + 1, name, length);
  verification->abstract_listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (verification->abstract_listener >= 0 &&
      bind (verification->abstract_listener, (struct sockaddr *) &address,
            G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + 1 + length) == 0 &&
      listen (verification->abstract_listener, 4) == 0)
    verification->bait.abstract = g_steal_pointer (&name);
}

static gboolean
make_streams (InnerVerification *verification, InnerRequest *request, GError **error)
{
  g_autoptr (GBytes) input = inner_verify_input (verification->checks);
  gsize size;
  gconstpointer data = g_bytes_get_data (input, &size);
  int ends[2];

  for (gsize i = 0; i < G_N_ELEMENTS (request->stdio); i++)
    inner_clear_fd (&request->stdio[i]);
  request->stdio[0] = inner_fds_new_sealed ("inner-checks", data, size, error);
  if (request->stdio[0] < 0)
    return FALSE;
  if (!g_unix_open_pipe (ends, FD_CLOEXEC, error))
    return FALSE;
  verification->answers = ends[0];
  request->stdio[1] = ends[1];
  return TRUE;
}

InnerVerification *
inner_verification_new (const InnerPlan *plan,
                        InnerRequest *request,
                        const char *format,
                        GError **error)
{
  InnerVerification *verification = g_new0 (InnerVerification, 1);

  verification->listener = verification->abstract_listener = verification->answers = -1;
  verification->format = g_strdup (format);
  verification->profile = g_strdup (plan->profile);
  verification->profile_path = g_strdup (plan->profile_path);
  listen_on_loopback (verification);
  listen_in_abstract (verification);
  verification->checks = inner_verify_checks (plan, &verification->bait);
  if (make_streams (verification, request, error))
    return verification;

  inner_verification_free (verification);
  return NULL;
}

/* (transfer full) */
static GVariant *
make_report (const InnerVerification *verification, GBytes *output)
{
  g_autoptr (GVariant) report =
      g_variant_ref_sink (inner_verify_report (verification->checks, output));
  g_autofree char *document = NULL;
  GVariantDict dict;

  if (verification->format == NULL)
    return g_steal_pointer (&report);
  document = inner_verify_document (report, verification->format, verification->profile,
                                    verification->profile_path);
  g_variant_dict_init (&dict, report);
  g_variant_dict_insert (&dict, OPTION_DOCUMENT, "s", document);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
on_answers (GObject *source, GAsyncResult *result, gpointer data)
{
  InnerVerification *verification = data;
  GMemoryOutputStream *memory = G_MEMORY_OUTPUT_STREAM (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GVariant) report = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (memory), result, &error) < 0)
    g_dbus_method_invocation_return_gerror (verification->invocation, error);
  else
    {
      output = g_memory_output_stream_steal_as_bytes (memory);
      report = make_report (verification, output);
      inner_dbus_sandbox_complete_verify (verification->skeleton, verification->invocation, NULL,
                                          report);
    }
  inner_verification_free (verification);
}

void
inner_verification_follow (InnerVerification *verification,
                           InnerDBusSandbox *skeleton,
                           GDBusMethodInvocation *invocation)
{
  g_autoptr (GInputStream) answers =
      g_unix_input_stream_new (inner_steal_fd (&verification->answers), TRUE);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();

  verification->skeleton = g_object_ref (skeleton);
  verification->invocation = invocation;
  g_output_stream_splice_async (
      memory, answers, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
      G_PRIORITY_DEFAULT, NULL, on_answers, verification);
}
