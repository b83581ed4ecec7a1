/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-verify.h"

#include <glib/gi18n.h>
#include <string.h>

#define STATUS_PASS "pass"
#define STATUS_FAIL "fail"
#define STATUS_INFO "info"
#define STATUS_ERROR "error"

typedef struct
{
  const char *status; /* (nullable): not answered */
  char *detail;
  gboolean twice;
} Answer;

GBytes *
inner_verify_input (GPtrArray *checks)
{
  GByteArray *input = g_byte_array_new ();

  for (guint i = 0; i < checks->len; i++)
    {
      const InnerVerifyCheck *check = checks->pdata[i];
      g_autofree char *number = g_strdup_printf ("%u", i);
      const char *const strings[] = { check->kind, number, check->argument };

      for (gsize j = 0; j < G_N_ELEMENTS (strings); j++)
        g_byte_array_append (input, (const guint8 *) strings[j], strlen (strings[j]) + 1);
    }
  return g_byte_array_free_to_bytes (input);
}

/* Gives the next string of @text, which ends at @end, and goes on behind it; %NULL if there is none. */
static const char *
next_string (const char **text, const char *end)
{
  const char *string = *text;
  const char *stop = string < end ? memchr (string, '\0', end - string) : NULL;

  if (stop == NULL)
    return NULL;
  *text = stop + 1;
  return string;
}

static const char *
known_status (const char *word)
{
  static const char *const words[] = { STATUS_PASS, STATUS_FAIL, STATUS_ERROR };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i], word))
      return words[i];

  return STATUS_ERROR;
}

static void
read_answers (Answer *answers, guint n, GBytes *output)
{
  gsize size;
  const char *at = g_bytes_get_data (output, &size);
  const char *end = at + size;

  while (at < end)
    {
      const char *number = next_string (&at, end);
      const char *status = number != NULL ? next_string (&at, end) : NULL;
      const char *detail = status != NULL ? next_string (&at, end) : NULL;
      guint64 i;

      if (detail == NULL || !g_ascii_string_to_unsigned (number, 10, 0, G_MAXUINT, &i, NULL) ||
          i >= n)
        return;
      answers[i].twice = answers[i].status != NULL;
      answers[i].status = known_status (status);
      g_free (answers[i].detail);
      answers[i].detail = g_utf8_make_valid (detail, -1);
    }
}

static void
judge (const InnerVerifyCheck *check, const Answer *answer, const char **status, char **detail)
{
  *status = answer->twice || answer->status == NULL ? STATUS_ERROR : answer->status;
  if (answer->twice)
    *detail = g_strdup (_ ("the check was answered twice"));
  else if (answer->status == NULL)
    *detail = g_strdup (_ ("the check was not answered"));
  else
    *detail = g_strdup (answer->detail);

  if (!g_str_equal (*status, STATUS_FAIL))
    return;
  if (check->allowed != NULL)
    {
      g_autofree char *found = *detail;

      *status = STATUS_INFO;
      *detail = g_strdup_printf (_ ("%s; allowed by “%s”"), found, check->allowed);
    }
  else if (g_str_equal (check->severity, INNER_SEVERITY_WORD_INFO))
    *status = STATUS_INFO;
}

static gboolean
is_finding (const InnerVerifyCheck *check, const char *status)
{
  gboolean grave = g_str_equal (check->severity, INNER_SEVERITY_WORD_CRITICAL) ||
                   g_str_equal (check->severity, INNER_SEVERITY_WORD_HIGH);

  return grave && (g_str_equal (status, STATUS_FAIL) || g_str_equal (status, STATUS_ERROR));
}

GVariant *
inner_verify_report (GPtrArray *checks, GBytes *output)
{
  g_autofree Answer *answers = g_new0 (Answer, checks->len + 1);
  gboolean conformant = TRUE;
  GVariantBuilder list;
  GVariantBuilder report;

  read_answers (answers, checks->len, output);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < checks->len; i++)
    {
      const InnerVerifyCheck *check = checks->pdata[i];
      g_autofree char *detail = NULL;
      const char *status;
      gboolean bad;

      judge (check, &answers[i], &status, &detail);
      bad = g_str_equal (status, STATUS_FAIL) || g_str_equal (status, STATUS_ERROR);
      conformant = conformant && !is_finding (check, status);
      g_variant_builder_add_parsed (
          &list,
          "{'id': <%s>, 'severity': <%s>, 'status': <%s>, 'sentence': <%s>, 'detail': <%s>, "
          "'suggestion': <%s>}",
          check->id, check->severity, status, check->sentence, detail,
          bad && check->suggestion != NULL ? check->suggestion : "");
      g_free (answers[i].detail);
    }

  g_variant_builder_init (&report, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&report, "{sv}", "conformant", g_variant_new_boolean (conformant));
  g_variant_builder_add (&report, "{sv}", "checks", g_variant_builder_end (&list));
  return g_variant_builder_end (&report);
}
