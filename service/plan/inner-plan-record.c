/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What the record of a run begins with. Names of variables stand in it, their values never. */

#include "inner-plan-record.h"

#include <string.h>

#include "inner-bwrap.h"
#include "inner-journal.h"
#include "inner-plan-report.h"
#include "inner-profile-harden.h"
#include "inner-redact.h"
#include "inner-wire.h"

/* SECURITY: the values of variables whose names speak of secrets are taken out of arguments and output (attack 114;
 * tests/bus/test_records.py). (transfer container) */
static GPtrArray *
secrets_of (const InnerPlan *plan)
{
  GPtrArray *secrets = g_ptr_array_new ();

  for (char **entry = plan->environment; *entry != NULL; entry++)
    {
      const char *sign = strchr (*entry, '=');
      g_autofree char *name = g_strndup (*entry, sign - *entry);

      if (inner_name_is_secret (name))
        g_ptr_array_add (secrets, (gpointer) (sign + 1));
    }
  g_ptr_array_add (secrets, NULL);
  return secrets;
}

/* Of everything that bubblewrap is told and that is started: two plans with one digest are the same sandbox. Values
 * of variables are not in it, so that it tells nothing of them. (transfer full) */
static char *
digest_of (const InnerPlan *plan)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GArray) descriptors = NULL;
  g_auto (GStrv) arguments = inner_bwrap_arguments (plan, 10, FALSE, &descriptors);
  const char *const *lists[] = { (const char *const *) arguments,
                                 (const char *const *) plan->command,
                                 (const char *const *) plan->privileges };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (gsize j = 0; lists[i][j] != NULL; j++)
      g_checksum_update (sum, (const guchar *) lists[i][j], strlen (lists[i][j]) + 1);
  for (char **entry = plan->environment; *entry != NULL; entry++)
    g_checksum_update (sum, (const guchar *) *entry, strcspn (*entry, "="));
  return g_strdup (g_checksum_get_string (sum));
}

static GVariant *
clean_words (const InnerSecrets *secrets, char **words)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (; *words != NULL; words++)
    {
      g_autofree char *clean = inner_secrets_redact (secrets, *words);

      g_variant_builder_add (&list, "s", clean);
    }
  return g_variant_builder_end (&list);
}

static GVariant *
describe_caller (const InnerCaller *caller)
{
  g_autofree char *link = g_strdup_printf ("/proc/%d/exe", caller->pid);
  g_autofree char *program = caller->pid > 0 ? g_file_read_link (link, NULL) : NULL;
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "uid", g_variant_new_uint32 (caller->uid));
  g_variant_builder_add (&dict, "{sv}", "pid", g_variant_new_uint32 (caller->pid));
  /* What the process is now; it tells people something, and decides nothing. */
  if (program != NULL && g_utf8_validate (program, -1, NULL))
    g_variant_builder_add (&dict, "{sv}", "program", g_variant_new_string (program));
  return g_variant_builder_end (&dict);
}

static GVariant *
planned (const InnerPlan *plan,
         const char *id,
         const InnerCaller *caller,
         const InnerSecrets *secrets)
{
  g_autofree char *digest = digest_of (plan);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&dict, "{sv}", key, value)
  ADD ("version", g_variant_new_string (INNER_VERSION));
  ADD ("id", g_variant_new_string (id));
  ADD ("name", g_variant_new_string (plan->name != NULL ? plan->name : id));
  ADD ("plan", g_variant_new_string (digest));
  ADD ("command", clean_words (secrets, plan->command));
  inner_plan_summarize (plan, &dict);
  ADD ("mounts", inner_plan_report_mounts (plan, FALSE));
  ADD ("detached", g_variant_new_boolean (plan->detach));
  if (caller != NULL)
    ADD ("caller", describe_caller (caller));
  if (plan->grants != NULL)
    ADD ("granted", plan->grants);
#undef ADD
  return g_variant_builder_end (&dict);
}

GVariant *
inner_plan_journal (const InnerPlan *plan, const char *id, const InnerCaller *caller)
{
  g_autofree char *state = g_build_filename (g_get_user_state_dir (), "inner", NULL);
  g_autoptr (GPtrArray) values = secrets_of (plan);
  g_autoptr (InnerSecrets) secrets = inner_secrets_new ((const char *const *) values->pdata);
  GVariantBuilder journal;

  g_variant_builder_init (&journal, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&journal, "{sv}", key, value)
  ADD (INNER_JOURNAL_KEY_STATE, g_variant_new_string (state));
  ADD (INNER_JOURNAL_KEY_PLANNED, planned (plan, id, caller, secrets));
  ADD (INNER_JOURNAL_KEY_SECRETS,
       g_variant_new_bytestring_array ((const char *const *) values->pdata, -1));
  ADD (INNER_JOURNAL_KEY_OUTPUT, g_variant_new_boolean (!plan->interactive));
  ADD (INNER_JOURNAL_KEY_RECORDING, g_variant_new_boolean (plan->interactive));
#undef ADD
  return g_variant_builder_end (&journal);
}
