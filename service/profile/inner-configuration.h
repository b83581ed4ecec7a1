/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile-reader.h"
#include "inner-profile-registry.h"
#include "inner-trust.h"

G_BEGIN_DECLS

/* What a configuration may set, besides aliases. The limits stand in the order of inner_limit_names. */
typedef enum {
  INNER_SETTING_DEFAULT_PROFILE,
  INNER_SETTING_LOG_DIR,
  INNER_SETTING_WORKSPACES_PATH,
  INNER_SETTING_MEMORY,
  INNER_SETTING_CPU,
  INNER_SETTING_PIDS,
  INNER_N_SETTINGS
} InnerSetting;

/* The dotted name: "default_limits.memory". */
const char *inner_setting_name (InnerSetting setting);

/* In place of a path, for what no file sets. */
#define INNER_ORIGIN_DEFAULT "default"
#define INNER_ORIGIN_AUTO    "auto"

/**
 * InnerConfigurationValue:
 * @text: %NULL when it is not set and has no default. Paths are expanded; limits are as they were
 *   written (inner_limit_parse() reads them).
 * @path: of the file, or INNER_ORIGIN_DEFAULT or INNER_ORIGIN_AUTO
 */
typedef struct {
  char  *text;
  char  *path;
  guint  line;
  guint  column;
} InnerConfigurationValue;

/* One word of the person's own. */
typedef struct {
  char  *name;
  char  *text;
  char  *path;
  guint  line;
  guint  column;
} InnerAlias;

/**
 * InnerConfigurationLayer:
 * @trusted: it counts
 * @digest: SHA-256 of its bytes; "" when it could not be read
 * @asks: what it sets, a sentence each
 * @aliases: their names
 */
typedef struct {
  char      *path;
  InnerScope scope;
  gboolean   exists;
  gboolean   trusted;
  char      *digest;
  char     **asks;
  char     **aliases;
} InnerConfigurationLayer;

/**
 * InnerConfiguration:
 *
 * The configuration as it holds in one directory at one moment: the files of system, user and projects,
 * lowest first, later ones over earlier ones. Immutable.
 */
typedef struct {
  InnerConfigurationValue  values[INNER_N_SETTINGS];
  GPtrArray               *aliases;       /* of InnerAlias, by name */
  GPtrArray               *layers;        /* of InnerConfigurationLayer, lowest first */
  GPtrArray               *warnings;      /* of char *: what does not hold, and why; %NULL-terminated */
} InnerConfiguration;

/**
 * InnerConfigurationPlaces:
 *
 * Where to look, and the facts that values depend on.
 */
typedef struct {
  const char *system_file;                /* (nullable) */
  const char *user_file;                  /* (nullable) */
  InnerTrust *trust;
  const char *home;                       /* canonical */
  uid_t       uid;
  GHashTable *environment;                /* name -> value, for variables in paths */
  guint64     memory;                     /* bytes of this machine; 0 = not known */
  guint       processors;
} InnerConfigurationPlaces;

/* Reads the configuration as it holds in @directory (nullable: only the files of system and user). A
 * project's file counts when it was approved; what of it does not hold becomes a warning, and so does a
 * file that is not approved. Fails with ProfileInvalid "path:line:column: message" for a file that counts
 * and cannot be used. */
InnerConfiguration *inner_configuration_read  (const InnerConfigurationPlaces *places,
                                               const char                     *directory,
                                               GError                        **error);
void                inner_configuration_free  (InnerConfiguration *configuration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerConfiguration, inner_configuration_free)

/* How the name of the copy begins that "innerctl config edit" works on. */
#define INNER_EDITED_CONFIGURATION ".inner-edit-config"

/* Whether @path is by its name a file of a configuration and not a profile: absolute, named like the files
 * that are read or like a copy that is being edited, and not in a directory "profiles". */
gboolean            inner_configuration_is_file (const char *path);

/* Looks at one file by itself, as if it were the user's own. Gives what is wrong with it, empty when
 * nothing is; fails with ProfileNotFound when it is not there. (transfer full)
 * (element-type InnerProblem) */
GPtrArray          *inner_configuration_check (const InnerConfigurationPlaces *places,
                                               const char                     *path,
                                               GError                        **error);

G_END_DECLS
