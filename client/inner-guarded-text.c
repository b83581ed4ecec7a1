/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-client.h"
#include "inner-output.h"

/* What became of a guarded path, in a sentence with its path and what it is. */
static const struct
{
  const char *change; /* NULL: any */
  const char *action;
  const char *sentence;
} sentences[] = {
  { "appeared", "reverted", N_ ("“%s” (%s) appeared and was taken away again") },
  { "changed", "reverted", N_ ("“%s” (%s) was changed and is as it was before") },
  { "removed", "reverted", N_ ("“%s” (%s) was removed and is back") },
  { "appeared", "reported", N_ ("“%s” (%s) appeared; look at it before you work there") },
  { "changed", "reported", N_ ("“%s” (%s) was changed; look at it before you work there") },
  { "removed", "reported", N_ ("“%s” (%s) was removed") },
  { "unknown", NULL, N_ ("“%s”: %s; look at it before you work there") },
  { NULL, "failed",
    N_ ("“%s” (%s) was changed and could not be put back; look at it before you work there") },
};

static const char *
find_sentence (const char *change, const char *action)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sentences); i++)
    if ((sentences[i].change == NULL || g_str_equal (sentences[i].change, change)) &&
        (sentences[i].action == NULL || g_str_equal (sentences[i].action, action)))
      return _ (sentences[i].sentence);

  return _ ("“%s” (%s) was changed; look at it before you work there");
}

/* The format is one of the table above, or its translation. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static char *
make_sentence (GVariant *finding)
{
  return g_strdup_printf (
      find_sentence (inner_text_of (finding, "change"), inner_text_of (finding, "action")),
      inner_text_of (finding, "path"), inner_text_of (finding, "description"));
}
#pragma GCC diagnostic pop

/* What the service says in words of its own. */
static void
say_notes (GVariant *result)
{
  g_autofree const char **notes = NULL;

  g_variant_lookup (result, "notes", "^a&s", &notes);
  for (gsize i = 0; notes != NULL && notes[i] != NULL; i++)
    inner_say ("%s", notes[i]);
}

void
inner_say_guarded (GVariant *result)
{
  g_autoptr (GVariant) findings =
      g_variant_lookup_value (result, "guarded", G_VARIANT_TYPE ("aa{sv}"));

  say_notes (result);
  for (gsize i = 0; findings != NULL && i < g_variant_n_children (findings); i++)
    {
      g_autoptr (GVariant) finding = g_variant_get_child_value (findings, i);
      g_autofree char *sentence = make_sentence (finding);
      const char *kept = inner_text_of (finding, "kept");

      if (kept[0] != '\0')
        inner_say (_ ("%s; the sandbox's version: %s"), sentence, kept);
      else
        inner_say ("%s", sentence);
    }
}

/* "1:02:03", "2:03" or "3.4 s". */
static char *
time_to_text (gint64 us)
{
  gint64 seconds = us / G_USEC_PER_SEC;

  if (seconds < 60)
    return g_strdup_printf (_ ("%.1f s"), (double) us / G_USEC_PER_SEC);
  if (seconds < 3600)
    return g_strdup_printf ("%d:%02d", (int) (seconds / 60), (int) (seconds % 60));
  return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d", seconds / 3600,
                          (int) (seconds / 60 % 60), (int) (seconds % 60));
}

void
inner_say_summary (GVariant *result)
{
  g_autoptr (GVariant) guarded =
      g_variant_lookup_value (result, "guarded", G_VARIANT_TYPE ("aa{sv}"));
  g_autofree char *time = NULL;
  gboolean wanted = FALSE;
  gint64 started = 0;
  gint64 ended = 0;
  gint32 code = 0;

  g_variant_lookup (result, "summary", "b", &wanted);
  if (!wanted)
    return;
  g_variant_lookup (result, "started-at", "x", &started);
  g_variant_lookup (result, "ended-at", "x", &ended);
  g_variant_lookup (result, "exit-code", "i", &code);
  time = time_to_text (MAX (ended - started, 0));
  inner_say (_ ("ended after %s with exit code %d (%s); %u guarded paths were touched"), time, code,
             inner_text_of (result, "reason"),
             guarded != NULL ? (guint) g_variant_n_children (guarded) : 0);
}
