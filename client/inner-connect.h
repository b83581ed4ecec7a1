/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

typedef enum {
  INNER_CONNECT_AUTO,                     /* the session bus if the service is there, else private */
  INNER_CONNECT_BUS,
  INNER_CONNECT_PRIVATE,
} InnerConnectMode;

/**
 * InnerConnection:
 *
 * The way to the service: the session bus, or a service of our own at the other end of a socket pair.
 * @destination is the service's unique name, %NULL on the private line.
 */
typedef struct {
  GDBusConnection *bus;
  char            *destination;
  gboolean         no_ask;                /* nobody is asked for a privilege */
} InnerConnection;

/* Gives the address of the session bus, %NULL if there is none or only a program could start one. */
char            *inner_session_bus_address (void);

/* Connects, starting the service where that is needed. With @verbose, says which way was taken. Fails
 * with a sentence. */
InnerConnection *inner_connect          (InnerConnectMode mode, gboolean verbose, GError **error);
void             inner_connection_free  (InnerConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerConnection, inner_connection_free)

/* Whether @error says that the service or the way to it is gone, and not that it refused. */
gboolean         inner_connection_is_lost (const GError *error);

/* How calls are made that may ask a person: with that allowed, or not. */
GDBusCallFlags   inner_call_flags       (const InnerConnection *connection);

/* Calls a method of the service without a time limit, allowing it to ask a person. Where that takes a program
 * that asks on this terminal, it is called once more with one. @fds may be %NULL. (transfer full) */
GVariant        *inner_call             (InnerConnection *connection, const char *path,
                                         const char *interface, const char *method,
                                         GVariant *parameters, const char *reply_type,
                                         GUnixFDList *fds, GError **error);

/* Calls a method of the sandbox @path and does not wait for the answer, which nobody needs. */
void             inner_call_instance    (InnerConnection *connection, const char *path,
                                         const char *method, GVariant *parameters);

G_END_DECLS
