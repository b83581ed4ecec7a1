/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-connect.h"
#include "inner-terminal.h"

G_BEGIN_DECLS

/* Says from now on, as long as there is @connection and once for each destination, what the sandbox at @path may not
 * reach. With @terminal (may be %NULL) only what came while the program that has it read and showed lines, and never
 * into the picture of another. */
void  inner_follow_denied (InnerConnection *connection, const char *path, InnerTerminal *terminal);

/* Says what was refused in the sandbox and was not said yet; @result is that of Wait. */
void  inner_say_denied    (GVariant        *result);

G_END_DECLS
