/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile.h"

G_BEGIN_DECLS

typedef enum {
  INNER_AGENT_COPY_FILE,                  /* a private copy of the host's file, if there is one */
  INNER_AGENT_REQUIRED_FILE,              /* the same; the agent has no login without it: a warning */
  INNER_AGENT_COPY_TREE,                  /* a private copy of a directory, links kept as links */
  INNER_AGENT_EMPTY_DIRECTORY,            /* an empty directory, whatever the host has there */
} InnerAgentPathKind;

/**
 * InnerAgentPath:
 * @path: beginning with "~/"; the place on the host and in the sandbox
 * @keep: (nullable): members of the JSON object in the file that its copy has, dotted for members of
 *   members, %NULL-terminated; all others are left out. %NULL: the bytes as they are (logins and trees)
 * @login: whether the file is a login; never read through a symbolic link
 * @renew: (nullable): members of a login that the agent renews, dotted as in @keep, "*" for any member. They
 *   are all that may be taken over from a sandbox (agent.write_back), where the host's file has them already
 */
typedef struct {
  InnerAgentPathKind  kind;
  const char         *path;
  const char *const  *keep;
  gboolean            login;
  const char *const  *renew;
} InnerAgentPath;

/**
 * InnerAgent:
 * @name: the word in `capabilities` and `agent.state`; the group "@NAME" is its hosts
 * @program: what it is started as
 * @sentence: what of the person's the sandbox sees because of it, for people (translatable)
 * @paths: what its private copy is made of, ended by a row whose path is %NULL
 * @variables: environment variables that hold a key of it, %NULL-terminated; a profile has to name them in
 *   env.inherit to pass them
 * @hosts: patterns that it has to reach to work, %NULL-terminated; empty where its maker lists none
 */
typedef struct {
  const char           *name;
  const char           *program;
  const char           *sentence;
  const InnerAgentPath *paths;
  const char *const    *variables;
  const char *const    *hosts;
} InnerAgent;

/* Every agent there is; the last row has the name %NULL. */
extern const InnerAgent inner_agents[];

/* Gives the row of @name, or %NULL if there is no such agent. */
const InnerAgent *inner_agent_lookup (const char *name);

/* The agents that @profile names, in `capabilities` or in `agent.state`: each name once, in the order in which
 * they stand, also those that are unknown. (transfer container) (element-type utf8) */
GPtrArray        *inner_agent_names_of (InnerProfile *profile);

/* Appends a sentence for people about the agent @name, which begins with that name, to @sentences. */
void              inner_agent_tell (GStrvBuilder *sentences,
                                    const char   *name,
                                    const char   *format,
                                    ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
