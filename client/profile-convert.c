/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "inner-arguments.h"
#include "inner-document.h"
#include "inner-draft.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-profiles.h"

typedef struct
{
  char *to;
  char *output;
  gboolean force;
  gboolean json;
} Words;

/* A profile that names its bases by relative paths finds them only where it was. */
static void
warn_of_bases (InnerConnection *connection, GVariant *source, const char *path)
{
  g_autofree char *from = g_path_get_dirname (inner_text_of (source, "path"));
  g_autofree char *to = g_path_get_dirname (path);
  g_autoptr (GVariant) toml = NULL;
  g_auto (GStrv) bases = NULL;

  if (g_str_equal (from, to))
    return;
  toml = inner_profile_describe (connection, inner_text_of (source, "path"), "toml", NULL);
  if (toml == NULL)
    return;
  bases = inner_document_bases (inner_text_of (toml, "document"));
  if (inner_relative_base (bases) != NULL)
    inner_say (_ ("it extends “%s”, which is looked for beside “%s” now; correct that path"),
               inner_relative_base (bases), path);
}

static gboolean
write_output (InnerConnection *connection, GVariant *source, const Words *words, GError **error)
{
  g_autofree char *path = inner_parse_path (words->output, error);
  const char *text = inner_text_of (source, "document");
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (InnerDraft) draft = path != NULL ? inner_draft_new (path, bytes, error) : NULL;
  mode_t mask;

  if (draft == NULL)
    return FALSE;
  mask = umask (0);
  umask (mask);
  if (!inner_draft_install (draft, path, 0666 & ~mask, words->force, error))
    return FALSE;

  warn_of_bases (connection, source, path);
  inner_print_profile (words->json, inner_text_of (source, "name"), path);
  return TRUE;
}

static gboolean
convert (InnerGlobal *global, const char *word, const Words *words, GError **error)
{
  g_autofree char *name = inner_parse_profile (word, error);
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) source = NULL;

  if (name != NULL && inner_check_format (words->to, error))
    connection = inner_global_connect (global, error);
  if (connection != NULL)
    source = inner_profile_describe (connection, name, words->to, error);
  if (source == NULL)
    return FALSE;

  if (words->output != NULL)
    {
      if (!write_output (connection, source, words, error))
        return FALSE;
    }
  else if (words->json)
    inner_print_json (source);
  else
    inner_print_document (inner_text_of (source, "document"));
  inner_say (_ ("comments are not kept"));
  return TRUE;
}

int
inner_verb_profile_convert (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &words.to, N_ ("toml or xml"), N_ ("FORMAT") },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &words.output,
      N_ ("Write this file and print its path"), N_ ("FILE") },
    { "force", 0, 0, G_OPTION_ARG_NONE, &words.force, N_ ("Replace that file"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  int status = 0;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("NAME|FILE"),
                    _ ("Prints a profile in the other notation. Comments are not kept."), &error))
    status = inner_fail (error);
  else if (argc != 2 || words.to == NULL)
    status = inner_fail_usage (_ ("Name a profile or its file, and “--to toml” or “--to xml”"));
  else if (!convert (global, argv[1], &words, &error))
    status = inner_fail (error);

  g_free (words.to);
  g_free (words.output);
  return status;
}
