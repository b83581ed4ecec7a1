/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-error.h"
#include "inner-journal.h"
#include "inner-redact.h"
#include "inner-runs.h"

#define ID "0123456789ab"

typedef struct
{
  char *state;
  char *events; /* path */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->state = g_dir_make_tmp ("inner-test-XXXXXX", NULL);
  fixture->events =
      g_build_filename (fixture->state, INNER_JOURNAL_RUNS, ID, INNER_JOURNAL_EVENTS, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture->state);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_free (fixture->state);
  g_free (fixture->events);
}

/* A record of four events with its end, or without. */
static void
write_record (Fixture *fixture, gboolean ended)
{
  g_autoptr (InnerJournal) journal = inner_journal_new (fixture->state, ID);

  g_assert_nonnull (journal);
  inner_journal_add (journal, INNER_EVENT_PLANNED,
                     g_variant_new_parsed ("{'name': <'box'>, 'command': <['a', 'b']>}"));
  inner_journal_add (journal, INNER_EVENT_STARTED, g_variant_new_parsed ("{'pid': <7>}"));
  inner_journal_add (journal, INNER_EVENT_EXEC, NULL);
  if (ended)
    inner_journal_add (journal, INNER_EVENT_ENDED,
                       g_variant_new_parsed ("{'code': <3>, 'reason': <'exited'>}"));
}

static GVariant *
get (Fixture *fixture)
{
  g_autoptr (InnerRuns) runs = inner_runs_new (fixture->state, NULL, NULL);
  g_autoptr (GError) error = NULL;
  GVariant *run = inner_runs_get (runs, ID, &error);

  g_assert_no_error (error);
  return g_variant_ref_sink (run);
}

static void
assert_whole (Fixture *fixture, gboolean whole, guint line)
{
  g_autoptr (GVariant) run = get (fixture);
  gboolean intact = !whole;
  guint32 found = 0;

  g_variant_lookup (run, "intact", "b", &intact);
  g_variant_lookup (run, "line", "u", &found);
  g_assert_cmpint (intact, ==, whole);
  g_assert_cmpuint (found, ==, line);
}

static void
test_chain (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) run = NULL;
  const char *state = "";
  int code = 0;
  struct stat st;

  write_record (fixture, TRUE);
  assert_whole (fixture, TRUE, 0);
  run = get (fixture);
  g_variant_lookup (run, "state", "&s", &state);
  g_variant_lookup (run, "code", "i", &code);
  g_assert_cmpstr (state, ==, "exited");
  g_assert_cmpint (code, ==, 3);
  g_assert_cmpint (g_stat (fixture->events, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0600);
}

/* Attack 112: whatever is done to a line is found there. */
static void
test_changes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize size;

  write_record (fixture, TRUE);
  g_assert_true (g_file_get_contents (fixture->events, &text, &size, NULL));
  for (gsize i = 0, line = 1; i < size; i++)
    {
      g_autofree char *changed = g_memdup2 (text, size);
      g_autofree char *problem = NULL;
      guint found = 0;

      changed[i] ^= 1;
      g_assert_false (inner_runs_verify (changed, size, FALSE, &found, &problem));
      g_assert_nonnull (problem);
      /* A digest that was changed is right for nothing, a line end that is gone makes one line of two. */
      g_assert_cmpuint (found, ==, line);
      line += text[i] == '\n';
    }
}

static void
test_lines_taken_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  write_record (fixture, TRUE);
  g_assert_true (g_file_get_contents (fixture->events, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint gone = 0; gone < 4; gone++)
    {
      g_autoptr (GString) rest = g_string_new (NULL);
      g_autofree char *problem = NULL;
      guint found = 0;

      for (guint i = 0; i < 4; i++)
        if (i != gone)
          g_string_append_printf (rest, "%s\n", lines[i]);
      g_assert_false (inner_runs_verify (rest->str, rest->len, FALSE, &found, &problem));
      /* The line that now stands in its place does not follow; behind the last one the end is missing. */
      g_assert_cmpuint (found, ==, gone + 1);
    }
}

static void
test_cut_and_continued (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autofree char *problem = NULL;
  gsize size;
  guint line;

  write_record (fixture, FALSE);
  assert_whole (fixture, FALSE, 4);
  g_assert_true (g_file_get_contents (fixture->events, &text, &size, NULL));
  g_assert_true (inner_runs_verify (text, size, TRUE, &line, &problem));

  /* Its writer was killed in the middle of a line. */
  g_assert_true (g_file_set_contents (fixture->events, text, size - 20, NULL));
  inner_runs_mark_lost (fixture->state, ID, NULL);
  assert_whole (fixture, TRUE, 0);
  g_clear_pointer (&text, g_free);
  g_assert_true (g_file_get_contents (fixture->events, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"event\": \"lost\""));

  /* What has its end gets no second one. */
  g_assert_null (inner_journal_continue (fixture->state, ID));
  g_assert_cmpint (errno, ==, EALREADY);
}

static void
test_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerJournal) journal = inner_journal_new (fixture->state, ID);
  g_autofree char *big = g_strnfill (100 * 1024, 'x');
  g_autofree char *text = NULL;
  struct stat st;

  for (guint i = 0; i < 200; i++)
    inner_journal_add (journal, INNER_EVENT_NETWORK, g_variant_new_parsed ("{'host': <%s>}", big));
  inner_journal_add (journal, INNER_EVENT_ENDED, g_variant_new_parsed ("{'code': <0>}"));
  g_assert_cmpint (g_stat (fixture->events, &st), ==, 0);
  g_assert_cmpint (st.st_size, <=, INNER_JOURNAL_MAX_EVENTS + 4096);
  assert_whole (fixture, TRUE, 0);
  g_assert_true (g_file_get_contents (fixture->events, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"event\": \"loss\", \"part\": \"events\""));
}

/* Attack 46: what stands in place of a record does no harm. */
static void
test_hostile (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerRuns) runs = inner_runs_new (fixture->state, NULL, NULL);
  g_autofree char *directory = g_path_get_dirname (fixture->events);
  g_autofree char *deep = g_strnfill (1000000, '[');
  static const char *const texts[] = {
    "",       "\n", "\n\n\n", "{}\n", "[]\n", "{\"time\": 1, \"event\": [], \"previous\": null}\n",
    "\xff\n",
  };
  g_autoptr (GVariant) list = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  assert_whole (fixture, FALSE, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_assert_true (g_file_set_contents (fixture->events, texts[i], -1, NULL));
      assert_whole (fixture, FALSE, 1);
    }
  g_assert_true (g_file_set_contents (fixture->events, deep, -1, NULL));
  assert_whole (fixture, FALSE, 1);
  deep[999999] = '\n';
  g_assert_true (g_file_set_contents (fixture->events, deep, 1000000, NULL));
  assert_whole (fixture, FALSE, 1);

  g_unlink (fixture->events);
  g_assert_cmpint (mkfifo (fixture->events, 0600), ==, 0);
  assert_whole (fixture, FALSE, 1);
  g_unlink (fixture->events);
  g_assert_cmpint (symlink ("/etc/passwd", fixture->events), ==, 0);
  g_assert_cmpint (inner_runs_open (runs, ID, "events", NULL), ==, -1);
  list = g_variant_ref_sink (inner_runs_list (runs, 0));
  g_assert_cmpint (g_variant_n_children (list), ==, 1);
}

static void
test_find (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *word;
    const char *id;
  } rows[] = {
    { ID, ID },    { "box", ID },       { "0123", ID }, { "0", ID },   { "", NULL },
    { "1", NULL }, { "../runs", NULL }, { "bo", NULL }, { "/", NULL },
  };
  g_autoptr (InnerRuns) runs = inner_runs_new (fixture->state, NULL, NULL);

  write_record (fixture, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *id = inner_runs_find (runs, rows[i].word, &error);

      g_assert_cmpstr (id, ==, rows[i].id);
      if (id == NULL)
        g_assert_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND);
    }
}

static gboolean
all_live (const char *id, gpointer data)
{
  return TRUE;
}

static void
test_clean (Fixture *fixture, gconstpointer data)
{
  g_autoptr (InnerRuns) living = inner_runs_new (fixture->state, all_live, NULL);
  g_autoptr (InnerRuns) runs = inner_runs_new (fixture->state, NULL, NULL);
  const struct
  {
    InnerRuns *runs;
    guint64 older_than;
    gboolean dry_run;
    guint n;
  } rows[] = {
    { living, 0, FALSE, 0 }, { runs, 3600, FALSE, 0 }, { runs, G_MAXUINT64, FALSE, 0 },
    { runs, 0, TRUE, 1 },    { runs, 0, FALSE, 1 },    { runs, 0, FALSE, 0 },
  };

  write_record (fixture, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (GStrv) ids = inner_runs_clean (rows[i].runs, rows[i].older_than, rows[i].dry_run);

      g_assert_cmpuint (g_strv_length (ids), ==, rows[i].n);
    }
  g_assert_false (g_file_test (fixture->events, G_FILE_TEST_EXISTS));
}

static void
test_redact (void)
{
  static const char *const values[] = {
    "secret-1", "secret", "short", "\"quoted\"", "ssecret", NULL
  };
  static const struct
  {
    const char *text;
    const char *clean;
  } rows[] = {
    { "", "" },
    { "nothing here", "nothing here" },
    { "secret-1", "[redacted]" },
    { "secret-2", "[redacted]-2" },
    { "xsecretx", "x[redacted]x" },
    { "sssecret", "s[redacted]" },
    { "secretsecret-1", "[redacted][redacted]" },
    { "short", "short" },
    { "a\"quoted\"", "a[redacted]" },
    { "secre", "secre" },
  };
  g_autoptr (InnerSecrets) secrets = inner_secrets_new (values);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *clean = inner_secrets_redact (secrets, rows[i].text);

      g_assert_cmpstr (clean, ==, rows[i].clean);
      /* Wherever the stream is cut in two. */
      for (gsize cut = 0; cut <= strlen (rows[i].text); cut++)
        {
          g_autoptr (InnerRedactor) redactor = inner_redactor_new (secrets);
          g_autoptr (GString) out = g_string_new (NULL);
          const char *ready;
          gsize n;

          n = inner_redactor_feed (redactor, rows[i].text, cut, FALSE, &ready);
          g_string_append_len (out, ready, n);
          n = inner_redactor_feed (redactor, rows[i].text + cut, strlen (rows[i].text) - cut, FALSE,
                                   &ready);
          g_string_append_len (out, ready, n);
          n = inner_redactor_feed (redactor, "", 0, TRUE, &ready);
          g_string_append_len (out, ready, n);
          g_assert_cmpstr (out->str, ==, rows[i].clean);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
  g_test_add ("/journal/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("chain", test_chain);
  ADD ("changes", test_changes);
  ADD ("lines-taken-out", test_lines_taken_out);
  ADD ("cut-and-continued", test_cut_and_continued);
  ADD ("full", test_full);
  ADD ("hostile", test_hostile);
  ADD ("find", test_find);
  ADD ("clean", test_clean);
#undef ADD
  g_test_add_func ("/journal/redact", test_redact);
  return g_test_run ();
}
