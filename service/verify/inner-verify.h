/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-plan.h"

G_BEGIN_DECLS

#define INNER_SEVERITY_WORD_CRITICAL "critical"
#define INNER_SEVERITY_WORD_HIGH     "high"
#define INNER_SEVERITY_WORD_MEDIUM   "medium"
#define INNER_SEVERITY_WORD_LOW      "low"
#define INNER_SEVERITY_WORD_INFO     "info"

/**
 * InnerVerifyCheck:
 * @id: what it is called in reports; several checks may share one (a key of the sensitive table)
 * @severity: how bad it is when it fails, one of the words above
 * @kind: which look of inner-probe it is (service/verify/probe/)
 * @argument: of that look
 * @sentence: what holds when it passes, for people
 * @allowed: (nullable): the word in “allow” because of which a failure is no finding but information
 * @suggestion: (nullable): what mends it: a document with the smallest change, or a sentence
 *
 * One question about a sandbox.
 */
typedef struct {
  char       *id;
  const char *severity;
  const char *kind;
  char       *argument;
  char       *sentence;
  char       *allowed;
  char       *suggestion;
} InnerVerifyCheck;

void       inner_verify_check_free (InnerVerifyCheck *check);

/**
 * InnerVerifyBait:
 *
 * What the service puts up on the host while the probe looks, so that it can be seen whether it is reached.
 */
typedef struct {
  guint16  port;                          /* a listener on the loopback of the host */
  char    *abstract;                      /* the name of an abstract socket, without "@" */
} InnerVerifyBait;

/* The checks for the sandbox of @plan. Looks at namespaces of this process, at nothing else.
 * (transfer full) (element-type InnerVerifyCheck) */
GPtrArray *inner_verify_checks     (const InnerPlan *plan, const InnerVerifyBait *bait);

/* What inner-probe reads. (transfer full) */
GBytes    *inner_verify_input      (GPtrArray *checks);

/* The answer of the method Verify (a{sv}, floating) from what inner-probe wrote. SECURITY: what was not answered, or
 * twice, or with another word, is an error and no pass (tests/unit/test-verify.c, attack 106). */
GVariant  *inner_verify_report     (GPtrArray *checks, GBytes *output);

G_END_DECLS
