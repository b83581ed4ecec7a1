/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-cast.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "inner-journal.h"
#include "inner-json.h"

struct _InnerCast
{
  int fd;
  InnerRedactor *redactor;
  GString *tail; /* the beginning of a character whose end is still to come */
  gint64 begun;
  gsize size;
  int loss;
};

/* A line is there or it is not: half of one would spoil the file. */
static void
write_line (InnerCast *cast, GString *line)
{
  gssize n;

  g_string_append_c (line, '\n');
  if (cast->loss == 0 && cast->size + line->len > INNER_JOURNAL_MAX_OUTPUT)
    cast->loss = EFBIG;
  if (cast->loss != 0)
    return;
  n = write (cast->fd, line->str, line->len);
  if (n == (gssize) line->len)
    {
      cast->size += n;
      return;
    }
  cast->loss = n < 0 ? errno : ENOSPC;
  if (n > 0 && ftruncate (cast->fd, cast->size) < 0)
    g_debug ("half a line stays in the recording: %s", g_strerror (errno));
}

static GString *
begin_event (const InnerCast *cast, const char *code)
{
  gint64 now = g_get_monotonic_time () - cast->begun;
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "[%" G_GINT64_FORMAT ".%06d, \"%s\", ", now / G_USEC_PER_SEC,
                          (int) (now % G_USEC_PER_SEC), code);
  return line;
}

InnerCast *
inner_cast_new (int fd, const InnerSecrets *secrets, guint columns, guint rows)
{
  InnerCast *cast = g_new0 (InnerCast, 1);
  g_autoptr (GString) header = g_string_new (NULL);

  cast->fd = fd;
  cast->redactor = inner_redactor_new (secrets);
  cast->tail = g_string_new (NULL);
  cast->begun = g_get_monotonic_time ();
  g_string_append_printf (
      header,
      "{\"version\": 2, \"width\": %u, \"height\": %u, \"timestamp\": %" G_GINT64_FORMAT "}",
      MAX (columns, 1), MAX (rows, 1), g_get_real_time () / G_USEC_PER_SEC);
  write_line (cast, header);
  return cast;
}

void
inner_cast_free (InnerCast *cast)
{
  inner_cast_end (cast);
  close (cast->fd);
  inner_redactor_free (cast->redactor);
  g_string_free (cast->tail, TRUE);
  g_free (cast);
}

/* How many bytes at the end of @text are the beginning of a character, which comes in up to four. */
static gsize
count_incomplete (const GString *text)
{
  for (gsize n = 1; n <= 3 && n <= text->len; n++)
    {
      guchar byte = text->str[text->len - n];

      if ((byte & 0xc0) == 0x80)
        continue;
      return g_utf8_get_char_validated (text->str + text->len - n, n) == (gunichar) -2 ? n : 0;
    }

  return 0;
}

static void
write_output (InnerCast *cast, const char *bytes, gsize size, gboolean last)
{
  g_autofree char *valid = NULL;
  g_autoptr (GString) line = NULL;
  gsize held;

  g_string_append_len (cast->tail, bytes, size);
  held = last ? 0 : count_incomplete (cast->tail);
  if (cast->tail->len == held)
    return;
  valid = g_utf8_make_valid (cast->tail->str, cast->tail->len - held);
  g_string_erase (cast->tail, 0, cast->tail->len - held);
  line = begin_event (cast, "o");
  inner_json_append_text (line, valid);
  g_string_append_c (line, ']');
  write_line (cast, line);
}

void
inner_cast_show (InnerCast *cast, const guint8 *data, gsize size)
{
  const char *ready;
  gsize n;

  if (cast->loss != 0)
    return;
  n = inner_redactor_feed (cast->redactor, (const char *) data, size, FALSE, &ready);
  write_output (cast, ready, n, FALSE);
}

void
inner_cast_end (InnerCast *cast)
{
  const char *ready;
  gsize n = inner_redactor_feed (cast->redactor, "", 0, TRUE, &ready);

  write_output (cast, ready, n, TRUE);
}

void
inner_cast_resize (InnerCast *cast, guint columns, guint rows)
{
  g_autoptr (GString) line = begin_event (cast, "r");

  g_string_append_printf (line, "\"%ux%u\"]", columns, rows);
  write_line (cast, line);
}

int
inner_cast_get_loss (const InnerCast *cast)
{
  return cast->loss;
}
