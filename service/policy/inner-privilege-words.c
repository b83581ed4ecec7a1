/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-privilege-words.h"

#include "inner-privileges.h"

/* What “credentials = "host"” puts back: what programs log in with when they fetch, push and publish. Not the
 * clouds, keyrings and browsers: whoever wants those names them in `allow`. */
static const char *const host_credentials[] = {
  "ssh-keys", "git-credentials", "netrc",          "gh-config",         "glab-config", "npmrc",
  "pypirc",   "docker-config",   "maven-settings", "gradle-properties", NULL,
};
static const char *const clipboard[] = { INNER_PRIVILEGE_DISPLAY, NULL };
static const char *const environment[] = { INNER_PRIVILEGE_INHERIT_ENVIRONMENT, NULL };
static const char *const unguarded[] = { INNER_PRIVILEGE_UNGUARDED_WORKSPACE, NULL };

/* A key that takes privileges as if they were named in `allow`. */
typedef struct
{
  InnerKey key;
  const char *word; /* NULL: true, or not empty */
  const char *const *words;
} Row;

static const Row opening[] = {
  { INNER_KEY_SANDBOX_CREDENTIALS, "host", host_credentials },
  { INNER_KEY_SANDBOX_CLIPBOARD, NULL, clipboard },
};

static const Row needing[] = {
  { INNER_KEY_ENV_INHERIT_ALL, NULL, environment },
  { INNER_KEY_SANDBOX_GIT_DIR, "rw", unguarded },
  { INNER_KEY_SANDBOX_GUARD_ALLOW, NULL, unguarded },
};

static gboolean
applies (InnerProfile *profile, const Row *row)
{
  if (row->word != NULL)
    return g_strcmp0 (inner_profile_get_string (profile, row->key, NULL), row->word) == 0;
  if (inner_key_info (row->key)->type == INNER_VALUE_LIST)
    return inner_profile_get_list (profile, row->key)[0] != NULL;
  return inner_profile_get_bool (profile, row->key, FALSE);
}

static void
add_words (GPtrArray *all, const char *const *words)
{
  for (; *words != NULL; words++)
    if (!g_ptr_array_find_with_equal_func (all, *words, g_str_equal, NULL))
      g_ptr_array_add (all, (gpointer) *words);
}

static void
add_rows (GPtrArray *all, InnerProfile *profile, const Row *rows, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (applies (profile, &rows[i]))
      add_words (all, rows[i].words);
}

GPtrArray *
inner_privilege_words_of (InnerProfile *profile)
{
  GPtrArray *words = g_ptr_array_new ();

  add_words (words, inner_profile_get_list (profile, INNER_KEY_SANDBOX_ALLOW));
  add_rows (words, profile, opening, G_N_ELEMENTS (opening));
  return words;
}

GPtrArray *
inner_privilege_needs_of (InnerProfile *profile)
{
  GPtrArray *privileges = g_ptr_array_new ();

  add_rows (privileges, profile, needing, G_N_ELEMENTS (needing));
  return privileges;
}
