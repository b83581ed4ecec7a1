/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-arguments.h"
#include "inner-document.h"
#include "inner-draft.h"
#include "inner-output.h"
#include "inner-profiles.h"

typedef struct
{
  char *format;
  gboolean force;
  gboolean json;
} Words;

/* Whether the document itself is trusted, whatever it extends is. */
static gboolean
is_trusted_alone (GVariant *source)
{
  g_autoptr (GVariant) documents =
      g_variant_lookup_value (source, "documents", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; documents != NULL && i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);

      if (g_str_equal (inner_text_of (document, "path"), inner_text_of (source, "path")))
        return inner_flag_of (document, "trusted");
    }
  return FALSE;
}

/* SECURITY: a document in the person's own directory is trusted and not hardened. A project's becomes that
 * only by “install”, which shows what it asks for (attacks 64 and 65; tests/bus/test_profile_verbs.py,
 * test_clone_launders_nothing). */
static gboolean
check_scope (GVariant *source, GError **error)
{
  static const char *const own[] = { "user", "system", "builtin", NULL };

  if (is_trusted_alone (source) && g_strv_contains (own, inner_text_of (source, "scope")))
    return TRUE;

  g_set_error (
      error, INNER_ERROR, INNER_ERROR_PROFILE_UNTRUSTED,
      _ ("“%s” is not cloned, because it is not your own: “innerctl profile install” shows "
         "what it asks for before it makes it yours"),
      inner_text_of (source, "path"));
  return FALSE;
}

/* The copy stands elsewhere, so what it extends by a relative path is named in full. */
static char **
absolute_bases (GVariant *source)
{
  g_autofree char *directory = g_path_get_dirname (inner_text_of (source, "path"));
  char **bases = inner_document_bases (inner_text_of (source, "document"));

  for (char **base = bases; *base != NULL; base++)
    {
      char *one[] = { *base, NULL };
      char *absolute;

      if (inner_relative_base (one) == NULL)
        continue;
      absolute = g_canonicalize_filename (*base, directory);
      g_free (*base);
      *base = absolute;
    }
  return bases;
}

/* Gives the document of @source, which is TOML, as the profile @name in @format: the service translates,
 * from a draft at the place of the copy. */
static GBytes *
translate (InnerConnection *connection,
           GVariant *source,
           const char *name,
           const char *format,
           GError **error)
{
  g_auto (GStrv) bases = absolute_bases (source);
  char *text = inner_document_rename (inner_text_of (source, "document"), name, bases);
  g_autoptr (GBytes) toml = g_bytes_new_take (text, strlen (text));
  g_autofree char *place = inner_own_path ("profiles/draft.toml");
  g_autoptr (InnerDraft) draft = NULL;
  g_autoptr (GVariant) description = NULL;

  if (g_str_equal (format, "toml"))
    return g_steal_pointer (&toml);

  draft = inner_draft_new (place, toml, error);
  if (draft != NULL)
    description = inner_profile_describe (connection, draft->path, format, error);
  if (description == NULL)
    return NULL;
  text = g_strdup (inner_text_of (description, "document"));
  return g_bytes_new_take (text, strlen (text));
}

/* Gives the path of the copy. */
static char *
make_clone (InnerConnection *connection,
            const char *word,
            const char *name,
            const Words *words,
            GError **error)
{
  const char *format = words->format != NULL ? words->format : "toml";
  g_autofree char *path = inner_own_profile_path (name, format, words->force, error);
  g_autofree char *source_word = path != NULL ? inner_parse_profile (word, error) : NULL;
  g_autoptr (GVariant) source = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (InnerDraft) draft = NULL;

  if (source_word != NULL)
    source = inner_profile_describe (connection, source_word, "toml", error);
  if (source == NULL || !check_scope (source, error))
    return NULL;

  bytes = translate (connection, source, name, format, error);
  if (bytes != NULL)
    draft = inner_draft_new (path, bytes, error);
  if (draft == NULL || !inner_profile_check (connection, draft->path, name, NULL, error) ||
      !inner_draft_install (draft, path, 0600, words->force, error))
    return NULL;
  return g_steal_pointer (&path);
}

static int
clone_profile (InnerGlobal *global, const char *word, const char *name, const Words *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autofree char *path = NULL;

  if (words->format == NULL || inner_check_format (words->format, &error))
    connection = inner_global_connect (global, &error);
  if (connection != NULL)
    path = make_clone (connection, word, name, words, &error);
  if (path == NULL)
    return inner_fail (error);

  inner_print_profile (words->json, name, path);
  return 0;
}

int
inner_verb_profile_clone (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "format", 0, 0, G_OPTION_ARG_FILENAME, &words.format, N_ ("toml (default) or xml"),
      N_ ("FORMAT") },
    { "force", 0, 0, G_OPTION_ARG_NONE, &words.force, N_ ("Replace a profile of that name"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  int status;

  if (!inner_parse (global, &argc, &argv, entries, 2, _ ("SOURCE NEW"),
                    _ ("Makes a profile of your own of another one, and prints its path. Comments "
                       "are not kept."),
                    &error))
    status = inner_fail (error);
  else if (argc != 3)
    status = inner_fail_usage (_ ("Name the profile to copy, and the new one"));
  else
    status = clone_profile (global, argv[1], argv[2], &words);

  g_free (words.format);
  return status;
}
