/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-suggest.h"

#include <string.h>

/* Longer words are names nobody mistypes by hand; the bound keeps the work small. */
#define LONGEST 64

static gboolean
same (char a, char b)
{
  return g_ascii_tolower (a) == g_ascii_tolower (b);
}

/* The number of slips between @a and @b (optimal string alignment). */
static guint
distance (const char *a, const char *b)
{
  guint rows[3][LONGEST + 1];
  guint *before = rows[0];
  guint *last = rows[1];
  guint *now = rows[2];
  gsize length = strlen (b);

  for (gsize j = 0; j <= length; j++)
    last[j] = j;

  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      guint *free_row = before;

      now[0] = i;
      for (gsize j = 1; j <= length; j++)
        {
          now[j] = MIN (MIN (last[j], now[j - 1]) + 1, last[j - 1] + !same (a[i - 1], b[j - 1]));
          if (i > 1 && j > 1 && same (a[i - 1], b[j - 2]) && same (a[i - 2], b[j - 1]))
            now[j] = MIN (now[j], before[j - 2] + 1);
        }
      before = last;
      last = now;
      now = free_row;
    }

  return last[length];
}

const char *
inner_suggest (const char *word, const char *const *candidates)
{
  gsize length = strlen (word);
  /* A word of which nothing is left was not meant. */
  guint nearest = MIN (MAX (1, length / 3) + 1, length);
  const char *best = NULL;

  if (length == 0 || length > LONGEST)
    return NULL;

  for (; *candidates != NULL; candidates++)
    {
      guint slips;

      if (strlen (*candidates) > LONGEST)
        continue;
      slips = distance (word, *candidates);
      if (slips < nearest)
        {
          nearest = slips;
          best = *candidates;
        }
    }

  return best;
}
