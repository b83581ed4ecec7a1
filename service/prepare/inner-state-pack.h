/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

#include "inner-init-protocol.h"

G_BEGIN_DECLS

/* Bounds of one pack: what agents keep in a home directory is a small part of either. */
#define INNER_STATE_PACK_MAX_ENTRIES 2000
#define INNER_STATE_PACK_MAX_BYTES   (64u * 1024 * 1024)

/**
 * InnerStatePack:
 *
 * Copies of files on their way into a sandbox: the writer of what inner-init unpacks
 * (inner-init-protocol.h). It lives in memory only.
 */
typedef struct _InnerStatePack InnerStatePack;

/* Begins a pack for the home directory @home. %NULL with a GIOError. */
InnerStatePack *inner_state_pack_new      (const char      *home,
                                           GError         **error);
void            inner_state_pack_free     (InnerStatePack  *pack);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerStatePack, inner_state_pack_free)

/* Adds one entry with the @path below the home, the permission bits of @mode and the bytes @data (of a
 * link: its target with NUL). Fails with INNER_ERROR_LIMIT_EXCEEDED or a GIOError. */
gboolean        inner_state_pack_add      (InnerStatePack  *pack,
                                           InnerPackKind    kind,
                                           const char      *path,
                                           int              mode,
                                           gconstpointer    data,
                                           gsize            size,
                                           GError         **error);

/* How many bytes of content may still be added. */
gsize           inner_state_pack_get_room (InnerStatePack  *pack);

/* What was added so far, and a way back to it: a tree is carried in whole or not at all. */
typedef struct {
  guint  entries;
  gsize  content;
  goffset size;
} InnerStatePackMark;

InnerStatePackMark inner_state_pack_mark  (InnerStatePack     *pack);
gboolean        inner_state_pack_return   (InnerStatePack     *pack,
                                           InnerStatePackMark  mark,
                                           GError            **error);

/* Gives the sealed memfd (close-on-exec, owned by the caller), or -1: without an error if nothing was
 * added, else with a GIOError. */
int             inner_state_pack_finish   (InnerStatePack  *pack,
                                           GError         **error);

G_END_DECLS
