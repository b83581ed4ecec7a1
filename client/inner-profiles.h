/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the verbs of “innerctl profile” share: the own directory of profiles, and what the service
 * says of profiles. */

#include "inner-client.h"

G_BEGIN_DECLS

/* $XDG_CONFIG_HOME/inner/@name. (transfer full) */
char     *inner_own_path        (const char *name);

/* Whether @format is "toml" or "xml"; fails with a sentence. */
gboolean  inner_check_format       (const char *format, GError **error);

/* Gives the path at which the person's own profile @name is written in @format; the directory is made if it
 * is missing. Fails with a sentence for what cannot be the name of a profile, for one that exists (unless
 * @force), and for one that exists in the other notation (always). (transfer full) */
char     *inner_own_profile_path   (const char *name, const char *format, gboolean force,
                                    GError **error);

/* The answers of the service, see org.inner.Sandbox.xml. @word is a name or an absolute path, "" for the
 * default profile. (transfer full) */
GVariant *inner_profiles_list      (InnerConnection *connection, GError **error);
GVariant *inner_profile_describe   (InnerConnection *connection, const char *word, const char *format,
                                    GError **error);

/* The answer of ValidateProfile, for the variables that are set here. (transfer full) */
GVariant *inner_profile_validate   (InnerConnection *connection, const char *word, GError **error);

/* Says what is wrong with the document at @path, errors and warnings, with @shown in the place of its path.
 * Fails with ProfileInvalid when it cannot be used. @warnings (out) (optional): the messages of the
 * warnings. */
gboolean  inner_profile_check      (InnerConnection *connection, const char *path, const char *shown,
                                    GStrv *warnings, GError **error);

/* Prints the result of a verb: the path, or JSON with the name and the path. */
void      inner_print_profile      (gboolean json, const char *name, const char *path);

G_END_DECLS
