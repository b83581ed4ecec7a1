/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The input is up to three files of a configuration, with a line "%%" between them: the system's, the
 * user's, and that of a project, which is approved. */

#include "fuzz-common.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#include "inner-configuration-document.h"
#include "inner-limits.h"
#include "inner-options.h"

#define MARK "\n%%\n"
#define MAX_FILES 3

typedef struct
{
  char *files[MAX_FILES];
  char *project;
  InnerTrust *trust;
  InnerConfigurationPlaces places;
} Machine;

/* Made once, in $TMPDIR, which tests/fuzz/run removes. */
static Machine *
machine (void)
{
  static Machine *made = NULL;
  g_autofree char *temporary = NULL;
  g_autofree char *inner = NULL;
  g_autofree char *trust = NULL;
  char *root;

  if (made != NULL)
    return made;

  temporary = g_dir_make_tmp ("inner-fuzz-XXXXXX", NULL);
  root = realpath (temporary, NULL);
  made = g_new0 (Machine, 1);
  made->project = g_build_filename (root, "project", NULL);
  made->files[0] = g_build_filename (root, "system.toml", NULL);
  made->files[1] = g_build_filename (root, "user.toml", NULL);
  made->files[2] = g_build_filename (made->project, ".inner", "config.toml", NULL);
  inner = g_path_get_dirname (made->files[2]);
  g_assert_cmpint (g_mkdir_with_parents (inner, 0700), ==, 0);
  trust = g_build_filename (root, "trust", NULL);
  made->trust = inner_trust_new (trust);
  made->places = (InnerConfigurationPlaces){
    .system_file = made->files[0],
    .user_file = made->files[1],
    .trust = made->trust,
    .home = root,
    .uid = 1234,
    .environment = g_hash_table_new (g_str_hash, g_str_equal),
    .memory = G_GUINT64_CONSTANT (8) << 30,
    .processors = 4,
  };
  g_hash_table_insert (made->places.environment, (gpointer) "HOME", root);
  g_hash_table_insert (made->places.environment, (gpointer) "ODD", (gpointer) "\xff\x1b");
  return made;
}

/* Reads one file by itself. Gives whether it can be used. */
static gboolean
check_document (const char *text)
{
  g_autoptr (GPtrArray) problems = inner_problems_new ();
  g_autoptr (InnerConfigurationDocument) document =
      inner_configuration_document_parse (text, strlen (text), problems);
  g_auto (GStrv) sentences = NULL;

  g_assert_true ((document == NULL) == (problems->len > 0));
  check_problems (problems, text, strlen (text));
  if (document == NULL)
    return FALSE;

  sentences = inner_configuration_document_sentences (document);
  for (char **sentence = sentences; *sentence != NULL; sentence++)
    check_sentence (*sentence);
  return TRUE;
}

static void
put_files (Machine *at, char **texts)
{
  for (guint i = 0, n = g_strv_length (texts); i < MAX_FILES; i++)
    {
      g_autoptr (GBytes) bytes = i < n ? g_bytes_new (texts[i], strlen (texts[i])) : NULL;
      g_autofree char *digest = bytes != NULL ? inner_trust_digest (bytes) : NULL;

      if (i >= n)
        g_unlink (at->files[i]);
      else
        g_assert_true (g_file_set_contents_full (at->files[i], texts[i], -1,
                                                 G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      if (i == 2 && i < n)
        g_assert_true (inner_trust_approve (at->trust, at->files[i], digest, NULL));
    }
}

static InnerConfiguration *
read_configuration (Machine *at, const char *directory)
{
  g_autoptr (GError) error = NULL;
  InnerConfiguration *configuration = inner_configuration_read (&at->places, directory, &error);

  g_assert_true ((configuration == NULL) == (error != NULL));
  if (error != NULL)
    {
      g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
      check_sentence (error->message);
      return NULL;
    }

  for (guint i = 0; i < configuration->warnings->len; i++)
    check_sentence (configuration->warnings->pdata[i]);
  for (InnerSetting s = 0; s < INNER_N_SETTINGS; s++)
    g_assert_true (configuration->values[s].text == NULL ||
                   g_utf8_validate (configuration->values[s].text, -1, NULL));
  return configuration;
}

static guint64
limit_of (const InnerConfiguration *configuration, InnerSetting setting)
{
  guint64 value = 0;

  g_assert_true (inner_limit_parse (inner_limit_names[setting - INNER_SETTING_MEMORY],
                                    configuration->values[setting].text, &value, NULL));
  return value;
}

/* A project narrows, whatever it says (attacks 64 and 65). */
static void
check_narrowed (Machine *at, const InnerConfiguration *own, const InnerConfiguration *all)
{
  const char *workspaces = all->values[INNER_SETTING_WORKSPACES_PATH].text;
  const char *profile = all->values[INNER_SETTING_DEFAULT_PROFILE].text;

  for (InnerSetting s = INNER_SETTING_MEMORY; s < INNER_N_SETTINGS; s++)
    g_assert_cmpuint (limit_of (all, s), <=, limit_of (own, s));
  g_assert_cmpstr (all->values[INNER_SETTING_LOG_DIR].text, ==,
                   own->values[INNER_SETTING_LOG_DIR].text);
  if (g_strcmp0 (workspaces, own->values[INNER_SETTING_WORKSPACES_PATH].text) != 0)
    g_assert_true (g_str_has_prefix (workspaces, at->project));
  if (g_strcmp0 (profile, own->values[INNER_SETTING_DEFAULT_PROFILE].text) != 0)
    g_assert_true (inner_profile_name_is_valid (profile));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Machine *at = machine ();
  g_autofree char *input = g_strndup ((const char *) data, size);
  g_auto (GStrv) texts = g_strsplit (input, MARK, MAX_FILES);
  g_autoptr (InnerConfiguration) own = NULL;
  g_autoptr (InnerConfiguration) all = NULL;
  gboolean good = TRUE;

  for (char **text = texts; *text != NULL; text++)
    good = check_document (*text) && good;
  if (!good)
    return 0;

  put_files (at, texts);
  own = read_configuration (at, NULL);
  all = read_configuration (at, at->project);
  g_assert_true ((own == NULL) == (all == NULL));
  if (own != NULL)
    check_narrowed (at, own, all);
  return 0;
}
