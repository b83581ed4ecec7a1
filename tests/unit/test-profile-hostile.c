/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Documents and files that were made to do harm. */

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "inner-options.h"
#include "inner-profile-file.h"
#include "test-profile-common.h"

#define MIB (1024 * 1024)

/* @head, then @piece over and over up to @length bytes, then @tail. */
static char *
blow_up (const char *head, const char *piece, gsize length, const char *tail)
{
  GString *text = g_string_new (head);

  while (text->len + strlen (piece) + strlen (tail) <= length)
    g_string_append (text, piece);
  g_string_append (text, tail);
  return g_string_free (text, FALSE);
}

static void
refuse_file (const char *path, const char *part)
{
  g_autofree char *shown = inner_escape_for_display (path);
  g_autoptr (GError) error = NULL;
  struct stat st;

  g_assert_null (inner_profile_file_read (path, &st, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_true (g_str_has_prefix (error->message, shown));
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” does not hold “%s”", error->message, part);
}

static void
test_entity_bomb (void)
{
  must_refuse ("<?xml version='1.0'?>\n<!DOCTYPE profile [\n<!ENTITY a 'aaaaaaaaaa'>\n"
               "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>\n<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>\n"
               "]>\n<profile><description>&c;</description></profile>",
               -1, INNER_NOTATION_XML, "test:2:", "document type");
}

/* Neither a file nor the network is looked at: the entity names a file that would be there. */
static void
test_external_entities (void)
{
  static const char *const documents[] = {
    "<!DOCTYPE profile [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><profile name='&x;'/>",
    "<!DOCTYPE profile SYSTEM 'file:///etc/passwd'><profile/>",
    "<!DOCTYPE profile PUBLIC '-//x' 'http://127.0.0.1:1/x.dtd'><profile/>",
    "<!DOCTYPE profile [<!ENTITY % x SYSTEM 'file:///etc/passwd'>%x;]><profile/>",
    "<!DOCTYPE profile><profile/>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    must_refuse (documents[i], -1, INNER_NOTATION_XML, "test:1:", "document type");
}

static void
test_undeclared_entity (void)
{
  must_refuse ("<profile><description>&x;</description></profile>", -1, INNER_NOTATION_XML,
               "test:1:", "not well-formed");
}

/* XInclude is markup like any other: unknown. */
static void
test_xinclude (void)
{
  must_refuse ("<profile xmlns:i='http://www.w3.org/2001/XInclude'>"
               "<i:include href='/etc/passwd' parse='text'/></profile>",
               -1, INNER_NOTATION_XML, "test:1:52:", "is in a namespace");
}

static void
test_ten_megabytes (void)
{
  g_autofree char *as_toml = blow_up ("description = '", "x", 10 * MIB, "'\n");
  g_autofree char *as_xml =
      blow_up ("<profile><description>", "x", 10 * MIB, "</description></profile>");

  must_refuse (as_toml, -1, INNER_NOTATION_TOML, "test:1:1:", "larger than 1024 KiB");
  must_refuse (as_xml, -1, INNER_NOTATION_XML, "test:1:1:", "larger than 1024 KiB");
}

/* Just within the limit both notations read what they can. */
static void
test_one_megabyte (void)
{
  g_autofree char *as_toml = blow_up ("description = '", "x", MIB, "'\n");
  g_autofree char *as_xml =
      blow_up ("<profile><description>", "x", MIB, "</description></profile>");
  g_autoptr (InnerProfile) from_toml = toml (as_toml);
  g_autoptr (InnerProfile) from_xml = xml (as_xml);

  g_assert_cmpuint (strlen (inner_profile_get_string (from_toml, INNER_KEY_DESCRIPTION, "")), >,
                    MIB - 100);
  g_assert_cmpuint (strlen (inner_profile_get_string (from_xml, INNER_KEY_DESCRIPTION, "")), >,
                    MIB - 100);
}

/* One byte more is refused, before a parser sees it and before it is read from a file. */
static void
test_one_byte_too_many (void)
{
  g_autofree char *directory = g_dir_make_tmp ("inner-hostile-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "x.toml", NULL);
  g_autofree char *text = g_strnfill (MIB + 1, '#');
  g_autoptr (GBytes) bytes = NULL;
  struct stat st;

  must_refuse (text, MIB + 1, INNER_NOTATION_TOML, "test:1:1:", "larger than 1024 KiB");
  must_refuse (text, MIB + 1, INNER_NOTATION_XML, "test:1:1:", "larger than 1024 KiB");

  g_assert_true (g_file_set_contents (path, text, MIB + 1, NULL));
  refuse_file (path, "The document is larger than 1024 KiB; a profile is much shorter");
  g_assert_true (g_file_set_contents (path, text, MIB, NULL));
  bytes = inner_profile_file_read (path, &st, NULL);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, MIB);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (rmdir (directory), ==, 0);
}

static void
test_deep_nesting (void)
{
  static const char *const pieces[] = { "[", "{a=", "a.", "'a'.", "\"a\" . ", "[{a=" };
  g_autofree char *elements = blow_up ("", "<a>", MIB, "");
  g_autofree char *sandboxes = blow_up ("<profile>", "<sandbox>", MIB, "");
  g_autofree char *header = blow_up ("[", "a.", MIB, "a]\n");

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *value = blow_up ("x = ", pieces[i], MIB, "");
      g_autofree char *key = blow_up ("", pieces[i], MIB, "b = 1\n");

      must_refuse (value, -1, INNER_NOTATION_TOML, "test:1:", "nests more than");
      must_refuse (key, -1, INNER_NOTATION_TOML, "test:1:", "nests more than");
    }
  must_refuse (header, -1, INNER_NOTATION_TOML, "test:1:", "nests more than");
  must_refuse (elements, -1, INNER_NOTATION_XML, "test:1:", "nests too deep");
  must_refuse (sandboxes, -1, INNER_NOTATION_XML, "test:1:", "nests too deep");
}

/* What hides dots from a careless count: strings and comments that end elsewhere. */
static void
test_hidden_nesting (void)
{
  static const char *const heads[] = {
    "a = \"\"\"x\"\"\"\"\"\n",
    "a = '''x'''''\n",
    "a = \"\\\"\"\n",
    "a = '\\'\n",
    "a = \"\"\"\\\"\"\"\"\n",
    "a = \"\"\n",
    "a = ''\n",
    "# \"\n",
    "# '''\n",
    "a = \"\"\"#\"\"\" # \"\"\"\n",
    "a = '#' # '\n",
    "a = \"'\" # \"\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      g_autofree char *text = blow_up (heads[i], "a.", MIB, "a = 1\n");

      must_refuse (text, -1, INNER_NOTATION_TOML, "test:2:", "nests more than");
    }
}

/* Dots that nest nothing are no reason to refuse a profile. */
static void
test_harmless_dots (void)
{
  g_autofree char *dots = g_strnfill (500, '.');
  g_autofree char *text = g_strdup_printf (
      "description = \"%s\" # %s\n[sandbox]\n"
      "network_allow = [ 'a.b.c.d.e.f', 'a.b.c.d.e.f', 'a.b.c.d.e.f', 'a.b.c.d.e.f' ]\n"
      "[env.set]\nA = '''%s'''\nB = \"\"\"\n%s\"\"\"\n",
      dots, dots, dots, dots);
  g_autoptr (InnerProfile) profile = toml (text);

  g_assert_cmpstr (inner_profile_get_string (profile, INNER_KEY_DESCRIPTION, ""), ==, dots);
}

/* toml++ 3.3 asks of a character whether it is white space in a way that is undefined for what lies in some
 * blocks of Unicode ("ä" is one). However it was built, it must refuse such a character where only ASCII may
 * stand, and keep it in a text. */
static void
test_undefined_white_space (void)
{
  static const struct
  {
    const char *before;
    const char *after;
  } places[] = {
    { " ", "name = 'x'\n" },
    { "name", "= 'x'\n" },
    { "name = ", "'x'\n" },
    { "name = 'x'", "\n" },
    { "name = 2", "\n" },
    { "[", "sandbox]\n" },
    { "[sandbox]\nallow = [ ", " 'x' ]\n" },
    { "name = \"\\", "\"\n" },
    { "name = \"\"\"\\", "\n x\"\"\"\n" },
  };

  for (gunichar c = 0xa1; c <= 0xffff; c += 0xd7)
    {
      char character[7] = { 0 };
      g_autofree char *kept = NULL;
      g_autoptr (InnerProfile) profile = NULL;

      if (!g_unichar_validate (c) || !g_unichar_isgraph (c))
        continue;
      g_unichar_to_utf8 (c, character);
      for (gsize p = 0; p < G_N_ELEMENTS (places); p++)
        {
          g_autofree char *text = g_strconcat (places[p].before, character, places[p].after, NULL);

          must_refuse (text, -1, INNER_NOTATION_TOML, "test:", "not valid TOML");
        }

      kept = g_strdup_printf ("description = \"\"\"\\\n  %sx\"\"\" # %s\n", character, character);
      profile = toml (kept);
      g_assert_true (g_str_has_prefix (
          inner_profile_get_string (profile, INNER_KEY_DESCRIPTION, ""), character));
    }
}

static void
test_many_items (void)
{
  g_autofree char *list = blow_up ("[sandbox]\nallow=[", "'x',", MIB, "]\n");
  g_autofree char *elements =
      blow_up ("<profile><sandbox><allow>", "<privilege/>", MIB, "</allow></sandbox></profile>");
  g_autofree char *unknown = blow_up ("<profile>", "<x/>", MIB, "</profile>");

  must_refuse (list, -1, INNER_NOTATION_TOML, "test:2:7:", "write at most 4096");
  must_refuse (elements, -1, INNER_NOTATION_XML, "test:1:19:", "write at most 4096");
  must_refuse (unknown, -1, INNER_NOTATION_XML, "test:1:10:", "“<x>” is not known");
}

/* Where the parser works in the square of the number of attributes, it does not get to see many. */
static void
test_many_attributes (void)
{
  static const char *const heads[] = { "", "<!-- <a b=\"\" -->", "<?pi '?>\n" };
  for (gsize h = 0; h < G_N_ELEMENTS (heads); h++)
    for (gsize f = 0; f < 2; f++)
      {
        g_autoptr (GString) text = g_string_new (heads[h]);

        g_string_append (text, "<profile");
        for (guint i = 0; text->len < MIB - 100; i++)
          {
            g_autofree char *attribute =
                f == 0 ? g_strdup_printf (" a%x=''", i) : g_strdup_printf (" xmlns:a%x=\"'>\"", i);

            g_string_append (text, attribute);
          }
        g_string_append (text, "/>");
        must_refuse (text->str, -1, INNER_NOTATION_XML, "test:", "more than 32 attributes");
      }
}

/* The problems that are told about one document are bounded, too. */
static void
test_many_problems (void)
{
  g_autofree char *text = blow_up ("<profile>", "<x/>", MIB, "</profile>");
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (InnerProfile) profile =
      parse_length (text, strlen (text), INNER_NOTATION_XML, &problems, NULL);

  g_assert_null (profile);
  g_assert_cmpuint (problems->len, ==, INNER_DOCUMENT_MAX_PROBLEMS);
}

static void
test_bytes (void)
{
  static const struct
  {
    const char *text;
    gsize length;
    const char *beginning;
    const char *part;
  } cases[] = {
    { "\n#\0\n", 4, "test:2:2:", "NUL byte" },
    { "name='\xff'\n", 9, "test:1:7:", "not UTF-8" },
    { "name='\xc3", 7, "test:1:7:", "not UTF-8" },
    { "name='\xed\xa0\x80'\n", 11, "test:1:7:", "not UTF-8" },
    { "<\0p\0", 4, "test:1:2:", "NUL byte" },
    { "\xff\xfe<\0", 4, "test:1:1:", "not UTF-8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (InnerNotation notation = INNER_NOTATION_TOML; notation <= INNER_NOTATION_XML; notation++)
      must_refuse (cases[i].text, cases[i].length, notation, cases[i].beginning, cases[i].part);
}

/* Cut anywhere, a document is refused or read, and nothing is read beyond its end. */
static void
test_cut_documents (void)
{
  static const char *const files[] = { "tests/unit/profile/everything.toml",
                                       "profiles/claude-interactive.xml" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = source_file (files[i]);
      g_autofree char *text = NULL;
      gsize length;

      g_assert_true (g_file_get_contents (path, &text, &length, NULL));
      for (gsize n = 0; n < length; n++)
        {
          g_autofree char *cut = g_memdup2 (text, MAX (n, 1));
          g_autoptr (GError) error = NULL;
          g_autoptr (InnerProfile) profile = parse_length (cut, n, (InnerNotation) i, NULL, &error);

          g_assert_true ((profile == NULL) == (error != NULL));
        }
    }
}

static void
test_files (void)
{
  g_autofree char *directory = g_dir_make_tmp ("inner-hostile-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "x.toml", NULL);
  g_autofree char *target = g_build_filename (directory, "y.toml", NULL);
  g_autofree char *big = blow_up ("", "#\n", 2 * MIB, "");

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  refuse_file (path, "named pipe");
  g_assert_cmpint (unlink (path), ==, 0);

  g_assert_true (g_file_set_contents (target, "name='y'\n", -1, NULL));
  g_assert_cmpint (symlink (target, path), ==, 0);
  refuse_file (path, "symbolic link");
  g_assert_cmpint (unlink (path), ==, 0);

  g_assert_cmpint (mkdir (path, 0700), ==, 0);
  refuse_file (path, "directory");
  g_assert_cmpint (rmdir (path), ==, 0);

  g_assert_true (g_file_set_contents (path, big, -1, NULL));
  refuse_file (path, "larger than 1024 KiB");
  g_assert_cmpint (unlink (path), ==, 0);

  refuse_file (path, "cannot be read");
  refuse_file ("/dev/zero", "device");
  g_assert_cmpint (unlink (target), ==, 0);
  g_assert_cmpint (rmdir (directory), ==, 0);
}

/* A link in a project leads to directories of any name; what cannot be told is not read. */
static void
test_odd_directories (void)
{
  static const char *const names[] = { "\xff", "a\xc3", "a\nb", "\x1b[2J", "\xc2\x9b" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *directory = g_dir_make_tmp ("inner-hostile-XXXXXX", NULL);
      g_autofree char *odd = g_build_filename (directory, names[i], NULL);
      g_autofree char *path = g_build_filename (odd, "x.toml", NULL);

      g_assert_cmpint (mkdir (odd, 0700), ==, 0);
      g_assert_true (g_file_set_contents (path, "name='x'", -1, NULL));
      refuse_file (path, ":1:1: A directory on the way here has a name that is not UTF-8 or has "
                         "control characters; rename it");
      g_assert_cmpint (unlink (path), ==, 0);
      g_assert_cmpint (rmdir (odd), ==, 0);
      g_assert_cmpint (rmdir (directory), ==, 0);
    }
}

static void
test_socket (void)
{
  g_autofree char *directory = g_dir_make_tmp ("inner-hostile-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "x.toml", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  refuse_file (path, "socket");
  close (fd);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (rmdir (directory), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/profile/hostile/entity-bomb", test_entity_bomb);
  g_test_add_func ("/profile/hostile/external-entities", test_external_entities);
  g_test_add_func ("/profile/hostile/undeclared-entity", test_undeclared_entity);
  g_test_add_func ("/profile/hostile/xinclude", test_xinclude);
  g_test_add_func ("/profile/hostile/ten-megabytes", test_ten_megabytes);
  g_test_add_func ("/profile/hostile/one-megabyte", test_one_megabyte);
  g_test_add_func ("/profile/hostile/one-byte-too-many", test_one_byte_too_many);
  g_test_add_func ("/profile/hostile/deep-nesting", test_deep_nesting);
  g_test_add_func ("/profile/hostile/hidden-nesting", test_hidden_nesting);
  g_test_add_func ("/profile/hostile/harmless-dots", test_harmless_dots);
  g_test_add_func ("/profile/hostile/undefined-white-space", test_undefined_white_space);
  g_test_add_func ("/profile/hostile/many-items", test_many_items);
  g_test_add_func ("/profile/hostile/many-attributes", test_many_attributes);
  g_test_add_func ("/profile/hostile/many-problems", test_many_problems);
  g_test_add_func ("/profile/hostile/bytes", test_bytes);
  g_test_add_func ("/profile/hostile/cut-documents", test_cut_documents);
  g_test_add_func ("/profile/hostile/files", test_files);
  g_test_add_func ("/profile/hostile/odd-directories", test_odd_directories);
  g_test_add_func ("/profile/hostile/socket", test_socket);

  return g_test_run ();
}
