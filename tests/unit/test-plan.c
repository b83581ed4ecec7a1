/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-bwrap.h"
#include "inner-plan-published.h"
#include "test-plan-fixture.h"

/*
 * The plan is a pure function: each test describes a machine, a profile and a request, and looks at what
 * would be run. Golden files hold whole argument vectors; INNER_UPDATE_GOLDEN=1 writes them anew.
 */

static InnerHost *
make_host (void)
{
  InnerHost *host = new_host ();

  host->runtime_dir = g_strdup ("/run/user/1000");
  host->empty = g_strdup ("/usr/libexec/inner/empty");
  host->memory = G_GUINT64_CONSTANT (8) << 30;
  inner_host_add_fact (host->masked, NULL, "/proc/acpi", INNER_FILE_DIRECTORY, "/proc/acpi");
  inner_host_add_fact (host->masked, NULL, "/proc/keys", INNER_FILE_REGULAR, "/proc/keys");
  inner_host_add_fact (host->base, NULL, "/usr", INNER_FILE_DIRECTORY, "/usr");
  inner_host_add_fact (host->base, NULL, "/bin", INNER_FILE_SYMLINK, "usr/bin");
  inner_host_add_fact (host->base, NULL, "/etc/ssl/certs", INNER_FILE_DIRECTORY, "/etc/ssl/certs");
  return host;
}

static void
add_path (InnerHost *host, const char *path, InnerFileType type, const char *canonical)
{
  inner_host_add_fact (NULL, host->paths, path, type, canonical);
}

static InnerProfile *
make_profile (void)
{
  InnerProfile *profile = new_profile ("sh");
  const char *const arguments[] = { "-c", NULL };

  inner_profile_set (profile, INNER_KEY_ENTRYPOINT_ARGS, g_variant_new_strv (arguments, -1),
                     "/p.toml", 3, 1);
  return profile;
}

static void
assert_refused (InnerHost *host,
                InnerProfile *profile,
                const char *options,
                GQuark domain,
                int code,
                const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = try_plan (host, profile, options, &error);

  g_assert_null (plan);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, word));
}

/* One argument a line, and what stands behind each descriptor. */
static char *
describe (const InnerPlan *plan)
{
  g_autoptr (GArray) descriptors = NULL;
  g_auto (GStrv) arguments = inner_bwrap_arguments (plan, 10, FALSE, &descriptors);
  GString *text = g_string_new (NULL);

  for (char **argument = arguments; *argument != NULL; argument++)
    g_string_append_printf (text, "%s\n", *argument);
  for (guint i = 0; i < descriptors->len; i++)
    {
      const InnerBwrapDescriptor *one = &g_array_index (descriptors, InnerBwrapDescriptor, i);

      g_string_append_printf (text, "== %d\n%s", one->number,
                              one->content != NULL ? one->content : "(a mount)\n");
    }
  g_string_append (text, "== environment\n");
  for (char **entry = plan->environment; *entry != NULL; entry++)
    g_string_append_printf (text, "%s\n", *entry);
  g_string_append (text, "== command\n");
  for (char **word = plan->command; *word != NULL; word++)
    g_string_append_printf (text, "%s\n", *word);
  g_string_append_printf (text, "== directory\n%s\n", plan->directory);
  return g_string_free (text, FALSE);
}

static void
test_golden_plain (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan =
      try_plan (make_host (), profile, "{'arguments': <['id; ls /']>}", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = describe (plan);
  compare_with_golden ("plain.txt", text);
}

static void
test_golden_workspace (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  const char *const allow[] = { "~/.local/bin", "~/.nvm", NULL };
  const char *const prepend[] = { "~/.local/bin", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;
  g_autofree char *text = NULL;
  g_autofree char *script = NULL;
  InnerHost *host = make_host ();

  add_path (host, HOME "/project", INNER_FILE_DIRECTORY, HOME "/real/project");
  add_path (host, "/data", INNER_FILE_DIRECTORY, "/data");
  add_path (host, HOME "/.local/bin", INNER_FILE_DIRECTORY, HOME "/.local/bin");
  add_path (host, HOME "/.nvm", INNER_FILE_MISSING, NULL);
  inner_profile_set (profile, INNER_KEY_SANDBOX_HOME_ALLOW, g_variant_new_strv (allow, -1), NULL, 0,
                     0);
  inner_profile_set (profile, INNER_KEY_ENV_PATH_PREPEND, g_variant_new_strv (prepend, -1), NULL, 0,
                     0);
  plan = try_plan (host, profile,
                   "{'workspace': <'" HOME "/project'>,"
                   " 'mounts': <[('/data', '/mnt/data', 'ro')]>,"
                   " 'environment': <{'COLOUR': 'a \"b\" $c'}>, 'timeout': <uint64 7>}",
                   &error);
  g_assert_no_error (error);
  g_assert_cmpstr (plan->workspace, ==, HOME "/real/project");
  g_assert_cmpuint (plan->timeout, ==, 7);
  text = describe (plan);
  compare_with_golden ("workspace.txt", text);
  script = inner_bwrap_script (plan);
  compare_with_golden ("workspace-script.txt", script);
}

static void
test_golden_host_network_as_root (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;
  g_autofree char *text = NULL;
  InnerHost *host = make_host ();

  host->uid = 0;
  host->gid = 0;
  host->owns_kernel = TRUE;
  add_path (host, "/etc/hosts", INNER_FILE_REGULAR, "/etc/hosts");
  add_path (host, "/etc/resolv.conf", INNER_FILE_REGULAR, "/run/resolver/resolv.conf");
  plan = try_plan (host, profile, "{'network': <'host'>}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (plan->privileges[0], ==, "host-network");
  g_assert_null (plan->privileges[1]);
  text = describe (plan);
  compare_with_golden ("host-network-as-root.txt", text);
}

/* A minimal machine has neither file; the sandbox runs without them. */
static void
test_host_network_without_files (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();

  add_path (host, "/etc/hosts", INNER_FILE_MISSING, NULL);
  add_path (host, "/etc/resolv.conf", INNER_FILE_MISSING, NULL);
  plan = try_plan (host, profile, "{'network': <'host'>}", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = g_ptr_array_index (plan->mounts, i);

      g_assert_cmpstr (mount->reason, !=, "network");
    }
}

/* A value of the caller's is in the sandbox and not in what a dry run shows, whichever way it came. */
static void
test_script_shows_no_secret (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  const char *const inherited[] = { "TOKEN", NULL };
  g_autoptr (InnerRequest) request = new_request ("{'environment': <{'GIVEN': 'secret-1'}>}");
  g_autoptr (InnerPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *script = NULL;

  inner_profile_set (profile, INNER_KEY_ENV_INHERIT, g_variant_new_strv (inherited, -1), NULL, 0,
                     0);
  inner_profile_set (profile, INNER_KEY_ENV_SET,
                     g_variant_new_parsed ("{'COPY': 'a \\\"${TOKEN}\\\" ${UID}', 'PLAIN': 'x y'}"),
                     NULL, 0, 0);
  g_hash_table_insert (request->caller_environment, g_strdup ("TOKEN"), g_strdup ("secret-2"));
  plan = inner_plan_new (request, profile, "/p.toml", make_host (), &error);
  g_assert_no_error (error);
  g_assert_true (g_strv_contains ((const char *const *) plan->environment, "TOKEN=secret-2"));
  g_assert_true (g_strv_contains ((const char *const *) plan->environment, "GIVEN=secret-1"));
  g_assert_true (
      g_strv_contains ((const char *const *) plan->environment, "COPY=a \"secret-2\" 1000"));

  script = inner_bwrap_script (plan);
  g_assert_null (strstr (script, "secret"));
  g_assert_nonnull (strstr (script, "--setenv TOKEN \"$TOKEN\""));
  g_assert_nonnull (strstr (script, "--setenv GIVEN \"$GIVEN\""));
  g_assert_nonnull (strstr (script, "--setenv COPY \"a \\\"${TOKEN}\\\" 1000\""));
  g_assert_nonnull (strstr (script, "--setenv PLAIN 'x y'"));
}

static void
test_script_runs_nothing_of_a_profile (void)
{
  static const struct
  {
    const char *value;
    const char *shown;
  } cases[] = {
    { "$(touch x)", "\\$(touch x)" },
    { "${A}`touch x`", "${A}\\`touch x\\`" },
    { "$A\"; touch x; \"", "$A\\\"; touch x; \\\"" },
    { "$$ $1 $A", "\\$\\$ \\$1 $A" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (InnerProfile) profile = make_profile ();
      g_autoptr (InnerPlan) plan = NULL;
      g_autofree char *script = NULL;
      g_autofree char *expected = g_strdup_printf ("--setenv V \"%s\"", cases[i].shown);

      inner_profile_set (profile, INNER_KEY_ENV_SET,
                         g_variant_new_parsed ("{'V': %s}", cases[i].value), NULL, 0, 0);
      plan = try_plan (make_host (), profile, "{}", NULL);
      g_assert_nonnull (plan);
      script = inner_bwrap_script (plan);
      g_assert_nonnull (strstr (script, expected));
    }
}

static void
test_same_request_same_plan (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  const char *options = "{'environment': <{'B': '2', 'A': '1'}>}";
  g_autoptr (InnerPlan) one = try_plan (make_host (), profile, options, NULL);
  g_autoptr (InnerPlan) two = try_plan (make_host (), profile, options, NULL);
  g_autofree char *first = describe (one);
  g_autofree char *second = describe (two);

  g_assert_cmpstr (first, ==, second);
}

static void
test_destinations (void)
{
  static const char *const refused[] = {
    "/",    "/proc",      "/proc/1", "/dev/shm", "/sys",
    "/run", "/run/inner", HOME,      "/home",    "/run/inner/inner-init"
  };
  g_autoptr (InnerProfile) profile = make_profile ();

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *options =
          g_strdup_printf ("{'mounts': <[('/data', '%s', 'ro')]>}", refused[i]);
      InnerHost *host = make_host ();

      add_path (host, "/data", INNER_FILE_DIRECTORY, "/data");
      assert_refused (host, profile, options, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED, refused[i]);
    }
}

static void
test_sources (void)
{
  static const struct
  {
    InnerFileType type;
    const char *canonical;
  } refused[] = {
    { INNER_FILE_MISSING, NULL },
    { INNER_FILE_SOCKET, "/data" },
    { INNER_FILE_OTHER, "/data" },
    { INNER_FILE_DIRECTORY, HOME "/.ssh" },
    { INNER_FILE_DIRECTORY, HOME },
    { INNER_FILE_DIRECTORY, "/" },
    { INNER_FILE_DIRECTORY, HOME "/.config/inner" },
  };
  g_autoptr (InnerProfile) profile = make_profile ();

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      InnerHost *host = make_host ();

      add_path (host, "/data", refused[i].type, refused[i].canonical);
      assert_refused (host, profile, "{'mounts': <[('/data', '/mnt', 'rw')]>}", INNER_ERROR,
                      INNER_ERROR_MOUNT_REFUSED, "/");
    }
}

static void
test_workspaces (void)
{
  static const struct
  {
    InnerFileType type;
    const char *canonical;
    gboolean confirmed;
  } refused[] = {
    { INNER_FILE_MISSING, NULL, FALSE },    { INNER_FILE_REGULAR, "/srv/file", FALSE },
    { INNER_FILE_DIRECTORY, "/", TRUE },    { INNER_FILE_DIRECTORY, "/etc/ssl", TRUE },
    { INNER_FILE_DIRECTORY, "/usr", TRUE }, { INNER_FILE_DIRECTORY, HOME, FALSE },
    { INNER_FILE_DIRECTORY, HOME, TRUE },   { INNER_FILE_DIRECTORY, "/home", FALSE },
  };
  g_autoptr (InnerProfile) profile = make_profile ();

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *options =
          g_strdup_printf ("{'workspace': <'/w'>, 'confirm-workspace': <%s>}",
                           refused[i].confirmed ? "true" : "false");
      InnerHost *host = make_host ();

      add_path (host, "/w", refused[i].type, refused[i].canonical);
      assert_refused (host, profile, options, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED, "/");
    }
}

static void
test_homes (void)
{
  static const char *const refused[] = { "/", "/usr", "/etc/x", "relative", "/proc/self" };
  g_autoptr (InnerProfile) profile = make_profile ();

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      InnerHost *host = make_host ();

      g_free (host->home);
      host->home = g_strdup (refused[i]);
      assert_refused (host, profile, "{}", INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED, refused[i]);
    }
}

/* @host: (nullable): what is on the list; %NULL = nothing is. */
static void
assert_network (InnerProfile *profile, const char *options, const char *mode, const char *host)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = try_plan (make_host (), profile, options, &error);
  g_auto (GStrv) arguments = NULL;
  g_autoptr (GArray) descriptors = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (plan->network, ==, mode);
  g_assert_true (host != NULL ? g_strv_contains ((const char *const *) plan->allow_hosts, host)
                              : plan->allow_hosts[0] == NULL);
  arguments = inner_bwrap_arguments (plan, 10, FALSE, &descriptors);
  g_assert_true (g_strv_contains ((const char *const *) arguments, "--unshare-net"));
}

static void
test_networks (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();

  assert_network (profile, "{'network': <'allowlist'>}", "allowlist", NULL);
  assert_network (profile, "{'network': <'open'>}", "open", NULL);
  assert_network (profile, "{'network': <'on'>}", "open", NULL);
  assert_network (profile, "{'allow-hosts': <['a.example']>}", "allowlist", "a.example");
  assert_network (profile, "{'network': <'on'>, 'allow-hosts': <['a.example']>}", "allowlist",
                  "a.example");
  assert_network (profile, "{'allow-hosts': <['@github']>}", "allowlist", "codeload.github.com");
  assert_refused (make_host (), profile, "{'network': <'fast'>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "fast");
  assert_refused (make_host (), profile, "{'network': <'off'>, 'allow-hosts': <['a.example']>}",
                  INNER_ERROR, INNER_ERROR_INVALID_OPTION, "a.example");
  assert_refused (make_host (), profile, "{'allow-hosts': <['a b']>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "a b");
  assert_refused (make_host (), profile, "{'allow-hosts': <['@gitbub']>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "@gitbub");
}

static void
assert_published (InnerProfile *profile, const char *options, const char *expected)
{
  g_autoptr (InnerPlan) plan = try_plan (make_host (), profile, options, NULL);
  g_autoptr (GVariant) words = NULL;
  g_autofree const char **list = NULL;
  g_autofree char *text = NULL;

  g_assert_nonnull (plan);
  words = g_variant_ref_sink (inner_plan_published_words (plan));
  list = g_variant_get_strv (words, NULL);
  text = g_strjoinv (" ", (char **) list);
  g_assert_cmpstr (text, ==, expected);
}

/* What the caller says of a port of this machine takes the place of what the profile says. */
static void
test_published (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();

  assert_published (profile, "{}", "");
  assert_published (profile, "{'publish': <['8888', '[::1]:8888:1']>}",
                    "127.0.0.1:8888:8888 [::1]:8888:1");
  inner_profile_set (profile, INNER_KEY_PUBLISH,
                     g_variant_new_parsed ("{'8080': '80', '127.0.0.2:8080': '81'}"), NULL, 0, 0);
  assert_published (profile, "{}", "127.0.0.1:8080:80 127.0.0.2:8080:81");
  assert_published (profile, "{'publish': <['127.0.0.1:8080:90', '7']>}",
                    "127.0.0.1:8080:90 127.0.0.2:8080:81 127.0.0.1:7:7");
  assert_published (profile, "{'network': <'open'>}", "127.0.0.1:8080:80 127.0.0.2:8080:81");
  assert_published (profile, "{'allow-hosts': <['a.example:8080']>, 'publish': <['1:8080']>}",
                    "127.0.0.1:8080:80 127.0.0.2:8080:81 127.0.0.1:1:8080");
  assert_refused (make_host (), profile, "{'allow-hosts': <['a.example']>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "127.0.0.1:8080:80");
  assert_refused (make_host (), profile, "{'network': <'host'>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "“host”");
  assert_refused (make_host (), profile, "{'publish': <['9', '127.0.0.1:9:1']>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "127.0.0.1:9:1");
  assert_refused (make_host (), profile, "{'publish': <['9/udp']>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "9/udp");
}

/* Each thing a profile may want that this version cannot give, in a way that would fail open. */
static void
test_out_of_scope (void)
{
  static const struct
  {
    InnerKey key;
    const char *value;
  } refused[] = {
    { INNER_KEY_EXPERIMENTAL, "true" },
    { INNER_KEY_WORKSPACE_MODE, "'overlay'" },
    { INNER_KEY_WORKSPACE_MODE, "'worktree'" },
    { INNER_KEY_SANDBOX_ALLOW, "['trust-profile']" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (InnerProfile) profile = make_profile ();

      inner_profile_set (profile, refused[i].key, g_variant_new_parsed (refused[i].value), NULL, 0,
                         0);
      assert_refused (make_host (), profile, "{}", G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED, "");
    }
}

static void
test_requirements (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  const char *const landlock[] = { "landlock", NULL };
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();

  inner_profile_set (profile, INNER_KEY_SANDBOX_REQUIRE, g_variant_new_strv (landlock, -1), NULL, 0,
                     0);
  plan = try_plan (make_host (), profile, "{}", NULL);
  g_assert_nonnull (plan);
  host->landlock_abi = 0;
  assert_refused (host, profile, "{}", INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED, "landlock");
  assert_refused (make_host (), profile, "{'require-limits': <true>}", INNER_ERROR,
                  INNER_ERROR_HOST_UNSUPPORTED, "imit");
  assert_refused (make_host (), profile, "{'timeout': <uint64 18446744073709551615>}", INNER_ERROR,
                  INNER_ERROR_INVALID_OPTION, "too long");
}

static void
test_entrypoint_replaces_arguments (void)
{
  g_autoptr (InnerProfile) profile = make_profile ();
  g_autoptr (InnerPlan) plan =
      try_plan (make_host (), profile, "{'entrypoint': <'env'>, 'arguments': <['-0']>}", NULL);
  g_autofree char *command = g_strjoinv ("|", plan->command);

  g_assert_cmpstr (command, ==, "env|-0");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/plan/published", test_published);
  g_test_add_func ("/plan/golden/plain", test_golden_plain);
  g_test_add_func ("/plan/golden/workspace", test_golden_workspace);
  g_test_add_func ("/plan/golden/host-network-as-root", test_golden_host_network_as_root);
  g_test_add_func ("/plan/host-network-without-files", test_host_network_without_files);
  g_test_add_func ("/plan/script-shows-no-secret", test_script_shows_no_secret);
  g_test_add_func ("/plan/script-runs-nothing", test_script_runs_nothing_of_a_profile);
  g_test_add_func ("/plan/deterministic", test_same_request_same_plan);
  g_test_add_func ("/plan/destinations", test_destinations);
  g_test_add_func ("/plan/sources", test_sources);
  g_test_add_func ("/plan/workspaces", test_workspaces);
  g_test_add_func ("/plan/homes", test_homes);
  g_test_add_func ("/plan/networks", test_networks);
  g_test_add_func ("/plan/out-of-scope", test_out_of_scope);
  g_test_add_func ("/plan/requirements", test_requirements);
  g_test_add_func ("/plan/entrypoint", test_entrypoint_replaces_arguments);
  return g_test_run ();
}
