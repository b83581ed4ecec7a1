/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-check-host.h"

G_BEGIN_DECLS

#define INNER_STATUS_OK       "ok"
#define INNER_STATUS_MISSING  "missing"
#define INNER_STATUS_DEGRADED "degraded"

/* What one look found: a status, in words what was seen, and what to type where that depends on what was seen
 * (%NULL: the remedy of the table). */
typedef struct {
  const char *status;
  char       *detail;
  char       *remedy;
} InnerFinding;

/* Systems whose commands the doctor knows. */
typedef enum {
  INNER_SYSTEM_DEBIAN,
  INNER_SYSTEM_UBUNTU,
  INNER_SYSTEM_FEDORA,
  INNER_SYSTEM_ARCH,
  INNER_N_SYSTEMS,
  INNER_SYSTEM_OTHER = INNER_N_SYSTEMS,
} InnerSystem;

/* The system whose /etc/os-release @text (nullable) is. */
InnerSystem  inner_system_of           (const char *text);

/* Gives the words that install @packages (one name for each system, in the order of InnerSystem; %NULL: the one
 * of Debian): the command of @system, or all where it is another one. (transfer full) */
char        *inner_install_command     (InnerSystem system, const char *const packages[INNER_N_SYSTEMS]);

/* The same for the system that this machine runs. (transfer full) */
char        *inner_install_here        (const char *const packages[INNER_N_SYSTEMS]);

/* A finding that is ok or has the status @otherwise. @detail (transfer full). */
InnerFinding inner_finding             (gboolean ok, const char *otherwise, char *detail);

/* Runs @arguments with an empty environment, for two seconds at most; gives in *@said what it printed (the first
 * stream that is not empty), or why it could not be run. Whether it ended with 0. */
gboolean     inner_try_program         (const char *const *arguments, char **said);

/* Where the system has the program @name: its path (transfer full), or %NULL. Never on the caller's PATH (attack
 * 31). */
char        *inner_find_system_program (const char *name);

/* The text of a small file of the system (transfer full), without its line end; %NULL if it cannot be read. */
char        *inner_read_system_file    (const char *path);

/* The looks of the table, one for each of its rows. They run in threads of their own. */
InnerFinding inner_look_at_bwrap          (const InnerHostView *view);
InnerFinding inner_look_at_bind_fd        (const InnerHostView *view);
InnerFinding inner_look_at_namespaces     (const InnerHostView *view);
InnerFinding inner_look_at_programs       (const InnerHostView *view);
InnerFinding inner_look_at_landlock       (const InnerHostView *view);
InnerFinding inner_look_at_seccomp        (const InnerHostView *view);
InnerFinding inner_look_at_cgroups        (const InnerHostView *view);
InnerFinding inner_look_at_gateway        (const InnerHostView *view);
InnerFinding inner_look_at_nftables       (const InnerHostView *view);

InnerFinding inner_look_at_session_bus    (const InnerHostView *view);
InnerFinding inner_look_at_user_manager   (const InnerHostView *view);
InnerFinding inner_look_at_system_bus     (const InnerHostView *view);
InnerFinding inner_look_at_polkit         (const InnerHostView *view);
InnerFinding inner_look_at_policy         (const InnerHostView *view);
InnerFinding inner_look_at_polkit_agent   (const InnerHostView *view);

InnerFinding inner_look_at_dbus_proxy     (const InnerHostView *view);
InnerFinding inner_look_at_git            (const InnerHostView *view);
InnerFinding inner_look_at_podman         (const InnerHostView *view);
InnerFinding inner_look_at_subordinate    (const InnerHostView *view);
InnerFinding inner_look_at_agents         (const InnerHostView *view);
InnerFinding inner_look_at_profiles       (const InnerHostView *view);
InnerFinding inner_look_at_trust          (const InnerHostView *view);
InnerFinding inner_look_at_disk           (const InnerHostView *view);

G_END_DECLS
