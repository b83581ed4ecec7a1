/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The input is two or three documents, with a line "%%" between them; one that begins with "<" is XML.
 * They are merged, the first below the others. */

#include "fuzz-common.h"

#include "../unit/test-profile-rules.h"

#define MARK "\n%%\n"
#define MAX_DOCUMENTS 3

static InnerProfile *
merge (InnerProfile *base, InnerProfile *child)
{
  InnerProfile *merged = inner_profile_merge (base, child);
  g_autoptr (InnerProfile) again = inner_profile_merge (base, child);

  assert_same_values (merged, again);
  return merged;
}

/* The merged value of each key is what its rule makes of both. */
static void
check_rules (InnerProfile *base, InnerProfile *child)
{
  g_autoptr (InnerProfile) merged = merge (base, child);

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      g_autofree char *expected = expected_merge (base, child, key);

      assert_value (merged, key, expected);
    }
  check_profile (merged);
}

/* Rule N, second half: what a child says of the network is what counts, and its silence changes
 * nothing. */
static void
check_rule_n (InnerProfile *base, InnerProfile *child)
{
  g_autoptr (InnerProfile) merged = merge (base, child);
  InnerProfile *from = inner_profile_has (child, INNER_KEY_SANDBOX_NETWORK_MODE) ? child : base;
  g_autofree char *expected = print_value (from, INNER_KEY_SANDBOX_NETWORK_MODE);

  assert_value (merged, INNER_KEY_SANDBOX_NETWORK_MODE, expected);
}

/* It does not matter in which order a chain of bases is put together. */
static void
check_chain (InnerProfile *a, InnerProfile *b, InnerProfile *c)
{
  g_autoptr (InnerProfile) ab = merge (a, b);
  g_autoptr (InnerProfile) bc = merge (b, c);
  g_autoptr (InnerProfile) ab_c = merge (ab, c);
  g_autoptr (InnerProfile) a_bc = merge (a, bc);

  assert_same_values (ab_c, a_bc);
  check_profile (ab_c);
}

/* A base that is reached twice changes nothing. */
static void
check_twice (InnerProfile *profile)
{
  g_autoptr (InnerProfile) nothing = inner_profile_new ();
  g_autoptr (InnerProfile) alone = merge (nothing, profile);
  g_autoptr (InnerProfile) twice = merge (alone, alone);

  assert_same_values (alone, twice);
}

static void
check_documents (char **documents)
{
  g_autoptr (GPtrArray) profiles =
      g_ptr_array_new_with_free_func ((GDestroyNotify) inner_profile_unref);

  for (gsize i = 0; documents[i] != NULL; i++)
    {
      InnerNotation notation = documents[i][0] == '<' ? INNER_NOTATION_XML : INNER_NOTATION_TOML;
      InnerProfile *profile = check_parse (documents[i], strlen (documents[i]), notation, NULL);

      if (profile == NULL)
        return;
      g_ptr_array_add (profiles, profile);
    }

  for (guint i = 0; i < profiles->len; i++)
    {
      check_twice (profiles->pdata[i]);
      check_rules (profiles->pdata[i], profiles->pdata[(i + 1) % profiles->len]);
      check_rule_n (profiles->pdata[i], profiles->pdata[(i + 1) % profiles->len]);
    }
  if (profiles->len == MAX_DOCUMENTS)
    check_chain (profiles->pdata[0], profiles->pdata[1], profiles->pdata[2]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) documents = g_strsplit (text, MARK, MAX_DOCUMENTS);

  check_documents (documents);
  return 0;
}
