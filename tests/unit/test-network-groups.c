/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "inner-host-groups.h"

static void
assert_patterns (GPtrArray *patterns, const char *expected)
{
  g_autofree char *joined = NULL;

  g_ptr_array_add (patterns, NULL);
  joined = g_strjoinv (" ", (char **) patterns->pdata);
  g_assert_cmpstr (joined, ==, expected);
}

static void
test_npmrc (void)
{
  static const struct
  {
    const char *text;
    const char *patterns;
    gboolean has_registry;
  } cases[] = {
    { "", "", FALSE },
    { "registry=https://npm.example/\n", "npm.example", TRUE },
    { "  registry = \"https://npm.example:8443/a/b\"  \n", "npm.example:8443", TRUE },
    { "registry='http://npm.example'", "npm.example", TRUE },
    { "@scope:registry=https://scope.example/\nregistry=https://a.example\n",
      "scope.example a.example", TRUE },
    { "registry=https://a.example\nregistry=https://b.example\n", "a.example", TRUE },
    { ";registry=https://a.example\n#registry=https://b.example\n", "", FALSE },
    { "//a.example/:_authToken=secret\n", "", FALSE },
    { "registry=https://user:password@a.example/\n", "a.example", TRUE },
    { "registry=file:///etc/passwd\n", "", TRUE },
    { "registry=https://${HOST}/\n", "", TRUE },
    { "registry=https://*.example/\n", "*.example", TRUE },
    { "registry=https://[2606:2800::1]:99/\n", "[2606:2800::1]:99", TRUE },
    { "registry=nonsense\n", "", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) patterns = g_ptr_array_new_with_free_func (g_free);
      gboolean has_registry = FALSE;

      inner_host_read_npmrc (cases[i].text, patterns, &has_registry);
      g_assert_cmpint (has_registry, ==, cases[i].has_registry);
      /* A wildcard is no host of an address. */
      if (strchr (cases[i].patterns, '*') == NULL)
        assert_patterns (patterns, cases[i].patterns);
    }
}

static void
test_apt (void)
{
  static const struct
  {
    const char *text;
    const char *patterns;
  } cases[] = {
    { "deb http://deb.example/debian bookworm main\n", "deb.example" },
    { "deb [arch=amd64 signed-by=/x] https://mirror.example:81/d stable main # http://no.example\n",
      "mirror.example:81" },
    { "# deb http://off.example/ x main\ndeb http://on.example/ x main\n", "on.example" },
    { "Types: deb\nURIs: http://a.example/debian\n http://b.example/debian\nSuites: x\n",
      "a.example b.example" },
    { "deb cdrom:[x]/ x main\ndeb file:/srv x main\n", "" },
    { "deb http://same.example/a x main\ndeb http://same.example/b x main\n", "same.example" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) patterns = g_ptr_array_new_with_free_func (g_free);

      inner_host_read_apt_list (cases[i].text, patterns);
      assert_patterns (patterns, cases[i].patterns);
    }
}

/* The variable goes before the file of the user, and a file of the directory at hand is not read. */
static void
test_npm_of_the_host (void)
{
  g_autoptr (InnerHost) host = inner_host_new_empty ();
  g_autoptr (InnerHost) other = inner_host_new_empty ();
  g_autoptr (GHashTable) environment = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *home = g_dir_make_tmp ("npm-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (home, ".npmrc", NULL);
  char **patterns;

  host->home = g_strdup (home);
  other->home = g_strdup (home);
  g_assert_true (g_file_set_contents (file, "registry=https://own.example/\n", -1, NULL));
  inner_host_look_at_group (host, "@npm", environment);
  patterns = g_hash_table_lookup (host->network_groups, "@npm");
  g_assert_true (g_strv_contains ((const char *const *) patterns, "own.example"));

  g_hash_table_insert (environment, (gpointer) "npm_config_registry",
                       (gpointer) "https://said.example/");
  inner_host_look_at_group (other, "@npm", environment);
  patterns = g_hash_table_lookup (other->network_groups, "@npm");
  g_assert_true (g_strv_contains ((const char *const *) patterns, "said.example"));
  g_assert_false (g_strv_contains ((const char *const *) patterns, "own.example"));
  inner_host_look_at_group (other, "@github", environment);
  g_assert_null (g_hash_table_lookup (other->network_groups, "@github"));
  g_unlink (file);
  g_rmdir (home);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network-groups/npmrc", test_npmrc);
  g_test_add_func ("/network-groups/apt", test_apt);
  g_test_add_func ("/network-groups/npm-of-the-host", test_npm_of_the_host);
  return g_test_run ();
}
