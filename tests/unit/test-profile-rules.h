/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The merge rules once more, as simply as they can be written down (reference, section 1.5): what the
 * merge makes of two profiles is compared with this. */

#include "test-profile-common.h"

/* Whether two items of a list are the same, or, of a map or of mounts, have the same key. */
static inline gboolean
is_same_item (GVariant *a, GVariant *b, gboolean by_key)
{
  g_autoptr (GVariant) key_a = by_key ? g_variant_get_child_value (a, 0) : g_variant_ref (a);
  g_autoptr (GVariant) key_b = by_key ? g_variant_get_child_value (b, 0) : g_variant_ref (b);

  return g_variant_equal (key_a, key_b);
}

/* The items of @first and @second, each once, at its first place; with @by_key the last one counts. */
static inline GVariant *
expected_items (GVariant *first, GVariant *second, gboolean by_key)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  gsize n_first = g_variant_n_children (first);

  for (gsize i = 0; i < n_first + g_variant_n_children (second); i++)
    {
      GVariant *item = i < n_first ? g_variant_get_child_value (first, i)
                                   : g_variant_get_child_value (second, i - n_first);
      guint place = 0;

      while (place < items->len && !is_same_item (items->pdata[place], item, by_key))
        place++;
      if (place == items->len)
        g_ptr_array_add (items, item);
      else
        {
          GVariant **old = (GVariant **) &items->pdata[place];
          GVariant *dropped = by_key ? *old : item;

          *old = by_key ? item : *old;
          g_variant_unref (dropped);
        }
    }

  return g_variant_new_array (g_variant_type_element (g_variant_get_type (first)),
                              (GVariant *const *) items->pdata, items->len);
}

/* What @base and @child, which readers made, must give for @key, as print_value() says it. "extends" is
 * resolved by a merge. (transfer full) */
static inline char *
expected_merge (InnerProfile *base, InnerProfile *child, InnerKey key)
{
  InnerMergeRule rule = inner_key_info (key)->merge;
  GVariant *inherited = rule == INNER_MERGE_OWN ? NULL : inner_profile_peek (base, key);
  GVariant *own = inner_profile_peek (child, key);
  GVariant *low = inherited != NULL ? inherited : own;
  GVariant *high = own != NULL ? own : inherited;
  g_autoptr (GVariant) items = NULL;

  if (high == NULL || key == INNER_KEY_EXTENDS)
    return g_strdup ("-");
  if (rule == INNER_MERGE_REPLACE || rule == INNER_MERGE_OWN)
    return g_variant_print (high, FALSE);

  items = rule == INNER_MERGE_UNION_CHILD_FIRST
              ? expected_items (high, low, FALSE)
              : expected_items (low, high, rule == INNER_MERGE_PER_KEY);
  g_variant_ref_sink (items);
  return g_variant_print (items, FALSE);
}
