# SPDX-License-Identifier: Apache-2.0
"""A run that cannot start says why in one sentence and leaves nothing behind: no process, directory,
socket or mount (the fixture counts them).

What is broken here is broken for one process tree only: innerctl and its private service run in an
outer sandbox whose view of the machine lacks something."""

import pytest

from conftest import PATIENCE, PREFIX

import subprocess


def run_in(person, outer, *arguments):
    return subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", *outer, "--",
         *person.command("run", "--no-bus", "-p", "shell-oneshot", *arguments)],
        env=person.env, cwd=person.work, capture_output=True, stdin=subprocess.DEVNULL,
        timeout=60 * PATIENCE,
    )


@pytest.fixture
def person(inner):
    if inner.mode == "bus":
        pytest.skip("the service that the bus starts is outside of the outer sandbox")
    return inner


def one_sentence(result):
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("innerctl: ")
    assert result.stdout == b""
    return lines[0]


def test_the_outer_sandbox_itself_does_no_harm(person):
    result = run_in(person, [], "--arg", "exit 3")
    assert result.returncode == 3, result.stderr


def test_bubblewrap_is_missing(person):
    result = run_in(person, ["--tmpfs", "/usr/bin"], "--arg", "true")
    sentence = one_sentence(result)
    assert result.returncode == 125
    assert "/usr/bin/bwrap" in sentence
    assert "innerctl doctor" in sentence or "install" in sentence


def test_bubblewrap_cannot_be_run(person):
    result = run_in(person, ["--ro-bind", "/dev/null", "/usr/bin/bwrap"], "--arg", "true")
    assert result.returncode == 125
    assert "bwrap" in one_sentence(result)


def test_user_namespaces_are_forbidden(person):
    result = run_in(person, ["--unshare-user", "--disable-userns"], "--arg", "true")
    sentence = one_sentence(result)
    assert result.returncode == 125
    assert "namespace" in sentence
    assert "innerctl doctor" in sentence


@pytest.mark.parametrize("program", ["inner-supervisor", "inner-init"])
def test_a_program_of_ours_is_missing(person, program):
    path = PREFIX / "libexec/inner" / program
    result = run_in(person, ["--ro-bind", "/dev/null", str(path)], "--arg", "true")
    assert result.returncode == 125
    one_sentence(result)


def test_mount_source_is_missing(inner):
    result = inner.run("true", "-m", "/no/such/source:/data")
    assert result.returncode == 125
    assert "/no/such/source" in one_sentence(result)


def test_workspace_is_missing(inner):
    result = inner.run("true", "-w", "/no/such/workspace")
    assert result.returncode == 125
    assert "/no/such/workspace" in one_sentence(result)


def test_command_is_missing(inner):
    result = inner("run", "-p", "shell-oneshot", "--entrypoint", "no-such-command")
    assert result.returncode == 127
    assert "no-such-command" in one_sentence(result)


def test_interpreter_is_missing(inner):
    script = inner.work / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    result = inner("run", "-p", "shell-oneshot", "--entrypoint", "/workspace/script")
    assert result.returncode == 127
    assert "/workspace/script" in one_sentence(result)


def test_command_is_no_program(inner):
    (inner.work / "data").write_text("just text")
    result = inner("run", "-p", "shell-oneshot", "--entrypoint", "/workspace/data")
    assert result.returncode in (125, 126)
    assert "/workspace/data" in one_sentence(result)


def test_detached_start_that_fails(inner):
    result = inner("run", "-d", "-p", "shell-oneshot", "--entrypoint", "no-such-command")
    assert (result.returncode, result.stdout) == (127, b"")
