/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* libxml2 as far as a profile needs it: a document without a document type, and places in it. */

#include <libxml/tree.h>

#include "inner-profile-reader.h"

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)

/* Gives the tree of @text, or %NULL with complaints. A document type, an encoding other than UTF-8
 * and deep nesting are refused; nothing but @text is read. (transfer full) */
xmlDoc        *inner_xml_parse               (InnerReader   *reader,
                                              const char    *text,
                                              gsize          length);

/* Whether @doc follows the RELAX NG schema at @schema_path; complains if not. The schema is read
 * once and kept for the life of the process. */
gboolean       inner_xml_validate            (InnerReader   *reader,
                                              xmlDoc        *doc,
                                              const char    *text,
                                              const char    *schema_path);

/* The byte of the document at which the start tag of @element begins. */
gsize          inner_xml_offset_of_element   (const xmlNode *element);

/* Where the start tag of @element, or @attribute in it, stands in @text. */
InnerPosition  inner_xml_place_of_element    (const char    *text,
                                              const xmlNode *element);
InnerPosition  inner_xml_place_of_attribute  (const char    *text,
                                              const xmlAttr *attribute);

G_END_DECLS
