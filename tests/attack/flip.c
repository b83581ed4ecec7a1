/* SPDX-License-Identifier: Apache-2.0 */
/* Attack 20: connects again and again to an address that another thread flips between one that may be reached and one
 * that may not. flip PORT prints how often the second one answered. */

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile struct sockaddr_in address;
static volatile int over;
static in_port_t forbidden;

static void *
flip (void *unused)
{
  while (!over)
    {
      address.sin_port = forbidden;
      address.sin_port = htons (9);
    }
  return unused;
}

int
main (int argc, char **argv)
{
  pthread_t thread;
  int reached = 0;

  forbidden = htons (argc > 1 ? atoi (argv[1]) : 0);
  address.sin_family = AF_INET;
  address.sin_port = htons (9);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  pthread_create (&thread, NULL, flip, NULL);
  for (int i = 0; i < 15000 && reached == 0; i++)
    {
      int fd = socket (AF_INET, SOCK_STREAM, 0);

      reached += connect (fd, (struct sockaddr *) &address, sizeof address) == 0;
      close (fd);
    }
  over = 1;
  pthread_join (thread, NULL);
  printf ("%d\n", reached);
  return 0;
}
