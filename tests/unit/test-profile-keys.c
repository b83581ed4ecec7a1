/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * Every key of the format, one row each, written down from the reference (sections 1.1 to 1.5) and the design
 * and not from the table of the service: how it is spelt in both notations, and what becomes of a base's and a
 * child's value. A key without a row fails.
 */

#include "test-profile-common.h"

/* What becomes of the two values. */
typedef enum
{
  NO_RULE,
  CHILD, /* the child's, when it is present */
  UNION,
  CHILD_FIRST, /* the union, the child's first */
  PER_KEY,
  APPEND,
  OWN, /* the child's, and nothing is inherited */
} Rule;

/**
 * Row:
 * @toml: "%s" is the value
 * @xml: what stands in <profile>, or a whole document; "%s" is the value
 * @item: of a list or map: the element of an item, and the attribute that holds its key
 * @base, @child: of a text that is a choice: two words
 */
typedef struct
{
  Rule rule;
  const char *toml;
  const char *xml;
  const char *item;
  const char *base;
  const char *child;
} Row;

/* One key a row, however long. */
/* clang-format off */
static const Row rows[] = {
  /* 1.1 */
  [INNER_KEY_SCHEMA_VERSION] = { OWN, "schema_version=%s", "<profile version='%s'/>", NULL, "1", "1" },
  [INNER_KEY_NAME] = { OWN, "name=%s", "<profile name='%s'/>" },
  [INNER_KEY_DESCRIPTION] = { CHILD, "description=%s", "<description>%s</description>" },
  [INNER_KEY_EXTENDS] = { OWN, "extends=%s", "<extends>%s</extends>", "profile" },
  [INNER_KEY_WORKSPACES_PATH] = { CHILD, "workspaces_path=%s", "<workspaces-path>%s</workspaces-path>" },
  [INNER_KEY_EXPERIMENTAL] = { CHILD, "experimental=%s", "<experimental>%s</experimental>" },
  [INNER_KEY_CAPABILITIES] = { UNION, "capabilities=%s", "<capabilities>%s</capabilities>", "capability" },

  /* 1.2; XML says the switch by its mode. */
  [INNER_KEY_SANDBOX_NETWORK] =
    { CHILD, "[sandbox]\nnetwork=%s", "<sandbox><network mode='%s'/></sandbox>" },
  [INNER_KEY_SANDBOX_NETWORK_MODE] =
    { CHILD, "[sandbox]\nnetwork_mode=%s", "<sandbox><network mode='%s'/></sandbox>", NULL, "open", "allowlist" },
  [INNER_KEY_SANDBOX_NETWORK_ALLOW] =
    { UNION, "[sandbox]\nnetwork_allow=%s", "<sandbox><network><allow>%s</allow></network></sandbox>", "host" },
  [INNER_KEY_SANDBOX_NETWORK_DENY] =
    { UNION, "[sandbox]\nnetwork_deny=%s", "<sandbox><network><deny>%s</deny></network></sandbox>", "host" },
  [INNER_KEY_SANDBOX_NETWORK_ASK] =
    { CHILD, "[sandbox]\nnetwork_ask=%s", "<sandbox><network ask='%s'/></sandbox>" },
  [INNER_KEY_SANDBOX_SNI] =
    { CHILD, "[sandbox]\nsni=%s", "<sandbox><network sni='%s'/></sandbox>", NULL, "require", "allow" },
  [INNER_KEY_SANDBOX_CLIPBOARD] =
    { CHILD, "[sandbox]\nclipboard=%s", "<sandbox><clipboard>%s</clipboard></sandbox>" },
  [INNER_KEY_SANDBOX_PID_NAMESPACE] =
    { CHILD, "[sandbox]\npid_namespace=%s", "<sandbox><pid-namespace>%s</pid-namespace></sandbox>" },
  [INNER_KEY_SANDBOX_ALLOW] = { UNION, "[sandbox]\nallow=%s", "<sandbox><allow>%s</allow></sandbox>", "privilege" },
  [INNER_KEY_SANDBOX_HOME] =
    { CHILD, "[sandbox]\nhome=%s", "<sandbox><home>%s</home></sandbox>", NULL, "host-ro", "isolated" },
  [INNER_KEY_SANDBOX_HOME_ALLOW] =
    { UNION, "[sandbox]\nhome_allow=%s", "<sandbox><home-allow>%s</home-allow></sandbox>", "path" },
  [INNER_KEY_SANDBOX_FILESYSTEM] =
    { CHILD, "[sandbox]\nfilesystem=%s", "<sandbox><filesystem>%s</filesystem></sandbox>", NULL, "host", "private" },
  [INNER_KEY_SANDBOX_GIT_DIR] =
    { CHILD, "[sandbox]\ngit_dir=%s", "<sandbox><git-dir>%s</git-dir></sandbox>", NULL, "rw", "ro" },
  [INNER_KEY_SANDBOX_GUARD] = { UNION, "[sandbox]\nguard=%s", "<sandbox><guard>%s</guard></sandbox>", "path" },
  [INNER_KEY_SANDBOX_GUARD_ALLOW] =
    { UNION, "[sandbox]\nguard_allow=%s", "<sandbox><guard-allow>%s</guard-allow></sandbox>", "path" },
  [INNER_KEY_SANDBOX_GUARD_ACTION] =
    { CHILD, "[sandbox]\nguard_action=%s", "<sandbox><guard-action>%s</guard-action></sandbox>", NULL,
      "report", "revert" },
  [INNER_KEY_SANDBOX_REQUIRE] =
    { UNION, "[sandbox]\nrequire=%s", "<sandbox><require>%s</require></sandbox>", "layer" },
  [INNER_KEY_SANDBOX_CREDENTIALS] =
    { CHILD, "[sandbox]\ncredentials=%s", "<sandbox><credentials>%s</credentials></sandbox>", NULL, "host", "none" },
  [INNER_KEY_SANDBOX_CGROUP_MANAGER] =
    { CHILD, "[sandbox]\ncgroup_manager=%s", "<sandbox><cgroup-manager>%s</cgroup-manager></sandbox>", NULL,
      "systemd", "cgroupfs" },
  [INNER_KEY_SANDBOX_LIMITS_MEMORY] =
    { CHILD, "[sandbox.limits]\nmemory=%s", "<sandbox><limits memory='%s'/></sandbox>" },
  [INNER_KEY_SANDBOX_LIMITS_CPU] = { CHILD, "[sandbox.limits]\ncpu=%s", "<sandbox><limits cpu='%s'/></sandbox>" },
  [INNER_KEY_SANDBOX_LIMITS_PIDS] = { CHILD, "[sandbox.limits]\npids=%s", "<sandbox><limits pids='%s'/></sandbox>" },

  /* 1.3 */
  [INNER_KEY_MOUNTS] = { PER_KEY, "[mounts]\n%s", "<mounts>%s</mounts>" },

  /* 1.4 */
  [INNER_KEY_ENV_CLEARENV] = { CHILD, "[env]\nclearenv=%s", "<env><clearenv>%s</clearenv></env>" },
  [INNER_KEY_ENV_INHERIT_ALL] = { CHILD, "[env]\ninherit_all=%s", "<env><inherit-all>%s</inherit-all></env>" },
  [INNER_KEY_ENV_INHERIT] = { UNION, "[env]\ninherit=%s", "<env><inherit>%s</inherit></env>", "variable" },
  [INNER_KEY_ENV_SET] = { PER_KEY, "[env.set]\n%s", "<env><set>%s</set></env>", "variable name" },
  [INNER_KEY_ENV_PATH_PREPEND] =
    { CHILD_FIRST, "[env]\npath_prepend=%s", "<env><path-prepend>%s</path-prepend></env>", "path" },

  /* 1.5 */
  [INNER_KEY_GIT_STRIP_SECTIONS] =
    { UNION, "[git]\nstrip_sections=%s", "<git><strip-sections>%s</strip-sections></git>", "section" },
  [INNER_KEY_GIT_OVERRIDES] = { PER_KEY, "[git.overrides]\n%s", "<git><overrides>%s</overrides></git>", "setting name" },
  [INNER_KEY_ENTRYPOINT_CMD] = { CHILD, "[entrypoint]\ncmd=%s", "<entrypoint><cmd>%s</cmd></entrypoint>" },
  [INNER_KEY_ENTRYPOINT_ARGS] = { CHILD, "[entrypoint]\nargs=%s", "<entrypoint><args>%s</args></entrypoint>", "arg" },
  [INNER_KEY_ENTRYPOINT_INTERACTIVE] =
    { CHILD, "[entrypoint]\ninteractive=%s", "<entrypoint><interactive>%s</interactive></entrypoint>" },
  [INNER_KEY_ENTRYPOINT_TUI] = { CHILD, "[entrypoint]\ntui=%s", "<entrypoint><tui>%s</tui></entrypoint>" },
  [INNER_KEY_ENTRYPOINT_CURSOR_FIX] =
    { CHILD, "[entrypoint]\ncursor_fix=%s", "<entrypoint><cursor-fix>%s</cursor-fix></entrypoint>", NULL,
      "shell", "" },
  [INNER_KEY_ENTRYPOINT_WORKDIR] =
    { CHILD, "[entrypoint]\nworkdir=%s", "<entrypoint><workdir>%s</workdir></entrypoint>" },
  [INNER_KEY_ENTRYPOINT_HISTORY] =
    { CHILD, "[entrypoint]\nhistory=%s", "<entrypoint><history>%s</history></entrypoint>", "line" },
  [INNER_KEY_OUTPUT_SUMMARY] = { CHILD, "[output]\nsummary=%s", "<output><summary>%s</summary></output>" },
  [INNER_KEY_OUTPUT_LOG] = { CHILD, "[output]\nlog=%s", "<output><log>%s</log></output>" },
  [INNER_KEY_OUTPUT_TIMEOUT_SECONDS] =
    { CHILD, "[output]\ntimeout_seconds=%s", "<output><timeout-seconds>%s</timeout-seconds></output>" },
  [INNER_KEY_NOOP_BLOCK] = { UNION, "[noop]\nblock=%s", "<noop><block>%s</block></noop>", "command" },
  [INNER_KEY_NOOP_REWRITE] = { PER_KEY, "[noop.rewrite]\n%s", "<noop><rewrite>%s</rewrite></noop>", "command name" },
  [INNER_KEY_VERIFY_CUSTOM_CHECKS] = { APPEND, "[verify.custom]\nchecks=%s", "<verify><checks>%s</checks></verify>" },

  /* The design's own. */
  [INNER_KEY_WORKSPACE_DESTINATION] =
    { CHILD, "[workspace]\ndestination=%s", "<workspace destination='%s'/>" },
  [INNER_KEY_WORKSPACE_MODE] = { CHILD, "[workspace]\nmode=%s", "<workspace mode='%s'/>", NULL, "copy", "ro" },
  [INNER_KEY_AGENT_STATE] = { UNION, "[agent]\nstate=%s", "<agent><state>%s</state></agent>", "agent" },
  [INNER_KEY_AGENT_WRITE_BACK] = { CHILD, "[agent]\nwrite_back=%s", "<agent write-back='%s'/>" },
  [INNER_KEY_PUBLISH] = { PER_KEY, "[publish]\n%s", "<publish>%s</publish>", "port host" },
  [INNER_KEY_OUTPUT_IDLE_TIMEOUT_SECONDS] =
    { CHILD, "[output]\nidle_timeout_seconds=%s", "<output><idle-timeout-seconds>%s</idle-timeout-seconds></output>" },
};
/* clang-format on */

G_STATIC_ASSERT (G_N_ELEMENTS (rows) == INNER_N_KEYS);

/* Whose value: in @toml and @xml as it is written, and as print_value() gives it. */
typedef struct
{
  char *toml;
  char *xml;
  char *printed;
} Value;

static void
value_clear (Value *value)
{
  g_free (value->toml);
  g_free (value->xml);
  g_free (value->printed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Value, value_clear)

/* The two values of each type that is no text; both lists have "b", both maps "k". */
static const struct
{
  const char *toml[2];
  const char *xml[2]; /* of lists and maps: the keys and texts of their items */
  const char *printed[2];
} samples[] = {
  [INNER_VALUE_BOOL] = { { "true", "false" }, { "true", "false" }, { "true", "false" } },
  [INNER_VALUE_INTEGER] = { { "60", "0" }, { "60", "0" }, { "60", "0" } },
  [INNER_VALUE_LIST] = { { "['a','b']", "['c','b']" },
                         { "a b", "c b" },
                         { "['a', 'b']", "['c', 'b']" } },
  [INNER_VALUE_MAP] = { { "k='1'\nl='2'", "m='3'\nk='4'" },
                        { "k=1 l=2", "m=3 k=4" },
                        { "{'k': '1', 'l': '2'}", "{'m': '3', 'k': '4'}" } },
  [INNER_VALUE_MOUNTS] = { { "'/k'={dest='/1'}\n'/l'={dest='/2',mode='rw'}",
                             "'/m'={dest='/3'}\n'/k'={dest='/4',mode='safe-rw'}" },
                           { "<mount source='/k' destination='/1'/>"
                             "<mount source='/l' destination='/2' mode='rw'/>",
                             "<mount source='/m' destination='/3'/>"
                             "<mount source='/k' destination='/4' mode='safe-rw'/>" },
                           { "[('/k', '/1', 'ro'), ('/l', '/2', 'rw')]",
                             "[('/m', '/3', 'ro'), ('/k', '/4', 'copy')]" } },
  [INNER_VALUE_CHECKS] = { { "[{name='n',cmd='1'},{name='o',cmd='2',severity='low'}]",
                             "[{name='n',cmd='3'},{name='o',cmd='2',severity='low'}]" },
                           { "<check name='n'>1</check><check name='o' severity='low'>2</check>",
                             "<check name='n'>3</check><check name='o' severity='low'>2</check>" },
                           { "[('n', '1', 'medium'), ('o', '2', 'low')]",
                             "[('n', '3', 'medium'), ('o', '2', 'low')]" } },
};

/* What both of these become by each rule that keeps some of both. */
static const struct
{
  InnerValueType type;
  Rule rule;
  const char *merged;
} merges[] = {
  { INNER_VALUE_LIST, UNION, "['a', 'b', 'c']" },
  { INNER_VALUE_LIST, CHILD_FIRST, "['c', 'b', 'a']" },
  { INNER_VALUE_MAP, PER_KEY, "{'k': '4', 'l': '2', 'm': '3'}" },
  { INNER_VALUE_MOUNTS, PER_KEY, "[('/k', '/4', 'copy'), ('/l', '/2', 'rw'), ('/m', '/3', 'ro')]" },
  { INNER_VALUE_CHECKS, APPEND, "[('n', '1', 'medium'), ('o', '2', 'low'), ('n', '3', 'medium')]" },
};

/* The items of a list or map in XML, from "a b" or "k=1 l=2". (transfer full) */
static char *
xml_items (const Row *row, const char *items)
{
  g_auto (GStrv) words = g_strsplit (items, " ", -1);
  g_auto (GStrv) item = g_strsplit (row->item, " ", 2);
  GString *out = g_string_new (NULL);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      g_auto (GStrv) sides = g_strsplit (words[i], "=", 2);

      if (item[1] != NULL)
        g_string_append_printf (out, "<%s %s='%s'>%s</%s>", item[0], item[1], sides[0], sides[1],
                                item[0]);
      else
        g_string_append_printf (out, "<%s>%s</%s>", item[0], words[i], item[0]);
    }

  return g_string_free (out, FALSE);
}

static Value
text_value (const Row *row, gboolean of_child)
{
  const char *words[] = { row->base != NULL ? row->base : "one",
                          row->child != NULL ? row->child : "two" };
  const char *word = words[of_child];

  return (Value){ g_strdup_printf ("'%s'", word), g_strdup (word), g_strdup_printf ("'%s'", word) };
}

static Value
value_of (InnerKey key, gboolean of_child)
{
  const Row *row = &rows[key];
  InnerValueType type = inner_key_info (key)->type;
  Value value;

  if (type == INNER_VALUE_STRING)
    return text_value (row, of_child);

  value.toml = g_strdup (samples[type].toml[of_child]);
  value.xml = row->item != NULL ? xml_items (row, samples[type].xml[of_child])
                                : g_strdup (samples[type].xml[of_child]);
  value.printed = g_strdup (samples[type].printed[of_child]);
  if (key == INNER_KEY_SANDBOX_NETWORK)
    {
      g_free (value.xml);
      value.xml = g_strdup (of_child ? "off" : "open");
    }
  return value;
}

/* Puts @value where the "%s" of @format is. (transfer full) */
static char *
fill (const char *format, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (format, "%s", 2);

  return g_strconcat (parts[0], value, parts[1], NULL);
}

static InnerProfile *
profile_with (InnerKey key, const Value *value, InnerNotation notation)
{
  const Row *row = &rows[key];
  g_autofree char *filled =
      notation == INNER_NOTATION_TOML ? fill (row->toml, value->toml) : fill (row->xml, value->xml);
  g_autofree char *wrapped = NULL;
  InnerProfile *profile;

  if (notation == INNER_NOTATION_XML && !g_str_has_prefix (filled, "<profile "))
    wrapped = g_strconcat ("<profile>", filled, "</profile>", NULL);
  profile = must_parse (wrapped != NULL ? wrapped : filled, notation);
  assert_value (profile, key, value->printed);
  return profile;
}

static const char *
expected_value (InnerKey key, const Value *base, const Value *child)
{
  Rule rule = rows[key].rule;

  if (key == INNER_KEY_EXTENDS) /* resolved by the merge */
    return "-";
  if (rule == CHILD || rule == OWN)
    return child->printed;
  for (gsize i = 0; i < G_N_ELEMENTS (merges); i++)
    if (merges[i].type == inner_key_info (key)->type && merges[i].rule == rule)
      return merges[i].merged;

  g_error ("%s has a rule that nothing is known of", inner_key_info (key)->name);
}

static void
assert_merged (InnerProfile *base, InnerProfile *child, InnerKey key, const char *expected)
{
  g_autoptr (InnerProfile) merged = inner_profile_merge (base, child);

  assert_value (merged, key, expected);
}

/* The key in a base and a child, each in each notation; then in one of them only. */
static void
test_key (gconstpointer data)
{
  InnerKey key = GPOINTER_TO_UINT (data);
  g_auto (Value) base_value = value_of (key, FALSE);
  g_auto (Value) child_value = value_of (key, TRUE);
  g_autoptr (InnerProfile) nothing = toml ("");
  gboolean is_own = rows[key].rule == OWN;

  for (InnerNotation b = INNER_NOTATION_TOML; b <= INNER_NOTATION_XML; b++)
    for (InnerNotation c = INNER_NOTATION_TOML; c <= INNER_NOTATION_XML; c++)
      {
        g_autoptr (InnerProfile) base = profile_with (key, &base_value, b);
        g_autoptr (InnerProfile) child = profile_with (key, &child_value, c);

        assert_value (nothing, key, "-");
        assert_merged (base, child, key, expected_value (key, &base_value, &child_value));
        assert_merged (base, nothing, key, is_own ? "-" : base_value.printed);
        assert_merged (nothing, child, key, key == INNER_KEY_EXTENDS ? "-" : child_value.printed);
      }
}

static void
test_every_key_has_a_row (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (rows[key].rule == NO_RULE || rows[key].toml == NULL || rows[key].xml == NULL)
      g_error ("%s has no row here", inner_key_info (key)->name);
}

/* Each word that a key may be is read in both notations and kept, an older one as the new one. */
static void
test_words (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyRow *known = inner_key_row (key);

      if (known->info.type != INNER_VALUE_STRING || known->info.choices == NULL)
        continue;
      for (const char *const *word = known->info.choices; *word != NULL; word++)
        for (InnerNotation notation = INNER_NOTATION_TOML; notation <= INNER_NOTATION_XML;
             notation++)
          {
            g_auto (Value) value = { g_strdup_printf ("'%s'", *word), g_strdup (*word),
                                     g_strdup_printf ("'%s'", *word) };

            inner_profile_unref (profile_with (key, &value, notation));
          }
    }
}

/* A value of another type is refused wherever it stands, and so is a word that is none of the choices. */
static void
test_wrong_values (void)
{
  static const char *const wrong[] = {
    [INNER_VALUE_STRING] = "[1]",   [INNER_VALUE_BOOL] = "'true'", [INNER_VALUE_INTEGER] = "'5'",
    [INNER_VALUE_LIST] = "{a='b'}", [INNER_VALUE_MAP] = "k=[1]",   [INNER_VALUE_MOUNTS] = "k='v'",
    [INNER_VALUE_CHECKS] = "'v'",
  };

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyInfo *info = inner_key_info (key);
      g_autofree char *as_toml = fill (rows[key].toml, wrong[info->type]);
      g_autofree char *inside = fill (rows[key].xml, "&lt;?");
      g_autofree char *as_xml = g_str_has_prefix (inside, "<profile ")
                                    ? g_strdup (inside)
                                    : g_strconcat ("<profile>", inside, "</profile>", NULL);

      must_refuse (as_toml, -1, INNER_NOTATION_TOML, "test:", info->name);
      if (info->type != INNER_VALUE_STRING || info->choices != NULL)
        must_refuse (as_xml, -1, INNER_NOTATION_XML, "test:", "");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/profile/key/table", test_every_key_has_a_row);
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      g_autofree char *path = g_strconcat ("/profile/key/", inner_key_info (key)->name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (key), test_key);
    }
  g_test_add_func ("/profile/key/words", test_words);
  g_test_add_func ("/profile/key/wrong-values", test_wrong_values);

  return g_test_run ();
}
