/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile-registry.h"

G_BEGIN_DECLS

/* The directories in which the user's, the administrator's and the built-in profiles lie, best
 * first; each may be %NULL. */
#define INNER_N_FIXED_DIRECTORIES 3

/**
 * InnerSearch:
 *
 * One directory of the search path as it is now.
 */
typedef struct {
  char      *path;                        /* canonical */
  InnerScope scope;
  gboolean   ours;                        /* nobody else may write to it */
} InnerSearch;

/* Gives the directories that are there, best match first: those of projects from @directory
 * (nullable) up to the root, then @fixed. (transfer full) (element-type InnerSearch) */
GPtrArray   *inner_search_path         (const char *const *fixed, const char *directory);

/* Gives the path of the document of the profile @name in @directory, or %NULL when there is none;
 * TOML before XML. A file that is there and cannot be read counts. (transfer full) */
char        *inner_search_lookup       (const InnerSearch *directory, const char *name);

/* Gives the paths of all documents in @directory, by name, TOML before XML. At most
 * INNER_SEARCH_MAX_FILES. (transfer full) (element-type filename) */
GPtrArray   *inner_search_list         (const InnerSearch *directory);

#define INNER_SEARCH_MAX_FILES 4096

G_END_DECLS
