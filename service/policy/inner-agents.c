/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What each agent keeps in a home directory, and whom it has to reach. Facts rot: each row says where its
 * own were found, and what could not be confirmed is left out.
 *
 * SECURITY: of a settings file only the members that are named here are carried in, never the rest. A list
 * of what to leave out would let the next release's way to start a program or to keep a secret through (hooks,
 * MCP servers, plugins, key helpers, status lines, "env"); what is missing here is only a setting that the
 * person sets again (attacks 54 and 60; tests/unit/test-agents.c, tests/bus/test_agent_state.py).
 * What may come back is narrower still: tokens and their times, and only in place of those that the host's file has. An
 * entry that an agent adds could name an address that its maker's program obeys (opencode's "wellknown" logins load
 * settings, with commands in them, from theirs); so nothing is added (attack 60; tests/unit/test-login-renewal.c).
 * Files in TOML and YAML (codex: config.toml; aider: .aider.conf.yml, .env) are not carried in at all.
 *
 * Hosts: what sends and receives models' words, and what renews a login. Signing in is done outside. Not here
 * on purpose: collectors of telemetry and crash reports, which take data for anybody's account, package
 * registries, and general stores of data such as github.com or www.googleapis.com.
 */

#include "inner-agents.h"

#include <glib/gi18n.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PATHS(...)                                                                                 \
  ((const InnerAgentPath[]){ __VA_ARGS__, { INNER_AGENT_COPY_FILE, NULL, NULL, FALSE, NULL } })

#define SETTINGS(path, ...)                                                                        \
  {                                                                                                \
    INNER_AGENT_COPY_FILE, path, WORDS (__VA_ARGS__), FALSE, NULL                                  \
  }
#define REQUIRED_LOGIN(path, keep, renew)                                                          \
  {                                                                                                \
    INNER_AGENT_REQUIRED_FILE, path, keep, TRUE, renew                                             \
  }
#define LOGIN(path, renew)                                                                         \
  {                                                                                                \
    INNER_AGENT_COPY_FILE, path, NULL, TRUE, renew                                                 \
  }
#define TREE(path)                                                                                 \
  {                                                                                                \
    INNER_AGENT_COPY_TREE, path, NULL, FALSE, NULL                                                 \
  }
#define EMPTY(path)                                                                                \
  {                                                                                                \
    INNER_AGENT_EMPTY_DIRECTORY, path, NULL, FALSE, NULL                                           \
  }

/* One path a line, and lists of words as they are best read. */
/* clang-format off */
const InnerAgent inner_agents[] = {
  /* Paths: the reference's section 6; members: those that @anthropic-ai/claude-code 2.1 reads and writes
   * (claudeAiOauth is the login; mcpOAuth, pluginSecrets and trustedDeviceToken beside it are for others).
   * Hosts: code.claude.com/docs/en/network-config and the reference's list without its log collector. */
  { "claude", "claude", N_ ("a copy of your Claude Code login and settings"),
    PATHS (
      REQUIRED_LOGIN ("~/.claude/.credentials.json", WORDS ("claudeAiOauth", "organizationUuid"),
                      WORDS ("claudeAiOauth.accessToken", "claudeAiOauth.expiresAt",
                             "claudeAiOauth.refreshToken", "claudeAiOauth.refreshTokenExpiresAt")),
      SETTINGS ("~/.claude/settings.json",
                "$schema", "alwaysThinkingEnabled", "cleanupPeriodDays", "disableAllHooks",
                "effortLevel", "includeCoAuthoredBy", "language", "model", "outputStyle",
                "permissions.ask", "permissions.deny", "prefersReducedMotion", "spinnerTipsEnabled",
                "theme"),
      SETTINGS ("~/.claude.json",
                "autoCompactEnabled", "bypassPermissionsModeAccepted", "editorMode",
                "hasAcknowledgedCostThreshold", "hasCompletedOnboarding", "hasSeenTasksHint",
                "lastOnboardingVersion", "numStartups", "oauthAccount.accountUuid",
                "oauthAccount.displayName", "oauthAccount.emailAddress",
                "oauthAccount.organizationName", "oauthAccount.organizationRole",
                "oauthAccount.organizationUuid", "preferredNotifChannel",
                "shiftEnterKeyBindingInstalled", "theme", "verbose"),
      TREE ("~/.claude/skills"),
      EMPTY ("~/.claude/backups"), EMPTY ("~/.claude/cache"), EMPTY ("~/.claude/debug"),
      EMPTY ("~/.claude/downloads"), EMPTY ("~/.claude/file-history"),
      EMPTY ("~/.claude/paste-cache"), EMPTY ("~/.claude/plans"), EMPTY ("~/.claude/plugins"),
      EMPTY ("~/.claude/projects"), EMPTY ("~/.claude/session-env"), EMPTY ("~/.claude/sessions"),
      EMPTY ("~/.claude/shell-snapshots"), EMPTY ("~/.claude/tasks"),
      EMPTY ("~/.claude/telemetry"), EMPTY ("~/.claude/todos")),
    WORDS ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    WORDS ("api.anthropic.com", "claude.ai", "platform.claude.com", "downloads.claude.ai") },

  /* Paths, members and hosts: the bundle and docs/reference/configuration.md of @google/gemini-cli 0.61.
   * gemini-credentials.json is of no use inside: its key is made from the name of the machine. Left out:
   * www.googleapis.com (every Google store), play.googleapis.com (usage reports), accounts.google.com (the
   * sign-in of a browser). */
  { "gemini", "gemini", N_ ("a copy of your Gemini CLI login and settings"),
    PATHS (
      REQUIRED_LOGIN ("~/.gemini/oauth_creds.json",
                      WORDS ("access_token", "expiry_date", "id_token", "refresh_token", "scope",
                             "token_type"),
                      WORDS ("access_token", "expiry_date", "id_token", "refresh_token")),
      SETTINGS ("~/.gemini/google_accounts.json", "active"),
      SETTINGS ("~/.gemini/settings.json",
                "$schema", "general.vimMode", "model.name", "privacy.usageStatisticsEnabled",
                "security.auth.selectedType", "selectedAuthType", "theme", "ui.hideBanner",
                "ui.hideTips", "ui.showLineNumbers", "ui.theme", "vimMode")),
    WORDS ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    WORDS ("generativelanguage.googleapis.com", "cloudcode-pa.googleapis.com",
           "oauth2.googleapis.com") },

  /* Paths: the reference's section 6. Members: cursor.com/docs/cli/reference/configuration; "authInfo" is
   * what tells who is logged in. Host: the only one that a maker's or integrator's page names for the command
   * line (docs.docker.com/ai/sandboxes/agents/cursor); the agent's own one differs by region, and has to be
   * allowed when the gateway says that it was asked for. */
  { "cursor", "cursor-agent", N_ ("a copy of your Cursor login and settings"),
    PATHS (
      REQUIRED_LOGIN ("~/.config/cursor/auth.json", NULL, WORDS ("accessToken", "refreshToken")),
      SETTINGS ("~/.cursor/cli-config.json",
                "authInfo", "editor.vimMode", "hasChangedDefaultModel", "model",
                "permissions.allow", "permissions.deny", "version"),
      TREE ("~/.cursor/skills-cursor"),
      EMPTY ("~/.cursor/ai-tracking"), EMPTY ("~/.cursor/extensions"),
      EMPTY ("~/.cursor/projects")),
    WORDS ("CURSOR_API_KEY"),
    WORDS ("api2.cursor.sh") },

  /* Paths: the reference's section 6 and opencode.ai/docs/config. Not kept of its settings: "provider" (keys,
   * addresses and packages to install), "mcp", "plugin", "formatter", "lsp", "command", "agent". Hosts: its own
   * (opencode.ai/docs/zen, the list of models.dev), and those of the three providers whose keys are passed. */
  { "opencode", "opencode", N_ ("a copy of your OpenCode logins and settings"),
    PATHS (
      LOGIN ("~/.local/share/opencode/auth.json", WORDS ("*.access", "*.expires", "*.refresh")),
      SETTINGS ("~/.config/opencode/config.json",
                "$schema", "autoupdate", "disabled_providers", "enabled_providers", "model",
                "permission", "share", "small_model", "snapshot", "theme", "username"),
      SETTINGS ("~/.config/opencode/opencode.json",
                "$schema", "autoupdate", "disabled_providers", "enabled_providers", "model",
                "permission", "share", "small_model", "snapshot", "theme", "username"),
      TREE ("~/.config/opencode/themes"),
      EMPTY ("~/.local/share/opencode/storage"), EMPTY ("~/.local/share/opencode/log"),
      EMPTY ("~/.local/share/opencode/project"), EMPTY ("~/.local/share/opencode/snapshot")),
    WORDS ("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "OPENCODE_API_KEY"),
    WORDS ("opencode.ai", "models.dev", "api.anthropic.com", "api.openai.com",
           "generativelanguage.googleapis.com") },

  /* Path: developers.openai.com/codex/auth. Members and hosts: those that @openai/codex 0.169 reads and calls;
   * its two for another maker's cloud are left out. Left out: ab.chatgpt.com (measurements) and config.toml
   * (MCP servers, "notify"). */
  { "codex", "codex", N_ ("a copy of your Codex login"),
    PATHS (
      REQUIRED_LOGIN ("~/.codex/auth.json",
                      WORDS ("OPENAI_API_KEY", "agent_identity", "auth_mode", "last_refresh",
                             "personal_access_token", "tokens"),
                      WORDS ("last_refresh", "tokens.access_token", "tokens.id_token",
                             "tokens.refresh_token")),
      EMPTY ("~/.codex/log"), EMPTY ("~/.codex/sessions")),
    WORDS ("OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"),
    WORDS ("api.openai.com", "chatgpt.com", "auth.openai.com") },

  /* Paths: docs.github.com, “GitHub Copilot CLI configuration directory”. config.json holds the login where
   * there is no keyring, but how is not documented: so the login comes by variable. Hosts: docs.github.com,
   * “Copilot allowlist reference”, without its three for telemetry, and without github.com, where a browser
   * signs in and anybody can push. */
  { "copilot", "copilot", N_ ("a copy of your Copilot CLI settings and skills"),
    PATHS (
      SETTINGS ("~/.copilot/settings.json", "model", "theme"),
      TREE ("~/.copilot/skills"),
      EMPTY ("~/.copilot/logs"), EMPTY ("~/.copilot/session-state")),
    WORDS ("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"),
    WORDS ("api.github.com", "api.githubcopilot.com", "api.individual.githubcopilot.com",
           "api.business.githubcopilot.com", "api.enterprise.githubcopilot.com",
           "copilot-proxy.githubusercontent.com", "origin-tracker.githubusercontent.com") },

  /* aider.chat/docs/config: its files in the home directory are YAML and a list of variables, full of keys, so
   * none is carried in. It is nobody's service: the hosts are those of the providers whose keys are passed. */
  { "aider", "aider", N_ ("nothing of aider's own files: keys come by their variables"),
    PATHS (EMPTY ("~/.aider")),
    WORDS ("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY"),
    WORDS ("api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com") },

  { NULL, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const InnerAgent *
inner_agent_lookup (const char *name)
{
  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    if (g_str_equal (agent->name, name))
      return agent;

  return NULL;
}

GPtrArray *
inner_agent_names_of (InnerProfile *profile)
{
  static const InnerKey keys[] = { INNER_KEY_CAPABILITIES, INNER_KEY_AGENT_STATE };
  GPtrArray *names = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    for (const char *const *name = inner_profile_get_list (profile, keys[i]); *name != NULL; name++)
      if (!g_ptr_array_find_with_equal_func (names, *name, g_str_equal, NULL))
        g_ptr_array_add (names, (gpointer) *name);

  return names;
}

void
inner_agent_tell (GStrvBuilder *sentences, const char *name, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  text = g_strdup_printf ("%s: %s", name, sentence);
  g_strv_builder_add (sentences, text);
}
