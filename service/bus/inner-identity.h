/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Why the process @pid, alive as @pidfd says, is not a program of the session like this service: it stands
 * in namespaces or a root directory of its own, it is a proxy that speaks for somebody else, or that cannot be
 * told. %NULL if it is one. A sentence for people, to be translated. (transfer none) */
const char *inner_identity_find_confinement (pid_t pid, int pidfd);

/* The same for the directory of a process, as /proc has them, compared with @own. For tests. */
const char *inner_identity_compare          (int directory, int own);

G_END_DECLS
