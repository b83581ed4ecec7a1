/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-error.h"
#include "inner-limits.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

static const struct
{
  const char *which;
  const char *text;
  guint64 value;
} good[] = {
  { "memory", "512M", 512 * MIB },
  { "memory", "4G", 4 * 1024 * MIB },
  { "memory", "1T", 1024 * 1024 * MIB },
  { "memory", "64k", 64 * 1024 },
  { "memory", "1073741824", 1024 * MIB },
  { "memory", "", 0 },
  { "memory", "0", 0 },
  { "memory", "0M", 0 },
  { "memory", "9223372036854775807", G_MAXINT64 },
  { "cpu", "200%", 2000 },
  { "cpu", "2.0", 2000 },
  { "cpu", "2", 2000 },
  { "cpu", "0.5", 500 },
  { "cpu", "12.5%", 125 },
  { "cpu", "0.001%", 1 },
  { "cpu", "", 0 },
  { "cpu", "0", 0 },
  { "cpu", "0%", 0 },
  { "pids", "256", 256 },
  { "pids", "0", 0 },
  { "pids", "", 0 },
};

static const struct
{
  const char *which;
  const char *text;
} bad[] = {
  { "memory", "lots" },
  { "memory", "512MB" },
  { "memory", "512 M" },
  { "memory", "-1M" },
  { "memory", "+1M" },
  { "memory", "M" },
  { "memory", "1.5G" },
  { "memory", "0x10" },
  { "memory", "50%" },
  { "memory", "9223372036854775808" },
  { "memory", "9007199254740992K" },
  { "memory", "99999999999999999999G" },
  { "cpu", "%" },
  { "cpu", "." },
  { "cpu", "2." },
  { "cpu", ".5" },
  { "cpu", "-50%" },
  { "cpu", "1e3" },
  { "cpu", "inf" },
  { "cpu", "nan" },
  { "cpu", "2,0" },
  { "cpu", "200%%" },
  { "cpu", "1.2.3" },
  { "cpu", "1000001" },
  { "pids", "-1" },
  { "pids", "many" },
  { "pids", "2.0" },
  { "pids", "256K" },
  { "pids", "9223372036854775808" },
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      guint64 value = 77;

      g_test_message ("%s %s", good[i].which, good[i].text);
      g_assert_true (inner_limit_parse (good[i].which, good[i].text, &value, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (value, ==, good[i].value);
      g_assert_true (inner_limit_check (good[i].which, good[i].text, NULL));
    }
}

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s %s", bad[i].which, bad[i].text);
      g_assert_false (inner_limit_check (bad[i].which, bad[i].text, &error));
      g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
      g_assert_nonnull (g_strstr_len (error->message, -1, bad[i].text));
      g_assert_nonnull (g_strstr_len (error->message, -1, "; write "));
    }
}

static void
test_message_is_escaped (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (inner_limit_check ("memory", "1\033[2J", &error));
  g_assert_null (strchr (error->message, '\033'));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/good", test_good);
  g_test_add_func ("/limits/bad", test_bad);
  g_test_add_func ("/limits/message-is-escaped", test_message_is_escaped);
  return g_test_run ();
}
