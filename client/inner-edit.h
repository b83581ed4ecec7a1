/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

typedef enum {
  INNER_EDIT_FAILED,
  INNER_EDIT_UNCHANGED,
  INNER_EDIT_INSTALLED,
} InnerEdit;

/* Whether the file @path can be used, telling what is wrong with it; fails with a sentence
 * (INNER_ERROR_PROFILE_INVALID for what the person can mend). */
typedef gboolean (*InnerEditCheck) (const char *path, gpointer data, GError **error);

/**
 * InnerEditing:
 *
 * A file that a person edits. All that it points to belongs to the caller.
 */
typedef struct {
  const char     *path;
  GBytes         *original;               /* what is there; NULL: nothing yet */
  GBytes         *text;                   /* what the editor finds when nothing is there */
  mode_t          mode;                   /* of what is installed */
  const char     *copies;                 /* how the names of the copies begin, see inner_draft_new_as() */
  const char     *aside;                  /* what is not installed is kept here */
  InnerEditCheck  check;
  gpointer        data;                   /* for @check */
} InnerEditing;

/* Has the person edit a copy beside the file until @check has nothing against it or they give up, and puts it
 * in the file's place unless that was changed meanwhile. What is not installed is kept aside. Says what
 * happened. Fails with a sentence. */
InnerEdit inner_edit (const InnerEditing *editing, GError **error);

G_END_DECLS
