/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * What the gateway reads of a sandbox (questions, greetings of TLS) and of a proxy, and patterns. Whatever is read as a
 * name has only one form: reading it again gives the same.
 */

#include <stdint.h>
#include <string.h>

#include "inner-hello.h"
#include "inner-network-name.h"
#include "inner-network-pattern.h"
#include "inner-question.h"
#include "inner-upstream.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_name (const char *name)
{
  g_autofree char *again = NULL;

  if (name == NULL)
    return;
  again = inner_network_name_canonical (name, strlen (name), NULL);
  g_assert_cmpstr (again, ==, name);
}

static void
read_question (const uint8_t *data, size_t size)
{
  static const InnerNetworkAddress address;
  g_autoptr (InnerQuestion) question = inner_question_new (data, size);
  g_autoptr (GBytes) reply = NULL;

  if (question == NULL)
    return;
  check_name (inner_question_get_name (question));
  reply = inner_question_reply (question, inner_question_get_answer (question), &address);
  g_assert_cmpint (g_bytes_get_size (reply), <=, 65535);
}

static void
read_text (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *name = inner_network_name_canonical ((const char *) data, size, NULL);
  g_autoptr (InnerNetworkPattern) pattern = inner_network_pattern_new (text, NULL);
  g_autoptr (InnerUpstream) upstream = inner_upstream_new (text, text, NULL);
  gsize used = 0;

  check_name (name);
  if (pattern != NULL)
    check_name (pattern->name);
  if (upstream != NULL)
    inner_upstream_is_for (upstream, "host.test");
  if (inner_upstream_read_answer ((const char *) data, size, &used) != INNER_UPSTREAM_INCOMPLETE)
    g_assert_cmpint (used, <=, size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  InnerHello hello;

  if (inner_hello_read (data, size, &hello) == INNER_HELLO_COMPLETE)
    check_name (hello.name);
  inner_hello_clear (&hello);
  read_question (data, size);
  read_text (data, size);
  return 0;
}
