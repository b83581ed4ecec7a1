/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-agents.h"

#include <glib/gi18n.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

const InnerAgent inner_agents[] = {
  { "claude", N_ ("a copy of your Claude Code login and settings"),
    (const InnerAgentPath[]){
        { INNER_AGENT_REQUIRED_FILE, "~/.claude/.credentials.json", NULL, TRUE },
        { INNER_AGENT_COPY_FILE, "~/.claude/settings.json",
          WORDS ("mcpServers", "enabledPlugins", "hooks", "apiKeyHelper", "env"), FALSE },
        { INNER_AGENT_COPY_FILE, "~/.claude.json", WORDS ("mcpServers", "projects"), FALSE },
        { INNER_AGENT_COPY_TREE, "~/.claude/skills", NULL, FALSE },
        { INNER_AGENT_COPY_FILE, NULL, NULL, FALSE },
    },
    WORDS ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    WORDS ("api.anthropic.com", "claude.ai", "platform.claude.com", "downloads.claude.ai") },
  { NULL, NULL, NULL, NULL, NULL },
};

const InnerAgent *
inner_agent_lookup (const char *name)
{
  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    if (g_str_equal (agent->name, name))
      return agent;

  return NULL;
}
