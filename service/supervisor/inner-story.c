/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The record of the run: what is told where, and the copy of the output. A record that cannot be made or goes on
 * being full costs the sandbox nothing. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "inner-recorder.h"
#include "inner-supervisor.h"
#include "inner-wire.h"

/* Events are on the disk this long after they happened, at the latest. */
#define SYNC_US (G_USEC_PER_SEC / 4)

/* Who reads slowly may go on reading when the command ended by itself; after a signal it has this long. */
#define HAND_ON_US G_USEC_PER_SEC

/* Makes the copy of the output. Without it, or when it fails, the command writes to its reader itself. */
static void
begin_output (InnerSupervisor *self)
{
  gboolean wanted = FALSE;
  int output;

  g_variant_lookup (self->record->journal, INNER_JOURNAL_KEY_OUTPUT, "b", &wanted);
  if (!wanted)
    return;
  output = inner_journal_make_file (self->journal, INNER_JOURNAL_OUTPUT);
  if (output >= 0)
    {
      self->recorder = inner_recorder_new (output, self->record->log, self->secrets);
      self->record->log = -1;
    }
  if (self->recorder != NULL)
    self->output = inner_recorder_get_fd (self->recorder);
  else
    inner_story_loss (self, INNER_JOURNAL_OUTPUT, errno);
}

void
inner_story_begin (InnerSupervisor *self)
{
  g_autofree char *id = g_path_get_basename (self->record->directory);
  g_autofree const char **secrets = NULL;
  GVariant *planned = NULL;
  const char *state = NULL;

  if (self->record->journal == NULL)
    return;
  g_variant_lookup (self->record->journal, INNER_JOURNAL_KEY_STATE, "&s", &state);
  g_variant_lookup (self->record->journal, INNER_JOURNAL_KEY_PLANNED, "@a{sv}", &planned);
  g_variant_lookup (self->record->journal, INNER_JOURNAL_KEY_SECRETS, "^a&ay", &secrets);
  self->secrets = inner_secrets_new (secrets);
  if (state != NULL)
    self->journal = inner_journal_new (state, id);
  if (self->journal == NULL)
    {
      g_clear_pointer (&planned, g_variant_unref);
      return;
    }
  inner_story_tell (self, INNER_EVENT_PLANNED, planned);
  g_variant_lookup (self->record->journal, INNER_JOURNAL_KEY_RECORDING, "b", &self->recording);
  g_clear_pointer (&planned, g_variant_unref);
  begin_output (self);
}

void
inner_story_tell (InnerSupervisor *self, const char *event, GVariant *values)
{
  g_autoptr (GVariant) sunk = values != NULL ? g_variant_ref_sink (values) : NULL;

  if (self->journal == NULL)
    return;
  inner_journal_add (self->journal, event, sunk);
  if (self->sync_at == 0)
    self->sync_at = g_get_monotonic_time () + SYNC_US;
}

void
inner_story_loss (InnerSupervisor *self, const char *part, int error)
{
  inner_story_tell (
      self, INNER_EVENT_LOSS,
      g_variant_new_parsed ("{'part': <%s>, 'error': <%s>}", part, g_strerror (error)));
}

void
inner_story_sync (InnerSupervisor *self)
{
  self->sync_at = 0;
  if (self->journal != NULL)
    inner_journal_sync (self->journal);
}

/* Of one terminal, pipe or file: what is written through one has its place among what is written through the
 * other. */
static gboolean
is_same (int one, int other)
{
  struct stat a;
  struct stat b;

  return one >= 0 && other >= 0 && fstat (one, &a) == 0 && fstat (other, &b) == 0 &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void
inner_story_divert (InnerSupervisor *self)
{
  int *stdio = self->record->stdio;
  gboolean same = is_same (stdio[1], stdio[2]);

  if (self->recorder == NULL)
    return;
  for (int i = 1; i < 3; i++)
    {
      int diverted;

      if (i == 2 && same && self->diverted)
        {
          inner_close (&stdio[2]);
          stdio[2] = fcntl (stdio[1], F_DUPFD_CLOEXEC, 3);
          continue;
        }
      diverted = inner_recorder_add (self->recorder, stdio[i]);
      if (diverted < 0)
        {
          inner_story_loss (self, INNER_JOURNAL_OUTPUT, errno);
          continue;
        }
      stdio[i] = diverted;
      self->diverted = TRUE;
    }
}

/* The recording begins with the first thing that is shown, when the size is known. */
void
inner_story_show (InnerSupervisor *self, guint columns, guint rows, const guint8 *data, gsize size)
{
  int fd;

  if (self->recording && self->cast == NULL)
    {
      self->recording = FALSE;
      fd = inner_journal_make_file (self->journal, INNER_JOURNAL_RECORDING);
      if (fd >= 0)
        self->cast = inner_cast_new (fd, self->secrets, columns, rows);
      else
        inner_story_loss (self, INNER_JOURNAL_RECORDING, errno);
    }
  if (self->cast != NULL)
    inner_cast_show (self->cast, data, size);
}

void
inner_story_resize (InnerSupervisor *self, guint columns, guint rows)
{
  if (self->cast != NULL)
    inner_cast_resize (self->cast, columns, rows);
}

gboolean
inner_story_is_handed_on (InnerSupervisor *self)
{
  return !self->diverted || inner_recorder_is_done (self->recorder);
}

void
inner_story_wait (InnerSupervisor *self)
{
  gboolean by_force = self->reason != NULL || !self->main_ended || WIFSIGNALED (self->main_status);

  if (by_force && self->hand_on_at == 0)
    self->hand_on_at = g_get_monotonic_time () + HAND_ON_US;
}

void
inner_story_end (InnerSupervisor *self)
{
  g_autoptr (GVariant) guarded = NULL;
  GVariantDict dict;
  int loss = self->diverted ? inner_recorder_get_loss (self->recorder) : 0;

  if (self->journal == NULL)
    return;
  if (loss != 0)
    inner_story_loss (self, INNER_JOURNAL_OUTPUT, loss);
  if (self->cast != NULL)
    inner_cast_end (self->cast);
  if (self->cast != NULL && inner_cast_get_loss (self->cast) != 0)
    inner_story_loss (self, INNER_JOURNAL_RECORDING, inner_cast_get_loss (self->cast));
  guarded = g_variant_lookup_value (self->exit, "guarded", G_VARIANT_TYPE ("aa{sv}"));
  if (guarded != NULL && g_variant_n_children (guarded) > 0)
    inner_story_tell (self, INNER_EVENT_GUARDED,
                      g_variant_new_parsed ("{'findings': <%@aa{sv}>}", guarded));
  g_variant_dict_init (&dict, self->exit);
  g_variant_dict_remove (&dict, "guarded");
  g_variant_dict_remove (&dict, "at");
  if (self->diverted)
    g_variant_dict_insert (&dict, "output", "t", inner_recorder_get_bytes (self->recorder));
  inner_story_tell (self, INNER_EVENT_ENDED, g_variant_dict_end (&dict));
}

/* The words of a command block, which has all that it says ended by NUL; without its secrets. */
GVariant *
inner_story_words (const InnerSupervisor *self, char *const *argv)
{
  GVariantBuilder words;

  g_variant_builder_init (&words, G_VARIANT_TYPE_STRING_ARRAY);
  for (; *argv != NULL; argv++)
    {
      g_autofree char *valid = g_utf8_make_valid (*argv, -1);
      g_autofree char *clean = inner_secrets_redact (self->secrets, valid);

      g_variant_builder_add (&words, "s", clean);
    }
  return g_variant_builder_end (&words);
}
