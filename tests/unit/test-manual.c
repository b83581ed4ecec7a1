/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The manual page inner-profile(5) against the table of keys, and against those of privileges, agents and
 * groups: what the program knows, the page tells, and the other way round. */

#include <gio/gio.h>
#include <string.h>

#include "inner-agents.h"
#include "inner-network-groups.h"
#include "inner-privileges.h"
#include "inner-profile-keys.h"
#include "inner-sensitive.h"

/* What the page says of a key. */
typedef struct
{
  char *type;
  char *merge;
  char *xml;     /* from "profile" on; "-" for none */
  GString *text; /* NULL: the key has no entry below its table */
} Row;

static char *page;
static GHashTable *rows; /* dotted name -> Row */

static const char *const types[] = {
  [INNER_VALUE_STRING] = "text",   [INNER_VALUE_BOOL] = "bool", [INNER_VALUE_INTEGER] = "number",
  [INNER_VALUE_LIST] = "list",     [INNER_VALUE_MAP] = "map",   [INNER_VALUE_MOUNTS] = "mounts",
  [INNER_VALUE_CHECKS] = "checks",
};

static const char *const merges[] = {
  [INNER_MERGE_REPLACE] = "replace",
  [INNER_MERGE_UNION] = "union",
  [INNER_MERGE_UNION_CHILD_FIRST] = "child first",
  [INNER_MERGE_PER_KEY] = "per key",
  [INNER_MERGE_APPEND] = "append",
  [INNER_MERGE_OWN] = "own",
};

/* Reading the page. */

/* Where the reader stands: below ".. keys: TABLE ELEMENT". */
typedef struct
{
  char *table; /* NULL: nowhere */
  char *element;
  gboolean in_rows;
  Row *entry; /* whose text goes on */
} Reader;

static char *
dotted_name (const Reader *reader, const char *name)
{
  return g_str_equal (reader->table, "-") ? g_strdup (name)
                                          : g_strconcat (reader->table, ".", name, NULL);
}

static void
read_row (Reader *reader, const char *line)
{
  g_auto (GStrv) cells = g_regex_split_simple (" {2,}", line + strspn (line, " "), 0, 0);
  Row *row = g_new0 (Row, 1);
  char *name;

  g_assert_cmpuint (g_strv_length (cells), ==, 5);
  name = dotted_name (reader, cells[0]);
  row->type = g_strdup (cells[1]);
  row->merge = g_strdup (cells[3]);
  row->xml = g_str_equal (cells[4], "-")
                 ? g_strdup ("-")
                 : g_strconcat (reader->element, cells[4][0] == '@' ? "" : "/", cells[4], NULL);
  if (!g_hash_table_insert (rows, name, row))
    g_error ("the page has two rows for “%s”", name);
}

/* "``key``", alone on its line, begins an entry. */
static void
begin_entry (Reader *reader, const char *line)
{
  g_autofree char *word = g_strndup (line + 2, strcspn (line + 2, "`"));
  g_autofree char *name = dotted_name (reader, word);

  reader->entry = g_hash_table_lookup (rows, name);
  if (reader->entry == NULL || reader->entry->text != NULL)
    g_error ("the page explains “%s”, which has no row or a second entry", name);
  reader->entry->text = g_string_new (NULL);
}

static void
read_line (Reader *reader, const char *line)
{
  if (g_str_has_prefix (line, ".. keys: "))
    {
      g_auto (GStrv) words = g_strsplit (line, " ", -1);

      g_assert_cmpuint (g_strv_length (words), ==, 4);
      g_free (reader->table);
      g_free (reader->element);
      *reader = (Reader){ .table = g_strdup (words[2]), .element = g_strdup (words[3]) };
    }
  else if (g_str_has_prefix (line, "===") || g_str_has_prefix (line, "---"))
    g_clear_pointer (&reader->table, g_free);
  else if (reader->table == NULL)
    return;
  else if (g_str_has_prefix (line, "    KEY "))
    reader->in_rows = TRUE;
  else if (line[0] == '\0')
    reader->in_rows = FALSE;
  else if (reader->in_rows)
    read_row (reader, line);
  else if (g_regex_match_simple ("^``[a-z_]+``$", line, 0, 0))
    begin_entry (reader, line);
  else if (line[0] == ' ' && reader->entry != NULL)
    g_string_append_printf (reader->entry->text, "%s ", line + strspn (line, " "));
}

static void
read_page (void)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("INNER_TEST_SOURCE"), "data", "man", "inner-profile.5.rst", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  Reader reader = { NULL };

  g_file_get_contents (path, &page, NULL, &error);
  g_assert_no_error (error);
  rows = g_hash_table_new (g_str_hash, g_str_equal);
  lines = g_strsplit (page, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    read_line (&reader, *line);
  g_free (reader.table);
  g_free (reader.element);
}

static const Row *
row_of (InnerKey key)
{
  const Row *row = g_hash_table_lookup (rows, inner_key_info (key)->name);

  if (row == NULL)
    g_error ("inner-profile(5) has no row for “%s”", inner_key_info (key)->name);
  return row;
}

/* The tests. */

static void
test_every_key_has_a_row_and_an_entry (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    if (row_of (key)->text == NULL || row_of (key)->text->len < 20)
      g_error ("inner-profile(5) does not explain “%s”", inner_key_info (key)->name);
}

static void
test_every_row_is_a_key (void)
{
  GHashTableIter iter;
  gpointer name;
  InnerKey key;

  g_hash_table_iter_init (&iter, rows);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!inner_key_lookup (name, &key))
      g_error ("inner-profile(5) has the key “%s”, which does not exist", (char *) name);
  g_assert_cmpuint (g_hash_table_size (rows), ==, INNER_N_KEYS);
}

static void
test_types_and_merges (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyInfo *info = inner_key_info (key);

      g_test_message ("%s", info->name);
      g_assert_cmpstr (row_of (key)->type, ==, types[info->type]);
      g_assert_cmpstr (row_of (key)->merge, ==, merges[info->merge]);
    }
}

static char *
xml_place (const InnerKeyRow *row)
{
  GString *place = g_string_new (row->xml != NULL ? row->xml : "-");

  if (row->item != NULL)
    g_string_append_printf (place, "/%s", row->item);
  if (row->label != NULL)
    g_string_append_printf (place, "@%s", row->label);
  return g_string_free (place, FALSE);
}

static void
test_xml_places (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      g_autofree char *place = xml_place (inner_key_row (key));

      g_assert_cmpstr (row_of (key)->xml, ==, place);
    }
}

/* "One of ``a``, ``b``" at the beginning of the entry; %NULL for another beginning. An empty word is called
 * “nothing”. */
static char *
words_of_page (const Row *row)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("^One of ((?:(?:``[^`]+``|nothing)(?:, )?)+)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_regex_match (regex, row->text->str, 0, &match))
    return NULL;
  return g_match_info_fetch (match, 1);
}

static char *
words_of_table (const char *const *choices)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  for (; *choices != NULL; choices++)
    g_ptr_array_add (words, **choices != '\0' ? g_strdup_printf ("``%s``", *choices)
                                              : g_strdup ("nothing"));
  g_ptr_array_add (words, NULL);
  return g_strjoinv (", ", (char **) words->pdata);
}

static void
test_choices (void)
{
  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyInfo *info = inner_key_info (key);
      g_autofree char *told = words_of_page (row_of (key));
      g_autofree char *known = info->choices != NULL ? words_of_table (info->choices) : NULL;

      g_test_message ("%s", info->name);
      g_assert_cmpstr (told, ==, known);
    }
}

static void
test_older_words_and_numbers (void)
{
  guint n = 0;

  for (InnerKey key = 0; key < INNER_N_KEYS; key++)
    {
      const InnerKeyRow *row = inner_key_row (key);
      const char *text = row_of (key)->text->str;

      for (const InnerKeyAlias *alias = row->aliases; alias != NULL && alias->old != NULL; alias++)
        {
          g_autofree char *sentence =
              g_strdup_printf ("``%s`` is an old word for ``%s``", alias->old, alias->now);

          g_assert_nonnull (strstr (text, sentence));
          n++;
        }
      if (row->also_number)
        g_assert_nonnull (strstr (text, "as a number"));
    }
  g_assert_cmpuint (n, >=, 2);
}

static void
assert_is_told (const char *word)
{
  g_autofree char *literal = g_strdup_printf ("``%s``", word);

  if (strstr (page, literal) == NULL)
    g_error ("inner-profile(5) does not tell of “%s”", word);
}

static void
test_other_tables (void)
{
  g_autoptr (GPtrArray) groups = inner_network_group_names ();

  for (const InnerPrivilege *row = inner_privileges; row->key != NULL; row++)
    assert_is_told (row->key);
  for (const InnerSensitive *row = inner_sensitive_things; row->key != NULL; row++)
    if (row->privilege != NULL)
      assert_is_told (row->key);
  for (const InnerAgent *agent = inner_agents; agent->name != NULL; agent++)
    assert_is_told (agent->name);
  for (guint i = 0; i < groups->len; i++)
    if (inner_agent_lookup ((const char *) groups->pdata[i] + 1) == NULL)
      assert_is_told (groups->pdata[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  read_page ();
  g_test_add_func ("/manual/keys", test_every_key_has_a_row_and_an_entry);
  g_test_add_func ("/manual/rows", test_every_row_is_a_key);
  g_test_add_func ("/manual/types", test_types_and_merges);
  g_test_add_func ("/manual/xml", test_xml_places);
  g_test_add_func ("/manual/choices", test_choices);
  g_test_add_func ("/manual/old-words", test_older_words_and_numbers);
  g_test_add_func ("/manual/tables", test_other_tables);
  return g_test_run ();
}
