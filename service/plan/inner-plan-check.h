/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-error.h"
#include "inner-plan.h"

G_BEGIN_DECLS

typedef enum {
  INNER_SEVERITY_WARNING,
  INNER_SEVERITY_ERROR,                   /* Start refuses */
} InnerSeverity;

/* When a check is made. What a start tells each time is refusals and dangers only. */
typedef enum {
  INNER_CHECK_ALWAYS,                     /* when a profile is validated, and before each plan */
  INNER_CHECK_VALIDATE,                   /* when it is validated */
} InnerCheckTime;

typedef struct _InnerChecking InnerChecking;

/**
 * InnerPlanCheck:
 * @id: a word for tests
 * @key: what it is about, and whose place is told
 * @code: the InnerError with which Start refuses, for an error
 * @look: reports what it finds
 *
 * One rule about a profile.
 */
typedef struct {
  const char    *id;
  InnerKey       key;
  InnerSeverity  severity;
  InnerError     code;
  InnerCheckTime time;
  void         (*look) (InnerChecking *checking);
} InnerPlanCheck;

/* Every rule there is; the last row has the id %NULL. */
extern const InnerPlanCheck inner_plan_checks[];

/**
 * InnerIssue:
 * @path: the document, "" where no place can be named; then @line and @column are 0
 * @message: a sentence, escaped for display
 *
 * What a rule found in a profile.
 */
typedef struct {
  const InnerPlanCheck *check;
  char                 *path;
  guint                 line;
  guint                 column;
  char                 *message;
} InnerIssue;

/* Notes the host paths that inner_plan_check() has to know about beyond inner_plan_paths() when a profile
 * is validated: where the command may stand, directories on its PATH, what agents keep. (element-type utf8) */
GPtrArray *inner_plan_check_paths (const InnerRequest *request,
                                   InnerProfile       *profile,
                                   const InnerHost    *host);

/* Checks the effective @profile with the facts of @host, which looked at inner_plan_paths() and, for
 * INNER_CHECK_VALIDATE, at inner_plan_check_paths(). A path that was not looked at is not judged. Does no
 * I/O. An empty caller's environment in @request is one that is not known. Gives the issues in the order
 * of the rules. (transfer full) (element-type InnerIssue) */
GPtrArray *inner_plan_check       (const InnerRequest *request,
                                   InnerProfile       *profile,
                                   const InnerHost    *host,
                                   InnerCheckTime      time);

G_END_DECLS
