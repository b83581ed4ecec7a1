/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  INNER_SENSITIVE_DIRECTORY,
  INNER_SENSITIVE_FILE,
  INNER_SENSITIVE_SOCKET,
  INNER_SENSITIVE_POLICY,                 /* the host acts on what stands there: never writable */
} InnerSensitiveKind;

/**
 * InnerSensitive:
 * @key: the word for it; several rows may share one
 * @kind: what it is, and so how it is hidden and probed
 * @path: absolute, perhaps ending with `%u` (number of the user whom the service works for), or beginning
 *   with `~` (home directory), `%t` ($XDG_RUNTIME_DIR), or `%c`, `%d`, `%k` or `%s` (the directories for
 *   configuration, data, caches and state of the service itself)
 * @privilege: (nullable): key of the privilege that opens it; %NULL: nothing does
 * @description: what it is, for people (translatable)
 */
typedef struct {
  const char        *key;
  InnerSensitiveKind kind;
  const char        *path;
  const char        *privilege;
  const char        *description;
} InnerSensitive;

/* The one table of things that a sandbox gets only on purpose; the last row has the key %NULL. */
extern const InnerSensitive inner_sensitive_things[];

/* Gives the absolute path of @thing, or %NULL if it lies in a run-time directory that there is not
 * (@runtime_dir is %NULL). (transfer full) */
char     *inner_sensitive_expand      (const InnerSensitive *thing,
                                       const char           *home,
                                       const char           *runtime_dir);

/* The same for @thing, a row of the table, remembered until the process ends (transfer none); from any thread. */
const char *inner_sensitive_path      (const InnerSensitive *thing,
                                       const char           *home,
                                       const char           *runtime_dir);

/* The absolute @path without ".", ".." and double slashes; links are not looked at. (transfer full) */
char     *inner_sensitive_canonicalize (const char *path);

/* Whether @thing, which is at @path, is a secret in the home directory: what a directory below @home may hold, because it
 * is shown without it. The home itself, what is above it and what holds services is no directory to mount. */
gboolean  inner_sensitive_is_in_home  (const InnerSensitive *thing,
                                       const char           *path,
                                       const char           *home);

/* Whether @source, an absolute path without symbolic links, may be mounted into a sandbox: it must not be a sensitive
 * thing, lie in one or hold one; but a directory below @home may hold secrets, which the plan then hides. Pure: whether the thing exists does not matter,
 * so that it cannot appear later. @runtime_dir is nullable. Fails with INNER_ERROR_MOUNT_REFUSED. */
gboolean  inner_sensitive_check_mount (const char           *source,
                                       gboolean              writable,
                                       const char           *home,
                                       const char           *runtime_dir,
                                       GError              **error);

/* Whether one of the words in @allow (nullable), those of a profile and a request, opens @thing. */
gboolean  inner_sensitive_is_opened   (const InnerSensitive *thing,
                                       const char *const    *allow);

/* The same as inner_sensitive_check_mount() for a sandbox whose words are @allow (nullable): read-only, what
 * they open of files and directories may be mounted. */
gboolean  inner_sensitive_check_mount_allowing (const char         *source,
                                                gboolean            writable,
                                                const char         *home,
                                                const char         *runtime_dir,
                                                const char *const  *allow,
                                                GError            **error);

/* Whether @path, canonical, is in the table a socket that the words in @allow (nullable) open. */
gboolean  inner_sensitive_is_socket_of (const char         *path,
                                        const char         *home,
                                        const char         *runtime_dir,
                                        const char *const  *allow);

/* Whether the socket @path, canonical, may be given to a sandbox whose words are @allow: the narrowest row
 * that it belongs to is opened, or there is none. Fails with INNER_ERROR_MOUNT_REFUSED. */
gboolean  inner_sensitive_check_socket (const char         *path,
                                        const char         *home,
                                        const char         *runtime_dir,
                                        const char *const  *allow,
                                        GError            **error);

/* Whether @path is @directory or lies in it; both canonical. */
gboolean  inner_path_is_within        (const char           *path,
                                       const char           *directory);

G_END_DECLS
