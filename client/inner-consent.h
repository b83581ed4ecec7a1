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

/* Asks @question in the same way for a word. %NULL at the end of the input or after an interruption. (transfer full) */
char     *inner_ask_word           (const char *question);

/* Shows @document (a{sv}: "path" s, "digest" s and where it is known "address" s, "description" s, "notes" as,
 * "asks" as, "hardened" as or "unhardened" as) on stderr: all of it, and escaped. */
void      inner_consent_show       (GVariant *document);

/* Gives the document that has the digest @digest, came from @address (nullable) and is described as
 * @description (see DescribeProfile), fit for inner_consent_show(). (transfer full) */
GVariant *inner_consent_describe   (GVariant *description, const char *digest, const char *address,
                                    gboolean unhardened);

/* Shows @documents (aa{sv}, see inner_consent_show()), asking @question behind each. Without a terminal @digest (nullable), if it is
 * that of the only document, is the consent. Fails with ProfileUntrusted, which is a refusal. */
gboolean  inner_consent_to         (GVariant *documents, const char *question, const char *digest,
                                    GError **error);

/* Gives the documents of the profile @word, which came from @address (nullable), that wait for approval, fit
 * for inner_consent_to(). (transfer full) */
GVariant *inner_consent_pending    (InnerConnection *connection, const char *word, const char *address,
                                    GError **error);

/* Asks for @documents as inner_consent_to() does, and has the service remember the answer. */
gboolean  inner_consent_approve    (InnerConnection *connection, GVariant *documents, const char *digest,
                                    GError **error);

/* Whether a call that failed with *@error may succeed now: it said that the profile @word, which came from
 * @address (nullable), is not trusted, and the person approved it. *@error is cleared then, and else says why not. */
gboolean  inner_consent_after      (InnerConnection *connection, const char *word, const char *address,
                                    GError **error);

G_END_DECLS
