/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-check-host-private.h"

static void
test_systems (void)
{
  static const struct
  {
    const char *text;
    InnerSystem system;
  } rows[] = {
    { "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n", INNER_SYSTEM_DEBIAN },
    { "NAME=Ubuntu\nID=ubuntu\nID_LIKE=debian\n", INNER_SYSTEM_UBUNTU },
    { "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", INNER_SYSTEM_UBUNTU },
    { "ID=fedora\nVERSION_ID=41\n", INNER_SYSTEM_FEDORA },
    { "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", INNER_SYSTEM_FEDORA },
    { "ID=manjaro\nID_LIKE='arch'\n", INNER_SYSTEM_ARCH },
    { "ID=nixos\nDEBIAN=1\n", INNER_SYSTEM_OTHER },
    { "", INNER_SYSTEM_OTHER },
    { NULL, INNER_SYSTEM_OTHER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (inner_system_of (rows[i].text), ==, rows[i].system);
}

static void
test_commands (void)
{
  static const char *const packages[INNER_N_SYSTEMS] = { "polkitd", "polkitd", "polkit", "polkit" };
  static const char *const same[INNER_N_SYSTEMS] = { "bubblewrap" };
  static const struct
  {
    InnerSystem system;
    const char *const *packages;
    const char *words;
  } rows[] = {
    { INNER_SYSTEM_DEBIAN, packages, "as root: apt install polkitd" },
    { INNER_SYSTEM_UBUNTU, packages, "as root: apt install polkitd" },
    { INNER_SYSTEM_FEDORA, packages, "as root: dnf install polkit" },
    { INNER_SYSTEM_ARCH, same, "as root: pacman -S bubblewrap" },
    { INNER_SYSTEM_OTHER, packages,
      "as root, one of: apt install polkitd, dnf install polkit, pacman -S polkit" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *words = inner_install_command (rows[i].system, rows[i].packages);

      g_assert_cmpstr (words, ==, rows[i].words);
    }
}

static void
test_programs (void)
{
  static const char *const loud[] = { "/bin/sh", "-c", "echo out; echo err >&2; exit 0", NULL };
  static const char *const angry[] = { "/bin/sh", "-c", "echo no >&2; exit 3", NULL };
  static const char *const curious[] = { "/bin/sh", "-c", "env | grep -v -e ^PWD -e ^_ -e ^SHLVL",
                                         NULL };
  static const char *const absent[] = { "/nowhere/program", NULL };
  static const char *const slow[] = { "/bin/sleep", "1000", NULL };
  static const struct
  {
    const char *const *arguments;
    gboolean ok;
    const char *said;
  } rows[] = {
    { loud, TRUE, "out\nerr" },
    { angry, FALSE, "no" },
    { curious, FALSE, "" }, /* grep found nothing: the environment is empty */
    { absent, FALSE, "No such file" },
    { slow, FALSE, "did not answer within" },
  };

  g_setenv ("SECRET", "value", TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *said = NULL;

      g_assert_cmpint (inner_try_program (rows[i].arguments, &said), ==, rows[i].ok);
      if (rows[i].said[0] == '\0')
        g_assert_cmpstr (said, ==, "");
      g_assert_nonnull (strstr (said, rows[i].said));
    }
}

/* A background process that keeps the pipe open does not keep the doctor. */
static void
test_program_with_a_child (void)
{
  static const char *const arguments[] = { "/bin/sh", "-c", "sleep 5 & echo started", NULL };
  g_autofree char *said = NULL;
  gint64 start = g_get_monotonic_time ();

  inner_try_program (arguments, &said);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
}

/* Attack 31. */
static void
test_not_on_the_callers_path (void)
{
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *planted = g_build_filename (directory, "planted-program", NULL);
  g_autofree char *found = NULL;

  g_assert_true (
      g_file_set_contents_full (planted, "#!/bin/sh\n", -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  g_setenv ("PATH", directory, TRUE);
  g_assert_null (inner_find_system_program ("planted-program"));
  found = inner_find_system_program ("sh");
  g_assert_cmpstr (found, ==, "/usr/bin/sh");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-host/systems", test_systems);
  g_test_add_func ("/check-host/commands", test_commands);
  g_test_add_func ("/check-host/programs", test_programs);
  g_test_add_func ("/check-host/program-with-a-child", test_program_with_a_child);
  g_test_add_func ("/check-host/not-on-the-callers-path", test_not_on_the_callers_path);
  return g_test_run ();
}
