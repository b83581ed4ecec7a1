/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-verify-document.h"
#include "inner-verify.h"

static GPtrArray *
make_checks (void)
{
  static const struct
  {
    const char *id;
    const char *severity;
    const char *allowed;
  } rows[] = {
    { "grave", "critical", NULL },
    { "small", "low", NULL },
    { "opened", "critical", "podman-socket" },
    { "noted", "info", NULL },
  };
  GPtrArray *checks = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_verify_check_free);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      InnerVerifyCheck *check = g_new0 (InnerVerifyCheck, 1);

      check->id = g_strdup (rows[i].id);
      check->severity = rows[i].severity;
      check->kind = "kind";
      check->argument = g_strdup ("argument");
      check->sentence = g_strdup ("It holds");
      check->allowed = g_strdup (rows[i].allowed);
      check->suggestion = g_strdup ("do this");
      g_ptr_array_add (checks, check);
    }
  return checks;
}

#define WORDS(text) text, sizeof text - 1

/* What the probe wrote -> status of each of the four checks, and the verdict: only what was answered once with a known word
 * counts (attack 106). */
static const struct
{
  const char *name;
  const char *output;
  gsize size;
  const char *statuses[4];
  gboolean conformant;
} reports[] = {
  { "all pass",
    WORDS ("0\0pass\0a\0"
           "1\0pass\0b\0"
           "2\0pass\0c\0"
           "3\0pass\0d\0"),
    { "pass", "pass", "pass", "pass" },
    TRUE },
  { "all fail",
    WORDS ("0\0fail\0a\0"
           "1\0fail\0b\0"
           "2\0fail\0c\0"
           "3\0fail\0d\0"),
    { "fail", "fail", "info", "info" },
    FALSE },
  { "only small ones",
    WORDS ("0\0pass\0a\0"
           "1\0fail\0b\0"
           "2\0fail\0c\0"
           "3\0fail\0d\0"),
    { "pass", "fail", "info", "info" },
    TRUE },
  { "nothing", WORDS (""), { "error", "error", "error", "error" }, FALSE },
  { "one is missing",
    WORDS ("1\0pass\0b\0"
           "2\0pass\0c\0"
           "3\0pass\0d\0"),
    { "error", "pass", "pass", "pass" },
    FALSE },
  { "one comes twice",
    WORDS ("0\0pass\0a\0"
           "0\0pass\0a\0"
           "1\0pass\0b\0"
           "2\0pass\0c\0"
           "3\0pass\0d\0"),
    { "error", "pass", "pass", "pass" },
    FALSE },
  { "an unknown word",
    WORDS ("0\0fine\0a\0"
           "1\0pass\0b\0"
           "2\0pass\0c\0"
           "3\0pass\0d\0"),
    { "error", "pass", "pass", "pass" },
    FALSE },
  { "a word of ours",
    WORDS ("0\0info\0a\0"
           "1\0pass\0b\0"
           "2\0pass\0c\0"
           "3\0pass\0d\0"),
    { "error", "pass", "pass", "pass" },
    FALSE },
  { "a number beyond",
    WORDS ("4\0pass\0a\0"
           "1\0pass\0b\0"
           "2\0pass\0c\0"
           "3\0pass\0d\0"),
    { "error", "error", "error", "error" },
    FALSE },
  { "no number", WORDS ("x\0pass\0a\0"), { "error", "error", "error", "error" }, FALSE },
  { "cut",
    WORDS ("0\0pass\0a\0"
           "1\0pass\0b\0"
           "2\0pass\0c\0"
           "3\0pass\0d"),
    { "pass", "pass", "pass", "error" },
    TRUE },
  { "an error",
    WORDS ("0\0error\0a\0"
           "1\0pass\0b\0"
           "2\0error\0c\0"
           "3\0error\0d\0"),
    { "error", "pass", "error", "error" },
    FALSE },
};

static GVariant *
report_of (gsize i)
{
  g_autoptr (GPtrArray) checks = make_checks ();
  g_autoptr (GBytes) output = g_bytes_new_static (reports[i].output, reports[i].size);

  return g_variant_ref_sink (inner_verify_report (checks, output));
}

static void
test_report (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (reports); i++)
    {
      g_autoptr (GVariant) report = report_of (i);
      g_autoptr (GVariant) checks =
          g_variant_lookup_value (report, "checks", G_VARIANT_TYPE ("aa{sv}"));
      gboolean conformant = !reports[i].conformant;

      g_test_message ("%s", reports[i].name);
      g_variant_lookup (report, "conformant", "b", &conformant);
      g_assert_cmpint (conformant, ==, reports[i].conformant);
      g_assert_cmpuint (g_variant_n_children (checks), ==, 4);
      for (gsize j = 0; j < 4; j++)
        {
          g_autoptr (GVariant) check = g_variant_get_child_value (checks, j);
          const char *status = "";
          const char *suggestion = "";

          g_variant_lookup (check, "status", "&s", &status);
          g_variant_lookup (check, "suggestion", "&s", &suggestion);
          g_assert_cmpstr (status, ==, reports[i].statuses[j]);
          g_assert_cmpint (suggestion[0] != '\0', ==,
                           g_str_equal (status, "fail") || g_str_equal (status, "error"));
        }
    }
}

static void
test_input (void)
{
  g_autoptr (GPtrArray) checks = make_checks ();
  g_autoptr (GBytes) input = inner_verify_input (checks);
  static const char wanted[] = "kind\0"
                               "0\0"
                               "argument\0"
                               "kind\0"
                               "1\0"
                               "argument\0"
                               "kind\0"
                               "2\0"
                               "argument\0"
                               "kind\0"
                               "3\0"
                               "argument";

  g_assert_cmpmem (g_bytes_get_data (input, NULL), g_bytes_get_size (input), wanted, sizeof wanted);
}

/* Every document of every report is one, and says what the report says. */
static void
test_documents (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (reports); i++)
    {
      g_autoptr (GVariant) report = report_of (i);
      g_autofree char *junit =
          inner_verify_document (report, "junit", "a <b>\x01", "/tmp/a b.toml");
      g_autofree char *sarif = inner_verify_document (report, "sarif", "a", "/tmp/a b.toml");

      g_assert_nonnull (strstr (junit, "name=\"a &lt;b&gt;\xef\xbf\xbd\" tests=\"4\""));
      g_assert_nonnull (strstr (sarif, "\"version\" : \"2.1.0\""));
      g_assert_cmpint (strstr (junit, "type=\"critical\"") == NULL, ==, reports[i].conformant);
      g_assert_cmpint (strstr (sarif, "\"error\"") == NULL, ==, reports[i].conformant);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verify/report", test_report);
  g_test_add_func ("/verify/input", test_input);
  g_test_add_func ("/verify/documents", test_documents);
  return g_test_run ();
}
