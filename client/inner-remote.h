/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-connect.h"

G_BEGIN_DECLS

/**
 * InnerRemote:
 *
 * What the command line says of a profile from the network, and what was downloaded. To the service it is a
 * document given by its path: not trusted until the person approved it.
 */
typedef struct {
  char     *sha256;                       /* as it was given; NULL: not */
  char     *ca_file;
  gboolean  allow;                        /* consent without a terminal */
  gboolean  trust;                        /* the same, and no hardening */
  char     *url;                          /* what was downloaded; NULL: nothing was */
  char     *digest;                       /* of that */
} InnerRemote;

void      inner_remote_clear   (InnerRemote *remote);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (InnerRemote, inner_remote_clear)

/* Gives what the service takes for the profile @word: a name, the path of a file, or where a profile from
 * https://… was stored after it was downloaded; "" for %NULL. The options of @remote are errors for what is
 * not from the network. Fails with a sentence. (transfer full) */
char     *inner_profile_locate (const char *word, InnerRemote *remote, GError **error);

/* Judges the downloaded profile at @path before it is started or planned, and carries out the consent that
 * was given on the command line, if any. Shows the document, unless inner_consent_after() will when it is
 * started (@starts). Does nothing where nothing was downloaded. Fails with a sentence. */
gboolean  inner_remote_consent (const InnerRemote *remote, InnerConnection *connection,
                                const char *path, gboolean starts, GError **error);

G_END_DECLS
