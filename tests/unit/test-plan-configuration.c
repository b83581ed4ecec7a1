/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-plan-report.h"
#include "test-plan-fixture.h"

/* What the configuration brings into a plan, and where a sandbox starts when its mounts are elsewhere. */

#define WORKSPACES HOME "/Projects/workspaces"

/* A machine with 4 GiB and 6 processors, and no file of a configuration. */
static InnerHost *
make_host (void)
{
  g_autoptr (InnerTrust) trust = inner_trust_new (NULL);
  const InnerConfigurationPlaces places = {
    .trust = trust,
    .home = HOME,
    .memory = G_GUINT64_CONSTANT (4) << 30,
    .processors = 6,
  };
  InnerHost *host = new_host ();

  host->configuration = inner_configuration_read (&places, NULL, NULL);
  return host;
}

static void
configure (InnerHost *host, InnerSetting setting, const char *text)
{
  InnerConfigurationValue *value = &host->configuration->values[setting];

  g_free (value->text);
  g_free (value->path);
  value->text = g_strdup (text);
  value->path = g_strdup ("/config.toml");
  value->line = 1;
}

static void
add_directory (InnerHost *host, const char *path)
{
  inner_host_add_fact (NULL, host->paths, path, INNER_FILE_DIRECTORY, path);
}

/* The profile of the example: two source trees below ${workspaces_path}. */
static InnerProfile *
make_multi_source_profile (void)
{
  InnerProfile *profile = new_profile ("sh");

  inner_profile_set (
      profile, INNER_KEY_MOUNTS,
      g_variant_new_parsed ("[('~/Projects/myapp', '${workspaces_path}/myapp', 'rw'),"
                            " ('~/Projects/mylib', '${workspaces_path}/mylib', 'ro')]"),
      "/p.toml", 3, 1);
  inner_profile_set (profile, INNER_KEY_ENTRYPOINT_WORKDIR,
                     g_variant_new_string ("${workspaces_path}/myapp"), "/p.toml", 4, 1);
  return profile;
}

static InnerHost *
make_multi_source_host (void)
{
  InnerHost *host = make_host ();

  add_directory (host, HOME "/Projects");
  add_directory (host, HOME "/Projects/myapp");
  add_directory (host, HOME "/Projects/mylib");
  configure (host, INNER_SETTING_WORKSPACES_PATH, WORKSPACES);
  return host;
}

static void
assert_limits (const InnerPlan *plan, const char *memory, const char *cpu, const char *pids)
{
  g_assert_cmpstr (plan->limits[0], ==, memory);
  g_assert_cmpstr (plan->limits[1], ==, cpu);
  g_assert_cmpstr (plan->limits[2], ==, pids);
}

static gboolean
has_warning (const InnerPlan *plan, const char *beginning)
{
  for (char **warning = plan->warnings; *warning != NULL; warning++)
    if (g_str_has_prefix (*warning, beginning))
      return TRUE;

  return FALSE;
}

/* How many mounts of the workspace there are; and *@kind of the one at @destination, if any. */
static guint
count_workspaces (const InnerPlan *plan, const char *destination, InnerMountKind *kind)
{
  guint n = 0;

  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      n += g_str_equal (mount->reason, "workspace");
      if (destination != NULL && g_str_equal (mount->destination, destination))
        *kind = mount->kind;
    }
  return n;
}

/* Automatic limits are told, and nobody is warned of what nobody asked for. */
static void
test_automatic_limits (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = plan_or_die (make_host (), profile, "{}");
  g_autoptr (GVariant) report = g_variant_ref_sink (inner_plan_report (plan));
  g_autoptr (GVariant) properties = g_variant_ref_sink (inner_plan_properties (plan, "id", NULL));
  g_autoptr (GVariant) told = g_variant_lookup_value (report, "limits", NULL);
  g_autoptr (GVariant) in_force = g_variant_lookup_value (properties, "Limits", NULL);
  g_autofree char *text = g_variant_print (told, FALSE);

  assert_limits (plan, "2048M", "300%", "512");
  g_assert_cmpstr (text, ==, "{'memory': '2048M', 'cpu': '300%', 'pids': '512'}");
  g_assert_cmpuint (g_variant_n_children (in_force), ==, 0);
  g_assert_cmpuint (g_strv_length (plan->warnings), ==, 0);
}

/* CLI, then profile, then configuration; zero and nothing are not set. */
static void
test_order_of_limits (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  g_autoptr (InnerPlan) asked = NULL;
  InnerHost *host = make_host ();
  InnerHost *other = make_host ();

  inner_profile_set (profile, INNER_KEY_SANDBOX_LIMITS_MEMORY, g_variant_new_string ("1G"), NULL, 0,
                     0);
  inner_profile_set (profile, INNER_KEY_SANDBOX_LIMITS_CPU, g_variant_new_string ("0"), NULL, 0, 0);
  inner_profile_set (profile, INNER_KEY_SANDBOX_LIMITS_PIDS, g_variant_new_int64 (7), NULL, 0, 0);
  configure (host, INNER_SETTING_MEMORY, "3G");
  configure (host, INNER_SETTING_CPU, "150%");
  plan = plan_or_die (host, profile, "{}");
  assert_limits (plan, "1G", "150%", "7");
  g_assert_true (has_warning (plan, "sandbox.limits.memory: "));
  g_assert_true (has_warning (plan, "sandbox.limits.pids: "));
  g_assert_true (has_warning (plan, "default_limits.cpu: "));
  g_assert_false (has_warning (plan, "default_limits.memory: "));

  asked =
      plan_or_die (other, profile, "{'limits': <{'memory': '512M', 'cpu': '2.0', 'pids': '0'}>}");
  assert_limits (asked, "512M", "2.0", "7");
  g_assert_true (has_warning (asked, "memory: this limit cannot be enforced here"));
}

static InnerHost *
make_host_with_systemd (void)
{
  InnerHost *host = make_host ();

  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    host->limit_means[i] = INNER_LIMIT_BY_SCOPE;
  return host;
}

static void
assert_printed (GVariant *value, const char *expected)
{
  g_autoptr (GVariant) owned = g_variant_is_floating (value) ? g_variant_ref_sink (value) : value;
  g_autofree char *text = g_variant_print (owned, TRUE);

  g_assert_cmpstr (text, ==, expected);
}

/* What systemd and the supervisor are told, to the last digit: 16 tasks are the sandbox's own. */
static void
test_limits_in_force (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan =
      plan_or_die (make_host_with_systemd (), profile,
                   "{'limits': <{'memory': '64M', 'cpu': '12.5%', 'pids': '100'}>}");
  g_autoptr (GVariant) properties = g_variant_ref_sink (inner_plan_properties (plan, "id", NULL));
  g_autoptr (GVariant) report = g_variant_ref_sink (inner_plan_report (plan));

  assert_printed (g_variant_lookup_value (properties, "Limits", NULL),
                  "{'memory': '64M', 'cpu': '12.5%', 'pids': '100'}");
  assert_printed (g_variant_lookup_value (report, "limits-not-enforced", NULL), "@as []");
  assert_printed (inner_plan_scope_properties (plan),
                  "[('MemoryMax', <uint64 67108864>), ('MemorySwapMax', <uint64 0>), "
                  "('CPUQuotaPerSecUSec', <uint64 125000>), ('TasksMax', <uint64 116>)]");
  assert_printed (inner_plan_bounds (plan),
                  "{'memory': uint64 67108864, 'cpu': 125, 'tasks': 116}");
  g_assert_cmpuint (g_strv_length (plan->warnings), ==, 0);
}

/* Without systemd the kernel counts processes; two are the sandbox's own. */
static void
test_limits_without_systemd (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) report = NULL;
  InnerHost *host = make_host ();

  host->limit_means[2] = INNER_LIMIT_BY_RLIMIT;
  plan = plan_or_die (host, profile, "{'limits': <{'pids': '100'}>}");
  properties = g_variant_ref_sink (inner_plan_properties (plan, "id", NULL));
  report = g_variant_ref_sink (inner_plan_report (plan));
  assert_printed (g_variant_lookup_value (properties, "Limits", NULL), "{'pids': '100'}");
  assert_printed (g_variant_lookup_value (report, "limits-not-enforced", NULL),
                  "['memory', 'cpu']");
  assert_printed (inner_plan_scope_properties (plan), "@a(sv) []");
  assert_printed (inner_plan_bounds (plan), "{'processes': uint64 102}");
  g_assert_cmpuint (g_strv_length (plan->warnings), ==, 0);
}

/* SECURITY test: attack 106. By option, and by profile; all three or none. */
static void
test_limits_that_are_required (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  const char *const layers[] = { "limits", NULL };

  for (gsize missing = 0; missing <= INNER_N_LIMITS; missing++)
    {
      InnerHost *host = make_host_with_systemd ();
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerPlan) plan = NULL;

      if (missing < INNER_N_LIMITS)
        host->limit_means[missing] = INNER_LIMIT_BY_NOTHING;
      plan = try_plan (host, profile, "{'require-limits': <true>}", &error);
      if (missing == INNER_N_LIMITS)
        {
          g_assert_nonnull (plan);
          continue;
        }
      g_assert_null (plan);
      g_assert_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED);
      g_assert_nonnull (strstr (error->message, inner_limit_names[missing]));
    }

  inner_profile_set (profile, INNER_KEY_SANDBOX_REQUIRE, g_variant_new_strv (layers, -1), NULL, 0,
                     0);
  g_assert_null (try_plan (make_host (), profile, "{}", NULL));
}

/* Less memory than the sandbox itself needs is a mistake of the caller, and not the death of the sandbox. */
static void
test_least_memory (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan = NULL;

  g_assert_null (
      try_plan (make_host_with_systemd (), profile, "{'limits': <{'memory': '7M'}>}", &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
  plan = plan_or_die (make_host_with_systemd (), profile, "{'limits': <{'memory': '8M'}>}");
  g_assert_nonnull (plan);
}

static InnerPlan *
make_foreign_plan (InnerProfile *profile, const char *unhardened)
{
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  g_autoptr (InnerRequest) request = inner_request_new (none, NULL, NULL);
  g_autoptr (GError) error = NULL;
  InnerHost *host = make_host ();
  InnerPlan *plan;

  request->foreign_profile = TRUE;
  request->unhardened = g_strdup (unhardened);
  configure (host, INNER_SETTING_MEMORY, "3G");
  configure (host, INNER_SETTING_CPU, "150%");
  configure (host, INNER_SETTING_PIDS, "100");
  plan = inner_plan_new (request, profile, "/p.toml", host, &error);
  g_assert_no_error (error);
  return plan;
}

/* Attack 65: a project's profile takes no more than the person's configuration gives. */
static void
test_limits_of_a_foreign_profile (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  g_autoptr (InnerPlan) taken_over = NULL;

  inner_profile_set (profile, INNER_KEY_SANDBOX_LIMITS_MEMORY, g_variant_new_string ("4096M"), NULL,
                     0, 0);
  inner_profile_set (profile, INNER_KEY_SANDBOX_LIMITS_CPU, g_variant_new_string ("1.5"), NULL, 0,
                     0);
  inner_profile_set (profile, INNER_KEY_SANDBOX_LIMITS_PIDS, g_variant_new_int64 (101), NULL, 0, 0);
  plan = make_foreign_plan (profile, NULL);
  assert_limits (plan, "3G", "1.5", "100");
  g_assert_true (has_warning (plan, "sandbox.limits.memory: “4096M” is more than"));
  g_assert_true (has_warning (plan, "sandbox.limits.pids: “101” is more than"));
  g_assert_false (has_warning (plan, "sandbox.limits.cpu: “"));

  taken_over = make_foreign_plan (profile, "digest");
  assert_limits (taken_over, "4096M", "1.5", "101");
}

static void
test_bad_limits (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (GError) of_request = NULL;
  g_autoptr (GError) of_profile = NULL;

  g_assert_null (try_plan (make_host (), profile, "{'limits': <{'memory': 'lots'}>}", &of_request));
  g_assert_error (of_request, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
  g_assert_nonnull (strstr (of_request->message, "“lots”"));

  inner_profile_set (profile, INNER_KEY_SANDBOX_LIMITS_CPU, g_variant_new_string ("all"), "/p.toml",
                     7, 9);
  g_assert_null (try_plan (make_host (), profile, "{}", &of_profile));
  g_assert_error (of_profile, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_true (g_str_has_prefix (of_profile->message, "/p.toml:7:9: "));
}

static void
test_warnings_of_the_configuration (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();

  g_ptr_array_add (host->configuration->warnings, g_strdup ("“/x” is not approved"));
  plan = plan_or_die (host, profile, "{}");
  g_assert_true (has_warning (plan, "“/x” is not approved"));
}

/* The example: no workspace is mounted, the sandbox starts in the tree that may be written, and nothing
 * needs to exist below ${workspaces_path}. */
static void
test_multi_source (void)
{
  g_autoptr (InnerProfile) profile = make_multi_source_profile ();
  g_autoptr (InnerPlan) plan =
      plan_or_die (make_multi_source_host (), profile, "{'directory': <'" HOME "/Projects'>}");
  InnerMountKind kind = INNER_N_MOUNT_KINDS;

  g_assert_cmpstr (plan->directory, ==, WORKSPACES "/myapp");
  g_assert_cmpstr (plan->workspace, ==, "");
  g_assert_cmpuint (count_workspaces (plan, WORKSPACES "/myapp", &kind), ==, 0);
  g_assert_cmpint (kind, ==, INNER_MOUNT_RW);
  count_workspaces (plan, WORKSPACES "/mylib", &kind);
  g_assert_cmpint (kind, ==, INNER_MOUNT_RO);
}

/* "-w" into a mount chooses where to start, and opens nothing: the library stays read-only. */
static void
test_start_in_a_mount (void)
{
  static const char *const directories[] = { WORKSPACES "/mylib", WORKSPACES "/mylib/src/deep" };

  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autoptr (InnerProfile) profile = make_multi_source_profile ();
      g_autofree char *options = g_strdup_printf ("{'workspace': <'%s'>}", directories[i]);
      g_autoptr (InnerPlan) plan = plan_or_die (make_multi_source_host (), profile, options);
      InnerMountKind kind = INNER_N_MOUNT_KINDS;

      g_assert_cmpstr (plan->directory, ==, directories[i]);
      g_assert_cmpuint (count_workspaces (plan, WORKSPACES "/mylib", &kind), ==, 0);
      g_assert_cmpint (kind, ==, INNER_MOUNT_RO);
    }
}

/* What is not in a mount is a workspace as ever, also when its name only begins like one. */
static void
test_start_beside_a_mount (void)
{
  g_autoptr (InnerProfile) profile = make_multi_source_profile ();
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_multi_source_host ();

  add_directory (host, WORKSPACES "/mylib2");
  plan = plan_or_die (host, profile, "{'workspace': <'" WORKSPACES "/mylib2'>}");
  g_assert_cmpstr (plan->directory, ==, "/workspace");
  g_assert_cmpstr (plan->workspace, ==, WORKSPACES "/mylib2");
  g_assert_cmpuint (count_workspaces (plan, NULL, NULL), ==, 2);
}

/* The same for a mount of the request, and for the directory where the caller stands. */
static void
test_start_in_a_mount_of_the_request (void)
{
  static const char *const options[] = {
    "{'mounts': <[('/srv/lib', '/lib-src', 'ro')]>, 'workspace': <'/lib-src/a'>}",
    "{'mounts': <[('/srv/lib', '/lib-src', 'ro')]>, 'directory': <'/lib-src/a'>}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autoptr (InnerProfile) profile = new_profile ("sh");
      g_autoptr (InnerPlan) plan = NULL;
      InnerHost *host = make_host ();

      add_directory (host, "/srv/lib");
      plan = plan_or_die (host, profile, options[i]);
      g_assert_cmpstr (plan->directory, ==, "/lib-src/a");
      g_assert_cmpuint (count_workspaces (plan, NULL, NULL), ==, 0);
    }
}

static void
test_workspaces_path (void)
{
  g_autoptr (InnerProfile) profile = make_multi_source_profile ();
  g_autoptr (InnerPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  InnerHost *host = make_multi_source_host ();
  InnerHost *without = make_multi_source_host ();

  /* Without one, the token stands for nothing. */
  g_clear_pointer (&without->configuration->values[INNER_SETTING_WORKSPACES_PATH].text, g_free);
  g_assert_null (try_plan (without, profile, "{}", &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_nonnull (strstr (error->message, "workspaces_path"));

  /* The profile's own wins. */
  inner_profile_set (profile, INNER_KEY_WORKSPACES_PATH, g_variant_new_string ("~/own"), "/p.toml",
                     5, 1);
  plan = plan_or_die (host, profile, "{}");
  g_assert_cmpstr (plan->directory, ==, HOME "/own/myapp");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/plan-configuration/automatic-limits", test_automatic_limits);
  g_test_add_func ("/plan-configuration/order-of-limits", test_order_of_limits);
  g_test_add_func ("/plan-configuration/limits-of-a-foreign-profile",
                   test_limits_of_a_foreign_profile);
  g_test_add_func ("/plan-configuration/limits-in-force", test_limits_in_force);
  g_test_add_func ("/plan-configuration/limits-without-systemd", test_limits_without_systemd);
  g_test_add_func ("/plan-configuration/limits-that-are-required", test_limits_that_are_required);
  g_test_add_func ("/plan-configuration/least-memory", test_least_memory);
  g_test_add_func ("/plan-configuration/bad-limits", test_bad_limits);
  g_test_add_func ("/plan-configuration/warnings", test_warnings_of_the_configuration);
  g_test_add_func ("/plan-configuration/multi-source", test_multi_source);
  g_test_add_func ("/plan-configuration/start-in-a-mount", test_start_in_a_mount);
  g_test_add_func ("/plan-configuration/start-beside-a-mount", test_start_beside_a_mount);
  g_test_add_func ("/plan-configuration/start-in-a-mount-of-the-request",
                   test_start_in_a_mount_of_the_request);
  g_test_add_func ("/plan-configuration/workspaces-path", test_workspaces_path);
  return g_test_run ();
}
