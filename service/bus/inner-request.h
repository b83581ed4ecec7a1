/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/* A choice that may be left to the profile. */
typedef enum {
  INNER_CHOICE_PROFILE = -1,
  INNER_CHOICE_NO = 0,
  INNER_CHOICE_YES = 1,
} InnerChoice;

/* One extra mount; strings are canonical. */
typedef struct {
  char *source;
  char *destination;
  char *mode;                             /* "ro", "rw" or "copy" */
} InnerRequestMount;

/**
 * InnerRequest:
 *
 * What a caller asked for, checked and frozen (pitfall P40): nothing that happens on the bus later
 * changes it. Strings that are not given are %NULL, lists are empty, never %NULL.
 */
typedef struct {
  char        *workspace;                 /* "" = none */
  gboolean     confirm_workspace;
  char        *directory;
  char        *entrypoint;
  char       **arguments;
  GPtrArray   *mounts;                    /* of InnerRequestMount */
  char       **environment;               /* KEY=VALUE, in the order in which they are set */
  GHashTable  *caller_environment;        /* name -> value */
  char        *network;                   /* as in the option */
  char       **allow_hosts;
  char       **allow;
  char       **publish;                   /* as in the option */
  InnerChoice  interactive;
  gboolean     detach;
  gboolean     probe;                     /* the command is inner-probe */
  char        *name;
  char        *id;                        /* NULL: a new one */
  gboolean     has_timeout;
  guint64      timeout;                   /* seconds */
  GHashTable  *limits;                    /* name -> text */
  gboolean     require_limits;
  gboolean     foreign_profile;           /* the profile is not the person's own, approved or not */
  char        *unhardened;                /* SHA-256 of the foreign document that counts as the user's own */
  GPtrArray   *notes;                     /* what does not hold of what was asked for, a sentence each */
  int          stdio[3];                  /* owned; -1 = nothing */
  int          terminal;                  /* owned: a stream socket for the terminal; -1 = nobody types */
  guint16      columns;                   /* of the terminal */
  guint16      rows;
} InnerRequest;

/* Makes a request from the arguments of Plan, Start or Verify; descriptors are duplicated from
 * @fds (nullable). Fails with INNER_ERROR_INVALID_OPTION. */
InnerRequest *inner_request_new      (GVariant      *options,
                                      GUnixFDList   *fds,
                                      GError       **error);
void          inner_request_free     (InnerRequest  *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerRequest, inner_request_free)

/* Takes the descriptor of option @key from @options if it is there: TRUE and *@fd (owned) or -1. Refuses what must not
 * become a command's standard stream: terminals, directories and O_PATH descriptors. */
gboolean      inner_request_take_stdio  (GVariantDict *options,
                                         const char   *key,
                                         GUnixFDList  *fds,
                                         int          *fd,
                                         GError      **error);

/* Takes the stream socket of option "terminal" if it is there: TRUE and *@fd (owned) or -1. */
gboolean      inner_request_take_terminal (GVariantDict *options,
                                           GUnixFDList  *fds,
                                           int          *fd,
                                           GError      **error);

/* Refuses a width or height (q) of 0. */
gboolean      inner_request_check_size (GVariant *value, GError **error);

/* Gives the KEY=VALUE entries (each ended by NUL) that the descriptor of option @key holds, checked;
 * an empty list if the option is not there. (transfer full) */
char        **inner_request_read_environment (GVariantDict *options,
                                              const char   *key,
                                              GUnixFDList  *fds,
                                              GError      **error);

/* Gives the entries of the a{ss} @pairs (nullable) as KEY=VALUE, checked. (transfer full) */
char        **inner_request_pairs_to_environment (GVariant *pairs, GError **error);

G_END_DECLS
