/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The input is a document in XML. It is read with the published schema and without: what the table of
 * keys lets through the schema must allow, too, or programs that write profiles cannot rely on it. */

#include "fuzz-common.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  g_autoptr (InnerProfile) by_table = check_parse (text, size, INNER_NOTATION_XML, NULL);
  g_autoptr (InnerProfile) by_both = check_parse (text, size, INNER_NOTATION_XML, fuzz_schema ());

  g_assert_true ((by_table == NULL) == (by_both == NULL));
  if (by_both != NULL)
    {
      assert_same_values (by_table, by_both);
      check_profile (by_both);
    }
  return 0;
}
