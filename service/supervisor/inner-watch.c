/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "inner-supervisor.h"
#include "inner-wire.h"

/*
 * The guards of writable mounts: noted before the command starts, compared after its end.
 */

/* A search of the whole workspace before the end is told must not be felt: a twentieth of the time that the
 * sandbox ran, between these. The rest comes after. */
#define MIN_SEARCH_US 500
#define MAX_SEARCH_US (2 * G_USEC_PER_SEC)
#define SEARCH_PART 20
#define LATE_SEARCH_US (60 * G_USEC_PER_SEC)
/* A message has INNER_WIRE_MAX_BYTES; paths may be long. */
#define MAX_TOLD_BYTES (40u * 1024)

int
inner_watch_begin (InnerSupervisor *self)
{
  InnerRecord *record = self->record;
  g_autofree char *id = NULL;

  if (record->guard == NULL)
    return 0;
  id = g_path_get_basename (record->directory);
  self->guard = inner_guard_new (record->guard, record->roots, id, record->properties);
  return inner_guard_note (self->guard, record->directory_fd);
}

int
inner_watch_note_init (InnerSupervisor *self)
{
  g_autofree char *text = g_strdup_printf ("%d", self->pid);
  gssize size = strlen (text);
  int error = 0;
  int fd;

  if (self->guard == NULL)
    return 0;
  fd = openat (self->record->directory_fd, INNER_FILE_INIT,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 || write (fd, text, size) != size)
    error = errno != 0 ? errno : EIO;
  inner_close (&fd);
  return error;
}

void
inner_watch_end (InnerSupervisor *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->guard == NULL)
    return;
  inner_guard_compare (self->guard, self->record->directory_fd);
  self->searched =
      inner_guard_walk (self->guard, now + CLAMP ((now - self->launched_at) / SEARCH_PART,
                                                  MIN_SEARCH_US, MAX_SEARCH_US));
}

/* As many as fit into a message; where some are left out, the last one says so by its path "…". */
GVariant *
inner_watch_findings (const InnerSupervisor *self)
{
  g_autoptr (GVariant) all = NULL;
  GVariantBuilder some;
  gsize size = 0;

  if (self->guard == NULL)
    return g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  all = g_variant_ref_sink (inner_guard_findings (self->guard));
  if (g_variant_get_size (all) <= MAX_TOLD_BYTES)
    return g_steal_pointer (&all);

  g_variant_builder_init (&some, G_VARIANT_TYPE (INNER_GUARD_FINDINGS_TYPE));
  for (gsize i = 0; i < g_variant_n_children (all); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (all, i);

      size += g_variant_get_size (one) + 16;
      if (size > MAX_TOLD_BYTES)
        break;
      g_variant_builder_add_value (&some, one);
    }
  g_variant_builder_add_parsed (&some, "{'path': <'…'>, 'kind': <'limit'>, 'change': <'unknown'>, "
                                       "'action': <'reported'>, 'kept': <''>}");
  return g_variant_ref_sink (g_variant_builder_end (&some));
}

/* The end was told. What is found now is told to the services that still listen. */
void
inner_watch_search (InnerSupervisor *self)
{
  g_autoptr (GVariant) findings = NULL;
  guint before;

  if (self->guard == NULL || self->searched)
    return;
  before = inner_guard_n_findings (self->guard);
  /* Who asks for the end finds it in the file while we search. */
  flock (self->record->directory_fd, LOCK_UN);
  sched_setscheduler (0, SCHED_IDLE, &(const struct sched_param){ 0 });
  if (!inner_guard_walk (self->guard, g_get_monotonic_time () + LATE_SEARCH_US))
    inner_guard_give_up (self->guard);
  if (inner_guard_n_findings (self->guard) == before)
    return;
  findings = inner_watch_findings (self);
  inner_ending_add (self, findings);
  inner_line_tell_all (self, INNER_WIRE_GUARDED,
                       g_variant_new_parsed ("{'guarded': <%@aa{sv}>}", findings));
  inner_line_drain (self);
}
