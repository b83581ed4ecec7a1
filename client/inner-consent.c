/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-consent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include "inner-fds.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-profiles.h"

/* Longer than every answer that means something. */
#define MAX_ANSWER 16

/* What ends a question. */
static const int interruptions[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* A descriptor and not a flag: any of our threads may be the one that gets the signal. */
static int interrupted = -1;

static void
on_interruption (int number)
{
  guint64 one = 1;
  int saved = errno;
  G_GNUC_UNUSED gssize n = write (interrupted, &one, sizeof one);

  errno = saved;
}

/* What we were started to ignore stays ignored. */
static void
catch_interruptions (struct sigaction *old)
{
  const struct sigaction action = { .sa_handler = on_interruption };

  for (gsize i = 0; i < G_N_ELEMENTS (interruptions); i++)
    if (sigaction (interruptions[i], NULL, &old[i]) == 0 && old[i].sa_handler != SIG_IGN)
      sigaction (interruptions[i], &action, NULL);
}

static void
release_interruptions (const struct sigaction *old)
{
  for (gsize i = 0; i < G_N_ELEMENTS (interruptions); i++)
    sigaction (interruptions[i], &old[i], NULL);
}

/* Waits for a byte from the terminal; FALSE at its end or after an interruption. */
static gboolean
read_byte (char *byte)
{
  struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = interrupted, .events = POLLIN } };

  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
    if (errno != EINTR)
      return FALSE;

  return fds[1].revents == 0 && read (0, byte, 1) == 1;
}

/* Reads one line and not a byte more: the rest of the input belongs to the command that may follow. Gives
 * FALSE when the line does not end. */
static gboolean
read_answer (char *answer)
{
  gsize length = 0;
  char byte;

  while (read_byte (&byte))
    {
      if (byte == '\n' || byte == '\r')
        {
          answer[length] = '\0';
          g_strstrip (answer);
          return TRUE;
        }
      if (length < MAX_ANSWER - 1)
        answer[length++] = byte;
    }

  return FALSE;
}

gboolean
inner_can_ask (void)
{
  return isatty (0) && isatty (2);
}

/* SECURITY: only a word that was typed after the question was shown is consent: what was typed or pasted
 * before it is thrown away, and what is neither yes nor no counts as no (attack 64; tests/bus/test_trust.py,
 * test_an_answer_before_the_question). */
char *
inner_ask_word (const char *question)
{
  inner_autofd event = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction old[G_N_ELEMENTS (interruptions)];
  char answer[MAX_ANSWER] = "";
  gboolean complete;

  interrupted = event;
  catch_interruptions (old);
  tcflush (0, TCIFLUSH);
  fprintf (stderr, "innerctl: %s ", question);
  fflush (stderr);
  complete = read_answer (answer);
  release_interruptions (old);
  if (!complete)
    fputc ('\n', stderr);
  return complete ? g_strdup (answer) : NULL;
}

gboolean
inner_ask (const char *question, gboolean fallback)
{
  g_autofree char *whole =
      g_strdup_printf ("%s %s", question, fallback ? _ ("[Y/n]") : _ ("[y/N]"));
  g_autofree char *answer = inner_ask_word (whole);

  if (answer == NULL || g_ascii_strcasecmp (answer, "n") == 0 ||
      g_ascii_strcasecmp (answer, "no") == 0)
    return FALSE;
  return g_ascii_strcasecmp (answer, "y") == 0 || g_ascii_strcasecmp (answer, "yes") == 0 ||
         (answer[0] == '\0' && fallback);
}

static void
show_line (const char *label, const char *text)
{
  g_autofree char *shown = inner_escape_all (text);

  if (text[0] != '\0')
    fprintf (stderr, "  %s %s\n", label, shown);
}

/* @none is what to say of an empty list; NULL: nothing. */
static void
show_list (GVariant *document, const char *key, const char *title, const char *none)
{
  g_autofree const char **sentences = NULL;

  if (!g_variant_lookup (document, key, "^a&s", &sentences) || sentences[0] == NULL)
    {
      if (none != NULL)
        fprintf (stderr, "  %s\n", none);
      return;
    }
  fprintf (stderr, "  %s\n", title);
  for (gsize i = 0; sentences[i] != NULL; i++)
    {
      g_autofree char *shown = inner_escape_all (sentences[i]);

      fprintf (stderr, "    - %s\n", shown);
    }
}

/* SECURITY: every word of the document is escaped, so that it can neither move the cursor nor turn the reading
 * direction and make the question look like another one (attack 64; tests/bus/test_trust.py,
 * test_the_display_is_escaped). */
void
inner_consent_show (GVariant *document)
{
  show_line (_ ("Address:    "), inner_text_of (document, "address"));
  show_line (_ ("Document:   "), inner_text_of (document, "path"));
  show_line (_ ("SHA-256:    "), inner_text_of (document, "digest"));
  show_line (_ ("Description:"), inner_text_of (document, "description"));
  show_list (document, "notes", _ ("Note:"), NULL);
  show_list (document, "asks", _ ("It asks for:"), _ ("It asks for nothing."));
  show_list (document, "hardened",
             _ ("Of that, this does not hold because the document is not your own:"), NULL);
  show_list (document, "unhardened", _ ("Without “--trust-remote”, this would not hold:"), NULL);
}

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_PROFILE_UNTRUSTED, message);
  return FALSE;
}

/* A digest names one document; where there are more, it cannot be known that all were looked at. */
static gboolean
check_digest (GVariant *documents, const char *digest, GError **error)
{
  g_autoptr (GVariant) first = NULL;

  if (g_variant_n_children (documents) != 1)
    return refuse (error, _ ("More than one document needs approval, and “--sha256” names one; "
                             "approve each by its path"));

  first = g_variant_get_child_value (documents, 0);
  if (g_str_equal (inner_text_of (first, "digest"), digest))
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_UNTRUSTED,
               _ ("“%s” has another SHA-256 than “--sha256” says: %s; look at what changed in it"),
               inner_text_of (first, "path"), inner_text_of (first, "digest"));
  return FALSE;
}

/* SECURITY: there are two ways to consent and no third: a person who answers on a terminal what they were
 * shown, or the digest of exactly these bytes. “--yes” is none (attacks 64 and 65; tests/bus/test_trust.py,
 * test_yes_is_no_consent). */
gboolean
inner_consent_to (GVariant *documents, const char *question, const char *digest, GError **error)
{
  gboolean can_ask = inner_can_ask ();

  if (digest != NULL && !check_digest (documents, digest, error))
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);

      inner_consent_show (document);
      if (can_ask && !inner_ask (question, FALSE))
        return refuse (error, _ ("You declined, so nothing was changed and nothing was started"));
    }

  if (can_ask || digest != NULL)
    return TRUE;
  return refuse (error,
                 _ ("There is no terminal to ask on; read the document, then give its digest "
                    "with “--sha256” (“--yes” is no consent)"));
}

static void
copy_value (GVariantBuilder *to, GVariant *from, const char *key, const char *new_key)
{
  g_autoptr (GVariant) value = from != NULL ? g_variant_lookup_value (from, key, NULL) : NULL;

  if (value != NULL)
    g_variant_builder_add (to, "{sv}", new_key, value);
}

GVariant *
inner_consent_describe (GVariant *description,
                        const char *digest,
                        const char *address,
                        gboolean unhardened)
{
  g_auto (GVariantBuilder) document = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) values =
      g_variant_lookup_value (description, "values", G_VARIANT_TYPE_VARDICT);

  if (address != NULL)
    g_variant_builder_add (&document, "{sv}", "address", g_variant_new_string (address));
  copy_value (&document, description, "path", "path");
  g_variant_builder_add (&document, "{sv}", "digest", g_variant_new_string (digest));
  copy_value (&document, values, "description", "description");
  copy_value (&document, description, "asks", "asks");
  copy_value (&document, description, "hardened", unhardened ? "unhardened" : "hardened");
  return g_variant_ref_sink (g_variant_builder_end (&document));
}

static GVariant *
documents_of (GVariant *description, GError **error)
{
  GVariant *documents =
      g_variant_lookup_value (description, "documents", G_VARIANT_TYPE ("aa{sv}"));

  if (documents == NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                 _ ("The service that runs cannot say what “%s” is made of; restart it, it may be "
                    "older than innerctl"),
                 inner_text_of (description, "path"));
  return documents;
}

/* SECURITY: each document is described by itself. A profile may ask for little because it overrides what its
 * base asks for; to approve both after a look at the profile would approve the base unseen, which then could
 * be run as a profile (attacks 64 and 65; tests/bus/test_trust.py, test_a_base_is_shown_by_itself). The
 * digest comes with the description it was shown with. */
static gboolean
describe_pending (InnerConnection *connection,
                  GVariantBuilder *pending,
                  const char *path,
                  const char *address,
                  GError **error)
{
  g_autoptr (GVariant) description = inner_profile_describe (connection, path, "toml", error);
  g_autoptr (GVariant) documents = description != NULL ? documents_of (description, error) : NULL;

  if (documents == NULL)
    return FALSE;
  for (gsize i = 0; i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);

      if (!inner_flag_of (document, "trusted") &&
          g_str_equal (inner_text_of (document, "path"), path))
        {
          g_autoptr (GVariant) shown = inner_consent_describe (
              description, inner_text_of (document, "digest"), address, FALSE);

          g_variant_builder_add_value (pending, shown);
        }
    }
  return TRUE;
}

GVariant *
inner_consent_pending (InnerConnection *connection,
                       const char *word,
                       const char *address,
                       GError **error)
{
  g_autoptr (GVariant) description = inner_profile_describe (connection, word, "toml", error);
  g_autoptr (GVariant) documents = description != NULL ? documents_of (description, error) : NULL;
  g_auto (GVariantBuilder) pending = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  if (documents == NULL)
    return NULL;
  for (gsize i = 0; i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);
      const char *path = inner_text_of (document, "path");

      if (!inner_flag_of (document, "trusted") &&
          !describe_pending (connection, &pending, path, g_str_equal (path, word) ? address : NULL,
                             error))
        return NULL;
    }
  return g_variant_ref_sink (g_variant_builder_end (&pending));
}

gboolean
inner_consent_approve (InnerConnection *connection,
                       GVariant *documents,
                       const char *digest,
                       GError **error)
{
  if (!inner_consent_to (documents, _ ("Approve it as it is now?"), digest, error))
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);
      g_autoptr (GVariant) reply =
          inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "TrustProfile",
                      g_variant_new ("(ss)", inner_text_of (document, "path"),
                                     inner_text_of (document, "digest")),
                      "()", NULL, error);

      if (reply == NULL)
        return FALSE;
    }
  return TRUE;
}

gboolean
inner_consent_after (InnerConnection *connection,
                     const char *word,
                     const char *address,
                     GError **error)
{
  g_autoptr (GVariant) pending = NULL;

  if (!g_error_matches (*error, INNER_ERROR, INNER_ERROR_PROFILE_UNTRUSTED) || !inner_can_ask ())
    return FALSE;

  pending = inner_consent_pending (connection, word, address, NULL);
  if (pending == NULL || g_variant_n_children (pending) == 0)
    return FALSE;
  g_clear_error (error);
  return inner_consent_approve (connection, pending, NULL, error);
}
