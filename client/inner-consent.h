/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Consent of the person: what a document that is not their own asks for, in escaped plain words, and a
 * question on their terminal. The service keeps the answer, for exactly the bytes that were described. */

#include "inner-client.h"

G_BEGIN_DECLS

/* Whether there is a person to ask: stdin and stderr are terminals. */
gboolean  inner_can_ask            (void);

/* Asks @question, which must be fit for display, on the terminal. An empty line is @fallback; the end of
 * the input, an interruption and every word but "y", "yes", "n" and "no" are FALSE. */
gboolean  inner_ask                (const char *question, gboolean fallback);

/* Shows @documents (aa{sv}: "path" s, "digest" s and where it is known "description" s, "notes" as,
 * "asks" as, "hardened" as), asking @question behind each. Without a terminal @digest (nullable), if it is
 * that of the only document, is the consent. Fails with ProfileUntrusted, which is a refusal. */
gboolean  inner_consent_to         (GVariant *documents, const char *question, const char *digest,
                                    GError **error);

/* Gives the documents of the profile @word that wait for approval, fit for inner_consent_to().
 * (transfer full) */
GVariant *inner_consent_pending    (InnerConnection *connection, const char *word, GError **error);

/* Asks for @documents as inner_consent_to() does, and has the service remember the answer. */
gboolean  inner_consent_approve    (InnerConnection *connection, GVariant *documents, const char *digest,
                                    GError **error);

/* Whether a call that failed with *@error may succeed now: it said that the profile @word is not trusted,
 * and the person approved it. *@error is cleared then, and else says why not. */
gboolean  inner_consent_after      (InnerConnection *connection, const char *word, GError **error);

G_END_DECLS
