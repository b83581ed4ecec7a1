/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The rows of the table of keys as the readers, the writers and their tests see them. */

#include "inner-profile.h"

G_BEGIN_DECLS

/* A word of older profiles and the one that is kept instead of it. */
typedef struct {
  const char *old;
  const char *now;
} InnerKeyAlias;

/**
 * InnerKeyRow:
 * @info: what everyone may see
 * @xml: where the value stands in an XML document: "profile/sandbox/home" is an element,
 *   "profile/sandbox/network@mode" an attribute; %NULL where XML says it in another way
 * @item: (nullable): the element of one item of a list, map, mount or check
 * @label: (nullable): the attribute that holds the key of a map's item
 * @aliases: (nullable): older words, ended by a row of %NULL
 * @also_number: TOML may write a number where the model keeps a text
 */
typedef struct {
  InnerKeyInfo         info;
  const char          *xml;
  const char          *item;
  const char          *label;
  const InnerKeyAlias *aliases;
  gboolean             also_number;
} InnerKeyRow;

/* The row of @key; there is one for each. */
const InnerKeyRow *inner_key_row           (InnerKey key);

/* Gives TRUE and the key for its path in XML. */
gboolean           inner_key_lookup_xml    (const char *xml, InnerKey *key);

/* Whether keys stand below @path, so that it is a table ('.', of TOML) or an element ('/', of XML). */
gboolean           inner_key_is_parent     (const char *path, char separator);

/* The names that may stand below @path: of keys and tables ('.'), of elements ('/') or of
 * attributes ('@'), each once. (transfer full) */
char             **inner_key_names_below   (const char *path, char separator);

/* The dotted name of a key whose last part is @part, or %NULL: for suggestions. */
const char        *inner_key_by_last_part  (const char *part);

G_END_DECLS
