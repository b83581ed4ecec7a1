/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-agents.h"
#include "inner-plan-check.h"
#include "test-profile-common.h"

/*
 * Each rule about a profile has a document that breaks exactly this rule, at a known place, and one that
 * comes near and does not. The machine is described, not looked at.
 */

#define HOME "/home/ada"
#define INTERACTIVE "[entrypoint]\ncmd = 'bash'\ninteractive = true\n"

/* What of the machine exists, and where links lead. */
static const struct
{
  const char *path;
  InnerFileType type;
  const char *canonical;
} files[] = {
  { HOME, INNER_FILE_DIRECTORY, NULL },
  { HOME "/project", INNER_FILE_DIRECTORY, NULL },
  { HOME "/.ssh", INNER_FILE_DIRECTORY, NULL },
  { HOME "/.config", INNER_FILE_DIRECTORY, NULL },
  { HOME "/.local/bin", INNER_FILE_DIRECTORY, NULL },
  { HOME "/.local/bin/claude", INNER_FILE_REGULAR, HOME "/.local/share/claude/2.0" },
  { HOME "/.local/bin/own", INNER_FILE_REGULAR, NULL },
  { HOME "/.local/share/claude", INNER_FILE_DIRECTORY, NULL },
  { HOME "/.claude/.credentials.json", INNER_FILE_REGULAR, NULL },
  { HOME "/tools", INNER_FILE_DIRECTORY, NULL },
  { HOME "/tools/hammer", INNER_FILE_REGULAR, NULL },
  { HOME "/socket", INNER_FILE_SOCKET, NULL },
  { "/data", INNER_FILE_DIRECTORY, NULL },
  { "/etc/ssl", INNER_FILE_DIRECTORY, NULL },
  { "/opt", INNER_FILE_DIRECTORY, NULL },
  { "/opt/jdk", INNER_FILE_DIRECTORY, NULL },
  { "/usr/bin", INNER_FILE_DIRECTORY, NULL },
  { "/usr/bin/bash", INNER_FILE_REGULAR, NULL },
  { "/usr/share", INNER_FILE_DIRECTORY, NULL },
  { "/var", INNER_FILE_DIRECTORY, NULL },
};

/**
 * Case:
 * @id: the rule
 * @all: (nullable): every rule that speaks up, in the order of the table; %NULL: only @id
 * @place: line and column of the first issue of the rule
 * @part: a part of its message
 */
typedef struct
{
  const char *id;
  const char *all;
  const char *broken;
  const char *place;
  const char *part;
  const char *near;
} Case;

/* clang-format off */
static const Case cases[] = {
  { "capability-unknown", NULL, "capabilities = ['claude', 'cluade']", "1:27", "did you mean “claude”?",
    "capabilities = ['claude']" },
  { "agent-unknown", NULL, "[agent]\nstate = ['nobody']", "2:10", "it is one of: claude",
    "[agent]\nstate = ['claude']" },
  { "allow-unknown", NULL, "[sandbox]\nallow = ['podman-socket',\n 'docker-sokcet']", "3:2",
    "did you mean “docker-socket”?", "[sandbox]\nallow = ['podman-socket', 'docker-socket', 'display']" },
  { "require-unknown", NULL, "[sandbox]\nrequire = ['landlok']", "2:12", "did you mean “landlock”?",
    "[sandbox]\nrequire = ['landlock', 'namespaces', 'seccomp', 'limits']" },
  { "limits-memory", NULL, "[sandbox.limits]\nmemory = '512X'", "2:10", "512X",
    "[sandbox.limits]\nmemory = '512M'" },
  { "limits-memory", NULL, "[sandbox.limits]\nmemory = '-1G'", "2:10", "such as 512M",
    "[sandbox.limits]\nmemory = ''" },
  { "limits-cpu", NULL, "[sandbox.limits]\ncpu = 'much'", "2:7", "such as 200%",
    "[sandbox.limits]\ncpu = 2.5" },
  { "publish", NULL, "[publish]\n8080 = 80\n'0.0.0.0:0' = 80", "3:1", "0.0.0.0:0",
    "[publish]\n8080 = 80\n'127.0.0.1:8081' = '81'\n'[::1]:8082' = 82" },
  { "publish", NULL, "[publish]\n8080 = 65536", "2:1", "65536", "[publish]\n8080 = 65535" },
  { "publish", NULL, "[publish]\n'::1:80' = 80", "2:1", "::1:80", "[publish]\n1 = 1" },
  { "publish", NULL, "[publish]\n'somewhere:80' = 80", "2:1", "somewhere", "" },
  { "publish", NULL, "[publish]\n'0.0.0.0:80' = 80", "2:1", "other machines", "[publish]\n'127.9.9.9:80' = 80" },
  { "publish", NULL, "[publish]\n80 = 80\n'127.0.0.1:80' = 81", "3:1", "remove one", "[publish]\n80 = 80\n81 = 80" },
  { "git-strip-sections", NULL, "[git]\nstrip_sections = ['[credential]']", "2:19", "credential",
    "[git]\nstrip_sections = ['credential', 'core.hooksPath', 'credential.https://x']" },
  { "git-overrides", NULL, "[git.overrides]\n'push.default' = 'nothing'\npush = 'x'", "3:1", "section.key",
    "[git.overrides]\n'push.default' = 'nothing'\n'url.a b.insteadOf' = 'c'" },
  { "git-overrides", NULL, "[git.overrides]\n'core.a=b' = 'x'", "2:1", "core.a=b", "" },
  { "noop-block", NULL, "[noop]\nblock = ['apt', '/usr/bin/apt']", "2:17", "no name of a command",
    "[noop]\nblock = ['apt-get', 'g++', 'python3.11']" },
  { "noop-block", NULL, "[noop]\nblock = ['a;b']", "2:10", "a;b", "[noop]\nblock = ['a_b']" },
  { "noop-block", NULL, "[noop]\nblock = ['..']", "2:10", "..", "[noop]\nblock = ['a..']" },
  { "noop-block", NULL, "[noop]\nblock = ['-x']", "2:10", "-x", "[noop]\nblock = ['x-']" },
  { "noop-block", NULL, "[noop]\nblock = ['']", "2:10", "no name", "[noop]\nblock = []" },
  { "noop-rewrite", NULL, "[noop.rewrite]\ndocker = 'podman'\nnpm = 'pnpm --flag'", "3:1", "without arguments",
    "[noop.rewrite]\ndocker = '/usr/bin/podman'" },
  { "noop-rewrite", NULL, "[noop.rewrite]\n'a/b' = 'podman'", "2:1", "a/b", "" },
  { "noop-rewrite", NULL, "[noop.rewrite]\na = '$(id)'", "2:1", "$(id)", "" },
  { "verify-name", NULL, "[verify.custom]\nchecks = [{ name = ' ', cmd = 'true' }]", "2:11", "no name",
    "[verify.custom]\nchecks = [{ name = 'java 21', cmd = 'true' }]" },
  { "verify-command", NULL, "[verify.custom]\nchecks = [{ name = 'x', cmd = ' ' }]", "2:11", "could not fail",
    "[verify.custom]\nchecks = [{ name = 'x', cmd = ':' }]" },
  { "verify-twice", NULL, "[verify.custom]\nchecks = [{ name = 'x', cmd = 'a' },\n{ name = 'x', cmd = 'b' }]",
    "3:1", "“x”",
    "[verify.custom]\nchecks = [{ name = 'x', cmd = 'a' }, { name = 'y', cmd = 'a' }]" },

  { "expand-workspaces-path", NULL, "workspaces_path = '${x'", "1:19", "${x", "workspaces_path = '${HOME}/w'" },
  { "expand-home-allow", NULL, "[sandbox]\nhome_allow = ['~/.local/bin', '~/${']", "2:31", "${",
    "[sandbox]\nhome_allow = ['$HOME/.local/bin']" },
  { "expand-mounts", NULL, "[mounts]\n'/data' = { dest = '/a' }\n'~/project' = { dest = '${workspaces_path}/x' }",
    "3:1", "set workspaces_path",
    "workspaces_path = '/w'\n[mounts]\n'/data' = { dest = '${workspaces_path}/x' }" },
  { "expand-set", NULL, "[env.set]\nA = '1'\nB = '${B'", "3:1", "${B", "[env.set]\nA = '$$ $1'" },
  { "expand-path-prepend", NULL, "[env]\npath_prepend = ['${1}']", "2:17", "${1}",
    "[env]\npath_prepend = ['${HOME}/tools']" },
  { "expand-workdir", NULL, "[entrypoint]\ncmd = 'bash'\ninteractive = true\nworkdir = '${workspaces_path}'", "4:11",
    "workspaces_path", INTERACTIVE "workdir = '~/project'" },
  { "expand-log", NULL, "[output]\nlog = '${}'", "2:7", "${}", "[output]\nlog = '~/logs'" },
  { "inherit-name", NULL, "[env]\ninherit = ['A', 'B=C']", "2:17", "B=C", "[env]\ninherit = ['A', 'B-C']" },
  { "set-name", NULL, "[env.set]\n'' = 'x'", "2:1", "name of a variable", "[env.set]\nX = '='" },
  { "set-undefined", NULL, "[env.set]\nA = '$HOME'\nB = '${NOWHERE}x'", "3:1", "NOWHERE",
    "[env.set]\nA = '${UID} $PATH $'" },
  { "set-missing", NULL, "[env.set]\nJAVA_HOME = '/opt/jkd'", "2:1", "/opt/jkd",
    "[env.set]\nJAVA_HOME = '/opt/jdk'\nA = '/tmp/x'\nB = 'a/b'\nC = '/a:/b'\nD = 'unix:///x'" },
  { "set-missing", NULL, "[env.set]\nA = '$HOME/nothing'", "2:1", "$HOME/nothing",
    "[mounts]\n'/data' = { dest = '~/nothing' }\n[env.set]\nA = '$HOME/nothing'" },
  { "path-empty", NULL, "[env]\npath_prepend = ['~/tools', '']", "2:28", "workspace",
    "[env]\npath_prepend = ['~/tools']" },
  { "path-empty", NULL, "[env]\npath_prepend = ['$NOWHERE']", "2:17", "workspace", "" },
  { "path-empty", NULL, "[env]\npath_prepend = ['/opt/jdk:']", "2:17", "workspace",
    "[env]\npath_prepend = ['/opt/jdk']" },
  { "path-relative", NULL, "[env]\npath_prepend = ['node_modules/.bin']", "2:17", "node_modules",
    "[env]\npath_prepend = ['/opt/jdk/']" },
  { "path-missing", NULL, "[env]\npath_prepend = ['/opt/jdk', '/opt/jkd/bin']", "2:29", "/opt/jkd/bin",
    "[env]\npath_prepend = ['/opt/jdk']" },
  { "inherit-all", "inherit-all inherit-all-home", "[env]\ninherit_all = true", "2:15", "secrets",
    "[env]\ninherit_all = false" },
  { "inherit-all", NULL, "[env]\ninherit_all = true\n[sandbox]\nhome = 'host-ro'", "2:15", "secrets", "" },
  { "inherit-all-open", "inherit-all-open inherit-all-home",
    "[env]\ninherit_all = true\n[sandbox]\nnetwork_mode = 'open'", "2:15", "send them anywhere",
    "[env]\ninherit_all = false\n[sandbox]\nnetwork_mode = 'open'" },
  { "inherit-all-home", "inherit-all inherit-all-home", "[env]\ninherit_all = true\n[sandbox]\nhome = 'isolated'",
    "2:15", "own home", "[env]\ninherit_all = false\n[sandbox]\nhome = 'isolated'" },

  { "mount-path", NULL, "[mounts]\n'/data' = { dest = 'data' }", "2:1", "absolute",
    "[mounts]\n'/data' = { dest = '~/data' }\n'cache' = { dest = '/cache', mode = 'tmpfs' }" },
  { "mount-path", NULL, "[mounts]\n'data' = { dest = '/data' }", "2:1", "“data”", "" },
  { "mount-source", NULL, "[mounts]\n'/data' = { dest = '/a' }\n'/dta' = { dest = '/b' }", "3:1", "/dta",
    "[mounts]\n'/data' = { dest = '/a', mode = 'rw' }\n'/dta' = { dest = '/b', mode = 'tmpfs' }" },
  { "mount-source", NULL, "[mounts]\n'~/.ssh' = { dest = '/keys' }", "2:1", "your SSH keys", "" },
  { "mount-source", NULL, "[mounts]\n'~' = { dest = '/a', mode = 'rw' }", "2:1", "holds", "" },
  { "mount-source", NULL, "[mounts]\n'~/socket' = { dest = '/a' }", "2:1", "socket", "" },
  /* A writable mount on a place of the system */
  { "mount-source", NULL, "[mounts]\n'/etc/ssl' = { dest = '/a', mode = 'rw' }", "2:1", "belongs to the system",
    "[mounts]\n'/opt/jdk' = { dest = '/a', mode = 'rw' }" },
  { "mount-source", NULL, "[mounts]\n'/opt' = { dest = '/a', mode = 'rw' }", "2:1", "belongs to the system",
    "[mounts]\n'/opt' = { dest = '/a', mode = 'ro' }" },
  /* A writable mount on “/”, and one that covers the home directory */
  { "mount-destination", "mount-destination command-hidden", "[mounts]\n'/data' = { dest = '/', mode = 'rw' }", "2:1", "“/”",
    "[mounts]\n'/data' = { dest = '/mnt', mode = 'rw' }" },
  { "mount-destination", NULL, "[mounts]\n'/data' = { dest = '~' }", "2:1", "private home directory",
    "[mounts]\n'/data' = { dest = '~/data' }" },
  { "mount-destination", NULL, "[mounts]\n'/data' = { dest = '/proc/sys' }", "2:1", "/proc/sys", "" },
  { "mount-place", NULL, "[mounts]\n'/data' = { dest = '/usr/data' }", "2:1", "does not exist",
    "[mounts]\n'/data' = { dest = '/usr/share' }\n'~/project' = { dest = '/new/place' }" },
  { "mount-place", NULL, "[sandbox]\nhome_allow = ['~/tools']\n[mounts]\n'/data' = { dest = '~/tools/data' }", "4:1",
    "does not exist", "[sandbox]\nhome_allow = ['~/tools']\n[mounts]\n'/data' = { dest = '~/tool' }" },
  { "mount-agent", NULL, "capabilities = ['claude']\n[mounts]\n'/data' = { dest = '~/.claude', mode = 'rw' }", "3:1",
    "“claude”", "capabilities = ['claude']\n[mounts]\n'/data' = { dest = '~/.claude-x' }" },
  { "mount-agent", NULL, "[agent]\nstate = ['claude']\n[mounts]\n'/data' = { dest = '~/.claude.json' }", "4:1",
    "“claude”", "[mounts]\n'/data' = { dest = '~/.claude.json' }" },
  { "mount-over-system", NULL, "[mounts]\n'/data' = { dest = '/var', mode = 'rw' }", "2:1", "“/var”",
    "[mounts]\n'/data' = { dest = '/var/data', mode = 'rw' }" },
  { "mount-inside", NULL, "[mounts]\n'/data' = { dest = '~/project/new' }", "2:1", "nothing in the workspace",
    "[mounts]\n'/data' = { dest = '~/project-data' }" },
  { "mount-inside", NULL, "[mounts]\n'/data' = { dest = '/workspace/new' }", "2:1", "nothing in the workspace",
    "[mounts]\n'/data' = { dest = '/workspaces' }" },
  /* A mount that brings in the directory itself */
  { "mount-inside", NULL, "[mounts]\n'/data' = { dest = '~/project/x/y', mode = 'tmpfs' }", "2:1",
    "nothing in the workspace",
    "[mounts]\n'~/tools' = { dest = '~/project', mode = 'rw' }\n'/data' = { dest = '~/project/new' }" },
  { "home-allow-path", NULL, "[sandbox]\nhome_allow = ['']", "2:15", "absolute path",
    "[sandbox]\nhome_allow = ['~/tools']" },
  { "home-allow-path", NULL, "[sandbox]\nhome_allow = ['.local']", "2:15", ".local", "" },
  { "home-allow-home", NULL, "[sandbox]\nhome_allow = ['~/tools', '~']", "2:26", "whole home",
    "[sandbox]\nhome_allow = ['~/tools', '~/.local/bin']" },
  { "home-allow-home", NULL, "[sandbox]\nhome_allow = ['/home']", "2:15", "or above", "" },
  { "home-allow-refused", NULL, "[sandbox]\nhome_allow = ['~/.ssh']", "2:15", "SSH",
    "[sandbox]\nhome_allow = ['~/.nothing', '~/.config']" },
  { "home-allow-unused", NULL, "[sandbox]\nhome = 'host-ro'\nhome_allow = ['~/tools']", "3:14", "isolated",
    "[sandbox]\nhome = 'isolated'\nhome_allow = ['~/tools']" },
  { "home-allow-outside", NULL, "[sandbox]\nhome_allow = ['/data']", "2:15", "mounts",
    "[sandbox]\nhome_allow = ['/home/ada/tools']" },
  { "workspace-destination", NULL, "[workspace]\ndestination = 'work'", "2:15", "absolute path",
    "[workspace]\ndestination = '/work'" },
  { "workspace-destination", NULL, "[workspace]\ndestination = '/dev/x'", "2:15", "/dev/x", "" },
  { "workspace-destination", NULL, "[workspace]\ndestination = '/a/../b'", "2:15", "“..”", "" },
  { "git-dir", NULL, "[sandbox]\ngit_dir = 'rw'", "2:11", "on the host", "[sandbox]\ngit_dir = 'protected'" },
  { "pid-namespace", NULL, "[sandbox]\npid_namespace = false", "2:17", "does nothing",
    "[sandbox]\npid_namespace = true" },

  { "network-allow-group", NULL, "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['@npm', '@githb']", "3:26",
    "did you mean “@github”?",
    "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['@npm', '@github', '@claude']" },
  { "network-deny-group", NULL, "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['a.example']\n"
    "network_deny = ['@evil']", "4:17", "@evil",
    "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['a.example']\nnetwork_deny = ['@github']" },
  { "network-allow-pattern", NULL, "[sandbox]\nnetwork_mode = 'allowlist'\n"
    "network_allow = ['a.example', 'https://b.example/']", "3:31", "without “https://”",
    "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['a.example', '*.b.example:8443', '10.0.0.0/8']" },
  { "network-deny-pattern", NULL, "[sandbox]\nnetwork_deny = ['a.example:0']", "2:17", "from 1 to 65535",
    "[sandbox]\nnetwork_deny = ['a.example', '169.254.169.254', '[fd00::1]:80', 'fd00::/8']" },
  { "network-allow-unused", NULL, "[sandbox]\nnetwork_mode = 'open'\nnetwork_allow = ['a.example']", "3:17",
    "filters nothing", "[sandbox]\nnetwork_mode = 'off'\nnetwork_allow = ['a.example']" },
  { "network-deny-unused", NULL, "[sandbox]\nnetwork = true\nnetwork_deny = ['a.example']", "3:16",
    "filters nothing", "[sandbox]\nnetwork = false\nnetwork_deny = ['a.example']" },
  { "network-ask-unused", NULL, "[sandbox]\nnetwork_mode = 'open'\nnetwork_ask = true", "3:15",
    "nobody is asked about any host, because the network is “open”",
    "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_ask = true" },
  { "allowlist-empty", NULL, "[sandbox]\nnetwork_mode = 'allowlist'", "2:16", "nothing can be reached",
    "capabilities = ['claude']\n[sandbox]\nnetwork_mode = 'allowlist'" },
  { "allowlist-empty", NULL, "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = []", "2:16", "nothing can be",
    "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['@npm']" },

  { "mount-source", NULL, "[sandbox]\nallow = ['netrc']\n[mounts]\n'~/.ssh' = { dest = '/keys' }", "4:1", "SSH",
    "[sandbox]\nallow = ['ssh-keys']\n[mounts]\n'~/.ssh' = { dest = '/keys' }" },
  /* What is opened may be read, not changed. */
  { "mount-source", NULL, "[sandbox]\nallow = ['ssh-keys']\n[mounts]\n'~/.ssh' = { dest = '/keys', mode = 'rw' }", "4:1",
    "SSH", "" },
  { "open-credentials", NULL, "[sandbox]\nnetwork = true\nhome = 'host-ro'\nallow = ['display', 'ssh-keys']", "4:21",
    "sent anywhere", "[sandbox]\nnetwork = true\nallow = ['display']" },
  { "open-credentials", NULL, "[sandbox]\nnetwork_mode = 'host'\nallow = ['ssh-agent']", "3:10", "sent anywhere",
    "[sandbox]\nnetwork = false\nallow = ['ssh-agent']" },
  { "nested", NULL, "[sandbox]\nallow = ['nested-user-ns']", "2:10", "kernel", "[sandbox]\nallow = ['display']" },
  { "nested-open", "nested nested-open", "[sandbox]\nnetwork = true\nallow = ['nested-user-ns']", "3:10",
    "open network", "[sandbox]\nnetwork = true\nallow = ['display']" },
  { "cgroup-unused", NULL, "[sandbox]\ncgroup_manager = 'cgroupfs'", "2:18", "nested-user-ns", "" },
  { "cgroup-systemd", "nested cgroup-systemd", "[sandbox]\nallow = ['nested-user-ns']\ncgroup_manager = 'systemd'",
    "3:18", "cgroupfs", "" },

  { "command-missing", NULL, "[entrypoint]\ncmd = 'bsh'\ninteractive = true", "2:7", "“bsh”", INTERACTIVE },
  { "command-missing", NULL, "[entrypoint]\ncmd = '/usr/bin/bsh'\ninteractive = true", "2:7", "/usr/bin/bsh",
    "[entrypoint]\ncmd = './run.sh'\ninteractive = true" },
  { "command-hidden", NULL, "[env]\npath_prepend = ['/opt/jdk']\n" INTERACTIVE "args = []\n[mounts]\n"
    "'/data' = { dest = '/usr/bin' }", "4:7", "bash",
    "[env]\npath_prepend = ['/t']\n[mounts]\n'~/tools' = { dest = '/t' }\n"
    "[entrypoint]\ncmd = 'hammer'\ninteractive = true" },
  { "command-hidden", NULL, "[env]\ninherit = ['PATH']\n[entrypoint]\ncmd = 'own'\ninteractive = true", "4:7",
    HOME "/.local/bin/own", "[env]\ninherit = ['PATH']\n[sandbox]\nhome_allow = ['~/.local/bin']\n"
    "[entrypoint]\ncmd = 'own'\ninteractive = true" },
  { "command-hidden", NULL, "[env]\ninherit = ['PATH']\n[sandbox]\nhome_allow = ['~/.local/bin']\n"
    "[entrypoint]\ncmd = 'claude'\ninteractive = true", "6:7", "a link to “" HOME "/.local/share/claude/2.0”",
    "[env]\ninherit = ['PATH']\n[sandbox]\nhome_allow = ['~/.local/bin', '~/.local/share/claude']\n"
    "[entrypoint]\ncmd = 'claude'\ninteractive = true" },
  { "command-hidden", NULL, "[entrypoint]\ncmd = '" HOME "/.local/bin/own'\ninteractive = true", "2:7", "home_allow",
    "[sandbox]\nhome = 'host-ro'\n[entrypoint]\ncmd = '" HOME "/.local/bin/own'\ninteractive = true" },
  { "no-timeout", NULL, "[entrypoint]\ncmd = 'bash'\ninteractive = false", "3:15", "timeout_seconds",
    "[entrypoint]\ncmd = 'bash'\ninteractive = false\n[output]\ntimeout_seconds = 1" },
};
/* clang-format on */

static InnerHost *
make_host (void)
{
  InnerHost *host = inner_host_new_empty ();

  host->uid = 1000;
  host->home = g_strdup (HOME);
  host->runtime_dir = g_strdup ("/run/user/1000");
  host->landlock_abi = 7;
  inner_host_add_fact (host->base, NULL, "/usr", INNER_FILE_DIRECTORY, "/usr");
  inner_host_add_fact (host->base, NULL, "/bin", INNER_FILE_SYMLINK, "usr/bin");
  inner_host_add_fact (host->base, NULL, "/opt", INNER_FILE_DIRECTORY, "/opt");
  return host;
}

static InnerRequest *
make_request (gboolean with_environment)
{
  g_autoptr (GVariant) options =
      g_variant_ref_sink (g_variant_new_parsed ("{'directory': <%s>}", HOME "/project"));
  InnerRequest *request = inner_request_new (options, NULL, NULL);
  GHashTable *environment = request->caller_environment;

  if (!with_environment)
    return request;
  g_hash_table_insert (environment, g_strdup ("HOME"), g_strdup (HOME));
  g_hash_table_insert (environment, g_strdup ("PATH"), g_strdup ("/usr/bin:" HOME "/.local/bin"));
  return request;
}

/* Looks at the paths on the machine that is described above. */
static void
look (InnerHost *host, GPtrArray *paths, const char *absent)
{
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = paths->pdata[i];
      InnerFileType type = INNER_FILE_MISSING;
      const char *canonical = NULL;

      for (gsize f = 0; f < G_N_ELEMENTS (files) && g_strcmp0 (path, absent) != 0; f++)
        if (g_str_equal (files[f].path, path))
          {
            type = files[f].type;
            canonical = files[f].canonical != NULL ? files[f].canonical : path;
          }
      inner_host_add_fact (NULL, host->paths, path, type, canonical);
    }
}

static GPtrArray *
check (InnerProfile *profile, gboolean with_environment, const char *absent)
{
  g_autoptr (InnerRequest) request = make_request (with_environment);
  g_autoptr (InnerHost) host = make_host ();
  g_autoptr (GPtrArray) paths = inner_plan_paths (request, profile, host);
  g_autoptr (GPtrArray) more = inner_plan_check_paths (request, profile, host);

  look (host, paths, absent);
  look (host, more, absent);
  return inner_plan_check (request, profile, host, INNER_CHECK_VALIDATE);
}

/* The document, over one that says nothing that a rule speaks about. */
static InnerProfile *
make_profile (const char *text)
{
  g_autoptr (InnerProfile) base = toml (INTERACTIVE);
  g_autoptr (InnerProfile) child = toml (text);

  return inner_profile_merge (base, child);
}

static char *
ids_of (GPtrArray *issues)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  for (guint i = 0; i < issues->len; i++)
    g_ptr_array_add (ids, (gpointer) ((InnerIssue *) issues->pdata[i])->check->id);
  g_ptr_array_add (ids, NULL);
  return g_strjoinv (" ", (char **) ids->pdata);
}

static void
assert_issues (const char *text, const char *expected)
{
  g_autoptr (InnerProfile) profile = make_profile (text);
  g_autoptr (GPtrArray) issues = check (profile, TRUE, NULL);
  g_autofree char *found = ids_of (issues);

  if (!g_str_equal (found, expected))
    g_error ("“%s”, and not “%s”, was found in\n%s\n%s", found, expected, text,
             issues->len > 0 ? ((InnerIssue *) issues->pdata[0])->message : "");
}

static void
test_case (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (InnerProfile) profile = make_profile (one->broken);
  g_autoptr (GPtrArray) issues = check (profile, TRUE, NULL);

  assert_issues (one->broken, one->all != NULL ? one->all : one->id);
  assert_issues (one->near, "");
  for (guint i = 0; i < issues->len; i++)
    {
      const InnerIssue *issue = issues->pdata[i];
      g_autofree char *place = g_strdup_printf ("%u:%u", issue->line, issue->column);

      if (!g_str_equal (issue->check->id, one->id))
        continue;
      g_assert_cmpstr (issue->path, ==, "test");
      g_assert_cmpstr (place, ==, one->place);
      if (strstr (issue->message, one->part) == NULL)
        g_error ("“%s” is not in “%s”", one->part, issue->message);
    }
}

/* What is in the tables of agents decides: one without hosts, and one whose login is not there. */
static void
test_agents (void)
{
  static const char *const keys[][2] = { { "capabilities = ['", "capability" },
                                         { "[agent]\nstate = ['", "agent" } };

  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    for (gsize k = 0; k < G_N_ELEMENTS (keys); k++)
      {
        g_autofree char *head = g_strconcat (keys[k][0], agent->name, "']\n", NULL);
        g_autofree char *text = g_strconcat (
            head, "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['@npm']", NULL);
        g_autofree char *named = g_strconcat (
            head, "[sandbox]\nnetwork_mode = 'allowlist'\nnetwork_allow = ['a.b']", NULL);
        g_autofree char *expected = g_strconcat (keys[k][1], "-hosts", NULL);
        g_autoptr (InnerProfile) profile = make_profile (text);
        g_autoptr (InnerProfile) other = make_profile (named);
        g_autoptr (GPtrArray) issues = check (profile, TRUE, NULL);
        g_autoptr (GPtrArray) near = check (other, TRUE, NULL);
        g_autofree char *found = ids_of (issues);
        g_autofree char *found_near = ids_of (near);

        g_assert_cmpint (strstr (found, expected) != NULL, ==, agent->hosts[0] == NULL);
        g_assert_null (strstr (found_near, expected));
      }
}

static void
test_agent_missing (void)
{
  static const char *const documents[] = { "capabilities = ['claude']",
                                           "[agent]\nstate = ['claude']" };
  static const char *const ids[] = { "capability-missing", "agent-missing" };

  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      g_autoptr (InnerProfile) profile = make_profile (documents[i]);
      g_autoptr (GPtrArray) there = check (profile, TRUE, NULL);
      g_autoptr (GPtrArray) issues = check (profile, TRUE, HOME "/.claude/.credentials.json");
      g_autofree char *found = ids_of (issues);

      g_assert_cmpuint (there->len, ==, 0);
      g_assert_cmpstr (found, ==, ids[i]);
      g_assert_nonnull (strstr (((InnerIssue *) issues->pdata[0])->message, "log in with it"));
    }
}

/* Each rule is tested here, and no test is of a rule that is gone. */
static void
test_every_rule_has_a_test (void)
{
  static const char *const elsewhere[] = { "capability-hosts", "agent-hosts", "capability-missing",
                                           "agent-missing", NULL };

  for (const InnerPlanCheck *row = inner_plan_checks; row->id != NULL; row++)
    {
      gboolean found = g_strv_contains (elsewhere, row->id);

      for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        found = found || g_str_equal (cases[i].id, row->id);
      if (!found)
        g_error ("no test breaks the rule %s", row->id);
      for (const InnerPlanCheck *other = row + 1; other->id != NULL; other++)
        g_assert_cmpstr (row->id, !=, other->id);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const InnerPlanCheck *row = inner_plan_checks;

      while (row->id != NULL && !g_str_equal (row->id, cases[i].id))
        row++;
      g_assert_cmpstr (row->id, ==, cases[i].id);
    }
}

/* What a caller does not tell is not guessed: a service on the bus has another environment. */
static void
test_unknown_environment (void)
{
  g_autoptr (InnerProfile) profile = make_profile (
      "[env]\npath_prepend = ['$TOOLS', '${TOOLS}/bin']\n[env.set]\nA = '$TOOLS/x'\n"
      "[mounts]\n'$TOOLS/x' = { dest = '$TOOLS/y' }\n[sandbox]\nhome_allow = ['$TOOLS']");
  g_autoptr (GPtrArray) unknown = check (profile, FALSE, NULL);
  g_autoptr (GPtrArray) known = check (profile, TRUE, NULL);

  g_assert_cmpuint (unknown->len, ==, 0);
  g_assert_cmpuint (known->len, >=, 4);
}

/* A start refuses with the place and the code of the rule, and is told of dangers and of nothing else. */
static void
test_plan (void)
{
  static const struct
  {
    const char *text;
    int code;
    const char *message;
  } refused[] = {
    { "capabilities = ['cluade']", INNER_ERROR_PROFILE_INVALID, "test:1:17: “cluade”" },
    { "[sandbox]\nallow = ['x-y-z']", INNER_ERROR_PROFILE_INVALID, "test:2:10: " },
    { "[noop]\nblock = ['a b']", INNER_ERROR_PROFILE_INVALID, "test:2:10: " },
    { "[mounts]\n'/data' = { dest = '/usr/x' }", INNER_ERROR_MOUNT_REFUSED, "test:2:1: " },
    { "[mounts]\n'/data' = { dest = 'x' }", INNER_ERROR_MOUNT_REFUSED, "test:2:1: " },
    { "[mounts]\n'/opt' = { dest = '/x', mode = 'rw' }", INNER_ERROR_MOUNT_REFUSED, "/opt" },
    { "[sandbox]\nhome_allow = ['~']", INNER_ERROR_MOUNT_REFUSED, "test:2:15: " },
    { "[env]\npath_prepend = ['$NOWHERE']", INNER_ERROR_PROFILE_INVALID, "test:2:17: " },
  };
  const char *dangers =
      "[entrypoint]\ncmd = 'bsh'\ninteractive = false\n[sandbox]\ngit_dir = 'rw'\n"
      "pid_namespace = false\n[env]\npath_prepend = ['bin']\n";

  for (gsize i = 0; i <= G_N_ELEMENTS (refused); i++)
    {
      gboolean last = i == G_N_ELEMENTS (refused);
      g_autoptr (InnerRequest) request = make_request (FALSE);
      g_autoptr (InnerProfile) base = toml ("[entrypoint]\ncmd = 'bash'\n");
      g_autoptr (InnerProfile) child = toml (last ? dangers : refused[i].text);
      g_autoptr (InnerProfile) profile = inner_profile_merge (base, child);
      InnerHost *host = make_host ();
      g_autoptr (GPtrArray) paths = inner_plan_paths (request, profile, host);
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerPlan) plan = NULL;
      g_autofree char *warnings = NULL;

      look (host, paths, NULL);
      plan = inner_plan_new (request, profile, "test", host, &error);
      if (!last)
        {
          g_assert_null (plan);
          g_assert_error (error, INNER_ERROR, refused[i].code);
          g_assert_nonnull (strstr (error->message, refused[i].message));
          continue;
        }
      g_assert_no_error (error);
      warnings = g_strjoinv ("\n", plan->warnings);
      g_assert_nonnull (strstr (warnings, "sandbox.git_dir: "));
      g_assert_nonnull (strstr (warnings, "“bin” in PATH"));
      g_assert_null (strstr (warnings, "pid_namespace"));
      g_assert_null (strstr (warnings, "bsh"));
      g_assert_null (strstr (warnings, "timeout"));
    }
}

/* What people read is escaped: a document may want to paint the terminal. */
static void
test_hostile_words (void)
{
  g_autoptr (InnerProfile) profile = make_profile (
      "capabilities = [\"\\u202e\"]\n[sandbox]\nhome_allow = [\"\\u202e\", \"/\\u202e\"]\n"
      "network_deny = [\"\\u202e\", \"@\\u202e\"]\nrequire = [\"\\u202e\"]\nallow = [\"\\u202e\"]\n"
      "[noop]\nblock = [\"\\u202e\"]\n[noop.rewrite]\nx = \"\\u202e\"\n[publish]\n\"\\u202e\" = 1\n"
      "[git]\nstrip_sections = [\"\\u202e\"]\n[git.overrides]\n\"\\u202e\" = 'x'\n"
      "[mounts]\n\"/\\u202e\" = { dest = \"/usr/\\u202e\" }\n\"\\u202e\" = { dest = '/x' }\n"
      "[env]\npath_prepend = [\"\\u202e\", \"/\\u202e\"]\n[env.set]\n\"\\u202e=\" = '${'\n"
      "[workspace]\ndestination = \"\\u202e\"\n[entrypoint]\ncmd = \"\\u202e\"");
  g_autoptr (GPtrArray) issues = check (profile, TRUE, NULL);

  g_assert_cmpuint (issues->len, >, 15);
  for (guint i = 0; i < issues->len; i++)
    g_assert_null (strstr (((InnerIssue *) issues->pdata[i])->message, "\u202e"));
}

/* The profiles with podman ask for what is told of as a danger, on purpose. */
static gboolean
is_expected (const InnerProfileEntry *entry, const InnerIssue *issue)
{
  return g_str_has_suffix (entry->name, "-containers") && g_str_equal (issue->check->id, "nested");
}

/* The profiles that come with Inner are right where their agents are set up and their commands installed. */
static void
test_builtin (void)
{
  g_autofree char *directory = source_file ("profiles");
  g_autofree char *schema = source_file ("data/inner-profile.rng");
  g_autoptr (InnerProfileRegistry) registry =
      inner_profile_registry_new (NULL, NULL, directory, schema, NULL, NULL);
  g_autoptr (GPtrArray) entries = inner_profile_registry_list (registry, NULL);

  g_assert_cmpuint (entries->len, >=, 4);
  for (guint i = 0; i < entries->len; i++)
    {
      const InnerProfileEntry *entry = entries->pdata[i];
      g_autoptr (InnerRequest) request = make_request (TRUE);
      g_autoptr (InnerHost) host = make_host ();
      g_autoptr (GPtrArray) paths = inner_plan_paths (request, entry->effective, host);
      g_autoptr (GPtrArray) more = inner_plan_check_paths (request, entry->effective, host);
      g_autoptr (GPtrArray) issues = NULL;

      g_assert_no_error (entry->error);
      for (guint p = 0; p < more->len; p++)
        inner_host_add_fact (NULL, host->paths, more->pdata[p], INNER_FILE_REGULAR, more->pdata[p]);
      for (guint p = 0; p < paths->len; p++)
        inner_host_add_fact (NULL, host->paths, paths->pdata[p], INNER_FILE_DIRECTORY,
                             paths->pdata[p]);
      issues = inner_plan_check (request, entry->effective, host, INNER_CHECK_VALIDATE);
      for (guint n = 0; n < issues->len; n++)
        if (!is_expected (entry, issues->pdata[n]))
          g_error ("%s: %s", entry->name, ((InnerIssue *) issues->pdata[n])->message);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  inner_error_quark ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("/plan-check/rule/%s/%zu", cases[i].id, i);

      g_test_add_data_func (name, &cases[i], test_case);
    }
  g_test_add_func ("/plan-check/agents", test_agents);
  g_test_add_func ("/plan-check/agent-missing", test_agent_missing);
  g_test_add_func ("/plan-check/every-rule-has-a-test", test_every_rule_has_a_test);
  g_test_add_func ("/plan-check/unknown-environment", test_unknown_environment);
  g_test_add_func ("/plan-check/plan", test_plan);
  g_test_add_func ("/plan-check/hostile-words", test_hostile_words);
  g_test_add_func ("/plan-check/builtin", test_builtin);
  return g_test_run ();
}
