# SPDX-License-Identifier: Apache-2.0
"""Attacks 58, 59, 60 and 62: every row of the table of guarded paths, planted where nothing was, changed where
something was, and real bash afterwards. (The rows of git: test_055_git_execution.py.)"""

import os
import subprocess

from guards import host_environment, listing, outside, report_only, run, scratch_copy, table, told

ROWS = [row for row in table() if not row[1].startswith("GIT_")] + [(".gitconfig", "GIT_CONFIG")]
TOLD_ONLY = report_only()
EVIL = "[core]\n\tfsmonitor = evil\n"


def test_the_table_is_there():
    assert len(ROWS) > 60
    assert {"SHELL", "EDITOR", "AGENT", "POLICY", "INSTRUCTIONS"} <= {kind for _, kind in ROWS}


def test_each_row_planted(inner):
    script = "".join(f"mkdir -p \"$(dirname {path})\"; [ -e {path} ] || printf '{EVIL}' > {path};" for path, _ in ROWS)
    copy = scratch_copy(inner)
    assert outside(inner, script, copy).returncode == 0
    result = run(inner, script + "ls -A")
    for path, kind in ROWS:
        above = [p for p, _ in ROWS if path.startswith(p + "/")]
        if kind in TOLD_ONLY and not above:
            assert (inner.work / path).exists() and told(result, inner.work / path), path
        else:
            assert not (inner.work / path).exists(), path


def test_each_row_changed(inner):
    rows = [(path, kind) for path, kind in ROWS if not any(path.startswith(p + "/") for p, _ in ROWS)]
    for path, _ in rows:
        (inner.work / path).parent.mkdir(parents=True, exist_ok=True)
        if not (inner.work / path).exists():
            (inner.work / path).write_text("mine\n")
            (inner.work / path).chmod(0o640)
    before = listing(inner.work)
    changes = ["echo evil >> {0}", "rm {0}", "chmod 777 {0}", "rm {0}; mkdir {0}; echo evil > {0}/x",
               "rm {0}; ln -s /etc/hostname {0}", "rm {0}; mkfifo {0}"]
    # Each change in its turn, so that every kind meets every row in six runs.
    for turn in range(len(changes)):
        script = "; ".join(changes[(turn + i) % len(changes)].format(path) for i, (path, _) in enumerate(rows))
        run(inner, script)
        after = listing(inner.work)
        for path, kind in rows:
            if kind in TOLD_ONLY:
                subprocess.run(["rm", "-rf", path], cwd=inner.work, check=True)
                (inner.work / path).write_text("mine\n")
                (inner.work / path).chmod(0o640)
            else:
                assert after[path] == before[path], (turn, path)
        assert listing(inner.work) == before


def test_what_the_home_links_to(inner):
    """The workspace holds the person's start files, with links from the home directory to them."""
    owned = inner.root / "owned"
    (inner.work / "store/git").mkdir(parents=True)
    (inner.work / "store/bashrc").write_text("true\n")
    (inner.work / "store/git/config").write_text("[user]\n\tname = Ada\n")
    (inner.home / ".bashrc").symlink_to(inner.work / "store/bashrc")
    (inner.home / ".config").mkdir()
    (inner.home / ".config/git").symlink_to(inner.work / "store/git")
    before = listing(inner.work)
    script = f"echo 'touch {owned}' >> store/bashrc; printf '[core]\\n\\tfsmonitor = touch {owned}\\n' >> store/git/config"
    start = ["bash", "-c", ". ~/.bashrc; git -C ~ init -q r; git -C ~/r status"]
    outside(inner, script, inner.work)
    subprocess.run(start, env=host_environment(inner), capture_output=True, timeout=60)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    subprocess.run(["sed", "-i", "$d", "store/bashrc"], cwd=inner.work, check=True)
    (inner.work / "store/git/config").write_text("[user]\n\tname = Ada\n")

    result = run(inner, script)
    assert listing(inner.work) == before
    assert told(result, inner.work / "store/bashrc") and told(result, inner.work / "store/git/config")
    subprocess.run(start, env=host_environment(inner), capture_output=True, timeout=60)
    assert not owned.exists()


def test_real_bash_in_the_workspace(inner):
    """A person whose home is the workspace: the start files of a real shell."""
    owned = inner.root / "owned"
    attack = f"for f in .bashrc .bash_profile .profile .bash_login; do echo 'touch {owned}' > $f; done"

    def shell(directory):
        for options in (["-l"], ["-i"]):
            subprocess.run(["bash", *options, "-c", "true"], stdin=subprocess.DEVNULL, capture_output=True,
                           env={**host_environment(inner), "HOME": str(directory)}, timeout=30)
    copy = scratch_copy(inner)
    outside(inner, attack, copy)
    shell(copy)
    assert owned.exists(), "the attack does not even work outside"
    owned.unlink()
    run(inner, attack)
    shell(inner.work)
    assert not owned.exists()


def test_in_subdirectories_it_is_told(inner):
    result = run(inner, "mkdir -p a/b/.vscode; echo x > a/b/.vscode/tasks.json; echo x > a/.envrc; "
                        "echo '{}' > a/x.code-workspace")
    for path in ("a/b/.vscode", "a/.envrc", "a/x.code-workspace"):
        assert told(result, inner.work / path), path


def test_large_and_deep_things_at_guarded_paths(inner):
    """Neither a sparse terabyte, nor thousands of files, nor a very deep tree stops anybody."""
    (inner.work / ".envrc").write_text("mine\n")
    result = run(inner, "truncate -s 1T .envrc; mkdir .vscode .idea; (cd .vscode; seq 5000 | xargs touch); cd .idea; "
                        "for i in $(seq 300); do mkdir d; cd d; done; touch x; true", timeout=60)
    assert result.returncode == 0
    assert (inner.work / ".envrc").read_text() == "mine\n"
    assert sorted(os.listdir(inner.work)) == [".envrc"]
