/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-guard-recovery.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>

#include "inner-fds.h"
#include "inner-guard-fs.h"
#include "inner-guard.h"
#include "inner-guarded.h"
#include "inner-names.h"
#include "inner-wire.h"

/* As the supervisor would have written it. */
static void
write_end (int directory_fd, const InnerGuard *guard, GVariant *findings)
{
  g_autoptr (GVariant) values = g_variant_ref_sink (g_variant_new_parsed (
      "{'code': <%i>, 'reason': <%s>, 'signal': <0>, 'at': <%x>, 'guarded': <%@aa{sv}>, "
      "'properties': <%@a{sv}>}",
      INNER_EXIT_ERROR, INNER_REASON_LOST, g_get_real_time (), findings,
      inner_guard_get_properties (guard)));

  inner_guard_write (directory_fd, INNER_FILE_EXIT, "exit", g_variant_get_data (values),
                     g_variant_get_size (values), 0600);
}

GVariant *
inner_guard_recovery_run (int directory_fd)
{
  g_autoptr (InnerGuard) guard = inner_guard_recover (directory_fd);
  g_autoptr (GVariant) findings = NULL;

  if (guard == NULL || inner_guard_n_findings (guard) == 0)
    return NULL;
  findings = g_variant_ref_sink (inner_guard_findings (guard));
  write_end (directory_fd, guard, findings);
  unlinkat (directory_fd, INNER_FILE_INIT, 0);
  unlinkat (directory_fd, INNER_FILE_CONTROL, 0);
  return g_steal_pointer (&findings);
}

static GVariant *
describe_one (GVariant *finding)
{
  GVariantDict dict;
  const char *word = "";
  const InnerGuardedKindInfo *info;

  g_variant_lookup (finding, "kind", "&s", &word);
  info = inner_guarded_kind_find (word);
  g_variant_dict_init (&dict, finding);
  if (info != NULL)
    g_variant_dict_insert (&dict, "description", "s", _ (info->sentence));
  return g_variant_dict_end (&dict);
}

GVariant *
inner_guard_describe (GVariant *findings)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (findings); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (findings, i);

      g_variant_builder_add_value (&all, describe_one (one));
    }

  return g_variant_ref_sink (g_variant_builder_end (&all));
}
