/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inner-console.h"
#include "inner-layers.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

/* A service that does not go on for so long never will. */
#define MORE_MS 10000

/* What the child needs to become bwrap. It runs in our memory until its exec (vfork), which is three
 * times faster than a fork and lets it leave its errno here. */
typedef struct
{
  const char *path;
  char *const *argv;
  GArray *moves;      /* of InnerPlannedFd */
  int limit;          /* above every number */
  volatile int error; /* written by the child behind the compiler's back */
} Launch;

static int
new_sealed (const char *name, GVariant *bytes)
{
  gsize size;
  gconstpointer data = g_variant_get_fixed_array (bytes, &size, 1);
  int fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd >= 0 && (pwrite (fd, data, size, 0) != (gssize) size ||
                  fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) < 0))
    {
      int saved = errno;

      inner_close (&fd);
      errno = saved;
    }
  return fd;
}

static int
take_terminal (InnerRecord *record)
{
  int fd = record->terminal;

  record->terminal = -1;
  return fd;
}

/* The main command waits in init's socket, usually before init exists: no round trip later. */
static gboolean
queue_command (InnerSupervisor *self)
{
  int *stdio = self->record->stdio;
  gint32 size =
      self->record->interactive ? INNER_INIT_SIZE (self->record->columns, self->record->rows) : 0;
  int block = new_sealed ("inner-command", self->record->command);
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int fds[INNER_INIT_N_FDS] = { block };
  gboolean sent;
  int saved;

  if (size == 0)
    inner_story_divert (self);
  for (int i = 0; i < 3; i++)
    fds[1 + i] = stdio[i] >= 0 ? stdio[i] : null;
  sent = block >= 0 && null >= 0 && inner_bounds_queue (self) &&
         inner_inside_send (self, INNER_INIT_EXEC, 0, size, fds);
  if (sent && size != 0)
    inner_console_add (self, 0, take_terminal (self->record), self->record->columns,
                       self->record->rows);

  saved = errno;
  inner_close (&block);
  inner_close (&null);
  errno = saved;
  return sent;
}

/* Every source moves above every number first, so that no number is overwritten while it is still a
 * source.
 *
 * SECURITY: bwrap gets what the plan names and nothing else, whatever the service left open (attack 26;
 * test_only_stdio). Its environment is empty: PID 1 would show it to everything inside (attack 6;
 * test_environment_of_pid_1_is_empty). */
static void G_GNUC_NORETURN
become_bwrap (Launch *launch)
{
  InnerPlannedFd *moves = (InnerPlannedFd *) launch->moves->data;
  char *const environment[] = { NULL };
  gboolean moved = TRUE;
  sigset_t none;

  for (guint i = 0; i < launch->moves->len; i++)
    moved = (moves[i].fd = fcntl (moves[i].fd, F_DUPFD_CLOEXEC, launch->limit)) >= 0 && moved;
  moved = moved &&
          (inner_layer_is_off ("descriptors") || close_range (3, ~0u, CLOSE_RANGE_CLOEXEC) == 0);
  for (guint i = 0; moved && i < launch->moves->len; i++)
    moved = dup2 (moves[i].fd, moves[i].number) >= 0;

  if (moved)
    {
      sigemptyset (&none);
      sigprocmask (SIG_SETMASK, &none, NULL);
      execve (launch->path, launch->argv,
              inner_layer_is_off ("environment") ? environ : environment);
    }
  launch->error = errno;
  _exit (127);
}

static int
find_limit (const GArray *planned)
{
  int limit = INNER_INIT_TERMINALS_FD + 1;

  for (guint i = 0; i < planned->len; i++)
    limit = MAX (limit, g_array_index (planned, InnerPlannedFd, i).number + 1);

  return limit;
}

static gboolean
is_planned (const GArray *planned, int number)
{
  for (guint i = 0; i < planned->len; i++)
    if (g_array_index (planned, InnerPlannedFd, i).number == number)
      return TRUE;

  return FALSE;
}

static void
add_move (GArray *moves, int fd, int number)
{
  InnerPlannedFd move = { fd, number };

  g_array_append_val (moves, move);
}

/* bwrap's own arguments: most of them stand in a file. (transfer full) */
static char **
make_argv (const InnerRecord *record, int arguments, int block, int info)
{
  GPtrArray *argv = g_ptr_array_new ();

  g_ptr_array_add (argv, g_strdup ("bwrap"));
  if (record->ids != NULL)
    {
      g_ptr_array_add (argv, g_strdup ("--userns-block-fd"));
      g_ptr_array_add (argv, g_strdup_printf ("%d", block));
      g_ptr_array_add (argv, g_strdup ("--info-fd"));
      g_ptr_array_add (argv, g_strdup_printf ("%d", info));
    }
  g_ptr_array_add (argv, g_strdup ("--args"));
  g_ptr_array_add (argv, g_strdup_printf ("%d", arguments));
  g_ptr_array_add (argv, g_strdup ("--"));
  g_ptr_array_add (argv, g_strdup (record->init));
  if (record->ids != NULL)
    g_ptr_array_add (argv, g_strdup (INNER_INIT_NESTED));
  g_ptr_array_add (argv, NULL);
  return (char **) g_ptr_array_free (argv, FALSE);
}

static int
start_bwrap (InnerSupervisor *self, int init, int complaints, int arguments)
{
  int terminals = open ("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const InnerRecord *record = self->record;
  int arguments_number = find_limit (record->planned);
  int block_number = arguments_number + 1;
  int info_number = arguments_number + 2;
  g_auto (GStrv) argv = make_argv (record, arguments_number, block_number, info_number);
  g_autoptr (GArray) moves = g_array_copy (record->planned);
  Launch launch = { record->bwrap, argv, moves, arguments_number + 3, 0 };
  InnerIds ids = { -1, -1, -1, -1 };
  pid_t pid;

  add_move (moves, complaints, STDERR_FILENO);
  add_move (moves, init, INNER_INIT_FD);
  add_move (moves, arguments, arguments_number);
  if (record->ids != NULL)
    {
      int error = inner_ids_open (&ids);

      if (error != 0)
        {
          inner_ids_close (&ids);
          inner_close (&terminals);
          return error;
        }
      add_move (moves, ids.block_of_bwrap, block_number);
      add_move (moves, ids.info_of_bwrap, info_number);
    }
  if (terminals >= 0 && !is_planned (record->planned, INNER_INIT_TERMINALS_FD))
    add_move (moves, terminals, INNER_INIT_TERMINALS_FD);

  self->launched_at = g_get_monotonic_time ();
  inner_bounds_offer (self);
  pid = vfork ();
  if (pid == 0)
    become_bwrap (&launch);
  inner_bounds_offered (self);
  if (pid < 0)
    launch.error = errno;
  else
    self->bwrap = pid;
  inner_close (&terminals);
  if (launch.error == 0 && record->ids != NULL)
    self->ids_errno = inner_ids_write (self, &ids, complaints);
  inner_ids_close (&ids);
  return launch.error;
}

static const char cannot_hand_over[] = "the command cannot be handed over";

int
inner_launch_command (InnerSupervisor *self)
{
  int error = queue_command (self) ? 0 : errno;

  inner_record_close_launched (self->record);
  return error;
}

/* The service writes it down while bwrap starts. Gives 0 or an errno. */
static int
receive_more (InnerSupervisor *self)
{
  struct pollfd line = { .fd = INNER_SUPERVISOR_FD, .events = POLLIN };
  g_autofree char *name = NULL;
  g_autoptr (GArray) fds = NULL;
  g_autoptr (GVariant) values = NULL;

  if (!self->record->more)
    return 0;
  if (poll (&line, 1, MORE_MS) <= 0)
    return ETIMEDOUT;
  values = inner_wire_receive (INNER_SUPERVISOR_FD, &name, &fds);
  return values != NULL && g_str_equal (name, INNER_WIRE_MORE) &&
                 inner_record_add (self->record, fds, NULL)
             ? 0
             : EPROTO;
}

static int
begin_story (InnerSupervisor *self)
{
  inner_story_begin (self);
  return 0;
}

static int
check_ids (InnerSupervisor *self)
{
  return self->ids_errno;
}

/* With a gateway it is handed over when that serves the sandbox (inner-gateway.c), with guards when init is noted. */
static int
launch_at_once (InnerSupervisor *self)
{
  return !self->gateway_first && self->guard == NULL ? inner_launch_command (self) : 0;
}

/* bwrap is busy for some milliseconds, in which guarded files are noted and the gateway gets ready; what it makes
 * waits for its command.
 *
 * SECURITY: no command before the notes are complete; without them nothing could be put back (attack 37;
 * test_no_notes_no_command, test_more_that_is_none). None before the gateway serves the sandbox either
 * (inner-gateway.c). */
static void
hand_over (InnerSupervisor *self)
{
  static const struct
  {
    int (*step) (InnerSupervisor *self); /* gives an errno, or 0 */
    const char *failure;
  } steps[] = {
    { receive_more, "the service did not say what is guarded" },
    { begin_story, NULL },
    { check_ids, "the sandbox's users cannot be made" },
    { inner_bounds_check, "its limits are not in force" },
    { inner_gateway_begin, "the gateway to the network cannot be started" },
    { inner_logins_begin, "the logins of agents cannot be noted" },
    { inner_watch_begin, "guarded files cannot be noted" },
    { launch_at_once, cannot_hand_over },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      int error = steps[i].step (self);

      if (error != 0)
        {
          inner_ending_give_up (self, error, steps[i].failure);
          return;
        }
    }
}

void
inner_launch_on_ready (InnerSupervisor *self)
{
  /* SECURITY: no command before whoever finishes for us, should we be killed, knows for whose end to wait. What is put
   * back while the sandbox lives is planted again (attack 107; test_killed_at_any_moment). */
  int error = self->reason == NULL ? inner_watch_note_init (self) : 0;

  if (error == 0 && self->reason == NULL && self->guard != NULL && !self->gateway_first)
    error = inner_launch_command (self);
  if (error != 0)
    inner_ending_give_up (self, error, cannot_hand_over);
}

int
inner_launch (InnerSupervisor *self, const char **what)
{
  static const int on = 1;
  int pair[2] = { -1, -1 };
  int words[2] = { -1, -1 };
  int arguments = new_sealed ("inner-arguments", self->record->arguments);
  int error = 0;

  *what = "bubblewrap's arguments cannot be stored";
  if (arguments < 0)
    return errno;

  *what = "the line to the sandbox cannot be made";
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
      setsockopt (pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ||
      pipe2 (words, O_CLOEXEC) < 0 || fcntl (words[0], F_SETFL, O_NONBLOCK) < 0)
    error = errno;
  self->init = pair[0];
  self->complaints = words[0];

  if (error == 0)
    {
      *what = "the proxy to the session bus cannot be started";
      error = inner_proxy_start (self);
    }
  if (error == 0)
    {
      *what = NULL;
      error = start_bwrap (self, pair[1], words[1], arguments);
      if (error == 0)
        hand_over (self);
    }

  inner_close (&arguments);
  inner_close (&pair[1]);
  inner_close (&words[1]);
  inner_record_close_planned (self->record);
  return error;
}
