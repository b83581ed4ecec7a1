/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-autofd.h"
#include "inner-json.h"

/* Room that is kept on the disk, so that the end and a loss can be told when it is full. */
#define RESERVE (64 * 1024)
/* Of the events' limit, kept for the last ones. */
#define LAST_WORDS (64 * 1024)

/* How each line ends. */
#define DIGEST_BEGIN ", \"digest\": \""
#define DIGEST_LENGTH 64
#define DIGEST_END "\"}"

struct _InnerJournal
{
  int directory;
  int fd;
  gsize size;
  char *previous;
  guint64 lost; /* events that could not be written */
  int error;    /* of the first of them */
  gboolean dirty;
};

static char *
digest_of (const char *text, gsize size)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) text, size);
}

char *
inner_journal_digest_of (const char *line, gsize size, gboolean *right)
{
  gsize tail = strlen (DIGEST_BEGIN) + DIGEST_LENGTH + strlen (DIGEST_END);
  g_autofree char *computed = NULL;
  g_autofree char *found = NULL;

  *right = FALSE;
  if (size <= tail || memcmp (line + size - tail, DIGEST_BEGIN, strlen (DIGEST_BEGIN)) != 0 ||
      memcmp (line + size - strlen (DIGEST_END), DIGEST_END, strlen (DIGEST_END)) != 0)
    return NULL;
  found = g_strndup (line + size - tail + strlen (DIGEST_BEGIN), DIGEST_LENGTH);
  computed = digest_of (line, size - tail);
  *right = g_str_equal (found, computed);
  return g_steal_pointer (&found);
}

static char *
first_previous (void)
{
  return g_strnfill (DIGEST_LENGTH, '0');
}

/* Opens @name in @parent, made with mode 0700 if @make. Never through a link. */
static int
enter (int parent, const char *name, gboolean make)
{
  struct stat st;
  inner_autofd fd = -1;

  if (make && mkdirat (parent, name, 0700) < 0 && errno != EEXIST)
    return -1;
  fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 && (fstat (fd, &st) < 0 || st.st_uid != getuid ()))
    {
      errno = EPERM;
      return -1;
    }
  return inner_steal_fd (&fd);
}

static int
open_runs (const char *state, gboolean make)
{
  inner_autofd parent = -1;

  if (make && g_mkdir_with_parents (state, 0700) < 0)
    return -1;
  parent = open (state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return parent >= 0 ? enter (parent, INNER_JOURNAL_RUNS, make) : -1;
}

static int
open_record (const char *state, const char *id, gboolean make)
{
  inner_autofd runs = open_runs (state, make);

  return runs >= 0 ? enter (runs, id, make) : -1;
}

int
inner_journal_open (const char *state, const char *id)
{
  return open_record (state, id, FALSE);
}

InnerJournal *
inner_journal_new (const char *state, const char *id)
{
  g_autoptr (InnerJournal) journal = g_new0 (InnerJournal, 1);

  journal->fd = -1;
  journal->directory = open_record (state, id, TRUE);
  if (journal->directory < 0)
    return NULL;
  journal->fd = inner_journal_make_file (journal, INNER_JOURNAL_EVENTS);
  if (journal->fd < 0)
    return NULL;
  /* Where the file system cannot, a full disk costs the last events, too. */
  if (fallocate (journal->fd, FALLOC_FL_KEEP_SIZE, 0, RESERVE) < 0)
    g_debug ("no room is kept for events: %s", g_strerror (errno));
  journal->previous = first_previous ();
  return g_steal_pointer (&journal);
}

/* All of the events, cut behind the last line end: what is behind it was being written when the writer died. */
static GString *
read_events (int fd)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[16384];
  const char *end;
  gssize n;

  while ((n = pread (fd, buffer, sizeof buffer, text->len)) > 0)
    {
      g_string_append_len (text, buffer, n);
      if (text->len > INNER_JOURNAL_MAX_EVENTS + LAST_WORDS)
        {
          errno = EFBIG;
          return NULL;
        }
    }
  if (n < 0)
    return NULL;
  end = memrchr (text->str, '\n', text->len);
  g_string_truncate (text, end != NULL ? (gsize) (end - text->str) + 1 : 0);
  return g_steal_pointer (&text);
}

/* Whether @line, which we wrote, is the last word of a record. */
static gboolean
is_end (const char *line, gsize size)
{
  static const char *const words[] = { INNER_EVENT_ENDED, INNER_EVENT_FAILED, INNER_EVENT_LOST };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *member = g_strdup_printf ("\", \"event\": \"%s\"", words[i]);

      if (g_strstr_len (line, MIN (size, 100), member) != NULL)
        return TRUE;
    }

  return FALSE;
}

static gboolean
take_up (InnerJournal *journal, GString *text)
{
  const char *line = text->str;
  const char *end;
  gboolean right;

  journal->previous = first_previous ();
  for (; (end = strchr (line, '\n')) != NULL; line = end + 1)
    {
      if (end[1] != '\0')
        continue;
      g_free (journal->previous);
      journal->previous = inner_journal_digest_of (line, end - line, &right);
      if (journal->previous == NULL)
        journal->previous = first_previous ();
      if (!is_end (line, end - line))
        continue;
      errno = EALREADY;
      return FALSE;
    }
  journal->size = text->len;
  return ftruncate (journal->fd, text->len) == 0;
}

InnerJournal *
inner_journal_continue (const char *state, const char *id)
{
  g_autoptr (InnerJournal) journal = g_new0 (InnerJournal, 1);
  g_autoptr (GString) text = NULL;

  journal->fd = -1;
  journal->directory = open_record (state, id, FALSE);
  if (journal->directory < 0)
    return NULL;
  journal->fd = openat (journal->directory, INNER_JOURNAL_EVENTS,
                        O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  text = journal->fd >= 0 ? read_events (journal->fd) : NULL;
  if (text == NULL || !take_up (journal, text))
    return NULL;
  return g_steal_pointer (&journal);
}

void
inner_journal_free (InnerJournal *journal)
{
  inner_journal_sync (journal);
  inner_clear_fd (&journal->fd);
  inner_clear_fd (&journal->directory);
  g_free (journal->previous);
  g_free (journal);
}

static GString *
make_line (const InnerJournal *journal, const char *event, GVariant *values)
{
  gint64 now = g_get_real_time ();
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (now / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "{\"time\": \"%s.%06dZ\", \"event\": \"%s\"", text,
                          (int) (now % G_USEC_PER_SEC), event);
  for (gsize i = 0; values != NULL && i < g_variant_n_children (values); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (values, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) value = g_variant_get_child_value (entry, 1);

      g_string_append (line, ", ");
      inner_json_append_text (line, g_variant_get_string (key, NULL));
      g_string_append (line, ": ");
      inner_json_append (line, value, FALSE);
    }
  g_string_append_printf (line, ", \"previous\": \"%s\"", journal->previous);
  return line;
}

/* All of the line or nothing. Takes @line. FALSE with errno. */
static gboolean
append (InnerJournal *journal, GString *line)
{
  G_GNUC_UNUSED g_autoptr (GString) owned = line;
  g_autofree char *digest = digest_of (line->str, line->len);
  gssize written;

  g_string_append_printf (line, DIGEST_BEGIN "%s" DIGEST_END "\n", digest);
  written = write (journal->fd, line->str, line->len);
  if (written != (gssize) line->len)
    {
      int saved = written < 0 ? errno : ENOSPC;

      if (written > 0 && ftruncate (journal->fd, journal->size) < 0)
        g_debug ("half an event stays: %s", g_strerror (errno));
      errno = saved;
      return FALSE;
    }
  g_free (journal->previous);
  journal->previous = g_steal_pointer (&digest);
  journal->size += line->len;
  journal->dirty = TRUE;
  return TRUE;
}

static gboolean
append_loss (InnerJournal *journal)
{
  g_autoptr (GVariant) values = g_variant_ref_sink (
      g_variant_new_parsed ("{'part': <'events'>, 'events': <%t>, 'error': <%s>}", journal->lost,
                            g_strerror (journal->error)));

  return append (journal, make_line (journal, INNER_EVENT_LOSS, values));
}

static gboolean
is_last (const char *event)
{
  return g_str_equal (event, INNER_EVENT_ENDED) || g_str_equal (event, INNER_EVENT_FAILED) ||
         g_str_equal (event, INNER_EVENT_LOST) || g_str_equal (event, INNER_EVENT_LOSS);
}

void
inner_journal_add (InnerJournal *journal, const char *event, GVariant *values)
{
  g_autoptr (GVariant) sunk = values != NULL ? g_variant_ref_sink (values) : NULL;
  GString *line;

  /* A record that is full tells once, with its last words. */
  if (journal->lost > 0 && (journal->error != EFBIG || is_last (event)) && append_loss (journal))
    journal->lost = 0;
  line = make_line (journal, event, sunk);
  errno = EFBIG;
  if (!is_last (event) && journal->size + line->len > INNER_JOURNAL_MAX_EVENTS)
    g_string_free (line, TRUE);
  else if (append (journal, line))
    return;
  if (journal->lost++ == 0)
    journal->error = errno;
}

int
inner_journal_make_file (InnerJournal *journal, const char *name)
{
  return openat (journal->directory, name,
                 O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void
inner_journal_sync (InnerJournal *journal)
{
  if (!journal->dirty || journal->fd < 0)
    return;
  journal->dirty = FALSE;
  if (fdatasync (journal->fd) < 0)
    g_debug ("events are not synchronised: %s", g_strerror (errno));
}
