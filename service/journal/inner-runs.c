/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-runs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-guard-fs.h"
#include "inner-journal.h"
#include "inner-options.h"

#define MAX_EVENTS (2 * INNER_JOURNAL_MAX_EVENTS)
#define MAX_LEVELS 64
/* What a record may hold to be removed: 500 things that were taken back, with what is in them. */
#define MAX_REMOVED 1000000
#define MAX_REMOVED_DEPTH 200

struct _InnerRuns
{
  char *state;
  InnerRunsLives lives;
  gpointer data;
};

/* What is read of one record. */
typedef struct
{
  char *id;
  int directory;
  JsonObject *planned;
  JsonObject *last;  /* the last event */
  gint64 planned_at; /* µs since the epoch, 0 = not known */
  gint64 last_at;
} Run;

static const struct
{
  const char *word;
  const char *file;
} parts[] = {
  { "events", INNER_JOURNAL_EVENTS },
  { "output", INNER_JOURNAL_OUTPUT },
  { "recording", INNER_JOURNAL_RECORDING },
};

static const char *const last_words[] = { INNER_EVENT_ENDED, INNER_EVENT_FAILED, INNER_EVENT_LOST,
                                          NULL };

InnerRuns *
inner_runs_new (const char *state, InnerRunsLives lives, gpointer data)
{
  InnerRuns *runs = g_new0 (InnerRuns, 1);

  runs->state = g_strdup (state);
  runs->lives = lives;
  runs->data = data;
  return runs;
}

void
inner_runs_free (InnerRuns *runs)
{
  g_free (runs->state);
  g_free (runs);
}

static void
run_free (Run *run)
{
  inner_clear_fd (&run->directory);
  g_clear_pointer (&run->planned, json_object_unref);
  g_clear_pointer (&run->last, json_object_unref);
  g_free (run->id);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

/* SECURITY: the parser calls itself for each level and has no limit (attack 46; tests/unit/test-journal.c). */
static gboolean
is_too_deep (const char *line, gsize size)
{
  gboolean quoted = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < size; i++)
    {
      if (quoted && line[i] == '\\')
        i++;
      else if (line[i] == '"')
        quoted = !quoted;
      else if (!quoted && (line[i] == '{' || line[i] == '['))
        depth++;
      else if (!quoted && (line[i] == '}' || line[i] == ']') && depth > 0)
        depth--;
      if (depth > MAX_LEVELS)
        return TRUE;
    }

  return FALSE;
}

/* Gives the event in one line, %NULL if there is none. (transfer full) */
static JsonObject *
parse_event (const char *line, gsize size)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (!g_utf8_validate (line, size, NULL) || is_too_deep (line, size) ||
      !json_parser_load_from_data (parser, line, size, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root)
             ? json_object_ref (json_node_get_object (root))
             : NULL;
}

static const char *
text_of (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : "";
}

static gint64
number_of (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node)
                                                                         : 0;
}

static gint64
time_of (JsonObject *event)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text_of (event, "time"), NULL);

  return time != NULL
             ? g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time)
             : 0;
}

static gboolean
is_end (JsonObject *event)
{
  return g_strv_contains (last_words, text_of (event, "event"));
}

static gboolean
is_id (const char *name)
{
  return strlen (name) == 12 && strspn (name, "0123456789abcdef") == 12;
}

/* SECURITY: never through a link, and never waiting for a FIFO (attack 46; tests/unit/test-journal.c). */
static int
open_part (int directory, const char *file)
{
  inner_autofd fd = openat (directory, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    return -1;
  return inner_steal_fd (&fd);
}

/* (transfer full) */
static GBytes *
read_events (int directory)
{
  inner_autofd fd = open_part (directory, INNER_JOURNAL_EVENTS);

  return fd >= 0 ? inner_fds_read (fd, MAX_EVENTS, "events", NULL) : NULL;
}

/* Gives the bytes of the last whole line of @text; %NULL if there is none. */
static const char *
last_line (const char *text, gsize size, gsize *length)
{
  const char *end = memrchr (text, '\n', size);
  const char *before;

  if (end == NULL)
    return NULL;
  before = memrchr (text, '\n', end - text);
  before = before != NULL ? before + 1 : text;
  *length = end - before;
  return before;
}

/* Gives what the record @id says; %NULL if there is no such record. (transfer full) */
static Run *
read_run (InnerRuns *runs, const char *id)
{
  g_autoptr (Run) run = g_new0 (Run, 1);
  g_autoptr (GBytes) bytes = NULL;
  const char *text;
  const char *line;
  gsize size;
  gsize length = 0;

  run->directory = is_id (id) ? inner_journal_open (runs->state, id) : -1;
  if (run->directory < 0)
    return NULL;
  run->id = g_strdup (id);
  bytes = read_events (run->directory);
  if (bytes == NULL)
    return g_steal_pointer (&run);
  text = g_bytes_get_data (bytes, &size);
  line = size > 0 ? memchr (text, '\n', size) : NULL;
  if (line == NULL)
    return g_steal_pointer (&run);

  run->planned = parse_event (text, line - text);
  line = last_line (text, size, &length);
  run->last = parse_event (line, length);
  run->planned_at = time_of (run->planned);
  run->last_at = time_of (run->last);
  return g_steal_pointer (&run);
}

static int
compare_runs (gconstpointer a, gconstpointer b)
{
  const Run *one = *(const Run *const *) a;
  const Run *other = *(const Run *const *) b;

  return (one->planned_at < other->planned_at) - (one->planned_at > other->planned_at);
}

/* Newest first. (transfer full) (element-type Run) */
static GPtrArray *
read_all (InnerRuns *runs)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) run_free);
  g_autofree char *path = g_build_filename (runs->state, INNER_JOURNAL_RUNS, NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      Run *run = read_run (runs, name);

      if (run == NULL)
        continue;
      /* A thousand of them may be open at once otherwise. */
      inner_clear_fd (&run->directory);
      g_ptr_array_add (all, run);
    }
  g_ptr_array_sort (all, compare_runs);
  return all;
}

static gboolean
lives (InnerRuns *runs, const Run *run)
{
  return runs->lives != NULL && runs->lives (run->id, runs->data);
}

static const char *
state_of (InnerRuns *runs, const Run *run)
{
  if (is_end (run->last))
    return g_str_equal (text_of (run->last, "event"), INNER_EVENT_ENDED)
               ? "exited"
               : text_of (run->last, "event");
  return lives (runs, run) ? "running" : "cut";
}

static GVariant *
words_of (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;
  JsonArray *array =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  GVariantBuilder words;

  g_variant_builder_init (&words, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *one = json_array_get_element (array, i);

      if (json_node_get_value_type (one) == G_TYPE_STRING)
        g_variant_builder_add (&words, "s", json_node_get_string (one));
    }
  return g_variant_builder_end (&words);
}

static void
summarize (InnerRuns *runs, const Run *run, GVariantDict *dict)
{
  static const char *const texts[] = { "name", "profile", "workspace", "network" };
  static const char *const lists[] = { "command", "privileges" };

  g_variant_dict_insert (dict, "id", "s", run->id);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_variant_dict_insert (dict, texts[i], "s", text_of (run->planned, texts[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    g_variant_dict_insert_value (dict, lists[i], words_of (run->planned, lists[i]));
  g_variant_dict_insert (dict, "state", "s", state_of (runs, run));
  g_variant_dict_insert (dict, "planned-at", "x", run->planned_at);
  if (!is_end (run->last))
    return;
  g_variant_dict_insert (dict, "ended-at", "x", run->last_at);
  if (!g_str_equal (text_of (run->last, "event"), INNER_EVENT_ENDED))
    return;
  g_variant_dict_insert (dict, "code", "i", (int) number_of (run->last, "code"));
  g_variant_dict_insert (dict, "reason", "s", text_of (run->last, "reason"));
}

GVariant *
inner_runs_list (InnerRuns *runs, guint limit)
{
  g_autoptr (GPtrArray) all = read_all (runs);
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < all->len && (limit == 0 || i < limit); i++)
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      summarize (runs, all->pdata[i], &dict);
      g_variant_builder_add_value (&list, g_variant_dict_end (&dict));
    }
  return g_variant_builder_end (&list);
}

static gboolean
fail_not_found (const char *word, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (word);

  g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND,
               _ ("There is no record of “%s”; “innerctl log list” shows those there are"), shown);
  return FALSE;
}

char *
inner_runs_find (InnerRuns *runs, const char *word, GError **error)
{
  int directory = is_id (word) ? inner_journal_open (runs->state, word) : -1;
  g_autoptr (GPtrArray) all = NULL;
  const Run *found = NULL;
  guint n = 0;

  /* Who asks for one after the other by its id must not have all of them read each time. */
  if (directory >= 0)
    {
      close (directory);
      return g_strdup (word);
    }
  all = read_all (runs);
  for (guint i = 0; i < all->len; i++)
    if (g_str_equal (text_of (((const Run *) all->pdata[i])->planned, "name"), word))
      return g_strdup (((const Run *) all->pdata[i])->id);
  for (guint i = 0; i < all->len && word[0] != '\0'; i++)
    if (g_str_has_prefix (((const Run *) all->pdata[i])->id, word))
      {
        found = all->pdata[i];
        n++;
      }
  if (n == 1)
    return g_strdup (found->id);

  if (n == 0)
    fail_not_found (word, error);
  else
    g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND,
                 _ ("The ids of %u records begin with “%s”; give more of it"), n, word);
  return NULL;
}

static gboolean
has_problem (guint at, const char *sentence, guint *line, char **problem)
{
  *line = at;
  *problem = g_strdup (sentence);
  return FALSE;
}

gboolean
inner_runs_verify (const char *text, gsize size, gboolean living, guint *line, char **problem)
{
  g_autofree char *previous = g_strnfill (64, '0');
  gboolean ended = FALSE;
  guint number = 0;
  const char *end;

  *line = 0;
  *problem = NULL;
  for (const char *at = text; at < text + size; at = end + 1)
    {
      g_autoptr (JsonObject) event = NULL;
      g_autofree char *digest = NULL;
      gboolean right;

      number++;
      end = memchr (at, '\n', text + size - at);
      if (end == NULL && living)
        break;
      if (end == NULL)
        return has_problem (number, _ ("the line is not complete"), line, problem);
      event = parse_event (at, end - at);
      if (event == NULL)
        return has_problem (number, _ ("the line is no event"), line, problem);
      digest = inner_journal_digest_of (at, end - at, &right);
      if (!right)
        return has_problem (number, _ ("the line was changed"), line, problem);
      if (!g_str_equal (text_of (event, "previous"), previous))
        return has_problem (number, _ ("lines before it were changed, taken out or put in"), line,
                            problem);
      if (ended)
        return has_problem (number, _ ("the line stands behind the end"), line, problem);
      ended = is_end (event);
      g_free (previous);
      previous = g_steal_pointer (&digest);
    }

  if (ended || living)
    return TRUE;
  return has_problem (number + 1, _ ("the end of the record is missing"), line, problem);
}

static GVariant *
parts_of (const Run *run)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      inner_autofd fd = open_part (run->directory, parts[i].file);

      if (fd >= 0)
        g_variant_builder_add (&list, "s", parts[i].word);
    }
  if (faccessat (run->directory, "guard", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    g_variant_builder_add (&list, "s", "guard");
  return g_variant_builder_end (&list);
}

GVariant *
inner_runs_get (InnerRuns *runs, const char *id, GError **error)
{
  g_autoptr (Run) run = read_run (runs, id);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *problem = NULL;
  g_autofree char *path = NULL;
  GVariantDict dict;
  const char *text = "";
  gsize size = 0;
  guint line = 0;
  gboolean intact;

  if (run == NULL)
    {
      fail_not_found (id, error);
      return NULL;
    }
  bytes = read_events (run->directory);
  if (bytes != NULL && g_bytes_get_size (bytes) > 0)
    text = g_bytes_get_data (bytes, &size);
  intact = inner_runs_verify (text, size, lives (runs, run), &line, &problem);
  path = g_build_filename (runs->state, INNER_JOURNAL_RUNS, id, NULL);

  g_variant_dict_init (&dict, NULL);
  summarize (runs, run, &dict);
  g_variant_dict_insert (&dict, "path", "s", path);
  g_variant_dict_insert_value (&dict, "parts", parts_of (run));
  g_variant_dict_insert (&dict, "intact", "b", intact);
  if (!intact)
    {
      g_variant_dict_insert (&dict, "line", "u", line);
      g_variant_dict_insert (&dict, "problem", "s", problem);
    }
  return g_variant_dict_end (&dict);
}

int
inner_runs_open (InnerRuns *runs, const char *id, const char *part, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (part);
  inner_autofd directory = is_id (id) ? inner_journal_open (runs->state, id) : -1;

  if (directory < 0)
    {
      fail_not_found (id, error);
      return -1;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      int fd;

      if (!g_str_equal (parts[i].word, part))
        continue;
      fd = open_part (directory, parts[i].file);
      if (fd < 0)
        g_set_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND, _ ("The record “%s” has no %s"), id,
                     part);
      return fd;
    }

  g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
               _ ("“%s” is no part of a record; use “events”, “output” or “recording”"), shown);
  return -1;
}

/* When something in the record changed last, in seconds since the epoch. */
static gint64
last_change (int directory)
{
  struct stat st;
  gint64 last = 0;

  if (fstat (directory, &st) == 0)
    last = st.st_mtime;
  if (fstatat (directory, INNER_JOURNAL_EVENTS, &st, AT_SYMLINK_NOFOLLOW) == 0)
    last = MAX (last, st.st_mtime);
  return last;
}

char **
inner_runs_clean (InnerRuns *runs, guint64 older_than, gboolean dry_run)
{
  g_autofree char *path = g_build_filename (runs->state, INNER_JOURNAL_RUNS, NULL);
  inner_autofd parent = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  g_autoptr (GPtrArray) all = read_all (runs);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = all->len; parent >= 0 && i > 0; i--)
    {
      const Run *run = all->pdata[i - 1];
      inner_autofd directory = inner_journal_open (runs->state, run->id);
      guint entries = MAX_REMOVED;

      if (directory < 0 || lives (runs, run) ||
          (older_than > 0 && now - last_change (directory) < (gint64) MIN (older_than, G_MAXINT64)))
        continue;
      if (dry_run || inner_guard_remove (parent, run->id, &entries, MAX_REMOVED_DEPTH))
        g_strv_builder_add (ids, run->id);
    }
  return g_strv_builder_end (ids);
}

void
inner_runs_mark_lost (const char *state, const char *id, GVariant *findings)
{
  g_autoptr (InnerJournal) journal = inner_journal_continue (state, id);

  if (journal == NULL)
    return;
  if (findings != NULL)
    inner_journal_add (journal, INNER_EVENT_GUARDED,
                       g_variant_new_parsed ("{'findings': <%@aa{sv}>}", findings));
  inner_journal_add (journal, INNER_EVENT_LOST, NULL);
}
