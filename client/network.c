/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What a running sandbox may reach: “network allow”, “network deny” and “network ask”. */

#include <stdio.h>

#include "inner-agent.h"
#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-destination.h"
#include "inner-output.h"
#include "inner-sandboxes.h"

/* The words of “allow” and “deny”. */
typedef struct
{
  gboolean once;
  gboolean session;
  gboolean profile;
  gboolean json;
} Words;

/* What the options say, or @fallback; NULL if they say two things. */
static const char *
choose (const Words *words, const char *fallback, GError **error)
{
  if (words->once + words->session + words->profile > 1)
    {
      g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                           _ ("“--once”, “--session” and “--profile” exclude one another"));
      return NULL;
    }
  return words->once ? "once" : words->session ? "session" : words->profile ? "profile" : fallback;
}

static void
tell (const char *method, const char *destination, const char *how)
{
  gboolean once = g_str_equal (how, "once");

  if (g_str_equal (method, INNER_DESTINATION_DENY))
    printf (once ? _ ("nobody is asked about %s for a minute\n")
                 : _ ("nobody is asked about %s as long as the sandbox lives\n"),
            destination);
  else if (g_str_equal (how, "profile"))
    printf (_ ("the sandbox and its profile may reach %s\n"), destination);
  else
    printf (once ? _ ("the sandbox may reach %s once\n")
                 : _ ("the sandbox may reach %s as long as it lives\n"),
            destination);
}

/* Each destination is tried, also after one that failed. */
static int
decide_all (InnerConnection *connection,
            const InnerSandbox *sandbox,
            const char *method,
            const char *how,
            char **destinations,
            gboolean json)
{
  g_auto (GVariantBuilder) array = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) done = NULL;
  int status = 0;

  for (; *destinations != NULL; destinations++)
    {
      g_autoptr (GError) error = NULL;

      if (!inner_check_utf8 (*destinations, &error) ||
          !inner_destination_decide (connection, sandbox->path, method, *destinations, how, &error))
        {
          status = inner_fail (error);
          continue;
        }
      g_variant_builder_add_parsed (&array, "{'destination': <%s>, 'for': <%s>}", *destinations,
                                    how);
      if (!json)
        tell (method, *destinations, how);
    }
  done = g_variant_ref_sink (g_variant_builder_end (&array));
  if (json)
    inner_print_json (done);
  return status;
}

static int
decide (InnerGlobal *global,
        int argc,
        char **argv,
        const char *method,
        const GOptionEntry *entries,
        const char *summary,
        const Words *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (InnerSandbox) sandbox = NULL;
  const char *how = NULL;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("ID HOST[:PORT]…"), summary, &error))
    return inner_fail (error);
  if (argc < 3)
    return inner_fail_usage (_ ("Name the sandbox, and then the hosts"));
  how = choose (words, g_str_equal (method, INNER_DESTINATION_ALLOW) ? "session" : "once", &error);
  if (how != NULL)
    connection = inner_global_connect (global, &error);
  if (connection != NULL && inner_check_utf8 (argv[1], &error))
    sandbox = inner_sandboxes_get (connection, argv[1], &error);
  if (sandbox == NULL)
    return inner_fail (error);
  return decide_all (connection, sandbox, method, how, argv + 2, words->json);
}

static int
allow (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "once", 0, 0, G_OPTION_ARG_NONE, &words.once,
      N_ ("For the connections that wait for an answer, else for the next one"), NULL },
    { "session", 0, 0, G_OPTION_ARG_NONE, &words.session,
      N_ ("As long as the sandbox lives (default)"), NULL },
    { "profile", 0, 0, G_OPTION_ARG_NONE, &words.profile,
      N_ ("The same, and in your own profile for later ones"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json, N_ ("Print JSON"), NULL },
    { NULL },
  };

  return decide (global, argc, argv, INNER_DESTINATION_ALLOW, entries,
                 _ ("Lets a running sandbox reach hosts that are not on its allowlist. This takes "
                    "the privilege “change-egress”."),
                 &words);
}

static int
deny (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "once", 0, 0, G_OPTION_ARG_NONE, &words.once, N_ ("For a minute (default)"), NULL },
    { "session", 0, 0, G_OPTION_ARG_NONE, &words.session, N_ ("As long as the sandbox lives"),
      NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json, N_ ("Print JSON"), NULL },
    { NULL },
  };

  return decide (global, argc, argv, INNER_DESTINATION_DENY, entries,
                 _ ("Answers the questions of a running sandbox about hosts with no, and lets it "
                    "not ask again."),
                 &words);
}

static int
ask (InnerGlobal *global, int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json,
      N_ ("Print each question as a line of JSON; “allow” and “deny” answer"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (InnerSandbox) sandbox = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("ID"),
                    _ ("Asks you about each host that a running sandbox wants to reach and that is "
                       "not on its allowlist, until it ends. Its profile needs network_ask."),
                    &error))
    return inner_fail (error);
  if (argc != 2)
    return inner_fail_usage (_ ("Which sandbox? Name its id, its name or the beginning of its id"));
  connection = inner_global_connect (global, &error);
  if (connection != NULL && inner_check_utf8 (argv[1], &error))
    sandbox = inner_sandboxes_get (connection, argv[1], &error);
  if (sandbox == NULL || !inner_destination_ask (connection, sandbox, json, &error))
    return inner_fail (error);
  return 0;
}

static const InnerVerb verbs[] = {
  { "allow", N_ ("Let a sandbox reach a host"), allow },
  { "deny", N_ ("Answer questions about a host with no"), deny },
  { "ask", N_ ("Be asked about hosts that are not on the allowlist"), ask },
  { NULL, NULL, NULL },
};

int
inner_verb_network (InnerGlobal *global, int argc, char **argv)
{
  return inner_verb_dispatch (verbs, "innerctl network", global, argc, argv);
}
