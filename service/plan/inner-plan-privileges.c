/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What a plan opens beyond the view that every sandbox has: the words, which say what, and the privileges behind
 * them, for each of which polkit is asked.
 */

#include "inner-bus-names.h"
#include "inner-plan-private.h"
#include "inner-privilege-words.h"
#include "inner-privileges.h"

static void
add_once (GPtrArray *list, const char *word)
{
  if (!g_ptr_array_find_with_equal_func (list, word, g_str_equal, NULL))
    g_ptr_array_add (list, g_strdup (word));
}

/* SECURITY: everything that opens something goes through here, so that nothing is opened which polkit is not
 * asked for (attack 110; tests/unit/test-plan-privileges.c). */
static gboolean
add_privilege (GPtrArray *privileges, const char *word, GError **error)
{
  if (!inner_privilege_check_available (word, error))
    return FALSE;
  if (!inner_privilege_opens_nothing (word))
    add_once (privileges, inner_privilege_resolve (word)->key);
  return TRUE;
}

char **
inner_planning_words (const InnerRequest *request, InnerProfile *profile)
{
  g_autoptr (GPtrArray) of_profile = inner_privilege_words_of (profile);
  GPtrArray *words = g_ptr_array_new ();

  for (guint i = 0; i < of_profile->len; i++)
    add_once (words, of_profile->pdata[i]);
  for (char **word = request->allow; *word != NULL; word++)
    add_once (words, *word);
  for (guint i = 0; i < words->len; i++)
    if (inner_bus_name_of (words->pdata[i]) != NULL)
      {
        add_once (words, INNER_PRIVILEGE_SESSION_BUS);
        break;
      }
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (words, FALSE);
}

gboolean
inner_planning_privileges (InnerPlanning *planning, GError **error)
{
  InnerPlan *plan = planning->plan;
  g_autoptr (GPtrArray) privileges = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) needs = inner_privilege_needs_of (planning->profile);

  plan->allow = inner_planning_words (planning->request, planning->profile);
  for (char **word = plan->allow; *word != NULL; word++)
    if (!add_privilege (privileges, *word, error))
      return FALSE;
  if (g_str_equal (plan->network, "host"))
    g_ptr_array_add (needs, (gpointer) INNER_PRIVILEGE_HOST_NETWORK);
  for (guint i = 0; i < needs->len; i++)
    if (!add_privilege (privileges, needs->pdata[i], error))
      return FALSE;

  /* SECURITY: nobody but a person takes a foreign profile for the user's own (attack 65;
   * tests/polkit/test_approval.py). */
  if (planning->request->unhardened != NULL)
    add_once (privileges, INNER_PRIVILEGE_TRUST_PROFILE);

  g_ptr_array_add (privileges, NULL);
  plan->privileges = (char **) g_ptr_array_free (g_steal_pointer (&privileges), FALSE);
  return TRUE;
}
