/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile.h"

G_BEGIN_DECLS

typedef enum {
  INNER_TOML_TABLE,
  INNER_TOML_ARRAY,
  INNER_TOML_TEXT,
  INNER_TOML_INTEGER,
  INNER_TOML_REAL,
  INNER_TOML_BOOL,
  INNER_TOML_TIME,
} InnerTomlKind;

/**
 * InnerTomlNode:
 * @key: in a table: its key, or %NULL where the key holds a NUL character
 * @text: of a text, or %NULL where the text holds a NUL character
 * @children: of tables and arrays, in document order (element-type InnerTomlNode)
 *
 * A value of a TOML document, and where it stands.
 */
typedef struct {
  InnerTomlKind kind;
  char         *key;
  InnerPosition key_at;
  InnerPosition at;
  InnerPosition end;                      /* behind it */
  char         *text;
  gint64        integer;
  double        real;
  gboolean      boolean;
  GPtrArray    *children;
} InnerTomlNode;

/* Gives the root table of a document (valid UTF-8, not deeply nested), or %NULL and what is wrong
 * and where. Nothing is thrown. (transfer full) */
InnerTomlNode *inner_toml_parse      (const char     *text,
                                      gsize           length,
                                      char          **message,
                                      InnerPosition  *at);

void           inner_toml_node_free  (InnerTomlNode  *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerTomlNode, inner_toml_node_free)

G_END_DECLS
