/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * A document of a project, or one that came from elsewhere, may only narrow what the user's own
 * configuration allows, and the approval of its bytes does not change that: who reads a page of text
 * and says yes has not taken it over. Who wants all of it makes it a profile of their own (“innerctl
 * profile install”).
 */

#include "inner-profile-harden.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-expand.h"
#include "inner-profile-private.h"
#include "inner-secret-names.h"

typedef enum
{
  KEEP,
  DROP,          /* whatever it says */
  DROP_TRUE,     /* a switch that is on */
  DROP_FALSE,    /* a switch that is off */
  DROP_WORD,     /* this word */
  DROP_NETWORK,  /* both keys of the network where the mode is “host” */
  DROP_WORKDIR,  /* what is not below the directories that the user's configuration names */
  DROP_SECRETS,  /* the names in a list that speak of secrets */
  HIDE_VARIABLES /* the values of the caller's variables */
} Rule;

typedef struct
{
  InnerHardenClass class;
  Rule rule;
  const char *word;
  const char *reason;
} Row;

#define INERT                                                                                      \
  {                                                                                                \
    INNER_HARDEN_INERT, KEEP, NULL, NULL                                                           \
  }
#define SHOWN                                                                                      \
  {                                                                                                \
    INNER_HARDEN_SHOWN, KEEP, NULL, NULL                                                           \
  }
#define NARROWED(rule, word, reason)                                                               \
  {                                                                                                \
    INNER_HARDEN_NARROWED, rule, word, reason                                                      \
  }

#define VARIABLES                                                                                  \
  NARROWED (HIDE_VARIABLES, NULL,                                                                  \
            N_ ("of variables, only $HOME, $USER, $UID, ${workdir} and ${workspaces_path} hold "   \
                "here"))

/* SECURITY: each key has a decision; one that is forgotten is left out, and fails the test (attacks 64 and
 * 65; tests/unit/test-profile-harden.c walks the table). */
static const Row rows[INNER_N_KEYS] = {
  [INNER_KEY_SCHEMA_VERSION] = INERT,
  [INNER_KEY_NAME] = INERT,
  [INNER_KEY_DESCRIPTION] = INERT,
  [INNER_KEY_EXTENDS] = SHOWN,
  [INNER_KEY_WORKSPACES_PATH] =
      NARROWED (DROP, NULL, N_ ("your configuration says where workspaces are")),
  [INNER_KEY_EXPERIMENTAL] = INERT,
  [INNER_KEY_CAPABILITIES] = SHOWN,
  [INNER_KEY_SANDBOX_NETWORK] =
      NARROWED (DROP_NETWORK, NULL, N_ ("use “--network-mode host” yourself")),
  [INNER_KEY_SANDBOX_NETWORK_MODE] =
      NARROWED (DROP_NETWORK, NULL, N_ ("use “--network-mode host” yourself")),
  [INNER_KEY_SANDBOX_NETWORK_ALLOW] = SHOWN,
  [INNER_KEY_SANDBOX_NETWORK_DENY] = INERT,
  [INNER_KEY_SANDBOX_NETWORK_ASK] = INERT,
  [INNER_KEY_SANDBOX_SNI] =
      NARROWED (DROP_WORD, "allow", N_ ("server names are always compared here")),
  [INNER_KEY_SANDBOX_CLIPBOARD] =
      NARROWED (DROP_TRUE, NULL, N_ ("it never gets the display and the clipboard")),
  [INNER_KEY_SANDBOX_PID_NAMESPACE] =
      NARROWED (DROP_FALSE, NULL, N_ ("it never sees other processes")),
  [INNER_KEY_SANDBOX_ALLOW] = NARROWED (DROP, NULL, N_ ("give what it needs with “--allow”")),
  [INNER_KEY_SANDBOX_HOME] = SHOWN,
  [INNER_KEY_SANDBOX_HOME_ALLOW] = VARIABLES,
  [INNER_KEY_SANDBOX_FILESYSTEM] =
      NARROWED (DROP_WORD, "host", N_ ("it never sees the whole file system")),
  [INNER_KEY_SANDBOX_GIT_DIR] = NARROWED (DROP_WORD, "rw", N_ (".git stays guarded")),
  [INNER_KEY_SANDBOX_GUARD] = INERT,
  [INNER_KEY_SANDBOX_GUARD_ALLOW] = NARROWED (DROP, NULL, N_ ("all guarded files stay guarded")),
  [INNER_KEY_SANDBOX_GUARD_ACTION] =
      NARROWED (DROP_WORD, "report", N_ ("changes of guarded files are always taken back")),
  [INNER_KEY_SANDBOX_REQUIRE] = INERT,
  [INNER_KEY_SANDBOX_CREDENTIALS] =
      NARROWED (DROP_WORD, "host", N_ ("it never gets your credentials")),
  [INNER_KEY_SANDBOX_CGROUP_MANAGER] = INERT,
  [INNER_KEY_SANDBOX_LIMITS_MEMORY] = SHOWN,
  [INNER_KEY_SANDBOX_LIMITS_CPU] = SHOWN,
  [INNER_KEY_SANDBOX_LIMITS_PIDS] = SHOWN,
  [INNER_KEY_MOUNTS] = VARIABLES,
  [INNER_KEY_ENV_CLEARENV] = INERT,
  [INNER_KEY_ENV_INHERIT_ALL] =
      NARROWED (DROP_TRUE, NULL, N_ ("it gets only the variables that it names")),
  [INNER_KEY_ENV_INHERIT] =
      NARROWED (DROP_SECRETS, NULL, N_ ("pass what holds a secret with “-e NAME” yourself")),
  [INNER_KEY_ENV_SET] = VARIABLES,
  [INNER_KEY_ENV_PATH_PREPEND] = VARIABLES,
  [INNER_KEY_GIT_STRIP_SECTIONS] = INERT,
  [INNER_KEY_GIT_OVERRIDES] = SHOWN,
  [INNER_KEY_ENTRYPOINT_CMD] = SHOWN,
  [INNER_KEY_ENTRYPOINT_ARGS] = SHOWN,
  [INNER_KEY_ENTRYPOINT_INTERACTIVE] = INERT,
  [INNER_KEY_ENTRYPOINT_TUI] = INERT,
  [INNER_KEY_ENTRYPOINT_CURSOR_FIX] = INERT,
  [INNER_KEY_ENTRYPOINT_WORKDIR] =
      NARROWED (DROP_WORKDIR,
                NULL,
                N_ ("only what is below ${workdir} or ${workspaces_path} is taken; use “-w DIR” "
                    "yourself")),
  [INNER_KEY_ENTRYPOINT_HISTORY] = INERT,
  [INNER_KEY_WORKSPACE_DESTINATION] = INERT,
  [INNER_KEY_WORKSPACE_MODE] = INERT,
  [INNER_KEY_AGENT_STATE] = SHOWN,
  [INNER_KEY_AGENT_WRITE_BACK] =
      NARROWED (DROP_TRUE, NULL, N_ ("it never changes the login on the host")),
  [INNER_KEY_PUBLISH] = SHOWN,
  [INNER_KEY_OUTPUT_SUMMARY] = INERT,
  [INNER_KEY_OUTPUT_LOG] = NARROWED (DROP, NULL, N_ ("your configuration says where logs are")),
  [INNER_KEY_OUTPUT_TIMEOUT_SECONDS] = INERT,
  [INNER_KEY_OUTPUT_IDLE_TIMEOUT_SECONDS] = INERT,
  [INNER_KEY_NOOP_BLOCK] = SHOWN,
  [INNER_KEY_NOOP_REWRITE] = SHOWN,
  [INNER_KEY_VERIFY_CUSTOM_CHECKS] = SHOWN,
};

InnerHardenClass
inner_harden_class (InnerKey key)
{
  return rows[key].class;
}

gboolean
inner_name_is_secret (const char *name)
{
  static const char *const parts[] = { INNER_SECRET_NAME_PARTS, INNER_SECRET_NAME_PARTS_UNSURE };
  static const char *const words[] = { "PAT", "PASS", NULL };
  g_autofree char *upper = g_ascii_strup (name, -1);
  g_auto (GStrv) split = g_strsplit (upper, "_", -1);

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (upper, parts[i]) != NULL)
      return TRUE;
  for (char **word = split; *word != NULL; word++)
    if (g_strv_contains (words, *word))
      return TRUE;

  return FALSE;
}

static void
note (GPtrArray *notes, InnerKey key, const char *what)
{
  const char *name = inner_key_info (key)->name;

  if (what != NULL)
    g_ptr_array_add (notes, g_strdup_printf (_ ("%s: “%s” does not hold: %s"), name, what,
                                             _ (rows[key].reason)));
  else
    g_ptr_array_add (notes,
                     g_strdup_printf (_ ("%s does not hold: %s"), name, _ (rows[key].reason)));
}

/* Gives the names in @list that do not speak of secrets. */
static GVariant *
without_secrets (GVariant *list, GPtrArray *notes)
{
  GVariantBuilder kept;
  GVariantIter iter;
  const char *name;

  g_variant_builder_init (&kept, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "&s", &name))
    if (!inner_name_is_secret (name))
      g_variant_builder_add (&kept, "s", name);
    else
      note (notes, INNER_KEY_ENV_INHERIT, name);
  return g_variant_builder_end (&kept);
}

/* Gives @value with the references to the caller's variables taken out of all its texts. */
static GVariant *
without_variables (InnerKey key, GVariant *value, GPtrArray *notes)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    {
      g_autofree char *removed = NULL;
      char *text = inner_expand_known (g_variant_get_string (value, NULL), &removed);

      if (removed != NULL)
        note (notes, key, removed);
      return g_variant_new_take_string (text);
    }
  else
    {
      GVariantBuilder built;

      g_variant_builder_init (&built, g_variant_get_type (value));
      for (gsize i = 0; i < g_variant_n_children (value); i++)
        {
          g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

          g_variant_builder_add_value (&built, without_variables (key, child, notes));
        }
      return g_variant_builder_end (&built);
    }
}

/* Whether the text @path stays below a directory that the user's configuration or the user's own feet
 * chose. */
static gboolean
is_below_known (const char *path)
{
  static const char *const known[] = { "${workdir}", "${workspaces_path}" };
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  if (g_strv_contains ((const char *const *) parts, ".."))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (parts[0], known[i]) && strchr (path + strlen (known[i]), '$') == NULL)
      return TRUE;

  return FALSE;
}

static gboolean
is_host_network (InnerProfile *own)
{
  return g_strcmp0 (inner_profile_get_string (own, INNER_KEY_SANDBOX_NETWORK_MODE, NULL), "host") ==
         0;
}

/* An empty list or text asks for nothing. */
static gboolean
says_something (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_get_string (value, NULL)[0] != '\0';
  return g_variant_n_children (value) > 0;
}

/* Gives what of the value of @key holds; %NULL for nothing. (may be floating) */
static GVariant *
narrow (InnerProfile *own, InnerKey key, GPtrArray *notes)
{
  GVariant *value = inner_profile_peek (own, key);
  const Row *row = &rows[key];
  gboolean dropped;

  if (row->class == INNER_HARDEN_UNDECIDED)
    return NULL;
  switch (row->rule)
    {
    case KEEP:
      return value;
    case DROP_SECRETS:
      return without_secrets (value, notes);
    case HIDE_VARIABLES:
      return without_variables (key, value, notes);
    case DROP_TRUE:
      dropped = g_variant_get_boolean (value);
      break;
    case DROP_FALSE:
      dropped = !g_variant_get_boolean (value);
      break;
    case DROP_WORD:
      dropped = g_str_equal (g_variant_get_string (value, NULL), row->word);
      break;
    case DROP_NETWORK:
      dropped = is_host_network (own);
      break;
    case DROP_WORKDIR:
      dropped = !is_below_known (g_variant_get_string (value, NULL));
      break;
    case DROP:
    default:
      dropped = says_something (value);
      break;
    }

  if (!dropped)
    return value;
  /* The switch for the network only repeats the mode. */
  if (key != INNER_KEY_SANDBOX_NETWORK)
    note (notes, key, NULL);
  return NULL;
}

InnerProfile *
inner_profile_harden (InnerProfile *own, GPtrArray *notes)
{
  InnerProfile *hardened = inner_profile_new ();

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      GVariant *value;
      InnerOrigin from;

      if (!inner_profile_get_origin (own, key, &from))
        continue;
      value = narrow (own, key, notes);
      if (value != NULL)
        inner_profile_set (hardened, key, value, from.path, from.line, from.column);
    }
  inner_profile_freeze (hardened);

  return hardened;
}
