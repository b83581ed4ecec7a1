/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-bwrap.h"

#include <string.h>

#include "inner-layers.h"

/* What every sandbox has of its own, and the layer that it makes (inner-layers.h); the network's depends on the
 * plan. Without the user and pid namespaces there would be no sandbox at all.
 * SECURITY: a fresh user namespace also for root, no capability left in any set, no way to make
 * another user namespace, death with the supervisor (attacks 10, 11, 13 and 107;
 * tests/attack/test_011_capabilities.py, tests/attack/test_013_user_namespace.py). */
static const struct
{
  const char *layer;
  const char *arguments[3];
} fixed_arguments[] = {
  { NULL, { "--unshare-user" } },
  { NULL, { "--unshare-pid" } },
  { "ipc-namespace", { "--unshare-ipc" } },
  { "uts-namespace", { "--unshare-uts" } },
  { "cgroup-namespace", { "--unshare-cgroup" } },
  { "no-user-namespaces", { "--disable-userns" } },
  { "capabilities", { "--cap-drop", "ALL" } },
  { "die-with-parent", { "--die-with-parent" } },
  { NULL, { "--as-pid-1" } },
  { "environment", { "--clearenv" } },
};

/* A shell has descriptors of one digit only. What comes behind the last of them is a file of the script's own, whose
 * directory is $inner; this stands before its number. */
#define LAST_DIGIT 9
#define LATER_CONTENT "\001"
static const char *const nested_arguments[] = { "--cap-add", "CAP_SETUID", "--cap-add",
                                                "CAP_SETGID" };

typedef struct
{
  GPtrArray *arguments;
  GArray *descriptors;
  int next_number;
  gboolean by_path;
} Builder;

static void
push (Builder *builder, const char *argument)
{
  g_ptr_array_add (builder->arguments, g_strdup (argument));
}

static void
push_number (Builder *builder, long value)
{
  g_ptr_array_add (builder->arguments, g_strdup_printf ("%ld", value));
}

static void
push_descriptor (Builder *builder, int fd, const char *content, const InnerMount *prepared)
{
  InnerBwrapDescriptor descriptor = {
    .number = builder->next_number++,
    .fd = fd,
    .content = content,
    .prepared = prepared,
  };

  g_array_append_val (builder->descriptors, descriptor);
  push_number (builder, descriptor.number);
}

static void
push_mode (Builder *builder, const InnerMount *mount)
{
  if (mount->mode == 0)
    return;
  push (builder, "--perms");
  g_ptr_array_add (builder->arguments, g_strdup_printf ("%04o", (guint) mount->mode));
}

static void
push_bind (Builder *builder, const InnerMount *mount)
{
  gboolean by_fd = (mount->fd >= 0 || mount->prepared != INNER_PREPARED_NOT) && !builder->by_path;
  gboolean writable = mount->kind == INNER_MOUNT_RW || mount->kind == INNER_MOUNT_COPY;
  const char *word =
      writable ? (by_fd ? "--bind-fd" : "--bind") : (by_fd ? "--ro-bind-fd" : "--ro-bind");

  push (builder, word);
  if (by_fd && mount->prepared != INNER_PREPARED_NOT)
    push_descriptor (builder, -1, NULL, mount);
  else if (by_fd)
    push_descriptor (builder, mount->fd, NULL, NULL);
  else
    push (builder, mount->source);
  push (builder, mount->destination);
}

/* Its directory is there when it is prepared; a printed command line has no proxy, and so no bus. */
static void
push_bus (Builder *builder, const InnerMount *mount)
{
  if (builder->by_path)
    return;
  push (builder, "--ro-bind-fd");
  push_descriptor (builder, -1, NULL, NULL);
  push (builder, mount->destination);
}

/* One block: nobody can put anything there, and it is made read-only all the same. */
static void
push_hidden_directory (Builder *builder, const char *destination)
{
  static const char *const words[] = { "--perms", "0555", "--size", "4096", "--tmpfs", NULL };

  for (const char *const *word = words; *word != NULL; word++)
    push (builder, *word);
  push (builder, destination);
  push (builder, "--remount-ro");
  push (builder, destination);
}

static void
push_later_content (Builder *builder, const InnerMount *mount)
{
  InnerBwrapDescriptor descriptor = { builder->next_number++, -1, mount->content };

  g_array_append_val (builder->descriptors, descriptor);
  push (builder, "--ro-bind");
  g_ptr_array_add (builder->arguments, g_strdup_printf (LATER_CONTENT "%d", descriptor.number));
  push (builder, mount->destination);
}

static void
push_mount (Builder *builder, const InnerMount *mount)
{
  static const char *const words[INNER_N_MOUNT_KINDS] = {
    [INNER_MOUNT_TMPFS] = "--tmpfs",     [INNER_MOUNT_PROC] = "--proc",
    [INNER_MOUNT_DEV] = "--dev",         [INNER_MOUNT_SYMLINK] = "--symlink",
    [INNER_MOUNT_FILE] = "--file",       [INNER_MOUNT_FILE_OVER] = "--ro-bind-data",
    [INNER_MOUNT_SEAL] = "--remount-ro",
  };

  if (mount->kind == INNER_MOUNT_RO || mount->kind == INNER_MOUNT_RW ||
      mount->kind == INNER_MOUNT_COPY || mount->kind == INNER_MOUNT_HIDDEN_FILE)
    {
      push_bind (builder, mount);
      return;
    }
  if (mount->kind == INNER_MOUNT_BUS)
    {
      push_bus (builder, mount);
      return;
    }
  if (mount->kind == INNER_MOUNT_HIDDEN_DIRECTORY)
    {
      push_hidden_directory (builder, mount->destination);
      return;
    }

  if (mount->content != NULL && builder->by_path && builder->next_number > LAST_DIGIT)
    {
      push_later_content (builder, mount);
      return;
    }
  push_mode (builder, mount);
  if (mount->size != 0)
    {
      push (builder, "--size");
      g_ptr_array_add (builder->arguments, g_strdup_printf ("%" G_GUINT64_FORMAT, mount->size));
    }
  push (builder, words[mount->kind]);
  if (mount->kind == INNER_MOUNT_SYMLINK)
    push (builder, mount->source);
  if (mount->kind == INNER_MOUNT_FILE || mount->kind == INNER_MOUNT_FILE_OVER)
    push_descriptor (builder, -1, mount->content, NULL);
  push (builder, mount->destination);
}

static void
push_fixed (Builder *builder, const InnerPlan *plan)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fixed_arguments); i++)
    {
      const char *const *argument = fixed_arguments[i].arguments;

      if (fixed_arguments[i].layer != NULL && inner_layer_is_off (fixed_arguments[i].layer))
        continue;
      if (plan->ids != NULL && g_str_equal (*argument, "--disable-userns"))
        continue;
      for (; *argument != NULL; argument++)
        push (builder, *argument);
    }
  /* Over the users of this sandbox only: to give containers in it some of them (newuidmap(1)). */
  for (gsize i = 0; plan->ids != NULL && i < G_N_ELEMENTS (nested_arguments); i++)
    push (builder, nested_arguments[i]);
#ifdef INNER_DISABLE_LAYERS
  if (inner_layers_value () != NULL)
    {
      push (builder, "--setenv");
      push (builder, INNER_ENV_DISABLE_LAYER);
      push (builder, inner_layers_value ());
    }
#endif
}

char **
inner_bwrap_arguments (const InnerPlan *plan,
                       int first_number,
                       gboolean by_path,
                       GArray **descriptors)
{
  Builder builder = {
    .arguments = g_ptr_array_new (),
    .descriptors = g_array_new (FALSE, FALSE, sizeof (InnerBwrapDescriptor)),
    .next_number = first_number,
    .by_path = by_path,
  };

  push_fixed (&builder, plan);
  if (plan->hostname != NULL && !inner_layer_is_off ("uts-namespace"))
    {
      push (&builder, "--hostname");
      push (&builder, plan->hostname);
    }
  if (!g_str_equal (plan->network, "host") && !inner_layer_is_off ("net-namespace"))
    push (&builder, "--unshare-net");
  push (&builder, "--uid");
  push_number (&builder, plan->uid);
  push (&builder, "--gid");
  push_number (&builder, plan->gid);
  for (guint i = 0; i < plan->mounts->len; i++)
    push_mount (&builder, g_ptr_array_index (plan->mounts, i));

  g_ptr_array_add (builder.arguments, NULL);
  *descriptors = builder.descriptors;
  return (char **) g_ptr_array_free (builder.arguments, FALSE);
}

static gboolean
needs_no_quotes (const char *text)
{
  return text[0] != '\0' && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-./:=@%+,") == strlen (text);
}

static void
append_word (GString *script, const char *text)
{
  g_autofree char *quoted = needs_no_quotes (text) ? g_strdup (text) : g_shell_quote (text);

  if (g_str_has_prefix (text, LATER_CONTENT))
    g_string_append_printf (script, " \"$inner/%s\"", text + strlen (LATER_CONTENT));
  else
    g_string_append_printf (script, " %s", quoted);
}

static void
append_environment (GString *script, const InnerPlan *plan)
{
  for (char **entry = plan->environment; *entry != NULL; entry++)
    {
      const char *equals = strchr (*entry, '=');
      g_autofree char *name = g_strndup (*entry, equals - *entry);
      const char *shell = g_hash_table_lookup (plan->shell_values, name);

      g_string_append_printf (script, " \\\n  --setenv %s", name);
      if (shell != NULL)
        g_string_append_printf (script, " \"%s\"", shell);
      else
        append_word (script, equals + 1);
    }
}

/* What has no descriptor of one digit is written to a directory that goes with the script. */
static void
append_later_contents (GString *script, const GArray *descriptors)
{
  for (guint i = 0; i < descriptors->len; i++)
    {
      const InnerBwrapDescriptor *one = &g_array_index (descriptors, InnerBwrapDescriptor, i);

      if (one->number <= LAST_DIGIT)
        continue;
      if (one->number == LAST_DIGIT + 1)
        g_string_append (script, "inner=$(mktemp -d) || exit\ntrap 'rm -r \"$inner\"' EXIT\n");
      g_string_append_printf (script, "cat >\"$inner/%d\" <<'INNER_%d'\n%sINNER_%d\n", one->number,
                              i, one->content, i);
    }
}

/* Every file's content stands in a here-document on the descriptor that the arguments name; POSIX
 * shells have single digits only, which is why the numbers begin at 3. */
static void
append_contents (GString *script, const GArray *descriptors)
{
  for (guint i = 0; i < descriptors->len; i++)
    if (g_array_index (descriptors, InnerBwrapDescriptor, i).number <= LAST_DIGIT)
      g_string_append_printf (script, " %d<<'INNER_%d'",
                              g_array_index (descriptors, InnerBwrapDescriptor, i).number, i);
  g_string_append_c (script, '\n');
  for (guint i = 0; i < descriptors->len; i++)
    if (g_array_index (descriptors, InnerBwrapDescriptor, i).number <= LAST_DIGIT)
      g_string_append_printf (script, "%sINNER_%d\n",
                              g_array_index (descriptors, InnerBwrapDescriptor, i).content, i);
}

char *
inner_bwrap_script (const InnerPlan *plan)
{
  g_autoptr (GArray) descriptors = NULL;
  g_auto (GStrv) arguments = inner_bwrap_arguments (plan, 3, TRUE, &descriptors);
  GString *script = g_string_new (NULL);

  if (plan->agent_copies->len > 0)
    g_string_append (script, "# The copies of agents' files are made by inner-init only.\n");
  append_later_contents (script, descriptors);
  if (plan->ids != NULL)
    g_string_append (script, "# The users for containers are given by inner-supervisor only.\n");
  g_string_append (script, plan->host->bwrap);

  for (gsize i = 0; arguments[i] != NULL; i++)
    {
      gboolean after_perms = i >= 2 && g_str_equal (arguments[i - 2], "--perms");

      /* Our PID 1 is what makes --as-pid-1 right; a pasted command line has bubblewrap's own. */
      if (g_str_equal (arguments[i], "--as-pid-1"))
        continue;
      if (g_str_has_prefix (arguments[i], "--") && !after_perms)
        g_string_append (script, " \\\n ");
      append_word (script, arguments[i]);
    }
  append_environment (script, plan);
  g_string_append (script, " \\\n  --chdir");
  append_word (script, plan->directory);
  g_string_append (script, " \\\n  --");
  for (char **word = plan->command; *word != NULL; word++)
    append_word (script, *word);
  append_contents (script, descriptors);

  return g_string_free (script, FALSE);
}
