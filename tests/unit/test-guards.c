/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-bwrap.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-guard-facts.h"
#include "inner-guard-fs.h"
#include "inner-guard.h"
#include "inner-plan-guards.h"
#include "test-plan-fixture.h"

/* The table */

static void
test_table (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) words = g_hash_table_new (g_str_hash, g_str_equal);

  for (const InnerGuarded *row = inner_guarded_paths; row->path != NULL; row++)
    {
      g_assert_true (inner_guarded_path_is_usable (row->path));
      g_assert_true (g_hash_table_add (seen, (gpointer) row->path));
      g_assert_cmpint (row->kind, <, INNER_GUARDED_REPOSITORY);
    }
  for (guint kind = 0; kind < INNER_N_GUARDED_KINDS; kind++)
    {
      const InnerGuardedKindInfo *info = inner_guarded_kind_info (kind);

      g_assert_true (g_hash_table_add (words, (gpointer) info->word));
      g_assert_cmpint (info->sentence[0], !=, '\0');
      g_assert_true (inner_guarded_kind_find (info->word) == info);
    }
  g_assert_null (inner_guarded_kind_find ("nonsense"));
  for (guint i = 0; i < 4; i++)
    {
      static const char *const bad[] = { "", "../x", "/x", "a//b" };

      g_assert_false (inner_guarded_path_is_usable (bad[i]));
    }
}

/* Settings of git */

static void
test_settings (void)
{
  static const struct
  {
    const char *text;
    const char *active; /* NULL = git would not read it */
  } cases[] = {
    { "", "" },
    { "[core]\n\tbare = false\n[user] name = Ada\n[remote \"o\"]\nurl = https://x/y.git", "" },
    { "[branch \"main\"]\n\tremote = o ; c\n\tmerge = refs/heads/main # c", "" },
    { "[core]\nfsmonitor = a\\\nb", "core\x1f\x1f"
                                    "fsmonitor=ab\n" },
    { "[CORE] FsMonitor=\"a # b\" ; c", "core\x1f\x1f"
                                        "fsmonitor=a # b\n" },
    { "[Alias \"x\\\"y\"]\nst", "alias\x1fx\"y\x1fst=\n" },
    { "[remote.o]\nurl = ext::sh -c evil", "remote\x1fo\x1furl=ext::sh -c evil\n" },
    { "[remote \"o\"]\nurl = ssh://-oProxyCommand=x/",
      "remote\x1fo\x1furl=ssh://-oProxyCommand=x/\n" },
    { "[remote \"o\"]\nuploadpack = evil", "remote\x1fo\x1fuploadpack=evil\n" },
    { "[include]path=x", "include\x1f\x1fpath=x\n" },
    { "\xef\xbb\xbf[core]\npager = x", "core\x1f\x1fpager=x\n" },
    { "[core\nfsmonitor = x", NULL },
    { "fsmonitor = x", NULL },
    { "[core]\nfsmonitor = \"x", NULL },
    { "[core]\nx = \\q", NULL },
    { "[core \"x]", NULL },
    { "[core]\n=x", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *active = inner_git_config_active (cases[i].text, strlen (cases[i].text));

      g_assert_cmpstr (active, ==, cases[i].active);
    }
  g_assert_null (inner_git_config_active ("[core]\0", 7));
}

/* The plan */

static InnerHost *
make_host (void)
{
  InnerHost *host = new_host ();

  inner_host_add_fact (NULL, host->paths, HOME "/p", INNER_FILE_DIRECTORY, HOME "/p");
  return host;
}

static InnerGuardFacts *
add_facts (InnerHost *host, const char *root)
{
  InnerGuardFacts *facts = inner_guard_facts_add (host, root, -1);

  g_ptr_array_add (facts->projects, g_strdup (""));
  g_ptr_array_add (facts->git_dirs, g_strdup (".git"));
  inner_guard_facts_add_thing (facts, ".git", TRUE, -1);
  inner_guard_facts_add_thing (facts, ".git/config", FALSE, -1);
  inner_guard_facts_add_thing (facts, ".git/hooks", FALSE, -1);
  inner_guard_facts_add_thing (facts, "tools/hooks", FALSE, -1);
  inner_guard_facts_add_target (facts, "tools/hooks", INNER_GUARDED_GIT_HOOKS);
  return facts;
}

static InnerProfile *
make_profile (InnerKey key, const char *value)
{
  InnerProfile *profile = inner_profile_new ();

  inner_profile_set (profile, INNER_KEY_NAME, g_variant_new_string ("test"), NULL, 0, 0);
  if (value != NULL)
    inner_profile_set (profile, key, g_variant_new_parsed (value), NULL, 0, 0);
  return profile;
}

static InnerPlan *
make_plan (InnerHost *host, InnerProfile *profile, GError **error)
{
  g_autoptr (GVariant) options =
      g_variant_ref_sink (g_variant_new_parsed ("{'workspace': <'" HOME "/p'>}"));
  g_autoptr (InnerRequest) request = inner_request_new (options, NULL, NULL);
  g_autoptr (InnerPlan) plan = inner_plan_new (request, profile, "/p.toml", host, error);

  g_assert_nonnull (plan);
  return inner_plan_add_guards (plan, profile, error) ? g_steal_pointer (&plan) : NULL;
}

/* What the plan mounts from the workspace on, and what it guards. */
static char *
describe (const InnerPlan *plan)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < plan->mounts->len; i++)
    {
      const InnerMount *mount = plan->mounts->pdata[i];

      if (g_str_equal (mount->reason, "guard") || g_str_equal (mount->reason, "workspace") ||
          i == plan->mounts->len - 1)
        g_string_append_printf (text, "%s %s %s\n", inner_mount_kind_to_string (mount->kind),
                                mount->source != NULL ? mount->source : "-", mount->destination);
    }
  for (guint i = 0; i < plan->guards->len; i++)
    {
      const InnerPlannedGuard *guard = plan->guards->pdata[i];

      g_string_append_printf (text, "== %s\n", guard->path);
      for (guint j = 0; j < guard->places->len; j++)
        {
          const InnerPlannedPlace *place = guard->places->pdata[j];

          g_string_append_printf (text, "%s %s\n", inner_guarded_kind_info (place->kind)->word,
                                  place->path);
        }
    }
  return g_string_free (text, FALSE);
}

static void
test_golden (void)
{
  static const struct
  {
    const char *name;
    const char *git_dir;
  } cases[] = { { "guards-protected.txt", NULL }, { "guards-ro.txt", "'ro'" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerProfile) profile = make_profile (INNER_KEY_SANDBOX_GIT_DIR, cases[i].git_dir);
      InnerHost *host = make_host ();
      g_autoptr (InnerPlan) plan = NULL;
      g_autofree char *text = NULL;

      add_facts (host, HOME "/p");
      add_facts (host, "/srv/main/.git")->needed_by = g_strdup (HOME "/p");
      plan = make_plan (host, profile, &error);
      g_assert_no_error (error);
      text = describe (plan);
      compare_with_golden (cases[i].name, text);
    }
}

static void
test_refused (void)
{
  static const struct
  {
    InnerKey key;
    const char *value;
    const char *word;
  } cases[] = {
    { INNER_KEY_SANDBOX_GUARD, "['../x']", "../x" },
    { INNER_KEY_SANDBOX_GUARD, "['/x']", "/x" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerProfile) profile = make_profile (cases[i].key, cases[i].value);
      InnerHost *host = make_host ();
      g_autoptr (InnerPlan) plan = NULL;

      add_facts (host, HOME "/p");
      plan = make_plan (host, profile, &error);
      g_assert_null (plan);
      g_assert_nonnull (error);
      g_assert_nonnull (strstr (error->message, cases[i].word));
    }
}

/* What guards less takes the privilege, and only guards so much less. */
static void
test_less (void)
{
  static const struct
  {
    InnerKey key;
    const char *value;
    const char *without; /* NULL: nothing is left */
    const char *with;
  } cases[] = {
    { INNER_KEY_SANDBOX_GIT_DIR, "'rw'", ".git/config", "shell .envrc" },
    { INNER_KEY_SANDBOX_GUARD_ALLOW, "['.envrc', '.vscode/']", "shell .envrc", ".git/config" },
    { INNER_KEY_SANDBOX_GUARD_ALLOW, "['.envrc', '.vscode/']", ".vscode", "shell .bashrc" },
    { INNER_KEY_SANDBOX_ALLOW, "['unguarded-workspace']", NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerProfile) profile = make_profile (cases[i].key, cases[i].value);
      InnerHost *host = make_host ();
      g_autoptr (InnerPlan) plan = NULL;
      g_autofree char *text = NULL;

      add_facts (host, HOME "/p");
      plan = make_plan (host, profile, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (plan->privileges[0], ==, "unguarded-workspace");
      g_assert_null (plan->privileges[1]);
      text = describe (plan);
      g_test_message ("%s", text);
      if (cases[i].with == NULL)
        {
          g_assert_cmpuint (plan->guards->len, ==, 0);
          g_assert_null (strstr (text, ".git"));
          continue;
        }
      g_assert_null (strstr (text, cases[i].without));
      g_assert_nonnull (strstr (text, cases[i].with));
      g_assert_nonnull (strstr (text, "tools/hooks"));
    }
}

/* Whoever adds guards to a plan without the privilege gets none that guards less. */
static void
test_less_without_privilege (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerProfile) whole = make_profile (INNER_KEY_NAME, NULL);
  g_autoptr (InnerProfile) less = make_profile (INNER_KEY_SANDBOX_GIT_DIR, "'rw'");
  InnerHost *host = make_host ();
  g_autoptr (InnerPlan) plan = NULL;

  add_facts (host, HOME "/p");
  plan = make_plan (host, whole, &error);
  g_assert_no_error (error);
  g_assert_false (inner_plan_add_guards (plan, less, &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_NOT_AUTHORIZED);
}

/* A linked worktree must not open what no mount could. */
static void
test_outside_is_judged (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerProfile) profile = make_profile (INNER_KEY_NAME, NULL);
  InnerHost *host = make_host ();
  g_autoptr (InnerPlan) plan = NULL;

  add_facts (host, HOME "/p");
  add_facts (host, HOME "/.ssh")->needed_by = g_strdup (HOME "/p");
  plan = make_plan (host, profile, &error);
  g_assert_null (plan);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_MOUNT_REFUSED);
}

/* Hostile trees */

typedef struct
{
  char *top;
  char *work;
  char *run;
  int work_fd;
  int run_fd;
} Rig;

static void
set_up (Rig *rig, gconstpointer data)
{
  rig->top = g_dir_make_tmp ("inner-guards-XXXXXX", NULL);
  rig->work = g_build_filename (rig->top, "work", NULL);
  rig->run = g_build_filename (rig->top, "run", "0123456789ab", NULL);
  g_assert_cmpint (g_mkdir_with_parents (rig->work, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (rig->run, 0700), ==, 0);
  rig->work_fd = open (rig->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
  rig->run_fd = open (rig->run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
tear_down (Rig *rig, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("chmod -R u+rwx %s; rm -rf %s", rig->top, rig->top);

  g_assert_cmpint (system (command), ==, 0);
  inner_clear_fd (&rig->work_fd);
  inner_clear_fd (&rig->run_fd);
  g_free (rig->top);
  g_free (rig->work);
  g_free (rig->run);
}

static void
shell (const Rig *rig, const char *script)
{
  g_autofree char *command = g_strdup_printf ("cd %s && %s", rig->work, script);

  g_assert_cmpint (system (command), ==, 0);
}

static InnerGuard *
make_guard (const Rig *rig)
{
  g_autofree char *state = g_build_filename (rig->top, "state", NULL);
  g_autoptr (GVariant) plan = g_variant_ref_sink (g_variant_new_parsed (
      "(true, %s, [(%s, [('.git', %u), ('.git/config', %u), ('.git/hooks', %u), ('.envrc', %u), "
      "('.vscode', %u), ('.config/mise', %u), ('NOTES', %u)])])",
      state, rig->work, (guint32) INNER_GUARDED_GIT_POINTER, (guint32) INNER_GUARDED_GIT_CONFIG,
      (guint32) INNER_GUARDED_GIT_HOOKS, (guint32) INNER_GUARDED_SHELL,
      (guint32) INNER_GUARDED_EDITOR, (guint32) INNER_GUARDED_SHELL,
      (guint32) INNER_GUARDED_INSTRUCTIONS));
  g_autoptr (GVariant) properties =
      g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
  int root = fcntl (rig->work_fd, F_DUPFD_CLOEXEC, 3);

  return inner_guard_new (plan, &root, "0123456789ab", properties);
}

/* Everything there is, one line each. */
static char *
look (const Rig *rig)
{
  g_autofree char *command =
      g_strdup_printf ("sh -c \"cd %s; find . -printf '%%y %%m %%p %%l ' \\\\( -type f -exec "
                       "sha1sum {} \\; -o -printf '\\n' \\\\) | sort\"",
                       rig->work);
  char *out = NULL;

  g_assert_true (g_spawn_command_line_sync (command, &out, NULL, NULL, NULL));
  return out;
}

static void
attack_and_compare (Rig *rig, const char *before, const char *attack, gboolean crash)
{
  g_autoptr (InnerGuard) guard = NULL;
  g_autofree char *was = NULL;
  g_autofree char *is = NULL;

  shell (rig, before);
  was = look (rig);
  guard = make_guard (rig);
  g_assert_cmpint (inner_guard_note (guard, rig->run_fd), ==, 0);
  shell (rig, attack);
  if (crash)
    {
      inner_guard_free (guard);
      guard = inner_guard_recover (rig->run_fd);
      g_assert_nonnull (guard);
    }
  else
    inner_guard_compare (guard, rig->run_fd);
  is = look (rig);
  g_assert_cmpstr (is, ==, was);
  g_assert_cmpuint (inner_guard_n_findings (guard), >, 0);
  g_assert_null (inner_guard_load (rig->run_fd));
}

static void
test_hostile (Rig *rig, gconstpointer data)
{
  static const struct
  {
    const char *before;
    const char *attack;
  } cases[] = {
    { "echo mine > .envrc", "rm .envrc; ln -s /etc/passwd .envrc" },
    { "echo mine > .envrc", "rm .envrc; mkfifo .envrc" },
    { "echo mine > .envrc", "rm .envrc; mkdir -p .envrc/a/b; chmod 0 .envrc/a .envrc" },
    { "echo mine > .envrc", "truncate -s 1T .envrc" },
    { "echo mine > .envrc", "chmod 6755 .envrc" },
    { "echo mine > .envrc; mkdir .config",
      "chmod 0 .envrc; echo x > .git; mkdir -p .config; ln -s /etc .config/mise" },
    { "ln -s nowhere .envrc", "ln -sf elsewhere .envrc" },
    { "mkdir .vscode; echo 1 > .vscode/a", "mv .vscode v; ln -s v .vscode; rm -r v" },
    { "mkdir -p .vscode/d; echo 1 > .vscode/d/a",
      "chmod 0 .vscode/d; rm -rf .vscode || chmod 700 .vscode/d; rm -rf .vscode; mkfifo .vscode" },
    { "mkdir .vscode; echo 1 > .vscode/a", "cd .vscode; echo x > a.b; mkdir a0 a0/c; rm a; mkdir "
                                           "a; echo y > a/x; seq 3000 | xargs touch" },
    { "true", "mkdir .vscode; cd .vscode; for i in $(seq 400); do mkdir d; cd d; done" },
    { "mkdir .git; echo '[core]' > .git/config",
      "echo fsmonitor = x >> .git/config; mkdir .git/hooks; echo x > .git/hooks/x; rmdir "
      ".git/hooks 2>/dev/null || true; rm -r .git/hooks" },
    { "mkdir -p .git/hooks; echo a > .git/hooks/a",
      "chmod 755 .git/hooks/a; echo b > .git/hooks/b" },
    { "mkdir .git", "printf '\\0' > .git/config" },
    { "mkdir -p .config/mise; echo 1 > .config/mise/c", "rm -r .config; ln -s /etc .config" },
    { "true", "ln -s . .vscode" },
    { "true", "printf x > .inner-guard-0123456789ab; rm .inner-guard-0123456789ab; mkdir -p "
              ".config; echo x > .config/mise; rm .config/mise; rmdir .config; touch .envrc" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gboolean crash = FALSE; crash <= TRUE; crash++)
      {
        g_test_message ("%s", cases[i].attack);
        attack_and_compare (rig, cases[i].before, cases[i].attack, crash);
        tear_down (rig, NULL);
        set_up (rig, NULL);
      }
}

static void
test_harmless (Rig *rig, gconstpointer data)
{
  g_autoptr (InnerGuard) guard = NULL;

  shell (rig, "mkdir .git; echo '[user] name = x' > .git/config");
  guard = make_guard (rig);
  g_assert_cmpint (inner_guard_note (guard, rig->run_fd), ==, 0);
  shell (rig, "echo '[remote \"o\"] url = https://x' >> .git/config; mkdir .git/hooks; "
              "echo x > .git/hooks/a.sample; mkdir -p a/b; echo x > a/b/c; echo x > file");
  inner_guard_compare (guard, rig->run_fd);
  g_assert_true (inner_guard_walk (guard, g_get_monotonic_time () + 10 * G_USEC_PER_SEC));
  g_assert_cmpuint (inner_guard_n_findings (guard), ==, 0);
  shell (rig, "grep -q https .git/config && test -e .git/hooks/a.sample");
}

static void
test_report_only (Rig *rig, gconstpointer data)
{
  g_autoptr (InnerGuard) guard = make_guard (rig);

  g_assert_cmpint (inner_guard_note (guard, rig->run_fd), ==, 0);
  shell (rig, "echo x > NOTES");
  inner_guard_compare (guard, rig->run_fd);
  g_assert_cmpuint (inner_guard_n_findings (guard), ==, 1);
  shell (rig, "test -e NOTES");
}

/* A directory with more in it than is noted: nothing of the person's goes, and what is new does where it is seen. */
static void
test_incomplete (Rig *rig, gconstpointer data)
{
  g_autoptr (InnerGuard) guard = make_guard (rig);

  shell (rig, "mkdir -p .vscode/d; cd .vscode; seq 2040 | xargs touch; cd d; seq 3000 | xargs "
              "touch; sleep 0.05");
  g_assert_cmpint (inner_guard_note (guard, rig->run_fd), ==, 0);
  shell (rig, "touch .vscode/evil; rm .vscode/d/1??");
  inner_guard_compare (guard, rig->run_fd);
  shell (rig,
         "test $(ls .vscode/d | wc -l) -ge 2900 && test $(ls -d .vscode/[0-9]* | wc -l) = 2040");
  g_assert_cmpuint (inner_guard_n_findings (guard), >, 0);
}

/* Notes of one that still runs say how it was before. */
static void
test_inherited (Rig *rig, gconstpointer data)
{
  g_autofree char *second_path = g_build_filename (rig->top, "run", "ba9876543210", NULL);
  g_autoptr (InnerGuard) first = make_guard (rig);
  g_autoptr (InnerGuard) second = make_guard (rig);
  inner_autofd second_fd = -1;

  g_assert_cmpint (g_mkdir (second_path, 0700), ==, 0);
  second_fd = open (second_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  shell (rig, "echo mine > .envrc");
  g_assert_cmpint (inner_guard_note (first, rig->run_fd), ==, 0);
  shell (rig, "echo evil > .envrc; mkdir .vscode");
  g_assert_cmpint (inner_guard_note (second, second_fd), ==, 0);
  inner_guard_compare (first, rig->run_fd);
  shell (rig, "grep -q mine .envrc; test ! -e .vscode; mkdir .vscode; echo evil > .envrc");
  inner_guard_compare (second, second_fd);
  shell (rig, "grep -q mine .envrc && test ! -e .vscode");
}

/* No notes, no command: a run-time directory that takes none is an error. */
static void
test_no_notes (Rig *rig, gconstpointer data)
{
  g_autoptr (InnerGuard) guard = make_guard (rig);
  g_autofree char *blocked = g_build_filename (rig->run, "guard", NULL);

  g_assert_cmpint (g_mkdir (blocked, 0700), ==, 0);
  g_assert_cmpint (inner_guard_note (guard, rig->run_fd), !=, 0);
}

static void
test_open (Rig *rig, gconstpointer data)
{
  static const struct
  {
    const char *path;
    int error;
  } cases[] = {
    { "link", ELOOP }, { "d/up/x", ELOOP },      { "../run", EXDEV },
    { "/etc", EXDEV }, { "d/../../run", EXDEV }, { "none", ENOENT },
  };

  shell (rig, "ln -s /etc/passwd link; mkdir d; ln -s .. d/up; mkfifo fifo; echo x > file");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (inner_guard_open (rig->work_fd, cases[i].path, O_RDONLY), ==, -1);
      g_assert_cmpint (errno, ==, cases[i].error);
    }
  for (guint i = 0; i < 2; i++)
    {
      gsize size;
      g_autofree char *text = inner_guard_read (rig->work_fd, i == 0 ? "fifo" : "file", 1, &size);

      g_assert_null (text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/guards/table", test_table);
  g_test_add_func ("/guards/settings", test_settings);
  g_test_add_func ("/guards/golden", test_golden);
  g_test_add_func ("/guards/refused", test_refused);
  g_test_add_func ("/guards/less", test_less);
  g_test_add_func ("/guards/less-without-privilege", test_less_without_privilege);
  g_test_add_func ("/guards/outside", test_outside_is_judged);
#define ADD(name, function) g_test_add (name, Rig, NULL, set_up, function, tear_down)
  ADD ("/guards/hostile", test_hostile);
  ADD ("/guards/harmless", test_harmless);
  ADD ("/guards/report-only", test_report_only);
  ADD ("/guards/incomplete", test_incomplete);
  ADD ("/guards/inherited", test_inherited);
  ADD ("/guards/no-notes", test_no_notes);
  ADD ("/guards/open", test_open);
#undef ADD

  return g_test_run ();
}
