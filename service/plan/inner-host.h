/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "inner-configuration.h"
#include "inner-limits.h"

G_BEGIN_DECLS

typedef enum {
  INNER_FILE_MISSING,
  INNER_FILE_REGULAR,
  INNER_FILE_DIRECTORY,
  INNER_FILE_SYMLINK,                     /* only in @base: what user paths name is followed */
  INNER_FILE_SOCKET,
  INNER_FILE_OTHER,
} InnerFileType;

/**
 * InnerPathFact:
 *
 * What a path of the host is. The descriptor was opened before anything was judged, and what is
 * judged and mounted later is that descriptor, not the path (attack 33).
 */
typedef struct {
  char          *path;                    /* as asked for */
  char          *canonical;               /* without links; %NULL if missing */
  char          *link_target;             /* for INNER_FILE_SYMLINK */
  char          *problem;                 /* (nullable): why it cannot be used, a system's words */
  InnerFileType  type;
  int            fd;                      /* O_PATH, owned by the fact; -1 if missing or not opened */
  guint64        device;
  guint64        inode;
} InnerPathFact;

/* A range of users or groups that the administrator gave to the user, subuid(5). */
typedef struct {
  guint32 start;
  guint32 count;                          /* 0 = none */
} InnerSubordinateIds;

/* What keeps a sandbox below a limit on this machine. */
typedef enum {
  INNER_LIMIT_BY_NOTHING,
  INNER_LIMIT_BY_SCOPE,                   /* a cgroup that the systemd of the user makes */
  INNER_LIMIT_BY_RLIMIT,                  /* RLIMIT_NPROC, counted in the sandbox's user namespace */
} InnerLimitMeans;

/**
 * InnerHost:
 *
 * Facts of this machine that a plan depends on. A snapshot: making a plan does no I/O, so that a
 * test can plan for a machine that does not exist.
 */
typedef struct {
  uid_t        uid;
  gid_t        gid;
  gboolean     owns_kernel;               /* the user is who owns the files of /proc/sys */
  char        *user;
  char        *home;                      /* canonical */
  char        *runtime_dir;               /* $XDG_RUNTIME_DIR or %NULL */
  char        *hostname;                  /* (nullable) */
  gboolean     keeps_hostname;            /* a sandbox cannot have another one */
  char        *bwrap;
  char        *bus_proxy;                 /* xdg-dbus-proxy; (nullable): not installed */
  char        *init;                      /* inner-init on the host */
  char        *shim;                      /* inner-shim on the host */
  char        *empty;                     /* an empty file on the host, to hide files behind */
  guint64      memory;                    /* bytes of RAM */
  int          landlock_abi;              /* 0 = none */
  InnerLimitMeans limit_means[INNER_N_LIMITS]; /* in the order of inner_limit_names */
  GPtrArray   *base;                      /* of InnerPathFact: which places of the base view exist */
  GHashTable  *paths;                     /* path -> InnerPathFact: what request and profile name */
  GHashTable  *network_groups;            /* group -> %NULL-terminated patterns: what groups that follow the host mean */
  InnerConfiguration *configuration;      /* (nullable): as it holds where the caller stands */
  GPtrArray   *commands;                  /* (nullable): of InnerCommandFact */
  GPtrArray   *git_settings;              /* (nullable): of InnerGitValue, what may go in of the person's */
  char        *git_problem;               /* (nullable): why there are none, for people */
  InnerSubordinateIds subordinate[2];     /* users, groups; looked at on demand */
  gboolean     maps_ids;                  /* newuidmap and newgidmap are there; the same */
  GPtrArray   *guards;                    /* of InnerGuardFacts: what is in directories that are mounted writable */
  GPtrArray   *masked;                    /* of InnerPathFact: what /proc has that nothing inside may see */
  GPtrArray   *hidden;                    /* of InnerHiddenFact */
  GHashTable  *listings;                  /* directory -> GPtrArray of InnerListed */
  GPtrArray   *sockets;                   /* of char*: paths of sockets that somebody listens on */
  GPtrArray   *socket_problems;           /* of char*: sentences about those that could not be found */
} InnerHost;

/* The places of the base view that are looked for, %NULL-terminated (design/isolation.md). */
extern const char *const inner_host_base_places[];

/* Looks at this machine. The look is cheap (some fifty lstat() calls), so each plan takes a new one. */
InnerHost           *inner_host_new       (void);
InnerHost           *inner_host_new_empty (void);   /* for tests: fill in by hand */
void                 inner_host_free      (InnerHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerHost, inner_host_free)

/* Makes all of this machine's root directory the base view, but for what every sandbox has its own of. */
void                 inner_host_show_all  (InnerHost *host);

/* What st_mode of stat(2) says. */
InnerFileType        inner_file_type_of_mode (mode_t mode);

/* The home directory of the user, without links. (transfer full) */
char                *inner_host_home      (void);

/* Whether a user has a systemd of their own whose run-time directory is @runtime_dir (nullable). */
gboolean             inner_host_has_user_manager (const char *runtime_dir);

/* Finds out by what each limit can be enforced: an inner_host_new() has done so. */
void                 inner_host_look_at_limits (InnerHost *host);

/* The ABI of Landlock that sandboxes make use of here, 0 for none. */
int                  inner_host_landlock_abi (void);

/* Opens @path (O_PATH, following links) and remembers what it is. Missing is a fact, not an error. */
void                 inner_host_look_at   (InnerHost *host, const char *path);

/* Reads which ids the user may hand on, and whether that can be done. (inner-plan-nested.c) */
void                 inner_host_look_at_ids (InnerHost *host);

/* Adds a fact by hand. */
void                 inner_host_add_fact  (GPtrArray     *base,
                                           GHashTable    *paths,
                                           const char    *path,
                                           InnerFileType  type,
                                           const char    *canonical_or_target);

/* The fact about @path: it must have been looked at. (transfer none) */
const InnerPathFact *inner_host_fact      (const InnerHost *host, const char *path);

G_END_DECLS
