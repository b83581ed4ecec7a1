/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-console.h"
#include "inner-names.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

#define GRACE G_MAXUINT32 /* the time that the request or the record gives */
#define HANG_UP_MS 2000
#define START_PATIENCE_US (5 * G_USEC_PER_SEC)
#define IDLE_LOOK_US (G_USEC_PER_SEC / 2)
#define FORGET_US (5 * G_USEC_PER_SEC)
#define GONE_MS 1000

/* One step of the way down: a signal to the main command's process group, and how long it has until the
 * next. SIGKILL is the last and goes to everything. */
struct _InnerStep
{
  int signal;
  guint32 wait_ms;
};

static const InnerStep terminate[] = { { SIGTERM, GRACE }, { SIGKILL, 0 } };
static const InnerStep hang_up[] = { { SIGHUP, HANG_UP_MS }, { SIGTERM, GRACE }, { SIGKILL, 0 } };
static const InnerStep only_kill[] = { { SIGKILL, 0 } };

static const struct
{
  const char *reason;
  const InnerStep *steps;
} ways[] = {
  { INNER_REASON_STOPPED, terminate },
  { INNER_REASON_TIMEOUT, terminate },
  { INNER_REASON_IDLE, terminate },
  { INNER_REASON_CLIENT_GONE, hang_up },
};

static gint64
get_wait_us (const InnerStep *step, guint32 grace_ms)
{
  return G_GINT64_CONSTANT (1000) * (step->wait_ms == GRACE ? grace_ms : step->wait_ms);
}

static gint64
get_way_us (const InnerStep *step, guint32 grace_ms)
{
  gint64 sum = 0;

  for (; step->signal != SIGKILL; step++)
    sum += get_wait_us (step, grace_ms);

  return sum;
}

/* SECURITY: PID 1 takes its whole pid namespace along, also what has left the command's session (attack
 * 9; test_orphan_is_gone_after_stop). */
static void
kill_everything (InnerSupervisor *self)
{
  if (self->pidfd >= 0)
    syscall (SYS_pidfd_send_signal, self->pidfd, SIGKILL, NULL, 0);
  else if (self->bwrap > 0)
    kill (self->bwrap, SIGKILL);
}

void
inner_ending_on_step (InnerSupervisor *self)
{
  self->step_at = 0;
  if (self->step->signal == SIGKILL)
    {
      kill_everything (self);
      return;
    }

  inner_inside_send (self, INNER_INIT_SIGNAL, 0, self->step->signal, NULL);
  /* A stopped process gets its signal only when it goes on. */
  inner_inside_send (self, INNER_INIT_SIGNAL, 0, SIGCONT, NULL);
  self->step_at = g_get_monotonic_time () + get_wait_us (self->step, self->grace_ms);
  self->step++;
}

/* SECURITY: a bwrap that dies while it builds can leave its child behind, waiting for ever. So until
 * init is there nothing is killed, unless that takes very long (attack 107;
 * test_stop_before_ready_leaves_nothing). */
static void
wait_for_init (InnerSupervisor *self)
{
  self->step = only_kill;
  self->step_at = g_get_monotonic_time () + START_PATIENCE_US;
}

static void
begin (InnerSupervisor *self, const char *reason, const InnerStep *steps, guint32 grace_ms)
{
  gint64 kill_at = g_get_monotonic_time () + get_way_us (steps, grace_ms);

  if (self->bwrap == 0 && self->exit == NULL)
    {
      /* Only the output is left. */
      self->reason = self->reason != NULL ? self->reason : reason;
      inner_story_wait (self);
      return;
    }
  if (self->main_ended || self->exit != NULL || (self->kill_at != 0 && kill_at >= self->kill_at))
    return;

  if (self->reason == NULL)
    {
      self->reason = reason;
      inner_story_tell (self, INNER_EVENT_ENDING,
                        g_variant_new_parsed ("{'reason': <%s>}", reason));
    }
  self->kill_at = kill_at;
  self->grace_ms = grace_ms;
  self->step = steps;
  if (self->pid == 0)
    wait_for_init (self);
  else
    inner_ending_on_step (self);
}

gboolean
inner_ending_begin (InnerSupervisor *self, const char *reason, guint32 grace_ms)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    if (g_str_equal (ways[i].reason, reason))
      {
        begin (self, ways[i].reason, ways[i].steps, grace_ms);
        return TRUE;
      }

  return FALSE;
}

void
inner_ending_kill (InnerSupervisor *self)
{
  begin (self, INNER_REASON_STOPPED, only_kill, 0);
}

void
inner_ending_give_up (InnerSupervisor *self, int error, const char *text)
{
  self->failure = "internal";
  self->failure_errno = error;
  self->failure_text = text;
  inner_ending_kill (self);
}

void
inner_ending_detach (InnerSupervisor *self)
{
  InnerRecord *record = self->record;
  g_autoptr (GVariantDict) dict = g_variant_dict_new (record->properties);

  g_variant_dict_insert (dict, "Detached", "b", TRUE);
  g_variant_unref (record->properties);
  record->properties = g_variant_ref_sink (g_variant_dict_end (dict));
  record->detached = TRUE;
  self->client = -1;
}

void
inner_ending_on_timeout (InnerSupervisor *self)
{
  self->timeout_at = 0;
  inner_ending_begin (self, INNER_REASON_TIMEOUT, self->record->grace_ms);
}

/* The time of the last byte is known of a terminal; of streams it is known how many there were. */
void
inner_ending_watch_idle (InnerSupervisor *self)
{
  self->active_at = g_get_monotonic_time ();
  if (self->record->idle_ms > 0)
    self->quiet_at = self->active_at + MIN (IDLE_LOOK_US, self->record->idle_ms * 1000);
}

void
inner_ending_on_quiet (InnerSupervisor *self)
{
  gint64 now = g_get_monotonic_time ();
  guint64 bytes = self->diverted ? inner_recorder_get_bytes (self->recorder) : 0;
  gint64 idle_us = MIN (self->record->idle_ms, G_MAXINT64 / 2000) * 1000;

  if (bytes != self->active_bytes)
    self->active_at = now;
  self->active_bytes = bytes;
  self->quiet_at = 0;
  if (now - self->active_at >= idle_us)
    inner_ending_begin (self, INNER_REASON_IDLE, self->record->grace_ms);
  else
    self->quiet_at = MIN (now + IDLE_LOOK_US, self->active_at + idle_us);
}

void
inner_ending_on_ready (InnerSupervisor *self)
{
  if (self->reason != NULL)
    kill_everything (self);
}

const char *
inner_ending_get_state (const InnerSupervisor *self)
{
  if (self->exit != NULL)
    return INNER_STATE_EXITED;
  if (self->reason != NULL)
    return INNER_STATE_STOPPING;
  return self->started_at != 0 ? INNER_STATE_RUNNING : INNER_STATE_STARTING;
}

void
inner_ending_read_status (int status, int *code, int *signal)
{
  *signal = WIFSIGNALED (status) ? WTERMSIG (status) : 0;
  *code = *signal != 0 ? INNER_EXIT_SIGNAL_BASE + *signal : WEXITSTATUS (status);
}

static void
remove_directory (InnerSupervisor *self)
{
  inner_wire_remove_files (self->record->directory_fd);
  rmdir (self->record->directory);
}

void
inner_ending_fail (InnerSupervisor *self, const char *kind, int code, const char *message)
{
  g_autoptr (GVariant) values = g_variant_ref_sink (
      g_variant_new_parsed ("{'kind': <%s>, 'errno': <%i>, 'message': <%s>}", kind, code, message));

  inner_story_tell (self, INNER_EVENT_FAILED, values);
  inner_proxy_stop (self);
  if (self->record != NULL)
    remove_directory (self);
  inner_line_tell_all (self, INNER_WIRE_FAILED, values);
  inner_line_drain (self);
  self->done = TRUE;
}

/* bwrap's own words without its name in front, made valid for a message. */
static char *
get_words (InnerSupervisor *self)
{
  const char *words = g_str_has_prefix (self->words->str, "bwrap: ")
                          ? self->words->str + strlen ("bwrap: ")
                          : self->words->str;

  return g_strstrip (g_utf8_make_valid (words, -1));
}

/* Whether there never was a sandbox; notes why. */
static gboolean
has_failed (InnerSupervisor *self)
{
  if (self->failure == NULL && self->started_at == 0 && self->reason == NULL)
    self->failure = self->pid == 0 ? "bwrap" : "internal";

  return self->failure != NULL;
}

static void
tell_failure (InnerSupervisor *self)
{
  g_autofree char *words = get_words (self);
  const char *text = self->failure_text;

  if (text == NULL && g_str_equal (self->failure, "bwrap"))
    text = words[0] != '\0' ? words : "it ended without a word";
  else if (text == NULL)
    text = self->failure_errno != 0 ? g_strerror (self->failure_errno)
                                    : "inner-init ended before it started the command";
  inner_ending_fail (self, self->failure, self->failure_errno, text);
}

/* An init that was killed leaves no status of its command: it died with it. */
static GVariant *
make_exit (InnerSupervisor *self)
{
  g_autoptr (GVariant) findings = inner_watch_findings (self);
  g_autoptr (GVariant) denied = inner_gateway_denied (self);
  gboolean killed = FALSE;
  g_autoptr (GVariant) hit = inner_bounds_hit (self, &killed);
  const char *reason = self->reason;
  int code;
  int signal;

  inner_ending_read_status (self->main_ended ? self->main_status : SIGKILL, &code, &signal);
  /* Also if it was a shell's last command that was killed, which shells tell so. */
  if (reason == NULL && killed && code == INNER_EXIT_SIGNAL_BASE + SIGKILL)
    reason = INNER_REASON_OUT_OF_MEMORY;
  if (reason == NULL)
    reason = signal != 0 ? INNER_REASON_SIGNALED : INNER_REASON_EXITED;
  if (g_str_equal (reason, INNER_REASON_TIMEOUT) || g_str_equal (reason, INNER_REASON_IDLE))
    code = INNER_EXIT_TIMEOUT;

  return g_variant_new_parsed ("{'code': <%i>, 'reason': <%s>, 'signal': <%i>, 'at': <%x>, "
                               "'guarded': <%@aa{sv}>, 'denied': <%@aa{sv}>, 'limits-hit': <%@as>}",
                               code, reason, signal, g_get_real_time (), findings, denied, hit);
}

/* Nothing of the sandbox is left when this returns, also if somebody killed bwrap from outside. */
static void
wait_until_gone (InnerSupervisor *self)
{
  struct pollfd init = { .fd = self->pidfd, .events = POLLIN };

  if (self->pidfd < 0)
    return;
  kill_everything (self);
  poll (&init, 1, GONE_MS);
}

void
inner_ending_on_reaped (InnerSupervisor *self)
{
  inner_proxy_stop (self);
  if (self->init >= 0)
    inner_inside_on_message (self);
  if (self->complaints >= 0)
    inner_inside_on_complaint (self);
  inner_close (&self->init);
  self->step_at = self->timeout_at = self->gateway_at = self->quiet_at = 0;
  wait_until_gone (self);
  inner_gateway_end (self);
  inner_console_end (self, 0);
  if (inner_story_is_handed_on (self))
    inner_ending_on_handed_on (self);
  else
    inner_story_wait (self);
}

void
inner_ending_on_handed_on (InnerSupervisor *self)
{
  self->hand_on_at = 0;
  if (has_failed (self))
    {
      tell_failure (self);
      return;
    }
  /* SECURITY: before anybody can act on the end (attacks 55 to 60; test_nothing_planted_when_the_end_is_told). */
  inner_watch_end (self);
  inner_logins_end (self);
  self->exit = g_variant_ref_sink (make_exit (self));
  inner_story_end (self);
  self->pid = 0;
  self->forget_at = g_get_monotonic_time () + FORGET_US;
  inner_line_tell_all (self, INNER_WIRE_EXITED, self->exit);
  if (inner_line_is_alone (self))
    inner_ending_leave (self);
}

void
inner_ending_forget (InnerSupervisor *self)
{
  remove_directory (self);
  self->done = TRUE;
}

/* Somebody may ask a later service for the exit code: anybody about a detached sandbox, about another
 * only the client that still waits for it. */
static gboolean
may_be_asked (const InnerSupervisor *self)
{
  struct pollfd client = { .fd = self->client, .events = POLLIN };

  return self->record->detached || (self->client >= 0 && poll (&client, 1, 0) == 0);
}

static gboolean
write_exit (InnerSupervisor *self)
{
  g_autoptr (GVariantDict) dict = g_variant_dict_new (self->exit);
  g_autoptr (GVariant) value = NULL;
  int directory = self->record->directory_fd;
  gssize size;
  int fd;
  gboolean written;

  g_variant_dict_insert_value (dict, "properties", self->record->properties);
  g_variant_dict_insert (dict, "started-at", "x", self->started_at);
  value = g_variant_ref_sink (g_variant_dict_end (dict));
  size = g_variant_get_size (value);

  fd = openat (directory, INNER_FILE_EXIT_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
               0600);
  written = fd >= 0 && write (fd, g_variant_get_data (value), size) == size;
  inner_close (&fd);
  return written && renameat (directory, INNER_FILE_EXIT_NEW, directory, INNER_FILE_EXIT) == 0;
}

void
inner_ending_leave (InnerSupervisor *self)
{
  if (self->done)
    return;

  if ((may_be_asked (self) || inner_logins_are_left (self)) && write_exit (self))
    {
      unlinkat (self->record->directory_fd, INNER_FILE_CONTROL, 0);
      unlinkat (self->record->directory_fd, INNER_FILE_INIT, 0);
    }
  else
    remove_directory (self);
  self->done = TRUE;
}

void
inner_ending_add (InnerSupervisor *self, GVariant *findings)
{
  g_autoptr (GVariantDict) dict = g_variant_dict_new (self->exit);

  if (faccessat (self->record->directory_fd, INNER_FILE_EXIT, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
    return;
  g_variant_dict_insert_value (dict, "guarded", findings);
  g_variant_unref (self->exit);
  self->exit = g_variant_ref_sink (g_variant_dict_end (dict));
  write_exit (self);
}
