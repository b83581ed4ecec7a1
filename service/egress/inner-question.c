/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-question.h"

#include <ldns/ldns.h>
#include <string.h>

#include "inner-network-name.h"

/* Names keep their addresses as long as the sandbox lives; what may be reached can change. */
#define TTL_SECONDS 30
#define HEADER_BYTES 12

struct _InnerQuestion
{
  ldns_pkt *packet;
  ldns_rr *asked; /* of packet; NULL: nothing to repeat */
  char *name;
  InnerAnswer answer;
};

void
inner_question_free (InnerQuestion *question)
{
  g_clear_pointer (&question->packet, ldns_pkt_free);
  g_free (question->name);
  g_free (question);
}

/* SECURITY: labels of a question may hold any byte, also dots and NULs; one with a dot in it would be read as two
 * afterwards (attack 83; tests/unit/test-network.c). */
static char *
read_name (const ldns_rdf *owner)
{
  const guint8 *wire = ldns_rdf_data (owner);
  gsize size = ldns_rdf_size (owner);
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize at = 0; at < size && wire[at] != 0; at += wire[at] + 1u)
    {
      if (wire[at] > INNER_NETWORK_MAX_LABEL || at + wire[at] + 1u >= size ||
          memchr (wire + at + 1, '.', wire[at]) != NULL)
        return NULL;
      g_string_append_len (text, (const char *) wire + at + 1, wire[at]);
      g_string_append_c (text, '.');
    }

  return inner_network_name_canonical (text->str, text->len, NULL);
}

static InnerAnswer
judge (InnerQuestion *question)
{
  ldns_rr_type type;

  if (ldns_pkt_get_opcode (question->packet) != LDNS_PACKET_QUERY)
    return INNER_ANSWER_NOT_IMPLEMENTED;
  if (ldns_pkt_qdcount (question->packet) != 1 || ldns_pkt_ancount (question->packet) != 0)
    return INNER_ANSWER_MALFORMED;

  question->asked = ldns_rr_list_rr (ldns_pkt_question (question->packet), 0);
  question->name = read_name (ldns_rr_owner (question->asked));
  type = ldns_rr_get_type (question->asked);
  /* SECURITY: other types carry data out and in, and name addresses that we do not see (attacks 81 and 88;
   * test_081_only_addresses_are_answered). */
  if (question->name == NULL || ldns_rr_get_class (question->asked) != LDNS_RR_CLASS_IN ||
      (type != LDNS_RR_TYPE_A && type != LDNS_RR_TYPE_AAAA))
    return INNER_ANSWER_REFUSED;
  return INNER_ANSWER_ADDRESS;
}

InnerQuestion *
inner_question_new (const guint8 *bytes, gsize size)
{
  g_autoptr (InnerQuestion) question = g_new0 (InnerQuestion, 1);

  /* What is itself an answer is not answered, or two of us would never end. */
  if (size < HEADER_BYTES || (bytes[2] & 0x80) != 0)
    return NULL;
  if (ldns_wire2pkt (&question->packet, bytes, size) != LDNS_STATUS_OK)
    {
      question->packet = ldns_pkt_new ();
      ldns_pkt_set_id (question->packet, bytes[0] << 8 | bytes[1]);
      question->answer = INNER_ANSWER_MALFORMED;
      return g_steal_pointer (&question);
    }
  question->answer = judge (question);
  return g_steal_pointer (&question);
}

const char *
inner_question_get_name (const InnerQuestion *question)
{
  return question->name;
}

InnerAnswer
inner_question_get_answer (const InnerQuestion *question)
{
  return question->answer;
}

static void
add_address (ldns_pkt *reply, const InnerQuestion *question, const InnerNetworkAddress *address)
{
  ldns_rr *record = ldns_rr_new ();

  ldns_rr_set_owner (record, ldns_rdf_clone (ldns_rr_owner (question->asked)));
  ldns_rr_set_type (record, LDNS_RR_TYPE_A);
  ldns_rr_set_class (record, LDNS_RR_CLASS_IN);
  ldns_rr_set_ttl (record, TTL_SECONDS);
  ldns_rr_push_rdf (record, ldns_rdf_new_frm_data (LDNS_RDF_TYPE_A, 4, address->bytes + 12));
  ldns_pkt_push_rr (reply, LDNS_SECTION_ANSWER, record);
}

GBytes *
inner_question_reply (InnerQuestion *question,
                      InnerAnswer answer,
                      const InnerNetworkAddress *address)
{
  static const ldns_pkt_rcode codes[] = {
    [INNER_ANSWER_ADDRESS] = LDNS_RCODE_NOERROR,
    [INNER_ANSWER_UNKNOWN] = LDNS_RCODE_NXDOMAIN,
    [INNER_ANSWER_BROKEN] = LDNS_RCODE_SERVFAIL,
    [INNER_ANSWER_REFUSED] = LDNS_RCODE_REFUSED,
    [INNER_ANSWER_MALFORMED] = LDNS_RCODE_FORMERR,
    [INNER_ANSWER_NOT_IMPLEMENTED] = LDNS_RCODE_NOTIMPL,
  };
  ldns_pkt *reply = ldns_pkt_new ();
  uint8_t *wire = NULL;
  size_t size = 0;
  GBytes *bytes = NULL;

  ldns_pkt_set_id (reply, ldns_pkt_id (question->packet));
  ldns_pkt_set_qr (reply, TRUE);
  ldns_pkt_set_opcode (reply, ldns_pkt_get_opcode (question->packet));
  ldns_pkt_set_rd (reply, ldns_pkt_rd (question->packet));
  ldns_pkt_set_ra (reply, TRUE);
  ldns_pkt_set_rcode (reply, codes[answer]);
  if (question->asked != NULL)
    ldns_pkt_push_rr (reply, LDNS_SECTION_QUESTION, ldns_rr_clone (question->asked));
  if (answer == INNER_ANSWER_ADDRESS && ldns_rr_get_type (question->asked) == LDNS_RR_TYPE_A)
    add_address (reply, question, address);
  if (ldns_pkt_edns (question->packet))
    ldns_pkt_set_edns_udp_size (reply, INNER_QUESTION_MAX_BYTES);

  if (ldns_pkt2wire (&wire, reply, &size) == LDNS_STATUS_OK)
    bytes = g_bytes_new (wire, size);
  free (wire);
  ldns_pkt_free (reply);
  return bytes != NULL ? bytes : g_bytes_new (NULL, 0);
}
