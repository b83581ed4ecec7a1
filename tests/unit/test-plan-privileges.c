/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-bwrap.h"
#include "test-plan-fixture.h"

/*
 * What each word of `allow` does to a plan: the privileges that polkit is asked for, what is mounted, and the
 * variables. Each test describes the machine; nothing is looked at.
 */

#define RUNTIME "/run/user/1000"

static InnerHost *
make_host (void)
{
  InnerHost *host = new_host ();

  host->runtime_dir = g_strdup (RUNTIME);
  host->hostname = g_strdup ("engine");
  host->bus_proxy = g_strdup ("/usr/bin/xdg-dbus-proxy");
  inner_host_add_fact (host->base, NULL, "/usr", INNER_FILE_DIRECTORY, "/usr");
  return host;
}

/* @files: lines of “socket PATH”, “file PATH” or “directory PATH”, perhaps with “ -> CANONICAL”. */
static void
add_files (InnerHost *host, const char *files)
{
  g_auto (GStrv) lines = g_strsplit (files, "\n", -1);

  for (char **line = lines; *line != NULL && **line != '\0'; line++)
    {
      g_auto (GStrv) words = g_strsplit (*line, " ", -1);
      InnerFileType type = words[0][0] == 's'   ? INNER_FILE_SOCKET
                           : words[0][0] == 'f' ? INNER_FILE_REGULAR
                                                : INNER_FILE_DIRECTORY;

      inner_host_add_fact (NULL, host->paths, words[1], type,
                           words[2] != NULL ? words[3] : words[1]);
    }
}

static void
add_missing (InnerHost *host, GPtrArray *paths)
{
  for (guint i = 0; i < paths->len; i++)
    if (!g_hash_table_contains (host->paths, paths->pdata[i]))
      inner_host_add_fact (NULL, host->paths, paths->pdata[i], INNER_FILE_MISSING, NULL);
}

/* Plans for a machine with @files and a caller with @variables (NAME=VALUE lines). */
static InnerPlan *
plan_for (InnerKey key,
          const char *value,
          const char *options,
          const char *variables,
          const char *files,
          GError **error)
{
  g_autoptr (InnerProfile) profile = inner_profile_new ();
  g_autoptr (GVariant) parsed = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);
  g_autoptr (InnerRequest) request = inner_request_new (parsed, NULL, NULL);
  g_auto (GStrv) lines = g_strsplit (variables, "\n", -1);
  g_autoptr (GPtrArray) paths = NULL;
  InnerHost *host = make_host ();

  g_assert_nonnull (request);
  inner_profile_set (profile, INNER_KEY_NAME, g_variant_new_string ("test"), NULL, 0, 0);
  inner_profile_set (profile, INNER_KEY_ENTRYPOINT_CMD, g_variant_new_string ("sh"), NULL, 0, 0);
  if (value != NULL)
    inner_profile_set (profile, key, g_variant_new_parsed (value), NULL, 0, 0);
  for (char **line = lines; *line != NULL && **line != '\0'; line++)
    {
      char *equals = strchr (*line, '=');

      *equals = '\0';
      g_hash_table_insert (request->caller_environment, g_strdup (*line), g_strdup (equals + 1));
    }
  add_files (host, files);
  paths = inner_plan_paths (request, profile, host);
  add_missing (host, paths);
  return inner_plan_new (request, profile, "/p.toml", host, error);
}

static InnerPlan *
plan_word (const char *word, const char *variables, const char *files, GError **error)
{
  g_autofree char *options = g_strdup_printf ("{'allow': <['%s']>}", word);

  return plan_for (INNER_KEY_NAME, NULL, options, variables, files, error);
}

/* What was opened, a line each: kind, source, destination; then the variables that are not of every plan. */
static char *
describe (const InnerPlan *plan)
{
  GString *text = g_string_new (NULL);

  for (char **key = plan->privileges; *key != NULL; key++)
    g_string_append_printf (text, "%s%s", key == plan->privileges ? "" : " ", *key);
  g_string_append_c (text, '\n');
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (g_str_equal (mount->reason, "privilege"))
        g_string_append_printf (text, "%s %s %s\n", inner_mount_kind_to_string (mount->kind),
                                mount->source != NULL ? mount->source : "-", mount->destination);
    }
  for (char **entry = plan->environment; *entry != NULL; entry++)
    if (!g_str_has_prefix (*entry, "HOME=") && !g_str_has_prefix (*entry, "PATH="))
      g_string_append_printf (text, "%s\n", *entry);
  return g_string_free (text, FALSE);
}

static const struct
{
  const char *word;
  const char *variables;
  const char *files;
  const char *plan; /* NULL = refused */
} words[] = {
  { "podman-socket", "", "socket " RUNTIME "/podman/podman.sock",
    "podman-socket\ntmpfs - " RUNTIME "\nro " RUNTIME "/podman/podman.sock " RUNTIME
    "/podman/podman.sock\nCONTAINER_HOST=unix://" RUNTIME
    "/podman/podman.sock\nDOCKER_HOST=unix://" RUNTIME
    "/podman/podman.sock\nXDG_RUNTIME_DIR=" RUNTIME "\n" },
  { "podman-socket", "", "", NULL },
  { "podman-socket", "", "file " RUNTIME "/podman/podman.sock", NULL },
  /* A link to something else opens nothing. */
  { "podman-socket", "", "socket " RUNTIME "/podman/podman.sock -> /run/docker.sock", NULL },
  { "podman-socket", "", "socket " RUNTIME "/podman/podman.sock -> /run/podman/podman.sock", NULL },
  { "docker-socket", "", "socket /run/docker.sock",
    "docker-socket\nro /run/docker.sock /run/docker.sock\nDOCKER_HOST=unix:///run/docker.sock\n" },
  { "docker-socket", "DOCKER_HOST=tcp://x", "socket " RUNTIME "/docker.sock",
    "docker-socket\nro " RUNTIME
    "/docker.sock /run/docker.sock\nDOCKER_HOST=unix:///run/docker.sock\n" },
  { "docker-socket", "", "", NULL },

  { "ssh-agent", "SSH_AUTH_SOCK=/tmp/ssh-1/agent.2", "socket /tmp/ssh-1/agent.2",
    "agent-sockets\ntmpfs - " RUNTIME "\nro /tmp/ssh-1/agent.2 " RUNTIME
    "/ssh-agent.socket\nSSH_AUTH_SOCK=" RUNTIME "/ssh-agent.socket\nXDG_RUNTIME_DIR=" RUNTIME
    "\n" },
  { "ssh-agent", "", "socket " RUNTIME "/keyring/ssh",
    "agent-sockets\ntmpfs - " RUNTIME "\nro " RUNTIME "/keyring/ssh " RUNTIME
    "/ssh-agent.socket\nSSH_AUTH_SOCK=" RUNTIME "/ssh-agent.socket\nXDG_RUNTIME_DIR=" RUNTIME
    "\n" },
  /* The variable leads to what is opened by something else, or by nothing. */
  { "ssh-agent", "SSH_AUTH_SOCK=/run/docker.sock", "socket /run/docker.sock", NULL },
  { "ssh-agent", "SSH_AUTH_SOCK=/tmp/a", "socket /tmp/a -> " RUNTIME "/bus", NULL },
  { "ssh-agent", "SSH_AUTH_SOCK=" RUNTIME "/inner/0/control", "socket " RUNTIME "/inner/0/control",
    NULL },
  { "ssh-agent", "SSH_AUTH_SOCK=relative", "", NULL },
  { "ssh-agent", "", "socket " RUNTIME "/gnupg/S.gpg-agent", NULL },
  { "gpg-agent", "",
    "socket " RUNTIME "/gnupg/S.gpg-agent\nsocket " RUNTIME "/gnupg/S.gpg-agent.extra",
    "agent-sockets\ntmpfs - " RUNTIME "\nro " RUNTIME "/gnupg/S.gpg-agent.extra " RUNTIME
    "/gnupg/S.gpg-agent\nXDG_RUNTIME_DIR=" RUNTIME "\n" },
  /* What is there of several, but not nothing. */
  { "agent-sockets", "", "socket " RUNTIME "/gnupg/S.gpg-agent",
    "agent-sockets\ntmpfs - " RUNTIME "\nro " RUNTIME "/gnupg/S.gpg-agent " RUNTIME
    "/gnupg/S.gpg-agent\nXDG_RUNTIME_DIR=" RUNTIME "\n" },
  { "agent-sockets", "", "", NULL },

  { "display", "WAYLAND_DISPLAY=wayland-0\nDISPLAY=:0",
    "socket " RUNTIME "/wayland-0\nsocket /tmp/.X11-unix/X0",
    "display\ntmpfs - " RUNTIME "\nro " RUNTIME "/wayland-0 " RUNTIME
    "/wayland-0\nWAYLAND_DISPLAY=wayland-0\nXDG_RUNTIME_DIR=" RUNTIME
    "\nXDG_SESSION_TYPE=wayland\n" },
  { "display", "DISPLAY=:7.0", "socket /tmp/.X11-unix/X7",
    "display\nro /tmp/.X11-unix/X7 /tmp/.X11-unix/X7\nDISPLAY=:7\n" },
  { "display", "DISPLAY=:7", "socket /tmp/.X11-unix/X7\nfile " HOME "/.Xauthority",
    "display\nro /tmp/.X11-unix/X7 /tmp/.X11-unix/X7\ntmpfs - " RUNTIME "\nro " HOME
    "/.Xauthority " RUNTIME "/Xauthority\nDISPLAY=:7\nXAUTHORITY=" RUNTIME
    "/Xauthority\nXDG_RUNTIME_DIR=" RUNTIME "\n" },
  /* A variable that names another file gives none. */
  { "display", "DISPLAY=:7\nXAUTHORITY=" HOME "/.ssh/id_ed25519",
    "socket /tmp/.X11-unix/X7\nfile " HOME "/.ssh/id_ed25519",
    "display\nro /tmp/.X11-unix/X7 /tmp/.X11-unix/X7\nDISPLAY=:7\n" },
  { "display", "DISPLAY=:7\nXAUTHORITY=" HOME "/.ssh/xauth",
    "socket /tmp/.X11-unix/X7\nfile " HOME "/.ssh/xauth",
    "display\nro /tmp/.X11-unix/X7 /tmp/.X11-unix/X7\nDISPLAY=:7\n" },
  { "display", "WAYLAND_DISPLAY=bus", "socket " RUNTIME "/bus", NULL },
  { "display", "DISPLAY=localhost:10", "", NULL },
  { "display", "", "", NULL },

  { "ssh-keys", "", "directory " HOME "/.ssh",
    "expose-credentials\nro " HOME "/.ssh " HOME "/.ssh\n" },
  { "docker-config", "", "file " HOME "/.docker/config.json",
    "expose-credentials\nro " HOME "/.docker/config.json " HOME "/.docker/config.json\n" },
  { "ssh-keys", "", "", "expose-credentials\n" },
  { "gpg-keys", "",
    "directory " HOME "/.gnupg\nfile " HOME "/.gnupg/pubring.kbx\nsocket " HOME
    "/.gnupg/S.gpg-agent",
    "expose-credentials\ntmpfs - " HOME "/.gnupg\nro " HOME "/.gnupg/pubring.kbx " HOME
    "/.gnupg/pubring.kbx\n" },
  { "ssh-keys", "", "directory " HOME "/.ssh -> " HOME "/.gnupg", NULL },
  { "expose-credentials", "", "", "expose-credentials\n" },
  { "session-bus:org.example.App", "", "socket " RUNTIME "/bus",
    "session-bus\ntmpfs - " RUNTIME "\nbus - " RUNTIME
    "/dbus\nDBUS_SESSION_BUS_ADDRESS=unix:path=" RUNTIME "/dbus/bus\nXDG_RUNTIME_DIR=" RUNTIME
    "\n" },
  { "session-bus:org.example.App", "DBUS_SESSION_BUS_ADDRESS=unixexec:path=/x",
    "socket " RUNTIME "/bus", NULL },
  { "session-bus:org.example.App", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket",
    "socket /run/dbus/system_bus_socket", NULL },
  { "session-bus:org.example.App", "", "", NULL },
  { "session-bus:org.inner.Sandbox", "", "socket " RUNTIME "/bus", NULL },
  { "session-bus", "", "socket " RUNTIME "/bus", NULL },
  { "writable-system", "", "", "writable-system\n" },
  { "unguarded-workspace", "", "", "unguarded-workspace\n" },
};

static void
test_words (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerPlan) plan =
          plan_word (words[i].word, words[i].variables, words[i].files, &error);
      g_autofree char *text = plan != NULL ? describe (plan) : NULL;

      g_test_message ("%s (%s): %s", words[i].word, words[i].files,
                      error != NULL ? error->message : text);
      g_assert_cmpstr (text, ==, words[i].plan);
      g_assert_cmpint (error == NULL, ==, words[i].plan != NULL);
    }
}

/* Several words, one privilege. */
static void
test_one_question (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan =
      plan_for (INNER_KEY_SANDBOX_ALLOW, "['ssh-keys', 'netrc', 'expose-credentials']",
                "{'allow': <['ssh-keys', 'writable-system', 'env-secrets']>}", "", "", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_strjoinv (" ", plan->privileges);
  g_assert_cmpstr (text, ==, "expose-credentials writable-system");
}

/* Keys that take a privilege without a word for it. */
static void
test_keys (void)
{
  static const struct
  {
    InnerKey key;
    const char *value;
    const char *privileges; /* NULL = refused */
  } cases[] = {
    { INNER_KEY_SANDBOX_CREDENTIALS, "'none'", "" },
    { INNER_KEY_SANDBOX_CREDENTIALS, "'sandbox'", NULL },
    { INNER_KEY_SANDBOX_CREDENTIALS, "'host'", "expose-credentials" },
    { INNER_KEY_SANDBOX_CLIPBOARD, "true", NULL },
    { INNER_KEY_SANDBOX_CLIPBOARD, "false", "" },
    { INNER_KEY_SANDBOX_GIT_DIR, "'rw'", "unguarded-workspace" },
    { INNER_KEY_SANDBOX_GIT_DIR, "'ro'", "" },
    { INNER_KEY_SANDBOX_GUARD_ALLOW, "['.envrc']", "unguarded-workspace" },
    { INNER_KEY_SANDBOX_NETWORK_MODE, "'host'", "host-network" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerPlan) plan = plan_for (cases[i].key, cases[i].value, "{}", "", "", &error);
      g_autofree char *text = plan != NULL ? g_strjoinv (" ", plan->privileges) : NULL;

      g_test_message ("%s: %s", cases[i].value, error != NULL ? error->message : text);
      g_assert_cmpstr (text, ==, cases[i].privileges);
    }
}

static void
test_host_credentials (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan =
      plan_for (INNER_KEY_SANDBOX_CREDENTIALS, "'host'", "{}", "",
                "directory " HOME "/.ssh\nfile " HOME "/.netrc\ndirectory " HOME "/.gnupg", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = describe (plan);
  g_assert_cmpstr (text, ==,
                   "expose-credentials\nro " HOME "/.ssh " HOME "/.ssh\nro " HOME "/.netrc " HOME
                   "/.netrc\n");
}

/* Mounts of the system are writable with the privilege only (attack 54). */
static void
test_writable_system (void)
{
  static const char *const mount = "'mounts': <[('/usr/local', '/usr/local', 'rw')]>";

  for (int allowed = 0; allowed < 2; allowed++)
    {
      g_autofree char *options =
          g_strdup_printf ("{%s%s}", mount, allowed ? ", 'allow': <['writable-system']>" : "");
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerPlan) plan =
          plan_for (INNER_KEY_NAME, NULL, options, "", "directory /usr/local", &error);

      g_assert_cmpint (plan != NULL, ==, allowed);
      if (allowed)
        g_assert_cmpstr (plan->privileges[0], ==, "writable-system");
      else
        g_assert_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED);
    }
}

/* Profiles of the command-line tool mount a run-time directory and the socket by themselves. */
static void
test_mounts_of_the_reference (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = plan_for (
      INNER_KEY_MOUNTS,
      "[('tmpfs', '" RUNTIME "', 'tmpfs'), ('" RUNTIME "/podman/podman.sock', '" RUNTIME
      "/podman/podman.sock', 'rw')]",
      "{'allow': <['podman-socket']>}", "", "socket " RUNTIME "/podman/podman.sock", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = describe (plan);
  g_assert_null (strstr (text, "tmpfs"));
  g_assert_nonnull (strstr (text, "ro " RUNTIME "/podman/podman.sock"));
  g_clear_pointer (&plan, inner_plan_free);
  plan = plan_for (INNER_KEY_MOUNTS, "[('" RUNTIME "/podman/podman.sock', '/x', 'rw')]", "{}", "",
                   "socket " RUNTIME "/podman/podman.sock", &error);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED);
}

/* Cookies of X11 are for the machine's name. */
static void
test_hostname (void)
{
  g_autoptr (InnerPlan) plain = plan_word ("writable-system", "", "", NULL);
  g_autoptr (InnerPlan) x11 = plan_word ("display", "DISPLAY=:1", "socket /tmp/.X11-unix/X1", NULL);

  g_assert_cmpstr (plain->hostname, ==, "inner");
  g_assert_cmpstr (x11->hostname, ==, "engine");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/plan-privileges/words", test_words);
  g_test_add_func ("/plan-privileges/one-question", test_one_question);
  g_test_add_func ("/plan-privileges/keys", test_keys);
  g_test_add_func ("/plan-privileges/host-credentials", test_host_credentials);
  g_test_add_func ("/plan-privileges/writable-system", test_writable_system);
  g_test_add_func ("/plan-privileges/mounts-of-the-reference", test_mounts_of_the_reference);
  g_test_add_func ("/plan-privileges/hostname", test_hostname);
  return g_test_run ();
}
