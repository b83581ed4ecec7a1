/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What a profile may ask for that this version does not carry out.
 *
 * SECURITY: a key that restricts, or that promises what we would not deliver, is refused (attack 106;
 * tests/unit/test-plan.c walks this table). The table shrinks as the features arrive.
 */

#include <glib/gi18n.h>

#include "inner-error.h"
#include "inner-init-protocol.h"
#include "inner-plan-private.h"

typedef enum
{
  IS_TRUE,
  IS_OTHER_THAN,
  IS_WORD,
  IS_POSITIVE,
} Test;

typedef struct
{
  InnerKey key;
  Test test;
  const char *word;
  const char *sentence;
} OutOfScope;

static const OutOfScope out_of_scope[] = {
  { INNER_KEY_EXPERIMENTAL, IS_TRUE, NULL,
    N_ ("the profile is marked experimental and is not run") },
  { INNER_KEY_WORKSPACE_MODE, IS_WORD, "worktree",
    N_ ("this version makes no worktrees; use “copy”, or make one with git and give it as the "
        "workspace") },
  { INNER_KEY_WORKSPACE_MODE, IS_WORD, "overlay",
    N_ ("this version makes no overlays; use “copy”") },
};

static gboolean
applies (InnerProfile *profile, const OutOfScope *row)
{
  if (!inner_profile_has (profile, row->key))
    return FALSE;

  switch (row->test)
    {
    case IS_TRUE:
      return inner_profile_get_bool (profile, row->key, FALSE);
    case IS_OTHER_THAN:
      return !g_str_equal (inner_profile_get_string (profile, row->key, row->word), row->word);
    case IS_WORD:
      return g_str_equal (inner_profile_get_string (profile, row->key, ""), row->word);
    case IS_POSITIVE:
      return inner_profile_get_integer (profile, row->key, 0) > 0;
    default:
      g_assert_not_reached ();
    }
}

static void
warn (InnerPlanning *planning, const char *name, const char *sentence)
{
  g_autofree char *text = g_strdup_printf ("%s: %s", name, sentence);

  g_strv_builder_add (planning->warnings, text);
}

/* "require" names layers that must be in force; a layer we do not know cannot be promised. */
static gboolean
check_required_layers (InnerPlanning *planning, GError **error)
{
  const char *const *layers = inner_profile_get_list (planning->profile, INNER_KEY_SANDBOX_REQUIRE);

  for (; *layers != NULL; layers++)
    {
      gboolean present =
          /* Limits were looked at one by one. */
          g_str_equal (*layers, "limits") || g_str_equal (*layers, "namespaces") ||
          g_str_equal (*layers, "seccomp") ||
          (g_str_equal (*layers, "landlock") && planning->plan->host->landlock_abi > 0) ||
          (g_str_equal (*layers, "sockets") &&
           planning->plan->host->landlock_abi >= INNER_LANDLOCK_SOCKETS_ABI);

      if (present)
        continue;
      g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                   _ ("Profile “%s” requires the layer “%s”, which this machine or version does "
                      "not have; see “innerctl doctor”"),
                   planning->plan->profile, *layers);
      return FALSE;
    }

  if (planning->plan->host->landlock_abi == 0)
    warn (planning, "landlock", _ ("the kernel has no Landlock, so that layer is missing"));
  if (planning->plan->host->keeps_hostname)
    warn (
        planning, "hostname",
        _ ("a filter of system calls around this container forbids other names for the machine, so "
           "the sandbox sees its name"));
  return TRUE;
}

/* What sandboxes log in with by themselves has to stay somewhere. */
static gboolean
check_credentials (InnerPlanning *planning, GError **error)
{
  InnerProfile *profile = planning->profile;

  if (g_strcmp0 (inner_profile_get_string (profile, INNER_KEY_SANDBOX_CREDENTIALS, NULL),
                 "sandbox") != 0 ||
      g_strcmp0 (inner_profile_get_string (profile, INNER_KEY_SANDBOX_HOME, NULL), "persistent") ==
          0)
    return TRUE;

  g_set_error (
      error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
      _ ("Profile “%s”: credentials = \"sandbox\" keeps the logins of the sandbox in its own "
         "home; add home = \"persistent\""),
      planning->plan->profile);
  return FALSE;
}

gboolean
inner_planning_check_scope (InnerPlanning *planning, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (out_of_scope); i++)
    {
      const OutOfScope *row = &out_of_scope[i];
      const char *name = inner_key_info (row->key)->name;

      if (!applies (planning->profile, row))
        continue;
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                   _ ("Profile “%s” cannot run: %s: %s"), planning->plan->profile, name,
                   _ (row->sentence));
      return FALSE;
    }

  return check_credentials (planning, error) && check_required_layers (planning, error);
}
