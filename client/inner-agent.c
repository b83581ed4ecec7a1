/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-agent.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-consent.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-message.h"
#include "inner-names.h"
#include "inner-spawn.h"

#define PROGRAM INNER_LIBEXECDIR "/inner-ask"

struct _InnerAgent
{
  pid_t pid;
  int socket; /* closed: it ends */
};

gboolean
inner_agent_can_help (const InnerConnection *connection, const GError *error)
{
  return !connection->no_ask && inner_can_ask () &&
         g_error_matches (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED_CAN_OBTAIN);
}

/* SECURITY: it asks for a password, so it gets nothing from the environment that could change what it is; the address of
 * the system bus is where the person's polkit is (attack 30; tests/polkit/test_polkitd.py, test_text_agent). */
static char **
make_environment (void)
{
  static const char *const names[] = { "LANG",        "LANGUAGE", "LC_ALL",
                                       "LC_CTYPE",    "TERM",     "DBUS_SYSTEM_BUS_ADDRESS",
                                       "LC_MESSAGES", "G_DEBUG",  "ASAN_OPTIONS" };
  char **environment = g_new0 (char *, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]) != NULL)
      environment = g_environ_setenv (environment, names[i], g_getenv (names[i]), TRUE);
  return environment;
}

InnerAgent *
inner_agent_start (void)
{
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());
  const char *const arguments[] = { "inner-ask", pid, NULL };
  g_auto (GStrv) environment = make_environment ();
  g_autoptr (InnerAgent) agent = NULL;
  int pair[2];
  char byte;
  int error;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    return NULL;
  agent = g_new0 (InnerAgent, 1);
  agent->socket = pair[0];
  error = inner_spawn (&(InnerSpawn){ .path = PROGRAM,
                                      .arguments = arguments,
                                      .environment = (const char *const *) environment,
                                      .socket = pair[1],
                                      .keep_stderr = TRUE },
                       &agent->pid);
  close (pair[1]);
  if (error != 0)
    {
      agent->pid = 0;
      inner_say (_ ("No password can be asked for: “%s”: %s"), PROGRAM, g_strerror (error));
      return NULL;
    }
  return read (agent->socket, &byte, 1) == 1 ? g_steal_pointer (&agent) : NULL;
}

void
inner_agent_stop (InnerAgent *agent)
{
  close (agent->socket);
  while (agent->pid > 0 && waitpid (agent->pid, NULL, 0) < 0 && errno == EINTR)
    ;
  g_free (agent);
}

void
inner_agent_explain (InnerConnection *connection, GVariant *parameters, GUnixFDList *fds)
{
  g_autoptr (GVariant) reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX,
                                           "Plan", parameters, "(a{sv})", fds, NULL);
  g_autoptr (GVariant) plan = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  g_autoptr (GVariant) sentences =
      plan != NULL ? g_variant_lookup_value (plan, "privilege-sentences", G_VARIANT_TYPE ("a{ss}"))
                   : NULL;
  const char *key;
  const char *sentence;
  GVariantIter iter;

  if (sentences == NULL)
    return;
  g_variant_iter_init (&iter, sentences);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &sentence))
    inner_say (_ ("This takes the privilege “%s”: %s"), key, sentence);
}
