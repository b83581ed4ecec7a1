/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What the words of `allow` put into the view: sockets of engines and agents, the screen, credentials. Each
 * thing by itself and nothing around it: of a run-time directory only the one socket, in a private one.
 */

#include <glib/gi18n.h>
#include <string.h>

#include "inner-error.h"
#include "inner-options.h"
#include "inner-plan-private.h"
#include "inner-privileges.h"
#include "inner-sensitive.h"

#define PLACES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define RUNTIME_VARIABLE "XDG_RUNTIME_DIR"
#define GNUPG "gpg-keys"

/**
 * Engine:
 * @word: the word that opens it
 * @all: (nullable): a word that opens all that are there of several
 * @places: where its socket may be, best first: absolute, below "~" or "%t" ($XDG_RUNTIME_DIR), or "$NAME", a
 *   variable of the caller
 * @destination: inside; "%t" is the sandbox's own run-time directory
 * @variables: that tell programs of it
 * @scheme: what stands before the path in them
 * @advice: what to do where it is missing (translatable)
 */
typedef struct
{
  const char *word;
  const char *all;
  const char *const *places;
  const char *destination;
  const char *const *variables;
  const char *scheme;
  const char *advice;
} Engine;

/* The agent's socket for restricted use goes before the one that also gives keys away (gpg-agent(1),
 * “--extra-socket”). Docker stands behind podman: its variable is the one that counts where both are opened. */
static const Engine engines[] = {
  { INNER_PRIVILEGE_PODMAN_SOCKET, NULL, PLACES ("%t/podman/podman.sock"), "%t/podman/podman.sock",
    PLACES ("CONTAINER_HOST", "DOCKER_HOST"), "unix://",
    N_ ("start podman's socket with “systemctl --user start podman.socket”, or without systemd "
        "“podman system service --time=0 &”") },
  { INNER_PRIVILEGE_DOCKER_SOCKET, NULL, PLACES ("/run/docker.sock", "%t/docker.sock"),
    "/run/docker.sock", PLACES ("DOCKER_HOST"), "unix://",
    N_ ("start docker, for example with “systemctl start docker.socket”") },
  { "ssh-agent", INNER_PRIVILEGE_AGENT_SOCKETS,
    PLACES ("$SSH_AUTH_SOCK",
            "%t/ssh-agent.socket",
            "%t/openssh_agent",
            "%t/gcr/ssh",
            "%t/keyring/ssh"),
    "%t/ssh-agent.socket", PLACES ("SSH_AUTH_SOCK"), "",
    N_ ("start an SSH agent, and run this where SSH_AUTH_SOCK is set") },
  { "gpg-agent", INNER_PRIVILEGE_AGENT_SOCKETS,
    PLACES ("%t/gnupg/S.gpg-agent.extra",
            "~/.gnupg/S.gpg-agent.extra",
            "%t/gnupg/S.gpg-agent",
            "~/.gnupg/S.gpg-agent"),
    "%t/gnupg/S.gpg-agent", PLACES (NULL), "",
    N_ ("start the GPG agent with “gpgconf --launch gpg-agent”") },
};

/* Gives the path that @place stands for, or %NULL if there is none. (transfer full) */
static char *
expand_place (const char *place, const InnerRequest *request, const InnerHost *host)
{
  const char *value;

  if (place[0] == '$')
    {
      value = g_hash_table_lookup (request->caller_environment, place + 1);
      return value != NULL && value[0] == '/' ? g_canonicalize_filename (value, "/") : NULL;
    }
  if (place[0] == '~')
    return g_build_filename (host->home, place + 1, NULL);
  if (!g_str_has_prefix (place, "%t/"))
    return g_strdup (place);
  return host->runtime_dir != NULL && host->runtime_dir[0] == '/'
             ? g_build_filename (host->runtime_dir, place + 3, NULL)
             : NULL;
}

/* The path inside. (transfer full) */
static char *
expand_destination (InnerPlanning *planning, const char *destination)
{
  if (!g_str_has_prefix (destination, "%t"))
    return g_strdup (destination);
  return g_strdup_printf ("/run/user/%u%s", planning->plan->uid, destination + 2);
}

static gboolean
has_word (InnerPlanning *planning, const char *word)
{
  return word != NULL && g_strv_contains ((const char *const *) planning->plan->allow, word);
}

void
inner_planning_open_at (InnerPlanning *planning, const InnerPathFact *fact, char *destination)
{
  InnerOpening *opening = g_new0 (InnerOpening, 1);

  opening->fact = fact;
  opening->destination = destination;
  g_ptr_array_add (planning->opened, opening);
}

void
inner_planning_open_directory (InnerPlanning *planning, const char *destination)
{
  inner_planning_open_at (planning, NULL, g_strdup (destination));
}

void
inner_planning_open_file (InnerPlanning *planning, const char *destination, char *content)
{
  inner_planning_open_directory (planning, destination);
  ((InnerOpening *) planning->opened->pdata[planning->opened->len - 1])->content = content;
}

void
inner_planning_open_bus (InnerPlanning *planning, char *destination)
{
  inner_planning_open_at (planning, NULL, destination);
  ((InnerOpening *) planning->opened->pdata[planning->opened->len - 1])->bus = TRUE;
}

void
inner_planning_need_runtime_dir (InnerPlanning *planning)
{
  char *place;

  if (g_hash_table_contains (planning->variables, RUNTIME_VARIABLE))
    return;
  place = expand_destination (planning, "%t");
  inner_planning_open_at (planning, NULL, place);
  g_hash_table_insert (planning->variables, g_strdup (RUNTIME_VARIABLE), g_strdup (place));
}

static void
set_variables (InnerPlanning *planning,
               const char *const *names,
               const char *scheme,
               const char *place)
{
  for (; *names != NULL; names++)
    g_hash_table_replace (planning->variables, g_strdup (*names),
                          g_strconcat (scheme, place, NULL));
}

static gboolean
refuse_missing (const char *word, const char *advice, GError **error)
{
  g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
               _ ("There is nothing to open for “%s” here: no socket is where it should be; %s"),
               word, advice);
  return FALSE;
}

gboolean
inner_planning_check_socket (const InnerHost *host,
                             const InnerPathFact *fact,
                             const char *const *allow,
                             GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (inner_sensitive_is_socket_of (fact->canonical, host->home, host->runtime_dir, allow))
    return TRUE;
  if (!inner_sensitive_check_socket (fact->canonical, host->home, host->runtime_dir, allow,
                                     &reason))
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  g_set_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED,
               _ ("Cannot mount “%s”: it is a socket; those of engines and agents are opened by "
                  "their privileges"),
               fact->path);
  return FALSE;
}

/* The first place where there is a socket that the words open; %NULL for none, perhaps with @error. */
static const InnerPathFact *
find_socket (InnerPlanning *planning, const Engine *engine, GError **error)
{
  const InnerHost *host = planning->plan->host;

  for (const char *const *place = engine->places; *place != NULL; place++)
    {
      g_autofree char *path = expand_place (*place, planning->request, host);
      const InnerPathFact *fact = path != NULL ? inner_host_fact (host, path) : NULL;

      if (fact == NULL || fact->type != INNER_FILE_SOCKET)
        continue;
      return inner_sensitive_check_socket (fact->canonical, host->home, host->runtime_dir,
                                           (const char *const *) planning->plan->allow, error)
                 ? fact
                 : NULL;
    }

  return NULL;
}

/* Opens what is asked for of @engine; *@found counts what a word for several has opened. */
static gboolean
open_engine (InnerPlanning *planning, const Engine *engine, guint *found, GError **error)
{
  gboolean wanted = has_word (planning, engine->word);
  const InnerPathFact *fact;
  g_autoptr (GError) reason = NULL;
  char *destination;

  if (!wanted && !has_word (planning, engine->all))
    return TRUE;
  fact = find_socket (planning, engine, &reason);
  if (reason != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  if (fact == NULL)
    return !wanted || refuse_missing (engine->word, _ (engine->advice), error);

  if (g_str_has_prefix (engine->destination, "%t"))
    inner_planning_need_runtime_dir (planning);
  destination = expand_destination (planning, engine->destination);
  inner_planning_open_at (planning, fact, destination);
  set_variables (planning, engine->variables, engine->scheme, destination);
  *found += 1;
  return TRUE;
}

static gboolean
open_engines (InnerPlanning *planning, GError **error)
{
  guint found = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (engines); i++)
    if (!open_engine (planning, &engines[i], &found, error))
      return FALSE;

  return found > 0 || !has_word (planning, INNER_PRIVILEGE_AGENT_SOCKETS) ||
         refuse_missing (INNER_PRIVILEGE_AGENT_SOCKETS, _ ("start an SSH or a GPG agent"), error);
}

/* The screen */

static const char *
variable_of (const InnerRequest *request, const char *name)
{
  const char *value = g_hash_table_lookup (request->caller_environment, name);

  return value != NULL ? value : "";
}

/* (transfer full) (nullable) */
static char *
wayland_socket (const InnerRequest *request, const InnerHost *host)
{
  const char *display = variable_of (request, "WAYLAND_DISPLAY");

  if (display[0] == '\0' || host->runtime_dir == NULL)
    return NULL;
  return g_canonicalize_filename (display, host->runtime_dir);
}

/* The number in “:1” or “:1.0”; -1 for a screen that is not on this machine, or none. X(7), “Display names” */
static int
x11_number (const InnerRequest *request)
{
  const char *display = variable_of (request, "DISPLAY");
  char *end;
  gint64 number;

  if (display[0] != ':' || !g_ascii_isdigit (display[1]))
    return -1;
  number = g_ascii_strtoll (display + 1, &end, 10);
  return number < 65536 && (*end == '\0' || *end == '.') ? (int) number : -1;
}

/* (transfer full) (nullable) */
static char *
x11_socket (const InnerRequest *request)
{
  int number = x11_number (request);

  return number >= 0 ? g_strdup_printf ("/tmp/.X11-unix/X%d", number) : NULL;
}

/* (transfer full) */
static char *
x11_authority (const InnerRequest *request, const InnerHost *host)
{
  const char *authority = variable_of (request, "XAUTHORITY");

  if (authority[0] == '/')
    return g_canonicalize_filename (authority, "/");
  return g_build_filename (host->home, ".Xauthority", NULL);
}

/* SECURITY: the caller's variable names any file; what is given is one that looks like what it should be, and
 * that nothing but the screen's word would have to open (attack 54; tests/unit/test-plan-privileges.c). */
static gboolean
is_authority (InnerPlanning *planning, const InnerPathFact *fact)
{
  const InnerHost *host = planning->plan->host;
  g_autofree char *name = NULL;
  g_autofree char *directory = NULL;

  if (fact->type != INNER_FILE_REGULAR)
    return FALSE;
  name = g_path_get_basename (fact->canonical);
  directory = g_path_get_dirname (fact->canonical);
  if (strcasestr (name, "xauth") == NULL && strcasestr (name, "waylandauth") == NULL)
    return FALSE;
  return g_strcmp0 (directory, host->runtime_dir) == 0 ||
         inner_sensitive_check_socket (fact->canonical, host->home, host->runtime_dir,
                                       (const char *const *) planning->plan->allow, NULL);
}

static gboolean
open_wayland (InnerPlanning *planning, const InnerPathFact *fact, GError **error)
{
  const InnerHost *host = planning->plan->host;
  g_autofree char *name = g_path_get_basename (fact->canonical);

  if (!inner_sensitive_check_socket (fact->canonical, host->home, host->runtime_dir,
                                     (const char *const *) planning->plan->allow, error))
    return FALSE;
  inner_planning_need_runtime_dir (planning);
  inner_planning_open_at (planning, fact,
                          g_strdup_printf ("/run/user/%u/%s", planning->plan->uid, name));
  set_variables (planning, PLACES ("WAYLAND_DISPLAY"), "", name);
  set_variables (planning, PLACES ("XDG_SESSION_TYPE"), "", "wayland");
  return TRUE;
}

static void
open_x11 (InnerPlanning *planning, const InnerPathFact *fact)
{
  InnerPlan *plan = planning->plan;
  g_autofree char *path = x11_authority (planning->request, plan->host);
  const InnerPathFact *authority = inner_host_fact (plan->host, path);
  g_autofree char *display = g_strdup_printf (":%d", x11_number (planning->request));

  inner_planning_open_at (planning, fact, g_strdup (fact->path));
  set_variables (planning, PLACES ("DISPLAY"), "", display);
  /* Cookies are looked up by the name of the machine. */
  g_free (plan->hostname);
  plan->hostname = g_strdup (plan->host->keeps_hostname ? NULL : plan->host->hostname);
  if (!is_authority (planning, authority))
    return;
  inner_planning_need_runtime_dir (planning);
  g_free (path);
  path = expand_destination (planning, "%t/Xauthority");
  inner_planning_open_at (planning, authority, g_strdup (path));
  set_variables (planning, PLACES ("XAUTHORITY"), "", path);
}

/* The one that the caller uses: Wayland's keeps the windows of other programs apart, X11's does not. */
static gboolean
open_display (InnerPlanning *planning, GError **error)
{
  const InnerHost *host = planning->plan->host;
  g_autofree char *wayland = wayland_socket (planning->request, host);
  g_autofree char *x11 = x11_socket (planning->request);

  if (!has_word (planning, INNER_PRIVILEGE_DISPLAY))
    return TRUE;
  if (wayland != NULL && inner_host_fact (host, wayland)->type == INNER_FILE_SOCKET)
    return open_wayland (planning, inner_host_fact (host, wayland), error);
  if (x11 != NULL && inner_host_fact (host, x11)->type == INNER_FILE_SOCKET)
    {
      open_x11 (planning, inner_host_fact (host, x11));
      return TRUE;
    }
  return refuse_missing (INNER_PRIVILEGE_DISPLAY,
                         _ ("run this in a graphical session of this machine, where "
                            "WAYLAND_DISPLAY or DISPLAY names its screen"),
                         error);
}

/* Credentials */

/* Whether @word is the one that puts back what @thing is; the privilege's own name opens all of them for
 * mounts, and puts nothing back by itself. */
static gboolean
is_put_back (const InnerSensitive *thing, const char *word)
{
  return g_strcmp0 (thing->privilege, INNER_PRIVILEGE_EXPOSE_CREDENTIALS) == 0 &&
         thing->kind != INNER_SENSITIVE_SOCKET && g_str_equal (thing->key, word);
}

/* What of the directory of GnuPG holds keys and settings (gpg(1) and gpg-agent(1), “FILES”). The rest is what
 * gpg writes all the time (its database of trust, locks), and sockets: by those of the directory itself, everything that has it reaches the agent. */
static const char *const gnupg_files[] = {
  "pubring.kbx", "pubring.gpg",  "public-keys.d", "private-keys-v1.d", "secring.gpg",   "gpg.conf",
  "common.conf", "dirmngr.conf", "gpgsm.conf",    "openpgp-revocs.d",  "trustlist.txt", NULL,
};

/* Into a directory of the sandbox's own, which gpg wants to write into. */
static gboolean
open_gnupg (InnerPlanning *planning, const char *directory, GError **error)
{
  const InnerHost *host = planning->plan->host;

  inner_planning_open_at (planning, NULL, g_strdup (directory));
  for (const char *const *name = gnupg_files; *name != NULL; name++)
    {
      g_autofree char *path = g_build_filename (directory, *name, NULL);
      const InnerPathFact *fact = inner_host_fact (host, path);

      if (fact->type == INNER_FILE_MISSING)
        continue;
      if (!inner_planning_check_source (host, fact, FALSE,
                                        (const char *const *) planning->plan->allow, error))
        return FALSE;
      inner_planning_open_at (planning, fact, g_steal_pointer (&path));
    }

  return TRUE;
}

/* Read-only and where programs look for them; what the person does not have is left out. */
static gboolean
open_credentials (InnerPlanning *planning, GError **error)
{
  const InnerHost *host = planning->plan->host;
  const char *const *allow = (const char *const *) planning->plan->allow;

  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    {
      const char *path = inner_sensitive_path (thing, host->home, host->runtime_dir);
      const InnerPathFact *fact;

      if (path == NULL || !g_strv_contains (allow, thing->key) || !is_put_back (thing, thing->key))
        continue;
      fact = inner_host_fact (host, path);
      if (fact->type == INNER_FILE_MISSING)
        continue;
      if (g_str_equal (thing->key, GNUPG))
        {
          if (!open_gnupg (planning, path, error))
            return FALSE;
          continue;
        }
      if (!inner_planning_check_source (host, fact, FALSE, allow, error))
        return FALSE;
      inner_planning_open_at (planning, fact, g_strdup (path));
    }

  return TRUE;
}

static void
add_gnupg_paths (const InnerHost *host, GPtrArray *paths)
{
  for (const char *const *name = gnupg_files; *name != NULL; name++)
    g_ptr_array_add (paths, g_build_filename (host->home, ".gnupg", *name, NULL));
}

static void
add_credential_paths (const char *word, const InnerHost *host, GPtrArray *paths)
{
  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    if (is_put_back (thing, word))
      g_ptr_array_add (paths, inner_sensitive_expand (thing, host->home, host->runtime_dir));
}

static void
add_path (GPtrArray *paths, char *path)
{
  if (path != NULL)
    g_ptr_array_add (paths, path);
}

static void
add_engine_paths (const Engine *engine,
                  const InnerRequest *request,
                  const InnerHost *host,
                  GPtrArray *paths)
{
  for (const char *const *place = engine->places; *place != NULL; place++)
    add_path (paths, expand_place (*place, request, host));
}

void
inner_planning_engine_paths (const InnerRequest *request,
                             InnerProfile *profile,
                             const InnerHost *host,
                             GPtrArray *paths)
{
  g_auto (GStrv) words = inner_planning_words (request, profile);

  for (char **word = words; *word != NULL; word++)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (engines); i++)
        if (g_str_equal (engines[i].word, *word) || g_strcmp0 (engines[i].all, *word) == 0)
          add_engine_paths (&engines[i], request, host, paths);
      if (g_str_equal (*word, INNER_PRIVILEGE_DISPLAY))
        {
          add_path (paths, wayland_socket (request, host));
          add_path (paths, x11_socket (request));
          add_path (paths, x11_authority (request, host));
        }
      add_credential_paths (*word, host, paths);
      if (g_str_equal (*word, GNUPG))
        add_gnupg_paths (host, paths);
      if (g_str_equal (*word, INNER_PRIVILEGE_SESSION_BUS))
        add_path (paths, inner_planning_bus_socket (request, host));
      if (g_str_equal (*word, INNER_PRIVILEGE_NESTED_USER_NS))
        add_path (paths, g_strdup ("/etc/containers"));
    }
}

gboolean
inner_planning_engines (InnerPlanning *planning, GError **error)
{
  return open_engines (planning, error) && open_display (planning, error) &&
         open_credentials (planning, error) && inner_planning_nested (planning, error) &&
         inner_planning_bus (planning, error);
}
