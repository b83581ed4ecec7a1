/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-network-address.h"

G_BEGIN_DECLS

/* What fits into a datagram of ours, whatever the sandbox offers. */
#define INNER_QUESTION_MAX_BYTES 1232u

typedef enum {
  INNER_ANSWER_ADDRESS,                   /* A: the address; AAAA: that there is none */
  INNER_ANSWER_UNKNOWN,                   /* NXDOMAIN */
  INNER_ANSWER_BROKEN,                    /* SERVFAIL */
  INNER_ANSWER_REFUSED,
  INNER_ANSWER_MALFORMED,
  INNER_ANSWER_NOT_IMPLEMENTED,
} InnerAnswer;

/**
 * InnerQuestion:
 * @name: (nullable): canonical; %NULL if what was asked for is no name of a host
 * @is_address: whether an address was asked for; whatever else there is, is refused
 * @answer: what to answer without looking at the name; INNER_ANSWER_ADDRESS if it has to be looked at
 *
 * What a program asked our resolver for.
 */
typedef struct _InnerQuestion InnerQuestion;

/* Reads a message of the DNS (RFC 1035). %NULL if nothing may be answered. */
InnerQuestion *inner_question_new         (const guint8  *bytes,
                                           gsize          size);
void           inner_question_free        (InnerQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InnerQuestion, inner_question_free)

const char    *inner_question_get_name    (const InnerQuestion *question);
InnerAnswer    inner_question_get_answer  (const InnerQuestion *question);

/* Gives the message to send back; @address is that of INNER_ANSWER_ADDRESS. (transfer full) */
GBytes        *inner_question_reply       (InnerQuestion             *question,
                                           InnerAnswer                answer,
                                           const InnerNetworkAddress *address);

G_END_DECLS
