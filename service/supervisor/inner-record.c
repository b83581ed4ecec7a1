/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-wire.h"

#define MAX_BYTES (64 * 1024 * 1024)
#define MAX_NUMBER 500 /* twice as many must fit into RLIMIT_NOFILE, usually 1024 */
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

typedef struct
{
  gpointer data;
  gsize size;
} Mapping;

static gboolean
fail (GError **error, int code, const char *what)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", what,
               g_strerror (code));
  return FALSE;
}

static void
unmap (gpointer data)
{
  Mapping *mapping = data;

  munmap (mapping->data, mapping->size);
  g_free (mapping);
}

/* SECURITY: what was checked cannot be changed afterwards by whoever else holds the memory file (attack
 * 109; test_record_must_be_sealed). */
static GVariant *
read_record (int fd, GError **error)
{
  struct stat st;
  Mapping *mapping;
  gpointer data;
  g_autoptr (GVariant) value = NULL;
  int seals = fcntl (fd, F_GET_SEALS);

  if (seals < 0 || (seals & SEALS) != SEALS || fstat (fd, &st) < 0 || st.st_size <= 0 ||
      st.st_size > MAX_BYTES)
    {
      fail (error, EBADMSG, "The launch record is not a sealed memory file");
      return NULL;
    }
  data = mmap (NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED)
    {
      fail (error, errno, "The launch record cannot be mapped");
      return NULL;
    }

  mapping = g_new (Mapping, 1);
  *mapping = (Mapping){ data, st.st_size };
  value = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE (INNER_RECORD_TYPE), data,
                                                       st.st_size, FALSE, unmap, mapping));
  if (g_variant_is_normal_form (value))
    return g_steal_pointer (&value);

  fail (error, EBADMSG, "The launch record is damaged");
  return NULL;
}

/* Every key is required; the variants that are filled in are borrowed from the record's value. */
static gboolean
read_values (InnerRecord *self, GError **error)
{
  guint32 version = 0;
  const struct
  {
    const char *key;
    const char *format;
    gpointer place;
  } table[] = {
    { INNER_RECORD_VERSION, "u", &version },
    { INNER_RECORD_DIRECTORY, "&s", &self->directory },
    { INNER_RECORD_BWRAP, "&s", &self->bwrap },
    { INNER_RECORD_INIT, "&s", &self->init },
    { INNER_RECORD_ARGUMENTS, "@ay", &self->arguments },
    { INNER_RECORD_COMMAND, "@ay", &self->command },
    { INNER_RECORD_PROPERTIES, "@a{sv}", &self->properties },
    { INNER_RECORD_TIMEOUT, "t", &self->timeout_ms },
    { INNER_RECORD_GRACE, "u", &self->grace_ms },
    { INNER_RECORD_DETACHED, "b", &self->detached },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (!g_variant_lookup (self->value, table[i].key, table[i].format, table[i].place))
      {
        g_autofree char *what = g_strdup_printf ("The launch record has no “%s”", table[i].key);

        return fail (error, EBADMSG, what);
      }
  self->interactive = g_variant_lookup (self->value, INNER_RECORD_TERMINAL, "(qqb)", &self->columns,
                                        &self->rows, &self->end_line);
  g_variant_lookup (self->value, INNER_RECORD_IDLE, "t", &self->idle_ms);
  if (self->interactive && (self->columns == 0 || self->rows == 0))
    return fail (error, EINVAL, "The launch record gives no size to the terminal");
  if (version != INNER_RECORD_VERSION_NOW)
    return fail (error, EPROTO, "The launch record is of another version; restart the service");
  /* SECURITY: nothing is looked up along a PATH (attack 31; test_bwrap_by_absolute_path). */
  if (self->bwrap[0] != '/' || self->directory[0] != '/')
    return fail (error, EINVAL, "The launch record names a relative path");

  return TRUE;
}

static int *
find_place (InnerRecord *self, int number)
{
  switch (number)
    {
    case INNER_DESCRIPTOR_STDIN:
      return &self->stdio[0];
    case INNER_DESCRIPTOR_STDOUT:
      return &self->stdio[1];
    case INNER_DESCRIPTOR_STDERR:
      return &self->stdio[2];
    case INNER_DESCRIPTOR_CLIENT:
      return &self->client;
    case INNER_DESCRIPTOR_DIRECTORY:
      return &self->directory_fd;
    case INNER_DESCRIPTOR_LOG:
      return &self->log;
    case INNER_DESCRIPTOR_TERMINAL:
      return &self->terminal;
    case INNER_DESCRIPTOR_COPIES:
      return &self->copies;
    default:
      if (number <= INNER_DESCRIPTOR_PUBLISHED &&
          number > INNER_DESCRIPTOR_PUBLISHED - INNER_MAX_PUBLISHED)
        return &self->published[INNER_DESCRIPTOR_PUBLISHED - number];
      return number <= INNER_DESCRIPTOR_ROOT &&
                     number > INNER_DESCRIPTOR_ROOT - INNER_GUARD_MAX_ROOTS
                 ? &self->roots[INNER_DESCRIPTOR_ROOT - number]
                 : NULL;
    }
}

/* Takes what may stand in either record. Every root of the guard has its descriptor. */
static gboolean
take_guard_and_journal (InnerRecord *self, GVariant *value, GError **error)
{
  g_autoptr (GVariant) roots = NULL;
  gsize n;

  self->journal = g_variant_lookup_value (value, INNER_RECORD_JOURNAL, G_VARIANT_TYPE_VARDICT);
  self->guard =
      g_variant_lookup_value (value, INNER_RECORD_GUARD, G_VARIANT_TYPE (INNER_GUARD_PLAN_TYPE));
  if (self->guard == NULL)
    return TRUE;
  roots = g_variant_get_child_value (self->guard, 2);
  n = g_variant_n_children (roots);
  for (gsize i = 0; i < n; i++)
    if (i >= INNER_GUARD_MAX_ROOTS || self->roots[i] < 0)
      return fail (error, EBADMSG, "The launch record guards a directory without a descriptor");

  return TRUE;
}

/* SECURITY: a gateway that cannot be read is an error, not a sandbox without one (attack 106;
 * test_record_with_bad_egress). Nothing is looked up along a PATH (attack 31; test_bwrap_by_absolute_path). */
static gboolean
check_egress (InnerRecord *self, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (self->value, INNER_RECORD_EGRESS, NULL);
  const char *program = NULL;

  if (value == NULL)
    return TRUE;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT) ||
      !g_variant_lookup (value, INNER_EGRESS_PROGRAM, "&s", &program) || program[0] != '/')
    return fail (error, EBADMSG,
                 "The launch record names no gateway for its “" INNER_RECORD_EGRESS "”");
  self->egress = g_steal_pointer (&value);
  return TRUE;
}

/* Every port has its socket, and somebody to serve it.
 *
 * SECURITY: nothing runs that promises a port which nobody serves (attack 106; test_record_with_bad_ports). */
static gboolean
check_publish (InnerRecord *self, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (self->value, INNER_RECORD_PUBLISH, NULL);
  gsize n;

  if (value == NULL)
    return TRUE;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (INNER_PUBLISH_TYPE)) || self->egress == NULL)
    return fail (error, EBADMSG, "The launch record publishes ports, and nobody could serve them");
  n = g_variant_n_children (value);
  for (gsize i = 0; i < n; i++)
    if (i >= INNER_MAX_PUBLISHED || self->published[i] < 0)
      return fail (error, EBADMSG, "The launch record publishes a port without a socket");
  if (n > 0)
    self->publish = g_steal_pointer (&value);
  return TRUE;
}

/* Numbers come in threes. */
static gboolean
check_ids (InnerRecord *self, GError **error)
{
  self->ids =
      g_variant_lookup_value (self->value, INNER_RECORD_IDS, G_VARIANT_TYPE (INNER_IDS_TYPE));
  for (gsize i = 0; self->ids != NULL && i < 2; i++)
    {
      g_autoptr (GVariant) numbers = g_variant_get_child_value (self->ids, i);
      gsize n = g_variant_n_children (numbers);

      if (n == 0 || n % 3 != 0 || n > 9)
        return fail (error, EBADMSG, "The launch record has no map of users");
    }

  return TRUE;
}

/* SECURITY: the program is found by its absolute path (attack 31; test_bwrap_by_absolute_path). */
static gboolean
check_proxy (InnerRecord *self, GError **error)
{
  const char *program;

  self->proxy =
      g_variant_lookup_value (self->value, INNER_RECORD_PROXY, G_VARIANT_TYPE_STRING_ARRAY);
  if (self->proxy == NULL)
    return TRUE;
  if (g_variant_n_children (self->proxy) < 3)
    return fail (error, EBADMSG, "The launch record has no arguments for the proxy");
  g_variant_get_child (self->proxy, 0, "&s", &program);
  return program[0] == '/' ||
         fail (error, EINVAL, "The launch record names a relative path of the proxy");
}

static gboolean
is_free_number (InnerRecord *self, int number)
{
  if (number <= INNER_INIT_FD || number > MAX_NUMBER)
    return FALSE;
  for (guint i = 0; i < self->planned->len; i++)
    if (g_array_index (self->planned, InnerPlannedFd, i).number == number)
      return FALSE;

  return TRUE;
}

static gboolean
take_descriptor (InnerRecord *self, int *fd, int number)
{
  int *place = find_place (self, number);
  InnerPlannedFd planned = { *fd, number };

  if (place != NULL && *place < 0)
    *place = *fd;
  else if (place == NULL && is_free_number (self, number))
    g_array_append_val (self->planned, planned);
  else
    return FALSE;

  *fd = -1;
  return TRUE;
}

static gboolean
take_descriptors (InnerRecord *self, GArray *fds, GError **error)
{
  g_autoptr (GVariant) value =
      g_variant_lookup_value (self->value, INNER_RECORD_DESCRIPTORS, G_VARIANT_TYPE ("ai"));
  const gint32 *numbers;
  gsize count = 0;

  if (value == NULL)
    return fail (error, EBADMSG, "The launch record has no “" INNER_RECORD_DESCRIPTORS "”");
  numbers = g_variant_get_fixed_array (value, &count, sizeof (gint32));
  if (count + 1 != fds->len)
    return fail (error, EBADMSG, "The launch message has not as many descriptors as its record");

  for (gsize i = 0; i < count; i++)
    if (!take_descriptor (self, &g_array_index (fds, int, i + 1), numbers[i]))
      {
        g_autofree char *what =
            g_strdup_printf ("The launch record gives the number %d to a descriptor", numbers[i]);

        return fail (error, EINVAL, what);
      }

  return TRUE;
}

/* SECURITY: nobody else may reach the control socket or plant an exit status (attack 70;
 * test_directory_must_be_private). */
static gboolean
open_directory (InnerRecord *self, GError **error)
{
  struct stat st;

  if (self->directory_fd < 0)
    self->directory_fd = open (self->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (self->directory_fd < 0 || fstat (self->directory_fd, &st) < 0)
    return fail (error, errno, self->directory);
  if (!S_ISDIR (st.st_mode) || st.st_uid != getuid () || (st.st_mode & 077) != 0)
    return fail (error, EPERM, self->directory);

  return TRUE;
}

InnerRecord *
inner_record_new (GArray *fds, GError **error)
{
  g_autoptr (InnerRecord) self = g_new0 (InnerRecord, 1);

  self->planned = g_array_new (FALSE, FALSE, sizeof (InnerPlannedFd));
  for (gsize i = 0; i < G_N_ELEMENTS (self->roots); i++)
    self->roots[i] = -1;
  for (gsize i = 0; i < G_N_ELEMENTS (self->published); i++)
    self->published[i] = -1;
  self->stdio[0] = self->stdio[1] = self->stdio[2] = self->client = self->directory_fd = self->log =
      self->terminal = self->copies = -1;

  if (fds->len == 0)
    {
      fail (error, EBADMSG, "The launch message has no record");
      return NULL;
    }
  self->value = read_record (g_array_index (fds, int, 0), error);
  if (self->value == NULL || !read_values (self, error) || !take_descriptors (self, fds, error) ||
      !take_guard_and_journal (self, self->value, error) || !check_ids (self, error) ||
      !check_proxy (self, error) || !check_egress (self, error) || !check_publish (self, error) ||
      !open_directory (self, error))
    return NULL;
  g_variant_lookup (self->value, INNER_RECORD_MORE, "b", &self->more);
  self->logins =
      g_variant_lookup_value (self->value, INNER_RECORD_LOGINS, G_VARIANT_TYPE (INNER_LOGINS_TYPE));
  self->bounds =
      g_variant_lookup_value (self->value, INNER_RECORD_BOUNDS, G_VARIANT_TYPE ("a{st}"));

  return g_steal_pointer (&self);
}

gboolean
inner_record_add (InnerRecord *record, GArray *fds, GError **error)
{
  g_autoptr (GVariant) value = NULL;

  if (fds->len != 1 || record->guard != NULL || record->journal != NULL)
    return fail (error, EBADMSG, "The second launch record does not go with the first one");
  value = read_record (g_array_index (fds, int, 0), error);
  return value != NULL && take_guard_and_journal (record, value, error);
}

static void
close_one (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

void
inner_record_close_planned (InnerRecord *record)
{
  for (guint i = 0; i < record->planned->len; i++)
    close (g_array_index (record->planned, InnerPlannedFd, i).fd);
  g_array_set_size (record->planned, 0);
}

void
inner_record_close_launched (InnerRecord *record)
{
  for (gsize i = 0; i < G_N_ELEMENTS (record->stdio); i++)
    close_one (&record->stdio[i]);
}

void
inner_record_free (InnerRecord *record)
{
  inner_record_close_planned (record);
  inner_record_close_launched (record);
  g_array_unref (record->planned);
  close_one (&record->client);
  close_one (&record->terminal);
  close_one (&record->directory_fd);
  close_one (&record->log);
  close_one (&record->copies);
  for (gsize i = 0; i < G_N_ELEMENTS (record->roots); i++)
    close_one (&record->roots[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (record->published); i++)
    close_one (&record->published[i]);
  g_clear_pointer (&record->guard, g_variant_unref);
  g_clear_pointer (&record->journal, g_variant_unref);
  g_clear_pointer (&record->ids, g_variant_unref);
  g_clear_pointer (&record->proxy, g_variant_unref);
  g_clear_pointer (&record->logins, g_variant_unref);
  g_clear_pointer (&record->egress, g_variant_unref);
  g_clear_pointer (&record->publish, g_variant_unref);
  g_clear_pointer (&record->bounds, g_variant_unref);
  g_clear_pointer (&record->arguments, g_variant_unref);
  g_clear_pointer (&record->command, g_variant_unref);
  g_clear_pointer (&record->properties, g_variant_unref);
  g_clear_pointer (&record->value, g_variant_unref);
  g_free (record);
}
