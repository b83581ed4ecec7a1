/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A profile: what a sandbox may see and do, as values by key, each with the place it came from.
 *
 * One table (inner-profile-keys.c) names every key of the format with its type, its merge rule and
 * the notation of both readers; the readers, the writers, the merge, the schema test and the manual
 * page are driven by it. A key that no document mentions is absent: that a child says
 * "network = false" can be told from its saying nothing.
 */

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a key holds; the GVariant type it is kept as. */
typedef enum {
  INNER_VALUE_STRING,                     /* s */
  INNER_VALUE_BOOL,                       /* b */
  INNER_VALUE_INTEGER,                    /* x, not negative */
  INNER_VALUE_LIST,                       /* as */
  INNER_VALUE_MAP,                        /* a{ss}, in document order */
  INNER_VALUE_MOUNTS,                     /* a(sss): source, destination, mode; in document order */
  INNER_VALUE_CHECKS,                     /* a(sss): name, command, severity */
} InnerValueType;

/* How a child's value meets an inherited one. */
typedef enum {
  INNER_MERGE_REPLACE,                    /* the child's, when it is present */
  INNER_MERGE_UNION,                      /* base first, without doubles */
  INNER_MERGE_UNION_CHILD_FIRST,
  INNER_MERGE_PER_KEY,                    /* maps, mounts (by source) */
  INNER_MERGE_APPEND,
  INNER_MERGE_OWN,                        /* never inherited: name, extends, … */
} InnerMergeRule;

/* Every key. The dotted name, such as "sandbox.network_mode", is in the table. */
typedef enum {
  INNER_KEY_SCHEMA_VERSION,
  INNER_KEY_NAME,
  INNER_KEY_DESCRIPTION,
  INNER_KEY_EXTENDS,
  INNER_KEY_WORKSPACES_PATH,
  INNER_KEY_EXPERIMENTAL,
  INNER_KEY_CAPABILITIES,
  INNER_KEY_SANDBOX_NETWORK,
  INNER_KEY_SANDBOX_NETWORK_MODE,
  INNER_KEY_SANDBOX_NETWORK_ALLOW,
  INNER_KEY_SANDBOX_NETWORK_DENY,
  INNER_KEY_SANDBOX_NETWORK_ASK,
  INNER_KEY_SANDBOX_SNI,
  INNER_KEY_SANDBOX_CLIPBOARD,
  INNER_KEY_SANDBOX_PID_NAMESPACE,
  INNER_KEY_SANDBOX_ALLOW,
  INNER_KEY_SANDBOX_HOME,
  INNER_KEY_SANDBOX_HOME_ALLOW,
  INNER_KEY_SANDBOX_FILESYSTEM,
  INNER_KEY_SANDBOX_GIT_DIR,
  INNER_KEY_SANDBOX_GUARD,
  INNER_KEY_SANDBOX_GUARD_ALLOW,
  INNER_KEY_SANDBOX_GUARD_ACTION,
  INNER_KEY_SANDBOX_REQUIRE,
  INNER_KEY_SANDBOX_CREDENTIALS,
  INNER_KEY_SANDBOX_CGROUP_MANAGER,
  INNER_KEY_SANDBOX_LIMITS_MEMORY,
  INNER_KEY_SANDBOX_LIMITS_CPU,
  INNER_KEY_SANDBOX_LIMITS_PIDS,
  INNER_KEY_MOUNTS,
  INNER_KEY_ENV_CLEARENV,
  INNER_KEY_ENV_INHERIT_ALL,
  INNER_KEY_ENV_INHERIT,
  INNER_KEY_ENV_SET,
  INNER_KEY_ENV_PATH_PREPEND,
  INNER_KEY_GIT_STRIP_SECTIONS,
  INNER_KEY_GIT_OVERRIDES,
  INNER_KEY_ENTRYPOINT_CMD,
  INNER_KEY_ENTRYPOINT_ARGS,
  INNER_KEY_ENTRYPOINT_INTERACTIVE,
  INNER_KEY_ENTRYPOINT_TUI,
  INNER_KEY_ENTRYPOINT_CURSOR_FIX,
  INNER_KEY_ENTRYPOINT_WORKDIR,
  INNER_KEY_ENTRYPOINT_HISTORY,
  INNER_KEY_WORKSPACE_DESTINATION,
  INNER_KEY_WORKSPACE_MODE,
  INNER_KEY_AGENT_STATE,                  /* which agents' sanitised state is carried in, beside capabilities */
  INNER_KEY_AGENT_WRITE_BACK,
  INNER_KEY_PUBLISH,                      /* map: host side -> sandbox port */
  INNER_KEY_OUTPUT_SUMMARY,
  INNER_KEY_OUTPUT_LOG,
  INNER_KEY_OUTPUT_TIMEOUT_SECONDS,
  INNER_KEY_OUTPUT_IDLE_TIMEOUT_SECONDS,
  INNER_KEY_NOOP_BLOCK,
  INNER_KEY_NOOP_REWRITE,
  INNER_KEY_VERIFY_CUSTOM_CHECKS,
  INNER_N_KEYS
} InnerKey;

/* One row of the table. */
typedef struct {
  const char           *name;             /* dotted: "sandbox.limits.memory"; TOML tables follow the dots */
  InnerValueType        type;
  InnerMergeRule        merge;
  const char *const    *choices;          /* (nullable): the only words a string may be, NULL-terminated */
} InnerKeyInfo;

/* What there is to know of @key; there is a row for each. */
const InnerKeyInfo *inner_key_info    (InnerKey key);

/* Gives TRUE and the key for a dotted name. */
gboolean            inner_key_lookup  (const char *name, InnerKey *key);

typedef struct _InnerProfile InnerProfile;   /* reference counted; immutable once a reader or the merge gave it */

/* Where a value came from; @line and @column count from 1, 0 when unknown. */
typedef struct {
  const char *path;
  guint       line;
  guint       column;
} InnerOrigin;

/* A place in a document. Both count from 1; the column counts characters. */
typedef struct {
  guint line;
  guint column;
} InnerPosition;

InnerProfile       *inner_profile_new          (void);   /* for readers and tests: empty, still open to _set */
InnerProfile       *inner_profile_ref          (InnerProfile *profile);
void                inner_profile_unref        (InnerProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerProfile, inner_profile_unref)

/* Sets @key; @value is sunk and must have the type that the table says. @path is copied. */
void                inner_profile_set          (InnerProfile *profile, InnerKey key, GVariant *value,
                                                const char *path, guint line, guint column);

/* Says where the items of the list, map, mounts or checks at @key stand, in order and as many; they
 * stand in the document of the value itself. For readers, after inner_profile_set(). */
void                inner_profile_set_places   (InnerProfile *profile, InnerKey key,
                                                const InnerPosition *places, gsize n);

gboolean            inner_profile_has          (InnerProfile *profile, InnerKey key);
GVariant           *inner_profile_peek         (InnerProfile *profile, InnerKey key);   /* (transfer none) (nullable) */
gboolean            inner_profile_get_origin   (InnerProfile *profile, InnerKey key, InnerOrigin *origin);

/* The same for one item of a list, map, mounts or checks (of a map: its key); where that is not known,
 * the origin of the whole value. A merge keeps the places that the items of both sides had. */
gboolean            inner_profile_get_item_origin (InnerProfile *profile, InnerKey key, gsize item,
                                                   InnerOrigin *origin);

/* Typed looks; @fallback, %NULL, an empty list or 0 when the key is absent. (transfer none) */
const char         *inner_profile_get_string   (InnerProfile *profile, InnerKey key, const char *fallback);
gboolean            inner_profile_get_bool     (InnerProfile *profile, InnerKey key, gboolean fallback);
gint64              inner_profile_get_integer  (InnerProfile *profile, InnerKey key, gint64 fallback);
const char *const  *inner_profile_get_list     (InnerProfile *profile, InnerKey key);

/* The base-then-child merge of the reference (section 1.5 and rule N): a new profile. */
InnerProfile       *inner_profile_merge        (InnerProfile *base, InnerProfile *child);

G_END_DECLS
