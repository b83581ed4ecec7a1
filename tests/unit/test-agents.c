/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-bwrap.h"
#include "inner-error.h"
#include "inner-network-groups.h"
#include "inner-plan-report.h"
#include "inner-plan.h"
#include "inner-profile-registry.h"
#include "inner-sensitive.h"
#include "test-plan-fixture.h"

/* The table of agents, the built-in profiles that use it, and what the plan makes of it. */

#define CREDENTIALS HOME "/.claude/.credentials.json"
#define SETTINGS HOME "/.claude/settings.json"

static gboolean
is_file (const InnerAgentPath *path)
{
  return path->kind == INNER_AGENT_COPY_FILE || path->kind == INNER_AGENT_REQUIRED_FILE;
}

static void
check_path (const InnerAgent *agent, const InnerAgentPath *path)
{
  g_assert_true (g_str_has_prefix (path->path, "~/."));
  g_assert_false (g_str_has_suffix (path->path, "/"));
  g_assert_null (strstr (path->path, ".."));
  g_assert_null (strstr (path->path, "//"));
  for (const InnerAgentPath *other = agent->paths; other < path; other++)
    g_assert_cmpstr (other->path, !=, path->path);

  /* Bytes as they are only from a login, and nothing but files is one. */
  if (is_file (path) && path->keep == NULL)
    g_assert_true (path->login);
  if (!is_file (path))
    g_assert_true (path->keep == NULL && !path->login);
  g_assert_true (path->kind != INNER_AGENT_REQUIRED_FILE || path->login);
}

static void
test_table (void)
{
  static const char *const names[] = { "claude", "gemini",  "cursor", "opencode",
                                       "codex",  "copilot", "aider" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_nonnull (inner_agent_lookup (names[i]));
  g_assert_null (inner_agent_lookup ("nobody"));

  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    {
      g_assert_cmpint (strlen (agent->sentence), >, 10);
      g_assert_nonnull (agent->paths[0].path);
      g_assert_nonnull (agent->variables[0]);
      for (const InnerAgentPath *path = agent->paths; path->path != NULL; path++)
        check_path (agent, path);
      for (const char *const *name = agent->variables; *name != NULL; name++)
        g_assert_true (g_regex_match_simple ("^[A-Z_]+_(KEY|TOKEN)$", *name, 0, 0));
    }
}

/* Members that start programs, install some or hold secrets: none of them is ever kept, at any level. */
static void
test_kept_members (void)
{
  static const char *const never[] = { "apiKeyHelper",
                                       "awsAuthRefresh",
                                       "awsCredentialExport",
                                       "command",
                                       "commands",
                                       "enabledPlugins",
                                       "env",
                                       "experimental",
                                       "extensions",
                                       "formatter",
                                       "hooks",
                                       "instructions",
                                       "lsp",
                                       "mcp",
                                       "mcpOAuth",
                                       "mcpServers",
                                       "notify",
                                       "otelHeadersHelper",
                                       "plugin",
                                       "pluginSecrets",
                                       "plugins",
                                       "primaryApiKey",
                                       "projects",
                                       "provider",
                                       "shell",
                                       "statusLine",
                                       "trustedDeviceToken",
                                       "tools",
                                       NULL };

  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    for (const InnerAgentPath *path = agent->paths; path->path != NULL; path++)
      for (const char *const *member = path->keep; member != NULL && *member != NULL; member++)
        {
          g_auto (GStrv) parts = g_strsplit (*member, ".", -1);

          for (char **part = parts; *part != NULL; part++)
            g_assert_false (g_strv_contains (never, *part));
        }
}

/* What looks like a secret is a login, and no row reaches for a secret of something else. */
static void
test_secrets (void)
{
  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    for (const InnerAgentPath *path = agent->paths; path->path != NULL; path++)
      {
        g_autofree char *place = g_build_filename (HOME, path->path + 2, NULL);

        if (is_file (path) &&
            g_regex_match_simple ("auth|cred|token|secret|key", path->path, G_REGEX_CASELESS, 0))
          g_assert_true (path->login);
        for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
          {
            g_autofree char *secret = inner_sensitive_expand (thing, HOME, "/run/user/1000");

            if (strstr (thing->key, agent->name) == NULL && strstr (thing->key, "agent") == NULL)
              g_assert_false (inner_path_is_within (place, secret) ||
                              inner_path_is_within (secret, place));
          }
      }
}

static void
check_hosts (const char *const *hosts)
{
  static const char *const collectors[] = { "datadog",   "statsig",     "sentry",
                                            "telemetry", "segment",     "collector",
                                            "exp-tas",   "play.google", "ab.chatgpt" };

  for (; *hosts != NULL; hosts++)
    {
      g_assert_true (g_regex_match_simple (
          "^(\\*\\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", *hosts, 0, 0));
      for (gsize i = 0; i < G_N_ELEMENTS (collectors); i++)
        g_assert_null (strstr (*hosts, collectors[i]));
    }
}

static void
test_hosts (void)
{
  g_autoptr (GPtrArray) groups = inner_network_group_names ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < groups->len; i++)
    {
      const InnerNetworkGroup *group = inner_network_group_lookup (groups->pdata[i]);

      g_assert_nonnull (group);
      g_assert_cmpstr (group->name, ==, groups->pdata[i]);
      g_assert_true (g_hash_table_add (seen, groups->pdata[i]));
      if (group->patterns != NULL)
        check_hosts (group->patterns);
    }
  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    {
      g_autofree char *name = g_strconcat ("@", agent->name, NULL);

      g_assert_true (inner_network_group_lookup (name)->patterns == agent->hosts);
      g_assert_cmpint (g_strv_length ((char **) agent->hosts), <=, 8);
    }
}

/* The built-in profiles */

static GPtrArray *
load_builtin (void)
{
  const char *source = g_getenv ("INNER_TEST_SOURCE");
  g_autofree char *directory = g_build_filename (source, "profiles", NULL);
  g_autofree char *schema = g_build_filename (source, "data/inner-profile.rng", NULL);
  g_autoptr (InnerProfileRegistry) registry =
      inner_profile_registry_new (NULL, NULL, directory, schema, NULL, NULL);

  return inner_profile_registry_list (registry, NULL);
}

static void
check_agent_profile (InnerProfile *profile, const InnerAgent *agent)
{
  const char *const *hosts = inner_profile_get_list (profile, INNER_KEY_SANDBOX_NETWORK_ALLOW);
  const char *const *inherited = inner_profile_get_list (profile, INNER_KEY_ENV_INHERIT);
  g_autofree char *group = g_strconcat ("@", agent->name, NULL);

  g_assert_cmpstr (inner_profile_get_string (profile, INNER_KEY_SANDBOX_HOME, NULL), ==,
                   "isolated");
  g_assert_true (g_strv_contains (hosts, group));
  g_assert_cmpint (g_strv_length ((char **) hosts), ==, 1);
  for (const char *const *name = agent->variables; *name != NULL; name++)
    g_assert_true (g_strv_contains (inherited, *name));
}

/* Each agent has a profile; each profile with an agent has an isolated home and reaches the agent's hosts;
 * and none has an open network. */
static void
test_builtin (void)
{
  g_autoptr (GPtrArray) entries = load_builtin ();
  g_autoptr (GHashTable) used = g_hash_table_new (g_direct_hash, g_direct_equal);

  for (guint i = 0; i < entries->len; i++)
    {
      const InnerProfileEntry *entry = entries->pdata[i];
      const char *const *names;
      const char *mode;

      g_assert_no_error (entry->error);
      mode = inner_profile_get_string (entry->effective, INNER_KEY_SANDBOX_NETWORK_MODE, NULL);
      g_assert_true (g_str_equal (mode, "off") || g_str_equal (mode, "allowlist"));
      names = inner_profile_get_list (entry->effective, INNER_KEY_CAPABILITIES);
      for (; *names != NULL; names++)
        {
          const InnerAgent *agent = inner_agent_lookup (*names);

          g_assert_nonnull (agent);
          check_agent_profile (entry->effective, agent);
          g_hash_table_add (used, (gpointer) agent);
        }
    }
  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    g_assert_true (g_hash_table_contains (used, agent));
}

/* The plan */

static InnerHost *
make_host (void)
{
  InnerHost *host = new_host ();

  host->runtime_dir = g_strdup ("/run/user/1000");
  return host;
}

static InnerProfile *
make_profile (const char *capabilities, const char *state)
{
  InnerProfile *profile = inner_profile_new ();

  inner_profile_set (profile, INNER_KEY_NAME, g_variant_new_string ("test"), NULL, 0, 0);
  inner_profile_set (profile, INNER_KEY_CAPABILITIES, g_variant_new_parsed (capabilities), NULL, 0,
                     0);
  inner_profile_set (profile, INNER_KEY_AGENT_STATE, g_variant_new_parsed (state), NULL, 0, 0);
  return profile;
}

/* What nobody has told about is not there. Takes @host. */
static InnerPlan *
make_plan (InnerHost *host, InnerProfile *profile, const char *options, GError **error)
{
  g_autoptr (GVariant) parsed = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);
  g_autoptr (InnerRequest) request = inner_request_new (parsed, NULL, error);
  g_autoptr (GPtrArray) paths = NULL;

  g_assert_nonnull (request);
  paths = inner_plan_paths (request, profile, host);
  for (guint i = 0; i < paths->len; i++)
    if (!g_hash_table_contains (host->paths, paths->pdata[i]))
      inner_host_add_fact (NULL, host->paths, paths->pdata[i], INNER_FILE_MISSING, NULL);
  return inner_plan_new (request, profile, "/p.toml", host, error);
}

static void
add_path (InnerHost *host, const char *path, InnerFileType type, const char *canonical)
{
  inner_host_add_fact (NULL, host->paths, path, type, canonical);
}

static gboolean
has_copy (const InnerPlan *plan, const char *place)
{
  for (guint i = 0; i < plan->agent_copies->len; i++)
    {
      const InnerAgentCopy *copy = g_ptr_array_index (plan->agent_copies, i);

      if (g_str_equal (copy->place, place))
        return TRUE;
    }

  return FALSE;
}

static gboolean
has_warning (const InnerPlan *plan, const char *words)
{
  for (char **warning = plan->warnings; *warning != NULL; warning++)
    if (strstr (*warning, words) != NULL)
      return TRUE;

  return FALSE;
}

static void
test_plan (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("['claude']", "['codex', 'claude']");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;
  g_autoptr (GVariant) report = NULL;
  g_autofree char *text = NULL;
  InnerHost *host = make_host ();

  add_path (host, CREDENTIALS, INNER_FILE_REGULAR, CREDENTIALS);
  add_path (host, HOME "/.claude/skills", INNER_FILE_DIRECTORY, HOME "/.claude/skills");
  plan = make_plan (host, profile, "{}", &error);
  g_assert_no_error (error);

  g_assert_true (has_copy (plan, CREDENTIALS));
  g_assert_true (has_copy (plan, HOME "/.claude/skills"));
  g_assert_true (has_copy (plan, HOME "/.claude/projects"));
  g_assert_true (has_copy (plan, HOME "/.codex/sessions"));
  g_assert_false (has_copy (plan, SETTINGS));
  /* Each agent once, though one is named twice. */
  g_assert_cmpuint (plan->agent_copies->len, ==, 2 + 15 + 2);
  g_assert_false (has_warning (plan, "claude: "));
  g_assert_true (has_warning (plan, "codex: there is no login at “" HOME "/.codex/auth.json”"));
  g_assert_true (has_warning (plan, "OPENAI_API_KEY"));

  report = g_variant_ref_sink (inner_plan_report (plan));
  text = g_variant_print (report, FALSE);
  g_assert_nonnull (strstr (text, "{'kind': <'copy'>, 'source': <'" CREDENTIALS "'>"));
  g_assert_nonnull (strstr (text, "'copy-tree'"));
}

static void
test_no_agent (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("@as []", "@as []");
  g_autoptr (InnerPlan) plan = make_plan (make_host (), profile, "{}", NULL);

  g_assert_cmpuint (plan->agent_copies->len, ==, 0);
}

/* A key instead of a login is fine, and an agent without login files has to have one. */
static void
test_keys (void)
{
  g_autoptr (InnerProfile) claude = make_profile ("['claude']", "@as []");
  g_autoptr (InnerProfile) aider = make_profile ("['aider']", "@as []");
  g_autoptr (InnerProfile) opencode = make_profile ("['opencode']", "@as []");
  g_autoptr (InnerPlan) none = make_plan (make_host (), claude, "{}", NULL);
  g_autoptr (InnerPlan) key =
      make_plan (make_host (), claude, "{'environment': <{'ANTHROPIC_API_KEY': 'k'}>}", NULL);
  g_autoptr (InnerPlan) no_files = make_plan (make_host (), aider, "{}", NULL);
  g_autoptr (InnerPlan) best_effort = make_plan (make_host (), opencode, "{}", NULL);

  g_assert_true (has_warning (none, "ANTHROPIC_API_KEY"));
  g_assert_false (has_warning (key, "claude: "));
  g_assert_true (has_warning (no_files, "aider: this agent has no key"));
  g_assert_false (has_warning (best_effort, "opencode: "));
}

/* What stands in the place of a file decides whether it is copied. */
static void
test_obstacles (void)
{
  static const struct
  {
    const char *path;
    InnerFileType type;
    const char *canonical;
    gboolean copied;
  } cases[] = {
    { SETTINGS, INNER_FILE_REGULAR, SETTINGS, TRUE },
    { SETTINGS, INNER_FILE_REGULAR, HOME "/dotfiles/claude.json", TRUE },
    { SETTINGS, INNER_FILE_REGULAR, HOME "/.ssh/id_ed25519", FALSE },
    { SETTINGS, INNER_FILE_REGULAR, HOME "/.docker/config.json", FALSE },
    { SETTINGS, INNER_FILE_REGULAR, "/proc/kcore", FALSE },
    { SETTINGS, INNER_FILE_OTHER, SETTINGS, FALSE },
    { SETTINGS, INNER_FILE_SOCKET, SETTINGS, FALSE },
    { SETTINGS, INNER_FILE_DIRECTORY, SETTINGS, FALSE },
    { CREDENTIALS, INNER_FILE_REGULAR, CREDENTIALS, TRUE },
    { CREDENTIALS, INNER_FILE_REGULAR, HOME "/dotfiles/claude.json", FALSE },
    { HOME "/.claude/skills", INNER_FILE_DIRECTORY, HOME "/.ssh", FALSE },
    { HOME "/.claude/skills", INNER_FILE_DIRECTORY, HOME "/dotfiles/skills", FALSE },
    { HOME "/.claude/skills", INNER_FILE_REGULAR, HOME "/.claude/skills", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (InnerProfile) profile = make_profile ("['claude']", "@as []");
      g_autoptr (InnerPlan) plan = NULL;
      InnerHost *host = make_host ();

      add_path (host, cases[i].path, cases[i].type, cases[i].canonical);
      plan = make_plan (host, profile, "{}", NULL);
      g_assert_cmpint (has_copy (plan, cases[i].path), ==, cases[i].copied);
      g_assert_cmpint (has_warning (plan, "is not copied"), ==, !cases[i].copied);
    }
}

static void
test_mounts_in_the_way (void)
{
  static const struct
  {
    const char *destination;
    gboolean refused;
  } cases[] = {
    { HOME "/.claude", TRUE },          { HOME "/.claude/settings.json", TRUE },
    { HOME "/.claude/skills/x", TRUE }, { HOME "/.claude/projects", TRUE },
    { HOME "/.claude.json", TRUE },     { HOME "/.claude/mine", FALSE },
    { HOME "/.claudette", FALSE },      { "/data", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (InnerProfile) profile = make_profile ("['claude']", "@as []");
      g_autoptr (GError) error = NULL;
      g_autofree char *options =
          g_strdup_printf ("{'mounts': <[('/src', '%s', 'rw')]>}", cases[i].destination);
      g_autoptr (InnerPlan) plan = NULL;
      InnerHost *host = make_host ();

      add_path (host, "/src", INNER_FILE_DIRECTORY, "/src");
      plan = make_plan (host, profile, options, &error);
      if (cases[i].refused)
        g_assert_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED);
      else
        g_assert_no_error (error);
    }
}

static void
test_workspace_in_the_way (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("['claude']", "@as []");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();

  add_path (host, HOME "/.claude/skills/x", INNER_FILE_DIRECTORY, HOME "/.claude/skills/x");
  plan = make_plan (host, profile, "{'workspace': <'" HOME "/.claude/skills/x'>}", &error);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED);
  g_assert_nonnull (strstr (error->message, "claude"));
}

static void
test_unknown (void)
{
  g_autoptr (InnerProfile) near = make_profile ("['cluade']", "@as []");
  g_autoptr (InnerProfile) far = make_profile ("@as []", "['nobody\\n']");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) other = NULL;

  g_assert_null (make_plan (make_host (), near, "{}", &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_nonnull (strstr (error->message, "did you mean “claude”"));
  g_assert_null (make_plan (make_host (), far, "{}", &other));
  g_assert_error (other, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_nonnull (strstr (other->message, "opencode"));
  g_assert_null (strchr (other->message, '\n'));
}

static void
test_write_back (void)
{
  for (int allowed = 0; allowed < 2; allowed++)
    {
      g_autoptr (InnerProfile) profile = make_profile ("['aider']", "@as []");
      g_autoptr (InnerPlan) plan = NULL;

      if (allowed)
        inner_profile_set (profile, INNER_KEY_AGENT_WRITE_BACK, g_variant_new_boolean (TRUE), NULL,
                           0, 0);
      plan = make_plan (make_host (), profile, "{}", NULL);
      g_assert_nonnull (plan);
      g_assert_cmpint (plan->write_back, ==, allowed);
    }
}

/* “--network” for a profile with an agent means whom the agent needs, although nothing else is listed; and whoever lists
 * the agent's hosts as well has each of them once. */
static void
test_network_of_agents (void)
{
  g_autoptr (InnerProfile) with = make_profile ("@as []", "['claude']");
  g_autoptr (InnerProfile) without = make_profile ("@as []", "@as []");
  g_autoptr (InnerPlan) narrow = make_plan (make_host (), with, "{'network': <'on'>}", NULL);
  g_autoptr (InnerPlan) wide = make_plan (make_host (), without, "{'network': <'on'>}", NULL);
  g_autoptr (InnerPlan) twice =
      make_plan (make_host (), with, "{'allow-hosts': <['@claude', 'claude.ai']>}", NULL);
  g_autofree char *hosts = g_strjoinv (" ", narrow->allow_hosts);
  g_autofree char *hosts_of_twice = g_strjoinv (" ", twice->allow_hosts);

  g_assert_cmpstr (narrow->network, ==, "allowlist");
  g_assert_true (g_strv_contains ((const char *const *) narrow->allow_hosts, "api.anthropic.com"));
  g_assert_cmpstr (wide->network, ==, "open");
  g_assert_cmpstr (hosts_of_twice, ==, hosts);
}

/* A pasted command line makes no copies, and says so. */
static void
test_script (void)
{
  g_autoptr (InnerProfile) profile = make_profile ("['claude']", "@as []");
  g_autoptr (InnerPlan) plan = make_plan (make_host (), profile, "{}", NULL);
  g_autofree char *script = inner_bwrap_script (plan);

  g_assert_true (g_str_has_prefix (script, "# "));
  g_assert_nonnull (strstr (script, "\n/usr/bin/bwrap "));
  g_assert_null (strstr (script, ".claude"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/agents/table", test_table);
  g_test_add_func ("/agents/kept-members", test_kept_members);
  g_test_add_func ("/agents/secrets", test_secrets);
  g_test_add_func ("/agents/hosts", test_hosts);
  g_test_add_func ("/agents/builtin", test_builtin);
  g_test_add_func ("/agents/plan", test_plan);
  g_test_add_func ("/agents/none", test_no_agent);
  g_test_add_func ("/agents/keys", test_keys);
  g_test_add_func ("/agents/obstacles", test_obstacles);
  g_test_add_func ("/agents/mounts", test_mounts_in_the_way);
  g_test_add_func ("/agents/workspace", test_workspace_in_the_way);
  g_test_add_func ("/agents/unknown", test_unknown);
  g_test_add_func ("/agents/write-back", test_write_back);
  g_test_add_func ("/agents/network", test_network_of_agents);
  g_test_add_func ("/agents/script", test_script);
  return g_test_run ();
}
