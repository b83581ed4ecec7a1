/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* Where the network leads. Nothing is sent to anybody: a route is found by connecting a datagram socket, which sends
 * nothing; connections go to addresses that no policy may allow, or to the service itself. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inner-probe.h"

#define CONNECT_MS 2000

/* “ADDRESS PORT” */
static int
read_address (const char *text, struct sockaddr_storage *storage, socklen_t *length)
{
  struct sockaddr_in *four = (struct sockaddr_in *) storage;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *) storage;
  const char *port = strchr (text, ' ');
  char host[64];

  if (port == NULL || (size_t) (port - text) >= sizeof host)
    return -1;
  memset (storage, 0, sizeof *storage);
  snprintf (host, sizeof host, "%.*s", (int) (port - text), text);
  if (inet_pton (AF_INET, host, &four->sin_addr) == 1)
    {
      four->sin_family = AF_INET;
      four->sin_port = htons ((uint16_t) atoi (port + 1));
      *length = sizeof *four;
      return 0;
    }
  if (inet_pton (AF_INET6, host, &six->sin6_addr) != 1)
    return -1;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons ((uint16_t) atoi (port + 1));
  *length = sizeof *six;
  return 0;
}

/* 0 if there is a way to it, else an errno. */
static int
find_route (const char *text)
{
  struct sockaddr_storage address;
  socklen_t length;
  int error = 0;
  int fd;

  if (read_address (text, &address, &length) < 0)
    return EINVAL;
  fd = socket (address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect (fd, (struct sockaddr *) &address, length) < 0)
    error = errno;
  if (fd >= 0)
    close (fd);
  return error;
}

/* 0 if somebody took the connection, else an errno. */
static int
try_connection (const char *text)
{
  struct sockaddr_storage address;
  socklen_t length;
  socklen_t size = sizeof (int);
  int error = 0;
  int fd;

  if (read_address (text, &address, &length) < 0)
    return EINVAL;
  fd = socket (address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return errno;
  if (connect (fd, (struct sockaddr *) &address, length) < 0)
    error = errno;
  if (error == EINPROGRESS)
    {
      struct pollfd item = { .fd = fd, .events = POLLOUT };

      error = ETIMEDOUT;
      if (poll (&item, 1, CONNECT_MS) > 0)
        getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  close (fd);
  return error;
}

/* Whether the other end of a connection that was taken goes on to hold it: a gateway takes each, and closes at once
 * what no policy allows. */
static int
is_held (const char *text)
{
  struct sockaddr_storage address;
  socklen_t length;
  struct pollfd item = { .events = POLLIN };
  char byte;
  int held;

  if (read_address (text, &address, &length) < 0)
    return 0;
  item.fd = socket (address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (item.fd < 0 || connect (item.fd, (struct sockaddr *) &address, length) < 0)
    {
      if (item.fd >= 0)
        close (item.fd);
      return 0;
    }
  held = poll (&item, 1, CONNECT_MS) == 0 || recv (item.fd, &byte, 1, 0) > 0;
  close (item.fd);
  return held;
}

/* No way to any of the addresses, one a line. */
static void
look_no_route (Finding *finding, const char *argument)
{
  char rows[1024];
  char *save = NULL;
  int error = 0;

  snprintf (rows, sizeof rows, "%s", argument);
  for (char *row = strtok_r (rows, "\n", &save); row != NULL; row = strtok_r (NULL, "\n", &save))
    {
      error = find_route (row);
      if (error == 0)
        probe_fail (finding, "there is a way to %s", row);
      else if (error == EINVAL)
        probe_error (finding, "%s is no address", row);
    }
  if (finding->status == NULL)
    probe_pass (finding, "%s", strerror (error));
}

static int
reaches (const char *text)
{
  int error = try_connection (text);

  if (error != 0)
    return error;
  return is_held (text) ? 0 : ECONNRESET;
}

/* Nobody answers at any of the addresses, one a line. */
static void
look_unreachable (Finding *finding, const char *argument)
{
  char rows[1024];
  char *save = NULL;
  int n = 0;

  snprintf (rows, sizeof rows, "%s", argument);
  for (char *row = strtok_r (rows, "\n", &save); row != NULL; row = strtok_r (NULL, "\n", &save))
    {
      int error = reaches (row);

      n++;
      if (error == EINVAL)
        probe_error (finding, "%s is no address", row);
      else if (error == 0)
        probe_fail (finding, "%s can be reached", row);
    }
  if (finding->status == NULL)
    probe_pass (finding, "%d addresses", n);
}

/* The address of the first name server, “ADDRESS PORT”; "" for none. */
static void
take_server (char *line, void *data)
{
  char *server = data;

  if (server[0] == '\0' && strncmp (line, "nameserver ", 11) == 0)
    snprintf (server, 80, "%.60s 53", line + 11 + strspn (line + 11, " \t"));
}

/* A question for the address of @name, RFC 1035, section 4; its size, 0 for a name that is none. */
static size_t
make_question (unsigned char *message, size_t size, const char *name)
{
  static const unsigned char head[12] = { 0x49, 0x4e, 1, 0, 0, 1 };
  static const unsigned char tail[5] = { 0, 0, 1, 0, 1 };
  size_t length = sizeof head;

  memcpy (message, head, sizeof head);
  while (*name != '\0')
    {
      size_t label = strcspn (name, ".");

      if (label == 0 || label > 63 || length + label + 1 + sizeof tail > size)
        return 0;
      message[length++] = (unsigned char) label;
      memcpy (message + length, name, label);
      length += label;
      name += label + (name[label] == '.');
    }
  memcpy (message + length, tail, sizeof tail);
  return length + sizeof tail;
}

/* The argument: a name that must not be found, perhaps with the address and port of the server to ask; else the one of
 * /etc/resolv.conf is asked. */
static void
look_no_name (Finding *finding, const char *argument)
{
  struct sockaddr_storage address;
  socklen_t length;
  struct pollfd item = { .events = POLLIN };
  unsigned char message[512];
  char name[256];
  char server[80] = "";
  size_t size;
  ssize_t n;

  snprintf (name, sizeof name, "%.*s", (int) strcspn (argument, " "), argument);
  if (strchr (argument, ' ') != NULL)
    snprintf (server, sizeof server, "%s", strchr (argument, ' ') + 1);
  else if (probe_lines ("/etc/resolv.conf", take_server, server) < 0 || server[0] == '\0')
    {
      probe_pass (finding, "there is no name server");
      return;
    }
  size = make_question (message, sizeof message, name);
  if (size == 0 || read_address (server, &address, &length) < 0)
    {
      probe_error (finding, "“%s” cannot be asked for at %s", name, server);
      return;
    }
  item.fd = socket (address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (item.fd < 0 || connect (item.fd, (struct sockaddr *) &address, length) < 0 ||
      send (item.fd, message, size, 0) < 0 || poll (&item, 1, CONNECT_MS) <= 0)
    {
      probe_pass (finding, "no name server answers");
      return;
    }
  n = recv (item.fd, message, sizeof message, 0);
  if (n < 12)
    probe_pass (finding, "the name server does not answer");
  else if ((message[3] & 15) == 0 && (message[6] != 0 || message[7] != 0))
    probe_fail (finding, "%s is found", name);
  else
    probe_pass (finding, "%s is not found (code %d)", name, message[3] & 15);
}

const Kind probe_network_kinds[] = {
  { "no-name", look_no_name },
  { "no-route", look_no_route },
  { "unreachable", look_unreachable },
  { NULL, NULL },
};
