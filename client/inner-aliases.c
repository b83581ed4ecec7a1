/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-aliases.h"

#include <string.h>

#include "inner-arguments.h"
#include "inner-output.h"

#define TOKEN "${workspaces_path}"

GVariant *
inner_get_configuration (const InnerGlobal *global, gboolean everywhere, GError **error)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *directory = everywhere ? g_strdup ("") : inner_parse_path (here, error);
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (directory != NULL)
    connection = inner_global_connect (global, error);
  if (connection != NULL)
    reply = inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "GetConfiguration",
                        g_variant_new ("(s)", directory), "(a{sv})", NULL, error);
  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

static void
end_word (GStrvBuilder *words, GString **word)
{
  if (*word == NULL)
    return;
  g_strv_builder_add (words, (*word)->str);
  g_string_free (g_steal_pointer (word), TRUE);
}

/* Whether the backslash at @p takes the meaning of what follows. */
static gboolean
escapes (const char *p, char quote)
{
  return quote == '\0' || (quote == '"' && strchr ("\"\\", p[1]) != NULL);
}

char **
inner_alias_split (const char *text, GError **error)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  GString *word = NULL;
  char quote = '\0';
  gboolean good = TRUE;

  for (const char *p = text; good && *p != '\0'; p++)
    {
      if (quote == '\0' && g_ascii_isspace (*p))
        {
          end_word (words, &word);
          continue;
        }
      if (word == NULL)
        word = g_string_new (NULL);
      if (*p == '\\' && escapes (p, quote))
        {
          good = p[1] != '\0';
          if (good)
            g_string_append_c (word, *++p);
        }
      else if (quote == '\0' && (*p == '"' || *p == '\''))
        quote = *p;
      else if (*p == quote)
        quote = '\0';
      else
        g_string_append_c (word, *p);
    }

  end_word (words, &word);
  if (good && quote == '\0')
    return g_strv_builder_end (words);

  if (good)
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                 _ ("a quote (%c) begins in it and does not end; add the other one"), quote);
  else
    g_set_error_literal (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                         _ ("it ends with a backslash; write two for one"));
  return NULL;
}

static gboolean
is_verb (const char *word)
{
  for (const InnerVerb *verb = inner_verbs; verb->name != NULL; verb++)
    if (g_strcmp0 (word, verb->name) == 0)
      return TRUE;

  return FALSE;
}

/* Only this one stands for something in an alias. */
static gboolean
expand_words (char **words, GVariant *configuration, GError **error)
{
  g_autoptr (GVariant) values =
      g_variant_lookup_value (configuration, "values", G_VARIANT_TYPE_VARDICT);
  const char *path = values != NULL ? inner_text_of (values, "workspaces_path") : "";

  for (char **word = words; *word != NULL; word++)
    {
      g_autoptr (GString) text = g_string_new (*word);

      if (strstr (*word, TOKEN) == NULL)
        continue;
      if (path[0] == '\0')
        {
          g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
                       _ ("“%s” stands for nothing here; set workspaces_path in the configuration"),
                       TOKEN);
          return FALSE;
        }
      g_string_replace (text, TOKEN, path, 0);
      g_free (*word);
      *word = g_string_free (g_steal_pointer (&text), FALSE);
    }

  return TRUE;
}

/* The words that the alias @text stands for. SECURITY: they begin with a verb of ours, so a file of a project
 * runs no program and an alias no other alias (attack 65; tests/bus/test_configuration.py). */
static char **
words_of (const char *text, GVariant *configuration, GError **error)
{
  g_auto (GStrv) words = inner_alias_split (text, error);

  if (words == NULL || !expand_words (words, configuration, error))
    return NULL;
  if (is_verb (words[0]))
    return g_steal_pointer (&words);

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
               _ ("it stands for “%s”, and that does not begin with a verb of innerctl; an alias "
                  "names neither other aliases nor programs"),
               text);
  return NULL;
}

static char *
place_of (GVariant *configuration, const char *name)
{
  g_autoptr (GVariant) origins =
      g_variant_lookup_value (configuration, "origins", G_VARIANT_TYPE ("a{s(suu)}"));
  g_autofree char *key = g_strconcat ("aliases.", name, NULL);
  const char *path = "";
  guint32 line = 0;
  guint32 column = 0;

  if (origins != NULL)
    g_variant_lookup (origins, key, "(&suu)", &path, &line, &column);
  return g_strdup_printf ("%s:%u:%u", path, line, column);
}

/* The words of the alias with those that were typed behind it. */
static int
run_words (InnerGlobal *global, char **words, int argc, char **argv)
{
  guint n = g_strv_length (words);
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  g_ptr_array_add (all, argv[0]);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (all, words[i]);
  for (int i = 2; i < argc; i++)
    g_ptr_array_add (all, argv[i]);
  g_ptr_array_add (all, NULL);

  return inner_verb_dispatch (inner_verbs, "innerctl", global, all->len - 1, (char **) all->pdata);
}

static int
run_alias (InnerGlobal *global, GVariant *configuration, const char *text, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = words_of (text, configuration, &error);
  g_autofree char *place = NULL;

  if (words != NULL)
    return run_words (global, words, argc, argv);

  place = place_of (configuration, argv[1]);
  inner_say (_ ("%s: The alias “%s” cannot be used: %s"), place, argv[1], error->message);
  return INNER_EXIT_ERROR;
}

/* Gives the file that has the alias @name and does not count, or %NULL. (transfer full) */
static char *
find_unapproved (GVariant *configuration, const char *name)
{
  g_autoptr (GVariant) layers =
      g_variant_lookup_value (configuration, "layers", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = layers != NULL ? g_variant_n_children (layers) : 0; i > 0; i--)
    {
      g_autoptr (GVariant) layer = g_variant_get_child_value (layers, i - 1);
      g_auto (GStrv) names = NULL;

      g_variant_lookup (layer, "aliases", "^as", &names);
      if (!inner_flag_of (layer, "trusted") && names != NULL &&
          g_strv_contains ((const char *const *) names, name))
        return g_strdup (inner_text_of (layer, "path"));
    }

  return NULL;
}

/* Neither a verb nor an alias that counts. */
static int
fail_unknown (GVariant *configuration, GVariant *aliases, const char *word)
{
  g_autofree char *file = find_unapproved (configuration, word);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (file != NULL)
    {
      inner_say (_ ("“%s” is an alias of “%s”, which is not approved; read that file, and approve "
                    "it with “innerctl profile trust %s”"),
                 word, file, file);
      return INNER_EXIT_REFUSED;
    }

  for (gsize i = 0; aliases != NULL && i < g_variant_n_children (aliases); i++)
    {
      char *name;

      g_variant_get_child (aliases, i, "{ss}", &name, NULL);
      g_ptr_array_add (names, name);
    }
  g_ptr_array_add (names, NULL);
  return inner_fail_unknown (inner_verbs, "innerctl", word, (const char *const *) names->pdata);
}

int
inner_alias_run (InnerGlobal *global, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) configuration = NULL;
  g_autoptr (GVariant) aliases = NULL;
  const char *text = NULL;

  /* What is not UTF-8 is in no configuration. */
  if (!g_utf8_validate (argv[1], -1, NULL))
    return inner_fail_unknown (inner_verbs, "innerctl", argv[1], NULL);

  configuration = inner_get_configuration (global, FALSE, &error);
  if (configuration == NULL)
    return inner_fail (error);
  aliases = g_variant_lookup_value (configuration, "aliases", G_VARIANT_TYPE ("a{ss}"));
  if (aliases != NULL && g_variant_lookup (aliases, argv[1], "&s", &text))
    return run_alias (global, configuration, text, argc, argv);
  return fail_unknown (configuration, aliases, argv[1]);
}
