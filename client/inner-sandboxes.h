/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-connect.h"

G_BEGIN_DECLS

/* A sandbox of the service: the properties of its object. */
typedef struct {
  char     *path;
  GVariant *properties;                   /* a{sv} */
} InnerSandbox;

/* Copies @path and keeps a reference to @properties. */
InnerSandbox *inner_sandbox_new    (const char *path, GVariant *properties);
void          inner_sandbox_free   (InnerSandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerSandbox, inner_sandbox_free)

/* All of them, the oldest first. (element-type InnerSandbox) */
GPtrArray    *inner_sandboxes_list (InnerConnection *connection, GError **error);

/* Gives the index in @sandboxes that @word means: an id, a name or an unambiguous beginning of an id; a
 * living one before one that has ended. Gives -1 with a sentence (INNER_ERROR_NOT_FOUND). */
int           inner_sandboxes_find (GPtrArray *sandboxes, const char *word, GError **error);

/* Asks the service for all, and gives the one that @word means, as inner_sandboxes_find() does. (transfer full)
 * NULL with a sentence. */
InnerSandbox *inner_sandboxes_get  (InnerConnection *connection, const char *word, GError **error);

G_END_DECLS
