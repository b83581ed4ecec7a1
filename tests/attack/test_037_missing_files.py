# SPDX-License-Identifier: Apache-2.0
"""Attack 37: make a guarded file that is not there. No placeholder keeps anybody from it, so it must be gone
afterwards, and nothing else be left."""

import subprocess

import pytest

from guards import git, kept, listing, make_repository, run, told, write_profile


@pytest.mark.parametrize("repository", [False, True], ids=["plain", "git"])
def test_planted_settings_are_gone(inner, repository):
    if repository:
        make_repository(inner)
    before = listing(inner.work)
    result = run(inner, "mkdir -p .claude; echo '{\"hooks\": 1}' > .claude/settings.json; ls -A .claude")
    assert result.stdout == b"settings.json\n"
    assert listing(inner.work) == before
    line = told(result, inner.work / ".claude")
    path = kept(inner)[".claude"]
    assert str(path) in line
    assert (path / "settings.json").read_text() == '{"hooks": 1}\n'
    assert all(p.stat().st_mode & 0o077 == 0 for p in (path.parent, path))


def test_no_ghost_while_it_runs(inner):
    """Not even while a sandbox runs is there something in the workspace that nobody put there."""
    make_repository(inner)
    before = listing(inner.work)
    with inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg", "echo go; read line",
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"go\n"
        assert listing(inner.work) == before
        process.communicate(b"\n", timeout=30)
    assert listing(inner.work) == before


def test_report_leaves_it(inner):
    write_profile(inner, "reporting", 'guard_action = "report"')
    result = run(inner, "echo evil > .envrc", profile="reporting")
    assert (inner.work / ".envrc").exists()
    assert told(result, inner.work / ".envrc")
    assert not kept(inner)


def test_a_path_of_the_profile(inner):
    write_profile(inner, "guarding", 'guard = ["Makefile", "scripts/"]')
    (inner.work / "Makefile").write_text("all:\n")
    run(inner, "echo '\ttouch x' >> Makefile; mkdir scripts; echo x > scripts/x", profile="guarding")
    assert listing(inner.work) == {"Makefile": ("0o100644", b"all:\n")}


@pytest.mark.parametrize("key", ['git_dir = "rw"', 'guard_allow = [".envrc"]'])
def test_less_guards_take_a_privilege(inner, key):
    write_profile(inner, "less", key)
    result = run(inner, "true", profile="less")
    assert result.returncode in (125, 126)
    assert b"unguarded-workspace" in result.stderr


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a//b", ""])
def test_path_that_cannot_be_guarded(inner, path):
    write_profile(inner, "strange", f'guard = ["{path}"]')
    result = run(inner, "true", profile="strange")
    assert result.returncode == 125 and "guard" in result.stderr.decode()


def test_nothing_planted_when_the_end_is_told(inner):
    """A host that reads the status and goes on at once finds everything put back."""
    (inner.work / ".envrc").write_text("mine\n")
    script = f"cd {inner.work}; echo evil > .envrc; for i in $(seq 50); do echo x > .vscode$i; mkdir -p .idea; done"
    for _ in range(5):
        result = subprocess.run(
            ["sh", "-c", '"$@"; cat .envrc; ls -d .idea', "sh", *inner.command(
                "run", "-p", "shell-oneshot", "-w", inner.work, "--arg", script)],
            cwd=inner.work, env=inner.env, capture_output=True, timeout=60)
        assert result.stdout == b"mine\n"


def test_change_in_the_same_instant(inner):
    """A file as young as the run, rewritten with the same size at once."""
    for i in range(10):
        (inner.work / ".envrc").write_text("mine%d\n" % i)
        run(inner, "echo evil%d > .envrc" % i)
        assert (inner.work / ".envrc").read_text() == "mine%d\n" % i


def test_two_sandboxes_in_one_workspace(inner):
    """The second one starts when the first has planted already; whoever ends first, nothing stays."""
    (inner.work / ".tool-versions").write_text("mine\n")
    for first_to_end in (0, 1):
        processes = []
        for number in range(2):
            script = f"cd {inner.work}; echo evil{number} > .envrc; echo evil{number} > .tool-versions; echo go; read x"
            process = inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg", script,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            processes.append(process)
            assert process.stdout.readline() == b"go\n"
        for process in processes[first_to_end], processes[1 - first_to_end]:
            process.communicate(b"\n", timeout=30)
        assert listing(inner.work) == {".tool-versions": ("0o100644", b"mine\n")}


def test_what_the_person_changes_meanwhile_is_kept(inner):
    """It looks like the sandbox's work: it is put back, told, and nothing is lost."""
    (inner.work / ".envrc").write_text("old\n")
    with inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg", "echo go; read x",
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"go\n"
        (inner.work / ".envrc").write_text("the person's new one\n")
        _, complaints = process.communicate(b"\n", timeout=30)
    assert (inner.work / ".envrc").read_text() == "old\n"
    assert kept(inner)[".envrc"].read_text() == "the person's new one\n"
    assert str(kept(inner)[".envrc"]) in complaints.decode()


def test_git_settings_of_every_day_stay(inner):
    """A person pushes a branch on the host while a sandbox runs: the new remote and its branch stay."""
    make_repository(inner)
    with inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg", "echo go; read x",
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"go\n"
        git(inner, "remote", "add", "origin", "https://example.org/x.git")
        git(inner, "config", "branch.main.remote", "origin")
        _, complaints = process.communicate(b"\n", timeout=30)
    assert complaints == b""
    assert git(inner, "config", "branch.main.remote").stdout == b"origin\n"


def test_host_edit_that_lifts_the_mount(inner):
    """git on the host replaces its config, which detaches the read-only mount; what the sandbox then writes goes."""
    make_repository(inner)
    with inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg",
                     f"cd {inner.work}; echo go; read x; printf '[core]\\n\\tfsmonitor = touch {inner.root}/owned\\n' >> .git/config; echo $?",
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"go\n"
        git(inner, "config", "branch.main.remote", "origin")
        out, _ = process.communicate(b"\n", timeout=30)
    git(inner, "status")
    assert not (inner.root / "owned").exists()
    assert b"fsmonitor" not in (inner.work / ".git/config").read_bytes()


def test_no_notes_no_command(inner):
    """A run-time directory in which nothing can be noted: nothing runs."""
    blocked = inner.path() / "guard-lock"
    blocked.mkdir(parents=True, mode=0o700)
    inner.path().chmod(0o700)
    result = run(inner, "touch ran")
    assert result.returncode == 125 and b"guarded files cannot be noted" in result.stderr
    assert not (inner.work / "ran").exists()
    blocked.rmdir()
    assert run(inner, "touch ran").returncode == 0
