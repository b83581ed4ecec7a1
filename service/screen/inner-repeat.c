/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-repeat.h"

/*
 * SECURITY: “repeat the last letter” (ECMA-48, 8.3.103) never ends in libvterm 0.3 when there was none, or one without a
 * width: five bytes of a sandbox would keep a processor of the host busy. Only what follows a letter of ASCII at once is
 * carried out, which is how ncurses uses it. Where it is not sure what the library makes of a byte, this takes it for no
 * letter (attack 102; tests/attack/test_001_screen.py, test_endless_repetition).
 */

enum
{
  GROUND,
  ESCAPE,
  ESCAPE_MORE, /* behind an intermediate byte */
  COMMAND,
  TITLE, /* a string that BEL ends, too */
  STRING,
};

static void
on_escape (InnerRepeat *self, unsigned char c)
{
  if (c == '[')
    {
      self->state = COMMAND;
      self->plain = true;
      return;
    }
  self->letter = false;
  if (c == ']')
    self->state = TITLE;
  else if (c == 'P' || c == 'X' || c == '^' || c == '_')
    self->state = STRING;
  else if (c >= 0x20 && c < 0x30)
    self->state = ESCAPE_MORE;
  else if (c >= 0x30 && c < 0x7f)
    self->state = GROUND;
}

/* False for the end of a repetition that must not be. */
static bool
on_command (InnerRepeat *self, unsigned char c)
{
  bool right = self->letter && self->plain;

  if (c >= '0' && c <= '9')
    return true;
  self->plain = false;
  if (c < 0x40 || c >= 0x7f)
    return true;
  self->state = GROUND;
  self->letter = false;
  return c != 'b' || right;
}

static bool
take (InnerRepeat *self, unsigned char c)
{
  if (c == 0x18 || c == 0x1a)
    {
      self->state = GROUND;
      self->letter = false;
      return true;
    }
  if (c == 0x1b)
    {
      self->letter = self->letter && self->state == GROUND;
      self->state = ESCAPE;
      return true;
    }

  switch (self->state)
    {
    case GROUND:
      self->letter = c >= 0x20 && c < 0x7f;
      break;
    case ESCAPE:
      on_escape (self, c);
      break;
    case ESCAPE_MORE:
      if (c >= 0x30 && c < 0x7f)
        self->state = GROUND;
      break;
    case COMMAND:
      return on_command (self, c);
    case TITLE:
      if (c == 0x07)
        self->state = GROUND;
      break;
    default:
      break;
    }
  return true;
}

size_t
inner_repeat_find (InnerRepeat *self, const char *bytes, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (!take (self, bytes[i]))
      return i;

  return size;
}
