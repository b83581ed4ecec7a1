/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-network-rules.h"

G_BEGIN_DECLS

/**
 * InnerGiven:
 * @name: canonical
 * @address: the synthetic address that the sandbox was given for it, the same as long as the sandbox lives
 * @answers: (nullable): what it resolved to, of InnerNetworkAddress; checked whenever it is used
 * @fresh_until: how long @answers hold (µs, monotonic)
 * @admitted: it may be looked up; else a person is asked about it first
 *
 * A name that the sandbox asked for and may reach, or that a person will be asked about.
 */
typedef struct {
  char                *name;
  InnerNetworkAddress  address;
  GArray              *answers;
  gint64               fresh_until;
  gboolean             admitted;
} InnerGiven;

/* The names that one sandbox was given addresses for. */
typedef struct _InnerGivens InnerGivens;

InnerGivens *inner_givens_new    (void);
void         inner_givens_free   (InnerGivens               *givens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerGivens, inner_givens_free)

/* The entry of the canonical @name, which @pattern allows (%NULL: the network is open); made if it is new. %NULL
 * if there are too many, with *@why for people. */
InnerGiven  *inner_givens_add    (InnerGivens               *givens,
                                  const char                *name,
                                  const InnerNetworkPattern *pattern,
                                  const char               **why);

/* The same for a name that nobody allowed yet: it is not admitted. */
InnerGiven  *inner_givens_add_later   (InnerGivens             *givens,
                                       const char              *name,
                                       const char             **why);
/* How many are not admitted. */
guint        inner_givens_count_later (const InnerGivens       *givens);
/* Admits @given, which is allowed by now, as if it had been so from the beginning. */
gboolean     inner_givens_admit       (InnerGivens               *givens,
                                       InnerGiven                *given,
                                       const InnerNetworkPattern *pattern,
                                       const char               **why);

/* The entry whose address is @address, or %NULL. */
InnerGiven  *inner_givens_find   (InnerGivens               *givens,
                                  const InnerNetworkAddress *address);

/* Whether @address is one of those that are given out. */
gboolean     inner_givens_is_synthetic (const InnerNetworkAddress *address);

G_END_DECLS
