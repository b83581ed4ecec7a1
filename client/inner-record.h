/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-client.h"

G_BEGIN_DECLS

/* Opens @part of the record @id; -1 with an error. The caller owns the descriptor. */
int      inner_record_open (InnerConnection *connection, const char *id, const char *part, GError **error);

/* What the record @id says of itself: the answer of GetRun. (transfer full) */
GVariant *inner_record_get (InnerConnection *connection, const char *id, GError **error);

/* One event of a record, as text; the strings point into the line, which was cut into pieces. */
typedef struct {
  const char *time;                       /* RFC 3339 */
  const char *event;
  const char *values;                     /* members of JSON, "" for none */
} InnerRecordEvent;

/* Takes @line, which is changed, apart; FALSE if it is none of ours. */
gboolean inner_record_event (char *line, InnerRecordEvent *event);

/* From now on stdout goes through the pager of the person ($INNER_PAGER, $PAGER, less), if it is a terminal; until
 * inner_pager_end(), which waits for it. */
void     inner_pager_begin (void);
void     inner_pager_end   (void);

G_END_DECLS
