/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>

#include "inner-client.h"
#include "inner-output.h"

/* As long as the longest id of CheckHost. */
#define ID_WIDTH 15

/* What is fine takes a line; what is not tells why it matters and what to type, below its detail. */
static void
print_check (GVariant *check)
{
  g_autofree char *mark = inner_mark_of (inner_text_of (check, "status"));
  g_autofree char *detail = inner_escape_all (inner_text_of (check, "detail"));
  g_autofree char *remedy = inner_escape_all (inner_text_of (check, "remedy"));

  printf ("[%s] %-*s %s\n", mark, ID_WIDTH, inner_text_of (check, "id"), detail);
  if (remedy[0] != '\0')
    printf ("     %-*s %s\n     %-*s → %s\n", ID_WIDTH, "", inner_text_of (check, "why"), ID_WIDTH,
            "", remedy);
}

static gboolean
no_sandbox_can_run (GVariant *checks)
{
  for (gsize i = 0; i < g_variant_n_children (checks); i++)
    {
      g_autoptr (GVariant) check = g_variant_get_child_value (checks, i);

      if (inner_flag_of (check, "required") && !g_str_equal (inner_text_of (check, "status"), "ok"))
        return TRUE;
    }

  return FALSE;
}

int
inner_verb_doctor (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) checks = NULL;
  g_autofree char *directory = g_get_current_dir ();

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Looks at what of this machine a sandbox needs."), &error))
    return inner_fail (error);
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "CheckHost",
                        g_variant_new_parsed ("({'directory': <%s>},)", directory), "(aa{sv})",
                        NULL, &error);
  if (reply == NULL)
    return inner_fail (error);

  checks = g_variant_get_child_value (reply, 0);
  if (json)
    inner_print_json (checks);
  for (gsize i = 0; !json && i < g_variant_n_children (checks); i++)
    {
      g_autoptr (GVariant) check = g_variant_get_child_value (checks, i);

      print_check (check);
    }
  return no_sandbox_can_run (checks) ? 1 : 0;
}
