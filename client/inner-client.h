/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What every verb of innerctl uses: the table of verbs, the options that all have, and how to say
 * something to a person. */

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "inner-connect.h"
#include "inner-error.h"
#include "inner-names.h"

G_BEGIN_DECLS

/* The options that stand before or after any verb. */
typedef struct {
  InnerConnectMode mode;
  gboolean         verbose;
} InnerGlobal;

/* One verb. @run gets the words after it, argv[0] being "innerctl VERB", and gives the exit code. */
typedef struct {
  const char *name;
  const char *summary;
  int       (*run) (InnerGlobal *global, int argc, char **argv);
} InnerVerb;

/* Ends with a row whose name is %NULL. */
extern const InnerVerb inner_verbs[];

/* Runs the verb that argv[1] names; an unknown one is answered with what may have been meant. @program is
 * what stands before the verb. */
int inner_verb_dispatch (const InnerVerb *verbs, const char *program, InnerGlobal *global,
                         int argc, char **argv);

int inner_verb_run     (InnerGlobal *global, int argc, char **argv);
int inner_verb_ps      (InnerGlobal *global, int argc, char **argv);
int inner_verb_inspect (InnerGlobal *global, int argc, char **argv);
int inner_verb_stop    (InnerGlobal *global, int argc, char **argv);
int inner_verb_kill    (InnerGlobal *global, int argc, char **argv);
int inner_verb_wait    (InnerGlobal *global, int argc, char **argv);
int inner_verb_exec    (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile (InnerGlobal *global, int argc, char **argv);
int inner_verb_doctor  (InnerGlobal *global, int argc, char **argv);
int inner_verb_version (InnerGlobal *global, int argc, char **argv);

/* Takes --bus, --no-bus and --verbose out of the words up to the first "--" and notes them. Before
 * the verb, -v is --verbose too. Gives the new argc. */
int      inner_global_take (InnerGlobal *global, int argc, char **argv);

/* Parses the options of a verb. @words describes what follows them, @summary is the verb's. Fails with a
 * sentence. "--help" prints and ends the program. */
gboolean inner_parse       (int *argc, char ***argv, const GOptionEntry *entries, const char *words,
                            const char *summary, GError **error);

/* Says "innerctl: …" on stderr. */
void     inner_say         (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Says why it did not work and gives the exit code for it: 126 for a refusal, 127 for a command that does
 * not exist, else 125. */
int      inner_fail        (const GError *error);

/* The same for words of the command line that make no sense. */
int      inner_fail_usage  (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
