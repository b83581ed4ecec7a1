/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From a call to the first instruction inside, on an open connection.
 *
 *   inside RUNS FIRST PROFILE -- BWRAP ARG...
 *
 * Each round starts FIRST once by raw bubblewrap (the arguments after "--", with the files on the
 * descriptors 3 to 9), once by Start, and once by Exec in a sandbox that runs all the time. Prints one
 * line a round: three times in ns.
 */

#include "config.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inner-names.h"

static GDBusConnection *bus;

static uint64_t
now (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (uint64_t) ts.tv_sec * 1000000000u + ts.tv_nsec;
}

static uint64_t
read_time (int fd)
{
  uint64_t ns;

  if (read (fd, &ns, sizeof ns) != sizeof ns)
    g_error ("the command inside said nothing");
  return ns;
}

static void
make_pipe (int pipes[2])
{
  if (pipe2 (pipes, O_CLOEXEC) < 0)
    g_error ("pipe2");
}

static uint64_t
time_raw (char **arguments)
{
  posix_spawn_file_actions_t actions;
  char *environment[] = { NULL };
  uint64_t begin;
  uint64_t end;
  int pipes[2];
  pid_t pid;

  make_pipe (pipes);
  for (int fd = 3; fd <= 9; fd++)
    lseek (fd, 0, SEEK_SET);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, pipes[1], 1);

  begin = now ();
  if (posix_spawn (&pid, arguments[0], &actions, NULL, arguments, environment) != 0)
    g_error ("cannot start %s", arguments[0]);
  close (pipes[1]);
  end = read_time (pipes[0]);

  waitpid (pid, NULL, 0);
  close (pipes[0]);
  posix_spawn_file_actions_destroy (&actions);
  return end - begin;
}

static GVariant *
call (const char *path,
      const char *interface,
      const char *method,
      GVariant *parameters,
      int stdout_fd)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  GVariant *reply;

  if (stdout_fd >= 0)
    g_unix_fd_list_append (fds, stdout_fd, NULL);
  reply = g_dbus_connection_call_with_unix_fd_list_sync (
      bus, INNER_BUS_NAME, path, interface, method, parameters, NULL, G_DBUS_CALL_FLAGS_NONE,
      G_MAXINT, fds, NULL, NULL, &error);
  if (reply == NULL)
    g_error ("%s: %s", method, error->message);
  return reply;
}

static char *
start (const char *profile, const char *command, const char *directory, int stdout_fd)
{
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder options;
  char *path;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", INNER_OPTION_ENTRYPOINT, g_variant_new_string (command));
  g_variant_builder_add (&options, "{sv}", INNER_OPTION_WORKSPACE, g_variant_new_string (""));
  g_variant_builder_add (&options, "{sv}", INNER_OPTION_MOUNTS,
                         g_variant_new_parsed ("[(%s, '/bench', 'ro')]", directory));
  if (stdout_fd >= 0)
    g_variant_builder_add (&options, "{sv}", INNER_OPTION_STDOUT, g_variant_new_handle (0));
  else
    g_variant_builder_add (&options, "{sv}", INNER_OPTION_ARGUMENTS,
                           g_variant_new_parsed ("['3600']"));
  reply = call (INNER_OBJECT_PATH, INNER_INTERFACE_SANDBOX, "Start",
                g_variant_new ("(s@a{sv})", profile, g_variant_builder_end (&options)), stdout_fd);
  g_variant_get (reply, "(o)", &path);
  return path;
}

static uint64_t
time_start (const char *profile, const char *directory)
{
  g_autofree char *path = NULL;
  g_autoptr (GVariant) reply = NULL;
  uint64_t begin;
  uint64_t end;
  int pipes[2];

  make_pipe (pipes);
  begin = now ();
  path = start (profile, "/bench/first", directory, pipes[1]);
  close (pipes[1]);
  end = read_time (pipes[0]);
  close (pipes[0]);
  reply = call (path, INNER_INTERFACE_INSTANCE, "Wait", NULL, -1);
  return end - begin;
}

static uint64_t
time_exec (const char *path)
{
  const char *const command[] = { "/bench/first", NULL };
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder options;
  uint64_t begin;
  uint64_t end;
  int pipes[2];

  make_pipe (pipes);
  begin = now ();
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", INNER_OPTION_STDOUT, g_variant_new_handle (0));
  reply = call (path, INNER_INTERFACE_INSTANCE, "Exec",
                g_variant_new ("(^as@a{sv})", command, g_variant_builder_end (&options)), pipes[1]);
  close (pipes[1]);
  end = read_time (pipes[0]);
  close (pipes[0]);
  return end - begin;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *living = NULL;
  g_autoptr (GVariant) reply = NULL;
  int runs;

  if (argc < 6 || strcmp (argv[4], "--") != 0)
    return EXIT_FAILURE;
  runs = atoi (argv[1]);
  directory = g_path_get_dirname (argv[2]);
  bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  if (bus == NULL)
    g_error ("%s", error->message);

  living = start (argv[3], "sleep", directory, -1);
  for (int i = 0; i < runs; i++)
    {
      uint64_t raw = time_raw (argv + 5);
      uint64_t started = time_start (argv[3], directory);
      uint64_t executed = time_exec (living);

      g_print ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", raw, started,
               executed);
    }
  reply = call (living, INNER_INTERFACE_INSTANCE, "Kill", g_variant_new ("(i)", 9), -1);
  return EXIT_SUCCESS;
}
