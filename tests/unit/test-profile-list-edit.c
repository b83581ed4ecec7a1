/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* One more host in a document that a person wrote: what becomes of the text, byte for byte, and what is left alone. */

#include "inner-profile-list-edit.h"
#include "test-profile-common.h"

#define HOST "new.test:8080"

static const struct
{
  const char *name;
  const char *before;
  const char *after; /* NULL: it is refused */
} toml_rows[] = {
  { "empty", "", "\n[sandbox]\nnetwork_allow = [\"" HOST "\"]\n" },
  { "only comments", "# x", "# x\n\n[sandbox]\nnetwork_allow = [\"" HOST "\"]\n" },
  { "no list", "[sandbox] # s\nhome = 'persistent'\n",
    "[sandbox] # s\nnetwork_allow = [\"" HOST "\"]\nhome = 'persistent'\n" },
  { "no list, line ends of DOS", "[ sandbox ]\r\nhome = 'persistent'\r\n",
    "[ sandbox ]\r\nnetwork_allow = [\"" HOST "\"]\nhome = 'persistent'\r\n" },
  { "empty list", "[sandbox]\nnetwork_allow = [ ]\n",
    "[sandbox]\nnetwork_allow = [\"" HOST "\" ]\n" },
  { "empty list with a comment", "[sandbox]\nnetwork_allow = [ # why ]\n]\n",
    "[sandbox]\nnetwork_allow = [\"" HOST "\" # why ]\n]\n" },
  { "one line", "[sandbox]\nnetwork_allow = [ 'a.test' ]\n",
    "[sandbox]\nnetwork_allow = [ 'a.test', \"" HOST "\" ]\n" },
  { "one line with a comma", "[sandbox]\nnetwork_allow = ['a.test',] # x\n",
    "[sandbox]\nnetwork_allow = ['a.test', \"" HOST "\",] # x\n" },
  { "lines", "[sandbox]\nnetwork_allow = [\n\t'a.test', # a\n\t'b.test',# ] b\n]\n",
    "[sandbox]\nnetwork_allow = [\n\t'a.test', # a\n\t'b.test',# ] b\n\t\"" HOST "\",\n]\n" },
  { "lines without the last comma", "[sandbox]\nnetwork_allow = [\n  'a.test'\n]\n",
    "[sandbox]\nnetwork_allow = [\n  'a.test',\n  \"" HOST "\",\n]\n" },
  { "letters of several bytes before it",
    "[sandbox]\nnetwork_allow = [ 'bücher.test', 'ä.test' ] # ü\n",
    "[sandbox]\nnetwork_allow = [ 'bücher.test', 'ä.test', \"" HOST "\" ] # ü\n" },
  { "a string that looks like the table", "description = '''\n[sandbox]\n'''\n",
    "description = '''\n[sandbox]\n'''\n\n[sandbox]\nnetwork_allow = [\"" HOST "\"]\n" },
  { "only a table below", "[sandbox.limits]\npids = 5\n",
    "[sandbox.limits]\npids = 5\n\n[sandbox]\nnetwork_allow = [\"" HOST "\"]\n" },
  { "dots", "sandbox.home = 'persistent'\n",
    "sandbox.network_allow = [\"" HOST "\"]\nsandbox.home = 'persistent'\n" },
  { "dots and a list", "sandbox.network_allow = ['a.test']\n",
    "sandbox.network_allow = ['a.test', \"" HOST "\"]\n" },
  { "an inline table with a list", "sandbox = { network_allow = ['a.test'] }\n",
    "sandbox = { network_allow = ['a.test', \"" HOST "\"] }\n" },
  { "an inline table without one", "sandbox = { home = 'persistent' }\n", NULL },
};

static const struct
{
  const char *name;
  const char *before;
  const char *part; /* of what becomes of it */
} xml_rows[] = {
  { "nothing", "<profile version='1'/>",
    "<profile version=\"1\">\n  <sandbox>\n    <network>\n      <allow>\n        <host>" HOST
    "</host>\n      </allow>\n    </network>\n  </sandbox>\n</profile>" },
  { "network",
    "<profile>\n  <!-- c -->\n  <sandbox>\n    <network mode='allowlist'/>\n  "
    "</sandbox>\n</profile>\n",
    "<!-- c -->\n  <sandbox>\n    <network mode=\"allowlist\">\n      <allow>\n        <host>" HOST
    "</host>\n      </allow>\n    </network>\n  </sandbox>\n</profile>\n" },
  { "list",
    "<profile>\n  <sandbox>\n    <network>\n      <allow>\n        <host>a.test</host> <!-- a "
    "-->\n      </allow>\n"
    "    </network>\n  </sandbox>\n</profile>\n",
    "<host>a.test</host> <!-- a -->\n        <host>" HOST
    "</host>\n      </allow>\n    </network>" },
  { "an allow of privileges is another",
    "<profile><sandbox><allow><privilege>ssh-keys</privilege></allow></sandbox></profile>",
    "<privilege>ssh-keys</privilege></allow>" },
};

static char *
add (const char *text, InnerNotation notation, const char *host, GError **error)
{
  return inner_profile_add_to_list (text, strlen (text), notation, "/x/p",
                                    INNER_KEY_SANDBOX_NETWORK_ALLOW, host, error);
}

static void
test_toml (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (toml_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = add (toml_rows[i].before, INNER_NOTATION_TOML, HOST, &error);

      g_test_message ("%s", toml_rows[i].name);
      g_assert_cmpstr (text, ==, toml_rows[i].after);
      if (text == NULL)
        {
          g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
          g_assert_nonnull (strstr (error->message, "by hand"));
        }
    }
}

static void
test_xml (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (xml_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = add (xml_rows[i].before, INNER_NOTATION_XML, HOST, &error);

      g_test_message ("%s", xml_rows[i].name);
      g_assert_no_error (error);
      if (strstr (text, xml_rows[i].part) == NULL)
        g_error ("%s: %s", xml_rows[i].name, text);
      g_assert_nonnull (strstr (text, "<host>" HOST "</host>"));
    }
}

/* What it says is what it said, and the host: ten of them, one after the other. */
static void
test_again_and_again (void)
{
  static const struct
  {
    const char *text;
    InnerNotation notation;
  } documents[] = {
    { "[sandbox]\nnetwork_mode = 'allowlist'\n[env]\ninherit = ['A']\n", INNER_NOTATION_TOML },
    { "<profile><env><inherit><variable>A</variable></inherit></env></profile>",
      INNER_NOTATION_XML },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      g_autofree char *text = g_strdup (documents[i].text);
      g_autoptr (InnerProfile) profile = NULL;

      for (guint n = 0; n < 10; n++)
        {
          g_autofree char *host = g_strdup_printf ("h%u.test", n);
          char *next = add (text, documents[i].notation, host, NULL);

          g_assert_nonnull (next);
          g_free (text);
          text = next;
        }
      profile = inner_profile_parse (text, strlen (text), documents[i].notation, "/x/p", NULL, NULL,
                                     NULL, NULL);
      g_assert_cmpuint (g_strv_length ((char **) inner_profile_get_list (
                            profile, INNER_KEY_SANDBOX_NETWORK_ALLOW)),
                        ==, 10);
      g_assert_cmpstr (inner_profile_get_list (profile, INNER_KEY_ENV_INHERIT)[0], ==, "A");
    }
}

static void
test_refused (void)
{
  static const char *const bad[] = { "a\"b", "a\\b", "a\nb" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (add ("", INNER_NOTATION_TOML, bad[i], NULL));
      g_assert_null (add ("<profile/>", INNER_NOTATION_XML, bad[i], NULL));
    }
  g_assert_null (add ("[sandbox", INNER_NOTATION_TOML, HOST, NULL));
  g_assert_null (add ("<profile>", INNER_NOTATION_XML, HOST, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/list-edit/toml", test_toml);
  g_test_add_func ("/list-edit/xml", test_xml);
  g_test_add_func ("/list-edit/again-and-again", test_again_and_again);
  g_test_add_func ("/list-edit/refused", test_refused);
  return g_test_run ();
}
