/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "inner-arguments.h"
#include "inner-consent.h"
#include "inner-output.h"
#include "inner-profiles.h"

typedef struct
{
  char *digest;
  gboolean yes;
  gboolean json;
} Words;

/* The path as the service knows it: canonical but for a symbolic link at its end. (transfer full) */
static char *
real_path (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  char *resolved = realpath (directory, NULL);
  char *real = g_build_filename (resolved != NULL ? resolved : directory, base, NULL);

  free (resolved);
  return real;
}

static GVariant *
one_layer (GVariant *layer)
{
  GVariantBuilder pending;

  g_variant_builder_init (&pending, G_VARIANT_TYPE ("aa{sv}"));
  if (!inner_flag_of (layer, "trusted"))
    g_variant_builder_add_value (&pending, layer);
  return g_variant_ref_sink (g_variant_builder_end (&pending));
}

/* Gives the configuration file @path as the documents that wait for approval, which may be none. *@found is
 * FALSE when it is no configuration file. */
static GVariant *
pending_layer (InnerConnection *connection, const char *path, gboolean *found, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) reason = NULL;
  g_autoptr (GVariant) reply =
      inner_call (connection, INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "GetConfiguration",
                  g_variant_new ("(s)", directory), "(a{sv})", NULL, &reason);
  g_autoptr (GVariant) configuration = NULL;
  g_autoptr (GVariant) layers = NULL;

  /* A service without the method has no configuration files either. */
  *found = reply == NULL && !g_error_matches (reason, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED);
  if (*found)
    g_propagate_error (error, g_steal_pointer (&reason));
  if (reply == NULL)
    return NULL;
  configuration = g_variant_get_child_value (reply, 0);
  layers = g_variant_lookup_value (configuration, "layers", G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; layers != NULL && i < g_variant_n_children (layers); i++)
    {
      g_autoptr (GVariant) layer = g_variant_get_child_value (layers, i);

      if (!g_str_equal (inner_text_of (layer, "path"), path))
        continue;
      *found = TRUE;
      return one_layer (layer);
    }
  return NULL;
}

static GVariant *
pending_of (InnerConnection *connection, const char *word, GError **error)
{
  g_autofree char *name = inner_parse_profile (word, error);

  if (name == NULL)
    return NULL;
  if (name[0] == '/')
    {
      g_autofree char *path = real_path (name);
      gboolean found;
      g_autoptr (GVariant) layer = pending_layer (connection, path, &found, error);

      if (found)
        return g_steal_pointer (&layer);
    }
  return inner_consent_pending (connection, name, NULL, error);
}

/* Two words may stand for profiles with a base in common; it is asked about once. */
static void
add_new (GVariantBuilder *all, GHashTable *known, GVariant *documents)
{
  for (gsize i = 0; i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);

      if (g_hash_table_add (known, g_strdup (inner_text_of (document, "path"))))
        g_variant_builder_add_value (all, document);
    }
}

static GVariant *
pending_of_all (InnerConnection *connection, char **words, GError **error)
{
  g_auto (GVariantBuilder) all = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (; *words != NULL; words++)
    {
      g_autoptr (GVariant) documents = pending_of (connection, *words, error);

      if (documents == NULL)
        return NULL;
      add_new (&all, known, documents);
    }
  return g_variant_ref_sink (g_variant_builder_end (&all));
}

static void
print_approved (GVariant *documents, gboolean json)
{
  if (json)
    inner_print_json (documents);
  for (gsize i = 0; !json && i < g_variant_n_children (documents); i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (documents, i);

      puts (inner_text_of (document, "path"));
    }
}

static int
trust (InnerGlobal *global, char **names, const Words *words)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *digest =
      words->digest != NULL ? inner_parse_digest (words->digest, &error) : NULL;
  g_autoptr (InnerConnection) connection =
      error == NULL ? inner_global_connect (global, &error) : NULL;
  g_autoptr (GVariant) documents =
      connection != NULL ? pending_of_all (connection, names, &error) : NULL;

  if (documents == NULL)
    return inner_fail (error);
  if (g_variant_n_children (documents) == 0)
    inner_say (_ ("nothing there needs approval"));
  else if (!inner_consent_approve (connection, documents, digest, &error))
    return inner_fail (error);

  print_approved (documents, words->json);
  return 0;
}

int
inner_verb_profile_trust (InnerGlobal *global, int argc, char **argv)
{
  Words words = { 0 };
  const GOptionEntry entries[] = {
    { "sha256", 0, 0, G_OPTION_ARG_FILENAME, &words.digest,
      N_ ("Only the document with this digest; without a terminal that is the consent"),
      N_ ("DIGEST") },
    { "yes", 'y', 0, G_OPTION_ARG_NONE, &words.yes,
      N_ ("Accepted, but no consent: a terminal or a digest is needed"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  int status;

  if (!inner_parse (global, &argc, &argv, entries, -1, _ ("FILE|NAME…"),
                    _ ("Shows what profiles or configuration files of a project ask for, and "
                       "approves them as they are now if you agree."),
                    &error))
    status = inner_fail (error);
  else if (argc < 2)
    status = inner_fail_usage (_ ("Name the profiles or files to look at"));
  else
    status = trust (global, argv + 1, &words);

  g_free (words.digest);
  return status;
}
