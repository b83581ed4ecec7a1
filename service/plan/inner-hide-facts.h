/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-host.h"
#include "inner-sensitive.h"

G_BEGIN_DECLS

/* One name under which something of the sensitive table can be reached on this machine: the name that the table
 * has, the target of a link there, or a place where a bind mount shows it again. */
typedef struct {
  const InnerSensitive *thing;
  char                 *path;             /* canonical, but for its last component */
  gboolean              named;            /* the table has this very path */
  InnerFileType         type;             /* of what is there itself; INNER_FILE_SYMLINK: of a link that leads nowhere */
  guint64               device;
  guint64               inode;
  guint                 links;
} InnerHiddenFact;

/* What stands in a directory, in the order of names. */
typedef struct {
  char          *name;
  char          *link_target;             /* of a link */
  InnerFileType  type;
  int            fd;                      /* O_PATH, owned; -1: is mounted by path */
} InnerListed;

void              inner_hidden_fact_free      (InnerHiddenFact *fact);

/* Looks at everything that the sensitive table names, wherever it can be reached, and at what stands in the directories
 * that were looked at and hold something of the table in the home directory. */
void              inner_host_look_at_hidden   (InnerHost *host);

/* For tests. The returned facts belong to @host. */
InnerHiddenFact  *inner_host_add_hidden       (InnerHost            *host,
                                               const InnerSensitive *thing,
                                               const char           *path,
                                               InnerFileType         type);
GPtrArray        *inner_host_add_listing      (InnerHost *host, const char *directory);
void              inner_listing_add           (GPtrArray *listing, const char *name, InnerFileType type,
                                               const char *link_target);

/* What stands in @directory (of InnerListed), %NULL if that was not looked at or cannot be read. */
const GPtrArray  *inner_host_listing          (const InnerHost *host, const char *directory);

/* Whether @path holds a place, below the home directory, that the table names and that is not only a matter of
 * policy: then it is not mounted as a whole. */
gboolean          inner_holds_hidden          (const InnerHost *host, const char *path);

G_END_DECLS
