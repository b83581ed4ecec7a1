/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-authority.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-names.h"
#include "inner-network-pattern.h"
#include "inner-privileges.h"
#include "inner-sensitive.h"

#define HOME "/home/u"
#define RUNTIME "/run/user/1000"

/* Privileges */

static void
test_privileges_table (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (const InnerPrivilege *row = inner_privileges; row->key != NULL; row++)
    {
      g_assert_true (g_hash_table_add (seen, (gpointer) row->key));
      g_assert_true (g_str_has_prefix (row->action, INNER_ACTION_PREFIX));
      g_assert_cmpstr (row->action + strlen (INNER_ACTION_PREFIX), ==, row->key);
      g_assert_cmpuint (strlen (row->sentence), >, 20);
      g_assert_true (inner_privilege_lookup (row->key) == row);
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 13);
}

static void
test_privileges_availability (void)
{
  struct
  {
    const char *key;
    GQuark domain;
    int code;
    const char *says;
  } cases[] = {
    { "host-network", 0, 0, NULL },
    { "podman-socket", 0, 0, NULL },
    { "ssh-keys", 0, 0, NULL },
    { "session-bus", 0, 0, NULL },
    { "session-bus:org.example.App", 0, 0, NULL },
    { "session-bus:org.inner.Sandbox", INNER_ERROR, INNER_ERROR_INVALID_OPTION,
      "org.inner.Sandbox" },
    { "change-egress", 0, 0, NULL },
    { "trust-profile", G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED, "trust-profile" },
    { "systemd-user", INNER_ERROR, INNER_ERROR_INVALID_OPTION, "systemd-user" },
    { "bash-history", INNER_ERROR, INNER_ERROR_INVALID_OPTION, "bash-history" },
    { "host-netwrok", INNER_ERROR, INNER_ERROR_INVALID_OPTION, "host-network" },
    { "completely different", INNER_ERROR, INNER_ERROR_INVALID_OPTION, "completely different" },
    { "HOST-NETWORK", INNER_ERROR, INNER_ERROR_INVALID_OPTION, "HOST-NETWORK" },
    { "a\nb", INNER_ERROR, INNER_ERROR_INVALID_OPTION, "a\\x0ab" },
    { "", INNER_ERROR, INNER_ERROR_INVALID_OPTION, "“”" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean ok = inner_privilege_check_available (cases[i].key, &error);

      g_assert_cmpint (ok, ==, cases[i].domain == 0);
      if (ok)
        continue;
      g_assert_error (error, cases[i].domain, cases[i].code);
      g_assert_nonnull (strstr (error->message, cases[i].says));
    }
}

/* Sensitive things */

static void
test_sensitive_table (void)
{
  for (const InnerSensitive *row = inner_sensitive_things; row->key != NULL; row++)
    {
      g_autofree char *path = inner_sensitive_expand (row, HOME, RUNTIME);
      g_autofree char *nowhere = inner_sensitive_expand (row, HOME, NULL);
      g_autofree char *canonical = g_canonicalize_filename (path, "/");

      g_assert_cmpstr (path, ==, canonical);
      g_assert_cmpint (nowhere == NULL, ==, g_str_has_prefix (row->path, "%t"));
      g_assert_true (row->privilege == NULL || inner_privilege_lookup (row->privilege) != NULL);
      g_assert_cmpuint (strlen (row->description), >, 2);
      g_assert_false (inner_sensitive_check_mount (path, TRUE, HOME, RUNTIME, NULL));
    }
}

typedef struct
{
  const char *source;
  const char *read_only; /* what the refusal names; NULL: allowed */
  const char *writable;
} MountCase;

static void
check_cases (const MountCase *cases, gsize n, const char *home, const char *runtime_dir)
{
  for (gsize i = 0; i < 2 * n; i++)
    {
      const MountCase *row = &cases[i / 2];
      gboolean writable = i % 2;
      const char *says = writable ? row->writable : row->read_only;
      g_autoptr (GError) error = NULL;
      gboolean ok = inner_sensitive_check_mount (row->source, writable, home, runtime_dir, &error);

      g_test_message ("%s %s: %s", row->source, writable ? "rw" : "ro", ok ? "" : error->message);
      g_assert_cmpint (ok, ==, says == NULL);
      if (ok)
        continue;
      g_assert_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED);
      g_assert_nonnull (strstr (error->message, says));
    }
}

static void
test_sensitive_mounts (void)
{
  static const MountCase cases[] = {
    /* the thing itself, what lies in it, and what holds it */
    { "/home/u/.ssh", "/home/u/.ssh", "/home/u/.ssh" },
    { "/home/u/.ssh/", "/home/u/.ssh", "/home/u/.ssh" },
    { "//home/u/.ssh", "/home/u/.ssh", "/home/u/.ssh" },
    { "/home/u/project/../.ssh", "/home/u/.ssh", "/home/u/.ssh" },
    { "/home/u/.ssh/id_ed25519", "expose-credentials", "expose-credentials" },
    { "/home/u", "/home/u/.ssh", "/home/u/.ssh" },
    { "/home/u/", "/home/u/.ssh", "/home/u/.ssh" },
    { "/home", "/home/u/.ssh", "/home/u/.ssh" },
    { "/", "/home/u/.ssh", "/home/u/.ssh" },
    /* a directory of the home is shown without the secrets in it; what the host acts on is never given away */
    { "/home/u/.config", NULL, "/home/u/.config/" },
    { "/home/u/.local", NULL, "/home/u/.local/share/inner" },
    { "/home/u/.cargo", NULL, NULL },
    { "/home/u/.m2", NULL, NULL },
    { "/home/u/.cargo/credentials.toml", "expose-credentials", "expose-credentials" },
    { "/home/u/.local/share/inner/homes/shell", "no sandbox gets", "rules" },
    { "/home/u/.local/state/inner/copies/0123", "no sandbox gets", "records" },
    { "/home/u/.bash_history", "no sandbox gets", "no sandbox gets" },
    /* things that only look alike */
    { "/home/u/.sshfoo", NULL, NULL },
    { "/home/u/.ss", NULL, NULL },
    { "/home/u2", NULL, NULL },
    { "/home/u/.config/inner2", NULL, NULL },
    /* ordinary work */
    { "/home/u/project", NULL, NULL },
    { "/home/u/project/.ssh", NULL, NULL },
    { "/home/u/.local/bin", NULL, NULL },
    { "/home/u/.nvm", NULL, NULL },
    { "/home/u/.m2/repository", NULL, NULL },
    { "/usr", NULL, NULL },
    { "/srv/data", NULL, NULL },
    { "/tmp/build", NULL, NULL },
    /* sockets: a read-only mount would not keep anyone from connecting */
    { RUNTIME, RUNTIME, RUNTIME },
    { RUNTIME "/bus", "session-bus", "session-bus" },
    { RUNTIME "/inner/0123/control", "no sandbox gets", "no sandbox gets" },
    { RUNTIME "/gvfs", "no sandbox gets", "no sandbox gets" },
    { "/run", "/run/", "/run/" },
    { "/run/dbus/system_bus_socket", "system bus", "system bus" },
    { "/run/docker.sock", "docker-socket", "docker-socket" },
    { "/run/user/1001", "/run/user", "/run/user" },
    { "/var", "/var/lib/lxd", "/var/lib/lxd" },
    { "/tmp", "/tmp/", "/tmp/" },
    { "/run/media/u/stick", NULL, NULL },
    /* the kernel and other processes */
    { "/proc/1", "/proc", "/proc" },
    { "/sys", "/sys", "/sys" },
    { "/dev/shm", "/dev", "/dev" },
    { "/etc", "/etc/shadow", "/etc/shadow" },
    { "/etc/ssl/certs", NULL, NULL },
    /* what the host acts on may be read */
    { "/home/u/.config/inner", NULL, "read-only" },
    { "/home/u/.config/inner/profiles/x.toml", NULL, "/home/u/.config/inner" },
    { "/etc/inner", NULL, "/etc/inner" },
    { "/home/u/.config/systemd/user", NULL, "/home/u/.config/systemd" },
  };

  check_cases (cases, G_N_ELEMENTS (cases), HOME, RUNTIME);
}

static void
test_sensitive_root (void)
{
  static const MountCase cases[] = {
    { "/root", "/root/.ssh", "/root/.ssh" },
    { "/root/.ssh", "/root/.ssh", "/root/.ssh" },
    { "/root/project", NULL, NULL },
    { "/home/u/project", NULL, NULL },
    { "/run/user/0/bus", "/run/user", "/run/user" },
  };

  check_cases (cases, G_N_ELEMENTS (cases), "/root", NULL);
}

/* Without a run-time directory our own sockets are in /tmp. */
static void
test_sensitive_in_tmp (void)
{
  g_autofree char *own = g_strdup_printf ("/tmp/inner-%u/0123", getuid ());
  g_autofree char *other = g_strdup_printf ("/tmp/inner-%u0", getuid ());
  const MountCase cases[] = {
    { own, "no sandbox gets", "no sandbox gets" },
    { other, NULL, NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases), HOME, NULL);
}

/* A run-time directory in an unusual place is found by its variable. */
static void
test_sensitive_runtime_elsewhere (void)
{
  static const MountCase cases[] = {
    { "/tmp/x/runtime/bus", "session-bus", "session-bus" },
    { "/tmp/x", "/tmp/x/runtime", "/tmp/x/runtime" },
    { "/tmp/x/work", NULL, NULL },
  };

  check_cases (cases, G_N_ELEMENTS (cases), HOME, "/tmp/x/runtime");
}

/* What words open: their own things to read, and no more. */
static void
test_sensitive_opened (void)
{
  static const struct
  {
    const char *word;
    const char *source;
    gboolean opens;
  } cases[] = {
    { "ssh-keys", HOME "/.ssh", TRUE },
    { "ssh-keys", HOME "/.ssh/id_ed25519", TRUE },
    { "ssh-keys", HOME, FALSE },
    { "ssh-keys", HOME "/.gnupg", FALSE },
    { "expose-credentials", HOME "/.aws", TRUE },
    /* The agent's socket may be in it. */
    { "expose-credentials", HOME "/.gnupg", FALSE },
    { "gpg-keys", HOME "/.gnupg/pubring.kbx", TRUE },
    { "gpg-keys", HOME "/.gnupg/S.gpg-agent", FALSE },
    { "expose-credentials", HOME "/.bash_history", FALSE },
    { "expose-credentials", RUNTIME "/keyring/control", FALSE },
    { "expose-credentials", RUNTIME, FALSE },
    { "expose-credentials", "/etc/shadow", FALSE },
    { "agent-sockets", HOME "/.ssh", FALSE },
    { "agent-sockets", RUNTIME "/gnupg", FALSE },
    { "session-bus", RUNTIME "/bus", FALSE },
    { "podman-socket", RUNTIME "/podman", FALSE },
    { "docker-socket", "/run/podman", FALSE },
    { "display", "/tmp/.X11-unix", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *const allow[] = { cases[i].word, NULL };

      g_test_message ("%s %s", cases[i].word, cases[i].source);
      g_assert_cmpint (
          inner_sensitive_check_mount_allowing (cases[i].source, FALSE, HOME, RUNTIME, allow, NULL),
          ==, cases[i].opens);
      g_assert_false (
          inner_sensitive_check_mount_allowing (cases[i].source, TRUE, HOME, RUNTIME, allow, NULL));
    }
}

static void
test_sensitive_sockets (void)
{
  static const struct
  {
    const char *word;
    const char *path;
    gboolean opens;  /* as the place of an engine */
    gboolean mounts; /* as a mount that a profile names */
  } cases[] = {
    { "podman-socket", RUNTIME "/podman/podman.sock", TRUE, TRUE },
    { "podman-socket", "/run/podman/podman.sock", FALSE, FALSE },
    { "podman-socket", "/run/docker.sock", FALSE, FALSE },
    { "docker-socket", "/run/docker.sock", TRUE, TRUE },
    { "agent-sockets", "/run/docker.sock", FALSE, FALSE },
    { "agent-sockets", RUNTIME "/gnupg/S.gpg-agent", TRUE, FALSE },
    { "gpg-agent", RUNTIME "/gnupg/S.gpg-agent", TRUE, FALSE },
    { "ssh-agent", RUNTIME "/gnupg/S.gpg-agent", FALSE, FALSE },
    { "ssh-agent", RUNTIME "/keyring/ssh", TRUE, TRUE },
    { "ssh-agent", RUNTIME "/inner/0123/control", FALSE, FALSE },
    { "ssh-agent", RUNTIME "/systemd/private", FALSE, FALSE },
    { "ssh-agent", RUNTIME "/anything", FALSE, FALSE },
    { "ssh-agent", "/tmp/ssh-x/agent.1", TRUE, FALSE },
    { "ssh-agent", "/run/dbus/system_bus_socket", FALSE, FALSE },
    { "session-bus", RUNTIME "/bus", TRUE, FALSE },
    { "display", RUNTIME "/bus", FALSE, FALSE },
    { "display", RUNTIME "/wayland-0", TRUE, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *const allow[] = { cases[i].word, NULL };

      g_test_message ("%s %s", cases[i].word, cases[i].path);
      g_assert_cmpint (inner_sensitive_check_socket (cases[i].path, HOME, RUNTIME, allow, NULL), ==,
                       cases[i].opens);
      g_assert_cmpint (inner_sensitive_is_socket_of (cases[i].path, HOME, RUNTIME, allow), ==,
                       cases[i].mounts);
    }
}

/* Authority */

static void
store_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Checks @privileges for a caller that is @pid, and gives the answer. */
static gboolean
check (InnerAuthority *authority,
       pid_t pid,
       int pidfd,
       const char *const *privileges,
       GCancellable *cancellable,
       GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  inner_authority_check_async (authority, pid, 0, getuid (), pidfd, privileges, FALSE, cancellable,
                               store_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return inner_authority_check_finish (authority, result, error);
}

static const char *const host_network[] = { "host-network", NULL };

static void
test_authority_nothing_asked (void)
{
  g_autoptr (InnerAuthority) authority = inner_authority_new ();
  static const char *const none[] = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (check (authority, getpid (), -1, none, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (inner_authority_is_available (authority));
}

static void
test_authority_unknown_privilege (void)
{
  g_autoptr (InnerAuthority) authority = inner_authority_new ();
  static const char *const unknown[] = { "host-network", "no-such-privilege", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (check (authority, getpid (), -1, unknown, NULL, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
}

/* main() points at a system bus that there is not. */
static void
test_authority_no_bus (void)
{
  g_autoptr (InnerAuthority) authority = inner_authority_new ();

  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (check (authority, getpid (), -1, host_network, NULL, &error));
      g_assert_error (error, INNER_ERROR, INNER_ERROR_POLKIT_UNAVAILABLE);
      g_assert_false (inner_authority_is_available (authority));
    }
}

static void
test_authority_cancelled (void)
{
  g_autoptr (InnerAuthority) authority = inner_authority_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (check (authority, getpid (), -1, host_network, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* A bus without polkitd, and a polkit that says yes to everything. */
typedef struct
{
  GTestDBus *bus;
  GDBusConnection *polkitd; /* its connection; NULL before it is up */
  guint object;
  int asked;
  void (*on_ask) (gpointer data);
  gpointer data;
} FakePolkit;

static const char polkit_xml[] =
    "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
    "<method name='CheckAuthorization'>"
    "<arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='a{ss}' direction='in'/><arg type='u' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/>"
    "</method></interface></node>";

static void
on_check_authorization (GDBusConnection *connection,
                        const char *sender,
                        const char *path,
                        const char *interface,
                        const char *method,
                        GVariant *parameters,
                        GDBusMethodInvocation *invocation,
                        gpointer user_data)
{
  FakePolkit *fake = user_data;
  g_autoptr (GVariant) subject = NULL;
  g_autoptr (GVariant) details = NULL;
  const char *kind, *action;
  guint32 flags;
  guint32 pid;
  gint32 uid;

  g_variant_get (parameters, "((&s@a{sv})&s@a{ss}u&s)", &kind, &subject, &action, &details, &flags,
                 NULL);
  g_assert_cmpstr (kind, ==, "unix-process");
  g_assert_true (g_variant_lookup (subject, "pid", "u", &pid));
  g_assert_true (g_variant_lookup (subject, "uid", "i", &uid));
  g_assert_cmpint (uid, ==, getuid ());
  g_assert_cmpstr (action, ==, "org.inner.sandbox.host-network");
  g_assert_cmpuint (g_variant_n_children (details), ==, 0);
  g_assert_cmpuint (flags, ==, 0);
  fake->asked++;
  if (fake->on_ask != NULL)
    fake->on_ask (fake->data);
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("((bba{ss}))", TRUE, FALSE, NULL));
}

static void
fake_polkit_start (FakePolkit *fake)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_check_authorization };
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (polkit_xml, NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  fake->polkitd =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (fake->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);
  g_assert_no_error (error);
  fake->object =
      g_dbus_connection_register_object (fake->polkitd, "/org/freedesktop/PolicyKit1/Authority",
                                         info->interfaces[0], &vtable, fake, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (fake->polkitd, "org.freedesktop.DBus", "/",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.freedesktop.PolicyKit1", 0),
                                       NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static pid_t
start_sleeper (int *pidfd)
{
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      execlp ("sleep", "sleep", "1000", NULL);
      _exit (1);
    }
  *pidfd = syscall (SYS_pidfd_open, pid, 0);
  g_assert_cmpint (*pidfd, >=, 0);
  return pid;
}

static void
end_sleeper (gpointer data)
{
  pid_t pid = *(pid_t *) data;

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

/* The whole story on one bus, because libpolkit has one authority for a process: polkitd is not
 * there, comes, is asked once for each privilege, and a caller ends while it is being judged. */
static void
test_authority_polkit_comes_and_caller_goes (void)
{
  g_autoptr (InnerAuthority) authority = inner_authority_new ();
  static const char *const twice[] = { "host-network", "host-network", NULL };
  FakePolkit fake = { .bus = g_test_dbus_new (G_TEST_DBUS_NONE) };
  g_autoptr (GError) error = NULL;
  inner_autofd pidfd = -1;
  pid_t pid;

  g_test_dbus_up (fake.bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (fake.bus), TRUE);

  g_assert_false (check (authority, getpid (), -1, host_network, NULL, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_POLKIT_UNAVAILABLE);
  g_clear_error (&error);

  fake_polkit_start (&fake);
  g_assert_true (check (authority, getpid (), -1, twice, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (inner_authority_is_available (authority));
  g_assert_cmpint (fake.asked, ==, 2);

  pid = start_sleeper (&pidfd);
  g_assert_true (check (authority, pid, pidfd, host_network, NULL, &error));
  g_assert_no_error (error);

  fake.on_ask = end_sleeper;
  fake.data = &pid;
  g_assert_false (check (authority, pid, pidfd, host_network, NULL, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED);
  g_clear_error (&error);

  fake.on_ask = NULL;
  fake.asked = 0;
  g_assert_false (check (authority, pid, pidfd, host_network, NULL, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED);
  g_assert_cmpint (fake.asked, ==, 0);

  g_dbus_connection_unregister_object (fake.polkitd, fake.object);
  g_dbus_connection_close_sync (fake.polkitd, NULL, NULL);
  g_clear_object (&fake.polkitd);
  g_clear_object (&authority);
  g_test_dbus_stop (fake.bus);
  g_clear_object (&fake.bus);
}

/* Names as long as they may be, and one longer. */
static char *
long_name (gsize label, gsize rest)
{
  g_autofree char *part = g_strnfill (label, 'a');
  g_autofree char *end = g_strnfill (rest, 'b');

  return g_strdup_printf ("%s.%s.%s.%s", part, part, part, end);
}

static void
test_network_patterns (void)
{
  static const char *const good[] = { "example.com",
                                      "EXAMPLE.com.",
                                      "localhost",
                                      "*.a.b",
                                      "*.b:1",
                                      "a.b:65535",
                                      "xn--bcher-kva.example",
                                      "bücher.example",
                                      "1.2.3.4",
                                      "1.2.3.4:443",
                                      "10.0.0.0/8",
                                      "10.0.0.0/8:22",
                                      "::1",
                                      "fd00::/8",
                                      "[::1]",
                                      "[::1]:443",
                                      "[fd00::/8]:443",
                                      "3com.example",
                                      "a--b.example" };
  static const char *const bad[] = { "",
                                     ".",
                                     "a..b",
                                     ".a",
                                     "*",
                                     "*.",
                                     "*.*.a",
                                     "a.*.b",
                                     "a*",
                                     "-a.b",
                                     "a-.b",
                                     "a_b.c",
                                     "a b",
                                     "a.b:",
                                     "a.b:0",
                                     "a.b:65536",
                                     "a.b:x",
                                     "a.b:-1",
                                     "a.b:+1",
                                     "a.b: 1",
                                     "a.b:1:2",
                                     "https://a.b",
                                     "https://a.b:443/",
                                     "a.b/c",
                                     "@github",
                                     "1.2.3",
                                     "1.2.3.256",
                                     "10.0.0.1/8",
                                     "10.0.0.0/33",
                                     "/8",
                                     "[::1",
                                     "[a.b]",
                                     "[1.2.3.4]:1",
                                     "[::1]x",
                                     "[::1]:",
                                     "::g",
                                     "a.b\n",
                                     "\xe2\x80\xae.a" };
  g_autofree char *longest = long_name (63, 61);
  g_autofree char *too_long = long_name (63, 62);
  g_autofree char *long_label = long_name (64, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (inner_network_pattern_check (good[i], &error));
      g_assert_no_error (error);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      if (inner_network_pattern_check (bad[i], &error))
        g_error ("“%s” is taken for a pattern", bad[i]);
      g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
      g_assert_null (strpbrk (error->message, "\n"));
    }
  g_assert_true (inner_network_pattern_check (longest, NULL));
  g_assert_false (inner_network_pattern_check (too_long, NULL));
  g_assert_false (inner_network_pattern_check (long_label, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  inner_error_quark ();

  g_test_add_func ("/policy/privileges/table", test_privileges_table);
  g_test_add_func ("/policy/privileges/availability", test_privileges_availability);
  g_test_add_func ("/policy/sensitive/table", test_sensitive_table);
  g_test_add_func ("/policy/sensitive/mounts", test_sensitive_mounts);
  g_test_add_func ("/policy/sensitive/root", test_sensitive_root);
  g_test_add_func ("/policy/sensitive/runtime-elsewhere", test_sensitive_runtime_elsewhere);
  g_test_add_func ("/policy/sensitive/in-tmp", test_sensitive_in_tmp);
  g_test_add_func ("/policy/authority/nothing-asked", test_authority_nothing_asked);
  g_test_add_func ("/policy/sensitive/opened", test_sensitive_opened);
  g_test_add_func ("/policy/sensitive/sockets", test_sensitive_sockets);
  g_test_add_func ("/policy/authority/unknown-privilege", test_authority_unknown_privilege);
  g_test_add_func ("/policy/authority/no-bus", test_authority_no_bus);
  g_test_add_func ("/policy/authority/cancelled", test_authority_cancelled);
  g_test_add_func ("/policy/authority/polkit-comes-and-caller-goes",
                   test_authority_polkit_comes_and_caller_goes);
  g_test_add_func ("/policy/network-patterns", test_network_patterns);
  return g_test_run ();
}
