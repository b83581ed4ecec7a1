# SPDX-License-Identifier: Apache-2.0
"""Attack 36: rename what a guarded path stands in, and put something else there."""

from guards import git, listing, make_repository, outside, run, scratch_copy

HOOK = "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch %s\\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout"
ATTACK = "mv .git moved; cp -a moved .git; " + HOOK


def test_git_cannot_be_renamed_away(inner):
    make_repository(inner)
    owned = inner.root / "owned"
    copy = scratch_copy(inner)
    outside(inner, ATTACK % owned, copy)
    git(inner, "checkout", "-q", "-b", "try", cwd=copy)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()

    before = listing(inner.work)
    result = run(inner, ATTACK % owned)
    assert b"busy" in result.stderr
    git(inner, "checkout", "-q", "-b", "try")
    assert not owned.exists()
    after = listing(inner.work, leave_out=["moved", ".git/refs", ".git/logs", ".git/HEAD", ".git/index"])
    assert after == {path: value for path, value in before.items() if path in after}


def test_parent_of_a_child_repository_renamed(inner):
    make_repository(inner, inner.work / "child")
    owned = inner.root / "owned"
    run(inner, "mv child other; mkdir child; cp -a other/. child/; cd child; " + HOOK % owned)
    for directory in ("child", "other"):
        if (inner.work / directory).exists():
            git(inner, "checkout", "-q", "-b", "try", cwd=inner.work / directory, check=False)
    assert not owned.exists()
