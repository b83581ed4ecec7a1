/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "inner-client.h"
#include "inner-remote.h"

G_BEGIN_DECLS

/**
 * InnerRunOptions:
 *
 * The words of "innerctl run" as the options of Start and Plan, and what they mean for innerctl itself.
 */
typedef struct {
  char            *profile;
  InnerRemote      remote;
  char            *name;                  /* NULL: the id will be its name */
  GVariantBuilder  options;               /* a{sv}, open until the call */
  GUnixFDList     *fds;
  gboolean         interactive;           /* asked for */
  gboolean         no_interactive;        /* asked for */
  gboolean         detach;
  gboolean         dry_run;
  gboolean         quiet;
  gboolean         json;
  char            *format;                /* NULL or "bwrap" */
} InnerRunOptions;

/* Parses the words behind "run", the common options into @global. Fails with a sentence. */
InnerRunOptions *inner_run_options_new   (InnerGlobal *global, int argc, char **argv, GError **error);
void             inner_run_options_free  (InnerRunOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerRunOptions, inner_run_options_free)

/* Adds @entries (each ended by NUL) as a sealed memory file under the option @key. */
gboolean         inner_add_environment   (GVariantBuilder *options, GUnixFDList *fds, const char *key,
                                          GByteArray *entries, GError **error);

/* Adds all variables of ours, which the profile picks from (caller-environment-fd). */
gboolean         inner_add_caller_environment (GVariantBuilder *options, GUnixFDList *fds, GError **error);

/* Appends KEY=VALUE (see inner_expand_word()), or KEY with the value it has here, to @entries; what is not set
 * stays unset. */
gboolean         inner_append_variable   (GByteArray *entries, const char *word, gboolean quiet,
                                          GError **error);

G_END_DECLS
