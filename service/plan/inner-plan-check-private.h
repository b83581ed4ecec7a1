/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan-check.h"
#include "inner-plan-private.h"

G_BEGIN_DECLS

/* Files of rules are inner-plan-check-*.c, by subject; what they share is here. */
struct _InnerChecking {
  const InnerRequest   *request;
  InnerProfile         *profile;
  const InnerHost      *host;
  InnerExpansion        expansion;
  gboolean              knows_environment;
  char                 *workspaces_path;
  const char           *network;          /* the mode that the request makes of it */
  const InnerPlanCheck *row;              /* the rule that is being looked at */
  GPtrArray            *issues;
};

/* A mount of the profile with absolute paths. */
typedef struct {
  char       *source;
  char       *destination;
  const char *mode;
} InnerCheckedMount;

void inner_checked_mount_clear (InnerCheckedMount *mount);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (InnerCheckedMount, inner_checked_mount_clear)

/* An item that stands for the whole value. */
#define INNER_NO_ITEM -1

/* Reports an issue of the rule at hand about the item @item of its key. */
void                 inner_check_report         (InnerChecking *checking, gssize item,
                                                 const char *format, ...) G_GNUC_PRINTF (3, 4);

/* The same for a sentence that does not name what it is about: the key is put before it. */
void                 inner_check_remark         (InnerChecking *checking, gssize item,
                                                 const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Reports that @word is none of the @known ones, with the one that may have been meant. */
void                 inner_check_report_unknown (InnerChecking *checking, gssize item,
                                                 const char *word, const char *const *known);

/* Gives @text expanded; %NULL where that fails or needs a variable that is not known here. (transfer full) */
char                *inner_check_expand         (InnerChecking *checking, const char *text);

/* The same as a canonical absolute path; %NULL for a relative one, too. */
char                *inner_check_expand_path    (InnerChecking *checking, const char *text);

/* The first variable in @text that the caller does not have, or %NULL. (transfer full) */
char                *inner_check_find_undefined (InnerChecking *checking, const char *text);

/* The fact about @path, or %NULL if nobody looked. */
const InnerPathFact *inner_check_fact           (InnerChecking *checking, const char *path);

/* The list at the key of the rule at hand, or at @key. */
const char *const   *inner_check_list           (InnerChecking *checking);
gboolean             inner_check_list_has       (InnerChecking *checking, InnerKey key, const char *word);

/* The mount @i of the profile, with "tmpfs" in place of a source that does not count; FALSE if its paths
 * cannot be known or are relative. */
gsize                inner_check_n_mounts       (InnerChecking *checking);
gboolean             inner_check_get_mount      (InnerChecking *checking, gsize i, InnerCheckedMount *mount);

/* Whether the network lets everything out. */
gboolean             inner_check_is_open        (InnerChecking *checking);

/* Whether the home directory of the host is not shown. */
gboolean             inner_check_hides_home     (InnerChecking *checking);

/* What of the host stands at @path in the sandbox; %NULL if nothing does. (transfer full) */
char                *inner_check_host_path      (InnerChecking *checking, const char *path);

/* Where the command of the profile may stand in the sandbox, best first. (transfer full) (element-type utf8) */
GPtrArray           *inner_check_commands       (InnerChecking *checking);

/* Whether @text has the look of a path that matters outside of the sandbox. */
gboolean             inner_check_looks_like_path (const char *text);

/* The rules, by file: each reports what it finds by inner_check_report(). inner-plan-check.c has the table of when they
 * are asked. */
void inner_check_agents              (InnerChecking *checking);
void inner_check_allow               (InnerChecking *checking);
void inner_check_require             (InnerChecking *checking);
void inner_check_limit               (InnerChecking *checking);
void inner_check_publish             (InnerChecking *checking);
void inner_check_git_strip           (InnerChecking *checking);
void inner_check_git_overrides       (InnerChecking *checking);
void inner_check_noop_block          (InnerChecking *checking);
void inner_check_noop_rewrite        (InnerChecking *checking);
void inner_check_verify_names        (InnerChecking *checking);
void inner_check_verify_commands     (InnerChecking *checking);
void inner_check_verify_twice        (InnerChecking *checking);

void inner_check_git_dir             (InnerChecking *checking);
void inner_check_pid_namespace       (InnerChecking *checking);
void inner_check_nested              (InnerChecking *checking);
void inner_check_nested_open         (InnerChecking *checking);
void inner_check_cgroup_unused       (InnerChecking *checking);
void inner_check_cgroup_systemd      (InnerChecking *checking);
void inner_check_inherit_all         (InnerChecking *checking);
void inner_check_inherit_all_open    (InnerChecking *checking);
void inner_check_inherit_all_home    (InnerChecking *checking);
void inner_check_open_credentials    (InnerChecking *checking);
void inner_check_no_timeout          (InnerChecking *checking);

void inner_check_network_groups      (InnerChecking *checking);
void inner_check_network_patterns    (InnerChecking *checking);
void inner_check_network_unused      (InnerChecking *checking);
void inner_check_network_ask_unused  (InnerChecking *checking);
void inner_check_allowlist_empty     (InnerChecking *checking);
void inner_check_agent_hosts         (InnerChecking *checking);

void inner_check_mount_paths         (InnerChecking *checking);
void inner_check_mount_sources       (InnerChecking *checking);
void inner_check_mount_destinations  (InnerChecking *checking);
void inner_check_mount_places        (InnerChecking *checking);
void inner_check_mount_agents        (InnerChecking *checking);
void inner_check_mount_over_system   (InnerChecking *checking);
void inner_check_mount_inside        (InnerChecking *checking);
void inner_check_home_allow_paths    (InnerChecking *checking);
void inner_check_home_allow_home     (InnerChecking *checking);
void inner_check_home_allow_refused  (InnerChecking *checking);
void inner_check_home_allow_unused   (InnerChecking *checking);
void inner_check_home_allow_outside  (InnerChecking *checking);
void inner_check_agent_missing       (InnerChecking *checking);
void inner_check_workspace           (InnerChecking *checking);

void inner_check_expansion           (InnerChecking *checking);
void inner_check_names               (InnerChecking *checking);
void inner_check_path_empty          (InnerChecking *checking);
void inner_check_path_relative       (InnerChecking *checking);
void inner_check_path_missing        (InnerChecking *checking);
void inner_check_set_missing         (InnerChecking *checking);
void inner_check_set_undefined       (InnerChecking *checking);
void inner_check_command_missing     (InnerChecking *checking);
void inner_check_command_hidden      (InnerChecking *checking);

G_END_DECLS
