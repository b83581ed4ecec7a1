/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Where "~", $VARIABLES, ${workdir} and ${workspaces_path} are replaced and where they are not (reference,
 * section 1.6), in profiles of both notations. What becomes of each text by itself is in
 * test-expand.c. */

#include "test-profile-common.h"
#include "test-plan-fixture.h"

/* What a text stands in; "%s" is the text. */
typedef enum
{
  MOUNT_SOURCE,
  MOUNT_DESTINATION,
  HOME_ALLOW,
  ENV_SET,
  PATH_PREPEND,
  WORKDIR,
  WORKSPACES_PATH,
  CMD,
  ARGS,
  N_PLACES
} Place;

static const char *const templates[] = {
  [MOUNT_SOURCE] = "[mounts]\n'%s' = { dest = '/mnt', mode = 'ro' }",
  [MOUNT_DESTINATION] = "workspaces_path='~/spaces'\n[mounts]\n'/data' = { dest = '%s' }",
  [HOME_ALLOW] = "[sandbox]\nhome_allow = ['%s']",
  [ENV_SET] = "[env.set]\nRESULT = '%s'",
  [PATH_PREPEND] = "[env]\npath_prepend = ['%s']",
  [WORKDIR] = "workspaces_path='~/spaces'\n[entrypoint]\nworkdir = '%s'",
  [WORKSPACES_PATH] = "workspaces_path = '%s'\n[entrypoint]\nworkdir = '${workspaces_path}/x'",
  [CMD] = "[entrypoint]\ncmd = '%s'",
  [ARGS] = "[entrypoint]\ncmd = 'sh'\nargs = ['%s']",
};

static const struct
{
  Place place;
  const char *text;
  const char *expected;
} cases[] = {
  { MOUNT_SOURCE, "~/src", HOME "/src" },
  { MOUNT_SOURCE, "$DATA/src", "/srv/data/src" },
  { MOUNT_SOURCE, "${DATA}/src", "/srv/data/src" },
  { MOUNT_SOURCE, "/srv/${UID}", "/srv/1000" },
  { MOUNT_SOURCE, "/srv/$UID/x", "/srv/1000/x" },
  { MOUNT_SOURCE, "${workdir}/src", "/work/src" },
  { MOUNT_SOURCE, "/a/~/b", "/a/~/b" },
  { MOUNT_SOURCE, "$NOT_SET/a", "/a" },
  { MOUNT_DESTINATION, "~/dest", HOME "/dest" },
  { MOUNT_DESTINATION, "$DATA/dest", "/srv/data/dest" },
  { MOUNT_DESTINATION, "${workspaces_path}/dest", HOME "/spaces/dest" },
  { HOME_ALLOW, "~/.cargo/bin", HOME "/.cargo/bin" },
  { HOME_ALLOW, "$HOME/.cargo/bin", HOME "/.cargo/bin" },
  { ENV_SET, "$DATA:$NOT_SET:${UID}", "/srv/data::1000" },
  { ENV_SET, "~/x", HOME "/x" },
  { ENV_SET, "x:~/x", "x:~/x" },
  { PATH_PREPEND, "~/bin", HOME "/bin:/usr/local/bin:/usr/bin:/bin" },
  { PATH_PREPEND, "$DATA/bin", "/srv/data/bin:/usr/local/bin:/usr/bin:/bin" },
  { WORKDIR, "~/project", HOME "/project" },
  { WORKDIR, "${workspaces_path}/project", HOME "/spaces/project" },
  { WORKDIR, "$DATA/project", "/srv/data/project" },
  { WORKSPACES_PATH, "~/w", HOME "/w/x" },
  { WORKSPACES_PATH, "$DATA/w", "/srv/data/w/x" },
  /* What is run is never touched: a shell in the sandbox has its own variables. */
  { CMD, "$DATA/bin/~", "$DATA/bin/~" },
  { CMD, "~/x", "~/x" },
  { ARGS, "~/x $DATA ${UID} ${workdir}", "~/x $DATA ${UID} ${workdir}" },
};

/* A machine on which every path that is asked for is a directory. */
static InnerHost *
make_host (const InnerRequest *request, InnerProfile *profile)
{
  InnerHost *host = new_host ();
  g_autoptr (GPtrArray) paths = NULL;

  paths = inner_plan_paths (request, profile, host);
  for (guint i = 0; i < paths->len; i++)
    inner_host_add_fact (NULL, host->paths, paths->pdata[i], INNER_FILE_DIRECTORY, paths->pdata[i]);
  return host;
}

static InnerPlan *
make_plan (InnerProfile *profile, const char *options, GError **error)
{
  g_autoptr (GVariant) parsed = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);
  g_autoptr (InnerRequest) request = inner_request_new (parsed, NULL, error);

  g_assert_nonnull (request);
  g_hash_table_insert (request->caller_environment, g_strdup ("DATA"), g_strdup ("/srv/data"));
  g_hash_table_insert (request->caller_environment, g_strdup ("HOME"), g_strdup (HOME));
  g_hash_table_insert (request->caller_environment, g_strdup ("UID"), g_strdup ("0"));
  return inner_plan_new (request, profile, "/p.toml", make_host (request, profile), error);
}

static InnerMount *
mount_for (InnerPlan *plan, const char *reason)
{
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      InnerMount *mount = plan->mounts->pdata[i];

      if (g_str_equal (mount->reason, reason) && mount->source != NULL)
        return mount;
    }

  g_error ("there is no mount for “%s”", reason);
}

static const char *
value_in (InnerPlan *plan, Place place)
{
  switch (place)
    {
    case MOUNT_SOURCE:
      return mount_for (plan, "profile")->source;
    case MOUNT_DESTINATION:
      return mount_for (plan, "profile")->destination;
    case HOME_ALLOW:
      return mount_for (plan, "home")->source;
    case ENV_SET:
      return g_environ_getenv (plan->environment, "RESULT");
    case PATH_PREPEND:
      return g_environ_getenv (plan->environment, "PATH");
    case WORKDIR:
    case WORKSPACES_PATH:
      return plan->workspace;
    case CMD:
      return plan->command[0];
    case ARGS:
      return plan->command[1];
    case N_PLACES:
    default:
      g_return_val_if_reached (NULL);
    }
}

/* The profile with @text in @place, once as it was written and once by way of XML. */
static void
assert_expanded (Place place, const char *text, const char *expected)
{
  g_auto (GStrv) parts = g_strsplit (templates[place], "%s", 2);
  g_autofree char *document = g_strconcat (parts[0], text, parts[1], NULL);
  g_autoptr (InnerProfile) from_toml = toml (document);
  g_autofree char *as_xml = inner_profile_write (from_toml, "xml");
  g_autoptr (InnerProfile) from_xml = xml (as_xml);
  InnerProfile *profiles[] = { from_toml, from_xml };

  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerPlan) plan = make_plan (profiles[i], "{'directory': <'/work'>}", &error);

      g_assert_no_error (error);
      g_assert_cmpstr (value_in (plan, place), ==, expected);
    }
}

static void
test_places (void)
{
  gboolean seen[N_PLACES] = { FALSE };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s in place %d", cases[i].text, cases[i].place);
      assert_expanded (cases[i].place, cases[i].text, cases[i].expected);
      seen[cases[i].place] = TRUE;
    }
  for (gsize i = 0; i < N_PLACES; i++)
    g_assert_true (seen[i]);
}

/* What is used and not known is an error and never empty. */
static void
test_unknown (void)
{
  static const struct
  {
    const char *document;
    const char *part;
  } refusals[] = {
    { "[mounts]\n'${workdir}/x' = { dest = '/mnt' }", "“${workdir}” stands for nothing here" },
    { "[mounts]\n'/data' = { dest = '${workspaces_path}/x' }",
      "“${workspaces_path}” stands for nothing here: set workspaces_path in the profile or in the "
      "configuration" },
    { "[entrypoint]\nworkdir = '${workspaces_path}/x'", "“${workspaces_path}” stands for nothing" },
    { "[env.set]\nA = '${DATA'", "end the name with “}”" },
    { "[env]\npath_prepend = ['${}']", "end the name with “}”" },
    { "[sandbox]\nhome_allow = ['${DATA']", "end the name with “}”" },
    { "[sandbox]\nhome_allow = ['$NOT_SET']", "must be an absolute path" },
    { "[mounts]\n'$NOT_SET' = { dest = '/mnt' }", "must be absolute paths" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr (InnerProfile) profile = toml (refusals[i].document);
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerPlan) plan = make_plan (profile, "{'detach': <false>}", &error);

      g_assert_null (plan);
      if (strstr (error->message, refusals[i].part) == NULL)
        g_error ("“%s” does not hold “%s”", error->message, refusals[i].part);
    }
}

/* The caller's own words. */
static void
test_request (void)
{
  g_autoptr (InnerProfile) profile = toml ("[entrypoint]\ncmd = 'sh'");
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerPlan) plan =
      make_plan (profile, "{'entrypoint': <'$DATA/bin/x'>, 'arguments': <['$DATA', '~']>}", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (plan->command[0], ==, "/srv/data/bin/x");
  g_assert_cmpstr (plan->command[1], ==, "$DATA");
  g_assert_cmpstr (plan->command[2], ==, "~");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/plan/expand/places", test_places);
  g_test_add_func ("/plan/expand/unknown", test_unknown);
  g_test_add_func ("/plan/expand/request", test_request);

  return g_test_run ();
}
