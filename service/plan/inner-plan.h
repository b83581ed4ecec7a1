/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

#include "inner-agents.h"
#include "inner-host.h"
#include "inner-limits.h"
#include "inner-profile.h"
#include "inner-publish.h"
#include "inner-request.h"

G_BEGIN_DECLS

typedef enum {
  INNER_MOUNT_RO,                         /* bind, read-only */
  INNER_MOUNT_RW,                         /* bind */
  INNER_MOUNT_TMPFS,
  INNER_MOUNT_PROC,
  INNER_MOUNT_DEV,
  INNER_MOUNT_SYMLINK,                    /* source = target text */
  INNER_MOUNT_FILE,                       /* source = %NULL, content = the file's bytes */
  INNER_MOUNT_FILE_OVER,                       /* the same as FILE, mounted read-only: it can be neither changed nor replaced */
  INNER_MOUNT_BUS,                        /* bind, read-only: the directory of the proxy to the session bus, made when it is prepared */
  INNER_MOUNT_SEAL,                       /* make what was composed at destination read-only */
  INNER_MOUNT_HIDDEN_FILE,                /* an empty file over one that nothing inside may see; source = that empty one */
  INNER_MOUNT_HIDDEN_DIRECTORY,           /* an empty directory over one */
  INNER_MOUNT_COPY,                       /* a private copy of source, writable */
  INNER_N_MOUNT_KINDS
} InnerMountKind;

/* What stands at the source only once the sandbox is prepared. */
typedef enum {
  INNER_PREPARED_NOT,
  INNER_PREPARED_HOME,                    /* the persistent home of a profile; made if it is missing */
  INNER_PREPARED_COPY,
} InnerPrepared;

/* One step of composing the view, in order. */
typedef struct {
  InnerMountKind  kind;
  char           *source;
  char           *destination;
  char           *content;
  const char     *reason;                 /* static: "base", "home", "workspace", "profile", "request", "guard", "privilege",
                                           * "git", "shim" */
  int             mode;                   /* permission bits of what is made; 0 = default */
  guint64         size;                   /* of a TMPFS, in bytes */
  InnerPrepared   prepared;
  char          **left_out;               /* (nullable): of a COPY, what of it stays out; paths below its source */
  int             fd;                     /* borrowed from the InnerHost; -1 = mount by path */
} InnerMount;

/* One place of an agent's state. What is copied is read when the sandbox is prepared, not before. */
typedef struct {
  const InnerAgent     *agent;
  const InnerAgentPath *path;             /* static: kind, members to keep */
  char                 *place;            /* absolute; on the host and inside */
} InnerAgentCopy;

typedef enum {
  INNER_PLANNED_PROXY,
  INNER_PLANNED_NO_PROXY,
  INNER_N_PLANNED_PROXIES
} InnerPlannedProxy;

/**
 * InnerPlan:
 *
 * Everything that is decided about one sandbox. Immutable; made by a pure function of request,
 * profile and host; only how its privileges were granted comes later. A dry run prints it, a start carries it out; descriptors in it are borrowed from
 * the host facts, which it keeps alive.
 */
typedef struct {
  char        *profile;
  char        *profile_path;
  char        *name;                      /* (nullable) */
  char       **command;
  char        *directory;                 /* inside */
  char        *workspace;                 /* on the host; "" = none */
  char        *place;                     /* where the workspace stands inside */
  char        *home;                      /* word: "isolated", "persistent" or "host-ro" */
  char        *network;                   /* "off", "allowlist", "open" or "host" */
  char       **allow_hosts;               /* for the gateway: patterns, no groups */
  char       **deny_hosts;
  gboolean     network_ask;               /* people are asked about what no list names */
  gboolean     require_name;              /* on port 443 TLS says in clear which server it wants, and says the truth */
  char        *proxy[INNER_N_PLANNED_PROXIES]; /* (nullable) values of https_proxy and no_proxy */
  GArray      *published;                 /* of InnerPublish: ports that programs of this machine reach */
  char       **environment;               /* KEY=VALUE, sorted, each name once */
  GHashTable  *shell_values;              /* name -> how a shell finds the value that came from the caller */
  GPtrArray   *mounts;                    /* of InnerMount */
  GPtrArray   *agent_copies;              /* of InnerAgentCopy: what is there of the agents' state */
  char       **allow;                     /* words that open something: privileges, keys of the sensitive table */
  char       **privileges;                /* keys of those behind the words and of the network, each once */
  GVariant    *grants;                    /* (nullable) a{ss}: how each privilege was granted, once it was (inner-authority.h) */
  char       **warnings;
  char        *log_dir;                   /* (nullable): a directory for one more copy of the output */
  guint64      timeout;                   /* seconds, 0 = none */
  guint64      idle_timeout;              /* the same, without output */
  gboolean     summary;                   /* of the run, for the person */
  char        *limits[INNER_N_LIMITS];    /* (nullable) texts, in the order of inner_limit_names; the host
                                           * knows by what each is enforced */
  char        *hostname;                  /* inside; (nullable): that of the machine */
  gboolean     interactive;               /* with a terminal of its own, of this size at first: */
  guint16      columns;
  guint16      rows;
  gboolean     end_line;                  /* behind all that was shown */
  char       **bus_proxy;                 /* (nullable): program, address and options of the proxy to the session bus */
  GVariant    *ids;                       /* (nullable): INNER_IDS_TYPE of inner-wire.h; then namespaces may be nested */
  gboolean     detach;
  uid_t        uid;                       /* inside */
  gid_t        gid;
  GPtrArray   *guards;                    /* (nullable): of InnerPlannedGuard, see inner-plan-guards.h */
  gboolean     guard_revert;
  gboolean     write_back;                /* a login that an agent renewed is taken over on the host */
  InnerProfile *source;                   /* the effective profile that it was made of */
  InnerHost   *host;                      /* owned */
} InnerPlan;

/* Notes every host path that request and profile name, so that inner_host_look_at() can be called
 * for each before the plan is made. (element-type utf8) */
GPtrArray *inner_plan_paths (const InnerRequest *request, InnerProfile *profile, const InnerHost *host);

/* Looks at what else of this machine the plan depends on: where the commands stand that @profile blocks or
 * replaces, and the person's git settings if it has something to say about them. */
void       inner_plan_look_further (const InnerRequest *request, InnerProfile *profile, InnerHost *host);
/* Whether @profile wants to see all of the host: then inner_host_show_all() goes before everything else. */
gboolean   inner_plan_shows_host (InnerProfile *profile);

/* Whether the ids that the user may hand on have to be looked at before the plan is made. */
gboolean   inner_plan_wants_ids (const InnerRequest *request, InnerProfile *profile);

/* Makes the plan; takes @host. Fails with InvalidOption, MountRefused, ProfileInvalid,
 * HostUnsupported or G_DBUS_ERROR_NOT_SUPPORTED (what a later version brings). */
InnerPlan *inner_plan_new   (const InnerRequest *request,
                             InnerProfile       *profile,
                             const char         *profile_path,
                             InnerHost          *host,
                             GError            **error);
void       inner_plan_free  (InnerPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerPlan, inner_plan_free)

/* Whether the limit @i of @plan is set and will be in force. */
gboolean   inner_plan_enforces_limit   (const InnerPlan *plan, gsize i);

/* What the scope of the sandbox gets: properties of systemd.resource-control(5), a(sv), floating. */
GVariant  *inner_plan_scope_properties (const InnerPlan *plan);

/* The same for the supervisor, which sees to it that they are in force: a{st}, floating, with the keys
 * INNER_BOUND_* (inner-wire.h). */
GVariant  *inner_plan_bounds           (const InnerPlan *plan);

/* The word for people and programs: "ro", "rw", "tmpfs", … */
const char *inner_mount_kind_to_string (InnerMountKind kind);

G_END_DECLS
