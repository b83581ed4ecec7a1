/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Completion in shells. The scripts in data/completions/ know nothing but the hidden call
 *
 *   innerctl __complete -- WORD… CURRENT
 *
 * with the words of the command line behind "innerctl" up to the one that is being written. The answer has one
 * candidate a line, which is a whole word, a tab, and what it is. A line without a candidate says
 * what the shell itself can complete: “files” or “directories”.
 *
 * The verbs run as always, but none comes further than inner_parse(): the very tables that parse the
 * options answer, so there is no second list. */

#include "inner-client.h"

G_BEGIN_DECLS

/* Answers a shell; gives the exit code, which is 0 whatever happens. Says nothing else, asks nobody
 * and ends the program after two seconds. */
int  inner_complete       (int argc, char **argv);

/* The end of inner_verb_dispatch() when a word is being completed: offers the verbs, or goes on to the one that
 * stands in argv[1]. */
int  inner_complete_verb  (const InnerVerb *verbs, InnerGlobal *global, int argc, char **argv);

/* The end of inner_parse() when a word is being completed. @argv are the words before it, from the verb on,
 * @words what inner_parse() was told about those that are no options. */
void inner_complete_words (const InnerGlobal *global, int argc, char **argv,
                           const GOptionEntry *entries, const GOptionEntry *common,
                           const char *words) G_GNUC_NORETURN;

G_END_DECLS
