/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"
#include "inner-expand.h"

G_BEGIN_DECLS

#define INNER_HOSTS_FILE    "/etc/hosts"
#define INNER_RESOLVER_FILE "/etc/resolv.conf"
/* A link to /run, here as on every host. */
#define INNER_VAR_RUN       "/var/run"

/* One mount that was asked for, with its variables replaced. */
typedef struct {
  char       *source;
  char       *destination;                /* canonical, also where the base view has links */
  const char *mode;
  const char *reason;                     /* static: "home", "profile", "request" */
} InnerAskedMount;

void      inner_asked_mount_free      (InnerAskedMount *mount);

/* The parts of a plan under construction; every function of inner-plan-*.c works on it. */
typedef struct {
  const InnerRequest *request;
  InnerProfile       *profile;
  InnerPlan          *plan;
  InnerExpansion      expansion;
  GPtrArray          *asked;              /* of InnerAskedMount: what profile and request mount, in order */
  GPtrArray          *composed;           /* of char*: directories in memory that are made read-only at the end */
  gboolean            shows_host;         /* filesystem = "host" */
  GStrvBuilder       *warnings;
  GPtrArray          *opened;             /* of InnerOpening: what words put into the view */
  GHashTable         *variables;          /* name -> value: where programs find that */
  gboolean            start_file;         /* an interactive bash reads ours */
} InnerPlanning;

/* Something of the host that a word puts into the view. */
typedef struct {
  const InnerPathFact *fact;              /* %NULL: a private directory, or the file with @content */
  char                *destination;
  char                *content;
  gboolean             bus;               /* the directory of the proxy to the session bus */
} InnerOpening;

/* What a caller that does not bring a PATH of its own gets. */
#define INNER_DEFAULT_PATH  "/usr/local/bin:/usr/bin:/bin"

/* What variables stand for; everything is borrowed. */
InnerExpansion inner_planning_expansion (const InnerRequest *request, const InnerHost *host,
                                         const char *workspaces_path);

/* What ${workspaces_path} stands for, %NULL where nobody said. (transfer full) */
char     *inner_planning_workspaces_path (const InnerRequest *request, InnerProfile *profile,
                                          const InnerHost *host);

/* The word for the network that profile and request ask for; the request's may be no mode at all. */
const char *inner_planning_network    (const InnerRequest *request, InnerProfile *profile);

/* Whether what was looked at may be mounted where the words in @allow (nullable) open something, and whether
 * something may be mounted there. The gates of every mount; they fail with MountRefused. */
gboolean  inner_planning_check_source      (const InnerHost *host, const InnerPathFact *fact,
                                            gboolean writable, const char *const *allow, GError **error);
gboolean  inner_planning_check_socket      (const InnerHost *host, const InnerPathFact *fact,
                                            const char *const *allow, GError **error);
gboolean  inner_planning_check_destination (const InnerHost *host, const char *destination,
                                            GError **error);

/* Whether @destination lies below what is bound read-only from the same place of the host, so that nothing
 * can be made there. */
gboolean  inner_planning_is_read_only (InnerProfile *profile, const InnerHost *host,
                                       const InnerExpansion *expansion, const char *destination);

/* The workspace's path on the host as asked for (%NULL for none): option, profile, directory. */
char     *inner_planning_workspace    (const InnerRequest *request, InnerProfile *profile,
                                       const InnerExpansion *expansion, GError **error);

/* Mounts in the workspace (inner-plan-inside.c): where on the host @destination is, if it lies in the
 * @workspace that was asked for (transfer full); whether it does lie there; whether a directory or a file may
 * be mounted there (fails with MountRefused); and its places in the sandbox (transfer full). */
char     *inner_planning_place_on_host (const char *place, const char *workspace,
                                        const char *destination);
gboolean  inner_planning_is_inside    (const char *place, const InnerPathFact *workspace,
                                       const char *destination);
gboolean  inner_planning_check_inside (const InnerHost *host, const char *place,
                                       const InnerPathFact *workspace, const char *destination,
                                       gboolean is_directory, GError **error);
char    **inner_planning_places_inside (const char *place, const InnerPathFact *workspace,
                                        const char *destination);

/* Where the workspace of @profile stands inside. (transfer none) */
const char *inner_planning_place      (InnerProfile *profile);

/* The words that open something: those of the profile, then those of the request. (transfer full) */
char    **inner_planning_words        (const InnerRequest *request, InnerProfile *profile);

/* Sets the plan's words and privileges; after the network. */
gboolean  inner_planning_privileges   (InnerPlanning *planning, GError **error);

/* What the words open (inner-plan-engines.c): adds the paths to look at; decides, before environment and
 * mounts; mounts. */
void      inner_planning_engine_paths (const InnerRequest *request, InnerProfile *profile,
                                       const InnerHost *host, GPtrArray *paths);
gboolean  inner_planning_engines      (InnerPlanning *planning, GError **error);

/* Whether the profile blocks or replaces commands; what stands in for them, behind the mounts of the base view. */
gboolean  inner_planning_has_shims    (InnerProfile *profile);
void      inner_planning_add_shims    (InnerPlanning *planning);

/* Lets an interactive bash read the start file of ours, and what that says (transfer full). */
void      inner_planning_shell        (InnerPlanning *planning);
char     *inner_planning_start_file   (const InnerPlanning *planning);

/* The git configuration of the sandbox; behind the mounts of the home directory. */
gboolean  inner_planning_git          (InnerPlanning *planning, GError **error);

/* Put something into the view; those of the engines, for those that need more (inner-plan-nested.c). @destination
 * and @content are taken where they are not constant. The last one gives the sandbox a run-time directory, which
 * nobody else may look into. */
void      inner_planning_open_at         (InnerPlanning *planning, const InnerPathFact *fact,
                                          char *destination);
void      inner_planning_open_directory  (InnerPlanning *planning, const char *destination);
void      inner_planning_open_file       (InnerPlanning *planning, const char *destination,
                                          char *content);
void      inner_planning_open_bus        (InnerPlanning *planning, char *destination);
void      inner_planning_need_runtime_dir (InnerPlanning *planning);

/* The session bus through its proxy (inner-plan-bus.c); one of the engines. Where the bus of the caller is
 * (transfer full, nullable). */
gboolean  inner_planning_bus          (InnerPlanning *planning, GError **error);
char     *inner_planning_bus_socket   (const InnerRequest *request, const InnerHost *host);

/* What a sandbox with containers in it has; one of the engines. */
gboolean  inner_planning_nested       (InnerPlanning *planning, GError **error);

/* Mode, lists, proxy. */
gboolean  inner_planning_plan_network (InnerPlanning *planning, GError **error);
/* Ports of the sandbox; after the network. */
gboolean  inner_planning_plan_published (InnerPlanning *planning, GError **error);
gboolean  inner_planning_environment  (InnerPlanning *planning, GError **error);
gboolean  inner_planning_mounts       (InnerPlanning *planning, GError **error);

/* The base view and its parts (inner-plan-base.c). A @size of 0 is the usual one. What "add" gives belongs to the plan. */
extern const char *const inner_planning_identity_files[];
InnerMount *inner_planning_add        (InnerPlanning *planning, InnerMountKind kind, const char *source,
                                       const char *destination, const char *reason);
void      inner_planning_add_tmpfs    (InnerPlanning *planning, const char *destination, int mode, guint64 size,
                                       const char *reason);
void      inner_planning_add_file     (InnerPlanning *planning, const char *destination, char *content);
gboolean  inner_planning_add_composed (InnerPlanning *planning, const char *directory, const char *destination,
                                       const char *reason, GError **error);
gboolean  inner_planning_base         (InnerPlanning *planning, GError **error);
void      inner_planning_seal         (InnerPlanning *planning);

/* The name of the persistent home of a profile; @foreign_path is that of one that is not the person's own. (transfer full) */
char     *inner_planning_home_name    (const char *profile, const char *foreign_path);

/* Where @destination is when the links of the base view are followed. (transfer full) */
char     *inner_planning_canonical_destination (const InnerHost *host, const char *destination);

/* Whether @path of the host is, or lies in, something that this sandbox does not get (inner-plan-hide.c). */
gboolean  inner_planning_is_hidden    (InnerPlanning *planning, const char *path);

/* Adds the places of the agents that @profile names to @paths, so that they are looked at. */
void      inner_planning_agent_paths  (InnerProfile *profile, const InnerHost *host, GPtrArray *paths);

/* Whether @profile names an agent, known or not. */
gboolean  inner_planning_has_agents   (InnerProfile *profile);

/* Whether @profile says that the logins and keys of the person's agents stay outside. */
gboolean  inner_planning_keeps_logins_out (InnerProfile *profile);

/* The state that agents get; after environment and mounts, which it looks at. */
gboolean  inner_planning_agents       (InnerPlanning *planning, GError **error);
#ifdef INNER_DISABLE_LAYERS
/* Opens the parts of the view that tests left out. */
void      inner_planning_open_layers  (InnerPlanning *planning);
#endif
gboolean  inner_planning_check_scope  (InnerPlanning *planning, GError **error);
gboolean  inner_planning_limits       (InnerPlanning *planning, GError **error);

G_END_DECLS
