/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-profile-registry.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inner-error.h"
#include "inner-options.h"
#include "inner-profile-document.h"
#include "inner-profile-file.h"
#include "inner-profile-private.h"
#include "inner-profile-search.h"
#include "inner-suggest.h"

/* A chain of bases is at most this long. */
#define MAX_DEPTH 16

/* Documents that are remembered; beyond it all are forgotten. */
#define MAX_DOCUMENTS 16384

/* SECURITY: a project may hold thousands of profiles of a megabyte each, which would keep the service busy for
 * minutes and fill the memory (attacks 101 and 102; tests/unit/test-profile-registry.c). So many bytes are read of one
 * directory in a call, and so many of all are remembered. */
#define MAX_BYTES_OF_DIRECTORY (16 * 1024 * 1024)
#define MAX_BYTES (64 * 1024 * 1024)

struct _InnerProfileRegistry
{
  char *fixed[INNER_N_FIXED_DIRECTORIES];
  char *schema_path;
  char *home;
  InnerTrust *trust;     /* (nullable), borrowed */
  GHashTable *documents; /* path -> InnerDocument */
  guint64 versions;
  gsize bytes; /* that were read for the documents */
  /* Of the call that is running: each file is looked at once in a call. */
  guint64 pass;
  gsize budget;
  GPtrArray *search;
};

static const char *const scopes[] = {
  [INNER_SCOPE_PATH] = "path",     [INNER_SCOPE_PROJECT] = "project", [INNER_SCOPE_USER] = "user",
  [INNER_SCOPE_SYSTEM] = "system", [INNER_SCOPE_BUILTIN] = "builtin",
};

const char *
inner_scope_to_string (InnerScope scope)
{
  return scopes[scope];
}

InnerProfileRegistry *
inner_profile_registry_new (const char *user_directory,
                            const char *system_directory,
                            const char *builtin_directory,
                            const char *schema_path,
                            const char *home,
                            InnerTrust *trust)
{
  InnerProfileRegistry *registry = g_new0 (InnerProfileRegistry, 1);

  registry->fixed[0] = g_strdup (user_directory);
  registry->fixed[1] = g_strdup (system_directory);
  registry->fixed[2] = g_strdup (builtin_directory);
  registry->schema_path = g_strdup (schema_path);
  registry->home = g_strdup (home);
  registry->trust = trust;
  registry->documents =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) inner_document_free);
  return registry;
}

void
inner_profile_registry_free (InnerProfileRegistry *registry)
{
  for (gsize i = 0; i < G_N_ELEMENTS (registry->fixed); i++)
    g_free (registry->fixed[i]);
  g_clear_pointer (&registry->search, g_ptr_array_unref);
  g_hash_table_unref (registry->documents);
  g_free (registry->schema_path);
  g_free (registry->home);
  g_free (registry);
}

const char *
inner_profile_registry_get_user_directory (InnerProfileRegistry *registry)
{
  return registry->fixed[0];
}

static void
part_free (InnerProfilePart *part)
{
  g_free (part->path);
  g_free (part->digest);
  g_free (part);
}

static void
entry_clear (gpointer data)
{
  InnerProfileEntry *entry = data;

  g_free (entry->name);
  g_free (entry->path);
  g_clear_pointer (&entry->own, inner_profile_unref);
  g_clear_pointer (&entry->effective, inner_profile_unref);
  g_clear_pointer (&entry->usable, inner_profile_unref);
  g_ptr_array_unref (entry->notes);
  g_ptr_array_unref (entry->parts);
  g_clear_error (&entry->error);
}

void
inner_profile_entry_unref (InnerProfileEntry *entry)
{
  g_rc_box_release_full (entry, entry_clear);
}

/* Begins a call: what was looked at in an earlier one is looked at again. */
static void
begin_pass (InnerProfileRegistry *registry, const char *directory)
{
  if (g_hash_table_size (registry->documents) > MAX_DOCUMENTS || registry->bytes > MAX_BYTES)
    {
      g_hash_table_remove_all (registry->documents);
      registry->bytes = 0;
    }

  registry->pass++;
  registry->budget = MAX_BYTES_OF_DIRECTORY;
  g_clear_pointer (&registry->search, g_ptr_array_unref);
  registry->search = inner_search_path ((const char *const *) registry->fixed, directory);
}

/* The directory of the user, the system or the built-in profiles that holds @path, or %NULL. */
static const InnerSearch *
fixed_directory_of (InnerProfileRegistry *registry, const char *path)
{
  gsize length = strrchr (path, '/') - path;

  for (guint i = 0; i < registry->search->len; i++)
    {
      const InnerSearch *search = registry->search->pdata[i];

      if (search->scope != INNER_SCOPE_PROJECT && strlen (search->path) == length &&
          strncmp (search->path, path, length) == 0)
        return search;
    }

  return NULL;
}

/* The document at @path, which is canonical but for its last part; not yet looked at. */
static InnerDocument *
get_document (InnerProfileRegistry *registry, const char *path)
{
  InnerDocument *document = g_hash_table_lookup (registry->documents, path);

  if (document == NULL)
    {
      document = inner_document_new (path);
      g_hash_table_insert (registry->documents, document->path, document);
    }

  return document;
}

/* The built-in documents were held against the schema when they were built (tests/unit), and compiling it
 * again would cost each private service a millisecond of its start. The readers' own table of keys still
 * lets nothing else through. */
static const char *
schema_for (const InnerProfileRegistry *registry, const char *path)
{
  const char *builtin = registry->fixed[INNER_N_FIXED_DIRECTORIES - 1];
  gsize length = builtin != NULL ? strlen (builtin) : 0;

  if (length > 0 && strncmp (path, builtin, length) == 0 && path[length] == '/')
    return NULL;
  return registry->schema_path;
}

static gboolean
is_missing (const char *path)
{
  struct stat st;

  return lstat (path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* The name on the search path that @name was most likely meant to be. (transfer full) */
static char *
suggest_name (InnerProfileRegistry *registry, const char *name, gboolean projects_too)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_null_terminated (16, g_free, TRUE);

  for (guint i = 0; i < registry->search->len; i++)
    {
      const InnerSearch *search = registry->search->pdata[i];
      g_autoptr (GPtrArray) paths = NULL;

      if (search->scope == INNER_SCOPE_PROJECT && !projects_too)
        continue;
      paths = inner_search_list (search);
      for (guint p = 0; p < paths->len; p++)
        g_ptr_array_add (names, inner_profile_name_of_file (paths->pdata[p]));
    }

  return g_strdup (inner_suggest (name, (const char *const *) names->pdata));
}

/* The document of the profile @name; in the directories of projects only with @projects_too.
 * Gives %NULL when there is none. */
static InnerDocument *
find_by_name (InnerProfileRegistry *registry,
              const char *name,
              gboolean projects_too,
              InnerScope *scope)
{
  for (guint i = 0; i < registry->search->len; i++)
    {
      const InnerSearch *search = registry->search->pdata[i];
      g_autofree char *path = NULL;

      if (search->scope == INNER_SCOPE_PROJECT && !projects_too)
        continue;
      path = inner_search_lookup (search, name);
      if (path == NULL)
        continue;
      *scope = search->scope;
      return get_document (registry, path);
    }

  return NULL;
}

G_GNUC_PRINTF (3, 4)
static void
fail_at_extends (const InnerDocument *document, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  InnerOrigin at;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  inner_profile_get_origin (document->own, INNER_KEY_EXTENDS, &at);
  inner_problem_to_error (document->path, (InnerPosition){ at.line, at.column }, message, error);
}

/* Gives the file that the base @text of @document names by its path. (transfer full) */
static char *
path_of_base (InnerProfileRegistry *registry, const InnerDocument *document, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (document->path);
  g_autofree char *path = NULL;

  if (g_str_has_prefix (text, "~/") && registry->home != NULL)
    path = g_build_filename (registry->home, text + 2, NULL);
  else
    path = g_canonicalize_filename (text, directory);

  return inner_profile_file_canonical (path);
}

/* SECURITY: names of bases are looked up where people and administrators keep profiles, never in
 * the directory of a project, so an agent cannot slip one under a trusted profile (attacks 64 and
 * 65, reference 8.J1; tests/unit/test-profile-registry.c). */
static InnerDocument *
find_base (InnerProfileRegistry *registry,
           const InnerDocument *document,
           const char *text,
           GError **error)
{
  g_autofree char *shown = inner_escape_for_display (text);
  g_autofree char *meant = NULL;
  InnerDocument *base = NULL;
  InnerScope scope;

  if (strchr (text, '/') != NULL)
    {
      g_autofree char *path = path_of_base (registry, document, text);

      if (!is_missing (path))
        return get_document (registry, path);
      fail_at_extends (document, error, _ ("There is no file “%s” to extend; correct its path"),
                       shown);
      return NULL;
    }

  if (inner_profile_name_is_valid (text))
    base = find_by_name (registry, text, FALSE, &scope);
  if (base != NULL)
    return base;

  meant = suggest_name (registry, text, FALSE);
  if (meant != NULL)
    fail_at_extends (document, error, _ ("There is no profile “%s” to extend; did you mean “%s”?"),
                     shown, meant);
  else
    fail_at_extends (document, error,
                     _ ("There is no profile “%s” to extend among those of the user, the system "
                        "and Inner; give its path if it lies elsewhere"),
                     shown);
  return NULL;
}

/* SECURITY: a document is the user's own by its place: a directory and a file that nobody but root and
 * ourselves may write to. Whatever it says, one from a project, given by its path or downloaded is
 * foreign, and so is all that builds on it (attacks 64 and 65; tests/unit/test-profile-registry.c). */
static gboolean
is_at_home (InnerProfileRegistry *registry, const InnerDocument *document)
{
  const InnerSearch *directory = fixed_directory_of (registry, document->path);

  return document->own != NULL && directory != NULL && directory->ours &&
         inner_file_is_ours (&document->st);
}

/* SECURITY: what was approved is the bytes that were read here, not the file (attack 109;
 * tests/unit/test-profile-registry.c). */
static gboolean
is_approved (InnerProfileRegistry *registry, const InnerDocument *document)
{
  return document->own != NULL && document->digest != NULL && registry->trust != NULL &&
         inner_trust_is_approved (registry->trust, document->path, document->digest);
}

/* Looks at the file of @document, once in a call. */
static void
look_at (InnerProfileRegistry *registry, InnerDocument *document)
{
  gsize budget = registry->budget;

  if (document->looked == registry->pass)
    return;

  inner_document_look (document, schema_for (registry, document->path), &registry->versions,
                       &registry->budget);
  registry->bytes += budget - registry->budget;
  document->looked = registry->pass;
}

/* Declared here because a base has bases. */
static void
resolve (InnerProfileRegistry *registry, InnerDocument *document, guint depth, gboolean *cut);

/* Resolves the base @text of @document. Gives %NULL and the reason when it cannot be used. */
static InnerDocument *
resolve_base (InnerProfileRegistry *registry,
              const InnerDocument *document,
              const char *text,
              guint depth,
              gboolean *cut,
              GError **error)
{
  InnerDocument *base = find_base (registry, document, text, error);

  if (base == NULL)
    return NULL;
  if (base->resolving)
    {
      g_autofree char *shown = inner_escape_for_display (base->path);

      fail_at_extends (document, error,
                       _ ("“%s” extends this profile in its turn; remove one of the two “extends”"),
                       shown);
      return NULL;
    }

  *cut = depth + 1 >= MAX_DEPTH;
  if (!*cut)
    resolve (registry, base, depth + 1, cut);
  if (*cut || base->height >= MAX_DEPTH)
    {
      fail_at_extends (document, error,
                       _ ("More than %d profiles extend one another here; merge some of them"),
                       MAX_DEPTH);
      return NULL;
    }
  if (base->problem != NULL)
    {
      g_propagate_error (error, g_error_copy (base->problem));
      return NULL;
    }

  return base;
}

/* Finds out what @document is by itself: read or not, at home or foreign, approved or not. */
static void
judge_alone (InnerProfileRegistry *registry, InnerDocument *document)
{
  g_clear_error (&document->problem);
  if (document->own == NULL)
    document->problem = g_error_copy (document->error);
  document->at_home = is_at_home (registry, document);
  document->trusted_alone = document->at_home || is_approved (registry, document);
  document->trusted = document->trusted_alone;
  document->foreign = !document->at_home;
  document->height = 1;
  g_ptr_array_set_size (document->bases, 0);
}

/* Looks at @document and all it extends, and makes its profiles where something changed.
 * @cut says that the chain was too long from where it began; what was found on the way is then not
 * kept, because it may be all right when it is asked for by itself. */
static void
resolve (InnerProfileRegistry *registry, InnerDocument *document, guint depth, gboolean *cut)
{
  const char *const *texts;

  look_at (registry, document);
  if (document->resolved == registry->pass)
    return;

  judge_alone (registry, document);
  document->resolving = TRUE;
  texts = document->own != NULL ? inner_profile_get_list (document->own, INNER_KEY_EXTENDS) : NULL;
  for (gsize i = 0; document->problem == NULL && texts[i] != NULL; i++)
    {
      InnerDocument *base =
          resolve_base (registry, document, texts[i], depth, cut, &document->problem);

      if (base == NULL)
        continue;
      document->trusted = document->trusted && base->trusted;
      document->foreign = document->foreign || base->foreign;
      document->height = MAX (document->height, base->height + 1);
      g_ptr_array_add (document->bases, base);
    }
  document->resolving = FALSE;

  if (document->problem == NULL)
    inner_document_make (document, &registry->versions);
  else
    {
      document->trusted = FALSE;
      inner_document_unmake (document);
    }
  if (!*cut)
    document->resolved = registry->pass;
}

/* Adds @document and what it extends, each once, to the parts of @entry. */
static void
add_parts (InnerProfileRegistry *registry,
           InnerProfileEntry *entry,
           const InnerDocument *document,
           InnerScope scope)
{
  InnerProfilePart *part;

  for (guint i = 0; i < entry->parts->len; i++)
    if (g_str_equal (((InnerProfilePart *) entry->parts->pdata[i])->path, document->path))
      return;

  part = g_new0 (InnerProfilePart, 1);
  part->path = g_utf8_make_valid (document->path, -1);
  part->scope = scope;
  part->trusted = document->trusted_alone;
  part->digest = g_strdup (document->digest);
  g_ptr_array_add (entry->parts, part);
  for (guint i = 0; !document->at_home && i < document->notes->len; i++)
    g_ptr_array_add (entry->notes, g_strdup (document->notes->pdata[i]));
  for (guint i = 0; i < document->bases->len; i++)
    {
      const InnerDocument *base = document->bases->pdata[i];
      const InnerSearch *place = fixed_directory_of (registry, base->path);

      add_parts (registry, entry, base, place != NULL ? place->scope : INNER_SCOPE_PATH);
    }
}

static InnerProfile *
ref_or_null (InnerProfile *profile)
{
  return profile != NULL ? inner_profile_ref (profile) : NULL;
}

static InnerProfileEntry *
entry_new (InnerProfileRegistry *registry,
           const InnerDocument *document,
           InnerScope scope,
           gboolean shadowed)
{
  InnerProfileEntry *entry = g_rc_box_new0 (InnerProfileEntry);

  entry->name = g_strdup (document->name);
  /* A document with any other path is not read, but listed (inner_profile_file_read()). */
  entry->path = g_utf8_make_valid (document->path, -1);
  entry->scope = scope;
  entry->shadowed = shadowed;
  entry->trusted = document->trusted;
  entry->foreign = document->foreign;
  entry->own = ref_or_null (document->own);
  entry->effective = ref_or_null (document->effective);
  entry->usable = ref_or_null (document->usable);
  entry->notes = g_ptr_array_new_with_free_func (g_free);
  entry->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) part_free);
  entry->error = document->problem != NULL ? g_error_copy (document->problem) : NULL;
  add_parts (registry, entry, document, scope);
  return entry;
}

static InnerProfileEntry *
make_entry (InnerProfileRegistry *registry,
            InnerDocument *document,
            InnerScope scope,
            gboolean shadowed)
{
  gboolean cut = FALSE;

  resolve (registry, document, 0, &cut);
  return entry_new (registry, document, scope, shadowed);
}

GPtrArray *
inner_profile_registry_list (InnerProfileRegistry *registry, const char *directory)
{
  g_autoptr (GPtrArray) entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify) inner_profile_entry_unref);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  begin_pass (registry, directory);
  for (guint i = 0; i < registry->search->len; i++)
    {
      const InnerSearch *search = registry->search->pdata[i];
      g_autoptr (GPtrArray) paths = inner_search_list (search);

      registry->budget = MAX_BYTES_OF_DIRECTORY;
      for (guint p = 0; p < paths->len; p++)
        {
          InnerDocument *document = get_document (registry, paths->pdata[p]);
          gboolean shadowed = !g_hash_table_add (names, g_strdup (document->name));

          g_ptr_array_add (entries, make_entry (registry, document, search->scope, shadowed));
        }
    }

  return g_steal_pointer (&entries);
}

static void
fail_not_found (InnerProfileRegistry *registry, const char *name, GError **error)
{
  g_autofree char *shown = inner_escape_for_display (name);
  g_autofree char *meant = suggest_name (registry, name, TRUE);

  if (meant != NULL)
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND,
                 _ ("There is no profile “%s”; did you mean “%s”?"), shown, meant);
  else if (inner_profile_name_is_valid (name))
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND,
                 _ ("There is no profile “%s”; “innerctl profile list” shows those there are"),
                 shown);
  else
    g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND,
                 _ ("“%s” cannot be the name of a profile; give a name without “/”, “..” and "
                    "control characters, or an absolute path"),
                 shown);
}

static InnerDocument *
find_by_path (InnerProfileRegistry *registry, const char *path, InnerScope *scope, GError **error)
{
  g_autofree char *canonical = inner_profile_file_canonical (path);
  const InnerSearch *directory = fixed_directory_of (registry, canonical);

  if (is_missing (canonical))
    {
      g_autofree char *shown = inner_escape_for_display (path);

      g_set_error (error, INNER_ERROR, INNER_ERROR_PROFILE_NOT_FOUND,
                   _ ("There is no file “%s”; give the path of a profile, or a name from “innerctl "
                      "profile list”"),
                   shown);
      return NULL;
    }

  *scope = directory != NULL ? directory->scope : INNER_SCOPE_PATH;
  return get_document (registry, canonical);
}

InnerProfileEntry *
inner_profile_registry_find (InnerProfileRegistry *registry,
                             const char *name,
                             const char *directory,
                             GError **error)
{
  g_autoptr (InnerProfileEntry) entry = NULL;
  InnerDocument *document = NULL;
  InnerScope scope;

  begin_pass (registry, directory);
  if (name[0] == '/')
    {
      document = find_by_path (registry, name, &scope, error);
      if (document == NULL)
        return NULL;
    }
  else
    {
      if (inner_profile_name_is_valid (name))
        document = find_by_name (registry, name, TRUE, &scope);
      if (document == NULL)
        {
          fail_not_found (registry, name, error);
          return NULL;
        }
    }

  entry = make_entry (registry, document, scope, FALSE);
  if (entry->error != NULL)
    {
      g_propagate_error (error, g_error_copy (entry->error));
      return NULL;
    }

  return g_steal_pointer (&entry);
}
