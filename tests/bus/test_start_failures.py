# SPDX-License-Identifier: Apache-2.0
"""A run that cannot start says why in one sentence and leaves nothing behind: no process, directory,
socket or mount (the fixture counts them). What else the machine may lack: test_broken_machine.py."""

from conftest import one_sentence


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
