/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gunixfdlist.h>

#include "inner-autofd.h"

G_BEGIN_DECLS

/* Gives a duplicate (close-on-exec, owned by the caller) of the descriptor that @handle stands for,
 * or -1 with INNER_ERROR_INVALID_OPTION when @list is %NULL or has no such index. The only door
 * from a message's handles to descriptors (pitfall P28). @what names the option in the message. */
int   inner_fds_dup_handle      (GUnixFDList  *list,
                                 gint32        handle,
                                 const char   *what,
                                 GError      **error);

/* Gives a sealed memfd (close-on-exec, owned by the caller, positioned at 0) that holds @data, or
 * -1 with a GIOError. @name shows in /proc/PID/fd only: never put a secret into it. */
int   inner_fds_new_sealed      (const char    *name,
                                 gconstpointer  data,
                                 gsize          length,
                                 GError       **error);

/* Gives the contents of @fd, which must be a memfd sealed against writing and shrinking or a
 * regular file of at most @max bytes; otherwise %NULL with INNER_ERROR_INVALID_OPTION. The bytes
 * are a private copy: the sender cannot change them any more (attack 109). */
GBytes *inner_fds_read          (int           fd,
                                 gsize         max,
                                 const char   *what,
                                 GError      **error);

G_END_DECLS
