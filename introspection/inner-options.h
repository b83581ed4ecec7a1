/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * InnerOption:
 * @key: the key in the a{sv}
 * @type: its one D-Bus signature
 * @check: (nullable): a further check of the value; its error message need not name the key
 *
 * One row of an option table. Tables end with a row whose key is %NULL.
 */
typedef struct {
  const char *key;
  const char *type;
  gboolean  (*check) (GVariant *value, GError **error);
} InnerOption;

/* Checks @options (a{sv}) against @table. SECURITY: a wrong type, an unknown key and a key given
 * twice are errors (INNER_ERROR_INVALID_OPTION): ignoring a restriction that a newer client asks for
 * would fail open (attacks 82, 106; tests/unit/test-options.c). Gives a dictionary to look values up
 * in, or %NULL. */
GVariantDict *inner_options_check   (GVariant           *options,
                                     const InnerOption  *table,
                                     GError            **error);

/* Ready-made checks */
gboolean inner_option_check_path        (GVariant *value, GError **error); /* absolute, UTF-8, no control characters, no . or .. */
gboolean inner_option_check_name        (GVariant *value, GError **error); /* a sandbox's name */
gboolean inner_option_check_id          (GVariant *value, GError **error); /* a sandbox's id */
gboolean inner_option_check_text        (GVariant *value, GError **error); /* not empty */

/* Whether @name may be the name of a sandbox: a letter or digit, then letters, digits and "_.-", at
 * most INNER_MAX_NAME bytes. Everything else (option-like, control characters, path parts) is not. */
gboolean inner_name_is_valid            (const char *name);

/* Whether @id has the form of a sandbox's id: twelve digits of the hexadecimal system, lower case. */
gboolean inner_id_is_valid              (const char *id);

/* Whether @name can be the name of a profile: it has no path in it, no control characters, and does not
 * begin with a dot. */
gboolean inner_profile_name_is_valid    (const char *name);

/* Gives @text with control characters, bidirectional overrides and invalid UTF-8 written as escapes,
 * so that it can be shown to a person (attack: prompt spoofing; tests/unit/test-options.c); what is longer
 * than a page is cut.
 * (transfer full) */
char    *inner_escape_for_display       (const char *text);

G_END_DECLS
