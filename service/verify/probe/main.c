/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_INPUT (1024 * 1024)
#define MAX_CHECKS 1024
/* At the same time: most end at once, those of the network wait. */
#define MAX_RUNNING 16

typedef struct
{
  const char *kind;
  const char *id;
  const char *argument;
  pid_t pid;
  int fd; /* where its finding comes from; -1 = does not run */
  long long until;
} Check;

static Check checks[MAX_CHECKS];
static int n_checks;

static void
add_words (Finding *finding, const char *format, va_list words)
{
  size_t length = strlen (finding->detail);

  if (length > 0 && length + 3 < sizeof finding->detail)
    {
      strcpy (finding->detail + length, "; ");
      length += 2;
    }
  vsnprintf (finding->detail + length, sizeof finding->detail - length, format, words);
}

void
probe_pass (Finding *finding, const char *format, ...)
{
  va_list words;

  if (finding->status == NULL)
    finding->status = PROBE_PASS;
  va_start (words, format);
  add_words (finding, format, words);
  va_end (words);
}

void
probe_fail (Finding *finding, const char *format, ...)
{
  va_list words;

  /* What looked well before is of no interest then. */
  if (finding->status != NULL && strcmp (finding->status, PROBE_PASS) == 0)
    finding->detail[0] = '\0';
  finding->status = PROBE_FAIL;
  va_start (words, format);
  add_words (finding, format, words);
  va_end (words);
}

void
probe_error (Finding *finding, const char *format, ...)
{
  va_list words;

  if (finding->status == NULL || strcmp (finding->status, PROBE_FAIL) != 0)
    {
      finding->status = PROBE_ERROR;
      finding->detail[0] = '\0';
    }
  va_start (words, format);
  add_words (finding, format, words);
  va_end (words);
}

int
probe_lines (const char *path, void (*take) (char *line, void *data), void *data)
{
  FILE *file = fopen (path, "re");
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (file == NULL)
    return -1;
  while ((length = getline (&line, &size, file)) > 0)
    {
      if (line[length - 1] == '\n')
        line[length - 1] = '\0';
      take (line, data);
    }
  free (line);
  fclose (file);
  return 0;
}

static Look
find_look (const char *kind)
{
  static const Kind *const tables[] = { probe_file_kinds, probe_process_kinds,
                                        probe_network_kinds };

  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
    for (const Kind *row = tables[i]; row->kind != NULL; row++)
      if (strcmp (row->kind, kind) == 0)
        return row->look;

  return NULL;
}

static long long
now_ms (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* SECURITY: a detail holds names that may come from the sandbox; what could end its field or do something on a
 * terminal becomes a question mark (attack 3; tests/bus/test_verify.py). */
static void
report (const char *id, const char *status, char *detail)
{
  for (char *c = detail; *c != '\0'; c++)
    if ((unsigned char) *c < 0x20 || *c == 0x7f)
      *c = '?';
  fputs (id, stdout);
  putchar ('\0');
  fputs (status, stdout);
  putchar ('\0');
  fputs (detail, stdout);
  putchar ('\0');
}

static void __attribute__ ((noreturn)) look (const Check *check, int fd)
{
  Look run = find_look (check->kind);
  Finding finding = { NULL, "" };
  char text[PROBE_MAX_DETAIL + 16];

  if (run == NULL)
    probe_error (&finding, "this probe knows no check “%s”", check->kind);
  else
    run (&finding, check->argument);
  if (finding.status == NULL)
    probe_error (&finding, "the check came to no end");
  snprintf (text, sizeof text, "%s %s", finding.status, finding.detail);
  _exit (write (fd, text, strlen (text)) < 0);
}

/* 0, or -1 with errno. */
static int
start (Check *check)
{
  int ends[2];

  if (pipe (ends) < 0)
    return -1;
  check->until = now_ms () + PROBE_SECONDS * 1000;
  check->pid = fork ();
  if (check->pid == 0)
    {
      close (ends[0]);
      setpgid (0, 0);
      look (check, ends[1]);
    }
  close (ends[1]);
  check->fd = ends[0];
  if (check->pid > 0)
    return 0;
  close (ends[0]);
  check->fd = -1;
  return -1;
}

/* A status must be one of ours: whatever else a check wrote is an error. */
static void
take (Check *check, char *text)
{
  static const char *const words[] = { PROBE_PASS, PROBE_FAIL, PROBE_ERROR };
  char *space = strchr (text, ' ');
  char none[] = "the check ended without a word";

  if (space != NULL)
    *space = '\0';
  for (size_t i = 0; space != NULL && i < sizeof words / sizeof words[0]; i++)
    if (strcmp (words[i], text) == 0)
      {
        report (check->id, text, space + 1);
        return;
      }
  report (check->id, PROBE_ERROR, none);
}

static void
finish (Check *check)
{
  char text[PROBE_MAX_DETAIL + 17];
  char late[] = "the check did not end in time";
  ssize_t n = now_ms () < check->until ? read (check->fd, text, sizeof text - 1) : -1;

  kill (-check->pid, SIGKILL);
  kill (check->pid, SIGKILL);
  waitpid (check->pid, NULL, 0);
  close (check->fd);
  check->fd = -1;
  if (n < 0)
    {
      report (check->id, PROBE_ERROR, late);
      return;
    }
  text[n] = '\0';
  take (check, text);
}

/* Waits until one of @n running checks has said something, or is late. */
static void
wait_for_one (Check **running, int n)
{
  struct pollfd polls[MAX_RUNNING];
  long long until = running[0]->until;

  for (int i = 0; i < n; i++)
    {
      polls[i] = (struct pollfd){ .fd = running[i]->fd, .events = POLLIN };
      if (running[i]->until < until)
        until = running[i]->until;
    }
  until -= now_ms ();
  poll (polls, n, until > 0 ? (int) until : 0);
  for (int i = 0; i < n; i++)
    if (polls[i].revents != 0 || running[i]->until <= now_ms ())
      finish (running[i]);
}

static void
run_all (void)
{
  Check *running[MAX_RUNNING];
  int n = 0;
  int next = 0;

  while (next < n_checks || n > 0)
    {
      int left = 0;

      while (next < n_checks && n < MAX_RUNNING)
        {
          char none[] = "the check could not be started";
          Check *check = &checks[next++];

          if (start (check) == 0)
            running[n++] = check;
          else
            report (check->id, PROBE_ERROR, none);
        }
      if (n > 0)
        wait_for_one (running, n);
      for (int i = 0; i < n; i++)
        if (running[i]->fd >= 0)
          running[left++] = running[i];
      n = left;
    }
}

/* Gives the next string of @text, which ends at @end; NULL if there is none. */
static const char *
next_string (char **text, const char *end)
{
  const char *string = *text;
  char *stop = string < end ? memchr (string, '\0', end - string) : NULL;

  if (stop == NULL)
    return NULL;
  *text = stop + 1;
  return string;
}

static int
read_checks (void)
{
  static char input[MAX_INPUT];
  size_t size = 0;
  char *at = input;
  ssize_t n;

  while (size < sizeof input && (n = read (STDIN_FILENO, input + size, sizeof input - size)) > 0)
    size += n;
  while (n_checks < MAX_CHECKS && at < input + size)
    {
      Check *check = &checks[n_checks];

      check->kind = next_string (&at, input + size);
      check->id = check->kind != NULL ? next_string (&at, input + size) : NULL;
      check->argument = check->id != NULL ? next_string (&at, input + size) : NULL;
      if (check->argument == NULL)
        return -1;
      check->fd = -1;
      n_checks++;
    }
  return at == input + size ? 0 : -1;
}

/* Exits with 0 when every check was reported, whatever it found. */
int
main (void)
{
  static char buffer[64 * 1024];

  setvbuf (stdout, buffer, _IOFBF, sizeof buffer);
  if (read_checks () < 0)
    {
      fputs ("inner-probe: the list of checks is damaged\n", stderr);
      return 1;
    }
  run_all ();
  return fflush (stdout) == 0 ? 0 : 1;
}
