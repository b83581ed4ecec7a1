/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The profiles that come with Inner mean what their users know them for. */

#include "test-profile-common.h"

static GPtrArray *entries;

static void
load (void)
{
  g_autofree char *directory = source_file ("profiles");
  g_autofree char *schema = source_file ("data/inner-profile.rng");
  g_autoptr (InnerProfileRegistry) registry =
      inner_profile_registry_new (NULL, NULL, directory, schema, NULL, NULL);

  entries = inner_profile_registry_list (registry, NULL);
}

static InnerProfile *
profile_called (const char *name)
{
  for (guint i = 0; i < entries->len; i++)
    {
      InnerProfileEntry *entry = entries->pdata[i];

      if (g_str_equal (entry->name, name))
        {
          g_assert_no_error (entry->error);
          return entry->effective;
        }
    }

  g_error ("there is no profile %s", name);
}

/* Those of the design, and no others. */
static void
test_names (void)
{
  static const char *const names[] = {
    "aider",
    "claude-containers",
    "claude-interactive",
    "claude-one-shot",
    "codex-interactive",
    "codex-one-shot",
    "copilot-interactive",
    "cursor-interactive",
    "gemini-interactive",
    "gemini-one-shot",
    "opencode",
    "shell",
    "shell-containers",
    "shell-oneshot",
    "shell-with-claude",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_nonnull (profile_called (names[i]));
  g_assert_cmpuint (entries->len, ==, G_N_ELEMENTS (names));
}

/* Each is valid by the schema, says what it is for, and is named after its file. */
static void
test_all (void)
{
  for (guint i = 0; i < entries->len; i++)
    {
      InnerProfileEntry *entry = entries->pdata[i];

      g_assert_no_error (entry->error);
      g_assert_cmpstr (inner_profile_get_string (entry->own, INNER_KEY_NAME, NULL), ==,
                       entry->name);
      g_assert_cmpstr (inner_profile_get_string (entry->own, INNER_KEY_SCHEMA_VERSION, NULL), ==,
                       "1");
      g_assert_true (inner_profile_has (entry->own, INNER_KEY_DESCRIPTION));
      g_assert_null (
          strchr (inner_profile_get_string (entry->own, INNER_KEY_DESCRIPTION, ""), '\n'));
      /* None shows the home or opens the network by itself, and none mounts anything. */
      g_assert_cmpstr (inner_profile_get_string (entry->effective, INNER_KEY_SANDBOX_HOME, NULL),
                       ==, "isolated");
      g_assert_true (g_strv_contains (
          ((const char *const[]){ "off", "allowlist", NULL }),
          inner_profile_get_string (entry->effective, INNER_KEY_SANDBOX_NETWORK_MODE, "")));
      g_assert_false (inner_profile_has (entry->effective, INNER_KEY_MOUNTS));
      g_assert_cmpint (g_str_has_suffix (entry->name, "-containers"), ==,
                       inner_profile_has (entry->effective, INNER_KEY_SANDBOX_ALLOW));
    }
}

static const struct
{
  const char *profile;
  InnerKey key;
  const char *expected;
} values[] = {
  { "shell", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "shell", INNER_KEY_ENTRYPOINT_CMD, "'/bin/bash'" },
  { "shell", INNER_KEY_ENTRYPOINT_INTERACTIVE, "true" },
  { "shell", INNER_KEY_ENV_INHERIT, "['HOME', 'USER', 'TERM', 'LANG', 'PATH', 'SHELL']" },
  { "shell", INNER_KEY_NOOP_BLOCK, "['apt-get', 'apt', 'yum', 'dnf', 'brew', 'pacman', 'yay']" },
  { "shell-oneshot", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "shell-oneshot", INNER_KEY_ENTRYPOINT_CMD, "'bash'" },
  { "shell-oneshot", INNER_KEY_ENTRYPOINT_ARGS, "['-c']" },
  { "shell-oneshot", INNER_KEY_ENTRYPOINT_INTERACTIVE, "false" },
  { "shell-oneshot", INNER_KEY_ENTRYPOINT_HISTORY, "[]" },
  { "shell-oneshot", INNER_KEY_OUTPUT_TIMEOUT_SECONDS, "60" },
  { "claude-interactive", INNER_KEY_SANDBOX_NETWORK_MODE, "'allowlist'" },
  { "claude-interactive", INNER_KEY_ENTRYPOINT_CMD, "'claude'" },
  { "claude-interactive", INNER_KEY_ENTRYPOINT_TUI, "true" },
  { "claude-interactive", INNER_KEY_CAPABILITIES, "['claude']" },
  { "claude-one-shot", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "claude-one-shot", INNER_KEY_ENTRYPOINT_CMD, "'claude'" },
  { "claude-one-shot", INNER_KEY_ENTRYPOINT_ARGS, "['--dangerously-skip-permissions', '--print']" },
  { "claude-one-shot", INNER_KEY_ENTRYPOINT_INTERACTIVE, "false" },
  { "claude-one-shot", INNER_KEY_ENTRYPOINT_TUI, "false" },
  { "claude-one-shot", INNER_KEY_OUTPUT_TIMEOUT_SECONDS, "1800" },
  { "claude-one-shot", INNER_KEY_OUTPUT_SUMMARY, "true" },
  { "claude-one-shot", INNER_KEY_GIT_STRIP_SECTIONS, "['credential']" },
  { "claude-one-shot", INNER_KEY_SANDBOX_NETWORK_ALLOW, "['@claude']" },
  { "shell-with-claude", INNER_KEY_ENTRYPOINT_CMD, "'/bin/bash'" },
  { "shell-with-claude", INNER_KEY_ENTRYPOINT_TUI, "false" },
  { "shell-with-claude", INNER_KEY_ENTRYPOINT_CURSOR_FIX, "'shell'" },
  { "shell-with-claude", INNER_KEY_CAPABILITIES, "['claude']" },
  { "shell-with-claude", INNER_KEY_SANDBOX_NETWORK_MODE, "'allowlist'" },
  { "gemini-interactive", INNER_KEY_CAPABILITIES, "['gemini']" },
  { "gemini-interactive", INNER_KEY_ENTRYPOINT_CMD, "'gemini'" },
  { "gemini-interactive", INNER_KEY_SANDBOX_NETWORK_ALLOW, "['@gemini']" },
  { "gemini-one-shot", INNER_KEY_ENTRYPOINT_ARGS, "['--yolo', '--skip-trust', '--prompt']" },
  { "gemini-one-shot", INNER_KEY_SANDBOX_NETWORK_MODE, "'allowlist'" },
  { "gemini-one-shot", INNER_KEY_OUTPUT_TIMEOUT_SECONDS, "1800" },
  { "codex-interactive", INNER_KEY_ENTRYPOINT_CMD, "'codex'" },
  { "codex-interactive", INNER_KEY_CAPABILITIES, "['codex']" },
  { "codex-one-shot", INNER_KEY_ENTRYPOINT_ARGS,
    "['exec', '--dangerously-bypass-approvals-and-sandbox', '--skip-git-repo-check', "
    "'--ephemeral']" },
  { "codex-one-shot", INNER_KEY_ENTRYPOINT_INTERACTIVE, "false" },
  { "cursor-interactive", INNER_KEY_ENTRYPOINT_CMD, "'cursor-agent'" },
  { "cursor-interactive", INNER_KEY_CAPABILITIES, "['cursor']" },
  { "copilot-interactive", INNER_KEY_ENTRYPOINT_CMD, "'copilot'" },
  { "copilot-interactive", INNER_KEY_CAPABILITIES, "['copilot']" },
  { "opencode", INNER_KEY_ENTRYPOINT_CMD, "'opencode'" },
  { "opencode", INNER_KEY_CAPABILITIES, "['opencode']" },
  { "aider", INNER_KEY_ENTRYPOINT_CMD, "'aider'" },
  { "aider", INNER_KEY_CAPABILITIES, "['aider']" },
  { "shell-containers", INNER_KEY_SANDBOX_ALLOW, "['nested-user-ns', 'podman-socket']" },
  { "shell-containers", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "shell-containers", INNER_KEY_NOOP_REWRITE,
    "{'docker': 'podman', 'docker-compose': 'podman-compose'}" },
  { "shell-containers", INNER_KEY_ENV_SET,
    "{'DOCKER_HOST': 'unix:///run/user/${UID}/podman/podman.sock', "
    "'CONTAINER_HOST': 'unix:///run/user/${UID}/podman/podman.sock'}" },
  { "claude-containers", INNER_KEY_SANDBOX_ALLOW, "['nested-user-ns', 'podman-socket']" },
  { "claude-containers", INNER_KEY_SANDBOX_NETWORK_MODE, "'allowlist'" },
  { "claude-containers", INNER_KEY_GIT_STRIP_SECTIONS, "['credential', 'core.hooksPath']" },
  { "claude-containers", INNER_KEY_GIT_OVERRIDES, "{'push.default': 'nothing'}" },
};

static void
test_values (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    assert_value (profile_called (values[i].profile), values[i].key, values[i].expected);
}

/* --network turns this list on; a key and the address of the service come from the caller. */
static void
test_claude (void)
{
  static const char *const names[] = { "claude-interactive", "claude-one-shot" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      InnerProfile *profile = profile_called (names[i]);
      const char *const *hosts = inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_ALLOW);
      const char *const *inherited = inner_profile_get_list (profile, INNER_KEY_ENV_INHERIT);
      const char *const *shown = inner_profile_get_list (profile, INNER_KEY_SANDBOX_HOME_ALLOW);

      g_assert_true (g_strv_contains (hosts, "@claude"));
      g_assert_true (g_strv_contains (inherited, "ANTHROPIC_API_KEY"));
      g_assert_true (g_strv_contains (inherited, "ANTHROPIC_BASE_URL"));
      g_assert_true (g_strv_contains (shown, "~/.local/bin"));
      g_assert_true (g_strv_contains (shown, "~/.local/share/claude"));
    }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  load ();

  g_test_add_func ("/profile/builtin/names", test_names);
  g_test_add_func ("/profile/builtin/all", test_all);
  g_test_add_func ("/profile/builtin/values", test_values);
  g_test_add_func ("/profile/builtin/claude", test_claude);

  result = g_test_run ();
  g_ptr_array_unref (entries);
  return result;
}
