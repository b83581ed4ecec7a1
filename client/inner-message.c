/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-message.h"

#include <stdio.h>

#include "inner-options.h"

/* (element-type utf8) (nullable): NULL = nothing is held back */
static GPtrArray *held_messages;

void
inner_hold_messages (gboolean hold)
{
  g_autoptr (GPtrArray) held = g_steal_pointer (&held_messages);

  for (guint i = 0; held != NULL && i < held->len; i++)
    fprintf (stderr, "%s", (const char *) g_ptr_array_index (held, i));
  if (hold)
    held_messages = g_ptr_array_new_with_free_func (g_free);
}

char *
inner_message_new (const char *text)
{
  g_autofree char *shown = inner_escape_for_display (text);

  return g_strconcat ("innerctl: ", shown, NULL);
}

/* Not g_printerr(): it turns what the locale cannot say into question marks, and a path is a path. */
void
inner_say (const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  message = inner_message_new (text);
  if (held_messages != NULL)
    g_ptr_array_add (held_messages, g_strconcat (message, "\n", NULL));
  else
    fprintf (stderr, "%s\n", message);
}
