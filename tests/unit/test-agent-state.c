/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "inner-agent-state.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-json-keep.h"
#include "inner-state-pack.h"

/*
 * Copies out of hostile home directories. Each test makes a real home, plans for it and looks at what would
 * be carried in.
 */

#define SECRET "SECRET-4711"

typedef struct
{
  char *home;
  GHashTable *entries; /* path -> Entry; of the last pack */
  char **warnings;
} Fixture;

typedef struct
{
  InnerPackKind kind;
  int mode;
  char *data;
  gsize size;
} Entry;

static void
entry_free (Entry *entry)
{
  g_free (entry->data);
  g_free (entry);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *made = g_dir_make_tmp ("inner-test-XXXXXX", NULL);

  fixture->home = realpath (made, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *const command[] = { "rm", "-rf", fixture->home, NULL };

  g_spawn_sync (NULL, (char **) command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                NULL);
  g_clear_pointer (&fixture->entries, g_hash_table_unref);
  g_clear_pointer (&fixture->warnings, g_strfreev);
  free (fixture->home);
}

static char *
place (Fixture *fixture, const char *path)
{
  g_autofree char *full = g_build_filename (fixture->home, path, NULL);
  g_autofree char *directory = g_path_get_dirname (full);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  return g_steal_pointer (&full);
}

static void
put (Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *full = place (fixture, path);

  g_assert_true (g_file_set_contents (full, text, -1, NULL));
}

static void
put_link (Fixture *fixture, const char *path, const char *target)
{
  g_autofree char *full = place (fixture, path);

  g_assert_cmpint (symlink (target, full), ==, 0);
}

static InnerPlan *
make_plan (Fixture *fixture)
{
  g_autoptr (GVariant) options = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  g_autoptr (InnerRequest) request = inner_request_new (options, NULL, NULL);
  g_autoptr (InnerProfile) profile = inner_profile_new ();
  g_autoptr (GPtrArray) paths = NULL;
  g_autoptr (GError) error = NULL;
  InnerHost *host = inner_host_new_empty ();
  InnerPlan *plan;

  host->uid = host->gid = 1000;
  host->user = g_strdup ("ada");
  host->home = g_strdup (fixture->home);
  host->bwrap = g_strdup ("/usr/bin/bwrap");
  host->init = g_strdup ("/init");
  inner_profile_set (profile, INNER_KEY_CAPABILITIES, g_variant_new_parsed ("['claude']"), NULL, 0,
                     0);
  paths = inner_plan_paths (request, profile, host);
  for (guint i = 0; i < paths->len; i++)
    inner_host_look_at (host, paths->pdata[i]);
  plan = inner_plan_new (request, profile, "/p", host, &error);
  g_assert_no_error (error);
  return plan;
}

static void
read_pack (Fixture *fixture, int fd)
{
  struct stat st;
  const char *at;
  const char *end;
  gpointer data;
  InnerPackHeader header;

  g_assert_cmpint (fcntl (fd, F_GET_SEALS) & F_SEAL_WRITE, !=, 0);
  g_assert_cmpint (fstat (fd, &st), ==, 0);
  data = mmap (NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  g_assert_true (data != MAP_FAILED);
  at = data;
  end = at + st.st_size;
  memcpy (&header, at, sizeof header);
  g_assert_cmpuint (header.magic, ==, INNER_PACK_MAGIC);
  g_assert_cmpstr (at + sizeof header, ==, fixture->home);
  at += sizeof header + header.home_size;
  while (at < end)
    {
      Entry *entry = g_new0 (Entry, 1);
      InnerPackEntry raw;

      memcpy (&raw, at, sizeof raw);
      *entry = (Entry){ raw.kind, raw.mode, NULL, raw.size };
      at += sizeof raw;
      entry->data = g_strndup (at + raw.path_size, raw.size);
      g_assert_true (g_hash_table_insert (fixture->entries, g_strdup (at), entry));
      at += raw.path_size + raw.size;
    }
  g_assert_true (at == end);
  munmap (data, st.st_size);
}

static void
copy_by_plan (Fixture *fixture, const InnerPlan *plan)
{
  g_autoptr (GVariant) logins = NULL;
  g_autoptr (GError) error = NULL;
  inner_autofd fd = -1;

  g_clear_pointer (&fixture->entries, g_hash_table_unref);
  g_clear_pointer (&fixture->warnings, g_strfreev);
  fixture->entries =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) entry_free);
  fd = inner_agent_state_pack (plan, &fixture->warnings, &logins, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  read_pack (fixture, fd);
}

static void
copy (Fixture *fixture)
{
  g_autoptr (InnerPlan) plan = make_plan (fixture);

  copy_by_plan (fixture, plan);
}

static const char *
content (Fixture *fixture, const char *path)
{
  const Entry *entry = g_hash_table_lookup (fixture->entries, path);

  return entry != NULL ? entry->data : NULL;
}

static void
assert_contains_nowhere (Fixture *fixture, const char *words)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, fixture->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_assert_null (g_strstr_len (((Entry *) value)->data, ((Entry *) value)->size, words));
}

static gboolean
has_warning (Fixture *fixture, const char *words)
{
  for (char **warning = fixture->warnings; *warning != NULL; warning++)
    if (strstr (*warning, words) != NULL)
      return TRUE;

  return FALSE;
}

static void
test_ordinary (Fixture *fixture, gconstpointer data)
{
  const Entry *entry;

  put (fixture, ".claude/.credentials.json",
       "{\"claudeAiOauth\": {\"accessToken\": \"t\"}, \"mcpOAuth\": \"" SECRET "\"}");
  put (fixture, ".claude/settings.json",
       "{ // a comment with a \"quote and a [\n \"model\": \"m\", /* { */ \"theme\": \"a//b\","
       " \"hooks\": {\"x\": \"" SECRET "\"}, \"env\": {\"K\": \"" SECRET "\"},"
       " \"permissions\": {\"deny\": [\"Read(./.env)\"], \"allow\": [\"" SECRET "\"]}}");
  put (fixture, ".claude.json",
       "{\"hasCompletedOnboarding\": true, \"projects\": {\"/x\": \"" SECRET "\"},"
       " \"oauthAccount\": {\"emailAddress\": \"a@b\", \"new\": \"" SECRET "\"}, \"theme\": null}");
  put (fixture, ".claude/skills/a/SKILL.md", "words");
  put (fixture, ".claude/history.jsonl", SECRET);
  copy (fixture);

  assert_contains_nowhere (fixture, SECRET);
  g_assert_nonnull (strstr (content (fixture, ".claude/.credentials.json"), "accessToken"));
  g_assert_nonnull (strstr (content (fixture, ".claude/settings.json"), "\"a//b\""));
  g_assert_nonnull (strstr (content (fixture, ".claude/settings.json"), "Read(./.env)"));
  g_assert_nonnull (strstr (content (fixture, ".claude.json"), "a@b"));
  g_assert_cmpstr (content (fixture, ".claude/skills/a/SKILL.md"), ==, "words");
  g_assert_null (content (fixture, ".claude/history.jsonl"));
  g_assert_nonnull (g_hash_table_lookup (fixture->entries, ".claude/projects"));
  entry = g_hash_table_lookup (fixture->entries, ".claude/settings.json");
  g_assert_cmpint (entry->mode, ==, 0600);
  g_assert_null (fixture->warnings[0]);
}

static void
test_nothing_there (Fixture *fixture, gconstpointer data)
{
  copy (fixture);
  g_assert_cmpuint (g_hash_table_size (fixture->entries), ==, 15);
  g_assert_null (fixture->warnings[0]);
}

/* Links in trees stay links, whatever they lead to; only their text goes in. */
static void
test_links_in_trees (Fixture *fixture, gconstpointer data)
{
  g_autofree char *ssh = place (fixture, ".ssh/id");
  const Entry *entry;

  put (fixture, ".ssh/id", SECRET);
  put_link (fixture, ".claude/skills/key", ssh);
  put_link (fixture, ".claude/skills/keys", "../../.ssh");
  put_link (fixture, ".claude/skills/loop", "loop");
  put_link (fixture, ".claude/skills/shadow", "/etc/shadow");
  copy (fixture);

  assert_contains_nowhere (fixture, SECRET);
  entry = g_hash_table_lookup (fixture->entries, ".claude/skills/key");
  g_assert_cmpint (entry->kind, ==, INNER_PACK_LINK);
  g_assert_cmpstr (entry->data, ==, ssh);
  g_assert_cmpuint (entry->size, ==, strlen (ssh) + 1);
  entry = g_hash_table_lookup (fixture->entries, ".claude/skills/keys");
  g_assert_cmpint (entry->kind, ==, INNER_PACK_LINK);
  g_assert_null (content (fixture, ".claude/skills/keys/id"));
}

static void
test_linked_login (Fixture *fixture, gconstpointer data)
{
  put (fixture, "elsewhere", "{\"claudeAiOauth\": \"" SECRET "\"}");
  put_link (fixture, ".claude/.credentials.json", "../elsewhere");
  copy (fixture);
  assert_contains_nowhere (fixture, SECRET);
}

static void
test_linked_directory (Fixture *fixture, gconstpointer data)
{
  put (fixture, "real/.credentials.json", "{\"claudeAiOauth\": \"" SECRET "\"}");
  put (fixture, "real/skills/x", SECRET);
  put (fixture, "real/settings.json", "{\"model\": \"m\"}");
  put_link (fixture, ".claude", "real");
  copy (fixture);
  assert_contains_nowhere (fixture, SECRET);
  g_assert_nonnull (content (fixture, ".claude/settings.json"));
}

static void
test_linked_settings (Fixture *fixture, gconstpointer data)
{
  put (fixture, "dotfiles/s.json", "{\"model\": \"m\", \"hooks\": \"" SECRET "\"}");
  put_link (fixture, ".claude/settings.json", "../dotfiles/s.json");
  put (fixture, ".docker/config.json", "{\"theme\": \"" SECRET "\"}");
  put_link (fixture, ".claude.json", ".docker/config.json");
  copy (fixture);
  assert_contains_nowhere (fixture, SECRET);
  g_assert_nonnull (strstr (content (fixture, ".claude/settings.json"), "\"m\""));
  g_assert_null (content (fixture, ".claude.json"));
}

/* Nobody writes into them: whoever waited would wait for ever. */
static void
test_fifos (Fixture *fixture, gconstpointer data)
{
  g_autofree char *settings = place (fixture, ".claude/settings.json");
  g_autofree char *skill = place (fixture, ".claude/skills/fifo");
  gint64 begin = g_get_monotonic_time ();

  g_assert_cmpint (mkfifo (settings, 0600), ==, 0);
  g_assert_cmpint (mkfifo (skill, 0600), ==, 0);
  put (fixture, ".claude/skills/file", "words");
  copy (fixture);
  g_assert_null (content (fixture, ".claude/settings.json"));
  g_assert_null (g_hash_table_lookup (fixture->entries, ".claude/skills/fifo"));
  g_assert_cmpstr (content (fixture, ".claude/skills/file"), ==, "words");
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_USEC_PER_SEC);
}

/* A file when it was planned, a FIFO when it is copied. */
static void
test_swapped_for_a_fifo (Fixture *fixture, gconstpointer data)
{
  g_autofree char *settings = place (fixture, ".claude/settings.json");
  g_autoptr (InnerPlan) plan = NULL;

  put (fixture, ".claude/settings.json", "{\"model\": \"m\"}");
  plan = make_plan (fixture);
  g_unlink (settings);
  g_assert_cmpint (mkfifo (settings, 0600), ==, 0);
  copy_by_plan (fixture, plan);
  g_assert_null (content (fixture, ".claude/settings.json"));
  g_assert_true (has_warning (fixture, "not a regular file"));
}

static void
test_devices (Fixture *fixture, gconstpointer data)
{
  g_autofree char *device = place (fixture, ".claude/skills/zero");
  g_autofree char *settings = place (fixture, ".claude/settings.json");

  if (mknod (device, S_IFCHR | 0666, makedev (1, 5)) < 0 ||
      mknod (settings, S_IFCHR | 0666, makedev (1, 5)) < 0)
    {
      g_test_skip ("only root makes devices");
      return;
    }
  copy (fixture);
  g_assert_null (g_hash_table_lookup (fixture->entries, ".claude/skills/zero"));
  g_assert_null (g_hash_table_lookup (fixture->entries, ".claude/settings.json"));
}

static void
test_modes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *program = place (fixture, ".claude/skills/run");
  g_autofree char *closed = place (fixture, ".claude/skills/read-only");

  put (fixture, ".claude/skills/run", "#!");
  g_assert_cmpint (chmod (program, 06755), ==, 0);
  put (fixture, ".claude/skills/read-only", "x");
  g_assert_cmpint (chmod (closed, 0444), ==, 0);
  copy (fixture);
  g_assert_cmpint (((Entry *) g_hash_table_lookup (fixture->entries, ".claude/skills/run"))->mode,
                   ==, 0755);
  g_assert_cmpint (
      ((Entry *) g_hash_table_lookup (fixture->entries, ".claude/skills/read-only"))->mode, ==,
      0644);
}

static void
put_sparse (Fixture *fixture, const char *path, goffset size)
{
  g_autofree char *full = place (fixture, path);

  put (fixture, path, "");
  g_assert_cmpint (truncate (full, size), ==, 0);
}

/* What is too large is left out as a whole, and the rest is carried in. */
static void
test_huge_files (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  put_sparse (fixture, ".claude/settings.json", G_GINT64_CONSTANT (1) << 40);
  put_sparse (fixture, ".claude/.credentials.json", 2 * 1024 * 1024);
  put_sparse (fixture, ".claude/skills/huge", G_GINT64_CONSTANT (1) << 40);
  put (fixture, ".claude/skills/a", "small");
  put (fixture, ".claude.json", "{\"theme\": \"dark\"}");
  copy (fixture);
  g_assert_null (content (fixture, ".claude/settings.json"));
  g_assert_null (content (fixture, ".claude/.credentials.json"));
  g_assert_null (content (fixture, ".claude/skills/a"));
  g_assert_null (g_hash_table_lookup (fixture->entries, ".claude/skills"));
  g_assert_nonnull (content (fixture, ".claude.json"));
  g_assert_true (has_warning (fixture, "settings.json” is not copied: it is too large"));
  g_assert_true (has_warning (fixture, "skills” is not copied: "));
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 5 * G_USEC_PER_SEC);
}

static void
test_many_files (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < INNER_STATE_PACK_MAX_ENTRIES; i++)
    {
      g_autofree char *path = g_strdup_printf (".claude/skills/%u", i);

      put (fixture, path, "x");
    }
  copy (fixture);
  g_assert_cmpuint (g_hash_table_size (fixture->entries), ==, 15);
  g_assert_true (has_warning (fixture, "larger than 2000 files"));
}

static void
test_many_bytes (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *path = g_strdup_printf (".claude/skills/%u", i);

      put_sparse (fixture, path, 15 * 1024 * 1024);
    }
  copy (fixture);
  g_assert_cmpuint (g_hash_table_size (fixture->entries), ==, 15);
}

static void
test_deep_trees (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) path = g_string_new (".claude/skills");

  for (guint i = 0; i < 500; i++)
    g_string_append (path, "/d");
  g_string_append (path, "/file");
  put (fixture, path->str, "x");
  copy (fixture);
  g_assert_cmpuint (g_hash_table_size (fixture->entries), ==, 15);
  g_assert_true (has_warning (fixture, "nested too deeply"));
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = place (fixture, ".claude/settings.json");

  put (fixture, ".claude/settings.json", "{}");
  g_assert_cmpint (chmod (file, 0), ==, 0);
  copy (fixture);
  if (getuid () != 0)
    g_assert_true (has_warning (fixture, "settings.json” is not copied"));
}

/* Names that are no text, or could pass for another line, cannot confuse a message. */
static void
test_strange_names (Fixture *fixture, gconstpointer data)
{
  put (fixture, ".claude/skills/a\nb", "1");
  put (fixture, ".claude/skills/\xff\xfe", "2");
  copy (fixture);
  g_assert_cmpstr (content (fixture, ".claude/skills/a\nb"), ==, "1");
  g_assert_cmpstr (content (fixture, ".claude/skills/\xff\xfe"), ==, "2");
}

static int stop;

typedef struct
{
  char *path;
  char *good;
  char *bad;
  char *spare;
} Swap;

/* Puts a good and a bad thing in turns at one path. */
static gpointer
swap (gpointer data)
{
  const Swap *self = data;

  while (!g_atomic_int_get (&stop))
    {
      const char *target = self->good;

      for (int i = 0; i < 2; i++, target = self->bad)
        {
          unlink (self->spare);
          if ((i == 0 ? link (target, self->spare) : symlink (target, self->spare)) == 0)
            rename (self->spare, self->path);
        }
    }

  return NULL;
}

/* The files are links to secrets every other moment while they are copied again and again. */
static void
test_swapped_links (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { ".claude/.credentials.json", ".claude/settings.json",
                                       ".claude/skills/file" };
  g_autoptr (InnerPlan) plan = NULL;
  GThread *threads[G_N_ELEMENTS (names)];
  Swap swaps[G_N_ELEMENTS (names)];
  guint copied = 0;
  guint rounds = 0;

  put (fixture, ".ssh/key.json", "{\"claudeAiOauth\": \"" SECRET "\", \"model\": \"" SECRET "\"}");
  put (fixture, "good.json", "{\"claudeAiOauth\": \"fine\", \"model\": \"fine\"}");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    put (fixture, names[i], "{\"claudeAiOauth\": \"fine\", \"model\": \"fine\"}");
  plan = make_plan (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      swaps[i].path = place (fixture, names[i]);
      swaps[i].good = place (fixture, "good.json");
      swaps[i].bad = place (fixture, ".ssh/key.json");
      swaps[i].spare = g_strdup_printf ("%s/spare-%zu", fixture->home, i);
      threads[i] = g_thread_new ("swap", swap, &swaps[i]);
    }

  /* Until both sides of the race were seen, which takes longer on a busy machine. */
  for (; rounds < 500 || (rounds < 50000 && (copied == 0 || copied == rounds)); rounds++)
    {
      copy_by_plan (fixture, plan);
      assert_contains_nowhere (fixture, SECRET);
      copied += content (fixture, ".claude/settings.json") != NULL;
    }
  g_atomic_int_set (&stop, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_thread_join (threads[i]);
      g_free (swaps[i].path);
      g_free (swaps[i].good);
      g_free (swaps[i].bad);
      g_free (swaps[i].spare);
    }
  g_assert_cmpuint (copied, >, 0);
  g_assert_cmpuint (copied, <, rounds);
}

/* Settings that are no JSON object are not copied, and the reason quotes none of them. */
static void
test_bad_json (void)
{
  static const char *const bad[] = {
    "",
    " ",
    SECRET,
    "[]",
    "\"" SECRET "\"",
    "{",
    "{\"a\"",
    "{\"a\": \"" SECRET,
    "{'a': '" SECRET "'}",
    "{\"a\": 1} " SECRET,
    "{\"a\": \"\xff\"}",
    "/* " SECRET,
    "{\"a\": /x/}",
    "# x\n{}",
    "null",
    "1e999",
    "{\"a\": $" SECRET "}",
  };
  const char *const keep[] = { "a", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GBytes) text = g_bytes_new (bad[i], strlen (bad[i]));
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) kept = inner_json_keep (text, keep, &error);

      g_assert_null (kept);
      g_assert_nonnull (error);
      g_assert_null (strstr (error->message, SECRET));
    }
}

static GBytes *
repeat (const char *part, guint times)
{
  GString *text = g_string_new (NULL);
  gsize length;

  for (guint i = 0; i < times; i++)
    g_string_append (text, part);
  length = text->len;
  return g_bytes_new_take (g_string_free (text, FALSE), length);
}

/* Each of these ends a service that hands it to the parser as it is, or makes it believe in a string. */
static void
test_json_bombs (void)
{
  static const struct
  {
    const char *part;
    guint times;
  } bombs[] = {
    { "[", 2000000 },
    { "{\"a\":", 500000 },
    { "{\"a\":[", 500000 },
    { "/*\"*/[", 500000 },
    { "//\"\n[", 500000 },
    { "[\"\\\"\",", 500000 },
    { "[\"//\",", 500000 },
    { "[\"/*\",", 500000 },
    { "[']',", 500000 },
    { "#\"\n[", 500000 },
    { "\"", 1000001 },
    { "[/*]*/", 500000 },
    { "a", INNER_JSON_MAX_BYTES + 1 },
  };
  const char *const keep[] = { "a", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (bombs); i++)
    {
      g_autoptr (GBytes) text = repeat (bombs[i].part, bombs[i].times);
      g_autoptr (GBytes) kept = inner_json_keep (text, keep, NULL);

      g_assert_null (kept);
    }
}

static void
test_kept_json (void)
{
  static const struct
  {
    const char *text;
    const char *kept;
  } cases[] = {
    { "{\"a\": 1, \"b\": 2}", "{\"a\":1}" },
    { "{\"x\": {\"y\": [1, {\"z\": null}], \"n\": 2}}", "{\"x\":{\"y\":[1,{\"z\":null}]}}" },
    { "{\"x\": 5}", "{}" },
    { "{\"x\": {}}", "{}" },
    { "{\"x.y\": 1}", "{}" },
    { "{\"a\": 1, \"a\": \"2\"}", "{\"a\":\"2\"}" },
    { "{\"A\": 1}", "{}" },
    { "{\"a\": \"\\u0061\\\" //x /*y*/ '#'\"}", "{\"a\":\"a\\\" //x /*y*/ '#'\"}" },
    { "// c\n{\"a\": true /* d */}\n// e", "{\"a\":true}" },
    { "\xef\xbb\xbf{\"a\": 1}", NULL },
    { "{\"a\": -1.5}", "{\"a\":-1.5}" },
  };
  const char *const keep[] = { "a", "x.y", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) text = g_bytes_new (cases[i].text, strlen (cases[i].text));
      g_autoptr (GBytes) kept = inner_json_keep (text, keep, NULL);
      g_autoptr (GString) flat = NULL;

      if (cases[i].kept == NULL)
        {
          g_assert_null (kept);
          continue;
        }
      g_assert_nonnull (kept);
      flat = g_string_new_len (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept));
      g_string_replace (flat, "\n", "", 0);
      g_string_replace (flat, "  ", "", 0);
      g_string_replace (flat, "\" : ", "\":", 0);
      g_assert_cmpstr (flat->str, ==, cases[i].kept);
    }
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  ADD ("/agent-state/ordinary", test_ordinary);
  ADD ("/agent-state/nothing", test_nothing_there);
  ADD ("/agent-state/links-in-trees", test_links_in_trees);
  ADD ("/agent-state/linked-login", test_linked_login);
  ADD ("/agent-state/linked-directory", test_linked_directory);
  ADD ("/agent-state/linked-settings", test_linked_settings);
  ADD ("/agent-state/fifos", test_fifos);
  ADD ("/agent-state/swapped-for-fifo", test_swapped_for_a_fifo);
  ADD ("/agent-state/devices", test_devices);
  ADD ("/agent-state/modes", test_modes);
  ADD ("/agent-state/huge-files", test_huge_files);
  ADD ("/agent-state/many-files", test_many_files);
  ADD ("/agent-state/many-bytes", test_many_bytes);
  ADD ("/agent-state/deep-trees", test_deep_trees);
  ADD ("/agent-state/unreadable", test_unreadable);
  ADD ("/agent-state/strange-names", test_strange_names);
  ADD ("/agent-state/swapped-links", test_swapped_links);
  g_test_add_func ("/agent-state/bad-json", test_bad_json);
  g_test_add_func ("/agent-state/json-bombs", test_json_bombs);
  g_test_add_func ("/agent-state/kept-json", test_kept_json);
  return g_test_run ();
}
