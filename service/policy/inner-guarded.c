/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "inner-guarded.h"

#include <glib/gi18n.h>

static const InnerGuardedKindInfo kinds[INNER_N_GUARDED_KINDS] = {
  [INNER_GUARDED_GIT_CONFIG] = { "git-config", FALSE, N_ ("git settings") },
  [INNER_GUARDED_GIT_HOOKS] = { "git-hooks", FALSE, N_ ("git hooks") },
  [INNER_GUARDED_GIT_POINTER] = { "git-pointer", FALSE, N_ ("where git finds a repository") },
  [INNER_GUARDED_GIT_STATE] = { "git-state", TRUE, N_ ("steps of an unfinished git operation") },
  [INNER_GUARDED_SHELL] = { "shell", FALSE, N_ ("what shells and tools run when they start") },
  [INNER_GUARDED_EDITOR] = { "editor", FALSE, N_ ("what editors run") },
  [INNER_GUARDED_EDITOR_STATE] = { "editor-state", TRUE, N_ ("what an editor remembers") },
  [INNER_GUARDED_AGENT] = { "agent", FALSE, N_ ("the configuration of a coding agent") },
  [INNER_GUARDED_INSTRUCTIONS] = { "instructions", TRUE, N_ ("what coding agents obey") },
  [INNER_GUARDED_POLICY] = { "policy", FALSE, N_ ("the rules for sandboxes") },
  [INNER_GUARDED_INTERPRETER] = { "interpreter", TRUE, N_ ("an interpreter of the project's own") },
  [INNER_GUARDED_PROFILE] = { "profile", FALSE, N_ ("guarded by the profile") },
  [INNER_GUARDED_REPOSITORY] = { "repository", FALSE, N_ ("a git repository that runs programs") },
  [INNER_GUARDED_PRIVILEGE] = { "privilege", FALSE, N_ ("a program with setuid or setgid bits") },
  [INNER_GUARDED_SPECIAL] = { "special", TRUE, N_ ("a socket, FIFO or device") },
  [INNER_GUARDED_LIMIT] = { "limit", TRUE, N_ ("not everything could be looked at") },
};

/* SECURITY: the classes are what counts: what git runs, what a shell runs on entering, what an editor runs
 * on opening, what another agent obeys (attacks 55, 58, 59, 60 and 62;
 * tests/attack/test_058_planted_files.py walks this table). */
const InnerGuarded inner_guarded_paths[] = {
  { ".git", INNER_GUARDED_GIT_POINTER },
  { ".git/config", INNER_GUARDED_GIT_CONFIG },
  { ".git/config.worktree", INNER_GUARDED_GIT_CONFIG },
  { ".git/hooks", INNER_GUARDED_GIT_HOOKS },
  { ".git/commondir", INNER_GUARDED_GIT_POINTER },
  { ".git/gitdir", INNER_GUARDED_GIT_POINTER },
  { ".git/rebase-merge/git-rebase-todo", INNER_GUARDED_GIT_STATE },
  { ".git/rebase-apply", INNER_GUARDED_GIT_STATE },
  { ".git/sequencer/todo", INNER_GUARDED_GIT_STATE },

  { ".bash_login", INNER_GUARDED_SHELL },
  { ".bash_logout", INNER_GUARDED_SHELL },
  { ".bash_profile", INNER_GUARDED_SHELL },
  { ".bashrc", INNER_GUARDED_SHELL },
  { ".profile", INNER_GUARDED_SHELL },
  { ".zlogin", INNER_GUARDED_SHELL },
  { ".zlogout", INNER_GUARDED_SHELL },
  { ".zprofile", INNER_GUARDED_SHELL },
  { ".zshenv", INNER_GUARDED_SHELL },
  { ".zshrc", INNER_GUARDED_SHELL },
  { ".kshrc", INNER_GUARDED_SHELL },
  { ".cshrc", INNER_GUARDED_SHELL },
  { ".tcshrc", INNER_GUARDED_SHELL },
  { ".login", INNER_GUARDED_SHELL },
  { ".inputrc", INNER_GUARDED_SHELL },
  { ".config/fish", INNER_GUARDED_SHELL },
  { ".envrc", INNER_GUARDED_SHELL },
  { ".autoenv", INNER_GUARDED_SHELL },
  { ".autoenv.zsh", INNER_GUARDED_SHELL },
  { ".tool-versions", INNER_GUARDED_SHELL },
  { ".mise.toml", INNER_GUARDED_SHELL },
  { ".mise.local.toml", INNER_GUARDED_SHELL },
  { "mise.toml", INNER_GUARDED_SHELL },
  { "mise.local.toml", INNER_GUARDED_SHELL },
  { "mise/config.toml", INNER_GUARDED_SHELL },
  { ".mise", INNER_GUARDED_SHELL },
  { ".config/mise", INNER_GUARDED_SHELL },
  { ".config/mise.toml", INNER_GUARDED_SHELL },
  { ".rtx.toml", INNER_GUARDED_SHELL },
  { "devbox.json", INNER_GUARDED_SHELL },
  { ".gdbinit", INNER_GUARDED_SHELL },
  { ".lldbinit", INNER_GUARDED_SHELL },
  { ".gitconfig", INNER_GUARDED_GIT_CONFIG },
  { ".config/git", INNER_GUARDED_SHELL },
  { ".hg/hgrc", INNER_GUARDED_SHELL },
  { ".hg/hgrc-not-shared", INNER_GUARDED_SHELL },
  { ".jj/repo/config.toml", INNER_GUARDED_SHELL },
  { ".jj/workspace-config.toml", INNER_GUARDED_SHELL },
  { "_darcs/prefs/defaults", INNER_GUARDED_SHELL },
  { ".bzr/branch/branch.conf", INNER_GUARDED_SHELL },
  { ".rvmrc", INNER_GUARDED_SHELL },
  { ".Rprofile", INNER_GUARDED_SHELL },
  { ".Renviron", INNER_GUARDED_SHELL },
  { ".ghci", INNER_GUARDED_SHELL },
  { ".iex.exs", INNER_GUARDED_SHELL },
  { ".irbrc", INNER_GUARDED_SHELL },
  { ".pryrc", INNER_GUARDED_SHELL },
  { ".ocamlinit", INNER_GUARDED_SHELL },
  { ".octaverc", INNER_GUARDED_SHELL },
  { ".perldb", INNER_GUARDED_SHELL },
  { ".pdbrc", INNER_GUARDED_SHELL },

  { ".vscode", INNER_GUARDED_EDITOR },
  { ".idea", INNER_GUARDED_EDITOR },
  { ".idea/workspace.xml", INNER_GUARDED_EDITOR_STATE },
  { ".run", INNER_GUARDED_EDITOR },
  { ".fleet", INNER_GUARDED_EDITOR },
  { ".zed", INNER_GUARDED_EDITOR },
  { ".vs", INNER_GUARDED_EDITOR },
  { ".devcontainer", INNER_GUARDED_EDITOR },
  { ".devcontainer.json", INNER_GUARDED_EDITOR },
  { ".theia", INNER_GUARDED_EDITOR },
  { ".settings", INNER_GUARDED_EDITOR },
  { ".dir-locals.el", INNER_GUARDED_EDITOR },
  { ".dir-locals-2.el", INNER_GUARDED_EDITOR },
  { ".exrc", INNER_GUARDED_EDITOR },
  { ".vimrc", INNER_GUARDED_EDITOR },
  { ".nvimrc", INNER_GUARDED_EDITOR },
  { ".nvim.lua", INNER_GUARDED_EDITOR },
  { ".vim", INNER_GUARDED_EDITOR },
  { ".sublime-project", INNER_GUARDED_EDITOR },
  { ".gitpod.yml", INNER_GUARDED_EDITOR },

  { ".mcp.json", INNER_GUARDED_AGENT },
  { ".claude", INNER_GUARDED_AGENT },
  { ".claude.json", INNER_GUARDED_AGENT },
  { ".codex", INNER_GUARDED_AGENT },
  { ".cursor", INNER_GUARDED_AGENT },
  { ".cursorrules", INNER_GUARDED_AGENT },
  { ".gemini", INNER_GUARDED_AGENT },
  { ".copilot", INNER_GUARDED_AGENT },
  { ".opencode", INNER_GUARDED_AGENT },
  { "opencode.json", INNER_GUARDED_AGENT },
  { "opencode.jsonc", INNER_GUARDED_AGENT },
  { ".aider.conf.yml", INNER_GUARDED_AGENT },
  { ".windsurf", INNER_GUARDED_AGENT },
  { ".windsurfrules", INNER_GUARDED_AGENT },
  { ".clinerules", INNER_GUARDED_AGENT },
  { ".roo", INNER_GUARDED_AGENT },
  { ".kiro", INNER_GUARDED_AGENT },
  { ".amazonq", INNER_GUARDED_AGENT },
  { ".continue", INNER_GUARDED_AGENT },
  { ".goosehints", INNER_GUARDED_AGENT },
  { ".agents", INNER_GUARDED_AGENT },
  { ".augment", INNER_GUARDED_AGENT },
  { ".crush.json", INNER_GUARDED_AGENT },
  { "crush.json", INNER_GUARDED_AGENT },
  { ".factory", INNER_GUARDED_AGENT },
  { ".junie", INNER_GUARDED_AGENT },
  { ".kilocode", INNER_GUARDED_AGENT },
  { ".qwen", INNER_GUARDED_AGENT },
  { ".trae", INNER_GUARDED_AGENT },
  { "AGENTS.md", INNER_GUARDED_INSTRUCTIONS },
  { "AGENTS.override.md", INNER_GUARDED_INSTRUCTIONS },
  { "CLAUDE.md", INNER_GUARDED_INSTRUCTIONS },
  { "CLAUDE.local.md", INNER_GUARDED_INSTRUCTIONS },
  { "GEMINI.md", INNER_GUARDED_INSTRUCTIONS },
  { ".github/copilot-instructions.md", INNER_GUARDED_INSTRUCTIONS },

  { ".inner", INNER_GUARDED_POLICY },
  { ".config/inner", INNER_GUARDED_POLICY },
  { ".config/inner.toml", INNER_GUARDED_POLICY },
  { "inner.toml", INNER_GUARDED_POLICY },
  { ".inner.toml", INNER_GUARDED_POLICY },

  { ".venv/pyvenv.cfg", INNER_GUARDED_INTERPRETER },
  { ".venv/bin/python", INNER_GUARDED_INTERPRETER },
  { ".venv/bin/python3", INNER_GUARDED_INTERPRETER },
  { ".venv/bin/activate", INNER_GUARDED_INTERPRETER },
  { "venv/pyvenv.cfg", INNER_GUARDED_INTERPRETER },
  { "venv/bin/python", INNER_GUARDED_INTERPRETER },
  { "venv/bin/python3", INNER_GUARDED_INTERPRETER },
  { "venv/bin/activate", INNER_GUARDED_INTERPRETER },
  { NULL, INNER_GUARDED_LIMIT },
};

const InnerGuardedKindInfo *
inner_guarded_kind_info (guint32 kind)
{
  return &kinds[kind < INNER_N_GUARDED_KINDS ? kind : INNER_GUARDED_LIMIT];
}

const InnerGuardedKindInfo *
inner_guarded_kind_find (const char *word)
{
  for (guint i = 0; i < INNER_N_GUARDED_KINDS; i++)
    if (g_str_equal (kinds[i].word, word))
      return &kinds[i];

  return NULL;
}

gboolean
inner_guarded_path_is_usable (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  if (parts[0] == NULL)
    return FALSE;
  for (char **part = parts; *part != NULL; part++)
    if ((*part)[0] == '\0' || g_str_equal (*part, ".") || g_str_equal (*part, ".."))
      return FALSE;

  return TRUE;
}
