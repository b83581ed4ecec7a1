/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One file of the configuration by itself, as the merge and the tests see it. */

#include "inner-configuration.h"
#include "inner-profile-reader.h"

G_BEGIN_DECLS

/**
 * InnerConfigurationDocument:
 * @texts: what the file says; %NULL for what it does not set, and for "" and limits of zero
 * @places: where each stands
 * @aliases: (element-type InnerAlias): in document order; their path is %NULL
 *
 * The words of the file, checked as far as that needs neither the machine nor other files.
 */
typedef struct {
  char          *texts[INNER_N_SETTINGS];
  InnerPosition  places[INNER_N_SETTINGS];
  GPtrArray     *aliases;
} InnerConfigurationDocument;

/* Reads the file @text. Gives %NULL when something is wrong; the problems are added to @problems
 * (element-type InnerProblem). */
InnerConfigurationDocument *inner_configuration_document_parse (const char *text,
                                                                gsize       length,
                                                                GPtrArray  *problems);
void                        inner_configuration_document_free  (InnerConfigurationDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerConfigurationDocument, inner_configuration_document_free)

/* What the file sets, a sentence each, escaped for display. (transfer full) */
char                      **inner_configuration_document_sentences (const InnerConfigurationDocument *document);

/* Copies all texts; @path is nullable. */
InnerAlias                 *inner_alias_new  (const char *name, const char *text, const char *path,
                                              guint line, guint column);
void                        inner_alias_free (InnerAlias *alias);

G_END_DECLS
