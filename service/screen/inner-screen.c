/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-screen.h"

#include <stdio.h>
#include <string.h>

/* What a screen behind another one may take; a larger one is not brought back. */
#define MAX_BEHIND (1u << 20)

typedef struct
{
  char *data;
  size_t size;
} Buffer;

static void *
take_memory (size_t size, void *data)
{
  return inner_arena_take (size);
}

static void
give_memory_back (void *memory, void *data)
{
  inner_arena_give_back (memory);
}

static VTermAllocatorFunctions allocator = { take_memory, give_memory_back };

static void
on_answer (const char *bytes, size_t size, void *data)
{
  InnerScreen *self = data;

  if (size > sizeof self->answers - self->n_answers)
    return;
  memcpy (self->answers + self->n_answers, bytes, size);
  self->n_answers += size;
}

/* Only what is harmless between the two ends of a command for a title. */
static int
on_property (VTermProp property, VTermValue *value, void *data)
{
  InnerScreen *self = data;
  size_t n = 0;

  if (property != VTERM_PROP_TITLE || value->string == NULL)
    return 1;
  for (const char *p = value->string; *p != '\0' && n + 1 < sizeof self->title; p++)
    if ((unsigned char) *p >= ' ' && *p != 0x7f)
      self->title[n++] = *p;
  self->title[n] = '\0';
  return 1;
}

static int
clamp (int value, int max)
{
  return value < 1 ? 1 : value > max ? max : value;
}

static void
limit_size (int *columns, int *rows)
{
  *columns = clamp (*columns, INNER_SCREEN_MAX_COLUMNS);
  *rows = clamp (*rows, INNER_SCREEN_MAX_ROWS);
  *rows = clamp (*rows, INNER_SCREEN_MAX_CELLS / *columns);
}

bool
inner_screen_open (InnerScreen *self, int columns, int rows)
{
  static const VTermScreenCallbacks callbacks = { .settermprop = on_property };

  memset (self, 0, sizeof *self);
  inner_modes_init (&self->modes);
  limit_size (&columns, &rows);
  self->vt = vterm_new_with_allocator (rows, columns, &allocator, NULL);
  if (self->vt == NULL)
    return false;
  vterm_set_utf8 (self->vt, 1);
  vterm_output_set_callback (self->vt, on_answer, self);
  self->screen = vterm_obtain_screen (self->vt);
  vterm_screen_set_callbacks (self->screen, &callbacks, self);
  vterm_screen_enable_altscreen (self->screen, 1);
  vterm_screen_set_damage_merge (self->screen, VTERM_DAMAGE_SCREEN);
  vterm_screen_reset (self->screen, 1);
  return true;
}

static void
write_text (InnerScreenWrite write, void *data, const char *text)
{
  write (text, strlen (text), data);
}

static size_t
put_color (char *text, const VTermColor *color, int base)
{
  bool standard =
      base == 30 ? VTERM_COLOR_IS_DEFAULT_FG (color) : VTERM_COLOR_IS_DEFAULT_BG (color);

  if (standard)
    return 0;
  if (VTERM_COLOR_IS_RGB (color))
    return sprintf (text, ";%d;2;%u;%u;%u", base + 8, color->rgb.red, color->rgb.green,
                    color->rgb.blue);
  if (color->indexed.idx < 8)
    return sprintf (text, ";%d", base + color->indexed.idx);
  if (color->indexed.idx < 16)
    return sprintf (text, ";%d", base + 60 + color->indexed.idx - 8);
  return sprintf (text, ";%d;5;%u", base + 8, color->indexed.idx);
}

/* The command that gives the look of @cell. */
static void
put_look (char *text, const VTermScreenCell *cell)
{
  char *end = stpcpy (text, "\033[0");

  if (cell->attrs.bold)
    end = stpcpy (end, ";1");
  if (cell->attrs.italic)
    end = stpcpy (end, ";3");
  if (cell->attrs.underline)
    end = stpcpy (end, cell->attrs.underline == VTERM_UNDERLINE_DOUBLE ? ";21" : ";4");
  if (cell->attrs.blink)
    end = stpcpy (end, ";5");
  if (cell->attrs.reverse)
    end = stpcpy (end, ";7");
  if (cell->attrs.strike)
    end = stpcpy (end, ";9");
  end += put_color (end, &cell->fg, 30);
  end += put_color (end, &cell->bg, 40);
  stpcpy (end, "m");
}

static size_t
put_character (char *text, uint32_t c)
{
  if (c < ' ' || (c >= 0x7f && c < 0xa0) || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
    c = '?';
  if (c < 0x80)
    {
      text[0] = c;
      return 1;
    }
  if (c < 0x800)
    {
      text[0] = 0xc0 | c >> 6;
      text[1] = 0x80 | (c & 0x3f);
      return 2;
    }
  if (c < 0x10000)
    {
      text[0] = 0xe0 | c >> 12;
      text[1] = 0x80 | (c >> 6 & 0x3f);
      text[2] = 0x80 | (c & 0x3f);
      return 3;
    }
  text[0] = 0xf0 | c >> 18;
  text[1] = 0x80 | (c >> 12 & 0x3f);
  text[2] = 0x80 | (c >> 6 & 0x3f);
  text[3] = 0x80 | (c & 0x3f);
  return 4;
}

static bool
is_blank (const VTermScreenCell *cell)
{
  return (cell->chars[0] == 0 || cell->chars[0] == ' ') && VTERM_COLOR_IS_DEFAULT_BG (&cell->bg) &&
         !cell->attrs.reverse && !cell->attrs.underline && !cell->attrs.strike;
}

static int
find_end (VTermScreen *screen, int row, int columns)
{
  VTermScreenCell cell;

  for (; columns > 0; columns--)
    if (vterm_screen_get_cell (screen, (VTermPos){ row, columns - 1 }, &cell) && !is_blank (&cell))
      break;
  return columns;
}

static void
draw_row (VTermScreen *screen, int row, int columns, InnerScreenWrite write, void *data)
{
  int end = find_end (screen, row, columns);
  char last[96] = "\033[0m";
  char text[96];
  VTermScreenCell cell;

  if (end == 0)
    return;
  write (text, sprintf (text, "\033[%d;1H", row + 1), data);
  for (int column = 0; column<end; column += cell.width> 1 ? cell.width : 1)
    {
      size_t size = 0;

      if (!vterm_screen_get_cell (screen, (VTermPos){ row, column }, &cell))
        return;
      put_look (text, &cell);
      if (strcmp (text, last) != 0)
        {
          write_text (write, data, text);
          strcpy (last, text);
        }
      if (cell.chars[0] == 0)
        text[size++] = ' ';
      for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; i++)
        size += put_character (text + size, cell.chars[i]);
      write (text, size, data);
    }
  write_text (write, data, "\033[0m");
}

/* What is seen, on a screen that is cleared for it. */
static void
draw_cells (InnerScreen *self, InnerScreenWrite write, void *data)
{
  int columns;
  int rows;

  write_text (write, data, "\033[H\033[2J");
  vterm_get_size (self->vt, &rows, &columns);
  for (int row = 0; row < rows; row++)
    draw_row (self->screen, row, columns, write, data);
}

static void
draw_cursor (InnerScreen *self, InnerScreenWrite write, void *data)
{
  VTermPos cursor;
  char text[64];

  vterm_state_get_cursorpos (vterm_obtain_state (self->vt), &cursor);
  write (text, sprintf (text, "\033[%d;%dH", cursor.row + 1, cursor.col + 1), data);
}

/* How the next character will look. */
static void
draw_pen (InnerScreen *self, InnerScreenWrite write, void *data)
{
  const VTermState *state = vterm_obtain_state (self->vt);
  VTermScreenCell cell = { 0 };
  VTermValue value;
  char text[96];

  if (vterm_state_get_penattr (state, VTERM_ATTR_BOLD, &value))
    cell.attrs.bold = value.boolean;
  if (vterm_state_get_penattr (state, VTERM_ATTR_ITALIC, &value))
    cell.attrs.italic = value.boolean;
  if (vterm_state_get_penattr (state, VTERM_ATTR_UNDERLINE, &value))
    cell.attrs.underline = value.number;
  if (vterm_state_get_penattr (state, VTERM_ATTR_REVERSE, &value))
    cell.attrs.reverse = value.boolean;
  if (vterm_state_get_penattr (state, VTERM_ATTR_FOREGROUND, &value))
    cell.fg = value.color;
  if (vterm_state_get_penattr (state, VTERM_ATTR_BACKGROUND, &value))
    cell.bg = value.color;
  put_look (text, &cell);
  write_text (write, data, text);
}

void
inner_screen_draw (InnerScreen *self, InnerScreenWrite write, void *data)
{
  static const uint32_t cursor_shown = 25;
  char text[INNER_MODES_MAX_TEXT];

  /* Cancels what was cut off, and begins as on a terminal that was just opened. */
  write_text (write, data, "\030\033\\\033[0m\033(B\033[r\033[?6l\033[?7h\033[?25l");
  if (inner_modes_is_alternate (&self->modes))
    {
      if (self->behind != NULL)
        write (self->behind, self->behind_size, data);
      write_text (write, data, "\033[?1049h");
    }
  draw_cells (self, write, data);
  if (self->title[0] != '\0')
    {
      write_text (write, data, "\033]2;");
      write_text (write, data, self->title);
      write_text (write, data, "\007");
    }
  write (text, inner_modes_enter (&self->modes, text), data);
  draw_pen (self, write, data);
  draw_cursor (self, write, data);
  if (inner_modes_is_on (&self->modes, cursor_shown))
    write_text (write, data, "\033[?25h");
}

static void
add_to_buffer (const char *bytes, size_t size, void *data)
{
  Buffer *buffer = data;

  if (size <= MAX_BEHIND - buffer->size)
    memcpy (buffer->data + buffer->size, bytes, size);
  buffer->size += size <= MAX_BEHIND - buffer->size ? size : 0;
}

/* The library does not show the screen behind the alternate one: it is drawn before that comes. */
static void
keep_behind (InnerScreen *self)
{
  Buffer buffer = { inner_arena_take (MAX_BEHIND), 0 };

  inner_arena_give_back (self->behind);
  self->behind = NULL;
  if (buffer.data == NULL)
    return;
  draw_cells (self, add_to_buffer, &buffer);
  draw_cursor (self, add_to_buffer, &buffer);
  /* Most of it is air; the block that is kept has the right size. */
  self->behind = inner_arena_take (buffer.size);
  self->behind_size = self->behind != NULL ? buffer.size : 0;
  if (self->behind != NULL)
    memcpy (self->behind, buffer.data, buffer.size);
  inner_arena_give_back (buffer.data);
}

/* With a cancel in the place of the end of what must not be carried out. */
static void
put (InnerScreen *self, const char *bytes, size_t size)
{
  while (size > 0)
    {
      size_t n = inner_repeat_find (&self->repeat, bytes, size);

      vterm_input_write (self->vt, bytes, n);
      if (n < size)
        vterm_input_write (self->vt, "\030", 1);
      n += n < size;
      bytes += n;
      size -= n;
    }
}

void
inner_screen_show (InnerScreen *self, const char *bytes, size_t size)
{
  while (size > 0)
    {
      bool before = inner_modes_is_alternate (&self->modes);
      size_t n = inner_modes_feed_to_alternate (&self->modes, bytes, size);

      if (!before && inner_modes_is_alternate (&self->modes))
        {
          put (self, bytes, n - 1);
          keep_behind (self);
          put (self, bytes + n - 1, 1);
        }
      else
        put (self, bytes, n);
      bytes += n;
      size -= n;
    }
}

void
inner_screen_resize (InnerScreen *self, int columns, int rows)
{
  limit_size (&columns, &rows);
  vterm_set_size (self->vt, rows, columns);
}
