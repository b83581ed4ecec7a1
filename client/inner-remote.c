/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-remote.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/stat.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-consent.h"
#include "inner-fds.h"
#include "inner-fetch-client.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-profiles.h"

void
inner_remote_clear (InnerRemote *remote)
{
  g_free (remote->sha256);
  g_free (remote->ca_file);
  g_free (remote->url);
  g_free (remote->digest);
}

static gboolean
fail_store (GError **error, const char *name, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (name);

  g_set_error (
      error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
      _ ("Cannot keep the downloaded profile in “%s” of the cache: %s; correct that, or set "
         "XDG_CACHE_HOME to another directory"),
      shown, reason);
  return FALSE;
}

/* SECURITY: whoever may write into the cache, a sandbox perhaps, must not lead what we write to a place where
 * profiles are trusted, so no symbolic link is followed, and the directory must be ours alone (attack 33;
 * tests/bus/test_fetch.py, test_planted_cache). */
static int
open_private_directory (int parent, const char *name, GError **error)
{
  inner_autofd fd = -1;
  struct stat st;

  if (mkdirat (parent, name, 0700) == 0 || errno == EEXIST)
    fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0)
    {
      fail_store (error, name, g_strerror (errno));
      return -1;
    }
  if (st.st_uid != geteuid () || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    {
      fail_store (error, name, _ ("others may write into it"));
      return -1;
    }

  return inner_steal_fd (&fd);
}

/* GLib gives XDG_CACHE_HOME as it is; a relative one is to be ignored (XDG Base Directory Specification). */
static char *
cache_directory (void)
{
  const char *cache = g_get_user_cache_dir ();

  if (g_path_is_absolute (cache))
    return g_canonicalize_filename (cache, NULL);
  return g_build_filename (g_get_home_dir (), ".cache", NULL);
}

/* Opens @steps below @root, one after the other. */
static int
open_below (const char *root, const char *const *steps, GError **error)
{
  inner_autofd fd = -1;

  if (g_mkdir_with_parents (root, 0700) == 0)
    fd = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    {
      fail_store (error, root, g_strerror (errno));
      return -1;
    }
  for (; fd >= 0 && *steps != NULL; steps++)
    {
      int next = open_private_directory (fd, *steps, error);

      inner_clear_fd (&fd);
      fd = next;
    }

  return inner_steal_fd (&fd);
}

/* Keeps the very bytes in a place that depends on the URL alone, so that an approval holds until another
 * document comes from there. (transfer full) */
static char *
store (GBytes *document, const char *url, const char *name, const char *notation, GError **error)
{
  g_autofree char *directory = g_compute_checksum_for_string (G_CHECKSUM_SHA256, url, -1);
  const char *const steps[] = { "inner", "profiles", directory, NULL };
  g_autofree char *root = cache_directory ();
  inner_autofd fd = open_below (root, steps, error);
  g_autofree char *file = g_strdup_printf ("%s.%s", name, notation);
  g_autofree char *opened = g_strdup_printf ("/proc/self/fd/%d/%s", fd, file);
  g_autofree char *path = g_build_filename (root, "inner", "profiles", directory, file, NULL);
  g_autoptr (GError) reason = NULL;

  if (fd < 0 || !inner_check_utf8 (path, error))
    return NULL;
  if (g_file_set_contents_full (opened, g_bytes_get_data (document, NULL),
                                g_bytes_get_size (document), G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                &reason))
    return g_steal_pointer (&path);

  fail_store (error, directory, reason->message);
  return NULL;
}

static char *
download (const char *url, InnerRemote *remote, GError **error)
{
  const char *notation;
  g_autofree char *name = inner_url_get_name (url, &notation, error);
  g_autofree char *digest = NULL;
  g_autofree char *ca_file = NULL;
  g_autoptr (GBytes) document = NULL;

  if (name == NULL)
    return NULL;
  if (remote->sha256 != NULL && (digest = inner_parse_digest (remote->sha256, error)) == NULL)
    return NULL;
  if (remote->ca_file != NULL && (ca_file = inner_parse_path (remote->ca_file, error)) == NULL)
    return NULL;

  document = inner_fetch (url, ca_file, error);
  if (document == NULL || !inner_check_digest (document, url, digest, error))
    return NULL;
  remote->url = g_strdup (url);
  remote->digest = inner_digest_of (document);
  return store (document, url, name, notation, error);
}

/* A pin that is not held against anything would be a false comfort. */
static gboolean
check_is_not_meant (const InnerRemote *remote, GError **error)
{
  const struct
  {
    const char *option;
    gboolean given;
  } options[] = {
    { "--sha256", remote->sha256 != NULL },
    { "--ca-file", remote->ca_file != NULL },
    { "--allow-remote", remote->allow },
    { "--trust-remote", remote->trust },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (options[i].given)
      {
        g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                     _ ("%s goes with a profile from an address, “--profile https://…”"),
                     options[i].option);
        return FALSE;
      }
  return TRUE;
}

char *
inner_profile_locate (const char *word, InnerRemote *remote, GError **error)
{
  if (remote->allow && remote->trust)
    {
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                           _ ("Only one of --allow-remote and --trust-remote can be given"));
      return NULL;
    }
  if (word != NULL && inner_is_url (word))
    return download (word, remote, error);
  if (!check_is_not_meant (remote, error))
    return NULL;
  return word != NULL ? inner_parse_profile (word, error) : g_strdup ("");
}

static gboolean
refuse (GError **error, const char *path, const char *reason)
{
  g_autofree char *shown = inner_escape_for_display (path);

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_UNTRUSTED, "“%s”: %s", shown, reason);
  return FALSE;
}

/* SECURITY: consent is to the bytes that were downloaded and to nothing else: not to what took their place
 * since, and not to what they extend. A document from the network that names a file of this machine would
 * pick one that somebody else may have written (attacks 64 and 109; tests/bus/test_fetch.py,
 * test_extends_a_file and test_planted_document). */
static gboolean
check_document (GVariant *document, const char *path, const char *digest, GError **error)
{
  const char *found = inner_text_of (document, "path");
  gboolean same = g_str_equal (inner_text_of (document, "digest"), digest);

  if (g_str_equal (found, path))
    return same || refuse (error, found, _ ("it was changed since it was downloaded; try again"));
  if (g_str_equal (inner_text_of (document, "scope"), "path"))
    return refuse (
        error, found,
        _ ("a profile from the network can extend others by their names only, not a file "
           "of this machine; download it too and give both as files"));

  return inner_flag_of (document, "trusted") ||
         refuse (error, found,
                 _ ("the profile from the network extends this one, which is not trusted; "
                    "read it and approve it with “innerctl profile trust”"));
}

static gboolean
check_documents (GVariant *description, const char *digest, GError **error)
{
  g_autoptr (GVariant) documents =
      g_variant_lookup_value (description, "documents", G_VARIANT_TYPE ("aa{sv}"));
  const char *path = inner_text_of (description, "path");
  gsize n = documents != NULL ? g_variant_n_children (documents) : 0;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);

      if (!check_document (document, path, digest, error))
        return FALSE;
    }
  return n > 0 ||
         refuse (error, path,
                 _ ("the service does not say what the profile is made of; use the service of this "
                    "version, with “--no-bus”"));
}

/* Who consents on the command line, or cannot be asked, is told all the same to what. Who is asked sees it
 * then, and not twice. */
static void
show (const InnerRemote *remote, GVariant *description, gboolean starts)
{
  gboolean is_asked = starts && !remote->allow && !remote->trust && inner_can_ask ();
  g_autoptr (GVariant) document =
      inner_consent_describe (description, remote->digest, remote->url, remote->trust);

  if (!is_asked)
    inner_consent_show (document);
}

gboolean
inner_remote_consent (const InnerRemote *remote,
                      InnerConnection *connection,
                      const char *path,
                      gboolean starts,
                      GError **error)
{
  g_autoptr (GVariant) description = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (remote->url == NULL)
    return TRUE;
  description = inner_profile_describe (connection, path, "toml", error);
  if (description == NULL || !check_documents (description, remote->digest, error))
    return FALSE;

  if (inner_flag_of (description, "trusted") && !remote->trust)
    return TRUE;
  show (remote, description, starts);
  if (!remote->allow)
    return TRUE;

  reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "TrustProfile",
                      g_variant_new ("(ss)", inner_text_of (description, "path"), remote->digest),
                      "()", NULL, error);
  return reply != NULL;
}
