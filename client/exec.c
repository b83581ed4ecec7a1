/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-arguments.h"
#include "inner-client.h"
#include "inner-relay.h"
#include "inner-run-options.h"
#include "inner-sandboxes.h"

typedef struct
{
  char *directory;
  char **environment;
} Words;

static gboolean
add_words (GVariantBuilder *options, GUnixFDList *fds, const Words *words, GError **error)
{
  g_autoptr (GByteArray) entries = g_byte_array_new ();

  for (char **word = words->environment; word != NULL && *word != NULL; word++)
    if (!inner_append_variable (entries, *word, FALSE, error))
      return FALSE;
  if (entries->len > 0 &&
      !inner_add_environment (options, fds, INNER_OPTION_ENVIRONMENT_FD, entries, error))
    return FALSE;
  if (words->directory != NULL)
    g_variant_builder_add (options, "{sv}", INNER_OPTION_DIRECTORY,
                           g_variant_new_string (words->directory));
  return TRUE;
}

/* The answer comes when the command has ended; the relay copies meanwhile. */
static GVariant *
call_exec (InnerConnection *connection,
           const char *path,
           char **command,
           const Words *words,
           InnerRelay *relay,
           GError **error)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  GVariant *parameters;

  if (!add_words (&options, fds, words, error) || !inner_relay_add (relay, &options, fds, error))
    return NULL;
  parameters = g_variant_new ("(^as@a{sv})", command, g_variant_builder_end (&options));
  inner_relay_start (relay);
  return inner_call (connection, path, INNER_INTERFACE_INSTANCE, "Exec", parameters, "(a{sv})", fds,
                     error);
}

static int
exec_in (InnerGlobal *global, const char *word, char **command, const Words *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = inner_global_connect (global, &error);
  g_autoptr (GPtrArray) sandboxes =
      connection != NULL ? inner_sandboxes_list (connection, &error) : NULL;
  int index = sandboxes != NULL ? inner_sandboxes_find (sandboxes, word, &error) : -1;
  InnerRelay *relay = index >= 0 ? inner_relay_new (&error) : NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) result = NULL;
  gint32 code = INNER_EXIT_ERROR;

  if (relay != NULL)
    {
      const InnerSandbox *sandbox = g_ptr_array_index (sandboxes, index);

      reply = call_exec (connection, sandbox->path, command, words, relay, &error);
      inner_relay_finish (relay, reply != NULL);
    }
  if (reply == NULL)
    return inner_fail (error);

  result = g_variant_get_child_value (reply, 0);
  g_variant_lookup (result, "exit-code", "i", &code);
  return code;
}

/* D-Bus carries no other texts. */
static gboolean
check_texts (const char *word, char **command, const Words *words, GError **error)
{
  for (char **text = command; *text != NULL; text++)
    if (!inner_check_utf8 (*text, error))
      return FALSE;

  return inner_check_utf8 (word, error) &&
         (words->directory == NULL || inner_check_utf8 (words->directory, error));
}

int
inner_verb_exec (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  char **command = inner_split_words (&argc, argv);
  const GOptionEntry entries[] = {
    { "env", 'e', 0, G_OPTION_ARG_FILENAME_ARRAY, &words.environment,
      N_ ("Set a variable, or pass one on with the value it has here"), N_ ("KEY[=VALUE]") },
    { "workdir", 'w', 0, G_OPTION_ARG_FILENAME, &words.directory,
      N_ ("Directory inside to start in"), N_ ("DIR") },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  int status;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("ID -- CMD…"),
                    _ ("Runs a further command in a sandbox."), &error))
    status = inner_fail (error);
  else if (argc != 2 || command[0] == NULL)
    status = inner_fail_usage (_ ("Name one sandbox, then “--” and the command"));
  else if (!check_texts (argv[1], command, &words, &error))
    status = inner_fail (error);
  else
    status = exec_in (global, argv[1], command, &words);

  g_free (words.directory);
  g_strfreev (words.environment);
  return status;
}
