/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-profile-reader.h"

G_BEGIN_DECLS

/* Gives the document @text with one more @item at the end of its list @key: nothing else in it changes, nor its
 * comments. Of XML also quotes and line ends of tags may. @path is for messages. Fails with ProfileInvalid, and a
 * sentence that says what to write by hand where it does not know how. (transfer full) */
char *inner_profile_add_to_list (const char    *text,
                                 gsize          length,
                                 InnerNotation  notation,
                                 const char    *path,
                                 InnerKey       key,
                                 const char    *item,
                                 GError       **error);

G_END_DECLS
