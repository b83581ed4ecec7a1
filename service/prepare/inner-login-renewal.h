/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Does what is left to do for the logins of the sandbox @id, of which nothing is left but its run-time directory
 * @directory_fd: takes over on the host what its agents renewed, if the plan says so, and removes the note about it.
 * Nothing happens twice or by halves when it is interrupted at any point and done again, also by another service.
 * Gives sentences for people, ended by %NULL (transfer full), or %NULL if there is nothing to say. */
char **inner_login_renewal_run (int directory_fd, const char *id);

G_END_DECLS
