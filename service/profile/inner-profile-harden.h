/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile.h"

G_BEGIN_DECLS

/* What becomes of a key in a document that is not the user's own, though it was approved. */
typedef enum {
  INNER_HARDEN_UNDECIDED,                 /* nobody thought of it: left out; a test finds it */
  INNER_HARDEN_INERT,                     /* opens nothing: kept */
  INNER_HARDEN_SHOWN,                     /* kept; the person is shown it before the approval */
  INNER_HARDEN_NARROWED,                  /* kept but for what only the user's own profiles may say */
} InnerHardenClass;

/* What was decided about @key; tests hold the table against it. */
InnerHardenClass  inner_harden_class    (InnerKey key);

/* Gives the document @own, alone, without what only the user's own profiles may say. A sentence for each
 * thing that is left out is appended to @notes (element-type utf8). (transfer full) */
InnerProfile     *inner_profile_harden  (InnerProfile *own, GPtrArray *notes);

/* Whether the name of an environment variable says that it holds a secret: TOKEN, PASSWORD, … */
gboolean          inner_name_is_secret  (const char *name);

G_END_DECLS
