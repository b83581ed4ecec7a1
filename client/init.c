/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-client.h"
#include "inner-draft.h"
#include "inner-output.h"
#include "inner-profiles.h"

static const char user_text[] =
    "# Configuration of Inner. Lines that begin with “#” say nothing to Inner.\n"
    "\n"
    "# The profile when none is named:\n"
    "default_profile = \"shell\"\n"
    "\n"
    "# Where “${workspaces_path}” of profiles and aliases points to:\n"
    "# workspaces_path = \"~/workspaces\"\n"
    "\n"
    "# Words of your own for innerctl:\n"
    "# [aliases]\n"
    "# claude = \"run -p claude-interactive\"\n"
    "\n"
    "# Limits of every sandbox that names none:\n"
    "# [default_limits]\n"
    "# memory = \"4G\"\n"
    "# cpu = \"200%\"\n"
    "# pids = 512\n";

static const char project_text[] =
    "# Configuration of Inner for this project. It counts for those who approve it, as it is "
    "then:\n"
    "#   innerctl profile trust .inner/config.toml\n"
    "# It can only narrow what a person's own configuration allows.\n"
    "\n"
    "# The profile when none is named; profiles of the project lie in .inner/profiles:\n"
    "# default_profile = \"shell\"\n"
    "\n"
    "# Words for innerctl:\n"
    "# [aliases]\n"
    "# check = \"run -p shell-oneshot --arg \\\"make check\\\"\"\n"
    "\n"
    "# Limits of every sandbox that names none:\n"
    "# [default_limits]\n"
    "# memory = \"2G\"\n";

/* What was made, and what was there already. */
typedef struct
{
  GPtrArray *made;
  GPtrArray *found;
} Places;

static gboolean
fail (const char *path, const char *reason, GError **error)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
               _ ("Cannot make “%s”: %s; correct that and try again"), path, reason);
  return FALSE;
}

/* Notes whether @path was made now or was there. */
static void
note (Places *places, const char *path, gboolean made)
{
  g_ptr_array_add (made ? places->made : places->found, g_strdup (path));
}

/* A person's own directories may be links to where they keep such things. */
static gboolean
make_own_directory (Places *places, const char *path, GError **error)
{
  gboolean made = !g_file_test (path, G_FILE_TEST_IS_DIR);

  if (made && g_mkdir_with_parents (path, 0700) < 0)
    return fail (path, g_strerror (errno), error);
  note (places, path, made);
  return TRUE;
}

/* SECURITY: what lies in a project may be planted: no symbolic link is followed, so nothing is written
 * elsewhere (attack 33; tests/bus/test_profile_verbs.py, test_init_follows_no_planted_link). */
static gboolean
make_project_directory (Places *places, const char *path, GError **error)
{
  gboolean made = mkdir (path, 0755) == 0;
  struct stat st;

  if (!made && errno != EEXIST)
    return fail (path, g_strerror (errno), error);
  if (lstat (path, &st) < 0 || !S_ISDIR (st.st_mode))
    return fail (path, _ ("there is something else of that name, perhaps a symbolic link"), error);
  note (places, path, made);
  return TRUE;
}

static gboolean
make_file (Places *places, const char *path, const char *text, mode_t mode, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (InnerDraft) draft = NULL;
  struct stat st;

  if (lstat (path, &st) == 0)
    {
      note (places, path, FALSE);
      return TRUE;
    }
  draft = inner_draft_new (path, bytes, error);
  if (draft == NULL || !inner_draft_install (draft, path, mode, FALSE, error))
    return FALSE;
  note (places, path, TRUE);
  return TRUE;
}

static gboolean
init_user (Places *places, GError **error)
{
  g_autofree char *profiles = inner_own_path ("profiles");
  g_autofree char *config = inner_own_path ("config.toml");

  return make_own_directory (places, profiles, error) &&
         make_file (places, config, user_text, 0600, error);
}

static gboolean
init_project (Places *places, GError **error)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *inner = g_build_filename (here, ".inner", NULL);
  g_autofree char *profiles = g_build_filename (inner, "profiles", NULL);
  g_autofree char *config = g_build_filename (inner, "config.toml", NULL);

  return make_project_directory (places, inner, error) &&
         make_project_directory (places, profiles, error) &&
         make_file (places, config, project_text, 0644, error);
}

static GVariant *
list_of (GPtrArray *paths)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *text = g_utf8_make_valid (paths->pdata[i], -1);

      g_variant_builder_add (&list, "s", text);
    }
  return g_variant_builder_end (&list);
}

static void
print_places (const Places *places, gboolean local, gboolean json)
{
  if (json)
    {
      GVariantBuilder builder;
      g_autoptr (GVariant) value = NULL;

      g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&builder, "{sv}", "made", list_of (places->made));
      g_variant_builder_add (&builder, "{sv}", "found", list_of (places->found));
      value = g_variant_ref_sink (g_variant_builder_end (&builder));
      inner_print_json (value);
    }
  for (guint i = 0; !json && i < places->made->len; i++)
    puts (places->made->pdata[i]);

  if (places->made->len == 0)
    inner_say (_ ("everything is there already, nothing was changed"));
  if (local)
    inner_say (_ ("it counts once it is approved: innerctl profile trust .inner/config.toml"));
  else
    inner_say (_ ("the built-in profiles stay where the package has them: innerctl profile list"));
}

int
inner_verb_init (InnerGlobal *global, int argc, char **argv)
{
  gboolean local = FALSE;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "local", 0, 0, G_OPTION_ARG_NONE, &local, N_ ("For a project, in .inner of this directory"),
      NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  Places places = { made, found };
  g_autoptr (GError) error = NULL;

  if (!inner_parse (global, &argc, &argv, entries, 0, NULL,
                    _ ("Makes a directory for profiles and a configuration to begin with, and "
                       "prints what it made. What is there stays as it is."),
                    &error) ||
      !(local ? init_project (&places, &error) : init_user (&places, &error)))
    return inner_fail (error);

  print_places (&places, local, json);
  return 0;
}
