/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-console.h"
#include "inner-layers.h"
#include "inner-names.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

/* From keyctl_setperm(3): the header of the kernel does not have them. */
#define POSSESSOR_ALL 0x3f000000
#define USER_VIEW 0x00010000
#define USER_SEARCH 0x00080000

#define IDLE_US (G_USEC_PER_SEC / 2)

typedef void (*Handler) (InnerSupervisor *self);

/* Where the linker puts the program, up to the end of its text. */
extern const char __executable_start[];
extern const char etext[];

/* bwrap, or the keeper of the screen, which nobody waits for. */
static void
reap (InnerSupervisor *self)
{
  int status;
  pid_t pid;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    if (pid == self->bwrap)
      {
        self->bwrap = 0;
        self->bwrap_status = status;
        inner_ending_on_reaped (self);
      }
    else if (pid == self->gateway_pid)
      self->gateway_pid = 0;
}

static void
on_signals (InnerSupervisor *self)
{
  struct signalfd_siginfo info;

  while (read (self->signals, &info, sizeof info) == sizeof info)
    {
      if (info.ssi_signo != SIGCHLD)
        inner_ending_begin (self, INNER_REASON_STOPPED, self->record->grace_ms);
      else
        reap (self);
    }
}

static void
on_client (InnerSupervisor *self)
{
  self->client = -1;
  inner_ending_begin (self, INNER_REASON_CLIENT_GONE, self->record->grace_ms);
}

/* A stream ended. */
static void
on_output (InnerSupervisor *self)
{
  eventfd_t count;

  eventfd_read (self->output, &count);
  if (self->bwrap == 0 && self->exit == NULL && inner_story_is_handed_on (self))
    inner_ending_on_handed_on (self);
}

/* The start has touched most of the program, and a supervisor that waits needs next to nothing of it:
 * a MiB less in memory. What is needed again comes from the page cache. */
static void
on_idle (InnerSupervisor *self)
{
  gsize page = sysconf (_SC_PAGESIZE);
  gsize start = GPOINTER_TO_SIZE (__executable_start) / page * page;

  self->idle_at = 0;
  madvise (GSIZE_TO_POINTER (start), GPOINTER_TO_SIZE (etext) - start, MADV_DONTNEED);
}

/* What wakes the supervisor, beside the lines to services; poll() passes over descriptors of -1. A new
 * service comes before the end of an old one, so that there is one all the time. */
static const struct
{
  glong fd;
  Handler handle;
} sources[] = {
  { G_STRUCT_OFFSET (InnerSupervisor, init), inner_inside_on_message },
  { G_STRUCT_OFFSET (InnerSupervisor, gateway), inner_gateway_on_message },
  { G_STRUCT_OFFSET (InnerSupervisor, signals), on_signals },
  { G_STRUCT_OFFSET (InnerSupervisor, listener), inner_line_on_listener },
  { G_STRUCT_OFFSET (InnerSupervisor, client), on_client },
  { G_STRUCT_OFFSET (InnerSupervisor, complaints), inner_inside_on_complaint },
  { G_STRUCT_OFFSET (InnerSupervisor, output), on_output },
};

static const struct
{
  glong at;
  Handler handle;
} deadlines[] = {
  { G_STRUCT_OFFSET (InnerSupervisor, step_at), inner_ending_on_step },
  { G_STRUCT_OFFSET (InnerSupervisor, timeout_at), inner_ending_on_timeout },
  { G_STRUCT_OFFSET (InnerSupervisor, forget_at), inner_ending_leave },
  { G_STRUCT_OFFSET (InnerSupervisor, gateway_at), inner_gateway_on_late },
  { G_STRUCT_OFFSET (InnerSupervisor, idle_at), on_idle },
  { G_STRUCT_OFFSET (InnerSupervisor, sync_at), inner_story_sync },
  { G_STRUCT_OFFSET (InnerSupervisor, hand_on_at), inner_ending_on_handed_on },
  { G_STRUCT_OFFSET (InnerSupervisor, console_at), inner_console_on_time },
  { G_STRUCT_OFFSET (InnerSupervisor, quiet_at), inner_ending_on_quiet },
};

#define SOURCE_FD(self, i) G_STRUCT_MEMBER (int, self, sources[i].fd)
#define DEADLINE(self, i) G_STRUCT_MEMBER (gint64, self, deadlines[i].at)

static int
get_poll_timeout (InnerSupervisor *self)
{
  gint64 next = G_MAXINT64;

  for (gsize i = 0; i < G_N_ELEMENTS (deadlines); i++)
    if (DEADLINE (self, i) != 0)
      next = MIN (next, DEADLINE (self, i));
  if (next == G_MAXINT64)
    return -1;

  return CLAMP ((next - g_get_monotonic_time () + 999) / 1000, 0, G_MAXINT);
}

static void
run_deadlines (InnerSupervisor *self)
{
  gint64 now = g_get_monotonic_time ();

  for (gsize i = 0; i < G_N_ELEMENTS (deadlines); i++)
    if (DEADLINE (self, i) != 0 && DEADLINE (self, i) <= now && !self->done)
      deadlines[i].handle (self);
}

static void
fill_polls (InnerSupervisor *self, GArray *array)
{
  struct pollfd *polls;
  struct pollfd *lines;

  g_array_set_size (array, G_N_ELEMENTS (sources) + INNER_MAX_LINES);
  polls = (struct pollfd *) array->data;
  lines = polls + G_N_ELEMENTS (sources);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    polls[i] = (struct pollfd){ .fd = SOURCE_FD (self, i), .events = POLLIN };
  for (gsize i = 0; i < INNER_MAX_LINES; i++)
    {
      const InnerLine *line = &self->lines[i];

      lines[i] = (struct pollfd){ .fd = line->fd };
      if (line->fd >= 0)
        lines[i].events = inner_line_get_events (line);
    }
  inner_console_fill (self, array);
}

/* A handler may have closed or replaced the descriptor of a later one. */
static void
run_handlers (InnerSupervisor *self, const GArray *array)
{
  const struct pollfd *polls = (const struct pollfd *) array->data;
  const struct pollfd *lines = polls + G_N_ELEMENTS (sources);

  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    if (polls[i].revents != 0 && polls[i].fd == SOURCE_FD (self, i) && !self->done)
      sources[i].handle (self);
  for (gsize i = 0; i < INNER_MAX_LINES; i++)
    if (lines[i].revents != 0 && lines[i].fd == self->lines[i].fd && !self->done)
      inner_line_on_service (self, &self->lines[i]);
  inner_console_handle (self, array);
}

static void
run (InnerSupervisor *self)
{
  g_autoptr (GArray) polls = g_array_new (FALSE, FALSE, sizeof (struct pollfd));

  while (!self->done)
    {
      fill_polls (self, polls);
      poll ((struct pollfd *) polls->data, polls->len, get_poll_timeout (self));
      run_handlers (self, polls);
      run_deadlines (self);
    }
}

/* All signals are blocked and read; with SIGPIPE among them nothing can end us by surprise. */
static int
take_over_signals (void)
{
  sigset_t all;
  sigset_t wanted;

  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  signal (SIGCHLD, SIG_DFL);
  sigemptyset (&wanted);
  sigaddset (&wanted, SIGCHLD);
  sigaddset (&wanted, SIGTERM);
  sigaddset (&wanted, SIGINT);
  sigaddset (&wanted, SIGHUP);
  return signalfd (-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* SECURITY: what the user's session keyring holds is not for the sandbox (attack 22;
 * test_session_keyring_is_another). Done here and not inside, where the system call filter forbids it. By
 * name, because a user may have 200 keys in all (proc_sys_kernel(5), kernel/keys/maxkeys): all sandboxes of a
 * user share one keyring that stays empty, since the filter lets none of them use it.
 * A kernel or container without keyrings has nothing to hide; any other error is one. */
static gboolean
leave_keyring (void)
{
  long keyring = syscall (SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "inner-sandboxes");

  if (keyring < 0)
    return errno == ENOSYS || errno == EPERM;
  /* Without the right to search it, the next supervisor would not find it and make another one. */
  return syscall (SYS_keyctl, KEYCTL_SETPERM, keyring, POSSESSOR_ALL | USER_VIEW | USER_SEARCH) >=
         0;
}

static gboolean
start_up (InnerSupervisor *self)
{
  /* Afterwards it is root's. */
  self->oom_score = open ("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  prctl (PR_SET_DUMPABLE, 0);
  setsid ();
  self->signals = take_over_signals ();
  inner_line_init (self);
  inner_line_add (self, INNER_SUPERVISOR_FD);
  self->listener = self->init = self->complaints = self->client = self->pidfd = -1;
  self->output = self->proxy = self->home = -1;
  self->gateway = self->netns = -1;
  self->words = g_string_new (NULL);

  return self->signals >= 0 && chdir ("/") == 0 &&
         fcntl (INNER_SUPERVISOR_FD, F_SETFD, FD_CLOEXEC) == 0;
}

/* Waits for "launch"; a service that goes away without it, or says anything else, gets no answer. */
static GArray *
receive_launch (InnerSupervisor *self)
{
  g_autofree char *name = NULL;
  g_autoptr (GArray) fds = NULL;
  g_autoptr (GVariant) values = inner_wire_receive (INNER_SUPERVISOR_FD, &name, &fds);

  if (values == NULL || !g_str_equal (name, INNER_WIRE_LAUNCH) ||
      fcntl (INNER_SUPERVISOR_FD, F_SETFL, O_NONBLOCK) < 0)
    return NULL;

  return g_steal_pointer (&fds);
}

static gboolean
read_record (InnerSupervisor *self, GArray *fds)
{
  g_autoptr (GError) error = NULL;

  self->record = inner_record_new (fds, &error);
  if (self->record == NULL)
    {
      inner_ending_fail (self, "internal", EINVAL, error->message);
      return FALSE;
    }
  self->client = self->record->detached ? -1 : self->record->client;
  if (self->record->timeout_ms > 0)
    self->timeout_at =
        g_get_monotonic_time () + 1000 * MIN (self->record->timeout_ms, G_MAXINT64 / 2000);
  return TRUE;
}

static gboolean
launch (InnerSupervisor *self)
{
  const char *what = "the session keyring of the user cannot be left";
  g_autofree char *text = NULL;
  int error =
      inner_layer_is_off ("keyring") || leave_keyring () ? inner_launch (self, &what) : errno;

  if (error == 0)
    return TRUE;

  text = g_strdup_printf ("%s: %s", what != NULL ? what : self->record->bwrap, g_strerror (error));
  inner_ending_fail (self, what != NULL ? "internal" : "bwrap", error, text);
  return FALSE;
}

/* After the start, because it is not needed before. Without it a restarted service could never find
 * this sandbox, so it must not run. */
static void
listen_for_services (InnerSupervisor *self)
{
  int error = inner_line_listen (self);

  if (error != 0)
    inner_ending_give_up (self, error, "the control socket cannot be made");
}

int
main (void)
{
  static InnerSupervisor self;
  g_autoptr (GArray) fds = NULL;

  if (!start_up (&self))
    return 1;
  fds = receive_launch (&self);
  if (fds == NULL || !read_record (&self, fds))
    return 1;
  if (!launch (&self))
    {
      inner_copies_remove (&self);
      return 1;
    }

  listen_for_services (&self);
  self.idle_at = g_get_monotonic_time () + IDLE_US;
  inner_ending_watch_idle (&self);
  run (&self);
  inner_console_drain (&self);
  inner_story_sync (&self);
  inner_watch_search (&self);
  inner_copies_remove (&self);
  return 0;
}
