/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "inner-error.h"
#include "inner-fds.h"
#include "inner-names.h"
#include "inner-options.h"

static const InnerOption table[] = {
  { "path", "s", inner_option_check_path },
  { "name", "s", inner_option_check_name },
  { "count", "u", NULL },
  { NULL, NULL, NULL },
};

static gboolean
accepts (const char *text, const char *word)
{
  g_autoptr (GVariant) options = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariantDict) dict = NULL;

  g_assert_nonnull (options);
  dict = inner_options_check (options, table, &error);
  if (dict == NULL)
    {
      g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
      g_assert_nonnull (strstr (error->message, word));
    }
  return dict != NULL;
}

static void
test_table (void)
{
  g_assert_true (accepts ("{}", ""));
  g_assert_true (accepts ("{'count': <uint32 3>, 'path': <'/a/b'>}", ""));
  g_assert_false (accepts ("{'count': <3>}", "count"));
  g_assert_false (accepts ("{'count': <'3'>}", "count"));
  g_assert_false (accepts ("{'Count': <uint32 3>}", "Count"));
  g_assert_false (accepts ("{'co\\u001bunt': <uint32 3>}", "\\x1b"));
}

static void
test_given_twice (void)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "count", g_variant_new_uint32 (1));
  g_variant_builder_add (&builder, "{sv}", "count", g_variant_new_uint32 (2));
  options = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_assert_null (inner_options_check (options, table, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
}

static void
test_paths (void)
{
  g_assert_true (accepts ("{'path': <'/'>}", ""));
  g_assert_false (accepts ("{'path': <''>}", "absolute"));
  g_assert_false (accepts ("{'path': <'a'>}", "absolute"));
  g_assert_false (accepts ("{'path': <'/a/../b'>}", "/b"));
  g_assert_false (accepts ("{'path': <'/a/'>}", "canonical"));
  g_assert_false (accepts ("{'path': <'/a\\nb'>}", "control"));
}

static void
test_names (void)
{
  static const char *const bad[] = { "",     "-x", ".",  "a b", "a/b",    "a\nb",
                                     "\x1b", "ä",  "..", "a:b", "--help", "a\x7f" };
  g_autofree char *longest = g_strnfill (INNER_MAX_NAME, 'a');
  g_autofree char *too_long = g_strnfill (INNER_MAX_NAME + 1, 'a');

  g_assert_true (inner_name_is_valid ("a"));
  g_assert_true (inner_name_is_valid ("9_A.b-c"));
  g_assert_true (inner_name_is_valid (longest));
  g_assert_false (inner_name_is_valid (too_long));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (inner_name_is_valid (bad[i]));
}

static void
test_escape (void)
{
  static const struct
  {
    const char *text;
    const char *shown;
  } cases[] = {
    { "plain äöü 漢", "plain äöü 漢" },
    { "a\033[31mb", "a\\x1b[31mb" },
    { "line\nline\t", "line\\x0aline\\x09" },
    { "\xe2\x80\xae"
      "evil",
      "\\u202eevil" },
    { "zero\xe2\x80\x8b", "zero\\u200b" },
    { "bad\xff\xfe", "bad\\xff\\xfe" },
    { "\x7f", "\\x7f" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *shown = inner_escape_for_display (cases[i].text);

      g_assert_cmpstr (shown, ==, cases[i].shown);
    }
}

static void
test_handles (void)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  inner_autofd null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  inner_autofd copy = -1;
  static const gint32 bad[] = { 1, 42, -1, -7, G_MAXINT32, G_MININT32 };

  g_assert_cmpint (g_unix_fd_list_append (list, null, NULL), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (inner_fds_dup_handle (list, bad[i], "stdin", &error), ==, -1);
      g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
    }
  g_assert_cmpint (inner_fds_dup_handle (NULL, 0, "stdin", NULL), ==, -1);
  copy = inner_fds_dup_handle (list, 0, "stdin", NULL);
  g_assert_cmpint (copy, >=, 0);
  g_assert_true ((fcntl (copy, F_GETFD) & FD_CLOEXEC) != 0);
}

static void
test_sealed (void)
{
  inner_autofd fd = inner_fds_new_sealed ("test", "abc", 3, NULL);
  g_autoptr (GBytes) bytes = inner_fds_read (fd, 3, "x", NULL);
  g_autoptr (GError) error = NULL;
  int pipes[2];

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "abc", 3);
  g_assert_cmpint (write (fd, "x", 1), ==, -1);
  g_assert_cmpint (ftruncate (fd, 1), ==, -1);
  g_assert_null (inner_fds_read (fd, 2, "x", &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
  g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
  g_assert_null (inner_fds_read (pipes[0], 2, "x", NULL));
  close (pipes[0]);
  close (pipes[1]);
}

static void
test_error_names (void)
{
  for (int code = 0; code < INNER_N_ERRORS; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (INNER_ERROR, code, "x");
      g_autofree char *name = g_dbus_error_encode_gerror (error);

      g_assert_true (g_str_has_prefix (name, INNER_ERROR_PREFIX));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  g_test_add_func ("/options/table", test_table);
  g_test_add_func ("/options/twice", test_given_twice);
  g_test_add_func ("/options/paths", test_paths);
  g_test_add_func ("/options/names", test_names);
  g_test_add_func ("/options/escape", test_escape);
  g_test_add_func ("/fds/handles", test_handles);
  g_test_add_func ("/fds/sealed", test_sealed);
  g_test_add_func ("/errors/names", test_error_names);
  return g_test_run ();
}
