# SPDX-License-Identifier: Apache-2.0
"""What people do with git works in a sandbox, and leaves nothing in the repository that was not asked for."""

from guards import git, listing, make_repository, run, write_profile

LOCAL = "git -c protocol.file.allow=always"


def works(inner, script, workspace=None):
    result = run(inner, "set -e; " + script, workspace=workspace or inner.work)
    assert (result.returncode, result.stderr) == (0, b""), result.stderr.decode()
    return result.stdout.decode()


def test_every_day(inner):
    make_repository(inner)
    works(inner, "git checkout -q -b topic; echo two >> file; git commit -qam two; git tag v1; git branch other; "
                 "git checkout -q main; echo three > three; git add three; git commit -qm three; git rebase -q main topic; "
                 "echo x >> file; git stash -q; git stash pop -q; git checkout -q file; git merge -q --no-edit other; "
                 "git gc -q; git fsck; git reset -q --hard HEAD~1; git reflog > /dev/null")
    git(inner, "fsck")
    assert git(inner, "rev-parse", "v1").returncode == 0
    # Settings are read-only, and git says so where it would have tidied them up; it does its work all the same.
    assert run(inner, "git branch -D -q other").returncode == 0
    assert git(inner, "rev-parse", "--verify", "other", check=False).returncode != 0
    assert sorted(p.name for p in inner.work.iterdir()) == [".git", "file", "three"]


def test_new_worktree(inner):
    make_repository(inner)
    works(inner, "git worktree add -q -b side side; cd side; echo two >> file; git commit -qam two")
    assert git(inner, "log", "--oneline", "refs/heads/side").stdout.count(b"\n") == 2
    git(inner, "status", cwd=inner.work / "side")


def test_linked_worktree_as_workspace(inner):
    """Its repository stands elsewhere; commits work, settings and hooks are read-only."""
    main = make_repository(inner, inner.root / "main")
    side = inner.root / "side"
    git(inner, "worktree", "add", "-q", "-b", "side", side, cwd=main)
    works(inner, "echo two >> file; git commit -qam two", workspace=side)
    assert git(inner, "log", "--oneline", "refs/heads/side", cwd=main).stdout.count(b"\n") == 2
    owned = inner.root / "owned"
    before = listing(main / ".git/hooks"), (main / ".git/config").read_bytes()
    run(inner, f"git config core.fsmonitor 'touch {owned}'; echo evil > {main}/.git/hooks/post-commit; "
               f"echo ../../../evil > {main}/.git/worktrees/side/commondir; echo evil > {main}/file", workspace=side)
    assert (listing(main / ".git/hooks"), (main / ".git/config").read_bytes()) == before
    assert (main / "file").read_text() == "one\n"
    git(inner, "status", cwd=main)
    git(inner, "status", cwd=side)
    assert not owned.exists()


def test_submodules(inner):
    library = make_repository(inner, inner.root / "library")
    make_repository(inner)
    git(inner, "-c", "protocol.file.allow=always", "submodule", "add", "-q", library, "lib")
    git(inner, "commit", "-qm", "with a library")
    git(inner, "config", "user.name", "Ada", cwd=inner.work / "lib")
    git(inner, "config", "user.email", "ada@example.org", cwd=inner.work / "lib")
    works(inner, f"{LOCAL} submodule update -q; cd lib; echo two >> file; git commit -qam two; cd ..; "
                 "git commit -qam 'newer library'; git submodule status")
    assert git(inner, "status", "--short").stdout == b""
    owned = inner.root / "owned"
    run(inner, f"cd lib; git config core.fsmonitor 'touch {owned}'; echo evil > $(git rev-parse --git-dir)/hooks/x; "
               f"mv ../.git/modules ../.git/m; cp -a ../.git/m ../.git/modules; git config core.fsmonitor 'touch {owned}'")
    git(inner, "status", check=False)
    assert not owned.exists()


def test_git_dir_read_only(inner):

    make_repository(inner)
    write_profile(inner, "frozen", 'git_dir = "ro"')
    before = listing(inner.work / ".git")
    result = run(inner, "git log --oneline; echo two >> file; git commit -qam two", profile="frozen")
    assert result.returncode != 0 and b"one" in result.stdout
    assert listing(inner.work / ".git") == before


def test_mount_of_the_persons_in_git(inner):
    """What the person mounts into the workspace counts, and is not covered by a guard."""
    make_repository(inner)
    other = inner.root / "other"
    other.mkdir()
    (other / "mine").write_text("")
    result = run(inner, f"ls /workspace/.git/info {inner.work}/.git/info; touch .git/info/x",
                 "-m", f"{other}:/workspace/.git/info:ro")
    assert result.stdout.count(b"mine") == 2 and result.returncode != 0, result
