/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-asks.h"

#include <glib/gi18n.h>
#include <inttypes.h>

#include "inner-agents.h"
#include "inner-network-groups.h"
#include "inner-privilege-words.h"
#include "inner-privileges.h"

typedef struct
{
  InnerProfile *profile;
  GPtrArray *sentences;
} Asks;

G_GNUC_PRINTF (2, 3)
static void
say (Asks *asks, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_ptr_array_add (asks->sentences, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/* The items of the list @key between commas, "" for an empty one. (transfer full) */
static char *
listed (Asks *asks, InnerKey key)
{
  return g_strjoinv (", ", (char **) inner_profile_get_list (asks->profile, key));
}

static void
say_command (Asks *asks)
{
  const char *cmd = inner_profile_get_string (asks->profile, INNER_KEY_ENTRYPOINT_CMD, NULL);
  g_autofree char *arguments =
      g_strjoinv (" ", (char **) inner_profile_get_list (asks->profile, INNER_KEY_ENTRYPOINT_ARGS));

  if (cmd == NULL)
    say (asks, _ ("It runs your shell."));
  else if (arguments[0] == '\0')
    say (asks, _ ("It runs “%s”."), cmd);
  else
    say (asks, _ ("It runs “%s %s”."), cmd, arguments);
}

static void
say_privileges (Asks *asks)
{
  g_autoptr (GPtrArray) words = inner_privilege_words_of (asks->profile);

  for (guint i = 0; i < words->len; i++)
    {
      const char *word = words->pdata[i];
      const InnerPrivilege *privilege = inner_privilege_resolve (word);

      say (asks, _ ("It asks for the privilege “%s”: %s."), word,
           privilege != NULL ? _ (privilege->sentence) : _ ("it is not known what this opens"));
    }
}

/* The hosts that @pattern stands for. (transfer full) */
static char *
expanded (const char *pattern)
{
  const InnerNetworkGroup *group = pattern[0] == '@' ? inner_network_group_lookup (pattern) : NULL;
  g_autofree char *hosts = NULL;

  if (group == NULL || group->patterns == NULL)
    return g_strdup (pattern);
  hosts = g_strjoinv (", ", (char **) group->patterns);
  return g_strdup_printf ("%s (%s)", pattern, hosts);
}

static void
say_allowed_hosts (Asks *asks)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  const char *const *patterns =
      inner_profile_get_list (asks->profile, INNER_KEY_SANDBOX_NETWORK_ALLOW);
  g_autoptr (GPtrArray) agents = inner_agent_names_of (asks->profile);
  g_auto (GStrv) words = NULL;
  g_autofree char *text = NULL;

  for (; *patterns != NULL; patterns++)
    {
      g_autofree char *word = expanded (*patterns);

      g_strv_builder_add (all, word);
    }
  for (guint i = 0; i < agents->len; i++)
    {
      g_autofree char *group = g_strconcat ("@", agents->pdata[i], NULL);
      g_autofree char *word = expanded (group);

      g_strv_builder_add (all, word);
    }
  words = g_strv_builder_end (all);
  text = g_strjoinv (", ", words);
  say (asks, _ ("It reaches these hosts and no others: %s."), text[0] != '\0' ? text : _ ("none"));
}

static void
say_network (Asks *asks)
{
  const char *mode =
      inner_profile_get_string (asks->profile, INNER_KEY_SANDBOX_NETWORK_MODE, "off");

  if (g_str_equal (mode, "allowlist"))
    say_allowed_hosts (asks);
  else if (g_str_equal (mode, "open"))
    say (asks,
         _ ("It reaches every public host of the internet, and can carry anything there that it "
            "can read."));
  else if (g_str_equal (mode, "host"))
    say (asks, _ ("It uses the network of this machine, with the services on it and around it."));
}

static void
say_agents (Asks *asks)
{
  g_autoptr (GPtrArray) names = inner_agent_names_of (asks->profile);

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      const InnerAgent *agent = inner_agent_lookup (name);

      say (asks, _ ("It gets the state of the agent “%s”: %s."), name,
           agent != NULL ? _ (agent->sentence) : _ ("it is not known what this is"));
    }
}

static void
say_home (Asks *asks)
{
  const char *home = inner_profile_get_string (asks->profile, INNER_KEY_SANDBOX_HOME, "isolated");
  g_autofree char *allow = listed (asks, INNER_KEY_SANDBOX_HOME_ALLOW);

  if (g_str_equal (home, "host-ro"))
    say (asks, _ ("It reads your home directory."));
  else if (g_str_equal (home, "persistent"))
    say (asks, _ ("It keeps a home directory of its own from run to run."));
  if (allow[0] != '\0')
    say (asks, _ ("It reads these places of your home directory, where they exist: %s."), allow);
}

static void
say_mount (Asks *asks, const char *source, const char *destination, const char *mode)
{
  if (g_str_equal (mode, "ro"))
    say (asks, _ ("It reads “%s”, as “%s”."), source, destination);
  else if (g_str_equal (mode, "rw"))
    say (asks, _ ("It reads and changes “%s”, as “%s”."), source, destination);
  else if (g_str_equal (mode, "copy"))
    say (asks, _ ("It gets a copy of “%s”, as “%s”."), source, destination);
}

static void
say_mounts (Asks *asks)
{
  GVariant *mounts = inner_profile_peek (asks->profile, INNER_KEY_MOUNTS);
  const char *source;
  const char *destination;
  const char *mode;
  GVariantIter iter;

  if (mounts == NULL)
    return;
  g_variant_iter_init (&iter, mounts);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &source, &destination, &mode))
    say_mount (asks, source, destination, mode);
}

static void
say_workdir (Asks *asks)
{
  const char *workdir =
      inner_profile_get_string (asks->profile, INNER_KEY_ENTRYPOINT_WORKDIR, NULL);

  if (workdir != NULL)
    say (asks, _ ("It works in “%s” unless you name another workspace, and changes files there."),
         workdir);
}

static void
say_variable (Asks *asks, const char *name, const char *value)
{
  say (asks, _ ("It sets the variable %s to “%s”."), name, value);
}

static void
say_rewrite (Asks *asks, const char *name, const char *value)
{
  say (asks, _ ("It runs “%s” in place of the command “%s”."), value, name);
}

static void
say_git_setting (Asks *asks, const char *name, const char *value)
{
  say (asks, _ ("It sets the git setting %s to “%s”."), name, value);
}

static void
say_port (Asks *asks, const char *outside, const char *inside)
{
  say (asks, _ ("It is reached on this machine at %s (its port %s)."), outside, inside);
}

static void
say_map (Asks *asks, InnerKey key, void (*say_pair) (Asks *, const char *, const char *))
{
  GVariant *map = inner_profile_peek (asks->profile, key);
  GVariantIter iter;
  const char *name;
  const char *value;

  if (map == NULL)
    return;
  g_variant_iter_init (&iter, map);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    say_pair (asks, name, value);
}

static void
say_environment (Asks *asks)
{
  g_autofree char *inherited = listed (asks, INNER_KEY_ENV_INHERIT);
  g_autofree char *path = listed (asks, INNER_KEY_ENV_PATH_PREPEND);

  if (inner_profile_get_bool (asks->profile, INNER_KEY_ENV_INHERIT_ALL, FALSE))
    say (asks, _ ("It reads all variables of your environment."));
  else if (inherited[0] != '\0')
    say (asks, _ ("It reads these variables of your environment: %s."), inherited);
  say_map (asks, INNER_KEY_ENV_SET, say_variable);
  if (path[0] != '\0')
    say (asks, _ ("It looks for programs here first: %s."), path);
}

static void
say_commands (Asks *asks)
{
  g_autofree char *blocked = listed (asks, INNER_KEY_NOOP_BLOCK);

  if (blocked[0] != '\0')
    say (asks, _ ("It blocks these commands: %s."), blocked);
  say_map (asks, INNER_KEY_NOOP_REWRITE, say_rewrite);
  say_map (asks, INNER_KEY_GIT_OVERRIDES, say_git_setting);
}

static void
say_checks (Asks *asks)
{
  GVariant *checks = inner_profile_peek (asks->profile, INNER_KEY_VERIFY_CUSTOM_CHECKS);
  GVariantIter iter;
  const char *name;
  const char *command;

  if (checks == NULL)
    return;
  g_variant_iter_init (&iter, checks);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &name, &command, NULL))
    say (asks, _ ("It is verified with the command “%s” (%s)."), command, name);
}

static void
say_ports (Asks *asks)
{
  say_map (asks, INNER_KEY_PUBLISH, say_port);
}

static void
say_limits (Asks *asks)
{
  const char *memory =
      inner_profile_get_string (asks->profile, INNER_KEY_SANDBOX_LIMITS_MEMORY, NULL);
  const char *cpu = inner_profile_get_string (asks->profile, INNER_KEY_SANDBOX_LIMITS_CPU, NULL);
  gint64 pids = inner_profile_get_integer (asks->profile, INNER_KEY_SANDBOX_LIMITS_PIDS, 0);

  if (memory != NULL)
    say (asks, _ ("It may use this much memory: %s."), memory);
  if (cpu != NULL)
    say (asks, _ ("It may use this much processor time: %s."), cpu);
  if (pids > 0)
    say (asks, _ ("It may have this many processes: %" PRIi64 "."), pids);
}

/* SECURITY: whatever inner-profile-harden.c keeps because the person sees it is said here
 * (tests/unit/test-profile-asks.c walks the keys; attacks 65 and 109). */
GPtrArray *
inner_profile_asks (InnerProfile *profile)
{
  static void (*const parts[]) (Asks *) = {
    say_command, say_privileges,  say_network,  say_agents, say_mounts, say_workdir,
    say_home,    say_environment, say_commands, say_ports,  say_limits, say_checks,
  };
  Asks asks = { profile, g_ptr_array_new_with_free_func (g_free) };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    parts[i](&asks);
  return asks.sentences;
}
