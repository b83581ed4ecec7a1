/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile.h"
#include "inner-trust.h"

G_BEGIN_DECLS

/* Where a document was found. Only the last three are trusted by themselves. */
typedef enum {
  INNER_SCOPE_PATH,                       /* named by its path */
  INNER_SCOPE_PROJECT,
  INNER_SCOPE_USER,
  INNER_SCOPE_SYSTEM,
  INNER_SCOPE_BUILTIN,
} InnerScope;

/* The word for @scope on the bus and for people: "project", "user", … */
const char         *inner_scope_to_string            (InnerScope scope);

/* One document that takes part in a profile. */
typedef struct {
  char       *path;
  InnerScope  scope;
  gboolean    trusted;                    /* by its place, or approved */
  char       *digest;                     /* SHA-256 of its bytes */
} InnerProfilePart;

/**
 * InnerProfileEntry:
 * @trusted: each document that takes part is trusted by its place or was approved
 * @foreign: one of them is not trusted by its place, so that @usable is hardened
 * @own: the document alone
 * @effective: with what it extends, nothing hardened
 * @usable: what a sandbox is made of: the same with each foreign document hardened before it was merged
 * @notes: what of the foreign documents does not hold in @usable, a sentence each
 * @parts: the document and all it extends, each once
 * @error: why it cannot be used
 *
 * What the registry knows of one document on the search path. The profiles are %NULL where there is an
 * error.
 */
typedef struct {
  char         *name;
  char         *path;
  InnerScope    scope;
  gboolean      shadowed;
  gboolean      trusted;
  gboolean      foreign;
  InnerProfile *own;
  InnerProfile *effective;
  InnerProfile *usable;
  GPtrArray    *notes;                    /* (element-type utf8) */
  GPtrArray    *parts;                    /* (element-type InnerProfilePart) */
  GError       *error;
} InnerProfileEntry;

void                inner_profile_entry_unref        (InnerProfileEntry *entry);   /* entries are reference counted boxes (g_rc_box) */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerProfileEntry, inner_profile_entry_unref)

/**
 * InnerProfileRegistry:
 *
 * Finds, reads, merges and remembers profiles. A document is read again only when its device,
 * inode, size or change time differ from those of the reading that is remembered, so that a start
 * costs a few stat() calls.
 */
typedef struct _InnerProfileRegistry InnerProfileRegistry;

/* The directories, each may be %NULL. @home is the caller's home directory, for "~". @trust (nullable) is
 * borrowed for as long as the registry lives; without it nothing is approved. */
InnerProfileRegistry *inner_profile_registry_new     (const char *user_directory,      /* $XDG_CONFIG_HOME/inner/profiles */
                                                      const char *system_directory,    /* /etc/inner/profiles */
                                                      const char *builtin_directory,   /* $datadir/inner/profiles */
                                                      const char *schema_path,         /* inner-profile.rng */
                                                      const char *home,
                                                      InnerTrust *trust);
void                inner_profile_registry_free      (InnerProfileRegistry *registry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerProfileRegistry, inner_profile_registry_free)

/* All documents on the search path from @directory (nullable), best match first; shadowed ones
 * and unreadable ones are in the list too. (transfer full) (element-type InnerProfileEntry) */
GPtrArray          *inner_profile_registry_list      (InnerProfileRegistry *registry, const char *directory);

/* The profile that @name stands for: an absolute path, or a name looked up along the search path
 * from @directory (nullable). Fails with ProfileNotFound (with “did you mean”), ProfileInvalid
 * (message begins with path:line:column:). Does not refuse untrusted documents: the caller does. */
InnerProfileEntry  *inner_profile_registry_find      (InnerProfileRegistry *registry,
                                                      const char           *name,
                                                      const char           *directory,
                                                      GError              **error);

/* Where the user's own are; (nullable) (transfer none). */
const char         *inner_profile_registry_get_user_directory (InnerProfileRegistry *registry);

/* Gives @profile as a document in @format ("toml" or "xml"). */
char               *inner_profile_write              (InnerProfile *profile, const char *format);

G_END_DECLS
