/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A value that is shorter could be anything, and taking it out would spoil the record. */
#define INNER_REDACT_MIN 6

/**
 * InnerSecrets:
 *
 * Values that must not stand in a record: those of variables whose names speak of secrets. Immutable, so that several
 * threads may use it.
 */
typedef struct _InnerSecrets InnerSecrets;

/* @values: ended by %NULL; those shorter than INNER_REDACT_MIN are left out. */
InnerSecrets *inner_secrets_new     (const char *const *values);
void          inner_secrets_free    (InnerSecrets *secrets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerSecrets, inner_secrets_free)

/* Gives @text with every secret in it replaced by “[redacted]”. (transfer full) */
char         *inner_secrets_redact  (const InnerSecrets *secrets, const char *text);

/**
 * InnerRedactor:
 *
 * The same for a stream that comes in pieces: a secret that is cut in two is found, because what may be the beginning
 * of one is held back until more comes.
 */
typedef struct _InnerRedactor InnerRedactor;

/* @secrets is borrowed. */
InnerRedactor *inner_redactor_new   (const InnerSecrets *secrets);
void           inner_redactor_free  (InnerRedactor *redactor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerRedactor, inner_redactor_free)

/* Takes @size bytes (none and @last: the end) and gives in *@ready what may be written, valid until the next call;
 * its size. */
gsize          inner_redactor_feed  (InnerRedactor  *redactor,
                                     const char     *bytes,
                                     gsize           size,
                                     gboolean        last,
                                     const char    **ready);

G_END_DECLS
