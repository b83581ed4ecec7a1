# SPDX-License-Identifier: Apache-2.0
"""Attack 55: everything that git runs programs from, set from inside; then real git on the host."""

import os

import pytest

from conftest import eventually
from guards import git, make_repository, outside, run, scratch_copy

SCRIPT = "printf '#!/bin/sh\\ntouch OWNED\\ncat\\n' > tool; chmod +x tool; "
# name -> (what is planted, what the person then does)
PLANTS = {
    "hook": ("mkdir -p .git/hooks; cp tool .git/hooks/post-checkout", ["checkout", "-q", "-b", "x"]),
    "hooks path": ("git config core.hooksPath $PWD/h; mkdir h; cp tool h/post-checkout", ["checkout", "-q", "-b", "x"]),
    "fsmonitor": ("git config core.fsmonitor $PWD/tool", ["status"]),
    "ssh command": ("git config core.sshCommand 'touch OWNED; false'; git config remote.o.url ssh://h/x", ["fetch", "o"]),
    "filter": ("git config filter.f.clean $PWD/tool; echo '* filter=f' > .git/info/attributes; echo two > file",
               ["add", "file"]),
    "alias": ("git config alias.st '!touch OWNED'", ["st"]),
    "include": ("printf '[include]\\n\\tpath = ../inc\\n' >> .git/config; git config -f inc core.fsmonitor $PWD/tool",
                ["status"]),
    "worktree config": ("git config extensions.worktreeConfig true; "
                        "git config -f .git/config.worktree core.fsmonitor $PWD/tool", ["status"]),
    "commondir": ("cp -a .git evil; git config -f evil/config core.fsmonitor $PWD/tool; echo ../evil > .git/commondir",
                  ["status"]),
    "config written directly": ("printf '[core]\\n\\tfsmonitor = %s\\n' $PWD/tool >> .git/config", ["status"]),
    "external diff": ("git config diff.external $PWD/tool; echo two > file", ["diff"]),
}


@pytest.mark.parametrize("name", PLANTS)
def test_nothing_runs_on_the_host(inner, name):
    make_repository(inner)
    owned = inner.root / "owned"
    plant, action = PLANTS[name]
    attack = (SCRIPT + plant).replace("OWNED", str(owned))
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    git(inner, *action, cwd=copy, check=False)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()

    run(inner, attack)
    git(inner, *action, check=False)
    git(inner, "status")
    assert not owned.exists()
    assert git(inner, "log", "--oneline").stdout.count(b"\n") == 1
    git(inner, "fsck")


@pytest.mark.parametrize("name", ["hook", "fsmonitor", "include"])
def test_repository_that_was_not_there(inner, name):
    """The workspace is no repository; the sandbox makes one."""
    owned = inner.root / "owned"
    plant, action = PLANTS[name]
    run(inner, "git init -q .; git config user.name x; git config user.email x@y; echo 1 > file; git add file; "
               "git commit -qm 1; " + (SCRIPT + plant).replace("OWNED", str(owned)))
    assert (inner.work / ".git/HEAD").exists()
    git(inner, *action, check=False)
    git(inner, "status")
    assert not owned.exists()


def test_git_emptied_and_made_anew(inner):
    """What was in it is lost, as everything that a sandbox may write; nothing runs."""
    make_repository(inner)
    owned = inner.root / "owned"
    run(inner, f"rm -rf .git/*; rm -rf .git; git init -q .; git config core.fsmonitor 'touch {owned}'; "
               f"printf '[core]\n\tfsmonitor = touch {owned}\n' > .git/config.worktree; git config extensions.worktreeConfig true")
    git(inner, "status", check=False)
    assert not owned.exists()


def test_bare_repository_in_the_workspace(inner):
    """HEAD, objects and refs make any directory a repository, with the config beside them."""
    owned = inner.root / "owned"
    attack = (SCRIPT + "git init -q --bare b; mv b/* .; rmdir b; git config -f config core.bare false; "
                       "git config -f config core.worktree $PWD; git config -f config core.fsmonitor $PWD/tool")
    attack = attack.replace("OWNED", str(owned))
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    git(inner, "status", cwd=copy, check=False)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    run(inner, attack)
    git(inner, "status", check=False)
    assert not owned.exists()


def test_hooks_and_includes_in_the_workspace(inner):
    """Where the person's settings name files of the project, these are settings too."""
    make_repository(inner)
    owned = inner.root / "owned"
    (inner.work / "hooks").mkdir()
    (inner.work / "inc").write_text("[user]\n\tname = Ada\n")
    git(inner, "config", "core.hooksPath", "hooks")
    git(inner, "config", "include.path", "../inc")
    run(inner, f"printf '#!/bin/sh\\ntouch {owned}\\n' > hooks/post-checkout; chmod +x hooks/post-checkout; "
               f"mv hooks h2; mkdir hooks; cp h2/* hooks/; git config -f inc core.fsmonitor 'touch {owned}'; "
               f"rm -f inc; git config -f inc core.fsmonitor 'touch {owned}'")
    git(inner, "checkout", "-q", "-b", "x")
    git(inner, "status")
    assert not owned.exists()


def test_hooks_path_of_the_persons_own_settings(inner):
    make_repository(inner)
    owned = inner.root / "owned"
    (inner.home / ".gitconfig").write_text("[core]\n\thooksPath = .githooks\n")
    run(inner, f"mkdir .githooks; printf '#!/bin/sh\\ntouch {owned}\\n' > .githooks/post-checkout; chmod +x .githooks/*")
    git(inner, "checkout", "-q", "-b", "x")
    assert not owned.exists()
    assert list((inner.work / ".githooks").iterdir()) == []


@pytest.mark.parametrize("link", ["last", "middle"])
def test_hooks_and_includes_behind_links(inner, link):
    """A setting may name a link; where it leads to runs as well."""
    make_repository(inner)
    owned = inner.root / "owned"
    (inner.work / "store/hooks").mkdir(parents=True)
    (inner.work / "store/inc").write_text("[user]\n\tname = Ada\n")
    if link == "middle":
        (inner.work / "link").symlink_to("store")
    else:
        (inner.work / "link").mkdir()
        (inner.work / "link/hooks").symlink_to("../store/hooks")
        (inner.work / "link/inc").symlink_to("../store/inc")
    git(inner, "config", "core.hooksPath", "link/hooks")
    git(inner, "config", "include.path", "../link/inc")
    attack = (f"mv store old; mkdir -p store/hooks; printf '#!/bin/sh\\ntouch {owned}\\n' > store/hooks/post-checkout; "
              f"chmod +x store/hooks/post-checkout; printf '[core]\\n\\tfsmonitor = touch {owned}\\n' > store/inc")
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    git(inner, "status", cwd=copy, check=False)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    run(inner, attack)
    git(inner, "checkout", "-q", "-b", "x", check=False)
    git(inner, "status", check=False)
    assert not owned.exists()


@pytest.mark.parametrize("name", [".git", ".git/config", ".git/hooks"])
def test_linked_parts_of_a_repository(inner, name):
    """As tools that share parts of repositories leave them."""
    make_repository(inner)
    owned = inner.root / "owned"
    (inner.work / "store").mkdir()
    place = inner.work / name
    moved = inner.work / "store" / place.name
    place.rename(moved)
    place.symlink_to(os.path.relpath(moved, place.parent))
    attack = (f"mv store old; cp -R old store; rm -f store/*/config.lock; [ ! -d .git/hooks ] || {{ "
              f"printf '#!/bin/sh\\ntouch {owned}\\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout; }}; "
              f"printf '[core]\\n\\tfsmonitor = touch {owned}\\n' >> .git/config")
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    git(inner, "checkout", "-q", "-b", "x", cwd=copy, check=False)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    run(inner, attack)
    git(inner, "checkout", "-q", "-b", "x", check=False)
    git(inner, "status", check=False)
    assert not owned.exists()


def test_hooks_path_of_what_own_settings_include(inner):
    make_repository(inner)
    owned = inner.root / "owned"
    (inner.home / "more").write_text("[core]\n\thooksPath = .githooks\n")
    (inner.home / ".gitconfig").write_text("[include]\n\tpath = more\n")
    attack = f"mkdir .githooks; printf '#!/bin/sh\\ntouch {owned}\\n' > .githooks/post-checkout; chmod +x .githooks/*"
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    git(inner, "checkout", "-q", "-b", "x", cwd=copy)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    run(inner, attack)
    git(inner, "checkout", "-q", "-b", "x")
    assert not owned.exists()


def test_pointer_to_the_repository_of_another_project(inner):
    """A sandbox in one project tells its repository of a worktree in another one, and a sandbox there claims it: so the
    next one there would have the repository of the first."""
    other = make_repository(inner, inner.root / "other")
    entry = other / ".git/worktrees/n"
    run(inner, f"mkdir -p {entry}; echo {inner.work}/sub/.git > {entry}/gitdir; echo ../.. > {entry}/commondir; "
               f"echo ref: refs/heads/main > {entry}/HEAD", workspace=other)
    claim = f"mkdir -p sub; echo gitdir: {entry} > sub/.git"
    look = f"cat {other}/.git/HEAD"
    outside(inner, claim, inner.work)
    assert run(inner, look).returncode == 0, "the attack does not even work when it is prepared outside"
    (inner.work / "sub/.git").unlink()
    result = run(inner, claim)
    assert eventually(lambda: not (inner.work / "sub/.git").exists()), result
    assert run(inner, look).returncode != 0


def test_git_file_that_points_to_a_strange_repository(inner):
    """A “.git” file of the workspace must not make a repository elsewhere writable."""
    strange = make_repository(inner, inner.root / "strange")
    (inner.work / ".git").write_text(f"gitdir: {strange}/.git\n")
    before = (strange / ".git/HEAD").read_bytes()
    result = run(inner, f"echo evil > {strange}/.git/HEAD; ls {strange}")
    assert result.returncode != 0
    assert (strange / ".git/HEAD").read_bytes() == before
