/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-sandboxes.h"

G_BEGIN_DECLS

#define INNER_DESTINATION_ALLOW "AllowDestination"
#define INNER_DESTINATION_DENY  "DenyDestination"

/* Has the sandbox at @path decide about @destination: @method is one of the two above, @how “once”, “session” or
 * “profile”. A password is asked for on the terminal if it takes one. Fails with a sentence. */
gboolean inner_destination_decide (InnerConnection *connection,
                                   const char      *path,
                                   const char      *method,
                                   const char      *destination,
                                   const char      *how,
                                   GError         **error);

/* Asks the person on the terminal, or with @json prints a line for each question, until @sandbox has ended. Fails with
 * a sentence. */
gboolean inner_destination_ask    (InnerConnection    *connection,
                                   const InnerSandbox *sandbox,
                                   gboolean            json,
                                   GError            **error);

G_END_DECLS
