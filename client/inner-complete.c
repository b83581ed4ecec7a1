/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-complete.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inner-aliases.h"
#include "inner-fds.h"
#include "inner-options.h"
#include "inner-output.h"
#include "inner-sandboxes.h"

/* A person waits with a finger on the key. */
#define PATIENCE_S 2

/* The word that is being written: of "--profile=sh", @lead is "--profile=" and @start is "sh". */
typedef struct
{
  const InnerGlobal *global;
  const char *lead;
  const char *start;
} Current;

/* SECURITY: names are those of files, perhaps of a project that nobody has looked at. One that cannot
 * be shown as it is (line breaks would make candidates of their own, control characters would reach the
 * terminal) is left out; quoting for the shell is left to the shell, which alone knows how (attacks 32 and 64;
 * tests/bus/test_completion.py, test_hostile_names). */
static void
offer (const Current *current, const char *value, const char *about)
{
  g_autofree char *shown = inner_escape_for_display (value);
  g_autofree char *note = inner_escape_for_display (about);

  if (g_str_has_prefix (value, current->start) && g_str_equal (shown, value))
    printf ("%s%s\t%s\n", current->lead, value, note);
}

static void
leave_to_shell (const char *what)
{
  printf ("\t%s\n", what);
}

/* Not inner_call(), which allows the service to ask a person. (What lists sandboxes and configuration does call
 * it, but these questions need nobody's consent.) */
static GVariant *
ask (const Current *current,
     const char *interface,
     const char *method,
     GVariant *parameters,
     const char *reply_type)
{
  g_autoptr (GVariant) arguments = g_variant_ref_sink (parameters);
  g_autoptr (InnerConnection) connection = inner_global_connect (current->global, NULL);

  if (connection == NULL)
    return NULL;
  return g_dbus_connection_call_sync (connection->bus, connection->destination, INNER_OBJECT_PATH,
                                      interface, method, arguments, G_VARIANT_TYPE (reply_type),
                                      G_DBUS_CALL_FLAGS_NONE, PATIENCE_S * 1000, NULL, NULL);
}

static char *
current_directory (void)
{
  g_autofree char *directory = g_get_current_dir ();

  return g_strdup (g_utf8_validate (directory, -1, NULL) ? directory : "");
}

static void
offer_profiles (const Current *current)
{
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autofree char *directory = current_directory ();
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariantIter) iter = NULL;
  GVariant *profile;

  if (strpbrk (current->start, "/~.") != NULL)
    leave_to_shell ("files");
  if (directory[0] != '\0')
    g_variant_builder_add (&options, "{sv}", INNER_OPTION_DIRECTORY,
                           g_variant_new_string (directory));
  reply = ask (current, INNER_INTERFACE_SANDBOX, "ListProfiles",
               g_variant_new ("(@a{sv})", g_variant_builder_end (&options)), "(aa{sv})");
  if (reply == NULL)
    return;

  g_variant_get (reply, "(aa{sv})", &iter);
  while (g_variant_iter_next (iter, "@a{sv}", &profile))
    {
      g_autoptr (GVariant) owned = profile;

      if (!inner_flag_of (owned, "shadowed"))
        offer (current, inner_text_of (owned, "name"), inner_text_of (owned, "description"));
    }
}

/* Those that live, by name and by id. */
static void
offer_sandboxes (const Current *current)
{
  g_autoptr (InnerConnection) connection = inner_global_connect (current->global, NULL);
  g_autoptr (GPtrArray) sandboxes =
      connection != NULL ? inner_sandboxes_list (connection, NULL) : NULL;

  for (guint i = 0; sandboxes != NULL && i < sandboxes->len; i++)
    {
      GVariant *properties = ((InnerSandbox *) g_ptr_array_index (sandboxes, i))->properties;
      const char *id = inner_text_of (properties, "Id");
      const char *name = inner_text_of (properties, "Name");
      const char *profile = inner_text_of (properties, "Profile");

      if (g_str_equal (inner_text_of (properties, "State"), INNER_STATE_EXITED))
        continue;
      offer (current, id, profile);
      if (!g_str_equal (name, id))
        offer (current, name, profile);
    }
}

/* Pairs of text, a{ss}. */
static void
offer_pairs (const Current *current, GVariant *pairs)
{
  GVariantIter iter;
  const char *key;
  const char *about;

  g_variant_iter_init (&iter, pairs);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &about))
    offer (current, key, about);
}

static void
offer_privileges (const Current *current)
{
  g_autoptr (GVariant) reply =
      ask (current, "org.freedesktop.DBus.Properties", "Get",
           g_variant_new ("(ss)", INNER_INTERFACE_SANDBOX, "Privileges"), "(v)");
  g_autoptr (GVariant) pairs = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(v)", &pairs);
  if (pairs != NULL && g_variant_is_of_type (pairs, G_VARIANT_TYPE ("a{ss}")))
    offer_pairs (current, pairs);
}

static void
offer_aliases (const Current *current)
{
  g_autoptr (GVariant) configuration = inner_get_configuration (current->global, FALSE, NULL);
  g_autoptr (GVariant) aliases =
      configuration != NULL
          ? g_variant_lookup_value (configuration, "aliases", G_VARIANT_TYPE ("a{ss}"))
          : NULL;

  if (aliases != NULL)
    offer_pairs (current, aliases);
}

static void
offer_variables (const Current *current)
{
  g_auto (GStrv) names = g_listenv ();

  for (char **name = names; *name != NULL; name++)
    offer (current, *name, "");
}

static void
offer_files (const Current *current)
{
  leave_to_shell ("files");
}

static void
offer_directories (const Current *current)
{
  leave_to_shell ("directories");
}

/* What a word or the value of an option may be, by its name in the help. An option with a row of its own
 * ("--name") is looked up before that. */
static const struct
{
  const char *name;
  void (*offer) (const Current *current);
  const char *words; /* (nullable): separated by spaces */
} kinds[] = {
  { "--profile", offer_profiles },
  { "--name", NULL }, /* a new one */
  { "--mount", offer_files },
  { "--volume", offer_files },
  { "NAME", offer_profiles },
  { "PROFILE", offer_profiles },
  { "SOURCE", offer_profiles },
  { "ID", offer_sandboxes },
  { "KEY", offer_privileges },
  { "KEY[=VALUE]", offer_variables },
  { "FILE", offer_files },
  { "DIR", offer_directories },
  { "MODE", NULL, "off allowlist open host" },
  { "FORMAT", NULL, "toml xml" },
  { "SIGNAL", NULL, "TERM INT HUP QUIT KILL USR1 USR2 STOP CONT" },
};

static void
offer_words (const Current *current, const char *words, const char *separator)
{
  g_auto (GStrv) list = g_strsplit (words, separator, -1);

  for (char **word = list; *word != NULL; word++)
    offer (current, *word, "");
}

/* Gives whether @name has a row. */
static gboolean
offer_kind (const Current *current, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      {
        if (kinds[i].offer != NULL)
          kinds[i].offer (current);
        if (kinds[i].words != NULL)
          offer_words (current, kinds[i].words, " ");
        return TRUE;
      }

  return FALSE;
}

/* What the help calls @name: a kind, several ("NAME|FILE"), or the words themselves ("bash|zsh|fish"). */
static void
offer_named (const Current *current, const char *name)
{
  g_auto (GStrv) parts = NULL;

  if (offer_kind (current, name))
    return;
  parts = g_strsplit (name, "|", -1);
  for (char **part = parts; *part != NULL; part++)
    if (!offer_kind (current, *part) && g_ascii_islower ((*part)[0]))
      offer (current, *part, "");
}

/* The word number @n (from 0) behind the options, where @words is such as "ID…", "[NAME]" or "ID -- CMD…". */
static void
offer_word (const Current *current, const char *words, int n)
{
  g_auto (GStrv) names = g_strsplit_set (words, " []", -1);
  const char *name = NULL;

  for (char **next = names; *next != NULL && n >= 0; next++)
    {
      if (g_str_equal (*next, "--"))
        return;
      if ((*next)[0] == '\0')
        continue;
      name = *next;
      n--;
    }

  if (name != NULL && g_str_has_suffix (name, "…"))
    {
      g_autofree char *one = g_strndup (name, strlen (name) - strlen ("…"));

      offer_named (current, one);
    }
  else if (name != NULL && n < 0)
    offer_named (current, name);
}

static gboolean
takes_value (const GOptionEntry *entry)
{
  return entry->arg != G_OPTION_ARG_NONE && (entry->flags & G_OPTION_FLAG_NO_ARG) == 0;
}

/* The option that @word is: "--long", "--long=value", "-s" or several short ones, of which the last that
 * takes a value counts. */
static const GOptionEntry *
find_option (const char *word, const GOptionEntry *entries)
{
  gboolean is_long = g_str_has_prefix (word, "--");
  g_autofree char *name = is_long ? g_strndup (word + 2, strcspn (word + 2, "=")) : NULL;
  const GOptionEntry *found = NULL;

  for (; entries->long_name != NULL; entries++)
    if (is_long ? g_str_equal (entries->long_name, name)
                : entries->short_name != 0 && strchr (word + 1, entries->short_name) != NULL)
      if (found == NULL || takes_value (entries))
        found = entries;

  return found;
}

static const GOptionEntry *
find_any (const char *word, const GOptionEntry *entries, const GOptionEntry *common)
{
  const GOptionEntry *found = find_option (word, entries);

  return found != NULL ? found : find_option (word, common);
}

static void
offer_options (const Current *current, const GOptionEntry *entries)
{
  for (; entries->long_name != NULL; entries++)
    if ((entries->flags & G_OPTION_FLAG_HIDDEN) == 0 && entries->long_name[0] != '\0')
      {
        g_autofree char *word = g_strconcat ("--", entries->long_name, NULL);

        offer (current, word, entries->description != NULL ? _ (entries->description) : "");
      }
}

static void
offer_value (const Current *current, const GOptionEntry *entry)
{
  g_autofree char *option = g_strconcat ("--", entry->long_name, NULL);

  if (!offer_kind (current, option) && entry->arg_description != NULL)
    offer_named (current, entry->arg_description);
}

/* What the words before the current one mean for it. */
typedef struct
{
  const GOptionEntry *waiting; /* (nullable): the option whose value comes next */
  int words;                   /* how many were no options */
} Walk;

static Walk
walk (int argc, char **argv, const GOptionEntry *entries, const GOptionEntry *common)
{
  Walk walk = { NULL, 0 };

  for (int i = 1; i < argc; i++)
    {
      const GOptionEntry *option = NULL;

      if (walk.waiting != NULL)
        {
          walk.waiting = NULL;
          continue;
        }
      if (argv[i][0] != '-' || argv[i][1] == '\0')
        {
          walk.words++;
          continue;
        }
      option = find_any (argv[i], entries, common);
      if (option != NULL && takes_value (option) && strchr (argv[i], '=') == NULL)
        walk.waiting = option;
      /* --bus and --no-bus decide who is asked. */
      if (option != NULL && find_option (argv[i], common) == option)
        *(gboolean *) option->arg_data = TRUE;
    }

  return walk;
}

void
inner_complete_words (const InnerGlobal *global,
                      int argc,
                      char **argv,
                      const GOptionEntry *entries,
                      const GOptionEntry *common,
                      const char *words)
{
  Walk before = walk (argc, argv, entries, common);
  const char *equals = strchr (global->current, '=');
  const GOptionEntry *option = before.waiting;
  g_autofree char *lead = NULL;
  Current current = { global, "", global->current };

  setlocale (LC_MESSAGES, "");
  if (option == NULL && equals != NULL && g_str_has_prefix (current.start, "--"))
    {
      option = find_any (current.start, entries, common);
      current.lead = lead = g_strndup (current.start, equals + 1 - current.start);
      current.start = equals + 1;
    }

  if (option != NULL)
    offer_value (&current, option);
  else if (current.start[0] == '-')
    {
      offer_options (&current, entries);
      offer_options (&current, common);
      offer (&current, "--help", "");
    }
  else if (words != NULL)
    offer_word (&current, words, before.words);

  fflush (stdout);
  exit (0);
}

int
inner_complete_verb (const InnerVerb *verbs, InnerGlobal *global, int argc, char **argv)
{
  Current current = { global, "", global->current };

  /* Behind "--" stand the words of the command in the sandbox, of which we know nothing. */
  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], "--"))
      return 0;

  if (argc < 2)
    {
      setlocale (LC_MESSAGES, "");
      for (const InnerVerb *verb = verbs; verb->name != NULL; verb++)
        offer (&current, verb->name, _ (verb->summary));
      if (current.start[0] == '-')
        offer_words (&current, "--bus --no-bus --no-ask --verbose --help --version", " ");
      else if (verbs == inner_verbs)
        offer_aliases (&current);
      return 0;
    }

  for (const InnerVerb *verb = verbs; verb->name != NULL; verb++)
    if (g_str_equal (argv[1], verb->name))
      return verb->run (global, argc - 1, argv + 1);
  return verbs == inner_verbs ? inner_alias_run (global, argc, argv) : 0;
}

static void
on_alarm (int number)
{
  _exit (0);
}

/* Whatever is wrong, the person's command line is no place to say it. */
static void
be_quiet_and_quick (void)
{
  inner_autofd nowhere = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  if (nowhere >= 0)
    dup2 (nowhere, STDERR_FILENO);
  signal (SIGALRM, on_alarm);
  alarm (PATIENCE_S);
}

int
inner_complete (int argc, char **argv)
{
  int first = argc > 1 && g_str_equal (argv[1], "--") ? 2 : 1;
  InnerGlobal global = { .current = argc > first ? argv[argc - 1] : NULL };

  if (global.current == NULL)
    return 0;
  be_quiet_and_quick ();
  /* The verbs translate the names of their words, by which kinds are found. */
  setlocale (LC_MESSAGES, "C");
  argv[argc - 1] = NULL;
  inner_verb_dispatch (inner_verbs, "innerctl", &global, argc - first, argv + first - 1);
  return 0;
}
