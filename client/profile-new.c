/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-arguments.h"
#include "inner-document.h"
#include "inner-draft.h"
#include "inner-profile-edit.h"
#include "inner-profiles.h"

/* Starting documents; the first %s is the name, the second what stands for the base. Each is held against
 * the service before it is written (tests/bus/test_profile_verbs.py, test_new). */

#define TOML_HEAD                                                                                      \
  "# A profile of Inner: what a sandbox may see and do.\n"                                             \
  "# “innerctl profile show --explain NAME” says what it comes to, inner-profile(5) lists every\n" \
  "# key. Lines that begin with “#” say nothing to Inner.\n"                                       \
  "schema_version = \"1\"\n"                                                                           \
  "name = %s\n"                                                                                        \
  "description = \"My own profile\"\n"                                                                 \
  "%s"

#define TOML_COMMENTS                                                                              \
  "\n"                                                                                             \
  "# Let some hosts be reached, and no others:\n"                                                  \
  "# [sandbox]\n"                                                                                  \
  "# network_mode = \"allowlist\"\n"                                                               \
  "# network_allow = [\"@github\", \"example.org\"]\n"                                             \
  "\n"                                                                                             \
  "# Show a further directory:\n"                                                                  \
  "# [mounts]\n"                                                                                   \
  "# \"~/data\" = { dest = \"/data\", mode = \"ro\" }\n"

static const char toml_alone[] =
    TOML_HEAD "\n"
              "[sandbox]\n"
              "network_mode = \"off\"\n"
              "home = \"isolated\"\n"
              "\n"
              "[env]\n"
              "inherit = [\"HOME\", \"USER\", \"TERM\", \"LANG\", \"PATH\", \"SHELL\"]\n"
              "\n"
              "[entrypoint]\n"
              "cmd = \"/bin/sh\"\n"
              "interactive = true\n" TOML_COMMENTS;

static const char toml_extending[] =
    TOML_HEAD "\n"
              "# What is not said here is as in the profile that it extends.\n" TOML_COMMENTS;

#define XML_HEAD                                                                                   \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                   \
  "<!-- A profile of Inner: what a sandbox may see and do. inner-profile(5) lists every element. " \
  "-->\n"                                                                                          \
  "<profile name=\"%s\" version=\"1\">\n"                                                          \
  "  <description>My own profile</description>\n"                                                  \
  "%s"

static const char xml_alone[] = XML_HEAD "  <sandbox>\n"
                                         "    <network mode=\"off\"/>\n"
                                         "    <home>isolated</home>\n"
                                         "  </sandbox>\n"
                                         "  <env>\n"
                                         "    <inherit>\n"
                                         "      <variable>HOME</variable>\n"
                                         "      <variable>USER</variable>\n"
                                         "      <variable>TERM</variable>\n"
                                         "      <variable>LANG</variable>\n"
                                         "      <variable>PATH</variable>\n"
                                         "      <variable>SHELL</variable>\n"
                                         "    </inherit>\n"
                                         "  </env>\n"
                                         "  <entrypoint>\n"
                                         "    <cmd>/bin/sh</cmd>\n"
                                         "    <interactive>true</interactive>\n"
                                         "  </entrypoint>\n"
                                         "</profile>\n";

static const char xml_extending[] =
    XML_HEAD "  <!-- What is not said here is as in the profile that it extends. -->\n"
             "</profile>\n";

typedef struct
{
  char *extends;
  char *format;
  gboolean edit;
  gboolean json;
} Words;

static char *
write_toml (const char *name, const char *base)
{
  g_autofree char *quoted = inner_toml_quote (name);
  g_autofree char *quoted_base = base != NULL ? inner_toml_quote (base) : NULL;
  g_autofree char *extends =
      base != NULL ? g_strdup_printf ("extends = %s\n", quoted_base) : g_strdup ("");

  return base != NULL ? g_strdup_printf (toml_extending, quoted, extends)
                      : g_strdup_printf (toml_alone, quoted, extends);
}

static char *
write_xml (const char *name, const char *base)
{
  g_autofree char *quoted = g_markup_escape_text (name, -1);
  g_autofree char *quoted_base = base != NULL ? g_markup_escape_text (base, -1) : NULL;
  g_autofree char *extends =
      base != NULL
          ? g_strdup_printf ("  <extends>\n    <profile>%s</profile>\n  </extends>\n", quoted_base)
          : g_strdup ("");

  return base != NULL ? g_strdup_printf (xml_extending, quoted, extends)
                      : g_strdup_printf (xml_alone, quoted, extends);
}

/* Gives the path of the new profile, once the service has nothing against it. */
static char *
make (InnerConnection *connection, const char *name, const Words *words, GError **error)
{
  const char *format = words->format != NULL ? words->format : "toml";
  g_autofree char *base = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (InnerDraft) draft = NULL;
  char *text;

  if (!inner_check_format (format, error))
    return NULL;
  path = inner_own_profile_path (name, format, FALSE, error);
  if (path == NULL)
    return NULL;
  if (words->extends != NULL)
    {
      base = inner_parse_profile (words->extends, error);
      if (base == NULL)
        return NULL;
    }

  text = g_str_equal (format, "toml") ? write_toml (name, base) : write_xml (name, base);
  bytes = g_bytes_new_take (text, strlen (text));
  draft = inner_draft_new (path, bytes, error);
  if (draft == NULL || !inner_profile_check (connection, draft->path, name, NULL, error) ||
      !inner_draft_install (draft, path, 0600, FALSE, error))
    return NULL;
  return g_steal_pointer (&path);
}

static int
new_profile (InnerGlobal *global, const char *name, const Words *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = inner_global_connect (global, &error);
  g_autofree char *path = connection != NULL ? make (connection, name, words, &error) : NULL;

  if (path == NULL)
    return inner_fail (error);
  inner_print_profile (words->json, name, path);
  if (words->edit && inner_profile_edit (connection, name, path, &error) == INNER_EDIT_FAILED)
    return inner_fail (error);
  return 0;
}

int
inner_verb_profile_new (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "extends", 0, 0, G_OPTION_ARG_FILENAME, &words.extends,
      N_ ("The profile that it builds on, a name or a file"), N_ ("PROFILE") },
    { "format", 0, 0, G_OPTION_ARG_FILENAME, &words.format, N_ ("toml (default) or xml"),
      N_ ("FORMAT") },
    { "edit", 0, 0, G_OPTION_ARG_NONE, &words.edit, N_ ("Open it in the editor"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  int status;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("NAME"),
                    _ ("Writes a new profile of your own to begin with, and prints its path."),
                    &error))
    status = inner_fail (error);
  else if (argc != 2)
    status = inner_fail_usage (_ ("Name the new profile"));
  else
    status = new_profile (global, argv[1], &words);

  g_free (words.extends);
  g_free (words.format);
  return status;
}
