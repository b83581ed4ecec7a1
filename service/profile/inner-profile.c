/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile.h"

#include "inner-profile-private.h"

/* The place of one item; @path is an interned GRefString, or %NULL. */
typedef struct
{
  char *path;
  guint line;
  guint column;
} Place;

typedef struct
{
  GVariant *value;   /* (nullable) */
  const char **list; /* (nullable): the strings of a list, once somebody asked for them */
  char *path;        /* (nullable): interned GRefString */
  guint line;
  guint column;
  GArray *places; /* (nullable): of Place, one for each item of the value */
} Slot;

struct _InnerProfile
{
  grefcount refs;
  gboolean frozen;
  Slot slots[INNER_N_KEYS];
};

static const char *const types[] = {
  [INNER_VALUE_STRING] = "s",      [INNER_VALUE_BOOL] = "b",    [INNER_VALUE_INTEGER] = "x",
  [INNER_VALUE_LIST] = "as",       [INNER_VALUE_MAP] = "a{ss}", [INNER_VALUE_MOUNTS] = "a(sss)",
  [INNER_VALUE_CHECKS] = "a(sss)",
};

static void
slot_clear (Slot *slot)
{
  g_clear_pointer (&slot->value, g_variant_unref);
  g_clear_pointer (&slot->list, g_free);
  g_clear_pointer (&slot->path, g_ref_string_release);
  g_clear_pointer (&slot->places, g_array_unref);
}

static void
place_clear (gpointer data)
{
  Place *place = data;

  g_clear_pointer (&place->path, g_ref_string_release);
}

static GArray *
places_new (void)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));

  g_array_set_clear_func (places, place_clear);
  return places;
}

/* Gives the place of the item @i, or of the whole value where it is not known; @path stays the slot's. */
static Place
place_of_item (const Slot *slot, gsize i)
{
  if (slot->places != NULL && i < slot->places->len)
    return g_array_index (slot->places, Place, i);
  return (Place){ slot->path, slot->line, slot->column };
}

static void
places_add (GArray *places, Place place)
{
  if (place.path != NULL)
    g_ref_string_acquire (place.path);
  g_array_append_val (places, place);
}

InnerProfile *
inner_profile_new (void)
{
  InnerProfile *profile = g_new0 (InnerProfile, 1);

  g_ref_count_init (&profile->refs);
  return profile;
}

InnerProfile *
inner_profile_ref (InnerProfile *profile)
{
  g_ref_count_inc (&profile->refs);
  return profile;
}

void
inner_profile_unref (InnerProfile *profile)
{
  if (!g_ref_count_dec (&profile->refs))
    return;

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    slot_clear (&profile->slots[key]);
  g_free (profile);
}

void
inner_profile_set (InnerProfile *profile,
                   InnerKey key,
                   GVariant *value,
                   const char *path,
                   guint line,
                   guint column)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  /* Taken before the old one is let go: it may be the same. */
  char *interned = path != NULL ? g_ref_string_new_intern (path) : NULL;
  Slot *slot = &profile->slots[key];

  g_return_if_fail (!profile->frozen);
  g_return_if_fail (
      g_variant_is_of_type (value, G_VARIANT_TYPE (types[inner_key_info (key)->type])));

  slot_clear (slot);
  slot->value = g_steal_pointer (&owned);
  slot->path = interned;
  slot->line = line;
  slot->column = column;
}

void
inner_profile_set_places (InnerProfile *profile, InnerKey key, const InnerPosition *places, gsize n)
{
  Slot *slot = &profile->slots[key];

  g_return_if_fail (!profile->frozen);
  g_return_if_fail (slot->value != NULL && g_variant_is_container (slot->value));
  g_return_if_fail (g_variant_n_children (slot->value) == n);

  g_clear_pointer (&slot->places, g_array_unref);
  slot->places = places_new ();
  for (gsize i = 0; i < n; i++)
    places_add (slot->places, (Place){ slot->path, places[i].line, places[i].column });
}

void
inner_profile_freeze (InnerProfile *profile)
{
  profile->frozen = TRUE;
}

gboolean
inner_profile_has (InnerProfile *profile, InnerKey key)
{
  return profile->slots[key].value != NULL;
}

GVariant *
inner_profile_peek (InnerProfile *profile, InnerKey key)
{
  return profile->slots[key].value;
}

gboolean
inner_profile_get_origin (InnerProfile *profile, InnerKey key, InnerOrigin *origin)
{
  Slot *slot = &profile->slots[key];

  if (slot->value == NULL)
    return FALSE;

  *origin = (InnerOrigin){ slot->path, slot->line, slot->column };
  return TRUE;
}

gboolean
inner_profile_get_item_origin (InnerProfile *profile, InnerKey key, gsize item, InnerOrigin *origin)
{
  Slot *slot = &profile->slots[key];
  Place place = place_of_item (slot, item);

  if (slot->value == NULL)
    return FALSE;

  *origin = (InnerOrigin){ place.path, place.line, place.column };
  return TRUE;
}

const char *
inner_profile_get_string (InnerProfile *profile, InnerKey key, const char *fallback)
{
  GVariant *value = profile->slots[key].value;

  g_return_val_if_fail (inner_key_info (key)->type == INNER_VALUE_STRING, fallback);

  return value != NULL ? g_variant_get_string (value, NULL) : fallback;
}

gboolean
inner_profile_get_bool (InnerProfile *profile, InnerKey key, gboolean fallback)
{
  GVariant *value = profile->slots[key].value;

  g_return_val_if_fail (inner_key_info (key)->type == INNER_VALUE_BOOL, fallback);

  return value != NULL ? g_variant_get_boolean (value) : fallback;
}

gint64
inner_profile_get_integer (InnerProfile *profile, InnerKey key, gint64 fallback)
{
  GVariant *value = profile->slots[key].value;

  g_return_val_if_fail (inner_key_info (key)->type == INNER_VALUE_INTEGER, fallback);

  return value != NULL ? g_variant_get_int64 (value) : fallback;
}

const char *const *
inner_profile_get_list (InnerProfile *profile, InnerKey key)
{
  static const char *const none[] = { NULL };
  Slot *slot = &profile->slots[key];

  g_return_val_if_fail (inner_key_info (key)->type == INNER_VALUE_LIST, none);

  if (slot->list == NULL && slot->value != NULL)
    slot->list = g_variant_get_strv (slot->value, NULL);
  return slot->list != NULL ? (const char *const *) slot->list : none;
}

void
inner_profile_normalise (InnerProfile *profile)
{
  const char *mode = inner_profile_get_string (profile, INNER_KEY_SANDBOX_NETWORK_MODE, NULL);
  InnerKey told = mode != NULL ? INNER_KEY_SANDBOX_NETWORK_MODE : INNER_KEY_SANDBOX_NETWORK;
  InnerOrigin from;

  if (!inner_profile_get_origin (profile, told, &from))
    return;

  if (mode == NULL)
    mode = inner_profile_get_bool (profile, INNER_KEY_SANDBOX_NETWORK, FALSE) ? "open" : "off";
  inner_profile_set (profile, INNER_KEY_SANDBOX_NETWORK,
                     g_variant_new_boolean (!g_str_equal (mode, "off")), from.path, from.line,
                     from.column);
  inner_profile_set (profile, INNER_KEY_SANDBOX_NETWORK_MODE, g_variant_new_string (mode),
                     from.path, from.line, from.column);
}

/* What makes an item of a list the same as another: all of it … */
static char *
whole_item (GVariant *item)
{
  return g_variant_is_of_type (item, G_VARIANT_TYPE_STRING) ? g_variant_dup_string (item, NULL)
                                                            : g_variant_print (item, FALSE);
}

/* … or its key: the variable of a map, the source of a mount. */
static char *
key_of_item (GVariant *item)
{
  g_autoptr (GVariant) key = g_variant_get_child_value (item, 0);

  return g_variant_dup_string (key, NULL);
}

/* The items of @first, then those of @second that are new; where both have the same item, it keeps
 * its place in the order, and with @second_wins it is the one of @second. @origins gets where each
 * stands. */
static GVariant *
join (const Slot *first,
      const Slot *second,
      char *(*identity) (GVariant *),
      gboolean second_wins,
      GArray *origins)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr (GHashTable) places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const Slot *sources[] = { first, second };

  for (gsize s = 0; s < G_N_ELEMENTS (sources); s++)
    for (gsize i = 0; i < g_variant_n_children (sources[s]->value); i++)
      {
        g_autoptr (GVariant) item = g_variant_get_child_value (sources[s]->value, i);
        g_autofree char *id = identity (item);
        gpointer place;

        if (!g_hash_table_lookup_extended (places, id, NULL, &place))
          {
            g_hash_table_insert (places, g_steal_pointer (&id), GUINT_TO_POINTER (items->len));
            g_ptr_array_add (items, g_steal_pointer (&item));
            places_add (origins, place_of_item (sources[s], i));
          }
        else if (second_wins)
          {
            g_variant_unref (items->pdata[GPOINTER_TO_UINT (place)]);
            items->pdata[GPOINTER_TO_UINT (place)] = g_steal_pointer (&item);
            /* Put at the end, then moved to where the old one was. */
            places_add (origins, place_of_item (sources[s], i));
            g_array_remove_index_fast (origins, GPOINTER_TO_UINT (place));
          }
      }

  return g_variant_new_array (g_variant_type_element (g_variant_get_type (first->value)),
                              (GVariant *const *) items->pdata, items->len);
}

static GVariant *
merge_value (InnerMergeRule rule, const Slot *base, const Slot *child, GArray *origins)
{
  switch (rule)
    {
    case INNER_MERGE_UNION:
      return join (base, child, whole_item, FALSE, origins);
    case INNER_MERGE_UNION_CHILD_FIRST:
      return join (child, base, whole_item, FALSE, origins);
    case INNER_MERGE_PER_KEY:
      return join (base, child, key_of_item, TRUE, origins);
    case INNER_MERGE_APPEND:
      /* The same item reached along two bases is one item. */
      return join (base, child, whole_item, FALSE, origins);
    case INNER_MERGE_REPLACE:
    case INNER_MERGE_OWN:
    default:
      return child->value;
    }
}

/* Whether @value, which only one side has, is merged with itself, so that each item is in the result once.
 * Most lists are short and without doubles, and are then the same value in every profile. */
static gboolean
may_hold_doubles (InnerMergeRule rule, GVariant *value)
{
  g_autofree const char **words = NULL;
  gsize n;

  if (rule == INNER_MERGE_REPLACE || rule == INNER_MERGE_OWN || rule == INNER_MERGE_PER_KEY)
    return FALSE;
  n = g_variant_n_children (value);
  if (n > 16 || !g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return n > 1;

  words = g_variant_get_strv (value, NULL);
  for (gsize i = 0; i < n; i++)
    if (g_strv_contains (words + i + 1, words[i]))
      return TRUE;
  return FALSE;
}

static void
merge_key (InnerProfile *merged, InnerKey key, InnerProfile *base, InnerProfile *child)
{
  InnerMergeRule rule = inner_key_info (key)->merge;
  GVariant *inherited = rule == INNER_MERGE_OWN ? NULL : base->slots[key].value;
  GVariant *own = child->slots[key].value;
  const Slot *from = own != NULL ? &child->slots[key] : &base->slots[key];
  g_autoptr (GArray) origins = NULL;
  GVariant *value = own != NULL ? own : inherited;

  if (value == NULL)
    return;
  if (own != NULL && inherited != NULL)
    {
      origins = places_new ();
      value = merge_value (rule, &base->slots[key], &child->slots[key], origins);
    }
  else if (may_hold_doubles (rule, value))
    {
      origins = places_new ();
      value = merge_value (rule, from, from, origins);
    }
  inner_profile_set (merged, key, value, from->path, from->line, from->column);
  if (origins != NULL && origins->len > 0)
    merged->slots[key].places = g_steal_pointer (&origins);
  else if (from->places != NULL)
    merged->slots[key].places = g_array_ref (from->places);
}

/* Gives @profile if its two network keys say the same, as readers and merges leave them; else a copy in
 * which they do. (transfer full) */
static InnerProfile *
normalised (InnerProfile *profile)
{
  g_autoptr (InnerProfile) nothing = NULL;
  InnerProfile *copy;

  if (inner_profile_has (profile, INNER_KEY_SANDBOX_NETWORK) ==
      inner_profile_has (profile, INNER_KEY_SANDBOX_NETWORK_MODE))
    return inner_profile_ref (profile);

  nothing = inner_profile_new ();
  copy = inner_profile_new ();
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    merge_key (copy, key, nothing, profile);
  inner_profile_normalise (copy);
  return copy;
}

/* The second half of rule N follows from the first: both profiles are normalised, so a child that
 * declares either network key has both, and both replace what is inherited. */
InnerProfile *
inner_profile_merge (InnerProfile *base, InnerProfile *child)
{
  g_autoptr (InnerProfile) merged = inner_profile_new ();
  g_autoptr (InnerProfile) plain_child = normalised (child);

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (key != INNER_KEY_EXTENDS) /* resolved by this merge */
      merge_key (merged, key, base, plain_child);
  inner_profile_normalise (merged);
  inner_profile_freeze (merged);

  return g_steal_pointer (&merged);
}
