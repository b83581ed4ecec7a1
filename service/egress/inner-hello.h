/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A greeting is no longer than this; post-quantum ones have two KiB. */
#define INNER_HELLO_MAX_BYTES (16u * 1024)

typedef enum {
  INNER_HELLO_INCOMPLETE,                 /* more bytes are needed */
  INNER_HELLO_COMPLETE,
  INNER_HELLO_INVALID,                    /* it is no TLS, or no TLS that can be read in only one way */
} InnerHelloState;

/**
 * InnerHello:
 * @name: (nullable): the server name, canonical
 * @has_ech: whether it carries an encrypted greeting, so that @name may be a pretence
 *
 * What a client of TLS says first (RFC 8446 section 4.1.2, RFC 6066 section 3, RFC 9849).
 */
typedef struct {
  char     *name;
  gboolean  has_ech;
} InnerHello;

/* Reads the first bytes of a connection. @hello is filled when they are COMPLETE; clear it always. */
InnerHelloState inner_hello_read  (const guint8 *bytes,
                                   gsize         size,
                                   InnerHello   *hello);
void            inner_hello_clear (InnerHello   *hello);

G_END_DECLS
