/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-terminal-keys.h"

#include <string.h>

/* How terminals send the two keys: as ever, in the keyboard protocol of kitty ("CSI u"), and in xterm's
 * modifyOtherKeys. */
static const char *const prefix[] = { "\x1d", "\033[93;5u", "\033[93;5:1u", "\033[27;5;93~", NULL };
static const char *const leave[] = { "d", "\033[100u", "\033[100;1u", "\033[100;1:1u", NULL };
/* What may come in between: ctrl and ] are let go. */
static const char *const release[] = { "\033[93;5:3u", "\033[93;1:3u", NULL };

static gsize
match (const char *const *keys, const char *data, gsize length)
{
  for (; *keys != NULL; keys++)
    {
      gsize size = strlen (*keys);

      if (size <= length && memcmp (*keys, data, size) == 0)
        return size;
    }

  return 0;
}

static void
pass_held (InnerTerminalKeys *keys, GByteArray *typed)
{
  g_byte_array_append (typed, (const guint8 *) keys->held, keys->n_held);
  keys->n_held = 0;
  keys->pressed = FALSE;
}

/* Gives how many bytes were taken; 0 when the person leaves. */
static gsize
take_after_prefix (InnerTerminalKeys *keys, const char *data, gsize length, GByteArray *typed)
{
  gsize n = match (release, data, length);

  if (n > 0)
    return n;
  if (match (leave, data, length) > 0)
    return 0;
  n = match (prefix, data, length);
  /* ctrl-] twice is once for the program; anything else follows it there. */
  pass_held (keys, typed);
  if (n > 0)
    return n;
  g_byte_array_append (typed, (const guint8 *) data, 1);
  return 1;
}

static gsize
take_one (InnerTerminalKeys *keys, const char *data, gsize length, GByteArray *typed)
{
  gsize n = match (prefix, data, length);

  if (keys->pressed)
    return take_after_prefix (keys, data, length, typed);
  if (n > 0)
    {
      memcpy (keys->held, data, n);
      keys->n_held = n;
      keys->pressed = TRUE;
      return n;
    }
  /* Up to what may be the next key. */
  for (n = 1; n < length && data[n] != 0x1d && data[n] != '\033'; n++)
    ;
  g_byte_array_append (typed, (const guint8 *) data, n);
  return n;
}

gboolean
inner_terminal_keys_take (InnerTerminalKeys *keys,
                          const char *data,
                          gsize length,
                          GByteArray *typed)
{
  if (!keys->pressed && keys->n_held > 0)
    pass_held (keys, typed);
  while (length > 0)
    {
      gsize n = take_one (keys, data, length, typed);

      if (n == 0)
        return TRUE;
      data += n;
      length -= n;
    }

  return FALSE;
}

gboolean
inner_terminal_keys_wait (const InnerTerminalKeys *keys)
{
  return keys->pressed;
}

void
inner_terminal_keys_time_out (InnerTerminalKeys *keys)
{
  keys->pressed = FALSE;
}
