/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-redact.h"

#include <string.h>

#define REPLACEMENT "[redacted]"

typedef struct
{
  char *bytes;
  gsize size;
} Secret;

struct _InnerSecrets
{
  GArray *all; /* of Secret, longest first: one may hold another */
  gboolean begins[256];
};

struct _InnerRedactor
{
  const InnerSecrets *secrets;
  GString *held; /* not yet decided */
  GString *ready;
};

static void
clear_secret (gpointer data)
{
  Secret *secret = data;

  g_free (secret->bytes);
}

static int
compare_secrets (gconstpointer a, gconstpointer b)
{
  const Secret *one = a;
  const Secret *other = b;

  return (one->size < other->size) - (one->size > other->size);
}

InnerSecrets *
inner_secrets_new (const char *const *values)
{
  InnerSecrets *secrets = g_new0 (InnerSecrets, 1);

  secrets->all = g_array_new (FALSE, FALSE, sizeof (Secret));
  g_array_set_clear_func (secrets->all, clear_secret);
  for (; values != NULL && *values != NULL; values++)
    {
      Secret secret = { NULL, strlen (*values) };

      if (secret.size < INNER_REDACT_MIN)
        continue;
      secret.bytes = g_strdup (*values);
      secrets->begins[(guchar) secret.bytes[0]] = TRUE;
      g_array_append_val (secrets->all, secret);
    }
  g_array_sort (secrets->all, compare_secrets);
  return secrets;
}

void
inner_secrets_free (InnerSecrets *secrets)
{
  g_array_unref (secrets->all);
  g_free (secrets);
}

/* Which secret stands at the beginning of @bytes: its size, 0 for none. *@maybe: one of them could begin here, but
 * there are too few bytes to tell, and more may come. */
static gsize
match (const InnerSecrets *secrets, const char *bytes, gsize size, gboolean last, gboolean *maybe)
{
  *maybe = FALSE;
  if (!secrets->begins[(guchar) bytes[0]])
    return 0;
  for (guint i = 0; i < secrets->all->len; i++)
    {
      const Secret *secret = &g_array_index (secrets->all, Secret, i);

      if (memcmp (bytes, secret->bytes, MIN (size, secret->size)) != 0)
        continue;
      if (secret->size <= size)
        return secret->size;
      if (last)
        continue;
      *maybe = TRUE;
      return 0;
    }

  return 0;
}

/* Appends to @out what of @bytes is decided; gives how many bytes that were. */
static gsize
redact (const InnerSecrets *secrets, const char *bytes, gsize size, gboolean last, GString *out)
{
  gsize at = 0;
  gsize plain = 0; /* from here on nothing was appended yet */

  while (at < size)
    {
      gboolean maybe;
      gsize length = match (secrets, bytes + at, size - at, last, &maybe);

      if (maybe)
        break;
      if (length == 0)
        {
          at++;
          continue;
        }
      g_string_append_len (out, bytes + plain, at - plain);
      g_string_append (out, REPLACEMENT);
      at += length;
      plain = at;
    }
  g_string_append_len (out, bytes + plain, at - plain);
  return at;
}

char *
inner_secrets_redact (const InnerSecrets *secrets, const char *text)
{
  GString *out = g_string_new (NULL);

  redact (secrets, text, strlen (text), TRUE, out);
  return g_string_free (out, FALSE);
}

InnerRedactor *
inner_redactor_new (const InnerSecrets *secrets)
{
  InnerRedactor *redactor = g_new0 (InnerRedactor, 1);

  redactor->secrets = secrets;
  redactor->held = g_string_new (NULL);
  redactor->ready = g_string_new (NULL);
  return redactor;
}

void
inner_redactor_free (InnerRedactor *redactor)
{
  g_string_free (redactor->held, TRUE);
  g_string_free (redactor->ready, TRUE);
  g_free (redactor);
}

/* SECURITY: the secret that a command prints is not kept on the disk (attack 114; tests/unit/test-journal.c). A
 * command that wants to keep one can encode it: this is against accidents. */
gsize
inner_redactor_feed (
    InnerRedactor *redactor, const char *bytes, gsize size, gboolean last, const char **ready)
{
  gsize decided;

  /* The usual case costs no copy. */
  if (redactor->secrets->all->len == 0)
    {
      *ready = bytes;
      return size;
    }
  g_string_append_len (redactor->held, bytes, size);
  g_string_truncate (redactor->ready, 0);
  decided =
      redact (redactor->secrets, redactor->held->str, redactor->held->len, last, redactor->ready);
  g_string_erase (redactor->held, 0, decided);
  *ready = redactor->ready->str;
  return redactor->ready->len;
}
