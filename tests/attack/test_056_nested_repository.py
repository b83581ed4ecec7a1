# SPDX-License-Identifier: Apache-2.0
"""Attack 56: a repository planted deep below the workspace, and one that “git status” above it finds by itself."""

import json

import pytest

from conftest import eventually
from guards import git, make_repository, outside, run, scratch_copy, told

DEEP = "a/b/c/d/e/f"
PLANT = ("mkdir -p DEEP; cd DEEP; git init -q .; git config user.email x@y; git config user.name x; echo 1 > f; "
         "git add f; git commit -qm 1; printf '#!/bin/sh\\ntouch OWNED\\n' > .git/hooks/post-checkout; "
         "chmod +x .git/hooks/post-checkout; git config core.fsmonitor 'touch OWNED; false'; ")


@pytest.mark.parametrize("trick", ["", "mv .git g; mv g .git", "mv ../f ../g; mv ../g ../f"], ids=["plain", "renamed", "parent"])
def test_deep_repository_runs_nothing(inner, trick):
    owned = inner.root / "owned"
    attack = (PLANT + trick).replace("DEEP", DEEP).replace("OWNED", str(owned))
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    owned.unlink(missing_ok=True)
    git(inner, "status", cwd=copy / DEEP, check=False)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    result = run(inner, attack)
    owned.unlink(missing_ok=True)
    assert eventually(lambda: not (inner.work / DEEP / ".git/config").exists())
    git(inner, "status", cwd=inner.work / DEEP, check=False)
    git(inner, "checkout", "-q", "-b", "x", cwd=inner.work / DEEP, check=False)
    assert not owned.exists()
    assert told(result, inner.work / DEEP / ".git/config")


def test_planted_submodule(inner):
    """git status in the real repository goes into what the index calls a submodule."""
    make_repository(inner)
    owned = inner.root / "owned"
    attack = (PLANT + "cd $OLDPWD; git add sub").replace("DEEP", "sub").replace("OWNED", str(owned))
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    owned.unlink(missing_ok=True)
    git(inner, "status", cwd=copy)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    run(inner, attack)
    owned.unlink(missing_ok=True)
    git(inner, "status")
    assert not owned.exists()


def test_hidden_behind_a_git_file(inner):
    """The repository itself stands where nobody looks for one."""
    make_repository(inner)
    owned = inner.root / "owned"
    run(inner, (PLANT + "cd ../..; mv sub/x/.git .git/objects/zz; echo gitdir: $PWD/.git/objects/zz > sub/x/.git; "
                "rm -f OWNED").replace("DEEP", "sub/x").replace("OWNED", str(owned)))
    owned.unlink(missing_ok=True)
    assert (inner.work / "sub/x/.git").exists()
    git(inner, "status", cwd=inner.work / "sub/x", check=False)
    assert not owned.exists()


@pytest.mark.parametrize("disguise", ["touch HEAD; mkdir objects; ", "mkdir -p objects/info; touch objects/HEAD objects/commondir; "],
                         ids=["root", "directory"])
def test_nothing_hides_in_what_looks_like_a_repository(inner, disguise):
    """Two names make a directory a repository to whoever looks for one, and nothing in it is left out for that."""
    make_repository(inner)
    owned = inner.root / "owned"
    where = "objects/info/sub" if "info" in disguise else "sub"
    attack = (disguise + PLANT + f"cd {inner.work}; cp /usr/bin/true objects/tool; chmod 4755 objects/tool; "
              "mkdir -p .git/objects/zz; cp /usr/bin/true .git/objects/zz/tool; chmod 4755 .git/objects/zz/tool")
    attack = attack.replace("DEEP", where).replace("OWNED", str(owned))
    run(inner, attack)
    owned.unlink(missing_ok=True)
    assert eventually(lambda: not (inner.work / where / ".git/config").exists())
    for tool in ("objects/tool", ".git/objects/zz/tool"):
        assert eventually(lambda: (inner.work / tool).stat().st_mode & 0o7777 == 0o755), tool
    git(inner, "status", cwd=inner.work / where, check=False)
    assert not owned.exists()


@pytest.mark.parametrize("setting", ["core.hooksPath .husky", "include.path ../inc"], ids=["hooks", "include"])
def test_what_settings_of_a_deep_repository_name(inner, setting):
    """The person's own settings, in a repository that is not looked at before, name what the sandbox writes."""
    deep = make_repository(inner, inner.work / "a/b/c")
    owned = inner.root / "owned"
    (deep / ".husky").mkdir()
    git(inner, "config", *setting.split(), cwd=deep)
    attack = (f"cd a/b/c; printf '#!/bin/sh\\ntouch {owned}\\n' > .husky/post-checkout; chmod +x .husky/post-checkout; "
              f"printf '[core]\\n\\tfsmonitor = touch {owned}\\n' > inc")
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    git(inner, "checkout", "-q", "-b", "x", cwd=copy / "a/b/c", check=False)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    result = run(inner, attack)
    planted = deep / (".husky/post-checkout" if "husky" in setting else "inc")
    assert eventually(lambda: not planted.exists()), result
    git(inner, "checkout", "-q", "-b", "x", cwd=deep, check=False)
    assert not owned.exists()


def test_honest_clone_stays(inner):
    result = run(inner, "git init -q a/b/c; cd a/b/c; git config user.name x; git config user.email x@y; "
                        "echo 1 > f; git add f; git commit -qm 1; cd ..; git clone -q c d")
    assert result.returncode == 0 and result.stderr == b""
    git(inner, "fsck", cwd=inner.work / "a/b/d")
    assert git(inner, "config", "remote.origin.url", cwd=inner.work / "a/b/d").stdout


def test_found_late_in_a_large_workspace(inner):
    """The search goes on when the end was told already, and the instance tells what it found."""
    for i in range(60):
        (inner.work / f"d{i}").mkdir()
        for j in range(200):
            (inner.work / f"d{i}/{j}").touch()
    owned = inner.root / "owned"
    done = inner("run", "-d", "-p", "shell-oneshot", "-w", inner.work, "--arg",
               f"cd {inner.work}; " + PLANT.replace("DEEP", DEEP).replace("OWNED", str(owned)))
    identity = done.stdout.decode().strip()
    assert inner("wait", identity).returncode == 0

    def findings():
        return [one["path"] for one in json.loads(inner("inspect", "--json", identity).stdout)["Guarded"]]
    assert eventually(lambda: f"{inner.work}/{DEEP}/.git/config" in findings()), findings()
    owned.unlink(missing_ok=True)
    git(inner, "status", cwd=inner.work / DEEP, check=False)
    assert not owned.exists()
