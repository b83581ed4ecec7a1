/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-preparation.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "inner-agent-state.h"
#include "inner-bwrap.h"
#include "inner-error.h"
#include "inner-fds.h"
#include "inner-listen.h"
#include "inner-names.h"
#include "inner-places.h"
#include "inner-plan-guards.h"
#include "inner-plan-record.h"
#include "inner-plan-network.h"
#include "inner-plan-published.h"
#include "inner-plan-report.h"
#include "inner-runtime-dir.h"
#include "inner-wire.h"

/* Numbers below are the supervisor's own when it starts bubblewrap. */
#define FIRST_NUMBER 10
#define GRACE_MS 5000

struct _InnerPreparation
{
  char *runtime_dir;
  char *id;
  GArray *fds;     /* of int, owned: record, then as "numbers" says */
  GArray *numbers; /* of gint32 */
  InnerCopies *copies;
  GPtrArray *notes; /* of char* */
  GVariant *logins; /* INNER_LOGINS_TYPE; NULL = none */
  gboolean handed_over;
};

void
inner_preparation_free (InnerPreparation *preparation)
{
  if (preparation->id != NULL && !preparation->handed_over)
    inner_runtime_dir_remove (preparation->runtime_dir, preparation->id);
  g_clear_pointer (&preparation->copies, inner_copies_free);
  g_ptr_array_unref (preparation->notes);
  g_clear_pointer (&preparation->logins, g_variant_unref);
  g_array_unref (preparation->fds);
  g_array_unref (preparation->numbers);
  g_free (preparation->runtime_dir);
  g_free (preparation->id);
  g_free (preparation);
}

static void
take_fd (InnerPreparation *preparation, int number, int fd)
{
  gint32 value = number;

  g_array_append_val (preparation->fds, fd);
  g_array_append_val (preparation->numbers, value);
}

static gboolean
dup_fd (InnerPreparation *preparation, int number, int fd, GError **error)
{
  int copy;

  if (fd < 0)
    return TRUE;
  copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0)
    {
      g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
                   _ ("The service has no descriptors left: %s; stop some sandboxes"),
                   g_strerror (errno));
      return FALSE;
    }
  take_fd (preparation, number, copy);
  return TRUE;
}

/* The directory in which the proxy of this sandbox makes its socket. */
static gboolean
collect_bus_directory (InnerPreparation *preparation, int number, GError **error)
{
  g_autofree char *path =
      g_build_filename (preparation->runtime_dir, preparation->id, INNER_FILE_BUS_DIRECTORY, NULL);
  int fd =
      mkdir (path, 0700) == 0 ? open (path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

  if (fd >= 0)
    {
      take_fd (preparation, number, fd);
      return TRUE;
    }
  g_set_error (error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED, _ ("Cannot make “%s”: %s"), path,
               g_strerror (errno));
  return FALSE;
}

/* What a mount stands on that is made now: -1 with an error. */
static int
make_prepared (InnerPreparation *preparation, const InnerMount *mount, GError **error)
{
  return mount->prepared == INNER_PREPARED_HOME
             ? inner_home_open (mount->source, error)
             : inner_copies_add (preparation->copies, mount, preparation->notes, error);
}

static gboolean
collect_planned (InnerPreparation *preparation, const GArray *descriptors, GError **error)
{
  for (guint i = 0; i < descriptors->len; i++)
    {
      const InnerBwrapDescriptor *descriptor =
          &g_array_index (descriptors, InnerBwrapDescriptor, i);
      int fd;

      if (descriptor->fd >= 0)
        {
          if (!dup_fd (preparation, descriptor->number, descriptor->fd, error))
            return FALSE;
          continue;
        }
      if (descriptor->content == NULL && descriptor->prepared == NULL)
        {
          if (!collect_bus_directory (preparation, descriptor->number, error))
            return FALSE;
          continue;
        }
      fd = descriptor->prepared != NULL
               ? make_prepared (preparation, descriptor->prepared, error)
               : inner_fds_new_sealed ("inner-file", descriptor->content,
                                       strlen (descriptor->content), error);
      if (fd < 0)
        return FALSE;
      take_fd (preparation, descriptor->number, fd);
    }

  return TRUE;
}

static gboolean
collect_streams (InnerPreparation *preparation,
                 const InnerPlan *plan,
                 const InnerRequest *request,
                 int client_pidfd,
                 GError **error)
{
  static const int numbers[] = { INNER_DESCRIPTOR_STDIN, INNER_DESCRIPTOR_STDOUT,
                                 INNER_DESCRIPTOR_STDERR };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (!dup_fd (preparation, numbers[i], request->stdio[i], error))
      return FALSE;

  if (plan->interactive &&
      !dup_fd (preparation, INNER_DESCRIPTOR_TERMINAL, request->terminal, error))
    return FALSE;
  return dup_fd (preparation, INNER_DESCRIPTOR_COPIES, inner_copies_get_fd (preparation->copies),
                 error) &&
         (request->detach || dup_fd (preparation, INNER_DESCRIPTOR_CLIENT, client_pidfd, error));
}

/* What is not copied is said where the service says things: a caller who got its sandbox has no other
 * place for it. */
static gboolean
collect_agent_state (InnerPreparation *preparation, const InnerPlan *plan, GError **error)
{
  g_auto (GStrv) warnings = NULL;
  g_autoptr (GError) problem = NULL;
  int fd = inner_agent_state_pack (plan, &warnings, &preparation->logins, &problem);

  for (char **warning = warnings; warning != NULL && *warning != NULL; warning++)
    g_printerr ("inner-sandboxd: %s\n", *warning);
  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (fd >= 0)
    take_fd (preparation, INNER_INIT_PACK_FD, fd);
  return TRUE;
}

/* The supervisor keeps these directories open, so that what is compared is what was noted. */
static gboolean
collect_guards (InnerPreparation *preparation, const InnerPlan *plan, GError **error)
{
  for (guint i = 0; plan->guards != NULL && i < plan->guards->len; i++)
    {
      const InnerPlannedGuard *guard = plan->guards->pdata[i];

      if (!dup_fd (preparation, INNER_DESCRIPTOR_ROOT - (int) i, guard->fd, error))
        return FALSE;
    }

  return TRUE;
}

/* SECURITY: a new file, so that no link leads elsewhere, for the person alone (attack 35;
 * tests/bus/test_records.py). */
static gboolean
collect_log (InnerPreparation *preparation, const InnerPlan *plan, GError **error)
{
  g_autofree char *name = g_strconcat (preparation->id, ".log", NULL);
  g_autofree char *path = NULL;
  int fd;

  if (plan->log_dir == NULL || plan->interactive)
    return TRUE;
  path = g_build_filename (plan->log_dir, name, NULL);
  if (g_mkdir_with_parents (plan->log_dir, 0700) < 0 ||
      (fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
    {
      g_set_error (
          error, INNER_ERROR, INNER_ERROR_LAUNCH_FAILED,
          _ ("The output cannot be kept in “%s”: %s; name another directory in output.log or "
             "log_dir"),
          path, g_strerror (errno));
      return FALSE;
    }
  take_fd (preparation, INNER_DESCRIPTOR_LOG, fd);
  return TRUE;
}

static gboolean
collect_published (InnerPreparation *preparation, const InnerPlan *plan, GError **error)
{
  for (guint i = 0; i < plan->published->len; i++)
    {
      int fd = inner_listen (&g_array_index (plan->published, InnerPublish, i), error);

      if (fd < 0)
        return FALSE;
      take_fd (preparation, INNER_DESCRIPTOR_PUBLISHED - (int) i, fd);
    }

  return TRUE;
}

static GVariant *
bytes_variant (gconstpointer data, gsize size)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, 1);
}

static GVariant *
arguments_variant (char **arguments)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();

  for (; *arguments != NULL; arguments++)
    g_byte_array_append (block, (const guint8 *) *arguments, strlen (*arguments) + 1);
  return bytes_variant (block->data, block->len);
}

static GVariant *
command_variant (const InnerPlan *plan)
{
  g_autoptr (GBytes) block =
      inner_command_block_new (plan->directory, (const char *const *) plan->command,
                               (const char *const *) plan->environment);
  gsize size;
  gconstpointer data = g_bytes_get_data (block, &size);

  return bytes_variant (data, size);
}

static GVariant *
make_record (const InnerPreparation *preparation, const InnerPlan *plan, char **arguments)
{
  g_autofree char *directory = g_build_filename (preparation->runtime_dir, preparation->id, NULL);
  GVariant *egress = inner_plan_egress_record (plan);
  GVariant *publish = inner_plan_published_record (plan);
  GVariantBuilder record;

  g_variant_builder_init (&record, G_VARIANT_TYPE (INNER_RECORD_TYPE));
#define ADD(key, value) g_variant_builder_add (&record, "{sv}", key, value)
  ADD (INNER_RECORD_VERSION, g_variant_new_uint32 (INNER_RECORD_VERSION_NOW));
  ADD (INNER_RECORD_DIRECTORY, g_variant_new_string (directory));
  ADD (INNER_RECORD_BWRAP, g_variant_new_string (plan->host->bwrap));
  ADD (INNER_RECORD_ARGUMENTS, arguments_variant (arguments));
  ADD (INNER_RECORD_INIT, g_variant_new_string (INNER_INSIDE_INIT));
  ADD (INNER_RECORD_COMMAND, command_variant (plan));
  ADD (INNER_RECORD_DESCRIPTORS,
       g_variant_new_fixed_array (G_VARIANT_TYPE_INT32, preparation->numbers->data,
                                  preparation->numbers->len, sizeof (gint32)));
  ADD (INNER_RECORD_TIMEOUT, g_variant_new_uint64 (plan->timeout * 1000));
  ADD (INNER_RECORD_GRACE, g_variant_new_uint32 (GRACE_MS));
  ADD (INNER_RECORD_DETACHED, g_variant_new_boolean (plan->detach));
  ADD (INNER_RECORD_PROPERTIES, inner_plan_properties (plan, preparation->id, preparation->notes));
  ADD (INNER_RECORD_MORE, g_variant_new_boolean (TRUE));
  ADD (INNER_RECORD_IDLE, g_variant_new_uint64 (plan->idle_timeout * 1000));
  ADD (INNER_RECORD_BOUNDS, inner_plan_bounds (plan));
  if (plan->interactive)
    ADD (INNER_RECORD_TERMINAL, g_variant_new ("(qqb)", plan->columns, plan->rows, plan->end_line));
  if (plan->ids != NULL)
    ADD (INNER_RECORD_IDS, plan->ids);
  if (plan->bus_proxy != NULL)
    ADD (INNER_RECORD_PROXY, g_variant_new_strv ((const char *const *) plan->bus_proxy, -1));
  if (preparation->logins != NULL)
    ADD (INNER_RECORD_LOGINS, preparation->logins);
  if (egress != NULL)
    ADD (INNER_RECORD_EGRESS, egress);
  if (publish != NULL)
    ADD (INNER_RECORD_PUBLISH, publish);
#undef ADD

  return g_variant_ref_sink (g_variant_builder_end (&record));
}

/* The record stands first among the descriptors. */
static gboolean
seal_record (InnerPreparation *preparation, const InnerPlan *plan, char **arguments, GError **error)
{
  g_autoptr (GVariant) record = make_record (preparation, plan, arguments);
  int fd = inner_fds_new_sealed ("inner-record", g_variant_get_data (record),
                                 g_variant_get_size (record), error);

  if (fd < 0)
    return FALSE;
  g_array_prepend_val (preparation->fds, fd);
  if (preparation->fds->len <= INNER_WIRE_MAX_FDS)
    return TRUE;

  g_set_error (error, INNER_ERROR, INNER_ERROR_LIMIT_EXCEEDED,
               _ ("This sandbox has too many mounts: %u descriptors, at most %u"),
               preparation->fds->len, INNER_WIRE_MAX_FDS);
  return FALSE;
}

InnerPreparation *
inner_preparation_new (const InnerPlan *plan,
                       const InnerRequest *request,
                       const char *runtime_dir,
                       const InnerCaller *caller,
                       GError **error)
{
  g_autoptr (InnerPreparation) preparation = g_new0 (InnerPreparation, 1);
  g_autoptr (GArray) descriptors = NULL;
  g_auto (GStrv) arguments = inner_bwrap_arguments (plan, FIRST_NUMBER, FALSE, &descriptors);
  int directory_fd;

  preparation->runtime_dir = g_strdup (runtime_dir);
  preparation->notes = g_ptr_array_new_with_free_func (g_free);
  preparation->fds = g_array_new (FALSE, FALSE, sizeof (int));
  g_array_set_clear_func (preparation->fds, (GDestroyNotify) inner_clear_fd);
  preparation->numbers = g_array_new (FALSE, FALSE, sizeof (gint32));

  directory_fd = inner_runtime_dir_add (runtime_dir, request->id, &preparation->id, error);
  if (directory_fd < 0)
    return NULL;
  take_fd (preparation, INNER_DESCRIPTOR_DIRECTORY, directory_fd);
  preparation->copies = inner_copies_new (preparation->id, caller->gone);
  /* What fails first costs least: what is copied comes later. */
  if (!collect_published (preparation, plan, error) ||
      !collect_planned (preparation, descriptors, error) ||
      !collect_agent_state (preparation, plan, error) ||
      !collect_streams (preparation, plan, request, caller->pidfd, error) ||
      !collect_guards (preparation, plan, error) || !collect_log (preparation, plan, error) ||
      !seal_record (preparation, plan, arguments, error))
    return NULL;

  return g_steal_pointer (&preparation);
}

int
inner_preparation_make_more (const InnerPreparation *preparation,
                             const InnerPlan *plan,
                             const InnerCaller *caller,
                             GError **error)
{
  g_autofree char *state = g_build_filename (g_get_user_state_dir (), "inner", NULL);
  GVariant *guard = inner_plan_guard_record (plan, state);
  GVariantBuilder more;
  g_autoptr (GVariant) record = NULL;

  g_variant_builder_init (&more, G_VARIANT_TYPE (INNER_RECORD_TYPE));
  g_variant_builder_add (&more, "{sv}", INNER_RECORD_JOURNAL,
                         inner_plan_journal (plan, preparation->id, caller));
  if (guard != NULL)
    g_variant_builder_add (&more, "{sv}", INNER_RECORD_GUARD, guard);
  record = g_variant_ref_sink (g_variant_builder_end (&more));
  return inner_fds_new_sealed ("inner-record", g_variant_get_data (record),
                               g_variant_get_size (record), error);
}

const char *
inner_preparation_get_id (const InnerPreparation *preparation)
{
  return preparation->id;
}

gboolean
inner_preparation_takes_long (const InnerPlan *plan)
{
  for (guint i = 0; i < plan->mounts->len; i++)
    if (((InnerMount *) plan->mounts->pdata[i])->prepared == INNER_PREPARED_COPY)
      return TRUE;

  return FALSE;
}

const GPtrArray *
inner_preparation_get_notes (const InnerPreparation *preparation)
{
  return preparation->notes;
}

const int *
inner_preparation_get_fds (const InnerPreparation *preparation, guint *n_fds)
{
  *n_fds = preparation->fds->len;
  return (const int *) preparation->fds->data;
}

void
inner_preparation_hand_over (InnerPreparation *preparation)
{
  preparation->handed_over = TRUE;
  inner_copies_hand_over (preparation->copies);
}
