/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Gives @report (the answer of Verify) about the profile @name, which stands in @path, as a document for machines:
 * "junit" (XML, as test runners write it) or "sarif" (SARIF 2.1.0). (transfer full) */
char *inner_verify_document (GVariant *report, const char *format, const char *name, const char *path);

/* For the option “document”: one of the formats. Fails with INNER_ERROR_INVALID_OPTION. */
gboolean inner_verify_check_format (GVariant *value, GError **error);

G_END_DECLS
