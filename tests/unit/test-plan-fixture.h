/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of plans share: a machine that is described and not looked at, profiles and requests in words. */

#include <string.h>

#include "inner-error.h"
#include "inner-plan.h"

#define HOME "/home/ada"

/* Ada's machine: what every plan needs of one, and no file. */
static inline InnerHost *
new_host (void)
{
  InnerHost *host = inner_host_new_empty ();

  host->uid = host->gid = 1000;
  host->user = g_strdup ("ada");
  host->home = g_strdup (HOME);
  host->bwrap = g_strdup ("/usr/bin/bwrap");
  host->init = g_strdup ("/usr/libexec/inner/inner-init");
  host->landlock_abi = 7;
  return host;
}

/* A profile that runs @cmd, and says nothing else. */
static inline InnerProfile *
new_profile (const char *cmd)
{
  InnerProfile *profile = inner_profile_new ();

  inner_profile_set (profile, INNER_KEY_NAME, g_variant_new_string ("test"), "/p.toml", 1, 1);
  inner_profile_set (profile, INNER_KEY_ENTRYPOINT_CMD, g_variant_new_string (cmd), "/p.toml", 2,
                     1);
  return profile;
}

/* @options is the text of an a{sv}. */
static inline InnerRequest *
new_request (const char *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, &error);
  InnerRequest *request;

  g_assert_no_error (error);
  request = inner_request_new (parsed, NULL, &error);
  g_assert_no_error (error);
  return request;
}

/* Takes @host. */
static inline InnerPlan *
try_plan (InnerHost *host, InnerProfile *profile, const char *options, GError **error)
{
  g_autoptr (InnerRequest) request = new_request (options);

  return inner_plan_new (request, profile, "/p.toml", host, error);
}

static inline InnerPlan *
plan_or_die (InnerHost *host, InnerProfile *profile, const char *options)
{
  g_autoptr (GError) error = NULL;
  InnerPlan *plan = try_plan (host, profile, options, &error);

  g_assert_no_error (error);
  return plan;
}

/* What stands at @destination in the sandbox; %NULL for nothing. */
static inline const InnerMount *
find_mount (const InnerPlan *plan, const char *destination)
{
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (g_str_equal (mount->destination, destination))
        return mount;
    }

  return NULL;
}

/* INNER_UPDATE_GOLDEN=1 writes the files in golden/ anew. */
static inline void
compare_with_golden (const char *name, const char *text)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "golden", name, NULL);
  g_autofree char *expected = NULL;
  g_autoptr (GError) error = NULL;

  if (g_getenv ("INNER_UPDATE_GOLDEN") != NULL)
    {
      g_file_set_contents (path, text, -1, &error);
      g_assert_no_error (error);
    }
  g_file_get_contents (path, &expected, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}
