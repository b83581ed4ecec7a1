/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-harden.h"
#include "test-profile-common.h"

/* What a document that is not the user's own may say and may not, key by key. */

static void
test_every_key_is_decided (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (inner_harden_class (key) == INNER_HARDEN_UNDECIDED)
      g_error ("nobody decided about %s", inner_key_info (key)->name);
}

typedef struct
{
  InnerKey key;
  const char *document;
  const char *left; /* of the key; "-" for nothing */
  const char *note; /* a part of the only note; NULL for none */
} Case;

static const Case narrowed[] = {
  { INNER_KEY_WORKSPACES_PATH, "workspaces_path = '~/w'", "-", "workspaces_path" },
  { INNER_KEY_SANDBOX_NETWORK_MODE, "[sandbox]\nnetwork_mode = 'host'", "-", "network_mode" },
  { INNER_KEY_SANDBOX_NETWORK, "[sandbox]\nnetwork_mode = 'host'", "-", "network_mode" },
  { INNER_KEY_SANDBOX_SNI, "[sandbox]\nsni = 'allow'", "-", "sni" },
  { INNER_KEY_SANDBOX_CLIPBOARD, "[sandbox]\nclipboard = true", "-", "clipboard" },
  { INNER_KEY_SANDBOX_PID_NAMESPACE, "[sandbox]\npid_namespace = false", "-", "pid_namespace" },
  { INNER_KEY_SANDBOX_ALLOW, "[sandbox]\nallow = ['podman-socket']", "-", "--allow" },
  { INNER_KEY_SANDBOX_HOME_ALLOW, "[sandbox]\nhome_allow = ['$SECRET/x', '$HOME/y']",
    "['/x', '$HOME/y']", "$SECRET" },
  { INNER_KEY_SANDBOX_FILESYSTEM, "[sandbox]\nfilesystem = 'host'", "-", "filesystem" },
  { INNER_KEY_SANDBOX_GIT_DIR, "[sandbox]\ngit_dir = 'rw'", "-", "git_dir" },
  { INNER_KEY_SANDBOX_GUARD_ALLOW, "[sandbox]\nguard_allow = ['.envrc']", "-", "guard_allow" },
  { INNER_KEY_SANDBOX_GUARD_ACTION, "[sandbox]\nguard_action = 'report'", "-", "guard_action" },
  { INNER_KEY_SANDBOX_CREDENTIALS, "[sandbox]\ncredentials = 'host'", "-", "credentials" },
  { INNER_KEY_MOUNTS, "[mounts]\n'${KEYS}/a' = { dest = '/a$X', mode = 'ro' }",
    "[('/a', '/a', 'ro')]", "${KEYS}" },
  { INNER_KEY_ENV_INHERIT_ALL, "[env]\ninherit_all = true", "-", "inherit_all" },
  { INNER_KEY_ENV_INHERIT, "[env]\ninherit = ['LANG', 'GH_TOKEN', 'TERM']", "['LANG', 'TERM']",
    "GH_TOKEN" },
  { INNER_KEY_ENV_SET, "[env.set]\nA = 'x${TOKEN}y'\nB = '$UID ${workdir}'",
    "{'A': 'xy', 'B': '$UID ${workdir}'}", "${TOKEN}" },
  { INNER_KEY_ENV_PATH_PREPEND, "[env]\npath_prepend = ['$EVIL/bin']", "['/bin']", "$EVIL" },
  { INNER_KEY_ENTRYPOINT_WORKDIR, "[entrypoint]\nworkdir = '~'", "-", "workdir" },
  { INNER_KEY_ENTRYPOINT_WORKDIR, "[entrypoint]\nworkdir = '${workspaces_path}/../.ssh'", "-",
    "workdir" },
  { INNER_KEY_ENTRYPOINT_WORKDIR, "[entrypoint]\nworkdir = '${workdir}x'", "-", "workdir" },
  { INNER_KEY_ENTRYPOINT_WORKDIR, "[entrypoint]\nworkdir = '${workdir}/$X'", "-", "workdir" },
  { INNER_KEY_AGENT_WRITE_BACK, "[agent]\nwrite_back = true", "-", "write_back" },
  { INNER_KEY_OUTPUT_LOG, "[output]\nlog = '~/log'", "-", "output.log" },
};

static const Case kept[] = {
  { INNER_KEY_SANDBOX_NETWORK_MODE, "[sandbox]\nnetwork_mode = 'open'", "'open'", NULL },
  { INNER_KEY_SANDBOX_SNI, "[sandbox]\nsni = 'require'", "'require'", NULL },
  { INNER_KEY_SANDBOX_CLIPBOARD, "[sandbox]\nclipboard = false", "false", NULL },
  { INNER_KEY_SANDBOX_PID_NAMESPACE, "[sandbox]\npid_namespace = true", "true", NULL },
  { INNER_KEY_SANDBOX_ALLOW, "[sandbox]\nallow = []", "[]", NULL },
  { INNER_KEY_SANDBOX_HOME_ALLOW, "[sandbox]\nhome_allow = ['~/x', '5$ or $$']",
    "['~/x', '5$ or $$']", NULL },
  { INNER_KEY_SANDBOX_FILESYSTEM, "[sandbox]\nfilesystem = 'private'", "'private'", NULL },
  { INNER_KEY_SANDBOX_GIT_DIR, "[sandbox]\ngit_dir = 'ro'", "'ro'", NULL },
  { INNER_KEY_SANDBOX_GUARD_ACTION, "[sandbox]\nguard_action = 'revert'", "'revert'", NULL },
  { INNER_KEY_SANDBOX_CREDENTIALS, "[sandbox]\ncredentials = 'none'", "'none'", NULL },
  { INNER_KEY_ENV_INHERIT_ALL, "[env]\ninherit_all = false", "false", NULL },
  { INNER_KEY_ENV_INHERIT, "[env]\ninherit = ['PATH', 'COMPASS', 'PATTERN']",
    "['PATH', 'COMPASS', 'PATTERN']", NULL },
  { INNER_KEY_ENTRYPOINT_WORKDIR, "[entrypoint]\nworkdir = '${workspaces_path}/app'",
    "'${workspaces_path}/app'", NULL },
  { INNER_KEY_ENTRYPOINT_WORKDIR, "[entrypoint]\nworkdir = '${workdir}'", "'${workdir}'", NULL },
  { INNER_KEY_AGENT_WRITE_BACK, "[agent]\nwrite_back = false", "false", NULL },
  { INNER_KEY_ENTRYPOINT_CMD, "[entrypoint]\ncmd = 'x $Y'", "'x $Y'", NULL },
};

static void
check (const Case *row)
{
  g_autoptr (InnerProfile) own = toml (row->document);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (InnerProfile) hardened = inner_profile_harden (own, notes);

  assert_value (hardened, row->key, row->left);
  if (row->note == NULL)
    {
      g_assert_cmpuint (notes->len, ==, 0);
      return;
    }
  g_assert_cmpuint (notes->len, >=, 1);
  if (strstr (notes->pdata[0], row->note) == NULL)
    g_error ("“%s” does not speak of %s", (char *) notes->pdata[0], row->note);
}

static void
test_what_is_left_out (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (narrowed); i++)
    check (&narrowed[i]);
}

static void
test_what_is_kept (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    check (&kept[i]);
}

/* A key that is said to be narrowed has a case above in which something of it is left out, and no other
 * key has one. */
static void
test_classes_are_what_they_say (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      gboolean found = FALSE;

      for (gsize i = 0; i < G_N_ELEMENTS (narrowed); i++)
        found = found || narrowed[i].key == key;
      if (found != (inner_harden_class (key) == INNER_HARDEN_NARROWED))
        g_error ("%s is not what its class says", inner_key_info (key)->name);
    }
}

/* The document of tests with everything in it loses nothing but what the table says. */
static void
test_everything_else_stays (void)
{
  g_autofree char *path = source_file ("tests/unit/profile/everything.toml");
  g_autofree char *text = NULL;
  g_autoptr (InnerProfile) own = NULL;
  g_autoptr (InnerProfile) hardened = NULL;
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  own = toml (text);
  hardened = inner_profile_harden (own, notes);
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (inner_harden_class (key) != INNER_HARDEN_NARROWED)
      {
        g_autofree char *before = print_value (own, key);

        assert_value (hardened, key, before);
      }
}

static void
test_secret_names (void)
{
  static const char *const secret[] = { "GITHUB_TOKEN",
                                        "my_secret",
                                        "PGPASSWORD",
                                        "DB_PASSWD",
                                        "AWS_CREDENTIAL_FILE",
                                        "API_KEY",
                                        "SSH_AUTH_SOCK",
                                        "DBUS_SESSION_BUS_ADDRESS",
                                        "PRIVATE_X",
                                        "COOKIE_JAR",
                                        "SENTRY_DSN",
                                        "DATABASE_URL",
                                        "X_CONNECTION_STRING",
                                        "GITLAB_PAT",
                                        "PAT",
                                        "DB_PASS",
                                        "Pass_Word" };
  static const char *const plain[] = {
    "HOME", "PATH", "PATH_PATTERN", "COMPASS", "BYPASS", "LANG"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (secret); i++)
    if (!inner_name_is_secret (secret[i]))
      g_error ("%s", secret[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (plain); i++)
    if (inner_name_is_secret (plain[i]))
      g_error ("%s", plain[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/harden/every-key-is-decided", test_every_key_is_decided);
  g_test_add_func ("/harden/left-out", test_what_is_left_out);
  g_test_add_func ("/harden/kept", test_what_is_kept);
  g_test_add_func ("/harden/classes", test_classes_are_what_they_say);
  g_test_add_func ("/harden/everything-else", test_everything_else_stays);
  g_test_add_func ("/harden/secret-names", test_secret_names);
  return g_test_run ();
}
