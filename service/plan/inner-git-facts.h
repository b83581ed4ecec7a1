/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "inner-host.h"
#include "inner-profile.h"

G_BEGIN_DECLS

/* Reads the person's own git settings (~/.config/git/config, ~/.gitconfig) with the git of this machine, if @profile
 * has something to say about them: host->git_settings is %NULL if not, and holds what may go in. What could not be
 * read is told in host->git_problem (nullable). Waits two seconds at most. */
void inner_host_look_at_git (InnerHost *host, InnerProfile *profile);

/* The same with the files @paths (ended by %NULL) and the program @git, %NULL for none. */
void inner_host_read_git    (InnerHost *host, const char *git, const char *const *paths);

G_END_DECLS
