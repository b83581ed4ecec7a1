/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define INNER_PRIVILEGE_PODMAN_SOCKET        "podman-socket"
#define INNER_PRIVILEGE_DOCKER_SOCKET        "docker-socket"
#define INNER_PRIVILEGE_NESTED_USER_NS       "nested-user-ns"
#define INNER_PRIVILEGE_HOST_NETWORK         "host-network"
#define INNER_PRIVILEGE_EXPOSE_CREDENTIALS   "expose-credentials"
#define INNER_PRIVILEGE_AGENT_SOCKETS        "agent-sockets"
#define INNER_PRIVILEGE_SESSION_BUS          "session-bus"
#define INNER_PRIVILEGE_DISPLAY              "display"
#define INNER_PRIVILEGE_WRITABLE_SYSTEM      "writable-system"
#define INNER_PRIVILEGE_INHERIT_ENVIRONMENT  "inherit-environment"
#define INNER_PRIVILEGE_UNGUARDED_WORKSPACE  "unguarded-workspace"
#define INNER_PRIVILEGE_CHANGE_EGRESS        "change-egress"
#define INNER_PRIVILEGE_TRUST_PROFILE        "trust-profile"

/**
 * InnerPrivilege:
 * @key: the word that a profile's `allow`, the option `allow` and `--allow` use
 * @action: the polkit action that grants it (data/org.inner.sandbox.policy.in)
 * @sentence: what it gives to a sandbox; the `description` of the action (translatable)
 * @available: whether this build carries it out
 */
typedef struct {
  const char *key;
  const char *action;
  const char *sentence;
  gboolean    available;
} InnerPrivilege;

/* Every privilege there is; the last row has the key %NULL. */
extern const InnerPrivilege inner_privileges[];

/* Gives the row of @key, or %NULL if there is no such privilege. */
const InnerPrivilege *inner_privilege_lookup          (const char  *key);

/* Gives the row of the privilege that opens what @key names: @key itself, or a key of the sensitive table
 * (“ssh-keys”); %NULL for a word that is neither. */
const InnerPrivilege *inner_privilege_resolve         (const char  *key);

/* Whether @key only turns a finding of a verification into information: profiles may name it in `allow`, and
 * it opens nothing. */
gboolean              inner_privilege_opens_nothing   (const char  *key);

/* Whether @key may be asked for in this build. Fails with INNER_ERROR_INVALID_OPTION for a word that
 * is no privilege (with a suggestion where one is near), and with G_DBUS_ERROR_NOT_SUPPORTED for
 * one that this version does not carry out. The keys of the sensitive table (“ssh-keys”, …), which
 * profiles may use too, stand for the privilege that opens them. */
gboolean              inner_privilege_check_available (const char  *key,
                                                       GError     **error);

G_END_DECLS
