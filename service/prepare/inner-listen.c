/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-listen.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "inner-error.h"
#include "inner-fds.h"

#define BACKLOG 128

static void
set_error (const InnerPublish *publish, int code, GError **error)
{
  g_autofree char *word = inner_publish_to_word (publish);

  if (code == EADDRINUSE)
    g_set_error (
        error, INNER_ERROR, INNER_ERROR_BUSY,
        _ ("The port %s cannot be published: another program or sandbox listens at port %u of "
           "this machine already; choose another one, or stop it (“innerctl ps” shows the "
           "ports of sandboxes)"),
        word, publish->port);
  else if (code == EACCES)
    g_set_error (
        error, INNER_ERROR, INNER_ERROR_INVALID_OPTION,
        _ ("The port %s cannot be published: you may not listen at port %u of this machine; "
           "choose one from 1024 on"),
        word, publish->port);
  else if (code == EADDRNOTAVAIL || code == EAFNOSUPPORT)
    g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                 _ ("The port %s cannot be published: this machine does not have that address; use "
                    "127.0.0.1"),
                 word);
  else
    g_set_error (error, INNER_ERROR, INNER_ERROR_HOST_UNSUPPORTED,
                 _ ("The port %s cannot be published: %s"), word, g_strerror (code));
}

/* SECURITY: taken before anything of the sandbox runs and held until it ends, so that nobody else can answer in its
 * place meanwhile (attack 79; tests/bus/test_publish.py). SO_REUSEADDR lets a port be used again at once after its
 * last connections; two that listen at one port it does not allow (socket(7)). */
int
inner_listen (const InnerPublish *publish, GError **error)
{
  static const int on = 1;
  struct sockaddr_storage address;
  socklen_t size = inner_network_address_to_sockaddr (&publish->address, publish->port, &address);
  inner_autofd fd =
      socket (address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

  if (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      bind (fd, (struct sockaddr *) &address, size) == 0 && listen (fd, BACKLOG) == 0)
    return inner_steal_fd (&fd);

  set_error (publish, errno, error);
  return -1;
}
