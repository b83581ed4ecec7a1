/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-bwrap.h"
#include "inner-command-facts.h"
#include "inner-git-settings.h"
#include "inner-names.h"
#include "test-plan-fixture.h"

/* What a sandbox finds of ours: stand-ins for commands, the start file of bash, the git configuration, variables. */

static InnerHost *
make_host (void)
{
  InnerHost *host = new_host ();

  host->shim = g_strdup ("/usr/libexec/inner/inner-shim");
  inner_host_add_fact (host->base, NULL, "/usr", INNER_FILE_DIRECTORY, "/usr");
  inner_host_add_fact (NULL, host->paths, "/etc/hosts", INNER_FILE_MISSING, NULL);
  inner_host_add_fact (NULL, host->paths, "/etc/resolv.conf", INNER_FILE_MISSING, NULL);
  return host;
}

static void
set (InnerProfile *profile, InnerKey key, const char *text)
{
  inner_profile_set (profile, key, g_variant_new_parsed (text), "/p.toml", 3, 1);
}

/* Plans for a caller with the variables @caller: name and value by turns, ended by %NULL. */
static InnerPlan *
plan_for_caller (InnerProfile *profile, const char *const *caller)
{
  g_autoptr (InnerRequest) request = new_request ("{}");
  g_autoptr (GError) error = NULL;
  InnerPlan *plan;

  for (const char *const *word = caller; *word != NULL; word += 2)
    g_hash_table_replace (request->caller_environment, g_strdup (word[0]), g_strdup (word[1]));
  plan = inner_plan_new (request, profile, "/p.toml", make_host (), &error);
  g_assert_no_error (error);
  return plan;
}

static const char *
variable (const InnerPlan *plan, const char *name)
{
  return g_environ_getenv (plan->environment, name);
}

/* Stand-ins */

static void
test_shims (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();
  const InnerMount *table;
  const InnerMount *seal;

  inner_host_add_command (host, "apt", "/usr/bin/apt", NULL);
  inner_host_add_command (host, "python", "/usr/bin/python3.11", "/usr/bin/python");
  set (profile, INNER_KEY_NOOP_BLOCK, "['apt', 'python', 'yay']");
  set (profile, INNER_KEY_NOOP_REWRITE, "{'docker': 'podman'}");
  plan = plan_or_die (host, profile, "{}");

  g_assert_cmpstr (find_mount (plan, "/usr/bin/apt")->source, ==, host->shim);
  g_assert_cmpint (find_mount (plan, "/usr/bin/apt")->kind, ==, INNER_MOUNT_RO);
  g_assert_null (find_mount (plan, "/usr/bin/python3.11"));
  for (gsize i = 0; i < 4; i++)
    {
      static const char *const names[] = { "apt", "python", "yay", "docker" };
      g_autofree char *link = g_build_filename (INNER_INSIDE_BIN, names[i], NULL);

      g_assert_cmpint (find_mount (plan, link)->kind, ==, INNER_MOUNT_SYMLINK);
      g_assert_cmpstr (find_mount (plan, link)->source, ==, INNER_INSIDE_SHIM);
    }
  g_assert_nonnull (strstr (plan->warnings[0], "/usr/bin/python3.11"));
  g_assert_null (plan->warnings[1]);

  table = find_mount (plan, INNER_INSIDE_SHIMS);
  g_assert_nonnull (strstr (table->content, "apt\t\tinner: “apt” is blocked"));
  g_assert_nonnull (strstr (table->content, "\t/usr/bin/apt\n"));
  g_assert_nonnull (strstr (table->content, "docker\tpodman\t"));
  g_assert_null (strstr (table->content, "python3.11"));

  /* All of it is behind the directory's own mount and before that is made read-only. */
  g_assert_cmpint (find_mount (plan, INNER_INSIDE_DIR)->kind, ==, INNER_MOUNT_TMPFS);
  seal = plan->mounts->pdata[plan->mounts->len - 1];
  g_assert_cmpstr (seal->destination, ==, "/");
  g_assert_cmpstr (variable (plan, "PATH"), ==, INNER_INSIDE_BIN ":/usr/local/bin:/usr/bin:/bin");
}

static void
test_no_shims (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = plan_or_die (make_host (), profile, "{}");

  g_assert_null (find_mount (plan, INNER_INSIDE_DIR));
  g_assert_null (find_mount (plan, INNER_INSIDE_SHIMS));
  g_assert_cmpstr (variable (plan, "PATH"), ==, "/usr/local/bin:/usr/bin:/bin");
}

static void
test_shims_in_a_circle (void)
{
  static const char *const maps[] = { "{'a': 'a'}", "{'a': 'b', 'b': 'c'}", "{'a': 'apt'}",
                                      "{'apt': 'x'}" };

  for (gsize i = 0; i < G_N_ELEMENTS (maps); i++)
    {
      g_autoptr (InnerProfile) profile = new_profile ("sh");
      g_autoptr (GError) error = NULL;

      set (profile, INNER_KEY_NOOP_BLOCK, "['apt']");
      set (profile, INNER_KEY_NOOP_REWRITE, maps[i]);
      g_assert_null (try_plan (make_host (), profile, "{}", &error));
      g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
    }
}

/* PATH */

static void
test_path (void)
{
  static const struct
  {
    const char *set;
    const char *prepend;
    const char *block;
    const char *options;
    const char *path;
  } cases[] = {
    { NULL, "['/a', '/b']", NULL, "{}", "/a:/b:/usr/local/bin:/usr/bin:/bin" },
    { "{'PATH': '/x'}", "['/a']", NULL, "{}", "/a:/x" },
    { "{'PATH': ''}", "['/a']", NULL, "{}", "/a" },
    { "{'PATH': ''}", NULL, NULL, "{}", "" },
    { "{'PATH': ''}", NULL, "['apt']", "{}", INNER_INSIDE_BIN },
    { NULL, "['~/bin']", "['apt']", "{}",
      INNER_INSIDE_BIN ":" HOME "/bin:/usr/local/bin:/usr/bin:/bin" },
    { NULL, NULL, "['apt']", "{'environment': <{'PATH': '/own'}>}", INNER_INSIDE_BIN ":/own" },
    { NULL, NULL, NULL, "{'environment': <{'PATH': '/own'}>}", "/own" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (InnerProfile) profile = new_profile ("sh");
      g_autoptr (InnerPlan) plan = NULL;

      if (cases[i].set != NULL)
        set (profile, INNER_KEY_ENV_SET, cases[i].set);
      if (cases[i].prepend != NULL)
        set (profile, INNER_KEY_ENV_PATH_PREPEND, cases[i].prepend);
      if (cases[i].block != NULL)
        set (profile, INNER_KEY_NOOP_BLOCK, cases[i].block);
      plan = plan_or_die (make_host (), profile, cases[i].options);
      g_assert_cmpstr (variable (plan, "PATH"), ==, cases[i].path);
    }
}

/* Shells */

static void
test_start_file (void)
{
  static const struct
  {
    const char *words; /* with blanks between */
    const char *command;
  } cases[] = {
    { "bash -i", "bash --rcfile " INNER_INSIDE_BASHRC " -i" },
    { "/bin/bash -i", "/bin/bash --rcfile " INNER_INSIDE_BASHRC " -i" },
    { "bash -ic id", "bash --rcfile " INNER_INSIDE_BASHRC " -ic id" },
    { "bash -il", "bash --noprofile --rcfile " INNER_INSIDE_BASHRC " -il" },
    { "bash --login -i", "bash --noprofile --rcfile " INNER_INSIDE_BASHRC " --login -i" },
    { "bash -o emacs -i", "bash --rcfile " INNER_INSIDE_BASHRC " -o emacs -i" },
    { "bash -c id", "bash -c id" },
    { "bash script -i", "bash script -i" },
    { "bash -- -i", "bash -- -i" },
    { "bash --norc -i", "bash --norc -i" },
    { "bash --rcfile x -i", "bash --rcfile x -i" },
    { "sh -i", "sh -i" },
    { "bashful -i", "bashful -i" },
    { "bash", "bash" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) words = g_strsplit (cases[i].words, " ", -1);
      g_autoptr (InnerProfile) profile = new_profile (words[0]);
      g_autoptr (InnerPlan) plan = NULL;
      g_autofree char *command = NULL;

      inner_profile_set (profile, INNER_KEY_ENTRYPOINT_ARGS,
                         g_variant_new_strv ((const char *const *) words + 1, -1), NULL, 0, 0);
      plan = plan_or_die (make_host (), profile, "{}");
      command = g_strjoinv (" ", plan->command);
      g_assert_cmpstr (command, ==, cases[i].command);
      g_assert_cmpint (find_mount (plan, INNER_INSIDE_BASHRC) != NULL, ==,
                       strstr (command, INNER_INSIDE_BASHRC) != NULL);
    }
}

/* Attack 32: a profile's words are no words of the shell that reads the file, or the script that is printed. */
static void
test_start_file_is_quoted (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("bash");
  g_autoptr (InnerPlan) plan = NULL;
  g_autofree char *script = NULL;
  const char *content;

  inner_profile_set (profile, INNER_KEY_NAME, g_variant_new_string ("a$(touch x)`y`\\u"), NULL, 0,
                     0);
  set (profile, INNER_KEY_ENTRYPOINT_ARGS, "['-i']");
  set (profile, INNER_KEY_ENTRYPOINT_HISTORY, "[\"it's\", 'one\\ntouch x\\nINNER_7\\ntouch y']");
  plan = plan_or_die (make_host (), profile, "{}");
  content = find_mount (plan, INNER_INSIDE_BASHRC)->content;
  g_assert_nonnull (strstr (content, "PS1='[inner a__touch_x__y__u] \\w \\$ '\n"));
  g_assert_nonnull (strstr (content, "history -s -- 'it'\\''s'\n"));
  g_assert_nonnull (
      strstr (content, "history -s -- 'one'$'\\n''touch x'$'\\n''INNER_7'$'\\n''touch y'\n"));
  script = inner_bwrap_script (plan);
  g_assert_null (strstr (script, "\ntouch"));
}

/* git */

static void
test_git (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  InnerHost *host = make_host ();
  const InnerMount *mount;

  host->git_settings = inner_git_values_new ();
  inner_git_values_add (host->git_settings, "user.name", "Ada");
  inner_git_values_add (host->git_settings, "pull.rebase", "true");
  inner_git_values_add (host->git_settings, "user.name", "Lovelace");
  inner_git_values_add (host->git_settings, "color.ui", "never");
  set (profile, INNER_KEY_GIT_STRIP_SECTIONS, "['color', 'Pull.Rebase']");
  set (profile, INNER_KEY_GIT_OVERRIDES, "{'User.Name': 'Agent', 'core.Pager': 'cat'}");
  plan = plan_or_die (host, profile, "{}");
  mount = find_mount (plan, HOME "/.gitconfig");
  g_assert_cmpint (mount->kind, ==, INNER_MOUNT_FILE_OVER);
  g_assert_cmpstr (mount->content, ==, "[user]\n\tname = \"Agent\"\n[core]\n\tpager = \"cat\"\n");
}

static void
test_git_only_if_named (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = plan_or_die (make_host (), profile, "{}");

  g_assert_null (find_mount (plan, HOME "/.gitconfig"));
}

static void
test_git_twice (void)
{
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (GError) error = NULL;
  InnerHost *host = make_host ();

  host->git_settings = inner_git_values_new ();
  set (profile, INNER_KEY_GIT_OVERRIDES, "{'push.default': 'nothing', 'Push.Default': 'matching'}");
  g_assert_null (try_plan (host, profile, "{}", &error));
  g_assert_error (error, INNER_ERROR, INNER_ERROR_PROFILE_INVALID);
  g_assert_nonnull (strstr (error->message, "twice"));
}

/* Variables */

static void
test_nothing_is_inherited_by_itself (void)
{
  const char *const variables[] = { "TOKEN", "x", "LANG", "C", "PATH", "/evil", NULL };
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  g_autofree char *names = NULL;

  set (profile, INNER_KEY_ENV_INHERIT, "['LANG', 'MISSING']");
  plan = plan_for_caller (profile, variables);
  names = g_strjoinv (" ", plan->environment);
  g_assert_cmpstr (names, ==, "HOME=" HOME " LANG=C PATH=/usr/local/bin:/usr/bin:/bin");
}

/* All variables are a privilege, and asked for as one. */
static void
test_inherit_all (void)
{
  const char *const variables[] = { "TOKEN", "secret-4711", "HOME", "/root", NULL };
  g_autoptr (InnerProfile) profile = new_profile ("sh");
  g_autoptr (InnerPlan) plan = NULL;
  g_autofree char *script = NULL;

  set (profile, INNER_KEY_ENV_INHERIT_ALL, "true");
  plan = plan_for_caller (profile, variables);
  g_assert_cmpstr (plan->privileges[0], ==, "inherit-environment");
  g_assert_cmpstr (variable (plan, "TOKEN"), ==, "secret-4711");
  g_assert_cmpstr (variable (plan, "HOME"), ==, HOME);
  script = inner_bwrap_script (plan);
  g_assert_null (strstr (script, "secret-4711"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan-inside/shims", test_shims);
  g_test_add_func ("/plan-inside/no-shims", test_no_shims);
  g_test_add_func ("/plan-inside/shims-in-a-circle", test_shims_in_a_circle);
  g_test_add_func ("/plan-inside/path", test_path);
  g_test_add_func ("/plan-inside/start-file", test_start_file);
  g_test_add_func ("/plan-inside/start-file-is-quoted", test_start_file_is_quoted);
  g_test_add_func ("/plan-inside/git", test_git);
  g_test_add_func ("/plan-inside/git-only-if-named", test_git_only_if_named);
  g_test_add_func ("/plan-inside/git-twice", test_git_twice);
  g_test_add_func ("/plan-inside/nothing-inherited", test_nothing_is_inherited_by_itself);
  g_test_add_func ("/plan-inside/inherit-all", test_inherit_all);
  return g_test_run ();
}
