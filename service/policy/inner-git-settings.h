/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One setting of git: @key is "section.key" or "section.subsection.key", section and key in lower case as git prints
 * them; @value is %NULL for a key without one. */
typedef struct {
  char *key;
  char *value;
} InnerGitValue;

/* An array that owns what is in it. */
GPtrArray *inner_git_values_new        (void);
void       inner_git_values_add        (GPtrArray *values, const char *key, const char *value);

/* Gives @key with section and last part in lower case, as git compares them. (transfer full) */
char      *inner_git_key_normalize     (const char *key);

/* Whether a setting of the person's own may go into a sandbox. */
gboolean   inner_git_setting_is_kept   (const char *key, const char *value);

/* Whether @name ("section", "section.key" or "section.subsection") means the setting @key. */
gboolean   inner_git_name_matches      (const char *name, const char *key);

/* Gives a configuration file that says @values, as git reads it. (transfer full) */
char      *inner_git_values_write      (const GPtrArray *values);

G_END_DECLS
