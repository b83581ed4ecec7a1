/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* How ports are written that are to be published, and what is none. */

#include <locale.h>
#include <string.h>

#include "inner-error.h"
#include "inner-publish.h"

typedef struct
{
  const char *word;
  const char *means; /* or, beginning with “!”, what the sentence says */
} Case;

/* clang-format off */
static const Case words[] = {
  { "8888", "127.0.0.1:8888:8888" },
  { "1", "127.0.0.1:1:1" },
  { "65535", "127.0.0.1:65535:65535" },
  { "8888:7777", "127.0.0.1:8888:7777" },
  { "127.0.0.1:8888", "127.0.0.1:8888:8888" },
  { "127.0.0.1:8888:7777", "127.0.0.1:8888:7777" },
  { "127.0.0.2:80:8080", "127.0.0.2:80:8080" },
  { "127.255.255.254:80:8080", "127.255.255.254:80:8080" },
  { "[::1]:8888:7777", "[::1]:8888:7777" },
  { "[::1]:8888", "[::1]:8888:8888" },
  { "[0:0:0:0:0:0:0:1]:8888:1", "[::1]:8888:1" },
  { "[::ffff:127.0.0.1]:8888:1", "127.0.0.1:8888:1" },

  { "", "!write [ADDRESS:]PORT[:PORT]" },
  { "0", "!“0”" },
  { "0:80", "!“0:80”" },
  { "80:0", "!“80:0”" },
  { ":80", "!“:80”" },
  { "80:", "!“80:”" },
  { "80:80:", "!“80:80:”" },
  { "1:2:3", "!“1:2:3”" },
  { "65536", "!“65536”" },
  { "8888:65536", "!“8888:65536”" },
  { "4294967376", "!“4294967376”" },
  { "18446744073709551696", "!“18446744073709551696”" },
  { "-1", "!“-1”" },
  { "+80", "!“+80”" },
  { " 80", "!“ 80”" },
  { "80 ", "!“80 ”" },
  { "0x50", "!“0x50”" },
  { "0080", "!“0080”" },
  { "8e3", "!“8e3”" },
  { "80.0", "!“80.0”" },
  { "http", "!“http”" },
  { "8000-8010", "!“8000-8010”" },
  { "80,81", "!“80,81”" },
  { "80\n81", "!“80\\x0a81”" },
  { "\xd9\xa8\xd9\xa0", "!cannot be published" },
  { "8888/udp", "!only TCP" },
  { "8888:7777/udp", "!only TCP" },
  { "127.0.0.1:8888:7777/udp", "!only TCP" },
  { "8888/tcp", "!“8888/tcp”" },
  { "127.0.0.1", "!“127.0.0.1”" },
  { "127.0.0.1:", "!“127.0.0.1:”" },
  { "127.0.0.1::80", "!“127.0.0.1::80”" },
  { "127.0.0.1:80:80:80", "!“127.0.0.1:80:80:80”" },
  { "[::1]", "!“[::1]”" },
  { "[::1]80", "!“[::1]80”" },
  { "[::1:80", "!“[::1:80”" },
  { "::1:80:80", "!“::1:80:80”" },
  { "[127.0.0.1]:80", "![127.0.0.1]:80" },
  { "[]:80", "!“[]:80”" },
  { "[::1%lo]:80", "!“::1%lo” is no address" },
  { "localhost:80:80", "!“localhost:80:80”" },
  { "some.where:80:80", "!“some.where” is no address" },
  { "127.1:80:80", "!“127.1” is no address" },
  { "127.0.0.01:80:80", "!“127.0.0.01” is no address" },
  { "0177.0.0.1:80:80", "!“0177.0.0.1” is no address" },
  { "0.0.0.0:80:80", "!other machines could reach the sandbox" },
  { "[::]:80:80", "!other machines could reach the sandbox" },
  { "192.168.1.2:80:80", "!“192.168.1.2” other machines" },
  { "128.0.0.1:80:80", "!other machines" },
  { "126.255.255.255:80:80", "!other machines" },
  { "169.254.1.1:80:80", "!other machines" },
  { "[::2]:80:80", "!other machines" },
  { "[fe80::1]:80:80", "!other machines" },
  { "[::127.0.0.1]:80:80", "!other machines" },
  { "[64:ff9b::7f00:1]:80:80", "!other machines" },
  { "[::ffff:192.168.1.2]:80", "!other machines" },
};

static const struct
{
  const char *host;
  const char *inside;
  const char *means;
} pairs[] = {
  { "8080", "80", "127.0.0.1:8080:80" },
  { "127.0.0.9:8080", "80", "127.0.0.9:8080:80" },
  { "[::1]:8080", "80", "[::1]:8080:80" },
  { "8080:80", "80", "!“8080:80”" },
  { "127.0.0.1:8080:80", "80", "!“127.0.0.1:8080:80”" },
  { "8080", "", "!“” is no port" },
  { "8080", "80/udp", "!only TCP" },
  { "8080/udp", "80", "!only TCP" },
  { "8080", "0", "!“0” is no port" },
  { "0.0.0.0:8080", "80", "!other machines" },
};
/* clang-format on */

static void
assert_means (gboolean read, const InnerPublish *publish, const GError *error, const char *means)
{
  g_autofree char *word = read ? inner_publish_to_word (publish) : NULL;

  if (means[0] != '!')
    {
      g_assert_no_error (error);
      g_assert_cmpstr (word, ==, means);
      return;
    }
  g_assert_false (read);
  g_assert_error (error, INNER_ERROR, INNER_ERROR_INVALID_OPTION);
  if (strstr (error->message, means + 1) == NULL)
    g_error ("“%s” does not say “%s”", error->message, means + 1);
}

static void
test_words (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GError) error = NULL;
      InnerPublish publish;
      gboolean read = inner_publish_parse (words[i].word, &publish, &error);

      g_test_message ("%s", words[i].word);
      assert_means (read, &publish, error, words[i].means);
    }
}

static void
test_pairs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;
      InnerPublish publish;
      gboolean read = inner_publish_parse_pair (pairs[i].host, pairs[i].inside, &publish, &error);

      g_test_message ("%s = %s", pairs[i].host, pairs[i].inside);
      assert_means (read, &publish, error, pairs[i].means);
    }
}

/* What is written is read again, and means the same. */
static void
test_round_trip (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      InnerPublish first;
      InnerPublish second;
      g_autofree char *word = NULL;

      if (words[i].means[0] == '!')
        continue;
      g_assert_true (inner_publish_parse (words[i].word, &first, NULL));
      word = inner_publish_to_word (&first);
      g_assert_true (inner_publish_parse (word, &second, NULL));
      g_assert_true (inner_publish_collides (&first, &second));
      g_assert_cmpuint (first.inside, ==, second.inside);
    }
}

static void
test_collisions (void)
{
  static const struct
  {
    const char *a;
    const char *b;
    gboolean collide;
  } cases[] = {
    { "80", "127.0.0.1:80:81", TRUE }, { "80", "[::ffff:127.0.0.1]:80:81", TRUE },
    { "80", "81:80", FALSE },          { "80", "127.0.0.2:80:80", FALSE },
    { "80", "[::1]:80:80", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      InnerPublish a;
      InnerPublish b;

      g_assert_true (inner_publish_parse (cases[i].a, &a, NULL));
      g_assert_true (inner_publish_parse (cases[i].b, &b, NULL));
      g_assert_cmpint (inner_publish_collides (&a, &b), ==, cases[i].collide);
    }
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/publish/words", test_words);
  g_test_add_func ("/publish/pairs", test_pairs);
  g_test_add_func ("/publish/round-trip", test_round_trip);
  g_test_add_func ("/publish/collisions", test_collisions);
  return g_test_run ();
}
