/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The method ValidateProfile: the mistakes of documents that cannot be used, or what the rules say about the
 * profile that they make.
 */

#include <string.h>

#include "inner-error.h"
#include "inner-manager.h"
#include "inner-names.h"
#include "inner-options.h"
#include "inner-plan-check.h"
#include "inner-profile-file.h"
#include "inner-profile-reader.h"

/* As long as the registry follows bases. */
#define MAX_DEPTH 16

typedef struct
{
  gboolean is_error;
  char *message;
  char *path; /* "" for none */
  guint line;
  guint column;
  char *key;
} Issue;

typedef struct
{
  InnerService *service;
  InnerProfileRegistry *registry;
  GHashTable *seen; /* paths of documents */
  GPtrArray *issues;
} Validation;

static void
issue_free (Issue *issue)
{
  g_free (issue->message);
  g_free (issue->path);
  g_free (issue->key);
  g_free (issue);
}

static Issue *
add_issue (GPtrArray *issues,
           gboolean is_error,
           const char *path,
           guint line,
           guint column,
           const char *key,
           const char *message)
{
  Issue *issue = g_new0 (Issue, 1);

  issue->is_error = is_error;
  issue->path = g_strdup (path);
  issue->line = line;
  issue->column = column;
  issue->key = g_strdup (key);
  issue->message = g_strdup (message);
  g_ptr_array_add (issues, issue);
  return issue;
}

/* The registry's message begins with "path:line:column: ". Gives %NULL where it does not. (transfer full) */
static GMatchInfo *
match_place (const GError *error)
{
  g_autoptr (GRegex) regex = g_regex_new ("^(/[^\n]*?):(\\d+):(\\d+): ", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, error->message, 0, &match) ? g_steal_pointer (&match) : NULL;
}

static char *
path_of_error (const GError *error)
{
  g_autoptr (GMatchInfo) match = match_place (error);

  return match != NULL ? g_match_info_fetch (match, 1) : NULL;
}

static void
add_error (GPtrArray *issues, const GError *error)
{
  g_autoptr (GMatchInfo) match = match_place (error);
  g_autofree char *path = NULL;
  g_autofree char *line = NULL;
  g_autofree char *column = NULL;
  int end;

  if (match == NULL)
    {
      add_issue (issues, TRUE, "", 0, 0, "", error->message);
      return;
    }
  path = g_match_info_fetch (match, 1);
  line = g_match_info_fetch (match, 2);
  column = g_match_info_fetch (match, 3);
  g_match_info_fetch_pos (match, 0, NULL, &end);
  add_issue (issues, TRUE, path, g_ascii_strtoull (line, NULL, 10),
             g_ascii_strtoull (column, NULL, 10), "", error->message + end);
}

/* Reads the document alone: its mistakes become issues. Gives %NULL if it has some. (transfer full) */
static InnerProfile *
read_document (Validation *validation, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GBytes) bytes = NULL;
  InnerNotation notation;
  InnerProfile *profile;
  struct stat st;

  bytes = inner_profile_file_read (path, &st, &error);
  if (bytes == NULL || !inner_notation_of_file (path, &notation))
    {
      if (error != NULL)
        add_error (validation->issues, error);
      return NULL;
    }

  profile = inner_profile_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), notation,
                                 path, NULL, INNER_SCHEMADIR "/inner-profile.rng", &problems, NULL);
  for (guint i = 0; i < problems->len; i++)
    {
      const InnerProblem *problem = problems->pdata[i];

      add_issue (validation->issues, TRUE, path, problem->at.line, problem->at.column, problem->key,
                 problem->message);
    }
  return profile;
}

/* The document that @name stands for, also one that cannot be used; %NULL if there is none. (transfer full) */
static char *
find_path (Validation *validation, const char *name, const char *directory)
{
  g_autoptr (GPtrArray) entries = NULL;

  if (name[0] == '/')
    return g_strdup (name);

  entries = inner_profile_registry_list (validation->registry, directory);
  for (guint i = 0; i < entries->len; i++)
    {
      const InnerProfileEntry *entry = entries->pdata[i];

      if (!entry->shadowed && g_str_equal (entry->name, name))
        return g_strdup (entry->path);
    }

  return NULL;
}

/* The document of the base @text, in the way in which the registry finds it. (transfer full) */
static char *
find_base (Validation *validation, const char *document, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (document);

  if (strchr (text, '/') == NULL)
    return find_path (validation, text, NULL);
  if (g_str_has_prefix (text, "~/"))
    return g_build_filename (g_get_home_dir (), text + 2, NULL);
  return g_canonicalize_filename (text, directory);
}

/* Declared here because a base has bases. */
static void collect (Validation *validation, const char *path, guint depth);

static void
collect_bases (Validation *validation, const char *path, InnerProfile *profile, guint depth)
{
  const char *const *bases = inner_profile_get_list (profile, INNER_KEY_EXTENDS);

  for (; *bases != NULL; bases++)
    {
      g_autofree char *base = find_base (validation, path, *bases);

      if (base != NULL)
        collect (validation, base, depth + 1);
    }
}

/* Notes why the document at @path cannot be used: its own mistakes, or those of its bases and what is wrong
 * with how it names them. */
static void
collect (Validation *validation, const char *path, guint depth)
{
  g_autoptr (InnerProfileEntry) entry = NULL;
  g_autoptr (InnerProfile) profile = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = inner_escape_for_display (path);
  guint before = validation->issues->len;

  if (depth >= MAX_DEPTH || !g_hash_table_add (validation->seen, g_strdup (path)))
    return;
  entry = inner_profile_registry_find (validation->registry, path, NULL, &error);
  if (entry != NULL)
    return;

  profile = read_document (validation, path);
  if (profile != NULL)
    collect_bases (validation, path, profile, depth);
  /* The error is of this document, or nothing else explains it. */
  if (validation->issues->len == before ||
      (profile != NULL && g_str_has_prefix (error->message, shown)))
    add_error (validation->issues, error);
}

/* What the rules say of the profile on this machine. */
static gboolean
check (Validation *validation,
       const InnerProfileEntry *entry,
       GVariant *options,
       GUnixFDList *fds,
       GError **error)
{
  g_autoptr (InnerRequest) request = inner_request_new (options, fds, error);
  g_autoptr (InnerHost) host = NULL;
  g_autoptr (GPtrArray) paths = NULL;
  g_autoptr (GPtrArray) issues = NULL;
  g_autoptr (GError) problem = NULL;

  if (request == NULL)
    return FALSE;

  host = inner_host_new ();
  host->configuration = inner_manager_read_configuration (validation->service, request->directory,
                                                          request->caller_environment, &problem);
  if (host->configuration == NULL)
    add_error (validation->issues, problem);
  paths = inner_plan_paths (request, entry->effective, host);
  g_ptr_array_extend_and_steal (paths, inner_plan_check_paths (request, entry->effective, host));
  for (guint i = 0; i < paths->len; i++)
    inner_host_look_at (host, g_ptr_array_index (paths, i));

  issues = inner_plan_check (request, entry->effective, host, INNER_CHECK_VALIDATE);
  for (guint i = 0; i < issues->len; i++)
    {
      const InnerIssue *issue = g_ptr_array_index (issues, i);

      add_issue (validation->issues, issue->check->severity == INNER_SEVERITY_ERROR, issue->path,
                 issue->line, issue->column, inner_key_info (issue->check->key)->name,
                 issue->message);
    }
  return TRUE;
}

/* By place; those of @document, the one that was asked about, first. */
static int
compare_issues (gconstpointer a, gconstpointer b, gpointer document)
{
  const Issue *one = *(const Issue *const *) a;
  const Issue *other = *(const Issue *const *) b;
  gboolean one_is_own = g_strcmp0 (one->path, document) == 0;
  gboolean other_is_own = g_strcmp0 (other->path, document) == 0;
  int paths = strcmp (one->path, other->path);

  if (one_is_own != other_is_own)
    return one_is_own ? -1 : 1;
  if (paths != 0)
    return paths;
  if (one->line != other->line)
    return one->line < other->line ? -1 : 1;
  return (one->column > other->column) - (one->column < other->column);
}

static GVariant *
issues_to_variant (GPtrArray *issues)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < issues->len; i++)
    {
      const Issue *issue = issues->pdata[i];

      g_variant_builder_add_parsed (&list,
                                    "{'severity': <%s>, 'message': <%s>, 'path': <%s>, 'line': "
                                    "<%u>, 'column': <%u>, 'key': <%s>}",
                                    issue->is_error ? "error" : "warning", issue->message,
                                    issue->path, issue->line, issue->column, issue->key);
    }
  return g_variant_builder_end (&list);
}

static const InnerOption options_table[] = {
  { INNER_OPTION_DIRECTORY, "s", inner_option_check_path },
  { INNER_OPTION_CALLER_ENV_FD, "h", NULL },
  { NULL, NULL, NULL },
};

GVariant *
inner_manager_validate_profile (
    InnerService *service, const char *name, GVariant *options, GUnixFDList *fds, GError **error)
{
  g_autoptr (GVariantDict) dict = inner_options_check (options, options_table, error);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) issues = g_ptr_array_new_with_free_func ((GDestroyNotify) issue_free);
  Validation validation = { service, inner_service_get_registry (service), seen, issues };
  g_autoptr (InnerProfileEntry) entry = NULL;
  g_autoptr (GError) problem = NULL;
  g_autofree char *path = NULL;
  const char *directory = NULL;

  if (dict == NULL)
    return NULL;
  if (inner_configuration_is_file (name))
    return inner_manager_validate_configuration (service, name, error);
  g_variant_dict_lookup (dict, INNER_OPTION_DIRECTORY, "&s", &directory);
  entry = inner_manager_find_profile (service, name, directory, NULL, &problem);
  if (entry == NULL && !g_error_matches (problem, INNER_ERROR, INNER_ERROR_PROFILE_INVALID))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }

  if (entry != NULL && !check (&validation, entry, options, fds, error))
    return NULL;
  path = entry != NULL ? g_strdup (entry->path) : find_path (&validation, name, directory);
  /* The default profile has no name here; the error tells where it stands. */
  if (entry == NULL && path == NULL)
    path = path_of_error (problem);
  if (entry == NULL && path != NULL)
    collect (&validation, path, 0);
  if (entry == NULL && issues->len == 0)
    add_error (issues, problem);
  g_ptr_array_sort_with_data (issues, compare_issues, path);
  return issues_to_variant (issues);
}
