/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/*
 * The table of names, addresses and spellings: what the rules make of each. The rows are asked the way a question
 * comes from the wire, as bytes with a length.
 */

#include <gio/gio.h>
#include <string.h>

#include "inner-given.h"
#include "inner-hello.h"
#include "inner-network-name.h"
#include "inner-network-rules.h"
#include "inner-question.h"

#define LONG_LABEL "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0" /* 63 */

typedef enum
{
  ALLOWED,
  DENIED,
  NO_NAME, /* it is no name of a host at all */
} Expected;

/* The rules of all rows. */
static const char *const allow[] = { "allowed.test",         "Upper.Test.",
                                     "port.test:8080",       "*.wild.test",
                                     "*.wildport.test:9000", "bücher.test",
                                     "93.184.216.34",        "93.184.217.0/24:5432",
                                     "10.9.8.7:22",          "[2606:2800::1]:443",
                                     "2606:2801::/32",       "fd12::/16",
                                     "0.0.0.0/0:4444",       "::/0",
                                     "xn--fiq.test",         "a-b.test",
                                     "localhost.wild2.test", NULL };
static const char *const deny[] = { "no.wild.test",  "*.deep.wild.test",   "port.wild.test:443",
                                    "93.184.216.99", "2606:2801:bad::/48", NULL };

static const struct
{
  const char *name;
  guint16 port;
  Expected expected;
} names[] = {
  /* Plain */
  { "allowed.test", 80, ALLOWED },
  { "allowed.test", 443, ALLOWED },
  { "allowed.test", 22, DENIED },
  { "allowed.test", 8080, DENIED },
  { "allowed.test", 0, ALLOWED },
  { "allowed.test.", 443, ALLOWED },
  { "ALLOWED.TEST", 443, ALLOWED },
  { "aLLowed.teSt.", 80, ALLOWED },
  { "upper.test", 443, ALLOWED },
  { "UPPER.TEST.", 443, ALLOWED },
  { "port.test", 8080, ALLOWED },
  { "port.test", 443, DENIED },
  { "port.test", 80, DENIED },
  { "a-b.test", 443, ALLOWED },
  { "test", 443, DENIED },
  { "notallowed.test", 443, DENIED },
  { "allowed.test.evil.test", 443, DENIED },
  { "allowedxtest", 443, DENIED },
  { "sub.allowed.test", 443, DENIED },
  { "allowed.tes", 443, DENIED },
  { "allowed.testt", 443, DENIED },
  { "evil.test", 443, DENIED },
  { "localhost", 80, DENIED },
  { "metadata.google.internal", 80, DENIED },
  { "instance-data", 80, DENIED },
  /* Wildcards */
  { "a.wild.test", 443, ALLOWED },
  { "a.b.c.wild.test", 443, ALLOWED },
  { "wild.test", 443, DENIED },
  { ".wild.test", 443, NO_NAME },
  { "xwild.test", 443, DENIED },
  { "a.wild.test.evil.test", 443, DENIED },
  { "wild.test.wild.test", 80, ALLOWED },
  { "no.wild.test", 443, DENIED },
  { "no.wild.test", 80, DENIED },
  { "NO.wild.TEST.", 80, DENIED },
  { "x.no.wild.test", 80, ALLOWED },
  { "x.deep.wild.test", 80, DENIED },
  { "deep.wild.test", 80, ALLOWED },
  { "port.wild.test", 443, DENIED },
  { "port.wild.test", 80, ALLOWED },
  { "a.wildport.test", 9000, ALLOWED },
  { "a.wildport.test", 443, DENIED },
  { "a.wildport.test", 0, ALLOWED },
  { "*.wild.test", 443, NO_NAME },
  { "*", 443, NO_NAME },
  /* IDNA */
  { "xn--bcher-kva.test", 443, ALLOWED },
  { "XN--BCHER-KVA.TEST", 443, ALLOWED },
  { "b\xc3\xbc"
    "cher.test",
    443, NO_NAME },
  { "b\xfc"
    "cher.test",
    443, NO_NAME },
  { "xn--fiq.test", 443, ALLOWED },
  { "allowed\xe3\x80\x82test", 443, NO_NAME },  /* an ideographic full stop */
  { "allowed\xef\xbc\x8etest", 443, NO_NAME },  /* a full-width one */
  { "\xef\xbd\x81llowed.test", 443, NO_NAME },  /* a full-width “a” */
  { "allowed.test\xe2\x80\x8b", 443, NO_NAME }, /* of no width */
  { "xn--allowed-.test", 443, NO_NAME },
  /* Dots, lengths */
  { "", 443, NO_NAME },
  { ".", 443, NO_NAME },
  { "..", 443, NO_NAME },
  { "allowed.test..", 443, NO_NAME },
  { "allowed..test", 443, NO_NAME },
  { ".allowed.test", 443, NO_NAME },
  { LONG_LABEL ".wild.test", 443, ALLOWED },
  { "x" LONG_LABEL ".wild.test", 443, NO_NAME },
  { LONG_LABEL "." LONG_LABEL "." LONG_LABEL
               ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmno.wild.test",
    443, ALLOWED }, /* 253 */
  { LONG_LABEL "." LONG_LABEL "." LONG_LABEL
               ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop.wild.test",
    443, NO_NAME }, /* 254 */
  { LONG_LABEL "." LONG_LABEL "." LONG_LABEL "." LONG_LABEL "." LONG_LABEL, 443, NO_NAME },
  /* Bytes that are none of a name */
  { "allowed_test", 443, NO_NAME },
  { "_x.wild.test", 443, NO_NAME },
  { "-a.wild.test", 443, NO_NAME },
  { "a-.wild.test", 443, NO_NAME },
  { "allowed.test\r\n", 443, NO_NAME },
  { "allowed.test\r\nHost: evil.test", 443, NO_NAME },
  { "allowed.test\n", 443, NO_NAME },
  { "allowed.test ", 443, NO_NAME },
  { " allowed.test", 443, NO_NAME },
  { "allowed.test\t", 443, NO_NAME },
  { "allowed.test%00", 443, NO_NAME },
  { "allowed%2etest", 443, NO_NAME },
  { "allowed.test%25eth0", 443, NO_NAME },
  { "allowed.test/", 443, NO_NAME },
  { "allowed.test/../evil.test", 443, NO_NAME },
  { "allowed.test#evil.test", 443, NO_NAME },
  { "allowed.test?x", 443, NO_NAME },
  { "allowed.test:443", 443, NO_NAME },
  { "allowed.test@evil.test", 443, NO_NAME },
  { "user@allowed.test", 443, NO_NAME },
  { "http://allowed.test", 443, NO_NAME },
  { "allowed.test\\", 443, NO_NAME },
  { "allowed\\.test", 443, NO_NAME },
  { "allowed.test;x", 443, NO_NAME },
  { "allowed.test,evil.test", 443, NO_NAME },
  { "allowed.test\x7f", 443, NO_NAME },
  { "allowed.test\x1b[2J", 443, NO_NAME },
  { "allowed.test\xff", 443, NO_NAME },
  { "\"allowed.test\"", 443, NO_NAME },
  { "allowed.test'", 443, NO_NAME },
  { "[allowed.test]", 443, NO_NAME },
  { "allow+ed.test", 443, NO_NAME },
  { "allowed.test$", 443, NO_NAME },
  { "~.wild.test", 443, NO_NAME },
  /* Addresses are no names, however they are spelled */
  { "93.184.216.34", 443, NO_NAME },
  { "127.0.0.1", 80, NO_NAME },
  { "127.1", 80, NO_NAME },
  { "127.0.1", 80, NO_NAME },
  { "2130706433", 80, NO_NAME },
  { "0177.0.0.1", 80, NO_NAME },
  { "017700000001", 80, NO_NAME },
  { "0x7f000001", 80, NO_NAME },
  { "0x7f.0.0.1", 80, NO_NAME },
  { "0x7f.0x0.0x0.0x1", 80, NO_NAME },
  { "0X7F000001", 80, NO_NAME },
  { "127.0.0.0x1", 80, NO_NAME },
  { "127.0.0.1.", 80, NO_NAME },
  { "0", 80, NO_NAME },
  { "0x", 80, NO_NAME },
  { "999.999.999.999", 80, NO_NAME },
  { "1.2.3.4.5", 80, NO_NAME },
  { "a.wild.test.1", 80, NO_NAME },
  { "::1", 80, NO_NAME },
  { "[::1]", 80, NO_NAME },
  { "::ffff:127.0.0.1", 80, NO_NAME },
  { "fe80::1%lo", 80, NO_NAME },
  { "127.0.0.1%00.wild.test", 80, NO_NAME },
  /* Addresses in names are just names; what they resolve to is judged */
  { "127.0.0.1.wild.test", 80, ALLOWED },
  { "0x7f.wild.test", 80, ALLOWED },
  { "localhost.wild2.test", 80, ALLOWED },
  { "127.0.0.1.evil.test", 80, DENIED },
};

static const struct
{
  const char *address;
  guint16 port;
  gboolean allowed;
} addresses[] = {
  { "93.184.216.34", 80, TRUE },
  { "93.184.216.34", 443, TRUE },
  { "93.184.216.34", 22, FALSE },
  { "93.184.216.34", 4444, TRUE }, /* by 0.0.0.0/0:4444 */
  { "93.184.216.35", 443, FALSE },
  { "93.184.216.99", 4444, FALSE },
  { "::ffff:93.184.216.34", 443, TRUE },
  { "::ffff:5db8:d822", 443, TRUE },
  { "93.184.217.77", 5432, TRUE },
  { "93.184.217.77", 443, FALSE },
  { "93.184.218.1", 5432, FALSE },
  { "10.9.8.7", 22, TRUE },
  { "::ffff:10.9.8.7", 22, TRUE },
  { "10.9.8.7", 80, FALSE },
  { "10.9.8.8", 22, FALSE },
  { "2606:2800::1", 443, TRUE },
  { "2606:2800::1", 80, TRUE }, /* by ::/0 */
  { "2606:2801:1::5", 443, TRUE },
  { "2606:2801:bad::5", 443, FALSE },
  { "fd12::1", 443, TRUE },
  { "fd13::1", 443, FALSE },
  /* Special ones are not opened by ranges that only happen to hold them */
  { "127.0.0.1", 4444, FALSE },
  { "127.255.255.254", 4444, FALSE },
  { "::ffff:127.0.0.1", 4444, FALSE },
  { "0.0.0.0", 4444, FALSE },
  { "0.1.2.3", 4444, FALSE },
  { "10.0.0.1", 4444, FALSE },
  { "172.16.0.1", 4444, FALSE },
  { "172.31.255.255", 4444, FALSE },
  { "172.32.0.1", 4444, TRUE },
  { "192.168.1.1", 4444, FALSE },
  { "169.254.169.254", 4444, FALSE },
  { "169.254.1.1", 4444, FALSE },
  { "100.64.0.1", 4444, FALSE },
  { "100.100.100.200", 4444, FALSE },
  { "100.127.255.255", 4444, FALSE },
  { "100.128.0.1", 4444, TRUE },
  { "198.18.0.1", 4444, FALSE },
  { "198.19.255.255", 4444, FALSE },
  { "192.0.0.192", 4444, FALSE },
  { "224.0.0.1", 4444, FALSE },
  { "239.255.255.250", 4444, FALSE },
  { "240.0.0.1", 4444, FALSE },
  { "255.255.255.255", 4444, FALSE },
  { "::", 443, FALSE },
  { "::1", 443, FALSE },
  { "::127.0.0.1", 443, FALSE },
  { "fe80::1", 443, FALSE },
  { "fec0::1", 443, FALSE },
  { "fc00::1", 443, FALSE },
  { "fd00:ec2::254", 443, FALSE },
  { "ff02::1", 443, FALSE },
  { "64:ff9b::127.0.0.1", 443, FALSE },
  { "64:ff9b::169.254.169.254", 443, FALSE },
  { "64:ff9b::8.8.8.8", 443, TRUE },
  { "2002:7f00:1::1", 443, FALSE },
  { "2001:0:7f00:1::1", 443, FALSE },
  { "100::1", 443, FALSE },
  { "4000::1", 443, FALSE },
  { "2a00::1", 443, TRUE },
};

static const struct
{
  const char *text;
  const char *name; /* NULL: cannot be read; "": an address */
  guint16 port;
} patterns[] = {
  { "a.test", "a.test", 0 },
  { "a.test:1", "a.test", 1 },
  { "a.test:65535", "a.test", 65535 },
  { "a.test:65536", NULL, 0 },
  { "a.test:0", NULL, 0 },
  { "a.test:", NULL, 0 },
  { "a.test:-1", NULL, 0 },
  { "a.test:+1", NULL, 0 },
  { "a.test: 1", NULL, 0 },
  { "a.test:1 ", NULL, 0 },
  { "a.test:0x50", NULL, 0 },
  { "a.test:http", NULL, 0 },
  { "*.a.test", "a.test", 0 },
  { "*.a.test:9", "a.test", 9 },
  { "*a.test", NULL, 0 },
  { "a.*.test", NULL, 0 },
  { "*.*.test", NULL, 0 },
  { "*", NULL, 0 },
  { "*.", NULL, 0 },
  { "**.a.test", NULL, 0 },
  { "", NULL, 0 },
  { ":80", NULL, 0 },
  { "a.test/", NULL, 0 },
  { "https://a.test", NULL, 0 },
  { "a b.test", NULL, 0 },
  { "1.2.3.4", "", 0 },
  { "1.2.3.4:5", "", 5 },
  { "1.2.3.4/32", "", 0 },
  { "1.2.3.0/24:5", "", 5 },
  { "1.2.3.4/24", NULL, 0 },
  { "1.2.3.4/33", NULL, 0 },
  { "1.2.3.4/", NULL, 0 },
  { "1.2.3.4/-1", NULL, 0 },
  { "1.2.3", NULL, 0 },
  { "01.2.3.4", NULL, 0 },
  { "0x1.2.3.4", NULL, 0 },
  { "::1", "", 0 },
  { "[::1]", "", 0 },
  { "[::1]:80", "", 80 },
  { "[::1]80", NULL, 0 },
  { "[::1", NULL, 0 },
  { "[1.2.3.4]:80", NULL, 0 },
  { "[a.test]:80", NULL, 0 },
  { "fe80::1%lo", NULL, 0 },
  { "[fe80::1%25lo]:80", NULL, 0 },
  { "fd00::/8", "", 0 },
  { "[fd00::/8]:443", "", 443 },
  { "fd00::1/8", NULL, 0 },
  { "MüLLER.test", "xn--mller-kva.test", 0 },
  { "\xff.test", NULL, 0 },
  { "１２７.0.0.1", NULL, 0 },
  { "a.test\r\n", NULL, 0 },
  { "@github", NULL, 0 },
};

static InnerNetworkRules *
make_rules (void)
{
  g_autoptr (GError) error = NULL;
  InnerNetworkRules *rules = inner_network_rules_new (FALSE, allow, deny, &error);

  g_assert_no_error (error);
  return rules;
}

static Expected
judge (const InnerNetworkRules *rules, const char *text, gsize length, guint16 port)
{
  const char *why = NULL;
  g_autofree char *name = inner_network_name_canonical (text, length, &why);

  if (name == NULL)
    {
      g_assert_nonnull (why);
      return NO_NAME;
    }
  g_assert_null (why);
  return (port == 0 ? inner_network_rules_decide_lookup (rules, name)
                    : inner_network_rules_decide_name (rules, name, port))
                 .allowed
             ? ALLOWED
             : DENIED;
}

static void
test_names (void)
{
  g_autoptr (InnerNetworkRules) rules = make_rules ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      Expected found = judge (rules, names[i].name, strlen (names[i].name), names[i].port);

      g_test_message ("%s:%u", names[i].name, names[i].port);
      g_assert_cmpint (found, ==, names[i].expected);
    }
  g_assert_cmpint (judge (rules, "allowed.test\0.evil.test", 23, 443), ==, NO_NAME);
  g_assert_cmpint (judge (rules, "allowed.test\0", 13, 443), ==, NO_NAME);
  g_assert_cmpint (judge (rules, "evil.test\0.wild.test", 20, 443), ==, NO_NAME);
}

static void
test_addresses (void)
{
  g_autoptr (InnerNetworkRules) rules = make_rules ();

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      InnerNetworkAddress address;

      g_test_message ("%s port %u", addresses[i].address, addresses[i].port);
      g_assert_true (inner_network_address_parse (addresses[i].address, &address));
      g_assert_cmpint (
          inner_network_rules_decide_address (rules, &address, addresses[i].port).allowed, ==,
          addresses[i].allowed);
    }
}

static void
test_patterns (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerNetworkPattern) pattern =
          inner_network_pattern_new (patterns[i].text, &error);

      g_test_message ("%s", patterns[i].text);
      g_assert_cmpint (pattern != NULL, ==, patterns[i].name != NULL);
      g_assert_cmpint (error == NULL, ==, pattern != NULL);
      if (pattern == NULL)
        continue;
      g_assert_cmpstr (pattern->name != NULL ? pattern->name : "", ==, patterns[i].name);
      g_assert_cmpint (pattern->port, ==, patterns[i].port);
    }
}

/* What can be opened while a sandbox runs, and what is denied whatever is opened. */
static void
test_destinations (void)
{
  static const struct
  {
    const char *text;
    gboolean fits;
    gboolean denied;
  } rows[] = {
    { "a.test", TRUE, FALSE },
    { "A.Test.:99", TRUE, FALSE },
    { "*.a.test", TRUE, FALSE },
    { "bücher.test", TRUE, FALSE },
    { "93.184.216.34", TRUE, FALSE },
    { "93.184.216.34/32", TRUE, FALSE },
    { "93.184.216.99", TRUE, TRUE },
    { "[2606:2800::1]:443", TRUE, FALSE },
    { "2606:2801:bad::1", TRUE, TRUE },
    { "no.wild.test", TRUE, TRUE },
    { "no.wild.test:5", TRUE, TRUE },
    { "a.deep.wild.test", TRUE, TRUE },
    { "*.deep.wild.test", TRUE, TRUE },
    { "*.more.deep.wild.test", TRUE, TRUE },
    { "*.wild.test", TRUE, FALSE },
    { "deep.wild.test", TRUE, FALSE },
    { "port.wild.test:443", TRUE, TRUE },
    { "port.wild.test", TRUE, FALSE },
    { "@github", FALSE, FALSE },
    { "93.184.216.0/24", FALSE, FALSE },
    { "0.0.0.0/0", FALSE, FALSE },
    { "::/0", FALSE, FALSE },
    { "10.0.0.1", FALSE, FALSE },
    { "10.0.0.1:80", FALSE, FALSE },
    { "127.0.0.1", FALSE, FALSE },
    { "[::1]:80", FALSE, FALSE },
    { "::ffff:10.0.0.1", FALSE, FALSE },
    { "169.254.169.254", FALSE, FALSE },
    { "fd00:ec2::254", FALSE, FALSE },
    { "198.18.0.5", FALSE, FALSE },
    { "", FALSE, FALSE },
    { "*", FALSE, FALSE },
    { "a b", FALSE, FALSE },
    { "a\nb", FALSE, FALSE },
    { "a%00b", FALSE, FALSE },
    { "0x7f000001", FALSE, FALSE },
  };
  g_autoptr (InnerNetworkRules) rules = inner_network_rules_new (FALSE, allow, deny, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (InnerNetworkPattern) pattern =
          inner_network_pattern_new_destination (rows[i].text, &error);

      g_test_message ("%s", rows[i].text);
      g_assert_cmpint (pattern != NULL, ==, rows[i].fits);
      g_assert_cmpint (error == NULL, ==, rows[i].fits);
      if (pattern != NULL)
        g_assert_cmpint (inner_network_rules_deny_all_of (rules, pattern), ==, rows[i].denied);
    }
}

/* Names that a person is asked about first are counted below a wildcard when they are looked up. */
static void
test_names_for_later (void)
{
  g_autoptr (InnerGivens) givens = inner_givens_new ();
  g_autoptr (InnerNetworkPattern) pattern = inner_network_pattern_new ("*.wild.test", NULL);
  const char *why = NULL;
  guint admitted = 0;

  for (guint n = 0; n < 1000; n++)
    {
      g_autofree char *name = g_strdup_printf ("%032x.wild.test", n);
      InnerGiven *given = inner_givens_add_later (givens, name, &why);

      g_assert_nonnull (given);
      g_assert_true (inner_givens_add_later (givens, name, &why) == given);
      g_assert_cmpuint (inner_givens_count_later (givens), ==, n + 1 - admitted);
      admitted += inner_givens_admit (givens, given, pattern, &why);
      g_assert_cmpint (given->admitted, ==, inner_givens_add (givens, name, pattern, &why) != NULL);
    }
  g_assert_cmpuint (admitted, >, 10);
  g_assert_cmpuint (admitted, <, 100);
}

/* Open, and an empty list. */
static void
test_modes (void)
{
  static const char *const nothing[] = { NULL };
  g_autoptr (InnerNetworkRules) open = inner_network_rules_new (TRUE, nothing, deny, NULL);
  g_autoptr (InnerNetworkRules) empty = inner_network_rules_new (FALSE, nothing, nothing, NULL);
  g_autoptr (GArray) ports = inner_network_rules_ports (empty);
  InnerNetworkAddress address;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpint (judge (empty, names[i].name, strlen (names[i].name), names[i].port), !=,
                     ALLOWED);
  g_assert_cmpint (ports->len, ==, 0);
  g_assert_cmpint (judge (open, "anything.test", 13, 12345), ==, ALLOWED);
  g_assert_cmpint (judge (open, "no.wild.test", 12, 12345), ==, DENIED);
  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      inner_network_address_parse (addresses[i].address, &address);
      g_assert_false (inner_network_rules_decide_address (empty, &address, 443).allowed);
      if (inner_network_address_is_special (&address))
        g_assert_false (inner_network_rules_decide_address (open, &address, 443).allowed);
    }
}

static void
test_long_names_below_a_wildcard (void)
{
  g_autoptr (InnerGivens) givens = inner_givens_new ();
  g_autoptr (InnerNetworkPattern) pattern = inner_network_pattern_new ("*.wild.test", NULL);
  InnerGiven *first = inner_givens_add (givens, "a.wild.test", pattern, NULL);
  const char *why = NULL;
  guint n = 0;

  for (; n < 1000 && why == NULL; n++)
    {
      g_autofree char *name = g_strdup_printf ("%032x.wild.test", n);

      inner_givens_add (givens, name, pattern, &why);
    }
  g_assert_nonnull (why);
  g_assert_cmpint (n, <, 100);
  for (why = NULL, n = 0; n < 5000 && why == NULL; n++)
    {
      g_autofree char *name = g_strdup_printf ("x%u.wild.test", n);

      inner_givens_add (givens, name, pattern, &why);
    }
  g_assert_nonnull (why);
  /* What was given once stays. */
  g_assert_true (inner_givens_add (givens, "a.wild.test", pattern, &why) == first);
  g_assert_true (inner_givens_find (givens, &first->address) == first);
}

/* A ClientHello with @extensions (their bytes). */
static GByteArray *
make_hello (const guint8 *extensions, gsize size)
{
  GByteArray *hello = g_byte_array_new ();
  gsize body = 2 + 32 + 1 + 4 + 2 + 2 + size;
  const guint8 head[] = { 22, 3, 1, (body + 4) >> 8, body + 4, 1, 0, body >> 8, body, 3, 3 };
  const guint8 middle[] = { 0, 0, 2, 0x13, 1, 1, 0, size >> 8, size };
  const guint8 random[32] = { 7 };

  g_byte_array_append (hello, head, sizeof head);
  g_byte_array_append (hello, random, sizeof random);
  g_byte_array_append (hello, middle, sizeof middle);
  g_byte_array_append (hello, extensions, size);
  return hello;
}

static GByteArray *
make_name_extension (const char *name, gsize length)
{
  GByteArray *extension = g_byte_array_new ();
  const guint8 head[] = { 0,          0, (length + 5) >> 8, length + 5, (length + 3) >> 8,
                          length + 3, 0, length >> 8,       length };

  g_byte_array_append (extension, head, sizeof head);
  g_byte_array_append (extension, (const guint8 *) name, length);
  return extension;
}

static void
assert_hello (GByteArray *extensions, InnerHelloState state, const char *name, gboolean has_ech)
{
  g_autoptr (GByteArray) bytes = make_hello (extensions->data, extensions->len);
  InnerHello hello;

  g_assert_cmpint (inner_hello_read (bytes->data, bytes->len, &hello), ==, state);
  if (state == INNER_HELLO_COMPLETE)
    {
      g_assert_cmpstr (hello.name, ==, name);
      g_assert_cmpint (hello.has_ech, ==, has_ech);
    }
  inner_hello_clear (&hello);
  /* Each beginning of it is incomplete, and nothing else. */
  for (guint i = 0; i < bytes->len && state == INNER_HELLO_COMPLETE; i++)
    {
      g_assert_cmpint (inner_hello_read (bytes->data, i, &hello), ==, INNER_HELLO_INCOMPLETE);
      inner_hello_clear (&hello);
    }
}

static void
test_hello (void)
{
  static const guint8 ech[] = { 0xfe, 0x0d, 0, 1, 0 };
  g_autoptr (GByteArray) none = g_byte_array_new ();
  g_autoptr (GByteArray) name = make_name_extension ("Allowed.test", 12);
  g_autoptr (GByteArray) zero = make_name_extension ("allowed.test\0.evil", 18);
  g_autoptr (GByteArray) address = make_name_extension ("127.0.0.1", 9);
  g_autoptr (GByteArray) again = make_name_extension ("Allowed.test", 12);
  InnerHello hello;

  assert_hello (none, INNER_HELLO_COMPLETE, NULL, FALSE);
  assert_hello (name, INNER_HELLO_COMPLETE, "allowed.test", FALSE);
  assert_hello (zero, INNER_HELLO_INVALID, NULL, FALSE);
  assert_hello (address, INNER_HELLO_INVALID, NULL, FALSE);
  g_byte_array_append (name, ech, sizeof ech);
  assert_hello (name, INNER_HELLO_COMPLETE, "allowed.test", TRUE);
  /* The name twice */
  g_byte_array_append (name, again->data, again->len);
  assert_hello (name, INNER_HELLO_INVALID, NULL, FALSE);
  g_assert_cmpint (inner_hello_read ((const guint8 *) "GET / HTTP/1.1", 14, &hello), ==,
                   INNER_HELLO_INVALID);
  g_assert_cmpint (inner_hello_read ((const guint8 *) "SSH-2.0", 7, &hello), ==,
                   INNER_HELLO_INVALID);
}

/* One handshake message in records of one byte each. */
static void
test_hello_in_pieces (void)
{
  g_autoptr (GByteArray) name = make_name_extension ("a.test", 6);
  g_autoptr (GByteArray) whole = make_hello (name->data, name->len);
  g_autoptr (GByteArray) pieces = g_byte_array_new ();
  InnerHello hello;

  for (guint i = 5; i < whole->len; i++)
    {
      const guint8 record[] = { 22, 3, 3, 0, 1, whole->data[i] };

      g_byte_array_append (pieces, record, sizeof record);
    }
  g_assert_cmpint (inner_hello_read (pieces->data, pieces->len, &hello), ==, INNER_HELLO_COMPLETE);
  g_assert_cmpstr (hello.name, ==, "a.test");
  inner_hello_clear (&hello);
}

static void
assert_question (const char *labels, gsize size, guint8 type, const char *name, InnerAnswer answer)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  const guint8 head[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
  const guint8 tail[] = { 0, type, 0, 1 };
  g_autoptr (InnerQuestion) question = NULL;

  g_byte_array_append (message, head, sizeof head);
  g_byte_array_append (message, (const guint8 *) labels, size);
  g_byte_array_append (message, tail, sizeof tail);
  question = inner_question_new (message->data, message->len);
  g_assert_nonnull (question);
  g_assert_cmpint (inner_question_get_answer (question), ==, answer);
  g_assert_cmpstr (inner_question_get_name (question), ==, name);
}

static void
test_questions (void)
{
  static const guint8 an_answer[] = { 0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0 };

#define Q(labels) labels, sizeof (labels)
  assert_question (Q ("\1a\4test"), 1, "a.test", INNER_ANSWER_ADDRESS);
  assert_question (Q ("\1A\4tEst"), 28, "a.test", INNER_ANSWER_ADDRESS);
  assert_question (Q ("\1a\4test"), 16, "a.test", INNER_ANSWER_REFUSED);
  assert_question (Q ("\1a\4test"), 65, "a.test", INNER_ANSWER_REFUSED);
  assert_question (Q ("\1a\4test"), 255, "a.test", INNER_ANSWER_REFUSED);
  assert_question (Q ("\6a.test"), 1, NULL, INNER_ANSWER_REFUSED);
  assert_question (Q ("\3a\0b\4test"), 1, NULL, INNER_ANSWER_REFUSED);
  assert_question (Q ("\3a b\4test"), 1, NULL, INNER_ANSWER_REFUSED);
  assert_question (Q (""), 1, NULL, INNER_ANSWER_REFUSED);
#undef Q
  g_assert_null (inner_question_new (an_answer, sizeof an_answer));
  g_assert_null (inner_question_new (an_answer, 3));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (G_N_ELEMENTS (names) + G_N_ELEMENTS (addresses) + G_N_ELEMENTS (patterns), >=,
                   150);
  g_test_add_func ("/network/names", test_names);
  g_test_add_func ("/network/addresses", test_addresses);
  g_test_add_func ("/network/patterns", test_patterns);
  g_test_add_func ("/network/modes", test_modes);
  g_test_add_func ("/network/destinations", test_destinations);
  g_test_add_func ("/network/names-for-later", test_names_for_later);
  g_test_add_func ("/network/long-names", test_long_names_below_a_wildcard);
  g_test_add_func ("/network/hello", test_hello);
  g_test_add_func ("/network/hello-in-pieces", test_hello_in_pieces);
  g_test_add_func ("/network/questions", test_questions);
  return g_test_run ();
}
