/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The gateway to the network: started beside bwrap, told which namespace to serve, and listened to.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inner-console.h"
#include "inner-names.h"
#include "inner-spawn.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

#define READY_US (20 * G_USEC_PER_SEC)
#define LAST_EVENTS_MS 1000
#define MAX_DENIED 64

/* What was refused, and how often. */
typedef struct
{
  char *name;
  guint16 port;
  char *reason;
  guint32 count;
} InnerDenied;

static void
denied_free (gpointer data)
{
  InnerDenied *denied = data;

  g_free (denied->name);
  g_free (denied->reason);
  g_free (denied);
}

static gboolean
serves (const InnerSupervisor *self)
{
  gboolean value = FALSE;

  return self->record->egress != NULL &&
         g_variant_lookup (self->record->egress, INNER_EGRESS_SERVES, "b", &value) && value;
}

static int
start (InnerSupervisor *self)
{
  static const char *const arguments[] = { "inner-egress", NULL };
  static const char *const environment[] = { NULL };
  InnerSpawn spawn = { .arguments = arguments, .environment = environment };
  int pair[2];
  int error;

  g_variant_lookup (self->record->egress, INNER_EGRESS_PROGRAM, "&s", &spawn.path);
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
    return errno;
  spawn.socket = pair[1];
  error = inner_spawn (&spawn, &self->gateway_pid);
  inner_close (&pair[1]);
  self->gateway = pair[0];
  if (error != 0)
    {
      self->gateway_pid = 0;
      inner_close (&self->gateway);
      return error;
    }
  self->gateway_ready = FALSE;
  self->gateway_at = g_get_monotonic_time () + READY_US;
  if (self->denied == NULL)
    self->denied = g_ptr_array_new_with_free_func (denied_free);
  return inner_wire_send (self->gateway, INNER_WIRE_CONFIGURE, self->record->egress, NULL, 0)
             ? 0
             : errno;
}

int
inner_gateway_begin (InnerSupervisor *self)
{
  int error;

  if (!serves (self) && self->record->publish == NULL)
    return 0;
  self->gateway_first = TRUE;
  error = start (self);
  return error != 0 ? error : inner_published_begin (self);
}

static gboolean
join (InnerSupervisor *self)
{
  return self->netns >= 0 &&
         inner_wire_send (self->gateway, INNER_WIRE_JOIN, NULL, &self->netns, 1);
}

/* SECURITY: one that led the sandbox out and ended is never followed by another: its end is the end of the network
 * (attack 97; test_097_killed_gateway_is_no_network). */
gboolean
inner_gateway_is_there (InnerSupervisor *self)
{
  if (self->gateway >= 0 && (self->gateway_ready || !self->gateway_first))
    return TRUE;
  return self->gateway < 0 && self->record->egress != NULL && !serves (self) &&
         self->exit == NULL && self->bwrap != 0 && self->netns >= 0 && start (self) == 0 &&
         join (self);
}

/* SECURITY: without a gateway that serves it, the sandbox gets no command, and never another network (attack 106;
 * test_no_gateway_no_network). */
static void
fail (InnerSupervisor *self, const char *text)
{
  self->gateway_at = 0;
  /* One that was started later serves ports and nothing else. */
  if (!self->gateway_first)
    {
      inner_close (&self->gateway);
      inner_published_on_gone (self, text);
      return;
    }
  if (self->failure == NULL)
    {
      self->failure = "egress";
      self->failure_errno = ENOTSUP;
      self->failure_text = g_strdup (text); /* lives as long as we do */
    }
  inner_ending_kill (self);
}

void
inner_gateway_on_late (InnerSupervisor *self)
{
  fail (self, "the gateway to the network did not get ready in time");
}

void
inner_gateway_on_init (InnerSupervisor *self, int netns)
{
  if (self->record->egress != NULL && netns >= 0)
    self->netns = fcntl (netns, F_DUPFD_CLOEXEC, 0);
  if (self->gateway >= 0 && !join (self))
    fail (self, "the sandbox has no network namespace to serve");
}

static void
on_ready (InnerSupervisor *self, GVariant *values)
{
  int error;

  if (self->gateway_ready)
    return;
  self->gateway_ready = TRUE;
  self->gateway_at = 0;
  inner_destinations_listen (self);
  if (!self->gateway_first)
    return;
  error = inner_launch_command (self);
  if (error != 0)
    fail (self, g_strerror (error));
  else
    self->gateway_first = FALSE;
}

static void
on_failed (InnerSupervisor *self, GVariant *values)
{
  const char *message = "the gateway to the network failed";

  g_variant_lookup (values, "message", "&s", &message);
  if (!self->gateway_ready)
    fail (self, message);
}

static InnerDenied *
find_denied (InnerSupervisor *self, const char *name, guint16 port, const char *reason)
{
  InnerDenied *denied;

  for (guint i = 0; i < self->denied->len; i++)
    {
      denied = self->denied->pdata[i];
      if (denied->port == port && g_str_equal (denied->name, name) &&
          g_str_equal (denied->reason, reason))
        return denied;
    }
  /* The last one stands for all that have no place. */
  if (self->denied->len >= MAX_DENIED)
    return self->denied->pdata[MAX_DENIED - 1];
  denied = g_new0 (InnerDenied, 1);
  *denied = self->denied->len < MAX_DENIED - 1
                ? (InnerDenied){ g_strdup (name), port, g_strdup (reason), 0 }
                : (InnerDenied){ g_strdup ("…"), 0, g_strdup (""), 0 };
  g_ptr_array_add (self->denied, denied);
  return denied;
}

static void
note_denied (InnerSupervisor *self, GVariant *values)
{
  const char *name = "";
  const char *reason = "";
  guint16 port = 0;
  guint32 count = 1;

  g_variant_lookup (values, "name", "&s", &name);
  if (name[0] == '\0')
    g_variant_lookup (values, "address", "&s", &name);
  g_variant_lookup (values, "port", "q", &port);
  g_variant_lookup (values, "reason", "&s", &reason);
  g_variant_lookup (values, "count", "u", &count);
  find_denied (self, name, port, reason)->count += count;
}

/* What whoever tells it to the person at the terminal wants to know besides. (transfer floating) */
static GVariant *
add_line_mode (InnerSupervisor *self, GVariant *values)
{
  GVariantDict dict;
  gboolean line_mode;

  g_variant_dict_init (&dict, values);
  if (inner_console_get_line_mode (self, &line_mode))
    g_variant_dict_insert (&dict, "line-mode", "b", line_mode);
  return g_variant_dict_end (&dict);
}

static void
on_network (InnerSupervisor *self, GVariant *unsunk)
{
  g_autoptr (GVariant) values = g_variant_ref_sink (unsunk);
  const char *event = "";

  g_variant_lookup (values, "decision", "&s", &event);
  inner_story_tell (self, INNER_EVENT_NETWORK, values);
  if (g_str_equal (event, INNER_EGRESS_DENIED))
    {
      note_denied (self, values);
      inner_line_tell_all (self, INNER_WIRE_NETWORK, add_line_mode (self, values));
    }
  else
    inner_line_tell_all (self, INNER_WIRE_NETWORK, values);
}

static void
handle (InnerSupervisor *self, const char *name, GVariant *values)
{
  static const struct
  {
    const char *name;
    void (*handle) (InnerSupervisor *self, GVariant *values);
  } handlers[] = {
    { INNER_WIRE_READY, on_ready },
    { INNER_WIRE_FAILED, on_failed },
    { INNER_WIRE_NETWORK, on_network },
    { INNER_WIRE_DECIDED, inner_destinations_on_decided },
    { INNER_WIRE_PUBLISHED, inner_published_on_answer },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (g_str_equal (name, handlers[i].name))
      handlers[i].handle (self, values);
}

/* SECURITY: its end closes every socket that the sandbox was served by; there is no second way (attack 97;
 * test_097_killed_gateway_is_no_network). */
static void
on_gone (InnerSupervisor *self)
{
  inner_close (&self->gateway);
  inner_destinations_on_gone (self);
  if (!self->gateway_ready)
    {
      fail (self, "the gateway to the network ended at once");
      return;
    }
  inner_published_on_gone (self, "its gateway has ended");
  on_network (self, g_variant_new_parsed (
                        "{'decision': <%s>, 'name': <''>, 'address': <''>, 'port': <%q>, "
                        "'rule': <''>, 'reason': <''>, 'sent': <%t>, 'received': <%t>, "
                        "'duration-ms': <%x>, 'count': <%u>, 'at': <%x>}",
                        INNER_EGRESS_ENDED, 0, G_GUINT64_CONSTANT (0), G_GUINT64_CONSTANT (0),
                        G_GINT64_CONSTANT (0), 1u, g_get_real_time ()));
}

/* FALSE at the end of the line. */
static gboolean
receive (InnerSupervisor *self)
{
  g_autofree char *name = NULL;
  g_autoptr (GArray) fds = NULL;
  g_autoptr (GVariant) values = inner_wire_receive (self->gateway, &name, &fds);

  if (values == NULL)
    return errno == EAGAIN;
  handle (self, name, values);
  return TRUE;
}

void
inner_gateway_on_message (InnerSupervisor *self)
{
  if (!receive (self))
    on_gone (self);
}

void
inner_gateway_end (InnerSupervisor *self)
{
  struct pollfd line = { .fd = self->gateway, .events = POLLIN };
  gint64 patience = g_get_monotonic_time () + 1000 * LAST_EVENTS_MS;

  if (self->gateway >= 0 && self->gateway_ready &&
      inner_wire_send (self->gateway, INNER_WIRE_FINISH, NULL, NULL, 0))
    while (g_get_monotonic_time () < patience && poll (&line, 1, LAST_EVENTS_MS) == 1 &&
           receive (self))
      ;
  inner_close (&self->gateway);
  inner_close (&self->netns);
  if (self->gateway_pid == 0)
    return;
  kill (self->gateway_pid, SIGKILL);
  waitpid (self->gateway_pid, NULL, 0);
  self->gateway_pid = 0;
}

GVariant *
inner_gateway_denied (const InnerSupervisor *self)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; self->denied != NULL && i < self->denied->len; i++)
    {
      const InnerDenied *denied = self->denied->pdata[i];

      g_variant_builder_add_parsed (&all,
                                    "{'name': <%s>, 'port': <%q>, 'reason': <%s>, 'count': <%u>}",
                                    denied->name, denied->port, denied->reason, denied->count);
    }
  return g_variant_ref_sink (g_variant_builder_end (&all));
}
