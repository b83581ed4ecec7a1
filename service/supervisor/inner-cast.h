/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-redact.h"

G_BEGIN_DECLS

/**
 * InnerCast:
 *
 * The recording of a terminal, asciicast version 2 (docs.asciinema.org/manual/asciicast/v2): what it showed and when,
 * with the secrets taken out, up to INNER_JOURNAL_MAX_OUTPUT.
 */
typedef struct _InnerCast InnerCast;

/* @fd: the file (taken). @secrets is borrowed. */
InnerCast *inner_cast_new      (int fd, const InnerSecrets *secrets, guint columns, guint rows);

/* Writes what is held back. */
void       inner_cast_free     (InnerCast *cast);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerCast, inner_cast_free)

void       inner_cast_show     (InnerCast *cast, const guint8 *data, gsize size);
void       inner_cast_resize   (InnerCast *cast, guint columns, guint rows);

/* Writes what is held back of the stream, at its end. */
void       inner_cast_end      (InnerCast *cast);

/* What is missing: 0 or an errno (EFBIG: it is full). */
int        inner_cast_get_loss (const InnerCast *cast);

G_END_DECLS
