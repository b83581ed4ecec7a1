/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-plan-report.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-bwrap.h"
#include "inner-plan-published.h"
#include "inner-privileges.h"

const char *
inner_mount_kind_to_string (InnerMountKind kind)
{
  static const char *const words[INNER_N_MOUNT_KINDS] = {
    [INNER_MOUNT_RO] = "ro",
    [INNER_MOUNT_RW] = "rw",
    [INNER_MOUNT_TMPFS] = "tmpfs",
    [INNER_MOUNT_PROC] = "proc",
    [INNER_MOUNT_DEV] = "dev",
    [INNER_MOUNT_SYMLINK] = "symlink",
    [INNER_MOUNT_FILE] = "file",
    [INNER_MOUNT_SEAL] = "seal",
    [INNER_MOUNT_FILE_OVER] = "file",
    [INNER_MOUNT_HIDDEN_FILE] = "masked",
    [INNER_MOUNT_HIDDEN_DIRECTORY] = "masked",
    [INNER_MOUNT_COPY] = "copy",
    [INNER_MOUNT_BUS] = "bus",
  };

  return words[kind];
}

/* Names only: a dry run reads no file of an agent. */
static void
report_agent_copy (GVariantBuilder *mounts, const InnerAgentCopy *copy)
{
  static const char *const words[] = {
    [INNER_AGENT_COPY_FILE] = "copy",
    [INNER_AGENT_REQUIRED_FILE] = "copy",
    [INNER_AGENT_COPY_TREE] = "copy-tree",
    [INNER_AGENT_EMPTY_DIRECTORY] = "directory",
  };
  gboolean empty = copy->path->kind == INNER_AGENT_EMPTY_DIRECTORY;

  g_variant_builder_add_parsed (mounts,
                                "{'kind': <%s>, 'source': <%s>, 'destination': <%s>, 'mode': <''>, "
                                "'reason': <'agent'>}",
                                words[copy->path->kind], empty ? "" : copy->place, copy->place);
}

GVariant *
inner_plan_report_mounts (const InnerPlan *plan, gboolean with_base)
{
  GVariantBuilder mounts;

  g_variant_builder_init (&mounts, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = g_ptr_array_index (plan->mounts, i);
      g_autofree char *mode = g_strdup_printf ("%04o", (guint) mount->mode);

      if (!with_base && g_str_equal (mount->reason, "base"))
        continue;
      g_variant_builder_open (&mounts, G_VARIANT_TYPE ("a{sv}"));
      g_variant_builder_add (&mounts, "{sv}", "kind",
                             g_variant_new_string (inner_mount_kind_to_string (mount->kind)));
      g_variant_builder_add (&mounts, "{sv}", "source",
                             g_variant_new_string (mount->source != NULL ? mount->source : ""));
      g_variant_builder_add (&mounts, "{sv}", "destination",
                             g_variant_new_string (mount->destination));
      g_variant_builder_add (&mounts, "{sv}", "mode",
                             g_variant_new_string (mount->mode != 0 ? mode : ""));
      g_variant_builder_add (&mounts, "{sv}", "reason", g_variant_new_string (mount->reason));
      g_variant_builder_close (&mounts);
    }

  for (guint i = 0; i < plan->agent_copies->len; i++)
    report_agent_copy (&mounts, g_ptr_array_index (plan->agent_copies, i));

  return g_variant_builder_end (&mounts);
}

static GVariant *
environment_names (const InnerPlan *plan)
{
  GVariantBuilder names;

  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  for (char **entry = plan->environment; *entry != NULL; entry++)
    {
      g_autofree char *name = g_strndup (*entry, strchr (*entry, '=') - *entry);

      g_variant_builder_add (&names, "s", name);
    }

  return g_variant_builder_end (&names);
}

/* Those that are in force, or with @all also those that cannot be enforced here. */
static GVariant *
report_limits (const InnerPlan *plan, gboolean all)
{
  GVariantBuilder limits;

  g_variant_builder_init (&limits, G_VARIANT_TYPE ("a{ss}"));
  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    if (plan->limits[i] != NULL && (all || inner_plan_enforces_limit (plan, i)))
      g_variant_builder_add (&limits, "{ss}", inner_limit_names[i], plan->limits[i]);
  if (plan->timeout > 0)
    {
      g_autofree char *timeout = g_strdup_printf ("%" G_GUINT64_FORMAT "s", plan->timeout);

      g_variant_builder_add (&limits, "{ss}", "timeout", timeout);
    }
  if (plan->idle_timeout > 0)
    {
      g_autofree char *idle = g_strdup_printf ("%" G_GUINT64_FORMAT "s", plan->idle_timeout);

      g_variant_builder_add (&limits, "{ss}", "idle", idle);
    }

  return g_variant_builder_end (&limits);
}

static GVariant *
names_not_enforced (const InnerPlan *plan)
{
  GVariantBuilder names;

  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  for (gsize i = 0; i < INNER_N_LIMITS; i++)
    if (plan->limits[i] != NULL && !inner_plan_enforces_limit (plan, i))
      g_variant_builder_add (&names, "s", inner_limit_names[i]);

  return g_variant_builder_end (&names);
}

/* bubblewrap's argument vector as it is run: our PID 1 gets the command over its socket. */
static GVariant *
report_bwrap (const InnerPlan *plan)
{
  g_autoptr (GArray) descriptors = NULL;
  g_auto (GStrv) arguments = inner_bwrap_arguments (plan, 10, FALSE, &descriptors);
  GVariantBuilder vector;

  g_variant_builder_init (&vector, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_builder_add (&vector, "s", plan->host->bwrap);
  for (char **argument = arguments; *argument != NULL; argument++)
    g_variant_builder_add (&vector, "s", *argument);

  return g_variant_builder_end (&vector);
}

/* What each privilege opens, for people. */
static GVariant *
report_privileges (const InnerPlan *plan)
{
  GVariantBuilder sentences;

  g_variant_builder_init (&sentences, G_VARIANT_TYPE ("a{ss}"));
  for (char **key = plan->privileges; *key != NULL; key++)
    g_variant_builder_add (&sentences, "{ss}", *key, _ (inner_privilege_lookup (*key)->sentence));
  return g_variant_builder_end (&sentences);
}

void
inner_plan_summarize (const InnerPlan *plan, GVariantBuilder *dict)
{
#define ADD(key, value) g_variant_builder_add (dict, "{sv}", key, value)
  ADD ("profile", g_variant_new_string (plan->profile));
  ADD ("profile-path", g_variant_new_string (plan->profile_path));
  ADD ("directory", g_variant_new_string (plan->directory));
  ADD ("workspace", g_variant_new_string (plan->workspace));
  ADD ("environment", environment_names (plan));
  ADD ("network", g_variant_new_string (plan->network));
  ADD ("allow-hosts", g_variant_new_strv ((const char *const *) plan->allow_hosts, -1));
  ADD ("network-ask", g_variant_new_boolean (plan->network_ask));
  ADD ("deny-hosts", g_variant_new_strv ((const char *const *) plan->deny_hosts, -1));
  ADD ("publish", inner_plan_published_words (plan));
  ADD ("home", g_variant_new_string (plan->home));
  ADD ("timeout", g_variant_new_uint64 (plan->timeout));
  ADD ("interactive", g_variant_new_boolean (plan->interactive));
  ADD ("limits", report_limits (plan, TRUE));
  ADD ("limits-not-enforced", names_not_enforced (plan));
  ADD ("privileges", g_variant_new_strv ((const char *const *) plan->privileges, -1));
  ADD ("allow", g_variant_new_strv ((const char *const *) plan->allow, -1));
  ADD ("warnings", g_variant_new_strv ((const char *const *) plan->warnings, -1));
#undef ADD
}

GVariant *
inner_plan_report (const InnerPlan *plan)
{
  GVariantBuilder report;
  g_autofree char *script = inner_bwrap_script (plan);

  g_variant_builder_init (&report, G_VARIANT_TYPE_VARDICT);
  inner_plan_summarize (plan, &report);
#define ADD(key, value) g_variant_builder_add (&report, "{sv}", key, value)
  ADD ("command", g_variant_new_strv ((const char *const *) plan->command, -1));
  ADD ("mounts", inner_plan_report_mounts (plan, TRUE));
  ADD ("privilege-sentences", report_privileges (plan));
  ADD ("bwrap", report_bwrap (plan));
  ADD ("bwrap-script", g_variant_new_string (script));
#undef ADD

  return g_variant_builder_end (&report);
}

GVariant *
inner_plan_properties (const InnerPlan *plan, const char *id, const GPtrArray *notes)
{
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&properties, "{sv}", key, value)
  ADD ("Id", g_variant_new_string (id));
  ADD ("Name", g_variant_new_string (plan->name != NULL ? plan->name : id));
  ADD ("Profile", g_variant_new_string (plan->profile));
  ADD ("Command", g_variant_new_strv ((const char *const *) plan->command, -1));
  ADD ("Workspace", g_variant_new_string (plan->workspace));
  ADD ("Interactive", g_variant_new_boolean (plan->interactive));
  ADD ("Network", g_variant_new_string (plan->network));
  ADD ("Published", inner_plan_published_words (plan));
  ADD ("Privileges", g_variant_new_strv ((const char *const *) plan->privileges, -1));
  ADD ("Limits", report_limits (plan, FALSE));
  ADD ("Detached", g_variant_new_boolean (plan->detach));
  ADD ("Notes", g_variant_new_strv (notes != NULL ? (const char *const *) notes->pdata : NULL,
                                    notes != NULL ? (gssize) notes->len : 0));
  ADD ("Asks", g_variant_new_boolean (plan->network_ask));
  ADD ("ProfilePath", g_variant_new_string (plan->profile_path));
  ADD ("Summary", g_variant_new_boolean (plan->summary));
#undef ADD

  return g_variant_builder_end (&properties);
}
