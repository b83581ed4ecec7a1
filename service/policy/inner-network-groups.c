/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-network-groups.h"

#include "inner-agents.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What of a service a build or a checkout needs. Stores of large files and of container images are left
 * out on purpose: whoever may upload there can carry anything away. */
static const InnerNetworkGroup groups[] = {
  { "@github",
    WORDS ("github.com", "api.github.com", "codeload.github.com", "*.githubusercontent.com") },
  { "@pypi", WORDS ("pypi.org", "files.pythonhosted.org") },
  { "@crates", WORDS ("crates.io", "index.crates.io", "static.crates.io") },
  { "@go", WORDS ("proxy.golang.org", "sum.golang.org") },
  { "@maven", WORDS ("repo.maven.apache.org", "repo1.maven.org") },
  { "@npm", NULL },
  { "@debian", NULL },
};

const InnerNetworkGroup *
inner_network_group_lookup (const char *name)
{
  static InnerNetworkGroup of_agent;
  const InnerAgent *agent;

  for (gsize i = 0; i < G_N_ELEMENTS (groups); i++)
    if (g_str_equal (groups[i].name, name))
      return &groups[i];

  agent = name[0] == '@' ? inner_agent_lookup (name + 1) : NULL;
  if (agent == NULL)
    return NULL;
  of_agent = (InnerNetworkGroup){ name, agent->hosts };
  return &of_agent;
}

GPtrArray *
inner_network_group_names (void)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (groups); i++)
    g_ptr_array_add (names, g_strdup (groups[i].name));
  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    g_ptr_array_add (names, g_strconcat ("@", agent->name, NULL));
  return names;
}
