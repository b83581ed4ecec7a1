/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The parts of innerctl that need no service. */

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-directories.h"
#include "inner-output.h"
#include "inner-run-options.h"
#include "inner-sandboxes.h"
#include "inner-suggest.h"
#include "inner-url.h"

static char *directory; /* of this test */

/* Checks that @error is about the command line and names @word, and clears it. */
static void
assert_refused (GError **error, const char *word)
{
  g_assert_error (*error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
  g_assert_nonnull (strstr ((*error)->message, word));
  g_clear_error (error);
}

static void
test_mount (void)
{
  static const struct
  {
    const char *text;
    const char *source;
    const char *destination;
    const char *mode;
  } mounts[] = {
    { "/a:/b", "/a", "/b", "ro" },
    { "/a:/b:rw", "/a", "/b", "rw" },
    { "/a:/b:copy", "/a", "/b", "copy" },
    { "/a:/b:safe-rw", "/a", "/b", "copy" },
    { "/a:/b:readonly", "/a", "/b", "ro" },
    { "/a/../c//d:/b/./e/", "/c/d", "/b/e", "ro" },
    { "~/a:~/b:ro", "/home/me/a", "/home/me/b", "ro" },
    { "//a:///b", "/a", "/b", "ro" },
    { "~:/b", "/home/me", "/b", "ro" },
    { "/a b:/ü", "/a b", "/ü", "ro" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (mounts); i++)
    {
      g_autofree char *source = NULL;
      g_autofree char *destination = NULL;
      const char *mode = NULL;
      g_autoptr (GError) error = NULL;

      inner_parse_mount (mounts[i].text, "ro", &source, &destination, &mode, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (source, ==, mounts[i].source);
      g_assert_cmpstr (destination, ==, mounts[i].destination);
      g_assert_cmpstr (mode, ==, mounts[i].mode);
    }
}

static void
test_mount_relative (void)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *expected = g_build_filename (here, "a", NULL);
  g_autofree char *source = NULL;
  g_autofree char *destination = NULL;
  const char *mode;

  g_assert_true (inner_parse_mount ("./a", "rw", &source, &destination, &mode, NULL) == FALSE);
  g_assert_true (inner_parse_mount ("./a:/b", "rw", &source, &destination, &mode, NULL));
  g_assert_cmpstr (source, ==, expected);
  g_assert_cmpstr (mode, ==, "rw");
}

static void
test_bad_mount (void)
{
  static const char *const mounts[][2] = {
    { "", "SOURCE:DESTINATION" },
    { "/a", "SOURCE:DESTINATION" },
    { ":", "SOURCE:DESTINATION" },
    { "/a:", "SOURCE:DESTINATION" },
    { ":/b", "SOURCE:DESTINATION" },
    { "/a:/b:ro:x", "with a colon" },
    { "/a:/b:", "“ro”" },
    { "/a:/b:rwx", "“ro”" },
    { "/a:b", "absolute" },
    { "/a:~other/b", "absolute" },
    { "/a:/b\x1b[31m:rwx", "\\x1b[" },
    { "/a\xff:/b", "UTF-8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (mounts); i++)
    {
      g_autofree char *source = NULL;
      g_autofree char *destination = NULL;
      const char *mode;
      g_autoptr (GError) error = NULL;

      g_assert_false (inner_parse_mount (mounts[i][0], "ro", &source, &destination, &mode, &error));
      assert_refused (&error, mounts[i][1]);
    }
}

static void
test_number (void)
{
  static const char *const bad[] = { "",   " 5",  "5 ",  "+5", "-5",   "0",
                                     "11", "5.0", "0x5", "5s", "soon", "99999999999999999999" };
  guint64 value = 0;

  g_assert_true (inner_parse_number ("1", 1, 10, "--timeout", &value, NULL));
  g_assert_cmpuint (value, ==, 1);
  g_assert_true (inner_parse_number ("10", 1, 10, "--timeout", &value, NULL));
  g_assert_cmpuint (value, ==, 10);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (inner_parse_number (bad[i], 1, 10, "--timeout", &value, &error));
      assert_refused (&error, "--timeout");
    }
}

static void
test_signal (void)
{
  static const char *const bad[] = { "", "0", "-1", "65", "SIG", "TERMINATE", "SIGSIGTERM", " 9" };

  g_assert_cmpint (inner_parse_signal ("TERM", NULL), ==, SIGTERM);
  g_assert_cmpint (inner_parse_signal ("SIGTERM", NULL), ==, SIGTERM);
  g_assert_cmpint (inner_parse_signal ("sigusr1", NULL), ==, SIGUSR1);
  g_assert_cmpint (inner_parse_signal ("9", NULL), ==, SIGKILL);
  g_assert_cmpint (inner_parse_signal ("64", NULL), ==, 64);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (inner_parse_signal (bad[i], &error), ==, 0);
      assert_refused (&error, "signal");
    }
}

static void
test_profile_word (void)
{
  static const char *const bad[][2] = { { "", "missing" },
                                        { "https://example.com/a.toml", "address" },
                                        { "a\xff", "UTF-8" } };
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *file = g_build_filename (here, "mine.toml", NULL);
  const char *const good[][2] = {
    { "shell", "shell" },    { "no such", "no such" }, { "mine.toml", file },
    { "./mine.toml", file }, { "/p.xml", "/p.xml" },   { "~/p", "/home/me/p" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *name = inner_parse_profile (good[i][0], NULL);

      g_assert_cmpstr (name, ==, good[i][1]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (inner_parse_profile (bad[i][0], &error));
      assert_refused (&error, bad[i][1]);
    }
}

/* What is meant to be an address is never taken for a file, and a file never for an address. */
static void
test_url_word (void)
{
  static const char *const urls[] = { "https://example.com/a.toml", "HTTPS://x", "http://x",
                                      "file:///etc/passwd", "x-y+z.1://" };
  static const char *const others[] = { "",       "shell", "./a://b",  "/a://b",  "~/a://b",
                                        "1a://b", "://b",  "https:/x", "https:x", "ä://b" };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    g_assert_true (inner_is_url (urls[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (inner_is_url (others[i]));
}

/* Gives what inner_read_argument() makes of a file of @length bytes of @byte. */
static char *
read_file_of (char byte, gsize length, GError **error)
{
  g_autofree char *path = g_build_filename (directory, "argument", NULL);
  g_autofree char *bytes = g_malloc (length + 1);

  memset (bytes, byte, length);
  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
  return inner_read_argument (path, error);
}

/* The most that one argument may have, measured with the kernel itself. */
static void
test_argument_file (void)
{
  const gsize most = 128 * 1024 - 1;
  g_autoptr (GError) error = NULL;
  g_autofree char *empty = read_file_of ('x', 0, &error);
  g_autofree char *text = read_file_of ('x', most, &error);
  const char *argv[] = { "/bin/true", text, NULL };

  g_assert_no_error (error);
  g_assert_cmpstr (empty, ==, "");
  g_assert_cmpuint (strlen (text), ==, most);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
                               NULL, &error));
  g_assert_no_error (error);

  g_assert_null (read_file_of ('x', most + 1, &error));
  assert_refused (&error, "131071");
  g_assert_null (read_file_of ('\0', 1, &error));
  assert_refused (&error, "NUL");
  g_assert_null (read_file_of ('\xff', 1, &error));
  assert_refused (&error, "UTF-8");
  g_assert_null (inner_read_argument ("/no/such/file", &error));
  assert_refused (&error, "/no/such/file");
  g_assert_null (inner_read_argument (directory, &error));
  assert_refused (&error, directory);
  g_assert_null (inner_read_argument ("/dev/zero", &error));
  assert_refused (&error, "131071");
}

static void
test_split (void)
{
  char *argv[] = {
    (char *) "run", (char *) "-n", (char *) "--", (char *) "a", (char *) "--", NULL
  };
  char *plain[] = { (char *) "ps", (char *) "-a", NULL };
  int argc = 5;
  char **rest = inner_split_words (&argc, argv);

  g_assert_cmpint (argc, ==, 2);
  g_assert_null (argv[2]);
  g_assert_cmpstr (rest[0], ==, "a");
  g_assert_cmpstr (rest[1], ==, "--");
  g_assert_null (rest[2]);

  argc = 2;
  rest = inner_split_words (&argc, plain);
  g_assert_cmpint (argc, ==, 2);
  g_assert_null (rest[0]);
}

/* Gives the options that "innerctl run" makes of a shell's words, NULL with an error. */
static GVariant *
options_of (const char *line, char **profile, InnerGlobal *global, GError **error)
{
  g_autofree char *whole = g_strconcat ("run ", line, NULL);
  g_auto (GStrv) argv = NULL;
  /* GOption takes words out of the array, so what is freed is another one. */
  g_autofree char **words = NULL;
  int argc;
  g_autoptr (InnerRunOptions) run = NULL;

  g_assert_true (g_shell_parse_argv (whole, &argc, &argv, NULL));
  words = g_memdup2 (argv, (argc + 1) * sizeof (char *));
  run = inner_run_options_new (global, argc, words, error);
  if (run == NULL)
    return NULL;
  if (profile != NULL)
    *profile = g_strdup (run->profile);
  return g_variant_ref_sink (g_variant_builder_end (&run->options));
}

static void
test_run_words (void)
{
  InnerGlobal global = { 0 };
  g_autofree char *profile = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) options =
      options_of ("-p claude -w /w -a one -a --verbose --timeout 7 --name box -y --no-network "
                  "-m /a:/b -v /c:/d --allow x --limit-pids 9 --no-bus --verbose -- two --bus",
                  &profile, &global, &error);
  g_autofree char *printed = NULL;

  g_assert_no_error (error);
  printed = g_variant_print (options, FALSE);
  g_assert_cmpstr (profile, ==, "claude");
  g_assert_true (global.verbose && global.no_bus && !global.bus);
  g_assert_nonnull (strstr (printed, "'workspace': <'/w'>"));
  g_assert_nonnull (strstr (printed, "'confirm-workspace': <true>"));
  g_assert_nonnull (strstr (printed, "'arguments': <['one', '--verbose', 'two', '--bus']>"));
  g_assert_nonnull (strstr (printed, "'mounts': <[('/a', '/b', 'ro'), ('/c', '/d', 'rw')]>"));
  g_assert_nonnull (strstr (printed, "'timeout': <uint64 7>"));
  g_assert_nonnull (strstr (printed, "'network': <'off'>"));
  g_assert_nonnull (strstr (printed, "'limits': <{'pids': '9'}>"));
  g_assert_nonnull (strstr (printed, "'allow': <['x']>"));
  g_assert_nonnull (strstr (printed, "'name': <'box'>"));
  g_assert_null (strstr (printed, "'interactive'"));
  g_assert_null (strstr (printed, "'detach'"));
}

/* What is not said is not sent, so that the profile decides. */
static void
test_run_without_words (void)
{
  InnerGlobal global = { 0 };
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *profile = NULL;
  g_autoptr (GVariant) options = options_of ("", &profile, &global, NULL);
  g_autoptr (GVariantDict) dict = g_variant_dict_new (options);
  static const char *const unsaid[] = { "workspace", "confirm-workspace", "entrypoint", "network",
                                        "allow",     "interactive",       "detach",     "name",
                                        "timeout" };
  const char *sent = NULL;

  g_assert_cmpstr (profile, ==, "");
  g_assert_true (g_variant_dict_lookup (dict, "directory", "&s", &sent));
  g_assert_cmpstr (sent, ==, here);
  for (gsize i = 0; i < G_N_ELEMENTS (unsaid); i++)
    g_assert_false (g_variant_dict_contains (dict, unsaid[i]));
}

/* Attack 71: values of variables are no words of a message. */
static void
test_run_keeps_secrets (void)
{
  InnerGlobal global = { 0 };
  g_autoptr (GVariant) options = options_of ("-e TOKEN=hidden-4711 -e OURS", NULL, &global, NULL);
  g_autofree char *printed = g_variant_print (options, FALSE);

  g_assert_nonnull (strstr (printed, "environment-fd"));
  g_assert_null (strstr (printed, "hidden-4711"));
  g_assert_null (strstr (printed, "TOKEN"));
}

static void
test_bad_run_words (void)
{
  static const char *const lines[] = {
    "one",
    "-w ''",
    "-p ''",
    "--timeout 0",
    "--timeout 1.5",
    "--network --no-network",
    "--network-mode off --no-network",
    "-i --no-interactive",
    "--json",
    "--format bwrap",
    "-n --format dot",
    "--bus --no-bus",
    "-e =x",
    "-m /a",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      InnerGlobal global = { 0 };
      g_autoptr (GError) error = NULL;

      g_assert_null (options_of (lines[i], NULL, &global, &error));
      g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
    }
}

static InnerGlobal seen; /* what the verb below was called with */
static int seen_argc;

static int
note (InnerGlobal *global, int argc, char **argv)
{
  seen = *global;
  seen_argc = argc;
  return 42;
}

/* Before the verb, -v is --verbose; behind it, each verb parses its own words. */
static void
test_dispatch (void)
{
  static const InnerVerb verbs[] = { { "note", "Notes", note }, { NULL, NULL, NULL } };
  InnerGlobal global = { 0 };
  char *argv[] = { (char *) "innerctl", (char *) "-v",    (char *) "--no-bus",
                   (char *) "note",     (char *) "--bus", NULL };

  g_assert_cmpint (inner_verb_dispatch (verbs, "innerctl", &global, 5, argv), ==, 42);
  g_assert_true (seen.verbose && seen.no_bus && !seen.bus);
  g_assert_cmpint (seen_argc, ==, 2);
  argv[3] = (char *) "nto";
  g_assert_cmpint (inner_verb_dispatch (verbs, "innerctl", &global, 5, argv), ==, INNER_EXIT_ERROR);
}

static void
add_sandbox (GPtrArray *sandboxes, const char *id, const char *name, const char *state)
{
  g_autoptr (GVariant) properties = g_variant_ref_sink (
      g_variant_new_parsed ("{'Id': <%s>, 'Name': <%s>, 'State': <%s>}", id, name, state));

  g_ptr_array_add (sandboxes, inner_sandbox_new ("/", properties));
}

static void
test_find (void)
{
  g_autoptr (GPtrArray) sandboxes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) inner_sandbox_free);
  static const struct
  {
    const char *word;
    int index;
    const char *complaint;
  } cases[] = {
    { "aaaa11112222", 0, NULL }, /* an id */
    { "aaaa", 1, NULL },         /* a whole name before the beginning of an id */
    { "b", 1, NULL },            /* one letter is enough */
    { "aa", -1, "2 ids" },       /* of two */
    { "worker", 3, NULL },       /* the living one of a name */
    { "old", 5, NULL },          /* the last of those that have ended */
    { "", -1, "no sandbox" },
    { "nothing", -1, "“nothing”" },
    { "work", -1, "no sandbox" }, /* names have no beginnings */
    { "x\x1b[2J", -1, "x\\x1b[2J" },
  };

  add_sandbox (sandboxes, "aaaa11112222", "first", "running");
  add_sandbox (sandboxes, "bbbb11112222", "aaaa", "running");
  add_sandbox (sandboxes, "aabb11112222", "worker", "exited");
  add_sandbox (sandboxes, "cccc11112222", "worker", "running");
  add_sandbox (sandboxes, "dddd11112222", "old", "exited");
  add_sandbox (sandboxes, "eeee11112222", "old", "exited");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (inner_sandboxes_find (sandboxes, cases[i].word, &error), ==, cases[i].index);
      if (cases[i].complaint == NULL)
        {
          g_assert_no_error (error);
          continue;
        }
      g_assert_error (error, INNER_ERROR, INNER_ERROR_NOT_FOUND);
      g_assert_nonnull (strstr (error->message, cases[i].complaint));
    }
}

/* Gives the JSON of a value in GVariant's text form, without white space. */
static char *
json_of (const char *text)
{
  g_autoptr (GVariant) value = g_variant_parse (NULL, text, NULL, NULL, NULL);
  g_autofree char *json = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_nonnull (value);
  json = inner_to_json (value);
  parts = g_strsplit_set (json, " \n", -1);
  return g_strjoinv ("", parts);
}

static void
test_json (void)
{
  static const char *const values[][2] = {
    { "{'a': <1>, 'b': <<'x'>>}", "{\"a\":1,\"b\":\"x\"}" },
    { "{'a': 'b'}", "{\"a\":\"b\"}" },
    { "@a{sv} {}", "{}" },
    { "@aa{sv} []", "[]" },
    { "[{'a': <true>}, {'a': <@as []>}]", "[{\"a\":true},{\"a\":[]}]" },
    { "('s', -5, uint64 18446744073709, int16 -3)", "[\"s\",-5,18446744073709,-3]" },
    { "[objectpath '/a']", "[\"/a\"]" },
    { "['\"\\\\\\u0001']", "[\"\\\"\\\\\\u0001\"]" },
    { "['ü']", "[\"ü\"]" },
    { "['\\u007f\\u009b\\u202e\\u2028\\u200d\\U0001f600']",
      "[\"\\u007f\\u009b\\u202e\\u2028\\u200d\U0001f600\"]" },
    { "[1.5]", "[1.5]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *json = json_of (values[i][0]);

      g_assert_cmpstr (json, ==, values[i][1]);
    }
}

static void
test_line (void)
{
  static const char *const values[][2] = {
    { "'a b'", "a b" },
    { "['sh', '-c', 'echo $x; ls', '']", "sh -c 'echo $x; ls' ''" },
    { "['it\\'s']", "'it'\\''s'" },
    { "{'memory': '512M', 'pids': '9'}", "memory=512M pids=9" },
    { "<true>", "true" },
    { "@as []", "" },
    { "[('~/a', '/b c', 'ro'), ('/d', '/d', 'rw')]", "'~/a' '/b c' ro; /d /d rw" },
  };
  g_autoptr (GVariant) several = g_variant_parse (NULL, "{'a': '1', 'b': '2 3'}", NULL, NULL, NULL);
  g_autofree char *item = inner_item_to_line (several, 1);

  g_assert_cmpstr (item, ==, "b=2 3");

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GVariant) value = g_variant_parse (NULL, values[i][0], NULL, NULL, NULL);
      g_autofree char *line = inner_value_to_line (value);

      g_assert_cmpstr (line, ==, values[i][1]);
    }
}

static void
test_table (void)
{
  static const char *const titles[] = { "ID", "NAME", NULL };
  g_autoptr (GPtrArray) rows = inner_rows_new ();
  g_autofree char *table = NULL;
  g_autofree char *plain = NULL;

  inner_rows_take (rows, g_strdup ("日本"), g_strdup ("wide"), NULL);
  inner_rows_take (rows, g_strdup ("e\u0301te"), g_strdup ("combining"), NULL);
  inner_rows_take (rows, g_strdup ("\x1b[31m"), g_strdup ("a\nb"), NULL);
  table = inner_to_table (titles, rows);
  g_assert_cmpstr (table, ==,
                   "ID        NAME\n"
                   "日本      wide\n"
                   "e\u0301te       combining\n"
                   "\\x1b[31m  a\\x0ab\n");

  g_ptr_array_set_size (rows, 0);
  inner_rows_take (rows, g_strdup ("key"), g_strdup ("value"), NULL);
  plain = inner_to_table (NULL, rows);
  g_assert_cmpstr (plain, ==, "key  value\n");
}

static void
test_suggest (void)
{
  static const char *const verbs[] = { "run", "ps", "inspect", "profile", NULL };

  g_assert_cmpstr (inner_suggest ("rnu", verbs), ==, "run");
  g_assert_cmpstr (inner_suggest ("RNU", verbs), ==, "run");
  g_assert_cmpstr (inner_suggest ("profil", verbs), ==, "profile");
  g_assert_cmpstr (inner_suggest ("insepct", verbs), ==, "inspect");
  g_assert_null (inner_suggest ("banana", verbs));
  g_assert_null (inner_suggest ("", verbs));
}

static int
listen_at (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  return fd;
}

/* Attack 31: no address leads to a program that is found on PATH. */
static void
test_bus_address (void)
{
  g_autofree char *socket = g_build_filename (directory, "bus", NULL);
  g_autofree char *expected = g_strconcat ("unix:path=", socket, NULL);
  g_autofree char *given = NULL;
  g_autofree char *found = NULL;
  int fd;

  g_setenv ("XDG_RUNTIME_DIR", directory, TRUE);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "autolaunch:", TRUE);
  g_assert_null (inner_session_bus_address ());
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere;autolaunch:scope=*user", TRUE);
  g_assert_null (inner_session_bus_address ());
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere;tcp:host=localhost,port=1", TRUE);
  g_assert_null (inner_session_bus_address ());
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/somewhere", TRUE);
  given = inner_session_bus_address ();
  g_assert_cmpstr (given, ==, "unix:path=/somewhere");

  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  g_assert_null (inner_session_bus_address ());
  g_assert_true (g_file_set_contents (socket, "no socket", -1, NULL));
  g_assert_null (inner_session_bus_address ());
  g_assert_cmpint (g_unlink (socket), ==, 0);
  fd = listen_at (socket);
  found = inner_session_bus_address ();
  g_assert_cmpstr (found, ==, expected);
  close (fd);
  g_unlink (socket);
}

static void
test_relative_directories (void)
{
  g_setenv ("XDG_RUNTIME_DIR", "", TRUE);
  g_setenv ("XDG_CONFIG_HOME", "here", TRUE);
  g_setenv ("XDG_STATE_HOME", "/", TRUE);
  inner_use_own_directories ();
  g_assert_null (g_getenv ("XDG_RUNTIME_DIR"));
  g_assert_cmpstr (g_getenv ("XDG_CONFIG_HOME"), !=, "here");
  g_assert_cmpstr (g_getenv ("XDG_STATE_HOME"), ==, "/");
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (void);
  } tests[] = {
    { "/client/mount", test_mount },
    { "/client/mount-relative", test_mount_relative },
    { "/client/mount-bad", test_bad_mount },
    { "/client/number", test_number },
    { "/client/signal", test_signal },
    { "/client/profile-word", test_profile_word },
    { "/client/url-word", test_url_word },
    { "/client/argument-file", test_argument_file },
    { "/client/split", test_split },
    { "/client/run-words", test_run_words },
    { "/client/run-without-words", test_run_without_words },
    { "/client/run-keeps-secrets", test_run_keeps_secrets },
    { "/client/run-words-bad", test_bad_run_words },
    { "/client/dispatch", test_dispatch },
    { "/client/find", test_find },
    { "/client/json", test_json },
    { "/client/line", test_line },
    { "/client/table", test_table },
    { "/client/suggest", test_suggest },
    { "/client/bus-address", test_bus_address },
    { "/client/relative-directories", test_relative_directories },
  };
  g_autofree char *argument = NULL;
  int status;

  g_setenv ("HOME", "/home/me", TRUE);
  g_test_init (&argc, &argv, NULL);
  directory = g_dir_make_tmp ("inner-client-XXXXXX", NULL);
  g_assert_nonnull (directory);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].run);
  status = g_test_run ();

  argument = g_build_filename (directory, "argument", NULL);
  g_unlink (argument);
  g_rmdir (directory);
  g_free (directory);
  return status;
}
