/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>
#include <sched.h>

#include "inner-guard-fs.h"
#include "inner-supervisor.h"

/* The lock stays until all is gone: should we be killed, the next service goes on (test_copies_after_kill). */
void
inner_copies_remove (InnerSupervisor *self)
{
  g_autofree char *id = NULL;
  inner_guard_autofd parent = -1;

  if (self->record->copies < 0)
    return;
  sched_setscheduler (0, SCHED_IDLE, &(const struct sched_param){ 0 });
  id = g_path_get_basename (self->record->directory);
  parent = openat (self->record->copies, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent >= 0)
    inner_guard_remove_all (parent, id);
}
