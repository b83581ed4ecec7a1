/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What keeps the sandbox small: the cgroup that systemd made for it and for us (a scope), and where there is
 * none, what the kernel has without one. systemd is asked by the service; here is seen to it that what was
 * asked for is there. The files are those of the kernel's Documentation/admin-guide/cgroup-v2.rst.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inner-supervisor.h"
#include "inner-wire.h"

#define CGROUPS "/sys/fs/cgroup"
#define PATIENCE_US (2 * G_USEC_PER_SEC)
#define LOOK_US 300

/* Of 1000, which is certain death; what a sandbox is started with comes on top. */
#define OOM_OFFER 200
#define OOM_MOST 1000

static gboolean
read_file (const char *path, char *text, gsize size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize n = fd >= 0 ? read (fd, text, size - 1) : -1;

  inner_close (&fd);
  text[MAX (n, 0)] = '\0';
  return n >= 0;
}

/* The line of the unified hierarchy is the last one (cgroups(7)). Where we are, the sandbox is too. */
static gboolean
read_cgroup_file (const char *name, char *text, gsize size)
{
  char own[4096];
  const char *place =
      read_file ("/proc/self/cgroup", own, sizeof own) ? strstr (own, "0::/") : NULL;
  g_autofree char *path = NULL;

  if (place == NULL)
    return FALSE;
  place += strlen ("0::");
  path = g_strdup_printf ("%s%.*s/%s", CGROUPS, (int) strcspn (place, "\n"), place, name);
  return read_file (path, text, size);
}

/* "max" reads as no number, and so as no bound. */
static guint64
read_bound (const char *name)
{
  char text[64];
  guint64 value;

  return read_cgroup_file (name, text, sizeof text) && sscanf (text, "%" SCNu64, &value) == 1
             ? value
             : G_MAXUINT64;
}

/* cpu.max says so many µs of processor time in a period of so many. */
static guint64
read_thousandths (const char *name)
{
  char text[64];
  guint64 quota;
  guint64 period;

  if (!read_cgroup_file (name, text, sizeof text) ||
      sscanf (text, "%" SCNu64 " %" SCNu64, &quota, &period) != 2 || period == 0)
    return G_MAXUINT64;
  return quota * 1000 / period;
}

/* A processor's share is rounded by systemd. */
static const struct
{
  const char *bound;
  const char *file;
  guint64 (*read) (const char *name);
  guint64 slack;
} checks[] = {
  { INNER_BOUND_MEMORY, "memory.max", read_bound, 0 },
  { INNER_BOUND_CPU, "cpu.max", read_thousandths, 1 },
  { INNER_BOUND_TASKS, "pids.max", read_bound, 0 },
};

static gboolean
is_bounded (const InnerSupervisor *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      guint64 wanted;

      if (g_variant_lookup (self->record->bounds, checks[i].bound, "t", &wanted) &&
          checks[i].read (checks[i].file) > wanted + checks[i].slack)
        return FALSE;
    }

  return TRUE;
}

/* SECURITY: a plan's limit that is not in force would be a promise broken in silence, so no command runs
 * before the kernel says that it is (attack 106; test_limits_that_are_not_there). systemd answers some µs
 * before it tells the kernel; bwrap takes longer. */
int
inner_bounds_check (InnerSupervisor *self)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_US;

  if (self->record->bounds == NULL)
    return 0;
  while (!is_bounded (self))
    {
      if (g_get_monotonic_time () > end)
        return ERANGE;
      g_usleep (LOOK_US);
    }

  return 0;
}

/* It is no harm if this fails. */
static void
write_oom_score (const InnerSupervisor *self, int value)
{
  char text[16];
  gssize ignored G_GNUC_UNUSED;

  g_snprintf (text, sizeof text, "%d", value);
  ignored = pwrite (self->oom_score, text, strlen (text), 0);
}

void
inner_bounds_offer (InnerSupervisor *self)
{
  char text[16] = "";

  if (pread (self->oom_score, text, sizeof text - 1, 0) > 0)
    {
      self->own_oom_score = atoi (text);
      write_oom_score (self, MIN (self->own_oom_score + OOM_OFFER, OOM_MOST));
    }
}

void
inner_bounds_offered (InnerSupervisor *self)
{
  int saved = errno;

  if (self->oom_score >= 0)
    write_oom_score (self, self->own_oom_score);
  inner_close (&self->oom_score);
  errno = saved;
}

gboolean
inner_bounds_queue (InnerSupervisor *self)
{
  guint64 most;

  if (self->record->bounds == NULL ||
      !g_variant_lookup (self->record->bounds, INNER_BOUND_PROCESSES, "t", &most))
    return TRUE;
  return inner_inside_send (self, INNER_INIT_LIMIT, 0, (gint32) MIN (most, G_MAXINT32), NULL);
}

/* The value of @key in a file of lines "key value". */
static guint64
read_event (const char *file, const char *key)
{
  char text[1024];
  const char *line = read_cgroup_file (file, text, sizeof text) ? text : NULL;
  gsize length = strlen (key);

  for (; line != NULL; line = strchr (line, '\n'))
    {
      line += line[0] == '\n';
      if (strncmp (line, key, length) == 0 && line[length] == ' ')
        return g_ascii_strtoull (line + length, NULL, 10);
    }

  return 0;
}

static gboolean
is_reached (const InnerSupervisor *self, const char *bound, const char *file, const char *key)
{
  return self->record->bounds != NULL &&
         g_variant_lookup (self->record->bounds, bound, "t", NULL) && read_event (file, key) > 0;
}

GVariant *
inner_bounds_hit (const InnerSupervisor *self, gboolean *killed)
{
  GVariantBuilder names;

  *killed = is_reached (self, INNER_BOUND_MEMORY, "memory.events", "oom_kill");
  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  if (*killed)
    g_variant_builder_add (&names, "s", "memory");
  if (is_reached (self, INNER_BOUND_TASKS, "pids.events", "max"))
    g_variant_builder_add (&names, "s", "pids");

  return g_variant_ref_sink (g_variant_builder_end (&names));
}
