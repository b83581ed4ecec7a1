/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* innerctl log replay: asciicast version 2 (docs.asciinema.org/manual/asciicast/v2), a header and then a line for each
 * event: [seconds, "o", "text"]. */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "inner-client.h"
#include "inner-modes.h"
#include "inner-record.h"

/* Nobody wants to look at nothing for longer. */
#define MAX_PAUSE_S 2.0

static volatile sig_atomic_t interrupted; /* the signal */

static void
on_interrupt (int number)
{
  interrupted = number;
}

/* Four hexadecimal digits at @text; -1 if they are none. */
static int
read_unit (const char *text)
{
  int unit = 0;

  for (int i = 0; i < 4; i++)
    {
      if (!g_ascii_isxdigit (text[i]))
        return -1;
      unit = unit * 16 + g_ascii_xdigit_value (text[i]);
    }
  return unit;
}

/* Behind a "\u" at @at: appends the character (two units for those beyond U+FFFF), and gives where it ends. */
static const char *
append_unit (GString *out, const char *at)
{
  int unit = read_unit (at);
  int low;

  if (unit < 0)
    return NULL;
  at += 4;
  if (unit >= 0xd800 && unit < 0xdc00 && at[0] == '\\' && at[1] == 'u' &&
      (low = read_unit (at + 2)) >= 0xdc00 && low < 0xe000)
    {
      g_string_append_unichar (out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
      return at + 6;
    }
  g_string_append_unichar (out, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
  return at;
}

/* The string of JSON (RFC 8259, section 7) at @at. (transfer full) */
static GString *
read_string (const char *at)
{
  static const char letters[] = "bfnrt";
  static const char meanings[] = "\b\f\n\r\t";
  g_autoptr (GString) out = g_string_new (NULL);

  if (*at != '"')
    return NULL;
  for (at++; *at != '"';)
    {
      const char *letter;

      if (*at == '\0')
        return NULL;
      if (*at != '\\')
        {
          g_string_append_c (out, *at++);
          continue;
        }
      at++;
      if (*at == 'u')
        {
          at = append_unit (out, at + 1);
          if (at == NULL)
            return NULL;
          continue;
        }
      if (*at == '\0')
        return NULL;
      letter = strchr (letters, *at);
      g_string_append_c (out, letter != NULL ? meanings[letter - letters] : *at);
      at++;
    }

  return g_steal_pointer (&out);
}

/* Takes one event apart; FALSE for one that shows nothing. */
static gboolean
read_event (const char *line, double *time, GString **text)
{
  char *at;

  if (*line != '[')
    return FALSE;
  *time = g_ascii_strtod (line + 1, &at);
  if (!g_str_has_prefix (at, ", \"o\", "))
    return FALSE;
  *text = read_string (at + strlen (", \"o\", "));
  return *text != NULL;
}

/* SECURITY: a recording asks its terminal things, and switches things on in it. The answers are for nobody, and would be
 * typed at the next prompt; what is on goes off (attack 3; test_replay_leaves_the_terminal_as_it_was). */
static void
leave_terminal (const InnerModes *modes)
{
  char text[INNER_MODES_MAX_TEXT];

  if (isatty (STDOUT_FILENO))
    fwrite (text, 1, inner_modes_leave (modes, text), stdout);
  fflush (stdout);
  if (isatty (STDIN_FILENO))
    {
      tcdrain (STDOUT_FILENO);
      tcflush (STDIN_FILENO, TCIFLUSH);
    }
}

/* SECURITY: what a terminal showed goes to a terminal again as it was: that is what the person asks for. It is never
 * written anywhere but to a terminal or where the person leads it, and nothing of it is carried out by us (attack 3;
 * tests/bus/test_records.py, test_replay). */
static void
play (FILE *file, double speed)
{
  InnerModes modes;
  char *line = NULL;
  size_t size = 0;
  double last = 0;

  inner_modes_init (&modes);
  while (interrupted == 0 && getline (&line, &size, file) > 0)
    {
      g_autoptr (GString) text = NULL;
      double time;

      if (!read_event (line, &time, &text))
        continue;
      if (speed > 0 && time > last)
        poll (NULL, 0, (int) MIN (1000 * MIN (time - last, MAX_PAUSE_S) / speed, G_MAXINT));
      last = time;
      inner_modes_feed (&modes, text->str, text->len);
      fwrite (text->str, 1, text->len, stdout);
      fflush (stdout);
    }
  leave_terminal (&modes);
  free (line);
}

int
inner_verb_log_replay (InnerGlobal *global, int argc, char **argv)
{
  double speed = 1;
  const GOptionEntry entries[] = {
    { "speed", 0, 0, G_OPTION_ARG_DOUBLE, &speed, N_ ("So many times faster; 0 shows all at once"),
      N_ ("FACTOR") },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (InnerConnection) connection = NULL;
  FILE *file;
  int fd = -1;

  if (!inner_parse (global, &argc, &argv, entries, 1, _ ("ID"),
                    _ ("Plays what the terminal of a run showed."), &error))
    return inner_fail (error);
  if (argc < 2)
    return inner_fail_usage (_ ("Name a record; “innerctl log list” shows them"));
  if (!(speed >= 0 && speed <= 1000))
    return inner_fail_usage (_ ("--speed takes a number from 0 to 1000"));
  connection = inner_global_connect (global, &error);
  if (connection != NULL)
    fd = inner_record_open (connection, argv[1], "recording", &error);
  if (fd < 0)
    return inner_fail (error);

  /* Without SA_RESTART, so that no pause is waited for. */
  sigaction (SIGINT, &(struct sigaction){ .sa_handler = on_interrupt }, NULL);
  sigaction (SIGTERM, &(struct sigaction){ .sa_handler = on_interrupt }, NULL);
  file = fdopen (fd, "re");
  play (file, speed);
  fclose (file);
  return interrupted != 0 ? INNER_EXIT_SIGNAL_BASE + interrupted : 0;
}
