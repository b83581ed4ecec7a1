/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-modes.h"

#include <stdio.h>
#include <string.h>

#define ESCAPE 0x1b

enum
{
  GROUND,
  AFTER_ESCAPE,
  CHARSET, /* ESC ( */
  CONTROL, /* ESC [ */
  TEXT,    /* of a command that is ended by BEL or ESC \ */
  TEXT_ESCAPE,
};

/* Private modes as xterm numbers them ("XTerm Control Sequences", CSI ? h), the first of a family first. */
static const struct
{
  uint16_t number;
  bool usual; /* how a terminal starts */
} modes[] = {
  { 1049, false },                  /* alternate screen */
  { 47, false },   { 1047, false }, /* the same, older */
  { 1, false },                     /* cursor keys send other codes */
  { 5, false },                     /* dark on light */
  { 6, false },                     /* lines count from the margin */
  { 7, true },                      /* lines wrap */
  { 25, true },                     /* the cursor is shown */
  { 9, false },    { 1000, false }, { 1001, false }, { 1002, false }, /* mouse */
  { 1003, false }, { 1005, false }, { 1006, false }, { 1015, false },
  { 1016, false }, { 1004, false }, /* tells of the focus */
  { 2004, false },                  /* brackets pasted text */
  { 2026, false },                  /* shows nothing until it is over */
  { 2031, false },                  /* tells of light and dark */
};

#define N_MODES (sizeof modes / sizeof *modes)
#define N_ALTERNATE 3

void
inner_modes_init (InnerModes *self)
{
  memset (self, 0, sizeof *self);
  for (size_t i = 0; i < N_MODES; i++)
    if (modes[i].usual)
      self->on |= 1u << i;
}

bool
inner_modes_is_between (const InnerModes *self)
{
  return self->state == GROUND;
}

bool
inner_modes_is_on (const InnerModes *self, uint32_t mode)
{
  for (size_t i = 0; i < N_MODES; i++)
    if (modes[i].number == mode)
      return (self->on >> i & 1) != 0;

  return false;
}

bool
inner_modes_is_alternate (const InnerModes *self)
{
  return (self->on & ((1u << N_ALTERNATE) - 1)) != 0;
}

bool
inner_modes_is_plain (const InnerModes *self)
{
  return !inner_modes_is_alternate (self) && inner_modes_is_between (self);
}

static void
reset (InnerModes *self)
{
  uint8_t state = self->state;

  inner_modes_init (self);
  self->state = state;
}

/* A soft reset keeps the screen and what the mouse does. */
static void
reset_softly (InnerModes *self)
{
  self->keypad = self->margins = self->graphic = false;
  for (size_t i = 0; i < N_MODES; i++)
    if (modes[i].number == 25 || modes[i].number == 7)
      self->on |= 1u << i;
    else if (modes[i].number == 1 || modes[i].number == 6)
      self->on &= ~(1u << i);
}

static void
set_modes (InnerModes *self, bool on)
{
  for (uint8_t n = 0; n < self->n_numbers; n++)
    for (size_t i = 0; i < N_MODES; i++)
      if (modes[i].number == self->numbers[n] && on)
        self->on |= 1u << i;
      else if (modes[i].number == self->numbers[n])
        self->on &= ~(1u << i);
}

static uint16_t
number (const InnerModes *self, uint8_t n, uint16_t otherwise)
{
  return n < self->n_numbers ? self->numbers[n] : otherwise;
}

/* The keyboard protocol that kitty brought: CSI > flags u pushes, CSI < n u pops, CSI = flags u sets. */
static void
set_keyboard (InnerModes *self)
{
  uint16_t n = number (self, 0, 0);

  if (self->prefix == '>' && self->keyboard < UINT8_MAX)
    self->keyboard++;
  else if (self->prefix == '<')
    self->keyboard -= n == 0 ? self->keyboard > 0 : n < self->keyboard ? n : self->keyboard;
  if (self->prefix == '>' || self->prefix == '=')
    self->keyboard_flags = n;
  if (self->prefix == '=' && self->keyboard == 0 && n != 0)
    self->keyboard = 1;
}

static void
set_margins (InnerModes *self)
{
  self->top = number (self, 0, 0);
  self->bottom = number (self, 1, 0);
  self->margins = self->top > 1 || self->bottom != 0;
}

static void
control (InnerModes *self, uint8_t final)
{
  if (self->prefix == '?' && self->intermediate == 0 && (final == 'h' || final == 'l'))
    set_modes (self, final == 'h');
  else if (final == 'u' && self->prefix != 0)
    set_keyboard (self);
  else if (final == 'm' && self->prefix == '>' && number (self, 0, 0) == 4)
    self->other_keys = number (self, 1, 0) <= 3 ? number (self, 1, 0) : 0;
  else if (final == 'r' && self->prefix == 0 && self->intermediate == 0)
    set_margins (self);
  else if (final == 'q' && self->intermediate == ' ')
    self->cursor = number (self, 0, 0) <= 6 ? number (self, 0, 0) : 0;
  else if (final == 'p' && self->intermediate == '!')
    reset_softly (self);
}

static void
begin_control (InnerModes *self)
{
  self->state = CONTROL;
  self->prefix = self->intermediate = self->n_numbers = 0;
}

static void
add_digit (InnerModes *self, uint8_t byte)
{
  uint16_t *last;

  if (self->n_numbers == 0)
    self->numbers[self->n_numbers++] = 0;
  last = &self->numbers[self->n_numbers - 1];
  *last = *last < 6000 ? *last * 10 + (byte - '0') : UINT16_MAX;
}

static void
add_number (InnerModes *self)
{
  if (self->n_numbers == 0)
    self->numbers[self->n_numbers++] = 0;
  if (self->n_numbers < INNER_MODES_MAX_NUMBERS)
    self->numbers[self->n_numbers++] = 0;
}

static void
take_in_control (InnerModes *self, uint8_t byte)
{
  if (byte >= '0' && byte <= '9')
    add_digit (self, byte);
  else if (byte == ';' || byte == ':')
    add_number (self);
  else if (byte >= '<' && byte <= '?')
    self->prefix = byte;
  else if (byte >= ' ' && byte <= '/')
    self->intermediate = byte;
  else if (byte >= '@' && byte <= '~')
    {
      self->state = GROUND;
      control (self, byte);
    }
  else if (byte == 0x18 || byte == 0x1a)
    self->state = GROUND;
}

static void
take_after_escape (InnerModes *self, uint8_t byte)
{
  self->state = GROUND;
  if (byte == '[')
    begin_control (self);
  else if (byte == '(')
    self->state = CHARSET;
  else if (byte == ']' || byte == 'P' || byte == '_' || byte == '^' || byte == 'X')
    self->state = TEXT;
  else if (byte == '=' || byte == '>')
    self->keypad = byte == '=';
  else if (byte == 'c')
    reset (self);
  else if (byte < ' ')
    self->state = AFTER_ESCAPE;
}

static void
take (InnerModes *self, uint8_t byte)
{
  if (self->state == TEXT)
    self->state = byte == 0x07 || byte == 0x18 || byte == 0x1a ? GROUND
                  : byte == ESCAPE                             ? TEXT_ESCAPE
                                                               : TEXT;
  else if (byte == ESCAPE)
    self->state = AFTER_ESCAPE;
  else if (self->state == AFTER_ESCAPE || self->state == TEXT_ESCAPE)
    take_after_escape (self, byte);
  else if (self->state == CONTROL)
    take_in_control (self, byte);
  else if (self->state == CHARSET)
    {
      self->state = GROUND;
      self->graphic = byte == '0';
    }
}

static size_t
feed (InnerModes *self, const void *data, size_t size, bool to_alternate)
{
  const uint8_t *bytes = data;
  size_t i = 0;

  while (i < size)
    {
      bool before = inner_modes_is_alternate (self);

      if (self->state == GROUND)
        {
          const uint8_t *next = memchr (bytes + i, ESCAPE, size - i);

          if (next == NULL)
            return size;
          i = next - bytes;
        }
      take (self, bytes[i++]);
      if (to_alternate && !before && inner_modes_is_alternate (self))
        return i;
    }

  return size;
}

void
inner_modes_feed (InnerModes *self, const void *data, size_t size)
{
  feed (self, data, size, false);
}

size_t
inner_modes_feed_to_alternate (InnerModes *self, const void *data, size_t size)
{
  return feed (self, data, size, true);
}

static char *
add (char *end, const char *text)
{
  return stpcpy (end, text);
}

size_t
inner_modes_leave (const InnerModes *self, char *text)
{
  char *end = text;

  *end = '\0';
  if (self->margins)
    end = add (end, "\033[r");
  if (self->graphic)
    end = add (end, "\033(B");
  if (self->other_keys != 0)
    end = add (end, "\033[>4m");
  if (self->keyboard > 0)
    end += sprintf (end, "\033[<%uu", self->keyboard);
  if (self->keypad)
    end = add (end, "\033>");
  if (self->cursor != 0)
    end = add (end, "\033[0 q");
  /* Back from the alternate screen last, which brings the cursor back to where it was. */
  for (size_t i = N_MODES; i-- > 0;)
    if (((self->on >> i & 1) != 0) != modes[i].usual)
      end += sprintf (end, "\033[?%u%c", modes[i].number, modes[i].usual ? 'h' : 'l');
  if (end != text)
    end = add (end, "\033[0m");
  return end - text;
}

size_t
inner_modes_enter (const InnerModes *self, char *text)
{
  char *end = text;

  *end = '\0';
  if (self->margins)
    end += sprintf (end, "\033[%u;%ur", self->top > 0 ? self->top : 1,
                    self->bottom > 0 ? self->bottom : 9999);
  if (self->graphic)
    end = add (end, "\033(0");
  if (self->other_keys != 0)
    end += sprintf (end, "\033[>4;%um", self->other_keys);
  if (self->keyboard > 0)
    end += sprintf (end, "\033[>%uu", self->keyboard_flags);
  if (self->keypad)
    end = add (end, "\033=");
  if (self->cursor != 0)
    end += sprintf (end, "\033[%u q", self->cursor);
  for (size_t i = N_ALTERNATE; i < N_MODES; i++)
    if (((self->on >> i & 1) != 0) != modes[i].usual && modes[i].number != 2026)
      end += sprintf (end, "\033[?%u%c", modes[i].number, modes[i].usual ? 'l' : 'h');
  return end - text;
}
