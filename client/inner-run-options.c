/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-run-options.h"

#include <glib/gi18n.h>
#include <string.h>

#include "inner-arguments.h"
#include "inner-fds.h"

#define MAX_TIMEOUT 315360000 /* ten years of seconds */

/* What GOption fills in. */
typedef struct
{
  char *profile;
  char *workspace;
  gboolean no_workspace;
  char *entrypoint;
  char **arguments;
  char *args_file;
  char **mounts;
  char **volumes;
  char **environment;
  gboolean network;
  gboolean no_network;
  char *network_mode;
  char **allow_hosts;
  char **publish;
  char **allow;
  gboolean interactive;
  gboolean no_interactive;
  gboolean detach;
  char *name;
  char *timeout;
  char *limit_memory;
  char *limit_cpu;
  char *limit_pids;
  gboolean require_limits;
  gboolean dry_run;
  char *format;
  gboolean quiet;
  gboolean yes;
  gboolean json;
  InnerRemote remote;
} Words;

static void
words_clear (Words *words)
{
  g_free (words->profile);
  g_free (words->workspace);
  g_free (words->entrypoint);
  g_strfreev (words->arguments);
  g_free (words->args_file);
  g_strfreev (words->mounts);
  g_strfreev (words->volumes);
  g_strfreev (words->environment);
  g_free (words->network_mode);
  g_strfreev (words->allow_hosts);
  g_strfreev (words->publish);
  g_strfreev (words->allow);
  g_free (words->name);
  g_free (words->timeout);
  g_free (words->limit_memory);
  g_free (words->limit_cpu);
  g_free (words->limit_pids);
  g_free (words->format);
  inner_remote_clear (&words->remote);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Words, words_clear)

void
inner_run_options_free (InnerRunOptions *options)
{
  g_free (options->profile);
  g_free (options->name);
  g_variant_builder_clear (&options->options);
  g_clear_object (&options->fds);
  g_free (options->format);
  inner_remote_clear (&options->remote);
  g_free (options);
}

/* Bytes and not text: GOption would refuse what the locale cannot say. */
#define TEXT G_OPTION_ARG_FILENAME
#define TEXTS G_OPTION_ARG_FILENAME_ARRAY
#define FLAG G_OPTION_ARG_NONE

static gboolean
parse_words (InnerGlobal *global, Words *words, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "profile", 'p', 0, TEXT, &words->profile, N_ ("Profile: a name, a file or https://…"),
      N_ ("NAME") },
    { "sha256", 0, 0, TEXT, &words->remote.sha256,
      N_ ("Take a profile from https://… only if it has this digest"), N_ ("DIGEST") },
    { "ca-file", 0, 0, TEXT, &words->remote.ca_file,
      N_ ("Trust these certificates, in PEM, and no others"), N_ ("FILE") },
    { "allow-remote", 0, 0, FLAG, &words->remote.allow,
      N_ ("Approve the profile from https://… without being asked"), NULL },
    { "trust-remote", 0, 0, FLAG, &words->remote.trust,
      N_ ("Take all of the profile from https://… as if it were yours: nothing is left out"),
      NULL },
    { "workspace", 'w', 0, TEXT, &words->workspace,
      N_ ("Directory that the sandbox may write, at /workspace (default: here)"), N_ ("DIR") },
    { "no-workspace", 0, 0, FLAG, &words->no_workspace, N_ ("Without a workspace"), NULL },
    { "workdir", 0, G_OPTION_FLAG_HIDDEN, TEXT, &words->workspace, NULL, NULL },
    { "entrypoint", 0, 0, TEXT, &words->entrypoint,
      N_ ("Command instead of the profile's and its arguments"), N_ ("CMD") },
    { "arg", 'a', 0, TEXTS, &words->arguments, N_ ("One more argument (again for more)"),
      N_ ("TEXT") },
    /* An old word of the tool that the aliases of its users have. */
    { "prompt", 0, G_OPTION_FLAG_HIDDEN, TEXTS, &words->arguments, NULL, NULL },
    { "args-file", 0, 0, TEXT, &words->args_file, N_ ("A file that is the last argument"),
      N_ ("FILE") },
    { "mount", 'm', 0, TEXTS, &words->mounts, N_ ("Mount, read-only unless said otherwise"),
      N_ ("SRC:DEST[:ro|rw|copy]") },
    { "volume", 'v', 0, TEXTS, &words->volumes, N_ ("The same, read-write unless said otherwise"),
      N_ ("SRC:DEST[:ro|rw]") },
    { "env", 'e', 0, TEXTS, &words->environment,
      N_ ("Set a variable, or pass one on with the value it has here"), N_ ("KEY[=VALUE]") },
    { "network", 0, 0, FLAG, &words->network, N_ ("With the profile's network"), NULL },
    { "no-network", 0, 0, FLAG, &words->no_network, N_ ("Without a network"), NULL },
    { "network-mode", 0, 0, TEXT, &words->network_mode, N_ ("off, allowlist, open or host"),
      N_ ("MODE") },
    { "allow-host", 0, 0, TEXTS, &words->allow_hosts, N_ ("One more host for the allowlist"),
      N_ ("PATTERN") },
    { "publish", 'P', 0, TEXTS, &words->publish,
      N_ ("A port of the sandbox that programs of this machine reach"),
      N_ ("[ADDRESS:]PORT[:PORT]") },
    { "allow", 0, 0, TEXTS, &words->allow, N_ ("Ask for a privilege"), N_ ("KEY") },
    { "interactive", 'i', 0, FLAG, &words->interactive, N_ ("With a terminal of its own"), NULL },
    { "no-interactive", 0, 0, FLAG, &words->no_interactive, N_ ("With pipes and files"), NULL },
    { "detach", 'd', 0, FLAG, &words->detach, N_ ("In the background; print the id"), NULL },
    { "name", 0, 0, TEXT, &words->name, N_ ("A name to find it by"), N_ ("NAME") },
    { "timeout", 0, 0, TEXT, &words->timeout, N_ ("Stop it after this time"), N_ ("SECONDS") },
    { "limit-memory", 0, 0, TEXT, &words->limit_memory, N_ ("Memory, such as 512M"), N_ ("SIZE") },
    { "limit-cpu", 0, 0, TEXT, &words->limit_cpu, N_ ("Processors, such as 200% or 2.0"),
      N_ ("SHARE") },
    { "limit-pids", 0, 0, TEXT, &words->limit_pids, N_ ("Processes"), N_ ("NUMBER") },
    { "require-limits", 0, 0, FLAG, &words->require_limits,
      N_ ("Fail if a limit cannot be enforced"), NULL },
    { "dry-run", 'n', 0, FLAG, &words->dry_run, N_ ("Print the plan and run nothing"), NULL },
    { "format", 0, 0, TEXT, &words->format, N_ ("Print the plan as a command line: bwrap"),
      "bwrap" },
    { "quiet", 'q', 0, FLAG, &words->quiet, N_ ("No notices"), NULL },
    { "yes", 'y', 0, FLAG, &words->yes, N_ ("Confirm the workspace"), NULL },
    { "json", 0, 0, FLAG, &words->json, N_ ("Print JSON (with --dry-run or --detach)"), NULL },
    { NULL },
  };

  return inner_parse (global, argc, argv, entries, -1, _ ("[-- ARG…]"),
                      _ ("Runs a command in a sandbox and exits with its exit code."), error);
}

static gboolean
fail (GError **error, const char *sentence)
{
  g_set_error_literal (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION, sentence);
  return FALSE;
}

static gboolean
check_combinations (const Words *words, GError **error)
{
  if (words->network + words->no_network + (words->network_mode != NULL) > 1)
    return fail (error, _ ("Only one of --network, --no-network and --network-mode can be given"));
  if (words->workspace != NULL && words->no_workspace)
    return fail (error, _ ("Only one of --workspace and --no-workspace can be given"));
  if (words->interactive && words->no_interactive)
    return fail (error, _ ("Only one of --interactive and --no-interactive can be given"));
  if (words->json && !words->dry_run && !words->detach)
    return fail (error, _ ("--json goes with --dry-run or --detach: the output of a command is its "
                           "own"));
  if (words->format != NULL && (!words->dry_run || !g_str_equal (words->format, "bwrap")))
    return fail (error, _ ("--format bwrap goes with --dry-run, and there is no other format"));
  return TRUE;
}

static void
add (InnerRunOptions *run, const char *key, GVariant *value)
{
  g_variant_builder_add (&run->options, "{sv}", key, value);
}

static gboolean
add_text (InnerRunOptions *run, const char *key, const char *text, GError **error)
{
  if (text == NULL)
    return TRUE;
  if (!inner_check_utf8 (text, error))
    return FALSE;
  add (run, key, g_variant_new_string (text));
  return TRUE;
}

static gboolean
add_list (InnerRunOptions *run, const char *key, char **list, GError **error)
{
  if (list == NULL)
    return TRUE;
  for (char **text = list; *text != NULL; text++)
    if (!inner_check_utf8 (*text, error))
      return FALSE;
  add (run, key, g_variant_new_strv ((const char *const *) list, -1));
  return TRUE;
}

/* Where the caller stands is always told: project profiles and ${workdir} depend on it. */
static gboolean
add_places (InnerRunOptions *run, const Words *words, GError **error)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *directory = inner_parse_path (here, error);
  g_autofree char *workspace = NULL;

  if (directory == NULL)
    return FALSE;
  add (run, INNER_OPTION_DIRECTORY, g_variant_new_string (directory));
  if (words->yes)
    add (run, INNER_OPTION_CONFIRM_WORKSPACE, g_variant_new_boolean (TRUE));
  if (words->no_workspace)
    return add_text (run, INNER_OPTION_WORKSPACE, "", error);
  if (words->workspace == NULL)
    return TRUE;

  workspace = inner_parse_path (words->workspace, error);
  return workspace != NULL && add_text (run, INNER_OPTION_WORKSPACE, workspace, error);
}

/* The order of the contract: --arg, the words behind "--", the file. */
static gboolean
add_arguments (InnerRunOptions *run, const Words *words, char **rest, GError **error)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  g_auto (GStrv) list = NULL;
  g_autofree char *text = NULL;

  if (words->arguments != NULL)
    g_strv_builder_addv (all, (const char **) words->arguments);
  g_strv_builder_addv (all, (const char **) rest);
  if (words->args_file != NULL)
    {
      text = inner_read_argument (words->args_file, error);
      if (text == NULL)
        return FALSE;
      g_strv_builder_add (all, text);
    }

  list = g_strv_builder_end (all);
  return add_list (run, INNER_OPTION_ARGUMENTS, list, error);
}

static gboolean
add_mounts_of (GVariantBuilder *mounts, char **list, const char *default_mode, GError **error)
{
  for (; list != NULL && *list != NULL; list++)
    {
      g_autofree char *source = NULL;
      g_autofree char *destination = NULL;
      const char *mode;

      if (!inner_check_utf8 (*list, error) ||
          !inner_parse_mount (*list, default_mode, &source, &destination, &mode, error))
        return FALSE;
      g_variant_builder_add (mounts, "(sss)", source, destination, mode);
    }

  return TRUE;
}

static gboolean
add_mounts (InnerRunOptions *run, const Words *words, GError **error)
{
  g_auto (GVariantBuilder) mounts = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(sss)"));

  if (!add_mounts_of (&mounts, words->mounts, "ro", error) ||
      !add_mounts_of (&mounts, words->volumes, "rw", error))
    return FALSE;
  add (run, INNER_OPTION_MOUNTS, g_variant_builder_end (&mounts));
  return TRUE;
}

/* SECURITY: values go by a sealed memory file, never as words on the bus that others can watch (attack
 * 71; tests/bus/test_identity.py). */
gboolean
inner_add_environment (GVariantBuilder *options,
                       GUnixFDList *fds,
                       const char *key,
                       GByteArray *entries,
                       GError **error)
{
  inner_autofd fd = inner_fds_new_sealed ("inner-environment", entries->data, entries->len, error);
  int handle = fd >= 0 ? g_unix_fd_list_append (fds, fd, error) : -1;

  if (handle < 0)
    return FALSE;
  g_variant_builder_add (options, "{sv}", key, g_variant_new_handle (handle));
  return TRUE;
}

gboolean
inner_append_variable (GByteArray *entries, const char *word, gboolean quiet, GError **error)
{
  const char *equals = strchr (word, '=');
  const char *value = equals == NULL ? g_getenv (word) : NULL;
  g_autofree char *expanded = NULL;
  g_autofree char *entry = NULL;

  if (equals == word || word[0] == '\0')
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("“%s” names no variable; use KEY=VALUE, or KEY to pass one on"), word);
      return FALSE;
    }
  if (equals == NULL && value == NULL)
    {
      if (!quiet)
        inner_say (_ ("the variable “%s” is not set here, so it is not set inside"), word);
      return TRUE;
    }

  if (equals != NULL)
    {
      expanded = inner_expand_word (equals + 1, FALSE, quiet, error);
      if (expanded == NULL)
        return FALSE;
      entry = g_strdup_printf ("%.*s=%s", (int) (equals - word), word, expanded);
    }
  else
    entry = g_strdup_printf ("%s=%s", word, value);
  g_byte_array_append (entries, (const guint8 *) entry, strlen (entry) + 1);
  return TRUE;
}

gboolean
inner_add_caller_environment (GVariantBuilder *options, GUnixFDList *fds, GError **error)
{
  g_autoptr (GByteArray) caller = g_byte_array_new ();
  g_auto (GStrv) environment = g_get_environ ();

  for (char **entry = environment; *entry != NULL; entry++)
    g_byte_array_append (caller, (const guint8 *) *entry, strlen (*entry) + 1);
  return inner_add_environment (options, fds, INNER_OPTION_CALLER_ENV_FD, caller, error);
}

static gboolean
add_environment (InnerRunOptions *run, const Words *words, GError **error)
{
  g_autoptr (GByteArray) given = g_byte_array_new ();

  for (char **word = words->environment; word != NULL && *word != NULL; word++)
    if (!inner_append_variable (given, *word, words->quiet, error))
      return FALSE;

  return inner_add_caller_environment (&run->options, run->fds, error) &&
         (given->len == 0 || inner_add_environment (&run->options, run->fds,
                                                    INNER_OPTION_ENVIRONMENT_FD, given, error));
}

static gboolean
add_network (InnerRunOptions *run, const Words *words, GError **error)
{
  const char *mode = words->no_network ? "off" : words->network ? "on" : words->network_mode;

  return add_text (run, INNER_OPTION_NETWORK, mode, error) &&
         add_list (run, INNER_OPTION_ALLOW_HOSTS, words->allow_hosts, error) &&
         add_list (run, INNER_OPTION_PUBLISH, words->publish, error);
}

static gboolean
add_timeout (InnerRunOptions *run, const Words *words, GError **error)
{
  guint64 seconds;

  if (words->timeout == NULL)
    return TRUE;
  if (!inner_parse_number (words->timeout, 1, MAX_TIMEOUT, "--timeout", &seconds, error))
    return FALSE;
  add (run, INNER_OPTION_TIMEOUT, g_variant_new_uint64 (seconds));
  return TRUE;
}

static gboolean
add_limits (InnerRunOptions *run, const Words *words, GError **error)
{
  const struct
  {
    const char *key;
    const char *value;
  } limits[] = {
    { "memory", words->limit_memory },
    { "cpu", words->limit_cpu },
    { "pids", words->limit_pids },
  };
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{ss}"));

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (limits[i].value != NULL)
      {
        if (!inner_check_utf8 (limits[i].value, error))
          return FALSE;
        g_variant_builder_add (&builder, "{ss}", limits[i].key, limits[i].value);
      }
  add (run, INNER_OPTION_LIMITS, g_variant_builder_end (&builder));
  if (words->require_limits)
    add (run, INNER_OPTION_REQUIRE_LIMITS, g_variant_new_boolean (TRUE));
  return TRUE;
}

/* Last, because it may download something: a slip in another option should be told of before. */
static gboolean
add_profile (InnerRunOptions *run, Words *words, GError **error)
{
  run->profile = inner_profile_locate (words->profile, &words->remote, error);
  if (run->profile == NULL)
    return FALSE;
  if (words->remote.trust)
    add (run, INNER_OPTION_UNHARDENED, g_variant_new_string (words->remote.digest));
  run->remote = words->remote;
  words->remote = (InnerRemote){ 0 };
  /* A plan needs no consent, and leaves nothing behind. */
  run->remote.allow = run->remote.allow && !run->dry_run;
  return TRUE;
}

static void
set_flags (InnerRunOptions *run, const Words *words)
{
  run->name = g_strdup (words->name);
  run->detach = words->detach;
  run->dry_run = words->dry_run;
  run->quiet = words->quiet;
  run->json = words->json;
  run->format = g_strdup (words->format);
  run->interactive = words->interactive;
  run->no_interactive = words->no_interactive;
  if (words->interactive || words->no_interactive)
    add (run, INNER_OPTION_INTERACTIVE, g_variant_new_boolean (words->interactive));
  /* So that the sandbox is found again if the service vanishes before it has answered. */
  add (run, INNER_OPTION_ID,
       g_variant_new_take_string (
           g_strdup_printf ("%08x%04x", g_random_int (), g_random_int () & 0xffff)));
  if (words->detach)
    add (run, INNER_OPTION_DETACH, g_variant_new_boolean (TRUE));
}

InnerRunOptions *
inner_run_options_new (InnerGlobal *global, int argc, char **argv, GError **error)
{
  g_autoptr (InnerRunOptions) run = g_new0 (InnerRunOptions, 1);
  g_auto (Words) words = { 0 };
  char **rest = inner_split_words (&argc, argv);

  g_variant_builder_init (&run->options, G_VARIANT_TYPE_VARDICT);
  run->fds = g_unix_fd_list_new ();
  if (!parse_words (global, &words, &argc, &argv, error) || !check_combinations (&words, error))
    return NULL;
  if (argc > 1)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
                   _ ("“%s” is one word too many; arguments of the command stand behind “--”"),
                   argv[1]);
      return NULL;
    }

  set_flags (run, &words);
  if (!add_places (run, &words, error) ||
      !add_text (run, INNER_OPTION_ENTRYPOINT, words.entrypoint, error) ||
      !add_arguments (run, &words, rest, error) || !add_mounts (run, &words, error) ||
      !add_environment (run, &words, error) || !add_network (run, &words, error) ||
      !add_list (run, INNER_OPTION_ALLOW, words.allow, error) ||
      !add_text (run, INNER_OPTION_NAME, words.name, error) || !add_timeout (run, &words, error) ||
      !add_limits (run, &words, error) || !add_profile (run, &words, error))
    return NULL;

  return g_steal_pointer (&run);
}
