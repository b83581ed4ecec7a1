/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "test-profile-common.h"

/* One key of a base and a child, in TOML, and what the merge gives; "-" is absent. */
typedef struct
{
  const char *name;
  const char *base;
  const char *child;
  InnerKey key;
  const char *expected;
} Case;

static const Case cases[] = {
  /* Scalars: the child's when it is present, and false counts. */
  { "replace/child", "[sandbox]\nhome='host-ro'", "[sandbox]\nhome='isolated'",
    INNER_KEY_SANDBOX_HOME, "'isolated'" },
  { "replace/absent", "[sandbox]\nhome='host-ro'", "", INNER_KEY_SANDBOX_HOME, "'host-ro'" },
  { "replace/false", "experimental=true", "experimental=false", INNER_KEY_EXPERIMENTAL, "false" },
  { "replace/zero", "[output]\ntimeout_seconds=60", "[output]\ntimeout_seconds=0",
    INNER_KEY_OUTPUT_TIMEOUT_SECONDS, "0" },
  { "replace/empty-text", "[output]\nlog='x'", "[output]\nlog=''", INNER_KEY_OUTPUT_LOG, "''" },
  { "replace/description", "description='b'", "", INNER_KEY_DESCRIPTION, "'b'" },
  { "replace/limits-per-field", "[sandbox.limits]\nmemory='1G'\npids=5",
    "[sandbox.limits]\nmemory='2G'", INNER_KEY_SANDBOX_LIMITS_PIDS, "5" },
  { "replace/args", "[entrypoint]\nargs=['a','b']", "[entrypoint]\nargs=['c']",
    INNER_KEY_ENTRYPOINT_ARGS, "['c']" },
  { "replace/args-emptied", "[entrypoint]\nargs=['a']", "[entrypoint]\nargs=[]",
    INNER_KEY_ENTRYPOINT_ARGS, "[]" },
  { "replace/history", "[entrypoint]\nhistory=['a']", "[entrypoint]\nhistory=['b']",
    INNER_KEY_ENTRYPOINT_HISTORY, "['b']" },
  /* Lists: union without doubles, the base first … */
  { "union/order", "[sandbox]\nallow=['a','b']", "[sandbox]\nallow=['c','a']",
    INNER_KEY_SANDBOX_ALLOW, "['a', 'b', 'c']" },
  { "union/empty-child", "[sandbox]\nallow=['a']", "[sandbox]\nallow=[]", INNER_KEY_SANDBOX_ALLOW,
    "['a']" },
  { "union/capabilities", "capabilities=['claude']", "capabilities=['gemini']",
    INNER_KEY_CAPABILITIES, "['claude', 'gemini']" },
  { "union/noop", "[noop]\nblock=['apt']", "[noop]\nblock=['dnf','apt']", INNER_KEY_NOOP_BLOCK,
    "['apt', 'dnf']" },
  { "union/doubles-of-base", "[sandbox]\nallow=['a','b','a']", "", INNER_KEY_SANDBOX_ALLOW,
    "['a', 'b']" },
  { "union/doubles-of-child", "", "[sandbox]\nallow=['b','b','a']", INNER_KEY_SANDBOX_ALLOW,
    "['b', 'a']" },
  /* … but what a child puts before PATH goes first. */
  { "child-first", "[env]\npath_prepend=['/a','/b']", "[env]\npath_prepend=['/c','/b']",
    INNER_KEY_ENV_PATH_PREPEND, "['/c', '/b', '/a']" },
  /* Maps and mounts: per key, which keeps its place. */
  { "per-key/map", "[env.set]\nB='1'\nA='2'", "[env.set]\nC='3'\nB='4'", INNER_KEY_ENV_SET,
    "{'B': '4', 'A': '2', 'C': '3'}" },
  { "per-key/mounts", "[mounts]\n'/a'={dest='/x'}\n'/b'={dest='/y'}",
    "[mounts]\n'/a'={dest='/z',mode='rw'}", INNER_KEY_MOUNTS,
    "[('/a', '/z', 'rw'), ('/b', '/y', 'ro')]" },
  { "append", "[[verify.custom.checks]]\nname='n'\ncmd='a'",
    "[[verify.custom.checks]]\nname='n'\ncmd='b'\nseverity='high'", INNER_KEY_VERIFY_CUSTOM_CHECKS,
    "[('n', 'a', 'medium'), ('n', 'b', 'high')]" },
  /* Never inherited. */
  { "own/name", "name='b'", "", INNER_KEY_NAME, "-" },
  { "own/schema-version", "schema_version='1'", "", INNER_KEY_SCHEMA_VERSION, "-" },
  { "own/name-of-child", "name='b'", "name='c'", INNER_KEY_NAME, "'c'" },
  { "extends-is-resolved", "extends='x'", "extends='y'", INNER_KEY_EXTENDS, "-" },
  /* Rule N: a mode, then the old switch, then what is inherited. */
  { "network/mode-wins", "[sandbox]\nnetwork=true", "[sandbox]\nnetwork_mode='allowlist'",
    INNER_KEY_SANDBOX_NETWORK_MODE, "'allowlist'" },
  { "network/false-beats-inherited-mode", "[sandbox]\nnetwork_mode='open'",
    "[sandbox]\nnetwork=false", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "network/true-beats-inherited-mode", "[sandbox]\nnetwork_mode='allowlist'",
    "[sandbox]\nnetwork=true", INNER_KEY_SANDBOX_NETWORK_MODE, "'open'" },
  { "network/mode-beats-switch-of-child", "[sandbox]\nnetwork_mode='open'",
    "[sandbox]\nnetwork=true\nnetwork_mode='off'", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "network/inherited", "[sandbox]\nnetwork_mode='host'", "", INNER_KEY_SANDBOX_NETWORK_MODE,
    "'host'" },
  { "network/switch-follows", "[sandbox]\nnetwork_mode='host'", "[sandbox]\nnetwork=false",
    INNER_KEY_SANDBOX_NETWORK, "false" },
  { "network/silent", "", "", INNER_KEY_SANDBOX_NETWORK_MODE, "-" },
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (InnerProfile) base = toml (test->base);
  g_autoptr (InnerProfile) child = toml (test->child);
  g_autoptr (InnerProfile) merged = inner_profile_merge (base, child);

  assert_value (merged, test->key, test->expected);
}

/* Each key of the table is inherited as its rule says. */
static void
test_every_key_is_inherited (void)
{
  static const char *const samples[] = {
    [INNER_VALUE_STRING] = "'x'",
    [INNER_VALUE_BOOL] = "true",
    [INNER_VALUE_INTEGER] = "int64 7",
    [INNER_VALUE_LIST] = "['x']",
    [INNER_VALUE_MAP] = "{'k': 'x'}",
    [INNER_VALUE_MOUNTS] = "[('s', 'd', 'ro')]",
    [INNER_VALUE_CHECKS] = "[('n', 'c', 'low')]",
  };

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyInfo *info = inner_key_info (key);
      g_autoptr (InnerProfile) base = inner_profile_new ();
      g_autoptr (InnerProfile) child = inner_profile_new ();
      g_autoptr (InnerProfile) merged = NULL;

      inner_profile_set (base, key, g_variant_new_parsed (samples[info->type]), "b", 2, 3);
      merged = inner_profile_merge (base, child);
      g_assert_cmpint (inner_profile_has (merged, key), ==, info->merge != INNER_MERGE_OWN);
    }
}

/* Profiles that nobody normalised merge the same. */
static void
test_rule_n_without_normalisation (void)
{
  g_autoptr (InnerProfile) base = inner_profile_new ();
  g_autoptr (InnerProfile) child = inner_profile_new ();
  g_autoptr (InnerProfile) merged = NULL;

  inner_profile_set (base, INNER_KEY_SANDBOX_NETWORK_MODE, g_variant_new_string ("open"), "b", 1,
                     1);
  inner_profile_set (child, INNER_KEY_SANDBOX_NETWORK, g_variant_new_boolean (FALSE), "c", 4, 5);
  merged = inner_profile_merge (base, child);

  assert_value (merged, INNER_KEY_SANDBOX_NETWORK_MODE, "'off'");
}

static void
test_origins (void)
{
  g_autoptr (InnerProfile) base = inner_profile_new ();
  g_autoptr (InnerProfile) child = inner_profile_new ();
  g_autoptr (InnerProfile) merged = NULL;
  InnerOrigin at;

  inner_profile_set (base, INNER_KEY_ENTRYPOINT_CMD, g_variant_new_string ("x"), "base", 1, 2);
  inner_profile_set (base, INNER_KEY_OUTPUT_LOG, g_variant_new_string ("x"), "base", 3, 4);
  inner_profile_set (child, INNER_KEY_OUTPUT_LOG, g_variant_new_string ("y"), "child", 5, 6);
  merged = inner_profile_merge (base, child);

  g_assert_true (inner_profile_get_origin (merged, INNER_KEY_ENTRYPOINT_CMD, &at));
  g_assert_cmpstr (at.path, ==, "base");
  g_assert_cmpuint (at.column, ==, 2);
  g_assert_true (inner_profile_get_origin (merged, INNER_KEY_OUTPUT_LOG, &at));
  g_assert_cmpstr (at.path, ==, "child");
  g_assert_cmpuint (at.line, ==, 5);
  g_assert_false (inner_profile_get_origin (merged, INNER_KEY_NAME, &at));
}

static void
assert_item (InnerProfile *profile, InnerKey key, gsize item, guint line, guint column)
{
  InnerOrigin at;

  g_assert_true (inner_profile_get_item_origin (profile, key, item, &at));
  g_assert_cmpuint (at.line, ==, line);
  g_assert_cmpuint (at.column, ==, column);
}

/* Each item of a joined value stands where it was written, in whichever notation. */
static void
test_origins_of_items (void)
{
  g_autoptr (InnerProfile) base = toml ("[sandbox]\nallow = ['a',\n  'b']\n"
                                        "[mounts]\n'/x' = { dest = '/1' }\n'/y' = { dest = '/2' }");
  g_autoptr (InnerProfile) child =
      xml ("<profile><sandbox><allow>\n <privilege>b</privilege>\n  <privilege>ü</privilege>"
           "<privilege>d</privilege>\n</allow></sandbox>\n"
           "<mounts>\n<mount source='/x' destination='/3'/></mounts></profile>");
  g_autoptr (InnerProfile) merged = inner_profile_merge (base, child);
  g_autoptr (InnerProfile) plain = inner_profile_new ();

  assert_value (merged, INNER_KEY_SANDBOX_ALLOW, "['a', 'b', 'ü', 'd']");
  assert_item (merged, INNER_KEY_SANDBOX_ALLOW, 0, 2, 10);
  assert_item (merged, INNER_KEY_SANDBOX_ALLOW, 1, 3, 3);
  assert_item (merged, INNER_KEY_SANDBOX_ALLOW, 2, 3, 3);
  assert_item (merged, INNER_KEY_SANDBOX_ALLOW, 3, 3, 27);
  assert_item (merged, INNER_KEY_MOUNTS, 0, 6, 1);
  assert_item (merged, INNER_KEY_MOUNTS, 1, 6, 1);
  assert_item (child, INNER_KEY_SANDBOX_ALLOW, 0, 2, 2);

  inner_profile_set (plain, INNER_KEY_SANDBOX_ALLOW, g_variant_new_parsed ("['x']"), "p", 7, 8);
  assert_item (plain, INNER_KEY_SANDBOX_ALLOW, 0, 7, 8);
  g_assert_false (
      inner_profile_get_item_origin (plain, INNER_KEY_MOUNTS, 0, &(InnerOrigin){ NULL, 0, 0 }));
}

/* Neither of the two is changed by a merge, and the result cannot be. */
static void
test_immutable (void)
{
  g_autoptr (InnerProfile) base = toml ("[sandbox]\nallow=['a']");
  g_autoptr (InnerProfile) child = toml ("[sandbox]\nallow=['b']\nnetwork=true");
  g_autoptr (InnerProfile) merged = inner_profile_merge (base, child);

  assert_value (base, INNER_KEY_SANDBOX_ALLOW, "['a']");
  assert_value (child, INNER_KEY_SANDBOX_ALLOW, "['b']");
  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*frozen*");
  inner_profile_set (merged, INNER_KEY_NAME, g_variant_new_string ("x"), NULL, 0, 0);
  g_test_assert_expected_messages ();
  g_assert_false (inner_profile_has (merged, INNER_KEY_NAME));
}

static void
test_getters (void)
{
  g_autoptr (InnerProfile) full = toml ("[entrypoint]\ncmd='c'\nargs=['a','b']\ntui=true\n"
                                        "[output]\ntimeout_seconds=9");
  g_autoptr (InnerProfile) empty = inner_profile_new ();

  g_assert_cmpstr (inner_profile_get_string (full, INNER_KEY_ENTRYPOINT_CMD, "d"), ==, "c");
  g_assert_cmpstr (inner_profile_get_string (empty, INNER_KEY_ENTRYPOINT_CMD, "d"), ==, "d");
  g_assert_cmpstr (inner_profile_get_list (full, INNER_KEY_ENTRYPOINT_ARGS)[1], ==, "b");
  g_assert_null (inner_profile_get_list (empty, INNER_KEY_ENTRYPOINT_ARGS)[0]);
  g_assert_true (inner_profile_get_bool (full, INNER_KEY_ENTRYPOINT_TUI, FALSE));
  g_assert_true (inner_profile_get_bool (empty, INNER_KEY_ENTRYPOINT_TUI, TRUE));
  g_assert_cmpint (inner_profile_get_integer (full, INNER_KEY_OUTPUT_TIMEOUT_SECONDS, 1), ==, 9);
  g_assert_cmpint (inner_profile_get_integer (empty, INNER_KEY_OUTPUT_TIMEOUT_SECONDS, 1), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/profile/merge/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/profile/merge/every-key", test_every_key_is_inherited);
  g_test_add_func ("/profile/merge/rule-n-unnormalised", test_rule_n_without_normalisation);
  g_test_add_func ("/profile/merge/origins", test_origins);
  g_test_add_func ("/profile/merge/origins-of-items", test_origins_of_items);
  g_test_add_func ("/profile/merge/immutable", test_immutable);
  g_test_add_func ("/profile/getters", test_getters);

  return g_test_run ();
}
