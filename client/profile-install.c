/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <string.h>

#include "inner-arguments.h"
#include "inner-consent.h"
#include "inner-document.h"
#include "inner-draft.h"
#include "inner-fetch-client.h"
#include "inner-output.h"
#include "inner-profiles.h"

typedef struct
{
  char *name;
  char *digest;
  char *ca_file;
  gboolean force;
  gboolean yes;
  gboolean json;
} Words;

/* One document that becomes a profile of the person's own. */
typedef struct
{
  char *source; /* what was named: a path or an address */
  gboolean from_address;
  char *name;
  char *digest;
  char *target;
  GBytes *bytes; /* read once: what is shown, judged and written is this */
  InnerDraft *draft;
  GStrv warnings;
} Installation;

static void
installation_clear (Installation *self)
{
  g_free (self->source);
  g_free (self->name);
  g_free (self->digest);
  g_free (self->target);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->draft, inner_draft_free);
  g_strfreev (self->warnings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Installation, installation_clear)

/* What does not say its notation by its name says it by its first character: only XML can begin with “<”. */
static const char *
format_of_bytes (GBytes *bytes)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  for (; length > 0 && g_ascii_isspace (*text); length--)
    text++;
  return length > 0 && *text == '<' ? "xml" : "toml";
}

static gboolean
read_file (Installation *self, const char *word, const char **format, GError **error)
{
  self->source = inner_parse_path (word, error);
  if (self->source != NULL)
    self->bytes = inner_read_document (self->source, TRUE, NULL, error);
  if (self->bytes == NULL)
    return FALSE;

  self->name = g_path_get_basename (self->source);
  *format = inner_format_of_file (self->name);
  if (*format != NULL)
    *strrchr (self->name, '.') = '\0';
  return TRUE;
}

/* The address need not end like the name of a profile if the person gives another. */
static gboolean
read_address (Installation *self, const Words *words, const char **format, GError **error)
{
  g_autofree char *ca_file = NULL;

  self->from_address = TRUE;
  if (words->ca_file != NULL && (ca_file = inner_parse_path (words->ca_file, error)) == NULL)
    return FALSE;
  self->name = inner_url_get_name (self->source, format, words->name != NULL ? NULL : error);
  if (self->name == NULL)
    *format = NULL;
  if (self->name != NULL || words->name != NULL)
    self->bytes = inner_fetch (self->source, ca_file, error);
  return self->bytes != NULL;
}

static gboolean
read_source (
    Installation *self, const char *word, const Words *words, const char **format, GError **error)
{
  if (inner_is_url (word))
    {
      self->source = g_strdup (word);
      return read_address (self, words, format, error);
    }
  if (words->ca_file == NULL)
    return read_file (self, word, format, error);

  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                       _ ("--ca-file goes with an address, “https://…”"));
  return FALSE;
}

/* Reads the document and puts a draft of it where it will be. */
static gboolean
prepare (Installation *self, const char *word, const Words *words, GError **error)
{
  const char *format = NULL;

  if (!read_source (self, word, words, &format, error))
    return FALSE;
  if (words->name != NULL)
    {
      g_free (self->name);
      self->name = g_strdup (words->name);
    }

  self->digest = inner_digest_of (self->bytes);
  self->target = inner_own_profile_path (
      self->name, format != NULL ? format : format_of_bytes (self->bytes), words->force, error);
  if (self->target != NULL)
    self->draft = inner_draft_new (self->target, self->bytes, error);
  return self->draft != NULL;
}

/* SECURITY: what a relative path in the document means would depend on where it is put, on what lies there or
 * is put there later; and a document from the network must not pick files of this machine at all (attacks
 * 64 and 65; tests/bus/test_profile_install.py, test_install_refuses_bases_by_path). */
static gboolean
check_bases (const Installation *self, GVariant *description, GError **error)
{
  g_auto (GStrv) bases = inner_document_bases (inner_text_of (description, "document"));
  const char *bad = inner_relative_base (bases);

  for (char **base = bases; self->from_address && bad == NULL && *base != NULL; base++)
    if (strchr (*base, '/') != NULL)
      bad = *base;
  if (bad == NULL)
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID,
               _ ("“%s” extends “%s”, a path that means something else here, so it cannot be "
                  "installed alone; install or clone what it extends, and extend that by its name"),
               self->source, bad);
  return FALSE;
}

/* SECURITY: the service describes a file, and what is installed is a buffer: its digest says that both are
 * the same bytes (attack 109; tests/bus/test_profile_install.py, test_install). Gives the bases that
 * nobody approved yet. */
static gboolean
check_documents (const Installation *self,
                 GVariant *description,
                 GStrvBuilder *notes,
                 GError **error)
{
  g_autoptr (GVariant) documents =
      g_variant_lookup_value (description, "documents", G_VARIANT_TYPE ("aa{sv}"));
  const char *path = inner_text_of (description, "path");
  gboolean same = FALSE;

  for (gsize i = 0; documents != NULL && i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);
      const char *document_path = inner_text_of (document, "path");

      if (g_str_equal (document_path, path))
        same = g_str_equal (inner_text_of (document, "digest"), self->digest);
      else if (!inner_flag_of (document, "trusted"))
        {
          g_autofree char *note = g_strdup_printf (
              _ ("it extends “%s”, which needs an approval of its own"), document_path);

          g_strv_builder_add (notes, note);
        }
    }

  if (!same)
    g_set_error (error, INNER_ERROR, INNER_ERROR_BUSY,
                 _ ("The service did not see the bytes of “%s” that were read; try again"),
                 self->source);
  return same;
}

/* A profile of the person's own comes before one of the system or of Inner. */
static gboolean
note_shadowing (InnerConnection *connection, const char *name, GStrvBuilder *notes, GError **error)
{
  g_autoptr (GVariant) profiles = inner_profiles_list (connection, error);

  if (profiles == NULL)
    return FALSE;
  for (gsize i = 0; i < g_variant_n_children (profiles); i++)
    {
      g_autoptr (GVariant) profile = g_variant_get_child_value (profiles, i);
      const char *scope = inner_text_of (profile, "scope");
      g_autofree char *note = NULL;

      if (!g_str_equal (inner_text_of (profile, "name"), name) ||
          (!g_str_equal (scope, "builtin") && !g_str_equal (scope, "system")))
        continue;
      note = g_strdup_printf (_ ("it takes the place of the profile “%s” in “%s”"), name,
                              inner_text_of (profile, "path"));
      g_strv_builder_add (notes, note);
    }
  return TRUE;
}

/* Gives the document as inner_consent_to() shows it: its source, and what it means at its place. */
static GVariant *
describe (const Installation *self, InnerConnection *connection, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) notes = NULL;
  g_autoptr (GVariant) description =
      inner_profile_describe (connection, self->draft->path, "toml", error);
  g_autoptr (GVariant) asks = NULL;
  g_autoptr (GVariant) values = NULL;
  GVariantBuilder shown;

  if (description == NULL || !check_bases (self, description, error) ||
      !check_documents (self, description, builder, error) ||
      !note_shadowing (connection, self->name, builder, error))
    return NULL;

  notes = g_strv_builder_end (builder);
  asks = g_variant_lookup_value (description, "asks", G_VARIANT_TYPE_STRING_ARRAY);
  values = g_variant_lookup_value (description, "values", G_VARIANT_TYPE_VARDICT);
  g_variant_builder_init (&shown, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&shown, "{sv}", "path", g_variant_new_string (self->source));
  g_variant_builder_add (&shown, "{sv}", "digest", g_variant_new_string (self->digest));
  if (values != NULL)
    g_variant_builder_add (&shown, "{sv}", "description",
                           g_variant_new_string (inner_text_of (values, "description")));
  if (asks != NULL)
    g_variant_builder_add (&shown, "{sv}", "asks", asks);
  g_variant_builder_add (&shown, "{sv}", "notes",
                         g_variant_new_strv ((const char *const *) notes, -1));
  return g_variant_ref_sink (g_variant_builder_end (&shown));
}

static void
print_installed (const Installation *self, GVariant *shown, gboolean json)
{
  g_auto (GVariantDict) result = G_VARIANT_DICT_INIT (shown);
  g_autoptr (GVariant) value = NULL;

  if (!json)
    {
      inner_print_profile (FALSE, self->name, self->target);
      return;
    }
  g_variant_dict_insert (&result, "source", "s", self->source);
  g_variant_dict_insert (&result, "name", "s", self->name);
  g_variant_dict_insert (&result, "path", "s", self->target);
  g_variant_dict_insert_value (&result, "warnings",
                               g_variant_new_strv ((const char *const *) self->warnings, -1));
  value = g_variant_ref_sink (g_variant_dict_end (&result));
  inner_print_json (value);
}

static gboolean
install (InnerGlobal *global, const char *word, const Words *words, GError **error)
{
  g_auto (Installation) self = { 0 };
  g_autofree char *digest = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  g_autoptr (GVariant) shown = NULL;
  g_autoptr (GVariant) documents = NULL;

  if (words->digest != NULL && (digest = inner_parse_digest (words->digest, error)) == NULL)
    return FALSE;
  if (prepare (&self, word, words, error))
    connection = inner_global_connect (global, error);
  if (connection == NULL ||
      !inner_profile_check (connection, self.draft->path, self.source, &self.warnings, error))
    return FALSE;

  shown = describe (&self, connection, error);
  if (shown == NULL)
    return FALSE;
  documents = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT, &shown, 1));
  if (!inner_consent_to (documents, _ ("Make it a profile of your own?"), digest, error) ||
      !inner_draft_install (self.draft, self.target, 0600, words->force, error))
    return FALSE;

  print_installed (&self, shown, words->json);
  return TRUE;
}

int
inner_verb_profile_install (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "name", 0, 0, G_OPTION_ARG_FILENAME, &words.name,
      N_ ("Its name here (default: that of the file)"), N_ ("NAME") },
    { "sha256", 0, 0, G_OPTION_ARG_FILENAME, &words.digest,
      N_ ("Only the document with this digest; without a terminal that is the consent"),
      N_ ("DIGEST") },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &words.ca_file,
      N_ ("Trust these certificates, in PEM, and no others"), N_ ("FILE") },
    { "force", 0, 0, G_OPTION_ARG_NONE, &words.force, N_ ("Replace a profile of that name"), NULL },
    { "yes", 'y', 0, G_OPTION_ARG_NONE, &words.yes,
      N_ ("Accepted, but no consent: a terminal or a digest is needed"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  int status = 0;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("FILE|URL"),
                    _ ("Shows what a profile asks for, and makes it one of your own if you agree. "
                       "Prints the path of the new profile."),
                    &error))
    status = inner_fail (error);
  else if (argc != 2)
    status = inner_fail_usage (_ ("Name the file or the address of a profile"));
  else if (!install (global, argv[1], &words, &error))
    status = inner_fail (error);

  g_free (words.name);
  g_free (words.digest);
  g_free (words.ca_file);
  return status;
}
