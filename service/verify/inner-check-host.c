/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-check-host-private.h"

#include <glib/gi18n.h>

/* So many looks at the same time: most wait for a program or a bus. */
#define MAX_THREADS 8

/* What mends a thing: a command that holds everywhere, or packages, one name for each system. */
typedef struct
{
  const char *command;
  const char *packages[INNER_N_SYSTEMS];
} Remedy;

typedef struct
{
  const char *id;
  gboolean required;
  InnerFinding (*look) (const InnerHostView *view);
  const char *why;
  Remedy remedy;
} Check;

/* clang-format off */
static const Check checks[] = {
  { "bwrap", TRUE, inner_look_at_bwrap, N_ ("it makes every sandbox"),
    { NULL, { "bubblewrap" } } },
  { "bwrap-bind-fd", FALSE, inner_look_at_bind_fd,
    N_ ("what is mounted is then exactly what was judged, also when a path is changed meanwhile"),
    { N_ ("use bubblewrap 0.7 or newer"), { NULL } } },
  { "namespaces", TRUE, inner_look_at_namespaces,
    N_ ("a sandbox is made of them, and an ordinary user may be forbidden to make one"),
    { N_ ("look at “bwrap --unshare-all --ro-bind / / true”, and ask whoever runs this machine"), { NULL } } },
  { "programs", TRUE, inner_look_at_programs, N_ ("the service starts them for each sandbox"),
    { N_ ("install the package again"), { NULL } } },
  { "landlock", FALSE, inner_look_at_landlock,
    N_ ("a second wall around the command, against tracing and mounting"),
    { N_ ("use a kernel from 6.12 with Landlock in its list of security modules (lsm=)"), { NULL } } },
  { "seccomp", TRUE, inner_look_at_seccomp, N_ ("it forbids the system calls that ways into the kernel are found in"),
    { N_ ("use a kernel with CONFIG_SECCOMP_FILTER"), { NULL } } },
  { "cgroups", FALSE, inner_look_at_cgroups, N_ ("limits on memory, processors and processes are made of them"),
    { N_ ("start with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"), { NULL } } },
  { "session-bus", FALSE, inner_look_at_session_bus,
    N_ ("programs share one service over it; without it each innerctl has its own"),
    { N_ ("log in with a systemd user session, or use dbus-run-session"), { NULL } } },
  { "user-manager", FALSE, inner_look_at_user_manager,
    N_ ("the systemd of the user puts limits on sandboxes and keeps them while the service is upgraded"),
    { N_ ("log in with a session of your own, or as root: loginctl enable-linger USER"), { NULL } } },
  { "system-bus", FALSE, inner_look_at_system_bus, N_ ("polkit is asked over it"),
    { NULL, { "dbus", "dbus", "dbus-broker", "dbus" } } },
  { "polkit", FALSE, inner_look_at_polkit, N_ ("it grants privileges; without it every one is refused"),
    { NULL, { "polkitd", "polkitd", "polkit", "polkit" } } },
  { "policy", FALSE, inner_look_at_policy, N_ ("polkitd knows our privileges only from this file"),
    { N_ ("install the package into /usr, or copy the file from its share/polkit-1/actions"), { NULL } } },
  { "polkit-agent", FALSE, inner_look_at_polkit_agent,
    N_ ("it takes the answer when polkit asks for a password; without it only rules can grant privileges"),
    { NULL, { "polkitd", "polkitd", "polkit", "polkit" } } },
  { "xdg-dbus-proxy", FALSE, inner_look_at_dbus_proxy,
    N_ ("the privilege session-bus lets only single names through it; without it that privilege is refused"),
    { NULL, { "xdg-dbus-proxy" } } },
  { "git", FALSE, inner_look_at_git, N_ ("your git settings are cleaned with it before a sandbox sees them"),
    { NULL, { "git" } } },
  { "gateway", FALSE, inner_look_at_gateway,
    N_ ("sandboxes reach the hosts of an allowlist through it; without it their network is off, or the machine's own"),
    { N_ ("in a container, let its filter allow unshare, setns and netlink sockets, as podman's does"), { NULL } } },
  { "nftables", FALSE, inner_look_at_nftables,
    N_ ("the network mode “open” leads every port to the gateway with them, and programs inside can listen at ports of an allowlist"),
    { N_ ("load the kernel module nf_tables, as root: modprobe nf_tables"), { NULL } } },
  { "podman-socket", FALSE, inner_look_at_podman,
    N_ ("the privilege podman-socket hands it on: the profiles with containers need it"),
    { N_ ("systemctl --user enable --now podman.socket"), { NULL } } },
  { "subordinate-ids", FALSE, inner_look_at_subordinate,
    N_ ("containers inside of a sandbox (nested-user-ns) are made of these users"),
    { NULL, { "uidmap", "uidmap", "shadow-utils", "shadow" } } },
  { "agents", FALSE, inner_look_at_agents, N_ ("the profiles for agents run them, with a copy of their login"),
    { N_ ("install one, such as: npm install -g @anthropic-ai/claude-code; then run it once outside to log in"), { NULL } } },
  { "profiles", FALSE, inner_look_at_profiles, N_ ("a profile with a mistake does not run"),
    { N_ ("innerctl profile validate --all"), { NULL } } },
  { "trust", FALSE, inner_look_at_trust, N_ ("what of others you approved stands there, and nobody else may write it"),
    { N_ ("chmod -R go-w ~/.local/share/inner/trust"), { NULL } } },
  { "disk", FALSE, inner_look_at_disk, N_ ("records of runs, and what was taken back from workspaces, are kept there"),
    { N_ ("make room, for example: innerctl log clean"), { NULL } } },
};
/* clang-format on */

typedef struct
{
  InnerHostView *view;
  InnerFinding findings[G_N_ELEMENTS (checks)];
} Consultation;

InnerHostView *
inner_host_view_new (const char *home, const char *runtime_dir)
{
  InnerHostView *view = g_new0 (InnerHostView, 1);

  view->home = g_strdup (home);
  view->runtime_dir = g_strdup (runtime_dir);
  view->faults = g_ptr_array_new_with_free_func (g_free);
  return view;
}

void
inner_host_view_free (InnerHostView *view)
{
  g_free (view->home);
  g_free (view->runtime_dir);
  g_ptr_array_unref (view->faults);
  g_free (view);
}

static void
consultation_free (Consultation *consultation)
{
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      g_free (consultation->findings[i].detail);
      g_free (consultation->findings[i].remedy);
    }
  inner_host_view_free (consultation->view);
  g_free (consultation);
}

/* @which is the place in the table, counted from 1. */
static void
look (gpointer which, gpointer data)
{
  Consultation *consultation = data;
  gsize i = GPOINTER_TO_SIZE (which) - 1;

  consultation->findings[i] = checks[i].look (consultation->view);
}

static void
look_at_all (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GThreadPool *pool = g_thread_pool_new (look, data, MAX_THREADS, FALSE, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    g_thread_pool_push (pool, GSIZE_TO_POINTER (i + 1), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  g_task_return_boolean (task, TRUE);
}

void
inner_check_host_async (InnerHostView *view, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, data);
  Consultation *consultation = g_new0 (Consultation, 1);

  consultation->view = view;
  g_task_set_task_data (task, consultation, (GDestroyNotify) consultation_free);
  g_task_run_in_thread (task, look_at_all);
}

/* (transfer full) */
static char *
remedy_for (const Check *check, const InnerFinding *finding)
{
  if (g_str_equal (finding->status, INNER_STATUS_OK))
    return g_strdup ("");
  if (finding->remedy != NULL)
    return g_strdup (finding->remedy);
  if (check->remedy.command != NULL)
    return g_strdup (_ (check->remedy.command));
  return inner_install_here (check->remedy.packages);
}

static GVariant *
report (const Check *check, const InnerFinding *finding)
{
  g_autofree char *detail = g_utf8_make_valid (finding->detail, -1);
  g_autofree char *remedy = remedy_for (check, finding);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
#define ADD(key, value) g_variant_builder_add (&dict, "{sv}", key, value)
  ADD ("id", g_variant_new_string (check->id));
  ADD ("status", g_variant_new_string (finding->status));
  ADD ("required", g_variant_new_boolean (check->required));
  ADD ("detail", g_variant_new_string (detail));
  ADD ("why", g_variant_new_string (_ (check->why)));
  ADD ("remedy", g_variant_new_string (remedy));
#undef ADD
  return g_variant_builder_end (&dict);
}

GVariant *
inner_check_host_finish (GAsyncResult *result)
{
  Consultation *consultation = g_task_get_task_data (G_TASK (result));
  GVariantBuilder reports;

  g_variant_builder_init (&reports, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    g_variant_builder_add_value (&reports, report (&checks[i], &consultation->findings[i]));
  return g_variant_builder_end (&reports);
}
