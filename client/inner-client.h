/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What every verb of innerctl uses: the table of verbs, the options that all have, and how they fail. */

#include <gio/gio.h>

#include "inner-connect.h"
#include "inner-error.h"
#include "inner-message.h"
#include "inner-names.h"

G_BEGIN_DECLS

/* The options that stand before or after any verb, and what a shell wants to know (inner-complete.h). */
typedef struct {
  gboolean bus;
  gboolean no_bus;
  gboolean verbose;
  gboolean no_ask;
  const char *current;                    /* (nullable): the word to complete; then nothing is carried out */
} InnerGlobal;

/* One verb. @run gets the words after it, argv[0] being the verb, and gives the exit code. */
typedef struct {
  const char *name;
  const char *summary;
  int       (*run) (InnerGlobal *global, int argc, char **argv);
} InnerVerb;

/* Ends with a row whose name is %NULL. */
extern const InnerVerb inner_verbs[];

/* Takes the common options that stand before the verb (there, -v is --verbose), then runs the verb. An
 * unknown one is looked up as an alias if @verbs is inner_verbs; then it is answered with what may have been
 * meant. @program is what stands before the verb. */
int inner_verb_dispatch (const InnerVerb *verbs, const char *program, InnerGlobal *global,
                         int argc, char **argv);

/* Says that @word is none of @verbs, and what may have been meant: one of them, or of the person's own
 * @aliases (nullable). Gives the exit code. */
int inner_fail_unknown  (const InnerVerb *verbs, const char *program, const char *word,
                         const char *const *aliases);

/* The verbs, each in a file of its name. @argv begins with the verb; each gives the exit code. */
int inner_verb_run     (InnerGlobal *global, int argc, char **argv);
int inner_verb_ps      (InnerGlobal *global, int argc, char **argv);
int inner_verb_inspect (InnerGlobal *global, int argc, char **argv);
int inner_verb_stop    (InnerGlobal *global, int argc, char **argv);
int inner_verb_kill    (InnerGlobal *global, int argc, char **argv);
int inner_verb_wait    (InnerGlobal *global, int argc, char **argv);
int inner_verb_attach  (InnerGlobal *global, int argc, char **argv);
int inner_verb_exec    (InnerGlobal *global, int argc, char **argv);
int inner_verb_network (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_clone   (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_convert (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_edit    (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_install (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_new     (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_show    (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_trust   (InnerGlobal *global, int argc, char **argv);
int inner_verb_profile_validate (InnerGlobal *global, int argc, char **argv);
int inner_verb_config  (InnerGlobal *global, int argc, char **argv);
int inner_verb_config_edit (InnerGlobal *global, int argc, char **argv);
int inner_verb_init    (InnerGlobal *global, int argc, char **argv);
int inner_verb_reset   (InnerGlobal *global, int argc, char **argv);
int inner_verb_doctor  (InnerGlobal *global, int argc, char **argv);
int inner_verb_completion (InnerGlobal *global, int argc, char **argv);
int inner_verb_log     (InnerGlobal *global, int argc, char **argv);
int inner_verb_log_replay (InnerGlobal *global, int argc, char **argv);
int inner_verb_log_show (InnerGlobal *global, int argc, char **argv);
int inner_verb_verify  (InnerGlobal *global, int argc, char **argv);
int inner_verb_version (InnerGlobal *global, int argc, char **argv);

/* Parses the options of a verb, and the common ones into @global. @words describes what follows them,
 * @summary is the verb's. At most @max_words words may be left behind the options (-1: any number).
 * Fails with a sentence. "--help" prints and ends the program. */
gboolean inner_parse       (InnerGlobal *global, int *argc, char ***argv, const GOptionEntry *entries,
                            int max_words, const char *words, const char *summary, GError **error);

/* Connects the way the common options say; see inner_connect(). */
InnerConnection *
         inner_global_connect (const InnerGlobal *global, GError **error);

/* Says how the run went, if @result (that of Wait) asks for it. */
void     inner_say_summary (GVariant *result);

/* Says for each guarded path that a sandbox changed what became of it, and what else the service has to say about
 * its end; @result is that of Wait. */
void     inner_say_guarded (GVariant *result);

/* Says why it did not work and gives the exit code for it: 126 for a refusal, 127 for a command that does
 * not exist, else 125. */
int      inner_fail        (const GError *error);

/* The same for words of the command line that make no sense. */
int      inner_fail_usage  (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
