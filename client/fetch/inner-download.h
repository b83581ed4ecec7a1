/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How long a document may take in all, and how long nothing may happen; in seconds. */
#define INNER_DOWNLOAD_SECONDS        30
#define INNER_DOWNLOAD_SILENT_SECONDS 10

/* How often a server may send us on to another address. */
#define INNER_DOWNLOAD_REDIRECTS      5

typedef struct {
  const char *ca_file;                    /* PEM, absolute path; NULL: whom the system trusts */
  guint       seconds;
  guint       silent_seconds;
} InnerDownloadOptions;

/* Gives the document at the https address @url, all of it, at most INNER_DOCUMENT_MAX_BYTES. Fails with a
 * sentence (INNER_ERROR_PROFILE_NOT_FOUND, or INNER_ERROR_INVALID_OPTION for words that make no sense).
 * What was under way at a failure is given up, not waited for: the caller is about to end. (transfer full) */
GBytes *inner_download (const char *url, const InnerDownloadOptions *options, GError **error);

G_END_DECLS
