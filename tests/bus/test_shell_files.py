# SPDX-License-Identifier: Apache-2.0
"""The start file of an interactive bash, with the real one on a terminal of its own."""

import re

import pytest

# Runs bash on a terminal inside, types what the arguments say, and prints what it shows.
TYPIST = r"""
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", *sys.argv[1].split()])
def show(until, seconds=10):
    text, end = b"", time.monotonic() + seconds
    while until not in text and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                data = os.read(fd, 4096)
            except OSError:
                break
            if not data:
                break
            text += data
            sys.stdout.buffer.write(data)
    return text
show(b"$ ")
for keys in sys.argv[2:]:
    os.write(fd, keys.encode().decode("unicode_escape").encode("latin-1"))
    show(b"$ ")
os.close(fd)
"""
HEAD = '[sandbox]\nhome = "isolated"\nnetwork_mode = "off"\n[env]\ninherit = ["PATH"]\nset = { TERM = "dumb" }\n'


def profile(inner, text, name="sh"):
    return inner.profile(name, HEAD + text)


def bash(inner, text, script, *options):
    """What an interactive bash makes of a script on its standard input."""
    name = profile(inner, f'[entrypoint]\ncmd = "bash"\nargs = ["-i"]\n{text}')
    done = inner("run", "-p", name, *options, input=script.encode())
    return done.stdout.decode(), done.stderr.decode()


def test_never_the_persons_own(inner):
    for name in (".bashrc", ".bash_profile", ".profile", ".bash_login"):
        (inner.home / name).write_text("echo evil; export TOKEN=evil\n")
    shown, said = bash(inner, "", "echo token=$TOKEN; echo done\n", "-m", f"{inner.home}/.bashrc:{inner.home}/.bashrc")
    assert "evil" not in shown + said
    assert "token=\ndone\n" in shown


def test_marked_prompt(inner):
    _, said = bash(inner, "", "echo \"$PS1\" >&2\n")
    assert "[inner sh] /workspace $ " in said


def test_history(inner):
    """The last line is on top, whatever characters it has."""
    lines = ["one", "it's \"two\"", "$(touch /workspace/evil)", "!!", "# five"]
    toml = ", ".join('"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"' for line in lines)
    shown, said = bash(inner, f"history = [{toml}]\n", "history\n")
    found = re.findall(r"^ +\d+  (.*)$", shown, re.MULTILINE)
    assert found[:len(lines)] == lines, (shown, said)
    assert not (inner.work / "evil").exists()


def test_history_on_a_terminal(inner):
    """An arrow key brings the last line, which runs."""
    # A bash that is the command makes the file; the one that is looked at runs below it, on a terminal.
    profile(inner, '[entrypoint]\ncmd = "bash"\nargs = ["-ic", "exec python3 \\"$0\\" \\"$@\\""]\n'
                   'history = ["echo first", "echo sec$((1+1))nd"]\n', "typist")
    (inner.work / "typist.py").write_text(TYPIST)
    done = inner("run", "-p", "typist", "--arg", "/workspace/typist.py", "--arg=--rcfile /run/inner/bashrc -i",
                 "--arg", r"\x10\n", "--arg", r"\x10\x10\x10\n", "--arg", r"exit\n")
    assert b"\nsec2nd\r\n" in done.stdout, done
    assert b"\nfirst\r\n" in done.stdout, done
    assert b"[inner typist] " in done.stdout


@pytest.mark.parametrize("word,fresh,end", [("", False, False), ("newlines", False, True), ("shell", True, True)])
def test_cursor_fix(inner, word, fresh, end):
    shown, said = bash(inner, f'cursor_fix = "{word}"\n', "echo \"<$PROMPT_COMMAND>\"; trap -p EXIT\n")
    assert ("inner_fresh_line" in shown) == fresh, shown
    assert shown.endswith("\r\n") == end, shown


def test_prompt_command_of_the_person_stays(inner):
    shown, _ = bash(inner, 'cursor_fix = "shell"\n', "echo \"<$PROMPT_COMMAND>\"\n", "-e", "PROMPT_COMMAND=true")
    assert "<inner_fresh_line; true>" in shown


def test_the_file_cannot_be_changed(inner):
    shown, _ = bash(inner, "", "echo evil > /run/inner/bashrc; rm /run/inner/bashrc; head -c 15 /run/inner/bashrc\n")
    assert "# Made by Inner" in shown


def test_scripts_are_left_alone(inner):
    name = profile(inner, '[entrypoint]\ncmd = "bash"\nargs = ["-c", "echo $-; ls /run/inner"]\n')
    done = inner("run", "-p", name)
    assert b"bashrc" not in done.stdout and b"i" not in done.stdout.split(b"\n")[0], done


def test_environment_of_shells_has_no_say(inner):
    """BASH_ENV and ENV of the caller are not there."""
    (inner.work / "evil").write_text("echo evil\n")
    env = {"BASH_ENV": str(inner.work / "evil"), "ENV": str(inner.work / "evil")}
    done = inner.run("bash -c 'echo one'; sh -c 'echo two'; env | grep -c ENV=", env=env)
    assert done.stdout == b"one\ntwo\n0\n", done
