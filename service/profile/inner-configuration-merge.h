/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How the values of one file meet those of the files below it. */

#include "inner-configuration-document.h"

G_BEGIN_DECLS

#define INNER_N_LIMIT_SETTINGS (INNER_N_SETTINGS - INNER_SETTING_MEMORY)

/**
 * InnerConfigurationMerge:
 * @configuration: borrowed; under construction
 * @ceilings: what the limits were before the first project spoke: its files cannot go above
 */
typedef struct {
  const InnerConfigurationPlaces *places;
  InnerConfiguration             *configuration;
  InnerConfigurationValue         ceilings[INNER_N_LIMIT_SETTINGS];
} InnerConfigurationMerge;

void      inner_configuration_merge_clear   (InnerConfigurationMerge *merge);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (InnerConfigurationMerge, inner_configuration_merge_clear)

void      inner_configuration_value_clear   (InnerConfigurationValue *value);

/* Sets what holds when no file says anything. */
void      inner_configuration_set_defaults  (InnerConfigurationMerge *merge);

/* Takes over what @document, the file of system or user @layer, says. Fails with ProfileInvalid. */
gboolean  inner_configuration_take_own      (InnerConfigurationMerge           *merge,
                                             const InnerConfigurationLayer     *layer,
                                             const InnerConfigurationDocument  *document,
                                             GError                           **error);

/* The files of system and user are through: what they allow is the most that projects can have. */
void      inner_configuration_set_ceilings  (InnerConfigurationMerge *merge);

/* Takes over what of @document, an approved file for the directory @project (canonical), narrows; the
 * rest becomes warnings. */
void      inner_configuration_take_project  (InnerConfigurationMerge          *merge,
                                             const InnerConfigurationLayer    *layer,
                                             const InnerConfigurationDocument *document,
                                             const char                       *project);

/* Adds a warning, a sentence for people. */
void      inner_configuration_warn          (InnerConfigurationMerge *merge, const char *format, ...)
                                             G_GNUC_PRINTF (2, 3);

/* Gives the value of @setting for @text in a file that counts. Fails with ProfileInvalid; the message has
 * no place in it. (transfer full) */
char     *inner_configuration_value_of      (const InnerConfigurationPlaces *places, InnerSetting setting,
                                             const char *text, GError **error);

/* Gives @path without links as far as it exists, or %NULL where a link leads nowhere or nobody may look.
 * (transfer full) */
char     *inner_resolve_existing            (const char *path);

G_END_DECLS
