/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Bounds of one copy. What the file system shares instead of copying counts as files, not as bytes. */
#define INNER_COPY_MAX_SECONDS 120
#define INNER_COPY_MAX_ENTRIES 1000000
#define INNER_COPY_MAX_BYTES   (G_GUINT64_CONSTANT (16) << 30)

typedef struct {
  guint   seconds;
  guint   entries;
  guint64 bytes;
} InnerCopyBounds;

/**
 * inner_copy_tree:
 * @source: a descriptor of the file or directory, O_PATH is enough
 * @target: the directory that gets the copy, and @name its name there; nothing may be there yet
 * @left_out: paths below the source that are not copied, nor what they hold
 * @bounds: (nullable): other bounds than the usual ones
 * @gone: (nullable): cancelled when nobody wants the copy any more; from any thread
 * @notes: gets a sentence for what could not be copied
 *
 * Copies regular files (sharing their blocks where the file system can), directories and links; links stay what they
 * are. Permission bits and times are kept, owners, set-user-ID bits and extended attributes are not. FIFOs, sockets,
 * devices, what cannot be read and what stands on another file system is left out and told.
 *
 * Fails with INNER_ERROR_LIMIT_EXCEEDED or a GIOError; what was copied until then stays, for the caller to remove.
 */
gboolean inner_copy_tree (int                    source,
                          int                    target,
                          const char            *name,
                          const char *const     *left_out,
                          const InnerCopyBounds *bounds,
                          GCancellable          *gone,
                          GPtrArray             *notes,
                          GError               **error);

G_END_DECLS
