/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-screen.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Memory for a process that may not ask for any: one piece from the system, cut into blocks of powers of two,
 * which are kept in lists when they are given back. */

#define ARENA_BYTES (96u << 20)
#define MIN_SHIFT 6
#define MAX_SHIFT 25

typedef union block Block;

union block
{
  struct
  {
    uint32_t shift; /* while it is in use */
  } head;
  Block *next; /* while it is in a list */
  char align[16];
};

static char *arena;
static size_t used;
static Block *lists[MAX_SHIFT + 1];

bool
inner_arena_open (void)
{
  void *memory = mmap (NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (memory == MAP_FAILED)
    return false;
  arena = memory;
  return true;
}

void *
inner_arena_take (size_t size)
{
  uint32_t shift = MIN_SHIFT;
  Block *block;

  if (size > ((size_t) 1 << MAX_SHIFT) - sizeof (Block))
    return NULL;
  while (((size_t) 1 << shift) < size + sizeof (Block))
    shift++;
  block = lists[shift];
  if (block != NULL)
    lists[shift] = block->next;
  else if (ARENA_BYTES - used >= (size_t) 1 << shift)
    {
      block = (Block *) (arena + used);
      used += (size_t) 1 << shift;
    }
  else
    return NULL;

  block->head.shift = shift;
  return memset (block + 1, 0, size);
}

void
inner_arena_give_back (void *memory)
{
  Block *block = memory != NULL ? (Block *) memory - 1 : NULL;
  uint32_t shift;

  if (block == NULL)
    return;
  shift = block->head.shift;
  block->next = lists[shift];
  lists[shift] = block;
}
