/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What variables stand for in the values of profiles and in the words of “--env” and “--mount”. Strings may be %NULL: not
 * known here. */
typedef struct {
  const char *home;
  uid_t       uid;
  GHashTable *environment;                /* (nullable): name -> value, the caller's */
  const char *workdir;                    /* ${workdir}: where the caller stands */
  const char *workspaces_path;
} InnerExpansion;

/* Gives @text with a leading "~", $NAME and ${NAME} replaced. $UID is always the numeric user id;
 * an undefined variable becomes empty. Fails with ProfileInvalid where ${workdir},
 * ${workspaces_path} or "~" is used and not known, and for an unterminated "${". (transfer full) */
char *inner_expand (const char *text, const InnerExpansion *facts, GError **error);

/* Bytes of the reference to a variable at @text, which begins with "$"; 0 when none stands there. */
gsize inner_expand_reference_length (const char *text);

/* Gives @text with every reference to a variable taken out but $HOME, $USER, $UID, ${workdir} and
 * ${workspaces_path}, still to be expanded. *@removed is the first one that was taken out, %NULL for none.
 * (transfer full) */
char *inner_expand_known (const char *text, char **removed);

G_END_DECLS
