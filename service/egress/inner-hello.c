/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-hello.h"

#include <string.h>

#include "inner-network-name.h"

#define RECORD_HEADER 5
#define RECORD_MAX (16384u + 256)
#define RECORD_HANDSHAKE 22
#define HANDSHAKE_HEADER 4
#define HANDSHAKE_CLIENT_HELLO 1
#define RANDOM_SIZE 32
#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ECH 0xfe0d
#define NAME_TYPE_HOST 0

/* What is left to read. A read beyond the end makes it bad, and everything after gives nothing. */
typedef struct
{
  const guint8 *next;
  gsize left;
  gboolean bad;
} Reader;

static const guint8 *
take (Reader *reader, gsize size)
{
  const guint8 *taken = reader->next;

  if (reader->bad || size > reader->left)
    {
      reader->bad = TRUE;
      return NULL;
    }
  reader->next += size;
  reader->left -= size;
  return taken;
}

static guint32
take_number (Reader *reader, guint size)
{
  const guint8 *bytes = take (reader, size);
  guint32 number = 0;

  for (guint i = 0; bytes != NULL && i < size; i++)
    number = number << 8 | bytes[i];
  return number;
}

/* A part whose length stands before it in @size bytes. */
static Reader
take_part (Reader *reader, guint size)
{
  guint32 length = take_number (reader, size);
  const guint8 *bytes = take (reader, length);

  return (Reader){ bytes, bytes != NULL ? length : 0, reader->bad };
}

/* The handshake messages out of their records: one may be spread over several. */
static InnerHelloState
join_records (const guint8 *bytes, gsize size, GByteArray *joined)
{
  Reader reader = { bytes, size, FALSE };
  guint32 length;

  for (;;)
    {
      const guint8 *header;
      guint wanted = joined->len < HANDSHAKE_HEADER
                         ? HANDSHAKE_HEADER
                         : HANDSHAKE_HEADER + ((guint) joined->data[1] << 16 |
                                               (guint) joined->data[2] << 8 | joined->data[3]);

      if (wanted > INNER_HELLO_MAX_BYTES)
        return INNER_HELLO_INVALID;
      if (joined->len >= HANDSHAKE_HEADER && joined->len >= wanted)
        return joined->len == wanted ? INNER_HELLO_COMPLETE : INNER_HELLO_INVALID;

      /* What cannot become a record is none, however little of it is there. */
      if (reader.left > 0 && reader.next[0] != RECORD_HANDSHAKE)
        return INNER_HELLO_INVALID;
      if (reader.left < RECORD_HEADER)
        return INNER_HELLO_INCOMPLETE;
      header = take (&reader, RECORD_HEADER);
      length = (guint32) header[3] << 8 | header[4];
      if (header[1] != 3 || length == 0 || length > RECORD_MAX)
        return INNER_HELLO_INVALID;
      if (reader.left >= 1 && joined->len == 0 && reader.next[0] != HANDSHAKE_CLIENT_HELLO)
        return INNER_HELLO_INVALID;
      if (reader.left < length)
        return INNER_HELLO_INCOMPLETE;
      g_byte_array_append (joined, take (&reader, length), length);
    }
}

/* One name of the type “host”, and nothing else. */
static gboolean
read_server_name (Reader extension, InnerHello *hello)
{
  Reader list = take_part (&extension, 2);
  guint32 type = take_number (&list, 1);
  Reader name = take_part (&list, 2);

  if (extension.bad || list.bad || name.bad || extension.left > 0 || list.left > 0 ||
      type != NAME_TYPE_HOST || hello->name != NULL)
    return FALSE;
  hello->name = inner_network_name_canonical ((const char *) name.next, name.left, NULL);
  return hello->name != NULL;
}

static gboolean
read_extensions (Reader extensions, InnerHello *hello)
{
  while (!extensions.bad && extensions.left > 0)
    {
      guint32 type = take_number (&extensions, 2);
      Reader extension = take_part (&extensions, 2);

      if (extensions.bad)
        break;
      if (type == EXTENSION_ECH)
        hello->has_ech = TRUE;
      if (type == EXTENSION_SERVER_NAME && !read_server_name (extension, hello))
        return FALSE;
    }

  return !extensions.bad;
}

/* SECURITY: what could be read in two ways (two names, bytes left over, a name that is none) is invalid, so that
 * the server cannot see another name than we do (attacks 83 and 87; tests/unit/test-network.c). */
InnerHelloState
inner_hello_read (const guint8 *bytes, gsize size, InnerHello *hello)
{
  g_autoptr (GByteArray) joined = g_byte_array_new ();
  InnerHelloState state = join_records (bytes, size, joined);
  Reader reader;

  *hello = (InnerHello){ NULL, FALSE };
  if (state != INNER_HELLO_COMPLETE)
    return state == INNER_HELLO_INCOMPLETE && size >= INNER_HELLO_MAX_BYTES ? INNER_HELLO_INVALID
                                                                            : state;
  reader = (Reader){ joined->data + HANDSHAKE_HEADER, joined->len - HANDSHAKE_HEADER, FALSE };
  if (joined->data[0] != HANDSHAKE_CLIENT_HELLO)
    return INNER_HELLO_INVALID;
  take (&reader, 2 + RANDOM_SIZE);
  take_part (&reader, 1); /* session */
  take_part (&reader, 2); /* ciphers */
  take_part (&reader, 1); /* compression */
  if (!reader.bad && reader.left == 0)
    return INNER_HELLO_COMPLETE;
  if (!read_extensions (take_part (&reader, 2), hello) || reader.bad || reader.left > 0)
    return INNER_HELLO_INVALID;
  return INNER_HELLO_COMPLETE;
}

void
inner_hello_clear (InnerHello *hello)
{
  g_clear_pointer (&hello->name, g_free);
}
