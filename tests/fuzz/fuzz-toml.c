/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The input is a document in TOML. */

#include "fuzz-common.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (InnerProfile) profile =
      check_parse ((const char *) data, size, INNER_NOTATION_TOML, NULL);

  if (profile != NULL)
    check_profile (profile);
  return 0;
}
