/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* The only C++ of the project: toml++ behind the C interface of inner-toml.h. It copies the tree and
 * decides nothing. */

#include "inner-toml.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

/* Where the parser is built from its headers: it asserts what a document can break ("[.a]"), or has the
 * compiler rely on it, just before it reports the mistake by itself. Neither may happen in a service. */
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void> (0)
#include <toml++/toml.h>

namespace {

struct NodeFree
{
  void operator() (InnerTomlNode *node) const { inner_toml_node_free (node); }
};
using Node = std::unique_ptr<InnerTomlNode, NodeFree>;

/* C strings end at the first NUL: a text that holds one must not be taken for a shorter one. */
char *
copy_text (std::string_view text)
{
  if (text.find ('\0') != std::string_view::npos)
    return nullptr;
  return g_strndup (text.data (), text.size ());
}

InnerPosition
place_of (const toml::source_region &source)
{
  return { source.begin.line, source.begin.column };
}

Node copy_node (const toml::node &from);

void
copy_table (InnerTomlNode *to, const toml::table &table)
{
  struct Entry
  {
    const toml::key *key;
    const toml::node *value;
  };
  std::vector<Entry> entries;

  for (auto &&[key, value] : table)
    entries.push_back ({ &key, &value });
  std::stable_sort (entries.begin (), entries.end (), [] (const Entry &a, const Entry &b) {
    return a.key->source ().begin < b.key->source ().begin;
  });

  for (const Entry &entry : entries)
    {
      Node child = copy_node (*entry.value);

      child->key = copy_text (entry.key->str ());
      child->key_at = place_of (entry.key->source ());
      g_ptr_array_add (to->children, child.release ());
    }
}

Node
copy_node (const toml::node &from)
{
  Node to (g_new0 (InnerTomlNode, 1));

  to->at = place_of (from.source ());
  to->end = { from.source ().end.line, from.source ().end.column };
  to->children = g_ptr_array_new_with_free_func ((GDestroyNotify) inner_toml_node_free);

  if (const toml::table *table = from.as_table ())
    {
      to->kind = INNER_TOML_TABLE;
      copy_table (to.get (), *table);
    }
  else if (const toml::array *array = from.as_array ())
    {
      to->kind = INNER_TOML_ARRAY;
      for (const toml::node &item : *array)
        g_ptr_array_add (to->children, copy_node (item).release ());
    }
  else if (const auto *text = from.as_string ())
    {
      to->kind = INNER_TOML_TEXT;
      to->text = copy_text (text->get ());
    }
  else if (const auto *integer = from.as_integer ())
    {
      to->kind = INNER_TOML_INTEGER;
      to->integer = integer->get ();
    }
  else if (const auto *real = from.as_floating_point ())
    {
      to->kind = INNER_TOML_REAL;
      to->real = real->get ();
    }
  else if (const auto *boolean = from.as_boolean ())
    {
      to->kind = INNER_TOML_BOOL;
      to->boolean = boolean->get ();
    }
  else
    to->kind = INNER_TOML_TIME;

  return to;
}

} // namespace

InnerTomlNode *
inner_toml_parse (const char *text, gsize length, char **message, InnerPosition *at)
{
  try
    {
      const toml::table root = toml::parse (std::string_view (text, length));

      return copy_node (root).release ();
    }
  catch (const toml::parse_error &error)
    {
      std::string_view description = error.description ();

      *message = g_strndup (description.data (), description.size ());
      *at = place_of (error.source ());
    }
  catch (const std::exception &error)
    {
      *message = g_strdup (error.what ());
      *at = { 1, 1 };
    }
  catch (...)
    {
      *message = g_strdup ("unknown error of the parser");
      *at = { 1, 1 };
    }

  return nullptr;
}

void
inner_toml_node_free (InnerTomlNode *node)
{
  g_clear_pointer (&node->children, g_ptr_array_unref);
  g_free (node->key);
  g_free (node->text);
  g_free (node);
}
