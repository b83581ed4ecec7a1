/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "test-profile-common.h"

static const Refusal refusals[] = {
  { "unknown-top", "nmae = 'x'\n", "test:1:1:", "“nmae” is not known here; did you mean “name”?" },
  { "unknown-in-table", "name='x'\n[sandbox]\n  netwrk_mode = 'off'\n",
    "test:3:3:", "“sandbox.netwrk_mode” is not known here; did you mean “network_mode”?" },
  { "unknown-table", "[sandbx]\nhome='isolated'\n", "test:1:2:", "did you mean “sandbox”?" },
  { "in-another-table", "[sandbox]\ntimeout_seconds = 3\n",
    "test:2:1:", "did you mean “output.timeout_seconds”?" },
  { "unknown-without-suggestion", "zzzzzzzz = 1\n", "test:1:1:", "inner-profile(5)" },
  { "quoted-dots-are-one-name", "'sandbox.home' = 'host-ro'\n", "test:1:1:", "is not known" },
  { "control-in-unknown", "\"\\u001b[2J\" = 1\n", "test:1:1:", "“\\x1b[2J” is not known" },
  { "nul-in-key", "\"name\\u0000\" = 'x'\n", "test:1:1:", "is not known" },
  { "nul-in-text", "name = \"x\\u0000y\"\n", "test:1:8:", "control character" },
  { "control-in-text", "name = \"x\\u0007y\"\n", "test:1:8:", "control character" },
  { "control-in-map-key", "[env.set]\n\"A\\u0001\" = 'x'\n", "test:2:1:", "control character" },
  { "text-for-bool", "experimental = 'yes'\n",
    "test:1:16:", "“experimental” must be true or false here, not a text" },
  { "integer-for-text", "schema_version = 1\n",
    "test:1:18:", "must be a text here, not a whole number" },
  { "table-for-text", "[sandbox.home]\nx=1\n", "test:1:1:", "must be a text here, not a table" },
  { "text-for-table", "sandbox = 'x'\n", "test:1:11:", "begin it with a line “[sandbox]”" },
  { "text-for-list", "[sandbox]\nallow = 'x'\n", "test:2:9:", "must be a list here, not a text" },
  { "integer-in-list", "[sandbox]\nallow = [ 'x', 5 ]\n", "test:2:16:", "must be a text here" },
  { "date-for-integer", "[output]\ntimeout_seconds = 2024-01-01\n",
    "test:2:19:", "must be a whole number here, not a date" },
  { "float-for-integer", "[output]\ntimeout_seconds = 1.5\n",
    "test:2:19:", "must be a whole number here, not a number" },
  { "negative", "[sandbox.limits]\npids = -1\n", "test:2:8:", "must not be negative" },
  { "float-for-memory", "[sandbox.limits]\nmemory = 1.0\n", "test:2:10:", "must be a text here" },
  { "nan-for-cpu", "[sandbox.limits]\ncpu = nan\n", "test:2:7:", "must be a text here" },
  { "choice", "[sandbox]\nnetwork_mode = 'opne'\n",
    "test:2:16:", "“sandbox.network_mode” cannot be “opne”; did you mean “open”?" },
  { "choice-without-suggestion", "[sandbox]\nhome = 'somewhere'\n",
    "test:2:8:", "it is one of: isolated, persistent, host-ro" },
  { "schema-version", "schema_version = '2'\n", "test:1:18:", "cannot be “2”" },
  { "mount-mode", "[mounts]\n'/a' = { dest = '/b', mode = 'rx' }\n",
    "test:2:30:", "cannot be “rx”" },
  { "mount-without-dest", "[mounts]\n'/a' = { mode = 'ro' }\n", "test:2:8:", "needs “dest”" },
  { "mount-unknown-field", "[mounts]\n'/a' = { dst = '/b' }\n",
    "test:2:10:", "did you mean “dest”?" },
  { "mount-text", "[mounts]\n'/a' = '/b'\n", "test:2:8:", "must be a table here" },
  { "severity", "[[verify.custom.checks]]\nname='n'\ncmd='c'\nseverity='hgih'\n",
    "test:4:10:", "did you mean “high”?" },
  { "check-without-cmd", "[[verify.custom.checks]]\nname='n'\n", "test:1:", "needs “cmd”" },
  { "dots-in-map", "[git.overrides]\npush.default = 'nothing'\n",
    "test:2:1:", "put quotes around a name that has dots" },
  { "syntax", "name = 'x'\nhome = \n", "test:2:8:", "This is not valid TOML" },
  { "dot-at-the-beginning", "[.a]\n", "test:1:2:", "not valid TOML" },
  { "dot-at-the-beginning-of-a-key", "a = 1\n.b = 2\n", "test:2:1:", "not valid TOML" },
  { "double-key", "name = 'x'\nname = 'y'\n", "test:2:", "This is not valid TOML" },
  { "end-behind-a-line-end", "name = \"\"\"x\n", "test:2:1:", "not valid TOML" },
  { "end-behind-a-line", "\nname = \"\"\"ä", "test:2:12:", "not valid TOML" },
  { "column-counts-characters", "description = 'ä' x\n", "test:1:19:", "not valid TOML" },
};

static void
test_refusal (gconstpointer data)
{
  const Refusal *refusal = data;

  must_refuse (refusal->text, -1, INNER_NOTATION_TOML, refusal->beginning, refusal->part);
}

/* What is read, key by key; "-" is absent. */
static const Reading readings[] = {
  { "extends = 'a'", INNER_KEY_EXTENDS, "['a']" },
  { "extends = ''", INNER_KEY_EXTENDS, "[]" },
  { "extends = ['a', 'b']", INNER_KEY_EXTENDS, "['a', 'b']" },
  { "", INNER_KEY_EXTENDS, "-" },
  { "[sandbox]\nnetwork = true", INNER_KEY_SANDBOX_NETWORK_MODE, "'open'" },
  { "[sandbox]\nnetwork = false", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "[sandbox]\nnetwork_mode = 'full'", INNER_KEY_SANDBOX_NETWORK_MODE, "'open'" },
  { "[sandbox]\nnetwork_mode = 'full'", INNER_KEY_SANDBOX_NETWORK, "true" },
  { "[sandbox]\nnetwork_mode = 'off'\nnetwork = true", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "[sandbox]\nnetwork_mode = 'off'\nnetwork = true", INNER_KEY_SANDBOX_NETWORK, "false" },
  { "", INNER_KEY_SANDBOX_NETWORK, "-" },
  { "[sandbox.limits]\ncpu = 2.5", INNER_KEY_SANDBOX_LIMITS_CPU, "'2.5'" },
  { "[sandbox.limits]\ncpu = 2", INNER_KEY_SANDBOX_LIMITS_CPU, "'2'" },
  { "[sandbox.limits]\ncpu = '200%'", INNER_KEY_SANDBOX_LIMITS_CPU, "'200%'" },
  { "sandbox = { limits = { pids = 7 } }", INNER_KEY_SANDBOX_LIMITS_PIDS, "7" },
  { "sandbox.limits.memory = '4G'", INNER_KEY_SANDBOX_LIMITS_MEMORY, "'4G'" },
  { "[mounts]\n'/b' = { dest = '/y' }\n'/a' = { dest = '/x', mode = 'safe-rw' }", INNER_KEY_MOUNTS,
    "[('/b', '/y', 'ro'), ('/a', '/x', 'copy')]" },
  { "[mounts.'/a']\ndest = '/x'\nmode = 'tmpfs'", INNER_KEY_MOUNTS, "[('/a', '/x', 'tmpfs')]" },
  { "[env.set]\nZ = '1'\nA = ''", INNER_KEY_ENV_SET, "{'Z': '1', 'A': ''}" },
  { "[env]\nset = {}", INNER_KEY_ENV_SET, "{}" },
  { "[publish]\n8080 = 80\n'127.0.0.1:1' = '2'", INNER_KEY_PUBLISH,
    "{'8080': '80', '127.0.0.1:1': '2'}" },
  { "[[verify.custom.checks]]\nname='n'\ncmd='c'", INNER_KEY_VERIFY_CUSTOM_CHECKS,
    "[('n', 'c', 'medium')]" },
  { "[verify.custom]\nchecks = [ { name='n', cmd='c', severity='info' } ]",
    INNER_KEY_VERIFY_CUSTOM_CHECKS, "[('n', 'c', 'info')]" },
  { "[verify.custom]\nchecks = []", INNER_KEY_VERIFY_CUSTOM_CHECKS, "[]" },
  { "[entrypoint]\ncursor_fix = ''", INNER_KEY_ENTRYPOINT_CURSOR_FIX, "''" },
};

static void
test_readings (void)
{
  assert_readings (readings, G_N_ELEMENTS (readings), INNER_NOTATION_TOML);
}

static void
test_origins (void)
{
  g_autoptr (InnerProfile) profile = toml ("name = 'x'\n\n[sandbox]\n  home =   'isolated'\n"
                                           "network = true\n");
  InnerOrigin at;

  g_assert_true (inner_profile_get_origin (profile, INNER_KEY_SANDBOX_HOME, &at));
  g_assert_cmpstr (at.path, ==, "test");
  g_assert_cmpuint (at.line, ==, 4);
  g_assert_cmpuint (at.column, ==, 12);
  /* The mode comes from where the switch stands. */
  g_assert_true (inner_profile_get_origin (profile, INNER_KEY_SANDBOX_NETWORK_MODE, &at));
  g_assert_cmpuint (at.line, ==, 5);
}

/* Three mistakes are told about at once, in their order. */
static void
test_all_problems (void)
{
  assert_problems ("nmae = 'x'\n[sandbox]\nhome = 5\nallow = [1]\n", INNER_NOTATION_TOML,
                   (const guint[]){ 1, 3, 4, 0 }, "sandbox.home");
}

/* The profiles of the tool that the format comes from load unchanged. */
static void
test_old_profiles (void)
{
  static const char *const files[] = { "everything.toml", "myapp-workspace.toml" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *relative = g_build_filename ("tests/unit/profile", files[i], NULL);
      g_autofree char *path = source_file (relative);
      g_autofree char *text = NULL;
      g_autoptr (InnerProfile) profile = NULL;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      profile = toml (text);
      assert_value (profile, INNER_KEY_SCHEMA_VERSION, "'1'");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_refusals ("/profile/toml/refuse/", refusals, G_N_ELEMENTS (refusals), test_refusal);
  g_test_add_func ("/profile/toml/readings", test_readings);
  g_test_add_func ("/profile/toml/origins", test_origins);
  g_test_add_func ("/profile/toml/all-problems", test_all_problems);
  g_test_add_func ("/profile/toml/old-profiles", test_old_profiles);

  return g_test_run ();
}
