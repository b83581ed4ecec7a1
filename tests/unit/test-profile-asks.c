/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-asks.h"
#include "inner-profile-harden.h"
#include "test-profile-common.h"

/* What a person reads before they approve a document. */

/* A document for each key that is kept because it is shown, or narrowed and then shown, and what must stand
 * in a sentence about it. */
static const struct
{
  InnerKey key;
  const char *document;
  const char *part;
} cases[] = {
  { INNER_KEY_CAPABILITIES, "capabilities = ['claude']", "“claude”" },
  { INNER_KEY_SANDBOX_NETWORK, "[sandbox]\nnetwork = true", "every public host" },
  { INNER_KEY_SANDBOX_NETWORK_MODE, "[sandbox]\nnetwork_mode = 'host'", "network of this machine" },
  { INNER_KEY_SANDBOX_NETWORK_ALLOW,
    "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['x.example', '@github']",
    "x.example, @github (github.com, " },
  { INNER_KEY_SANDBOX_ALLOW, "[sandbox]\nallow = ['podman-socket']",
    "“podman-socket”: The sandbox" },
  { INNER_KEY_SANDBOX_HOME, "[sandbox]\nhome = 'host-ro'", "reads your home directory" },
  { INNER_KEY_SANDBOX_HOME, "[sandbox]\nhome = 'persistent'", "of its own" },
  { INNER_KEY_SANDBOX_HOME_ALLOW, "[sandbox]\nhome_allow = ['~/a', '~/b']", "~/a, ~/b" },
  { INNER_KEY_SANDBOX_LIMITS_MEMORY, "[sandbox.limits]\nmemory = '64G'", "64G" },
  { INNER_KEY_SANDBOX_LIMITS_CPU, "[sandbox.limits]\ncpu = '1600%'", "1600%" },
  { INNER_KEY_SANDBOX_LIMITS_PIDS, "[sandbox.limits]\npids = 99999", "99999" },
  { INNER_KEY_MOUNTS, "[mounts]\n'/a' = { dest = '/b', mode = 'rw' }", "changes “/a”, as “/b”" },
  { INNER_KEY_MOUNTS, "[mounts]\n'/a' = { dest = '/b' }", "reads “/a”, as “/b”" },
  { INNER_KEY_MOUNTS, "[mounts]\n'/a' = { dest = '/b', mode = 'copy' }", "copy of “/a”" },
  { INNER_KEY_ENV_INHERIT_ALL, "[env]\ninherit_all = true", "all variables" },
  { INNER_KEY_ENV_INHERIT, "[env]\ninherit = ['AA', 'BB']", "AA, BB" },
  { INNER_KEY_ENV_SET, "[env.set]\nAA = 'value'", "AA to “value”" },
  { INNER_KEY_ENV_PATH_PREPEND, "[env]\npath_prepend = ['/opt/x']", "/opt/x" },
  { INNER_KEY_GIT_OVERRIDES, "[git.overrides]\n'core.sshCommand' = 'evil'", "evil" },
  { INNER_KEY_ENTRYPOINT_CMD, "[entrypoint]\ncmd = 'evil'", "“evil”" },
  { INNER_KEY_ENTRYPOINT_ARGS, "[entrypoint]\ncmd = 'a'\nargs = ['b', 'c']", "“a b c”" },
  { INNER_KEY_ENTRYPOINT_WORKDIR, "[entrypoint]\nworkdir = '~/x'", "works in “~/x”" },
  { INNER_KEY_AGENT_STATE, "[agent]\nstate = ['claude']", "“claude”: " },
  { INNER_KEY_PUBLISH, "[publish]\n'8080' = '80'", "8080 (its port 80)" },
  { INNER_KEY_NOOP_BLOCK, "[noop]\nblock = ['apt']", "apt" },
  { INNER_KEY_NOOP_REWRITE, "[noop.rewrite]\ndocker = 'podman'",
    "“podman” in place of the command “docker”" },
  { INNER_KEY_VERIFY_CUSTOM_CHECKS,
    "[[verify.custom.checks]]\nname = 'n'\ncmd = 'evil'\nseverity = 'high'", "“evil” (n)" },
};

static gboolean
stands_in (GPtrArray *sentences, const char *part)
{
  for (guint i = 0; i < sentences->len; i++)
    if (strstr (sentences->pdata[i], part) != NULL)
      return TRUE;

  return FALSE;
}

static void
test_each_is_said (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (InnerProfile) profile = toml (cases[i].document);
      g_autoptr (GPtrArray) sentences = inner_profile_asks (profile);

      if (!stands_in (sentences, cases[i].part))
        g_error ("nothing says “%s” of: %s", cases[i].part, cases[i].document);
    }
}

static gboolean
has_case (InnerKey key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (cases[i].key == key)
      return TRUE;

  return FALSE;
}

/* “extends” is shown by its documents; each of them is approved for itself. */
static void
test_what_is_shown_is_said (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (inner_harden_class (key) == INNER_HARDEN_SHOWN && key != INNER_KEY_EXTENDS &&
        !has_case (key))
      g_error ("%s is said to be shown, and nothing shows it", inner_key_info (key)->name);
}

static void
test_a_plain_profile (void)
{
  g_autoptr (InnerProfile) profile = toml ("");
  g_autoptr (GPtrArray) sentences = inner_profile_asks (profile);

  g_assert_cmpuint (sentences->len, ==, 1);
  g_assert_cmpstr (sentences->pdata[0], ==, "It runs your shell.");
}

/* Whichever key names the agent. */
static void
test_hosts_of_agents (void)
{
  static const char *const documents[] = {
    "capabilities = ['claude']\n[sandbox]\nnetwork_mode = 'allowlist'",
    "[sandbox]\nnetwork_mode = 'allowlist'\n[agent]\nstate = ['claude']",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      g_autoptr (InnerProfile) profile = toml (documents[i]);
      g_autoptr (GPtrArray) sentences = inner_profile_asks (profile);

      g_assert_true (stands_in (sentences, "api.anthropic.com"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/asks/each-is-said", test_each_is_said);
  g_test_add_func ("/asks/what-is-shown-is-said", test_what_is_shown_is_said);
  g_test_add_func ("/asks/plain", test_a_plain_profile);
  g_test_add_func ("/asks/hosts-of-agents", test_hosts_of_agents);
  return g_test_run ();
}
