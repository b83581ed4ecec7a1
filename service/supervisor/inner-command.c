/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-supervisor.h"
#include "inner-wire.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

/* A command block taken apart; the strings point into it. */
typedef struct
{
  const char *directory;
  GPtrArray *argv; /* NULL-terminated */
  GPtrArray *envp; /* the same */
} Command;

static void
command_clear (Command *command)
{
  g_clear_pointer (&command->argv, g_ptr_array_unref);
  g_clear_pointer (&command->envp, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Command, command_clear)

static const char *
take_strings (GPtrArray **list, const char *text, const char *end, guint32 count)
{
  *list = g_ptr_array_new ();
  for (; count > 0 && text < end; count--, text += strlen (text) + 1)
    g_ptr_array_add (*list, (gpointer) text);
  return count == 0 ? text : NULL;
}

/* FALSE for a block that is not what its header says. */
static gboolean
command_parse (Command *command, const char *data, gsize size)
{
  const InnerCommandHeader *header = (const InnerCommandHeader *) data;
  const char *end = data + size;
  const char *text = data + sizeof *header;

  if (header->magic != INNER_COMMAND_MAGIC || header->flags != 0 || end[-1] != '\0')
    return FALSE;
  command->directory = text;
  text = take_strings (&command->argv, text + strlen (text) + 1, end, header->argc);
  if (text != NULL)
    text = take_strings (&command->envp, text, end, header->envc);
  return text == end;
}

static gboolean
sets_variable (GPtrArray *envp, const char *entry)
{
  gsize length = strcspn (entry, "=") + 1;

  for (guint i = 0; i < envp->len; i++)
    if (strncmp (g_ptr_array_index (envp, i), entry, length) == 0)
      return TRUE;

  return FALSE;
}

static GBytes *
merge (Command *command, const Command *main_command)
{
  guint given = command->envp->len;

  for (guint i = 0; i < main_command->envp->len; i++)
    {
      gpointer entry = g_ptr_array_index (main_command->envp, i);

      if (!sets_variable (command->envp, entry))
        g_ptr_array_insert (command->envp, given, entry);
    }
  g_ptr_array_add (command->argv, NULL);
  g_ptr_array_add (command->envp, NULL);

  return inner_command_block_new (
      command->directory[0] != '\0' ? command->directory : main_command->directory,
      (const char *const *) command->argv->pdata, (const char *const *) command->envp->pdata);
}

static int
seal (GBytes *block)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (block, &size);
  int fd = memfd_create ("inner-command", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd >= 0 && write (fd, data, size) == (gssize) size &&
      fcntl (fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0)
    return fd;
  inner_close (&fd);
  return -1;
}

/* Only a sealed block is mapped: another one could be cut while it is read. */
static int
complete_mapped (const InnerSupervisor *self, const char *data, gsize size, GVariant **words)
{
  g_auto (Command) command = { 0 };
  g_auto (Command) main_command = { 0 };
  g_autoptr (GBytes) block = NULL;
  gsize main_size;
  const char *main_data =
      g_variant_get_fixed_array (self->record->command, &main_size, sizeof (char));

  if (!command_parse (&command, data, size) || !command_parse (&main_command, main_data, main_size))
    {
      errno = EBADMSG;
      return -1;
    }
  block = merge (&command, &main_command);
  if (self->journal != NULL)
    *words = g_variant_ref_sink (inner_story_words (self, (char *const *) command.argv->pdata));
  return seal (block);
}

int
inner_command_complete (const InnerSupervisor *self, int block, GVariant **words)
{
  int seals = fcntl (block, F_GET_SEALS);
  struct stat st;
  char *data;
  int completed;

  if (seals < 0 || (seals & SEALS) != SEALS || fstat (block, &st) < 0)
    {
      errno = EBADMSG;
      return -1;
    }
  if (st.st_size <= (off_t) sizeof (InnerCommandHeader) || st.st_size > INNER_COMMAND_MAX_BYTES)
    {
      errno = E2BIG;
      return -1;
    }
  data = mmap (NULL, st.st_size, PROT_READ, MAP_PRIVATE, block, 0);
  if (data == MAP_FAILED)
    return -1;

  completed = complete_mapped (self, data, st.st_size, words);
  munmap (data, st.st_size);
  return completed;
}
