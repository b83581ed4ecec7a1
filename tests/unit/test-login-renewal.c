/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-agents.h"
#include "inner-fds.h"
#include "inner-json-keep.h"
#include "inner-login-renewal.h"
#include "inner-wire.h"

/*
 * Renewed logins: what of a sandbox's version is taken over, what stays as it is on the host, and that it is done whole
 * or not at all, once, whenever it is interrupted. The notes are made by hand here.
 */

#define ID "0123456789ab"
#define LOGIN ".claude/.credentials.json"
#define OLD                                                                                        \
  "{\"claudeAiOauth\":{\"accessToken\":\"old\",\"expiresAt\":1,\"scopes\":[\"a\"]},\"mcpOAuth\":{" \
  "\"k\":\"mine\"}}"
#define INSIDE "{\"claudeAiOauth\":{\"accessToken\":\"old\",\"expiresAt\":1,\"scopes\":[\"a\"]}}"
#define NEW "{\"claudeAiOauth\":{\"accessToken\":\"new\",\"expiresAt\":2,\"scopes\":[\"a\"]}}"
#define MERGED                                                                                     \
  "{\"claudeAiOauth\":{\"accessToken\":\"new\",\"expiresAt\":2,\"scopes\":[\"a\"]},\"mcpOAuth\":{" \
  "\"k\":\"mine\"}}"
#define TEMPORARY ".claude/..credentials.json.inner-" ID

/* JSON */

static GBytes *
text_bytes (const char *text)
{
  return g_bytes_new_static (text, strlen (text));
}

static void
test_renew (void)
{
  static const char *const members[] = { "a.token", "a.time", "*.key", "top", NULL };
  static const struct
  {
    const char *base;
    const char *from;
    const char *result; /* NULL = nothing differs; "" = refused */
  } cases[] = {
    { "{\"top\":\"1\"}", "{\"top\":\"2\"}", "{\"top\":\"2\"}" },
    { "{\"top\":\"1\"}", "{\"top\":\"1\"}", NULL },
    { "{\"top\":\"1\"}", "{}", NULL },
    { "{\"top\":\"1\"}", "{\"top\":\"2\",\"more\":\"x\",\"a\":{\"token\":\"x\"}}",
      "{\"top\":\"2\"}" },
    { "{\"x\":1}", "{\"top\":\"2\"}", NULL },
    { "{\"a\":{\"token\":\"1\",\"stay\":true}}", "{\"a\":{\"token\":\"2\",\"stay\":false}}",
      "{\"a\":{\"token\":\"2\",\"stay\":true}}" },
    { "{\"a\":{\"time\":1}}", "{\"a\":{\"time\":1700000000000}}",
      "{\"a\":{\"time\":1700000000000}}" },
    { "{\"a\":null}", "{\"a\":{\"token\":\"2\"}}", NULL },
    { "{\"p\":{\"key\":\"1\"},\"q\":{\"key\":\"1\"}}",
      "{\"q\":{\"key\":\"2\"},\"r\":{\"key\":\"3\"}}",
      "{\"p\":{\"key\":\"1\"},\"q\":{\"key\":\"2\"}}" },
    { "{\"top\":\"1\"}", "{\"top\":2}", "" },
    { "{\"top\":\"1\"}", "{\"top\":null}", "" },
    { "{\"top\":\"1\"}", "{\"top\":{\"x\":1}}", "" },
    { "{\"top\":\"1\"}", "{\"top\":[\"x\"]}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"\"}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"a b\"}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"$(id)\"}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"a\\nb\"}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"\\u001b]0;x\"}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"a\\u0000b\"}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"https://evil.example\"}", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"1//0g-_x==\"}", "{\"top\":\"1//0g-_x==\"}" },
    { "{\"a\":{\"time\":1}}", "{\"a\":{\"time\":-1}}", "" },
    { "{\"a\":{\"time\":1}}", "{\"a\":{\"time\":1.5}}", "" },
    { "{\"top\":\"1\"}", "[]", "" },
    { "{\"top\":\"1\"}", "", "" },
    { "{\"top\":\"1\"}", "{\"top\":\"2\"", "" },
    { "{\"top\":\"1\"}", "\xff", "" },
    { "nonsense", "{\"top\":\"2\"}", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) base = text_bytes (cases[i].base);
      g_autoptr (GBytes) from = text_bytes (cases[i].from);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) renewed = inner_json_renew (base, from, members, &error);
      const char *expected = cases[i].result != NULL ? cases[i].result : "";

      if (g_strcmp0 (cases[i].result, "") == 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      else
        g_assert_no_error (error);
      g_assert_cmpint (renewed != NULL, ==, expected[0] != '\0');
      if (renewed != NULL)
        g_assert_cmpmem (g_bytes_get_data (renewed, NULL), g_bytes_get_size (renewed), expected,
                         strlen (expected));
    }
}

/* Every member that may be renewed is one that goes in, and no word for what something is ("type", an address). */
static void
test_table (void)
{
  guint logins = 0;

  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    for (const InnerAgentPath *path = agent->paths; path->path != NULL; path++)
      {
        g_assert_cmpint (path->login, ==, path->renew != NULL);
        logins += path->login;
        for (gsize i = 0; path->renew != NULL && path->renew[i] != NULL; i++)
          {
            g_auto (GStrv) parts = g_strsplit (path->renew[i], ".", -1);
            const char *last = strrchr (path->renew[i], '.');

            g_assert_true (path->keep == NULL || g_strv_contains (path->keep, parts[0]));
            last = last != NULL ? last + 1 : path->renew[i];
            g_assert_null (strstr (last, "ype"));
            g_assert_null (strstr (last, "url"));
            g_assert_cmpstr (last, !=, "*");
            g_assert_cmpstr (last, !=, "key");
          }
      }
  g_assert_cmpuint (logins, ==, 5);
}

/* Files */

typedef struct
{
  char *root;
  char *home;
  char *run;
  int directory;
  char **notices;
} Fixture;

static char *
at (Fixture *fixture, const char *path)
{
  return g_build_filename (fixture->home, path, NULL);
}

static void
put (Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *full = at (fixture, path);
  g_autofree char *parent = g_path_get_dirname (full);
  inner_autofd fd = -1;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  fd = open (full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  g_assert_cmpint (write (fd, text, strlen (text)), ==, strlen (text));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("inner-login-XXXXXX", NULL);
  fixture->home = g_build_filename (fixture->root, "home", NULL);
  fixture->run = g_build_filename (fixture->root, "run", NULL);
  g_assert_cmpint (g_mkdir (fixture->home, 0700) | g_mkdir (fixture->run, 0700), ==, 0);
  fixture->directory = open (fixture->run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  put (fixture, LOGIN, OLD);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture->root);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  close (fixture->directory);
  g_strfreev (fixture->notices);
  g_free (fixture->run);
  g_free (fixture->home);
  g_free (fixture->root);
}

static char *
digest_of (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/* @text: what the sandbox left; %NULL = it could not be read, with @error. */
static void
leave_note (Fixture *fixture, gboolean write_back, gboolean collected, const char *text, int error)
{
  g_autofree char *base = digest_of (OLD);
  g_autofree char *inside = digest_of (INSIDE);
  g_autofree char *path = g_build_filename (fixture->run, INNER_FILE_LOGINS, NULL);
  GVariant *bytes = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text != NULL ? text : "",
                                               text != NULL ? strlen (text) : 0, 1);
  g_autoptr (GVariant) note = g_variant_ref_sink (
      g_variant_new ("(@" INNER_LOGINS_TYPE "b@a(uiay))",
                     g_variant_new_parsed ("(%b, %s, [('claude', %s, %s, %s)])", write_back,
                                           fixture->home, LOGIN, base, inside),
                     collected,
                     collected ? g_variant_new_parsed ("[(uint32 0, %i, %@ay)]", error, bytes)
                               : g_variant_new_parsed ("@a(uiay) []")));

  if (!collected)
    g_variant_unref (g_variant_ref_sink (bytes));
  g_assert_true (
      g_file_set_contents (path, g_variant_get_data (note), g_variant_get_size (note), NULL));
}

static void
run (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->run, INNER_FILE_LOGINS, NULL);

  g_strfreev (fixture->notices);
  fixture->notices = inner_login_renewal_run (fixture->directory, ID);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
assert_login (Fixture *fixture, const char *expected)
{
  g_autofree char *path = at (fixture, LOGIN);
  g_autofree char *temporary = at (fixture, TEMPORARY);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
  g_assert_false (g_file_test (temporary, G_FILE_TEST_EXISTS));
}

static void
assert_notice (Fixture *fixture, const char *words)
{
  g_assert_nonnull (fixture->notices);
  g_assert_nonnull (strstr (fixture->notices[0], words));
  g_assert_true (g_str_has_prefix (fixture->notices[0], "claude: "));
  g_assert_null (fixture->notices[1]);
}

static void
test_taken_over (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = at (fixture, LOGIN);
  struct stat st;

  g_assert_cmpint (chmod (path, 0640), ==, 0);
  leave_note (fixture, TRUE, TRUE, NEW, 0);
  run (fixture);
  assert_login (fixture, MERGED);
  assert_notice (fixture, "has the new one");
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0640);

  /* Nothing is left to do. */
  run (fixture);
  g_assert_null (fixture->notices);
}

static void
test_not_allowed (Fixture *fixture, gconstpointer data)
{
  leave_note (fixture, FALSE, TRUE, NEW, 0);
  run (fixture);
  assert_login (fixture, OLD);
  assert_notice (fixture, "agent.write_back");
}

static void
test_torn_down (Fixture *fixture, gconstpointer data)
{
  leave_note (fixture, TRUE, FALSE, NULL, 0);
  run (fixture);
  assert_login (fixture, OLD);
  assert_notice (fixture, "torn down");
  leave_note (fixture, FALSE, FALSE, NULL, 0);
  run (fixture);
  g_assert_null (fixture->notices);
}

/* Whoever renewed it on the host wins. */
static void
test_changed_on_the_host (Fixture *fixture, gconstpointer data)
{
  static const char *const theirs =
      "{\"claudeAiOauth\":{\"accessToken\":\"theirs\",\"expiresAt\":3}}";

  put (fixture, LOGIN, theirs);
  leave_note (fixture, TRUE, TRUE, NEW, 0);
  run (fixture);
  assert_login (fixture, theirs);
  assert_notice (fixture, "yours changed meanwhile");
}

/* kill -9 at each point: before anything, with half a new file, behind the exchange, and before the note is gone. */
static void
test_interrupted (Fixture *fixture, gconstpointer data)
{
  put (fixture, TEMPORARY, "{\"claudeAi");
  leave_note (fixture, TRUE, TRUE, NEW, 0);
  run (fixture);
  assert_login (fixture, MERGED);

  put (fixture, TEMPORARY, OLD);
  leave_note (fixture, TRUE, TRUE, NEW, 0);
  run (fixture);
  assert_login (fixture, MERGED);
  g_assert_null (fixture->notices);
}

static void
test_unreadable_inside (Fixture *fixture, gconstpointer data)
{
  static const int errors[] = { ELOOP, EINVAL, EFBIG, ENXIO, EACCES };

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      leave_note (fixture, TRUE, TRUE, NULL, errors[i]);
      run (fixture);
      assert_login (fixture, OLD);
      assert_notice (fixture, "discarded");
    }
}

/* Whatever a sandbox leaves, the host's file is its own or has new tokens, and nothing else. */
static void
test_hostile_contents (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_token = g_strnfill (20000, 'x');
  g_autofree char *wide =
      g_strdup_printf ("{\"claudeAiOauth\":{\"accessToken\":\"%s\"}}", long_token);
  g_autofree char *nested = g_strnfill (200000, '[');
  const char *const contents[] = {
    "",
    "null",
    "[]",
    "{",
    nested,
    wide,
    "{\"claudeAiOauth\":{\"accessToken\":\"\\u001b[2J\"}}",
    "{\"claudeAiOauth\":{\"accessToken\":\"https://evil.example/\"}}",
    "{\"claudeAiOauth\":{\"accessToken\":[\"x\"]}}",
    "{\"claudeAiOauth\":{\"accessToken\":\"new\",\"expiresAt\":\"x\"}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      leave_note (fixture, TRUE, TRUE, contents[i], 0);
      run (fixture);
      assert_login (fixture, OLD);
      assert_notice (fixture, "discarded");
    }

  leave_note (fixture, TRUE, TRUE,
              "{\"hooks\":\"evil\",\"mcpOAuth\":{\"k\":\"evil\"},\"claudeAiOauth\":{"
              "\"accessToken\":\"new\","
              "\"expiresAt\":2,\"scopes\":[\"evil\"],\"baseUrl\":\"evil\"}}",
              0);
  run (fixture);
  assert_login (fixture, MERGED);
}

/* Attacks 35 and 45: the host's place is something else now. */
static void
test_hostile_places (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = at (fixture, LOGIN);
  g_autofree char *directory = at (fixture, ".claude");
  g_autofree char *elsewhere = at (fixture, "elsewhere");
  g_autofree char *other = at (fixture, "elsewhere/.credentials.json");
  g_autofree char *kept = NULL;
  const char *word = data;

  put (fixture, "elsewhere/.credentials.json", OLD);
  g_assert_cmpint (unlink (path), ==, 0);
  if (g_str_equal (word, "link"))
    g_assert_cmpint (symlink (other, path), ==, 0);
  else if (g_str_equal (word, "hard link"))
    g_assert_cmpint (link (other, path), ==, 0);
  else if (g_str_equal (word, "fifo"))
    g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  else if (g_str_equal (word, "directory"))
    g_assert_cmpint (mkdir (path, 0700), ==, 0);
  else if (g_str_equal (word, "linked directory"))
    g_assert_cmpint (rmdir (directory) | symlink (elsewhere, directory), ==, 0);
  leave_note (fixture, TRUE, TRUE, NEW, 0);
  run (fixture);
  assert_notice (fixture, "discarded");
  g_assert_true (g_file_get_contents (other, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, OLD);
}

/* A note that is none is left alone; one that names what we do not know does nothing. */
static void
test_odd_notes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->run, INNER_FILE_LOGINS, NULL);
  g_autoptr (GVariant) note = g_variant_ref_sink (g_variant_new_parsed (
      "((true, %s, [('claude', '.bashrc', '', ''), ('nobody', '.profile', '', '')]), true, "
      "[(uint32 0, 0, @ay []), (1, 0, []), (7, 0, [])])",
      fixture->home));

  put (fixture, ".bashrc", "mine");
  g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));
  g_assert_null (inner_login_renewal_run (fixture->directory, ID));
  g_assert_true (
      g_file_set_contents (path, g_variant_get_data (note), g_variant_get_size (note), NULL));
  g_assert_null (inner_login_renewal_run (fixture->directory, ID));
  assert_login (fixture, OLD);
}

int
main (int argc, char **argv)
{
  static const char *const places[] = { "link",      "hard link",        "fifo",
                                        "directory", "linked directory", "nothing" };

  g_test_init (&argc, &argv, NULL);
#define TEST(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  g_test_add_func ("/login-renewal/renew", test_renew);
  g_test_add_func ("/login-renewal/table", test_table);
  TEST ("/login-renewal/taken-over", test_taken_over);
  TEST ("/login-renewal/not-allowed", test_not_allowed);
  TEST ("/login-renewal/torn-down", test_torn_down);
  TEST ("/login-renewal/changed-on-the-host", test_changed_on_the_host);
  TEST ("/login-renewal/interrupted", test_interrupted);
  TEST ("/login-renewal/unreadable-inside", test_unreadable_inside);
  TEST ("/login-renewal/hostile-contents", test_hostile_contents);
  TEST ("/login-renewal/odd-notes", test_odd_notes);
#undef TEST
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_strdup_printf ("/login-renewal/hostile-places/%s", places[i]);

      g_test_add (path, Fixture, places[i], set_up, test_hostile_places, tear_down);
    }
  return g_test_run ();
}
