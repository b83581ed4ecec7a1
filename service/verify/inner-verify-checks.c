/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Which questions are asked about a sandbox: those of the tables here, one for each row of the table of sensitive
 * things, and those of the profile. */

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-names.h"
#include "inner-privileges.h"
#include "inner-profile-harden.h"
#include "inner-profile-registry.h"
#include "inner-sensitive.h"
#include "inner-verify.h"

#define CRITICAL INNER_SEVERITY_WORD_CRITICAL
#define HIGH INNER_SEVERITY_WORD_HIGH
#define MEDIUM INNER_SEVERITY_WORD_MEDIUM

/* landlock(7): signals and abstract sockets. */
#define ABI_WITH_SCOPES 6

#define DOCTOR                                                                                     \
  N_ ("look at “innerctl doctor”: this machine or this version does not give what it should")

typedef struct
{
  const InnerPlan *plan;
  const InnerVerifyBait *bait;
  GPtrArray *checks;
} Building;

typedef struct
{
  const char *id;
  const char *severity;
  const char *kind;
  const char *argument; /* %NULL: "" */
  char *(*make_argument) (
      const Building *building); /* (nullable): instead of @argument; %NULL: no such check */
  const char *allowed;           /* (nullable): the privilege that opens it */
  const char *sentence;
  const char *suggestion;
} Row;

/* Declared here because the table needs them. */
static char *namespaces_of_the_service (const Building *building);
static char *places_to_write (const Building *building);
static char *calls_that_are_allowed (const Building *building);
static char *bait_on_loopback (const Building *building);
static char *bait_in_abstract (const Building *building);
static char *workspace_with_git (const Building *building);
static char *nowhere_if_off (const Building *building);
static char *nowhere_if_filtered (const Building *building);
static char *local_if_filtered (const Building *building);
static char *name_if_listed (const Building *building);
static char *metadata_if_off (const Building *building);
static char *metadata_if_filtered (const Building *building);

/* clang-format off */
static const Row rows[] = {
  { "root", CRITICAL, "not-root", NULL, NULL, NULL, N_ ("The command is not root"), DOCTOR },
  { "capabilities", CRITICAL, "capabilities", NULL, NULL, INNER_PRIVILEGE_NESTED_USER_NS,
    N_ ("The command has no capabilities, and can get none"), DOCTOR },
  { "no-new-privileges", CRITICAL, "no-new-privileges", NULL, NULL, INNER_PRIVILEGE_NESTED_USER_NS,
    N_ ("No program gives the command more rights"), DOCTOR },
  { "setuid", HIGH, "setuid", NULL, NULL, INNER_PRIVILEGE_NESTED_USER_NS,
    N_ ("Setuid programs are without effect"), DOCTOR },
  { "system-calls", CRITICAL, "system-calls", NULL, calls_that_are_allowed, NULL,
    N_ ("The kernel refuses the calls that no command needs"), DOCTOR },
  { "terminal", CRITICAL, "terminal", NULL, NULL, NULL,
    N_ ("No characters can be pushed into a terminal"), DOCTOR },
  { "landlock", HIGH, "landlock", NULL, NULL, NULL,
    N_ ("Landlock keeps the command from processes outside of its domain"),
    N_ ("use a kernel from 6.12 with Landlock in its list of security modules (lsm=)") },
  { "namespaces", CRITICAL, "namespaces", NULL, namespaces_of_the_service, NULL,
    N_ ("The namespaces are the sandbox's own"), DOCTOR },
  { "processes", CRITICAL, "processes", NULL, NULL, NULL,
    N_ ("No process of the host can be seen"), DOCTOR },
  { "pid-1", CRITICAL, "pid1", NULL, NULL, NULL,
    N_ ("The first process can neither be read nor traced"), DOCTOR },
  { "environment-of-others", HIGH, "other-environments", NULL, NULL, NULL,
    N_ ("The environment of whoever started the sandbox cannot be read"), DOCTOR },
  { "descriptors", HIGH, "descriptors", NULL, NULL, NULL,
    N_ ("The command has no descriptor but its streams"), DOCTOR },
  { "session-keyring", HIGH, "keyring", NULL, NULL, NULL,
    N_ ("The keys of your session cannot be named"), DOCTOR },
  { "kernel", HIGH, "masked", NULL, NULL, NULL,
    N_ ("The kernel's memory, keys and settings are out of reach"), DOCTOR },
  { "system-read-only", CRITICAL, "read-only", "/usr", NULL, INNER_PRIVILEGE_WRITABLE_SYSTEM,
    N_ ("The programs of the system cannot be changed"), DOCTOR },
  { "settings-read-only", CRITICAL, "read-only", "/etc", NULL, INNER_PRIVILEGE_WRITABLE_SYSTEM,
    N_ ("The settings of the system cannot be changed"), DOCTOR },
  { "writable-places", HIGH, "writable", NULL, places_to_write, INNER_PRIVILEGE_WRITABLE_SYSTEM,
    N_ ("Only what the plan names can be written"), DOCTOR },
  { "sockets", HIGH, "sockets", "/run\n/tmp\n/var/run\n/var/tmp", NULL, NULL,
    N_ ("No service of the host answers on a socket"), DOCTOR },
  { "abstract-sockets", HIGH, "no-abstract-socket", NULL, bait_in_abstract, NULL,
    N_ ("Abstract sockets of the host cannot be reached"), DOCTOR },
  { "x11", HIGH, "no-abstract-socket", "/tmp/.X11-unix/X0", NULL, INNER_PRIVILEGE_DISPLAY,
    N_ ("The screen cannot be reached by its abstract socket"), DOCTOR },
  { "loopback", HIGH, "unreachable", NULL, bait_on_loopback, INNER_PRIVILEGE_HOST_NETWORK,
    N_ ("Services on this machine's loopback cannot be reached"), DOCTOR },
  { "network", HIGH, "no-route", NULL, nowhere_if_off, INNER_PRIVILEGE_HOST_NETWORK,
    N_ ("There is no network"), DOCTOR },
  { "network", HIGH, "unreachable", NULL, nowhere_if_filtered, NULL,
    N_ ("What the profile does not name cannot be reached"), DOCTOR },
  { "network-local", HIGH, "unreachable", NULL, local_if_filtered, NULL,
    N_ ("The local network cannot be reached"), DOCTOR },
  { "network-names", HIGH, "no-name", NULL, name_if_listed, NULL,
    N_ ("Names that the profile does not name are not looked up"), DOCTOR },
  { "network-metadata", CRITICAL, "no-route", NULL, metadata_if_off, INNER_PRIVILEGE_HOST_NETWORK,
    N_ ("The metadata of a cloud's machine cannot be reached"), DOCTOR },
  { "network-metadata", CRITICAL, "unreachable", NULL, metadata_if_filtered, NULL,
    N_ ("The metadata of a cloud's machine cannot be reached"), DOCTOR },
  { "git", HIGH, "git", NULL, workspace_with_git, INNER_PRIVILEGE_UNGUARDED_WORKSPACE,
    N_ ("What git runs on the host cannot be changed"), NULL },
  { "limits", MEDIUM, "limits", NULL, NULL, NULL,
    N_ ("Core dumps, open files and memory file systems are limited"), DOCTOR },
};
/* clang-format on */

static const struct
{
  const char *word;
  const char *severity;
} grave_keys[] = {
  { "ssh-keys", CRITICAL },      { "git-credentials", CRITICAL }, { "system-passwords", CRITICAL },
  { "docker-socket", CRITICAL }, { "podman-socket", CRITICAL },   { "session-bus", CRITICAL },
  { "system-bus", CRITICAL },    { "systemd-user", CRITICAL },    { "inner-policy", CRITICAL },
  { "inner-runtime", CRITICAL }, { "startup", CRITICAL },
};

void
inner_verify_check_free (InnerVerifyCheck *check)
{
  g_free (check->id);
  g_free (check->argument);
  g_free (check->sentence);
  g_free (check->allowed);
  g_free (check->suggestion);
  g_free (check);
}

static InnerVerifyCheck *
add (Building *building,
     const char *id,
     const char *severity,
     const char *kind,
     const char *argument,
     const char *sentence)
{
  InnerVerifyCheck *check = g_new0 (InnerVerifyCheck, 1);

  check->id = g_strdup (id);
  check->severity = severity;
  check->kind = kind;
  check->argument = g_strdup (argument);
  check->sentence = g_strdup (sentence);
  g_ptr_array_add (building->checks, check);
  return check;
}

static gboolean
has_word (char **words, const char *word)
{
  return g_strv_contains ((const char *const *) words, word);
}

/* Which of the plan's words opens what @key and @privilege (nullable) stand for; %NULL for none. */
static const char *
opening_word (const InnerPlan *plan, const char *key, const char *privilege)
{
  if (key != NULL && has_word (plan->allow, key))
    return key;
  if (privilege != NULL && has_word (plan->allow, privilege))
    return privilege;
  /* The network is asked for by its mode, and not by a word. */
  return privilege != NULL && has_word (plan->privileges, privilege) &&
                 (g_str_equal (privilege, INNER_PRIVILEGE_HOST_NETWORK) ||
                  g_str_equal (privilege, INNER_PRIVILEGE_UNGUARDED_WORKSPACE))
             ? privilege
             : NULL;
}

/* By the inodes of /proc/self/ns, namespaces(7). */
static char *
namespaces_of_the_service (const Building *building)
{
  static const char *const names[] = { "pid", "mnt", "ipc", "uts", "user", "cgroup", "net" };
  gboolean host_network = g_str_equal (building->plan->network, "host");
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("/proc/self/ns/", names[i], NULL);
      struct stat st;

      /* That of the network has a privilege of its own, and a check that says so. */
      if ((host_network && g_str_equal (names[i], "net")) || stat (path, &st) < 0)
        continue;
      g_string_append_printf (text, "%s%s %" G_GUINT64_FORMAT, text->len > 0 ? "\n" : "", names[i],
                              (guint64) st.st_ino);
    }
  return g_string_free (text, FALSE);
}

static char *
places_to_write (const Building *building)
{
  GString *text = g_string_new ("/dev/shm\n/dev/pts\n/dev/mqueue\n/dev/console");

  for (guint i = 0; i < building->plan->mounts->len; i++)
    {
      const InnerMount *mount = building->plan->mounts->pdata[i];

      if (mount->kind != INNER_MOUNT_RO && mount->kind != INNER_MOUNT_SYMLINK &&
          mount->kind != INNER_MOUNT_FILE && mount->kind != INNER_MOUNT_SEAL &&
          mount->kind != INNER_MOUNT_PROC)
        g_string_append_printf (text, "\n%s", mount->destination);
    }
  return g_string_free (text, FALSE);
}

/* What nested user namespaces need is open then, and the filter says so itself. */
static char *
calls_that_are_allowed (const Building *building)
{
  return g_strdup (
      has_word (building->plan->privileges, INNER_PRIVILEGE_NESTED_USER_NS)
          ? "unshare setns clone3 mount umount2 pivot_root open_tree move_mount fsopen "
            "mount_setattr"
          : "");
}

static char *
bait_on_loopback (const Building *building)
{
  return building->bait->port != 0 ? g_strdup_printf ("127.0.0.1 %u", building->bait->port) : NULL;
}

static char *
bait_in_abstract (const Building *building)
{
  return g_strdup (building->bait->abstract);
}

static char *
workspace_with_git (const Building *building)
{
  return building->plan->workspace[0] != '\0' ? g_strdup (building->plan->workspace) : NULL;
}

static gboolean
is_filtered (const Building *building)
{
  return g_str_equal (building->plan->network, "allowlist") ||
         g_str_equal (building->plan->network, "open");
}

/* Addresses for documentation, RFC 5737 and RFC 3849: nobody has them. */
static char *
nowhere_if_off (const Building *building)
{
  return is_filtered (building) ? NULL : g_strdup ("192.0.2.1 9\n10.0.0.1 9\n2001:db8::1 9");
}

static char *
nowhere_if_filtered (const Building *building)
{
  return g_str_equal (building->plan->network, "allowlist")
             ? g_strdup ("192.0.2.1 80\n192.0.2.1 22\n2001:db8::1 443")
             : NULL;
}

static char *
local_if_filtered (const Building *building)
{
  return is_filtered (building) ? g_strdup ("10.255.255.1 80\n192.168.255.1 443\n172.31.255.1 22")
                                : NULL;
}

/* RFC 6761 keeps this top-level domain for names that nobody has. */
static char *
name_if_listed (const Building *building)
{
  return g_str_equal (building->plan->network, "open") ||
                 g_str_equal (building->plan->network, "host")
             ? NULL
             : g_strdup ("inner-verify.invalid");
}

static char *
metadata_if_off (const Building *building)
{
  return is_filtered (building) ? NULL : g_strdup ("169.254.169.254 80\nfd00:ec2::254 80");
}

static char *
metadata_if_filtered (const Building *building)
{
  return is_filtered (building) ? g_strdup ("169.254.169.254 80\nfd00:ec2::254 80") : NULL;
}

/* A document with @key alone, in the notation of the plan's profile: what has to be said in it. (transfer full) */
static char *
document_with (const Building *building, InnerKey key, GVariant *value)
{
  gboolean xml = g_str_has_suffix (building->plan->profile_path, ".xml");
  g_autoptr (InnerProfile) profile = inner_profile_new ();

  inner_profile_set (profile, key, value, building->plan->profile_path, 1, 1);
  return inner_profile_write (profile, xml ? "xml" : "toml");
}

/* A kernel without the scopes of Landlock cannot give them, as the doctor tells; where it can, they have to hold. */
static const char *
severity_here (const Building *building, const Row *row)
{
  return g_str_equal (row->kind, "landlock") && building->plan->host->landlock_abi < ABI_WITH_SCOPES
             ? MEDIUM
             : row->severity;
}

static void
add_fixed (Building *building)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      g_autofree char *made = row->make_argument != NULL ? row->make_argument (building) : NULL;
      const char *argument = made != NULL ? made : row->argument != NULL ? row->argument : "";
      InnerVerifyCheck *check;

      if (row->make_argument != NULL && made == NULL)
        continue;
      check = add (building, row->id, severity_here (building, row), row->kind, argument,
                   _ (row->sentence));
      check->allowed = g_strdup (opening_word (building->plan, NULL, row->allowed));
      if (row->suggestion != NULL)
        check->suggestion = g_strdup (_ (row->suggestion));
      if (g_str_equal (row->id, "git"))
        check->suggestion =
            document_with (building, INNER_KEY_SANDBOX_GIT_DIR, g_variant_new_string ("protected"));
    }
}

/* The profile's list of inherited variables without those that speak of secrets; or its own values without them. */
static char *
without_secrets (const Building *building)
{
  const char *const *names = inner_profile_get_list (building->plan->source, INNER_KEY_ENV_INHERIT);
  GVariantBuilder kept;

  g_variant_builder_init (&kept, G_VARIANT_TYPE_STRING_ARRAY);
  for (; *names != NULL; names++)
    if (!inner_name_is_secret (*names))
      g_variant_builder_add (&kept, "s", *names);
  return document_with (building, INNER_KEY_ENV_INHERIT, g_variant_builder_end (&kept));
}

static void
add_environment (Building *building)
{
  InnerVerifyCheck *check =
      add (building, "environment", MEDIUM, "environment", "", _ ("No variable holds a secret"));

  check->allowed = g_strdup (opening_word (building->plan, "env-secrets", NULL));
  check->suggestion = without_secrets (building);
}

/* The commands that stand in for others, where the plan mounts them. */
static void
add_shims (Building *building)
{
  for (guint i = 0; i < building->plan->mounts->len; i++)
    {
      const InnerMount *mount = building->plan->mounts->pdata[i];
      g_autofree char *argument = NULL;
      InnerVerifyCheck *check;

      if (!g_str_equal (mount->reason, "shim") || mount->kind != INNER_MOUNT_RO ||
          g_str_has_prefix (mount->destination, INNER_INSIDE_DIR "/"))
        continue;
      argument = g_strconcat (mount->destination, "\n", INNER_INSIDE_SHIM, NULL);
      check = add (building, "shims", MEDIUM, "shim", argument,
                   _ ("Blocked and replaced commands are not run by their paths"));
      check->allowed = g_strdup (opening_word (building->plan, "shims-active", NULL));
      check->suggestion = g_strdup (_ (DOCTOR));
    }
}

static const char *
severity_of (const InnerSensitive *thing)
{
  for (gsize i = 0; i < G_N_ELEMENTS (grave_keys); i++)
    if (g_str_equal (grave_keys[i].word, thing->key))
      return grave_keys[i].severity;

  return HIGH;
}

/* What was opened on purpose below @path, or is @path; %NULL for nothing. */
static const char *
opened_below (const Building *building, const char *path)
{
  for (guint i = 0; i < building->plan->mounts->len; i++)
    {
      const InnerMount *mount = building->plan->mounts->pdata[i];

      if ((g_str_equal (mount->reason, "privilege") || g_str_equal (mount->reason, "shim")) &&
          inner_path_is_within (mount->destination, path))
        return building->plan->allow[0] != NULL ? building->plan->allow[0] : mount->reason;
    }

  return NULL;
}

/* The agent whose private copy stands at @path or below; %NULL for none. */
static const char *
copied_below (const Building *building, const char *path)
{
  for (guint i = 0; i < building->plan->agent_copies->len; i++)
    {
      const InnerAgentCopy *copy = building->plan->agent_copies->pdata[i];

      if (inner_path_is_within (copy->place, path) || inner_path_is_within (path, copy->place))
        return copy->agent->name;
    }

  return NULL;
}

/* For an engine's socket that is opened: it has to answer, or the privilege is worth nothing. */
static void
add_engine (Building *building, const InnerSensitive *thing, const char *path)
{
  gboolean podman = g_str_equal (thing->key, INNER_PRIVILEGE_PODMAN_SOCKET);
  g_autofree char *id = g_strconcat (thing->key, "-answers", NULL);
  InnerVerifyCheck *check;

  if (thing->kind != INNER_SENSITIVE_SOCKET ||
      (!podman && !g_str_equal (thing->key, INNER_PRIVILEGE_DOCKER_SOCKET)) ||
      opened_below (building, path) == NULL)
    return;
  check = add (building, id, HIGH, "engine", path, _ ("The container engine answers"));
  check->suggestion = g_strdup (podman ? "systemctl --user start podman.socket"
                                       : _ ("as root: systemctl start docker"));
}

static void
add_sensitive (Building *building)
{
  static const char *const kinds[] = {
    [INNER_SENSITIVE_DIRECTORY] = "hidden-directory",
    [INNER_SENSITIVE_FILE] = "hidden-file",
    [INNER_SENSITIVE_SOCKET] = "no-socket",
    [INNER_SENSITIVE_POLICY] = "not-writable",
  };
  /* These are the sandbox's own, and other checks look at them. */
  static const char *const own[] = { "/proc", "/sys", "/dev", NULL };
  const InnerHost *host = building->plan->host;

  for (const InnerSensitive *thing = inner_sensitive_things; thing->key != NULL; thing++)
    {
      g_autofree char *path = inner_sensitive_expand (thing, host->home, host->runtime_dir);
      g_autofree char *sentence = NULL;
      const char *word;
      InnerVerifyCheck *check;

      if (path == NULL || g_strv_contains (own, path))
        continue;
      sentence =
          g_strdup_printf (thing->kind == INNER_SENSITIVE_POLICY ? _ ("%s cannot be changed")
                                                                 : _ ("%s cannot be reached"),
                           _ (thing->description));
      check = add (building, thing->key, severity_of (thing), kinds[thing->kind], path, sentence);
      word = opening_word (building->plan, thing->key, thing->privilege);
      if (word == NULL)
        word = opened_below (building, path);
      if (word == NULL)
        word = copied_below (building, path);
      check->allowed = g_strdup (word);
      check->suggestion =
          g_strdup_printf (_ ("take what shows “%s” out of “mounts” and “home_allow”"), path);
      add_engine (building, thing, path);
    }
}

static const char *
severity_word (const char *word)
{
  static const char *const words[] = { CRITICAL, HIGH, MEDIUM, INNER_SEVERITY_WORD_LOW,
                                       INNER_SEVERITY_WORD_INFO };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i], word))
      return words[i];

  return CRITICAL;
}

static void
add_custom (Building *building)
{
  GVariant *custom = inner_profile_peek (building->plan->source, INNER_KEY_VERIFY_CUSTOM_CHECKS);
  GVariantIter iter;
  const char *name;
  const char *command;
  const char *severity;

  if (custom == NULL)
    return;
  g_variant_iter_init (&iter, custom);
  while (g_variant_iter_loop (&iter, "(&s&s&s)", &name, &command, &severity))
    {
      g_autofree char *id = g_strconcat ("custom:", name, NULL);

      add (building, id, severity_word (severity), "command", command, name);
    }
}

GPtrArray *
inner_verify_checks (const InnerPlan *plan, const InnerVerifyBait *bait)
{
  Building building = { plan, bait,
                        g_ptr_array_new_with_free_func ((GDestroyNotify) inner_verify_check_free) };

  add_fixed (&building);
  add_environment (&building);
  add_shims (&building);
  add_sensitive (&building);
  add_custom (&building);
  return building.checks;
}
