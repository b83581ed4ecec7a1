/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Profiles as the users of the tool wrote them that the format comes from (reference, section 7), in
 * profile/reference: they load unchanged, mean what they meant there, and are converted without loss. */

#include "test-profile-common.h"

#define DIRECTORY "tests/unit/profile/reference"
#define N_FILES 19

static const struct
{
  const char *profile;
  InnerKey key;
  const char *expected;
} values[] = {
  { "shell", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "shell", INNER_KEY_SANDBOX_HOME, "'host-ro'" },
  { "shell", INNER_KEY_ENTRYPOINT_HISTORY, "['ls -la', 'git status', 'env | sort']" },
  { "shell-oneshot", INNER_KEY_ENTRYPOINT_ARGS, "['-c']" },
  { "shell-oneshot", INNER_KEY_ENTRYPOINT_INTERACTIVE, "false" },
  { "shell-oneshot", INNER_KEY_OUTPUT_TIMEOUT_SECONDS, "60" },
  { "claude-interactive", INNER_KEY_SANDBOX_NETWORK_MODE, "'open'" },
  { "claude-interactive", INNER_KEY_CAPABILITIES, "['claude']" },
  { "claude-interactive", INNER_KEY_MOUNTS, "[('/run/user/${UID}', '/run/user/${UID}', 'tmpfs')]" },
  { "claude-interactive", INNER_KEY_ENTRYPOINT_CURSOR_FIX, "'newlines'" },
  { "claude-one-shot", INNER_KEY_OUTPUT_SUMMARY, "true" },
  { "claude-one-shot", INNER_KEY_OUTPUT_LOG, "'~/.local/state/inner/logs'" },
  { "gemini-interactive", INNER_KEY_ENV_INHERIT,
    "['HOME', 'USER', 'TERM', 'LANG', 'PATH', 'SHELL', 'GEMINI_API_KEY']" },
  { "gemini-one-shot", INNER_KEY_SANDBOX_NETWORK_MODE, "'open'" },
  { "gemini-one-shot", INNER_KEY_ENTRYPOINT_TUI, "false" },
  { "cursor-interactive", INNER_KEY_ENTRYPOINT_ARGS, "['--trust']" },
  { "opencode", INNER_KEY_GIT_STRIP_SECTIONS, "['credential', 'core.hooksPath']" },
  { "shell-containers", INNER_KEY_SANDBOX_ALLOW, "['nested-user-ns', 'podman-socket']" },
  { "shell-containers", INNER_KEY_NOOP_REWRITE,
    "{'docker': 'podman', 'docker-compose': 'podman-compose'}" },
  { "shell-containers", INNER_KEY_ENV_SET,
    "{'DOCKER_HOST': 'unix:///run/user/${UID}/podman/podman.sock'}" },
  { "claude-containers", INNER_KEY_ENV_INHERIT,
    "['HOME', 'USER', 'TERM', 'LANG', 'PATH', 'SHELL', 'ANTHROPIC_API_KEY']" },
  { "claude-containers", INNER_KEY_GIT_STRIP_SECTIONS, "['credential', 'core.hooksPath']" },
  { "claude-containers", INNER_KEY_GIT_OVERRIDES, "{'push.default': 'nothing'}" },
  { "claude-containers", INNER_KEY_SANDBOX_HOME, "'isolated'" },
  { "shell-with-claude", INNER_KEY_ENTRYPOINT_TUI, "false" },
  { "shell-with-claude", INNER_KEY_ENTRYPOINT_CURSOR_FIX, "'shell'" },
  { "shell-with-claude", INNER_KEY_CAPABILITIES, "['claude']" },
  { "java-maven", INNER_KEY_SANDBOX_ALLOW, "['nested-user-ns', 'podman-socket']" },
  { "gradle-java", INNER_KEY_EXPERIMENTAL, "true" },
  { "java-21", INNER_KEY_ENV_PATH_PREPEND, "['/opt/jdk/jdk-21/bin']" },
  { "java-21", INNER_KEY_VERIFY_CUSTOM_CHECKS,
    "[('java is 21', \"java -version 2>&1 | grep -q 'version \\\"21'\", 'high'), "
    "('JAVA_HOME', 'test \"$JAVA_HOME\" = /opt/jdk/jdk-21', 'info')]" },
  { "node-22", INNER_KEY_MOUNTS,
    "[('~/.npm', '~/.npm', 'rw'), ('~/.npm-global', '~/.npm-global', 'rw')]" },
  { "rust", INNER_KEY_SANDBOX_NETWORK_MODE, "'open'" },
  { "rust", INNER_KEY_SANDBOX_LIMITS_CPU, "'2'" },
  { "rust", INNER_KEY_SANDBOX_LIMITS_PIDS, "1024" },
  { "rust", INNER_KEY_MOUNTS,
    "[('~/.cargo', '~/.cargo', 'rw'), ('~/.rustup', '~/.rustup', 'ro')]" },
  { "rust-claude", INNER_KEY_SANDBOX_LIMITS_CPU, "'400%'" },
  { "rust-claude", INNER_KEY_SANDBOX_LIMITS_PIDS, "0" },
  { "rust-claude", INNER_KEY_ENTRYPOINT_CMD, "'claude'" },
  { "review", INNER_KEY_NAME, "'review'" },
  { "review", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "review", INNER_KEY_SANDBOX_NETWORK, "false" },
  { "review", INNER_KEY_MOUNTS,
    "[('/run/user/${UID}', '/run/user/${UID}', 'tmpfs'), "
    "('${workdir}/docs', '${workspaces_path}/docs', 'ro'), ('~/data', '~/data', 'copy')]" },
  { "offline-review", INNER_KEY_SANDBOX_NETWORK_MODE, "'off'" },
  { "offline-review", INNER_KEY_SANDBOX_GIT_DIR, "'ro'" },
  { "offline-review", INNER_KEY_WORKSPACES_PATH, "'~/Projects/workspaces'" },
};

/* A registry for a user who has nothing but these files, beside the profiles of Inner. */
static InnerProfileRegistry *
make_registry (void)
{
  g_autofree char *user = source_file (DIRECTORY);
  g_autofree char *builtin = source_file ("profiles");
  g_autofree char *schema = source_file ("data/inner-profile.rng");

  return inner_profile_registry_new (user, NULL, builtin, schema, "/home/u", NULL);
}

static void
test_all_load (void)
{
  g_autoptr (InnerProfileRegistry) registry = make_registry ();
  g_autoptr (GPtrArray) entries = inner_profile_registry_list (registry, NULL);
  guint n = 0;

  for (guint i = 0; i < entries->len; i++)
    {
      InnerProfileEntry *entry = entries->pdata[i];

      g_assert_no_error (entry->error);
      if (entry->scope != INNER_SCOPE_USER)
        continue;
      n++;
      g_assert_false (entry->shadowed);
      assert_value (entry->own, INNER_KEY_SCHEMA_VERSION, "'1'");
      g_assert_true (inner_profile_has (entry->effective, INNER_KEY_SANDBOX_NETWORK_MODE));
      g_assert_true (inner_profile_has (entry->effective, INNER_KEY_ENTRYPOINT_CMD));
    }
  g_assert_cmpuint (n, ==, N_FILES);
}

static void
test_values (void)
{
  g_autoptr (InnerProfileRegistry) registry = make_registry ();

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerProfileEntry) entry =
          inner_profile_registry_find (registry, values[i].profile, NULL, &error);

      g_assert_no_error (error);
      assert_value (entry->effective, values[i].key, values[i].expected);
    }
}

/* TOML, XML, TOML: nothing is lost on the way, whether a value stands in the file or is inherited. */
static void
test_convert (void)
{
  g_autoptr (InnerProfileRegistry) registry = make_registry ();
  g_autoptr (GPtrArray) entries = inner_profile_registry_list (registry, NULL);

  for (guint i = 0; i < entries->len; i++)
    {
      InnerProfileEntry *entry = entries->pdata[i];

      assert_conversion (entry->own);
      assert_conversion (entry->effective);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/profile/reference/all-load", test_all_load);
  g_test_add_func ("/profile/reference/values", test_values);
  g_test_add_func ("/profile/reference/convert", test_convert);

  return g_test_run ();
}
