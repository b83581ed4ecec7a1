/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "test-profile-common.h"

static const Refusal refusals[] = {
  { "unknown-element", "<profile>\n  <sandbx/>\n</profile>",
    "test:2:3:", "“<sandbx>” is not known here; did you mean “sandbox”?" },
  { "unknown-inner-element", "<profile><sandbox>\n <home-alow/></sandbox></profile>",
    "test:2:2:", "did you mean “home-allow”?" },
  { "unknown-item", "<profile><capabilities>\n<capabilty>x</capabilty></capabilities></profile>",
    "test:2:1:", "did you mean “capability”?" },
  { "unknown-root", "<!-- x -->\n<profil/>", "test:2:1:", "did you mean “profile”?" },
  { "unknown-attribute", "<profile\n   name='x'\n   verson='1'/>",
    "test:3:4:", "“verson” is not known here; did you mean “version”?" },
  { "unknown-attribute-of-value", "<profile><description lang='de'>x</description></profile>",
    "test:1:23:", "“lang” is not known here" },
  { "unknown-attribute-of-item",
    "<profile><mounts><mount source='a' destination='b' mde='ro'/></mounts></profile>",
    "test:1:52:", "did you mean “mode”?" },
  { "bad-attribute-value", "<profile><sandbox><network mode='opne'/></sandbox></profile>",
    "test:1:28:", "did you mean “open”?" },
  { "bad-mode",
    "<profile><mounts><mount source='mode=' destination='b'\n mode='rx'/></mounts>"
    "</profile>",
    "test:2:2:", "cannot be “rx”" },
  { "bad-severity",
    "<profile><verify><checks><check name='n' severity='x'>c</check></checks>"
    "</verify></profile>",
    "test:1:42:", "cannot be “x”" },
  { "bad-choice", "<profile><sandbox><home> hom </home></sandbox></profile>",
    "test:1:19:", "“sandbox.home” cannot be “hom”" },
  { "bad-bool", "<profile><experimental>1</experimental></profile>",
    "test:1:10:", "must be true or false here" },
  { "bad-number", "<profile><output><timeout-seconds>1.5</timeout-seconds></output></profile>",
    "test:1:18:", "must be a whole number, not negative" },
  { "negative", "<profile><sandbox><limits pids='-1'/></sandbox></profile>",
    "test:1:27:", "must be a whole number, not negative" },
  { "too-large",
    "<profile><output><timeout-seconds>9223372036854775808</timeout-seconds></output>"
    "</profile>",
    "test:1:18:", "must be a whole number" },
  { "version", "<profile version='2'/>", "test:1:10:", "cannot be “2”" },
  { "missing-attribute", "<profile><mounts>\n<mount source='a'/></mounts></profile>",
    "test:2:1:", "<mount> needs the attribute “destination”" },
  { "missing-label", "<profile><env><set>\n<variable>x</variable></set></env></profile>",
    "test:2:1:", "<variable> needs the attribute “name”" },
  { "twice", "<profile><env/>\n<env/></profile>", "test:2:1:", "<env> stands here twice" },
  { "value-twice", "<profile><description>a</description>\n<description>b</description></profile>",
    "test:2:1:", "<description> stands here twice" },
  { "map-key-twice",
    "<profile><env><set><variable name='A'>1</variable>\n"
    "<variable name='A'>2</variable></set></env></profile>",
    "test:2:1:", "“A” stands here twice" },
  { "mount-twice",
    "<profile><mounts><mount source='a' destination='b'/>\n"
    "<mount source='a' destination='c'/></mounts></profile>",
    "test:2:1:", "“a” stands here twice" },
  { "text-among-elements", "<profile>hello</profile>",
    "test:1:1:", "put the text into one of them" },
  { "text-among-items", "<profile><sandbox><allow>podman-socket</allow></sandbox></profile>",
    "test:1:19:", "put the text into one of them" },
  { "element-in-text", "<profile><description>a <b>b</b></description></profile>",
    "test:1:25:", "remove <b>" },
  { "text-in-mount",
    "<profile><mounts><mount source='a' destination='b'>x</mount></mounts>"
    "</profile>",
    "test:1:18:", "holds elements and no text" },
  { "namespace", "<profile xmlns='urn:x'/>", "test:1:1:", "is in a namespace" },
  { "prefixed-attribute", "<profile xml:lang='de'/>", "test:1:1:", "“lang” is not known here" },
  { "not-closed", "<profile>\n<env>\n</profile>", "test:3:", "This is not well-formed XML" },
  { "empty", "", "test:1:1:", "This is not well-formed XML" },
  { "two-roots", "<profile/>\n<profile/>", "test:2:1:", "This is not well-formed XML" },
  { "column-counts-characters", "<profile><description>ä</description><x/></profile>",
    "test:1:38:", "“<x>” is not known here" },
  { "encoding", "<?xml version='1.0' encoding='ISO-8859-1'?>\n<profile/>",
    "test:1:1:", "must be UTF-8" },
};

static void
test_refusal (gconstpointer data)
{
  const Refusal *refusal = data;

  must_refuse (refusal->text, -1, INNER_NOTATION_XML, refusal->beginning, refusal->part);
}

/* What is read, key by key. */
static const Reading readings[] = {
  { "<profile name='x'/>", INNER_KEY_NAME, "'x'" },
  { "<profile><description> a\n<![CDATA[<b>]]><!-- c --> &amp; &#65;</description></profile>",
    INNER_KEY_DESCRIPTION, "' a\\n<b> & A'" },
  { "<profile><description/></profile>", INNER_KEY_DESCRIPTION, "''" },
  { "<profile><extends><profile>a</profile><profile>b</profile></extends></profile>",
    INNER_KEY_EXTENDS, "['a', 'b']" },
  { "<profile><extends/></profile>", INNER_KEY_EXTENDS, "[]" },
  { "<profile><sandbox><network mode='full'/></sandbox></profile>", INNER_KEY_SANDBOX_NETWORK_MODE,
    "'open'" },
  { "<profile><sandbox><network mode='off'/></sandbox></profile>", INNER_KEY_SANDBOX_NETWORK,
    "false" },
  { "<profile><sandbox><network/></sandbox></profile>", INNER_KEY_SANDBOX_NETWORK, "-" },
  { "<profile><sandbox><home>\n isolated\n</home></sandbox></profile>", INNER_KEY_SANDBOX_HOME,
    "'isolated'" },
  { "<profile><experimental> true </experimental></profile>", INNER_KEY_EXPERIMENTAL, "true" },
  { "<profile><entrypoint><cmd> x </cmd></entrypoint></profile>", INNER_KEY_ENTRYPOINT_CMD,
    "' x '" },
  { "<profile><mounts><mount source='a' destination='b'/>"
    "<mount mode='safe-rw' destination='d' source='c'/></mounts></profile>",
    INNER_KEY_MOUNTS, "[('a', 'b', 'ro'), ('c', 'd', 'copy')]" },
  { "<profile><verify><checks><check name='n'>c</check></checks></verify></profile>",
    INNER_KEY_VERIFY_CUSTOM_CHECKS, "[('n', 'c', 'medium')]" },
  { "<profile><publish><port host='127.0.0.1:8888'>7777</port></publish></profile>",
    INNER_KEY_PUBLISH, "{'127.0.0.1:8888': '7777'}" },
  { "<?pi x?><profile version='1'><!-- c --><?pi?></profile>", INNER_KEY_SCHEMA_VERSION, "'1'" },
};

static void
test_readings (void)
{
  assert_readings (readings, G_N_ELEMENTS (readings), INNER_NOTATION_XML);
}

static void
test_origins (void)
{
  g_autoptr (InnerProfile) profile = xml ("<profile>\n  <sandbox>\n    <network\n  ask='true'\n"
                                          "  mode = \"off\"/><home>isolated</home></sandbox>\n"
                                          "</profile>");
  InnerOrigin at;

  g_assert_true (inner_profile_get_origin (profile, INNER_KEY_SANDBOX_NETWORK_MODE, &at));
  g_assert_cmpuint (at.line, ==, 5);
  g_assert_cmpuint (at.column, ==, 3);
  g_assert_true (inner_profile_get_origin (profile, INNER_KEY_SANDBOX_HOME, &at));
  g_assert_cmpuint (at.line, ==, 5);
  g_assert_cmpuint (at.column, ==, 17);
}

static void
test_all_problems (void)
{
  assert_problems ("<profile nmae='x'>\n<sandbox>\n<home>x</home>\n<y/></sandbox>\n</profile>",
                   INNER_NOTATION_XML, (const guint[]){ 1, 3, 4, 0 }, "sandbox.home");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_refusals ("/profile/xml/refuse/", refusals, G_N_ELEMENTS (refusals), test_refusal);
  g_test_add_func ("/profile/xml/readings", test_readings);
  g_test_add_func ("/profile/xml/origins", test_origins);
  g_test_add_func ("/profile/xml/all-problems", test_all_problems);

  return g_test_run ();
}
