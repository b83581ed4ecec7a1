/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * inner-shim: stands in a sandbox where a command stood that its profile blocks or replaces (noop.block and
 * noop.rewrite). It is bound over each place of the command, and a link to it stands first on PATH.
 *
 * A program and not a script, because nothing of the sandbox shall take part: no shell that may be blocked itself,
 * no ENV, no LD_PRELOAD. libc only, static. Which command it stands for is told by the place where it was found
 * (/proc/self/exe, which a link, another name or another argv[0] does not change), and for the links on PATH by
 * the path that was run.
 *
 * The table, made by inner-plan-shims.c: a line per command, its fields between tabs: name, replacement (empty: it
 * is blocked), two sentences for people, and the places.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inner-names.h"

#define MAX_TABLE (1024 * 1024)
#define MAX_PATH 4096

enum
{
  NAME,
  REPLACEMENT,
  SENTENCE,
  SECOND_SENTENCE,
  PLACES
};

static void __attribute__ ((noreturn)) fail (const char *text, const char *more, int code)
{
  fprintf (stderr, "inner-shim: %s%s\n", text, more);
  exit (code);
}

/* The whole table, ended by a zero; never freed. */
static char *
read_table (void)
{
  int fd = open (INNER_INSIDE_SHIMS, O_RDONLY | O_CLOEXEC);
  struct stat st;
  char *table;

  if (fd < 0 || fstat (fd, &st) < 0 || st.st_size <= 0 || st.st_size > MAX_TABLE)
    fail ("there is no table of commands at ", INNER_INSIDE_SHIMS, 126);
  table = calloc (1, st.st_size + 1);
  if (table == NULL || read (fd, table, st.st_size) != st.st_size)
    fail ("cannot read ", INNER_INSIDE_SHIMS, 126);
  close (fd);
  return table;
}

/* Cuts the next field off *@rest; NULL at the end of the line. */
static char *
take_field (char **rest)
{
  return strsep (rest, "\t");
}

static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

static bool
has_place (char *places, const char *place)
{
  char *one;

  while ((one = take_field (&places)) != NULL)
    if (strcmp (one, place) == 0)
      return true;

  return false;
}

/* Finds the line whose name is @name, or of which @place is one of the places, and fills @fields. */
static bool
find_line (char *table, const char *name, const char *place, char *fields[PLACES])
{
  char *line;

  while ((line = strsep (&table, "\n")) != NULL && line[0] != '\0')
    {
      for (int i = 0; i < PLACES; i++)
        if ((fields[i] = take_field (&line)) == NULL)
          fail ("cannot understand ", INNER_INSIDE_SHIMS, 126);
      if (name != NULL ? strcmp (fields[NAME], name) == 0 : has_place (line, place))
        return true;
    }

  return false;
}

static bool
is_this_program (const struct stat *st)
{
  struct stat self;

  return stat ("/proc/self/exe", &self) == 0 && self.st_dev == st->st_dev &&
         self.st_ino == st->st_ino;
}

/* Does not return if @path is a program other than this one: a replacement that leads back here would run for
 * ever. */
static void
try_program (const char *path, char **argv)
{
  struct stat st;

  if (stat (path, &st) < 0 || !S_ISREG (st.st_mode) || is_this_program (&st) ||
      access (path, X_OK) < 0)
    return;
  argv[0] = (char *) path;
  execv (path, argv);
  if (errno == ENOENT || errno == EACCES)
    return;
  fail (path, ": cannot be run", 126);
}

static void
run_replacement (const char *replacement, char **argv)
{
  const char *path = getenv ("PATH");
  char *rest = strdup (path != NULL ? path : "/usr/local/bin:/usr/bin:/bin");
  char place[MAX_PATH];
  char *directory;

  if (strchr (replacement, '/') != NULL)
    {
      try_program (replacement, argv);
      return;
    }
  while (rest != NULL && (directory = strsep (&rest, ":")) != NULL)
    if (directory[0] == '/' &&
        snprintf (place, sizeof place, "%s/%s", directory, replacement) < (int) sizeof place)
      try_program (place, argv);
}

int
main (int argc, char **argv)
{
  const char *called = (const char *) getauxval (AT_EXECFN);
  char exe[MAX_PATH];
  ssize_t length = readlink ("/proc/self/exe", exe, sizeof exe - 1);
  char *fields[PLACES];
  bool on_path;

  if (length <= 0 || argc < 1)
    fail ("/proc/self/exe cannot be read", "", 126);
  exe[length] = '\0';
  on_path = strcmp (exe, INNER_INSIDE_SHIM) == 0;
  if (!find_line (read_table (), on_path ? base_name (called != NULL ? called : argv[0]) : NULL,
                  exe, fields) &&
      !find_line (read_table (), base_name (argv[0]), NULL, fields))
    fail ("stands for no command here: ", argv[0], 126);

  if (fields[REPLACEMENT][0] != '\0')
    {
      run_replacement (fields[REPLACEMENT], argv);
      fprintf (stderr, "%s\n%s\n", fields[SENTENCE], fields[SECOND_SENTENCE]);
      return INNER_EXIT_NOT_FOUND;
    }
  fprintf (stderr, "%s\n%s\n", fields[SENTENCE], fields[SECOND_SENTENCE]);
  return 1;
}
